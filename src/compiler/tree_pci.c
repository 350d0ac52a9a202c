// SPDX-License-Identifier: Apache-2.0
/*
 * tree_pci.c - a guest's PCI bus and the frame that its functions' messages are written to: docs/formats.md,
 * "The guest tree". Called by tree_gic.c and tree_own.c.
 */
#include <libfdt.h>
#include <stdlib.h>

#include "emit_pci.h"
#include "tree.h"

/* A range's first cell (IEEE 1275 PCI bus binding, 2.2.1). */
#define SPACE_32	   0x02000000u
#define SPACE_64	   0x03000000u
#define SPACE_PREFETCHABLE 0x40000000u

static bool window_holds(const struct pci_window *window, const struct pci_bar *bars)
{
	for (unsigned int i = 0; i < PCI_BARS; i++)
		if (bars[i].address && bars[i].address - window->base < window->size)
			return true;
	return false;
}

/* Has one of the cell's functions a BAR there, or a BAR of its virtual functions? */
static bool window_used(const struct plan *plan, size_t cell, const struct pci_window *window)
{
	for (size_t i = 0; i < plan->cells[cell].function_count; i++) {
		const struct pci_function *const function = cell_function(plan, cell, i);

		if (window_holds(window, function->bars) || window_holds(window, function->sriov.bars))
			return true;
	}
	return false;
}

static size_t put_cells(fdt32_t *to, uint64_t value, int count)
{
	for (int i = 0; i < count; i++)
		to[i] = cpu_to_fdt32(count - i > 2 ? 0 : (uint32_t)(value >> 32 * (count - i - 1)));
	return (size_t)count;
}

size_t pci_window_cells(const struct tree_writer *writer, fdt32_t *cells, const struct pci_window *window)
{
	const uint32_t kind =
		(window->wide ? SPACE_64 : SPACE_32) | (window->prefetchable ? SPACE_PREFETCHABLE : 0);
	size_t length = put_cells(cells, kind, 1);

	length += put_cells(cells + length, window->bus, 2);
	length += put_cells(cells + length, window->base, writer->address_cells);
	return length + put_cells(cells + length, window->size, 2);
}

static size_t window_length(const struct tree_writer *writer)
{
	return 3 + (size_t)writer->address_cells + 2;
}

static void put_windows(struct tree_writer *writer, const struct pci_host *host)
{
	const struct plan *const plan = writer->layout->plan;
	fdt32_t *const cells = memory_new(host->window_count * window_length(writer), sizeof(*cells));
	size_t length = 0;

	for (size_t i = 0; i < host->window_count; i++) {
		const struct pci_window *const window = &host->windows[i];

		if (window_used(plan, writer->cell, window))
			length += pci_window_cells(writer, cells + length, window);
	}
	put_bytes(writer, "ranges", cells, length * sizeof(*cells));
	free(cells);
}

/* What its functions don't reach a driver gets by way of what they do. */
static void put_reached(struct tree_writer *writer, const struct pci_host *host)
{
	fdt32_t *const cells = memory_new(host->reached_count * window_length(writer), sizeof(*cells));
	size_t length = 0;

	for (size_t i = 0; i < host->reached_count; i++)
		length += pci_window_cells(writer, cells + length, &host->reached[i]);
	if (host->limited)
		put_bytes(writer, "dma-ranges", cells, length * sizeof(*cells));
	free(cells);
}

void put_pci_host(struct tree_writer *writer, uint64_t ecam)
{
	const struct range reg = {ecam, PCI_BUS_SIZE};
	const fdt32_t buses[] = {0, 0};

	put_begin_at(writer, "pcie", ecam);
	put_string(writer, "compatible", "pci-host-ecam-generic");
	put_string(writer, "device_type", "pci");
	put_u32(writer, "#address-cells", 3);
	put_u32(writer, "#size-cells", 2);
	put_bytes(writer, "bus-range", buses, sizeof(buses));
	put_reg(writer, &reg, 1, writer->address_cells, writer->size_cells);
	put_flag(writer, "dma-coherent");
}

/* [impl->swr~compile-tree-pci~1] */
void put_pci(struct tree_writer *writer)
{
	const struct pci_host *const host = cell_host(writer->layout->plan, writer->cell);

	if (!host)
		return;
	put_pci_host(writer, host->ecam);
	put_windows(writer, host);
	put_reached(writer, host);
	if (writer->frame_phandle)
		put_u32(writer, "msi-parent", writer->frame_phandle);
	put_end(writer);
}

void put_frame(struct tree_writer *writer, uint64_t address, int address_cells, int size_cells)
{
	const struct plan_cell *const cell = &writer->layout->plan->cells[writer->cell];
	const struct range reg = {address, BP_PAGE_SIZE};

	put_begin_at(writer, "v2m", address);
	put_string(writer, "compatible", "arm,gic-v2m-frame");
	put_flag(writer, "msi-controller");
	put_reg(writer, &reg, 1, address_cells, size_cells);
	put_u32(writer, "arm,msi-base-spi", cell->msi_first); /* an INTID: Linux, irq-gic-v2m.c */
	put_u32(writer, "arm,msi-num-spis", cell->msi_count);
	put_u32(writer, "phandle", writer->frame_phandle);
	put_end(writer);
}
