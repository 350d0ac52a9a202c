// SPDX-License-Identifier: Apache-2.0
/*
 * test_ivshmem.c - a channel that is shown as a PCI function: beside a cell's own functions, and in a cell
 * without any; in the records and in the guests' trees.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <libfdt.h>
#include <stdlib.h>
#include <string.h>

#include "fixture_pci.h"

#define BUS_IPA	      0x20100000u
#define REGISTERS_IPA 0x20200000u
#define CHANNEL_IPA   0x20030000u
#define BUS	      "/pcie@20100000"
#define GIC_PHANDLE                                                                                          \
	fdt_get_phandle(tree(FIXTURE_CONTROL), fdt_path_offset(tree(FIXTURE_CONTROL), "/intc@8000000"))

static struct layout layout;
static struct plan *plan;

static int settle(void **state)
{
	(void)state;
	plan = fixture_pci_plan();
	plan->channels[0].shown = true;
	plan->channels[0].registers_ipa = REGISTERS_IPA;
	plan->shown_bus_ipa = BUS_IPA;
	plan->cells[FIXTURE_LINUX].shown_count = plan->cells[FIXTURE_CONTROL].shown_count = 1;
	return layout_settle(&layout, plan) ? 0 : -1;
}

static const void *tree(size_t cell)
{
	return layout.cells[cell].tree.data;
}

static const struct bp_cell *record(size_t cell)
{
	return arena_at(&layout.file, layout.cells[cell].record_pa);
}

static const void *table(size_t cell, struct bp_table of)
{
	return (const uint8_t *)record(cell) + of.offset;
}

/* The cell's last function is the channel. */
static const struct bp_pci_function *shown(size_t cell)
{
	return (const struct bp_pci_function *)table(cell, record(cell)->pci) + (record(cell)->pci.count - 1);
}

/* [utest->swr~compile-presentation~1] */
static void function_is_constant(void **state)
{
	static const struct bp_pci_register wanted[] = {
		{0x00, BP_PCI_PLAIN, 0x11101af4, 0, 0, 0},
		{0x04, BP_PCI_KEPT, 0x00000002, 0, 0x400, 0},
		{0x08, BP_PCI_PLAIN, 0x05000001, 0, 0, 0},
		{0x10, BP_PCI_SIZING, REGISTERS_IPA, 0, 0xffffff00, 0},
		{0x18, BP_PCI_SIZING, CHANNEL_IPA | 0xc, 0, 0xffff000c, 0},
		{0x1c, BP_PCI_SIZING, 0, 0, 0xffffffff, 0},
		{0x2c, BP_PCI_PLAIN, 0x11001af4, 0, 0, 0},
	};
	const size_t cells[] = {FIXTURE_LINUX, FIXTURE_CONTROL};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		const struct bp_pci_function *const function = shown(cells[i]);
		const struct bp_pci_register *const rows = table(cells[i], function->registers);

		assert_int_equal(function->rid, 0x108);
		assert_int_equal(function->flags, BP_PCI_CHANNEL);
		assert_int_equal(function->config_va, 0);
		assert_int_equal(function->reset, 0);
		assert_int_equal(function->bars.count, 0);
		assert_int_equal(function->state, plan->cells[cells[i]].function_count);
		assert_int_equal(function->registers.count, 8);
		for (size_t n = 0; n < sizeof(wanted) / sizeof(wanted[0]); n++) {
			struct bp_pci_register due = wanted[n];

			if (due.offset == 4 && cells[i] == FIXTURE_CONTROL)
				due.fixed |= 0x00080000; /* an interrupt pends */
			assert_memory_equal(&rows[n], &due, sizeof(due));
		}
		assert_int_equal(rows[7].offset, 0x3c);
		assert_int_equal(rows[7].fixed, cells[i] == FIXTURE_CONTROL ? 0x100 : 0); /* pin A */
		assert_in_range(function->registers.offset + 8 * sizeof(*rows), 0, record(cells[i])->size);
	}
	assert_int_equal(record(FIXTURE_LINUX)->pci.count, plan->cells[FIXTURE_LINUX].function_count + 1);
	assert_int_equal(record(FIXTURE_CONTROL)->pci.count, 1);
	assert_int_equal(record(FIXTURE_CONTROL)->lpis.count, 0);
	assert_int_not_equal(record(FIXTURE_CONTROL)->pci_state_va, 0);
	for (uint32_t i = 0; i < record(FIXTURE_HEALTH)->pci.count; i++)
		assert_int_not_equal(((const struct bp_pci_function *)table(FIXTURE_HEALTH,
									    record(FIXTURE_HEALTH)->pci))[i]
					     .flags,
				     BP_PCI_CHANNEL);
}

/* The bus and the registers of the channel are emulated pages, one each, in order and unmapped in stage 2.
 * [utest->swr~compile-presentation~1] [utest->swr~compile-stage2~1] */
static void pages_are_emulated(void **state)
{
	const size_t cells[] = {FIXTURE_LINUX, FIXTURE_CONTROL};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		const struct bp_mmio *const mmio = table(cells[i], record(cells[i])->mmio);
		const struct cell_layout *const own = &layout.cells[cells[i]];
		unsigned int buses = 0, registers = 0;

		for (uint32_t n = 0; n < record(cells[i])->mmio.count; n++) {
			assert_false(
				fixture_walk(&layout.file, own->stage2.root_pa, own->root_pages, mmio[n].ipa)
					.mapped);
			if (n)
				assert_true(mmio[n].ipa >= mmio[n - 1].ipa + mmio[n - 1].size);
			if (mmio[n].kind == BP_MMIO_PCI && mmio[n].arg == BP_PCI_CHANNELS) {
				buses++;
				assert_int_equal(mmio[n].ipa, BUS_IPA);
				assert_int_equal(mmio[n].size, 0x100000);
			} else if (mmio[n].kind == BP_MMIO_IVSHMEM) {
				registers++;
				assert_int_equal(mmio[n].ipa, REGISTERS_IPA);
				assert_int_equal(mmio[n].size, 0x1000);
				assert_int_equal(mmio[n].arg, 0);
			}
		}
		assert_int_equal(buses, 1);
		assert_int_equal(registers, 1);
	}
}

static void cells_are(size_t cell, const char *property, const uint32_t *cells, size_t size)
{
	int length = 0;
	const fdt32_t *const value =
		fdt_getprop(tree(cell), fdt_path_offset(tree(cell), BUS), property, &length);

	assert_int_equal(length, size);
	for (size_t i = 0; i < size / sizeof(*cells); i++)
		assert_int_equal(fdt32_ld(&value[i]), cells[i]);
}

/* [utest->swr~compile-tree-presentation~1] */
static void tree_has_its_bus(void **state)
{
	static const uint32_t ranges[] = {0x2000000,  0, REGISTERS_IPA, 0, REGISTERS_IPA, 0, 0x1000,
					  0x43000000, 0, CHANNEL_IPA,	0, CHANNEL_IPA,	  0, 0x10000};
	static const uint32_t reg[] = {0, BUS_IPA, 0, 0x100000}, buses[] = {0, 0}, mask[] = {0xf800, 0, 0, 7};
	const uint32_t map[] = {0x800, 0, 0, 1, GIC_PHANDLE, 0, 202, 1};
	const size_t cells[] = {FIXTURE_LINUX, FIXTURE_CONTROL};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		int size = 0;
		const int chosen = fdt_path_offset(tree(cells[i]), "/chosen");
		const fdt32_t *const only =
			fdt_getprop(tree(cells[i]), chosen, "linux,pci-probe-only", &size);

		cells_are(cells[i], "ranges", ranges, sizeof(ranges));
		cells_are(cells[i], "reg", reg, sizeof(reg));
		cells_are(cells[i], "bus-range", buses, sizeof(buses));
		assert_int_equal(size, 4);
		assert_int_equal(fdt32_ld(only), 1);
	}
	cells_are(FIXTURE_CONTROL, "interrupt-map", map, sizeof(map));
	cells_are(FIXTURE_CONTROL, "interrupt-map-mask", mask, sizeof(mask));
	assert_null(fdt_getprop(tree(FIXTURE_LINUX), fdt_path_offset(tree(FIXTURE_LINUX), BUS),
				"interrupt-map", NULL));
	assert_true(fdt_path_offset(tree(FIXTURE_HEALTH), BUS) < 0);
	/* Beside its own functions' bus. */
	assert_true(fdt_path_offset(tree(FIXTURE_LINUX), "/pcie@4010000000") > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(function_is_constant),
		cmocka_unit_test(pages_are_emulated),
		cmocka_unit_test(tree_has_its_bus),
	};

	return cmocka_run_group_tests_name("ivshmem", tests, settle, NULL);
}
