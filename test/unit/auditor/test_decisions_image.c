// SPDX-License-Identifier: Apache-2.0
/*
 * test_decisions_image.c - what the image holds: files, constants, the directory, pages and their colours:
 * each condition of a rule's question decides it alone.
 *
 * Robustness: what_decides_alone_is_told
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>

#include "fixture_pci.h"
#include "rule.h"
#include "told.h"

#define IMAGE_END   (LOAD_PA + HV_SIZE + BLUEPRINT_MAX)
#define TABLE_PA(f) (LOAD_PA + ((f)->directory->integrity.ipa - CONSTANTS_IPA))

static struct directory_core *told_core(struct fixture *f, unsigned int core)
{
	return (struct directory_core *)((uint8_t *)f->directory + DIRECTORY_CORES_AT) + core;
}
static struct directory_cell *told_cell(struct fixture *f, int cell)
{
	return (struct directory_cell *)((uint8_t *)f->directory + f->directory->cells.offset) + cell;
}
static struct bp_image *image_of(struct fixture *f, int cell, unsigned int index)
{
	return (struct bp_image *)fixture_table(f->cell[cell], f->cell[cell]->images) + index;
}
static struct bp_channel *channel_of(struct fixture *f, int cell, unsigned int index)
{
	return (struct bp_channel *)fixture_table(f->cell[cell], f->cell[cell]->channels) + index;
}
static struct integrity_range *range_of(struct fixture *f, const char *name)
{
	struct integrity_range *range = f->integrity->ranges;

	while (strcmp(range->name, name) != 0)
		range++;
	return range;
}

/* ---- constants ---- */
MUTATION(range_empty, range_of(f, "file")->size = 0;)
MUTATION(range_of_another, range_of(f, "directory")->ipa = CONSTANTS_IPA;)
MUTATION(range_askew, range_of(f, "file")->ipa += 8;)
MUTATION(range_endless, range_of(f, "file")->size = UINT64_C(1) << 40;)
/* Core 0 writes the page before the table, or the one behind it. */
MUTATION(table_first,
	 fixture_map(f, f->boot[0].root_pa, EL2_VA_SERVICE + 0x800000, TABLE_PA(f) - 4096, 4096, EL2_WRITE);)
MUTATION(table_last, fixture_map(f, f->boot[0].root_pa, EL2_VA_SERVICE + 0x800000,
				 TABLE_PA(f) + f->directory->integrity.size, 4096, EL2_WRITE);)

/* ---- the directory ---- */
MUTATION(directory_of_another_number, told_core(f, 1)->mpidr = 9;)
MUTATION(directory_of_another_place, told_core(f, 3)->core_in_cell = 0;)
MUTATION(directory_of_no_cell, f->boot[3].root_pa = 0; told_core(f, 3)->cell = UINT32_MAX;
	 told_core(f, 3)->core_in_cell = 7;)
MUTATION(directory_renamed, told_cell(f, CONTROL)->name[0] = 'C';)
MUTATION(directory_of_more_cores, told_cell(f, CONTROL)->core_count = 2;)
MUTATION(directory_of_another_first, told_cell(f, CONTROL)->first_core = 2;)
MUTATION(directory_beats_slower, told_cell(f, CONTROL)->heartbeat_ns++;)
MUTATION(directory_boots_longer, told_cell(f, CONTROL)->boot_timeout_ns++;)
MUTATION(directory_window_longer, told_cell(f, CONTROL)->restart_window_ns++;)
MUTATION(directory_log_elsewhere, told_cell(f, CONTROL)->log_ipa = told_cell(f, CONTROL)->heartbeat_ipa;)
MUTATION(directory_map_unmapped, f->directory->json.ipa = UINT64_C(0x60000000);)
MUTATION(directory_of_fewer_cores, f->directory->cores.count = 3;)
MUTATION(directory_of_fewer_cells, f->directory->cells.count = 2;)
MUTATION(directory_of_extra_cores, f->directory->cores.count = 5;)
MUTATION(directory_of_extra_cells, f->directory->cells.count = 4;)
/* The health cell has something at each address where others have RAM: nothing is left to prove. */
static void nothing_provable(struct fixture *f)
{
	static const uint64_t others[] = {0x4a200000, 0x4a800000, 0x4a600000};

	f->directory->proof_ipa = 0;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		fixture_map(f, f->stage2_root[HEALTH], others[i], UART_PA, 4096, STAGE2_DEVICE);
}
MUTATION(nothing_provable_unknown, nothing_provable(f); f->cell[CONTROL]->magic = 0;)

/* ---- images ---- */
MUTATION(image_empty, image_of(f, CONTROL, 0)->size = 0;)
MUTATION(kernel_twice, f->files[3].label = "gateway:kernel:Image";)
MUTATION(kernel_of_no_size, memset(f->files[2].bytes + IMAGE_SIZE_AT, 0, 8);)
MUTATION(kernel_of_few_bytes, f->files[2].size = 12; image_of(f, GATEWAY, 0)->size = 12;)
PARTITION(image_in_a_folder, "image = \"control.bin\"", "image = \"bin/control.bin\"")
PARTITION(loaded_at_its_ram, " load = \"0x40000000\";", "")
PARTITION(entered_at_its_load, "entry = \"0x40000010\";", "")

/* The health cell's ELF file: words of its header, of the first program header, of another behind it. */
static void elf(struct fixture *f, size_t at, uint64_t value, size_t size)
{
	memcpy(f->files[0].bytes + at, &value, size);
}
static void another_header(struct fixture *f, uint32_t type, uint64_t place, uint64_t in_file,
			   uint64_t in_memory)
{
	elf(f, 56, 2, 2);
	elf(f, 120, type, 4);
	elf(f, 124, 5, 4);
	elf(f, 128, 0x1000, 8);
	elf(f, 136, 0x8000000, 8);
	elf(f, 144, place, 8);
	elf(f, 152, in_file, 8);
	elf(f, 160, in_memory, 8);
}
MUTATION(elf_with_note, another_header(f, 4, 0x4a100000, 0x400, 0x400);)
MUTATION(elf_with_nothing, another_header(f, 1, 0x4a100000, 0x400, 0);)
MUTATION(elf_with_memory, another_header(f, 1, 0x4a100000, 0, 0x1000);)
MUTATION(elf_entered_twice, another_header(f, 1, 0x4a100000, 0x400, 0x400);)
MUTATION(elf_headers_outside, elf(f, 32, 0x100000, 8);)
MUTATION(elf_not_executable, elf(f, 68, 4, 4);)
MUTATION(elf_entered_before, elf(f, 24, 0x7ffffff, 8);)
MUTATION(elf_entered_behind, elf(f, 24, 0x8000400, 8);)

/* ---- pages ---- */
/* A channel that ends behind the image: the health cell may read the part in it, and has all. */
MUTATION(channel_over_the_end,
	 channel_of(f, CONTROL, 0)->pa = channel_of(f, GATEWAY, 0)->pa = IMAGE_END - 4096;
	 fixture_map(f, f->stage2_root[CONTROL], WINDOWS_IPA + 0x10000, IMAGE_END - 4096, 0x2000,
		     STAGE2_SEEN);
	 fixture_map(f, f->stage2_root[GATEWAY], WINDOWS_IPA + 0x10000, IMAGE_END - 4096, 0x2000,
		     STAGE2_SHARED);
	 fixture_map(f, f->stage2_root[HEALTH], 0x60000000, IMAGE_END - 4096, 0x2000, STAGE2_READ);)
MUTATION(image_written, fixture_map(f, f->stage2_root[CONTROL], 0x60000000, LOAD_PA, 4096, STAGE2_MSI);)
/* Each word of 23 tables leads to one page. */
MUTATION(
	one_page_everywhere, for (uint64_t va = 0x60000000; va < 0x60000000 + 23 * 0x200000; va += 0x200000) {
		fixture_map(f, f->stage2_root[CONTROL], va, FREE_PA, 4096, STAGE2_RAM);
		for (unsigned int i = 1; i < 512; i++)
			fixture_leaf(f, f->stage2_root[CONTROL], va)[i] =
				*fixture_leaf(f, f->stage2_root[CONTROL], va);
	})
MUTATION(segments_all, f->hv->segments[6] = (struct hv_segment){EL2_VA_TEXT + 0x5000, 0x1000, HV_SEG_READ, 0};
	 f->hv->segments[7] = (struct hv_segment){EL2_VA_PRIVATE + 0x2000, 0x1000,
						  HV_SEG_READ | HV_SEG_PER_CORE, 0};)

/* ---- colours: 16, by the cache that all cores share; two cells ask for some and get none ---- */
static void colored(struct fixture *f)
{
	for (unsigned int i = 0; i < CORES; i++)
		fixture_replace(&f->board_text, "> ; };", ">; next-level-cache = <0x78>; };");
	fixture_replace(&f->board_text, "flash@0 {",
			"l2 { phandle = <0x78>; cache-size = <0x100000>; cache-sets = <1024>; "
			"cache-line-size = <64>; }; flash@0 {");
	fixture_replace(&f->partition_text, "control {", "control { colors;");
	fixture_replace(&f->partition_text, "gateway {", "gateway { colors;");
}
#define COLORED(name, ...) MUTATION(name, colored(f); __VA_ARGS__)
/* The control cell caches a page. */
#define CACHED(name, pa)                                                                                     \
	COLORED(name, fixture_map(f, f->stage2_root[CONTROL], 0x60000000, pa, 4096, STAGE2_RAM);)
CACHED(caches_nobodys, FREE_PA)
CACHED(caches_heartbeat, f->heartbeat_pa[GATEWAY])
CACHED(caches_channel, f->setpoints_pa)
CACHED(caches_tree, f->guest_pa[GATEWAY])
CACHED(caches_orders, f->orders_pa)
MUTATION(caches_queue_of_no_core, fixture_pci_made(f); colored(f); f->header->service_core = 99;
	 fixture_map(f, f->stage2_root[CONTROL], 0x60000000, made.queue_pa, 4096, STAGE2_RAM);)
COLORED(regions_in_one_place,
	struct bp_region *regions = fixture_table(f->cell[GATEWAY], f->cell[GATEWAY]->regions);
	regions[1].pa = regions[0].pa + 0x200000;)
COLORED(region_elsewhere, fixture_replace(&f->partition_text, " ram-base = \"0x40000000\";", "");
	((struct bp_region *)fixture_table(f->cell[CONTROL], f->cell[CONTROL]->regions))->ipa = 0x60000000;)
/* The RTC masters the bus, by addresses of its own. */
COLORED(region_in_pieces, f->slaves_text = "arm,pl011\narm,pl061\n";
	fixture_replace(&f->partition_text, "\"rest\", \"-gpio\";",
			"\"rest\", \"-gpio\", \"rtc@9010000\"; dma = \"unprotected\";");)

static const struct telling told[] = {
	/* [utest->swr~audit-constants~1] */
	TOLD(CONSTANTS, range_empty, "isn't in the image, or too long"),
	TOLD(CONSTANTS, range_of_another, "isn't what the health cell sees there"),
	TOLD(CONSTANTS, range_askew, "isn't what the health cell sees there"),
	TOLD(CONSTANTS, range_endless, "isn't in the image, or too long"),
	TOLD(EL2_EXTRA, table_first, "core 0's root"),
	TOLD(EL2_EXTRA, table_last, "core 0's root"),
	/* [utest->swr~audit-directory~1] */
	TOLD(DIRECTORY, directory_of_another_number,
	     "directory: core 1: MPIDR, cell or core in cell is wrong"),
	TOLD(DIRECTORY, directory_of_another_place,
	     "directory: core 3: MPIDR, cell or core in cell is wrong"),
	UNTOLD(DIRECTORY, directory_of_no_cell, "directory: core 3: MPIDR, cell or core in cell is wrong"),
	TOLD(DIRECTORY, directory_renamed, "cell 'control': name, flags, mode or cores are wrong"),
	TOLD(DIRECTORY, directory_of_more_cores, "cell 'control': name, flags, mode or cores are wrong"),
	TOLD(DIRECTORY, directory_of_another_first, "cell 'control': name, flags, mode or cores are wrong"),
	TOLD(DIRECTORY, directory_beats_slower, "cell 'control': times or actions aren't its record's"),
	TOLD(DIRECTORY, directory_boots_longer, "cell 'control': times or actions aren't its record's"),
	TOLD(DIRECTORY, directory_window_longer, "cell 'control': times or actions aren't its record's"),
	TOLD(DIRECTORY, directory_log_elsewhere, "isn't its log ring"),
	TOLD(DIRECTORY, directory_map_unmapped, "the map as JSON, 0x64 bytes at IPA 0x60000000"),
	TOLD(DIRECTORY, directory_of_fewer_cores, "directory: 3 cores and 3 cells, the image has 4 and 3"),
	TOLD(DIRECTORY, directory_of_fewer_cells, "directory: 4 cores and 2 cells, the image has 4 and 3"),
	TOLD(DIRECTORY, directory_of_extra_cores, "directory: 5 cores and 3 cells, the image has 4 and 3"),
	TOLD(DIRECTORY, directory_of_extra_cells, "directory: 4 cores and 4 cells, the image has 4 and 3"),
	UNTOLD(DIRECTORY, nothing_provable, "has nothing to prove its stage 2 by"),
	UNTOLD(DIRECTORY, nothing_provable_unknown, "has nothing to prove its stage 2 by"),
	/* [utest->swr~audit-images~1] */
	TOLD(IMAGES, image_empty, "cell 'control': image 0 at 0x49004000 is neither in the image store"),
	TOLD(IMAGES, kernel_twice, "the FIT has a kernel 'Image' that the file doesn't name"),
	/* [utest->swr~audit-entry~1] */
	TOLD(ENTRY, kernel_of_no_size, "'Image' goes to IPA 0x4a800000, not 0x4a880000"),
	TOLD(ENTRY, kernel_of_few_bytes, "'Image' goes to IPA 0x4a800000, not 0x4a880000"),
	TOLD(ENTRY, entered_at_its_load, "entry is IPA 0x40000010, not 0x40000000"),
	TOLD(ENTRY, elf_entered_twice, "'health.elf' goes to IPA 0x4a000000, not 0x4a100000"),
	UNTOLD(ENTRY, elf_entered_twice, "entry is IPA"),
	TOLD(ENTRY, elf_headers_outside, "entry is IPA 0x4a000040, not 0xffffffffffffffff"),
	TOLD(ENTRY, elf_not_executable, "entry is IPA 0x4a000040, not 0xffffffffffffffff"),
	TOLD(ENTRY, elf_entered_before, "entry is IPA 0x4a000040, not 0xffffffffffffffff"),
	TOLD(ENTRY, elf_entered_behind, "entry is IPA 0x4a000040, not 0xffffffffffffffff"),
	/* [utest->swr~audit-one-owner~1] [utest->swr~audit-hypervisor-unreachable~1] */
	TOLD(HV_LAYOUT, channel_over_the_end, "not in the part of memory meant for it"),
	TOLD(PAGE_OWNER, channel_over_the_end,
	     "page 0x480a6000 (0x1000 bytes), channel 'setpoints': in cell 'health'"),
	TOLD(HV_MEMORY, image_written, "IPA 0x60000000 reaches 0x48000000 with w: "),
	TOLD(PAGE_OWNER, one_page_everywhere, "more overlapping mappings than any machine needs"),
	TOLD(EL2_WINDOW, segments_all,
	     "segment window at 0x4000005000 (0x1000 bytes) for 0x48005000 isn't mapped"),
	/* [utest->swr~audit-colors~1] */
	TOLD(COLORS, caches_nobodys,
	     "cell 'control': caches page 0x4b000000 of colour 0, which isn't cell 'control''s"),
	TOLD(COLORS, caches_heartbeat,
	     "cell 'control': caches page 0x48816000 of colour 6, which isn't cell 'gateway''s"),
	TOLD(COLORS, caches_channel,
	     "cell 'control': caches page 0x48819000 of colour 9, which isn't anybody's"),
	TOLD(COLORS, caches_tree,
	     "cell 'control': caches page 0x48011000 of colour 1, which isn't cell 'gateway''s"),
	UNTOLD(COLORS, caches_orders, "caches page 0x48818000"), /* the health cell has all colours */
	TOLD(COLORS, caches_queue_of_no_core, "isn't anybody's: a queue"),
	TOLD(MEMORY, regions_in_one_place, "two regions share memory at 0x4aa00000"),
	TOLD(PLACEMENT, region_elsewhere, "RAM at IPA 0x60000000 is at PA 0x4a200000 without a ram-base"),
	TOLD(PLACEMENT, region_in_pieces,
	     "RAM at IPA 0x4a800000 is elsewhere, or in pieces, for /rtc@9010000"),
};

static void what_decides_alone_is_told(void **state)
{
	tellings_run(ROWS(told));
}

/* [utest->swr~audit-entry~1] [utest->swr~audit-images~1] */
static const struct telling admitted[] = {ADMITTED(image_in_a_folder), ADMITTED(loaded_at_its_ram),
					  ADMITTED(elf_with_note), ADMITTED(elf_with_nothing),
					  ADMITTED(elf_with_memory)};

static void what_differs_and_is_good_is_admitted(void **state)
{
	tellings_run(ROWS(admitted));
}

/* [utest->swr~audit-faults~1] */
static void what_has_no_word_has_no_name(void **state)
{
	(void)state;
	assert_string_equal(fault_error_name(BP_ERROR_COUNT - 1), "exception-at-el2");
	assert_string_equal(fault_error_name(BP_ERROR_COUNT), "?");
	assert_string_equal(fault_action_name(BP_ACTION_COUNT - 1), "reset");
	assert_string_equal(fault_action_name(BP_ACTION_COUNT), "?");
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(what_decides_alone_is_told),
					   cmocka_unit_test(what_differs_and_is_good_is_admitted),
					   cmocka_unit_test(what_has_no_word_has_no_name)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
