// SPDX-License-Identifier: Apache-2.0
/*
 * tree_ivshmem.c - a guest's second PCI bus, of the channels that are shown to it as functions:
 * docs/formats.md, "The guest tree". Called by tree_own.c.
 */
#include <libfdt.h>
#include <stdlib.h>

#include "emit_interrupts.h"
#include "emit_pci.h"
#include "tree.h"

#define MAP_ROW	   11 /* cells, with at most 2 of the GIC's addresses and 4 of its specifier */
#define WINDOW_ROW 7
#define PIN_A	   1u

/* What its bus passes on to memory: the functions' registers and channels, where they are. */
static void put_windows(struct tree_writer *writer)
{
	const struct plan *const plan = writer->layout->plan;
	fdt32_t *const cells =
		memory_new(plan->cells[writer->cell].shown_count * 2 * WINDOW_ROW, sizeof(*cells));
	size_t length = 0;

	for (struct shown shown = {0}; shown_next(plan, writer->cell, &shown);) {
		const struct plan_channel *const channel = shown.channel;

		length += pci_window_cells(writer, cells + length,
					   &(struct pci_window){.base = channel->registers_ipa,
								.bus = channel->registers_ipa,
								.size = BP_PAGE_SIZE});
		length += pci_window_cells(writer, cells + length,
					   &(struct pci_window){.base = channel->ipa,
								.bus = channel->ipa,
								.size = channel->size,
								.wide = true,
								.prefetchable = true});
	}
	put_bytes(writer, "ranges", cells, length * sizeof(*cells));
	free(cells);
}

/* Pin A of a function whose channel has a doorbell for the cell is that SPI. */
static void put_pins(struct tree_writer *writer)
{
	static const uint32_t mask[] = {0xf800, 0, 0, 7};
	const struct plan *const plan = writer->layout->plan;
	fdt32_t cells[SHOWN_CHANNELS_MOST * MAP_ROW];
	size_t length = 0;

	for (struct shown shown = {0}; shown_next(plan, writer->cell, &shown);) {
		const uint32_t intid = channel_doorbell(shown.channel, writer->cell);
		const uint32_t from[] = {(shown_rid(&shown) & UINT8_MAX) << 8, 0, 0, PIN_A,
					 writer->gic_phandle};

		if (!intid)
			continue;
		for (size_t i = 0; i < sizeof(from) / sizeof(from[0]); i++)
			cells[length++] = cpu_to_fdt32(from[i]);
		for (int i = 0; i < gic_address_cells(writer); i++)
			cells[length++] = 0;
		length += spi_cells(writer, cells + length, intid);
	}
	if (!length)
		return;
	put_u32(writer, "#interrupt-cells", 1);
	put_bytes(writer, "interrupt-map", cells, length * sizeof(*cells));
	for (size_t i = 0; i < sizeof(mask) / sizeof(mask[0]); i++)
		cells[i] = cpu_to_fdt32(mask[i]);
	put_bytes(writer, "interrupt-map-mask", cells, sizeof(mask));
}

/* [impl->swr~compile-tree-presentation~1] */
void put_shown_bus(struct tree_writer *writer)
{
	const struct plan *const plan = writer->layout->plan;

	if (!plan->cells[writer->cell].shown_count)
		return;
	put_pci_host(writer, plan->shown_bus_ipa);
	put_windows(writer);
	put_pins(writer);
	put_end(writer);
}
