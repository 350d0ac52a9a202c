/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pci_place.c - addresses of BARs and bridges' windows, for every function of the inventory whoever has it,
 * so that nothing moves when cells change.
 *
 * A BAR has its pages for itself. What a bridge leads to lies in its windows, of whole MiB: 32-bit, and
 * 64-bit prefetchable where bridge and host have such. From the last bridge up, each packs what is directly
 * below it, largest alignment first, at offsets within its windows; then the hosts' windows take what is on
 * their own bus, and the offsets become addresses. Called by board.c.
 */
#include "front.h"

#include "pagetable.h"
#include "ranges.h"
#include "text.h"

#include <stdlib.h>

#define WINDOW_ALIGN UINT64_C(0x100000) /* PCI-to-PCI bridges 1.2, 3.2.5.8 */
#define VF_BARS	     PCI_BARS		/* behind the BARs themselves, in `which` */
#define WINDOWS	     (2 * PCI_BARS)	/* behind those: the bridge's window, and the wide one */

struct item { /* something that wants a place */
	size_t function;
	unsigned int which;
	struct pci_bar *bar;
	uint64_t size, align;
};

struct items {
	struct item *at;
	size_t count;
};

/* Alignment of what the windows hold; of a bridge, by function. */
struct aligns {
	uint64_t window, wide;
};

static int by_align(const void *left, const void *right)
{
	const struct item *const a = left, *const b = right;

	if (a->align != b->align)
		return a->align > b->align ? -1 : 1;
	if (a->size != b->size)
		return a->size > b->size ? -1 : 1;
	if (a->function != b->function)
		return a->function < b->function ? -1 : 1;
	return a->which < b->which ? -1 : a->which > b->which;
}

/* ---- what goes where ---- */

static bool host_has(const struct pci_host *host, bool wide, bool prefetchable)
{
	for (size_t i = 0; i < host->window_count; i++)
		if (host->windows[i].wide == wide && (prefetchable || !host->windows[i].prefetchable))
			return true;
	return false;
}

/* Do all bridges above let 64-bit addresses through? */
static bool way_is_wide(const struct board *board, const struct pci_function *function)
{
	for (size_t up = function->parent; up != PCI_NONE; up = board->pci.at[up].parent)
		if (!board->pci.at[up].wide_able)
			return false;
	return true;
}

/* Bridges' wide windows are for prefetchable memory alone. */
static bool goes_wide(const struct board *board, const struct pci_function *function,
		      const struct pci_bar *bar)
{
	const bool of_vf = bar >= function->sriov.bars && bar < function->sriov.bars + PCI_BARS;

	return bar->kind == PCI_BAR_64 && !(of_vf && board->vf_bars_low) &&
	       (bar->prefetchable || function->parent == PCI_NONE) &&
	       host_has(&board->pci_hosts[function->host], true, bar->prefetchable) &&
	       way_is_wide(board, function);
}

static void add(struct items *items, size_t function, unsigned int which, struct pci_bar *bar, uint64_t size,
		uint64_t align)
{
	items->at = memory_grow(items->at, items->count, sizeof(items->at[0]));
	items->at[items->count++] = (struct item){function, which, bar, size, align};
}

static void add_bars(const struct board *board, struct items *items, size_t index, bool wide)
{
	struct pci_function *const function = &board->pci.at[index];

	for (unsigned int i = 0; i < 2 * PCI_BARS; i++) {
		struct pci_bar *const bar =
			i < VF_BARS ? &function->bars[i] : &function->sriov.bars[i - VF_BARS];
		const uint64_t parts = i < VF_BARS ? 1 : function->sriov.total;
		const uint64_t size = align_up(bar->size, BP_PAGE_SIZE);

		if ((bar->kind == PCI_BAR_32 || bar->kind == PCI_BAR_64) &&
		    goes_wide(board, function, bar) == wide)
			add(items, index, i, bar, parts * size, size);
	}
}

/* What is directly below a bridge, or on a host's own bus (`parent` PCI_NONE). */
static struct items gather(const struct board *board, const struct aligns *aligns, size_t host, size_t parent,
			   bool wide)
{
	struct items items = {NULL, 0};

	for (size_t i = 0; i < board->pci.count; i++) {
		struct pci_function *const function = &board->pci.at[i];
		struct pci_bar *const window = wide ? &function->wide : &function->window;

		if (function->parent != parent || function->host != host || function->physical != PCI_NONE)
			continue;
		add_bars(board, &items, i, wide);
		if (window->kind != PCI_BAR_NONE)
			add(&items, i, WINDOWS + wide, window, window->size,
			    wide ? aligns[i].wide : aligns[i].window);
	}
	if (items.count)
		qsort(items.at, items.count, sizeof(items.at[0]), by_align);
	return items;
}

/* ---- bridges ---- */

/* Offsets within the window; its size and alignment. */
static void pack(struct items *items, bool wide, struct pci_bar *window, uint64_t *align)
{
	uint64_t end = 0;

	*align = WINDOW_ALIGN;
	for (size_t i = 0; i < items->count; i++) {
		struct item *const item = &items->at[i];

		item->bar->address = align_up(end, item->align);
		end = item->bar->address + item->size;
		*align = item->align > *align ? item->align : *align;
	}
	if (items->count)
		*window = (struct pci_bar){.kind = wide ? PCI_BAR_64 : PCI_BAR_32,
					   .prefetchable = wide,
					   .size = align_up(end, WINDOW_ALIGN)};
	free(items->at);
}

/* Bridges behind a bridge have higher buses, and so stand behind it. */
static void pack_bridges(const struct board *board, struct aligns *aligns)
{
	for (size_t i = board->pci.count; i-- > 0;) {
		struct pci_function *const bridge = &board->pci.at[i];
		struct items items;

		if (!pci_is_bridge(bridge) || bridge->host == PCI_NONE || !bridge->secondary)
			continue;
		items = gather(board, aligns, bridge->host, i, false);
		pack(&items, false, &bridge->window, &aligns[i].window);
		items = gather(board, aligns, bridge->host, i, true);
		pack(&items, true, &bridge->wide, &aligns[i].wide);
	}
}

/* ---- hosts ---- */

static const char *item_name(const struct board *board, const struct item *item)
{
	const char *const address = board->pci.at[item->function].address;

	if (item->which >= WINDOWS)
		return text_format("what is behind bridge %s", address);
	if (item->which >= VF_BARS)
		return text_format("VF BAR %u of %s", item->which - VF_BARS, address);
	return text_format("BAR %u of %s", item->which, address);
}

/* Where the host's own windows are taken by others: registers, RAM, and the bus's address 0, which means
 * none. */
static struct ranges others_of(const struct board *board, const struct pci_host *host)
{
	struct ranges taken = {NULL, 0};

	for (size_t i = 0; i < board->device_count; i++)
		if (board->devices[i].node != host->node)
			ranges_add_all(&taken, &board->devices[i].regs);
	ranges_add_all(&taken, &board->ram);
	ranges_add_all(&taken, &board->reserved);
	for (size_t i = 0; i < board->pci_host_count; i++)
		ranges_add(&taken, board->pci_hosts[i].ecam, board->pci_hosts[i].ecam_size);
	for (size_t i = 0; i < host->window_count; i++)
		if (!host->windows[i].bus)
			ranges_add(&taken, host->windows[i].base, BP_PAGE_SIZE);
	return taken;
}

static struct ranges room_of(const struct board *board, const struct pci_host *host, bool wide,
			     bool prefetchable)
{
	const uint32_t bits = board->pa_bits < IPA_BITS_MOST ? board->pa_bits : IPA_BITS_MOST;
	struct ranges room = {NULL, 0};

	for (size_t i = 0; i < host->window_count; i++) {
		const struct range window = {host->windows[i].base, host->windows[i].size};
		const struct range part = range_common(window, (struct range){0, UINT64_C(1) << bits});

		if (host->windows[i].wide == wide && (prefetchable || !host->windows[i].prefetchable))
			ranges_add(&room, part.base, part.size);
	}
	return room;
}

static void place_host(const struct board *board, const struct aligns *aligns, size_t index)
{
	const struct pci_host *const host = &board->pci_hosts[index];
	struct ranges taken = others_of(board, host);

	for (int wide = 0; wide < 2; wide++) {
		struct items items = gather(board, aligns, index, PCI_NONE, wide);

		for (size_t i = 0; i < items.count; i++) {
			struct item *const item = &items.at[i];
			const struct ranges room =
				room_of(board, host, wide, wide && item->bar->prefetchable);
			const uint64_t base = ranges_find(&room, &taken, item->size, item->align, 0, 0);

			if (base == NO_PLACE) {
				diag_error(board->pci.at[item->function].at,
					   "%s has no room for %s in its %s-bit windows: %s, and the largest "
					   "free block is %s",
					   host->path, item_name(board, item), wide ? "64" : "32",
					   text_of_size(item->size),
					   text_of_size(ranges_largest(&room, &taken, item->align)));
				continue;
			}
			item->bar->address = base;
			ranges_add(&taken, base, item->size);
		}
		free(items.at);
	}
}

/* ---- addresses ---- */

static uint64_t bus_address(const struct pci_host *host, uint64_t address)
{
	for (size_t i = 0; i < host->window_count; i++)
		if (address - host->windows[i].base < host->windows[i].size)
			return address - host->windows[i].base + host->windows[i].bus;
	return 0;
}

static void finish_bar(const struct board *board, const struct pci_function *function, bool wide,
		       struct pci_bar *bar)
{
	if (bar->kind == PCI_BAR_NONE || bar->kind == PCI_BAR_IO)
		return;
	if (function->parent != PCI_NONE)
		bar->address += wide ? board->pci.at[function->parent].wide.address
				     : board->pci.at[function->parent].window.address;
	bar->bus = bus_address(&board->pci_hosts[function->host], bar->address);
}

/* Of a bridge before what is below it. */
static void finish(const struct board *board, struct pci_function *function)
{
	finish_bar(board, function, false, &function->window);
	finish_bar(board, function, true, &function->wide);
	for (unsigned int i = 0; i < PCI_BARS; i++) {
		finish_bar(board, function, goes_wide(board, function, &function->bars[i]),
			   &function->bars[i]);
		finish_bar(board, function, goes_wide(board, function, &function->sriov.bars[i]),
			   &function->sriov.bars[i]);
	}
}

static void finish_virtual(const struct board *board, struct pci_function *function)
{
	const struct pci_function *const physical = &board->pci.at[function->physical];

	for (unsigned int i = 0; i < PCI_BARS; i++) {
		const struct pci_bar *const bars = &physical->sriov.bars[i];

		function->bars[i] = *bars;
		function->bars[i].address += function->vf * bars->size;
		function->bars[i].bus += function->vf * bars->size;
	}
}

/* [impl->swr~config-pci-places~1] */
void pci_place(struct board *board)
{
	const size_t errors = diag_errors();
	struct aligns *const aligns = memory_new(board->pci.count, sizeof(aligns[0]));

	pack_bridges(board, aligns);
	for (size_t i = 0; i < board->pci_host_count; i++)
		if (!board->pci_hosts[i].why)
			place_host(board, aligns, i);
	for (size_t i = 0; i < board->pci.count && diag_errors() == errors; i++) {
		struct pci_function *const function = &board->pci.at[i];

		if (function->host == PCI_NONE || board->pci_hosts[function->host].why)
			continue;
		if (function->physical == PCI_NONE)
			finish(board, function);
		else
			finish_virtual(board, function);
	}
	free(aligns);
}
