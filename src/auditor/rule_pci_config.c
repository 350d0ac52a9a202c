// SPDX-License-Identifier: Apache-2.0
/*
 * rule_pci_config.c - what a cell's cores let its guest do to its functions' configuration space: nothing
 * that moves a BAR, a bus or a virtual function, changes whose requests it sends, or takes from another cell.
 *
 * What is admitted is listed; a register that isn't known to be harmless is not to be written.
 */
#include <inttypes.h>
#include <string.h>

#include "rule.h"

#define COMMAND		0x04u
#define COMMAND_PF	0x0546u /* memory, master, parity, SERR, no INTx; not I/O */
#define COMMAND_VF	0x0006u /* memory, master */
#define COMMAND_MASTER	0x0004u
#define STATUS_ERRORS	0xf9000000u
#define CACHE_LINE	0x0cu
#define CACHE_AND_TIMER 0x0000ffffu
#define INTERRUPT	0x3cu
#define INTERRUPT_LINE	0x000000ffu
#define POWER_STATE	0x00000003u
#define POWER_EVENT	0x00000100u
#define POWER_STATUS	0x00008000u
#define DEVICE_ABLE	0x04u
#define DEVICE_CONTROL	0x08u
#define ABLE_FLR	0x10000000u
#define CONTROL_PLAIN	0x0000781fu /* errors, relaxed order, no snoop, size of reads */
#define CONTROL_FLR	0x00008000u
#define CONTROL_ERRORS	0x000f0000u
#define MSI_CONTROL	0x00710000u
#define MSI_WIDE	0x00800000u
#define MSI_MASKS	0x01000000u
#define MSIX_CONTROL	0xc0000000u
/* Of an Intel 6300ESB. */
#define WATCHDOG_CONFIG	  0x60u
#define WATCHDOG_SETTINGS 0x00000007u /* clock, kind of interrupt; not the output's */
#define WATCHDOG_LOCK	  0x68u
#define WATCHDOG_ENABLE	  0x00000007u /* lock, enable, function */
#define SIZING_MOST	  32u
#define STATE_WORDS	  1024u
#define RIDS		  256u

struct entry { /* one function as a cell has it */
	struct audit *audit;
	const struct cell *cell;
	const struct bp_pci_function *record;
	const struct pci_function *function; /* NULL: a ghost */
	bool kept;			     /* a PF whose virtual functions are on */
};

static void wrong(const struct entry *entry, const char *what, uint64_t value)
{
	violation(&entry->audit->report, RULE_PCI_CONFIG,
		  "%s: function %02x.%x of its bus, %s: %s (0x%" PRIx64 ")", entry->cell->who,
		  entry->record->rid >> 3 & 0x1f, entry->record->rid & 7,
		  entry->function ? entry->function->name : "a ghost", what, value);
}

static const void *table_of(const struct entry *entry, struct bp_table table)
{
	return (const uint8_t *)entry->cell->record + table.offset;
}

/* Bits that a guest may set and clear, and those that it may clear by writing them. */
struct open_bits {
	uint32_t write, clear;
};

static struct open_bits capability_opens(const struct entry *entry, uint32_t offset)
{
	const struct pci_function *function = entry->function;
	const uint32_t power = pci_capability(function, PCI_CAP_POWER),
		       msi = pci_capability(function, PCI_CAP_MSI);
	const uint32_t express = pci_capability(function, PCI_CAP_EXPRESS);
	const uint32_t msix = pci_capability(function, PCI_CAP_MSIX), state = entry->kept ? 0 : POWER_STATE;
	const uint32_t control = msi ? pci_read(function, msi, 4) : 0, wide = control & MSI_WIDE ? 4 : 0;

	if (pci_is_watchdog(function) && offset == WATCHDOG_CONFIG)
		return (struct open_bits){WATCHDOG_SETTINGS, 0};
	if (pci_is_watchdog(function) && offset == WATCHDOG_LOCK)
		return (struct open_bits){WATCHDOG_ENABLE, 0};
	if (power && offset == power + 4)
		return (struct open_bits){state | POWER_EVENT, POWER_STATUS};
	if (express && offset == express + DEVICE_CONTROL)
		return (struct open_bits){CONTROL_PLAIN | (entry->record->reset == offset ? CONTROL_FLR : 0),
					  CONTROL_ERRORS};
	if (msix && offset == msix)
		return (struct open_bits){MSIX_CONTROL, 0};
	if (msi && offset == msi)
		return (struct open_bits){MSI_CONTROL, 0};
	/* Where a message goes, and what it says, the IOMMU and the ITS judge. */
	if (msi && offset > msi && offset <= msi + 8 + wide)
		return (struct open_bits){UINT32_MAX, 0};
	if (msi && control & MSI_MASKS && offset == msi + 12 + wide)
		return (struct open_bits){UINT32_MAX, 0};
	return (struct open_bits){0, 0};
}

static struct open_bits opens(const struct entry *entry, uint32_t offset)
{
	const bool virtual = entry->function && entry->function->physical != PCI_NONE;
	/* [impl->swr~audit-boot-state-emmc~1] */
	const bool quiet = entry->function && entry->function == entry->audit->boot_state.emmc;

	if (!entry->function)
		return (struct open_bits){0, 0};
	switch (offset) {
	case COMMAND:
		return (struct open_bits){
			(virtual ? COMMAND_VF : COMMAND_PF) & (quiet ? ~COMMAND_MASTER : ~0u), STATUS_ERRORS};
	case CACHE_LINE:
		return (struct open_bits){CACHE_AND_TIMER, 0};
	case INTERRUPT:
		return (struct open_bits){INTERRUPT_LINE, 0};
	default:
		return capability_opens(entry, offset);
	}
}

static bool is_bar(const struct entry *entry, uint32_t offset)
{
	const uint32_t vf_bars =
		entry->function && entry->function->sriov ? entry->function->sriov + PCI_VF_BARS : 0;

	return (offset >= PCI_BAR0 && offset < PCI_BAR0 + 4 * PCI_BARS) ||
	       (vf_bars && offset >= vf_bars && offset < vf_bars + 4 * PCI_BARS);
}

/* What a guest reads of a BAR is where it is: its tables of memory rest on that. */
static void bar_check(const struct entry *entry, const struct bp_pci_register *row)
{
	const struct pci *pci = &entry->audit->pci;
	const bool own = row->offset < PCI_BAR0 + 4 * PCI_BARS;
	unsigned int number = (row->offset - PCI_BAR0) / 4;
	uint64_t bus, cpu;
	uint32_t due = 0;

	if (!own)
		return; /* of virtual functions: their BARs are no registers of theirs */
	if (number && entry->function->bars[number - 1].wide)
		due = pci_bar_place(pci, entry->function, number - 1, &bus, &cpu) ? (uint32_t)(bus >> 32) : 0;
	else if (pci_bar_place(pci, entry->function, number, &bus, &cpu))
		due = (uint32_t)bus | (entry->function->bars[number].wide ? 4 : 0) |
		      (entry->function->bars[number].prefetchable ? 8 : 0);
	if (row->fixed != due)
		wrong(entry, "a BAR reads as another address than it has", row->fixed);
}

/* [impl->swr~audit-pci-config~1] */
static void register_check(const struct entry *entry, const struct bp_pci_register *row)
{
	const struct open_bits open = opens(entry, row->offset);

	if (row->kind == BP_PCI_SIZING) {
		if (!is_bar(entry, row->offset) || !entry->function)
			wrong(entry, "it sizes what is no BAR", row->offset);
		else
			bar_check(entry, row);
		return; /* nothing is written */
	}
	if (row->kind > BP_PCI_COMMAND || (row->kind == BP_PCI_COMMAND && row->offset != COMMAND))
		wrong(entry, "a register is of a kind that it can't be", row->offset);
	if (row->offset == COMMAND && row->write & 2 && row->kind != BP_PCI_COMMAND)
		wrong(entry, "memory can be decoded without the BARs in place", row->offset);
	if (row->write & ~open.write || row->clear & ~(open.clear | open.write))
		wrong(entry, "a guest may write what it must not",
		      (uint64_t)row->offset << 32 | row->write | row->clear);
	if (!entry->function && row->hard)
		wrong(entry, "a ghost has registers of its own", row->offset);
}

static void registers_check(const struct entry *entry)
{
	const struct bp_pci_register *rows = table_of(entry, entry->record->registers);
	unsigned int sizing = 0;

	for (uint32_t i = 0; i < entry->record->registers.count; i++) {
		if (rows[i].offset % 4 || rows[i].offset >= PCI_SPACE ||
		    (i && rows[i].offset <= rows[i - 1].offset))
			wrong(entry, "its registers aren't in order", rows[i].offset);
		else
			register_check(entry, &rows[i]);
		sizing += rows[i].kind == BP_PCI_SIZING;
	}
	if (sizing > SIZING_MOST)
		wrong(entry, "more BARs than its word of state has bits", sizing);
}

/* What is put back after a reset is what the boot put there. */
static void bars_check(const struct entry *entry)
{
	const struct bp_pci_bar *bars = table_of(entry, entry->record->bars);
	const struct pci_function *function = entry->function;
	uint32_t next = 0, left;

	for (unsigned int i = 0; function && function->physical == PCI_NONE && i < PCI_BARS; i++) {
		const uint32_t offset = PCI_BAR0 + 4 * i;
		const bool used = (function->bars[i].size && !function->bars[i].io) ||
				  (i && function->bars[i - 1].wide);

		if (!used || !pci_left(function, offset, 4, &left) || !left)
			continue;
		if (next >= entry->record->bars.count || bars[next].offset != offset ||
		    bars[next].value != left)
			wrong(entry, "a BAR isn't put back as the boot set it", offset);
		next++;
	}
	if (next < entry->record->bars.count)
		wrong(entry, "more is put back than its BARs", bars[next].offset);
}

static void flags_check(const struct entry *entry)
{
	const struct audit *audit = entry->audit;
	const struct pci_function *function = entry->function;
	const int number = function ? (int)(function - audit->pci.functions) : PCI_NONE;
	uint32_t due = function ? (function->physical != PCI_NONE ? BP_PCI_VF : 0) : BP_PCI_VF | BP_PCI_GHOST;
	const uint32_t express = function ? pci_capability(function, PCI_CAP_EXPRESS) : 0;

	for (size_t i = 0; function && i < audit->pci.count; i++)
		if (audit->pci.functions[i].physical == number &&
		    audit->pci.functions[i].owner != CELL_NONE_ID &&
		    audit->pci.functions[i].owner != function->owner)
			due |= BP_PCI_SHARED;
	if (entry->record->flags != due)
		wrong(entry, "its flags aren't what it is", entry->record->flags);
	if (entry->record->reset &&
	    (entry->kept || !express || entry->record->reset != express + DEVICE_CONTROL ||
	     !(pci_read(function, express + DEVICE_ABLE, 4) & ABLE_FLR) ||
	     !pci_seen(function, express + DEVICE_ABLE, 4, ABLE_FLR, ABLE_FLR)))
		wrong(entry, "it can't be reset there, or must not: its virtual functions would vanish",
		      entry->record->reset);
}

static const struct pci_function *function_at(const struct audit *audit, uint64_t pa)
{
	for (size_t i = 0; i < audit->pci.count; i++)
		if (pci_config_pa(&audit->pci, &audit->pci.functions[i]) == pa)
			return &audit->pci.functions[i];
	return NULL;
}

static void entry_check(struct audit *audit, const struct cell *cell, uint32_t index, bool *states)
{
	struct entry entry = {.audit = audit, .cell = cell, .record = &cell->pci[index]};
	const bool channel = entry.record->flags & BP_PCI_CHANNEL;
	uint64_t pa = PA_NONE;

	if ((entry.record->rid >= RIDS && !channel) ||
	    (index && entry.record->rid <= cell->pci[index - 1].rid))
		wrong(&entry, "its functions aren't in order", entry.record->rid);
	if (entry.record->state >= STATE_WORDS || states[entry.record->state])
		wrong(&entry, "its word of state is none, or another's, too", entry.record->state);
	else
		states[entry.record->state] = true;
	if (channel)
		return; /* rule_presentation() judges it */
	if (entry.record->config_va) {
		if (spans_translate(&audit->cores[cell->first_core].map, entry.record->config_va,
				    BP_PAGE_SIZE, &pa))
			entry.function = function_at(audit, pa);
		if (!entry.function || entry.function->owner == CELL_NONE_ID ||
		    cell_asked(audit, (size_t)entry.function->owner) != cell) {
			wrong(&entry, "it isn't the cell's", pa);
			return;
		}
		entry.kept = entry.function->sriov &&
			     pci_enabled(&audit->pci, (int)(entry.function - audit->pci.functions));
	}
	flags_check(&entry);
	registers_check(&entry);
	bars_check(&entry);
}

/* Each function of the cell once. */
static void owned_check(struct audit *audit, const struct cell *cell)
{
	const struct spans *map = &audit->cores[cell->first_core].map;
	const int asked = partition_number(audit, cell->asked);

	for (size_t i = 0; asked != CELL_NONE_ID && i < audit->pci.count; i++) {
		const struct pci_function *function = &audit->pci.functions[i];
		unsigned int times = 0;
		uint64_t pa;

		if (function->owner != asked)
			continue;
		for (uint32_t n = 0; n < cell->record->pci.count; n++)
			times += cell->pci[n].config_va &&
				 spans_translate(map, cell->pci[n].config_va, BP_PAGE_SIZE, &pa) &&
				 pa == pci_config_pa(&audit->pci, function);
		if (times != 1)
			violation(&audit->report, RULE_PCI,
				  "%s: the file gives it %s, its record has it %u times", cell->who,
				  function->name, times);
	}
}

/* [impl->swr~audit-pci-config~1] */
void rule_pci_config(struct audit *audit)
{
	for (size_t c = 0; c < audit->cell_count; c++) {
		const struct cell *cell = &audit->cells[c];
		bool states[STATE_WORDS] = {false};

		if (!cell->known || cell->first_core < 0)
			continue;
		owned_check(audit, cell);
		if (!cell->record->pci.count != !cell->record->pci_state_va)
			violation(&audit->report, RULE_PCI_CONFIG,
				  "%s: functions without a page of state, or one without", cell->who);
		for (uint32_t i = 0; i < cell->record->pci.count; i++)
			entry_check(audit, cell, i, states);
	}
}
