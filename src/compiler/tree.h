/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tree.h - the guest device trees, derived from the board's: docs/formats.md, "The guest tree".
 */
#ifndef BULKHEAD_TREE_H
#define BULKHEAD_TREE_H

#include "layout.h"
#include "nodes.h"
#include "references.h"

/* Writes the cell's tree (layout->cells[cell].tree) and finds its place. False after a diagnostic. */
bool tree_build(struct layout *layout, size_t cell);

/* ---- between tree*.c ---- */

/* What becomes of a node of the board's tree. */
enum mark {
	MARK_GONE,
	MARK_KEPT,
	MARK_MOVED, /* a cache inside another cell's core: it stands in /cpus */
};

/* Which nodes of the board's tree a guest keeps: a mark for each offset of the structure. */
struct kept {
	const struct plan *plan;
	size_t cell;
	uint8_t *marks;
	bool refused;
};

/* tree_keep.c. False after a diagnostic: a device needs what another cell, or nobody, owns. */
bool kept_find(struct kept *kept, const struct plan *plan, size_t cell);
bool kept_node(const struct kept *kept, int node); /* in its place */
bool kept_moved(const struct kept *kept, int node);
/* Is the property, of a kept node, part of the guest's tree? */
bool kept_property(const struct kept *kept, int node, const char *name);
const struct device *shared_target(const struct board *board, const struct reference *reference,
				   const struct reference_entry *entry);
bool node_is_cpu(const void *tree, int node);

/* A tree being written by libfdt's sequential calls; the first error stays. */
struct tree_writer {
	void *fdt;
	int error;
	const struct layout *layout;
	const struct kept *kept;
	size_t cell;
	uint32_t gic_phandle, clock_phandle;
	uint32_t frame_phandle; /* of the frame that messages are written to; 0: none */
	uint32_t *shared_rates; /* of the fixed clocks that stand for shared ones, in Hz */
	size_t shared_count;	/* their phandles follow clock_phandle */
	uint32_t interrupt_cells;
	int address_cells, size_cells; /* of the root */
};

void put_begin(struct tree_writer *writer, const char *name);
void put_begin_at(struct tree_writer *writer, const char *name, uint64_t address); /* NAME@ADDRESS */
void put_end(struct tree_writer *writer);
void put_bytes(struct tree_writer *writer, const char *name, const void *value, size_t size);
void put_string(struct tree_writer *writer, const char *name, const char *value);
void put_u32(struct tree_writer *writer, const char *name, uint32_t value);
void put_u64(struct tree_writer *writer, const char *name, uint64_t value);
void put_flag(struct tree_writer *writer, const char *name);
/* An SPI of the GIC, edge-triggered: as a property, and as cells, of which it returns the number. */
#define SPI_CELLS_MOST 4
void put_spi(struct tree_writer *writer, uint32_t intid);
size_t spi_cells(const struct tree_writer *writer, fdt32_t *cells, uint32_t intid);
/* `reg`, or another such property, in the given numbers of cells, from `count` pairs of address and size. */
void put_pairs(struct tree_writer *writer, const char *name, const struct range *pairs, size_t count,
	       int address_cells, int size_cells);
void put_reg(struct tree_writer *writer, const struct range *pairs, size_t count, int address_cells,
	     int size_cells);

/* tree_gic.c: `reg` of the GIC node as the cell sees it. */
void put_gic(struct tree_writer *writer, int node);

/* tree_shared.c: a list of clocks, shared ones replaced by fixed ones; and these. */
void put_clocks(struct tree_writer *writer, const fdt32_t *list, size_t count);
void put_shared_clocks(struct tree_writer *writer);

/* tree_overlay.c: applies the cell's overlay to its tree. False after a diagnostic. */
bool tree_overlay(const struct plan *plan, size_t cell, struct bytes *tree);

/* tree_flash.c: the board's node of the flash whose bank of boot state the cell has, -1: it has none; what of
 * the node's properties it sees; its `reg`, false: it is another property; what is where in the bank. */
int flash_node(const struct plan *plan, size_t cell);
bool is_flash(const struct plan *plan, size_t cell, int node); /* or its SPI controller */
bool flash_property(const char *name);
bool put_flash_reg(struct tree_writer *writer, int node, const char *name);
void put_boot_state(struct tree_writer *writer);
/* The same of an eMMC, as a node of its own, where the cell has that. */
void put_emmc(struct tree_writer *writer);

/* tree_nexus.c: `interrupt-map` and its mask, or nothing where no entry is left. False: it is another
 * property. */
bool put_interrupt_map(struct tree_writer *writer, int node, const char *name);

/* tree_gic.c: #address-cells of the GIC node. */
int gic_address_cells(const struct tree_writer *writer);

/* tree_pci.c: the PCI bus, where the cell has functions; the frame of their messages; what any bus's node
 * begins with, and one of its `ranges`, of which it returns the number of cells. */
void put_pci(struct tree_writer *writer);
void put_pci_host(struct tree_writer *writer, uint64_t ecam);
size_t pci_window_cells(const struct tree_writer *writer, fdt32_t *cells, const struct pci_window *window);
void put_frame(struct tree_writer *writer, uint64_t address, int address_cells, int size_cells);

/* tree_ivshmem.c: the PCI bus of channels, where the cell has any that are shown. */
void put_shown_bus(struct tree_writer *writer);

/* tree_reserved.c: /reserved-memory, where there is any. */
void put_reserved(struct tree_writer *writer);

/* tree_own.c: the nodes that are not the board's. */
void put_own_nodes(struct tree_writer *writer);

#endif
