// SPDX-License-Identifier: Apache-2.0
/*
 * rule_tree_pci.c - what a guest's tree says of PCI: one host of one bus, windows that hold its functions'
 * BARs where they are, and a frame for messages with its own interrupts.
 */
#include <inttypes.h>
#include <string.h>

#include "rule.h"

#define BUS	 0x100000u /* bytes of configuration space */
#define MSI_PAGE 0x10000u

static void wrong(struct audit *audit, const struct cell *cell, const struct node *node, const char *what)
{
	violation(&audit->report, RULE_TREE_PCI, "%s: its tree's %s %s", cell->who, node ? node->path : "/",
		  what);
}

static bool is_host(const struct cell *cell, const struct node *node)
{
	const char *type = node_string(&cell->guest, node, "device_type");

	return node->enabled && type && !strcmp(type, "pci");
}

static bool is_frame(const struct cell *cell, const struct node *node)
{
	return node->enabled && node_compatible(&cell->guest, node, "arm,gic-v2m-frame");
}

/* A window of the guest's is a part of one of the board's host, at the same address on the bus. */
static void windows_check(struct audit *audit, const struct cell *cell, const struct node *node,
			  const struct pci_host *host, struct spans *windows)
{
	uint32_t space;
	uint64_t bus;
	struct range window;

	for (unsigned int i = 0; node_bus_window(&cell->guest, node, i, &window, &space, &bus); i++) {
		bool known = false;

		for (size_t w = 0; w < host->window_count; w++) {
			const struct pci_window *due = &host->windows[w];

			known |= window.base >= due->cpu &&
				 within(window.base - due->cpu, window.size, due->size) &&
				 bus - due->bus == window.base - due->cpu &&
				 !due->io == ((space >> 24 & 3) != 1);
		}
		if (!known)
			wrong(audit, cell, node, "has a window that isn't its host's");
		spans_add(windows, (struct span){window.base, window.base, window.size, 0, 0});
	}
}

/* What its functions reach by themselves: of the board's, at the same addresses of bus and guest, and all of
 * the cell's RAM. A driver lends memory of its own for what it takes to be out of reach. */
static void reach_check(struct audit *audit, const struct cell *cell, const struct node *node,
			const struct pci_host *host)
{
	const struct tree *board = &audit->board.tree, *guest = &cell->guest;
	struct range row;
	uint64_t bus;

	if (bus_limits(guest, node) != bus_limits(board, host->node) ||
	    (node->parent >= 0 && bus_limits(guest, &guest->nodes[node->parent])))
		wrong(audit, cell, node,
		      "has dma-ranges where the board's host has none, or the other way round");
	for (unsigned int i = 0; bus_dma_row(guest, node, i, &row, &bus); i++)
		if (!row.size || row.size - 1 > UINT64_MAX - row.base ||
		    bus_unreached(board, host->node, row, &bus) != row.base + row.size)
			wrong(audit, cell, node, "has dma-ranges that its host hasn't");
	for (uint32_t i = 0; i < cell->record->regions.count; i++) {
		const struct bp_region *region = &cell->regions[i];

		row = (struct range){region->ipa, region->size};
		if (bus_unreached(guest, node, row, NULL) != region->ipa + region->size)
			wrong(audit, cell, node, "has no dma-ranges for all of its RAM");
	}
}

static void host_check(struct audit *audit, const struct cell *cell, const struct node *node,
		       const struct pci_host *host)
{
	const struct tree *tree = &cell->guest;
	struct spans windows = {0}, bars = {0};
	uint32_t first = 1, last = 1, parent = 0;
	uint64_t gap = 0;

	if (!node_compatible(tree, node, "pci-host-ecam-generic") || node->reg_count != 1 ||
	    node->regs[0].base != host->ecam.base || node->regs[0].size != BUS ||
	    !node_u32(tree, node, "bus-range", 0, &first) || !node_u32(tree, node, "bus-range", 1, &last) ||
	    first || last)
		wrong(audit, cell, node, "isn't a host of its bus 0 alone");
	if (node_flag(tree, node, "interrupt-map") || node_flag(tree, node, "iommu-map") ||
	    node_flag(tree, node, "msi-map"))
		wrong(audit, cell, node, "promises interrupts by wire, an IOMMU or an ITS");
	if (node_flag(tree, node, "dma-coherent") !=
	    node_flag(&audit->board.tree, host->node, "dma-coherent"))
		wrong(audit, cell, node, "is coherent where the board's isn't, or the other way round");
	if (node_u32(tree, node, "msi-parent", 0, &parent)
		    ? !tree_phandle(tree, parent) || !is_frame(cell, tree_phandle(tree, parent))
		    : cell->record->lpis.count != 0)
		wrong(audit, cell, node, "has no frame for its messages");
	reach_check(audit, cell, node, host);
	windows_check(audit, cell, node, host, &windows);
	spans_normalize(&windows, NULL, NULL);
	cell_bars(audit, cell, (struct span){0}, &bars);
	for (size_t i = 0; i < bars.count; i++)
		if (!spans_cover(&windows, bars.list[i].va, bars.list[i].size, &gap))
			wrong(audit, cell, node, "has no window for a BAR of its functions");
	spans_free(&windows);
	spans_free(&bars);
}

static void frame_check(struct audit *audit, const struct cell *cell, const struct node *node)
{
	const int asked = partition_number(audit, cell->asked);
	bool messages[INTIDS] = {false}, placed = false;
	uint32_t first = 0, count = 0;

	messages_of(cell, messages);
	for (size_t i = 0; asked != CELL_NONE_ID && i < audit->pci.count; i++) {
		const struct pci_function *function = &audit->pci.functions[i];

		placed |= function->owner == asked && function->its && node->reg_count == 1 &&
			  node->regs[0].base == function->its->regs[0].base + MSI_PAGE &&
			  node->regs[0].size == BP_PAGE_SIZE;
	}
	if (!placed || node->parent < 0 || !node_is_gic(&cell->guest, &cell->guest.nodes[node->parent]) ||
	    !node_flag(&cell->guest, node, "msi-controller") || node_flag(&cell->guest, node, "#msi-cells"))
		wrong(audit, cell, node,
		      "isn't a frame for messages of its GIC, where its functions' ITS takes them");
	if (!node_u32(&cell->guest, node, "arm,msi-base-spi", 0, &first) ||
	    !node_u32(&cell->guest, node, "arm,msi-num-spis", 0, &count) || first >= INTIDS ||
	    count > INTIDS - first) {
		wrong(audit, cell, node, "doesn't say which interrupts it has");
		return;
	}
	for (uint32_t id = 0; id < INTIDS; id++)
		if (messages[id] != (id >= first && id - first < count)) {
			wrong(audit, cell, node, "has other interrupts than its messages");
			return;
		}
}

static void probe_only_check(struct audit *audit, const struct cell *cell)
{
	const struct node *chosen = tree_path(&cell->guest, "/chosen");
	uint32_t only = 0;

	if (!chosen || !node_u32(&cell->guest, chosen, "linux,pci-probe-only", 0, &only) || only != 1)
		wrong(audit, cell, chosen, "lets its guest place BARs: linux,pci-probe-only isn't 1");
}

/* [impl->swr~audit-tree-pci~1] */
static void cell_check(struct audit *audit, const struct cell *cell)
{
	const int asked = partition_number(audit, cell->asked);
	const struct bp_mmio *channels = shown_bus(cell);
	const struct pci_host *host = NULL;
	uint32_t hosts = 0, frames = 0;

	for (size_t i = 0; asked != CELL_NONE_ID && i < audit->pci.count; i++) {
		const struct pci_function *function = &audit->pci.functions[i];
		const struct pci_host *its = function->owner == asked && function->host != PCI_NONE
						     ? &audit->pci.hosts[function->host]
						     : NULL;

		if (host && its && its != host)
			wrong(audit, cell, NULL, "has one bus, but functions of two hosts");
		host = its ? its : host;
	}
	for (size_t i = 0; i < cell->guest.count; i++) {
		const struct node *node = &cell->guest.nodes[i];

		hosts += is_host(cell, node);
		frames += is_frame(cell, node);
		if (is_host(cell, node) && channels && node->reg_count && node->regs[0].base == channels->ipa)
			shown_host_check(audit, cell, node);
		else if (is_host(cell, node) && host)
			host_check(audit, cell, node, host);
		else if (is_host(cell, node))
			wrong(audit, cell, node, "is at none of its buses");
		if (is_frame(cell, node))
			frame_check(audit, cell, node);
	}
	if (hosts)
		probe_only_check(audit, cell);
	if (hosts != (host ? 1u : 0u) + !!channels || frames != (cell->record->lpis.count ? 1 : 0))
		wrong(audit, cell, NULL,
		      "has another number of PCI hosts, or of frames for messages, than it has use for");
}

void rule_tree_pci(struct audit *audit)
{
	for (size_t i = 0; i < audit->cell_count; i++)
		if (audit->cells[i].known && audit->cells[i].guest.fdt)
			cell_check(audit, &audit->cells[i]);
}
