// SPDX-License-Identifier: Apache-2.0
/*
 * test_its.c - the ITS's commands, carried out on a translater that is played here (Arm IHI 0069, 5.3), and
 * the memory that ITS and redistributors are given.
 *
 * Robustness: too_many_messages
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "fixture_pci.h"

static struct layout layout;
static struct plan *plan;

static int settle(void **state)
{
	(void)state;
	plan = fixture_pci_plan();
	return layout_settle(&layout, plan) ? 0 : -1;
}

#define TABLE(type, base, table) ((const type *)((const uint8_t *)(base) + (table).offset))
#define ADDRESS(value)		 ((value) & UINT64_C(0x0000fffffffff000))

static const struct bp_header *header(void)
{
	return arena_at(&layout.file, layout.file.pa);
}

static const struct bp_cell *record(size_t cell)
{
	return arena_at(&layout.file, layout.cells[cell].record_pa);
}

static const struct bp_its *its(void)
{
	assert_int_equal(header()->itss.count, 1);
	return TABLE(struct bp_its, header(), header()->itss);
}

/* ---- the translater ---- */

#define ITT_MOST 1024u
struct translated {
	uint32_t lpi;
	uint16_t collection;
};

static struct {
	struct {
		uint64_t itt;
		uint32_t events;
		struct translated entries[ITT_MOST];
	} devices[0x300];
	struct {
		bool valid;
		uint32_t processor;
	} collections[8];
	uint32_t synchronised; /* processors, a bit each */
	uint32_t invalidated;  /* collections */
} machine;

static void play(void)
{
	const uint64_t base = ADDRESS(its()->cbaser);

	memset(&machine, 0, sizeof(machine));
	for (uint64_t at = 0; at < its()->commands; at += 32) {
		const uint64_t *const words = arena_at(&layout.file, base + at);
		const uint32_t device = (uint32_t)(words[0] >> 32), event = (uint32_t)words[1];
		const uint16_t collection = (uint16_t)words[2];
		const uint32_t processor = (uint32_t)(words[2] >> 16);

		assert_int_equal(words[3], 0);
		switch (words[0] & 0xff) {
		case 0x09: /* MAPC */
			assert_int_equal(words[2] >> 63, 1);
			assert_int_equal(words[1], 0);
			machine.collections[collection].valid = true;
			machine.collections[collection].processor = processor & 0x7fffffff;
			break;
		case 0x08: /* MAPD */
			assert_int_equal(words[2] >> 63, 1);
			assert_int_equal(words[2] & 0xff, 0);
			assert_true(device < 0x300 && device);
			machine.devices[device].itt = words[2] & UINT64_C(0x000fffffffffff00);
			machine.devices[device].events = 2u << (words[1] & 31);
			break;
		case 0x0a: /* MAPTI */
			assert_true(event < machine.devices[device].events);
			assert_true(machine.collections[collection].valid);
			assert_int_equal(machine.devices[device].entries[event].lpi, 0);
			machine.devices[device].entries[event] =
				(struct translated){(uint32_t)(words[1] >> 32), collection};
			break;
		case 0x0d: /* INVALL */
			machine.invalidated |= UINT32_C(1) << collection;
			break;
		case 0x05: /* SYNC */
			machine.synchronised |= UINT32_C(1) << processor;
			break;
		default:
			fail_msg("command %#x", (unsigned int)(words[0] & 0xff));
		}
	}
}

/* Which SPI becomes pending, and on whose word, when a function writes `event`. 0: none. */
static uint32_t rings(uint32_t device, uint32_t event, size_t cell)
{
	const struct translated to = event < machine.devices[device].events
					     ? machine.devices[device].entries[event]
					     : (struct translated){0, 0};
	const struct bp_cell *const own = record(cell);
	const struct bp_bell *bell;
	uint32_t bit = 0;

	if (!to.lpi)
		return 0;
	assert_int_equal(to.collection, cell);
	assert_in_range(to.lpi, own->lpi_first, own->lpi_first + own->lpis.count - 1);
	bell = &TABLE(struct bp_bell, own, own->lpis)[to.lpi - own->lpi_first];
	while (!(bell->bit >> bit & 1))
		bit++;
	assert_int_equal(bell->bit, UINT32_C(1) << bit);
	return (bell->offset - 0x200) * 8 + bit;
}

/* [utest->swr~compile-its~1] */
static void a_message_is_its_cells_interrupt(void **state)
{
	static const struct {
		uint32_t device;
		size_t cell;
		uint32_t first, count;
	} functions[] = {
		{0x100, FIXTURE_LINUX, LINUX_MSI, LINUX_MSIS},
		{0x182, FIXTURE_LINUX, LINUX_MSI, LINUX_MSIS},
		{0x180, FIXTURE_HEALTH, HEALTH_MSI, HEALTH_MSIS},
		{0x200, FIXTURE_HEALTH, HEALTH_MSI, HEALTH_MSIS},
	};
	size_t mapped = 0, named = 0;
	uint8_t used[64] = {0};

	(void)state;
	play();
	for (size_t i = 0; i < 4; i++)
		for (uint32_t event = 0; event < 0x10000; event++) {
			const bool own = event - functions[i].first < functions[i].count;

			assert_int_equal(rings(functions[i].device, event, functions[i].cell),
					 own ? event : 0);
			if (own) {
				const uint32_t lpi = machine.devices[functions[i].device].entries[event].lpi;

				assert_in_range(lpi, 8192, 8192 + sizeof(used) - 1);
				assert_int_equal(used[lpi - 8192]++, 0); /* an LPI of its own */
				named++;
			}
		}
	for (uint32_t device = 0; device < 0x300; device++)
		for (uint32_t event = 0; event < ITT_MOST; event++)
			mapped += machine.devices[device].entries[event].lpi != 0;
	assert_int_equal(mapped, named); /* and no others */
	assert_int_equal(record(FIXTURE_CONTROL)->lpis.count, 0);
	assert_int_equal(machine.collections[FIXTURE_LINUX].processor, 1);
	assert_int_equal(machine.collections[FIXTURE_HEALTH].processor, 0);
	assert_int_equal(machine.invalidated, 1 << FIXTURE_LINUX | 1 << FIXTURE_HEALTH);
	assert_int_equal(machine.synchronised, 3);
}

static void lpi_is(uint32_t lpi, bool enabled)
{
	const struct bp_lpi_core *const core = TABLE(struct bp_lpi_core, header(), header()->lpi_cores);
	const uint8_t *const table = arena_at(&layout.file, ADDRESS(core->propbaser));

	assert_int_equal(table[lpi - 8192], 0xa0 | 2 | enabled);
}

/* The LPIs of cells' messages are enabled, and no others; the redistributors that take them are those of the
 * cells' first cores. [utest->swr~compile-its~1] */
static void configured_and_enabled(void **state)
{
	const struct bp_lpi_core *const cores = TABLE(struct bp_lpi_core, header(), header()->lpi_cores);

	(void)state;
	assert_int_equal(header()->lpi_cores.count, 2);
	for (uint32_t lpi = 8192; lpi < 16384; lpi++)
		lpi_is(lpi, lpi < 8192 + 2 * LINUX_MSIS + 2 * HEALTH_MSIS);
	assert_int_equal(cores[0].core, 0);
	assert_int_equal(cores[1].core, 1);
	assert_int_equal(cores[1].processor, 1);
	for (uint32_t i = 0; i < 2; i++) {
		const uint64_t pending = cores[i].pendbaser & UINT64_C(0x0000ffffffff0000);
		const struct walk walk = fixture_walk(&layout.file, layout.boot_root_pa, 1, cores[i].gicr_va);

		assert_int_equal(walk.pa, layout.cores[cores[i].core].gicr_pa);
		assert_int_equal(cores[i].propbaser & 31, 13);
		assert_int_equal(cores[i].propbaser, cores[0].propbaser);
		assert_int_equal(cores[i].pendbaser >> 62, 1);
		assert_in_range(pending, layout.writable_pa,
				layout.writable_pa + layout.writable_size - 2048);
	}
	assert_int_not_equal(cores[0].pendbaser, cores[1].pendbaser);
	assert_int_equal(header()->machine.gic_id_bits, 14);
}

/* What the ITS and the redistributors write lies in writable memory, each apart from all else. */
static void tables_lie_apart(void **state)
{
	struct range places[16];
	size_t count = 0;

	(void)state;
	play();
	for (unsigned int i = 0; i < 8; i++) {
		const uint64_t baser = its()->baser[i];
		const uint64_t size = ((baser & 255) + 1) << 12, entry = (baser >> 48 & 31) + 1;

		assert_int_equal(its()->baser_kind[i], plan->board.its_kinds[i]);
		if (!baser)
			continue;
		assert_int_equal(baser >> 62, 2); /* valid, flat */
		assert_int_equal(baser >> 8 & 3, 0);
		assert_int_equal(baser & BP_BASER_KIND, plan->board.its_kinds[i]);
		if ((baser >> 56 & 7) == 1)
			assert_true(size >= 0x201 * entry);
		else
			assert_true(size >= FIXTURE_CELLS * entry);
		places[count++] = (struct range){ADDRESS(baser), size};
	}
	assert_int_equal(count, 2);
	for (uint32_t device = 0; device < 0x300; device++)
		if (machine.devices[device].events)
			places[count++] = (struct range){machine.devices[device].itt,
							 machine.devices[device].events * UINT64_C(12)};
	for (uint32_t i = 0; i < 2; i++)
		places[count++] =
			(struct range){TABLE(struct bp_lpi_core, header(), header()->lpi_cores)[i].pendbaser &
					       UINT64_C(0x0000ffffffff0000),
				       2048};
	assert_int_equal(count, 8);
	places[count++] = (struct range){layout.channel_pa[0], 0x10000};
	places[count++] = (struct range){layout.orders_pa, layout.orders_size};
	for (size_t i = 0; i < count; i++) {
		assert_in_range(places[i].base, layout.writable_pa,
				layout.writable_pa + layout.writable_size - places[i].size);
		for (size_t j = 0; j < i; j++)
			assert_false(range_overlaps(places[i], places[j]));
	}
}

static void the_queue(void **state)
{
	const uint64_t size = ((its()->cbaser & 255) + 1) << 12;

	(void)state;
	assert_int_equal(its()->pa, FIXTURE_ITS);
	assert_int_equal(fixture_walk(&layout.file, layout.boot_root_pa, 1, its()->va).pa, FIXTURE_ITS);
	assert_false(fixture_walk(&layout.file, layout.boot_root_pa, 1, its()->va + 0x10000).mapped &&
		     fixture_walk(&layout.file, layout.boot_root_pa, 1, its()->va + 0x10000).pa ==
			     FIXTURE_MESSAGES);
	assert_int_equal(its()->cbaser >> 63, 1);
	assert_int_equal(ADDRESS(its()->cbaser) % 0x10000, 0);
	assert_int_equal(its()->commands, 32 * (2 * 3 + 4 + 2 * LINUX_MSIS + 2 * HEALTH_MSIS));
	assert_true(its()->commands < size); /* GITS_CWRITER doesn't wrap */
	assert_int_equal(its()->typer, plan->board.its_typer.value);
}

/* Where the ITS names redistributors by address, a collection leads to that of the cell's first core.
 * [utest->swr~compile-its~1] */
static void by_address(void **state)
{
	struct plan *const other = fixture_pci_plan();
	struct layout of;
	const struct bp_its *own;
	const uint64_t *words;

	(void)state;
	other->board.its_typer.value |= UINT64_C(1) << 19;
	assert_true(layout_settle(&of, other));
	own = TABLE(struct bp_its, of.file.data, ((const struct bp_header *)of.file.data)->itss);
	words = arena_at(&of.file, ADDRESS(own->cbaser));
	assert_int_equal(words[4] & 0xff, 0x09);
	assert_int_equal(words[6], UINT64_C(1) << 63 | 0x80c0000 | FIXTURE_LINUX);
}

/* [utest->swr~compile-its~1] */
static void too_many_messages(void **state)
{
	struct plan *const many = fixture_pci_plan();
	struct plan_cell *const cell = &many->cells[FIXTURE_LINUX];
	struct layout of;

	(void)state;
	cell->functions = realloc(cell->functions, 600 * sizeof(*cell->functions));
	for (uint32_t i = 3; i < 600; i++)
		cell->functions[i] = (struct cell_function){PCI_VF_1, i, false};
	cell->function_count = 600;
	cell->msi_count = 60;
	assert_false(layout_settle(&of, many));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_message_is_its_cells_interrupt),
		cmocka_unit_test(configured_and_enabled),
		cmocka_unit_test(tables_lie_apart),
		cmocka_unit_test(the_queue),
		cmocka_unit_test(by_address),
		cmocka_unit_test(too_many_messages),
	};

	return cmocka_run_group_tests_name("emit.its", tests, settle, NULL);
}
