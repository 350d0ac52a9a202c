// SPDX-License-Identifier: Apache-2.0
/*
 * interrupts.c - a node's interrupts, as its `interrupts` or `interrupts-extended` name them; and those of
 * what every core has: timer, PMU, virtual CPU interface. Called by board.c, inventory.c, emit_interrupts.c.
 */
#include "interrupts.h"

#include "nexus.h"
#include "nodes.h"
#include "text.h"

#include <libfdt.h>
#include <string.h>

#define SPI_FIRST 32u

int interrupt_parent(const void *tree, int node)
{
	while (node >= 0) {
		const fdt32_t *const phandle = fdt_getprop(tree, node, "interrupt-parent", NULL);

		if (phandle)
			return node_by_phandle(tree, fdt32_ld(phandle));
		node = node_parent(tree, node);
		if (node > 0 &&
		    (fdt_getprop(tree, node, "interrupt-controller", NULL) || node_is_nexus(tree, node)))
			return node;
	}
	return -1;
}

bool interrupt_parent_used(const void *tree, int node)
{
	return fdt_getprop(tree, node, "interrupts", NULL) ||
	       fdt_getprop(tree, node, "interrupt-controller", NULL);
}

/* GICv3 binding: type (0 SPI, 1 PPI), number, flags (1, 2 edge; 4, 8 level). */
static void add_interrupt(const struct board *board, struct interrupts *list, const fdt32_t *cells)
{
	const uint32_t type = fdt32_ld(&cells[0]), number = fdt32_ld(&cells[1]), flags = fdt32_ld(&cells[2]);
	struct interrupt *interrupt;

	list->odd |= type != 0 || number >= board->spi_count;
	if (type > 1 || number >= (type ? 16u : GIC_SPIS_MOST))
		return;
	list->at = memory_grow(list->at, list->count, sizeof(list->at[0]));
	interrupt = &list->at[list->count++];
	interrupt->intid = number + (type ? 16 : 32);
	interrupt->edge = (flags & 3) != 0;
}

static int cells_of(const void *tree, int node, const char *property)
{
	const fdt32_t *const cells = node >= 0 ? fdt_getprop(tree, node, property, NULL) : NULL;

	return cells ? (int)fdt32_ld(cells) : -1;
}

/* An interrupt of `node` that goes to `parent`, straight to the GIC or through the maps of buses. */
static void add_through(const struct board *board, struct interrupts *list, int node, int parent,
			const fdt32_t *specifier)
{
	const void *const tree = board->tree.data;

	specifier = nexus_resolve(tree, node, &parent, specifier);
	if (specifier && parent == board->gic_node && cells_of(tree, parent, "#interrupt-cells") >= 3)
		add_interrupt(board, list, specifier);
}

/* A controller with a map of its own: the interrupts that it passes on are its own. */
static void add_mapped(const struct board *board, struct interrupts *list, int node)
{
	const void *const tree = board->tree.data;
	int length;
	const fdt32_t *const map = fdt_getprop(tree, node, "interrupt-map", &length);
	struct nexus_entry entry;

	if (!map || !fdt_getprop(tree, node, "interrupt-controller", NULL))
		return;
	for (size_t at = 0; nexus_next(tree, node, map, (size_t)length / sizeof(*map), &at, &entry);)
		if (entry.parent == board->gic_node && entry.width >= 3)
			add_interrupt(board, list, entry.to);
}

static void add_listed(const struct board *board, struct interrupts *list, int node)
{
	const void *const tree = board->tree.data;
	int length, parent = interrupt_parent(tree, node);
	const fdt32_t *const cells = fdt_getprop(tree, node, "interrupts", &length);

	for (int at = 0, count = cells_of(tree, parent, "#interrupt-cells");
	     cells && count > 0 && at + count <= length / 4; at += count)
		add_through(board, list, node, parent, &cells[at]);
}

struct interrupts interrupts_of(const struct board *board, int node)
{
	const void *const tree = board->tree.data;
	struct interrupts list = {NULL, 0, false};
	int length;
	const fdt32_t *const cells = fdt_getprop(tree, node, "interrupts-extended", &length);

	if (!cells)
		add_listed(board, &list, node);
	for (int at = 0; cells && at < length / 4;) {
		const int controller = node_by_phandle(tree, fdt32_ld(&cells[at]));
		const int count = cells_of(tree, controller, "#interrupt-cells");

		if (count < 0 || at + 1 + count > length / 4)
			break;
		add_through(board, &list, node, controller, &cells[at + 1]);
		at += 1 + count;
	}
	add_mapped(board, &list, node);
	return list;
}

/* Places in the timer node's list (Linux, arm,arch_timer.yaml), which has no names on most boards. */
#define TIMER_PHYSICAL 1u
#define TIMER_VIRTUAL  2u
#define TIMER_EL2      3u

/* The PPI at `index` of a node's interrupts, as INTID; 0: there is none, or it isn't a PPI. */
static uint32_t ppi_at(const struct board *board, int node, uint32_t index)
{
	const struct interrupts list = interrupts_of(board, node);

	return index < list.count && list.at[index].intid < SPI_FIRST ? list.at[index].intid : 0;
}

static uint32_t timer_at(const struct board *board, int node, const char *name, uint32_t index)
{
	const int named = fdt_stringlist_search(board->tree.data, node, "interrupt-names", name);

	return ppi_at(board, node, named >= 0 ? (uint32_t)named : index);
}

uint32_t timer_ppis(const struct board *board)
{
	const int node = board->timer_node;
	uint32_t bits = 0;

	if (node >= 0) {
		bits |= UINT32_C(1) << timer_at(board, node, "phys", TIMER_PHYSICAL);
		bits |= UINT32_C(1) << timer_at(board, node, "virt", TIMER_VIRTUAL);
	}
	return bits & ~UINT32_C(0xffff); /* bit 0: the node lacks it */
}

uint32_t hypervisor_timer_ppi(const struct board *board)
{
	const uint32_t intid =
		board->timer_node < 0 ? 0 : timer_at(board, board->timer_node, "hyp-phys", TIMER_EL2);

	return intid ? UINT32_C(1) << intid : 0;
}

bool node_is_pmu(const void *tree, int node)
{
	int count = fdt_stringlist_count(tree, node, "compatible");

	while (count > 0) {
		const char *const name = fdt_stringlist_get(tree, node, "compatible", --count, NULL);
		const size_t length = strlen(name);

		if (!strcmp(name, "arm,armv8-pmuv3") ||
		    (length > 4 && !strncmp(name, "arm,cortex-", 11) && !strcmp(name + length - 4, "-pmu")))
			return true;
	}
	return false;
}

uint32_t pmu_ppis(const struct board *board)
{
	uint32_t bits = 0;

	for (int node = fdt_next_node(board->tree.data, -1, NULL); node >= 0;
	     node = fdt_next_node(board->tree.data, node, NULL))
		if (node_is_pmu(board->tree.data, node))
			bits |= UINT32_C(1) << ppi_at(board, node, 0);
	return bits & ~UINT32_C(0xffff);
}

uint32_t maintenance_ppi(const struct board *board)
{
	return ppi_at(board, board->gic_node, 0);
}
