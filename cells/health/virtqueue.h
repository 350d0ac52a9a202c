/* SPDX-License-Identifier: Apache-2.0 */
/*
 * virtqueue.h - a split virtqueue (Virtio 1.2, 2.7) whose descriptor n always names buffer n. Portable:
 * tested on the host. What the device writes is checked before it is used.
 */
#ifndef HEALTH_VIRTQUEUE_H
#define HEALTH_VIRTQUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VIRTQUEUE_SIZE	    64u /* at most; a power of two, the bits of `given` */
#define VIRTQUEUE_BUFFER    2048u
#define VIRTQUEUE_WRITE	    2u /* descriptor: the device writes */
#define VIRTQUEUE_NO_SIGNAL 1u /* of either side's flags */

struct virtqueue_descriptor {
	uint64_t address;
	uint32_t length;
	uint16_t flags, next;
};

struct virtqueue_element {
	uint32_t id, length;
};

struct virtqueue {
	struct virtqueue_descriptor descriptors[VIRTQUEUE_SIZE] __attribute__((aligned(16)));
	struct {
		uint16_t flags, index, ring[VIRTQUEUE_SIZE], event;
	} available;
	struct {
		uint16_t flags, index;
		struct virtqueue_element ring[VIRTQUEUE_SIZE];
		uint16_t event;
	} used __attribute__((aligned(4))); /* the device's */
	uint8_t buffers[VIRTQUEUE_SIZE][VIRTQUEUE_BUFFER] __attribute__((aligned(64)));
	/* ours alone */
	uint16_t size;	/* power of two */
	uint16_t taken; /* used elements, modulo 2^16 */
	uint64_t given; /* buffers that are the device's: a bit each */
	bool broken;	/* the device has said what can't be */
};

_Static_assert(sizeof(struct virtqueue_descriptor) == 16, "Virtio 1.2, 2.7.5");
_Static_assert(offsetof(struct virtqueue, available.ring) - offsetof(struct virtqueue, available) == 4,
	       "2.7.6");
_Static_assert(offsetof(struct virtqueue, used.ring) - offsetof(struct virtqueue, used) == 4, "2.7.8");

/* Empty, all buffers ours. `size`: what the device offers; what is used of it is in queue->size. */
void virtqueue_start(struct virtqueue *queue, uint16_t size);
/* Makes a buffer of ours the device's. `writes`: the device fills it. */
void virtqueue_give(struct virtqueue *queue, uint16_t id, uint32_t length, bool writes);
/* The next buffer that the device has given back; false: none. *length is what it has written, not more than
 * a buffer holds. */
bool virtqueue_take(struct virtqueue *queue, uint16_t *id, uint32_t *length);
/* A buffer that is ours; false: none. */
bool virtqueue_free(const struct virtqueue *queue, uint16_t *id);
/* Does the device want to be told of what is given? */
bool virtqueue_wants_notice(const struct virtqueue *queue);
void virtqueue_signals(struct virtqueue *queue, bool wanted);
bool virtqueue_has_used(const struct virtqueue *queue);

#endif
