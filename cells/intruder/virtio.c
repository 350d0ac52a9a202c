// SPDX-License-Identifier: Apache-2.0
/*
 * virtio.c - intruder: a virtio drive (Virtio 1.2, 5.2) whose buffers, and whose queue itself, are where it
 * is told. The device breaks where it finds no descriptor, so it is started for every request.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "intruder.h"
#include "mmio.h"
#include "virtio.h"

#define VENDOR	    0x1af4u
#define DEVICE	    0x1042u
#define ENTRIES	    8u
#define PATIENCE_MS 60000u /* the drive is the host's, whose time is another */
#define SILENCE_MS  500u   /* of a device that finds nothing to do */

#define NEXT	    1u /* flags of a descriptor */
#define WRITTEN	    2u /* by the device */
#define REQUEST_IN  0u
#define REQUEST_OUT 1u
#define USED_INDEX  2u /* in the used ring */
#define SECTOR_MARK 0u /* what is written is there */
#define SECTOR_BACK 8u /* what was read goes there */

struct descriptor {
	uint64_t address;
	uint32_t length;
	uint16_t flags, next;
};

/* One request after another, each of three descriptors from the first on. */
struct queue {
	struct descriptor descriptors[ENTRIES];
	struct {
		uint16_t flags, index, ring[ENTRIES], event;
	} available;
	struct {
		uint16_t flags, index;
		struct {
			uint32_t id, length;
		} ring[ENTRIES];
		uint16_t event;
	} used __attribute__((aligned(4)));
};

struct request {
	uint32_t type, reserved;
	uint64_t sector;
	uint8_t status;
};

static struct virtio drive;
static struct queue queue __attribute__((aligned(4096)));
static struct request request;
static const volatile uint16_t *used_index; /* where it comes, where it does */

static bool is_over(void)
{
	return *used_index || (virtio_status(&drive) & VIRTIO_STATUS_NEEDS_RESET);
}

static struct virtio_places own_places(void)
{
	return (struct virtio_places){
		.descriptors = (uintptr_t)queue.descriptors,
		.available = (uintptr_t)&queue.available,
		.used = (uintptr_t)&queue.used,
	};
}

static bool ready(void)
{
	struct pci_function function;

	if (!function_find(VENDOR, DEVICE, &function))
		return false;
	pci_enable(&function);
	return virtio_find(&function, &drive);
}

/* A page, with a queue at these places; false: the device has not come to an end with it, nor broken. */
static bool ask(const struct virtio_places *places, uint32_t type, uint64_t sector, uint64_t address,
		uint64_t patience_ms)
{
	uint64_t features, notify;

	memset(&queue, 0, sizeof(queue));
	request = (struct request){.type = type, .sector = sector};
	queue.descriptors[0] = (struct descriptor){(uintptr_t)&request, 16, NEXT, 1};
	queue.descriptors[1] =
		(struct descriptor){address, PAGE, NEXT | (type == REQUEST_IN ? WRITTEN : 0), 2};
	queue.descriptors[2] = (struct descriptor){(uintptr_t)&request.status, 1, WRITTEN, 0};
	queue.available.index = 1;
	if (virtio_begin(&drive, 0, &features) || !virtio_queue_size(&drive, 0))
		return false;
	used_index = &queue.used.index;
	if (places->descriptors == (uintptr_t)theirs)
		memcpy(theirs, queue.descriptors, sizeof(queue.descriptors));
	if (places->available == (uintptr_t)theirs)
		memcpy(theirs, &queue.available, sizeof(queue.available));
	if (places->used == (uintptr_t)theirs)
		used_index = (uint16_t *)(void *)(theirs + USED_INDEX);
	notify = virtio_queue_start(&drive, 0, ENTRIES, VIRTIO_NO_VECTOR, places);
	__asm__ volatile("dsb sy" ::: "memory");
	virtio_go(&drive);
	mmio_write16(notify, 0);
	return notify && wait_for(is_over, patience_ms);
}

/* The drive's page of marks there; then what is there, by way of the drive, here. */
static void run_dma(const uint64_t *args)
{
	const struct virtio_places own = own_places();
	bool good = ready();

	mark();
	if (args[1] != DMA_READ)
		good = good && ask(&own, REQUEST_OUT, SECTOR_MARK, (uintptr_t)out, PATIENCE_MS) &&
		       ask(&own, REQUEST_IN, SECTOR_MARK, args[0], PATIENCE_MS);
	if (args[1] != DMA_WRITE)
		good = good && ask(&own, REQUEST_OUT, SECTOR_BACK, (uintptr_t)back, PATIENCE_MS) &&
		       ask(&own, REQUEST_OUT, SECTOR_BACK, args[0], PATIENCE_MS) &&
		       ask(&own, REQUEST_IN, SECTOR_BACK, (uintptr_t)back, PATIENCE_MS);
	printf("intruder: blk 0x%" PRIx64 " %s brought=0x%" PRIx64 "\n", args[0], good ? "done" : "hangs",
	       *(uint64_t *)(void *)back);
}

/* Each part of the queue there, one at a time: how many requests come back. A device that finds none in an
 * empty queue says nothing. */
static void run_queue(const uint64_t *args)
{
	struct virtio_places places[3] = {own_places(), own_places(), own_places()};
	const bool good = ready();
	uint32_t done = 0;

	places[0].descriptors = places[1].available = places[2].used = args[0];
	for (uint32_t i = 0; i < 3 && good; i++) {
		memset(theirs, 0, PAGE);
		ask(&places[i], REQUEST_IN, SECTOR_MARK, (uintptr_t)back,
		    args[0] == (uintptr_t)theirs ? PATIENCE_MS : SILENCE_MS);
		done += *used_index;
	}
	printf("intruder: blkqueue 0x%" PRIx64 " %s requests=%" PRIu32 "\n", args[0], good ? "done" : "hangs",
	       done);
}

const struct command virtio_commands[] = {
	{"blk", "ADDRESS [1: WRITE, 2: READ]", 1, run_dma},
	{"blkqueue", "ADDRESS", 1, run_queue},
	{NULL, NULL, 0, NULL},
};
