// SPDX-License-Identifier: Apache-2.0
/*
 * rule_presentation.c - channels that the file shows as PCI functions: on a bus of their own, constant, with
 * the channel as their memory and its doorbell as their interrupt, in the record and in the guest's tree.
 *
 * The layout of such a function is that of QEMU's ivshmem device: docs/specs/ivshmem-spec of QEMU.
 */
#include <inttypes.h>
#include <string.h>

#include "rule.h"

#define BUS	       0x100000u /* bytes of configuration space */
#define REGISTERS_MASK 0xffffff00u
#define NO_INTX	       0x0400u /* Command: the one bit that does nothing but stay */
#define BAR_WIDE       0xcu    /* 64 bits, prefetchable */
#define SPACE(cell)    ((cell) & 0x43000000u)
#define SPACE_LOW      0x02000000u /* 32 bits, not prefetchable */
#define SPACE_WIDE     0x43000000u
#define DEVICE_MASK    0xf800u
#define PIN_MASK       7u

struct due { /* what a register reads as; of a BAR: when it is sized; else what a guest may write of it */
	uint16_t offset, kind;
	uint32_t value, write;
};

static void wrong(struct audit *audit, const struct cell *cell, const char *channel, const char *what,
		  uint64_t value)
{
	violation(&audit->report, RULE_PRESENTATION, "%s: channel '%s' as a PCI function: %s (0x%" PRIx64 ")",
		  cell->who, channel, what, value);
}

/* Index in the record of the first channel from `index` on that the file shows; the count: there is none. */
static uint32_t shown_from(const struct audit *audit, const struct cell *cell, uint32_t index)
{
	const struct partition_channel *channel;

	while (index < cell->record->channels.count &&
	       (!(channel = channel_named(audit, cell, index)) || !channel->shown))
		index++;
	return index;
}

uint32_t channels_shown(const struct audit *audit, const struct cell *cell)
{
	uint32_t count = 0;

	for (uint32_t i = shown_from(audit, cell, 0); i < cell->record->channels.count;
	     i = shown_from(audit, cell, i + 1))
		count++;
	return count;
}

/* ---- the record ---- */

static const struct bp_mmio *registers_of(const struct cell *cell, uint32_t index)
{
	const struct bp_mmio *found = NULL;

	for (uint32_t i = 0; i < cell->record->mmio.count; i++)
		if (cell->mmio[i].kind == BP_MMIO_IVSHMEM && cell->mmio[i].arg == index)
			found = &cell->mmio[i];
	return found;
}

const struct bp_mmio *shown_bus(const struct cell *cell)
{
	const struct bp_mmio *found = NULL;

	for (uint32_t i = 0; i < cell->record->mmio.count; i++)
		if (cell->mmio[i].kind == BP_MMIO_PCI && cell->mmio[i].arg)
			found = &cell->mmio[i];
	return found;
}

/* All of its configuration space: nothing of it is anybody's hardware. */
static void space_check(struct audit *audit, const struct cell *cell, const char *name,
			const struct bp_pci_function *function, const struct due *due, size_t count)
{
	const struct bp_pci_register *rows =
		(const void *)((const uint8_t *)cell->record + function->registers.offset);
	size_t next = 0;

	for (uint32_t i = 0; i < function->registers.count; i++, next++) {
		if (next == count || rows[i].offset != due[next].offset || rows[i].kind != due[next].kind ||
		    rows[i].fixed != due[next].value || rows[i].write != due[next].write || rows[i].hard ||
		    rows[i].clear) {
			wrong(audit, cell, name, "a register isn't what it is, or not constant",
			      rows[i].offset);
			return;
		}
	}
	if (next != count)
		wrong(audit, cell, name, "registers are missing", due[next].offset);
}

static void function_check(struct audit *audit, const struct cell *cell, uint32_t index, uint32_t device,
			   const struct bp_pci_function *function)
{
	const char *name = channel_named(audit, cell, index)->name;
	const struct bp_channel *channel = &cell->channels[index];
	const struct bp_mmio *registers = registers_of(cell, index);
	const uint64_t mask = ~(channel->size - 1);
	const struct due due[] = {
		{0x00, BP_PCI_PLAIN, 0x11101af4, 0},
		{0x04, BP_PCI_KEPT, channel->receive_intid ? 0x00080002 : 0x0002, NO_INTX},
		{0x08, BP_PCI_PLAIN, 0x05000001, 0},
		{0x10, BP_PCI_SIZING, registers ? (uint32_t)registers->ipa : 0, REGISTERS_MASK},
		{0x18, BP_PCI_SIZING, (uint32_t)channel->ipa | BAR_WIDE, (uint32_t)mask | BAR_WIDE},
		{0x1c, BP_PCI_SIZING, (uint32_t)(channel->ipa >> 32), (uint32_t)(mask >> 32)},
		{0x2c, BP_PCI_PLAIN, 0x11001af4, 0},
		{0x3c, BP_PCI_PLAIN, channel->receive_intid ? 0x100 : 0, 0},
	};

	if (channel->size & (channel->size - 1) || channel->ipa & (channel->size - 1))
		wrong(audit, cell, name, "no BAR is its memory", channel->size);
	if (!registers || registers->size != BP_PAGE_SIZE || registers->ipa % BP_WINDOW_ALIGN ||
	    registers->ipa > UINT32_MAX)
		wrong(audit, cell, name, "its registers aren't a page below 4 GiB",
		      registers ? registers->ipa : 0);
	if (function->rid != (BP_PCI_CHANNELS | device << 3) || function->flags != BP_PCI_CHANNEL ||
	    function->config_va || function->reset || function->bars.count)
		wrong(audit, cell, name, "it isn't that device of its bus, or has hardware", function->rid);
	space_check(audit, cell, name, function, due, COUNT(due));
}

static void record_check(struct audit *audit, const struct cell *cell, uint32_t shown)
{
	const struct bp_mmio *bus = shown_bus(cell);
	uint32_t index = shown_from(audit, cell, 0), device = 0, pages = 0, buses = 0;

	for (uint32_t i = 0; i < cell->record->mmio.count; i++) {
		pages += cell->mmio[i].kind == BP_MMIO_IVSHMEM;
		buses += cell->mmio[i].kind == BP_MMIO_PCI && cell->mmio[i].arg;
	}
	if (pages != shown || buses != !!shown ||
	    (bus && (bus->arg != BP_PCI_CHANNELS || bus->size != BUS || bus->ipa % BUS)))
		violation(
			&audit->report, RULE_PRESENTATION,
			"%s: %u channels of it are PCI functions, but %u pages of registers and %u buses are "
			"emulated",
			cell->who, shown, pages, buses);
	for (uint32_t i = 0; i < cell->record->pci.count; i++) {
		if (!(cell->pci[i].flags & BP_PCI_CHANNEL))
			continue;
		if (device++ < shown) {
			function_check(audit, cell, index, device, &cell->pci[i]);
			index = shown_from(audit, cell, index + 1);
		}
	}
	if (device != shown)
		violation(&audit->report, RULE_PRESENTATION,
			  "%s: the file shows it %u channels as PCI functions, its record %u", cell->who,
			  shown, device);
}

/* ---- the guest's tree ---- */

static bool window_is(const struct cell *cell, const struct node *node, unsigned int number, uint32_t space,
		      uint64_t ipa, uint64_t size)
{
	struct range window;
	uint32_t found;
	uint64_t bus;

	return node_bus_window(&cell->guest, node, number, &window, &found, &bus) && SPACE(found) == space &&
	       window.base == ipa && bus == ipa && window.size == size;
}

/* Pin A of device `device` is row `row` of the map, and leads to that interrupt. */
static bool pin_leads(const struct cell *cell, const struct node *node, uint32_t row, uint32_t device,
		      uint32_t intid)
{
	const struct tree *tree = &cell->guest;
	int length = 0;
	uint32_t unit, middle, low, pin, width;

	if (!node_property(tree, node, "interrupt-map", &length) || row >= node->mapped_count)
		return false;
	width = (uint32_t)length / 4 / (uint32_t)node->mapped_count;
	return node_u32(tree, node, "interrupt-map", row * width, &unit) && unit == device << 11 &&
	       node_u32(tree, node, "interrupt-map", row * width + 1, &middle) && !middle &&
	       node_u32(tree, node, "interrupt-map", row * width + 2, &low) && !low &&
	       node_u32(tree, node, "interrupt-map", row * width + 3, &pin) && pin == 1 &&
	       node->mapped[row].intid == intid && (node->mapped[row].flags & TRIGGER_EDGE);
}

static bool map_masked(const struct cell *cell, const struct node *node)
{
	static const uint32_t due[] = {DEVICE_MASK, 0, 0, PIN_MASK};
	uint32_t found;

	for (unsigned int i = 0; i < COUNT(due); i++)
		if (!node_u32(&cell->guest, node, "interrupt-map-mask", i, &found) || found != due[i])
			return false;
	return true;
}

/* [impl->swr~audit-presentation~1] */
void shown_host_check(struct audit *audit, const struct cell *cell, const struct node *node)
{
	const struct tree *tree = &cell->guest;
	uint32_t first = 1, last = 1, device = 0, rows = 0;
	struct range beyond;

	if (!node_compatible(tree, node, "pci-host-ecam-generic") || node->reg_count != 1 ||
	    node->regs[0].size != BUS || !node_u32(tree, node, "bus-range", 0, &first) ||
	    !node_u32(tree, node, "bus-range", 1, &last) || first || last ||
	    !node_flag(tree, node, "dma-coherent") || node_flag(tree, node, "msi-parent") ||
	    node_flag(tree, node, "msi-map") || node_flag(tree, node, "iommu-map"))
		wrong(audit, cell, node->path, "its tree has another kind of bus for it", 0);
	for (uint32_t i = shown_from(audit, cell, 0); i < cell->record->channels.count;
	     i = shown_from(audit, cell, i + 1)) {
		const struct bp_channel *channel = &cell->channels[i];
		const struct bp_mmio *registers = registers_of(cell, i);
		const char *name = channel_named(audit, cell, i)->name;

		if (!registers ||
		    !window_is(cell, node, 2 * device, SPACE_LOW, registers->ipa, BP_PAGE_SIZE) ||
		    !window_is(cell, node, 2 * device + 1, SPACE_WIDE, channel->ipa, channel->size))
			wrong(audit, cell, name, "its tree has no windows of just its BARs", channel->ipa);
		device++;
		if (channel->receive_intid && !pin_leads(cell, node, rows++, device, channel->receive_intid))
			wrong(audit, cell, name, "its tree has another interrupt for it",
			      channel->receive_intid);
	}
	if (node_window(tree, node, 2 * device, &beyond) || node->mapped_count != rows ||
	    node->map_rows != rows || (rows && !map_masked(cell, node)))
		wrong(audit, cell, node->path, "its tree's bus passes on more than it has", node->map_rows);
}

/* [impl->swr~audit-presentation~1] */
void rule_presentation(struct audit *audit)
{
	for (size_t i = 0; i < audit->cell_count; i++)
		if (audit->cells[i].known)
			record_check(audit, &audit->cells[i], channels_shown(audit, &audit->cells[i]));
}
