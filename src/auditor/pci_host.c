// SPDX-License-Identifier: Apache-2.0
/*
 * pci_host.c - the PCI hosts of the board's tree, and what names a function has behind them: its
 * configuration space, StreamID and DeviceID.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "model.h"

#define BUS_BYTES (UINT64_C(1) << 20) /* of ECAM, a bus */

static void windows_read(const struct tree *tree, struct pci_host *host)
{
	struct pci_window window;
	uint32_t space;
	struct range range;

	while (host->window_count < PCI_WINDOWS &&
	       node_bus_window(tree, host->node, (unsigned int)host->window_count, &range, &space,
			       &window.bus)) {
		window.cpu = range.base;
		window.size = range.size;
		window.io = (space >> 24 & 3) == 1;
		window.wide = (space >> 24 & 3) == 3;
		host->windows[host->window_count++] = window;
	}
}

static void host_read(struct audit *audit, const struct node *node)
{
	const struct tree *tree = &audit->board.tree;
	struct pci *pci = &audit->pci;
	struct pci_host host = {.node = node, .last_bus = 255, .segment = (uint32_t)pci->host_count};

	(void)node_u32(tree, node, "linux,pci-domain", 0, &host.segment);
	(void)node_u32(tree, node, "bus-range", 0, &host.first_bus);
	(void)node_u32(tree, node, "bus-range", 1, &host.last_bus);
	host.ecam = node->regs[0];
	if (host.last_bus > 255 || host.first_bus > host.last_bus)
		host.last_bus = host.first_bus = 0;
	/* Buses that the window doesn't hold can't be reached. */
	while (host.last_bus > host.first_bus &&
	       (host.last_bus - host.first_bus + 1) * BUS_BYTES > host.ecam.size)
		host.last_bus--;
	windows_read(tree, &host);
	pci->hosts = memory_grow(pci->hosts, pci->host_count, sizeof(host));
	pci->hosts[pci->host_count++] = host;
}

/* A requester ID through `map` (devicetree binding pci-iommu.txt, pci-msi.txt). */
static const struct node *id_mapped(const struct tree *tree, const struct node *host, const char *map,
				    const char *mask_name, uint32_t rid, uint32_t *id)
{
	uint32_t mask = 0xffff, base, phandle, out, length;

	(void)node_u32(tree, host, mask_name, 0, &mask);
	rid &= mask;
	for (unsigned int at = 0;
	     node_u32(tree, host, map, at, &base) && node_u32(tree, host, map, at + 1, &phandle) &&
	     node_u32(tree, host, map, at + 2, &out) && node_u32(tree, host, map, at + 3, &length);
	     at += 4) {
		if (rid < base || rid - base >= length)
			continue;
		*id = out + (rid - base);
		return tree_phandle(tree, phandle);
	}
	return NULL;
}

static void identify(const struct tree *tree, const struct pci *pci, struct pci_function *function)
{
	const struct node *host;
	uint32_t parent;

	for (size_t i = 0; i < pci->host_count; i++)
		if (pci->hosts[i].segment == function->segment &&
		    function->rid >> 8 >= pci->hosts[i].first_bus &&
		    function->rid >> 8 <= pci->hosts[i].last_bus)
			function->host = (int)i;
	if (function->host == PCI_NONE)
		return;
	host = pci->hosts[function->host].node;
	function->smmu =
		id_mapped(tree, host, "iommu-map", "iommu-map-mask", function->rid, &function->stream);
	function->its = id_mapped(tree, host, "msi-map", "msi-map-mask", function->rid, &function->device_id);
	/* Without a map the DeviceID is the requester ID. */
	if (!node_flag(tree, host, "msi-map") && node_u32(tree, host, "msi-parent", 0, &parent)) {
		function->its = tree_phandle(tree, parent);
		function->device_id = function->rid;
	}
	if (function->smmu &&
	    (!function->smmu->enabled || !node_compatible(tree, function->smmu, "arm,smmu-v3")))
		function->smmu = NULL;
	if (function->its && (!function->its->enabled || !function->its->reg_count ||
			      !node_compatible(tree, function->its, "arm,gic-v3-its")))
		function->its = NULL;
}

/* [impl->swr~audit-pci-inventory~1] */
void pci_hosts_find(struct audit *audit)
{
	const struct tree *tree = &audit->board.tree;

	for (size_t i = 0; i < tree->count; i++)
		if (tree->nodes[i].enabled && tree->nodes[i].reg_count &&
		    node_compatible(tree, &tree->nodes[i], "pci-host-ecam-generic"))
			host_read(audit, &tree->nodes[i]);
	for (size_t i = 0; i < audit->pci.count; i++)
		identify(tree, &audit->pci, &audit->pci.functions[i]);
}

uint64_t pci_config_pa(const struct pci *pci, const struct pci_function *function)
{
	const struct pci_host *host;

	if (function->host == PCI_NONE)
		return 0;
	host = &pci->hosts[function->host];
	return host->ecam.base + (uint64_t)(function->rid - (host->first_bus << 8)) * PCI_SPACE;
}
