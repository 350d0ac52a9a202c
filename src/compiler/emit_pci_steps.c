// SPDX-License-Identifier: Apache-2.0
/*
 * emit_pci_steps.c - what the boot core compares and programs of the machine's PCI functions.
 *
 *     top down, since a bus is reached through the bridge above: functions are silenced and compared with
 *     the inventory, bridges get their bus numbers
 *     then BARs, windows, ACS and ARI; SR-IOV; one wait; what shows of the virtual functions
 *
 * Bridges forward from then on; memory decoding and bus mastering of all else stay off. Called by layout.c.
 */
#include "emit_pci.h"
#include "pci_fields.h"

#define VF_WAIT_MS 100u /* PCI Express Base Specification 6.0, 9.3.3.3.1 */

uint64_t function_config_pa(const struct board *board, const struct pci_function *function)
{
	const struct pci_host *const host = &board->pci_hosts[function->host];

	return host->ecam + (function->bus - host->first_bus) * PCI_BUS_SIZE +
	       function->devfn * (uint64_t)PCI_SPACE_SIZE;
}

/* ---- BARs ---- */

static uint32_t bar_flags(const struct pci_bar *bar)
{
	return (bar->kind == PCI_BAR_64 ? BAR_64 : 0) | (bar->prefetchable ? BAR_PREFETCHABLE : 0);
}

uint32_t bar_word(const struct pci_bar *bars, unsigned int number)
{
	if (number && bars[number - 1].kind == PCI_BAR_64)
		return (uint32_t)(bars[number - 1].bus >> 32);
	if (bars[number].kind != PCI_BAR_32 && bars[number].kind != PCI_BAR_64)
		return 0;
	return (uint32_t)bars[number].bus | bar_flags(&bars[number]);
}

uint32_t bar_sized(const struct pci_bar *bars, unsigned int number)
{
	const struct pci_bar *const bar = &bars[number];

	if (number && bar[-1].kind == PCI_BAR_64)
		return (uint32_t)(~(bar[-1].size - 1) >> 32);
	if (bar->kind == PCI_BAR_NONE)
		return 0;
	if (bar->kind == PCI_BAR_IO)
		return (uint16_t)~(bar->size - 1) | BAR_IO;
	return (uint32_t)~(bar->size - 1) | bar_flags(bar);
}

/* ---- steps ---- */

struct steps {
	struct layout *layout;
	size_t function;
};

static const struct pci_function *subject(const struct steps *steps)
{
	return &steps->layout->plan->board.pci.at[steps->function];
}

static void add(struct steps *steps, struct bp_pci_step step)
{
	struct layout *const layout = steps->layout;

	step.segment = (uint8_t)subject(steps)->segment;
	step.rid = (uint16_t)pci_rid(subject(steps));
	layout->steps = memory_grow(layout->steps, layout->step_count, sizeof(*layout->steps));
	layout->steps[layout->step_count++] = (struct step_layout){step, steps->function};
}

static void check(struct steps *steps, enum bp_pci_what what, uint32_t offset, uint8_t width, uint32_t mask,
		  uint32_t value)
{
	add(steps, (struct bp_pci_step){.va = offset,
					.mask = mask,
					.value = value & mask,
					.kind = BP_PCI_CHECK,
					.width = width,
					.what = (uint8_t)what});
}

static void write(struct steps *steps, uint32_t offset, uint8_t width, uint32_t value)
{
	add(steps, (struct bp_pci_step){.va = offset, .value = value, .kind = BP_PCI_WRITE, .width = width});
}

/* ---- compared ---- */

static void check_bars(struct steps *steps, enum bp_pci_what what, uint32_t offset,
		       const struct pci_bar *bars, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++) {
		write(steps, offset + 4 * i, 4, UINT32_MAX);
		check(steps, what, offset + 4 * i, 4, bars[i].kind == PCI_BAR_IO ? UINT16_MAX : UINT32_MAX,
		      bar_sized(bars, i));
	}
}

/* Each capability's header, and what the cells' tables take from the inventory. */
static void check_capabilities(struct steps *steps)
{
	const struct pci_function *const function = subject(steps);
	const struct pci_space *const space = &function->space;
	uint32_t at = pci_read8(space, PCI_LIST) & ~3u;

	for (unsigned int i = 0; i < LIST_MOST && at >= LIST_FIRST; i++) {
		const uint8_t id = pci_read8(space, at);

		check(steps, BP_PCI_CAPABILITY, at, 4,
		      id == PCI_CAP_VENDOR    ? UINT32_MAX
		      : id == PCI_CAP_EXPRESS ? UINT16_MAX | EXPRESS_KIND << 16
					      : UINT16_MAX,
		      pci_read32(space, at));
		at = pci_read8(space, at + 1) & ~3u;
	}
	at = EXTENDED_FIRST;
	for (unsigned int i = 0; i < EXTENDED_MOST && at >= EXTENDED_FIRST && pci_read32(space, at); i++) {
		check(steps, BP_PCI_CAPABILITY, at, 4, UINT32_MAX, pci_read32(space, at));
		at = pci_read32(space, at) >> 20 & ~3u;
	}
	at = pci_capability(space, PCI_CAP_EXPRESS);
	if (at)
		check(steps, BP_PCI_CAPABILITY, at + EXPRESS_ABLE, 4, ABLE_RESET,
		      pci_read32(space, at + EXPRESS_ABLE));
	at = function->msix.capability;
	if (!at)
		return;
	check(steps, BP_PCI_CAPABILITY, at + MSIX_CONTROL, 2, MSIX_SIZE,
	      pci_read16(space, at + MSIX_CONTROL));
	check(steps, BP_PCI_CAPABILITY, at + MSIX_TABLE, 4, UINT32_MAX, pci_read32(space, at + MSIX_TABLE));
	check(steps, BP_PCI_CAPABILITY, at + MSIX_PENDING, 4, UINT32_MAX,
	      pci_read32(space, at + MSIX_PENDING));
}

/* With virtual functions off: they hold on to their BARs. */
static void check_sriov(struct steps *steps)
{
	const struct pci_sriov *const sriov = &subject(steps)->sriov;

	if (!sriov->capability)
		return;
	write(steps, sriov->capability + SRIOV_CONTROL, 2, 0);
	check(steps, BP_PCI_VFS, sriov->capability + SRIOV_TOTAL, 2, UINT16_MAX, sriov->total);
	check(steps, BP_PCI_VFS, sriov->capability + SRIOV_DEVICE, 2, UINT16_MAX, sriov->device);
	check(steps, BP_PCI_VFS, sriov->capability + SRIOV_PAGES, 4, 1, 1);
	write(steps, sriov->capability + SRIOV_PAGE, 4, 1);
	check_bars(steps, BP_PCI_VF_BAR, sriov->capability + SRIOV_BAR0, sriov->bars, PCI_BARS);
}

static bool is_host_bridge(const struct pci_function *function)
{
	return function->class >> 8 == PCI_CLASS_HOST;
}

static unsigned int bar_count(const struct pci_function *function)
{
	return pci_is_bridge(function) ? 2 : PCI_BARS;
}

/* Whether the prefetchable window takes 64-bit addresses, or is there at all. */
static void check_bridge(struct steps *steps)
{
	check(steps, BP_PCI_HEADER, BRIDGE_WIDE, 1, WINDOW_KIND,
	      pci_read8(&subject(steps)->space, BRIDGE_WIDE));
}

static void compare(struct steps *steps)
{
	const struct pci_function *const function = subject(steps);

	check(steps, BP_PCI_IDS, PCI_ID, 4, UINT32_MAX, function->device << 16 | function->vendor);
	check(steps, BP_PCI_IDS, PCI_CLASS, 4, UINT32_MAX, function->class << 8 | function->revision);
	check(steps, BP_PCI_HEADER, PCI_HEADER_TYPE, 1, UINT8_MAX,
	      pci_read8(&function->space, PCI_HEADER_TYPE));
	if (is_host_bridge(function))
		return;
	write(steps, PCI_COMMAND, 2, COMMAND_NO_INTX);
	check_capabilities(steps);
	check_bars(steps, BP_PCI_BAR, PCI_BAR0, function->bars, bar_count(function));
	check_sriov(steps);
	if (pci_is_bridge(function))
		check_bridge(steps);
	if (function->secondary)
		write(steps, BRIDGE_BUSES, 4,
		      function->last << 16 | function->secondary << 8 | function->bus);
}

/* ---- programmed ---- */

/* Base in bits 15:4, limit in bits 31:20: whole MiB, the limit's last. */
static uint32_t window_word(const struct pci_bar *window)
{
	if (window->kind == PCI_BAR_NONE)
		return CLOSED_MEMORY;
	return ((uint32_t)window->bus >> 16 & 0xfff0) |
	       ((uint32_t)(window->bus + window->size - 1) & 0xfff00000);
}

static bool has_ari(const struct pci_function *port)
{
	const uint32_t express = pci_capability(&port->space, PCI_CAP_EXPRESS);

	return express && (pci_read16(&port->space, express + EXPRESS_CONTROL2) & CONTROL2_ARI);
}

/* The windows; and function numbers beyond 7 below it, where the inventory was taken with them. */
static void open_bridge(struct steps *steps)
{
	const struct pci_function *const bridge = subject(steps);
	const bool wide = bridge->wide.kind != PCI_BAR_NONE;

	write(steps, BRIDGE_IO, 2, CLOSED_IO);
	write(steps, BRIDGE_IO_UPPER, 4, CLOSED_IO_UPPER);
	write(steps, BRIDGE_MEMORY, 4, window_word(&bridge->window));
	write(steps, BRIDGE_WIDE, 4, window_word(&bridge->wide));
	if (bridge->wide_able) {
		write(steps, BRIDGE_WIDE_BASE, 4, wide ? (uint32_t)(bridge->wide.bus >> 32) : UINT32_MAX);
		write(steps, BRIDGE_WIDE_LIMIT, 4,
		      wide ? (uint32_t)((bridge->wide.bus + bridge->wide.size - 1) >> 32) : 0);
	}
	write(steps, BRIDGE_CONTROL, 2, 0);
	if (has_ari(bridge))
		write(steps, pci_capability(&bridge->space, PCI_CAP_EXPRESS) + EXPRESS_CONTROL2, 2,
		      CONTROL2_ARI);
	write(steps, PCI_COMMAND, 2, COMMAND_MEMORY | COMMAND_MASTER | COMMAND_NO_INTX);
}

/* [impl->swr~compile-pci-acs~1] */
static void close_acs(struct steps *steps)
{
	const struct pci_space *const space = &subject(steps)->space;
	const uint32_t acs = pci_extended(space, PCI_EXT_ACS);
	const uint32_t control = acs ? pci_read16(space, acs + ACS_ABLE) & ACS_WANTED : 0;

	if (!control)
		return;
	write(steps, acs + ACS_CONTROL, 2, control);
	check(steps, BP_PCI_CAPABILITY, acs + ACS_CONTROL, 2, ACS_WANTED, control);
}

static void program(struct steps *steps)
{
	const struct pci_function *const function = subject(steps);

	if (is_host_bridge(function))
		return;
	for (unsigned int i = 0; i < bar_count(function); i++)
		write(steps, PCI_BAR0 + 4 * i, 4, bar_word(function->bars, i));
	write(steps, pci_is_bridge(function) ? BRIDGE_ROM : PCI_ROM, 4, 0);
	close_acs(steps);
	if (pci_is_bridge(function))
		open_bridge(steps);
}

/* Offset and stride may depend on how many there are, and on ARI: they are compared when both are set. */
static bool enable_vfs(struct steps *steps)
{
	const struct pci_sriov *const sriov = &subject(steps)->sriov;
	const uint32_t ari =
		pci_read16(&subject(steps)->space, sriov->capability + SRIOV_CONTROL) & SRIOV_ARI;

	if (!sriov->capability || !sriov->enabled)
		return false;
	write(steps, sriov->capability + SRIOV_CONTROL, 2, ari);
	write(steps, sriov->capability + SRIOV_NUMBER, 2, sriov->enabled);
	check(steps, BP_PCI_VFS, sriov->capability + SRIOV_OFFSET, 2, UINT16_MAX, sriov->offset);
	check(steps, BP_PCI_VFS, sriov->capability + SRIOV_STRIDE, 2, UINT16_MAX, sriov->stride);
	for (unsigned int i = 0; i < PCI_BARS; i++)
		write(steps, sriov->capability + SRIOV_BAR0 + 4 * i, 4, bar_word(sriov->bars, i));
	write(steps, sriov->capability + SRIOV_CONTROL, 2, ari | SRIOV_ENABLE | SRIOV_MEMORY);
	return true;
}

static bool is_reached(const struct board *board, const struct pci_function *function)
{
	return function->host != PCI_NONE && !board->pci_hosts[function->host].why;
}

/* [impl->swr~compile-pci-steps~1] */
void steps_list(struct layout *layout)
{
	const struct board *const board = &layout->plan->board;
	struct steps steps = {layout, 0};
	bool waits = false;

	for (; steps.function < board->pci.count; steps.function++)
		if (is_reached(board, subject(&steps)) && subject(&steps)->physical == PCI_NONE)
			compare(&steps);
	for (steps.function = 0; steps.function < board->pci.count; steps.function++)
		if (is_reached(board, subject(&steps)) && subject(&steps)->physical == PCI_NONE)
			program(&steps);
	for (steps.function = 0; steps.function < board->pci.count; steps.function++) {
		if (!is_reached(board, subject(&steps)) || !enable_vfs(&steps))
			continue;
		waits = true;
	}
	steps.function = 0;
	if (waits)
		add(&steps, (struct bp_pci_step){.value = VF_WAIT_MS, .kind = BP_PCI_WAIT});
	for (; steps.function < board->pci.count; steps.function++) {
		const struct pci_function *const function = subject(&steps);

		if (is_reached(board, function) && function->physical != PCI_NONE &&
		    function->vf < board->pci.at[function->physical].sriov.enabled)
			check_capabilities(&steps);
	}
}
