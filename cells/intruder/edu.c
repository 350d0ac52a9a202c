// SPDX-License-Identifier: Apache-2.0
/*
 * edu.c - intruder: QEMU's `edu`, a DMA engine that does what it is told within 100 ms, and an MSI with any
 * data (QEMU, docs/specs/edu.rst).
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "intruder.h"
#include "mmio.h"

#define VENDOR	     0x1234u
#define DEVICE	     0x11e8u
#define BAR_BYTES    0x100000u
#define REG_RAISE    0x60
#define REG_ACK	     0x64
#define REG_FROM     0x80
#define REG_TO	     0x88
#define REG_SIZE     0x90
#define REG_DMA	     0x98
#define DMA_START    1u
#define DMA_OUT	     2u /* from the device */
#define BUFFER	     0x40000
#define PATIENCE_MS  1000u

#define COMMAND	     0x04u
#define COMMAND_LINE 6u /* memory, bus master; its line isn't disabled */

/* PCI 3.0, 6.8.1: with 64-bit addresses. */
#define MSI_LOW	   4u
#define MSI_HIGH   8u
#define MSI_DATA   12u
#define MSI_ENABLE UINT32_C(0x10000)

static struct pci_function edu;
static uint64_t bar;
static uint32_t msi;

static bool ready(void)
{
	if (!edu.config && !function_find(VENDOR, DEVICE, &edu))
		return false;
	pci_enable(&edu);
	bar = pci_bar(&edu, 0, BAR_BYTES);
	msi = pci_capability(&edu, PCI_CAPABILITY_MSI, 0);
	return bar && msi;
}

static bool is_done(void)
{
	return !(mmio_read64(bar + REG_DMA) & DMA_START);
}

static bool dma(uint64_t from, uint64_t to, uint32_t direction)
{
	__asm__ volatile("dsb sy" ::: "memory");
	mmio_write64(bar + REG_FROM, from);
	mmio_write64(bar + REG_TO, to);
	mmio_write64(bar + REG_SIZE, PAGE);
	mmio_write64(bar + REG_DMA, DMA_START | direction);
	if (!wait_for(is_done, PATIENCE_MS))
		return false;
	__asm__ volatile("dsb sy" ::: "memory");
	return true;
}

/* A page of marks there; and what is there, here. */
static void run_dma(const uint64_t *args)
{
	bool good = true;

	if (!ready()) {
		printf("intruder: edu is gone\n");
		return;
	}
	mark();
	if (args[1] != DMA_READ)
		good = dma((uintptr_t)out, BUFFER, 0) && dma(BUFFER, args[0], DMA_OUT);
	if (args[1] != DMA_WRITE)
		good = good && dma(args[0], BUFFER, 0) && dma(BUFFER, (uintptr_t)back, DMA_OUT);
	printf("intruder: edu 0x%" PRIx64 " %s brought=0x%" PRIx64 "\n", args[0], good ? "done" : "hangs",
	       *(uint64_t *)(void *)back);
}

static void raise(uint64_t address, uint32_t data)
{
	pci_write32(&edu, msi + MSI_LOW, (uint32_t)address);
	pci_write32(&edu, msi + MSI_HIGH, (uint32_t)(address >> 32));
	pci_write32(&edu, msi + MSI_DATA, data);
	mmio_write32(bar + REG_RAISE, 1);
	mmio_write32(bar + REG_ACK, 1);
}

static bool messages_ready(void)
{
	if (!ready() || !this_guest->pci.frame.size) {
		printf("intruder: edu is gone\n");
		return false;
	}
	pci_write32(&edu, msi, pci_read32(&edu, msi) | MSI_ENABLE);
	return true;
}

/* Messages with these data, to the frame's doorbell. */
static void run_events(const uint64_t *args)
{
	uint64_t doorbell;
	uint32_t intid;

	if (!messages_ready() || !pci_message(&edu, 0, &doorbell, &intid))
		return;
	taken = 0;
	for (uint64_t n = 0; n < args[1]; n++)
		raise(doorbell, (uint32_t)(args[0] + n));
	printf("intruder: events %" PRIu64 "+%" PRIu64 " taken=%" PRIu64 "\n", args[0], args[1], taken);
}

/* Messages to addresses from the first on, so far apart: with data of the first interrupt that the cell has,
 * and the one given. */
static void run_doorbells(const uint64_t *args)
{
	if (!messages_ready())
		return;
	taken = 0;
	for (uint64_t n = 0; n < args[1]; n++) {
		raise(args[0] + n * args[2], this_guest->pci.intid_first);
		raise(args[0] + n * args[2], (uint32_t)args[3]);
	}
	printf("intruder: doorbells 0x%" PRIx64 "+%" PRIu64 " taken=%" PRIu64 "\n", args[0], args[1], taken);
}

/* Its interrupt line (1), or no longer (0), as a function without messages has one. */
static void run_line(const uint64_t *args)
{
	if (!ready()) {
		printf("intruder: edu is gone\n");
		return;
	}
	pci_write32(&edu, msi, pci_read32(&edu, msi) & ~MSI_ENABLE);
	pci_write32(&edu, COMMAND, COMMAND_LINE);
	mmio_write32(bar + (args[0] ? REG_RAISE : REG_ACK), 1);
	printf("intruder: line %" PRIu64 " command=0x%" PRIx32 "\n", args[0],
	       pci_read32(&edu, COMMAND) & 0xffff);
}

const struct command edu_commands[] = {
	{"edu", "ADDRESS [1: WRITE, 2: READ]", 1, run_dma},
	{"line", "STATE", 1, run_line},
	{"events", "FIRST COUNT", 2, run_events},
	{"doorbells", "ADDRESS COUNT STEP DATA", 4, run_doorbells},
	{NULL, NULL, 0, NULL},
};
