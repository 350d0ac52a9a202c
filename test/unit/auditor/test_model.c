// SPDX-License-Identifier: Apache-2.0
/*
 * test_model.c - what the auditor finds through an image's own tables: guest trees, the directory, the table
 * of what nobody writes, what each page is for, what each core must see, and where the boot state lies.
 *
 * Both ranges: boot_states_are_read
 *
 * Robustness: what_isnt_there_is_told, windows_that_lead_elsewhere
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "fixture_pci.h"
#include "refusal.h"

#define CHANGE(name, ...)                                                                                    \
	static void name(struct fixture *f)                                                                  \
	{                                                                                                    \
		__VA_ARGS__                                                                                  \
	}
#define ADDRESS UINT64_C(0x0000fffffffff000)

static struct bp_image *image_of(struct fixture *f, int cell, int index)
{
	return (struct bp_image *)fixture_table(f->cell[cell], f->cell[cell]->images) + index;
}
static struct bp_core *core_of(struct fixture *f, int cell, int index)
{
	return (struct bp_core *)fixture_table(f->cell[cell], f->cell[cell]->cores) + index;
}
static void lead(uint64_t *leaf, uint64_t pa)
{
	*leaf = (*leaf & ~ADDRESS) | pa;
}

/* ---- guest trees, directory, constants ---- */

CHANGE(heartbeat_without_registers,
       fixture_replace(&f->guest_text[CONTROL], "reg = <0 0xb000000 0 0x1000>;", "");)
CHANGE(tree_outside, image_of(f, CONTROL, 1)->pa = FREE_PA;)
CHANGE(tree_at_an_odd_place, image_of(f, CONTROL, 1)->pa += 4;)
CHANGE(channel_without_index, fixture_replace(&f->guest_text[CONTROL], "channel-index = <0>;", "");)
CHANGE(directory_magic, f->directory->magic ^= 1;)
CHANGE(directory_abi, f->directory->abi++;)
CHANGE(directory_small, f->directory->size = sizeof(struct directory) - 8;)
CHANGE(directory_large, f->directory->size = UINT32_MAX;)
CHANGE(directory_cores_odd, f->directory->cores.offset += 4;)
CHANGE(directory_cells_odd, f->directory->cells.offset += 4;)
CHANGE(directory_streams_odd, f->directory->streams.offset += 4;)
CHANGE(directory_cores_outside, f->directory->cores.count = 0x1000;)
CHANGE(directory_cells_outside, f->directory->cells.count = 0x1000;)
CHANGE(directory_streams_outside, f->directory->streams.count = 0x1000;)
CHANGE(directory_unmapped, *fixture_leaf(f, f->stage2_root[HEALTH], WINDOWS_IPA + 0x10000) = 0;)
CHANGE(directory_untold,
       fixture_replace(&f->guest_text[HEALTH], "bulkhead,directory", "bulkhead,directories");)
CHANGE(directory_elsewhere,
       lead(fixture_leaf(f, f->stage2_root[HEALTH], WINDOWS_IPA + 0x10000), f->state_pa[HEALTH]);)
CHANGE(directory_at_an_odd_place, fixture_map(f, f->stage2_root[HEALTH], WINDOWS_IPA + 0x11000,
					      f->directory_pa + 4096, 4096, STAGE2_READ);
       fixture_replace(&f->guest_text[HEALTH], "reg = <0 0xb010000 0 0x1000>;",
		       "reg = <0 0xb010008 0 0x1000>;");)
CHANGE(constants_tiny, f->directory->integrity.size = 8;)
CHANGE(constants_unmapped, f->directory->integrity.ipa = 0x1000;)
/* All of it is there, but for the place. */
CHANGE(constants_at_an_odd_place, f->directory->integrity.ipa += 8; f->keep_constants = true;
       memmove((uint8_t *)f->integrity + 8, f->integrity, 2 * 4096 - 8);)
CHANGE(constants_of_half_a_page, f->directory->integrity.size -= 8; f->integrity->size -= 8;)
CHANGE(constants_magic, f->integrity->magic ^= 1;)
CHANGE(constants_size, f->integrity->size += 8;)
CHANGE(constants_too_many, f->integrity->count = 0x10000; f->keep_constants = true;)
CHANGE(map_unmapped, f->directory->json.ipa = 0x1000;)
CHANGE(map_in_a_file, f->directory->svg.ipa = CONSTANTS_IPA + UINT64_C(0x1000000);)

/* The RTC's region, of as much as a cell's memory or a page more; the board states no alignment. */
static void region_of(struct fixture *f, const char *size)
{
	char text[256];

	(void)snprintf(text, sizeof(text), "frames { phandle = <0x61>; size = <0 %s>; }; firmware@4fe00000 {",
		       size);
	fixture_replace(&f->board_text, "firmware@4fe00000 {", text);
	fixture_replace(&f->board_text, "clocks = <5 7>;", "clocks = <5 7>; memory-region = <0x61>;");
	(void)snprintf(
		text, sizeof(text),
		"frames { phandle = <0x61>; size = <0 %s>; alloc-ranges = <0 0x4a800000 0 0x800000>; }; "
		"keep@4a600000",
		size);
	fixture_replace(&f->guest_text[GATEWAY], "keep@4a600000", text);
	fixture_replace(&f->guest_text[GATEWAY], "clocks = <9>;", "clocks = <9>; memory-region = <0x61>;");
}
CHANGE(region_as_large_as_the_cell, region_of(f, "0x800000");)
CHANGE(region_larger_than_the_cell, region_of(f, "0x801000");)

#define NO_DIRECTORY	       "its guest tree names no directory that is mapped"
#define BAD_DIRECTORY	       "isn't sound"
#define BAD_CONSTANTS	       "directory: the table of constant ranges at IPA"
#define DIRECTORY(name, words) {#name, name, NULL, RULE_DIRECTORY, words}
static const struct refusal missing[] = {
	{"heartbeat_without_registers", heartbeat_without_registers, NULL, RULE_TREE_DESCRIBED,
	 "cell 'control': IPA 0xb000000 is mapped, but no node of its tree has it"},
	{"tree_outside", tree_outside, NULL, RULE_GUEST_TREE,
	 "cell 'control': guest tree for IPA 0x401f0000: it isn't in the blueprint"},
	{"tree_at_an_odd_place", tree_at_an_odd_place, NULL, RULE_GUEST_TREE,
	 "cell 'control': guest tree for IPA 0x401f0000: it isn't in the blueprint"},
	{"channel_without_index", channel_without_index, NULL, RULE_TREE_BULKHEAD,
	 "cell 'control': channel 0 has no node in its tree"},
	DIRECTORY(directory_magic, BAD_DIRECTORY),
	DIRECTORY(directory_abi, BAD_DIRECTORY),
	DIRECTORY(directory_small, BAD_DIRECTORY),
	DIRECTORY(directory_large, BAD_DIRECTORY),
	DIRECTORY(directory_cores_odd, BAD_DIRECTORY),
	DIRECTORY(directory_cells_odd, BAD_DIRECTORY),
	DIRECTORY(directory_streams_odd, BAD_DIRECTORY),
	DIRECTORY(directory_cores_outside, BAD_DIRECTORY),
	DIRECTORY(directory_cells_outside, BAD_DIRECTORY),
	DIRECTORY(directory_streams_outside, BAD_DIRECTORY),
	DIRECTORY(directory_unmapped, NO_DIRECTORY),
	DIRECTORY(directory_untold, NO_DIRECTORY),
	DIRECTORY(directory_elsewhere, BAD_DIRECTORY),
	DIRECTORY(directory_at_an_odd_place, BAD_DIRECTORY),
	{"constants_tiny", constants_tiny, NULL, RULE_CONSTANTS, BAD_CONSTANTS},
	{"constants_unmapped", constants_unmapped, NULL, RULE_CONSTANTS, BAD_CONSTANTS},
	{"constants_at_an_odd_place", constants_at_an_odd_place, NULL, RULE_CONSTANTS, BAD_CONSTANTS},
	{"constants_of_half_a_page", constants_of_half_a_page, NULL, RULE_CONSTANTS, BAD_CONSTANTS},
	{"constants_magic", constants_magic, NULL, RULE_CONSTANTS, BAD_CONSTANTS},
	{"constants_size", constants_size, NULL, RULE_CONSTANTS, BAD_CONSTANTS},
	{"constants_too_many", constants_too_many, NULL, RULE_CONSTANTS, BAD_CONSTANTS},
	{"region_as_large_as_the_cell", region_as_large_as_the_cell, NULL, RULE_TREE_BASICS, ACCEPTED},
	{"region_larger_than_the_cell", region_larger_than_the_cell, NULL, RULE_TREE_BASICS,
	 "its tree reserves /reserved-memory/frames, which is neither kept memory"},
	{"map_unmapped", map_unmapped, NULL, RULE_DIRECTORY,
	 "the map as JSON, 0x64 bytes at IPA 0x1000, isn't in the blueprint"},
	{"map_in_a_file", map_in_a_file, NULL, RULE_DIRECTORY,
	 "the map as a drawing, 0xfa0 bytes at IPA 0xd000000, isn't in the blueprint"},
};

/* [utest->swr~audit-guest-trees~1] [utest->swr~audit-directory~1] [utest->swr~audit-constants~1]
 * [utest->swr~audit-tree-reserved~1] */
static void what_isnt_there_is_told(void **state)
{
	refusals_run(missing, COUNT(missing));
}

/* ---- what cores see ---- */

/* Colours, and regions of few pages: each piece of another place is a violation of its own. */
static void colors_given(struct fixture *f)
{
	for (int i = 0; i < CELLS; i++)
		((struct bp_region *)fixture_table(f->cell[i], f->cell[i]->regions))->size = 0x4000;
	for (int i = 0; i < CORES; i++)
		fixture_replace(&f->board_text, "\"psci\"; reg", "\"psci\"; next-level-cache = <0x70>; reg ");
	fixture_replace(&f->board_text, "pmu {",
			"l2 { phandle = <0x70>; cache-size = <0x80000>; cache-sets = <256>; cache-line-size "
			"= <64>; }; "
			"pmu {");
	fixture_replace(&f->partition_text, " essential;", " essential; colors = <0 1>;");
}
/* The first page of text of core 0: a copy, with one byte changed. */
static void text_copied(struct fixture *f, uint8_t change)
{
	uint64_t pa;
	uint8_t *copy = fixture_alloc(f, 1, 1, &pa);

	colors_given(f);
	memcpy(copy, f->kernel, 4096);
	copy[4095] ^= change;
	lead(fixture_leaf(f, f->boot[0].root_pa, EL2_VA_TEXT), pa);
}
CHANGE(copy_as_it_is_but_the_next, text_copied(f, 0);)
CHANGE(copy_changed, text_copied(f, 1);)
CHANGE(copy_unmapped, colors_given(f); *fixture_leaf(f, f->boot[0].root_pa, EL2_VA_TEXT) = 0;)
CHANGE(copies_of_all_segments, colors_given(f);
       for (unsigned int i = 6; i < HV_SEGMENTS; i++)
	       f->hv->segments[i] = (struct hv_segment){EL2_VA_PRIVATE + i * UINT64_C(0x2000), 0x1000,
							HV_SEG_READ | HV_SEG_WRITE | HV_SEG_PER_CORE, 0};)
CHANGE(core_sees_nothing, memset(fixture_at(f, f->boot[3].root_pa), 0, 4096);)
CHANGE(core_that_isnt_there, core_of(f, GATEWAY, 1)->machine_core = CORES;)
CHANGE(cores_exchanged, core_of(f, GATEWAY, 0)->machine_core = 3; core_of(f, GATEWAY, 1)->machine_core = 2;)
CHANGE(core_of_another, core_of(f, GATEWAY, 1)->machine_core = 1;)
CHANGE(image_window_elsewhere,
       lead(fixture_leaf(f, f->boot[2].root_pa, image_of(f, GATEWAY, 1)->va), f->files[2].pa);)
CHANGE(image_window_unmapped, *fixture_leaf(f, f->boot[2].root_pa, image_of(f, GATEWAY, 1)->va) = 0;)
CHANGE(more_cells_served, f->service->cells.count++;)
CHANGE(more_cores_served,
       ((struct bp_service_cell *)((uint8_t *)f->service + f->service->cells.offset))[CONTROL].cores.count++;)
CHANGE(gicrs_odd, f->header->machine.gicrs.offset += 4;)
CHANGE(gicrs_outside, f->header->machine.gicrs.count = 0x100000;)
CHANGE(probes_odd, f->header->machine.probes.offset += 4;)
CHANGE(probes_outside, f->header->machine.probes.count = 0x100000;)
CHANGE(dma_of_no_cell, fixture_pci_made(f); made.dma[1].cell = CELLS;)
/* The service core sees its own telemetry anyhow: by no second window. */
CHANGE(telemetry_by_its_own_window, fixture_pci_made(f);
       *fixture_leaf(f, f->boot[0].root_pa, made.dma[0].telemetry_va) = 0;
       made.dma[0].telemetry_va = core_of(f, HEALTH, 0)->telemetry_va;)
CHANGE(telemetry_nowhere, fixture_pci_made(f);
       *fixture_leaf(f, f->boot[0].root_pa, made.dma[0].telemetry_va) = 0;)

#define COPY(at) "core 0's root: " at " isn't a copy of that page of bulkhead.bin"
static const struct refusal elsewhere[] = {
	{"copy_as_it_is_but_the_next", copy_as_it_is_but_the_next, NULL, RULE_EL2_WINDOW,
	 COPY("0x4000001000")},
	{"copy_changed", copy_changed, NULL, RULE_EL2_WINDOW, COPY("0x4000000000")},
	{"copy_unmapped", copy_unmapped, NULL, RULE_EL2_WINDOW, COPY("0x4000000000")},
	{"copies_of_all_segments", copies_of_all_segments, NULL, RULE_EL2_WINDOW, COPY("0x4000000000")},
	{"core_sees_nothing", core_sees_nothing, NULL, RULE_EL2_WINDOW,
	 "core 3's root: private memory window at 0x4040000000 leads nowhere"},
	{"core_that_isnt_there", core_that_isnt_there, NULL, RULE_CORES,
	 "cell 'gateway': core 4, which the file doesn't give it"},
	{"cores_exchanged", cores_exchanged, NULL, RULE_CORE_OWNER,
	 "core 3: in the record of cell 'gateway', but the blueprint gives it to cell 'gateway'"},
	{"core_of_another", core_of_another, NULL, RULE_CORE_OWNER,
	 "core 1: in the record of cell 'gateway', but the blueprint gives it to cell 'control'"},
	{"image_window_elsewhere", image_window_elsewhere, NULL, RULE_EL2_WINDOW,
	 "doesn't lead to 0x4900c000"},
	{"image_window_unmapped", image_window_unmapped, NULL, RULE_EL2_WINDOW, "doesn't lead to 0x4900c000"},
	{"more_cells_served", more_cells_served, NULL, RULE_SERVICE, "4 cells, the blueprint has 3"},
	{"more_cores_served", more_cores_served, NULL, RULE_SERVICE,
	 "cell 'control': 2 cores, its record has 1"},
	{"gicrs_odd", gicrs_odd, NULL, RULE_RECORD, "bp_machine: table `gicrs` isn't inside the blueprint"},
	{"gicrs_outside", gicrs_outside, NULL, RULE_RECORD,
	 "bp_machine: table `gicrs` isn't inside the blueprint"},
	{"probes_odd", probes_odd, NULL, RULE_RECORD,
	 "bp_machine: table `probes` isn't inside the blueprint"},
	{"probes_outside", probes_outside, NULL, RULE_RECORD,
	 "bp_machine: table `probes` isn't inside the blueprint"},
	{"dma_of_no_cell", dma_of_no_cell, NULL, RULE_STREAM_LISTS,
	 "a cell with streams has no request, action and telemetry in order"},
	{"telemetry_by_its_own_window", telemetry_by_its_own_window, NULL, RULE_EL2_WINDOW, ACCEPTED},
	{"telemetry_nowhere", telemetry_nowhere, NULL, RULE_EL2_WINDOW, "telemetry"},
};

/* [utest->swr~audit-el2-windows~1] [utest->swr~audit-el2-own-only~1] */
static void windows_that_lead_elsewhere(void **state)
{
	refusals_run(elsewhere, COUNT(elsewhere));
}

/* ---- the boot state: inputs alone ---- */

#define FACTS	    "firmware = /bits/ 64 <0 0x4000000>; erase-block = <0x40000>; "
#define BANKS	    "reg = <0 0 0 0x4000000>, <0 0x4000000 0 0xc0000>;"
#define NO_FLASH    "names no flash of the board"
#define NO_BANK	    "names no bank of the flash"
#define TIMES	    "confirm-after and confirm-within can't be understood"
#define LONG_64	    "0123456789012345678901234567890123456789012345678901234567890123"
#define UNALONE	    "isn't alone on its controller, or not on a line of it"
#define UNMAPPABLE  "is behind a controller whose registers can't be mapped by themselves"
#define UNDRIVEN    "is in an SPI flash that the health cell couldn't drive"
#define OF_ANOTHER  "is behind a controller that another cell has, or could switch off"
#define SPI_FACTS   "firmware-flash = \"\"; erase-block = <0x1000>; state = /bits/ 64 <0xf00000 0x3000>; "
#define SPI_KIND    "compatible = \"rockchip,rk3399-spi\", \"rockchip,rk3066-spi\"; "
#define SPI_BUS	    "#address-cells = <1>; #size-cells = <0>; "
#define SPI_REG	    "reg = <0 0xa100000 0 0x1000>; "
#define CHIP	    "nor@1 { compatible = \"jedec,spi-nor\"; reg = <1>; }; "
#define SPI(inside) "spi@a100000 { " SPI_KIND inside "}; "

static const struct {
	const char *flash; /* its registers, in the board */
	const char *more;  /* nodes of the board */
	const char *facts, *asked, *words;
} states[] = {
	{BANKS, "", FACTS, "boot-state = \"flash@0:1\"", NULL},
	{BANKS, "", FACTS, "boot-state = \"flash@0:-1\"", NO_FLASH},
	{BANKS, "", FACTS, "boot-state = \"flash@0:a\"", NO_FLASH},
	{BANKS, "", FACTS, "boot-state = \"flash@0:1a\"", NO_FLASH},
	{BANKS, "", FACTS, "boot-state = \"flash@0:4294967295\"", NO_FLASH},
	{BANKS, "", FACTS, "boot-state = \"flash@0:4294967294\"", NO_BANK},
	{BANKS, "", FACTS, "boot-state = \":1\"", NO_FLASH},
	{BANKS, "", FACTS, "boot-state = \"\"", NO_FLASH},
	{BANKS, "", FACTS, "boot-state = \"" LONG_64 LONG_64 LONG_64 LONG_64 ":1\"", NO_FLASH},
	{BANKS, "", FACTS, "boot-state = \"flash@0\"", NO_BANK},
	{BANKS, "", FACTS, "boot-state = \"rtc@9010000:0\"", NO_FLASH},
	{"", "", FACTS, "boot-state = \"flash@0:1\"", NO_FLASH},
	{"reg = <0 0 0 0>;", "", FACTS, "boot-state = \"flash@0:1\"", NO_FLASH},
	{"reg = <0 0 0 0x4000000>, <0 0x4000000 0>;", "", FACTS, "boot-state = \"flash@0:1\"", NO_FLASH},
	{"reg = <0 0 0 0x4000000>, <0 0 0 0>, <0 0x4000000 0 0xc0000>;", "", FACTS,
	 "boot-state = \"flash@0:1\"", NO_FLASH},
	{"reg = <0 0 0 0x4001000>, <0 0x4000000 0 0xc0000>;", "", FACTS, "boot-state = \"flash@0:1\"",
	 "is where other registers are, too"},
	{"reg = <0 0x4000000 0 0x1000>, <0 0x4000000 0 0xc0000>;", "", FACTS, "boot-state = \"flash@0:1\"",
	 "is where other registers are, too"},
	{BANKS, "", FACTS, "boot-state = \"flash@0:1\"; confirm-after = \"10s\"; confirm-within = \"60s\"",
	 NULL},
	{BANKS, "", FACTS, "boot-state = \"flash@0:1\"; confirm-after = \"10\"", TIMES},
	{BANKS, "", FACTS, "boot-state = \"flash@0:1\"; confirm-within = \"60\"", TIMES},
	{BANKS, "", FACTS, "boot-state = \"flash@0:1\"; confirm-within = \"30s\"", TIMES},
	{BANKS, "", FACTS, "boot-state = <1>", "can't be understood"},
	/* In an SPI flash. */
	{BANKS, SPI(SPI_REG SPI_BUS CHIP), SPI_FACTS, "boot-state = \"nor@1\"", NULL},
	{BANKS, SPI(SPI_REG SPI_BUS CHIP "sensor@0 { reg = <0>; status = \"disabled\"; }; "), SPI_FACTS,
	 "boot-state = \"nor@1\"", NULL},
	{BANKS, SPI(SPI_REG SPI_BUS CHIP "rates { }; "), SPI_FACTS, "boot-state = \"nor@1\"", NULL},
	{BANKS,
	 SPI(SPI_REG SPI_BUS CHIP
	     "nor@0 { compatible = \"jedec,spi-nor\"; reg = <0>; status = \"disabled\"; }; "),
	 SPI_FACTS, "boot-state = \"nor@1\"", NULL},
	{BANKS, SPI(SPI_REG SPI_BUS CHIP "sensor@0 { reg = <0>; }; "), SPI_FACTS, "boot-state = \"nor@1\"",
	 UNALONE},
	{BANKS, SPI("reg = <0 0xa100000 0 0x1000 0>; " SPI_BUS CHIP), SPI_FACTS, "boot-state = \"nor@1\"",
	 UNMAPPABLE},
	{BANKS, SPI("reg = <0 0xa100000 0 0>; " SPI_BUS CHIP), SPI_FACTS, "boot-state = \"nor@1\"",
	 UNMAPPABLE},
	{BANKS, SPI(SPI_REG "bus { " SPI_BUS CHIP "}; "), SPI_FACTS, "boot-state = \"nor@1\"", UNDRIVEN},
	{BANKS, SPI(SPI_REG "status = \"disabled\"; " SPI_BUS CHIP), SPI_FACTS, "boot-state = \"nor@1\"",
	 UNDRIVEN},
	{BANKS, SPI(SPI_REG "clocks = <5 7>; " SPI_BUS CHIP), SPI_FACTS, "boot-state = \"nor@1\"", NULL},
	{BANKS,
	 SPI(SPI_REG "vcc-supply = <0x90>; " SPI_BUS
		     CHIP) "b@9200000 { phandle = <0x90>; compatible = \"arm,pl031\"; "
			   "reg = <0 0x9200000 0 0x1000>; }; ",
	 SPI_FACTS, "boot-state = \"nor@1\"", OF_ANOTHER},
	{BANKS,
	 SPI(SPI_REG
	     "vcc-supply = <0x90>; " SPI_BUS CHIP) "b@9200000 { phandle = <0x90>; compatible = \"acme,b\"; "
						   "reg = <0 0x9200000 0 0x1000>; }; ",
	 SPI_FACTS, "boot-state = \"nor@1\"", NULL},
};

static bool inputs_open(struct fixture *f, struct audit *audit)
{
	audit->fit.fdt = fixture_compile(f->board_text);
	audit->fit.machine = fixture_compile(f->machine_text);
	audit->fit.partitions = fixture_compile(f->partition_text);
	audit->fit.known_slaves = (struct blob){(const uint8_t *)f->slaves_text, strlen(f->slaves_text)};
	if (!board_open(audit) || !partition_open(audit))
		return false;
	devices_assign(audit);
	boot_state_open(audit);
	return true;
}
static void inputs_close(struct fixture *f, struct audit *audit)
{
	free((void *)audit->fit.fdt.data);
	free((void *)audit->fit.machine.data);
	free((void *)audit->fit.partitions.data);
	board_close(&audit->board);
	partition_close(&audit->partition);
	report_free(&audit->report);
	fixture_free(f);
}

static void state_check(size_t row, const char *shared, const char *words)
{
	struct audit audit = {0};
	struct fixture f;
	char text[2048];

	fixture_make(&f);
	(void)snprintf(text, sizeof(text), "%s flash@0 { compatible = \"cfi-flash\"; %s", states[row].more,
		       states[row].flash);
	fixture_replace(&f.board_text, "flash@0 { compatible = \"cfi-flash\"; reg = <0 0 0 0x4000000>;",
			text);
	(void)snprintf(text, sizeof(text), "loader { %s", states[row].facts);
	fixture_replace(&f.machine_text, "loader {", text);
	(void)snprintf(text, sizeof(text), "%s; image = \"health.elf\"", states[row].asked);
	fixture_replace(&f.partition_text, "image = \"health.elf\"", text);
	if (shared)
		fixture_replace(&f.partition_text, "\"cru 3=1000000 7=32768\"", shared);
	assert_true(inputs_open(&f, &audit));
	if (words ? !refusal_said(&audit, RULE_BOOT_STATE, words) && !refusal_said(&audit, RULE_INPUT, words)
		  : audit.report.total || !audit.boot_state.asked) {
		report_print(&audit.report, "boot state", stderr);
		fail_msg("row %zu: not '%s'", row, words ? words : "nothing");
	}
	inputs_close(&f, &audit);
}

/* An eMMC's controller at 00:02.0; of a physical function, with other registers, with more slots. */
static const struct {
	const char *asked;
	uint32_t class;
	int physical, owner;
	bool io;
	uint64_t size;
	uint8_t slots;
	bool is; /* the words are an eMMC's at all */
	const char *words;
} emmcs[] = {
	{"0000:00:02.0:boot0", 0x08050100, PCI_NONE, 0, false, 0x1000, 0, true, NULL},
	{"0000:00:02.0:boot1", 0x08050100, PCI_NONE, 0, false, 0x100, 0x80, true, NULL},
	{"0000:00:02.0:boot2", 0x08050100, PCI_NONE, 0, false, 0x1000, 0, false, NULL},
	{"boot0", 0x08050100, PCI_NONE, 0, false, 0x1000, 0, false, NULL},
	{LONG_64 ":boot0", 0x08050100, PCI_NONE, 0, false, 0x1000, 0, false, NULL},
	{LONG_64 ":boot1", 0x08050100, PCI_NONE, 0, false, 0x1000, 0, false, NULL},
	{"0000:00:03.0:boot0", 0x08050100, PCI_NONE, 0, false, 0x1000, 0, true,
	 "names no PCI function of the board"},
	{"0000:00:02.0:boot0", 0x01080200, PCI_NONE, 0, false, 0x1000, 0, true,
	 "is in what is no SD host controller"},
	{"0000:00:02.0:boot0", 0x08050100, PCI_NONE, 1, false, 0x1000, 0, true,
	 "is behind a function that isn't the cell's"},
	{"0000:00:02.0:boot0", 0x08050100, 0, 0, false, 0x1000, 0, true, "aren't those of one slot"},
	{"0000:00:02.0:boot0", 0x08050100, PCI_NONE, 0, true, 0x1000, 0, true, "aren't those of one slot"},
	{"0000:00:02.0:boot0", 0x08050100, PCI_NONE, 0, false, 0x80, 0, true, "aren't those of one slot"},
	{"0000:00:02.0:boot0", 0x08050100, PCI_NONE, 0, false, 0x1000, 1, true, "aren't those of one slot"},
};

/* [utest->swr~audit-boot-state~1] [utest->swr~audit-boot-state-spi~1] [utest->swr~audit-boot-state-emmc~1] */
static void boot_states_are_read(void **state)
{
	for (size_t i = 0; i < COUNT(states); i++)
		state_check(i, NULL, states[i].words);
	for (size_t i = 0; i < COUNT(states); i++) /* the controller is shared itself */
		if (!strcmp(states[i].more, SPI(SPI_REG SPI_BUS CHIP)))
			state_check(i, "\"cru 3=1000000 7=32768\", \"spi@a100000\"", OF_ANOTHER);
	for (size_t i = 0; i < COUNT(emmcs); i++) {
		const uint8_t config[0x80] = {[0x40] = emmcs[i].slots};
		struct partition_cell cell = {.name = "one"};
		struct pci_function function = {.rid = 0x10,
						.class = emmcs[i].class,
						.physical = emmcs[i].physical,
						.owner = emmcs[i].owner,
						.config = config,
						.config_size = sizeof(config),
						.bars = {{.size = emmcs[i].size, .io = emmcs[i].io}}};
		struct audit audit = {0};

		audit.pci.functions = &function;
		audit.pci.count = 1;
		audit.partition.cells = &cell;
		audit.partition.cell_count = 1;
		if (boot_state_emmc(&audit, &cell, emmcs[i].asked) != emmcs[i].is ||
		    (emmcs[i].words ? !refusal_said(&audit, RULE_BOOT_STATE, emmcs[i].words)
				    : audit.report.total || (audit.boot_state.emmc != NULL) != emmcs[i].is))
			fail_msg("eMMC %zu", i);
		report_free(&audit.report);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(what_isnt_there_is_told),
					   cmocka_unit_test(windows_that_lead_elsewhere),
					   cmocka_unit_test(boot_states_are_read)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
