// SPDX-License-Identifier: Apache-2.0
/*
 * test_el2.c - the hypervisor's own address spaces and the records that name their windows.
 *
 * Robustness: no_writable_text
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
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

static const struct bp_header *header(void)
{
	return arena_at(&layout.file, layout.file.pa);
}

static const struct bp_cell *record(size_t cell)
{
	return arena_at(&layout.file, layout.cells[cell].record_pa);
}

#define TABLE(type, base, table) ((const type *)((const uint8_t *)(base) + (table).offset))

enum { DATA, TEXT, CONST, DEVICE, SHARED, NOTHING };

static void check_at(uint64_t root, uint64_t va, uint64_t pa, int kind)
{
	const struct walk walk = fixture_walk(&layout.file, root, 1, va);
	const uint64_t attr = STAGE1_ATTR(walk.attributes);

	assert_int_equal(walk.mapped, kind != NOTHING);
	if (kind == NOTHING)
		return;
	assert_int_equal(walk.pa, pa);
	assert_int_equal(!(walk.attributes & BIT_XN), kind == TEXT);
	assert_int_equal(STAGE1_IS_RO(walk.attributes), kind == TEXT || kind == CONST);
	assert_int_equal(attr, kind == DEVICE	? BP_ATTR_DEVICE
			       : kind == SHARED ? BP_ATTR_NONCACHE
						: BP_ATTR_NORMAL);
	assert_true(walk.attributes & BIT_AF);
	assert_true(walk.attributes >> 6 & 1);	 /* AP[1]: RES1 */
	assert_false(walk.attributes >> 11 & 1); /* nG */
	if (attr == BP_ATTR_NORMAL)
		assert_int_equal(SHAREABLE(walk.attributes), 3);
}

static void check(uint32_t core, uint64_t va, uint64_t pa, int kind)
{
	check_at(layout.cores[core].root_pa, va, pa, kind);
}

/* Each core's root has text, constants, and its own private memory between guards; neither boot code nor
 * blueprint. [utest->swr~compile-el2~1] */
static void segments_of_a_core(void **state)
{
	(void)state;
	for (uint32_t core = 0; core < 4; core++) {
		check(core, EL2_VA_TEXT, FIXTURE_LOAD_PA, TEXT);
		check(core, EL2_VA_TEXT + 0x1fff, FIXTURE_LOAD_PA + 0x1fff, TEXT);
		check(core, EL2_VA_TEXT + 0x2000, FIXTURE_LOAD_PA + 0x2000, CONST);
		check(core, EL2_VA_TEXT + 0x3000, 0, NOTHING); /* boot */
		check(core, EL2_VA_TEXT + 0x5000, 0, NOTHING);
		check(core, FIXTURE_LOAD_PA + 0x6000, 0, NOTHING);	  /* trampoline */
		check(core, EL2_VA_TEXT + FIXTURE_FILE_SIZE, 0, NOTHING); /* blueprint */
		check(core, EL2_VA_PRIVATE, 0, NOTHING);		  /* guard */
		check(core, EL2_VA_PRIVATE + 0x1000, layout.cores[core].segment_pa[5], DATA);
		check(core, EL2_VA_PRIVATE + 0x2000, 0, NOTHING); /* guard */
		check(core, EL2_VA_PRIVATE + 0x4000, layout.cores[core].segment_pa[6] + 0x1000, DATA);
		check(core, EL2_VA_PRIVATE + 0x5000, 0, NOTHING);
		check(core, EL2_VA_GICD, 0x8000000, DEVICE);
		check(core, EL2_VA_GICD + 0xf000, 0x800f000, DEVICE);
		check(core, EL2_VA_UART, 0x9000000, DEVICE);
		check(core, EL2_VA_CELL, layout.cells[layout.cores[core].cell].record_pa, CONST);
	}
}

/* [utest->swr~compile-el2~1] */
static void windows_of_a_cell(void **state)
{
	const struct bp_cell *const cell = record(FIXTURE_LINUX);
	const struct bp_core *const cores = TABLE(struct bp_core, cell, cell->cores);

	(void)state;
	assert_int_equal(cell->cores.count, 2);
	for (uint32_t core = 1; core <= 2; core++) {
		for (uint32_t i = 0; i < 2; i++) {
			const bool self = cores[i].machine_core == core;

			check(core, cores[i].gicr_va, 0x80a0000 + cores[i].machine_core * 0x20000, DEVICE);
			check(core, cores[i].gicr_va + 0x1000, 0x80b0000 + cores[i].machine_core * 0x20000,
			      DEVICE);
			check(core, cores[i].telemetry_va, layout.cores[i + 1].telemetry_pa,
			      self ? DATA : CONST);
			check(core, cores[i].ring_va, layout.cores[i + 1].ring_pa, self ? DATA : NOTHING);
		}
		check(core, cell->state_va, layout.cells[FIXTURE_LINUX].state_pa, DATA);
		check(core, cell->orders_va, layout.orders_pa, CONST);
		check(core, cell->log_va, layout.cells[FIXTURE_LINUX].log_pa, DATA);
		check(core, cell->root_va, cell->vttbr & 0xffffffffffff, DATA);
	}
	check(0, record(FIXTURE_HEALTH)->orders_va, layout.orders_pa, DATA); /* service core */
	assert_int_equal(cores[0].gicr_last, 0);
	assert_int_equal(cores[1].gicr_last, 1);
	assert_int_equal(record(FIXTURE_HEALTH)->log_va, 0);
}

/* A cell's first core has windows of its RAM, images, channels that it writes and heartbeat; its sibling has
 * none of them. [utest->swr~compile-el2~1] */
static void first_core_fills_the_cell(void **state)
{
	const struct bp_cell *const cell = record(FIXTURE_LINUX);
	const struct bp_region *const regions = TABLE(struct bp_region, cell, cell->regions);
	const struct bp_image *const images = TABLE(struct bp_image, cell, cell->images);
	const struct bp_channel *const channel = TABLE(struct bp_channel, cell, cell->channels);

	(void)state;
	assert_int_equal(cell->regions.count, 2);
	check(1, regions[0].va, 0x40000000, DATA);
	check(1, regions[0].va + regions[0].size - 1, 0x47ffffff, DATA);
	assert_int_equal(fixture_walk(&layout.file, layout.cores[1].root_pa, 1, regions[0].va).block,
			 TABLE_BLOCK_2M);
	check(1, regions[1].va, 0x4a000000, DATA);
	assert_int_equal(regions[1].flags, BP_REGION_KEEP);
	assert_int_equal(cell->images.count, 3);
	check(1, images[0].va, 0xb0001000, CONST);
	check(1, images[1].va, 0xb0002000, CONST);
	check(1, images[2].va, layout.cells[FIXTURE_LINUX].tree_pa, CONST);
	assert_int_equal(images[2].dest_ipa, cell->tree_ipa);
	assert_int_equal(cell->tree_ipa, 0x47a00000);
	check(1, channel->va, layout.channel_pa[0], SHARED);
	check(1, cell->heartbeat_va, layout.cells[FIXTURE_LINUX].heartbeat_pa, SHARED);
	/* Not on its sibling. */
	check(2, regions[0].va, 0, NOTHING);
	check(2, images[0].va, 0, NOTHING);
	check(2, channel->va, 0, NOTHING);
	check(2, cell->heartbeat_va, 0, NOTHING);
	/* A reader has no window of the channel. */
	assert_int_equal(
		TABLE(struct bp_channel, record(FIXTURE_CONTROL), record(FIXTURE_CONTROL)->channels)->va, 0);
}

/* The service core has windows of each cell's stage-2 root, which no other core has, and of their cores'
 * redistributors. [utest->swr~compile-el2~1] */
static void service_core_reaches_every_root(void **state)
{
	const struct bp_service *const service = arena_at(&layout.file, layout.service_pa);
	const struct bp_service_cell *const cells = TABLE(struct bp_service_cell, service, service->cells);

	(void)state;
	assert_int_equal(service->magic, BLUEPRINT_MAGIC);
	assert_int_equal(service->cells.count, FIXTURE_CELLS);
	check(0, EL2_VA_SERVICE, layout.service_pa, CONST);
	for (uint32_t i = 0; i < FIXTURE_CELLS; i++) {
		const struct bp_service_core *const cores =
			TABLE(struct bp_service_core, service, cells[i].cores);
		const struct bp_root_entry *const entries =
			TABLE(struct bp_root_entry, service, cells[i].root_entries);

		assert_int_equal(cells[i].vttbr, record(i)->vttbr);
		check(0, cells[i].root_va, cells[i].vttbr & 0xffffffffffff, DATA);
		check(1, cells[i].root_va, 0, NOTHING);
		assert_int_equal(cells[i].root_entries.count, record(i)->root_entries.count);
		assert_memory_equal(entries, TABLE(struct bp_root_entry, record(i), record(i)->root_entries),
				    cells[i].root_entries.count * sizeof(*entries));
		for (uint32_t j = 0; j < cells[i].cores.count; j++)
			check(0, cores[j].sgi_va, 0x80b0000 + plan->cells[i].cores[j] * 0x20000, DEVICE);
	}
	assert_true(cells[FIXTURE_HEALTH].flags & BP_CELL_SERVICE);
	check(1, EL2_VA_SERVICE, 0, NOTHING);
}

/* [utest->swr~compile-el2~1] */
static void boot_root(void **state)
{
	const uint64_t root = header()->boot_root_pa;
	const struct bp_gicr_region *const gicr =
		TABLE(struct bp_gicr_region, header(), header()->machine.gicrs);
	const struct bp_probe *const probe = TABLE(struct bp_probe, header(), header()->machine.probes);

	(void)state;
	check_at(root, EL2_VA_TEXT, FIXTURE_LOAD_PA, TEXT);
	check_at(root, EL2_VA_TEXT + 0x3000, FIXTURE_LOAD_PA + 0x3000, DATA);
	check_at(root, EL2_VA_TEXT + 0x5000, FIXTURE_LOAD_PA + 0x5000, TEXT);
	check_at(root, EL2_VA_TEXT + 0x6000, 0, NOTHING);
	check_at(root, FIXTURE_LOAD_PA + 0x6000, FIXTURE_LOAD_PA + 0x6000, TEXT);
	check_at(root, FIXTURE_LOAD_PA + 0x5000, 0, NOTHING);
	check_at(root, EL2_VA_TEXT + FIXTURE_FILE_SIZE, layout.file.pa, CONST);
	check_at(root, EL2_VA_TEXT + FIXTURE_FILE_SIZE + header()->size - 1,
		 layout.file.pa + header()->size - 1, CONST);
	check_at(root, EL2_VA_TEXT + FIXTURE_FILE_SIZE + header()->size, 0, NOTHING);
	check_at(root, EL2_VA_PRIVATE + 0x1000, 0, NOTHING);
	check_at(root, EL2_VA_GICD, 0x8000000, DEVICE);
	check_at(root, header()->writable_va, header()->writable_pa, DATA);
	check_at(root, header()->writable_va + header()->writable_size - 1,
		 header()->writable_pa + header()->writable_size - 1, DATA);
	check_at(root, header()->machine.smmu_va, 0x9050000, DEVICE);
	check_at(root, gicr->va, 0x80a0000, DEVICE);
	check_at(root, gicr->va + gicr->size - 1, 0x8ffffff, DEVICE);
	assert_int_equal(fixture_walk(&layout.file, root, 1, gicr->va + 0x200000).block, TABLE_BLOCK_2M);
	assert_int_equal(gicr->frames, 4);
	check_at(root, probe->first_va, 0x40000000, SHARED);
	check_at(root, probe->last_va, 0xbffff000, SHARED);
}

/* In every root: nothing is writable and executable, and text is bulkhead.bin's alone. */
/* [utest->swr~compile-el2~1] */
static void no_writable_text(void **state)
{
	(void)state;
	for (uint32_t core = 0; core <= 4; core++) {
		struct leaf *leaves;
		const uint64_t root = core < 4 ? layout.cores[core].root_pa : header()->boot_root_pa;
		const size_t count = fixture_leaves(&layout.file, root, 1, &leaves);

		assert_true(count > 0);
		for (size_t i = 0; i < count; i++) {
			if (leaves[i].attributes & BIT_XN)
				continue;
			assert_true(STAGE1_IS_RO(leaves[i].attributes));
			assert_in_range(leaves[i].pa, FIXTURE_LOAD_PA,
					FIXTURE_LOAD_PA + FIXTURE_FILE_SIZE - 1);
		}
		free(leaves);
	}
}

/* Pages that two cells' cores both have: text, constants, distributor, UART, orders. All but devices
 * and the service core's are read-only. */
/* [utest->swr~compile-el2~1] */
static void cores_of_two_cells_share_nothing_writable(void **state)
{
	struct leaf *linux_leaves, *control_leaves;
	const size_t linux_count = fixture_leaves(&layout.file, layout.cores[1].root_pa, 1, &linux_leaves);
	const size_t control_count =
		fixture_leaves(&layout.file, layout.cores[3].root_pa, 1, &control_leaves);

	(void)state;
	for (size_t i = 0; i < linux_count; i++)
		for (size_t j = 0; j < control_count; j++) {
			const struct leaf *const a = &linux_leaves[i], *const b = &control_leaves[j];

			if (a->pa >= b->pa + b->size || b->pa >= a->pa + a->size)
				continue;
			if (STAGE1_ATTR(a->attributes) == BP_ATTR_DEVICE) {
				assert_true((a->pa >= 0x8000000 && a->pa < 0x8010000) || a->pa == 0x9000000);
				continue;
			}
			assert_true(STAGE1_IS_RO(a->attributes) && STAGE1_IS_RO(b->attributes));
		}
	free(linux_leaves);
	free(control_leaves);
}

static void interrupts_by_owner(void **state)
{
	const struct bp_cell *const own = record(FIXTURE_LINUX);

	(void)state;
	assert_int_equal(own->ppi_owned, 1u << 27 | 1u << 30);
	assert_int_equal(own->maintenance_intid, 25);
	assert_int_equal(own->spi_owned[1], 1u << 2 | 1u << 7 | 1u << 16 | 1u << 17);
	assert_int_equal(own->spi_edge[1], 1u << 7 | 1u << 16 | 1u << 17);
	assert_int_equal(own->spi_owned[7], 1u << 8); /* 232: its console */
	assert_int_equal(own->uart_intid, 232);
	assert_int_equal(record(FIXTURE_CONTROL)->spi_owned[7], 1u << 9 | 1u << 10);
	assert_int_equal(record(FIXTURE_CONTROL)->spi_edge[7], 1u << 9 | 1u << 10);
	assert_int_equal(record(FIXTURE_HEALTH)->spi_owned[1], 1u << 1);
	assert_int_equal(header()->spi_edge[1], 1u << 7 | 1u << 16 | 1u << 17);
	assert_int_equal(header()->spi_edge[7], 1u << 8 | 1u << 9 | 1u << 10);
}

static void doorbells(void **state)
{
	const struct bp_channel *const out =
		TABLE(struct bp_channel, record(FIXTURE_LINUX), record(FIXTURE_LINUX)->channels);
	const struct bp_channel *const in =
		TABLE(struct bp_channel, record(FIXTURE_CONTROL), record(FIXTURE_CONTROL)->channels);

	(void)state;
	assert_int_equal(record(FIXTURE_HEALTH)->channels.count, 0);
	assert_int_equal(out->flags, BP_CHANNEL_WRITES);
	assert_int_equal(out->receive_intid, 0);
	assert_int_equal(out->ring.count, 1);
	assert_int_equal(TABLE(struct bp_bell, record(FIXTURE_LINUX), out->ring)->offset,
			 0x200 + 234 / 32 * 4);
	assert_int_equal(TABLE(struct bp_bell, record(FIXTURE_LINUX), out->ring)->bit, 1 << 234 % 32);
	assert_int_equal(in->flags, BP_CHANNEL_READS);
	assert_int_equal(in->receive_intid, 234);
	assert_int_equal(in->ring.count, 0);
}

static void emulated_pages_are_sorted(void **state)
{
	(void)state;
	for (size_t i = 0; i < FIXTURE_CELLS; i++) {
		const struct bp_mmio *const mmio = TABLE(struct bp_mmio, record(i), record(i)->mmio);

		assert_int_equal(record(i)->mmio.count,
				 1 + record(i)->cores.count + (record(i)->uart_intid != 0));
		assert_int_equal(mmio[0].kind, BP_MMIO_GICD);
		for (uint32_t j = 1; j < record(i)->mmio.count; j++)
			assert_true(mmio[j].ipa >= mmio[j - 1].ipa + mmio[j - 1].size);
	}
	assert_int_equal(TABLE(struct bp_mmio, record(FIXTURE_LINUX), record(FIXTURE_LINUX)->mmio)[2].arg, 1);
}

static void unassigned_core_never_starts(void **state)
{
	struct plan *const fewer = fixture_plan();
	const struct bp_boot_core *cores;
	struct layout out;

	(void)state;
	fewer->cells[FIXTURE_LINUX].core_count = 1;
	assert_true(layout_settle(&out, fewer));
	cores = (const struct bp_boot_core *)(out.file.data +
					      ((const struct bp_header *)out.file.data)->cores.offset);
	assert_int_equal(cores[1].cell, FIXTURE_LINUX);
	assert_int_equal(cores[2].root_pa, 0);
	assert_int_equal(cores[2].cell, NO_CELL);
	assert_int_equal(cores[3].core_in_cell, 0);
	assert_int_not_equal(cores[3].root_pa, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(segments_of_a_core),
		cmocka_unit_test(windows_of_a_cell),
		cmocka_unit_test(first_core_fills_the_cell),
		cmocka_unit_test(service_core_reaches_every_root),
		cmocka_unit_test(boot_root),
		cmocka_unit_test(no_writable_text),
		cmocka_unit_test(cores_of_two_cells_share_nothing_writable),
		cmocka_unit_test(interrupts_by_owner),
		cmocka_unit_test(doorbells),
		cmocka_unit_test(emulated_pages_are_sorted),
		cmocka_unit_test(unassigned_core_never_starts),
	};

	return cmocka_run_group_tests_name("emit.el2", tests, settle, NULL);
}
