// SPDX-License-Identifier: Apache-2.0
/*
 * test_pci.c - PCI functions: what the boot core does to a machine that is played here, and what the cells
 * see of it.
 *
 * Both ranges: a_list_holds_what_is_safe
 * Robustness: another_machine_is_noticed
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <libfdt.h>
#include <stdlib.h>
#include <string.h>

#include "../../../src/compiler/fit.h"
#include "fixture_pci.h"

static struct layout layout;
static struct plan *plan;

static int settle(void **state)
{
	(void)state;
	plan = fixture_pci_plan();
	return layout_settle(&layout, plan) ? 0 : -1;
}

#define TABLE(type, base, table) ((const type *)((const uint8_t *)(base) + (table).offset))

static const struct bp_header *header(void)
{
	return arena_at(&layout.file, layout.file.pa);
}

static const struct bp_cell *record(size_t cell)
{
	return arena_at(&layout.file, layout.cells[cell].record_pa);
}

/* ---- a machine ---- */

struct device_model {
	uint8_t bytes[PCI_SPACE_SIZE];
	const struct pci_function *function;
};

static struct device_model machine[PCI_COUNT];
static uint32_t waited;

static uint32_t get(const struct device_model *model, uint32_t at, unsigned int width)
{
	uint32_t value = 0;

	memcpy(&value, model->bytes + at, width);
	return value;
}

static void set(struct device_model *model, uint32_t at, unsigned int width, uint32_t value)
{
	memcpy(model->bytes + at, &value, width);
}

static bool bridge(const struct device_model *model)
{
	return model->bytes[0x0e] & 1;
}

static void clear_bars(struct device_model *model, uint32_t at, const struct pci_bar *bars)
{
	for (unsigned int i = 0; i < PCI_BARS; i++) {
		if (i && bars[i - 1].kind == PCI_BAR_64)
			set(model, at + 4 * i, 4, 0);
		else if (bars[i].kind != PCI_BAR_NONE)
			set(model, at + 4 * i, 4,
			    bars[i].kind == PCI_BAR_IO ? 1
						       : (bars[i].kind == PCI_BAR_64 ? 4u : 0) |
								 (bars[i].prefetchable ? 8u : 0));
	}
}

/* As after a reset: what the inventory's bytes are, but for what software has written. */
static void reset_machine(void)
{
	waited = 0;
	for (size_t i = 0; i < PCI_COUNT; i++) {
		struct device_model *const model = &machine[i];

		model->function = &plan->board.pci.at[i];
		memcpy(model->bytes, model->function->space.bytes, PCI_SPACE_SIZE);
		clear_bars(model, 0x10, model->function->bars);
		if (bridge(model))
			memset(model->bytes + 0x18, 0, 3);
		if (model->function->sriov.capability) {
			set(model, PF_SRIOV + 8, 2, 0);
			set(model, PF_SRIOV + 16, 2, 0);
			clear_bars(model, PF_SRIOV + 0x24, model->function->sriov.bars);
		}
		if (i == PCI_PORT_1)
			set(model, PORT_EXPRESS + 0x28, 2, 0);
	}
}

/* A configuration access goes down through the bridges' bus numbers. */
static struct device_model *answers(uint32_t bus, uint32_t devfn)
{
	for (size_t i = 0; i < PCI_COUNT; i++) {
		struct device_model *const model = &machine[i];
		const struct pci_function *const function = model->function;

		if (function->bus != bus || function->devfn != devfn)
			continue;
		if (function->parent != PCI_NONE) {
			const struct device_model *const port = &machine[function->parent];

			if (port->bytes[0x19] > bus || port->bytes[0x1a] < bus || !port->bytes[0x19])
				return NULL;
			if (devfn > 7 && !(port->bytes[PORT_EXPRESS + 0x28] & 0x20))
				return NULL;
		}
		if (function->physical != PCI_NONE) {
			const struct device_model *const pf = &machine[function->physical];

			if (!(get(pf, PF_SRIOV + 8, 2) & 1) || get(pf, PF_SRIOV + 16, 2) <= function->vf ||
			    waited < 100)
				return NULL;
		}
		return model;
	}
	return NULL;
}

static void write_bar(struct device_model *model, uint32_t at, const struct pci_bar *bars, uint32_t value)
{
	const unsigned int number = at / 4;
	const struct pci_bar *const low =
		number && bars[number - 1].kind == PCI_BAR_64 ? &bars[number - 1] : &bars[number];
	const uint64_t mask = ~(low->size - 1);
	const uint32_t base = bars == model->function->bars ? 0x10 : PF_SRIOV + 0x24;

	if (low->kind == PCI_BAR_NONE)
		return;
	if (low != &bars[number])
		set(model, base + at, 4, value & (uint32_t)(mask >> 32));
	else if (low->kind == PCI_BAR_IO)
		set(model, base + at, 4, (value & (uint32_t)mask & 0xfffc) | 1);
	else
		set(model, base + at, 4, (value & (uint32_t)mask & ~15u) | (get(model, base + at, 4) & 15u));
}

/* What real functions would do; a write to anything else fails the test. */
static void write_config(struct device_model *model, uint32_t at, unsigned int width, uint32_t value)
{
	const bool off = !(get(model, PF_SRIOV + 8, 2) & 1);

	if (at == 0x04 && width == 2)
		set(model, at, 2, value & 0x0507);
	else if (at >= 0x10 && at < (bridge(model) ? 0x18 : 0x28))
		write_bar(model, at - 0x10, model->function->bars, value);
	else if (at == (bridge(model) ? 0x38 : 0x30))
		assert_int_equal(value, 0);
	else if (bridge(model) && (at == 0x18 || at == 0x1c || (at >= 0x20 && at < 0x34) || at == 0x3e))
		set(model, at, width, value);
	else if (bridge(model) && at == PORT_EXPRESS + 0x28)
		set(model, at, 2, value & get(model, PORT_EXPRESS + 0x24, 2));
	else if (bridge(model) && at == PORT_ACS + 6)
		set(model, at, 2, value & get(model, PORT_ACS + 4, 2));
	else if (model != &machine[PCI_PF])
		fail_msg("a write to %#x of a function", at);
	else if (at == PF_SRIOV + 8 && width == 2)
		set(model, at, 2, value);
	else if (at == PF_SRIOV + 16 && width == 2 && off)
		set(model, at, 2, value);
	else if (at == PF_SRIOV + 32 && off)
		assert_int_equal(value, 1);
	else if (at >= PF_SRIOV + 0x24 && at < PF_SRIOV + 0x3c && off)
		write_bar(model, at - PF_SRIOV - 0x24, model->function->sriov.bars, value);
	else
		fail_msg("a write to %#x of the PF", at);
}

/* Does the steps as the boot core would. The first check that fails, or NULL. */
static const struct bp_pci_step *boot(void)
{
	const struct bp_pci_step *const steps = TABLE(struct bp_pci_step, header(), header()->pci_steps);

	for (uint32_t i = 0; i < header()->pci_steps.count; i++) {
		const struct bp_pci_step *const step = &steps[i];
		const struct walk walk = fixture_walk(&layout.file, layout.boot_root_pa, 1, step->va);
		struct device_model *model;
		uint32_t value = UINT32_MAX;

		if (step->kind == BP_PCI_WAIT) {
			waited += step->value;
			continue;
		}
		assert_true(walk.mapped);
		assert_int_equal(STAGE1_ATTR(walk.attributes), BP_ATTR_DEVICE);
		assert_in_range(walk.pa, FIXTURE_ECAM, FIXTURE_ECAM + 0xfffffff);
		assert_int_equal((walk.pa - FIXTURE_ECAM) >> 12, step->rid);
		assert_int_equal(walk.pa % step->width, 0);
		model = answers(step->rid >> 8, step->rid & 0xff);
		if (step->kind == BP_PCI_WRITE) {
			if (model)
				write_config(model, walk.pa & 0xfff, step->width, step->value);
			continue;
		}
		assert_int_equal(step->kind, BP_PCI_CHECK);
		if (model)
			value = get(model, walk.pa & 0xfff, step->width);
		if ((value & step->mask) != step->value)
			return step;
	}
	return NULL;
}

/* [utest->swr~compile-pci-steps~1] */
static void the_machine_is_programmed(void **state)
{
	const struct device_model *const pf = &machine[PCI_PF], *const port = &machine[PCI_PORT_1];

	(void)state;
	reset_machine();
	assert_null(boot());
	assert_int_equal(get(port, 0x18, 4), 0x00010100);
	assert_int_equal(get(&machine[PCI_PORT_2], 0x18, 4), 0x00020200);
	assert_int_equal(get(port, 0x20, 4), 0x10101010);
	assert_int_equal(get(port, 0x24, 4), 0x00300020);
	assert_int_equal(get(port, 0x28, 4), 0x80);
	assert_int_equal(get(port, 0x2c, 4), 0x80);
	assert_true(get(port, 0x1c, 1) >> 4 > get(port, 0x1d, 1) >> 4); /* no I/O */
	assert_int_equal(get(port, 0x04, 2), 0x0406);
	assert_int_equal(get(port, 0x3e, 2), 0);
	assert_int_equal(get(port, PORT_EXPRESS + 0x28, 2), 0x20);
	assert_int_equal(get(&machine[PCI_PORT_2], PORT_EXPRESS + 0x28, 2), 0);
	assert_int_equal(get(pf, 0x10, 4), 0x10100000);
	assert_int_equal(get(pf, 0x18, 4), 1);
	assert_int_equal(get(pf, 0x1c, 4), 0x10120004);
	assert_int_equal(get(pf, 0x20, 4), 0);
	assert_int_equal(get(pf, 0x04, 2), 0x0400);
	assert_int_equal(get(pf, PF_SRIOV + 8, 2), 0x19);
	assert_int_equal(get(pf, PF_SRIOV + 16, 2), 2);
	assert_int_equal(get(pf, PF_SRIOV + 0x24, 4), 0x0020000c);
	assert_int_equal(get(pf, PF_SRIOV + 0x28, 4), 0x80);
	assert_int_equal(get(pf, PF_SRIOV + 0x30, 4), 0x0021000c);
	assert_int_equal(get(&machine[PCI_VIRTIO], 0x20, 4), 0x0040000c);
	assert_int_equal(get(&machine[PCI_VIRTIO], 0x04, 2), 0x0400);
}

/* [utest->swr~compile-pci-acs~1] */
static void ports_keep_functions_apart(void **state)
{
	(void)state;
	reset_machine();
	assert_null(boot());
	assert_int_equal(get(&machine[PCI_PORT_1], PORT_ACS + 6, 2), 0x1f);
	assert_int_equal(get(&machine[PCI_PORT_2], PORT_ACS + 6, 2), 0x1f);
}

static void differs(size_t function, uint32_t at, enum bp_pci_what what)
{
	const struct bp_pci_step *step;

	reset_machine();
	machine[function].bytes[at] ^= 0x40;
	step = boot();
	assert_non_null(step);
	assert_int_equal(step->what, what);
	assert_int_equal(step->rid, machine[function].function->bus << 8 | machine[function].function->devfn);
}

/* [utest->swr~compile-pci-steps~1] */
static void another_machine_is_noticed(void **state)
{
	struct pci_function *const pf = &plan->board.pci.at[PCI_PF];
	const struct bp_pci_step *step;

	(void)state;
	for (size_t i = 0; i < PCI_COUNT; i++)
		if (plan->board.pci.at[i].physical == PCI_NONE) {
			differs(i, 0x00, BP_PCI_IDS);
			differs(i, 0x03, BP_PCI_IDS);
			differs(i, 0x08, BP_PCI_IDS);
			differs(i, 0x0b, BP_PCI_IDS);
			differs(i, 0x0e, BP_PCI_HEADER);
		}
	differs(PCI_PF, PF_MSI, BP_PCI_CAPABILITY);
	differs(PCI_PF, PF_MSIX + 2, BP_PCI_CAPABILITY);
	differs(PCI_PF, PF_MSIX + 8, BP_PCI_CAPABILITY);
	differs(PCI_PF, PF_PASID, BP_PCI_CAPABILITY);
	differs(PCI_PF, PF_SRIOV + 0x0e, BP_PCI_VFS);
	differs(PCI_PF, PF_SRIOV + 0x14, BP_PCI_VFS);
	differs(PCI_PF, PF_SRIOV + 0x16, BP_PCI_VFS);
	differs(PCI_PF, PF_SRIOV + 0x1a, BP_PCI_VFS);
	differs(PCI_VIRTIO, VIRTIO_COMMON + 3, BP_PCI_CAPABILITY);
	differs(PCI_VF_1, VF_MSIX + 2, BP_PCI_CAPABILITY);

	reset_machine();
	pf->bars[0].size *= 2; /* the model sizes by this; the steps stand */
	step = boot();
	pf->bars[0].size /= 2;
	assert_non_null(step);
	assert_int_equal(step->what, BP_PCI_BAR);
	reset_machine();
	pf->sriov.bars[3].size *= 2;
	step = boot();
	pf->sriov.bars[3].size /= 2;
	assert_non_null(step);
	assert_int_equal(step->what, BP_PCI_VF_BAR);
}

/* ---- what a cell sees ---- */

static const struct bp_pci_function *seen(size_t cell, uint32_t rid)
{
	const struct bp_pci_function *const functions =
		TABLE(struct bp_pci_function, record(cell), record(cell)->pci);

	for (uint32_t i = 0; i < record(cell)->pci.count; i++)
		if (functions[i].rid == rid)
			return &functions[i];
	return NULL;
}

static const struct bp_pci_register *reg_at(size_t cell, uint32_t rid, uint32_t offset)
{
	const struct bp_pci_function *const function = seen(cell, rid);
	const struct bp_pci_register *const registers =
		TABLE(struct bp_pci_register, record(cell), function->registers);

	for (uint32_t i = 0; i < function->registers.count; i++)
		if (registers[i].offset == (offset & ~3u))
			return &registers[i];
	return NULL;
}

/* Reads as the hypervisor would answer. */
static uint32_t read_as(size_t cell, uint32_t rid, uint32_t offset, const struct device_model *model)
{
	const struct bp_pci_register *const reg = reg_at(cell, rid, offset);
	uint32_t value = 0;

	if (reg) {
		value = reg->fixed;
		if (seen(cell, rid)->config_va)
			value |= get(model, offset & ~3u, 4) & reg->hard;
	}
	return value >> 8 * (offset & 3);
}

static size_t list_of(size_t cell, uint32_t rid, const struct device_model *model, uint8_t *ids)
{
	uint32_t at = read_as(cell, rid, 0x34, model) & 0xff;
	size_t count = 0;

	assert_true(read_as(cell, rid, 0x06, model) & 0x10);
	for (; at; at = read_as(cell, rid, at + 1, model) & 0xff) {
		assert_in_range(at, 0x40, 0xfc);
		assert_int_equal(at % 4, 0);
		assert_true(count < 16);
		ids[count++] = read_as(cell, rid, at, model) & 0xff;
	}
	return count;
}

static size_t extended_of(size_t cell, uint32_t rid, const struct device_model *model, uint16_t *ids)
{
	uint32_t at = 0x100;
	size_t count = 0;

	if (!read_as(cell, rid, at, model))
		return 0;
	for (; at; at = read_as(cell, rid, at, model) >> 20) {
		assert_in_range(at, 0x100, 0xffc);
		assert_true(count < 16);
		ids[count++] = read_as(cell, rid, at, model) & 0xffff;
	}
	return count;
}

/* [utest->swr~compile-pci-config~1] */
static void a_list_holds_what_is_safe(void **state)
{
	static const uint8_t pf_list[] = {0x01, 0x05, 0x11, 0x10}, vf_list[] = {0x11, 0x10},
			     virtio_list[] = {0x11, 0x09, 0x10};
	static const uint16_t pf_extended[] = {0x00, 0x03, 0x10}; /* the first place, empty */
	uint8_t ids[16];
	uint16_t extended[16];

	(void)state;
	reset_machine();
	assert_int_equal(list_of(FIXTURE_LINUX, 0x08, &machine[PCI_PF], ids), sizeof(pf_list));
	assert_memory_equal(ids, pf_list, sizeof(pf_list));
	assert_int_equal(list_of(FIXTURE_HEALTH, 0x08, &machine[PCI_VF_0], ids), sizeof(vf_list));
	assert_memory_equal(ids, vf_list, sizeof(vf_list));
	assert_int_equal(list_of(FIXTURE_HEALTH, 0x10, &machine[PCI_VIRTIO], ids), sizeof(virtio_list));
	assert_memory_equal(ids, virtio_list, sizeof(virtio_list));
	assert_int_equal(extended_of(FIXTURE_LINUX, 0x08, &machine[PCI_PF], extended), 3);
	assert_memory_equal(extended, pf_extended, sizeof(pf_extended));
	assert_int_equal(extended_of(FIXTURE_HEALTH, 0x08, &machine[PCI_VF_0], extended), 0);
}

/* What no guest may write of its own function, by offset: the bits that it may are all in `own`. */
static void writes_only(size_t cell, uint32_t rid, uint32_t offset, uint32_t own, uint32_t clear)
{
	const struct bp_pci_register *const reg = reg_at(cell, rid, offset);

	assert_non_null(reg);
	assert_int_equal(reg->kind == BP_PCI_SIZING ? 0 : reg->write, own);
	assert_int_equal(reg->clear, clear);
}

/* [utest->swr~compile-pci-config~1] */
static void nothing_else_is_written(void **state)
{
	static const struct {
		size_t cell;
		uint32_t rid;
		uint32_t offsets[12]; /* whose write isn't 0 */
	} functions[] = {
		{FIXTURE_LINUX,
		 0x08,
		 {0x04, 0x0c, PF_MSI, PF_MSI + 4, PF_MSI + 8, PF_MSI + 12, PF_MSI + 16, PF_MSIX,
		  PF_EXPRESS + 8}},
		{FIXTURE_LINUX, 0x80, {0}},
		{FIXTURE_LINUX, 0x82, {0x04, 0x0c, VF_MSIX, VF_EXPRESS + 8}},
		{FIXTURE_HEALTH, 0x08, {0x04, 0x0c, VF_MSIX, VF_EXPRESS + 8}},
		{FIXTURE_HEALTH, 0x10, {0x04, 0x0c, VIRTIO_MSIX, VIRTIO_EXPRESS + 8}},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++) {
		const struct bp_pci_function *const function = seen(functions[i].cell, functions[i].rid);
		const struct bp_pci_register *const registers =
			TABLE(struct bp_pci_register, record(functions[i].cell), function->registers);

		for (uint32_t j = 0; j < function->registers.count; j++) {
			bool named = false;

			for (size_t k = 0; k < 12; k++)
				named |= functions[i].offsets[k] &&
					 functions[i].offsets[k] == registers[j].offset;
			if (j)
				assert_true(registers[j].offset > registers[j - 1].offset);
			assert_int_equal(registers[j].offset % 4, 0);
			if (registers[j].kind == BP_PCI_SIZING) {
				assert_int_equal(registers[j].hard | registers[j].clear, 0);
				assert_false(function->flags & BP_PCI_GHOST);
				continue;
			}
			assert_int_equal((registers[j].write | registers[j].clear) != 0, named);
			assert_int_equal(registers[j].write & registers[j].clear, 0);
			assert_int_equal(registers[j].fixed & registers[j].hard, 0);
		}
	}
	writes_only(FIXTURE_LINUX, 0x08, 0x04, 0x0406, 0xf9000000);
	writes_only(FIXTURE_HEALTH, 0x08, 0x04, 0x0006, 0xf9000000);
	writes_only(FIXTURE_LINUX, 0x08, PF_MSI, 0x00710000, 0);
	writes_only(FIXTURE_LINUX, 0x08, PF_MSIX, 0xc0000000, 0);
	writes_only(FIXTURE_LINUX, 0x08, PF_EXPRESS + 8, 0x7810, 0x000f0000);
	writes_only(FIXTURE_HEALTH, 0x08, VF_EXPRESS + 8, 0xf810, 0x000f0000);
}

/* [utest->swr~compile-pci-reset~1] */
static void who_may_be_reset(void **state)
{
	(void)state;
	reset_machine();
	assert_int_equal(seen(FIXTURE_LINUX, 0x08)->flags, BP_PCI_SHARED);
	assert_int_equal(seen(FIXTURE_LINUX, 0x08)->reset, 0);
	assert_false(read_as(FIXTURE_LINUX, 0x08, PF_EXPRESS + 4, &machine[PCI_PF]) & 0x10000000);
	writes_only(FIXTURE_LINUX, 0x08, PF_POWER + 4, 0, 0); /* nor by its power state */
	assert_int_equal(seen(FIXTURE_HEALTH, 0x08)->flags, BP_PCI_VF);
	assert_int_equal(seen(FIXTURE_HEALTH, 0x08)->reset, VF_EXPRESS + 8);
	assert_int_equal(read_as(FIXTURE_HEALTH, 0x08, VF_EXPRESS + 4, &machine[PCI_VF_0]), 0x10008fc0);
	assert_int_equal(seen(FIXTURE_LINUX, 0x80)->flags, BP_PCI_VF | BP_PCI_GHOST);
	assert_int_equal(seen(FIXTURE_LINUX, 0x80)->reset, 0);
	assert_int_equal(seen(FIXTURE_LINUX, 0x82)->reset, VF_EXPRESS + 8);
	assert_int_equal(seen(FIXTURE_HEALTH, 0x10)->reset, 0); /* it can't */
}

/* A function reads with its identity, a virtual one behind its physical one as ones, and the numbers of
 * SR-IOV are those of the cell's bus. [utest->swr~compile-pci-config~1] */
static void identities(void **state)
{
	(void)state;
	reset_machine();
	assert_int_equal(read_as(FIXTURE_LINUX, 0x08, 0, &machine[PCI_PF]), 0x10c98086);
	assert_int_equal(read_as(FIXTURE_HEALTH, 0x08, 0, &machine[PCI_VF_0]), 0x10ca8086);
	assert_int_equal(read_as(FIXTURE_LINUX, 0x80, 0, &machine[PCI_VF_0]), 0xffffffff);
	assert_int_equal(read_as(FIXTURE_LINUX, 0x82, 0, &machine[PCI_VF_1]), 0xffffffff);
	assert_int_equal(read_as(FIXTURE_LINUX, 0x80, 8, &machine[PCI_VF_0]), 0x02000001);
	assert_int_equal(read_as(FIXTURE_HEALTH, 0x08, 4, &machine[PCI_VF_0]) & 2,
			 0); /* as the function has it */
	assert_int_equal(read_as(FIXTURE_HEALTH, 0x10, 0x0e, &machine[PCI_VIRTIO]) & 0xff, 0);
	assert_int_equal(read_as(FIXTURE_HEALTH, 0x10, 0x3d, &machine[PCI_VIRTIO]) & 0xff, 0);
	assert_null(reg_at(FIXTURE_HEALTH, 0x10, 0x30));
	assert_int_equal(read_as(FIXTURE_HEALTH, 0x10, VIRTIO_COMMON + 8, &machine[PCI_VIRTIO]), 0x1000);
	assert_int_equal(read_as(FIXTURE_LINUX, 0x08, PF_EXPRESS + 2, &machine[PCI_PF]) & 0xf0, 0x90);
	/* Its virtual functions, in its own numbers. */
	assert_int_equal(read_as(FIXTURE_LINUX, 0x08, PF_SRIOV + 0x08, &machine[PCI_PF]), 0);
	assert_int_equal(read_as(FIXTURE_LINUX, 0x08, PF_SRIOV + 0x0c, &machine[PCI_PF]), 2 << 16 | 2);
	assert_int_equal(read_as(FIXTURE_LINUX, 0x08, PF_SRIOV + 0x14, &machine[PCI_PF]), 2 << 16 | 0x78);
	assert_int_equal(read_as(FIXTURE_LINUX, 0x08, PF_SRIOV + 0x1a, &machine[PCI_PF]), 0x10ca);
	assert_int_equal(read_as(FIXTURE_LINUX, 0x08, PF_SRIOV + 0x1c, &machine[PCI_PF]), 1);
}

static void a_bar(size_t cell, uint32_t rid, uint32_t offset, uint32_t fixed, uint32_t sized)
{
	const struct bp_pci_register *const reg = reg_at(cell, rid, offset);

	assert_non_null(reg);
	assert_int_equal(reg->kind, BP_PCI_SIZING);
	assert_int_equal(reg->fixed, fixed);
	assert_int_equal(reg->write, sized);
}

/* [utest->swr~compile-pci-config~1] */
static void bars_are_where_they_are(void **state)
{
	const struct bp_pci_function *const pf = seen(FIXTURE_LINUX, 0x08);
	const struct bp_pci_bar *const bars = TABLE(struct bp_pci_bar, record(FIXTURE_LINUX), pf->bars);

	(void)state;
	a_bar(FIXTURE_LINUX, 0x08, 0x10, 0x10100000, 0xfffe0000);
	assert_null(reg_at(FIXTURE_LINUX, 0x08, 0x18)); /* I/O */
	a_bar(FIXTURE_LINUX, 0x08, 0x1c, 0x10120004, 0xffffc004);
	a_bar(FIXTURE_LINUX, 0x08, 0x20, 0, 0xffffffff);
	a_bar(FIXTURE_LINUX, 0x08, PF_SRIOV + 0x24, 0x0020000c, 0xffffc00c);
	a_bar(FIXTURE_LINUX, 0x08, PF_SRIOV + 0x28, 0x80, 0xffffffff);
	a_bar(FIXTURE_LINUX, 0x82, 0x10, 0x0020400c, 0xffffc00c);
	a_bar(FIXTURE_HEALTH, 0x08, 0x1c, 0x0021000c, 0xffffc00c);
	a_bar(FIXTURE_HEALTH, 0x08, 0x20, 0x80, 0xffffffff);
	assert_int_equal(pf->bars.count, 2); /* what a reset clears: upper halves of 0 are cleared anyway */
	assert_int_equal(bars[0].offset, 0x10);
	assert_int_equal(bars[0].value, 0x10100000);
	assert_int_equal(bars[1].offset, 0x1c);
	assert_int_equal(bars[1].value, 0x10120004);
	assert_int_equal(seen(FIXTURE_HEALTH, 0x08)->bars.count, 0);
}

/* ---- windows ---- */

static struct walk at(uint32_t core, uint64_t va)
{
	return fixture_walk(&layout.file, layout.cores[core].root_pa, 1, va);
}

/* A cell's cores have the configuration space of the cell's functions, and no core has any other.
 * [utest->swr~compile-el2~1] */
static void windows_of_the_functions(void **state)
{
	const struct bp_cell *const owner = record(FIXTURE_LINUX);
	const uint64_t own = seen(FIXTURE_LINUX, 0x08)->config_va, vf = seen(FIXTURE_LINUX, 0x82)->config_va;

	(void)state;
	for (uint32_t core = 1; core <= 2; core++) {
		assert_int_equal(at(core, own).pa, FIXTURE_ECAM + 0x100000);
		assert_int_equal(at(core, vf).pa, FIXTURE_ECAM + 0x182000);
		assert_int_equal(STAGE1_ATTR(at(core, own).attributes), BP_ATTR_DEVICE);
		assert_false(STAGE1_IS_RO(at(core, own).attributes));
		assert_true(at(core, own).attributes & BIT_XN);
		assert_int_equal(at(core, owner->pci_state_va).pa, layout.cells[FIXTURE_LINUX].pci_state_pa);
		assert_false(STAGE1_IS_RO(at(core, owner->pci_state_va).attributes));
	}
	assert_int_equal(seen(FIXTURE_LINUX, 0x80)->config_va, 0);
	assert_in_range(layout.cells[FIXTURE_LINUX].pci_state_pa, layout.writable_pa,
			layout.writable_pa + layout.writable_size - 1);
	/* A cell without functions, and any core, have no page of a configuration space that isn't its
	 * cell's. */
	for (uint32_t core = 0; core < 4; core++) {
		struct leaf *leaves;
		const size_t count = fixture_leaves(&layout.file, layout.cores[core].root_pa, 1, &leaves);
		size_t pages = 0;

		for (size_t i = 0; i < count; i++)
			pages += leaves[i].pa >= FIXTURE_ECAM && leaves[i].pa < FIXTURE_ECAM + 0x10000000;
		assert_int_equal(pages, core == 3 ? 0 : 2);
		free(leaves);
	}
	assert_int_equal(record(FIXTURE_CONTROL)->pci_state_va, 0);
}

/* The bus and the frame for messages are emulated and unmapped; of all BARs stage 2 maps those of the cell's
 * functions, where they are. [utest->swr~compile-stage2~1] */
static void emulated_pages_and_bars(void **state)
{
	const struct bp_mmio *const mmio =
		TABLE(struct bp_mmio, record(FIXTURE_LINUX), record(FIXTURE_LINUX)->mmio);
	const struct cell_layout *const owner = &layout.cells[FIXTURE_LINUX];
	uint64_t kinds[8] = {0};

	(void)state;
	for (uint32_t i = 0; i < record(FIXTURE_LINUX)->mmio.count; i++) {
		kinds[mmio[i].kind] = mmio[i].ipa;
		if (i)
			assert_true(mmio[i].ipa >= mmio[i - 1].ipa + mmio[i - 1].size);
		if (mmio[i].kind == BP_MMIO_PCI)
			assert_int_equal(mmio[i].size, 0x100000);
		if (mmio[i].kind == BP_MMIO_V2M)
			assert_int_equal(mmio[i].size, 0x1000);
		assert_false(fixture_walk(&layout.file, owner->stage2.root_pa, owner->root_pages, mmio[i].ipa)
				     .mapped);
	}
	assert_int_equal(kinds[BP_MMIO_PCI], FIXTURE_ECAM);
	assert_int_equal(kinds[BP_MMIO_V2M], FIXTURE_MESSAGES);
	for (size_t i = 0; i < PCI_COUNT; i++)
		for (unsigned int j = 0; j < PCI_BARS; j++) {
			const struct pci_bar *const bar = &plan->board.pci.at[i].bars[j];
			const struct walk walk = fixture_walk(&layout.file, owner->stage2.root_pa,
							      owner->root_pages, bar->address);

			if (!bar->address)
				continue;
			assert_int_equal(walk.mapped, i == PCI_PF || i == PCI_VF_1);
			if (walk.mapped) {
				assert_int_equal(walk.pa, bar->address);
				assert_int_equal(STAGE2_ATTR(walk.attributes), 1);
			}
		}
	assert_false(record(FIXTURE_CONTROL)->mmio.count > 3);
}

/* The SPIs of a cell's messages are that cell's, edges, and not another's; the IOMMU's interrupt isn't the
 * cell's. [utest->swr~config-msis~1] */
static void messages_are_interrupts_of_the_cell(void **state)
{
	const struct bp_cell *const owner = record(FIXTURE_LINUX), *const health = record(FIXTURE_HEALTH);

	(void)state;
	for (uint32_t i = LINUX_MSI; i < LINUX_MSI + LINUX_MSIS; i++) {
		assert_true(owner->spi_owned[i / 32] >> i % 32 & 1);
		assert_true(owner->spi_edge[i / 32] >> i % 32 & 1);
		assert_false(health->spi_owned[i / 32] >> i % 32 & 1);
		assert_true(header()->spi_edge[i / 32] >> i % 32 & 1);
	}
	assert_true(header()->spi_edge[106 / 32] >> 106 % 32 & 1); /* the IOMMU's own */
	assert_false(owner->spi_owned[106 / 32] >> 106 % 32 & 1);
}

/* The FIT has the PCI inventory, byte by byte. [utest->swr~compile-fit~1] */
static void the_auditor_has_the_inventory(void **state)
{
	struct bytes kernel = image_write(&layout), fit;
	int size = 0;
	const void *data;

	(void)state;
	assert_true(fit_write(&layout, &kernel, &fit));
	data = fdt_getprop(fit.data, fdt_path_offset(fit.data, "/images/pci"), "data", &size);
	assert_int_equal(size, plan->board.pci_tree.size);
	assert_memory_equal(data, plan->board.pci_tree.data, plan->board.pci_tree.size);
}

/* [utest->swr~compile-pci-inert~1] */
static void without_functions_nothing_is_there(void **state)
{
	struct plan *const with = fixture_pci_plan(), *const without = fixture_plan();
	struct layout first, second;
	const struct bp_header *head;

	(void)state;
	for (size_t i = 0; i < with->cell_count; i++)
		with->cells[i].function_count = with->cells[i].msi_count = 0;
	with->board.smmu_idr0 = with->board.smmu_idr0_mask = 0;
	assert_true(layout_settle(&first, with));
	assert_true(layout_settle(&second, without));
	assert_int_equal(first.file.size, second.file.size);
	assert_memory_equal(first.file.data, second.file.data, first.file.size);
	head = arena_at(&first.file, first.file.pa);
	assert_int_equal(head->smmus.count + head->itss.count + head->lpi_cores.count + head->pci_steps.count,
			 0);
}

/* Its settings, which lie behind no capability; a function that is none has no such rows.
 * [utest->swr~config-pci-watchdog~1] */
static void a_watchdog_is_set_up(void **state)
{
	assert_null(reg_at(FIXTURE_HEALTH, 0x10, 0x60));
	assert_null(reg_at(FIXTURE_HEALTH, 0x10, 0x68));
	plan = fixture_pci_plan();
	plan->board.pci.at[PCI_VIRTIO].vendor = 0x8086;
	plan->board.pci.at[PCI_VIRTIO].device = 0x25ab;
	assert_true(layout_settle(&layout, plan));
	writes_only(FIXTURE_HEALTH, 0x10, 0x60, 0x07, 0);
	writes_only(FIXTURE_HEALTH, 0x10, 0x68, 0x07, 0);
	writes_only(FIXTURE_HEALTH, 0x10, 0x04, 0x0406, 0xf9000000);
	assert_null(reg_at(FIXTURE_HEALTH, 0x08, 0x60));
	assert_int_equal(settle(state), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_machine_is_programmed),
		cmocka_unit_test(ports_keep_functions_apart),
		cmocka_unit_test(another_machine_is_noticed),
		cmocka_unit_test(a_list_holds_what_is_safe),
		cmocka_unit_test(nothing_else_is_written),
		cmocka_unit_test(who_may_be_reset),
		cmocka_unit_test(identities),
		cmocka_unit_test(bars_are_where_they_are),
		cmocka_unit_test(windows_of_the_functions),
		cmocka_unit_test(emulated_pages_and_bars),
		cmocka_unit_test(messages_are_interrupts_of_the_cell),
		cmocka_unit_test(the_auditor_has_the_inventory),
		cmocka_unit_test(without_functions_nothing_is_there),
		cmocka_unit_test(a_watchdog_is_set_up),
	};

	return cmocka_run_group_tests_name("emit.pci", tests, settle, NULL);
}
