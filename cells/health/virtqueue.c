// SPDX-License-Identifier: Apache-2.0
/*
 * virtqueue.c - a split virtqueue (virtqueue.h).
 */
#include "virtqueue.h"

#include "dma.h"

static uint64_t bit(uint16_t id)
{
	return UINT64_C(1) << id;
}

void virtqueue_start(struct virtqueue *queue, uint16_t size)
{
	queue->size = VIRTQUEUE_SIZE;
	while (queue->size > size)
		queue->size /= 2;
	queue->available.flags = queue->available.index = 0;
	queue->used.flags = queue->used.index = 0;
	queue->taken = 0;
	queue->given = 0;
	queue->broken = false;
}

void virtqueue_give(struct virtqueue *queue, uint16_t id, uint32_t length, bool writes)
{
	const uint16_t index = queue->available.index;

	queue->descriptors[id] = (struct virtqueue_descriptor){
		.address = dma_address(queue->buffers[id]),
		.length = length,
		.flags = writes ? VIRTQUEUE_WRITE : 0,
	};
	queue->available.ring[index % queue->size] = id;
	queue->given |= bit(id);
	dma_write_barrier(); /* the entry before the index that makes it the device's */
	*(volatile uint16_t *)&queue->available.index = (uint16_t)(index + 1);
}

bool virtqueue_has_used(const struct virtqueue *queue)
{
	return !queue->broken && *(const volatile uint16_t *)&queue->used.index != queue->taken;
}

/* [impl->swr~health-net-device-distrusted~1] */
bool virtqueue_take(struct virtqueue *queue, uint16_t *id, uint32_t *length)
{
	const volatile struct virtqueue_element *element = &queue->used.ring[queue->taken % queue->size];
	uint32_t named;

	if (!virtqueue_has_used(queue))
		return false;
	dma_read_barrier(); /* the index before the element */
	named = element->id;
	if (named >= queue->size || !(queue->given & bit((uint16_t)named))) {
		queue->broken = true;
		return false;
	}
	*id = (uint16_t)named;
	*length = element->length;
	if (*length > VIRTQUEUE_BUFFER)
		*length = VIRTQUEUE_BUFFER;
	queue->given &= ~bit(*id);
	queue->taken++;
	return true;
}

bool virtqueue_free(const struct virtqueue *queue, uint16_t *id)
{
	for (*id = 0; *id < queue->size; ++*id)
		if (!(queue->given & bit(*id)))
			return true;
	return false;
}

bool virtqueue_wants_notice(const struct virtqueue *queue)
{
	dma_full_barrier(); /* our index before the device's flags */
	return !(*(const volatile uint16_t *)&queue->used.flags & VIRTQUEUE_NO_SIGNAL);
}

void virtqueue_signals(struct virtqueue *queue, bool wanted)
{
	*(volatile uint16_t *)&queue->available.flags = wanted ? 0 : VIRTQUEUE_NO_SIGNAL;
	dma_full_barrier(); /* the wish before the look at what came meanwhile */
}
