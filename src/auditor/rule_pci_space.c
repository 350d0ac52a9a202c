// SPDX-License-Identifier: Apache-2.0
/*
 * rule_pci_space.c - what the boot's steps leave of buses, windows and BARs: each function is compared before
 * it is touched, and answers to addresses of its own alone.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "rule.h"

#define COMMAND		 0x04u
#define COMMAND_DECODES	 0x0003u
#define COMMAND_MASTERS	 0x0004u
#define HEADER_TYPE	 0x0eu
#define ROM		 0x30u
#define BRIDGE_ROM	 0x38u
#define BRIDGE_BUSES	 0x18u
#define BRIDGE_MEMORY	 0x20u
#define BRIDGE_WIDE	 0x24u
#define BRIDGE_WIDE_BASE 0x28u
#define BRIDGE_WIDE_END	 0x2cu
#define BRIDGE_CONTROL	 0x3eu
#define EXPRESS_KIND	 0x00f000ffu /* of the capability's first word, with its ID */
#define EXPRESS_CONTROL	 0x28u	     /* the second */
#define EXPRESS_ARI	 0x0020u
#define ACS_CONTROL	 0x06u
#define ACS_DUE		 0x001du /* source validation, request and completion redirect, upstream forwarding */
#define ACS_DIRECT	 0x0040u /* translated requests, past all of these */
#define SRIOV_CONTROL	 0x08u
#define SRIOV_TOTAL	 0x0eu
#define SRIOV_NUMBER	 0x10u
#define SRIOV_OFFSET	 0x14u
#define SRIOV_DEVICE	 0x1au
#define SRIOV_PAGE	 0x20u
#define SRIOV_ENABLED	 0x0009u /* and their memory */
#define SRIOV_ARI	 0x0010u

static void wrong(struct audit *audit, const struct pci_function *function, const char *what, uint64_t value)
{
	violation(&audit->report, RULE_PCI_SPACE, "%s: %s (0x%" PRIx64 ")", function->name, what, value);
}

void cell_bars(const struct audit *audit, const struct cell *cell, struct span like, struct spans *spans)
{
	const int asked = partition_number(audit, cell->asked);
	uint64_t bus;

	for (size_t f = 0; asked != CELL_NONE_ID && f < audit->pci.count; f++)
		for (unsigned int i = 0; audit->pci.functions[f].owner == asked && i < PCI_BARS; i++) {
			const struct pci_function *function = &audit->pci.functions[f];

			if (!pci_bar_place(&audit->pci, function, i, &bus, &like.pa))
				continue;
			like.size = page_up(like.pa + function->bars[i].size) - page_down(like.pa);
			like.va = like.pa = page_down(like.pa);
			spans_add(spans, like);
		}
}

/* ---- compared ---- */

static void bars_compared(struct audit *audit, const struct pci_function *function, uint32_t offset,
			  const struct pci_bar *bars, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++)
		if (!pci_sized(function, offset + 4 * i, bars[i].io ? 0xffff : UINT32_MAX,
			       pci_bar_sized(bars, i)))
			violation(&audit->report, RULE_PCI_MACHINE,
				  "%s: the size of the BAR at 0x%x isn't compared", function->name,
				  offset + 4 * i);
}

static void unseen(struct audit *audit, const struct pci_function *function, const char *what)
{
	violation(&audit->report, RULE_PCI_MACHINE, "%s: %s isn't compared", function->name, what);
}

/* Which kind of port it is, from which follows what it keeps apart; how wide its prefetchable window is. */
static void bridge_compared(struct audit *audit, const struct pci_function *bridge)
{
	const uint32_t express = pci_capability(bridge, PCI_CAP_EXPRESS);

	if (express && !pci_seen(bridge, express, 4, EXPRESS_KIND, pci_read(bridge, express, 4)))
		unseen(audit, bridge, "the kind of port");
	if (!pci_seen(bridge, BRIDGE_WIDE, 1, 0xf, pci_read(bridge, BRIDGE_WIDE, 1)))
		unseen(audit, bridge, "how wide its prefetchable window is");
}

/* What the tables of a cell rest on: [impl->swr~audit-pci-machine~1] */
static void compared_check(struct audit *audit, const struct pci_function *function)
{
	const uint32_t sriov = function->sriov;

	if (!pci_ids_seen(function) ||
	    !pci_seen(function, HEADER_TYPE, 1, 0x7f, pci_read(function, HEADER_TYPE, 1)))
		unseen(audit, function, "vendor, device, class or header");
	if (pci_is_host(function))
		return;
	bars_compared(audit, function, PCI_BAR0, function->bars,
		      function->kind == PCI_ENDPOINT ? PCI_BARS : 2);
	if (function->kind != PCI_ENDPOINT)
		bridge_compared(audit, function);
	if (!sriov)
		return;
	bars_compared(audit, function, sriov + PCI_VF_BARS, function->vf_bars, PCI_BARS);
	if (!pci_seen(function, sriov + SRIOV_TOTAL, 2, 0xffff, function->total) ||
	    !pci_seen(function, sriov + SRIOV_DEVICE, 2, 0xffff, function->vf_device))
		unseen(audit, function, "how many virtual functions it has, or what they are");
	if (pci_enabled(&audit->pci, (int)(function - audit->pci.functions)) &&
	    !pci_seen(function, sriov + SRIOV_OFFSET, 4, UINT32_MAX,
		      function->stride << 16 | function->offset))
		unseen(audit, function, "where its virtual functions are");
}

/* Capabilities that a cell may write to, or that its tables tell of, are where the inventory says. */
static void capabilities_compared(struct audit *audit, const struct pci_function *function)
{
	static const uint32_t ids[] = {PCI_CAP_POWER, PCI_CAP_MSI, PCI_CAP_EXPRESS, PCI_CAP_MSIX};

	for (size_t i = 0; i < COUNT(ids); i++) {
		const uint32_t at = pci_capability(function, ids[i]);

		if (at && !pci_seen(function, at, 1, 0xff, ids[i]))
			unseen(audit, function, "a capability");
	}
	if (function->sriov && !pci_seen(function, function->sriov, 2, 0xffff, PCI_EXT_SRIOV))
		unseen(audit, function, "the SR-IOV capability");
}

/* ---- left ---- */

struct region { /* of CPU addresses */
	uint64_t from, to;
	int function, owner;
	uint64_t bus, bus_end; /* as the bridges see it */
};

struct regions {
	struct region *list;
	size_t count;
};

static void regions_add(struct audit *audit, struct regions *regions, int number)
{
	const struct pci *pci = &audit->pci;
	const struct pci_function *function = &pci->functions[number];

	for (unsigned int i = 0; i < PCI_BARS; i++) {
		struct region region = {.function = number, .owner = function->owner};

		if (!function->bars[i].size || function->bars[i].io)
			continue;
		if (!pci_bar_place(pci, function, i, &region.bus, &region.from) ||
		    region.bus & (function->bars[i].size - 1)) {
			wrong(audit, function, "a BAR isn't placed, aligned, in a window of its host", i);
			continue;
		}
		region.to = region.from + function->bars[i].size;
		region.bus_end = region.bus + function->bars[i].size;
		regions->list = memory_grow(regions->list, regions->count, sizeof(region));
		regions->list[regions->count++] = region;
	}
}

static int by_address(const void *left, const void *right)
{
	const struct region *a = left, *b = right;

	return a->from < b->from ? -1 : a->from > b->from;
}

/* None overlaps another; what a cell has shares no page with what it hasn't. */
static void apart_check(struct audit *audit, struct regions *regions)
{
	const struct pci_function *functions = audit->pci.functions;

	if (regions->count)
		qsort(regions->list, regions->count, sizeof(*regions->list), by_address);
	for (size_t i = 1; i < regions->count; i++) {
		const struct region *a = &regions->list[i - 1], *b = &regions->list[i];

		if (b->from < a->to || (a->owner != b->owner && page_down(b->from) < page_up(a->to)))
			violation(&audit->report, RULE_PCI_SPACE,
				  "%s and %s: BARs at 0x%" PRIx64 " and 0x%" PRIx64
				  " overlap, or share a page",
				  functions[a->function].name, functions[b->function].name, a->from, b->from);
	}
}

struct opening { /* of a bridge: [from, to), empty: closed */
	uint64_t from, to;
};

static bool openings_of(const struct pci_function *bridge, struct opening openings[2])
{
	uint32_t memory, wide, base = 0, end = 0;

	openings[0] = openings[1] = (struct opening){0, 0};
	if (!pci_left(bridge, BRIDGE_MEMORY, 4, &memory) || !pci_left(bridge, BRIDGE_WIDE, 4, &wide))
		return false;
	/* Of 64 bits, where the register says so; then the upper halves count. */
	if ((pci_read(bridge, BRIDGE_WIDE, 2) & 0xf) == 1 &&
	    (!pci_left(bridge, BRIDGE_WIDE_BASE, 4, &base) || !pci_left(bridge, BRIDGE_WIDE_END, 4, &end)))
		return false;
	openings[0].from = (memory & 0xfff0) << 16;
	openings[0].to = (uint64_t)(memory & 0xfff00000) + 0x100000;
	openings[1].from = (uint64_t)base << 32 | (wide & 0xfff0) << 16;
	openings[1].to = ((uint64_t)end << 32 | (wide & 0xfff00000)) + 0x100000;
	for (unsigned int i = 0; i < 2; i++)
		if (openings[i].to <= openings[i].from)
			openings[i].to = openings[i].from = 0;
	return true;
}

/* Closed, or of addresses that the host sends to its functions: what it claims else is kept from its owner.
 */
static bool in_windows(const struct pci_host *host, const struct opening *opening)
{
	bool in = opening->from == opening->to;

	for (size_t i = 0; i < host->window_count; i++) {
		const struct pci_window *window = &host->windows[i];

		in |= !window->io && opening->from >= window->bus &&
		      within(opening->from - window->bus, opening->to - opening->from, window->size);
	}
	return in;
}

static bool below(const struct pci *pci, int function, int bridge)
{
	const int physical = pci->functions[function].physical;
	unsigned int left = PCI_MAX;

	for (int at = physical == PCI_NONE ? function : physical; at != PCI_NONE && left; left--) {
		if (at == bridge)
			return true;
		at = pci->functions[at].parent;
	}
	return false;
}

static bool inside(const struct region *region, const struct opening openings[2])
{
	return (region->bus >= openings[0].from && region->bus_end <= openings[0].to) ||
	       (region->bus >= openings[1].from && region->bus_end <= openings[1].to);
}

static bool touches(const struct region *region, const struct opening *opening)
{
	return region->bus < opening->to && opening->from < region->bus_end;
}

/* Functions beyond 7 below a port answer where the inventory was taken with them, and only there. */
static bool ari_kept(const struct pci_function *bridge)
{
	const uint32_t express = pci_capability(bridge, PCI_CAP_EXPRESS);
	const uint32_t due = express ? pci_read(bridge, express + EXPRESS_CONTROL, 2) & EXPRESS_ARI : 0;
	uint32_t control = 0;

	return (express && pci_left(bridge, express + EXPRESS_CONTROL, 2, &control)) ? control == due : !due;
}

/* A bridge lets through what is below it, and claims nothing else. */
static void bridge_check(struct audit *audit, int number, const struct regions *regions)
{
	const struct pci *pci = &audit->pci;
	const struct pci_function *bridge = &pci->functions[number];
	struct opening openings[2];
	uint32_t buses = 0, command = 0, control = 0;

	if (!pci_left(bridge, BRIDGE_BUSES, 4, &buses) ||
	    (buses & 0xffffff) != (bridge->subordinate << 16 | bridge->secondary << 8 | bridge->rid >> 8))
		wrong(audit, bridge, "its bus numbers aren't the inventory's", buses);
	if (!pci_left(bridge, COMMAND, 2, &command) || (command & 7) != 6)
		wrong(audit, bridge, "it doesn't forward memory alone, both ways", command);
	if (!pci_left(bridge, BRIDGE_CONTROL, 2, &control) || control & ~3u)
		wrong(audit, bridge, "its control isn't plain", control);
	if (!ari_kept(bridge))
		wrong(audit, bridge, "its second control isn't the inventory's: functions beyond 7, or none",
		      0);
	if (!openings_of(bridge, openings)) {
		wrong(audit, bridge, "its windows aren't set", 0);
		return;
	}
	for (unsigned int i = 0; i < 2; i++)
		if (!in_windows(&pci->hosts[bridge->host], &openings[i]))
			wrong(audit, bridge, "its windows take in what its host sends elsewhere",
			      openings[i].from);
	for (size_t i = 0; i < regions->count; i++) {
		const struct region *region = &regions->list[i];
		const struct pci_function *function = &pci->functions[region->function];

		if (function->segment != bridge->segment || region->function == number)
			continue;
		if (below(pci, region->function, number) && !inside(region, openings))
			wrong(audit, bridge, "a BAR below it isn't in its windows", region->bus);
		else if (!below(pci, region->function, number) &&
			 (touches(region, &openings[0]) || touches(region, &openings[1])))
			wrong(audit, bridge, "its windows take in a BAR that isn't below it", region->bus);
	}
}

static void bridges_apart(struct audit *audit, int left, int right)
{
	const struct pci *pci = &audit->pci;
	const struct pci_function *a = &pci->functions[left], *b = &pci->functions[right];
	struct opening one[2], other[2];

	if (a->segment != b->segment || below(pci, left, right) || below(pci, right, left))
		return;
	if (a->secondary <= b->subordinate && b->secondary <= a->subordinate)
		wrong(audit, a, "its buses are another bridge's, too", b->secondary);
	if (!openings_of(a, one) || !openings_of(b, other))
		return;
	for (unsigned int i = 0; i < 4; i++)
		if (one[i / 2].from < other[i % 2].to && other[i % 2].from < one[i / 2].to)
			wrong(audit, a, "its windows are another bridge's, too", other[i % 2].from);
}

static void bus_check(struct audit *audit, int number)
{
	const struct pci *pci = &audit->pci;
	const struct pci_function *function = &pci->functions[number];
	const struct pci_function *parent =
		function->parent == PCI_NONE ? NULL : &pci->functions[function->parent];
	const uint32_t bus = function->rid >> 8;

	if (parent ? bus < parent->secondary || bus > parent->subordinate
		   : bus != pci->hosts[function->host].first_bus)
		wrong(audit, function, "no bridge leads to its bus", bus);
	for (size_t i = 0; i < pci->count; i++)
		if (pci->functions[i].kind != PCI_ENDPOINT &&
		    pci->functions[i].segment == function->segment && bus >= pci->functions[i].secondary &&
		    bus <= pci->functions[i].subordinate && !below(pci, number, (int)i))
			wrong(audit, function, "its bus is behind a bridge that it isn't below", bus);
}

static void virtual_check(struct audit *audit, const struct pci_function *function, uint32_t enabled)
{
	const uint32_t at = function->sriov;
	const uint32_t due = (enabled ? SRIOV_ENABLED : 0) |
			     (enabled ? pci_read(function, at + SRIOV_CONTROL, 2) & SRIOV_ARI : 0);
	uint32_t control = 0, number = 0, page = 0;

	if (!pci_left(function, at + SRIOV_CONTROL, 2, &control) || control != due)
		wrong(audit, function, "its virtual functions aren't on, or off, as cells have some",
		      control);
	if (enabled && (!pci_left(function, at + SRIOV_NUMBER, 2, &number) || number != enabled))
		wrong(audit, function, "it has another number of virtual functions than cells have", number);
	if (!pci_left(function, at + SRIOV_PAGE, 4, &page) || page != 1)
		wrong(audit, function, "its virtual functions' pages aren't 4 KiB", page);
	if (enabled && audit->pci.waited - function->switched_on < PCI_VF_WAIT)
		wrong(audit, function, "its virtual functions aren't waited for, in ms",
		      audit->pci.waited - function->switched_on);
}

static void acs_check(struct audit *audit, const struct pci_function *function)
{
	const uint32_t at = pci_extended(function, PCI_EXT_ACS);
	uint32_t control = 0;

	if (at && pci_left(function, at + ACS_CONTROL, 2, &control) && control & ACS_DIRECT)
		wrong(audit, function, "translated requests go past the IOMMU", control);
	if (!function->acs)
		return;
	if ((control & ACS_DUE) != ACS_DUE)
		wrong(audit, function, "what keeps functions apart isn't switched on", control);
	if (!pci_seen(function, at, 2, 0xffff, PCI_EXT_ACS) ||
	    !pci_seen(function, at + ACS_CONTROL, 2, ACS_DUE, ACS_DUE))
		unseen(audit, function, "that what keeps functions apart is on");
}

/* [impl->swr~audit-pci-space~1] */
static void function_check(struct audit *audit, int number)
{
	const struct pci_function *function = &audit->pci.functions[number];
	const bool bridge = function->kind != PCI_ENDPOINT;
	uint32_t command = 0, rom = 0;

	compared_check(audit, function);
	bus_check(audit, number);
	if (pci_is_host(function))
		return;
	acs_check(audit, function);
	if (!pci_left(function, bridge ? BRIDGE_ROM : ROM, 4, &rom) || rom & 1)
		wrong(audit, function, "its ROM isn't off", rom);
	if (bridge)
		return;
	if (!pci_left(function, COMMAND, 2, &command) || command & (COMMAND_DECODES | COMMAND_MASTERS))
		wrong(audit, function, "it is left decoding, or mastering the bus", command);
	if (function->owner != CELL_NONE_ID)
		capabilities_compared(audit, function);
	if (function->sriov)
		virtual_check(audit, function, pci_enabled(&audit->pci, number));
}

/* [impl->swr~audit-pci-space~1]
 * [impl->swr~audit-pci-machine~1] */
void rule_pci_space(struct audit *audit)
{
	const struct pci *pci = &audit->pci;
	struct regions regions = {0};
	bool used = audit->pci_step_count > 0;

	for (size_t i = 0; i < pci->count; i++)
		used |= pci->functions[i].owner != CELL_NONE_ID;
	if (!used)
		return;
	if (pci->step_wrong)
		violation(&audit->report, RULE_PCI_SPACE, "step %u of the boot: %s", pci->step,
			  pci->step_wrong);
	for (size_t i = 0; i < pci->count; i++) {
		const struct pci_function *function = &pci->functions[i];

		if (function->host == PCI_NONE || !pci_present(pci, (int)i))
			continue;
		if (function->physical == PCI_NONE)
			function_check(audit, (int)i);
		else if (function->owner != CELL_NONE_ID)
			capabilities_compared(audit, function);
		regions_add(audit, &regions, (int)i);
	}
	apart_check(audit, &regions);
	for (size_t i = 0; i < pci->count; i++) {
		if (pci->functions[i].kind == PCI_ENDPOINT || pci->functions[i].host == PCI_NONE)
			continue;
		bridge_check(audit, (int)i, &regions);
		for (size_t j = 0; j < i; j++)
			if (pci->functions[j].kind != PCI_ENDPOINT && pci->functions[j].host != PCI_NONE)
				bridges_apart(audit, (int)j, (int)i);
	}
	free(regions.list);
}
