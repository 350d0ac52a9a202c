// SPDX-License-Identifier: Apache-2.0
/*
 * nvme.c - intruder: an NVMe controller's admin queue (NVM Express 1.4: 3.1 registers, 5 admin commands).
 * Identify writes a page wherever it is told, Set Features reads 8 bytes; nothing of it takes a drive.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "intruder.h"
#include "mmio.h"
#include "timer.h"

#define VENDOR	       0x1b36u
#define DEVICE	       0x0010u
#define BAR_BYTES      0x4000u
#define REG_CC	       0x14
#define REG_CSTS       0x1c
#define REG_AQA	       0x24
#define REG_ASQ	       0x28
#define REG_ACQ	       0x30
#define REG_SUBMITTED  0x1000
#define REG_COMPLETED  0x1004
#define VECTOR_DATA    8u		  /* of the first MSI-X vector */
#define CC_ON	       UINT32_C(0x460001) /* entries of 64 and 16 bytes */
#define CSTS_READY     1u
#define ENTRIES	       32u
#define PATIENCE_MS    1000u
#define CALM_MS	       2u

#define IDENTIFY       0x06u
#define SET_FEATURES   0x09u
#define GET_FEATURES   0x0au
#define CONTROLLER     1u    /* Identify: which */
#define TIMESTAMP      0x0eu /* a feature: 48 bits of milliseconds that go on by themselves */
#define TIMESTAMP_MASK UINT64_C(0xffffffffffff)

#define CAP_POWER      0x01u
#define CAP_EXPRESS    0x10u
#define POWER_CONTROL  4u
#define DEVICE_CONTROL 8u
#define FLR	       UINT32_C(0x8000)

struct submission {
	uint32_t opcode, nsid, reserved[2];
	uint64_t metadata, prp1, prp2;
	uint32_t dword[6];
};
struct completion {
	uint32_t result, reserved;
	uint16_t head, queue, command, status; /* bit 0 of the status: the phase */
};
_Static_assert(sizeof(struct submission) == 64 && sizeof(struct completion) == 16, "NVM Express 4.2, 4.6");

static struct pci_function nvme;
static uint64_t bar;
static struct submission submissions[ENTRIES] __attribute__((aligned(4096)));
static volatile struct completion completions[ENTRIES] __attribute__((aligned(4096)));
static uint32_t at;
static uint16_t phase;

static bool is_ready(void)
{
	return mmio_read32(bar + REG_CSTS) & CSTS_READY;
}

static bool is_off(void)
{
	return !is_ready();
}

static bool is_completed(void)
{
	return (completions[at].status & 1) == phase;
}

static bool is_never(void)
{
	return false;
}

static uint32_t express(void)
{
	return pci_capability(&nvme, CAP_EXPRESS, 0) + DEVICE_CONTROL;
}

/* From whatever it was made into: power, memory, bus mastering, queues, messages. */
static bool start(void)
{
	uint32_t power;

	if (!nvme.config && !function_find(VENDOR, DEVICE, &nvme))
		return false;
	power = pci_capability(&nvme, CAP_POWER, 0);
	if (power)
		pci_write32(&nvme, power + POWER_CONTROL, 0);
	pci_enable(&nvme);
	bar = pci_bar(&nvme, 0, BAR_BYTES);
	if (!bar)
		return false;
	mmio_write32(bar + REG_CC, 0);
	/* Messages before the queues that they are for: QEMU looks when it makes these. */
	if (!wait_for(is_off, PATIENCE_MS) || !pci_msix_start(&nvme) ||
	    !pci_msix_take(&nvme, 0, 1, message_taken))
		return false;
	memset((void *)(uintptr_t)completions, 0, sizeof(completions));
	at = 0;
	phase = 1;
	__asm__ volatile("dsb sy" ::: "memory");
	mmio_write32(bar + REG_AQA, (ENTRIES - 1) << 16 | (ENTRIES - 1));
	mmio_write64(bar + REG_ASQ, (uintptr_t)submissions);
	mmio_write64(bar + REG_ACQ, (uintptr_t)completions);
	mmio_write32(bar + REG_CC, CC_ON);
	return wait_for(is_ready, PATIENCE_MS);
}

/* The command is given; its answer is waited for elsewhere. */
static void submit(uint32_t opcode, uint64_t address, uint32_t dword10)
{
	submissions[at] = (struct submission){.opcode = opcode, .prp1 = address, .dword = {dword10}};
	__asm__ volatile("dsb sy" ::: "memory");
	mmio_write32(bar + REG_SUBMITTED, (at + 1) % ENTRIES);
}

static bool command_end(void)
{
	if (!wait_for(is_completed, PATIENCE_MS))
		return false;
	at = (at + 1) % ENTRIES;
	phase ^= at == 0;
	mmio_write32(bar + REG_COMPLETED, at);
	return true;
}

static bool command(uint32_t opcode, uint64_t address, uint32_t dword10)
{
	submit(opcode, address, dword10);
	return command_end();
}

/* The controller's identity there; then 6 of the bytes that are there, here. */
static void run_dma(const uint64_t *args)
{
	bool good;

	taken = 0;
	mark();
	good = start();
	if (args[1] != DMA_READ)
		good = good && command(IDENTIFY, args[0], CONTROLLER);
	if (args[1] != DMA_WRITE)
		good = good && command(SET_FEATURES, args[0], TIMESTAMP) &&
		       command(GET_FEATURES, (uintptr_t)back, TIMESTAMP);
	printf("intruder: nvme 0x%" PRIx64 " %s brought=0x%" PRIx64 " taken=%" PRIu64 "\n", args[0],
	       good ? "done" : "hangs", *(uint64_t *)(void *)back & TIMESTAMP_MASK, taken);
}

/* One page, at a second that is told before. */
static void run_sharp(const uint64_t *args)
{
	uint64_t second;

	if (!start()) {
		printf("intruder: nvme hangs\n");
		return;
	}
	second = timer_next_second();
	printf("intruder: at %" PRIu64 " s\n", second);
	timer_await_second(second);
	command(IDENTIFY, args[0], CONTROLLER);
}

/* Page after page of faults, as fast as it can. */
static void run_faults(const uint64_t *args)
{
	uint64_t done = 0;
	bool good = start();

	for (; good && done < args[1]; done++)
		good = command(IDENTIFY, args[0], CONTROLLER);
	printf("intruder: faults 0x%" PRIx64 " pages=%" PRIu64 " %s\n", args[0], done,
	       good ? "done" : "hangs");
}

/* Messages with these data, to the frame's doorbell: of a command each, whose end isn't slept for, since
 * nobody wakes. */
static void run_events(const uint64_t *args)
{
	const uint64_t patience = timer_from_ns(PATIENCE_MS * UINT64_C(1000000), timer_frequency());
	uint64_t done = 0;
	bool good = start();

	taken = 0;
	for (; good && done < args[1]; done++) {
		const uint64_t end = timer_now() + patience;

		mmio_write32(nvme.table + VECTOR_DATA, (uint32_t)(args[0] + done));
		submit(GET_FEATURES, (uintptr_t)back, TIMESTAMP);
		while (!is_completed() && timer_now() < end)
			;
		good = command_end();
	}
	wait_for(is_never, CALM_MS);
	printf("intruder: nvmeevents %" PRIu64 "+%" PRIu64 " %s taken=%" PRIu64 "\n", args[0], done,
	       good ? "done" : "hangs", taken);
}

/* Function level resets, with a command under way; in between the memory is turned on where the BARs are. */
static void run_resets(const uint64_t *args)
{
	bool good = true;

	for (uint64_t n = 0; n < args[0]; n++) {
		if (n % 16 == 0)
			good = start() && good;
		submit(IDENTIFY, (uintptr_t)back, CONTROLLER);
		pci_write32(&nvme, express(), FLR);
		pci_enable(&nvme);
	}
	printf("intruder: resets %" PRIu64 " %s\n", args[0], good && start() ? "done" : "hangs");
}

const struct command nvme_commands[] = {
	{"nvme", "ADDRESS [1: WRITE, 2: READ]", 1, run_dma},
	{"nvmesharp", "ADDRESS", 1, run_sharp},
	{"faults", "ADDRESS PAGES", 2, run_faults},
	{"nvmeevents", "FIRST COUNT", 2, run_events},
	{"resets", "COUNT", 1, run_resets},
	{NULL, NULL, 0, NULL},
};
