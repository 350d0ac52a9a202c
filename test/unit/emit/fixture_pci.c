// SPDX-License-Identifier: Apache-2.0
/*
 * fixture_pci.c - configuration spaces made by hand, and who has which function: see fixture_pci.h.
 */
#include "fixture_pci.h"

#include <stdlib.h>

#include "../../../src/compiler/text.h"

/* ---- configuration space ---- */

static void put(uint8_t *space, uint32_t offset, unsigned int width, uint32_t value)
{
	for (unsigned int i = 0; i < width; i++)
		space[offset + i] = (uint8_t)(value >> 8 * i);
}

static void capability(uint8_t *space, uint32_t at, uint8_t id, uint8_t next)
{
	put(space, at, 2, (uint32_t)next << 8 | id);
}

static void extended(uint8_t *space, uint32_t at, uint32_t id, uint32_t next)
{
	put(space, at, 4, next << 20 | 1 << 16 | id);
}

static uint8_t *space_new(struct pci_function *function, uint8_t header, uint8_t list)
{
	uint8_t *const space = calloc(1, PCI_SPACE_SIZE);

	put(space, 0x00, 2, function->vendor);
	put(space, 0x02, 2, function->device);
	put(space, 0x06, 2, 0x10);
	put(space, 0x08, 4, function->class << 8 | function->revision);
	put(space, 0x0e, 1, header);
	put(space, 0x2c, 4, 0x11001af4);
	put(space, 0x34, 1, list);
	function->space = (struct pci_space){space, PCI_SPACE_SIZE};
	return space;
}

/* ---- functions ---- */

static void identify(struct pci_function *function, uint32_t bus, uint32_t devfn, uint32_t vendor,
		     uint32_t device, uint32_t class)
{
	*function = (struct pci_function){
		.address = text_format("0000:%02x:%02x.%x", bus, devfn >> 3, devfn & 7),
		.bus = bus,
		.devfn = devfn,
		.vendor = vendor,
		.device = device,
		.class = class,
		.revision = 1,
		.parent = PCI_NONE,
		.physical = PCI_NONE,
		.smmu = 0,
		.its = 0,
		.stream = bus << 8 | devfn,
		.device_id = bus << 8 | devfn,
		.owner = -1,
	};
}

static struct pci_bar bar(enum pci_bar_kind kind, bool prefetchable, uint64_t size, uint64_t address)
{
	return (struct pci_bar){kind, prefetchable, size, address, address};
}

static void port_fill(struct pci_function *port, uint32_t devfn, uint32_t secondary)
{
	uint8_t *space;

	identify(port, 0, devfn, 0x1b36, 0x000c, 0x060400);
	port->kind = PCI_ROOT_PORT;
	port->owner = -2;
	port->secondary = port->last = secondary;
	port->wide_able = true;
	port->acs = true;
	port->bars[0] = bar(PCI_BAR_32, false, 0x1000, 0x10000000 + devfn * 0x1000);
	port->window = bar(PCI_BAR_32, false, 0x100000, 0x10000000 + secondary * 0x100000);
	port->wide = bar(PCI_BAR_64, true, 0x200000, 0x8000000000 + secondary * 0x200000);
	space = space_new(port, 1, PORT_EXPRESS);
	put(space, 0x2c, 4, 0);
	capability(space, PORT_EXPRESS, 0x10, 0);
	put(space, PORT_EXPRESS + 2, 2, 0x0142);
	put(space, PORT_EXPRESS + 0x24, 4, 0x20);
	put(space, PORT_EXPRESS + 0x28, 2, secondary == 1 ? 0x20 : 0);
	extended(space, 0x100, 0x01, PORT_ACS);
	extended(space, PORT_ACS, 0x0d, 0);
	put(space, PORT_ACS + 4, 2, 0x5f);
}

static void pf_fill(struct pci_function *pf)
{
	uint8_t *space;

	identify(pf, 1, 0, 0x8086, 0x10c9, 0x020000);
	pf->parent = PCI_PORT_1;
	pf->owner = FIXTURE_LINUX;
	pf->bars[0] = bar(PCI_BAR_32, false, 0x20000, 0x10100000);
	pf->bars[2] = bar(PCI_BAR_IO, false, 0x20, 0);
	pf->bars[3] = bar(PCI_BAR_64, false, 0x4000, 0x10120000);
	pf->msi = (struct pci_msi){PF_MSI, 1};
	pf->msix = (struct pci_msix){PF_MSIX, 10, 3, 0, 3, 0x2000};
	pf->sriov = (struct pci_sriov){.capability = PF_SRIOV,
				       .total = 4,
				       .offset = 0x80,
				       .stride = 2,
				       .device = 0x10ca,
				       .enabled = 2};
	pf->sriov.bars[0] = bar(PCI_BAR_64, true, 0x4000, 0x8000200000);
	pf->sriov.bars[3] = bar(PCI_BAR_64, true, 0x4000, 0x8000210000);
	space = space_new(pf, 0, PF_POWER);
	capability(space, PF_POWER, 0x01, PF_MSI);
	put(space, PF_POWER + 2, 2, 0xc823);
	capability(space, PF_MSI, 0x05, PF_MSIX);
	put(space, PF_MSI + 2, 2, 0x0180);
	capability(space, PF_MSIX, 0x11, PF_EXPRESS);
	put(space, PF_MSIX + 2, 2, 9);
	put(space, PF_MSIX + 4, 4, 3);
	put(space, PF_MSIX + 8, 4, 0x2003);
	capability(space, PF_EXPRESS, 0x10, 0);
	put(space, PF_EXPRESS + 2, 2, 0x0002);
	put(space, PF_EXPRESS + 4, 4, 0x10008fc0);
	put(space, PF_EXPRESS + 0x24, 4, 0x1f);
	extended(space, PF_AER, 0x01, PF_SERIAL);
	extended(space, PF_SERIAL, 0x03, PF_SRIOV);
	put(space, PF_SERIAL + 4, 4, 0xff020304);
	put(space, PF_SERIAL + 8, 4, 0x020000ff);
	extended(space, PF_SRIOV, 0x10, PF_PASID);
	put(space, PF_SRIOV + 0x08, 2, 0x19); /* as a running Linux left it, ARI and all */
	put(space, PF_SRIOV + 0x0c, 4, 4 << 16 | 4);
	put(space, PF_SRIOV + 0x10, 2, 4);
	put(space, PF_SRIOV + 0x14, 4, 2 << 16 | 0x80);
	put(space, PF_SRIOV + 0x18, 4, 0x10ca0000);
	put(space, PF_SRIOV + 0x1c, 4, 0x553);
	extended(space, PF_PASID, 0x1b, 0);
}

static void vf_fill(struct pci_function *vf, const struct pci_function *pf, uint32_t number)
{
	uint8_t *space;

	identify(vf, 1, 0x80 + 2 * number, 0xffff, 0xffff, 0x020000);
	space = space_new(vf, 0, VF_MSIX);
	vf->vendor = 0x8086;
	vf->device = 0x10ca;
	vf->physical = PCI_PF;
	vf->parent = PCI_PORT_1;
	vf->vf = number;
	for (unsigned int i = 0; i < PCI_BARS; i += 3)
		vf->bars[i] =
			bar(PCI_BAR_64, true, 0x4000, pf->sriov.bars[i].address + number * UINT64_C(0x4000));
	vf->msix = (struct pci_msix){VF_MSIX, 3, 3, 0, 3, 0x2000};
	capability(space, VF_MSIX, 0x11, VF_EXPRESS);
	put(space, VF_MSIX + 2, 2, 2);
	put(space, VF_MSIX + 4, 4, 3);
	put(space, VF_MSIX + 8, 4, 0x2003);
	capability(space, VF_EXPRESS, 0x10, 0);
	put(space, VF_EXPRESS + 2, 2, 0x0002);
	put(space, VF_EXPRESS + 4, 4, 0x10008fd8); /* with phantom functions */
}

static void vendor_capability(uint8_t *space, uint32_t at, uint8_t next, uint8_t kind, uint8_t length)
{
	capability(space, at, 0x09, next);
	space[at + 2] = length;
	space[at + 3] = kind;
	put(space, at + 4, 4, 4);
	put(space, at + 8, 4, kind * UINT32_C(0x1000));
	put(space, at + 12, 4, 0x1000);
}

static void virtio_fill(struct pci_function *virtio)
{
	uint8_t *space;

	identify(virtio, 2, 0, 0x1af4, 0x1041, 0x020000);
	virtio->parent = PCI_PORT_2;
	virtio->owner = FIXTURE_HEALTH;
	virtio->bars[1] = bar(PCI_BAR_32, false, 0x1000, 0x10200000);
	virtio->bars[4] = bar(PCI_BAR_64, true, 0x4000, 0x8000400000);
	virtio->msix = (struct pci_msix){VIRTIO_MSIX, 4, 1, 0, 1, 0x800};
	space = space_new(virtio, 0, VIRTIO_MSIX);
	capability(space, VIRTIO_MSIX, 0x11, VIRTIO_VPD);
	put(space, VIRTIO_MSIX + 2, 2, 3);
	put(space, VIRTIO_MSIX + 4, 4, 1);
	put(space, VIRTIO_MSIX + 8, 4, 0x801);
	capability(space, VIRTIO_VPD, 0x03, VIRTIO_COMMON);
	vendor_capability(space, VIRTIO_COMMON, VIRTIO_ACCESS_CAP, 1, 16);
	vendor_capability(space, VIRTIO_ACCESS_CAP, VIRTIO_EXPRESS, 5, 20);
	capability(space, VIRTIO_EXPRESS, 0x10, 0);
	put(space, VIRTIO_EXPRESS + 2, 2, 0x0002);
	put(space, VIRTIO_EXPRESS + 4, 4, 0x00008000); /* no reset */
}

/* ---- the board and the cells ---- */

static void board_fill(struct board *board)
{
	struct pci_function *const at = calloc(PCI_COUNT, sizeof(*at));

	board->pci_tree = board->tree; /* stands for one: the back end passes it on */
	board->pci = (struct pci_inventory){at, PCI_COUNT};
	identify(&at[PCI_HOST], 0, 0, 0x1b36, 0x0008, 0x060000);
	space_new(&at[PCI_HOST], 0, 0);
	port_fill(&at[PCI_PORT_1], 1 << 3, 1);
	port_fill(&at[PCI_PORT_2], 2 << 3, 2);
	pf_fill(&at[PCI_PF]);
	for (uint32_t i = 0; i < 4; i++)
		vf_fill(&at[PCI_VF_0 + i], &at[PCI_PF], i);
	at[PCI_VF_0].owner = FIXTURE_HEALTH;
	at[PCI_VF_1].owner = FIXTURE_LINUX;
	virtio_fill(&at[PCI_VIRTIO]);

	board->pci_host_count = 1;
	board->pci_hosts = calloc(1, sizeof(*board->pci_hosts));
	board->pci_hosts[0] =
		(struct pci_host){.path = "/pcie@10000000",
				  .first_bus = 0,
				  .last_bus = 255,
				  .ecam = FIXTURE_ECAM,
				  .ecam_size = 0x10000000,
				  .windows = {{0x10000000, 0x10000000, 0x2eff0000, false, false},
					      {0x8000000000, 0x8000000000, 0x8000000000, true, true}},
				  .window_count = 2};
	board->smmu_count = 1;
	board->smmus = calloc(1, sizeof(*board->smmus));
	board->smmus[0] = (struct smmu){.path = "/smmu@9050000",
					.regs = {FIXTURE_SMMU, 0x20000},
					.event = {32 + 74, true},
					.error = {32 + 77, true},
					.coherent = true};
	board->smmu_idr0 = 1 << 27 | 1 << 12 | 2;
	board->smmu_idr0_mask = UINT32_MAX;
	board->smmu_idr1 = (struct identity){16, UINT32_MAX};
	board->smmu_idr5 = (struct identity){4, 7};
	board->its_count = 1;
	board->itss = calloc(1, sizeof(*board->itss));
	board->itss[0] = (struct its){.path = "/intc@8000000/its@8080000", .regs = {FIXTURE_ITS, 0x20000}};
	board->its_typer = (struct identity){UINT64_C(0x1efb1), UINT64_C(0xffffff)}; /* 12 bytes an ITE */
	board->its_kinds[0] = UINT64_C(0x0107000000000000);
	board->its_kinds[1] = UINT64_C(0x0407000000000000);
}

static void functions_fill(struct plan_cell *cell, const struct cell_function *functions, size_t count,
			   uint32_t first, uint32_t messages)
{
	cell->functions = calloc(count, sizeof(*functions));
	for (size_t i = 0; i < count; i++)
		cell->functions[i] = functions[i];
	cell->function_count = count;
	cell->msi_first = first;
	cell->msi_count = messages;
}

struct plan *fixture_pci_plan(void)
{
	static const struct cell_function linux_functions[] = {
		{PCI_PF, 1 << 3, false}, {PCI_VF_0, 0x80, true}, {PCI_VF_1, 0x82, false}};
	static const struct cell_function health_functions[] = {{PCI_VF_0, 1 << 3, false},
								{PCI_VIRTIO, 2 << 3, false}};
	struct plan *const plan = fixture_plan();

	board_fill(&plan->board);
	functions_fill(&plan->cells[FIXTURE_LINUX], linux_functions, 3, LINUX_MSI, LINUX_MSIS);
	functions_fill(&plan->cells[FIXTURE_HEALTH], health_functions, 2, HEALTH_MSI, HEALTH_MSIS);
	return plan;
}
