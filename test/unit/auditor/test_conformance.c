// SPDX-License-Identifier: Apache-2.0
/*
 * test_conformance.c - images that aren't what their partition file, board or guest trees say.
 *
 * Both ranges: firmware_calls_are_listed, unprotected_masters_are_listed
 * Robustness: differences_from_the_inputs_are_caught
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "mutate.h"

#define MUTATION(name) static void name(struct fixture *f)
#define PARTITION(name, from, to)                                                                            \
	MUTATION(name)                                                                                       \
	{                                                                                                    \
		fixture_replace(&f->partition_text, from, to);                                               \
	}
#define GUEST(name, cell, from, to)                                                                          \
	MUTATION(name)                                                                                       \
	{                                                                                                    \
		fixture_replace(&f->guest_text[cell], from, to);                                             \
	}

static struct bp_channel *channel_of(struct fixture *f, int cell, int index)
{
	return (struct bp_channel *)fixture_table(f->cell[cell], f->cell[cell]->channels) + index;
}

static struct bp_image *image_of(struct fixture *f, int cell, int index)
{
	return (struct bp_image *)fixture_table(f->cell[cell], f->cell[cell]->images) + index;
}

static struct directory_cell *directory_of(struct fixture *f, int cell)
{
	return (struct directory_cell *)((uint8_t *)f->directory + f->directory->cells.offset) + cell;
}

static void firmware_give(struct fixture *f, uint32_t function)
{
	f->cell[CONTROL]->firmware = (struct bp_table){0x780, 1};
	*(uint32_t *)fixture_table(f->cell[CONTROL], f->cell[CONTROL]->firmware) = function;
}
PARTITION(firmware_wanted, " essential;", " essential; firmware-calls = <0x82000010>;")
MUTATION(firmware_unasked)
{
	firmware_give(f, 0x82000010);
}
MUTATION(firmware_given)
{
	firmware_wanted(f);
	firmware_unasked(f);
}
MUTATION(firmware_psci)
{
	fixture_replace(&f->partition_text, " essential;", " essential; firmware-calls = <0xc4000003>;");
	firmware_give(f, 0xc4000003);
}
PARTITION(cell_renamed, "control {", "controls {")
PARTITION(cell_missing, "control {", "fourth { cpus = <9>; memory = \"1M\"; }; control {")
PARTITION(no_longer_essential, " essential;", "")
PARTITION(pmu_wanted, " essential;", " essential; pmu;")
static void pmu_given(struct fixture *f)
{
	pmu_wanted(f);
	f->cell[CONTROL]->flags |= BP_CELL_PMU;
	directory_of(f, CONTROL)->flags |= BP_CELL_PMU;
	((struct bp_service_cell *)((uint8_t *)f->service + 0x40))[1].flags |= BP_CELL_PMU;
	f->cell[CONTROL]->ppi_owned |= 1u << 23;
	fixture_replace(&f->guest_text[CONTROL], "bulkhead {",
			"pmu { compatible = \"arm,armv8-pmuv3\"; interrupts = <1 7 4>; }; bulkhead {");
}
MUTATION(pmu_without_interrupt)
{
	pmu_given(f);
	f->cell[CONTROL]->ppi_owned &= ~(1u << 23);
}
MUTATION(pmu_not_told)
{
	pmu_given(f);
	fixture_replace(&f->guest_text[CONTROL], "pmu {", "pmu { status = \"disabled\";");
}
/* Of a kind of core, as boards with two kinds have them; the second node's PPI is missing. */
MUTATION(pmu_of_one_kind)
{
	pmu_given(f);
	fixture_replace(&f->board_text, "pmu {",
			"other-pmu { compatible = \"arm,cortex-a53-pmu\"; interrupts = <1 6 4>; }; pmu {");
}
MUTATION(two_health_cells)
{
	f->cell[CONTROL]->flags |= BP_CELL_HEALTH;
}
PARTITION(another_core, "cpus = <1>", "cpus = <2>")
PARTITION(one_core_less, "cpus = <2 3>", "cpus = <2>")
PARTITION(more_memory, "memory = \"2M\"; ram-base", "memory = \"4M\"; ram-base")
MUTATION(ram_unmapped)
{
	*fixture_leaf(f, f->stage2_root[CONTROL], 0x40000000) = 0;
}
PARTITION(less_kept, "keep = \"1M\"", "keep = \"512K\"")
PARTITION(placed_elsewhere, "1M@0x4a600000", "1M@0x4a500000")
PARTITION(another_ram_base, "ram-base = \"0x40000000\"", "ram-base = \"0x50000000\"")
PARTITION(no_ram_base, " ram-base = \"0x40000000\";", "")
/* The RTC may master the bus, and its cell says that it may. */
static void master_admitted(struct fixture *f)
{
	f->slaves_text = "arm,pl011\narm,pl061\n";
	fixture_replace(&f->partition_text, "\"rest\", \"-gpio\";",
			"\"rest\", \"-gpio\", \"rtc@9010000\"; dma = \"unprotected\";");
}
/* It is on a bus that passes on what `dma_ranges` says. */
static void master_on_bus(struct fixture *f, const char *dma_ranges)
{
	char bus[256];

	master_admitted(f);
	(void)snprintf(
		bus, sizeof(bus),
		"bus { #address-cells = <2>; #size-cells = <2>; ranges; dma-ranges = <%s>; rtc@9010000 {",
		dma_ranges);
	fixture_replace(&f->board_text, "rtc@9010000 {", bus);
	fixture_replace(&f->board_text, "resets = <5 1>; };", "resets = <5 1>; }; };");
}
static void master_reaches(struct fixture *f)
{
	master_on_bus(f, "0 0x80000000 0 0x4a600000 0 0x180000  0 0 0 0x4a780000 0 0x880000");
}
MUTATION(master_reaches_less)
{
	master_on_bus(f, "0 0x80000000 0 0x4a600000 0 0x180000  0 0 0 0x4a780000 0 0x87f000");
}
MUTATION(master_moved)
{
	f->slaves_text = "arm,pl011\narm,pl031\n";
	fixture_replace(&f->partition_text,
			"ram-base =", "devices = \"gpio\"; dma = \"unprotected\"; ram-base =");
}
MUTATION(ram_reserved)
{
	fixture_replace(&f->board_text, "0x4fe00000 0 0x200000", "0x4a900000 0 0x200000");
}
MUTATION(ram_forbidden)
{
	fixture_replace(&f->machine_text, "<0x4f000000 0xe00000>", "<0x4a200000 0x1000>");
}
PARTITION(device_wanted, ", \"-gpio\"", "")
PARTITION(device_of_two, "ram-base =", "devices = \"uart\"; ram-base =")
PARTITION(device_unknown, "ram-base =", "devices = \"nothing\"; ram-base =")
MUTATION(device_no_slave)
{
	f->slaves_text = "arm,pl011\n";
}
MUTATION(interrupt_missing)
{
	f->cell[GATEWAY]->spi_owned[1] &= ~(1u << 2);
}
MUTATION(interrupt_extra)
{
	f->cell[GATEWAY]->spi_owned[3] |= 1u;
}
MUTATION(no_virtual_timer)
{
	f->cell[GATEWAY]->ppi_owned &= ~(1u << 27);
}
MUTATION(no_physical_timer)
{
	f->cell[GATEWAY]->ppi_owned &= ~(1u << 30);
}
GUEST(kept_memory_unreserved, GATEWAY, "keep@4a600000 {", "keep@4a600000 { status = \"disabled\";")
MUTATION(doorbell_wired)
{
	channel_of(f, CONTROL, 0)->receive_intid = 100;
}
MUTATION(rtc_edge)
{
	f->cell[GATEWAY]->spi_edge[1] |= 1u << 2;
}
MUTATION(timer_edge)
{
	f->cell[GATEWAY]->ppi_edge |= 1u << 27;
}
MUTATION(doorbell_level)
{
	f->cell[CONTROL]->spi_edge[7] = 0;
}
MUTATION(header_triggers)
{
	f->header->spi_edge[1] |= 1u << 1;
}
PARTITION(channel_reversed, "from = \"gateway\"; to = \"control\"", "from = \"control\"; to = \"gateway\"")
PARTITION(channel_larger, "size = \"8K\"", "size = \"16K\"")
PARTITION(channel_renamed, "setpoints {", "setpoint {")
PARTITION(channel_undeclared, "both { between = \"control\", \"gateway\"; size = \"4K\"; doorbell; };", "")
PARTITION(channel_silent, "size = \"8K\"; doorbell;", "size = \"8K\";")
MUTATION(channel_elsewhere)
{
	channel_of(f, CONTROL, 0)->pa += 0x1000;
}
MUTATION(channel_unmapped)
{
	*fixture_leaf(f, f->stage2_root[CONTROL], WINDOWS_IPA + 0x20000) = 0;
}
MUTATION(channel_flags)
{
	channel_of(f, CONTROL, 0)->flags |= BP_CHANNEL_WRITES;
}
PARTITION(mode_injected, "interrupts = \"direct\"", "interrupts = \"injected\"")
PARTITION(fault_ignored, "memory-violation = \"stop\"", "memory-violation = \"log\"")
PARTITION(fault_by_default, "default = \"restart\"", "default = \"stop\"")
MUTATION(fault_not_admitted)
{
	f->cell[GATEWAY]->actions[BP_ERROR_EXCEPTION_AT_EL2] = BP_ACTION_IGNORE;
}
PARTITION(heartbeat_slower, "heartbeat = \"10ms\"", "heartbeat = \"20ms\"")
PARTITION(boot_timeout_longer, "boot-timeout = \"60s\"", "boot-timeout = \"61s\"")
/* What the file doesn't say, the language does. */
MUTATION(fault_unsaid)
{
	fixture_replace(&f->partition_text, "default = \"restart\"; serror", "serror");
	f->cell[GATEWAY]->actions[BP_ERROR_APPLICATION] = BP_ACTION_LOG;
}
MUTATION(window_unsaid)
{
	fixture_replace(&f->partition_text, "restart-window = \"5/300s\"; ", "");
	f->cell[GATEWAY]->restart_max = 6;
}
PARTITION(window_wider, "\"3/60s\"", "\"4/60s\"")
PARTITION(window_longer, "\"5/300s\"", "\"5/301s\"")
MUTATION(image_changed)
{
	image_of(f, GATEWAY, 1)->size -= 1;
}
MUTATION(image_of_neighbour)
{
	image_of(f, CONTROL, 0)->pa = image_of(f, GATEWAY, 0)->pa;
}
MUTATION(image_in_kept_memory)
{
	image_of(f, GATEWAY, 1)->dest_ipa = 0x4a600000;
	fixture_replace(&f->guest_text[GATEWAY], "<0 0x4ac00000>", "<0 0x4a600000>");
	fixture_replace(&f->guest_text[GATEWAY], "<0 0x4ac00800>", "<0 0x4a600800>");
}
MUTATION(tree_over_boundary)
{
	f->cell[GATEWAY]->tree_ipa = image_of(f, GATEWAY, 2)->dest_ipa = 0x4ae00000 - 0x100;
}
MUTATION(tree_unaligned)
{
	f->cell[GATEWAY]->tree_ipa += 4;
	image_of(f, GATEWAY, 2)->dest_ipa += 4;
}
MUTATION(image_outside_ram)
{
	image_of(f, CONTROL, 0)->dest_ipa = 0x401ff800;
}
MUTATION(image_over_image)
{
	image_of(f, GATEWAY, 1)->dest_ipa = 0x4a801000;
}
MUTATION(digest_wrong)
{
	/* Sealed first, then changed: the blueprint's own digest fails, too, and that isn't what is tested.
	 */
	fixture_seal(f);
	free(f->image);
	image_of(f, GATEWAY, 0)->digest[5] ^= 1;
	f->keep_digest = true;
}
PARTITION(another_kernel, "kernel = \"Image\"", "kernel = \"Image.old\"")
PARTITION(no_initrd, " initrd = \"initrd.gz\";", "")
PARTITION(loaded_elsewhere, "load = \"0x40000000\"", "load = \"0x40001000\"")
PARTITION(entered_elsewhere, "entry = \"0x40000010\"", "entry = \"0x40000014\"")
MUTATION(elf_entry)
{
	f->cell[HEALTH]->entry_ipa += 4;
}
MUTATION(elf_segment_elsewhere)
{
	f->files[0].bytes[89] = 0x10;
}
MUTATION(kernel_too_large)
{
	f->files[2].bytes[19] = 0x10;
}
GUEST(memory_not_told, CONTROL, "0x40000000 0 0x200000", "0x40000000 0 0x100000")
GUEST(core_of_neighbour, CONTROL, "reg = <1>", "reg = <2>")
GUEST(cache_of_nobody, CONTROL, "reg = <1> ;",
      "reg = <1>; next-level-cache = <0x77>; l2 { phandle = <0x77>; };")
GUEST(other_bootargs, GATEWAY, "\"quiet\"", "\"init=/bin/sh\"")
/* A gateway with a root file system: its command line ends in that root's hash. */
#define SALT "5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a"
#define HASH "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define ROOT(name, words, arguments)                                                                         \
	MUTATION(name)                                                                                       \
	{                                                                                                    \
		fixture_replace(&f->partition_text, "bootargs = \"quiet\"", words "root = \"root.img\"");    \
		fixture_replace(&f->guest_text[GATEWAY], "\"quiet\"", "\"" arguments "\"");                  \
	}
#define QUIET "bootargs = \"quiet\"; "
ROOT(root_told, QUIET, "quiet bulkhead.verity=3074:" SALT ":" HASH)
ROOT(root_told_alone, "", "bulkhead.verity=3074:" SALT ":" HASH)
ROOT(root_untold, QUIET, "quiet")
ROOT(root_untold_alone, "", "quiet")
ROOT(root_without_hash, QUIET, "quiet bulkhead.verity=3074:" SALT)
ROOT(root_without_blocks, QUIET, "quiet bulkhead.verity=:" SALT ":" HASH)
ROOT(root_of_no_blocks, QUIET, "quiet bulkhead.verity=0:" SALT ":" HASH)
ROOT(root_with_short_hash, QUIET, "quiet bulkhead.verity=3074:" SALT ":0123")
ROOT(root_with_words_behind, QUIET, "quiet bulkhead.verity=3074:" SALT ":" HASH " init=/bin/sh")
ROOT(root_with_words_before, QUIET, "quiet init=/bin/sh bulkhead.verity=3074:" SALT ":" HASH)
ROOT(root_of_other_words, QUIET, "quieter bulkhead.verity=3074:" SALT ":" HASH)
ROOT(root_without_blank, QUIET, "quietbulkhead.verity=3074:" SALT ":" HASH)
ROOT(root_with_another_blank, QUIET, "quiet.bulkhead.verity=3074:" SALT ":" HASH)
ROOT(root_of_words_as_long, QUIET, "noise bulkhead.verity=3074:" SALT ":" HASH)
ROOT(root_asked_twice, "bootargs = \"bulkhead.verity=1\"; ",
     "bulkhead.verity=1 bulkhead.verity=3074:" SALT ":" HASH)
GUEST(root_undue, GATEWAY, "\"quiet\"", "\"quiet bulkhead.verity=3074:" SALT ":" HASH "\"")
GUEST(psci_by_smc, CONTROL, "method = \"hvc\"", "method = \"smc\"")
GUEST(memory_promised, CONTROL, "0x40000000 0 0x200000", "0x40000000 0 0x400000")
GUEST(device_promised, CONTROL, "bulkhead {", "rtc@9010000 { reg = <0 0x9010000 0 0x1000>; }; bulkhead {")
GUEST(frames_promised, CONTROL, "0x80c0000 0 0x20000", "0x80c0000 0 0x40000")
GUEST(interrupt_promised, GATEWAY, "interrupts = <0 2 4>", "interrupts = <0 2 4>, <0 3 4>")
GUEST(maintenance_promised, GATEWAY, "interrupt-controller;", "interrupt-controller; interrupts = <1 9 4>;")
GUEST(device_untold, GATEWAY, "reg = <0 0x9010000 0 0x1000>;", "")
GUEST(interrupt_untold, GATEWAY, "interrupts = <0 2 4>;", "")
GUEST(serial_untold, GATEWAY, "reg = <0 0xb800000 0 0x1000>;", "")
GUEST(another_name, GATEWAY, "cell-name = \"gateway\"", "cell-name = \"control\"")
/* The health cell's network, in the file and in its tree. */
static void net_given(struct fixture *f)
{
	fixture_replace(&f->partition_text, "image = \"health.elf\";",
			"image = \"health.elf\"; net { address = \"10.0.2.15/24\"; gateway = \"10.0.2.2\"; "
			"echo = <7>; http = <80>; ntp = \"10.0.2.2\"; "
			"syslog = \"10.0.2.3:1601/tcp\"; };");
	fixture_replace(
		&f->guest_text[HEALTH], "directory@",
		"net { compatible = \"bulkhead,net\"; address = <0x0a00020f 24>; gateway = <0x0a000202>; "
		"echo = <7>; http = <80>; ntp = <0x0a000202 123>; "
		"syslog = <0x0a000203 1601>; syslog-tcp; }; directory@");
}
/* One of the two says something else. */
#define NET_FILE(name, from, to)                                                                             \
	MUTATION(name)                                                                                       \
	{                                                                                                    \
		net_given(f);                                                                                \
		fixture_replace(&f->partition_text, from, to);                                               \
	}
#define NET_TREE(name, from, to)                                                                             \
	MUTATION(name)                                                                                       \
	{                                                                                                    \
		net_given(f);                                                                                \
		fixture_replace(&f->guest_text[HEALTH], from, to);                                           \
	}
GUEST(net_unasked, HEALTH, "directory@", "net { compatible = \"bulkhead,net\"; dhcp; }; directory@")
PARTITION(net_untold, "image = \"health.elf\";", "image = \"health.elf\"; net { dhcp; };")
NET_TREE(net_of_another_kind, "bulkhead,net", "bulkhead,nets")
NET_TREE(net_address_another, "0x0a00020f 24", "0x0a00020e 24")
NET_TREE(net_prefix_another, "0x0a00020f 24", "0x0a00020f 25")
NET_TREE(net_address_short, "0x0a00020f 24", "0x0a00020f")
NET_TREE(net_gateway_another, "<0x0a000202>", "<0x0a000203>")
NET_TREE(net_gateway_untold, "gateway = <0x0a000202>;", "")
NET_TREE(net_echo_another, "echo = <7>", "echo = <8>")
NET_TREE(net_http_another, "http = <80>", "http = <81>")
NET_TREE(net_ntp_another, "<0x0a000202 123>", "<0x0a000203 123>")
NET_TREE(net_ntp_port_another, "<0x0a000202 123>", "<0x0a000202 124>")
NET_TREE(net_ntp_untold, "ntp = <0x0a000202 123>;", "")
NET_TREE(net_syslog_another, "<0x0a000203 1601>", "<0x0a000203 601>")
NET_TREE(net_syslog_by_udp, "syslog-tcp;", "")
NET_TREE(net_dhcp_unasked, "echo = <7>;", "echo = <7>; dhcp;")
NET_FILE(net_gateway_unasked, "gateway = \"10.0.2.2\";", "")
NET_FILE(net_echo_unasked, "echo = <7>;", "")
NET_FILE(net_ntp_unasked, "ntp = \"10.0.2.2\";", "")
NET_FILE(net_ntp_unreadable, "ntp = \"10.0.2.2\"", "ntp = \"10.0.2.2/tcp\"")
NET_FILE(net_syslog_unasked, "syslog = \"10.0.2.3:1601/tcp\";", "")
NET_FILE(net_syslog_default, ":1601/tcp", "/tcp")
NET_FILE(net_syslog_by_tcp_unasked, ":1601/tcp", ":1601")
NET_FILE(net_syslog_unreadable, ":1601/tcp", ":1601x/tcp")
NET_FILE(net_http_unasked, "http = <80>;", "")
NET_FILE(net_address_unreadable, "10.0.2.15/24", "10.0.2.15.1/24")
NET_FILE(net_address_beyond, "10.0.2.15/24", "10.0.2.271/24")
NET_FILE(net_prefix_unreadable, "10.0.2.15/24", "10.0.2.15/24x")
NET_FILE(net_gateway_unreadable, "\"10.0.2.2\"", "\"10.0.2.2/24\"")
NET_FILE(net_by_dhcp, "address = \"10.0.2.15/24\";", "dhcp;")
/* The key of its event log: eight words. */
#define LOG_KEY "log-key = <1 2 3 4 5 6 7 8>; "
static void log_key_given(struct fixture *f)
{
	fixture_replace(&f->partition_text, "image = \"health.elf\";",
			"image = \"health.elf\"; log-key = \"log.pem\";");
	fixture_replace(&f->guest_text[HEALTH], "cell-index", LOG_KEY "cell-index");
}
MUTATION(log_key_short)
{
	log_key_given(f);
	fixture_replace(&f->guest_text[HEALTH], "7 8>", "7>");
}
MUTATION(log_key_untold)
{
	log_key_given(f);
	fixture_replace(&f->guest_text[HEALTH], LOG_KEY, "");
}
GUEST(log_key_unasked, HEALTH, "cell-index", LOG_KEY "cell-index")
GUEST(log_key_of_another, CONTROL, "cell-index", LOG_KEY "cell-index")
GUEST(another_period, CONTROL, "<10000>", "<20000>")
GUEST(reader_told_to_write, CONTROL, "channel-index = <0>; reads;", "channel-index = <0>; reads; writes;")
GUEST(channel_told_elsewhere, GATEWAY, "reg = <0 0xb020000", "reg = <0 0xb010000")
GUEST(doorbell_told_wrong, CONTROL, "<0 194 1>", "<0 195 1>")
GUEST(channel_untold, CONTROL, "compatible = \"bulkhead,channel\"; channel-name = \"both\"",
      "compatible = \"x\"")
GUEST(reference_dangling, GATEWAY, "clocks = <9>;", "clocks = <9>; power-domains = <8 1>;")
GUEST(reference_without_cells, GATEWAY, "#clock-cells = <0>;", "")
GUEST(shared_faster, GATEWAY, "<32768>", "<32769>")
GUEST(shared_not_fixed, GATEWAY, "compatible = \"fixed-clock\"", "compatible = \"x\"")
GUEST(shared_to_be_seen, CONTROL, "bulkhead {", "cru@90a0000 { }; bulkhead {")
PARTITION(shared_without_rate, "7=32768", "8=32768")
PARTITION(shared_and_given, "ram-base =", "devices = \"cru\"; ram-base =")
PARTITION(shared_nonsense, "7=32768", "7=")
/* Without the word, the RTC needs what it can't have: "rest" leaves it out. */
PARTITION(shared_no_more, "shared-read-only = \"cru 3=1000000 7=32768\";", "")
/* A clock controller that nobody has comes with the device that is named. */
MUTATION(provider_not_mapped)
{
	fixture_replace(&f->board_text, "gpio@9030000 {", "gpio@9030000 { phandle = <7>; #gpio-cells = <0>;");
	fixture_replace(&f->board_text, "interrupts = <0 1 4>;", "interrupts = <0 1 4>; cts-gpios = <7>;");
}
MUTATION(memreserve)
{
	fixture_replace(&f->board_text, "/ {", "/memreserve/ 0x4a900000 0x1000; / {");
}
MUTATION(directory_heartbeat)
{
	directory_of(f, CONTROL)->heartbeat_ipa = directory_of(f, GATEWAY)->heartbeat_ipa;
}
MUTATION(directory_actions)
{
	directory_of(f, CONTROL)->actions[0] = BP_ACTION_IGNORE;
}
MUTATION(directory_core)
{
	((struct directory_core *)((uint8_t *)f->directory + DIRECTORY_CORES_AT))[1].cell = GATEWAY;
}
MUTATION(directory_memory)
{
	directory_of(f, GATEWAY)->memory_bytes -= 4096;
}
MUTATION(directory_unassigned)
{
	f->directory->unassigned_bytes += 4096;
}
MUTATION(directory_hypervisor)
{
	f->directory->hypervisor_bytes += 4096;
}
MUTATION(directory_binary)
{
	f->kernel[HV_SIZE - 1] ^= 1; /* behind what is sealed */
	f->keep_digest = true;
}
MUTATION(directory_version)
{
	memset(f->directory->version, 'x', sizeof(f->directory->version));
}
MUTATION(directory_stream)
{
	f->directory->streams.count = 1;
}
MUTATION(directory_streams)
{
	f->directory->streams = (struct bp_table){0x1000, 1};
}
MUTATION(directory_proof_reached)
{
	f->directory->proof_ipa = WINDOWS_IPA;
}
MUTATION(directory_proof_own)
{
	const struct bp_region *own = fixture_table(f->cell[HEALTH], f->cell[HEALTH]->regions);

	f->directory->proof_ipa = own->ipa;
}
MUTATION(directory_proof_device)
{
	f->directory->proof_ipa = 0x9000000;
}
MUTATION(directory_proof_none)
{
	f->directory->proof_ipa = 0;
}
MUTATION(directory_proof_odd)
{
	f->directory->proof_ipa += 8;
}
MUTATION(directory_map)
{
	f->directory->json.ipa = WINDOWS_IPA;
}
static struct integrity_range *range_of(struct fixture *f, const char *name)
{
	struct integrity_range *range = f->integrity->ranges;

	while (strcmp(range->name, name) != 0)
		range++;
	return range;
}
MUTATION(constant_byte)
{
	f->keep_constants = true;
	f->files[0].bytes[0x2f0] ^= 1;
}
MUTATION(constant_page_missed)
{
	range_of(f, "image")->size -= 4096;
}
MUTATION(constant_file_missed)
{
	range_of(f, "file")->size--;
}
MUTATION(constant_directory_missed)
{
	range_of(f, "directory")->size = 8;
}
MUTATION(constant_twice)
{
	struct integrity_range *range = range_of(f, "directory");

	f->integrity->ranges[f->integrity->count++] = *range;
}
MUTATION(constant_elsewhere)
{
	range_of(f, "file")->ipa += 4096;
}
MUTATION(constant_unmapped)
{
	*fixture_leaf(f, f->stage2_root[HEALTH], CONSTANTS_IPA + 0x1000) = 0;
}
MUTATION(constant_nameless)
{
	memset(range_of(f, "file")->name, 'x', BP_NAME_MAX);
}
MUTATION(constants_digest)
{
	f->keep_constants = true;
	fixture_constants_seal(f);
	f->integrity->digest[0] ^= 1;
}
MUTATION(constants_count)
{
	f->integrity->count = 0x10000;
}
MUTATION(constants_nowhere)
{
	f->directory->integrity.ipa = CONSTANTS_IPA + 0x800000;
}
MUTATION(constant_too_long)
{
	struct integrity_range *range = range_of(f, "file");

	range->size = INTEGRITY_RANGE_MAX + 1;
}
MUTATION(directory_crash_record)
{
	f->directory->crash_ipa += 0x1000;
}
MUTATION(crash_area_elsewhere)
{
	f->header->crash_pa += 0x1000;
}
MUTATION(ram_over_crash_area)
{
	fixture_replace(&f->machine_text, "<0x4eff0000 0x10000>", "<0x4a200000 0x10000>");
}
MUTATION(crash_area_short)
{
	fixture_replace(&f->machine_text, "<0x4eff0000 0x10000>", "<0x4eff0000 0x4000>");
}
MUTATION(crash_area_of_the_loader)
{
	fixture_replace(&f->machine_text, "<0x4eff0000 0x10000>", "<0x47ff0000 0x10000>");
}
MUTATION(crash_area_beyond)
{
	fixture_replace(&f->machine_text, "<0x4eff0000 0x10000>", "<0x50000000 0x10000>");
}
MUTATION(crash_area_twice)
{
	fixture_replace(&f->machine_text, "<0x4eff0000 0x10000>", "<0x4eff0000 0x8000 0x4eff8000 0x8000>");
}
MUTATION(crash_area_reserved)
{
	fixture_replace(&f->board_text, "0x4fe00000 0 0x200000", "0x4efff000 0 0x1000");
}
MUTATION(watchdog_longer)
{
	f->cell[HEALTH]->watchdog_ns *= 2;
}
MUTATION(watchdog_of_another_timer)
{
	f->cell[HEALTH]->watchdog_ppi = 1u << 27;
}
MUTATION(watchdog_of_another_cell)
{
	f->cell[CONTROL]->watchdog_ns = 2000000000;
	f->cell[CONTROL]->watchdog_ppi = 1u << 26;
}
PARTITION(watchdog_unwanted, "role = \"health\";", "role = \"health\"; watchdog = \"never\";")
MUTATION(directory_magic)
{
	f->directory->magic ^= 1;
}
MUTATION(fewer_address_bits)
{
	f->header->machine.pa_bits = 36;
}
MUTATION(another_board)
{
	f->header->machine.board[0] = 'F';
}
MUTATION(bank_unprobed)
{
	((struct bp_probe *)(f->blueprint + 0x840))->bank_size -= 4096;
}
MUTATION(fact_assumed)
{
	f->header->machine.assumed = 1u << BP_FACT_SPI_COUNT;
}
MUTATION(frames_elsewhere)
{
	((struct bp_gicr_region *)(f->blueprint + 0x800))->pa += 0x20000;
}
MUTATION(another_maintenance)
{
	f->cell[CONTROL]->maintenance_intid = 24;
}
MUTATION(service_vttbr)
{
	((struct bp_service_cell *)((uint8_t *)f->service + 0x40))[1].vttbr ^= UINT64_C(1) << 48;
}
MUTATION(service_cores)
{
	((struct bp_service_cell *)((uint8_t *)f->service + 0x40))[2].cores.count = 1;
}
MUTATION(service_flags)
{
	((struct bp_service_cell *)((uint8_t *)f->service + 0x40))[2].flags = 0;
}
MUTATION(console_of_another_kind)
{
	f->hv->console.kind = 7;
}
/* The virtual timer is the third: here the physical one's PPI stands there, which the cell has, too. */
GUEST(timer_in_another_order, GATEWAY, "<1 14 4>, <1 11 4>", "<1 11 4>, <1 14 4>")
GUEST(device_of_another_kind, GATEWAY, "arm,pl031", "arm,pl061")
GUEST(device_smaller, GATEWAY, "<0 0x9010000 0 0x1000>", "<0 0x9010000 0 0x800>")
GUEST(frames_uncountable, GATEWAY, " reg = <0 0x8000000", " #redistributor-regions = <2>; reg = <0 0x8000000")
GUEST(frames_by_stride, GATEWAY, " reg = <0 0x8000000",
      " redistributor-stride = <0 0x40000>; reg = <0 0x8000000")
GUEST(memory_reserved, GATEWAY, "/dts-v1/;", "/dts-v1/; /memreserve/ 0x4a900000 0x1000;")
GUEST(core_by_spin_table, GATEWAY, "enable-method = \"psci\"", "enable-method = \"spin-table\"")
GUEST(chosen_with_seed, GATEWAY, "chosen {", "chosen { kaslr-seed = <1 2>;")
GUEST(console_nowhere, GATEWAY, "chosen {", "chosen { stdout-path = \"serial0:115200\";")
GUEST(alias_nowhere, GATEWAY, "chosen {", "aliases { rtc0 = \"/rtc@9020000\"; }; chosen {")
/* Here both lead somewhere. */
MUTATION(console_told)
{
	fixture_replace(&f->guest_text[GATEWAY], "chosen {",
			"aliases { serial0 = \"/serial@b800000\"; }; chosen { stdout-path = "
			"\"serial0:115200\";");
}
PARTITION(console_device, " essential;", " essential; console = \"device\";")
MUTATION(console_silent)
{
	f->cell[CONTROL]->flags &= ~BP_CELL_LOG_CONSOLE;
}
MUTATION(frame_of_neighbour_emulated)
{
	((struct bp_mmio *)fixture_table(f->cell[CONTROL], f->cell[CONTROL]->mmio))[1].ipa += 0x20000;
}
MUTATION(last_frame_wrong)
{
	((struct bp_core *)fixture_table(f->cell[GATEWAY], f->cell[GATEWAY]->cores))[0].gicr_last = 1;
}

static struct bp_region *region_of(struct fixture *f, int cell, int index)
{
	return (struct bp_region *)fixture_table(f->cell[cell], f->cell[cell]->regions) + index;
}

MUTATION(region_flag_unknown)
{
	region_of(f, GATEWAY, 0)->flags |= 4;
}
MUTATION(region_twice)
{
	region_of(f, GATEWAY, 1)->pa = region_of(f, GATEWAY, 0)->pa;
}
MUTATION(probe_of_ram)
{
	((struct bp_probe *)(f->blueprint + 0x840))[1] = (struct bp_probe){
		0x4a200000, 0x1000, EL2_VA_CELL_RAM + 0x38000000, EL2_VA_CELL_RAM + 0x38000000};
	f->header->machine.probes.count = 2;
	fixture_map(f, f->header->boot_root_pa, EL2_VA_CELL_RAM + 0x38000000, 0x4a200000, 4096, EL2_UNCACHED);
}
MUTATION(kernel_over_initrd)
{
	f->files[2].bytes[18] = 0x40;
}
GUEST(device_disabled, GATEWAY, "rtc@9010000 {", "rtc@9010000 { status = \"disabled\";")
GUEST(timer_untold, GATEWAY, "arm,armv8-timer\"; interrupts", "arm,armv8-timer\"; other")
GUEST(trigger_promised, GATEWAY, "interrupts = <0 2 4>", "interrupts = <0 2 1>")
GUEST(undue_bootargs, CONTROL, "bulkhead {", "chosen { bootargs = \"init=/bin/sh\"; }; bulkhead {")
GUEST(core_twice, GATEWAY, "reg = <3>", "reg = <2>")
/* The UART lies on a bus that passes its interrupt on. */
static void nexus_given(struct fixture *f)
{
	static const char board[] =
		"bus { #address-cells = <2>; #size-cells = <2>; ranges; #interrupt-cells = <1>; "
		"interrupt-map-mask = <0 0 0xf>; interrupt-map = <0 0 3 1 0 0 0 2 4>, <0 0 0 4 1 0 0 0 5 "
		"4>; "
		"rtc@9010000 {";
	static const char guest[] =
		"bus { #address-cells = <2>; #size-cells = <2>; ranges; #interrupt-cells = <1>; "
		"interrupt-map-mask = <0 0 0xf>; interrupt-map = <0 0 3 1 0 0 0 2 4>; rtc@9010000 {";

	fixture_replace(&f->board_text, "rtc@9010000 {", board);
	fixture_replace(&f->board_text, "interrupts = <0 2 4>; clocks", "interrupts = <3>; clocks");
	fixture_replace(&f->board_text, "resets = <5 1>; };", "resets = <5 1>; }; };");
	fixture_replace(&f->guest_text[GATEWAY], "rtc@9010000 {", guest);
	fixture_replace(&f->guest_text[GATEWAY], "interrupts = <0 2 4>; clocks = <9>; };",
			"interrupts = <3>; clocks = <9>; }; };");
}
#define NEXUS(name, text, from, to)                                                                          \
	MUTATION(name)                                                                                       \
	{                                                                                                    \
		nexus_given(f);                                                                              \
		fixture_replace(&f->text, from, to);                                                         \
	}
NEXUS(map_promises, guest_text[GATEWAY], "<0 0 3 1 0 0 0 2 4>", "<0 0 3 1 0 0 0 2 4>, <0 0 4 1 0 0 0 5 4>")
NEXUS(map_leads_elsewhere, guest_text[GATEWAY], "1 0 0 0 2 4>", "1 0 0 0 5 4>")
NEXUS(map_cut, guest_text[GATEWAY], "1 0 0 0 2 4>", "1 0 0 0 2 4 0>")
NEXUS(map_to_nowhere, guest_text[GATEWAY], "<0 0 3 1 0 0 0 2 4>", "<0 0 3 1 0 0 0 2 4>, <0 0 4 77 2>")
NEXUS(map_of_board, board_text, "1 0 0 0 2 4>", "1 0 0 0 9 4>")
NEXUS(map_of_another, guest_text[GATEWAY], "<0 0 3 1 0", "<0 0 4 1 0")

/* The RTC has reserved memory: at a fixed place in the gateway's RAM, and where the gateway wants it. */
static void reserved_given(struct fixture *f)
{
	fixture_replace(&f->board_text, "firmware@4fe00000 {",
			"pool@4ae00000 { phandle = <0x60>; reg = <0 0x4ae00000 0 0x100000>; no-map; }; "
			"frames { phandle = <0x61>; size = <0 0x100000>; alignment = <0 0x200000>; "
			"alloc-ranges = <0 0x40000000 0 0xb000000>, <0 0x70000000 0 0x1000>; }; "
			"firmware@4fe00000 {");
	fixture_replace(&f->board_text, "clocks = <5 7>;", "clocks = <5 7>; memory-region = <0x60 0x61>;");
	fixture_replace(&f->guest_text[GATEWAY], "keep@4a600000",
			"pool@4ae00000 { phandle = <0x60>; reg = <0 0x4ae00000 0 0x100000>; no-map; }; "
			"frames { phandle = <0x61>; size = <0 0x100000>; alignment = <0 0x200000>; "
			"alloc-ranges = <0 0x4a800000 0 0x800000>; }; keep@4a600000");
	fixture_replace(&f->guest_text[GATEWAY], "clocks = <9>;",
			"clocks = <9>; memory-region = <0x60 0x61>;");
}
#define RESERVED(name, text, from, to)                                                                       \
	MUTATION(name)                                                                                       \
	{                                                                                                    \
		reserved_given(f);                                                                           \
		fixture_replace(&f->text, from, to);                                                         \
	}
#define RESERVED_GUEST(name, from, to) RESERVED(name, guest_text[GATEWAY], from, to)
RESERVED(reserved_in_part, board_text, "0x4ae00000 0 0x100000", "0x4af00000 0 0x200000")
RESERVED(reserved_for_two, board_text, "uart@9000000 {", "uart@9000000 { memory-region = <0x60>;")
MUTATION(reserved_for_others)
{
	reserved_given(f);
	fixture_replace(&f->board_text, "<0x60 0x61>", "<0x61>");
	fixture_replace(&f->board_text, "gpio@9030000 {", "gpio@9030000 { memory-region = <0x60>;");
}
RESERVED(reserved_for_nobody, board_text, "<0x60 0x61>", "<0x61>")
RESERVED_GUEST(reserved_untold, "memory-region = <0x60 0x61>;", "")
RESERVED_GUEST(reserved_swapped, "<0x60 0x61>", "<0x61 0x60>")
RESERVED_GUEST(reserved_mapped, "no-map;", "")
RESERVED_GUEST(reserved_unasked, "keep@4a600000",
	       "own@4ac00000 { reg = <0 0x4ac00000 0 0x1000>; }; keep@4a600000")
RESERVED_GUEST(reserved_anywhere, "alloc-ranges", "ranges-alloc")
RESERVED_GUEST(reserved_beyond, "alloc-ranges = <0 0x4a800000 0 0x800000>",
	       "alloc-ranges = <0 0x4a800000 0 0x801000>")
RESERVED_GUEST(reserved_over_kept, "alloc-ranges = <0 0x4a800000 0 0x800000>",
	       "alloc-ranges = <0 0x4a600000 0 0x100000>")
RESERVED(reserved_unadmitted, board_text, "0 0xb000000>", "0 0xafff000>")
RESERVED(reserved_without_room, board_text, "alignment = <0 0x200000>", "alignment = <0 0x10000000>")
/* Outside the cell's RAM, and told all the same. */
MUTATION(reserved_elsewhere)
{
	reserved_given(f);
	fixture_replace(&f->board_text, "0x4ae00000 0 0x100000", "0x4b800000 0 0x100000");
	fixture_replace(&f->guest_text[GATEWAY], "0x4ae00000 0 0x100000", "0x4b800000 0 0x100000");
}
/* The hypervisor lies in it. */
MUTATION(reserved_of_hypervisor)
{
	char reg[64];

	reserved_given(f);
	(void)snprintf(reg, sizeof(reg), "0x%x 0 0x100000", (unsigned int)f->header->load_pa);
	fixture_replace(&f->board_text, "0x4ae00000 0 0x100000", reg);
}
MUTATION(distributor_small)
{
	((struct bp_mmio *)fixture_table(f->cell[CONTROL], f->cell[CONTROL]->mmio))[0].size = 0x1000;
}
MUTATION(emulated_kind_unknown)
{
	((struct bp_mmio *)fixture_table(f->cell[CONTROL], f->cell[CONTROL]->mmio))[2].kind = 9;
}
MUTATION(last_frame_two)
{
	((struct bp_core *)fixture_table(f->cell[GATEWAY], f->cell[GATEWAY]->cores))[1].gicr_last = 2;
}

#define ROW(rule, name) {#name, name, RULE_##rule}
static const struct mutation rows[] = {
	ROW(CELLS, cell_renamed),
	ROW(CELLS, cell_missing),
	ROW(CELLS, no_longer_essential), /* [utest->swr~audit-cells~1] */
	ROW(CELLS, pmu_wanted),
	ROW(INTERRUPTS, pmu_without_interrupt), /* [utest->swr~audit-interrupts~1] */
	ROW(TREE_DESCRIBED, pmu_not_told),
	ROW(INTERRUPTS, pmu_of_one_kind),
	ROW(CELLS, two_health_cells),
	ROW(CORES, another_core),
	ROW(CORES, one_core_less), /* [utest->swr~audit-cores-asked~1] */
	ROW(MEMORY, more_memory),
	ROW(MEMORY, ram_unmapped),
	ROW(MEMORY, less_kept), /* [utest->swr~audit-memory~1] */
	ROW(PLACEMENT, placed_elsewhere),
	ROW(PLACEMENT, another_ram_base), /* [utest->swr~audit-placement~1] */
	ROW(PLACEMENT, no_ram_base),
	ROW(PLACEMENT, master_reaches_less), /* [utest->swr~audit-dma-reach~1] */
	ROW(PLACEMENT, master_moved),
	ROW(RAM, ram_reserved),
	ROW(TREE_IRQ, map_promises), /* [utest->swr~audit-tree-nexus~1] */
	ROW(TREE_IRQ, map_leads_elsewhere),
	ROW(TREE_REFERENCES, map_cut),
	ROW(TREE_REFERENCES, map_to_nowhere),
	ROW(INTERRUPTS, map_of_board),
	ROW(TREE_DESCRIBED, map_of_another),
	ROW(RAM, reserved_in_part), /* [utest->swr~audit-tree-reserved~1] */
	ROW(RAM, reserved_for_two),
	ROW(RAM, reserved_for_others),
	ROW(RAM, reserved_for_nobody),
	ROW(HV_LAYOUT, reserved_of_hypervisor),
	ROW(TREE_BASICS, reserved_untold),
	ROW(TREE_BASICS, reserved_swapped),
	ROW(TREE_BASICS, reserved_mapped),
	ROW(TREE_BASICS, reserved_unasked),
	ROW(TREE_BASICS, reserved_anywhere),
	ROW(TREE_BASICS, reserved_beyond),
	ROW(TREE_BASICS, reserved_over_kept),
	ROW(TREE_BASICS, reserved_unadmitted),
	ROW(TREE_BASICS, reserved_without_room),
	ROW(TREE_BASICS, reserved_elsewhere),
	ROW(RAM, ram_forbidden), /* [utest->swr~audit-board-ram~1] */
	ROW(DEVICES, device_wanted),
	ROW(DEVICES, device_of_two), /* [utest->swr~audit-devices~1] */
	ROW(DEVICES, device_unknown),
	ROW(STAGE2, device_no_slave),
	ROW(INTERRUPTS, interrupt_missing),
	ROW(INTERRUPTS, interrupt_extra), /* [utest->swr~audit-interrupts~1] */
	ROW(INTERRUPTS, no_virtual_timer),
	ROW(INTERRUPTS, no_physical_timer),
	ROW(TREE_BASICS, kept_memory_unreserved),
	ROW(INTERRUPTS, doorbell_wired),
	ROW(TRIGGERS, rtc_edge),
	ROW(TRIGGERS, timer_edge),
	ROW(TRIGGERS, doorbell_level),
	ROW(TRIGGERS, header_triggers), /* [utest->swr~audit-triggers~1] */
	ROW(CHANNELS, channel_reversed),
	ROW(CHANNELS, channel_larger), /* [utest->swr~audit-channels~1] */
	ROW(CHANNELS, channel_renamed),
	ROW(CHANNELS, channel_undeclared),
	ROW(CHANNELS, channel_silent),
	ROW(CHANNELS, channel_elsewhere),
	ROW(CHANNELS, channel_unmapped),
	ROW(CHANNELS, channel_flags),
	ROW(MODE, mode_injected), /* [utest->swr~audit-mode~1] */
	ROW(FAULTS, fault_ignored),
	ROW(FAULTS, fault_by_default),
	ROW(FAULTS, fault_unsaid),
	ROW(TIMES, window_unsaid),
	ROW(FAULTS, fault_not_admitted), /* [utest->swr~audit-faults~1] */
	ROW(TIMES, heartbeat_slower),
	ROW(TIMES, boot_timeout_longer), /* [utest->swr~audit-times~1] */
	ROW(TIMES, window_wider),
	ROW(TIMES, window_longer),
	ROW(IMAGES, image_changed),
	ROW(IMAGES, image_of_neighbour),
	ROW(IMAGES, image_in_kept_memory),
	ROW(ENTRY, tree_over_boundary),
	ROW(ENTRY, tree_unaligned),
	ROW(IMAGES, image_outside_ram), /* [utest->swr~audit-images~1] */
	ROW(IMAGES, image_over_image),
	ROW(IMAGES, digest_wrong),
	ROW(IMAGES, another_kernel),
	ROW(IMAGES, no_initrd),
	ROW(IMAGES, kernel_too_large),
	ROW(ENTRY, loaded_elsewhere),
	ROW(ENTRY, entered_elsewhere),
	ROW(ENTRY, elf_entry), /* [utest->swr~audit-entry~1] */
	ROW(ENTRY, elf_segment_elsewhere),
	ROW(TREE_BASICS, memory_not_told),
	ROW(TREE_BASICS, core_of_neighbour), /* [utest->swr~audit-tree-basics~1] */
	ROW(TREE_BASICS, cache_of_nobody),
	ROW(TREE_BASICS, other_bootargs),
	ROW(TREE_BASICS, root_untold), /* [utest->swr~audit-root~1] */
	ROW(TREE_BASICS, root_untold_alone),
	ROW(TREE_BASICS, root_without_hash),
	ROW(TREE_BASICS, root_without_blocks),
	ROW(TREE_BASICS, root_of_no_blocks),
	ROW(TREE_BASICS, root_with_short_hash),
	ROW(TREE_BASICS, root_with_words_behind),
	ROW(TREE_BASICS, root_with_words_before),
	ROW(TREE_BASICS, root_of_other_words),
	ROW(TREE_BASICS, root_without_blank),
	ROW(TREE_BASICS, root_with_another_blank),
	ROW(TREE_BASICS, root_of_words_as_long),
	ROW(TREE_BASICS, root_asked_twice),
	ROW(TREE_BASICS, root_undue),
	ROW(TREE_BASICS, psci_by_smc),
	ROW(TREE_REG, memory_promised),
	ROW(TREE_REG, device_promised),
	ROW(TREE_REG, frames_promised), /* [utest->swr~audit-tree-reg~1] */
	ROW(TREE_IRQ, interrupt_promised),
	ROW(TREE_IRQ, maintenance_promised), /* [utest->swr~audit-tree-irq~1] */
	ROW(TREE_DESCRIBED, device_untold),
	ROW(TREE_DESCRIBED, interrupt_untold), /* [utest->swr~audit-tree-described~1] */
	ROW(TREE_DESCRIBED, serial_untold),
	ROW(TREE_BULKHEAD, another_name),
	ROW(DEVICES, provider_not_mapped),
	ROW(RAM, memreserve),
	ROW(TREE_REFERENCES, reference_dangling), /* [utest->swr~audit-tree-references~1] */
	ROW(TREE_REFERENCES, reference_without_cells),
	ROW(TREE_SHARED, shared_faster), /* [utest->swr~audit-tree-shared~1] */
	ROW(TREE_SHARED, shared_not_fixed),
	ROW(TREE_SHARED, shared_to_be_seen),
	ROW(TREE_SHARED, shared_without_rate),
	ROW(TREE_SHARED, shared_and_given),
	ROW(INPUT, shared_nonsense),
	ROW(SHARED_PAGE, shared_no_more),
	ROW(TREE_BULKHEAD, another_period), /* [utest->swr~audit-tree-bulkhead~1] */
	ROW(TREE_BULKHEAD, net_unasked),
	ROW(TREE_BULKHEAD, net_untold),
	ROW(TREE_BULKHEAD, net_of_another_kind),
	ROW(TREE_BULKHEAD, net_address_another),
	ROW(TREE_BULKHEAD, net_prefix_another),
	ROW(TREE_BULKHEAD, net_address_short),
	ROW(TREE_BULKHEAD, log_key_short),
	ROW(TREE_BULKHEAD, log_key_untold),
	ROW(TREE_BULKHEAD, log_key_unasked),
	ROW(TREE_BULKHEAD, log_key_of_another),
	ROW(TREE_BULKHEAD, net_gateway_another),
	ROW(TREE_BULKHEAD, net_gateway_untold),
	ROW(TREE_BULKHEAD, net_echo_another),
	ROW(TREE_BULKHEAD, net_http_another),
	ROW(TREE_BULKHEAD, net_ntp_another),
	ROW(TREE_BULKHEAD, net_ntp_port_another),
	ROW(TREE_BULKHEAD, net_ntp_untold),
	ROW(TREE_BULKHEAD, net_syslog_another),
	ROW(TREE_BULKHEAD, net_syslog_by_udp),
	ROW(TREE_BULKHEAD, net_ntp_unasked),
	ROW(TREE_BULKHEAD, net_ntp_unreadable),
	ROW(TREE_BULKHEAD, net_syslog_unasked),
	ROW(TREE_BULKHEAD, net_syslog_default),
	ROW(TREE_BULKHEAD, net_syslog_by_tcp_unasked),
	ROW(TREE_BULKHEAD, net_syslog_unreadable),
	ROW(TREE_BULKHEAD, net_dhcp_unasked),
	ROW(TREE_BULKHEAD, net_gateway_unasked),
	ROW(TREE_BULKHEAD, net_echo_unasked),
	ROW(TREE_BULKHEAD, net_http_unasked),
	ROW(TREE_BULKHEAD, net_address_unreadable),
	ROW(TREE_BULKHEAD, net_address_beyond),
	ROW(TREE_BULKHEAD, net_prefix_unreadable),
	ROW(TREE_BULKHEAD, net_gateway_unreadable),
	ROW(TREE_BULKHEAD, net_by_dhcp),
	ROW(TREE_BULKHEAD, reader_told_to_write),
	ROW(TREE_BULKHEAD, channel_told_elsewhere),
	ROW(TREE_BULKHEAD, doorbell_told_wrong),
	ROW(TREE_BULKHEAD, channel_untold),
	ROW(DIRECTORY, directory_heartbeat),
	ROW(DIRECTORY, directory_actions), /* [utest->swr~audit-directory~1] */
	ROW(DIRECTORY, directory_core),
	ROW(DIRECTORY, directory_memory),
	ROW(DIRECTORY, directory_unassigned),
	ROW(DIRECTORY, directory_hypervisor),
	ROW(DIRECTORY, directory_binary),
	ROW(DIRECTORY, directory_version),
	ROW(DIRECTORY, directory_stream),
	ROW(DIRECTORY, directory_streams),
	ROW(DIRECTORY, directory_map),
	ROW(DIRECTORY, directory_proof_reached),
	ROW(DIRECTORY, directory_proof_own),
	ROW(DIRECTORY, directory_proof_device),
	ROW(DIRECTORY, directory_proof_none),
	ROW(DIRECTORY, directory_proof_odd),
	ROW(CONSTANTS, constant_byte), /* [utest->swr~audit-constants~1] */
	ROW(CONSTANTS, constant_page_missed),
	ROW(CONSTANTS, constant_file_missed),
	ROW(CONSTANTS, constant_directory_missed),
	ROW(CONSTANTS, constant_twice),
	ROW(CONSTANTS, constant_elsewhere),
	ROW(CONSTANTS, constant_unmapped),
	ROW(CONSTANTS, constant_nameless),
	ROW(CONSTANTS, constants_digest),
	ROW(CONSTANTS, constants_count),
	ROW(CONSTANTS, constants_nowhere),
	ROW(CONSTANTS, constant_too_long),
	ROW(DIRECTORY, directory_magic),
	ROW(TIMES, watchdog_longer),
	ROW(TIMES, watchdog_of_another_timer),
	ROW(TIMES, watchdog_of_another_cell),
	ROW(TIMES, watchdog_unwanted),
	ROW(DIRECTORY, directory_crash_record),
	ROW(MACHINE, crash_area_elsewhere),
	ROW(RAM, ram_over_crash_area),
	ROW(INPUT, crash_area_short), /* [utest->swr~audit-crash-audit~1] */
	ROW(INPUT, crash_area_of_the_loader),
	ROW(INPUT, crash_area_beyond),
	ROW(INPUT, crash_area_twice),
	ROW(INPUT, crash_area_reserved),
	ROW(MACHINE, fewer_address_bits),
	ROW(MACHINE, another_board),
	ROW(MACHINE, bank_unprobed), /* [utest->swr~audit-machine~1] */
	ROW(MACHINE, fact_assumed),  /* [utest->swr~audit-assumed~1] */
	ROW(MACHINE, frames_elsewhere),
	ROW(MACHINE, another_maintenance),
	ROW(SERVICE, service_vttbr),
	ROW(SERVICE, service_cores),
	ROW(SERVICE, service_flags), /* [utest->swr~audit-service~1] */
	ROW(MACHINE, console_of_another_kind),
	ROW(TREE_BOARD, timer_in_another_order), /* [utest->swr~audit-tree-board~1] */
	ROW(TREE_BOARD, device_of_another_kind),
	ROW(TREE_BOARD, device_smaller),
	ROW(TREE_BASICS, core_by_spin_table),
	ROW(TREE_BASICS, frames_uncountable),
	ROW(TREE_BASICS, frames_by_stride),
	ROW(TREE_BASICS, memory_reserved),
	ROW(TREE_BASICS, chosen_with_seed),
	ROW(TREE_REFERENCES, console_nowhere),
	ROW(TREE_REFERENCES, alias_nowhere),
	ROW(CONSOLE, console_device),
	ROW(CONSOLE, console_silent), /* [utest->swr~audit-console~1] */
	ROW(GIC_FRAMES, frame_of_neighbour_emulated),
	ROW(MEMORY, region_flag_unknown),
	ROW(MEMORY, region_twice),
	ROW(MACHINE, probe_of_ram),
	ROW(IMAGES, kernel_over_initrd),
	ROW(TREE_DESCRIBED, device_disabled),
	ROW(TREE_DESCRIBED, timer_untold),
	ROW(TREE_IRQ, trigger_promised),
	ROW(TREE_BASICS, undue_bootargs),
	ROW(TREE_BASICS, core_twice),
	ROW(GIC_FRAMES, distributor_small),
	ROW(GIC_FRAMES, emulated_kind_unknown),
	ROW(GIC_FRAMES, last_frame_two),
	ROW(FIRMWARE, firmware_wanted),
	ROW(FIRMWARE, firmware_unasked),
	ROW(FIRMWARE, firmware_psci),	   /* [utest->swr~audit-firmware~1] */
	ROW(GIC_FRAMES, last_frame_wrong), /* [utest->swr~audit-gic-frames~1] */
};

/* A kind of its own, which a user may deny. [utest->swr~audit-unisolated~1] */
/* [utest->swr~audit-firmware~1] */
static void firmware_calls_are_listed(void **state)
{
	struct fixture fixture;
	struct audit audit;

	mutation_audit(&fixture, &audit, firmware_given);
	assert_int_equal(audit.report.total, 0);
	assert_int_equal(audit.report.exception_count, 1);
	assert_string_equal(audit.report.exceptions[0].message,
			    "cell 'control': calls to function 0x82000010 go to firmware");
	assert_int_equal(report_denied(&audit.report), 0);
	assert_false(report_deny(&audit.report, "firmware"));
	assert_true(report_deny(&audit.report, "firmware-calls"));
	assert_int_equal(report_denied(&audit.report), 1);
	audit_close(&audit);
	fixture_free(&fixture);
}

/* [utest->swr~audit-unisolated~1] [utest->swr~audit-dma-reach~1] */
static void unprotected_masters_are_listed(void **state)
{
	void (*const images[])(struct fixture *f) = {master_admitted, master_reaches};

	for (size_t i = 0; i < 2; i++) {
		struct fixture fixture;
		struct audit audit;

		mutation_audit(&fixture, &audit, images[i]);
		report_print(&audit.report, "unprotected", stderr);
		assert_int_equal(audit.report.total, 0);
		assert_int_equal(audit.report.exception_count, 1);
		assert_non_null(
			strstr(audit.report.exceptions[0].message,
			       "rtc@9010000 may master the bus and reaches all memory, on the file's word"));
		assert_true(report_deny(&audit.report, "unprotected-dma"));
		assert_int_equal(report_denied(&audit.report), 1);
		audit_close(&audit);
		fixture_free(&fixture);
	}
}

/* [utest->tor~audit-claims~1] [utest->tor~audit-violation~1] */
static void differences_from_the_inputs_are_caught(void **state)
{
	mutations_run(rows, sizeof(rows) / sizeof(rows[0]));
}

static void clean(void (*apply)(struct fixture *fixture))
{
	struct fixture fixture;
	struct audit audit;

	mutation_audit(&fixture, &audit, apply);
	report_print(&audit.report, "good", stderr);
	assert_int_equal(audit.report.total, 0);
	audit_close(&audit);
	fixture_free(&fixture);
}

/*
 * [utest->swr~audit-hv-header~1] [utest->swr~audit-blueprint-header~1] [utest->swr~audit-records~1]
 * [utest->swr~audit-regime~1] [utest->swr~audit-descriptors~1] [utest->swr~audit-guest-trees~1]
 * [utest->swr~audit-core-owner~1] [utest->swr~audit-one-owner~1]
 * [utest->swr~audit-hypervisor-unreachable~1] [utest->swr~audit-stage2-exact~1]
 * [utest->swr~audit-spi-owner~1] [utest->swr~audit-ppi-owner~1] [utest->swr~audit-vmids~1]
 * [utest->swr~audit-el2-own-only~1] [utest->swr~audit-el2-windows~1] [utest->swr~audit-wx~1]
 * [utest->swr~audit-boot-segments~1] [utest->swr~audit-access-flags~1]
 * [utest->swr~audit-table-pages~1] [utest->swr~audit-memory-types~1] [utest->swr~audit-layout~1]
 * [utest->swr~audit-crash-audit~1] [utest->swr~audit-bus-masters~1] [utest->swr~audit-shared-pages~1]
 * [utest->swr~audit-boot-root~1] [utest->swr~audit-window-places~1] [utest->swr~audit-emulated~1]
 * [utest->swr~audit-doorbells~1] [utest->swr~audit-revocation~1] [utest->swr~audit-service-core~1]
 * [utest->swr~audit-cells~1] [utest->swr~audit-cores-asked~1] [utest->swr~audit-memory~1]
 * [utest->swr~audit-placement~1] [utest->swr~audit-board-ram~1] [utest->swr~audit-interrupts~1]
 * [utest->swr~audit-triggers~1] [utest->swr~audit-channels~1] [utest->swr~audit-mode~1]
 * [utest->swr~audit-faults~1] [utest->swr~audit-times~1] [utest->swr~audit-images~1]
 * [utest->swr~audit-entry~1] [utest->swr~audit-tree-basics~1] [utest->swr~audit-tree-reg~1]
 * [utest->swr~audit-tree-irq~1] [utest->swr~audit-tree-described~1] [utest->swr~audit-tree-bulkhead~1]
 * [utest->swr~audit-tree-references~1] [utest->swr~audit-tree-board~1]
 * [utest->swr~audit-directory~1] [utest->swr~audit-constants~1]
 * [utest->swr~audit-machine~1] [utest->swr~audit-service~1] [utest->swr~audit-console~1]
 * [utest->swr~audit-gic-frames~1]
 */
/* [utest->tor~audit-claims~1] */
static void the_good_image_is_clean(void **state)
{
	clean(NULL);
}

static void a_cell_with_a_pmu_is_clean(void **state)
{
	clean(pmu_given);
}

static void a_cell_that_is_told_its_console_is_clean(void **state)
{
	clean(console_told);
}

/* [utest->swr~audit-tree-nexus~1] */
static void a_cell_behind_an_interrupt_map_is_clean(void **state)
{
	clean(nexus_given);
}

/* [utest->swr~audit-tree-reserved~1] */
static void a_cell_with_reserved_memory_is_clean(void **state)
{
	clean(reserved_given);
}

static void a_cell_with_a_network_is_clean(void **state)
{
	clean(net_given);
}

/* [utest->swr~audit-root~1] */
static void a_cell_with_a_root_is_clean(void **state)
{
	clean(root_told);
	clean(root_told_alone);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(the_good_image_is_clean),
					   cmocka_unit_test(a_cell_with_a_pmu_is_clean),
					   cmocka_unit_test(a_cell_that_is_told_its_console_is_clean),
					   cmocka_unit_test(a_cell_with_reserved_memory_is_clean),
					   cmocka_unit_test(a_cell_behind_an_interrupt_map_is_clean),
					   cmocka_unit_test(a_cell_with_a_network_is_clean),
					   cmocka_unit_test(a_cell_with_a_root_is_clean),
					   cmocka_unit_test(firmware_calls_are_listed),
					   cmocka_unit_test(unprotected_masters_are_listed),
					   cmocka_unit_test(differences_from_the_inputs_are_caught)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
