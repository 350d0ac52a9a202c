// SPDX-License-Identifier: Apache-2.0
/*
 * steps.c - changes of the boot's steps, and what each then leads to: they are carried out on the machine
 * that the inventory describes, register by register, as the hypervisor would.
 *
 * It breaks something where that machine would be refused; where one that differs in a single bit of what
 * must be compared would not; where a register that the boot leaves alone is written; and where BARs,
 * windows, buses and virtual functions aren't left as the cells' tables take them to be.
 *
 * It knows the forms that the specimens use: names of machine.dts, one host whose buses and windows are the
 * CPUs' addresses. Registers: PCI Express Base Specification 6.0, 7.5.1, 7.5.3, 7.7.11, 9.3.3.
 */
#include <libfdt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mutant.h"

#define ECAM	      UINT64_C(0x3f000000)
#define SPACE	      4096u
#define FUNCTIONS_MAX 32u
#define WAIT_VFS      100u
#define WAIT_ALL      10000u
#define MIB	      UINT64_C(0x100000)

struct function {
	uint32_t rid;
	int pf; /* of a virtual function: its PF; -1: it is none */
	uint32_t vf;
	int owner;
	bool host, bridge, resets;
	uint32_t ids, class;
	uint64_t bars[6], vf_bars[6]; /* sizes; of virtual functions': of one */
	uint32_t bar_kind[6], vf_bar_kind[6];
	uint32_t acs, express, sriov, offset, stride, total; /* first three: where; 0: nowhere */
	uint32_t enabled;				     /* virtual functions that cells need */
	uint8_t config[SPACE];
	/* as the steps leave it */
	uint8_t raw[SPACE], plain[SPACE], sized[SPACE]; /* written; bits that were compared */
	bool written[SPACE];
	uint64_t switched_on; /* ms waited by then */
};

struct machine {
	struct function functions[FUNCTIONS_MAX];
	size_t count;
	uint64_t waited;
};

static uint32_t load(const uint8_t *at, unsigned int bytes)
{
	uint32_t value = 0;

	for (unsigned int i = 0; i < bytes; i++)
		value |= (uint32_t)at[i] << 8 * i;
	return value;
}

/* ---- the machine of the inventory ---- */

static uint32_t listed(const struct function *f, uint8_t id)
{
	uint32_t at = f->config[0x34] & 0xfc;

	for (int left = 48; at && left && f->config[6] & 0x10; left--, at = f->config[at + 1] & 0xfc)
		if (f->config[at] == id)
			return at;
	return 0;
}

static uint32_t extended(const struct function *f, uint16_t id)
{
	uint32_t at = 0x100;

	for (int left = 960; at >= 0x100 && left && load(f->config + at, 4); left--) {
		if (load(f->config + at, 2) == id)
			return at;
		at = load(f->config + at, 4) >> 20 & 0xffc;
	}
	return 0;
}

static void bars_of(const fdt64_t *rows, uint64_t parts, uint64_t *sizes, uint32_t *kinds)
{
	for (int i = 0; i < 6; i++) {
		const uint64_t flags = fdt64_ld(&rows[3 * i + 2]);

		sizes[i] = flags & 0x300 ? fdt64_ld(&rows[3 * i + 1]) / parts : 0;
		kinds[i] = (flags & 0x100 ? 1 : 0) | (flags & 0x100000 ? 4 : 0) | (flags & 0x2000 ? 8 : 0);
	}
}

static void function_of(struct machine *m, const struct specimen *s, int node, const int *owner)
{
	const void *const fdt = s->pci->data;
	struct function *const f = &m->functions[m->count++];
	const fdt64_t *const rows = fdt_getprop(fdt, node, "resources", NULL);
	const fdt32_t *const vendor = fdt_getprop(fdt, node, "vendor", NULL),
			     *const device = fdt_getprop(fdt, node, "device", NULL),
			     *const class = fdt_getprop(fdt, node, "class", NULL),
			     *const revision = fdt_getprop(fdt, node, "revision", NULL);
	int length;
	const void *const config = fdt_getprop(fdt, node, "config", &length);

	memset(f, 0, sizeof(*f));
	memcpy(f->config, config, (size_t)length);
	f->rid = declared_rid(fdt_getprop(fdt, node, "address", NULL));
	f->owner = owner[f->rid];
	f->pf = -1;
	f->ids = fdt32_ld(device) << 16 | fdt32_ld(vendor);
	f->class = fdt32_ld(class) << 8 | fdt32_ld(revision);
	f->host = f->class >> 16 == 0x0600;
	f->bridge = f->config[0x0e] & 1;
	f->express = listed(f, 0x10);
	f->acs = extended(f, 0x0d);
	f->sriov = extended(f, 0x10);
	bars_of(rows, 1, f->bars, f->bar_kind);
	if (!f->sriov || !load(f->config + f->sriov + 0x0e, 2)) {
		f->sriov = 0;
		return;
	}
	f->total = load(f->config + f->sriov + 0x0e, 2);
	f->offset = load(f->config + f->sriov + 0x14, 2);
	f->stride = load(f->config + f->sriov + 0x16, 2);
	bars_of(rows + 21, f->total, f->vf_bars, f->vf_bar_kind);
}

static struct function *by_rid(struct machine *m, uint32_t rid)
{
	for (size_t i = 0; i < m->count; i++)
		if (m->functions[i].rid == rid)
			return &m->functions[i];
	return NULL;
}

/* False: they aren't all there. */
static bool virtual_functions(struct machine *m)
{
	for (size_t i = 0; i < m->count; i++) {
		struct function *const pf = &m->functions[i];

		for (uint32_t n = 0; n < pf->total; n++) {
			struct function *const f = by_rid(m, pf->rid + pf->offset + n * pf->stride);

			if (!f || f == pf)
				return false;
			f->pf = (int)i;
			f->vf = n;
			if (f->owner >= 0)
				pf->enabled = n + 1;
			memcpy(f->bars, pf->vf_bars, sizeof(f->bars));
			memcpy(f->bar_kind, pf->vf_bar_kind, sizeof(f->bar_kind));
		}
	}
	return true;
}

static const struct page *page_at(const struct view *view, uint64_t va)
{
	for (size_t i = 0; i < view->count; i++)
		if (view->pages[i].va == (va & ~UINT64_C(0xfff)))
			return &view->pages[i];
	return NULL;
}

/* Those that the hypervisor resets by their own FLR, from the cells' good records. */
static void resets_find(struct machine *m, const struct oracle *o, const struct specimen *s)
{
	for (uint32_t c = 0; c < s->cells; c++) {
		const struct bp_cell *const cell = s->cell[c];
		const struct bp_core *const cores =
			(const void *)((const uint8_t *)cell + cell->cores.offset);
		const struct bp_pci_function *const list =
			(const void *)((const uint8_t *)cell + cell->pci.offset);

		for (uint32_t i = 0; i < cell->pci.count; i++) {
			const struct page *const page =
				list[i].config_va ? page_at(&o->good[s->cells + cores[0].machine_core],
							    list[i].config_va)
						  : NULL;

			if (page && list[i].reset)
				by_rid(m, (uint32_t)((page->pa - ECAM) / SPACE))->resets = true;
		}
	}
}

static bool machine_make(struct machine *m, const struct oracle *o, const struct specimen *s)
{
	int owner[DECLARED_RIDS], node;

	m->count = 0;
	declared_owners(s, owner);
	fdt_for_each_subnode(node, s->pci->data, 0)
	{
		function_of(m, s, node, owner);
	}
	if (!virtual_functions(m))
		return false;
	resets_find(m, o, s);
	return true;
}

/* ---- what a step does ---- */

static bool left(const struct function *f, uint32_t at, unsigned int bytes, uint32_t *value)
{
	*value = load(f->raw + at, bytes);
	for (unsigned int i = 0; i < bytes; i++)
		if (!f->written[at + i])
			return false;
	return true;
}

/* The bridge whose secondary bus it is on, in the inventory. */
static struct function *above(struct machine *m, const struct function *f)
{
	const uint32_t bus = (f->pf < 0 ? f->rid : m->functions[f->pf].rid) >> 8;

	for (size_t i = 0; i < m->count; i++)
		if (m->functions[i].bridge && m->functions[i].config[0x19] == bus)
			return &m->functions[i];
	return NULL;
}

static bool answers(struct machine *m, const struct function *f)
{
	uint32_t value;

	if (f->pf >= 0) {
		const struct function *const pf = &m->functions[f->pf];

		if (!left(pf, pf->sriov + 8, 2, &value) || !(value & 1) ||
		    !left(pf, pf->sriov + 0x10, 2, &value) || f->vf >= value ||
		    m->waited < pf->switched_on + WAIT_VFS)
			return false;
	}
	for (struct function *up = above(m, f); up; up = above(m, up))
		if (!left(up, 0x18, 4, &value) || (value >> 8 & 0xffff) != load(up->config + 0x19, 2))
			return false;
	return true;
}

static uint32_t bar_size(const uint64_t *sizes, const uint32_t *kinds, uint32_t i)
{
	if (i && kinds[i - 1] & 4)
		return (uint32_t)(~(sizes[i - 1] - 1) >> 32);
	return sizes[i] ? ((uint32_t)~(sizes[i] - 1) & (kinds[i] & 1 ? ~3u : ~15u)) | kinds[i] : 0;
}

static bool is_bar(const struct function *f, uint32_t word, uint32_t *number, bool *virtual)
{
	*virtual = f->sriov && word >= f->sriov + 0x24 && word < f->sriov + 0x3c;
	*number = (word - (*virtual ? f->sriov + 0x24 : 0x10)) / 4;
	return *virtual || (word >= 0x10 && word < (f->bridge ? 0x18 : 0x28));
}

static bool ones(const struct function *f, uint32_t word)
{
	uint32_t value;

	return left(f, word, 4, &value) && value == UINT32_MAX;
}

static uint32_t word_now(const struct function *f, uint32_t word)
{
	uint32_t value = load(f->config + word, 4), number;
	bool virtual;

	if (word == 0)
		return f->ids;
	if (word == 8)
		return f->class;
	for (uint32_t i = 0; i < 4; i++)
		if (f->written[word + i])
			value = (value & ~(0xffu << 8 * i)) | (uint32_t)f->raw[word + i] << 8 * i;
	if (is_bar(f, word, &number, &virtual) && ones(f, word))
		return virtual ? bar_size(f->vf_bars, f->vf_bar_kind, number)
			       : bar_size(f->bars, f->bar_kind, number);
	return value;
}

static bool lies(uint32_t at, uint32_t width, uint32_t from, uint32_t bytes)
{
	return at >= from && at + width <= from + bytes;
}

/* The registers that the boot sets. */
static bool is_set(const struct function *f, uint32_t at, uint32_t width)
{
	uint32_t control;

	if (f->host || f->pf >= 0)
		return false;
	if (lies(at, width, 4, 2) || (f->acs && lies(at, width, f->acs + 6, 2)))
		return true;
	if (f->bridge)
		return lies(at, width, 0x10, 8) || lies(at, width, 0x18, 4) || lies(at, width, 0x1c, 2) ||
		       lies(at, width, 0x20, 20) || lies(at, width, 0x38, 4) || lies(at, width, 0x3e, 2) ||
		       (f->express && lies(at, width, f->express + 0x28, 2));
	if (lies(at, width, 0x10, 24) || lies(at, width, 0x30, 4))
		return true;
	if (!f->sriov || lies(at, width, f->sriov + 8, 2))
		return f->sriov;
	if (left(f, f->sriov + 8, 2, &control) && control & 1)
		return false;
	return lies(at, width, f->sriov + 0x10, 2) || lies(at, width, f->sriov + 0x20, 4) ||
	       lies(at, width, f->sriov + 0x24, 24);
}

static bool compared(const uint8_t *bits, uint32_t at, uint32_t mask)
{
	return (load(bits + at, 4) & mask) == mask;
}

static bool do_write(struct machine *m, struct function *f, const struct bp_pci_step *step, uint32_t at)
{
	uint32_t before = 0, after = 0;

	if (!is_set(f, at, step->width) || !compared(f->plain, 0, UINT32_MAX) ||
	    !compared(f->plain, 8, UINT32_MAX))
		return false;
	if (f->sriov && !left(f, f->sriov + 8, 2, &before))
		before = 0;
	for (uint32_t i = 0; i < step->width; i++) {
		f->raw[at + i] = (uint8_t)(step->value >> 8 * i);
		f->written[at + i] = true;
	}
	if (f->sriov && left(f, f->sriov + 8, 2, &after) && after & ~before & 1)
		f->switched_on = m->waited;
	return true;
}

static bool do_check(struct function *f, const struct bp_pci_step *step, uint32_t at)
{
	const uint32_t found = word_now(f, at & ~3u) >> 8 * (at & 3) & step->mask;
	uint8_t *const bits = ones(f, at & ~3u) ? f->sized : f->plain;

	for (uint32_t i = 0; i < step->width; i++)
		bits[at + i] |= (uint8_t)(step->mask >> 8 * i);
	return found == (step->value & step->mask);
}

static bool shaped(const struct bp_pci_step *step)
{
	return step->kind <= BP_PCI_WAIT && (step->width == 1 || step->width == 2 || step->width == 4) &&
	       step->va % step->width == 0 && step->what < BP_PCI_WHAT_COUNT &&
	       (step->kind != BP_PCI_CHECK || step->width == 4 || !(step->mask >> 8 * step->width));
}

/* Until one fails; into broken[]. */
static void carry_out(struct machine *m, struct oracle *o, const struct specimen *s)
{
	const struct bp_pci_step *const steps = (const void *)(s->blueprint + s->header->pci_steps.offset);
	const struct view *const boot = &o->good[s->cells + s->cores];

	m->waited = 0;
	for (uint32_t i = 0; i < s->header->pci_steps.count; i++) {
		const struct bp_pci_step *const step = &steps[i];
		const struct page *page;
		struct function *f;

		if (step->kind == BP_PCI_WAIT) {
			m->waited += step->value;
			o->broken[RULE_PCI_SPACE] |= step->va || m->waited > WAIT_ALL;
			continue;
		}
		page = page_at(boot, step->va);
		f = page && page->pa >= ECAM ? by_rid(m, (uint32_t)((page->pa - ECAM) / SPACE)) : NULL;
		if (!shaped(step) || !f || step->segment || step->rid != f->rid || !answers(m, f) ||
		    (step->kind == BP_PCI_WRITE && !do_write(m, f, step, step->va % SPACE)))
			o->broken[RULE_PCI_SPACE] = true;
		else if (step->kind == BP_PCI_CHECK && !do_check(f, step, step->va % SPACE))
			o->broken[RULE_PCI_MACHINE] = true;
	}
}

/* ---- what must be compared ---- */

static bool capabilities_compared(const struct function *f)
{
	static const uint8_t ids[] = {0x01, 0x05, 0x10, 0x11};
	bool all = true;

	for (size_t i = 0; i < sizeof(ids); i++)
		all &= !listed(f, ids[i]) || f->plain[listed(f, ids[i])] == 0xff;
	all &= !f->sriov || compared(f->plain, f->sriov, 0xffff);
	return all && (!f->resets || compared(f->plain, f->express + 4, 1u << 28));
}

static bool function_compared(const struct function *f)
{
	bool all = compared(f->plain, 0, UINT32_MAX) && compared(f->plain, 8, UINT32_MAX) &&
		   (f->plain[0x0e] & 0x7f) == 0x7f;

	if (f->host)
		return all;
	for (uint32_t i = 0; i < (f->bridge ? 2u : 6u); i++)
		all &= compared(f->sized, 0x10 + 4 * i, f->bar_kind[i] & 1 ? 0xffff : UINT32_MAX);
	if (f->bridge)
		all &= (f->plain[0x24] & 0xf) == 0xf &&
		       (!f->express || compared(f->plain, f->express, 0xf000ff));
	if (f->acs && (f->config[f->acs + 4] & 0x1d) == 0x1d)
		all &= compared(f->plain, f->acs, 0xffff) && (f->plain[f->acs + 6] & 0x1d) == 0x1d;
	for (uint32_t i = 0; f->sriov && i < 6; i++)
		all &= compared(f->sized, f->sriov + 0x24 + 4 * i, UINT32_MAX);
	if (f->sriov)
		all &= compared(f->plain, f->sriov + 0x0c, 0xffff0000) &&
		       compared(f->plain, f->sriov + 0x18, 0xffff0000);
	if (f->enabled)
		all &= compared(f->plain, f->sriov + 0x14, UINT32_MAX);
	return all && (f->owner < 0 || capabilities_compared(f));
}

/* ---- what must be left ---- */

struct place { /* of a BAR: [from, to) */
	const struct function *f;
	uint64_t from, to;
};
#define PLACES_MAX (FUNCTIONS_MAX * 6)

/* False: a BAR of it isn't set, in a window of the host, in steps of its size. */
static bool places_add(struct machine *m, const struct function *f, struct place *places, size_t *count)
{
	const struct function *const from = f->pf < 0 ? f : &m->functions[f->pf];
	const uint32_t at = f->pf < 0 ? 0x10 : from->sriov + 0x24;

	for (uint32_t i = 0; i < 6; i++) {
		uint32_t low, high = 0;
		uint64_t bus;

		if (!f->bars[i] || f->bar_kind[i] & 1)
			continue;
		if (!left(from, at + 4 * i, 4, &low) ||
		    (f->bar_kind[i] & 4 && !left(from, at + 4 * i + 4, 4, &high)))
			return false;
		/* A cell's own is put back word by word after a reset. */
		if (f->owner >= 0 && f->pf < 0 && (low & 15) != f->bar_kind[i])
			return false;
		bus = ((uint64_t)high << 32 | (low & ~15u)) + (f->pf < 0 ? 0 : f->vf * f->bars[i]);
		if (bus % f->bars[i] || !oracle_window(bus) || !oracle_window(bus + f->bars[i] - 1))
			return false;
		places[(*count)++] = (struct place){f, bus, bus + f->bars[i]};
	}
	return true;
}

/* By 4 KiB: nobody's page is another's; a cell's are mapped for it and for no other. */
static bool places_good(const struct oracle *o, const struct place *places, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct place *const a = &places[i];

		for (uint64_t pa = a->from & ~UINT64_C(0xfff); pa < a->to; pa += 4096) {
			if (o->good_reach[pa / 4096] != (a->f->owner < 0 ? 0 : 1u << a->f->owner))
				return false;
			for (size_t j = 0; j < i; j++)
				if (pa < places[j].to && places[j].from < pa + 4096 &&
				    (places[j].f->owner != a->f->owner ||
				     (places[j].from < a->to && a->from < places[j].to)))
					return false;
		}
	}
	return true;
}

static bool windows_of(const struct function *bridge, uint64_t from[2], uint64_t to[2])
{
	uint32_t memory, wide, base = 0, limit = 0;

	if (!left(bridge, 0x20, 4, &memory) || !left(bridge, 0x24, 4, &wide) ||
	    ((bridge->config[0x24] & 0xf) == 1 &&
	     (!left(bridge, 0x28, 4, &base) || !left(bridge, 0x2c, 4, &limit))))
		return false;
	from[0] = (uint64_t)(memory >> 4 & 0xfff) * MIB;
	to[0] = (uint64_t)(memory >> 20) * MIB + MIB;
	from[1] = (uint64_t)base << 32 | (uint64_t)(wide >> 4 & 0xfff) * MIB;
	to[1] = ((uint64_t)limit << 32 | (uint64_t)(wide >> 20) * MIB) + MIB;
	for (int i = 0; i < 2; i++)
		if (from[i] >= to[i])
			from[i] = to[i] = 0;
	return true;
}

static bool is_above(struct machine *m, const struct function *bridge, const struct function *f)
{
	for (const struct function *up = above(m, f); up; up = above(m, up))
		if (up == bridge)
			return true;
	return false;
}

/* What lies below it all in one window, what doesn't in none; each within one of the host's. */
static bool bridge_windows_good(struct machine *m, const struct function *bridge, const struct place *places,
				size_t count)
{
	uint64_t from[2], to[2], other_from[2], other_to[2];

	if (!windows_of(bridge, from, to))
		return false;
	for (int i = 0; i < 2; i++)
		for (uint64_t at = from[i]; at < to[i]; at += MIB)
			if (!oracle_window(at) || at >> 24 != from[i] >> 24)
				return false;
	for (size_t n = 0; n < count; n++) {
		bool inside = false, touched = false;

		for (int i = 0; i < 2; i++) {
			inside |= places[n].from >= from[i] && places[n].to <= to[i];
			touched |= places[n].from < to[i] && from[i] < places[n].to;
		}
		if (is_above(m, bridge, places[n].f) ? !inside : touched)
			return false;
	}
	for (size_t n = 0; n < m->count; n++) {
		const struct function *const other = &m->functions[n];

		if (!other->bridge || other == bridge || is_above(m, bridge, other) ||
		    is_above(m, other, bridge) || !windows_of(other, other_from, other_to))
			continue;
		for (int i = 0; i < 4; i++)
			if (from[i / 2] < other_to[i % 2] && other_from[i % 2] < to[i / 2])
				return false;
	}
	return true;
}

static bool bridge_left(const struct function *f)
{
	const uint32_t ari = f->express ? load(f->config + f->express + 0x28, 2) & 0x20 : 0;
	uint32_t value;

	return left(f, 0x18, 4, &value) &&
	       (value & 0xffffff) == (load(f->config + 0x19, 2) << 8 | f->rid >> 8) &&
	       left(f, 4, 2, &value) && (value & 7) == 6 && left(f, 0x3e, 2, &value) && value < 4 &&
	       left(f, 0x38, 4, &value) && !(value & 1) &&
	       (!f->express || left(f, f->express + 0x28, 2, &value) ? value == ari || !f->express : !ari);
}

static bool sriov_left(const struct machine *m, const struct function *f)
{
	const uint32_t due = f->enabled ? 9 | (load(f->config + f->sriov + 8, 2) & 0x10) : 0;
	uint32_t value;

	return left(f, f->sriov + 8, 2, &value) && value == due && left(f, f->sriov + 0x20, 4, &value) &&
	       value == 1 &&
	       (!f->enabled || (left(f, f->sriov + 0x10, 2, &value) && value == f->enabled &&
				m->waited >= f->switched_on + WAIT_VFS));
}

static bool function_left(const struct machine *m, const struct function *f)
{
	uint32_t value;

	if (f->host)
		return true;
	if (f->acs && left(f, f->acs + 6, 2, &value) && value & 0x40)
		return false;
	if (f->acs && (f->config[f->acs + 4] & 0x1d) == 0x1d &&
	    (!left(f, f->acs + 6, 2, &value) || (value & 0x1d) != 0x1d))
		return false;
	if (f->bridge)
		return bridge_left(f);
	return left(f, 4, 2, &value) && !(value & 7) && left(f, 0x30, 4, &value) && !(value & 1) &&
	       (!f->sriov || sriov_left(m, f));
}

void oracle_steps(struct oracle *o, const struct specimen *s)
{
	static struct machine m;
	struct place places[PLACES_MAX];
	size_t count = 0;
	bool good = true;

	if (!machine_make(&m, o, s)) {
		o->broken[RULE_PCI_MACHINE] = true;
		return;
	}
	carry_out(&m, o, s);
	for (size_t i = 0; i < m.count; i++) {
		const struct function *const f = &m.functions[i];

		if (f->pf >= 0 && f->vf >= m.functions[f->pf].enabled)
			continue;
		o->broken[RULE_PCI_MACHINE] |=
			f->pf < 0 ? !function_compared(f) : f->owner >= 0 && !capabilities_compared(f);
		good &= f->pf >= 0 || function_left(&m, f);
		good &= places_add(&m, f, places, &count);
	}
	good = good && places_good(o, places, count);
	for (size_t i = 0; i < m.count && good; i++)
		good &= !m.functions[i].bridge || bridge_windows_good(&m, &m.functions[i], places, count);
	o->broken[RULE_PCI_SPACE] |= !good;
}

/* ---- changes ---- */

/* The inventory's machine is another than the steps are for. False: for all that is known here it isn't. */
bool inventory_change(struct oracle *o, const struct specimen *s, char *what, size_t size)
{
	static const char *const words[] = {"config", "resources"};
	const char *const word = words[chance(2)];
	const uint64_t nth = chance(FUNCTIONS_MAX);
	int node = fdt_first_subnode(s->pci->data, 0), length;
	uint8_t *bytes, was;
	uint64_t at;

	for (uint64_t i = 0; i < nth && node >= 0; i++)
		node = fdt_next_subnode(s->pci->data, node);
	if (node < 0)
		return false;
	bytes = (uint8_t *)(uintptr_t)fdt_getprop(s->pci->data, node, word, &length);
	at = chance((uint64_t)length);
	was = bytes[at];
	bytes[at] ^= (uint8_t)(1 + chance(255));
	(void)snprintf(what, size, "inventory: %s of %s, byte %#llx", word,
		       fdt_get_name(s->pci->data, node, NULL), (unsigned long long)at);
	oracle_steps(o, s);
	if (o->broken[RULE_PCI_MACHINE] || o->broken[RULE_PCI_SPACE])
		return true;
	bytes[at] = was;
	return false;
}

static bool is_window(const struct bp_pci_step *step)
{
	const uint32_t at = step->va % SPACE;

	return step->kind == BP_PCI_WRITE && at >= 0x10 && at < 0x30 && step->value != UINT32_MAX;
}

/* Steps in another order, dropped, twice, or with another's value; a BAR or window moved. */
bool step_change(struct oracle *o, struct specimen *s, char *what, size_t size)
{
	struct bp_pci_step *const steps = (void *)(s->blueprint + s->header->pci_steps.offset);
	const uint32_t count = s->header->pci_steps.count;
	const uint32_t i = (uint32_t)chance(count), j = (uint32_t)chance(count);
	const struct bp_pci_step was = steps[i];
	const char *change = NULL;

	switch (chance(5)) {
	case 0:
		steps[i] = steps[j];
		steps[j] = was;
		change = "exchanged with";
		break;
	case 1:
		steps[i] = steps[j];
		change = "replaced by";
		break;
	case 2:
		steps[i] = (struct bp_pci_step){.kind = BP_PCI_WAIT};
		change = "dropped, not";
		break;
	case 3:
		if (steps[i].kind == steps[j].kind && steps[i].width == steps[j].width) {
			steps[i].value = steps[j].value;
			change = "given the value of";
		}
		break;
	default:
		if (is_window(&steps[i])) {
			steps[i].value += (uint32_t)(chance(64) - 32) << (chance(2) ? 12 : 20);
			change = "moved, by the number of";
		}
		break;
	}
	if (!change)
		return false;
	(void)snprintf(what, size, "step %u, %s step %u", i, change, j);
	oracle_steps(o, s);
	return true;
}
