// SPDX-License-Identifier: Apache-2.0
/*
 * fixture_space.c - the fixture's PCI functions, set up: the boot's steps, BARs in stage 2, and what each
 * cell has of configuration space.
 */
#include <stdio.h>
#include <string.h>

#include "fixture_pci.h"

#define ECAM_PA	   UINT64_C(0x4010000000)
#define ECAM_VA	   (EL2_VA_CELL_RAM + UINT64_C(0x30000000))
#define NEAR	   UINT64_C(0x10000000)	  /* the 32-bit window */
#define WIDE	   UINT64_C(0x8000000000) /* the 64-bit one */
#define RECORDS_AT 0xa20u
#define ROWS_AT	   0xb00u
#define BARS_AT	   0xf00u

/* ---- steps ---- */

static void step(uint32_t rid, uint32_t offset, uint8_t kind, uint8_t width, uint8_t what, uint32_t mask,
		 uint32_t value)
{
	made.steps[made.step_count++] = (struct bp_pci_step){.va = ECAM_VA + rid * UINT64_C(4096) + offset,
							     .mask = mask,
							     .value = value,
							     .kind = kind,
							     .width = width,
							     .what = what,
							     .rid = (uint16_t)rid};
}

static void set(uint32_t rid, uint32_t offset, uint8_t width, uint32_t value)
{
	step(rid, offset, BP_PCI_WRITE, width, 0, 0, value);
}

static void same(uint32_t rid, uint32_t offset, uint8_t width, uint8_t what, uint32_t value)
{
	step(rid, offset, BP_PCI_CHECK, width, what, UINT32_MAX >> (32 - 8 * width), value);
}

static void bars(uint32_t rid, uint32_t offset, unsigned int count, const uint32_t sizes[6])
{
	for (unsigned int i = 0; i < count; i++) {
		set(rid, offset + 4 * i, 4, UINT32_MAX);
		same(rid, offset + 4 * i, 4, BP_PCI_BAR, sizes[i]);
	}
}

static void known(uint32_t rid, uint32_t ids, uint32_t class, uint8_t header)
{
	same(rid, 0, 4, BP_PCI_IDS, ids);
	same(rid, 8, 4, BP_PCI_IDS, class);
	same(rid, 0x0e, 1, BP_PCI_HEADER, header);
	set(rid, 4, 2, 0x400);
}

static void port(uint32_t rid, uint32_t bus, bool acs, uint32_t memory, uint64_t wide)
{
	static const uint32_t none[6] = {0};

	known(rid, 0x000c1b36, 0x06040000, 1);
	step(rid, 0x40, BP_PCI_CHECK, 4, BP_PCI_CAPABILITY, 0x00f0ffff, 0x00400010);
	bars(rid, 0x10, 2, none);
	step(rid, 0x24, BP_PCI_CHECK, 1, BP_PCI_HEADER, 0xf, 1);
	set(rid, 0x18, 4, bus << 16 | bus << 8);
	set(rid, 0x20, 4, memory ? memory >> 16 | memory : 0xfff0);
	set(rid, 0x24, 4, (uint32_t)(wide >> 16 & 0xfff0) | (uint32_t)(wide & 0xfff00000));
	set(rid, 0x28, 4, (uint32_t)(wide >> 32));
	set(rid, 0x2c, 4, (uint32_t)(wide >> 32));
	set(rid, 0x38, 4, 0);
	set(rid, 0x3e, 2, 0);
	if (acs) {
		same(rid, 0x100, 4, BP_PCI_CAPABILITY, 0x0001000d);
		set(rid, 0x106, 2, 0x1f);
		step(rid, 0x106, BP_PCI_CHECK, 2, BP_PCI_CAPABILITY, 0x1f, 0x1f);
	}
	set(rid, 4, 2, 0x406);
}

static void capabilities(uint32_t rid)
{
	same(rid, 0x40, 2, BP_PCI_CAPABILITY, 0x8010);
	step(rid, 0x44, BP_PCI_CHECK, 4, BP_PCI_CAPABILITY, 0x10000000, 0x10000000);
	same(rid, 0x80, 2, BP_PCI_CAPABILITY, 0xa011);
	same(rid, 0xa0, 2, BP_PCI_CAPABILITY, 0x0001);
}

static void place(uint32_t rid, uint32_t offset, uint64_t address, uint32_t flags)
{
	set(rid, offset, 4, (uint32_t)address | flags);
	if (flags & 4)
		set(rid, offset + 4, 4, (uint32_t)(address >> 32));
}

static void nic(void)
{
	static const uint32_t sizes[6] = {0xffffc000, 0, 0xffffc004, 0xffffffff, 0, 0};
	static const uint32_t vf_sizes[6] = {0xfffff00c, 0xffffffff, 0, 0, 0, 0};

	known(0x100, 0x10c98086, 0x02000001, 0x80);
	capabilities(0x100);
	same(0x100, 0x100, 4, BP_PCI_CAPABILITY, 0x00010010);
	bars(0x100, 0x10, 6, sizes);
	set(0x100, 0x108, 2, 0);
	same(0x100, 0x10e, 2, BP_PCI_VFS, 2);
	same(0x100, 0x11a, 2, BP_PCI_VFS, 0x10ca);
	set(0x100, 0x120, 4, 1);
	bars(0x100, 0x124, 6, vf_sizes);
	place(0x100, 0x10, NEAR, 0);
	place(0x100, 0x18, NEAR + 0x4000, 4);
	set(0x100, 0x30, 4, 0);
	set(0x100, 0x110, 2, 1);
	same(0x100, 0x114, 4, BP_PCI_VFS, 0x00020080);
	place(0x100, 0x124, WIDE, 0xc);
	set(0x100, 0x108, 2, 9);
}

static void disk(uint32_t rid, uint32_t ids, uint64_t address)
{
	static const uint32_t sizes[6] = {0xffffc00c, 0xffffffff, 0, 0, 0, 0};

	known(rid, ids, 0x01080202, 0);
	bars(rid, 0x10, 6, sizes);
	place(rid, 0x10, address, 0xc);
	set(rid, 0x30, 4, 0);
}

static void steps_make(struct fixture *fixture)
{
	static const uint32_t rids[] = {0x08, 0x10, 0x100, 0x180, 0x200, 0x201};

	made.steps = fixture_alloc(fixture, 3, 1, &made.steps_pa);
	made.step_count = 0;
	port(0x08, 1, true, (uint32_t)NEAR, WIDE);
	port(0x10, 2, false, 0, WIDE + 0x100000);
	nic();
	disk(0x200, 0x00101b36, WIDE + 0x100000);
	disk(0x201, 0x00111b36, WIDE + 0x104000);
	made.steps[made.step_count++] = (struct bp_pci_step){.value = 100, .kind = BP_PCI_WAIT};
	capabilities(0x180);
	for (size_t i = 0; i < sizeof(rids) / sizeof(rids[0]); i++)
		fixture_map(fixture, fixture->header->boot_root_pa, ECAM_VA + rids[i] * UINT64_C(4096),
			    ECAM_PA + rids[i] * UINT64_C(4096), 4096, EL2_DEVICE);
	fixture->header->pci_steps =
		(struct bp_table){(uint32_t)((uint8_t *)made.steps - fixture->blueprint), made.step_count};
}

/* ---- what the cells have ---- */

static const struct bp_pci_register nic_rows[] = {
	{0x00, BP_PCI_PLAIN, 0x10c98086, 0, 0, 0},
	{0x04, BP_PCI_COMMAND, 0x00100000, 0xf9000406, 0x0406, 0xf9000000},
	{0x08, BP_PCI_PLAIN, 0x02000001, 0, 0, 0},
	{0x0c, BP_PCI_PLAIN, 0, 0xff, 0xff, 0},
	{0x10, BP_PCI_SIZING, (uint32_t)NEAR, 0, 0xffffc000, 0},
	{0x18, BP_PCI_SIZING, (uint32_t)NEAR + 0x4004, 0, 0xffffc004, 0},
	{0x1c, BP_PCI_SIZING, 0, 0, 0xffffffff, 0},
	{0x34, BP_PCI_PLAIN, 0x40, 0, 0, 0},
	{0x40, BP_PCI_PLAIN, 0x00928010, 0, 0, 0},
	{0x48, BP_PCI_PLAIN, 0, 0x003f7fff, 0x7810, 0xf0000},
	{0x80, BP_PCI_PLAIN, 0x0002a011, 0xc0000000, 0xc0000000, 0},
	{0xa4, BP_PCI_PLAIN, 0, 0x8, 0, 0},
	{0x100, BP_PCI_PLAIN, 0x00010010, 0, 0, 0},
	{0x108, BP_PCI_PLAIN, 0, 0, 0, 0},
	{0x124, BP_PCI_SIZING, 0xc, 0, 0xfffff00c, 0},
};
static const struct bp_pci_register vf_rows[] = {
	{0x00, BP_PCI_PLAIN, 0x10ca8086, 0, 0, 0},
	{0x04, BP_PCI_COMMAND, 0x00100002, 0xf9000004, 0x0004, 0xf9000000},
	{0x08, BP_PCI_PLAIN, 0x02000001, 0, 0, 0},
	{0x10, BP_PCI_SIZING, 0xc, 0, 0xfffff00c, 0},
	{0x14, BP_PCI_SIZING, 0x80, 0, 0xffffffff, 0},
	{0x48, BP_PCI_PLAIN, 0, 0x003f7fff, 0xf810, 0xf0000},
	{0x80, BP_PCI_PLAIN, 0x0001a011, 0xc0000000, 0xc0000000, 0},
	{0xa4, BP_PCI_PLAIN, 0, 0xb, 0x3, 0},
};
static const struct bp_pci_register ghost_rows[] = {
	{0x00, BP_PCI_PLAIN, 0xffffffff, 0, 0, 0},
	{0x08, BP_PCI_PLAIN, 0x02000001, 0, 0, 0},
};

static struct bp_table rows_put(struct bp_cell *cell, uint32_t *at, const struct bp_pci_register *rows,
				size_t count)
{
	const struct bp_table table = {*at, (uint32_t)count};

	memcpy(fixture_table(cell, table), rows, count * sizeof(*rows));
	*at += (uint32_t)(count * sizeof(*rows));
	return table;
}

static void config_map(struct fixture *fixture, int i, uint32_t rid, struct bp_pci_function *entry)
{
	struct bp_cell *cell = fixture->cell[i];
	const struct bp_core *cores = fixture_table(cell, cell->cores);

	entry->config_va = fixture_window(fixture, 1);
	for (uint32_t c = 0; c < cell->cores.count; c++)
		fixture_map(fixture, fixture->boot[cores[c].machine_core].root_pa, entry->config_va,
			    ECAM_PA + rid * UINT64_C(4096), 4096, EL2_DEVICE);
}

void fixture_state(struct fixture *fixture, int i)
{
	struct bp_cell *cell = fixture->cell[i];
	const struct bp_core *cores = fixture_table(cell, cell->cores);
	const uint64_t pa = fixture_writable(fixture, 1);

	cell->pci_state_va = fixture_window(fixture, 1);
	for (uint32_t c = 0; c < cell->cores.count; c++)
		fixture_map(fixture, fixture->boot[cores[c].machine_core].root_pa, cell->pci_state_va, pa,
			    4096, EL2_WRITE);
}

/* In order of addresses: the frame for messages lies between distributor and redistributors. */
static void emulated_make(struct bp_cell *cell)
{
	struct bp_mmio *mmio = fixture_table(cell, cell->mmio);

	memmove(mmio + 2, mmio + 1, (cell->mmio.count - 1) * sizeof(*mmio));
	mmio[1] = (struct bp_mmio){ITS_PA + 0x10000, 4096, BP_MMIO_V2M, 0};
	mmio[cell->mmio.count + 1] = (struct bp_mmio){ECAM_PA, 0x100000, BP_MMIO_PCI, 0};
	cell->mmio.count += 2;
}

static void gateway_make(struct fixture *fixture)
{
	struct bp_cell *cell = fixture->cell[GATEWAY];
	struct bp_pci_bar *put_back = fixture_table(cell, (struct bp_table){BARS_AT, 0});
	uint32_t at = ROWS_AT;

	cell->pci = (struct bp_table){RECORDS_AT, 2};
	made.functions[GATEWAY] = fixture_table(cell, cell->pci);
	made.functions[GATEWAY][0] =
		(struct bp_pci_function){.rid = 8, .flags = BP_PCI_SHARED, .bars = {BARS_AT, 2}};
	made.functions[GATEWAY][1] =
		(struct bp_pci_function){.rid = 0x80, .flags = BP_PCI_VF | BP_PCI_GHOST, .state = 1};
	made.functions[GATEWAY][0].registers =
		rows_put(cell, &at, nic_rows, sizeof(nic_rows) / sizeof(nic_rows[0]));
	made.functions[GATEWAY][1].registers =
		rows_put(cell, &at, ghost_rows, sizeof(ghost_rows) / sizeof(ghost_rows[0]));
	put_back[0] = (struct bp_pci_bar){0x10, (uint32_t)NEAR};
	put_back[1] = (struct bp_pci_bar){0x18, (uint32_t)NEAR + 0x4004};
	config_map(fixture, GATEWAY, 0x100, &made.functions[GATEWAY][0]);
	fixture_map(fixture, fixture->stage2_root[GATEWAY], NEAR, NEAR, 0x8000, STAGE2_DEVICE);
}

static void health_make(struct fixture *fixture)
{
	struct bp_cell *cell = fixture->cell[HEALTH];
	uint32_t at = ROWS_AT;

	cell->pci = (struct bp_table){RECORDS_AT, 1};
	made.functions[HEALTH] = fixture_table(cell, cell->pci);
	made.functions[HEALTH][0] = (struct bp_pci_function){.rid = 8, .flags = BP_PCI_VF, .reset = 0x48};
	made.functions[HEALTH][0].registers =
		rows_put(cell, &at, vf_rows, sizeof(vf_rows) / sizeof(vf_rows[0]));
	config_map(fixture, HEALTH, 0x180, &made.functions[HEALTH][0]);
	fixture_map(fixture, fixture->stage2_root[HEALTH], WIDE, WIDE, 0x1000, STAGE2_DEVICE);
}

struct bp_pci_register *fixture_row(struct fixture *fixture, int cell, unsigned int function, uint32_t offset)
{
	struct bp_pci_function *entry = &made.functions[cell][function];
	struct bp_pci_register *rows = fixture_table(fixture->cell[cell], entry->registers);

	for (uint32_t i = 0; i < entry->registers.count; i++)
		if (rows[i].offset == offset)
			return &rows[i];
	return NULL;
}

struct bp_pci_step *fixture_step(uint32_t rid, uint32_t offset, enum bp_pci_step_kind kind,
				 unsigned int number)
{
	for (uint32_t i = 0; i < made.step_count; i++)
		if (made.steps[i].rid == rid && (made.steps[i].va & 0xfff) == offset && made.steps[i].va &&
		    made.steps[i].kind == kind && !number--)
			return &made.steps[i];
	return NULL;
}

static void tree_make(struct fixture *fixture, int i, const char *end, const char *base, const char *count)
{
	char frame[512], host[1024];

	(void)snprintf(frame, sizeof(frame),
		       "%s\n v2m@8090000 { phandle = <7>; compatible = \"arm,gic-v2m-frame\"; "
		       "msi-controller; reg = <0 "
		       "0x8090000 0 0x1000>; arm,msi-base-spi = <%s>; arm,msi-num-spis = <%s>; };",
		       end, base, count);
	fixture_replace(&fixture->guest_text[i], end, frame);
	(void)snprintf(
		host, sizeof(host),
		"pcie@4010000000 { compatible = \"pci-host-ecam-generic\"; device_type = \"pci\"; "
		"#address-cells = <3>; #size-cells = <2>; reg = <0x40 0x10000000 0 0x100000>; bus-range = <0 "
		"0>; dma-coherent; msi-parent = <7>;\n ranges = <0x2000000 0 0x10000000 0 0x10000000 0 "
		"0x1000000>, <0x3000000 0x80 0 0x80 0 0 0x40000000>; };\nbulkhead {");
	fixture_replace(&fixture->guest_text[i], "bulkhead {", host);
	if (strstr(fixture->guest_text[i], "chosen {"))
		fixture_replace(&fixture->guest_text[i], "chosen {", "chosen { linux,pci-probe-only = <1>;");
	else
		fixture_replace(&fixture->guest_text[i], "bulkhead {",
				"chosen { linux,pci-probe-only = <1>; };\nbulkhead {");
}

void fixture_space(struct fixture *fixture)
{
	steps_make(fixture);
	gateway_make(fixture);
	health_make(fixture);
	for (int i = 0; i < CELLS; i++) {
		if (i == CONTROL)
			continue;
		fixture_state(fixture, i);
		emulated_make(fixture->cell[i]);
	}
	fixture_list_roots(fixture);
	tree_make(fixture, GATEWAY, "<0 0x80e0000 0 0x40000>;", "230", "2");
	tree_make(fixture, HEALTH, "<0 0x80a0000 0 0x20000>;", "232", "1");
}
