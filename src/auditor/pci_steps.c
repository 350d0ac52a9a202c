// SPDX-License-Identifier: Apache-2.0
/*
 * pci_steps.c - plays the boot core's steps on a model of the inventory: what each function's registers hold
 * then, and which of them were compared with the machine first. Judged by rule_pci_space.c.
 */
#include <stdlib.h>
#include <string.h>

#include "model.h"

#define BAR_WORDS 6u

static struct pci_state *state_of(struct audit *audit, int function)
{
	struct pci_function *at = &audit->pci.functions[function];

	if (!at->state)
		at->state = memory_zeroed(1, sizeof(*at->state));
	return at->state;
}

static void write_play(struct pci_state *state, const struct bp_pci_step *step, uint32_t offset)
{
	for (unsigned int i = 0; i < step->width; i++) {
		state->value[offset + i] = (uint8_t)(step->value >> 8 * i);
		state->written[offset + i] = true;
	}
}

/* What is compared: a register as the machine has it, or, after ones were written there, how it is sized. */
static void check_play(struct pci_state *state, const struct bp_pci_step *step, uint32_t offset)
{
	for (unsigned int i = 0; i < step->width; i++) {
		const uint8_t mask = (uint8_t)(step->mask >> 8 * i), value = (uint8_t)(step->value >> 8 * i);
		const bool ones = state->written[offset + i] && state->value[offset + i] == 0xff;

		if (ones) {
			state->sized_mask[offset + i] |= mask;
			state->sized[offset + i] =
				(uint8_t)((state->sized[offset + i] & ~mask) | (value & mask));
		} else {
			state->seen_mask[offset + i] |= mask;
			state->seen[offset + i] =
				(uint8_t)((state->seen[offset + i] & ~mask) | (value & mask));
		}
	}
}

/* False: it is none of a function of the inventory, at the place that it says. */
static bool step_play(struct audit *audit, const struct bp_pci_step *step)
{
	const int function = pci_find(&audit->pci, step->segment, step->rid);
	const uint32_t offset = step->va & (PCI_SPACE - 1);
	struct pci_state *state;
	uint64_t pa = PA_NONE, due;

	if (step->kind == BP_PCI_WAIT)
		return step->value <= PCI_WAIT_MAX && !step->va;
	if (function == PCI_NONE || (step->width != 1 && step->width != 2 && step->width != 4) ||
	    offset % step->width || step->kind > BP_PCI_WAIT || step->what >= BP_PCI_WHAT_COUNT)
		return false;
	due = pci_config_pa(&audit->pci, &audit->pci.functions[function]);
	if (!due || !spans_translate(&audit->boot_map, step->va, step->width, &pa) || pa != due + offset)
		return false;
	state = state_of(audit, function);
	if (step->kind == BP_PCI_CHECK) {
		check_play(state, step, offset);
		return true;
	}
	/* Nothing is written to what may be another device, or to a virtual function. */
	if (!pci_ids_seen(&audit->pci.functions[function]) ||
	    audit->pci.functions[function].physical != PCI_NONE)
		return false;
	write_play(state, step, offset);
	return true;
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

/* Bus address that the steps leave in a memory BAR's words; false: none. */
static bool bar_left(const struct pci_function *function, uint32_t offset, const struct pci_bar *bar,
		     uint64_t *address)
{
	uint32_t low, high = 0;

	if (!bar->size || bar->io || !pci_left(function, offset, 4, &low) ||
	    (bar->wide && !pci_left(function, offset + 4, 4, &high)))
		return false;
	*address = (uint64_t)high << 32 | (low & ~UINT32_C(0xf));
	return *address != 0;
}

static bool to_cpu(const struct pci_host *host, uint64_t bus, uint64_t size, uint64_t *cpu)
{
	for (size_t i = 0; i < host->window_count; i++) {
		const struct pci_window *window = &host->windows[i];

		if (window->io || bus < window->bus || !within(bus - window->bus, size, window->size))
			continue;
		*cpu = window->cpu + (bus - window->bus);
		return true;
	}
	return false;
}

bool pci_bar_place(const struct pci *pci, const struct pci_function *function, unsigned int number,
		   uint64_t *bus, uint64_t *cpu)
{
	const bool virtual = function->physical != PCI_NONE;
	const struct pci_function *pf = virtual ? &pci->functions[function->physical] : function;
	const uint32_t offset = (virtual ? pf->sriov + PCI_VF_BARS : PCI_BAR0) + 4 * number;
	const struct pci_bar *bar = &function->bars[number];

	if (function->host == PCI_NONE || !bar_left(pf, offset, bar, bus))
		return false;
	if (virtual)
		*bus += function->vf * bar->size;
	return to_cpu(&pci->hosts[function->host], *bus, bar->size, cpu);
}

void pci_steps_play(struct audit *audit)
{
	audit->pci.step_wrong = UINT32_MAX;
	for (uint32_t i = 0; i < audit->pci_step_count; i++)
		if (!step_play(audit, &audit->pci_steps[i])) {
			audit->pci.step_wrong = i;
			return;
		}
}
