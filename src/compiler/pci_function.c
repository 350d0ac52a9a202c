/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pci_function.c - one node of pci.dts: a PCI function by itself (pci.h).
 *
 * `bulkhead import --pci` writes the nodes from Linux's /sys/bus/pci/devices. What configuration space tells
 * is taken from there; sizes of BARs, which it doesn't tell, from `resources`, whose rows are those of sysfs:
 * address, size and flags (include/linux/ioport.h) of six BARs, the ROM, six VF BARs, a bridge's windows.
 * Called by pci_inventory.c.
 */
#include "front.h"

#include "text.h"

#include <libfdt.h>
#include <string.h>

#define RESOURCE_IO	  UINT64_C(0x100)
#define RESOURCE_MEMORY	  UINT64_C(0x200)
#define RESOURCE_PREFETCH UINT64_C(0x2000)
#define RESOURCE_64	  UINT64_C(0x100000)
#define RESOURCE_WORDS	  3u  /* address, size, flags */
#define VF_RESOURCES	  7u  /* the first of the VF BARs: behind BARs and ROM */
#define RESOURCES_WITH_VF 13u /* of a kernel that knows SR-IOV */

#define BAR_LEAST	  UINT64_C(16)
#define BAR_IO_LEAST	  UINT64_C(4)
#define BAR_32_MOST	  UINT64_C(0x80000000)
#define BARS_MOST	  UINT64_C(0x100000000000) /* 16 TiB: what thousands of them have together is a number */

/* PCI Express Base Specification 6.0, 7.5.1, 7.5.3, 7.7.1, 7.7.2, 7.7.8, 9.3.3 */
#define CLASS_REVISION 0x08u
#define HEADER_TYPE    0x0eu
#define HEADER_MASK    0x7fu
#define SECONDARY      0x19u
#define SUBORDINATE    0x1au
#define PREFETCH_BASE  0x24u
#define EXPRESS_KIND   0x02u /* bits 7:4 */
#define MSI_CONTROL    0x02u
#define MSI_LOG_MOST   5u
#define MSIX_CONTROL   0x02u
#define MSIX_TABLE     0x04u
#define MSIX_PENDING   0x08u
#define ACS_ABLE       0x04u
#define ACS_NEEDED     0x1du /* source validation, request and completion redirect, upstream forwarding */
#define SRIOV_TOTAL    0x0eu
#define SRIOV_OFFSET   0x14u
#define SRIOV_STRIDE   0x16u
#define SRIOV_DEVICE   0x1au
#define SRIOV_PAGES    0x1cu

static struct place place_of(const struct source *source, int node, const char *property)
{
	const bool there = fdt_getprop(source->tree.data, node, property, NULL) != NULL;

	return source_place(source, node, there ? property : NULL);
}

bool pci_parse(const char *text, uint32_t *segment, uint32_t *bus, uint32_t *devfn)
{
	static const char shape[] = "xxxx:xx:xx.x", digits[] = "0123456789abcdef";
	uint32_t parts[4] = {0};
	unsigned int part = 0;

	if (!text || strlen(text) != sizeof(shape) - 1)
		return false;
	for (size_t i = 0; shape[i]; i++) {
		const char *const digit = strchr(digits, text[i]);

		if (shape[i] == 'x' ? !digit : text[i] != shape[i])
			return false;
		if (shape[i] == 'x')
			parts[part] = parts[part] << 4 | (uint32_t)(digit - digits);
		else
			part++;
	}
	*segment = parts[0];
	*bus = parts[1];
	*devfn = parts[2] << 3 | parts[3];
	return parts[2] < 32 && parts[3] < 8;
}

static bool read_number(const struct source *source, int node, const char *property, uint32_t most,
			uint32_t *number)
{
	int length;
	const fdt32_t *const cells = fdt_getprop(source->tree.data, node, property, &length);

	if (cells && length == 4 && fdt32_ld(cells) <= most) {
		*number = fdt32_ld(cells);
		return true;
	}
	diag_error(place_of(source, node, property), "'%s' is missing or isn't one number up to 0x%x",
		   property, most);
	return false;
}

static bool read_space(const struct source *source, int node, struct pci_function *function)
{
	const struct pci_space *const space = &function->space;
	const struct place at = place_of(source, node, "config");
	uint32_t type;
	int length;

	function->space.bytes = fdt_getprop(source->tree.data, node, "config", &length);
	if (!space->bytes || length < (int)PCI_SPACE_HEADER || length > (int)PCI_SPACE_SIZE) {
		diag_error(
			at,
			"'config' of %s is missing or has not %u to %u bytes: copy it as root, Linux shows "
			"nobody else "
			"all of it",
			function->address, PCI_SPACE_HEADER, PCI_SPACE_SIZE);
		return false;
	}
	function->space.size = (size_t)length;
	type = pci_read8(space, HEADER_TYPE) & HEADER_MASK;
	if (type > 1) {
		diag_error(at, "%s has a header of type %u: neither a function nor a bridge",
			   function->address, type);
		return false;
	}
	if (pci_read32(space, CLASS_REVISION) != (function->class << 8 | function->revision)) {
		diag_error(at, "'config' of %s has another class or revision than the node says",
			   function->address);
		return false;
	}
	return true;
}

/* ---- BARs ---- */

static const char *bar_flaw(const struct pci_bar *bar, unsigned int index, bool last, uint32_t parts)
{
	if (!bar->size || bar->size & (bar->size - 1))
		return "which is no power of two";
	if (bar->size < (bar->kind == PCI_BAR_IO ? BAR_IO_LEAST : BAR_LEAST))
		return "too few";
	if (bar->kind != PCI_BAR_64 && bar->size > BAR_32_MOST)
		return "too many for 32 bits of address";
	if (bar->size > BARS_MOST / parts)
		return "too many for any machine";
	if (bar->kind == PCI_BAR_64 && last)
		return text_format("and 64 bits of address, for which BAR %u is missing", index + 1);
	return NULL;
}

/* A list of `count` BARs; what a 64-bit one's upper half says is nobody's. */
static bool read_bars(struct place at, const struct pci_function *function, const char *what,
		      const fdt64_t *words, unsigned int count, uint32_t parts, struct pci_bar *bars)
{
	for (unsigned int i = 0; i < count; i++) {
		const uint64_t size = fdt64_ld(&words[RESOURCE_WORDS * i + 1]);
		const uint64_t flags = fdt64_ld(&words[RESOURCE_WORDS * i + 2]);
		const char *flaw;

		if (!(flags & (RESOURCE_IO | RESOURCE_MEMORY)))
			continue;
		bars[i].kind = flags & RESOURCE_IO   ? PCI_BAR_IO
			       : flags & RESOURCE_64 ? PCI_BAR_64
						     : PCI_BAR_32;
		bars[i].prefetchable = flags & RESOURCE_PREFETCH;
		bars[i].size = size % parts ? 0 : size / parts;
		flaw = bar_flaw(&bars[i], i, i + 1 == count, parts);
		if (!flaw && i && bars[i - 1].kind == PCI_BAR_64)
			flaw = "and lies where the upper half of the one before it is";
		if (!flaw && parts > 1 && (bars[i].kind == PCI_BAR_IO || bars[i].size < BP_PAGE_SIZE))
			flaw = "and those of virtual functions are memory of a page or more";
		if (flaw) {
			diag_error(at, "%sBAR %u of %s has 0x%llx bytes%s, %s", what, i, function->address,
				   (unsigned long long)size, parts > 1 ? " together" : "", flaw);
			return false;
		}
	}
	return true;
}

static bool read_resources(const struct source *source, int node, struct pci_function *function)
{
	const struct place at = place_of(source, node, "resources");
	int length;
	const fdt64_t *const words = fdt_getprop(source->tree.data, node, "resources", &length);
	const unsigned int least = function->sriov.capability ? RESOURCES_WITH_VF : VF_RESOURCES;

	if (!words || (unsigned int)length % (8 * RESOURCE_WORDS) ||
	    (unsigned int)length / (8 * RESOURCE_WORDS) < least) {
		diag_error(at, "'resources' of %s is missing or isn't address, size and flags of %u or more",
			   function->address, least);
		return false;
	}
	if (function->physical_name) /* they are its PF's */
		return true;
	if (!read_bars(at, function, "", words, pci_is_bridge(function) ? 2 : PCI_BARS, 1, function->bars))
		return false;
	return !function->sriov.capability ||
	       read_bars(at, function, "VF ", &words[RESOURCE_WORDS * VF_RESOURCES], PCI_BARS,
			 function->sriov.total, function->sriov.bars);
}

/* ---- what configuration space tells ---- */

static void read_kind(struct pci_function *function)
{
	static const enum pci_kind kinds[16] = {
		[0x4] = PCI_ROOT_PORT, [0x5] = PCI_UPSTREAM,   [0x6] = PCI_DOWNSTREAM, [0x7] = PCI_BRIDGE,
		[0x8] = PCI_BRIDGE,    [0x9] = PCI_INTEGRATED, [0xa] = PCI_INTEGRATED};
	const struct pci_space *const space = &function->space;
	const bool bridge = (pci_read8(space, HEADER_TYPE) & HEADER_MASK) == 1;
	const uint32_t express = pci_capability(space, PCI_CAP_EXPRESS);
	const uint32_t acs = pci_extended(space, PCI_EXT_ACS);

	if (express)
		function->kind = kinds[pci_read16(space, express + EXPRESS_KIND) >> 4 & 0xf];
	/* The header decides: without its registers nothing is a bridge. */
	if (bridge != pci_is_bridge(function))
		function->kind = bridge ? PCI_BRIDGE : PCI_ENDPOINT;
	if (bridge) {
		function->secondary = pci_read8(space, SECONDARY);
		function->last = pci_read8(space, SUBORDINATE);
		function->wide_able = (pci_read16(space, PREFETCH_BASE) & 0xf) == 1;
	}
	function->acs = acs && (pci_read16(space, acs + ACS_ABLE) & ACS_NEEDED) == ACS_NEEDED;
}

static void read_messages(struct pci_function *function)
{
	const struct pci_space *const space = &function->space;
	struct pci_msix *const msix = &function->msix;
	uint32_t most;

	function->msi.capability = pci_capability(space, PCI_CAP_MSI);
	if (function->msi.capability) {
		most = pci_read16(space, function->msi.capability + MSI_CONTROL) >> 1 & 7;
		function->msi.count = 1u << (most > MSI_LOG_MOST ? MSI_LOG_MOST : most);
	}
	msix->capability = pci_capability(space, PCI_CAP_MSIX);
	if (!msix->capability)
		return;
	msix->count = (pci_read16(space, msix->capability + MSIX_CONTROL) & 0x7ffu) + 1;
	msix->table_bar = pci_read32(space, msix->capability + MSIX_TABLE) & 7;
	msix->table_offset = pci_read32(space, msix->capability + MSIX_TABLE) & ~7u;
	msix->pending_bar = pci_read32(space, msix->capability + MSIX_PENDING) & 7;
	msix->pending_offset = pci_read32(space, msix->capability + MSIX_PENDING) & ~7u;
}

/* A capability of no virtual functions is none. */
static bool read_sriov(struct place at, struct pci_function *function)
{
	const struct pci_space *const space = &function->space;
	struct pci_sriov *const sriov = &function->sriov;
	const uint32_t capability = pci_extended(space, PCI_EXT_SRIOV);
	uint64_t last;

	if (!capability || !pci_read16(space, capability + SRIOV_TOTAL))
		return true;
	if (function->physical_name || pci_is_bridge(function)) {
		diag_error(at, "%s is a %s and has virtual functions", function->address,
			   function->physical_name ? "virtual function" : "bridge");
		return false;
	}
	sriov->capability = capability;
	sriov->total = pci_read16(space, capability + SRIOV_TOTAL);
	sriov->offset = pci_read16(space, capability + SRIOV_OFFSET);
	sriov->stride = pci_read16(space, capability + SRIOV_STRIDE);
	sriov->device = pci_read16(space, capability + SRIOV_DEVICE);
	last = pci_rid(function) + sriov->offset + (uint64_t)(sriov->total - 1) * sriov->stride;
	if (!sriov->offset || (sriov->total > 1 && !sriov->stride) || last > UINT16_MAX) {
		diag_error(
			at,
			"the %u virtual functions of %s, the first %u behind it and each %u behind the "
			"last, have no "
			"numbers of their own on the buses up to 0xff: take the inventory with all of them "
			"enabled",
			sriov->total, function->address, sriov->offset, sriov->stride);
		return false;
	}
	if (!(pci_read32(space, capability + SRIOV_PAGES) & 1)) {
		diag_error(
			at,
			"the virtual functions of %s can't have BARs of 4 KiB pages: bit 0 of its Supported "
			"Page Sizes is 0 in 'config'",
			function->address);
		return false;
	}
	return true;
}

bool pci_function_read(const struct source *source, int node, struct pci_function *function)
{
	const void *const tree = source->tree.data;

	*function = (struct pci_function){.at = source_place(source, node, NULL),
					  .parent = PCI_NONE,
					  .physical = PCI_NONE,
					  .host = PCI_NONE,
					  .smmu = PCI_NONE,
					  .its = PCI_NONE,
					  .owner = OWNER_NOBODY};
	function->physical_name = fdt_stringlist_get(tree, node, "physical-function", 0, NULL);
	function->address = fdt_stringlist_get(tree, node, "address", 0, NULL);
	if (!pci_parse(function->address, &function->segment, &function->bus, &function->devfn)) {
		diag_error(place_of(source, node, "address"), "'address' is missing or isn't SSSS:BB:DD.F");
		return false;
	}
	if (!read_number(source, node, "vendor", 0xfffe, &function->vendor) ||
	    !read_number(source, node, "device", 0xffff, &function->device) ||
	    !read_number(source, node, "class", 0xffffff, &function->class) ||
	    !read_number(source, node, "revision", 0xff, &function->revision) ||
	    !read_space(source, node, function))
		return false;
	if (!function->physical_name &&
	    pci_read32(&function->space, 0) != (function->device << 16 | function->vendor)) {
		diag_error(place_of(source, node, "config"),
			   "'config' of %s has another vendor or device than the node says",
			   function->address);
		return false;
	}
	read_kind(function);
	if (function->physical_name && pci_is_bridge(function)) {
		diag_error(function->at, "%s is a bridge and a virtual function", function->address);
		return false;
	}
	read_messages(function);
	return read_sriov(place_of(source, node, "config"), function) &&
	       read_resources(source, node, function);
}
