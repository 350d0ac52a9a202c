/* SPDX-License-Identifier: Apache-2.0 */
/*
 * virtio.h - a modern virtio device on PCI (Virtio 1.2, 4.1): its registers, the way it is started, its
 * queues' places. What is in the queues is the driver's.
 */
#ifndef CELLS_VIRTIO_H
#define CELLS_VIRTIO_H

#include "pci.h"

#define VIRTIO_STATUS_NEEDS_RESET 0x40u

#define VIRTIO_VERSION_1	  (UINT64_C(1) << 32) /* 6 */
#define VIRTIO_ACCESS_PLATFORM	  (UINT64_C(1) << 33)
#define VIRTIO_NO_VECTOR	  0xffffu

struct virtio {
	uint64_t common, notify, device; /* registers */
	uint32_t multiplier;		 /* bytes from one queue's notification register to the next's */
};

struct virtio_places { /* of a split queue's parts, as the device sees them */
	uint64_t descriptors, available, used;
};

/* False: it has no such registers. */
bool virtio_find(const struct pci_function *function, struct virtio *virtio);
/* Resets it and agrees to those of the features that it offers. NULL, or why it can't be used: without the
 * two above it can't. */
const char *virtio_begin(const struct virtio *virtio, uint64_t wanted, uint64_t *features);
uint8_t virtio_status(const struct virtio *virtio);
/* No vector for changes of its configuration; the queues are up. */
void virtio_go(const struct virtio *virtio);
/* Entries at most; 0: there is no such queue. */
uint16_t virtio_queue_size(const struct virtio *virtio, uint16_t number);
/* The queue's notification register; 0: it doesn't take the vector. */
uint64_t virtio_queue_start(const struct virtio *virtio, uint16_t number, uint16_t size, uint16_t vector,
			    const struct virtio_places *places);

#endif
