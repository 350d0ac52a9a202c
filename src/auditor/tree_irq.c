// SPDX-License-Identifier: Apache-2.0
/*
 * tree_irq.c - `interrupts` and `interrupts-extended` that end at the GIC (GICv3 binding: type, number,
 * flags).
 */
#include <libfdt.h>
#include <string.h>

#include "tree.h"

#define GIC_SPI 0u
#define GIC_PPI 1u

bool node_is_gic(const struct tree *tree, const struct node *node)
{
	return node_compatible(tree, node, "arm,gic-v3") && node_flag(tree, node, "interrupt-controller");
}

static void irq_add(struct irq **irqs, size_t *count, uint32_t type, uint32_t number, uint32_t flags)
{
	struct irq irq = {.flags = flags & 0xf};

	if (type == GIC_SPI && number < 988)
		irq.intid = 32 + number;
	else if (type == GIC_PPI && number < 16)
		irq.intid = 16 + number;
	else
		irq.intid = UINT32_MAX; /* nobody can own it: the rules will say so */
	*irqs = memory_grow(*irqs, *count, sizeof(irq));
	(*irqs)[(*count)++] = irq;
}

const struct node *interrupt_parent(const struct tree *tree, const struct node *node)
{
	uint32_t phandle;

	while (!node_u32(tree, node, "interrupt-parent", 0, &phandle)) {
		if (node->parent < 0)
			return NULL;
		node = &tree->nodes[node->parent];
		if (node_flag(tree, node, "interrupt-controller") || node_is_nexus(tree, node))
			return node;
	}
	return tree_phandle(tree, phandle);
}

static uint32_t specifier_cells(const struct tree *tree, const struct node *controller)
{
	uint32_t cells = 0;

	if (!controller || !node_u32(tree, controller, "#interrupt-cells", 0, &cells) || cells > 16)
		return 0;
	return cells;
}

/* ---- maps of buses (Devicetree Specification 2.4.3) ---- */

#define MAP_CELLS 16u /* of one number */
#define MAP_DEPTH 8u  /* of maps behind each other */

bool node_is_nexus(const struct tree *tree, const struct node *node)
{
	return node_flag(tree, node, "interrupt-map") && !node_flag(tree, node, "interrupt-controller");
}

struct map_row {
	unsigned int at, to, end; /* cells: its start, the parent's specifier, behind it */
	uint32_t width;		  /* of the specifier */
	const struct node *parent;
};

static uint32_t unit_cells(const struct node *nexus)
{
	return nexus->address_cells < 0 || nexus->address_cells > (int)MAP_CELLS
		       ? MAP_CELLS
		       : (uint32_t)nexus->address_cells;
}

/* The row at cell `at`; false: there is none, or it can't be read. */
static bool map_row(const struct tree *tree, const struct node *nexus, unsigned int at, struct map_row *row)
{
	uint32_t own, phandle, unit = 0, last;

	if (!node_u32(tree, nexus, "#interrupt-cells", 0, &own) || own > MAP_CELLS)
		return false;
	*row = (struct map_row){.at = at, .to = at + unit_cells(nexus) + own};
	if (!node_u32(tree, nexus, "interrupt-map", row->to, &phandle))
		return false;
	row->parent = tree_phandle(tree, phandle);
	if (!row->parent)
		return false;
	if (node_flag(tree, row->parent, "#address-cells") &&
	    (!node_u32(tree, row->parent, "#address-cells", 0, &unit) || unit > MAP_CELLS))
		return false;
	row->width = specifier_cells(tree, row->parent);
	row->to += 1 + unit;
	row->end = row->to + row->width;
	return row->width && node_u32(tree, nexus, "interrupt-map", row->end - 1, &last);
}

bool node_map_sound(const struct tree *tree, const struct node *node)
{
	struct map_row row = {0};
	int length = 0;

	if (!node_property(tree, node, "interrupt-map", &length))
		return true;
	while (row.end * UINT64_C(4) < (uint64_t)length)
		if (!map_row(tree, node, row.end, &row))
			return false;
	return length % 4 == 0;
}

/* The user's unit address and specifier, under the mask, are the row's. */
static bool row_asked(const struct tree *tree, const struct node *nexus, const struct map_row *row,
		      const struct node *user, const struct specifier *asked)
{
	const uint32_t units = unit_cells(nexus), all = units + specifier_cells(tree, nexus);

	for (uint32_t i = 0; i < all; i++) {
		uint32_t mask = UINT32_MAX, have = 0, due;

		if (node_flag(tree, nexus, "interrupt-map-mask") &&
		    !node_u32(tree, nexus, "interrupt-map-mask", i, &mask))
			return false;
		if (i < units)
			(void)node_u32(tree, user, "reg", i, &have);
		else if (!node_u32(tree, asked->node, asked->property, asked->at + i - units, &have))
			return false;
		if (!node_u32(tree, nexus, "interrupt-map", row->at + i, &due) || ((have ^ due) & mask))
			return false;
	}
	return true;
}

const struct node *interrupt_leads_to(const struct tree *tree, const struct node *node,
				      const struct node *controller, const char *property, unsigned int at,
				      struct specifier *specifier)
{
	*specifier = (struct specifier){node, property, at};
	for (unsigned int depth = 0; controller && node_is_nexus(tree, controller); depth++) {
		struct map_row row = {0};
		bool found = false;

		while (!found && map_row(tree, controller, row.end, &row))
			found = row_asked(tree, controller, &row, node, specifier);
		if (!found || depth == MAP_DEPTH)
			return NULL;
		*specifier = (struct specifier){controller, "interrupt-map", row.to};
		node = controller;
		controller = row.parent;
	}
	return controller;
}

static void read_at(const struct tree *tree, const struct specifier *from, struct irq **irqs, size_t *count)
{
	uint32_t type, number, flags;

	if (node_u32(tree, from->node, from->property, from->at, &type) &&
	    node_u32(tree, from->node, from->property, from->at + 1, &number) &&
	    node_u32(tree, from->node, from->property, from->at + 2, &flags))
		irq_add(irqs, count, type, number, flags);
}

/* Every row is counted; what leads to the GIC is read. */
static void read_map(const struct tree *tree, struct node *node)
{
	for (struct map_row row = {0};
	     node_flag(tree, node, "interrupt-map") && map_row(tree, node, row.end, &row); node->map_rows++) {
		const struct specifier to = {node, "interrupt-map", row.to};

		if (row.width >= 3 && node_is_gic(tree, row.parent))
			read_at(tree, &to, &node->mapped, &node->mapped_count);
	}
}

static void read_specifier(const struct tree *tree, struct node *node, const char *property, unsigned int at,
			   const struct node *controller)
{
	struct specifier specifier;

	controller = interrupt_leads_to(tree, node, controller, property, at, &specifier);
	if (controller && specifier_cells(tree, controller) >= 3 && node_is_gic(tree, controller))
		read_at(tree, &specifier, &node->irqs, &node->irq_count);
}

void node_read_irqs(const struct tree *tree, struct node *node)
{
	static const char extended[] = "interrupts-extended";
	uint32_t phandle;
	int length;

	read_map(tree, node);
	if (node_property(tree, node, extended, &length)) {
		for (unsigned int at = 0; node_u32(tree, node, extended, at, &phandle);) {
			const struct node *controller = tree_phandle(tree, phandle);
			const uint32_t cells = specifier_cells(tree, controller);

			if (!cells)
				break;
			read_specifier(tree, node, extended, at + 1, controller);
			at += 1 + cells;
		}
	} else if (node_property(tree, node, "interrupts", &length)) {
		const struct node *controller = interrupt_parent(tree, node);
		const uint32_t cells = specifier_cells(tree, controller);

		for (unsigned int at = 0; cells && at * UINT64_C(4) < (uint64_t)length; at += cells)
			read_specifier(tree, node, "interrupts", at, controller);
	}
	/* A controller with a map of its own: what that passes on is its own. */
	for (size_t i = 0; node_flag(tree, node, "interrupt-controller") && i < node->mapped_count; i++) {
		node->irqs = memory_grow(node->irqs, node->irq_count, sizeof(node->irqs[0]));
		node->irqs[node->irq_count++] = node->mapped[i];
	}
}

size_t irq_named(const struct tree *tree, const struct node *node, const char *name, size_t unnamed)
{
	int length = 0;
	const char *list = node_property(tree, node, "interrupt-names", &length);
	size_t index = 0;

	if (!list || !string_list(list, length))
		return unnamed;
	for (const char *text = NULL; (text = string_next(list, length, text)); index++)
		if (!strcmp(text, name))
			return index;
	return unnamed;
}
