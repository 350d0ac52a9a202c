/* SPDX-License-Identifier: Apache-2.0 */
/*
 * import_limits.c - what a board that is imported can't do: one plain line each. Called by import.c.
 */
#include "import.h"
#include "front.h"
#include "text.h"

#include <libfdt.h>
#include <string.h>

/* PCI hosts whose config space is memory, a page a function (ECAM). */
static const char *const ecam_hosts[] = {
	"pci-host-ecam-generic",	"pci-host-cam-generic",		 "arm,gem5_pcie",
	"cavium,pci-host-thunder-ecam", "socionext,synquacer-pcie-ecam", "snps,dw-pcie-ecam"};

static bool is_any(const void *tree, int node, const char *const *compatibles, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (fdt_node_check_compatible(tree, node, compatibles[i]) == 0)
			return true;
	return false;
}

static const char *path_of(const void *tree, int node)
{
	char path[1024];

	return fdt_get_path(tree, node, path, sizeof(path)) == 0 ? text_format("%s", path) : "(a node)";
}

static void say_console(const struct board *board, const char **text)
{
	if (board->uart.size)
		return;
	import_add(text, "the hypervisor prints nothing, not even why it refuses to start: %s\n",
		   board->uart_device < 0 ? "the tree names no console (/chosen/stdout-path)"
					  : text_format("its console %s is no arm,pl011",
							board->devices[board->uart_device].path));
}

static void say_masters(const struct board *board, const char **text)
{
	const char *list = "", *behind = "";
	size_t alone = 0, guarded = 0;

	for (size_t i = 0; i < board->device_count; i++) {
		const struct device *const device = &board->devices[i];

		if (device->forbidden || !device->bus_master ||
		    !node_enabled(board->tree.data, device->node) || !device->regs.count)
			continue;
		if (device->has_iommu)
			guarded++;
		else
			alone++;
		import_add(device->has_iommu ? &behind : &list, "    %s\n", device->path);
	}
	if (alone)
		import_add(
			text,
			"no cell can have %zu devices that may master the bus with no IOMMU in front (none "
			"is in known-slaves):\n%s",
			alone, list);
	if (guarded)
		import_add(
			text,
			"no cell can have %zu devices that master the bus through an IOMMU, for streams are "
			"not supported yet:\n%s",
			guarded, behind);
}

static void say_iommu(const struct board *board, const char **text)
{
	static const char *const older[] = {"arm,mmu-500", "arm,mmu-400",  "arm,mmu-401",    "arm,smmu-v2",
					    "arm,smmu-v1", "qcom,smmu-v2", "nvidia,smmu-500"};
	const void *const tree = board->tree.data;
	size_t version2 = 0, version3 = 0;

	for (int node = fdt_next_node(tree, -1, NULL); node >= 0; node = fdt_next_node(tree, node, NULL)) {
		if (!node_enabled(tree, node))
			continue;
		version2 += is_any(tree, node, older, sizeof(older) / sizeof(older[0]));
		version3 += fdt_node_check_compatible(tree, node, "arm,smmu-v3") == 0;
	}
	if (!version3)
		import_add(text, "no SMMUv3 stands in front of any bus master%s\n",
			   version2 ? ": its SMMUs are version 2 or older" : "");
	if (version3 > 1)
		import_add(text, "of its %zu SMMUv3 only the first is put into its abort state\n", version3);
}

static void say_pci(const struct board *board, const char **text)
{
	const void *const tree = board->tree.data;

	for (int node = fdt_next_node(tree, -1, NULL); node >= 0; node = fdt_next_node(tree, node, NULL)) {
		const char *const type = fdt_getprop(tree, node, "device_type", NULL);
		const char *const compatible = fdt_getprop(tree, node, "compatible", NULL);

		if (!type || !compatible || strcmp(type, "pci") != 0 || !node_enabled(tree, node) ||
		    is_any(tree, node, ecam_hosts, sizeof(ecam_hosts) / sizeof(ecam_hosts[0])))
			continue;
		import_add(text,
			   "functions behind %s (%s) can't be divided: its configuration space is a shared "
			   "window, not ECAM\n",
			   path_of(tree, node), compatible);
	}
}

const char *import_limits(const struct board *board)
{
	const char *text = "";

	say_console(board, &text);
	say_iommu(board, &text);
	if (fdt_node_offset_by_compatible(board->tree.data, -1, "arm,gic-v3-its") < 0)
		import_add(&text,
			   "no PCI function can raise MSIs: there is no interrupt translation service\n");
	say_pci(board, &text);
	if (board->core_count > BP_CELL_CORES_MAX + 1)
		import_add(&text,
			   "a cell has at most %u cores: the others are idle until another cell takes them\n",
			   BP_CELL_CORES_MAX);
	say_masters(board, &text);
	return text;
}
