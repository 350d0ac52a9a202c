/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pci_assign.c - gives PCI functions to cells: `pci`, `allow-peer-dma`.
 *
 * A function is one cell's, and only where an IOMMU and an ITS know it by a name that no other cell's has.
 * Called by plan_read.
 */
#include "front.h"

#include "deny.h"
#include "ranges.h"
#include "text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define FUNCTIONS		  8u					 /* a device */
#define SMMU_IDR1_SIDSIZE	  0x3fu					 /* Arm IHI 0070, 6.3.2 */
#define GITS_TYPER_DEVBITS(typer) ((uint32_t)((typer) >> 13 & 0x1f) + 1) /* Arm IHI 0069, 12.19 */

static struct place place_of(const struct front *front, int cell)
{
	return front_place(front, front->cell_nodes[cell], "pci");
}

static const char *called(const struct board *board, const struct pci_function *function)
{
	return pci_call(&board->pci, (size_t)(function - board->pci.at));
}

/* ---- names ---- */

static void unknown(const struct board *board, struct place at, const char *name)
{
	const char **known = NULL;
	size_t count = 0;

	for (size_t i = 0; i < board->pci.count; i++) {
		const struct pci_function *const function = &board->pci.at[i];

		known = memory_grow(known, count, sizeof(known[0]));
		known[count++] = function->name ? function->name : function->address;
	}
	if (count)
		diag_error(at, "board '%s' has no PCI function '%s'%s", board->name, name,
			   diag_did_you_mean(name, known, count));
	else
		diag_error(at, "board '%s' has no PCI inventory: %s/pci.dts is missing", board->name,
			   board->folder);
}

static size_t by_name(const struct board *board, const char *name)
{
	uint32_t segment, bus, devfn;

	for (size_t i = 0; i < board->pci.count; i++)
		if (board->pci.at[i].name && strcmp(board->pci.at[i].name, name) == 0)
			return i;
	return pci_parse(name, &segment, &bus, &devfn) ? pci_find(&board->pci, segment, bus, devfn)
						       : PCI_NONE;
}

static size_t virtual_of(const struct board *board, struct place at, size_t index, const char *name,
			 const char *number)
{
	const struct pci_function *const physical = &board->pci.at[index];
	uint64_t vf;

	if (!physical->sriov.capability) {
		diag_error(at, "'%s' names a virtual function, and %s has none", name, physical->address);
		return PCI_NONE;
	}
	if (!text_number(number, &vf) || strspn(number, "0123456789") != strlen(number) ||
	    vf >= physical->sriov.total) {
		diag_error(at, "'%s' is no virtual function of %s: it has vf0 to vf%u", name,
			   physical->address, physical->sriov.total - 1);
		return PCI_NONE;
	}
	for (size_t i = index + 1; i < board->pci.count; i++)
		if (board->pci.at[i].physical == index && board->pci.at[i].vf == vf)
			return i;
	diag_error(
		at,
		"'%s' is not in the inventory of board '%s': take it anew with all virtual functions enabled",
		name, board->name);
	return PCI_NONE;
}

/* Without .vfN; *suffix: where that starts, NULL: nowhere. */
static const char *base_of(const char *name, const char **suffix)
{
	*suffix = strstr(name, ".vf");
	return *suffix ? text_copy(name, (size_t)(*suffix - name)) : name;
}

size_t pci_named(const struct board *board, struct place at, const char *name)
{
	const char *suffix, *const base = base_of(name, &suffix);
	const size_t index = by_name(board, base);

	if (index == PCI_NONE) {
		unknown(board, at, base);
		return PCI_NONE;
	}
	return suffix ? virtual_of(board, at, index, name, suffix + strlen(".vf")) : index;
}

const struct pci_host *pci_host_of(const struct board *board, const char *name)
{
	const char *suffix;
	const size_t index = by_name(board, base_of(name, &suffix));

	return index == PCI_NONE || board->pci.at[index].host == PCI_NONE
		       ? NULL
		       : &board->pci_hosts[board->pci.at[index].host];
}

/* ---- one function for one cell ---- */

/* Functions behind it send under the bridge's name. */
static const struct pci_function *conventional_above(const struct board *board,
						     const struct pci_function *function)
{
	for (size_t up = function->parent; up != PCI_NONE; up = board->pci.at[up].parent)
		if (board->pci.at[up].kind == PCI_BRIDGE)
			return &board->pci.at[up];
	return NULL;
}

/* Why nobody can have it; NULL: somebody can. */
static const char *unfit(const struct board *board, const struct pci_function *function)
{
	const struct pci_function *const bridge = conventional_above(board, function);

	if (pci_is_bridge(function) || function->class >> 8 == PCI_CLASS_HOST)
		return "it is a bridge: name the functions behind it";
	if (function->host == PCI_NONE)
		return text_format("no PCI host of the board's tree leads to bus 0x%02x of segment %u",
				   function->bus, function->segment);
	if (board->pci_hosts[function->host].why)
		return text_format("%s leads to it, and %s", board->pci_hosts[function->host].path,
				   board->pci_hosts[function->host].why);
	if (bridge)
		return text_format("it is behind %s, which sends what it says under a name of its own",
				   bridge->address);
	return NULL;
}

/* Where its accesses go as the IOMMU gets them; NULL: where they say. */
static const struct pci_window *shifted(const struct pci_host *host)
{
	for (size_t i = 0; i < host->reached_count; i++)
		if (host->reached[i].bus != host->reached[i].base)
			return &host->reached[i];
	return NULL;
}

static bool admit_dma(const struct board *board, struct place at, const char *name,
		      const struct pci_function *function, const struct plan_cell *cell)
{
	const uint32_t bits = (uint32_t)board->smmu_idr1.value & SMMU_IDR1_SIDSIZE;
	const struct pci_host *const host = &board->pci_hosts[function->host];
	const struct pci_window *const other = shifted(host);

	if (function->smmu != PCI_NONE && board->smmu_idr1.mask && (uint64_t)function->stream >> bits) {
		diag_error(at,
			   "'%s' can't be given to a cell: it has StreamID 0x%x, and %s has %u bits of them "
			   "(smmu/idr1 of machine.dts)",
			   name, function->stream, board->smmus[function->smmu].path, bits);
		return false;
	}
	if (function->smmu != PCI_NONE && other) {
		diag_error(at,
			   "'%s' can't be given to a cell: %s has memory at 0x%" PRIx64
			   " where its functions have it at 0x%" PRIx64
			   " (dma-ranges), and no tree says which of the two the IOMMU translates",
			   name, host->path, other->base, other->bus);
		return false;
	}
	if (function->smmu != PCI_NONE)
		return true;
	if (!cell->unprotected) {
		diag_error(at,
			   "'%s' can't be given to a cell: it may master the bus and has no IOMMU in front "
			   "(iommu-map of %s); dma = \"unprotected\" admits it",
			   name, host->path);
		return false;
	}
	if (pci_messages(function)) {
		diag_error(
			at,
			"'%s' interrupts by messages, and has no IOMMU in front: this is not supported yet",
			name);
		return false;
	}
	(denied(DENY_UNPROTECTED_DMA) ? diag_error : diag_warning)(
		at,
		"'%s' may master the bus with no IOMMU in front: it reaches all memory, cell '%s' says dma = "
		"\"unprotected\"",
		name, cell->name);
	return true;
}

static bool admit_messages(const struct board *board, struct place at, const char *name,
			   const struct pci_function *function, const struct plan_cell *cell)
{
	const uint32_t bits = GITS_TYPER_DEVBITS(board->its_typer.value);
	const struct pci_host *const host = &board->pci_hosts[function->host];
	const struct ranges reached = pci_reached(host);
	struct range page;

	if (!pci_messages(function))
		return true;
	page = function->its == PCI_NONE ? (struct range){0, 0} : its_messages(&board->itss[function->its]);
	if (cell->mode == BP_MODE_DIRECT)
		diag_error(at,
			   "'%s' interrupts by messages, and cell '%s' has direct interrupts: it can have "
			   "one of "
			   "the two",
			   name, cell->name);
	else if (function->its == PCI_NONE)
		diag_error(at, "'%s' interrupts by messages, and none of them reaches an ITS (msi-map of %s)",
			   name, board->pci_hosts[function->host].path);
	else if (!function->device_id)
		diag_error(
			at,
			"'%s' interrupts by messages with DeviceID 0x0, under which everything writes that "
			"is no function",
			name);
	else if (board->its_typer.mask && (uint64_t)function->device_id >> bits)
		diag_error(at,
			   "'%s' interrupts by messages with DeviceID 0x%x, and %s has %u bits of them "
			   "(its/typer of machine.dts)",
			   name, function->device_id, board->itss[function->its].path, bits);
	else if (host->limited && !ranges_cover(&reached, page))
		diag_error(at,
			   "'%s' interrupts by messages, which are written to 0x%" PRIx64
			   " of %s, and doesn't reach that (dma-ranges of %s)",
			   name, page.base, board->itss[function->its].path, host->path);
	else
		return true;
	return false;
}

/* What stream tables, commands of the ITS and its tables rest on: the boot compares it, so somebody must have
 * read it from the machine. Arm IHI 0070, 6.3; Arm IHI 0069, 12.19. */
struct fact {
	const char *name; /* in machine.dts */
	bool needed;
	uint64_t base, offset; /* of the register */
	struct identity stated;
	uint64_t mask, on, off; /* needed; of it, what is 1 and what is 0 */
	const char *what;	/* that is */
};

static bool admit_fact(struct place at, const char *name, const struct fact *fact)
{
	if ((fact->stated.mask & fact->mask) != fact->mask)
		diag_error(at,
			   "'%s' can't be given to a cell: %s of machine.dts states bits 0x%" PRIx64
			   " of what must be known, 0x%" PRIx64 ": read it from the machine, at 0x%" PRIx64,
			   name, fact->name, fact->stated.mask & fact->mask, fact->mask,
			   fact->base + fact->offset);
	else if ((fact->stated.value & (fact->on | fact->off)) != fact->on)
		diag_error(at,
			   "'%s' can't be given to a cell: the machine lacks %s, by %s of machine.dts "
			   "(0x%" PRIx64 ")",
			   name, fact->what, fact->name, fact->stated.value);
	else
		return true;
	return false;
}

static bool has_device_table(const struct board *board)
{
	for (size_t i = 0; i < ITS_BASERS; i++)
		if ((board->its_kinds[i] >> 56 & 7) == 1)
			return true;
	return false;
}

/* [impl->swr~config-pci-facts~1] */
static bool admit_facts(const struct board *board, struct place at, const char *name,
			const struct pci_function *function)
{
	static const uint8_t sizes[8] = {32, 36, 40, 42, 44, 48, 52, 56};
	const bool smmu = function->smmu != PCI_NONE, its = pci_messages(function) != 0;
	const uint64_t smmu_base = smmu ? board->smmus[function->smmu].regs.base : 0;
	const uint64_t its_base = its ? board->itss[function->its].regs.base : 0;
	const struct fact facts[] = {
		{"smmu/idr0",
		 smmu,
		 smmu_base,
		 0,
		 {board->smmu_idr0, board->smmu_idr0_mask},
		 0x18000019,
		 0x19,
		 0,
		 "stage 2 of AArch64 with coherent walks"},
		{"smmu/idr1", smmu, smmu_base, 4, board->smmu_idr1, 0x6000003f, 0, 0x60000000,
		 "tables and queues that are placed by software"},
		{"smmu/idr5", smmu, smmu_base, 0x14, board->smmu_idr5, 0x17, 0x10, 0, "pages of 4 KiB"},
		{"its/typer", its, its_base, 8, board->its_typer, 0xff0bfff1, 1, 0, "physical LPIs"},
	};

	for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++)
		if (facts[i].needed && !admit_fact(at, name, &facts[i]))
			return false;
	if (smmu && sizes[board->smmu_idr5.value & 7] < board->pa_bits)
		diag_error(at,
			   "'%s' can't be given to a cell: %s has %u address bits, and the board %u "
			   "(smmu/idr5 and "
			   "cpu/pa-bits of machine.dts)",
			   name, board->smmus[function->smmu].path, sizes[board->smmu_idr5.value & 7],
			   board->pa_bits);
	else if (its && !has_device_table(board))
		diag_error(at,
			   "'%s' can't be given to a cell: its/baser of machine.dts has no table of devices: "
			   "read "
			   "GITS_BASER0 to 7 from the machine, at 0x%" PRIx64,
			   name, its_base + 0x100);
	else
		return true;
	return false;
}

static void give(struct front *front, int cell, const char *name)
{
	struct board *const board = &front->plan->board;
	struct plan_cell *const owner = &front->plan->cells[cell];
	const struct place at = place_of(front, cell);
	const size_t index = pci_named(board, at, name);
	struct pci_function *function;
	const char *why;

	if (index == PCI_NONE)
		return;
	function = &board->pci.at[index];
	why = unfit(board, function);
	if (why) {
		diag_error(at, "'%s' can't be given to a cell: %s", name, why);
		return;
	}
	if (pci_watchdog_of(function) && !(owner->flags & BP_CELL_HEALTH)) {
		diag_error(
			at,
			"'%s' can't be given to cell '%s': a watchdog resets the whole machine, so it is the "
			"health cell's or nobody's",
			name, owner->name);
		return;
	}
	if (function->owner == cell) {
		diag_error(at, "'%s' is named twice: it is %s", name, function->address);
		return;
	}
	if (function->owner != OWNER_NOBODY) {
		diag_error(at, "PCI function '%s' belongs to cell '%s' already", name,
			   front->plan->cells[function->owner].name);
		diag_note(place_of(front, function->owner), "given to '%s' here",
			  front->plan->cells[function->owner].name);
		return;
	}
	if (!admit_dma(board, at, name, function, owner) ||
	    !admit_messages(board, at, name, function, owner) || !admit_facts(board, at, name, function))
		return;
	function->owner = cell;
	if (function->physical != PCI_NONE && board->pci.at[function->physical].sriov.enabled <= function->vf)
		board->pci.at[function->physical].sriov.enabled = function->vf + 1;
	owner->functions = memory_grow(owner->functions, owner->function_count, sizeof(owner->functions[0]));
	owner->functions[owner->function_count++].function = index;
}

/* ---- functions of two cells ---- */

/* A device's functions: a virtual one is a part of its physical one. */
static const struct pci_function *whole(const struct board *board, const struct pci_function *function)
{
	return function->physical == PCI_NONE ? function : &board->pci.at[function->physical];
}

static bool is_above(const struct board *board, size_t bridge, const struct pci_function *function)
{
	for (size_t up = function->parent; up != PCI_NONE; up = board->pci.at[up].parent)
		if (up == bridge)
			return true;
	return false;
}

/*
 * The first that lets requests of `from` turn to `to` before they come to the IOMMU: a port below the bus
 * where their ways meet that doesn't send all upwards, or what on that bus is beside the other. NULL: nothing
 * does.
 */
static const struct pci_function *turning(const struct board *board, const struct pci_function *from,
					  const struct pci_function *to)
{
	const struct pci_function *last = from;

	for (size_t up = from->parent; up != PCI_NONE && !is_above(board, up, to);
	     up = board->pci.at[up].parent) {
		last = &board->pci.at[up];
		if (last->kind != PCI_UPSTREAM && !last->acs)
			return last;
	}
	if (last != from) /* its port has sent all upwards */
		return NULL;
	/* It is on that bus itself. On the root's each device has a way of its own. */
	if (last->acs || (last->parent == PCI_NONE &&
			  (to->parent != PCI_NONE || to->devfn / FUNCTIONS != last->devfn / FUNCTIONS)))
		return NULL;
	return last;
}

static void check_names(const struct front *front, const struct pci_function *one,
			const struct pci_function *other)
{
	const struct board *const board = &front->plan->board;
	const bool streams =
		one->smmu != PCI_NONE && one->smmu == other->smmu && one->stream == other->stream;
	const bool devices =
		one->its != PCI_NONE && one->its == other->its && one->device_id == other->device_id;

	if (!streams && !devices)
		return;
	diag_error(place_of(front, other->owner),
		   "'%s' can't be told from '%s' of cell '%s': both have %s 0x%x", called(board, other),
		   called(board, one), front->plan->cells[one->owner].name, streams ? "StreamID" : "DeviceID",
		   streams ? one->stream : one->device_id);
	diag_note(place_of(front, one->owner), "given to '%s' here", front->plan->cells[one->owner].name);
}

static void check_peers(const struct front *front, const struct pci_function *one,
			const struct pci_function *other)
{
	const struct plan *const plan = front->plan;
	const struct board *const board = &plan->board;
	const struct pci_function *const a = whole(board, one), *const b = whole(board, other);
	const struct pci_function *turn = NULL;

	if (a == b || a->segment != b->segment)
		return;
	turn = turning(board, a, b);
	if (!turn)
		turn = turning(board, b, a);
	if (!turn)
		return;
	if (plan->cells[one->owner].peer_dma && plan->cells[other->owner].peer_dma)
		(denied(DENY_PEER_DMA) ? diag_error
				       : diag_warning)(place_of(front, other->owner),
						       "'%s' and '%s' of cell '%s' may reach each other past "
						       "the IOMMU: %s has no ACS that keeps "
						       "them apart, and both cells say allow-peer-dma",
						       called(board, other), called(board, one),
						       plan->cells[one->owner].name, turn->address);
	else
		diag_error(
			place_of(front, other->owner),
			"'%s' and '%s' of cell '%s' may reach each other past the IOMMU: %s has no ACS that "
			"keeps them apart; give them to one cell, or let both say allow-peer-dma",
			called(board, other), called(board, one), plan->cells[one->owner].name,
			turn->address);
	diag_note(place_of(front, one->owner), "given to '%s' here", plan->cells[one->owner].name);
}

static void check_pairs(const struct front *front)
{
	const struct pci_inventory *const pci = &front->plan->board.pci;

	for (size_t i = 0; i < pci->count; i++)
		for (size_t j = 0; j < i && pci->at[i].owner >= 0; j++) {
			const bool later = pci->at[i].owner > pci->at[j].owner;

			if (pci->at[j].owner < 0 || pci->at[j].owner == pci->at[i].owner)
				continue;
			check_names(front, &pci->at[later ? j : i], &pci->at[later ? i : j]);
			check_peers(front, &pci->at[later ? j : i], &pci->at[later ? i : j]);
		}
}

/* Virtual functions whose physical one isn't their cell's: nobody's works, but for what only its driver does.
 */
static void tell_of_parts(const struct front *front)
{
	const struct plan *const plan = front->plan;
	const struct board *const board = &plan->board;

	for (size_t i = 0; i < board->pci.count; i++) {
		const struct pci_function *const function = &board->pci.at[i];
		const struct pci_function *const device = whole(board, function);

		if (function->owner < 0 || device->owner == function->owner)
			continue;
		if (denied(DENY_SHARED_DEVICE))
			diag_error(place_of(front, function->owner),
				   "'%s' is kept apart by its own device alone, %s, which %s runs: --deny "
				   "shared-device",
				   called(board, function), device->address,
				   device->owner < 0
					   ? "nobody"
					   : text_format("cell '%s'", plan->cells[device->owner].name));
		else if (device->owner == OWNER_NOBODY)
			diag_warning(place_of(front, function->owner),
				     "'%s' is a part of %s, which belongs to no cell: nobody runs the device",
				     called(board, function), device->address);
	}
}

/* [impl->swr~config-pci~1] */
void pci_assign(struct front *front)
{
	struct plan *const plan = front->plan;
	const size_t errors = diag_errors();

	for (size_t i = 0; i < plan->cell_count; i++) {
		struct words words;

		plan->cells[i].peer_dma = value_flag(front, front->cell_nodes[i], "allow-peer-dma");
		value_words(front, front->cell_nodes[i], "pci", &words);
		for (size_t word = 0; word < words.count; word++)
			give(front, (int)i, words.at[word]);
	}
	check_pairs(front);
	if (diag_errors() != errors)
		return;
	tell_of_parts(front);
	for (size_t i = 0; i < plan->cell_count; i++)
		pci_bus_lay_out(front, i);
}
