// SPDX-License-Identifier: Apache-2.0
/*
 * igb.c - intruder: the 82576's queues (datasheet 7.1, 7.2, 8.10, 8.12), of the physical function, of a
 * virtual one of the cell's, and, by the physical function's registers, of another cell's. A frame is read
 * where it is told and, looped back in the MAC, written where it is told.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "intruder.h"
#include "mmio.h"

#define VENDOR		     0x8086u
#define DEVICE		     0x10c9u
#define BAR_BYTES	     0x20000u
#define VF_BAR_BYTES	     0x4000u
#define QUEUES		     16u

#define STATUS		     0x0008u
#define STATUS_LINK	     2u
#define MDIC		     0x0020u
#define MDIC_RESTART	     UINT32_C(0x04201200) /* write register 0 of the PHY: negotiate, again */
#define RCTL		     0x0100u
#define RCTL_LOOPBACK	     UINT32_C(0x8056) /* on; bad and multicast frames, MAC loopback, broadcast */
#define TCTL		     0x0400u
#define TCTL_ON		     2u
#define VFRE		     0x0c8cu
#define VFTE		     0x0c90u
#define MTA		     0x5200u
#define MTA_WORDS	     128u
#define MRQC		     0x5818u
#define MRQC_POOLS	     3u
#define VT_CTL		     0x581cu
#define VT_DEFAULT(p)	     ((p) << 7)
#define VMOLR(p)	     (0x5ad0u + 4 * (p))
#define VMOLR_ALL	     UINT32_C(0x0b000000) /* untagged, multicast, broadcast */
#define POOLS		     8u

#define RECEIVE(q)	     (0xc000u + 0x40 * (q))
#define SEND(q)		     (0xe000u + 0x40 * (q))
#define VF_RECEIVE	     0x2800u
#define VF_SEND		     0x3800u
#define RING_LOW	     0x00u
#define RING_HIGH	     0x04u
#define RING_BYTES	     0x08u
#define RING_SPLIT	     0x0cu
#define RING_HEAD	     0x10u
#define RING_TAIL	     0x18u
#define RING_CONTROL	     0x28u
#define SPLIT_NONE	     UINT32_C(0x02000002) /* 2 KiB, a frame a buffer */
#define QUEUE_ON	     (UINT32_C(1) << 25)

#define ENTRIES		     8u
#define FRAME		     1024u
#define SEND_FRAME	     UINT64_C(0x2b300000) /* data, extended, its end, check sequence, report */
#define PAYLOAD_AT	     46
#define PATIENCE_MS	     2000u

#define CAP_EXPRESS	     0x10u
#define DEVICE_CONTROL	     8u
#define DEVICE_CONTROL_RESET UINT32_C(0x8000)
#define CAP_SRIOV	     0x10u
#define SRIOV_OFFSET	     0x14u /* first virtual function; stride in the upper half */

/* Whose queue: the pool is the queue's number, and where a virtual function has the pool, the DMA is its. */
#define POOL_VICTIM 0u
#define POOL_OWN_VF 1u
#define POOL_PF	    7u

struct slot {
	uint64_t address, command;
};

static struct pci_function nic, virtual;
static uint64_t registers, vf_registers;
static struct slot receives[ENTRIES] __attribute__((aligned(128)));
static struct slot sends[ENTRIES] __attribute__((aligned(128)));

static bool link_is_up(void)
{
	return mmio_read32(registers + STATUS) & STATUS_LINK;
}

static bool virtual_find(void)
{
	const uint32_t at = pci_extended(&nic, CAP_SRIOV);
	const uint32_t places = at ? pci_read32(&nic, at + SRIOV_OFFSET) : 0;

	virtual = nic;
	virtual.config += ((places & 0xffff) + POOL_OWN_VF * (places >> 16)) * PAGE;
	pci_enable(&virtual);
	vf_registers = pci_bar(&virtual, 0, VF_BAR_BYTES);
	return at && vf_registers;
}

static bool ready(uint32_t pool)
{
	if (!nic.config && !function_find(VENDOR, DEVICE, &nic))
		return false;
	pci_enable(&nic);
	registers = pci_bar(&nic, 0, BAR_BYTES);
	if (!registers || !virtual_find())
		return false;
	for (uint32_t q = 0; q < QUEUES; q++) {
		mmio_write32(registers + RECEIVE(q) + RING_CONTROL, 0);
		mmio_write32(registers + SEND(q) + RING_CONTROL, 0);
	}
	for (uint32_t i = 0; i < MTA_WORDS; i++)
		mmio_write32(registers + MTA + 4 * i, UINT32_MAX);
	for (uint32_t p = 0; p < POOLS; p++)
		mmio_write32(registers + VMOLR(p), p == pool ? VMOLR_ALL : 0);
	mmio_write32(registers + MRQC, MRQC_POOLS);
	mmio_write32(registers + VT_CTL, VT_DEFAULT(pool));
	mmio_write32(registers + VFRE, 1u << pool);
	mmio_write32(registers + VFTE, 1u << pool);
	mmio_write32(registers + TCTL, TCTL_ON);
	mmio_write32(registers + RCTL, RCTL_LOOPBACK);
	if (!link_is_up())
		mmio_write32(registers + MDIC, MDIC_RESTART);
	return wait_for(link_is_up, PATIENCE_MS);
}

static uint64_t receive_at(uint32_t pool)
{
	return pool == POOL_OWN_VF ? vf_registers + VF_RECEIVE : registers + RECEIVE(pool);
}

static uint64_t send_at(uint32_t pool)
{
	return pool == POOL_OWN_VF ? vf_registers + VF_SEND : registers + SEND(pool);
}

/* Slots that are to be in the page that stands for others' memory are put there. */
static void ring_start(uint64_t at, uint64_t ring, const struct slot *slots)
{
	if (ring == (uintptr_t)theirs)
		memcpy(theirs, slots, sizeof(sends));
	__asm__ volatile("dsb sy" ::: "memory");
	mmio_write32(at + RING_CONTROL, 0);
	mmio_write32(at + RING_LOW, (uint32_t)ring);
	mmio_write32(at + RING_HIGH, (uint32_t)(ring >> 32));
	mmio_write32(at + RING_BYTES, sizeof(sends));
	mmio_write32(at + RING_HEAD, 0);
	mmio_write32(at + RING_TAIL, 0);
}

/* A frame from `source`, to `target`; descriptors in the rings told. */
static void loop(uint32_t pool, uint64_t source, uint64_t target, uint64_t send_ring, uint64_t receive_ring)
{
	const uint64_t receive = receive_at(pool), send = send_at(pool);

	receives[0] = (struct slot){target, 0};
	sends[0] = (struct slot){source, SEND_FRAME | FRAME | (uint64_t)FRAME << PAYLOAD_AT};
	ring_start(receive, receive_ring, receives);
	mmio_write32(receive + RING_SPLIT, SPLIT_NONE);
	mmio_write32(receive + RING_CONTROL, QUEUE_ON);
	mmio_write32(receive + RING_TAIL, 1);
	ring_start(send, send_ring, sends);
	mmio_write32(send + RING_CONTROL, QUEUE_ON);
	mmio_write32(send + RING_TAIL, 1);
	__asm__ volatile("dsb sy" ::: "memory");
	mmio_write32(send + RING_CONTROL, 0);
	mmio_write32(receive + RING_CONTROL, 0);
}

/* The rings' place: this cell's, but for a queue whose DMA is another cell's. */
static void dma(const char *name, uint32_t pool, const uint64_t *args)
{
	const uint64_t own_send = (uintptr_t)sends, own_receive = (uintptr_t)receives;
	const bool good = ready(pool);

	mark();
	if (good && args[1] != DMA_READ)
		loop(pool, (uintptr_t)out, args[0], own_send, own_receive);
	if (good && args[1] != DMA_WRITE)
		loop(pool, args[0], (uintptr_t)back, own_send, own_receive);
	printf("intruder: %s 0x%" PRIx64 " %s brought=0x%" PRIx64 "\n", name, args[0],
	       good ? "done" : "hangs", *(uint64_t *)(void *)back);
}

static void run_dma(const uint64_t *args)
{
	dma("igb", POOL_PF, args);
}

static void run_virtual(const uint64_t *args)
{
	dma("igbvf", POOL_OWN_VF, args);
}

/* A ring is there: of sending, then of receiving. */
static void run_rings(const uint64_t *args)
{
	const uint64_t own_send = (uintptr_t)sends, own_receive = (uintptr_t)receives;
	const bool good = ready(POOL_PF);
	uint64_t sent = 0, received = 0;

	mark();
	if (good) {
		loop(POOL_PF, (uintptr_t)out, (uintptr_t)back, args[0], own_receive);
		sent = *(uint64_t *)(void *)back;
		memset(back, 0, PAGE);
		loop(POOL_PF, (uintptr_t)out, (uintptr_t)back, own_send, args[0]);
		received = *(uint64_t *)(void *)back;
	}
	printf("intruder: igbrings 0x%" PRIx64 " %s sent=0x%" PRIx64 " received=0x%" PRIx64 "\n", args[0],
	       good ? "done" : "hangs", sent, received);
}

static void reset_ask(const struct pci_function *function)
{
	const uint32_t express = pci_capability(function, CAP_EXPRESS, 0);

	pci_write32(function, express + DEVICE_CONTROL, DEVICE_CONTROL_RESET);
}

/* Of its virtual function, and of the physical one, with a queue that waits for a frame and one that has just
 * sent some; every 16th time both must work again. */
static void run_resets(const uint64_t *args)
{
	bool good = ready(POOL_OWN_VF);

	for (uint64_t n = 0; good && n < args[0]; n++) {
		mark();
		loop(POOL_OWN_VF, (uintptr_t)out, (uintptr_t)back, (uintptr_t)sends, (uintptr_t)receives);
		if (n % 16 == 0)
			good = *(uint64_t *)(void *)back == *(uint64_t *)(void *)out;
		mmio_write32(receive_at(POOL_OWN_VF) + RING_CONTROL, QUEUE_ON);
		mmio_write32(send_at(POOL_OWN_VF) + RING_CONTROL, QUEUE_ON);
		reset_ask(&virtual);
		reset_ask(&nic);
		good = good && ready(POOL_OWN_VF);
	}
	printf("intruder: igbresets %" PRIu64 " %s\n", args[0], good ? "done" : "hangs");
}

/* The victim's queue, which the physical function's registers reach: it is told that its slots are there, and
 * given a frame of our own queue's. */
static void run_borrow(const uint64_t *args)
{
	const bool good = ready(POOL_VICTIM);

	mark();
	if (good) {
		mmio_write32(registers + VFTE, 1u << POOL_PF);
		ring_start(receive_at(POOL_VICTIM), args[0], receives);
		mmio_write32(receive_at(POOL_VICTIM) + RING_SPLIT, SPLIT_NONE);
		mmio_write32(receive_at(POOL_VICTIM) + RING_CONTROL, QUEUE_ON);
		mmio_write32(receive_at(POOL_VICTIM) + RING_TAIL, 1);
		sends[0] = (struct slot){(uintptr_t)out, SEND_FRAME | FRAME | (uint64_t)FRAME << PAYLOAD_AT};
		ring_start(send_at(POOL_PF), (uintptr_t)sends, sends);
		mmio_write32(send_at(POOL_PF) + RING_CONTROL, QUEUE_ON);
		mmio_write32(send_at(POOL_PF) + RING_TAIL, 1);
	}
	printf("intruder: borrow 0x%" PRIx64 " %s\n", args[0], good ? "done" : "hangs");
}

const struct command igb_commands[] = {
	{"igb", "ADDRESS [1: WRITE, 2: READ]", 1, run_dma},
	{"igbvf", "ADDRESS [1: WRITE, 2: READ]", 1, run_virtual},
	{"igbrings", "ADDRESS", 1, run_rings},
	{"borrow", "ADDRESS", 1, run_borrow},
	{"igbresets", "COUNT", 1, run_resets},
	{NULL, NULL, 0, NULL},
};
