// SPDX-License-Identifier: Apache-2.0
/*
 * test_tree.c - the guest trees: what they keep of board.dts, what they lack, what they add.
 *
 * Robustness: a_clock_of_another_cell_is_refused, no_room_is_refused
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <libfdt.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"

static struct layout layout;
static struct plan *plan;

static int settle(void **state)
{
	(void)state;
	plan = fixture_plan();
	return layout_settle(&layout, plan) ? 0 : -1;
}

static const void *tree(size_t cell)
{
	return layout.cells[cell].tree.data;
}

static bool has(size_t cell, const char *path)
{
	return fdt_path_offset(tree(cell), path) >= 0;
}

static const char *text(size_t cell, const char *path, const char *property)
{
	return fdt_getprop(tree(cell), fdt_path_offset(tree(cell), path), property, NULL);
}

/* The `index`th cell of a property. */
static uint32_t number(size_t cell, const char *path, const char *property, int index)
{
	int size = 0;
	const fdt32_t *const value =
		fdt_getprop(tree(cell), fdt_path_offset(tree(cell), path), property, &size);

	assert_non_null(value);
	assert_true((index + 1) * 4 <= size);
	return fdt32_to_cpu(value[index]);
}

/* Each guest tree is sound, has no memory reservation, and lies in the blueprint.
 * [utest->swr~compile-tree~1] */
static void trees_are_sound(void **state)
{
	(void)state;
	for (size_t i = 0; i < FIXTURE_CELLS; i++) {
		assert_int_equal(fdt_check_full(tree(i), layout.cells[i].tree.size), 0);
		assert_int_equal(fdt_num_mem_rsv(tree(i)), 0);
		assert_memory_equal(arena_at(&layout.file, layout.cells[i].tree_pa), tree(i),
				    layout.cells[i].tree.size);
	}
}

/* [utest->swr~compile-tree~1] */
static void own_cores_alone(void **state)
{
	(void)state;
	assert_false(has(FIXTURE_LINUX, "/cpus/cpu@0"));
	assert_true(has(FIXTURE_LINUX, "/cpus/cpu@1"));
	assert_true(has(FIXTURE_LINUX, "/cpus/cpu@2"));
	assert_false(has(FIXTURE_LINUX, "/cpus/cpu@3"));
	assert_true(has(FIXTURE_LINUX, "/cpus/cpu-map/cluster0/core0"));
	assert_false(has(FIXTURE_LINUX, "/cpus/idle-states"));
	assert_true(has(FIXTURE_LINUX, "/cpus/l2-cache"));
	assert_false(has(FIXTURE_CONTROL, "/cpus/l2-cache"));
	assert_string_equal(text(FIXTURE_LINUX, "/cpus/cpu@1", "enable-method"), "psci");
	assert_null(text(FIXTURE_LINUX, "/cpus/cpu@1", "cpu-idle-states"));
	assert_null(text(FIXTURE_HEALTH, "/cpus/cpu@0", "clocks"));
	assert_string_equal(text(FIXTURE_LINUX, "/psci", "method"), "hvc");
}

/* [utest->swr~compile-tree~1] */
static void own_devices_alone(void **state)
{
	(void)state;
	assert_true(has(FIXTURE_LINUX, "/soc/nic@0"));
	assert_true(has(FIXTURE_LINUX, "/soc/nic@0/phy"));
	assert_true(has(FIXTURE_LINUX, "/pl031@9010000"));
	assert_false(has(FIXTURE_LINUX, "/pl011@9000000"));
	assert_false(has(FIXTURE_CONTROL, "/soc"));
	assert_false(has(FIXTURE_HEALTH, "/pl031@9010000"));
	assert_true(has(FIXTURE_HEALTH, "/pl011@9000000"));
	for (size_t i = 0; i < FIXTURE_CELLS; i++) {
		assert_false(has(i, "/smmu@9050000"));
		assert_false(has(i, "/intc@8000000/its@8080000"));
		assert_false(has(i, "/pmu"));
		assert_true(has(i, "/timer"));
	}
	/* The bus's translation stays: the device's reg means the same as on the board. */
	assert_int_equal(number(FIXTURE_LINUX, "/soc", "ranges", 2), 0xa000000);
}

/* What a cell's devices depend on is in its tree, under the phandle that they name; what none of them needs
 * isn't. [utest->swr~compile-tree~1] */
static void dependencies_come_along(void **state)
{
	(void)state;
	assert_true(has(FIXTURE_LINUX, "/apb-pclk"));
	assert_true(has(FIXTURE_HEALTH, "/apb-pclk"));
	assert_false(has(FIXTURE_CONTROL, "/apb-pclk"));
	assert_true(has(FIXTURE_LINUX, "/clock-controller@9020000"));
	assert_int_equal(
		number(FIXTURE_LINUX, "/pl031@9010000", "clocks", 0),
		fdt_get_phandle(tree(FIXTURE_LINUX), fdt_path_offset(tree(FIXTURE_LINUX), "/apb-pclk")));
}

/* No tree has a seed, and no NIC's node a MAC address. [utest->swr~compile-tree~1] */
static void nothing_random_or_unique(void **state)
{
	(void)state;
	for (size_t i = 0; i < FIXTURE_CELLS; i++) {
		assert_null(text(i, "/chosen", "rng-seed"));
		assert_null(text(i, "/chosen", "kaslr-seed"));
	}
	assert_null(text(FIXTURE_LINUX, "/soc/nic@0", "mac-address"));
}

/* The GIC of a guest tree has the redistributors of the cell's cores alone, and no maintenance interrupt.
 * [utest->swr~compile-tree~1] */
static void gic_has_own_redistributors(void **state)
{
	(void)state;
	assert_int_equal(number(FIXTURE_LINUX, "/intc@8000000", "reg", 1), 0x8000000);
	assert_int_equal(number(FIXTURE_LINUX, "/intc@8000000", "reg", 5), 0x80c0000);
	assert_int_equal(number(FIXTURE_LINUX, "/intc@8000000", "reg", 7), 0x40000);
	assert_int_equal(number(FIXTURE_CONTROL, "/intc@8000000", "reg", 5), 0x8100000);
	assert_int_equal(number(FIXTURE_CONTROL, "/intc@8000000", "reg", 7), 0x20000);
	assert_int_equal(number(FIXTURE_CONTROL, "/intc@8000000", "#redistributor-regions", 0), 1);
	assert_null(text(FIXTURE_LINUX, "/intc@8000000", "interrupts"));
}

/* Cores whose redistributors don't lie side by side have a region each. [utest->swr~compile-tree~1] */
static void scattered_cores_have_a_region_each(void **state)
{
	struct plan *const scattered = fixture_plan();
	struct layout out;
	const void *fdt;
	const fdt32_t *reg;
	int node, size;

	(void)state;
	scattered->cells[FIXTURE_LINUX].cores[0] = 2;
	scattered->cells[FIXTURE_LINUX].cores[1] = 0;
	scattered->cells[FIXTURE_HEALTH].cores[0] = 1;
	scattered->service_core = 1;
	assert_true(layout_settle(&out, scattered));
	fdt = out.cells[FIXTURE_LINUX].tree.data;
	node = fdt_path_offset(fdt, "/intc@8000000");
	reg = fdt_getprop(fdt, node, "reg", &size);
	assert_int_equal(size, 3 * 4 * 4);
	assert_int_equal(fdt32_to_cpu(reg[5]), 0x80a0000);
	assert_int_equal(fdt32_to_cpu(reg[9]), 0x80e0000);
	assert_int_equal(
		fdt32_to_cpu(*(const fdt32_t *)fdt_getprop(fdt, node, "#redistributor-regions", NULL)), 2);
}

/* A guest tree has the cell's memory, and kept memory, initrd and command line where the cell has them.
 * [utest->swr~compile-tree~1] */
static void memory_and_images(void **state)
{
	(void)state;
	assert_int_equal(number(FIXTURE_LINUX, "/memory@40000000", "reg", 1), 0x40000000);
	assert_int_equal(number(FIXTURE_LINUX, "/memory@40000000", "reg", 3), 0x8000000);
	assert_string_equal(text(FIXTURE_LINUX, "/memory@40000000", "device_type"), "memory");
	assert_string_equal(text(FIXTURE_LINUX, "/reserved-memory/ramoops@60000000", "compatible"),
			    "ramoops");
	assert_int_equal(number(FIXTURE_LINUX, "/chosen", "linux,initrd-start", 1), 0x47c00000);
	assert_int_equal(number(FIXTURE_LINUX, "/chosen", "linux,initrd-end", 1), 0x47c00000 + 23);
	assert_string_equal(text(FIXTURE_LINUX, "/chosen", "bootargs"), "quiet");
	assert_null(text(FIXTURE_CONTROL, "/chosen", "linux,initrd-start"));
	assert_false(has(FIXTURE_CONTROL, "/reserved-memory"));
	assert_false(has(FIXTURE_CONTROL, "/memory@40000000"));
}

/* Console and aliases of a guest tree name what the cell has. [utest->swr~compile-tree~1] */
static void consoles(void **state)
{
	(void)state;
	assert_string_equal(text(FIXTURE_LINUX, "/chosen", "stdout-path"), "/serial@20020000");
	assert_string_equal(text(FIXTURE_LINUX, "/aliases", "serial0"), "/serial@20020000");
	assert_string_equal(text(FIXTURE_LINUX, "/aliases", "rtc0"), "/pl031@9010000");
	assert_int_equal(number(FIXTURE_LINUX, "/serial@20020000", "interrupts", 1), 200);
	assert_int_equal(number(FIXTURE_LINUX, "/serial@20020000", "clocks", 0),
			 number(FIXTURE_LINUX, "/bulkhead-uart-clock", "phandle", 0));
	assert_string_equal(text(FIXTURE_HEALTH, "/chosen", "stdout-path"), "/pl011@9000000");
	assert_string_equal(text(FIXTURE_HEALTH, "/aliases", "serial0"), "/pl011@9000000");
	assert_null(text(FIXTURE_HEALTH, "/aliases", "rtc0"));
}

static void bulkhead_nodes(void **state)
{
	(void)state;
	assert_string_equal(text(FIXTURE_CONTROL, "/bulkhead", "cell-name"), "control");
	assert_int_equal(number(FIXTURE_CONTROL, "/bulkhead", "cell-index", 0), FIXTURE_CONTROL);
	assert_int_equal(number(FIXTURE_LINUX, "/bulkhead/heartbeat@20000000", "period-us", 0), 1000000);
	assert_null(text(FIXTURE_CONTROL, "/bulkhead/heartbeat@20000000", "period-us"));
	assert_non_null(text(FIXTURE_LINUX, "/bulkhead/channel@20030000", "writes"));
	assert_non_null(text(FIXTURE_LINUX, "/bulkhead/channel@20030000", "doorbell"));
	assert_null(text(FIXTURE_LINUX, "/bulkhead/channel@20030000", "interrupts"));
	assert_null(text(FIXTURE_CONTROL, "/bulkhead/channel@20030000", "writes"));
	assert_int_equal(number(FIXTURE_CONTROL, "/bulkhead/channel@20030000", "interrupts", 1), 202);
	assert_true(has(FIXTURE_HEALTH, "/bulkhead/directory@20010000"));
	assert_false(has(FIXTURE_LINUX, "/bulkhead/directory@20010000"));
}

/* The PMU's node and interrupt are in a cell with `pmu` alone; without that interrupt on the board the cell
 * is refused. [utest->swr~compile-tree~1] [utest->swr~pmu-of-the-cell~1] */
static void pmu_only_where_given(void **state)
{
	struct plan *const with = fixture_plan();
	struct layout out;
	const struct bp_cell *record;

	(void)state;
	with->cells[FIXTURE_CONTROL].flags |= BP_CELL_PMU;
	assert_true(layout_settle(&out, with));
	assert_true(fdt_path_offset(out.cells[FIXTURE_CONTROL].tree.data, "/pmu") >= 0);
	assert_false(fdt_path_offset(out.cells[FIXTURE_LINUX].tree.data, "/pmu") >= 0);
	record = arena_at(&out.file, out.cells[FIXTURE_CONTROL].record_pa);
	assert_int_equal(record->ppi_owned, 1u << 23 | 1u << 27 | 1u << 30);
	fdt_nop_property((void *)with->board.tree.data, fdt_path_offset(with->board.tree.data, "/pmu"),
			 "interrupts");
	assert_false(layout_settle(&out, with));
}

/* [utest->swr~compile-tree~1] */
static void a_clock_of_another_cell_is_refused(void **state)
{
	struct plan *const split = fixture_plan();
	struct layout out;

	(void)state;
	fixture_device(split, "/clock-controller@9020000")->owner = FIXTURE_CONTROL;
	assert_false(layout_settle(&out, split));
	fixture_device(split, "/clock-controller@9020000")->owner = -1;
	assert_false(layout_settle(&out, split));
}

/* [utest->swr~compile-tree~1] */
static void no_room_is_refused(void **state)
{
	struct plan *const tight = fixture_plan();
	struct layout out;

	(void)state;
	tight->cells[FIXTURE_LINUX].tree_floor_ipa = 0x47b00000;
	assert_false(layout_settle(&out, tight));
	tight->cells[FIXTURE_LINUX].tree_floor_ipa = 0;
	tight->cells[FIXTURE_LINUX].tree_limit_ipa = 16;
	assert_false(layout_settle(&out, tight));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(trees_are_sound),
		cmocka_unit_test(own_cores_alone),
		cmocka_unit_test(own_devices_alone),
		cmocka_unit_test(dependencies_come_along),
		cmocka_unit_test(nothing_random_or_unique),
		cmocka_unit_test(gic_has_own_redistributors),
		cmocka_unit_test(scattered_cores_have_a_region_each),
		cmocka_unit_test(memory_and_images),
		cmocka_unit_test(consoles),
		cmocka_unit_test(bulkhead_nodes),
		cmocka_unit_test(pmu_only_where_given),
		cmocka_unit_test(a_clock_of_another_cell_is_refused),
		cmocka_unit_test(no_room_is_refused),
	};

	return cmocka_run_group_tests_name("emit.tree", tests, settle, NULL);
}
