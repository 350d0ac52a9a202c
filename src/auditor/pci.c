// SPDX-License-Identifier: Apache-2.0
/*
 * pci.c - reads the PCI inventory that the FIT carries (docs/formats.md): functions, their BARs and
 * capabilities, and how they hang together. All of it is untrusted.
 *
 * Virtual functions are found by their PF's offset and stride, not by what the inventory says of them.
 */
#include <inttypes.h>
#include <libfdt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model.h"

#define HEADER_TYPE	  0x0eu
#define CLASS_HOST	  0x0600u
#define CAPABILITIES	  0x34u
#define SECONDARY	  0x19u
#define SUBORDINATE	  0x1au
#define STATUS_LIST	  (UINT32_C(1) << 20) /* of the register at 4: there are capabilities */
#define EXTENDED	  0x100u
#define ACS_NEEDED	  0x1du
#define RESOURCE_WORDS	  3u /* address, size, flags: a row of sysfs's `resource` */
#define RESOURCE_IO	  UINT64_C(0x100)
#define RESOURCE_MEMORY	  UINT64_C(0x200)
#define RESOURCE_PREFETCH UINT64_C(0x2000)
#define RESOURCE_WIDE	  UINT64_C(0x100000)
#define RESOURCE_VF	  7u /* the first of the VF BARs: behind BARs and ROM */

uint32_t pci_read(const struct pci_function *function, uint32_t offset, unsigned int width)
{
	uint32_t value = 0;

	for (unsigned int i = 0; i < width; i++)
		if (offset + i < function->config_size)
			value |= (uint32_t)function->config[offset + i] << 8 * i;
	return value;
}

/* A list has no more members than there is room for: one that goes in a circle ends. */
uint32_t pci_capability(const struct pci_function *function, uint32_t id)
{
	uint32_t at = pci_read(function, CAPABILITIES, 1) & 0xfc;

	if (!(pci_read(function, 4, 4) & STATUS_LIST))
		return 0;
	for (unsigned int left = EXTENDED / 4; at && left; left--) {
		if (pci_read(function, at, 1) == id)
			return at;
		at = pci_read(function, at + 1, 1) & 0xfc;
	}
	return 0;
}

uint32_t pci_extended(const struct pci_function *function, uint32_t id)
{
	uint32_t at = EXTENDED;

	for (unsigned int left = PCI_SPACE / 4; at >= EXTENDED && left; left--) {
		const uint32_t header = pci_read(function, at, 4);

		if (!header)
			return 0;
		if ((header & 0xffff) == id)
			return at;
		at = header >> 20 & 0xffc;
	}
	return 0;
}

static void wrong(struct audit *audit, const char *who, const char *what)
{
	violation(&audit->report, RULE_INPUT, "PCI inventory: %s: %s", who, what);
}

/* SSSS:BB:DD.F, digits alone. */
bool pci_address(const char *text, uint32_t *segment, uint32_t *rid)
{
	static const char shape[] = "xxxx:xx:xx.x";
	uint32_t parts[4] = {0};
	unsigned int part = 0;

	if (strlen(text) != sizeof(shape) - 1)
		return false;
	for (size_t i = 0; i < sizeof(shape) - 1; i++) {
		const char c = text[i], lower = (char)(c | 0x20);

		if (shape[i] != 'x') {
			if (c != shape[i])
				return false;
			part++;
		} else if (c >= '0' && c <= '9') {
			parts[part] = parts[part] << 4 | (uint32_t)(c - '0');
		} else if (lower >= 'a' && lower <= 'f') {
			parts[part] = parts[part] << 4 | (uint32_t)(lower - 'a' + 10);
		} else {
			return false;
		}
	}
	*segment = parts[0];
	*rid = parts[1] << 8 | parts[2] << 3 | parts[3];
	return parts[2] < 32 && parts[3] < 8;
}

static void name_make(struct pci_function *function)
{
	(void)snprintf(function->name, sizeof(function->name), "%04x:%02x:%02x.%x",
		       function->segment & 0xffff, function->rid >> 8 & 0xff, function->rid >> 3 & 0x1f,
		       function->rid & 7);
}

static bool bar_read(const struct tree *tree, const struct node *node, unsigned int row, uint64_t divide,
		     struct pci_bar *bar)
{
	uint64_t size, flags;

	*bar = (struct pci_bar){0};
	if (!node_u64(tree, node, "resources", row * RESOURCE_WORDS + 1, &size) ||
	    !node_u64(tree, node, "resources", row * RESOURCE_WORDS + 2, &flags) || !size ||
	    !(flags & (RESOURCE_IO | RESOURCE_MEMORY)))
		return true;
	if (!divide || size % divide)
		return false;
	*bar = (struct pci_bar){size / divide, flags & RESOURCE_IO, flags & RESOURCE_WIDE,
				flags & RESOURCE_PREFETCH};
	return !(bar->size & (bar->size - 1)) && bar->size >= 16;
}

static bool bars_read(const struct tree *tree, const struct node *node, struct pci_function *function)
{
	const unsigned int bars = function->kind == PCI_ENDPOINT ? PCI_BARS : 2;
	bool sound = true;

	for (unsigned int i = 0; i < bars; i++) {
		sound &= bar_read(tree, node, i, 1, &function->bars[i]);
		sound &= !function->bars[i].wide || i + 1 < bars;
		sound &= !i || !function->bars[i - 1].wide || !function->bars[i].size;
	}
	for (unsigned int i = 0; function->sriov && i < PCI_BARS; i++) {
		sound &= bar_read(tree, node, RESOURCE_VF + i, function->total, &function->vf_bars[i]);
		sound &= !function->vf_bars[i].io && (!function->vf_bars[i].wide || i + 1 < PCI_BARS);
		sound &= !i || !function->vf_bars[i - 1].wide || !function->vf_bars[i].size;
	}
	return sound;
}

static void kind_read(struct pci_function *function)
{
	const uint32_t express = pci_capability(function, PCI_CAP_EXPRESS);
	const uint32_t type = express ? pci_read(function, express + 2, 2) >> 4 & 0xf : 0;
	const uint32_t acs = pci_extended(function, PCI_EXT_ACS);

	if ((pci_read(function, HEADER_TYPE, 1) & 0x7f) == 1) {
		function->kind = type == 4 || type == 6 ? PCI_PORT : type == 5 ? PCI_UPSTREAM : PCI_BRIDGE;
		function->secondary = pci_read(function, SECONDARY, 1);
		function->subordinate = pci_read(function, SUBORDINATE, 1);
	}
	function->acs = acs && (pci_read(function, acs + 4, 2) & ACS_NEEDED) == ACS_NEEDED;
}

static void sriov_read(struct pci_function *function)
{
	const uint32_t at = pci_extended(function, PCI_EXT_SRIOV);

	function->total = at ? pci_read(function, at + 0x0e, 2) : 0;
	if (!function->total || function->kind != PCI_ENDPOINT)
		return;
	function->sriov = at;
	function->offset = pci_read(function, at + 0x14, 2);
	function->stride = pci_read(function, at + 0x16, 2);
	function->vf_device = pci_read(function, at + 0x1a, 2);
}

static struct pci_function *function_add(struct pci *pci, struct pci_function function)
{
	name_make(&function);
	pci->functions = memory_grow(pci->functions, pci->count, sizeof(function));
	pci->functions[pci->count] = function;
	return &pci->functions[pci->count++];
}

static void function_read(struct audit *audit, const struct node *node)
{
	const struct tree *tree = &audit->pci.tree;
	const char *address = node_string(tree, node, "address");
	struct pci_function function = {
		.physical = PCI_NONE, .parent = PCI_NONE, .host = PCI_NONE, .owner = CELL_NONE_ID};
	uint32_t class, revision;
	int length = 0;

	if (!address || !pci_address(address, &function.segment, &function.rid) ||
	    !node_u32(tree, node, "vendor", 0, &function.vendor) ||
	    !node_u32(tree, node, "device", 0, &function.device) ||
	    !node_u32(tree, node, "class", 0, &class) || !node_u32(tree, node, "revision", 0, &revision)) {
		wrong(audit, node->path, "it lacks address, vendor, device, class or revision");
		return;
	}
	function.class = class << 8 | (revision & 0xff);
	function.config = node_property(tree, node, "config", &length);
	function.config_size = function.config && length > 0 ? (size_t)length : 0;
	if (function.config_size > PCI_SPACE || (pci_read(&function, HEADER_TYPE, 1) & 0x7f) > 1) {
		wrong(audit, node->path, "its configuration space is none");
		return;
	}
	kind_read(&function);
	sriov_read(&function);
	if (!bars_read(tree, node, &function)) {
		wrong(audit, node->path, "its BARs are none");
		return;
	}
	if (audit->pci.count < PCI_MAX)
		function_add(&audit->pci, function);
	else
		wrong(audit, node->path, "there are more functions than any machine has");
}

static int by_rid(const void *left, const void *right)
{
	const struct pci_function *a = left, *b = right;

	if (a->segment != b->segment)
		return a->segment < b->segment ? -1 : 1;
	return a->rid < b->rid ? -1 : a->rid > b->rid;
}

int pci_find(const struct pci *pci, uint32_t segment, uint32_t rid)
{
	const struct pci_function key = {.segment = segment, .rid = rid};
	const struct pci_function *found =
		pci->count ? bsearch(&key, pci->functions, pci->count, sizeof(key), by_rid) : NULL;

	return found ? (int)(found - pci->functions) : PCI_NONE;
}

static void sort(struct audit *audit)
{
	struct pci *pci = &audit->pci;

	if (pci->count)
		qsort(pci->functions, pci->count, sizeof(*pci->functions), by_rid);
	for (size_t i = 1; i < pci->count; i++)
		if (!by_rid(&pci->functions[i - 1], &pci->functions[i]))
			wrong(audit, pci->functions[i].name, "it is there twice");
}

/* The PF that puts a virtual function there; PCI_NONE: none does. */
static int physical_of(const struct pci *pci, const struct pci_function *function, uint32_t *number)
{
	for (size_t i = 0; i < pci->count; i++) {
		const struct pci_function *pf = &pci->functions[i];
		const uint32_t first = pf->rid + pf->offset;

		if (!pf->sriov || pf->segment != function->segment || function->rid < first)
			continue;
		*number = pf->stride ? (function->rid - first) / pf->stride : 0;
		if (*number < pf->total && first + *number * pf->stride == function->rid)
			return (int)i;
	}
	return PCI_NONE;
}

/* Virtual functions that the inventory doesn't list are there none the less. */
static void virtual_add(struct audit *audit)
{
	struct pci *pci = &audit->pci;
	const size_t listed = pci->count;

	for (size_t i = 0; i < listed; i++) {
		for (uint32_t vf = 0; vf < pci->functions[i].total && pci->functions[i].sriov; vf++) {
			const struct pci_function pf = pci->functions[i];
			struct pci_function function = {.segment = pf.segment,
							.rid = pf.rid + pf.offset + vf * pf.stride,
							.physical = PCI_NONE,
							.parent = PCI_NONE,
							.host = PCI_NONE,
							.owner = CELL_NONE_ID};
			const struct pci_function *found =
				bsearch(&function, pci->functions, listed, sizeof(function), by_rid);

			if (function.rid > 0xffff || pci->count >= PCI_MAX) {
				wrong(audit, pf.name, "its virtual functions are more than there can be");
				return;
			}
			if (!found)
				function_add(pci, function);
		}
	}
	sort(audit);
}

static void virtual_resolve(struct audit *audit)
{
	struct pci *pci = &audit->pci;

	for (size_t i = 0; i < pci->count; i++) {
		struct pci_function *function = &pci->functions[i];
		const int physical = physical_of(pci, function, &function->vf);

		if (physical == PCI_NONE)
			continue;
		if (function->sriov || function->kind != PCI_ENDPOINT)
			wrong(audit, function->name, "it lies where a virtual function is");
		const struct pci_function *pf = &pci->functions[physical];

		function->physical = physical;
		function->vendor = pf->vendor;
		function->device = pf->vf_device;
		memcpy(function->bars, pf->vf_bars, sizeof(function->bars));
	}
}

/* The bridge whose secondary bus is the function's, or, of virtual functions on further buses, the last that
 * takes the bus in. */
static void parents_find(struct pci *pci)
{
	for (size_t i = 0; i < pci->count; i++) {
		struct pci_function *function = &pci->functions[i];
		const uint32_t rid = function->physical == PCI_NONE ? function->rid
								    : pci->functions[function->physical].rid;

		for (size_t j = 0; j < pci->count; j++) {
			const struct pci_function *bridge = &pci->functions[j];

			if (bridge->kind != PCI_ENDPOINT && bridge->segment == function->segment &&
			    bridge->secondary == rid >> 8 && bridge->secondary > bridge->rid >> 8)
				function->parent = (int)j;
		}
	}
}

bool pci_is_host(const struct pci_function *function)
{
	return function->class >> 16 == CLASS_HOST;
}

uint32_t pci_enabled(const struct pci *pci, int physical)
{
	uint32_t count = 0;

	for (size_t i = 0; i < pci->count; i++) {
		const struct pci_function *function = &pci->functions[i];

		if (function->physical == physical && function->owner != CELL_NONE_ID &&
		    function->vf >= count)
			count = function->vf + 1;
	}
	return count;
}

bool pci_present(const struct pci *pci, int function)
{
	const struct pci_function *at = &pci->functions[function];

	return at->physical == PCI_NONE || at->vf < pci_enabled(pci, at->physical);
}

/* [impl->swr~audit-pci-inventory~1] */
void pci_open(struct audit *audit)
{
	struct pci *pci = &audit->pci;
	const char *why;

	if (!audit->fit.pci.data)
		return;
	if (!tree_open(&pci->tree, audit->fit.pci, &why)) {
		wrong(audit, "it can't be read", why);
		return;
	}
	if (!node_compatible(&pci->tree, &pci->tree.nodes[0], "bulkhead,pci-v1"))
		wrong(audit, "/", "compatible isn't bulkhead,pci-v1");
	for (size_t i = 1; i < pci->tree.count; i++)
		function_read(audit, &pci->tree.nodes[i]);
	sort(audit);
	virtual_add(audit);
	virtual_resolve(audit);
	parents_find(pci);
	pci_hosts_find(audit);
	pci_assign(audit);
}

void pci_close(struct pci *pci)
{
	for (size_t i = 0; i < pci->count; i++)
		free(pci->functions[i].state);
	free(pci->functions);
	free(pci->hosts);
	tree_close(&pci->tree);
}
