// SPDX-License-Identifier: Apache-2.0
/*
 * rule_boot_state.c - who reaches the flash: the health cell the bank of the boot state, nobody else any of
 * it and nobody at all what the machine starts from; and what the health cell's tree says of that bank. Who
 * reaches an eMMC's controller rule_pages.c judges, as of any PCI function.
 *
 * The first half rests on the tables alone: it looks at every mapping of every root, whatever records say.
 */
#include <inttypes.h>
#include <string.h>

#include "rule.h"

#define COPIES 2u

static bool overlap(const struct span *span, const struct range *range)
{
	return range->size && span->pa < end_of(range->base, range->size) &&
	       range->base < end_of(span->pa, span->size);
}

/* `admitted`: it is the boot state's own cell. */
static void reach_check(struct audit *audit, const struct spans *spans, const char *who, bool admitted)
{
	const struct boot_state *state = &audit->boot_state;

	for (size_t i = 0; i < spans->count; i++) {
		const struct span *span = &spans->list[i];

		if (spans_touch(&audit->board.firmware, span->pa, span->size))
			violation(&audit->report, RULE_BOOT_STATE,
				  "%s: 0x%" PRIx64 " (0x%" PRIx64 " bytes at 0x%" PRIx64
				  ") reaches what the machine starts from",
				  who, span->va, span->size, span->pa);
		if (!admitted && overlap(span, &state->range))
			violation(&audit->report, RULE_BOOT_STATE,
				  "%s: 0x%" PRIx64 " (0x%" PRIx64 " bytes at 0x%" PRIx64
				  ") reaches the boot state, bank %u of %s",
				  who, span->va, span->size, span->pa, state->bank, state->flash->path);
	}
}

/* [impl->swr~audit-boot-state~1] */
static void reaches_check(struct audit *audit)
{
	for (size_t i = 0; i < audit->cell_count; i++)
		reach_check(audit, &audit->cells[i].stage2, audit->cells[i].who,
			    boot_state_of(audit, &audit->cells[i]));
	for (size_t i = 0; i < audit->core_count; i++)
		reach_check(audit, &audit->cores[i].map, audit->cores[i].who, false);
	reach_check(audit, &audit->boot_map, "the boot root", false);
}

static bool cells_are(const struct tree *tree, const struct node *node, const char *name, const uint32_t *due,
		      unsigned int count)
{
	uint32_t have;
	int length = 0;

	if (!node_property(tree, node, name, &length) || (unsigned int)length != 4 * count)
		return false;
	for (unsigned int i = 0; i < count; i++)
		if (!node_u32(tree, node, name, i, &have) || have != due[i])
			return false;
	return true;
}

static bool time_is(const struct tree *tree, const struct node *node, const char *name, uint64_t due)
{
	const uint32_t cells[] = {(uint32_t)(due >> 32), (uint32_t)due};

	return cells_are(tree, node, name, cells, 2);
}

static bool as_the_board(const struct audit *audit, const struct cell *cell, const struct node *told,
			 const struct node *node, const char *name)
{
	int have = 0, want = 0;
	const void *left = node_property(&cell->guest, told, name, &have),
		   *right = node_property(&audit->board.tree, node, name, &want);

	return left && right && have == want && !memcmp(left, right, (size_t)want);
}

/* That bank, or the controller, of that kind, and no interrupt: what else the board's node has is of the
 * other banks. */
static bool told_registers(const struct audit *audit, const struct cell *cell, const struct node *told)
{
	const struct range *due = &audit->boot_state.range;

	return told->enabled && told->reg_count == 1 && told->regs[0].base == due->base &&
	       told->regs[0].size == due->size && !told->irq_count &&
	       as_the_board(audit, cell, told, audit->boot_state.flash, "compatible");
}

/* `told` is the flash's node: an SPI flash's lies in its controller's. */
static bool told_flash(const struct audit *audit, const struct cell *cell, const struct node *told)
{
	const struct boot_state *state = &audit->boot_state;

	if (!state->chip)
		return told_registers(audit, cell, told) &&
		       as_the_board(audit, cell, told, state->flash, "bank-width");
	return told->enabled && told->parent > 0 &&
	       told_registers(audit, cell, &cell->guest.nodes[told->parent]) && !told->irq_count &&
	       as_the_board(audit, cell, told, state->chip, "compatible") &&
	       as_the_board(audit, cell, told, state->chip, "reg");
}

static bool told_places(const struct audit *audit, const struct tree *guest, const struct node *told)
{
	const uint32_t block = audit->boot_state.block, start = (uint32_t)audit->boot_state.start,
		       copies[COPIES] = {start, start + block}, identity = start + COPIES * block;

	return cells_are(guest, told, "bulkhead,boot-state", copies, COPIES) &&
	       cells_are(guest, told, "bulkhead,identity", &identity, 1) &&
	       cells_are(guest, told, "bulkhead,erase-block", &block, 1);
}

/* The cell's program finds its flash by these. */
static bool claims_flash(const struct tree *guest, const struct node *node)
{
	return node_flag(guest, node, "bulkhead,boot-state") || node_flag(guest, node, "bulkhead,identity") ||
	       node_flag(guest, node, "bulkhead,erase-block");
}

/* The function by the number that the cell's record has for it. [impl->swr~audit-boot-state-emmc~1] */
static bool told_emmc(const struct audit *audit, const struct cell *cell, const struct node *told)
{
	const struct boot_state *state = &audit->boot_state;
	const uint64_t due = pci_config_pa(&audit->pci, state->emmc);
	uint32_t function, partition;
	uint64_t pa;

	if (!node_compatible(&cell->guest, told, "bulkhead,emmc-boot-state") || cell->first_core < 0 ||
	    !node_u32(&cell->guest, told, "function", 0, &function) ||
	    !node_u32(&cell->guest, told, "partition", 0, &partition) || partition != state->bank)
		return false;
	for (uint32_t i = 0; i < cell->record->pci.count; i++)
		if (cell->pci[i].rid == function && cell->pci[i].config_va &&
		    spans_translate(&audit->cores[cell->first_core].map, cell->pci[i].config_va, BP_PAGE_SIZE,
				    &pa))
			return due && pa == due;
	return false;
}

/* [impl->swr~audit-tree-boot-state~1] */
static void guest_check(struct audit *audit, const struct cell *cell)
{
	const struct boot_state *state = &audit->boot_state;
	const struct tree *guest = &cell->guest;
	const char *path = state->emmc	  ? "/bulkhead/boot-state"
			   : state->chip  ? state->chip->path
			   : state->flash ? state->flash->path
					  : "";
	const struct node *told = boot_state_of(audit, cell) ? tree_path(guest, path) : NULL;

	for (size_t i = 0; i < guest->count; i++)
		if (&guest->nodes[i] != told && claims_flash(guest, &guest->nodes[i]))
			violation(&audit->report, RULE_TREE_BOOT_STATE,
				  "%s: its tree's %s claims a boot state, which isn't there", cell->who,
				  guest->nodes[i].path);
	if (!boot_state_of(audit, cell))
		return;
	if (!told || !(state->emmc ? told_emmc : told_flash)(audit, cell, told) ||
	    !told_places(audit, guest, told))
		violation(&audit->report, RULE_TREE_BOOT_STATE,
			  "%s: its tree's %s isn't %s %u%s%s, as the board has it, with boot state and "
			  "identity in blocks of 0x%x bytes from 0x%" PRIx64 " on",
			  cell->who, path, state->emmc ? "boot partition" : "bank or chip", state->bank,
			  state->emmc ? " of the eMMC behind " : "", state->emmc ? state->emmc->name : "",
			  state->block, state->start);
	if (!told || !time_is(guest, told, "bulkhead,confirm-after-ns", state->after_ns) ||
	    !time_is(guest, told, "bulkhead,confirm-within-ns", state->within_ns))
		violation(&audit->report, RULE_TREE_BOOT_STATE,
			  "%s: its tree doesn't confirm a boot after %" PRIu64 " ns, within %" PRIu64 " ns",
			  cell->who, state->after_ns, state->within_ns);
}

/* [impl->swr~audit-unisolated~1] */
void rule_boot_state(struct audit *audit)
{
	reaches_check(audit);
	if (audit->boot_state.shares_firmware)
		unisolated(&audit->report, UNISOLATED_SHARED,
			   "cell '%s': %s has what the machine starts from, too, on the file's word: "
			   "boot-state-firmware = \"unprotected\"",
			   audit->boot_state.asked->name, audit->boot_state.chip->path);
	for (size_t i = 0; i < audit->cell_count; i++)
		if (audit->cells[i].known && audit->cells[i].guest.fdt)
			guest_check(audit, &audit->cells[i]);
}
