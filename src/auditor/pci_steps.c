// SPDX-License-Identifier: Apache-2.0
/*
 * pci_steps.c - plays the boot core's steps on a model of the inventory's machine: what each function's
 * registers hold then, and which of them were compared first. Judged by rule_pci_space.c.
 *
 * A step is none where the machine couldn't have it: of a function that no bridge leads to yet, or of a
 * register that the boot has no business with. A comparison that this very machine fails would refuse every
 * machine.
 */
#include <stdlib.h>
#include <string.h>

#include "model.h"

#define IDS		0x00u
#define COMMAND		0x04u
#define CLASS		0x08u
#define ROM		0x30u
#define BRIDGE_BUSES	0x18u
#define BRIDGE_IO	0x1cu
#define BRIDGE_WINDOWS	0x20u /* memory, prefetchable, its upper halves, I/O's */
#define BRIDGE_ROM	0x38u
#define BRIDGE_CONTROL	0x3eu
#define EXPRESS_CONTROL 0x28u /* the second */
#define ACS_CONTROL	0x06u
#define SRIOV_CONTROL	0x08u
#define SRIOV_NUMBER	0x10u
#define SRIOV_PAGE	0x20u
#define SRIOV_END	0x40u
#define SRIOV_ENABLE	0x01u

static struct pci_state *state_of(struct audit *audit, int function)
{
	struct pci_function *at = &audit->pci.functions[function];

	if (!at->state)
		at->state = memory_zeroed(1, sizeof(*at->state));
	return at->state;
}

/* ---- what there is to be reached ---- */

static bool on(const struct pci_function *pf)
{
	uint32_t control;

	return pci_left(pf, pf->sriov + SRIOV_CONTROL, 2, &control) && control & SRIOV_ENABLE;
}

/* Every bridge above has its bus numbers; a virtual function's PF has it switched on, for long enough. */
static bool reached(const struct pci *pci, const struct pci_function *function)
{
	const struct pci_function *pf = NULL;
	unsigned int left = PCI_MAX;
	uint32_t buses, number;

	if (function->physical != PCI_NONE) {
		pf = &pci->functions[function->physical];
		if (!on(pf) || !pci_left(pf, pf->sriov + SRIOV_NUMBER, 2, &number) ||
		    function->vf >= number || pci->waited - pf->switched_on < PCI_VF_WAIT)
			return false;
		function = pf;
	}
	for (int at = function->parent; at != PCI_NONE && left; left--) {
		const struct pci_function *bridge = &pci->functions[at];

		if (!pci_left(bridge, BRIDGE_BUSES, 4, &buses) ||
		    (buses >> 8 & 0xffff) != (bridge->subordinate << 8 | bridge->secondary))
			return false;
		at = bridge->parent;
	}
	return true;
}

/* ---- written ---- */

static bool part_of(uint32_t offset, unsigned int width, uint32_t from, uint32_t size)
{
	return offset >= from && offset + width <= from + size;
}

static bool bridge_admits(const struct pci_function *bridge, uint32_t at, unsigned int width)
{
	const uint32_t express = pci_capability(bridge, PCI_CAP_EXPRESS);

	return part_of(at, width, PCI_BAR0, 2 * 4) || part_of(at, width, BRIDGE_BUSES, 4) ||
	       part_of(at, width, BRIDGE_IO, 2) || part_of(at, width, BRIDGE_WINDOWS, 5 * 4) ||
	       part_of(at, width, BRIDGE_ROM, 4) || part_of(at, width, BRIDGE_CONTROL, 2) ||
	       (express && part_of(at, width, express + EXPRESS_CONTROL, 2));
}

static bool endpoint_admits(const struct pci_function *function, uint32_t at, unsigned int width)
{
	const uint32_t sriov = function->sriov;

	if (part_of(at, width, PCI_BAR0, PCI_BARS * 4) || part_of(at, width, ROM, 4))
		return true;
	if (!sriov || part_of(at, width, sriov + SRIOV_CONTROL, 2))
		return sriov;
	/* While they are on the others hold still. */
	return !on(function) &&
	       (part_of(at, width, sriov + SRIOV_NUMBER, 2) || part_of(at, width, sriov + SRIOV_PAGE, 4) ||
		part_of(at, width, sriov + PCI_VF_BARS, PCI_BARS * 4));
}

static bool admits(const struct pci_function *function, uint32_t at, unsigned int width)
{
	const uint32_t acs = pci_extended(function, PCI_EXT_ACS);

	if (pci_is_host(function))
		return false;
	if (part_of(at, width, COMMAND, 2) || (acs && part_of(at, width, acs + ACS_CONTROL, 2)))
		return true;
	return function->kind == PCI_ENDPOINT ? endpoint_admits(function, at, width)
					      : bridge_admits(function, at, width);
}

static void write_play(struct audit *audit, struct pci_function *function, const struct bp_pci_step *step,
		       uint32_t offset)
{
	const bool was = function->sriov && on(function);

	for (unsigned int i = 0; i < step->width; i++) {
		function->state->value[offset + i] = (uint8_t)(step->value >> 8 * i);
		function->state->written[offset + i] = true;
	}
	if (!was && function->sriov && on(function))
		function->switched_on = audit->pci.waited;
}

/* ---- compared ---- */

static bool all_ones(const struct pci_state *state, uint32_t offset)
{
	for (unsigned int i = 0; i < 4; i++)
		if (!state->written[offset + i] || state->value[offset + i] != 0xff)
			return false;
	return true;
}

/* What a word reads as on the inventory's machine, now. */
static uint32_t word_due(const struct pci_function *function, uint32_t offset)
{
	const uint32_t bars = function->kind == PCI_ENDPOINT ? PCI_BARS : 2;
	const uint32_t vf_bars = function->sriov + PCI_VF_BARS;
	const struct pci_state *state = function->state;
	uint32_t word = pci_read(function, offset, 4);

	if (offset == IDS)
		return function->device << 16 | function->vendor;
	if (offset == CLASS)
		return function->class;
	if (all_ones(state, offset) && part_of(offset, 4, PCI_BAR0, 4 * bars))
		return pci_bar_sized(function->bars, (offset - PCI_BAR0) / 4);
	if (all_ones(state, offset) && function->sriov && part_of(offset, 4, vf_bars, 4 * PCI_BARS))
		return pci_bar_sized(function->vf_bars, (offset - vf_bars) / 4);
	for (unsigned int i = 0; i < 4; i++)
		if (state->written[offset + i])
			word = (word & ~(UINT32_C(0xff) << 8 * i)) | (uint32_t)state->value[offset + i]
									     << 8 * i;
	return word;
}

/* A register as the machine has it, or, after ones were written there, how it is sized. */
static bool check_play(const struct pci_function *function, const struct bp_pci_step *step, uint32_t offset)
{
	struct pci_state *state = function->state;
	const uint32_t word = offset & ~3u, shift = 8 * (offset & 3);
	const bool ones = all_ones(state, word);

	if (((word_due(function, word) >> shift) ^ step->value) & step->mask)
		return false;
	for (unsigned int i = 0; i < step->width; i++) {
		const uint8_t mask = (uint8_t)(step->mask >> 8 * i), value = (uint8_t)(step->value >> 8 * i);
		uint8_t *const masks = ones ? state->sized_mask : state->seen_mask;
		uint8_t *const values = ones ? state->sized : state->seen;

		masks[offset + i] |= mask;
		values[offset + i] = (uint8_t)((values[offset + i] & ~mask) | (value & mask));
	}
	return true;
}

static bool is_step(const struct bp_pci_step *step)
{
	return step->kind <= BP_PCI_WAIT && (step->width == 1 || step->width == 2 || step->width == 4) &&
	       !(step->va % step->width) && step->what < BP_PCI_WHAT_COUNT &&
	       (step->kind != BP_PCI_CHECK || !((uint64_t)step->mask >> 8 * step->width));
}

/* NULL: it is sound. */
static const char *step_play(struct audit *audit, const struct bp_pci_step *step)
{
	const int number = pci_find(&audit->pci, step->segment, step->rid);
	const uint32_t offset = step->va & (PCI_SPACE - 1);
	struct pci_function *function;
	uint64_t pa = PA_NONE, due;

	if (step->kind == BP_PCI_WAIT) {
		audit->pci.waited += step->value;
		return audit->pci.waited <= PCI_WAIT_MAX && !step->va ? NULL : "it waits too long";
	}
	if (number == PCI_NONE || !is_step(step))
		return "it is none";
	function = &audit->pci.functions[number];
	due = pci_config_pa(&audit->pci, function);
	if (!due || !spans_translate(&audit->boot_map, step->va, step->width, &pa) || pa != due + offset)
		return "its address isn't that of the function that it names";
	if (!reached(&audit->pci, function))
		return "nothing leads to its function yet";
	(void)state_of(audit, number);
	if (step->kind == BP_PCI_CHECK)
		return check_play(function, step, offset) ? NULL
							  : "the inventory's own machine would fail it";
	/* Nothing is written to what may be another device, or to a virtual function. */
	if (!pci_ids_seen(function) || function->physical != PCI_NONE ||
	    !admits(function, offset, step->width))
		return "it writes what wasn't compared, or what the boot leaves alone";
	write_play(audit, function, step, offset);
	return NULL;
}

bool pci_seen(const struct pci_function *function, uint32_t offset, unsigned int width, uint32_t mask,
	      uint32_t due)
{
	const struct pci_state *state = function->state;

	for (unsigned int i = 0; i < width; i++) {
		const uint8_t part = (uint8_t)(mask >> 8 * i);

		if (!state || (state->seen_mask[offset + i] & part) != part ||
		    ((state->seen[offset + i] ^ (uint8_t)(due >> 8 * i)) & part))
			return false;
	}
	return true;
}

bool pci_sized(const struct pci_function *function, uint32_t offset, uint32_t mask, uint32_t due)
{
	const struct pci_state *state = function->state;

	for (unsigned int i = 0; i < 4; i++) {
		const uint8_t part = (uint8_t)(mask >> 8 * i);

		if (!state || (state->sized_mask[offset + i] & part) != part ||
		    ((state->sized[offset + i] ^ (uint8_t)(due >> 8 * i)) & part))
			return false;
	}
	return true;
}

bool pci_ids_seen(const struct pci_function *function)
{
	return pci_seen(function, 0, 4, UINT32_MAX, function->device << 16 | function->vendor) &&
	       pci_seen(function, 8, 4, UINT32_MAX, function->class);
}

bool pci_left(const struct pci_function *function, uint32_t offset, unsigned int width, uint32_t *value)
{
	*value = 0;
	for (unsigned int i = 0; i < width; i++) {
		if (!function->state || !function->state->written[offset + i])
			return false;
		*value |= (uint32_t)function->state->value[offset + i] << 8 * i;
	}
	return true;
}

void pci_steps_play(struct audit *audit)
{
	struct pci *pci = &audit->pci;

	for (pci->step = 0; pci->step < audit->pci_step_count && !pci->step_wrong;
	     pci->step += !pci->step_wrong)
		pci->step_wrong = step_play(audit, &audit->pci_steps[pci->step]);
}
