/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pci_inventory.c - the PCI functions of a board folder's pci.dts, and how they hang together (pci.h).
 *
 * A function is below the bridge whose secondary bus it is on, a virtual one where its PF is and its number,
 * offset and stride put it. What no machine that runs can be is refused. Called by board.c.
 */
#include "front.h"

#include "process.h"
#include "text.h"

#include <libfdt.h>
#include <stdlib.h>
#include <string.h>

#define FUNCTIONS_MOST 8192u
#define MSIX_ENTRY     16u /* PCI Express 6.0, 7.7.2 */
#define PENDING_BITS   64u

static int by_address(const void *left, const void *right)
{
	const struct pci_function *const a = left, *const b = right;

	if (a->segment != b->segment)
		return a->segment < b->segment ? -1 : 1;
	return (pci_rid(a) > pci_rid(b)) - (pci_rid(a) < pci_rid(b));
}

size_t pci_find(const struct pci_inventory *inventory, uint32_t segment, uint32_t bus, uint32_t devfn)
{
	const struct pci_function key = {.segment = segment, .bus = bus, .devfn = devfn};
	const struct pci_function *const found =
		inventory->count ? bsearch(&key, inventory->at, inventory->count, sizeof(key), by_address)
				 : NULL;

	return found ? (size_t)(found - inventory->at) : PCI_NONE;
}

static void check_twice(const struct pci_inventory *inventory)
{
	for (size_t i = 1; i < inventory->count; i++)
		if (by_address(&inventory->at[i - 1], &inventory->at[i]) == 0) {
			diag_error(inventory->at[i].at, "%s stands here twice", inventory->at[i].address);
			diag_note(inventory->at[i - 1].at, "it is here too");
		}
}

/* ---- buses ---- */

static bool leads_to(const struct pci_function *bridge, uint32_t segment, uint32_t bus)
{
	return pci_is_bridge(bridge) && bridge->segment == segment && bridge->secondary &&
	       bus >= bridge->secondary && bus <= bridge->last;
}

/* Buses behind a bridge come after its own, so nothing can lie below itself. */
static void check_buses(const struct pci_inventory *inventory, size_t index)
{
	const struct pci_function *const bridge = &inventory->at[index];

	if (!pci_is_bridge(bridge) || !bridge->secondary)
		return;
	if (bridge->secondary <= bridge->bus || bridge->last < bridge->secondary) {
		diag_error(bridge->at,
			   "bridge %s on bus 0x%02x leads to buses 0x%02x to 0x%02x: they come after its own",
			   bridge->address, bridge->bus, bridge->secondary, bridge->last);
		return;
	}
	for (size_t i = 0; i < index; i++) {
		const struct pci_function *const other = &inventory->at[i];
		const bool apart = !pci_is_bridge(other) || !other->secondary ||
				   other->segment != bridge->segment || other->last < bridge->secondary ||
				   other->secondary > bridge->last;

		/* One below the other has all its buses there. Those of lower buses come first. */
		if (apart || (leads_to(other, bridge->segment, bridge->bus) && bridge->last <= other->last))
			continue;
		diag_error(bridge->at, "bridges %s and %s both lead to bus 0x%02x", other->address,
			   bridge->address,
			   other->secondary > bridge->secondary ? other->secondary : bridge->secondary);
		diag_note(other->at, "%s is here", other->address);
		return;
	}
}

static void find_parent(struct pci_inventory *inventory, struct pci_function *function)
{
	const struct pci_function *around = NULL;

	for (size_t i = 0; i < inventory->count; i++) {
		const struct pci_function *const bridge = &inventory->at[i];

		if (!leads_to(bridge, function->segment, function->bus))
			continue;
		around = bridge;
		if (bridge->secondary == function->bus) {
			function->parent = i;
			return;
		}
	}
	if (around)
		diag_error(function->at,
			   "no bridge leads to bus 0x%02x of %s, which is within those behind %s",
			   function->bus, function->address, around->address);
}

/* ---- virtual functions ---- */

/* The number of a VF at `rid`, if it is one of `physical`'s; UINT32_MAX: it isn't. */
static uint32_t vf_number(const struct pci_function *physical, uint32_t rid)
{
	const struct pci_sriov *const sriov = &physical->sriov;
	const uint32_t first = pci_rid(physical) + sriov->offset;
	const uint32_t stride = sriov->total > 1 ? sriov->stride : 1;

	if (rid < first || (rid - first) % stride || (rid - first) / stride >= sriov->total)
		return UINT32_MAX;
	return (rid - first) / stride;
}

static void find_physical(struct pci_inventory *inventory, struct pci_function *function)
{
	uint32_t segment, bus, devfn;
	struct pci_function *physical;

	if (pci_parse(function->physical_name, &segment, &bus, &devfn))
		function->physical = pci_find(inventory, segment, bus, devfn);
	if (function->physical == PCI_NONE) {
		diag_error(function->at, "%s is a virtual function of %s, which the inventory hasn't",
			   function->address, function->physical_name);
		return;
	}
	physical = &inventory->at[function->physical];
	function->vf = vf_number(physical, pci_rid(function));
	if (!physical->sriov.capability || function->segment != physical->segment ||
	    function->vf == UINT32_MAX) {
		diag_error(function->at, "%s is no virtual function of %s, by the SR-IOV capability there",
			   function->address, physical->address);
		diag_note(physical->at, "%s has %u, the first %u behind it and each %u behind the last",
			  physical->address, physical->sriov.total, physical->sriov.offset,
			  physical->sriov.stride);
		function->physical = PCI_NONE;
		return;
	}
	function->device = physical->sriov.device;
	memcpy(function->bars, physical->sriov.bars, sizeof(function->bars));
}

/* Numbers of virtual functions are nobody else's, enabled or not. */
static void check_virtual(const struct pci_inventory *inventory, size_t index)
{
	const struct pci_function *const physical = &inventory->at[index];
	const uint32_t last = pci_rid(physical) + physical->sriov.offset +
			      (physical->sriov.total - 1) * physical->sriov.stride;
	const uint32_t last_bus = last >> 8;

	if (!physical->sriov.capability)
		return;
	if (physical->parent != PCI_NONE && last_bus > inventory->at[physical->parent].last) {
		diag_error(physical->at,
			   "the virtual functions of %s go up to bus 0x%02x, and %s above it leads to 0x%02x "
			   "at most",
			   physical->address, last_bus, inventory->at[physical->parent].address,
			   inventory->at[physical->parent].last);
		return;
	}
	for (size_t i = 0; i < inventory->count; i++) {
		const struct pci_function *const other = &inventory->at[i];
		const bool buses = pci_is_bridge(other) && other->secondary &&
				   other->segment == physical->segment && other->secondary > physical->bus &&
				   other->secondary <= last_bus;
		const bool number = other->physical != index && other->segment == physical->segment &&
				    vf_number(physical, pci_rid(other)) != UINT32_MAX;

		if (!buses && !number)
			continue;
		diag_error(physical->at, "the virtual functions of %s have numbers %s %s", physical->address,
			   number ? "of which one is that of" : "on a bus behind", other->address);
		diag_note(other->at, "%s is here", other->address);
		return;
	}
}

/* ---- messages ---- */

static bool holds(const struct pci_bar *bars, uint32_t index, uint64_t offset, uint64_t size)
{
	return index < PCI_BARS && (bars[index].kind == PCI_BAR_32 || bars[index].kind == PCI_BAR_64) &&
	       size <= bars[index].size && offset <= bars[index].size - size;
}

static void check_messages(const struct pci_function *function)
{
	const struct pci_msix *const msix = &function->msix;

	if (msix->capability &&
	    (!holds(function->bars, msix->table_bar, msix->table_offset,
		    (uint64_t)MSIX_ENTRY * msix->count) ||
	     !holds(function->bars, msix->pending_bar, msix->pending_offset,
		    (uint64_t)(msix->count + PENDING_BITS - 1) / PENDING_BITS * (PENDING_BITS / 8))))
		diag_error(function->at,
			   "the MSI-X table of %s, for %u messages, doesn't lie within its BARs",
			   function->address, msix->count);
}

/* ---- all of them ---- */

static void hang_together(struct pci_inventory *inventory)
{
	const size_t errors = diag_errors();

	for (size_t i = 0; i < inventory->count; i++)
		check_buses(inventory, i);
	for (size_t i = 0; i < inventory->count; i++)
		if (!inventory->at[i].physical_name)
			find_parent(inventory, &inventory->at[i]);
	for (size_t i = 0; i < inventory->count; i++)
		if (inventory->at[i].physical_name)
			find_physical(inventory, &inventory->at[i]);
	if (diag_errors() != errors)
		return;
	for (size_t i = 0; i < inventory->count; i++) {
		struct pci_function *const function = &inventory->at[i];

		if (function->physical != PCI_NONE)
			function->parent = inventory->at[function->physical].parent;
		check_virtual(inventory, i);
		check_messages(function);
	}
}

/* [impl->swr~config-pci-inventory~1] */
bool pci_inventory_examine(struct pci_inventory *inventory, const struct source *source)
{
	const size_t errors = diag_errors();
	const void *const tree = source->tree.data;
	int node;

	if (fdt_node_check_compatible(tree, 0, "bulkhead,pci-v1") != 0)
		diag_error(source_place(source, 0, "compatible"), "the file is not \"bulkhead,pci-v1\"");
	fdt_for_each_subnode(node, tree, 0)
	{
		if (inventory->count == FUNCTIONS_MOST) {
			diag_error(source_place(source, node, NULL), "there are more than %u functions",
				   FUNCTIONS_MOST);
			return false;
		}
		inventory->at = memory_grow(inventory->at, inventory->count, sizeof(inventory->at[0]));
		if (pci_function_read(source, node, &inventory->at[inventory->count]))
			inventory->count++;
	}
	if (inventory->count)
		qsort(inventory->at, inventory->count, sizeof(inventory->at[0]), by_address);
	check_twice(inventory);
	if (diag_errors() == errors)
		hang_together(inventory);
	return diag_errors() == errors;
}

bool pci_inventory_read(struct board *board)
{
	const char *const path = text_format("%s/pci.dts", board->folder);
	struct source source;

	if (!file_exists(path))
		return true;
	if (!source_read(&source, path, NULL, 0))
		return false;
	nodes_index(source.tree.data);
	board->pci_tree = source.tree;
	return pci_inventory_examine(&board->pci, &source);
}
