// SPDX-License-Identifier: Apache-2.0
/*
 * emit_pci_config.c - the configuration space that a cell sees of each function on its bus.
 *
 * A register that isn't in the table reads as zero, and a capability that isn't known to be safe is left
 * out of the list. What stays the function's own: errors, bus mastering, memory decoding, interrupt
 * messages, power state, reset, a watchdog's settings. ATS, PRI, PASID, page tables of its BARs' sizes, AER,
 * ports' features: none of them shows. A ghost is constant. Called by layout.c.
 */
#include <stdlib.h>
#include <string.h>

#include "emit_pci.h"
#include "pci_fields.h"

#define SHOWN_MOST 16u /* capabilities of either list */

/* One function under description. */
struct view {
	const struct board *board;
	const struct plan_cell *cell;
	const struct cell_function *own;
	const struct pci_function *function;
	const struct pci_function *physical; /* of a VF; else NULL */
	bool kept;			     /* its VFs would go with a reset */
	bool quiet;			     /* it never masters the bus */
	struct function_layout *out;
};

static void add(struct view *view, uint32_t offset, struct bp_pci_register settings)
{
	struct function_layout *const out = view->out;

	settings.offset = (uint16_t)offset;
	if (view->own->ghost) {
		settings.kind = BP_PCI_PLAIN;
		settings.hard = settings.write = settings.clear = 0;
	}
	out->registers = memory_grow(out->registers, out->register_count, sizeof(*out->registers));
	out->registers[out->register_count++] = settings;
}

static void add_fixed(struct view *view, uint32_t offset, uint32_t value)
{
	add(view, offset, (struct bp_pci_register){.fixed = value});
}

static void add_own(struct view *view, uint32_t offset, uint32_t fixed, uint32_t own)
{
	add(view, offset, (struct bp_pci_register){.fixed = fixed, .hard = own, .write = own});
}

/* ---- header ---- */

/* Of a PF's owner: a VF, its own or a ghost, is found through the PF, not by a scan of the bus. */
static bool is_hidden(const struct view *view)
{
	const struct plan_cell *const cell = view->cell;

	for (size_t i = 0; view->physical && i < cell->function_count; i++)
		if (cell->functions[i].function == view->function->physical)
			return true;
	return false;
}

static void put_bars(struct view *view, uint32_t offset, const struct pci_bar *bars)
{
	for (unsigned int i = 0; i < PCI_BARS; i++) {
		if (bars[i].kind == PCI_BAR_IO || !bar_sized(bars, i) || view->own->ghost)
			continue;
		add(view, offset + 4 * i,
		    (struct bp_pci_register){
			    .kind = BP_PCI_SIZING, .fixed = bar_word(bars, i), .write = bar_sized(bars, i)});
	}
}

static void put_header(struct view *view)
{
	const struct pci_function *const function = view->function;
	const struct pci_function *const maker = view->physical ? view->physical : function;
	const uint32_t device = view->physical ? maker->sriov.device : function->device;
	/* A VF's memory is decoded as its PF's capability says, and its own bit does nothing
	 * (PCIe 9.3.4.1.3); QEMU goes by it too. */
	const uint32_t command =
		COMMAND_MEMORY | (view->quiet ? 0 : COMMAND_MASTER) | (view->physical ? 0 : COMMAND_NO_INTX);

	add_fixed(view, PCI_ID, is_hidden(view) ? UINT32_MAX : device << 16 | maker->vendor);
	add(view, PCI_COMMAND,
	    (struct bp_pci_register){.kind = BP_PCI_COMMAND,
				     .fixed = STATUS_LIST,
				     .hard = command | STATUS_ERRORS,
				     .write = command,
				     .clear = STATUS_ERRORS});
	add_fixed(view, PCI_CLASS, function->class << 8 | function->revision);
	add_own(view, PCI_CACHE_LINE, 0, UINT8_MAX);
	put_bars(view, PCI_BAR0, function->bars);
	add_fixed(view, PCI_SUBSYSTEM, pci_read32(&function->space, PCI_SUBSYSTEM));
}

/* [impl->swr~config-pci-watchdog~1] */
static void put_watchdog(struct view *view)
{
	const struct pci_watchdog *const watchdog = pci_watchdog_of(view->function);

	for (unsigned int i = 0; watchdog && i < PCI_WATCHDOG_REGISTERS; i++)
		add_own(view, watchdog->settings[i].offset, 0, watchdog->settings[i].bits);
}

/* ---- capabilities ---- */

static void put_power(struct view *view, uint32_t at, uint32_t link)
{
	const uint32_t able = pci_read16(&view->function->space, at + 2) & POWER_ABLE;
	const uint32_t state = view->kept ? 0 : POWER_STATE;

	add_fixed(view, at, link | able << 16);
	add(view, at + POWER_CONTROL, (struct bp_pci_register){.hard = state | POWER_KEPT, .write = state});
}

static void put_msi(struct view *view, uint32_t at, uint32_t link)
{
	const uint32_t control = pci_read32(&view->function->space, at);
	const uint32_t data = at + (control & MSI_64 ? 12 : 8);

	add_own(view, at, link | (control & MSI_FIXED), MSI_ENABLE);
	add_own(view, at + 4, 0, ~3u);
	if (control & MSI_64)
		add_own(view, at + 8, 0, UINT32_MAX);
	add_own(view, data, 0, UINT16_MAX);
	if (!(control & MSI_MASKS))
		return;
	add_own(view, data + 4, 0, UINT32_MAX);
	add(view, data + 8, (struct bp_pci_register){.hard = UINT32_MAX});
}

static void put_msix(struct view *view, uint32_t at, uint32_t link)
{
	const struct pci_space *const space = &view->function->space;

	add_own(view, at, link | (pci_read16(space, at + MSIX_CONTROL) & MSIX_SIZE) << 16, MSIX_ENABLE);
	add_fixed(view, at + MSIX_TABLE, pci_read32(space, at + MSIX_TABLE));
	add_fixed(view, at + MSIX_PENDING, pci_read32(space, at + MSIX_PENDING));
}

/* On a bus without ports it is an integrated endpoint: no link. [impl->swr~compile-pci-reset~1] */
static void put_express(struct view *view, uint32_t at, uint32_t link)
{
	const struct pci_space *const space = &view->function->space;
	const uint32_t flags = pci_read16(space, at + EXPRESS_FLAGS);
	const bool resets = !view->kept && (pci_read32(space, at + EXPRESS_ABLE) & ABLE_RESET);
	const uint32_t hidden = ABLE_PHANTOM | (resets ? 0 : ABLE_RESET);
	const uint32_t own = CONTROL_RELAXED | CONTROL_NO_SNOOP | CONTROL_READ_SIZE;

	add_fixed(view, at, link | ((flags & ~EXPRESS_KIND) | KIND_INTEGRATED) << 16);
	add_fixed(view, at + EXPRESS_ABLE, pci_read32(space, at + EXPRESS_ABLE) & ~hidden);
	add(view, at + EXPRESS_CONTROL,
	    (struct bp_pci_register){.hard = CONTROL_SETTINGS | CONTROL_STATUS,
				     .write = own | (resets ? CONTROL_RESET : 0),
				     .clear = CONTROL_ERRORS});
	if ((flags & EXPRESS_VERSION) >= 2)
		add_fixed(view, at + EXPRESS_ABLE2, pci_read32(space, at + EXPRESS_ABLE2) & ABLE2_TIMEOUT);
	if (resets && !view->own->ghost)
		view->out->reset = at + EXPRESS_CONTROL;
}

/* Constant, so that it does nothing. */
static void put_vendor(struct view *view, uint32_t at, uint32_t link)
{
	const struct pci_space *const space = &view->function->space;
	const uint32_t length = pci_read8(space, at + VENDOR_LENGTH);

	add_fixed(view, at, link | (pci_read32(space, at) & 0xffff0000));
	for (uint32_t i = 4; i < length; i += 4)
		add_fixed(view, at + i, pci_read32(space, at + i));
}

typedef void put_capability(struct view *view, uint32_t at, uint32_t link);

static put_capability *capability_kind(const struct view *view, uint32_t at)
{
	const struct pci_space *const space = &view->function->space;

	switch (pci_read8(space, at)) {
	case PCI_CAP_POWER:
		return put_power;
	case PCI_CAP_MSI:
		return put_msi;
	case PCI_CAP_EXPRESS:
		return put_express;
	case PCI_CAP_MSIX:
		return put_msix;
	case PCI_CAP_VENDOR:
		/* Virtio's way to BARs through configuration space needs registers that aren't constant. */
		return pci_read16(space, PCI_ID) == VENDOR_VIRTIO &&
				       pci_read8(space, at + VIRTIO_KIND) == VIRTIO_ACCESS
			       ? NULL
			       : put_vendor;
	default:
		return NULL;
	}
}

/* [impl->swr~compile-pci-config~1] */
static void put_list(struct view *view)
{
	const struct pci_space *const space = &view->function->space;
	uint32_t shown[LIST_MOST + 1] = {0}, at = pci_read8(space, PCI_LIST) & ~3u;
	size_t count = 0;

	for (unsigned int i = 0; i < LIST_MOST && at >= LIST_FIRST; i++) {
		if (capability_kind(view, at))
			shown[count++] = at;
		at = pci_read8(space, at + 1) & ~3u;
	}
	add_fixed(view, PCI_LIST, shown[0]);
	for (size_t i = 0; i < count; i++)
		capability_kind(view, shown[i])(view, shown[i],
						pci_read8(space, shown[i]) | shown[i + 1] << 8);
}

/* ---- extended capabilities ---- */

/* The cell's number of its PF's virtual function `vf`. */
static uint32_t vf_rid(const struct view *view, uint32_t vf)
{
	const struct pci_function *const all = view->board->pci.at;

	for (size_t i = 0; i < view->cell->function_count; i++) {
		const struct pci_function *const function = &all[view->cell->functions[i].function];

		if (function->physical == view->own->function && function->vf == vf)
			return view->cell->functions[i].rid;
	}
	return view->own->rid;
}

/* As if its VFs had been off until the guest turns them on: they are on for ever, and nothing is written. */
static void put_sriov(struct view *view, uint32_t at, uint32_t link)
{
	const struct pci_sriov *const sriov = &view->function->sriov;
	const uint32_t first = vf_rid(view, 0) - view->own->rid;
	const uint32_t stride = sriov->enabled > 1 ? vf_rid(view, 1) - vf_rid(view, 0) : 0;

	add_fixed(view, at, link);
	add_fixed(view, at + SRIOV_INITIAL, sriov->enabled << 16 | sriov->enabled);
	add_fixed(view, at + SRIOV_NUMBER, sriov->enabled);
	add_fixed(view, at + SRIOV_OFFSET, stride << 16 | first);
	add_fixed(view, at + SRIOV_DEVICE - 2, sriov->device << 16);
	add_fixed(view, at + SRIOV_PAGES, 1);
	add_fixed(view, at + SRIOV_PAGE, 1);
	put_bars(view, at + SRIOV_BAR0, sriov->bars);
}

static void put_serial(struct view *view, uint32_t at, uint32_t link)
{
	add_fixed(view, at, link);
	for (uint32_t i = 1; i < SERIAL_WORDS; i++)
		add_fixed(view, at + 4 * i, pci_read32(&view->function->space, at + 4 * i));
}

static put_capability *extended_kind(const struct view *view, uint32_t header)
{
	switch (header & UINT16_MAX) {
	case PCI_EXT_SERIAL:
		return put_serial;
	case PCI_EXT_SRIOV:
		return view->function->sriov.enabled ? put_sriov : NULL;
	default:
		return NULL;
	}
}

/* The list starts at its fixed place, with an empty capability where the first isn't shown. */
static void put_extended(struct view *view)
{
	const struct pci_space *const space = &view->function->space;
	uint32_t shown[SHOWN_MOST + 1] = {0}, at = EXTENDED_FIRST;
	size_t count = 0;

	for (unsigned int i = 0; i < EXTENDED_MOST && count < SHOWN_MOST && at >= EXTENDED_FIRST; i++) {
		const uint32_t header = pci_read32(space, at);

		if (extended_kind(view, header))
			shown[count++] = at;
		at = header >> 20 & ~3u;
	}
	if (count && shown[0] != EXTENDED_FIRST)
		add_fixed(view, EXTENDED_FIRST, shown[0] << 20);
	for (size_t i = 0; i < count; i++) {
		const uint32_t header = pci_read32(space, shown[i]);

		extended_kind(view, header)(view, shown[i], (header & 0xfffff) | shown[i + 1] << 20);
	}
}

/* ---- the whole ---- */

static int by_offset(const void *a, const void *b)
{
	return ((const struct bp_pci_register *)a)->offset - ((const struct bp_pci_register *)b)->offset;
}

static bool has_foreign_vf(const struct view *view, size_t cell)
{
	const struct pci_inventory *const pci = &view->board->pci;

	for (size_t i = 0; i < pci->count; i++)
		if (pci->at[i].physical == view->own->function && pci->at[i].owner >= 0 &&
		    pci->at[i].owner != (int)cell)
			return true;
	return false;
}

/* A VF's are its PF's, and no reset clears them. */
static void list_bars(struct view *view)
{
	struct function_layout *const out = view->out;

	for (unsigned int i = 0; !view->physical && i < PCI_BARS; i++)
		if (bar_word(view->function->bars, i))
			out->bars[out->bar_count++] =
				(struct bp_pci_bar){PCI_BAR0 + 4 * i, bar_word(view->function->bars, i)};
}

void function_describe(const struct plan *plan, size_t cell, const struct cell_function *own,
		       struct function_layout *out)
{
	const struct pci_function *const function = &plan->board.pci.at[own->function];
	struct view view = {
		.board = &plan->board,
		.cell = &plan->cells[cell],
		.own = own,
		.function = function,
		.physical = function->physical == PCI_NONE ? NULL : &plan->board.pci.at[function->physical],
		.kept = function->sriov.enabled != 0,
		/* [impl->swr~boot-state-emmc-no-dma~1] */
		.quiet = boot_state_in_emmc(&plan->boot_state) && plan->boot_state.function == own->function,
		.out = out,
	};

	*out = (struct function_layout){.flags = (view.physical ? BP_PCI_VF : 0) |
						 (own->ghost ? BP_PCI_GHOST : 0) |
						 (has_foreign_vf(&view, cell) ? BP_PCI_SHARED : 0)};
	put_header(&view);
	put_watchdog(&view);
	put_list(&view);
	put_extended(&view);
	list_bars(&view);
	qsort(out->registers, out->register_count, sizeof(*out->registers), by_offset);
}
