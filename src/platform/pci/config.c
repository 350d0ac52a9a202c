/* SPDX-License-Identifier: Apache-2.0 */
/*
 * config.c - configuration space as a cell sees it: a bus of its own with its own functions, by tables. What
 * no table lists is not there. BARs don't move: to a guest that asks for their size the table answers.
 */
#include "config.h"
#include "../../arch/arm64/boot.h"
#include "../../core/cell.h"
#include "../../core/events.h"
#include "../../core/mmio.h"

#define ALL_ONES 0xffffffffu /* what a guest writes that asks for a size */

u32 pci_read(va_t va)
{
	const struct guarded found = guarded_read32(va & ~UINT64_C(3));

	return found.good ? (u32)found.value : PCI_NO_ANSWER;
}

bool pci_write(va_t va, u32 value, u32 width)
{
	return guarded_write(va, value, width).good;
}

bool pci_bars_restore(const struct bp_pci_function *function)
{
	const struct bp_pci_bar *const bars = cell_table(&function->bars);
	bool restored = true;

	for (u32 i = 0; i < function->bars.count; i++)
		(void)pci_write(function->config_va + bars[i].offset, bars[i].value, 4);
	/* A reset that isn't over takes no writes; its end would leave zeroes where they must not decode. */
	for (u32 i = 0; i < function->bars.count; i++) {
		const u32 found = pci_read(function->config_va + bars[i].offset);

		restored = restored && found != PCI_NO_ANSWER && (found & bars[i].value) == bars[i].value;
	}
	return restored;
}

/* [impl->swr~pci-device-told~1] */
void pci_device_tell(const struct bp_pci_function *function, u32 was, u32 is)
{
	if ((function->flags & BP_PCI_SHARED) && ((was ^ is) & PCI_COMMAND_MASTER))
		event_record(EVENT_DEVICE, function->rid, !!(is & PCI_COMMAND_MASTER), 0, 0);
}

struct place { /* a register of the cell's */
	const struct bp_pci_function *function;
	const struct bp_pci_register *row; /* NULL: reads as zero */
	u32 sizing;			   /* BP_PCI_SIZING: its bit in the function's word of state */
};

/* False: no function of the cell's. The offset is from rid 0. */
static bool place_find(u64 offset, struct place *place)
{
	const struct bp_pci_function *function = cell_table(&this_cell->pci);
	const struct bp_pci_register *row;
	u32 i;

	*place = (struct place){0};
	for (i = 0; i < this_cell->pci.count && function->rid != offset >> 12; i++)
		function++;
	if (i == this_cell->pci.count)
		return false;
	place->function = function;
	row = cell_table(&function->registers);
	for (i = 0; i < function->registers.count && row->offset < (offset & 0xffc); i++, row++)
		place->sizing += row->kind == BP_PCI_SIZING;
	if (i < function->registers.count && row->offset == (offset & 0xffc))
		place->row = row;
	return true;
}

static u32 *sized(const struct bp_pci_function *function)
{
	return (u32 *)this_cell->pci_state_va + function->state;
}

static u32 place_read(const struct place *place)
{
	const struct bp_pci_register *const row = place->row;
	const va_t config = place->function->config_va;

	if (row->kind == BP_PCI_SIZING)
		return *sized(place->function) & BIT(place->sizing % 32) ? row->write : row->fixed;
	if (row->kind == BP_PCI_KEPT)
		return row->fixed | (*sized(place->function) & row->write);
	if (config == 0 || row->hard == 0)
		return row->fixed;
	return row->fixed | (pci_read(config + row->offset) & row->hard);
}

/* [impl->swr~pci-bars-fixed~1] */
static void size_ask(const struct place *place, bool all_ones)
{
	const u32 bit = (u32)BIT(place->sizing % 32);
	u32 *const word = sized(place->function);

	*word = all_ones ? *word | bit : *word & ~bit;
}

/* `lanes` are the bits of the 4 bytes that the guest writes. */
static void place_write(const struct place *place, u32 value, u32 lanes, const struct access *access)
{
	const struct bp_pci_function *const function = place->function;
	const struct bp_pci_register *const row = place->row;
	const u32 open = row->write | row->clear, shift = 8 * (access->offset & 3);
	u32 now, next;

	if (row->kind == BP_PCI_KEPT) {
		now = *sized(function);
		*sized(function) = (now & ~(open & lanes)) | (value & open & lanes);
		return;
	}
	if (row->kind == BP_PCI_SIZING) {
		size_ask(place, (value & lanes) == ALL_ONES);
		return;
	}
	if (function->config_va == 0 || !(open & lanes))
		return;
	now = pci_read(function->config_va + row->offset);
	if (now == PCI_NO_ANSWER && open != ~UINT32_C(0))
		return; /* the function is in reset: what the guest doesn't write can't be kept */
	next = (now & ~(open & lanes)) | (value & open & lanes); /* no other lanes are written */
	/* A reset has cleared the BARs: it decodes memory where it belongs, or not at all. */
	if (row->kind == BP_PCI_COMMAND && (next & ~now & PCI_COMMAND_MEMORY) && !pci_bars_restore(function))
		next &= ~(u32)PCI_COMMAND_MEMORY;
	if (pci_write(function->config_va + (access->offset & 0xfff), next >> shift, access->size) &&
	    row->kind == BP_PCI_COMMAND)
		pci_device_tell(function, now, next);
}

/* [impl->swr~pci-config-emulated~1] */
void pci_config_access(struct access *access)
{
	const u32 shift = 8 * (access->offset & 3);
	struct place place;
	u32 lanes;

	if (access->size > 4 || !place_find(((u64)access->arg << 12) + access->offset, &place)) {
		access->value = ~UINT64_C(0);
		return;
	}
	if (!place.row) {
		access->value = 0;
		return;
	}
	lanes = (u32)(MASK(8 * access->size) << shift);
	lock_take(&cell_state()->pci_lock);
	if (access->write)
		place_write(&place, (u32)(access->value << shift), lanes, access);
	else
		access->value = (place_read(&place) & lanes) >> shift;
	lock_release(&cell_state()->pci_lock);
}
