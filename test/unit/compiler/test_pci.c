/* SPDX-License-Identifier: Apache-2.0 */
/* test_pci.c - places of BARs and windows on machines made by chance, by brute force; and cells' buses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "front.h"
#include "ranges.h"

#define MACHINES 300u
#define SPANS	 4096u
#define MIB	 UINT64_C(0x100000)

static uint64_t state;

static uint32_t chance(uint32_t most) /* 0..most - 1 */
{
	state = state * UINT64_C(6364136223846793005) + 1442695040888963407u;
	return (uint32_t)(state >> 33) % most;
}

/* ---- machines ---- */

static struct pci_bar some_bar(bool last)
{
	struct pci_bar bar = {.kind = PCI_BAR_NONE};

	switch (chance(last ? 3 : 5)) {
	case 1:
		return (struct pci_bar){.kind = PCI_BAR_32, .size = UINT64_C(16) << chance(16)};
	case 2:
		return (struct pci_bar){.kind = PCI_BAR_IO, .size = 32};
	case 3:
		return (struct pci_bar){
			.kind = PCI_BAR_64, .prefetchable = true, .size = UINT64_C(0x1000) << chance(10)};
	case 4:
		return (struct pci_bar){.kind = PCI_BAR_64, .size = UINT64_C(0x100) << chance(10)};
	default:
		return bar;
	}
}

static struct pci_function *add(struct pci_inventory *pci, uint32_t bus, uint32_t devfn, size_t parent)
{
	static char addresses[SPANS][32];
	struct pci_function *function;

	pci->at = realloc(pci->at, (pci->count + 1) * sizeof(pci->at[0]));
	function = &pci->at[pci->count];
	snprintf(addresses[pci->count], 32, "0000:%02x:%02x.%x", bus, devfn >> 3, devfn & 7);
	*function = (struct pci_function){.address = addresses[pci->count++],
					  .bus = bus,
					  .devfn = devfn,
					  .parent = parent,
					  .physical = PCI_NONE,
					  .owner = OWNER_NOBODY};
	return function;
}

static void add_bars(struct pci_bar *bars, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++) {
		bars[i] = some_bar(i + 1 == count);
		i += bars[i].kind == PCI_BAR_64;
	}
}

/* Bus by bus, so that the order is the inventory's. */
static void make_buses(struct pci_inventory *pci)
{
	size_t bridges[16] = {PCI_NONE};
	uint32_t next = 1, count = 1;

	for (uint32_t bus = 0; bus < count; bus++)
		for (uint32_t device = 0; device < 4; device++) {
			struct pci_function *const function = add(pci, bus, device << 3, bridges[bus]);

			if (chance(3) == 0 && next < 16) {
				function->kind = PCI_ROOT_PORT;
				function->secondary = function->last = next++;
				function->wide_able = chance(4);
				bridges[count++] = pci->count - 1;
				add_bars(function->bars, 2);
				continue;
			}
			add_bars(function->bars, PCI_BARS);
			if (chance(3))
				continue;
			function->sriov.capability = 0x100;
			function->sriov.total = 1 + chance(7);
			function->sriov.offset = function->sriov.stride = 1;
			for (unsigned int i = 0; i < PCI_BARS; i += 2)
				if (chance(2))
					function->sriov.bars[i] =
						(struct pci_bar){.kind = PCI_BAR_64,
								 .prefetchable = chance(2),
								 .size = UINT64_C(0x1000) << chance(6)};
			for (uint32_t vf = 0, total = function->sriov.total; vf < total; vf++) {
				const size_t physical = pci->count - 1 - vf;
				struct pci_function *const virtual = add(pci, bus, (device << 3) + 1 + vf,
									 PCI_NONE);

				virtual->physical = physical;
				virtual->vf = vf;
				virtual->parent = bridges[bus];
			}
		}
}

static struct board *make_machine(uint64_t seed)
{
	struct board *const board = calloc(1, sizeof(*board));

	state = seed;
	board->pa_bits = 40;
	board->vf_bars_low = chance(2);
	board->pci_hosts = calloc(1, sizeof(board->pci_hosts[0]));
	board->pci_host_count = 1;
	board->pci_hosts[0] = (struct pci_host){
		.node = -1,
		.path = "/pcie",
		.last_bus = 255,
		.ecam = 0x3f000000,
		.ecam_size = MIB,
		.windows = {{.base = 0x10000000, .bus = chance(2) ? 0x10000000 : 0, .size = 0x30000000},
			    {.base = UINT64_C(0x8000000000),
			     .bus = chance(2) ? UINT64_C(0x8000000000) : UINT64_C(0x100000000),
			     .size = UINT64_C(0x2000000000),
			     .wide = true}},
		.window_count = 1 + (chance(4) != 0)};
	make_buses(&board->pci);
	return board;
}

/* ---- what must hold ---- */

struct span {
	uint64_t first, last;
};

static void claim(struct span *spans, size_t *count, uint64_t base, uint64_t size)
{
	const struct span own = {base & ~(BP_PAGE_SIZE - 1), (base + size - 1) | (BP_PAGE_SIZE - 1)};

	for (size_t i = 0; i < *count; i++)
		assert_true(own.last < spans[i].first || own.first > spans[i].last);
	assert_true(*count < SPANS);
	spans[(*count)++] = own;
}

static bool within(uint64_t base, uint64_t size, uint64_t around, uint64_t around_size)
{
	return base >= around && size <= around_size && base - around <= around_size - size;
}

static void check_bar(const struct board *board, const struct pci_function *function,
		      const struct pci_bar *bar, uint64_t parts, struct span *spans, size_t *count)
{
	const uint64_t size = parts * bar->size;
	bool in_window = false;

	if (bar->kind == PCI_BAR_NONE || bar->kind == PCI_BAR_IO) {
		assert_int_equal(bar->address, 0);
		return;
	}
	assert_int_not_equal(bar->bus, 0);
	assert_int_equal(bar->bus % bar->size, 0);
	if (bar->kind == PCI_BAR_32)
		assert_true(bar->bus + size <= UINT64_C(1) << 32);
	claim(spans, count, bar->address, size);
	assert_false(range_overlaps((struct range){bar->address, size},
				    (struct range){board->pci_hosts[0].ecam, board->pci_hosts[0].ecam_size}));
	for (size_t i = 0; i < board->pci_hosts[0].window_count; i++) {
		const struct pci_window *const window = &board->pci_hosts[0].windows[i];

		if (within(bar->address, size, window->base, window->size)) {
			in_window = true;
			assert_int_equal(bar->address - window->base, bar->bus - window->bus);
		}
	}
	assert_true(in_window);
	for (size_t up = function->parent; up != PCI_NONE; up = board->pci.at[up].parent) {
		const struct pci_function *const bridge = &board->pci.at[up];
		const bool narrow = within(bar->address, size, bridge->window.address, bridge->window.size);
		const bool wide = within(bar->address, size, bridge->wide.address, bridge->wide.size);

		assert_true(narrow || (wide && bar->prefetchable && bar->kind == PCI_BAR_64));
	}
}

static void check_window(const struct board *board, size_t index, const struct pci_bar *window, bool wide)
{
	if (window->kind == PCI_BAR_NONE)
		return;
	assert_int_equal(window->address % MIB, 0);
	assert_int_equal(window->bus % MIB, 0);
	assert_int_equal(window->size % MIB, 0);
	assert_true(!wide || board->pci.at[index].wide_able);
	assert_true(wide || window->bus + window->size <= UINT64_C(1) << 32);
	/* Bridges are beside each other, or one is behind the other. */
	for (size_t i = 0; i < board->pci.count; i++) {
		const struct pci_function *const other = &board->pci.at[i];
		const struct pci_bar *const beside = wide ? &other->wide : &other->window;
		bool nested = i == index;

		for (size_t up = other->parent; up != PCI_NONE; up = board->pci.at[up].parent)
			nested |= up == index;
		for (size_t up = board->pci.at[index].parent; up != PCI_NONE; up = board->pci.at[up].parent)
			nested |= up == i;
		assert_true(nested || !range_overlaps((struct range){window->address, window->size},
						      (struct range){beside->address, beside->size}));
	}
}

static void check_same(const struct pci_bar *bars, const struct pci_bar *again)
{
	for (unsigned int bar = 0; bar < PCI_BARS; bar++) {
		assert_int_equal(bars[bar].kind, again[bar].kind);
		assert_int_equal(bars[bar].size, again[bar].size);
		assert_int_equal(bars[bar].address, again[bar].address);
		assert_int_equal(bars[bar].bus, again[bar].bus);
	}
}

/* [utest->swr~config-pci-places~1] */
static void places_hold(void **context)
{
	struct span *const spans = calloc(SPANS, sizeof(spans[0]));

	(void)context;
	for (uint32_t seed = 1; seed <= MACHINES; seed++) {
		struct board *const board = make_machine(seed), *const again = make_machine(seed);
		size_t count = 0;

		pci_place(board);
		pci_place(again);
		assert_int_equal(diag_errors(), 0);
		for (size_t i = 0; i < board->pci.count; i++) {
			const struct pci_function *const function = &board->pci.at[i];

			check_same(function->bars, again->pci.at[i].bars);
			check_window(board, i, &function->window, false);
			check_window(board, i, &function->wide, true);
			for (unsigned int bar = 0; bar < PCI_BARS; bar++) {
				const struct pci_bar *all = &board->pci.at[i].sriov.bars[bar];

				if (function->physical == PCI_NONE) {
					check_bar(board, function, &function->bars[bar], 1, spans, &count);
					check_bar(board, function, all, function->sriov.total, spans, &count);
					continue;
				}
				all = &board->pci.at[function->physical].sriov.bars[bar];
				assert_true(!board->vf_bars_low || all->address >> 32 == 0);
				assert_int_equal(function->bars[bar].address,
						 all->address + function->vf * all->size);
				assert_int_equal(function->bars[bar].bus,
						 all->bus + function->vf * all->size);
				assert_int_equal(function->bars[bar].size, all->size);
			}
		}
		free(board->pci.at);
		free(again->pci.at);
	}
}

/* ---- a cell's bus ---- */

static const struct cell_function *find(const struct plan *plan, size_t cell, const char *address)
{
	for (size_t i = 0; i < plan->cells[cell].function_count; i++)
		if (strcmp(plan->board.pci.at[plan->cells[cell].functions[i].function].address, address) == 0)
			return &plan->cells[cell].functions[i];
	return NULL;
}

static void check_rid(const struct plan *plan, size_t cell, const char *address, uint32_t rid, bool ghost)
{
	const struct cell_function *const found = find(plan, cell, address);

	assert_non_null(found);
	assert_int_equal(found->rid, rid);
	assert_int_equal(found->ghost, ghost);
}

/* [utest->swr~config-pci~1] [utest->swr~config-msis~1] */
static void buses_are_flat(void **context)
{
	static const char *const folders[] = {"build/test-configs"};
	struct plan plan;

	(void)context;
	data_set_folder(".");
	assert_true(plan_read(&plan, "test/configs/good/pci.dts", folders, 1));
	assert_int_equal(plan.cells[0].function_count, 0);
	assert_int_equal(plan.cells[0].msi_count, 0);
	/* "nic", "nic.vf3", "nvme", "disk": the VFs of nic and nvme behind, vf3 for real. */
	assert_int_equal(plan.cells[1].function_count, 3 + 4 + 2);
	check_rid(&plan, 1, "0000:01:00.0", 0x08, false);
	check_rid(&plan, 1, "0000:02:00.0", 0x10, false);
	check_rid(&plan, 1, "0000:04:00.0", 0x18, false);
	check_rid(&plan, 1, "0000:01:10.0", 0x80, true);
	check_rid(&plan, 1, "0000:01:10.6", 0x83, false);
	check_rid(&plan, 1, "0000:02:00.1", 0x84, true);
	check_rid(&plan, 1, "0000:02:00.2", 0x85, true);
	for (size_t i = 1; i < plan.cells[1].function_count; i++)
		assert_true(plan.cells[1].functions[i].rid > plan.cells[1].functions[i - 1].rid);
	assert_int_equal(plan.cells[1].msi_count, 12);
	/* "nic.vf0", "0000:02:00.0.vf1", "net", "edu", in the order of the file. */
	assert_int_equal(plan.cells[2].function_count, 4);
	check_rid(&plan, 2, "0000:01:10.0", 0x08, false);
	check_rid(&plan, 2, "0000:02:00.2", 0x10, false);
	check_rid(&plan, 2, "0000:03:00.0", 0x18, false);
	check_rid(&plan, 2, "0000:00:05.0", 0x20, false);
	assert_true(plan.cells[2].peer_dma);
	/* MSI-X of 3, 1 and 4 messages, MSI of 1; 6 of one function are the most on two cores. */
	assert_int_equal(plan.cells[2].msi_count, 3 + 1 + 4 + 1);
	assert_true(plan.cells[2].msi_first >= plan.cells[1].msi_first + 12);
	assert_int_equal(plan.board.pci.at[pci_find(&plan.board.pci, 0, 1, 0)].sriov.enabled, 4);
	assert_int_equal(plan.board.pci.at[pci_find(&plan.board.pci, 0, 2, 0)].sriov.enabled, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(places_hold), cmocka_unit_test(buses_are_flat)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
