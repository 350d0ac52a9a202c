/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dma.c - what a cell's bus masters reach; `dma = "unprotected"`: those that no IOMMU holds back, on the word
 * of the file.
 *
 * A cell's RAM lies where each bus master that it names gets by its buses' `dma-ranges`; without an IOMMU
 * guest-physical addresses are physical ones. Nothing stops the device from reaching what is not the cell's:
 * a warning says so for each, `map` and the auditor's report list it, --deny refuses it. Called by
 * plan_read, before memory is placed and when devices have their owners.
 */
#include "front.h"

#include "deny.h"
#include "ranges.h"
#include "text.h"

#include <libfdt.h>
#include <string.h>

static bool unprotected(const struct front *front, int node)
{
	static const char *const known[] = {"protected", "unprotected"};
	const char *dma;

	if (!value_text(front, node, "dma", &dma) || strcmp(dma, "protected") == 0)
		return false;
	if (strcmp(dma, "unprotected") == 0)
		return true;
	diag_error(front_place(front, node, "dma"), "unknown dma '%s'%s", dma,
		   diag_did_you_mean(dma, known, 2));
	return false;
}

static void limit(struct front *front, size_t cell, struct ranges reached)
{
	front->reaches[cell] = ranges_common(&front->reaches[cell], &reached);
	front->rooms[cell] = ranges_common(&front->rooms[cell], &reached);
}

static void limit_by_devices(struct front *front, size_t index)
{
	const struct board *const board = &front->plan->board;
	struct words words;

	value_words(front, front->cell_nodes[index], "devices", &words);
	for (size_t i = 0; i < words.count; i++) {
		const struct indices found = devices_named(board, words.at[i]);

		if (found.count == 1 && board->devices[found.at[0]].bus_master)
			limit(front, index, reached_by(board->tree.data, board->devices[found.at[0]].node));
	}
}

/* An IOMMU stands behind the host: what it gets to translate is what the host passes on.
 * [impl->swr~config-pci-reach~1] */
static void limit_by_functions(struct front *front, size_t index)
{
	const void *const tree = front->source.tree.data;
	const char *name;

	/* What is no text pci_assign.c tells. */
	for (int i = 0; (name = fdt_stringlist_get(tree, front->cell_nodes[index], "pci", i, NULL)); i++) {
		const struct pci_host *const host = pci_host_of(&front->plan->board, name);

		if (host && host->limited)
			limit(front, index, pci_reached(host));
	}
}

void dma_read(struct front *front)
{
	front->rooms = memory_new(front->plan->cell_count, sizeof(front->rooms[0]));
	front->reaches = memory_new(front->plan->cell_count, sizeof(front->reaches[0]));
	for (size_t i = 0; i < front->plan->cell_count; i++) {
		front->plan->cells[i].unprotected = unprotected(front, front->cell_nodes[i]);
		front->rooms[i] = front->plan->board.ram;
		ranges_add(&front->reaches[i], 0, UINT64_MAX);
		if (front->plan->cells[i].unprotected)
			limit_by_devices(front, i);
		limit_by_functions(front, i);
	}
}

/* [impl->swr~config-dma~1] */
void dma_tell(const struct front *front)
{
	const struct plan *const plan = front->plan;
	bool *const used = memory_new(plan->cell_count, sizeof(bool));

	for (size_t i = 0; i < plan->board.device_count; i++) {
		const struct device *const device = &plan->board.devices[i];

		if (device->owner < 0 || !device->bus_master)
			continue;
		used[device->owner] = true;
		(denied(DENY_UNPROTECTED_DMA) ? diag_error : diag_warning)(
			devices_place(i),
			"'%s' may master the bus with no IOMMU in front: it reaches all memory, cell '%s' "
			"says dma = \"unprotected\"",
			device->path, plan->cells[device->owner].name);
	}
	for (size_t i = 0; i < plan->board.pci.count; i++)
		if (plan->board.pci.at[i].owner >= 0 && plan->board.pci.at[i].smmu == PCI_NONE)
			used[plan->board.pci.at[i].owner] = true;
	for (size_t i = 0; i < plan->cell_count; i++)
		if (plan->cells[i].unprotected && !used[i])
			diag_warning(front_place(front, front->cell_nodes[i], "dma"),
				     "cell '%s' has no bus master that needs dma = \"unprotected\"",
				     plan->cells[i].name);
}
