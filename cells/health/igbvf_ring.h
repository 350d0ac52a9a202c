/* SPDX-License-Identifier: Apache-2.0 */
/*
 * igbvf_ring.h - descriptor rings of the 82576 (datasheet 7.1.5 and 7.2.2: advanced descriptors, one buffer a
 * frame), slot n always with buffer n. Portable: tested on the host.
 */
#ifndef HEALTH_IGBVF_RING_H
#define HEALTH_IGBVF_RING_H

#include <stdbool.h>
#include <stdint.h>

#define IGBVF_RING	  64u /* slots: a multiple of eight */
#define IGBVF_RING_BUFFER 2048u

struct igbvf_descriptor { /* as the driver writes it, or as the device writes it back */
	uint64_t first;	  /* address of the buffer */
	uint64_t second;  /* commands and lengths; then status and length */
};

struct igbvf_ring {
	struct igbvf_descriptor slots[IGBVF_RING] __attribute__((aligned(128)));
	uint8_t buffers[IGBVF_RING][IGBVF_RING_BUFFER] __attribute__((aligned(64)));
	uint32_t next; /* of receiving: to look at; of sending: to fill */
	uint32_t done; /* of sending: to be given back */
	bool beheaded; /* of receiving: the rest of a frame that is passed over comes */
};

/* Every slot is the device's but one. */
void igbvf_ring_receives(struct igbvf_ring *ring);
/* No slot is. */
void igbvf_ring_sends(struct igbvf_ring *ring);
/* What the tail register holds: the slot behind the device's last. */
uint32_t igbvf_ring_receive_tail(const struct igbvf_ring *ring);
/* The next whole frame, copied; 0: none is there. Longer than `room`, broken and split ones are passed over,
 * as many as the ring holds. Slots passed are the device's again once the tail is told. */
uint32_t igbvf_ring_receive(struct igbvf_ring *ring, uint8_t *frame, uint32_t room);
bool igbvf_ring_has_received(const struct igbvf_ring *ring);
/* False: the ring is full, or the frame too long. `ring->next` is the new tail. */
bool igbvf_ring_send(struct igbvf_ring *ring, const uint8_t *frame, uint32_t length);

#endif
