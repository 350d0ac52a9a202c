// SPDX-License-Identifier: Apache-2.0
/*
 * test_headers.c - the headers of bulkhead.bin and of the blueprint, and the records: each field wrong by
 * itself, and the words that the auditor has for it.
 *
 * Robustness: each_field_of_a_header_counts, headers_that_are_cut_off, each_table_of_a_record_counts
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <libfdt.h>
#include <cmocka.h>

#include "fixture_pci.h"
#include "refusal.h"

#define CHANGE(name) static void name(struct fixture *f)
#define EDIT(name)   static void name(void *fdt)

/* ---- fields, in the sealed image: nothing else is told anew ---- */

#define HV(field)                                                                                            \
	(HV_HEADER_OFFSET + offsetof(struct hv_header, field)), sizeof(((struct hv_header *)0)->field)
#define SEGMENT(n, field) HV(segments[n].field)
#define BP(field)	  (HV_SIZE + offsetof(struct bp_header, field)), sizeof(((struct bp_header *)0)->field)
#define SHAPE		  "a segment's place, size or flags make no sense"
#define OF_HV		  "magic, ABI or ISA isn't this auditor's"
#define OF_BP		  "magic, ABI or header size isn't this auditor's"
#define ROOM_FOR	  "file_size leaves no room for the blueprint"
#define LOAD		  "load_pa isn't 2 MiB aligned below 2^48"
#define SECONDARY	  "secondary_offset is outside the file"
#define OF_BYTES	  "size isn't that of the bytes behind bulkhead.bin, in whole pages"
#define TOO_MANY	  "cells or cores are too many or none"
#define WRITABLE	  "writable memory isn't whole pages below 2^48"

static const struct {
	size_t at, width;
	uint64_t value;
	enum rule rule;
	const char *words;
} fields[] = {
	{IMAGE_MAGIC_AT, 4, 0, RULE_HV_HEADER, "arm64 Image magic is missing"},
	{HV(magic), 0, RULE_HV_HEADER, OF_HV},
	{HV(abi), BLUEPRINT_ABI + 1, RULE_HV_HEADER, OF_HV},
	{HV(isa), HV_ISA_ARM64 + 1, RULE_HV_HEADER, OF_HV},
	{HV(file_size), HV_SIZE + 8, RULE_HV_HEADER, ROOM_FOR},
	{HV(file_size), 0, RULE_HV_HEADER, ROOM_FOR},
	{HV(file_size), HV_SIZE + BLUEPRINT_MAX, RULE_HV_HEADER, ROOM_FOR},
	{HV(load_pa), LOAD_PA + HV_LOAD_ALIGN, RULE_HV_HEADER, "load_pa isn't the FIT's load and entry"},
	{HV(load_pa), LOAD_PA + BP_PAGE_SIZE, RULE_HV_HEADER, LOAD},
	{HV(load_pa), UINT64_C(1) << 48, RULE_HV_HEADER, LOAD},
	{HV(secondary_offset), HV_SIZE, RULE_HV_HEADER, SECONDARY},
	{HV(secondary_offset), 0x402, RULE_HV_HEADER, SECONDARY},
	{SEGMENT(0, va), EL2_VA_TEXT - BP_PAGE_SIZE, RULE_HV_HEADER, "segments[0] isn't at EL2_VA_TEXT"},
	{SEGMENT(1, va), EL2_VA_TEXT + 0x1800, RULE_HV_HEADER, SHAPE},
	{SEGMENT(1, size), 0x800, RULE_HV_HEADER, SHAPE},
	{SEGMENT(1, flags), HV_SEG_READ | UINT32_C(1) << 20, RULE_HV_HEADER, SHAPE},
	{SEGMENT(3, flags), HV_SEG_BOOT, RULE_HV_HEADER, SHAPE},
	{SEGMENT(4, va), EL2_VA_TEXT - BP_PAGE_SIZE, RULE_HV_HEADER, SHAPE},
	{SEGMENT(4, va), EL2_VA_TEXT + HV_SIZE, RULE_HV_HEADER, SHAPE},
	{SEGMENT(5, va), EL2_VA_PRIVATE - BP_PAGE_SIZE, RULE_HV_HEADER, SHAPE},
	{SEGMENT(5, size), EL2_VA_CELL - EL2_VA_PRIVATE + BP_PAGE_SIZE, RULE_HV_HEADER, SHAPE},
	{SEGMENT(5, va), EL2_VA_CELL - BP_PAGE_SIZE, RULE_HV_HEADER, SHAPE},
	{SEGMENT(2, va), EL2_VA_TEXT + BP_PAGE_SIZE, RULE_HV_HEADER, "two segments overlap"},
	{BP(magic), 0, RULE_BP_HEADER, OF_BP},
	{BP(abi), BLUEPRINT_ABI + 1, RULE_BP_HEADER, OF_BP},
	{BP(header_size), sizeof(struct bp_header) + 8, RULE_BP_HEADER, OF_BP},
	{BP(size), BLUEPRINT_MAX - BP_PAGE_SIZE, RULE_BP_HEADER, OF_BYTES},
	{BP(load_pa), LOAD_PA + HV_LOAD_ALIGN, RULE_BP_HEADER, "load_pa isn't bulkhead.bin's"},
	{BP(cell_count), 0, RULE_BP_HEADER, TOO_MANY},
	{BP(cell_count), BP_CELLS_MAX + 1, RULE_BP_HEADER, TOO_MANY},
	{BP(cores.count), BP_CORES_MAX + 1, RULE_BP_HEADER, TOO_MANY},
	{BP(writable_pa), WRITABLE_PA + 8, RULE_BP_HEADER, WRITABLE},
	{BP(writable_size), WRITABLE_SIZE + 8, RULE_BP_HEADER, WRITABLE},
	{BP(writable_pa), (UINT64_C(1) << 48) + BP_PAGE_SIZE, RULE_BP_HEADER, WRITABLE},
	{BP(writable_size), (UINT64_C(1) << 48) + BP_PAGE_SIZE, RULE_BP_HEADER, WRITABLE},
	{IMAGE_SIZE_AT, 8, WRITABLE_PA + WRITABLE_SIZE - LOAD_PA - 1, RULE_HV_HEADER,
	 "image_size ends before the writable memory"},
	{BP(digest), 0, RULE_BP_HEADER, "its bytes don't match its digest"},
	{BP(config_digest), 0, RULE_BP_HEADER, "config_digest isn't that of /images/partitions"},
};

static size_t row_at;
EDIT(field_change)
{
	size_t size;
	uint8_t *kernel = part_bytes(fdt, "kernel", &size);
	const size_t width = fields[row_at].width > 8 ? 8 : fields[row_at].width;

	assert_true(fields[row_at].at + width <= size);
	memcpy(kernel + fields[row_at].at, &fields[row_at].value, width);
	part_hash(fdt, "kernel");
}

/* [utest->swr~audit-hv-header~1] [utest->swr~audit-blueprint-header~1] */
static void each_field_of_a_header_counts(void **state)
{
	for (row_at = 0; row_at < COUNT(fields); row_at++) {
		char name[32];
		const struct refusal row = {name, NULL, field_change, fields[row_at].rule,
					    fields[row_at].words};

		(void)snprintf(name, sizeof(name), "field %zu", row_at);
		refusals_run(&row, 1);
	}
}

/* ---- cut off, or with more segments ---- */

static void kernel_cut(void *fdt, size_t size)
{
	size_t whole;
	uint8_t *copy = malloc(size);

	memcpy(copy, part_bytes(fdt, "kernel", &whole), size);
	assert_true(size <= whole);
	part_set(fdt, "kernel", copy, size);
	free(copy);
}
EDIT(no_hv_header)
{
	kernel_cut(fdt, HV_HEADER_OFFSET + sizeof(struct hv_header) - 1);
}
EDIT(no_blueprint_header)
{
	kernel_cut(fdt, HV_SIZE + sizeof(struct bp_header) - 1);
}
EDIT(half_a_page)
{
	const uint64_t size = 0x1800;
	size_t whole;

	kernel_cut(fdt, HV_SIZE + size);
	memcpy(part_bytes(fdt, "kernel", &whole) + HV_SIZE + offsetof(struct bp_header, size), &size,
	       sizeof(size));
	part_hash(fdt, "kernel");
}
EDIT(entered_elsewhere)
{
	assert_int_equal(fdt_setprop_u64(fdt, part_node(fdt, "kernel"), "entry", LOAD_PA + 4), 0);
}
EDIT(no_kernel)
{
	assert_int_equal(fdt_del_node(fdt, part_node(fdt, "kernel")), 0);
}
CHANGE(segments_in_another_order)
{
	const struct hv_segment first = f->hv->segments[1];

	f->hv->segments[1] = f->hv->segments[2];
	f->hv->segments[2] = first;
}
/* As many as there can be: those that there weren't are mapped nowhere. */
CHANGE(segments_all)
{
	for (unsigned int i = 6; i < HV_SEGMENTS; i++)
		f->hv->segments[i] = (struct hv_segment){EL2_VA_PRIVATE + i * UINT64_C(0x2000), 0x1000,
							 HV_SEG_READ | HV_SEG_WRITE | HV_SEG_PER_CORE, 0};
}
CHANGE(writable_below)
{
	f->header->writable_pa = LOAD_PA - WRITABLE_SIZE;
}
CHANGE(file_written_and_run)
{
	f->hv->segments[3].flags |= HV_SEG_WRITE;
}
CHANGE(file_written_by_all)
{
	f->hv->segments[1].flags |= HV_SEG_WRITE;
}

static const struct refusal cut[] = {
	{"no_hv_header", NULL, no_hv_header, RULE_HV_HEADER, "it is too short"},
	{"no_blueprint_header", NULL, no_blueprint_header, RULE_BP_HEADER, "it is too short"},
	{"half_a_page", NULL, half_a_page, RULE_BP_HEADER, OF_BYTES},
	{"entered_elsewhere", NULL, entered_elsewhere, RULE_HV_HEADER,
	 "load_pa isn't the FIT's load and entry"},
	{"no_kernel", NULL, no_kernel, RULE_FIT, "/images/kernel: missing"},
	{"segments_in_another_order", segments_in_another_order, NULL, RULE_HV_HEADER, ACCEPTED},
	{"segments_all", segments_all, NULL, RULE_EL2_WINDOW,
	 "private memory window at 0x404000e000 leads nowhere"},
	{"writable_below", writable_below, NULL, RULE_HV_LAYOUT,
	 "writable memory at 0x47f80000 lies in the loader's staging range"},
	{"file_written_and_run", file_written_and_run, NULL, RULE_WX, "is writable and executable"},
	{"file_written_by_all", file_written_by_all, NULL, RULE_EL2_EXTRA,
	 "is writable and one for all cores"},
};

/* [utest->swr~audit-hv-header~1] [utest->swr~audit-blueprint-header~1] */
static void headers_that_are_cut_off(void **state)
{
	refusals_run(cut, COUNT(cut));
}

/* ---- records ---- */

CHANGE(pa_bits_none)
{
	fixture_replace(&f->machine_text, "pa-bits = <40>", "pa-bits = <0>");
}
CHANGE(pa_bits_beyond)
{
	fixture_replace(&f->machine_text, "pa-bits = <40>", "pa-bits = <64>");
}
CHANGE(core_of_no_cell)
{
	f->boot[3].cell = CELLS;
}
CHANGE(cores_misplaced)
{
	f->header->cores.offset = BLUEPRINT_MAX;
}
CHANGE(itss_misplaced)
{
	f->header->itss = (struct bp_table){BLUEPRINT_MAX, 1};
}
CHANGE(lpi_cores_misplaced)
{
	f->header->lpi_cores = (struct bp_table){BLUEPRINT_MAX, 1};
}
#define MISPLACED(table)                                                                                     \
	static void table##_misaligned(struct fixture *f)                                                    \
	{                                                                                                    \
		f->cell[CONTROL]->table.offset += 2;                                                         \
		f->cell[CONTROL]->table.count += !f->cell[CONTROL]->table.count;                             \
	}
MISPLACED(cores)
MISPLACED(regions)
MISPLACED(images)
MISPLACED(mmio)
MISPLACED(root_entries)
MISPLACED(channels)
MISPLACED(firmware)
MISPLACED(lpis)
MISPLACED(pci)
CHANGE(ring_outside)
{
	((struct bp_channel *)fixture_table(f->cell[CONTROL], f->cell[CONTROL]->channels))[1].ring.offset =
		0xffe;
}
static struct bp_pci_function *function_of_gateway(struct fixture *f)
{
	fixture_pci_made(f);
	return fixture_table(f->cell[GATEWAY], f->cell[GATEWAY]->pci);
}
CHANGE(registers_outside)
{
	function_of_gateway(f)->registers = (struct bp_table){0xffc, 2};
}
CHANGE(bars_outside)
{
	function_of_gateway(f)->bars = (struct bp_table){0xffc, 2};
}
static void record_elsewhere(struct fixture *f, uint64_t pa)
{
	uint64_t *leaf = fixture_leaf(f, f->boot[1].root_pa, EL2_VA_CELL);

	*leaf = (*leaf & ~UINT64_C(0x0000fffffffff000)) | pa;
}
CHANGE(record_in_writable_memory)
{
	record_elsewhere(f, f->state_pa[CONTROL]);
}
CHANGE(record_small)
{
	f->cell[CONTROL]->size = sizeof(struct bp_cell) - 8;
}
CHANGE(record_large)
{
	f->cell[CONTROL]->size = (uint32_t)(EL2_VA_GICD - EL2_VA_CELL + BP_PAGE_SIZE);
}
/* A copy in the blueprint's last page, that says two. */
CHANGE(record_beyond_the_blueprint)
{
	const uint64_t last = LOAD_PA + HV_SIZE + BLUEPRINT_MAX - BP_PAGE_SIZE;
	struct bp_cell *copy = fixture_at(f, last);

	memcpy(copy, f->cell[CONTROL], BP_PAGE_SIZE);
	copy->size = 2 * BP_PAGE_SIZE;
	record_elsewhere(f, last);
}
CHANGE(record_nameless)
{
	f->cell[CONTROL]->name[0] = '\0';
}
CHANGE(service_smmus)
{
	f->service->smmus = (struct bp_table){0xff8, 1};
}
CHANGE(service_dma)
{
	f->service->dma = (struct bp_table){0xff8, 1};
}
static struct bp_service_cell *service_cell(struct fixture *f)
{
	return (void *)((uint8_t *)f->service + f->service->cells.offset);
}
CHANGE(service_roots)
{
	service_cell(f)[CONTROL].root_entries.offset = 0x1000;
}
CHANGE(service_cores)
{
	service_cell(f)[CONTROL].cores.offset = 0x1000;
}
CHANGE(service_in_writable_memory)
{
	uint64_t *leaf = fixture_leaf(f, f->boot[0].root_pa, EL2_VA_SERVICE);

	*leaf = (*leaf & ~UINT64_C(0x0000fffffffff000)) | f->state_pa[HEALTH];
}
CHANGE(service_unmapped)
{
	*fixture_leaf(f, f->boot[0].root_pa, EL2_VA_SERVICE) = 0;
}
CHANGE(service_magic)
{
	f->service->magic ^= 1;
}
CHANGE(service_small)
{
	f->service->size = sizeof(struct bp_service) - 8;
}
CHANGE(service_large)
{
	f->service->size = UINT32_MAX;
}

#define RECORD(name, words) {#name, name, NULL, RULE_RECORD, words}
#define IN_RECORD(table)    "cell 'control': table `" table "`"
#define UNSOUND		    "cell 1: no sound record at 0x"
static const struct refusal records[] = {
	{"pa_bits_none", pa_bits_none, NULL, RULE_MACHINE, "pa_bits is 0x28, the board says 0x0"},
	{"pa_bits_beyond", pa_bits_beyond, NULL, RULE_INPUT, "/cpu/pa-bits is more than 48"},
	{"core_of_no_cell", core_of_no_cell, NULL, RULE_CORE_OWNER, "core 3: its cell 3 doesn't exist"},
	RECORD(cores_misplaced, "blueprint: table `cores`"),
	RECORD(itss_misplaced, "blueprint: table `itss`"),
	RECORD(lpi_cores_misplaced, "blueprint: table `lpi_cores`"),
	RECORD(cores_misaligned, IN_RECORD("cores")),
	RECORD(regions_misaligned, IN_RECORD("regions")),
	RECORD(images_misaligned, IN_RECORD("images")),
	RECORD(mmio_misaligned, IN_RECORD("mmio")),
	RECORD(root_entries_misaligned, IN_RECORD("root_entries")),
	RECORD(channels_misaligned, IN_RECORD("channels")),
	RECORD(firmware_misaligned, IN_RECORD("firmware")),
	RECORD(lpis_misaligned, IN_RECORD("lpis")),
	RECORD(pci_misaligned, IN_RECORD("pci")),
	RECORD(ring_outside, IN_RECORD("ring")),
	RECORD(registers_outside, "cell 'gateway': table `registers`"),
	RECORD(bars_outside, "cell 'gateway': table `bars`"),
	RECORD(record_in_writable_memory, UNSOUND),
	RECORD(record_small, UNSOUND),
	RECORD(record_large, UNSOUND),
	RECORD(record_beyond_the_blueprint, UNSOUND),
	RECORD(record_nameless, "cell 1: the record at 0x"),
	RECORD(service_smmus, "bp_service: table `smmus`"),
	RECORD(service_dma, "bp_service: table `dma`"),
	RECORD(service_roots, "bp_service: table `root_entries`"),
	RECORD(service_cores, "bp_service: table `cores`"),
	RECORD(service_in_writable_memory, "isn't sound"),
	RECORD(service_unmapped, "has nothing at EL2_VA_SERVICE"),
	RECORD(service_magic, "isn't sound"),
	RECORD(service_small, "isn't sound"),
	RECORD(service_large, "isn't sound"),
};

/* [utest->swr~audit-records~1] */
static void each_table_of_a_record_counts(void **state)
{
	refusals_run(records, COUNT(records));
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(each_field_of_a_header_counts),
					   cmocka_unit_test(headers_that_are_cut_off),
					   cmocka_unit_test(each_table_of_a_record_counts)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
