// SPDX-License-Identifier: Apache-2.0
/*
 * rule_interrupts.c - SPIs and PPIs: one owner, the partition file's, with the board's triggers.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "rule.h"

#define INTID_PPI   16u
#define INTID_SPI   32u
#define HYP_TIMER   26u /* Arm BSA: CNTHP */
#define HYP_V_TIMER 28u /* CNTHV */

bool cell_owns(const struct cell *cell, uint32_t intid)
{
	if (intid < INTID_PPI)
		return true;
	if (intid < INTID_SPI)
		return cell->record->ppi_owned >> intid & 1;
	return intid < INTIDS && (cell->record->spi_owned[intid / 32] >> intid % 32 & 1);
}

/* Of the device that the node is, or is a part of. A part that is disabled has nothing. */
static int device_owner(const struct board *board, const struct node *node)
{
	const struct node *device = device_around(board, node);

	return device && (device == node || node->enabled) ? board->owner[device - board->tree.nodes]
							   : CELL_NONE_ID;
}

static bool device_forbidden(const struct board *board, const struct node *node)
{
	const struct node *device = device_around(board, node);

	return device && (device == node || node->enabled) &&
	       board->classes[device - board->tree.nodes] == DEVICE_FORBIDDEN;
}

/* [impl->swr~audit-spi-owner~1] */
static void spi_owners(struct audit *audit)
{
	const struct cell *owners[INTIDS] = {NULL};
	const struct board *board = &audit->board;

	for (size_t c = 0; c < audit->cell_count; c++) {
		const struct cell *cell = &audit->cells[c];

		for (uint32_t id = INTID_SPI; cell->known && id < INTIDS; id++) {
			if (!cell_owns(cell, id))
				continue;
			if (owners[id])
				violation(&audit->report, RULE_SPI_OWNER, "SPI %u: in %s and in %s", id,
					  owners[id]->who, cell->who);
			if (id >= INTID_SPI + board->spi_count)
				violation(&audit->report, RULE_SPI_OWNER,
					  "SPI %u: in %s, but the board has %u SPIs", id, cell->who,
					  board->spi_count);
			owners[id] = cell;
		}
		if (cell->known && cell->record->spi_owned[0])
			violation(&audit->report, RULE_SPI_OWNER, "%s: word 0 of spi_owned isn't zero",
				  cell->who);
	}
	for (size_t i = 0; i < board->tree.count; i++) {
		const struct node *node = &board->tree.nodes[i];

		for (size_t j = 0; device_forbidden(board, node) && j < node->irq_count; j++) {
			const uint32_t id = node->irqs[j].intid;

			if (id >= INTID_SPI && id < INTIDS && owners[id])
				violation(&audit->report, RULE_SPI_OWNER, "SPI %u: in %s, but it is %s's", id,
					  owners[id]->who, node->path);
		}
	}
}

/* [impl->swr~audit-ppi-owner~1] */
static void ppi_owners(struct audit *audit, const struct cell *cell)
{
	const struct board *board = &audit->board;
	const uint32_t owned = cell->record->ppi_owned;
	const uint32_t hypervisor = UINT32_C(1) << HYP_TIMER | UINT32_C(1) << HYP_V_TIMER |
				    UINT32_C(1) << board->hypervisor_timer |
				    UINT32_C(1) << board->maintenance_intid;
	uint32_t admitted = UINT32_C(1) << board->virtual_timer | UINT32_C(1) << board->physical_timer;
	const uint32_t timers = admitted & ~hypervisor & ~UINT32_C(1); /* 0: the board has none */

	if (cell->asked && cell->asked->pmu)
		admitted |= board->pmu_ppis;
	for (uint32_t id = 0; id < INTID_SPI; id++) {
		if ((owned & hypervisor) >> id & 1)
			violation(&audit->report, RULE_PPI_OWNER, "PPI %u: in %s, but it is the hypervisor's",
				  id, cell->who);
		else if ((owned & ~admitted) >> id & 1)
			violation(&audit->report, RULE_PPI_OWNER, "PPI %u: in %s, which has no use for it",
				  id, cell->who);
	}
	if (timers & ~owned)
		violation(&audit->report, RULE_INTERRUPTS, "%s: it lacks PPIs 0x%x of the timer", cell->who,
			  timers & ~owned);
	if (cell->asked && cell->asked->pmu && (!board->pmu_ppis || board->pmu_ppis & ~owned))
		violation(&audit->report, RULE_INTERRUPTS, "%s: it is to have the PMU, but lacks a PPI of it",
			  cell->who);
}

/* What the cell should own, a bit an interrupt. */
static void spis_expected(const struct audit *audit, const struct cell *cell, uint32_t words[32])
{
	const struct board *board = &audit->board;
	bool messages[INTIDS] = {false};
	const int asked = partition_number(audit, cell->asked);

	for (size_t i = 0; i < board->tree.count; i++) {
		const struct node *node = &board->tree.nodes[i];

		for (size_t j = 0;
		     asked != CELL_NONE_ID && device_owner(board, node) == asked && j < node->irq_count;
		     j++) {
			if (node->irqs[j].intid >= INTID_SPI && node->irqs[j].intid < INTIDS)
				words[node->irqs[j].intid / 32] |= UINT32_C(1) << node->irqs[j].intid % 32;
		}
	}
	for (uint32_t i = 0; i < cell->record->channels.count; i++) {
		if (cell->channels[i].receive_intid < INTIDS)
			words[cell->channels[i].receive_intid / 32] |=
				UINT32_C(1) << cell->channels[i].receive_intid % 32;
	}
	if (cell->record->uart_intid < INTIDS)
		words[cell->record->uart_intid / 32] |= UINT32_C(1) << cell->record->uart_intid % 32;
	messages_of(cell, messages);
	for (uint32_t id = 0; id < INTIDS; id++)
		if (messages[id])
			words[id / 32] |= UINT32_C(1) << id % 32;
	words[0] = 0;
}

/* [impl->swr~audit-interrupts~1] */
static void spis_compare(struct audit *audit, const struct cell *cell)
{
	uint32_t expected[32] = {0};

	spis_expected(audit, cell, expected);
	for (uint32_t id = INTID_SPI; id < INTIDS; id++) {
		const bool due = expected[id / 32] >> id % 32 & 1;

		if (due != cell_owns(cell, id))
			violation(&audit->report, RULE_INTERRUPTS, "SPI %u: %s %s", id, cell->who,
				  due ? "should own it and doesn't"
				      : "owns it, but no device or doorbell of it has it");
	}
}

/* Doorbells and emulated UARTs use SPIs that are wired to nothing, one each.  [impl->swr~audit-interrupts~1]
 */
static void soft_spi(struct audit *audit, const struct cell *cell, uint32_t id, const char *what, bool *taken)
{
	const struct board *board = &audit->board;

	if (!id)
		return;
	if (id < INTID_SPI || id >= INTIDS || id - INTID_SPI < board->free_spi ||
	    id - INTID_SPI - board->free_spi >= board->free_spi_count) {
		violation(&audit->report, RULE_INTERRUPTS, "SPI %u: %s's %s, but it isn't among free-spis",
			  id, cell->who, what);
		return;
	}
	if (taken[id])
		violation(&audit->report, RULE_INTERRUPTS, "SPI %u: %s's %s, but it is taken already", id,
			  cell->who, what);
	taken[id] = true;
	if (!(cell->record->spi_edge[id / 32] >> id % 32 & 1))
		violation(&audit->report, RULE_TRIGGERS, "SPI %u: %s's %s must be edge-triggered", id,
			  cell->who, what);
}

static uint32_t vectors_of(const struct pci_function *function)
{
	const uint32_t msi = pci_capability(function, PCI_CAP_MSI),
		       msix = pci_capability(function, PCI_CAP_MSIX);

	if (msix)
		return (pci_read(function, msix + 2, 2) & 0x7ff) + 1;
	return msi ? UINT32_C(1) << (pci_read(function, msi + 2, 2) >> 1 & 7) : 0;
}

/* `msis`; else as many as its functions have, of each two a core and two more at most.
 * [impl->swr~audit-interrupts~1] */
static void messages_count(struct audit *audit, const struct cell *cell, const bool messages[INTIDS])
{
	const int asked = partition_number(audit, cell->asked);
	const uint32_t most = cell->asked ? 2 * (uint32_t)cell->asked->core_count + 2 : 0;
	uint32_t due = 0, have = 0;

	for (size_t i = 0; asked != CELL_NONE_ID && i < audit->pci.count; i++) {
		const uint32_t vectors =
			audit->pci.functions[i].owner == asked ? vectors_of(&audit->pci.functions[i]) : 0;

		due += vectors < most ? vectors : most;
	}
	if (cell->asked)
		(void)node_u32(&audit->partition.tree, cell->asked->node, "msis", 0, &due);
	for (uint32_t id = 0; id < INTIDS; id++)
		have += messages[id];
	if (have != due)
		violation(&audit->report, RULE_INTERRUPTS,
			  "%s: its messages have %u SPIs, by the partition file %u", cell->who, have, due);
}

/* [impl->swr~audit-one-owner~1] */
void rule_interrupts(struct audit *audit)
{
	bool taken[INTIDS] = {false};

	spi_owners(audit);
	for (size_t c = 0; c < audit->cell_count; c++) {
		const struct cell *cell = &audit->cells[c];

		bool messages[INTIDS] = {false};

		if (!cell->known)
			continue;
		ppi_owners(audit, cell);
		spis_compare(audit, cell);
		soft_spi(audit, cell, cell->record->uart_intid, "emulated UART", taken);
		for (uint32_t i = 0; i < cell->record->channels.count; i++)
			soft_spi(audit, cell, cell->channels[i].receive_intid, "doorbell", taken);
		messages_of(cell, messages);
		messages_count(audit, cell, messages);
		for (uint32_t id = 0; id < INTIDS; id++)
			soft_spi(audit, cell, messages[id] ? id : 0, "message", taken);
	}
}

bool cell_triggers_edge(const struct cell *cell, uint32_t intid)
{
	const uint32_t word = intid < INTID_SPI ? cell->record->ppi_edge : cell->record->spi_edge[intid / 32];

	return word >> intid % 32 & 1;
}

static void trigger_check(struct audit *audit, const struct cell *cell, const struct node *node,
			  const struct irq *irq)
{
	const bool wants_edge = irq->flags & TRIGGER_EDGE;

	if (cell_triggers_edge(cell, irq->intid) != wants_edge)
		violation(&audit->report, RULE_TRIGGERS,
			  "interrupt %u of %s: %s has it as %s, the board's tree as %s", irq->intid,
			  node->path, cell->who, wants_edge ? "level" : "edge",
			  wants_edge ? "edge" : "level");
}

/* The timers' and the PMU's PPIs, as far as the cell owns them.  [impl->swr~audit-triggers~1] */
static void ppi_triggers(struct audit *audit, const struct cell *cell)
{
	const struct board *board = &audit->board;

	for (size_t i = 0; i < board->tree.count; i++) {
		const struct node *node = &board->tree.nodes[i];

		for (size_t j = 0; !node->reg_count && j < node->irq_count; j++) {
			if (node->irqs[j].intid < INTID_SPI && cell_owns(cell, node->irqs[j].intid))
				trigger_check(audit, cell, node, &node->irqs[j]);
		}
	}
}

/* [impl->swr~audit-triggers~1] */
void rule_triggers(struct audit *audit)
{
	const struct board *board = &audit->board;
	uint32_t together[32] = {0};

	for (size_t c = 0; c < audit->cell_count; c++) {
		const struct cell *cell = &audit->cells[c];
		const int asked = partition_number(audit, cell->asked);

		if (!cell->known)
			continue;
		ppi_triggers(audit, cell);
		for (uint32_t w = 1; w < 32; w++)
			together[w] |= cell->record->spi_edge[w] & cell->record->spi_owned[w];
		for (size_t i = 0; i < board->tree.count; i++) {
			const struct node *node = &board->tree.nodes[i];

			for (size_t j = 0; asked != CELL_NONE_ID && device_owner(board, node) == asked &&
					   j < node->irq_count;
			     j++) {
				if (node->irqs[j].intid < INTIDS)
					trigger_check(audit, cell, node, &node->irqs[j]);
			}
		}
	}
	for (uint32_t w = 1; w < 32; w++) {
		uint32_t owned = 0;

		for (size_t c = 0; c < audit->cell_count; c++)
			owned |= audit->cells[c].known ? audit->cells[c].record->spi_owned[w] : 0;
		if ((audit->header->spi_edge[w] & owned) != together[w])
			violation(&audit->report, RULE_TRIGGERS,
				  "SPIs %u..%u: bp_header.spi_edge is 0x%x, the cells' 0x%x", w * 32,
				  w * 32 + 31, audit->header->spi_edge[w], together[w]);
	}
}
