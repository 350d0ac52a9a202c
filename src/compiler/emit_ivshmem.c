// SPDX-License-Identifier: Apache-2.0
/*
 * emit_ivshmem.c - channels that are shown as PCI functions, in the records of the cells that have part in
 * them: configuration space, constant but for INTx's disable, and the pages that are emulated. Where the cell
 * receives the doorbell, an interrupt is said to be pending always: drivers ask that only when one was taken.
 *
 * The layout is that of QEMU's ivshmem-plain (docs/specs/ivshmem-spec of QEMU), with a doorbell register that
 * rings. The addresses are of windows.c; tree_ivshmem.c describes it to the guest. Called by emit_pci.c,
 * emit_cell.c, tree_ivshmem.c.
 */
#include "emit_interrupts.h"
#include "emit_pci.h"
#include "pci_fields.h"

#define IDS	       0x11101af4u
#define CLASS_REVISION 0x05000001u /* RAM; revision 1 */
#define SUBSYSTEM      0x11001af4u
#define REGISTERS_SIZE 0x100u
#define PCI_INTERRUPT  0x3cu
#define PIN_A	       0x100u
#define REGISTERS      8u /* of configuration space */

bool shown_next(const struct plan *plan, size_t cell, struct shown *shown)
{
	const struct plan_channel *channel = shown->channel;

	shown->device += channel != NULL;
	for (size_t i = channel ? (size_t)(channel - plan->channels) + 1 : 0; i < plan->channel_count; i++) {
		const uint32_t role = channel_role(&plan->channels[i], cell);

		shown->index += shown->met && role;
		shown->met |= role != 0;
		if (!role || !plan->channels[i].shown)
			continue;
		shown->channel = &plan->channels[i];
		return true;
	}
	return false;
}

/* [impl->swr~compile-presentation~1] */
static void describe(const struct plan_channel *channel, size_t cell, struct bp_pci_register *rows)
{
	const uint64_t mask = ~(channel->size - 1);
	const uint32_t kind = BAR_64 | BAR_PREFETCHABLE;
	const bool rung = channel_doorbell(channel, cell) != 0;
	const struct bp_pci_register described[REGISTERS] = {
		{.offset = PCI_ID, .fixed = IDS},
		{PCI_COMMAND, BP_PCI_KEPT, COMMAND_MEMORY | (rung ? STATUS_INTX : 0), 0, COMMAND_NO_INTX, 0},
		{.offset = PCI_CLASS, .fixed = CLASS_REVISION},
		{PCI_BAR0, BP_PCI_SIZING, (uint32_t)channel->registers_ipa, 0, ~(REGISTERS_SIZE - 1), 0},
		{PCI_BAR0 + 8, BP_PCI_SIZING, (uint32_t)channel->ipa | kind, 0, (uint32_t)mask | kind, 0},
		{PCI_BAR0 + 12, BP_PCI_SIZING, (uint32_t)(channel->ipa >> 32), 0, (uint32_t)(mask >> 32), 0},
		{.offset = PCI_SUBSYSTEM, .fixed = SUBSYSTEM},
		{.offset = PCI_INTERRUPT, .fixed = rung ? PIN_A : 0},
	};

	for (size_t i = 0; i < REGISTERS; i++)
		rows[i] = described[i];
}

uint64_t shown_size(const struct plan *plan, size_t cell)
{
	return plan->cells[cell].shown_count * REGISTERS * sizeof(struct bp_pci_register);
}

void shown_fill(const struct plan *plan, size_t cell, struct bp_cell *record, uint64_t at)
{
	uint8_t *const base = (uint8_t *)record;
	const size_t first = plan->cells[cell].function_count;
	struct bp_pci_function *const functions =
		(struct bp_pci_function *)(base + record->pci.offset) + first;

	for (struct shown shown = {0}; shown_next(plan, cell, &shown);) {
		functions[shown.device] = (struct bp_pci_function){
			.rid = shown_rid(&shown),
			.flags = BP_PCI_CHANNEL,
			.state = (uint32_t)(first + shown.device),
			.registers = {(uint32_t)at, REGISTERS},
		};
		describe(shown.channel, cell, (struct bp_pci_register *)(base + at));
		at += REGISTERS * sizeof(struct bp_pci_register);
	}
}

size_t shown_pages(const struct plan *plan, size_t cell, struct bp_mmio *pages)
{
	size_t count = 0;

	for (struct shown shown = {0}; shown_next(plan, cell, &shown);)
		pages[count++] = (struct bp_mmio){shown.channel->registers_ipa, BP_PAGE_SIZE, BP_MMIO_IVSHMEM,
						  shown.index};
	if (count)
		pages[count++] =
			(struct bp_mmio){plan->shown_bus_ipa, PCI_BUS_SIZE, BP_MMIO_PCI, BP_PCI_CHANNELS};
	return count;
}
