// SPDX-License-Identifier: Apache-2.0
/*
 * main.c - dma: a cell with QEMU's `edu` device, a DMA engine that does what it is told: what it reaches,
 * what it doesn't, and which interrupts its messages make. In its second life it does all of it again. Says
 * what came of each on its console, for test/system/test_dma.py.
 */
#include <inttypes.h>
#include <libfdt.h>
#include <stdio.h>

#include "core.h"
#include "gic.h"
#include "hypercall_call.h"
#include "mmio.h"
#include "mmu.h"
#include "psci.h"
#include "timer.h"

#define PAGE	    UINT64_C(4096)
#define FUNCTIONS   256u /* of one bus */

#define PCI_COMMAND 0x04 /* memory, bus master: 6 */
#define PCI_BAR0    0x10
#define PCI_LIST    0x34
#define PCI_MSI	    0x05
#define EDU_ID	    0x11e81234u

/* The device's registers (QEMU, docs/specs/edu.rst). */
#define EDU_STATUS   0x24 /* of its interrupt */
#define EDU_RAISE    0x60
#define EDU_ACK	     0x64
#define EDU_FROM     0x80
#define EDU_TO	     0x88
#define EDU_SIZE     0x90
#define EDU_DMA	     0x98
#define EDU_START    1u
#define EDU_OUT	     2u /* from the device */
#define EDU_BUFFER   0x40000

#define V2M_DOORBELL 0x40
#define MESSAGES     5u
#define ATTACKS	     50u

struct edu {
	uint64_t config, bar;
	uint32_t msi;		/* capability */
	uint64_t frame;		/* for its messages */
	uint32_t intid, intids; /* of the frame */
};

static struct edu edu;
static uint8_t out[PAGE] __attribute__((aligned(4096))), back[PAGE] __attribute__((aligned(4096)));
static volatile unsigned taken;

static void wait_ms(uint64_t ms)
{
	const uint64_t end = timer_now() + timer_frequency() / 1000 * ms;

	while (timer_now() < end)
		;
}

static struct range node_range(const struct guest *guest, const char *compatible, int *node)
{
	const fdt32_t *cell;

	*node = fdt_node_offset_by_compatible(guest->tree, -1, compatible);
	cell = fdt_getprop(guest->tree, *node, "reg", NULL);
	if (!cell)
		return (struct range){0, 0};
	return (struct range){(uint64_t)fdt32_ld(cell) << 32 | fdt32_ld(cell + 1),
			      (uint64_t)fdt32_ld(cell + 2) << 32 | fdt32_ld(cell + 3)};
}

static uint32_t number(const struct guest *guest, int node, const char *name)
{
	const fdt32_t *cell = fdt_getprop(guest->tree, node, name, NULL);

	return cell ? fdt32_ld(cell) : 0;
}

static bool edu_find(const struct guest *guest)
{
	int node;
	const struct range ecam = node_range(guest, "pci-host-ecam-generic", &node);
	const struct range frame = node_range(guest, "arm,gic-v2m-frame", &node);

	edu.frame = frame.base;
	edu.intid = number(guest, node, "arm,msi-base-spi");
	edu.intids = number(guest, node, "arm,msi-num-spis");
	for (uint32_t rid = 0; ecam.size && rid < FUNCTIONS; rid++) {
		edu.config = ecam.base + rid * PAGE;
		if (!mmu_map(edu.config, PAGE, MMU_DEVICE))
			return false;
		if (mmio_read32(edu.config) != EDU_ID)
			continue;
		edu.bar = mmio_read32(edu.config + PCI_BAR0) & ~15u;
		edu.msi = mmio_read32(edu.config + PCI_LIST) & 0xfc;
		while (edu.msi && (mmio_read32(edu.config + edu.msi) & 0xff) != PCI_MSI)
			edu.msi = mmio_read32(edu.config + edu.msi) >> 8 & 0xfc;
		return edu.msi && mmu_map(edu.bar, 0x100000, MMU_DEVICE);
	}
	return false;
}

static void dma(uint64_t from, uint64_t to, uint32_t direction)
{
	__asm__ volatile("dsb sy" ::: "memory");
	mmio_write64(edu.bar + EDU_FROM, from);
	mmio_write64(edu.bar + EDU_TO, to);
	mmio_write64(edu.bar + EDU_SIZE, PAGE);
	mmio_write64(edu.bar + EDU_DMA, EDU_START | direction);
	while (mmio_read64(edu.bar + EDU_DMA) & EDU_START)
		;
	__asm__ volatile("dsb sy" ::: "memory");
}

/* Its own memory, there and back again. */
static void own(const char *when)
{
	unsigned wrong = 0;

	for (uint64_t i = 0; i < PAGE; i++) {
		out[i] = (uint8_t)(i * 7 + 3);
		back[i] = 0;
	}
	dma((uint64_t)out, EDU_BUFFER, 0);
	dma(EDU_BUFFER, (uint64_t)back, EDU_OUT);
	for (uint64_t i = 0; i < PAGE; i++)
		wrong += back[i] != out[i];
	printf("dma: own memory %s wrong=%u\n", when, wrong);
}

static void message(uint32_t intid)
{
	(void)intid;
	taken++;
	mmio_write32(edu.bar + EDU_ACK, mmio_read32(edu.bar + EDU_STATUS));
}

static void messages(uint32_t data, const char *whose)
{
	taken = 0;
	mmio_write32(edu.config + edu.msi + 12, data);
	for (unsigned i = 0; i < MESSAGES; i++) {
		mmio_write32(edu.bar + EDU_RAISE, 1);
		wait_ms(20);
		mmio_write32(edu.bar + EDU_ACK, 1);
	}
	printf("dma: messages %s taken=%u\n", whose, taken);
}

void cell_main(const struct guest *guest)
{
	const uint64_t victim = guest->ram[0].base - PAGE; /* the cell before this one's */
	uint64_t generation = 0;

	if (!edu_find(guest)) {
		printf("dma: no device\n");
		return;
	}
	mmio_write32(edu.config + PCI_COMMAND, 6);
	own("first");
	mmio_write32(edu.config + edu.msi + 4, (uint32_t)(edu.frame + V2M_DOORBELL));
	mmio_write32(edu.config + edu.msi + 8, (uint32_t)(edu.frame >> 32));
	mmio_write32(edu.config + edu.msi, mmio_read32(edu.config + edu.msi) | 1u << 16);
	gic_take(edu.intid, true, message);
	irq_enable();
	hypercall_ready();
	messages(edu.intid, "own");
	messages(edu.intid + edu.intids, "foreign");
	messages(0, "nobody's");
	printf("dma: victim 0x%" PRIx64 "\n", victim);
	for (unsigned i = 0; i < ATTACKS; i++) {
		dma(EDU_BUFFER, victim, EDU_OUT);
		dma(victim, EDU_BUFFER, 0);
	}
	own("after attacks");
	hypercall_cell_info(CELL_INFO_GENERATION, &generation);
	printf("dma: end of life %" PRIu64 "\n", generation);
	if (generation == 1)
		psci_system_reset();
	for (;;)
		wait_interrupt();
}
