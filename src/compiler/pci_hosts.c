/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pci_hosts.c - the PCI hosts, IOMMUs and ITSs of the board's tree, and behind which of them each function
 * is.
 *
 * Bindings: Documentation/devicetree/bindings/pci/{pci-iommu,pci-msi}.txt of Linux, PCI Firmware 3.3 (ECAM).
 * Called by board.c once tree and inventory are read.
 */
#include "front.h"

#include "interrupts.h"
#include "ranges.h"
#include "text.h"

#include <libfdt.h>
#include <string.h>

#define BUS_BYTES      UINT64_C(0x100000) /* of configuration space, a bus */
#define BUSES	       256u
#define OWN_REGS       UINT64_C(0x20000)	 /* two pages or frames of 64 KiB: GICv3 12.2.1, SMMUv3 6.1 */
#define SPACE_64(cell) (((cell) >> 24 & 3) == 3) /* memory of 64-bit addresses */
#define PREFETCHABLE   (UINT32_C(1) << 30)
#define MAP_CELLS      4

static bool number_at(const void *tree, int node, const char *property, int index, uint32_t *number)
{
	int length;
	const fdt32_t *const cells = fdt_getprop(tree, node, property, &length);

	if (!cells || length / 4 <= index)
		return false;
	*number = fdt32_ld(&cells[index]);
	return true;
}

/* ---- IOMMUs and ITSs ---- */

/* Some trees name the first page alone. */
static struct range own_registers(const void *tree, int node)
{
	const struct ranges regs = registers_of(tree, node);
	struct range range = regs.count ? regs.at[0] : (struct range){0, 0};

	if (regs.count && range.size < OWN_REGS)
		range.size = OWN_REGS;
	return range;
}

static struct interrupt named_interrupt(const struct board *board, int node, const char *name)
{
	const struct interrupts interrupts = interrupts_of(board, node);
	int index = fdt_stringlist_search(board->tree.data, node, "interrupt-names", name);

	if (index < 0)
		index = fdt_stringlist_search(board->tree.data, node, "interrupt-names", "combined");
	/* Names count where each interrupt is one of the GIC's. */
	if (index < 0 ||
	    interrupts.count != (size_t)fdt_stringlist_count(board->tree.data, node, "interrupt-names"))
		return (struct interrupt){0, false};
	return interrupts.at[index];
}

static void read_smmus(struct board *board)
{
	const void *const tree = board->tree.data;

	for (int node = fdt_node_offset_by_compatible(tree, -1, "arm,smmu-v3"); node >= 0;
	     node = fdt_node_offset_by_compatible(tree, node, "arm,smmu-v3")) {
		const struct range regs = own_registers(tree, node);

		if (!node_enabled(tree, node) || !regs.size)
			continue;
		board->smmus = memory_grow(board->smmus, board->smmu_count, sizeof(board->smmus[0]));
		board->smmus[board->smmu_count++] =
			(struct smmu){.node = node,
				      .path = node_path(tree, node),
				      .regs = regs,
				      .event = named_interrupt(board, node, "eventq"),
				      .error = named_interrupt(board, node, "gerror"),
				      .coherent = fdt_getprop(tree, node, "dma-coherent", NULL) != NULL};
	}
}

static void read_itss(struct board *board)
{
	const void *const tree = board->tree.data;

	for (int node = fdt_node_offset_by_compatible(tree, -1, "arm,gic-v3-its"); node >= 0;
	     node = fdt_node_offset_by_compatible(tree, node, "arm,gic-v3-its")) {
		const struct range regs = own_registers(tree, node);

		if (!node_enabled(tree, node) || !regs.size)
			continue;
		board->itss = memory_grow(board->itss, board->its_count, sizeof(board->itss[0]));
		board->itss[board->its_count++] = (struct its){node, node_path(tree, node), regs};
	}
}

/* ---- hosts ---- */

static struct pci_window window_of(const struct bus_window *window)
{
	return (struct pci_window){.base = window->range.base,
				   .bus = window->bus,
				   .size = window->range.size,
				   .wide = SPACE_64(window->space),
				   .prefetchable = window->space & PREFETCHABLE};
}

static void read_windows(const struct board *board, struct pci_host *host)
{
	struct bus_window windows[PCI_WINDOWS_MOST];
	const size_t count = bus_windows_of(board->tree.data, host->node, windows, PCI_WINDOWS_MOST);

	for (size_t i = 0; i < count; i++)
		if (BUS_SPACE_IS_MEMORY(windows[i].space))
			host->windows[host->window_count++] = window_of(&windows[i]);
}

static void read_reach(const struct board *board, struct pci_host *host)
{
	const struct bus_windows windows = reached_on(board->tree.data, host->node);

	host->limited = reach_limited(board->tree.data, host->node);
	if (!host->limited)
		return;
	host->reached = memory_new(windows.count, sizeof(host->reached[0]));
	while (host->reached_count < windows.count) {
		host->reached[host->reached_count] = window_of(&windows.at[host->reached_count]);
		host->reached_count++;
	}
}

struct ranges pci_reached(const struct pci_host *host)
{
	struct ranges reached = {NULL, 0};

	for (size_t i = 0; i < host->reached_count; i++)
		ranges_add(&reached, host->reached[i].base, host->reached[i].size);
	return reached;
}

static const char *why_not(const struct board *board, const struct pci_host *host)
{
	const void *const tree = board->tree.data;

	if (fdt_node_check_compatible(tree, host->node, "pci-host-ecam-generic") != 0)
		return "its functions share one window for their configuration (it is no "
		       "\"pci-host-ecam-generic\"), so they can't be divided";
	if (!host->ecam_size)
		return "its 'reg' is no address of the CPUs that holds a bus";
	if (!fdt_getprop(tree, host->node, "dma-coherent", NULL))
		return "its functions' DMA passes by the caches (no 'dma-coherent')";
	for (size_t i = 0; i + 1 < board->pci_host_count; i++)
		if (board->pci_hosts[i].segment == host->segment &&
		    board->pci_hosts[i].first_bus <= host->last_bus &&
		    host->first_bus <= board->pci_hosts[i].last_bus)
			return text_format("%s has its segment and buses", board->pci_hosts[i].path);
	return NULL;
}

static void read_host(struct board *board, int node)
{
	const void *const tree = board->tree.data;
	const struct ranges regs = registers_of(tree, node);
	struct pci_host *host;

	board->pci_hosts = memory_grow(board->pci_hosts, board->pci_host_count, sizeof(board->pci_hosts[0]));
	host = &board->pci_hosts[board->pci_host_count++];
	*host = (struct pci_host){.node = node, .path = node_path(tree, node), .last_bus = BUSES - 1};
	host->segment = (uint32_t)board->pci_host_count - 1;
	number_at(tree, node, "linux,pci-domain", 0, &host->segment);
	number_at(tree, node, "bus-range", 0, &host->first_bus);
	number_at(tree, node, "bus-range", 1, &host->last_bus);
	if (regs.count && host->first_bus < BUSES && host->last_bus >= host->first_bus) {
		host->ecam = regs.at[0].base;
		host->ecam_size = align_down(regs.at[0].size, BUS_BYTES);
		if (host->ecam_size / BUS_BYTES > BUSES - host->first_bus)
			host->ecam_size = (BUSES - host->first_bus) * BUS_BYTES;
		/* Buses beyond the window can't be reached. */
		if (host->ecam_size && host->last_bus - host->first_bus >= host->ecam_size / BUS_BYTES)
			host->last_bus = host->first_bus + (uint32_t)(host->ecam_size / BUS_BYTES) - 1;
	}
	read_windows(board, host);
	read_reach(board, host);
	host->why = why_not(board, host);
}

/* ---- functions ---- */

/* A requester ID through iommu-map or msi-map; the node that it leads to, negative: none. */
static int mapped(const void *tree, int host, const char *map, const char *mask_name, uint32_t rid,
		  uint32_t *id)
{
	uint32_t mask = UINT16_MAX, row[MAP_CELLS];

	number_at(tree, host, mask_name, 0, &mask);
	rid &= mask;
	for (int at = 0; number_at(tree, host, map, at + MAP_CELLS - 1, &row[MAP_CELLS - 1]);
	     at += MAP_CELLS) {
		for (int i = 0; i < MAP_CELLS; i++)
			number_at(tree, host, map, at + i, &row[i]);
		if (rid < row[0] || rid - row[0] >= row[3])
			continue;
		*id = row[2] + (rid - row[0]);
		return node_by_phandle(tree, row[1]);
	}
	return -1;
}

static void identify(struct board *board, struct pci_function *function)
{
	const void *const tree = board->tree.data;
	const int host = board->pci_hosts[function->host].node;
	const int smmu =
		mapped(tree, host, "iommu-map", "iommu-map-mask", pci_rid(function), &function->stream);
	int its = mapped(tree, host, "msi-map", "msi-map-mask", pci_rid(function), &function->device_id);
	uint32_t parent;

	if (!fdt_getprop(tree, host, "msi-map", NULL) && number_at(tree, host, "msi-parent", 0, &parent)) {
		its = node_by_phandle(tree, parent);
		function->device_id = pci_rid(function);
	}
	for (size_t i = 0; i < board->smmu_count; i++)
		if (board->smmus[i].node == smmu)
			function->smmu = i;
	for (size_t i = 0; i < board->its_count; i++)
		if (board->itss[i].node == its)
			function->its = i;
}

static void find_host(struct board *board, struct pci_function *function)
{
	for (size_t i = 0; i < board->pci_host_count; i++) {
		const struct pci_host *const host = &board->pci_hosts[i];

		if (host->segment == function->segment && function->bus >= host->first_bus &&
		    function->bus <= host->last_bus && function->host == PCI_NONE)
			function->host = i;
	}
	if (function->host == PCI_NONE)
		return;
	if (function->parent == PCI_NONE && function->physical == PCI_NONE &&
	    function->bus != board->pci_hosts[function->host].first_bus) {
		diag_error(function->at, "no bridge leads to bus 0x%02x of %s: %s starts at bus 0x%02x",
			   function->bus, function->address, board->pci_hosts[function->host].path,
			   board->pci_hosts[function->host].first_bus);
		return;
	}
	identify(board, function);
}

void pci_hosts_read(struct board *board)
{
	const void *const tree = board->tree.data;

	read_smmus(board);
	read_itss(board);
	for (int node = fdt_next_node(tree, -1, NULL); node >= 0; node = fdt_next_node(tree, node, NULL)) {
		const char *const type = fdt_getprop(tree, node, "device_type", NULL);
		const char *const above = fdt_getprop(tree, node_parent(tree, node), "device_type", NULL);

		/* Ports below a host say that they are PCI, too. */
		if (type && strcmp(type, "pci") == 0 && !(above && strcmp(above, "pci") == 0) &&
		    node_enabled(tree, node))
			read_host(board, node);
	}
	for (size_t i = 0; i < board->pci.count; i++)
		find_host(board, &board->pci.at[i]);
	if (board->processors && board->processor_count != board->core_count)
		diag_error((struct place){board->machine.path, 1, 1},
			   "/its/processors has %zu numbers, and the board %zu cores", board->processor_count,
			   board->core_count);
}
