// SPDX-License-Identifier: Apache-2.0
/*
 * igbvf.c - a virtual function of the 82576 (datasheet 8.26 and 7.8.2): the device's own driver, in another
 * cell, holds the physical one, and nothing goes without its word.
 *
 * It may be reset, stop and come back at any time: this one notices, and starts anew. No step waits.
 */
#include "nic.h"

#include <string.h>

#include "dma.h"
#include "igbvf_mailbox.h"
#include "igbvf_ring.h"
#include "mmio.h"
#include "proofs.h"
#include "timer.h"

#define REGISTERS_BAR	0u
#define REGISTERS_BYTES 0x4000u

#define CONTROL		0x0000u
#define STATUS		0x0008u
#define INTERRUPT_SET	0x1524u /* VTEIMS */
#define INTERRUPT_CLEAR 0x1528u /* VTEIMC */
#define INTERRUPT_AUTO	0x152cu /* VTEIAC: a message clears its cause */
#define VECTORS		0x1700u /* VTIVAR */
#define RECEIVE		0x2800u
#define SEND		0x3800u
#define RING_LOW	0x00u
#define RING_HIGH	0x04u
#define RING_BYTES	0x08u
#define RING_SPLIT	0x0cu /* of RECEIVE: SRRCTL */
#define RING_HEAD	0x10u
#define RING_TAIL	0x18u
#define RING_CONTROL	0x28u

#define CONTROL_RESET	(UINT32_C(1) << 26)
#define STATUS_LINK	2u
#define VECTOR_0	1u	    /* in the interrupt registers */
#define RECEIVE_TO_0	0x80u	    /* of VTIVAR: queue 0's frames by vector 0; nothing by others */
#define SPLIT_NONE	0x82000002u /* 2 KiB, a frame a buffer, and what has no room is dropped */
#define QUEUE_ON	(UINT32_C(1) << 25)
#define ANSWER_NS	UINT64_C(1000000000)

enum stage {
	STAGE_RESET,	/* to be reset */
	STAGE_ASK,	/* to ask the physical function for leave */
	STAGE_LEAVE,	/* asked */
	STAGE_MAC,	/* to tell it our MAC, since it has none for us */
	STAGE_MAC_SET,	/* told */
	STAGE_STRAY,	/* to send from where it may not read, once a boot */
	STAGE_STRAYING, /* its queue is coming up */
	STAGE_STRAYED,	/* told to */
	STAGE_QUEUES,	/* to set up the queues */
	STAGE_ENABLE,	/* they are coming up */
	STAGE_UP,
};

static struct igbvf_mailbox mailbox;
static struct igbvf_ring receives, sends;
static uint64_t registers;
static enum stage stage;
static uint64_t asked, checked;
static enum nic_state link;
static uint8_t address[NIC_MAC_BYTES], own_address[NIC_MAC_BYTES];

static uint32_t read(uint32_t offset)
{
	return mmio_read32(registers + offset);
}

static void write(uint32_t offset, uint32_t value)
{
	mmio_write32(registers + offset, value);
}

static const char *start(struct pci_function *function, const uint8_t *own, irq_handler *handler)
{
	memcpy(own_address, own, NIC_MAC_BYTES);
	pci_enable(function);
	registers = pci_bar(function, REGISTERS_BAR, REGISTERS_BYTES);
	if (!registers)
		return "its registers can't be found";
	if (!pci_msix_start(function) || !pci_msix_take(function, 0, 0, handler))
		return "it has no interrupt";
	mailbox.registers = registers;
	return NULL;
}

static void ring_start(uint32_t at, uint64_t slots)
{
	write(at + RING_CONTROL, 0);
	write(at + RING_LOW, (uint32_t)slots);
	write(at + RING_HIGH, (uint32_t)(slots >> 32));
	write(at + RING_BYTES, sizeof(sends.slots));
	write(at + RING_HEAD, 0);
	write(at + RING_TAIL, 0);
}

static void queues_start(void)
{
	igbvf_ring_receives(&receives);
	igbvf_ring_sends(&sends);
	dma_device_barrier();
	ring_start(RECEIVE, dma_address(receives.slots));
	ring_start(SEND, dma_address(sends.slots));
	write(RECEIVE + RING_SPLIT, SPLIT_NONE);
	write(RECEIVE + RING_CONTROL, QUEUE_ON);
	write(SEND + RING_CONTROL, QUEUE_ON);
	write(INTERRUPT_CLEAR, UINT32_MAX);
	write(INTERRUPT_AUTO, VECTOR_0);
	write(VECTORS, RECEIVE_TO_0);
}

static bool queues_are_on(void)
{
	return read(RECEIVE + RING_CONTROL) & read(SEND + RING_CONTROL) & QUEUE_ON;
}

/* The answer to a request; false: none yet. Other messages are passed over. */
static bool answered(uint32_t request, bool *accepted, uint8_t *mac)
{
	uint32_t word;

	if (!igbvf_mailbox_receive(&mailbox, &word, mac) || (word & IGBVF_REQUEST) != request ||
	    !(word & (IGBVF_ACCEPTED | IGBVF_REFUSED)))
		return false;
	*accepted = word & IGBVF_ACCEPTED;
	return true;
}

static bool request(uint32_t what, const uint8_t *mac, uint64_t now)
{
	if (!igbvf_mailbox_send(&mailbox, what, mac))
		return false;
	asked = now;
	return true;
}

/* The physical function gives leave, and a MAC where its owner has set one. */
static enum stage leave_taken(void)
{
	uint8_t mac[NIC_MAC_BYTES];
	bool accepted;

	if (!answered(IGBVF_RESET, &accepted, mac))
		return STAGE_LEAVE;
	memcpy(address, accepted ? mac : own_address, NIC_MAC_BYTES);
	return accepted ? STAGE_STRAY : STAGE_MAC;
}

static enum stage mac_taken(void)
{
	uint8_t mac[NIC_MAC_BYTES];
	bool accepted;

	if (!answered(IGBVF_SET_MAC, &accepted, mac))
		return STAGE_MAC_SET;
	return accepted ? STAGE_STRAY : STAGE_RESET;
}

/* Its ring of frames to send lies where it may not read; it looks there when it is told of a frame. */
static enum stage stray(uint64_t now)
{
	uint64_t address_of_another;

	if (!proofs_dma_wanted(&address_of_another))
		return STAGE_QUEUES;
	ring_start(SEND, address_of_another);
	write(SEND + RING_CONTROL, QUEUE_ON);
	asked = now;
	return STAGE_STRAYING;
}

/* The physical function may never turn its queue on: then nothing was tried. */
static enum stage straying(void)
{
	if (!(read(SEND + RING_CONTROL) & QUEUE_ON))
		return STAGE_STRAYING;
	if (!proofs_dma_begin())
		return STAGE_RESET;
	write(SEND + RING_TAIL, 1);
	return STAGE_STRAYED;
}

static enum stage starting(uint64_t now)
{
	switch (stage) {
	case STAGE_RESET:
		write(CONTROL, CONTROL_RESET);
		proofs_dma_end();
		asked = now;
		return STAGE_ASK;
	case STAGE_ASK:
		/* Asked of a physical function that is there, and once more where it doesn't answer. */
		return !igbvf_mailbox_was_reset(&mailbox) && request(IGBVF_RESET, NULL, now) ? STAGE_LEAVE
											     : STAGE_ASK;
	case STAGE_LEAVE:
		return leave_taken();
	case STAGE_MAC:
		return request(IGBVF_SET_MAC, address, now) ? STAGE_MAC_SET : STAGE_MAC;
	case STAGE_MAC_SET:
		return mac_taken();
	case STAGE_STRAY:
		return stray(now);
	case STAGE_STRAYING:
		return straying();
	case STAGE_STRAYED:
		return proofs_dma_is_over() ? STAGE_RESET : STAGE_STRAYED;
	case STAGE_QUEUES:
		queues_start();
		asked = now;
		return STAGE_ENABLE;
	case STAGE_ENABLE:
		if (!queues_are_on())
			return STAGE_ENABLE;
		write(RECEIVE + RING_TAIL, igbvf_ring_receive_tail(&receives));
		return STAGE_UP;
	default:
		return stage;
	}
}

/* Whether the physical function still knows this one. */
static bool forgotten(void)
{
	uint8_t mac[NIC_MAC_BYTES];
	uint32_t word;

	return igbvf_mailbox_was_reset(&mailbox) || !queues_are_on() ||
	       (igbvf_mailbox_receive(&mailbox, &word, mac) && !(word & IGBVF_CLEAR));
}

/* [impl->swr~health-net-back~1] */
static enum nic_state step(uint64_t now, uint64_t hz, uint8_t *mac)
{
	if (stage != STAGE_UP) {
		stage = starting(now);
		if (stage != STAGE_UP && stage != STAGE_RESET && now - asked > timer_from_ns(ANSWER_NS, hz))
			stage = STAGE_RESET;
		checked = 0;
	}
	if (stage == STAGE_UP && now - checked > timer_from_ns(NIC_CHECK_NS, hz)) {
		checked = now;
		if (forgotten())
			stage = STAGE_RESET;
		link = read(STATUS) & STATUS_LINK ? NIC_LINK_UP : NIC_LINK_DOWN;
	}
	memcpy(mac, address, NIC_MAC_BYTES);
	return stage == STAGE_UP ? link : NIC_WAITING;
}

static uint32_t receive(uint8_t *frame, uint32_t room)
{
	const uint32_t before = receives.next;
	const uint32_t length = igbvf_ring_receive(&receives, frame, room);

	if (receives.next != before) {
		dma_device_barrier();
		write(RECEIVE + RING_TAIL, igbvf_ring_receive_tail(&receives));
	}
	return length;
}

static bool send(const uint8_t *frame, uint32_t length)
{
	if (length > NIC_FRAME_MAX || !igbvf_ring_send(&sends, frame, length))
		return false;
	dma_device_barrier();
	write(SEND + RING_TAIL, sends.next);
	return true;
}

static void quiet(void)
{
	write(INTERRUPT_CLEAR, VECTOR_0);
}

static bool listen(void)
{
	write(INTERRUPT_SET, VECTOR_0);
	return igbvf_ring_has_received(&receives);
}

/* [impl->swr~health-net-igbvf~1] */
const struct nic_driver nic_igbvf = {
	.name = "igbvf",
	.lost = "its physical function was reset",
	.identity = {.vendor = 0x8086, .device = 0x10ca},
	.start = start,
	.step = step,
	.receive = receive,
	.send = send,
	.quiet = quiet,
	.listen = listen,
};
