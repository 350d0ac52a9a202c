// SPDX-License-Identifier: Apache-2.0
/*
 * test_decisions_tree.c - guest trees: each condition of a rule's question decides it alone.
 *
 * Robustness: what_decides_alone_is_told
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "told.h"

/* ---- cores, caches, PSCI ---- */
GUEST(cpus_none, CONTROL, "cpus {", "processors {")
GUEST(cpu_disabled, CONTROL, "cpu@1 {", "cpu@1 { status = \"disabled\";")
GUEST(cpu_of_another_type, CONTROL, "cpu@1 {", "idle { device_type = \"idle-state\"; }; map { }; cpu@1 {")
GUEST(cpu_without_number, CONTROL, "reg = <1> ;", "")
GUEST(cpu_without_method, CONTROL, "enable-method = \"psci\";", "")
GUEST(psci_none, CONTROL, "psci {", "firmware {")
GUEST(interrupt_of_nobody, GATEWAY, "interrupts = <0 2 4>", "interrupts = <0 1000 4>")

#define L2(size) "next-level-cache = <0x77>; l2 { phandle = <0x77>; cache-level = <2>; " size " }; }; "
static void caches_given(struct fixture *f)
{
	fixture_replace(&f->board_text, "reg = <1> ; };", "reg = <1>; " L2("cache-size = <0x80000>;"));
	fixture_replace(&f->guest_text[CONTROL], "reg = <1> ; };",
			"reg = <1>; " L2("cache-size = <0x80000>;"));
}
REPLACED(cache_larger, caches_given, guest_text[CONTROL], "<0x80000>", "<0x100000>")
REPLACED(cache_without_size, caches_given, guest_text[CONTROL], "cache-size = <0x80000>;", "")
REPLACED(cache_untold, caches_given, guest_text[CONTROL], "next-level-cache = <0x77>;", "")
MUTATION(caches_without_end, caches_given(f);
	 fixture_replace(&f->board_text, "cache-level", "next-level-cache = <0x77>; cache-level");
	 fixture_replace(&f->guest_text[CONTROL], "cache-level", "next-level-cache = <0x77>; cache-level");)

/* ---- devices of the board ---- */
MUTATION(device_typed,
	 fixture_replace(&f->board_text, "rtc@9010000 {", "rtc@9010000 { device_type = \"rtc\";");
	 fixture_replace(&f->guest_text[GATEWAY], "rtc@9010000 {", "rtc@9010000 { device_type = \"rtc\";");)
MUTATION(timer_typed, fixture_replace(&f->board_text, "timer {", "timer { device_type = \"timer\";");
	 fixture_replace(&f->guest_text[GATEWAY], "timer {", "timer { device_type = \"timer\";");)
BOARD(cpu_with_interrupt, "reg = <1> ;", "reg = <1>; interrupts = <1 5 4>;")

/* ---- paths ---- */
#define FIFTY		 "abcdefghijabcdefghijabcdefghijabcdefghijabcdefghij"
#define CHOSEN(name, to) GUEST(name, GATEWAY, "chosen {", to)
CHOSEN(console_endless, "chosen { stdout-path = \"" FIFTY FIFTY FIFTY FIFTY FIFTY FIFTY "\";")
CHOSEN(console_by_alias_nowhere, "aliases { serial0 = \"serial\"; }; chosen { stdout-path = \"serial0\";")
CHOSEN(alias_no_path, "aliases { serial0 = \"serial\"; }; chosen {")
CHOSEN(alias_no_text, "aliases { serial0 = <1>; }; chosen {")

/* ---- references ---- */
#define RTC(name, to) GUEST(name, GATEWAY, "clocks = <9>;", "clocks = <9>; " to)
RTC(pins_nowhere, "pinctrl-0 = <0x55>;")
RTC(pins_numbered, "pinctrl-9 = <9>; pinctrl-names = \"default\"; pinctrl-+ = <0x55>;")
RTC(place_empty, "resets = <0>;")
MUTATION(arguments_many,
	 fixture_replace(&f->guest_text[GATEWAY], "clocks = <9>;", "clocks = <9>; resets = <9>;");
	 fixture_replace(&f->guest_text[GATEWAY], "clock {", "clock { #reset-cells = <100>;");)
GUEST(clock_with_registers, GATEWAY, "clock {", "clock { reg = <0 0x9010000 0 0x1000>;")
GUEST(clock_with_outputs, GATEWAY, "#clock-cells = <0>", "#clock-cells = <1>")
GUEST(clock_without_rate, GATEWAY, "clock-frequency = <32768>;", "")

/* Of a provider that the board lacks, or whose specifiers can't be told apart, nothing is shared. */
BOARD(provider_nowhere, "clocks = <5 7>;", "clocks = <5 7 0x66>;")
BOARD(provider_without_outputs, "#clock-cells = <1>;", "")
BOARD(provider_of_many_arguments, "#clock-cells = <1>;", "#clock-cells = <100>;")

/* ---- reserved memory: the RTC's, at a fixed place and where the gateway wants it ---- */
static void reserved_given(struct fixture *f)
{
	fixture_replace(&f->board_text, "firmware@4fe00000 {",
			"pool@4ae00000 { phandle = <0x60>; reg = <0 0x4ae00000 0 0x100000>; }; "
			"frames { phandle = <0x61>; size = <0 0x100000>; alignment = <0 0x200000>; "
			"alloc-ranges = <0 0x4a800000 0 0x800000>; }; firmware@4fe00000 {");
	fixture_replace(&f->board_text, "clocks = <5 7>;", "clocks = <5 7>; memory-region = <0x60 0x61>;");
	fixture_replace(&f->guest_text[GATEWAY], "keep@4a600000",
			"pool@4ae00000 { phandle = <0x60>; reg = <0 0x4ae00000 0 0x100000>; }; "
			"frames { phandle = <0x61>; size = <0 0x100000>; alignment = <0 0x200000>; "
			"alloc-ranges = <0 0x4a800000 0 0x800000>; }; keep@4a600000");
	fixture_replace(&f->guest_text[GATEWAY], "clocks = <9>;",
			"clocks = <9>; memory-region = <0x60 0x61>;");
}
#define RESERVED(name, text, from, to) REPLACED(name, reserved_given, text, from, to)
/* The same in both trees. */
#define RESERVED_BOTH(name, from, to)                                                                        \
	MUTATION(name, reserved_given(f); fixture_replace(&f->board_text, from, to);                         \
		 fixture_replace(&f->guest_text[GATEWAY], from, to);)
GUEST(kept_in_part, GATEWAY, "0x4a600000 0 0x100000", "0x4a600000 0 0x80000")
RESERVED_BOTH(region_too_large, "size = <0 0x100000>", "size = <0 0x1000000>")
RESERVED_BOTH(region_askew, "alignment = <0 0x200000>", "alignment = <0 0x300000>")
RESERVED(region_disabled, board_text, "pool@4ae00000 {", "pool@4ae00000 { status = \"disabled\";")
RESERVED(region_wanted_disabled, board_text, "frames {", "frames { status = \"disabled\";")
RESERVED(region_anywhere_on_board, board_text, "alloc-ranges = <0 0x4a800000 0 0x800000>;", "")
RESERVED(region_cut, guest_text[GATEWAY], "alignment = <0 0x200000>", "alignment = <0>")
RESERVED(region_of_no_room, guest_text[GATEWAY], "0x4a800000 0 0x800000>; }; keep",
	 "0x4a800000 0 0>; }; keep")
RESERVED(region_outside, board_text, "<0x60 0x61>", "<0x60 0x61 5>")
RESERVED(region_told_disabled, guest_text[GATEWAY], "pool@4ae00000 {",
	 "pool@4ae00000 { status = \"disabled\";")
RESERVED(region_user_untold, guest_text[GATEWAY], "rtc@9010000 {", "clock@9010000 {")
RESERVED(region_user_disabled, board_text, "fw-cfg@9020000 {",
	 "spare { memory-region = <0x60>; status = \"disabled\"; }; fw-cfg@9020000 {")
/* Addresses, or sizes, of one cell there, as nowhere else in the board's tree. */
#define CELLS_OF_REGIONS "reserved-memory { #address-cells = <2>; #size-cells = <2>;"
MUTATION(region_of_narrow_addresses, reserved_given(f);
	 fixture_replace(&f->board_text, CELLS_OF_REGIONS,
			 "reserved-memory { #address-cells = <1>; #size-cells = <2>;");
	 fixture_replace(&f->board_text, "<0 0x4ae00000 0 0x100000>", "<0x4ae00000 0 0x100000>");
	 fixture_replace(&f->board_text, "<0 0x4a800000 0 0x800000>", "<0x4a800000 0 0x800000>");
	 fixture_replace(&f->board_text, "<0 0x4fe00000 0 0x200000>", "<0x4fe00000 0 0x200000>");)
MUTATION(region_of_narrow_sizes, reserved_given(f);
	 fixture_replace(&f->board_text, CELLS_OF_REGIONS,
			 "reserved-memory { #address-cells = <2>; #size-cells = <1>;");
	 fixture_replace(&f->board_text, "<0 0x4ae00000 0 0x100000>", "<0 0x4ae00000 0x100000>");
	 fixture_replace(&f->board_text, "<0 0x4a800000 0 0x800000>", "<0 0x4a800000 0x800000>");
	 fixture_replace(&f->board_text, "<0 0x4fe00000 0 0x200000>", "<0 0x4fe00000 0x200000>");)
/* A node of the root whose name makes its path that of a region. */
MUTATION(region_by_name, f->renamed[0] = "reserved-memory-spare"; f->renamed[1] = "reserved-memory/spare";
	 fixture_replace(&f->board_text, "flash@0 {", "reserved-memory-spare { }; flash@0 {");
	 fixture_replace(&f->guest_text[GATEWAY], "keep@4a600000", "spare { }; keep@4a600000");)
BOARD(region_none, "clocks = <5 7>;", "clocks = <5 7>; memory-region = <5>;")

/* ---- the cell's own nodes ---- */
GUEST(bulkhead_none, CONTROL, "bulkhead {", "bulkheads {")
GUEST(bulkhead_of_another_kind, CONTROL, "bulkhead,cell-v1", "bulkhead,cell-v9")
GUEST(bulkhead_nameless, CONTROL, "cell-name = \"control\";", "")
GUEST(bulkhead_without_index, CONTROL, "cell-index = <1>;", "")
GUEST(bulkhead_of_another_index, CONTROL, "cell-index = <1>;", "cell-index = <2>;")
GUEST(channel_in_pieces, GATEWAY, "reg = <0 0xb010000 0 0x2000>",
      "reg = <0 0xb010000 0 0x1000>, <0 0xb011000 0 0x1000>")
GUEST(channel_told_larger, GATEWAY, "reg = <0 0xb010000 0 0x2000>", "reg = <0 0xb010000 0 0x3000>")
GUEST(channel_unread, CONTROL, "channel-index = <0>; reads;", "channel-index = <0>;")
GUEST(doorbell_silent, CONTROL, "interrupts = <0 194 1>;", "")
GUEST(heartbeat_twice, CONTROL, "channel@b010000 {",
      "beat { compatible = \"bulkhead,heartbeat\"; period-us = <10000>; }; channel@b010000 {")

/* A channel by which the gateway may have the machine reset: the health cell's tree says whose it is. */
static void update_given(struct fixture *f)
{
	struct bp_cell *health = f->cell[HEALTH];

	fixture_replace(&f->partition_text, "both { between = \"control\",",
			"update { between = \"health\",");
	fixture_replace(&f->partition_text, "boot-timeout =", "update-reset; boot-timeout =");
	fixture_replace(
		&f->guest_text[HEALTH], "directory@",
		"channel@b020000 { compatible = \"bulkhead,channel\"; channel-name = \"update\"; "
		"channel-index = <0>; reg = <0 0xb020000 0 0x1000>; update-reset = <2>; }; directory@");
	health->channels.count = 1;
	*(struct bp_channel *)fixture_table(health, health->channels) =
		(struct bp_channel){.ipa = WINDOWS_IPA + 0x20000, .pa = f->both_pa, .size = 4096};
}
REPLACED(resetter_unnumbered, update_given, guest_text[HEALTH], "update-reset = <2>;", "update-reset;")
MUTATION(resetter_of_nobody, update_given(f);
	 fixture_replace(&f->partition_text, "health { role", "doctor { role");
	 fixture_replace(&f->partition_text, "between = \"health\"", "between = \"doctor\"");)

/* ---- the network ---- */
static void net_given(struct fixture *f)
{
	fixture_replace(
		&f->partition_text, "image = \"health.elf\";",
		"image = \"health.elf\"; net { address = \"10.0.2.15/24\"; syslog = \"10.0.2.3/tcp\"; };");
	fixture_replace(&f->guest_text[HEALTH], "directory@",
			"net { compatible = \"bulkhead,net\"; address = <0x0a00020f 24>; "
			"syslog = <0x0a000203 601>; syslog-tcp; }; directory@");
}
#define NET(name, text, from, to) REPLACED(name, net_given, text, from, to)
#define ADDRESS_ASKED		  "address = \"10.0.2.15/24\";"
#define ADDRESS_TOLD		  "address = <0x0a00020f 24>;"
NET(net_part_empty, partition_text, "10.0.2.15/24", "10..2.15/24")
NET(net_part_of_letters, partition_text, "10.0.2.15/24", "10.a.2.15/24")
NET(net_prefix_empty, partition_text, "10.0.2.15/24", "10.0.2.15/")
NET(net_address_untold, guest_text[HEALTH], ADDRESS_TOLD, "")
NET(net_protocol_unknown, partition_text, "10.0.2.3/tcp", "10.0.2.3/tcpx")
NET(net_port_empty, partition_text, "10.0.2.3/tcp", "10.0.2.3:/tcp")
/* The port that the file doesn't state either. */
MUTATION(net_port_untold, net_given(f); fixture_replace(&f->partition_text, "10.0.2.3/tcp", "10.0.2.3");
	 fixture_replace(&f->guest_text[HEALTH], "<0x0a000203 601>; syslog-tcp;", "<0x0a000203>;");)
MUTATION(net_by_dhcp, net_given(f); fixture_replace(&f->partition_text, ADDRESS_ASKED, "dhcp;");
	 fixture_replace(&f->guest_text[HEALTH], ADDRESS_TOLD, "dhcp;");)
REPLACED(net_by_dhcp_and_address, net_by_dhcp, guest_text[HEALTH], "dhcp;", "dhcp; " ADDRESS_TOLD)
MUTATION(net_by_nothing, net_given(f); fixture_replace(&f->partition_text, ADDRESS_ASKED, "");
	 fixture_replace(&f->guest_text[HEALTH], ADDRESS_TOLD, "");)

static const struct telling told[] = {
	TOLD(TREE_BASICS, cpus_none,
	     "its tree has 0 cores, the cell 1"), /* [utest->swr~audit-tree-basics~1] */
	TOLD(TREE_BASICS, cpu_disabled, "its tree doesn't have the core of MPIDR 0x1 once"),
	TOLD(TREE_BASICS, cpu_without_number, "its tree has /cpus/cpu@1, which isn't its core"),
	TOLD(TREE_BASICS, cpu_without_method, "/cpus/cpu@1 isn't switched on by PSCI"),
	TOLD(TREE_BASICS, psci_none, "its tree has no PSCI by hvc"),
	TOLD(TREE_BASICS, cache_larger, "its tree gives /cpus/cpu@1 other caches than it has"),
	TOLD(TREE_BASICS, cache_without_size, "its tree gives /cpus/cpu@1 other caches than it has"),
	TOLD(TREE_BASICS, cache_untold, "its tree gives /cpus/cpu@1 other caches than it has"),
	TOLD(TREE_BASICS, caches_without_end, "its tree gives /cpus/cpu@1 other caches than it has"),
	TOLD(TREE_IRQ, interrupt_of_nobody, "/rtc@9010000 interrupt 4294967295, which isn't its"),
	TOLD(TREE_REFERENCES, console_endless,
	     "stdout-path, 'abcdefghij"), /* [utest->swr~audit-tree-references~1] */
	TOLD(TREE_REFERENCES, console_by_alias_nowhere, "stdout-path, 'serial0', leads to no node"),
	TOLD(TREE_REFERENCES, pins_nowhere, "/rtc@9010000 refers by pinctrl-0 to phandle 0x55"),
	TOLD(TREE_REFERENCES, arguments_many, "refers by resets to /clock, which has no #reset-cells"),
	TOLD(TREE_SHARED, clock_with_registers,
	     "fixed at the 32768 Hz"), /* [utest->swr~audit-tree-shared~1] */
	TOLD(TREE_SHARED, clock_with_outputs, "fixed at the 32768 Hz"),
	TOLD(TREE_SHARED, clock_without_rate, "fixed at the 32768 Hz"),
	TOLD(SHARED_PAGE, provider_without_outputs, "/rtc@9010000 at 0x9010000, which is nobody's"),
	/* [utest->swr~audit-tree-reserved~1] */
	TOLD(TREE_BASICS, kept_in_part, "reserves /reserved-memory/keep@4a600000, which is neither"),
	TOLD(TREE_BASICS, region_too_large, "reserves /reserved-memory/frames, which is neither"),
	TOLD(TREE_BASICS, region_askew, "reserves /reserved-memory/frames, which is neither"),
	TOLD(TREE_BASICS, region_disabled, "reserves /reserved-memory/pool@4ae00000, which is neither"),
	TOLD(TREE_BASICS, region_wanted_disabled, "reserves /reserved-memory/frames, which is neither"),
	TOLD(TREE_BASICS, region_cut, "reserves /reserved-memory/frames, which is neither"),
	TOLD(TREE_BASICS, region_of_no_room, "/reserved-memory/frames may be put at 0x4a800000"),
	TOLD(TREE_BASICS, region_by_name, "reserves /reserved-memory/spare, which is neither"),
	TOLD(TREE_BASICS, region_outside, "has reserved memory that the cell lacks"),
	TOLD(TREE_BASICS, region_told_disabled,
	     "has other reserved memory than /reserved-memory/pool@4ae00000"),
	TOLD(TREE_BASICS, region_of_narrow_addresses, "has reserved memory that the cell lacks"),
	TOLD(TREE_BASICS, region_of_narrow_sizes, "has reserved memory that the cell lacks"),
	TOLD(TREE_BULKHEAD, bulkhead_none, "/bulkhead doesn't name"), /* [utest->swr~audit-tree-bulkhead~1] */
	TOLD(TREE_BULKHEAD, bulkhead_of_another_kind, "/bulkhead doesn't name the cell and its index"),
	TOLD(TREE_BULKHEAD, bulkhead_nameless, "/bulkhead doesn't name the cell and its index"),
	TOLD(TREE_BULKHEAD, bulkhead_without_index, "/bulkhead doesn't name the cell and its index"),
	TOLD(TREE_BULKHEAD, bulkhead_of_another_index, "/bulkhead doesn't name the cell and its index"),
	TOLD(TREE_BULKHEAD, channel_in_pieces, "channel@b010000 doesn't say IPA 0xb010000, 0x2000 bytes"),
	TOLD(TREE_BULKHEAD, channel_told_larger, "channel@b010000 doesn't say IPA 0xb010000, 0x2000 bytes"),
	TOLD(TREE_BULKHEAD, channel_unread, "channel@b010000 is wrong about writes, reads or doorbell"),
	TOLD(TREE_BULKHEAD, doorbell_silent, "channel@b010000 doesn't have doorbell INTID 226"),
	TOLD(TREE_BULKHEAD, heartbeat_twice, "its tree has 2 channels and 2 heartbeats, not 2 and 1"),
	/* [utest->swr~audit-update-reset~1] */
	UNTOLD(TREE_BULKHEAD, update_given, "channel@b020000 is wrong about who may have the machine reset"),
	TOLD(TREE_BULKHEAD, resetter_unnumbered,
	     "channel@b020000 is wrong about who may have the machine reset"),
	TOLD(TREE_BULKHEAD, resetter_of_nobody,
	     "channel@b020000 is wrong about who may have the machine reset"),
	TOLD(TREE_BULKHEAD, net_part_empty, "its tree's network isn't that of the file's net"),
	TOLD(TREE_BULKHEAD, net_part_of_letters, "its tree's network isn't that of the file's net"),
	TOLD(TREE_BULKHEAD, net_prefix_empty, "its tree's network isn't that of the file's net"),
	TOLD(TREE_BULKHEAD, net_address_untold, "its tree's network isn't that of the file's net"),
	TOLD(TREE_BULKHEAD, net_protocol_unknown, "its tree's network isn't that of the file's net"),
	TOLD(TREE_BULKHEAD, net_port_empty, "its tree's network isn't that of the file's net"),
	TOLD(TREE_BULKHEAD, net_port_untold, "its tree's network isn't that of the file's net"),
	TOLD(TREE_BULKHEAD, net_by_dhcp_and_address, "its tree's network isn't that of the file's net"),
	TOLD(TREE_BULKHEAD, net_by_nothing, "its tree's network isn't that of the file's net"),
};

static void what_decides_alone_is_told(void **state)
{
	tellings_run(ROWS(told));
}

static const struct telling admitted[] = {
	ADMITTED(caches_given),
	ADMITTED(cpu_of_another_type), /* [utest->swr~audit-tree-basics~1] */
	ADMITTED(device_typed),
	ADMITTED(timer_typed),
	ADMITTED(cpu_with_interrupt), /* [utest->swr~audit-tree-board~1] */
	ADMITTED(alias_no_path),
	ADMITTED(alias_no_text), /* [utest->swr~audit-tree-references~1] */
	ADMITTED(pins_numbered),
	ADMITTED(place_empty),
	ADMITTED(reserved_given),
	ADMITTED(region_anywhere_on_board), /* [utest->swr~audit-tree-reserved~1] */
	ADMITTED(region_user_disabled),
	ADMITTED(region_none),
	ADMITTED(region_user_untold),
	ADMITTED(provider_nowhere),
	ADMITTED(provider_of_many_arguments),
	ADMITTED(net_given),
	ADMITTED(net_by_dhcp), /* [utest->swr~audit-tree-bulkhead~1] */
};

static void what_differs_and_is_good_is_admitted(void **state)
{
	tellings_run(ROWS(admitted));
}

TOLD_MAIN(what_decides_alone_is_told, what_differs_and_is_good_is_admitted)
