// SPDX-License-Identifier: Apache-2.0
/*
 * test_tree_pci.c - the PCI bus of a guest's tree, and the frame that messages are written to.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <libfdt.h>
#include <stdlib.h>
#include <string.h>

#include "fixture_pci.h"

#define BUS   "/pcie@4010000000"
#define FRAME "/intc@8000000/v2m@8090000"

static struct layout layout;
static struct plan *plan;

static int settle(void **state)
{
	(void)state;
	plan = fixture_pci_plan();
	return layout_settle(&layout, plan) ? 0 : -1;
}

static const void *tree(size_t cell)
{
	return layout.cells[cell].tree.data;
}

static void cells_are(size_t cell, const char *path, const char *property, const uint32_t *cells,
		      size_t count)
{
	int size = 0;
	const fdt32_t *const value =
		fdt_getprop(tree(cell), fdt_path_offset(tree(cell), path), property, &size);

	assert_int_equal(size, count * sizeof(*cells));
	for (size_t i = 0; i < count; i++)
		assert_int_equal(fdt32_ld(&value[i]), cells[i]);
}

static uint32_t number(size_t cell, const char *path, const char *property)
{
	int size = 0;
	const fdt32_t *const value =
		fdt_getprop(tree(cell), fdt_path_offset(tree(cell), path), property, &size);

	assert_int_equal(size, 4);
	return fdt32_ld(value);
}

static bool has(size_t cell, const char *path, const char *property)
{
	return fdt_getprop(tree(cell), fdt_path_offset(tree(cell), path), property, NULL) != NULL;
}

/* [utest->swr~compile-tree-pci~1] */
static void a_flat_bus(void **state)
{
	static const uint32_t reg[] = {0x40, 0x10000000, 0, 0x100000}, buses[] = {0, 0};
	static const uint32_t ranges[] = {0x02000000, 0,    0x10000000, 0,    0x10000000, 0,	0x2eff0000,
					  0x43000000, 0x80, 0,		0x80, 0,	  0x80, 0};

	(void)state;
	for (size_t cell = FIXTURE_HEALTH; cell <= FIXTURE_LINUX; cell++) {
		const int node = fdt_path_offset(tree(cell), BUS);

		assert_true(node >= 0);
		assert_int_equal(fdt_node_check_compatible(tree(cell), node, "pci-host-ecam-generic"), 0);
		assert_string_equal(fdt_getprop(tree(cell), node, "device_type", NULL), "pci");
		cells_are(cell, BUS, "reg", reg, 4);
		cells_are(cell, BUS, "bus-range", buses, 2);
		cells_are(cell, BUS, "ranges", ranges, 14);
		assert_true(has(cell, BUS, "dma-coherent"));
		assert_false(has(cell, BUS, "interrupt-map"));
		assert_int_equal(number(cell, BUS, "#address-cells"), 3);
		assert_int_equal(number(cell, BUS, "#size-cells"), 2);
		assert_int_equal(number(cell, "/chosen", "linux,pci-probe-only"), 1);
	}
}

/* The bus sends its messages to a frame of its own, which has the cell's SPIs for them.
 * [utest->swr~compile-tree-pci~1] */
static void the_frame(void **state)
{
	static const uint32_t reg[] = {0, 0x8090000, 0, 0x1000};

	(void)state;
	for (size_t cell = FIXTURE_HEALTH; cell <= FIXTURE_LINUX; cell++) {
		const int node = fdt_path_offset(tree(cell), FRAME);
		const uint32_t phandle = number(cell, BUS, "msi-parent");

		assert_true(node >= 0);
		assert_int_equal(fdt_node_offset_by_phandle(tree(cell), phandle), node);
		assert_int_equal(fdt_node_check_compatible(tree(cell), node, "arm,gic-v2m-frame"), 0);
		assert_true(has(cell, FRAME, "msi-controller"));
		assert_false(has(cell, FRAME, "#msi-cells"));
		cells_are(cell, FRAME, "reg", reg, 4);
		assert_int_equal(number(cell, FRAME, "arm,msi-base-spi"),
				 cell == FIXTURE_LINUX ? LINUX_MSI : HEALTH_MSI);
		assert_int_equal(number(cell, FRAME, "arm,msi-num-spis"),
				 cell == FIXTURE_LINUX ? LINUX_MSIS : HEALTH_MSIS);
		assert_int_equal(number(cell, "/intc@8000000", "#address-cells"), 2);
		assert_int_equal(number(cell, "/intc@8000000", "#size-cells"), 2);
		cells_are(cell, "/intc@8000000", "ranges", NULL, 0);
		if (cell == FIXTURE_LINUX)
			assert_int_not_equal(number(cell, "/bulkhead-uart-clock", "phandle"), phandle);
	}
}

/* A window that none of the cell's functions uses isn't there. [utest->swr~compile-tree-pci~1] */
static void windows_in_use(void **state)
{
	struct plan *const narrow = fixture_pci_plan();
	struct layout of;
	int size = 0;

	(void)state;
	narrow->cells[FIXTURE_HEALTH].function_count = 1; /* a VF, all of whose memory is wide */
	assert_true(layout_settle(&of, narrow));
	assert_non_null(fdt_getprop(of.cells[FIXTURE_HEALTH].tree.data,
				    fdt_path_offset(of.cells[FIXTURE_HEALTH].tree.data, BUS), "ranges",
				    &size));
	assert_int_equal(size, 7 * 4);
}

/* A cell without functions has neither bus nor frame. [utest->swr~compile-tree-pci~1] */
static void without_functions(void **state)
{
	(void)state;
	assert_true(fdt_path_offset(tree(FIXTURE_CONTROL), BUS) < 0);
	assert_true(fdt_path_offset(tree(FIXTURE_CONTROL), FRAME) < 0);
	assert_false(has(FIXTURE_CONTROL, "/chosen", "linux,pci-probe-only"));
	assert_int_equal(number(FIXTURE_CONTROL, "/intc@8000000", "#address-cells"), 0);
}

/* The health cell is told of its network; nobody else is. [utest->swr~compile-tree-net~1] */
static void a_network(void **state)
{
	static const uint32_t address[] = {0x0a00020f, 24}, ntp[] = {0x0a000202, 123},
			      syslog[] = {0x0a000203, 601};
	struct plan *const with = fixture_pci_plan();
	const struct plan_net fixed = {.wanted = true,
				       .address = 0x0a00020f,
				       .prefix = 24,
				       .gateway = 0x0a000202,
				       .echo = 7,
				       .http = 80,
				       .ntp = {0x0a000202, 123, false},
				       .syslog = {0x0a000203, 601, true}};

	(void)state;
	assert_true(fdt_path_offset(tree(FIXTURE_HEALTH), "/bulkhead/net") < 0);
	with->cells[FIXTURE_HEALTH].net = fixed;
	assert_true(layout_settle(&layout, with));
	cells_are(FIXTURE_HEALTH, "/bulkhead/net", "address", address, 2);
	assert_int_equal(number(FIXTURE_HEALTH, "/bulkhead/net", "gateway"), 0x0a000202);
	assert_int_equal(number(FIXTURE_HEALTH, "/bulkhead/net", "echo"), 7);
	assert_int_equal(number(FIXTURE_HEALTH, "/bulkhead/net", "http"), 80);
	cells_are(FIXTURE_HEALTH, "/bulkhead/net", "ntp", ntp, 2);
	cells_are(FIXTURE_HEALTH, "/bulkhead/net", "syslog", syslog, 2);
	assert_true(has(FIXTURE_HEALTH, "/bulkhead/net", "syslog-tcp"));
	assert_false(has(FIXTURE_HEALTH, "/bulkhead/net", "dhcp"));
	assert_true(fdt_path_offset(tree(FIXTURE_LINUX), "/bulkhead/net") < 0);
	with->cells[FIXTURE_HEALTH].net = (struct plan_net){.wanted = true, .dhcp = true};
	assert_true(layout_settle(&layout, with));
	assert_true(has(FIXTURE_HEALTH, "/bulkhead/net", "dhcp"));
	assert_false(has(FIXTURE_HEALTH, "/bulkhead/net", "address"));
	assert_false(has(FIXTURE_HEALTH, "/bulkhead/net", "gateway"));
	assert_false(has(FIXTURE_HEALTH, "/bulkhead/net", "echo"));
	assert_false(has(FIXTURE_HEALTH, "/bulkhead/net", "http"));
	assert_false(has(FIXTURE_HEALTH, "/bulkhead/net", "ntp"));
	assert_false(has(FIXTURE_HEALTH, "/bulkhead/net", "syslog-tcp"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_flat_bus),	  cmocka_unit_test(the_frame),
		cmocka_unit_test(windows_in_use), cmocka_unit_test(without_functions),
		cmocka_unit_test(a_network),
	};

	return cmocka_run_group_tests_name("emit.tree_pci", tests, settle, NULL);
}
