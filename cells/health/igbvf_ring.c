// SPDX-License-Identifier: Apache-2.0
/*
 * igbvf_ring.c - descriptor rings of the 82576 (igbvf_ring.h).
 */
#include "igbvf_ring.h"

#include <string.h>

#include "dma.h"

/* 7.1.5.2: of a received frame, in the second word. */
#define RECEIVED_DONE		UINT64_C(1)
#define RECEIVED_END		UINT64_C(2)
#define RECEIVED_ERROR		(UINT64_C(1) << 31)
#define RECEIVED_LENGTH(second) ((uint32_t)((second) >> 32 & 0xffff))

/* 7.2.2.3: of a frame to send; DONE is set as it is written back. */
#define SEND_DATA     UINT64_C(0x00300000)
#define SEND_END      UINT64_C(0x01000000)
#define SEND_CHECK    UINT64_C(0x02000000) /* the check sequence is added */
#define SEND_REPORT   UINT64_C(0x08000000)
#define SEND_EXTENDED UINT64_C(0x20000000)
#define SENT_DONE     (UINT64_C(1) << 32)
#define PAYLOAD_AT    46

static uint32_t after(uint32_t slot)
{
	return (slot + 1) % IGBVF_RING;
}

static uint64_t second_of(const struct igbvf_ring *ring, uint32_t slot)
{
	return *(const volatile uint64_t *)&ring->slots[slot].second;
}

static void slot_give(struct igbvf_ring *ring, uint32_t slot, uint64_t second)
{
	ring->slots[slot] = (struct igbvf_descriptor){dma_address(ring->buffers[slot]), second};
}

void igbvf_ring_receives(struct igbvf_ring *ring)
{
	ring->next = 0;
	ring->beheaded = false;
	for (uint32_t slot = 0; slot < IGBVF_RING; slot++)
		slot_give(ring, slot, 0);
}

void igbvf_ring_sends(struct igbvf_ring *ring)
{
	memset(ring->slots, 0, sizeof(ring->slots));
	ring->next = ring->done = 0;
}

/* One stays ours, since a full ring would look empty. */
uint32_t igbvf_ring_receive_tail(const struct igbvf_ring *ring)
{
	return (ring->next + IGBVF_RING - 1) % IGBVF_RING;
}

bool igbvf_ring_has_received(const struct igbvf_ring *ring)
{
	return second_of(ring, ring->next) & RECEIVED_DONE;
}

uint32_t igbvf_ring_receive(struct igbvf_ring *ring, uint8_t *frame, uint32_t room)
{
	uint32_t got = 0;

	for (uint32_t i = 0; i < IGBVF_RING && !got && igbvf_ring_has_received(ring); i++) {
		const uint64_t second = second_of(ring, ring->next);
		const uint32_t length = RECEIVED_LENGTH(second);
		const bool whole = !ring->beheaded && second & RECEIVED_END;

		dma_read_barrier(); /* the status before the frame */
		if (whole && !(second & RECEIVED_ERROR) && length <= room && length <= IGBVF_RING_BUFFER) {
			memcpy(frame, ring->buffers[ring->next], length);
			got = length;
		}
		ring->beheaded = !(second & RECEIVED_END);
		slot_give(ring, ring->next, 0);
		ring->next = after(ring->next);
	}
	return got;
}

bool igbvf_ring_send(struct igbvf_ring *ring, const uint8_t *frame, uint32_t length)
{
	while (ring->done != ring->next && second_of(ring, ring->done) & SENT_DONE)
		ring->done = after(ring->done);
	if (!length || length > IGBVF_RING_BUFFER || after(ring->next) == ring->done)
		return false;
	memcpy(ring->buffers[ring->next], frame, length);
	slot_give(ring, ring->next,
		  SEND_DATA | SEND_EXTENDED | SEND_CHECK | SEND_END | SEND_REPORT | length |
			  (uint64_t)length << PAYLOAD_AT);
	ring->next = after(ring->next);
	return true;
}
