/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tree.h - a device tree as the auditor sees it: nodes with CPU addresses and GIC interrupts.
 *
 * Used for the board's tree and for every guest tree; all are untrusted. Regs that don't translate to
 * CPU addresses (an I2C address, say) are left out.
 */
#ifndef BULKHEAD_AUDITOR_TREE_H
#define BULKHEAD_AUDITOR_TREE_H

#include "memory.h"

#define TREE_DEPTH     64
#define TREE_NODES_MAX 32768u /* look-ups are linear: what is larger is no board's tree */

struct range {
	uint64_t base, size;
};

struct irq {
	uint32_t intid; /* SPI: 32.., PPI: 16..31 */
	uint32_t flags; /* third cell: 1, 2 edge; 4, 8 level */
};

struct specifier { /* cells of a property, which say an interrupt */
	const struct node *node;
	const char *property;
	unsigned int at;
};

struct node {
	int offset;
	int parent; /* index; -1: the root */
	const char *name;
	char *path;
	uint32_t phandle;
	bool enabled;
	int address_cells, size_cells; /* for its children */
	struct range *regs;
	size_t reg_count;
	struct irq *irqs;
	size_t irq_count;
	struct irq *mapped;	       /* those of the GIC that its `interrupt-map` passes on */
	size_t mapped_count, map_rows; /* map_rows: of all that it passes on, wherever that leads */
};

struct tree {
	void *fdt;	    /* an aligned copy: in a FIT trees lie at multiples of four */
	struct node *nodes; /* in order; [0] is the root */
	size_t count;
};

/* 0, or why the bytes are no sound flattened tree: a negative FDT_ERR_*. */
int tree_check(struct blob blob);
/* False when the bytes are no sound device tree; *why says what is wrong. */
bool tree_open(struct tree *tree, struct blob blob, const char **why);
void tree_close(struct tree *tree);

const struct node *tree_path(const struct tree *tree, const char *path);
const struct node *tree_phandle(const struct tree *tree, uint32_t phandle);
/* Alias, path, or node name with or without unit address; NULL: none; *many when ambiguous. */
const struct node *tree_name(const struct tree *tree, const char *name, bool *many);
bool node_within(const struct tree *tree, const struct node *node, const struct node *ancestor);

const void *node_property(const struct tree *tree, const struct node *node, const char *name, int *length);
/* The name of property number `index`; NULL behind the last. */
const char *node_property_name(const struct tree *tree, const struct node *node, unsigned int index);
bool node_flag(const struct tree *tree, const struct node *node, const char *name);
/* NULL when absent or not NUL-terminated. */
const char *node_string(const struct tree *tree, const struct node *node, const char *name);
bool node_compatible(const struct tree *tree, const struct node *node, const char *compatible);
/* Big-endian cells of a property: false when it is absent or shorter. */
bool node_u32(const struct tree *tree, const struct node *node, const char *name, unsigned int index,
	      uint32_t *value);
bool node_u64(const struct tree *tree, const struct node *node, const char *name, unsigned int index,
	      uint64_t *value);
/* A scalar of 4 or 8 bytes. */
bool node_number(const struct tree *tree, const struct node *node, const char *name, uint64_t *value);

/* The next string of a property that is a list of them: start with NULL; NULL at the end. */
const char *string_next(const char *list, int length, const char *previous);
bool string_list(const void *data, int length);

/* tree_reg.c and tree_irq.c */
void node_read_regs(const struct tree *tree, struct node *node);
/* Its `reg` holds what is no address of the CPUs, or wraps: nobody knows what the node has. */
bool node_regs_lost(const struct tree *tree, const struct node *node);
/* Window `index` of a PCI host, where the CPUs have it; false: there are no more. */
bool node_window(const struct tree *tree, const struct node *node, unsigned int index, struct range *window);
/* The same, with the window's space (the first cell of its PCI address) and its address on the bus. */
bool node_bus_window(const struct tree *tree, const struct node *node, unsigned int index,
		     struct range *window, uint32_t *space, uint64_t *bus);
/* The first address of a range that accesses of what is on `bus` don't reach, or not at the same distance
 * from *bus_base on the bus (NULL: wherever that is); the range's end: they reach it all. */
uint64_t bus_unreached(const struct tree *tree, const struct node *bus, struct range range,
		       const uint64_t *bus_base);
/* `dma-ranges` of the bus or of one above say what is reached; row `index` of the bus's own, false: no such.
 */
bool bus_limits(const struct tree *tree, const struct node *bus);
bool bus_dma_row(const struct tree *tree, const struct node *bus, unsigned int index, struct range *range,
		 uint64_t *bus_base);
void node_read_irqs(const struct tree *tree, struct node *node);
/* The controller that a node's `interrupts` go to: named by the node, or by what it lies in; NULL: none. */
const struct node *interrupt_parent(const struct tree *tree, const struct node *node);
/* It has an `interrupt-map`, and is no controller itself. */
bool node_is_nexus(const struct tree *tree, const struct node *node);
/* Rows of the map are whole, and lead to nodes of the tree. */
bool node_map_sound(const struct tree *tree, const struct node *node);
/* Where interrupt `at` (a cell of `interrupts`) leads through the maps of buses; NULL: nowhere. */
const struct node *interrupt_leads_to(const struct tree *tree, const struct node *node,
				      const struct node *controller, const char *property, unsigned int at,
				      struct specifier *specifier);
bool node_is_gic(const struct tree *tree, const struct node *node);
/* Which of the node's interrupts `interrupt-names` calls so; `unnamed` where it calls none so. */
size_t irq_named(const struct tree *tree, const struct node *node, const char *name, size_t unnamed);
#define TIMER_PHYSICAL 1u /* arm,armv8-timer: secure, non-secure, virtual, hypervisor */
#define TIMER_VIRTUAL  2u
#define TIMER_EL2      3u

#endif
