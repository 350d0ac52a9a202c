// SPDX-License-Identifier: Apache-2.0
/*
 * devices.c - which nodes of the board's tree are devices, which are parts of one, and who could have each.
 *
 * A device lies at the root or on a bus, and has a compatible or registers; what lies in it is a part of it
 * unless it is a device itself. Fails closed: a device may master the bus unless known-slaves has it, and
 * what could undo the division is nobody's.
 */
#include <libfdt.h>
#include <stdlib.h>
#include <string.h>

#include "model.h"

/* A compatible that starts with one of these is never a cell's. */
static const char *const forbidden_compatibles[] = {
	"arm,gic",	   "arm,smmu",	      "arm,mmu-",	  "cfi-flash",		"jedec-flash",
	"qemu,fw-cfg",	   "arm,sbsa-gwdt",   "arm,sp805",	  "syscon-reboot",	"syscon-poweroff",
	"arm,psci",	   "arm,scmi",	      "pci-host-",	  "gpio-restart",	"gpio-poweroff",
	"arm,scpi",	   "linaro,optee-tz", "jedec,spi-nor",	  "arm,cortex-a15-gic", "arm,armv8-timer",
	"arm,armv7-timer", "arm,armv8-pmuv3", "operating-points-"};
/* One that contains one of these neither. */
static const char *const forbidden_words[] = {"watchdog", "-wdt", "wdt-", ",wdt", "-rstc", "-pmucru"};
/* Properties that only reset and power controllers have, and what reaches other processors. */
static const char *const forbidden_properties[] = {"#reset-cells",   "#power-domain-cells", "#iommu-cells",
						   "msi-controller", "#hwlock-cells",	    "#mbox-cells"};

#define SPI_FIRST    32u
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static bool compatible_forbidden(const char *compatible)
{
	for (size_t i = 0; i < COUNT(forbidden_compatibles); i++) {
		if (!strncmp(compatible, forbidden_compatibles[i], strlen(forbidden_compatibles[i])))
			return true;
	}
	for (size_t i = 0; i < COUNT(forbidden_words); i++) {
		if (strstr(compatible, forbidden_words[i]))
			return true;
	}
	return false;
}

static bool controls_others(const struct tree *tree, const struct node *node)
{
	for (size_t i = 0; i < COUNT(forbidden_properties); i++) {
		if (node_flag(tree, node, forbidden_properties[i]))
			return true;
	}
	return false;
}

static bool node_forbidden(const struct tree *tree, const struct node *node)
{
	const char *type = node_string(tree, node, "device_type");
	int length = 0;
	const char *list = node_property(tree, node, "compatible", &length);

	if ((type && !strcmp(type, "pci")) || !strncmp(node->name, "watchdog", 8))
		return true;
	if (controls_others(tree, node))
		return true;
	if (!list || !string_list(list, length))
		return false;
	for (const char *text = NULL; (text = string_next(list, length, text));) {
		if (compatible_forbidden(text))
			return true;
	}
	return false;
}

/* By its first, most specific compatible: "arm,primecell" and the like say nothing about mastering. */
static bool node_slave(const struct board *board, const struct node *node)
{
	int length = 0;
	const char *first = node_property(&board->tree, node, "compatible", &length);

	for (const char *text = NULL; first && string_list(first, length) &&
				      (text = string_next(board->slaves, board->slaves_size, text));) {
		if (!strcmp(first, text))
			return true;
	}
	return false;
}

/* Stateless: described in a tree, but nothing to own. */
static bool is_description(const struct tree *tree, const struct node *node)
{
	return node_compatible(tree, node, "fixed-clock") ||
	       node_compatible(tree, node, "fixed-factor-clock") ||
	       node_compatible(tree, node, "regulator-fixed");
}

/* The root, and what passes addresses on that are two cells wide at most. */
static bool holds_devices(const struct tree *tree, const struct node *node)
{
	return node->parent < 0 || (node_flag(tree, node, "ranges") && node->address_cells <= 2);
}

static bool is_device(const struct tree *tree, const struct node *node)
{
	const char *type = node_string(tree, node, "device_type");

	if (type && !strcmp(type, "memory"))
		return false;
	return node->reg_count || (node_flag(tree, node, "compatible") && !is_description(tree, node));
}

void devices_find(struct board *board)
{
	const struct tree *tree = &board->tree;
	bool *walked = memory_zeroed(tree->count, sizeof(*walked)); /* what lies there may be a device */

	board->device = memory_zeroed(tree->count, sizeof(*board->device));
	for (size_t i = 0; i < tree->count; i++) {
		const struct node *node = &tree->nodes[i];
		const bool here = node->parent >= 0 && walked[node->parent] &&
				  strcmp(node->name, "cpus") != 0 &&
				  strcmp(node->name, "reserved-memory") != 0;

		walked[i] = (node->parent < 0 || here) && holds_devices(tree, node);
		board->device[i] = node->parent < 0		   ? DEVICE_NOWHERE
				   : here && is_device(tree, node) ? (int)i
								   : board->device[node->parent];
	}
	free(walked);
}

const struct node *device_around(const struct board *board, const struct node *node)
{
	const int device = board->device[node - board->tree.nodes];

	return device == DEVICE_NOWHERE ? NULL : &board->tree.nodes[device];
}

static bool name_matches(const struct node *node, const char *name)
{
	const size_t length = strlen(name);

	return !strncmp(node->name, name, length) && (!node->name[length] || node->name[length] == '@');
}

/* Of a path or an alias; negative: it is neither. libfdt, which knows paths without unit addresses too, walks
 * the tree from its start: it is asked only for what it alone can find. */
static int path_offset(const struct tree *tree, const char *name)
{
	const struct node *exact = tree_path(tree, name);
	const struct node *aliases = tree_path(tree, "/aliases");
	const int length = (int)strcspn(name, "/");

	if (exact)
		return exact->offset;
	if (length && (!aliases || !fdt_getprop_namelen(tree->fdt, aliases->offset, name, length, NULL)))
		return -FDT_ERR_NOTFOUND;
	return fdt_path_offset(tree->fdt, name);
}

const struct node *device_named(const struct board *board, const char *name, const struct node *after)
{
	const struct tree *tree = &board->tree;
	const int offset = path_offset(tree, name);

	for (size_t i = after ? (size_t)(after - tree->nodes) + 1 : 1; i < tree->count; i++) {
		const struct node *node = &tree->nodes[i];

		if (board->device[i] == (int)i &&
		    (offset >= 0 ? node->offset == offset : name_matches(node, name)))
			return node;
	}
	return NULL;
}

size_t device_irqs(const struct board *board, const struct node *device)
{
	const struct tree *tree = &board->tree;
	const size_t first = (size_t)(device - tree->nodes);
	size_t count = 0;

	for (size_t i = first; i < tree->count && (i == first || tree->nodes[i].parent >= (int)first); i++)
		if (board->device[i] == (int)first && (i == first || tree->nodes[i].enabled))
			count += tree->nodes[i].irq_count;
	return count;
}

static bool forbidden_above(const struct tree *tree, const struct node *node)
{
	for (; node->parent >= 0; node = &tree->nodes[node->parent])
		if (node_forbidden(tree, node))
			return true;
	return false;
}

/* An interrupt that no cell can own: a PPI, or an SPI that the GIC doesn't have. */
static bool interrupt_odd(const struct board *board, const struct node *node)
{
	for (size_t i = 0; i < node->irq_count; i++)
		if (node->irqs[i].intid < SPI_FIRST || node->irqs[i].intid - SPI_FIRST >= board->spi_count)
			return true;
	return false;
}

/* Registers that lie in RAM, or beyond what the CPUs address; or firmware does in them. */
static bool registers_odd(const struct board *board, const struct node *node)
{
	for (size_t i = 0; i < node->reg_count; i++) {
		const struct range *reg = &node->regs[i];

		if (spans_touch(&board->ram, reg->base, reg->size) ||
		    spans_touch(&board->firmware, reg->base, reg->size) ||
		    (reg->base + (reg->size - 1)) >> board->pa_bits)
			return true;
	}
	return false;
}

static enum device_class classify(const struct board *board, const struct node *node)
{
	const struct tree *tree = &board->tree;
	const struct node *device = device_around(board, node);

	if (!device || device != node)
		return DEVICE_NONE;
	if (forbidden_above(tree, node) || node_compatible(tree, node, "simple-bus") ||
	    node_compatible(tree, node, "qemu,platform") || !node_flag(tree, node, "compatible") ||
	    is_description(tree, node))
		return DEVICE_FORBIDDEN;
	if (!node->enabled)
		return DEVICE_DISABLED;
	if ((node->reg_count && node_regs_lost(tree, node)) /* nobody knows all that it has */ ||
	    interrupt_odd(board, node) || registers_odd(board, node))
		return DEVICE_FORBIDDEN;
	/* `iommus` doesn't help: no stream of a platform device has tables. */
	return node_slave(board, node) ? DEVICE_PLAIN : DEVICE_MASTER;
}

static void device_forbid(struct board *board, const struct node *part)
{
	const struct node *device = device_around(board, part);

	if (device)
		board->classes[device - board->tree.nodes] = DEVICE_FORBIDDEN;
}

static void provider_forbid(const struct node *provider, const struct reference *reference, void *context)
{
	if (!reference->fixable)
		device_forbid(context, provider);
}

/* What a part does the device does. */
static void parts_count(struct board *board)
{
	const struct tree *tree = &board->tree;

	for (size_t i = 0; i < tree->count; i++) {
		const struct node *node = &tree->nodes[i];
		const struct node *device = device_around(board, node);

		if (device && device != node && node->enabled &&
		    (controls_others(tree, node) || interrupt_odd(board, node)))
			device_forbid(board, node);
	}
}

/* What switches the board off or resets it acts through another device: a GPIO, a system controller. */
static void switches_forbid(struct board *board)
{
	static const char *const switches[] = {"gpio-poweroff", "gpio-restart", "syscon-reboot",
					       "syscon-poweroff"};
	const struct tree *tree = &board->tree;

	for (size_t i = 1; i < tree->count; i++) {
		for (size_t s = 0; s < COUNT(switches); s++) {
			const struct node *node = &tree->nodes[i];

			if (!node_compatible(tree, node, switches[s]))
				continue;
			providers_each(tree, node, provider_forbid, board);
			/* Without a regmap a syscon's child acts on its parent. */
			if (!strncmp(switches[s], "syscon", 6) && !node_flag(tree, node, "regmap"))
				device_forbid(board, &tree->nodes[node->parent]);
		}
	}
}

void devices_classify(struct board *board)
{
	board->classes = memory_zeroed(board->tree.count, sizeof(*board->classes));
	for (size_t i = 0; i < board->tree.count; i++)
		board->classes[i] = classify(board, &board->tree.nodes[i]);
	parts_count(board);
	switches_forbid(board);
}
