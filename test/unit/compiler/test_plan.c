/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_plan.c - partition files that are right, and what must hold in every plan made of them.
 *
 * Robustness: odd_board
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../../src/blueprint/image.h"
#include "front.h"
#include "ranges.h"

#define WINDOW UINT64_C(0x10000)

static struct plan *read_plan(const char *file)
{
	static const char *const folders[] = {"build/test-configs"};
	struct plan *const plan = calloc(1, sizeof(*plan));

	data_set_folder(".");
	assert_true(plan_read(plan, file, folders, 1));
	return plan;
}

static void add_once(struct ranges *set, uint64_t base, uint64_t size)
{
	assert_null(ranges_overlap(set, (struct range){base, size}));
	ranges_add(set, base, size);
}

/* Nothing physical is given twice; RAM and store lie in RAM, the store outside the loader's staging. */
static void check_physical(struct plan *plan)
{
	struct ranges given = {NULL, 0};

	for (size_t i = 0; i < plan->board.reserved.count; i++)
		ranges_add(&given, plan->board.reserved.at[i].base, plan->board.reserved.at[i].size);
	for (size_t i = 0; i < plan->cell_count; i++) {
		const struct plan_cell *const cell = &plan->cells[i];
		uint64_t total = 0;

		assert_int_equal(cell->ram[0].ipa % 0x200000, 0);
		for (size_t at = 0; at < cell->ram_count; at++) {
			const struct range range = {cell->ram[at].pa, cell->ram[at].size};

			assert_true(ranges_cover(&plan->board.ram, range));
			add_once(&given, range.base, range.size);
			total += range.size;
		}
		assert_int_equal(total, cell->memory_total);
		for (size_t at = 0; at < cell->file_count; at++) {
			const struct range range = {cell->files[at].store_pa, cell->files[at].file.size};

			assert_int_equal(range.base % BP_PAGE_SIZE, 0);
			assert_true(ranges_cover(&plan->board.ram, range));
			assert_null(ranges_overlap(&plan->board.staging, range));
			add_once(&given, range.base, align_up(range.size, BP_PAGE_SIZE));
		}
	}
	assert_true(memory_place_hypervisor(plan, 0x345000));
	assert_int_equal(plan->load_pa % HV_LOAD_ALIGN, 0);
	assert_null(ranges_overlap(&plan->board.staging, (struct range){plan->load_pa, 0x345000}));
	add_once(&given, plan->load_pa, 0x345000);
}

/* A window is nobody's RAM and no device's, and no two overlap. */
static void check_window(const struct plan *plan, struct ranges *windows, uint64_t ipa, uint64_t size)
{
	assert_int_not_equal(ipa, 0);
	assert_int_equal(ipa % WINDOW, 0);
	assert_null(ranges_overlap(&plan->board.occupied, (struct range){ipa, size}));
	for (size_t i = 0; i < plan->cell_count; i++)
		for (size_t at = 0; at < plan->cells[i].ram_count; at++)
			assert_false(range_overlaps(
				(struct range){ipa, size},
				(struct range){plan->cells[i].ram[at].ipa, plan->cells[i].ram[at].size}));
	add_once(windows, ipa, align_up(size, WINDOW));
}

static void check_windows(const struct plan *plan)
{
	struct ranges shared = {NULL, 0};

	for (size_t i = 0; i < plan->channel_count; i++)
		check_window(plan, &shared, plan->channels[i].ipa, plan->channels[i].size);
	for (size_t i = 0; i < plan->cell_count; i++) {
		const struct plan_cell *const cell = &plan->cells[i];
		struct ranges own = {NULL, 0};

		for (size_t at = 0; at < shared.count; at++)
			ranges_add(&own, shared.at[at].base, shared.at[at].size);
		check_window(plan, &own, cell->heartbeat_ipa, WINDOW);
		assert_int_equal(cell->uart_ipa != 0, (cell->flags & BP_CELL_LOG_CONSOLE) != 0);
		assert_int_equal(cell->uart_ipa != 0, cell->uart_intid != 0);
		if (cell->uart_ipa)
			check_window(plan, &own, cell->uart_ipa, WINDOW);
		assert_int_equal(cell->directory_ipa != 0, (cell->flags & BP_CELL_HEALTH) != 0);
		if (!cell->directory_ipa)
			continue;
		check_window(plan, &own, cell->directory_ipa, WINDOW);
		for (size_t at = 0; at < plan->board.core_count; at++)
			check_window(plan, &own, cell->core_windows_ipa[at], 2 * WINDOW);
		for (size_t at = 0; at < plan->cell_count; at++)
			check_window(plan, &own, cell->cell_windows_ipa[at], 2 * WINDOW);
	}
}

static void check_interrupts(const struct plan *plan)
{
	bool given[1020] = {false};

	for (size_t i = 0; i < plan->cell_count; i++) {
		const uint32_t intid = plan->cells[i].uart_intid;

		assert_false(intid && given[intid]);
		given[intid] = true;
	}
	for (size_t i = 0; i < plan->channel_count; i++)
		for (size_t at = 0; at < plan->channels[i].reader_count; at++) {
			const uint32_t intid = plan->channels[i].doorbell_spis[at];

			assert_int_equal(plan->channels[i].doorbell, intid != 0);
			assert_false(intid && given[intid]);
			given[intid] = true;
		}
	for (size_t i = 0; i < plan->board.device_count; i++)
		for (size_t at = 0; at < plan->board.devices[i].interrupts.count; at++)
			assert_false(given[plan->board.devices[i].interrupts.at[at].intid] &&
				     plan->board.devices[i].owner >= 0);
}

static bool in_ram(const struct plan_cell *cell, uint64_t ipa, uint64_t size)
{
	for (size_t i = 0; i < cell->ram_count; i++)
		if (!cell->ram[i].keep && ipa >= cell->ram[i].ipa &&
		    ipa + size <= cell->ram[i].ipa + cell->ram[i].size)
			return true;
	return false;
}

static void check_images(const struct plan *plan)
{
	for (size_t i = 0; i < plan->cell_count; i++) {
		const struct plan_cell *const cell = &plan->cells[i];
		struct ranges filled = {NULL, 0};
		const struct range tree = {align_down(cell->tree_limit_ipa - 0x10000, 0x200000), 0x10000};

		assert_true(tree.base >= cell->tree_floor_ipa);
		assert_true(in_ram(cell, tree.base, tree.size));
		assert_true(cell->segment_count > 0);
		assert_true(in_ram(cell, cell->entry_ipa, 4));
		for (size_t at = 0; at < cell->segment_count; at++) {
			const struct segment_image *const segment = &cell->segments[at];

			assert_true(segment->file_offset + segment->size <=
				    cell->files[segment->file].file.size);
			assert_true(in_ram(cell, segment->dest_ipa, segment->size));
			add_once(&filled, segment->dest_ipa, segment->size);
		}
		assert_null(ranges_overlap(&filled, tree));
	}
}

static void check_cores(const struct plan *plan)
{
	bool given[BP_CORES_MAX] = {false};

	for (size_t i = 0; i < plan->cell_count; i++) {
		const struct plan_cell *const cell = &plan->cells[i];

		assert_true(cell->core_count > 0);
		for (size_t at = 0; at < cell->core_count; at++) {
			assert_true(cell->cores[at] < plan->board.core_count);
			assert_false(given[cell->cores[at]]);
			given[cell->cores[at]] = true;
		}
		if (cell->flags & BP_CELL_SERVICE) {
			assert_int_equal(plan->service_core, cell->cores[0]);
			assert_int_equal(cell->mode, BP_MODE_INJECTED);
		}
	}
}

/* [utest->swr~windows-64k~1] */
static void every_plan(void **state)
{
	static const char *const files[] = {
		"configs/minimal.dts",
		"configs/edge-gateway.dts",
		"test/configs/good/one-cell.dts",
		"test/configs/good/no-health.dts",
		"test/configs/good/names-and-paths.dts",
		"test/configs/good/memory-forms.dts",
		"test/configs/good/raw-image.dts",
		"test/configs/good/fixed-elf.dts",
		"test/configs/good/faults-and-channels.dts",
		"test/configs/good/odd-board.dts",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		struct plan *const plan = read_plan(files[i]);

		check_physical(plan);
		check_windows(plan);
		check_interrupts(plan);
		check_images(plan);
		check_cores(plan);
	}
}

static const struct device *device(const struct plan *plan, const char *path)
{
	for (size_t i = 0; i < plan->board.device_count; i++)
		if (strcmp(plan->board.devices[i].path, path) == 0)
			return &plan->board.devices[i];
	fail_msg("no device %s", path);
	return NULL;
}

/* Each cell of the demo has its fault actions, of the file or by default; the devices that no cell may have
 * are nobody's or the hypervisor's. [utest->swr~config-faults~1] [utest->swr~config-devices~1] */
static void demo(void **state)
{
	const struct plan *const plan = read_plan("configs/edge-gateway.dts");
	const struct plan_cell *const health = &plan->cells[0], *const control = &plan->cells[1],
				      *const gateway = &plan->cells[2];

	(void)state;
	assert_int_equal(plan->cell_count, 3);
	assert_string_equal(gateway->name, "gateway");
	assert_int_equal(plan->service_core, 0);
	assert_int_equal(health->flags, BP_CELL_HEALTH | BP_CELL_SERVICE);
	assert_int_equal(control->mode, BP_MODE_DIRECT);
	assert_int_equal(control->heartbeat_ns, 10000000);
	assert_int_equal(control->flags, BP_CELL_ESSENTIAL | BP_CELL_LOG_CONSOLE);
	assert_true(gateway->is_linux);
	assert_int_equal(gateway->boot_timeout_ns, UINT64_C(60000000000));
	assert_int_equal(gateway->restart_max, 5);
	assert_int_equal(gateway->restart_window_ns, UINT64_C(300000000000));
	assert_int_equal(gateway->actions[BP_ERROR_MEMORY_VIOLATION], BP_ACTION_RESTART);
	assert_int_equal(gateway->actions[BP_ERROR_SERROR], BP_ACTION_LOG);
	assert_int_equal(gateway->actions[BP_ERROR_RESTART_LIMIT], BP_ACTION_STOP);
	assert_int_equal(gateway->actions[BP_ERROR_EXCEPTION_AT_EL2], BP_ACTION_RESET);
	/* Without its header's 32 MiB being in the file, image_size counts. */
	assert_true(gateway->tree_floor_ipa >= gateway->ram[0].ipa + 0x2000000);
	assert_int_equal(device(plan, "/pl011@9000000")->owner, 0);
	assert_int_equal(device(plan, "/pl031@9010000")->owner, 2);
	assert_int_equal(device(plan, "/intc@8000000")->owner, OWNER_HYPERVISOR);
	assert_int_equal(device(plan, "/flash@0")->owner, OWNER_NOBODY);
	assert_int_equal(device(plan, "/virtio_mmio@a000000")->owner, OWNER_NOBODY);
}

static bool left_out(const struct plan *plan, const char *path, const char *why)
{
	for (size_t i = 0; i < plan->left_out_count; i++)
		if (strcmp(plan->left_out[i].path, path) == 0)
			return strstr(plan->left_out[i].why, why) != NULL;
	return false;
}

/* [utest->swr~config-devices~1] */
static void rest(void **state)
{
	const struct plan *const plan = read_plan("test/configs/good/odd-board.dts");
	const struct plan *const named = read_plan("test/configs/good/names-and-paths.dts");
	const struct plan *const less = read_plan("test/configs/good/rest-less-one.dts");

	(void)state;
	assert_true(left_out(plan, "/soc/watchdog@10004000", "watchdog"));
	assert_true(left_out(plan, "/soc/rtc@1000a000", "needs /soc/reset@10008000"));
	assert_true(left_out(plan, "/soc/mystery@1000b000", "no IOMMU"));
	assert_true(left_out(plan, "/leds", "needs /soc/gpio@10006000"));
	assert_int_equal(device(plan, "/soc/serial@10001000")->owner, 2);
	assert_int_equal(device(plan, "/soc/serial@10001800")->owner, 2);
	assert_int_equal(device(plan, "/soc/serial@10000000")->owner, 0);
	/* A cell that names the stdout UART has it, and the health cell's console is the log. */
	assert_int_equal(device(named, "/pl011@9000000")->owner, 2);
	assert_true(named->cells[0].flags & BP_CELL_LOG_CONSOLE);
	assert_true(left_out(less, "/pl031@9010000", "the file leaves it out"));
}

static void odd_board(void **state)
{
	const struct board *const board = &read_plan("test/configs/good/odd-board.dts")->board;

	(void)state;
	assert_int_equal(board->core_count, 4); /* a broken one has its number too */
	assert_int_equal(board->mpidrs[2], 0x100);
	assert_int_equal(board->ram.count, 2);
	assert_int_equal(board->gicr.count, 2);
	assert_int_equal(board->gicr.at[1].size, 0x60000);
	assert_int_equal(board->uart.base, 0x10000000); /* alias with options */
	assert_int_equal(board->ppi_edge, 1u << 26);
	assert_int_equal(board->smmu.base, 0x10010000);
	assert_int_equal(board->smmu_idr0_mask, 0);
}

/* Memory with an address lies there, kept memory is marked, and `ram-base` moves what the guest sees alone.
 * [utest->swr~config-memory~1] */
static void keep_and_base(void **state)
{
	const struct plan *const plan = read_plan("test/configs/good/memory-forms.dts");
	const struct plan_cell *const control = &plan->cells[1], *const gateway = &plan->cells[2];

	(void)state;
	assert_int_equal(control->ram_count, 4);
	assert_int_equal(control->ram[0].pa, 0x50000000);
	assert_int_equal(control->ram[2].size, 0x1000);
	assert_true(control->ram[3].keep);
	assert_int_equal(control->ram[3].pa, 0x60002000);
	assert_int_equal(gateway->ram[0].ipa, 0x80000000);
	assert_int_not_equal(gateway->ram[0].pa, 0x80000000);
}

/* The plan of a health cell with these words, beside another. */
static const struct plan *plan_of_health(const char *words)
{
	char path[] = "/tmp/test_plan_XXXXXX";
	const int made = mkstemp(path);
	const struct plan *plan;

	assert_true(made >= 0);
	assert_true(dprintf(made,
			    "/dts-v1/;\n/ { compatible = \"bulkhead,partitions-v1\"; board = \"qemu-virt\"; "
			    "cells {\n"
			    "health { role = \"health\"; cpus = <0>; memory = \"32M\"; image = "
			    "\"health.elf\"; %s };\n"
			    "control { cpus = <3>; memory = \"16M\"; image = \"control.elf\"; heartbeat = "
			    "\"10ms\"; };\n"
			    "}; };\n",
			    words) > 0);
	plan = read_plan(path);
	unlink(path);
	close(made);
	return plan;
}

/* [utest->swr~config-watchdog~1] */
static void health_is_watched(void **state)
{
	static const struct {
		const char *words;
		uint64_t ns;
	} rows[] = {
		{"", UINT64_C(2000000000)},
		{"watchdog = \"200ms\";", UINT64_C(200000000)}, /* the least */
		{"watchdog = \"600s\";", UINT64_C(600000000000)},
		{"watchdog = \"never\";", 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct plan *const plan = plan_of_health(rows[i].words);

		assert_true(plan->cells[0].flags & BP_CELL_HEALTH);
		assert_int_equal(plan->cells[0].watchdog_ns, rows[i].ns);
		assert_int_equal(plan->cells[1].watchdog_ns, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_plan),	 cmocka_unit_test(demo),
		cmocka_unit_test(rest),		 cmocka_unit_test(odd_board),
		cmocka_unit_test(keep_and_base), cmocka_unit_test(health_is_watched),
	};

	return cmocka_run_group_tests_name("plan", tests, NULL, NULL);
}
