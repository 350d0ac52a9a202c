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

static void irq_add(struct node *node, uint32_t type, uint32_t number, uint32_t flags)
{
	struct irq irq = {.flags = flags & 0xf};

	if (type == GIC_SPI && number < 988)
		irq.intid = 32 + number;
	else if (type == GIC_PPI && number < 16)
		irq.intid = 16 + number;
	else
		irq.intid = UINT32_MAX; /* nobody can own it: the rules will say so */
	node->irqs = memory_grow(node->irqs, node->irq_count, sizeof(irq));
	node->irqs[node->irq_count++] = irq;
}

const struct node *interrupt_parent(const struct tree *tree, const struct node *node)
{
	uint32_t phandle;

	while (!node_u32(tree, node, "interrupt-parent", 0, &phandle)) {
		if (node->parent < 0)
			return NULL;
		node = &tree->nodes[node->parent];
		if (node_flag(tree, node, "interrupt-controller"))
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

static void read_specifier(const struct tree *tree, struct node *node, const char *property, unsigned int at,
			   const struct node *controller, uint32_t cells)
{
	uint32_t type, number, flags;

	if (cells >= 3 && node_is_gic(tree, controller) && node_u32(tree, node, property, at, &type) &&
	    node_u32(tree, node, property, at + 1, &number) && node_u32(tree, node, property, at + 2, &flags))
		irq_add(node, type, number, flags);
}

void node_read_irqs(const struct tree *tree, struct node *node)
{
	static const char extended[] = "interrupts-extended";
	uint32_t phandle;
	int length;

	if (node_property(tree, node, extended, &length)) {
		for (unsigned int at = 0; node_u32(tree, node, extended, at, &phandle);) {
			const struct node *controller = tree_phandle(tree, phandle);
			const uint32_t cells = specifier_cells(tree, controller);

			if (!cells)
				return;
			read_specifier(tree, node, extended, at + 1, controller, cells);
			at += 1 + cells;
		}
	} else if (node_property(tree, node, "interrupts", &length)) {
		const struct node *controller = interrupt_parent(tree, node);
		const uint32_t cells = specifier_cells(tree, controller);

		for (unsigned int at = 0; cells && at * UINT64_C(4) < (uint64_t)length; at += cells)
			read_specifier(tree, node, "interrupts", at, controller, cells);
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
