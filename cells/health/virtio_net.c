// SPDX-License-Identifier: Apache-2.0
/*
 * virtio_net.c - a modern virtio NIC on PCI (Virtio 1.2, 4.1 and 5.1): one queue a direction, no offloads.
 */
#include "nic.h"

#include <string.h>

#include "dma.h"
#include "mmio.h"
#include "proofs.h"
#include "timer.h"
#include "virtio.h"
#include "virtqueue.h"

/* 5.1.3 */
#define FEATURE_MAC    (UINT64_C(1) << 5)
#define FEATURE_STATUS (UINT64_C(1) << 16)
#define LINK_UP	       1u
#define CONFIG_MAC     0u
#define CONFIG_STATUS  6u

#define HEADER_BYTES   12u /* 5.1.6 */
#define QUEUE_RECEIVE  0u
#define QUEUE_SEND     1u

struct nic_queue {
	struct virtqueue queue;
	uint64_t notify;
};

static struct virtio virtio;
static uint64_t features;
static struct nic_queue receives, sends;
static uint8_t address[NIC_MAC_BYTES];
static enum nic_state state;
static uint64_t checked;

static bool queue_start(struct nic_queue *of, uint16_t number, uint16_t vector)
{
	const uint16_t offered = virtio_queue_size(&virtio, number);

	if (!offered)
		return false;
	virtqueue_start(&of->queue, offered);
	of->notify = virtio_queue_start(&virtio, number, of->queue.size, vector,
					&(struct virtio_places){
						.descriptors = dma_address(of->queue.descriptors),
						.available = dma_address(&of->queue.available),
						.used = dma_address(&of->queue.used),
					});
	return of->notify;
}

static void tell(const struct nic_queue *of, uint16_t number)
{
	if (!virtqueue_wants_notice(&of->queue))
		return;
	dma_device_barrier();
	mmio_write16(of->notify, number);
}

static const char *device_start(void)
{
	const char *const why = virtio_begin(&virtio, FEATURE_MAC | FEATURE_STATUS, &features);

	if (why)
		return why;
	if (!queue_start(&receives, QUEUE_RECEIVE, 0) || !queue_start(&sends, QUEUE_SEND, VIRTIO_NO_VECTOR))
		return "it has no queues";
	virtqueue_signals(&sends.queue, false);
	virtio_go(&virtio);
	for (uint16_t id = 0; id < receives.queue.size; id++)
		virtqueue_give(&receives.queue, id, VIRTQUEUE_BUFFER, true);
	tell(&receives, QUEUE_RECEIVE);
	for (uint32_t i = 0; features & FEATURE_MAC && i < NIC_MAC_BYTES; i++)
		address[i] = mmio_read8(virtio.device + CONFIG_MAC + i);
	return NULL;
}

/* Its queue of frames to send lies where it may not read: it looks there when it is told of a frame. False:
 * it can't. */
static bool stray(uint64_t address_of_another)
{
	const uint16_t offered =
		virtio_begin(&virtio, 0, &features) ? 0 : virtio_queue_size(&virtio, QUEUE_SEND);

	if (!offered)
		return false;
	virtqueue_start(&sends.queue, offered);
	sends.notify = virtio_queue_start(&virtio, QUEUE_SEND, sends.queue.size, VIRTIO_NO_VECTOR,
					  &(struct virtio_places){
						  .descriptors = dma_address(sends.queue.descriptors),
						  .available = address_of_another,
						  .used = dma_address(&sends.queue.used),
					  });
	return sends.notify;
}

/* Waits: at the start nothing else is watched yet. */
static void prove(void)
{
	uint64_t address_of_another;

	if (!proofs_dma_wanted(&address_of_another))
		return;
	if (stray(address_of_another) && proofs_dma_begin()) {
		virtio_go(&virtio);
		dma_device_barrier();
		mmio_write16(sends.notify, QUEUE_SEND);
		while (!proofs_dma_is_over())
			;
	}
	virtio_begin(&virtio, 0, &features);
	proofs_dma_end();
}

static const char *start(struct pci_function *function, const uint8_t *own, irq_handler *handler)
{
	memcpy(address, own, NIC_MAC_BYTES);
	pci_enable(function);
	if (!virtio_find(function, &virtio))
		return "its registers can't be found";
	if (!pci_msix_start(function) || !pci_msix_take(function, 0, 0, handler))
		return "it has no interrupt";
	prove();
	return device_start();
}

static enum nic_state link_state(void)
{
	if (features & FEATURE_STATUS && !(mmio_read16(virtio.device + CONFIG_STATUS) & LINK_UP))
		return NIC_LINK_DOWN;
	return NIC_LINK_UP;
}

/* A device that has broken down, or says what can't be, is started anew. */
static enum nic_state step(uint64_t now, uint64_t hz, uint8_t *mac)
{
	const bool due = now - checked > timer_from_ns(NIC_CHECK_NS, hz);
	const bool broken = receives.queue.broken || sends.queue.broken ||
			    (due && virtio_status(&virtio) & VIRTIO_STATUS_NEEDS_RESET);

	if (broken && state != NIC_WAITING)
		state = NIC_WAITING;
	else if (due || state == NIC_WAITING)
		state = broken && device_start() ? NIC_WAITING : link_state();
	if (due)
		checked = now;
	memcpy(mac, address, NIC_MAC_BYTES);
	return state;
}

static uint32_t receive(uint8_t *frame, uint32_t room)
{
	struct virtqueue *queue = &receives.queue;
	uint32_t length, got = 0;
	uint16_t id;

	for (uint16_t i = 0; i < queue->size && !got && virtqueue_take(queue, &id, &length); i++) {
		if (length > HEADER_BYTES && length - HEADER_BYTES <= room) {
			got = length - HEADER_BYTES;
			memcpy(frame, queue->buffers[id] + HEADER_BYTES, got);
		}
		virtqueue_give(queue, id, VIRTQUEUE_BUFFER, true);
		tell(&receives, QUEUE_RECEIVE);
	}
	return got;
}

static bool send(const uint8_t *frame, uint32_t length)
{
	struct virtqueue *queue = &sends.queue;
	uint32_t none;
	uint16_t id;

	while (virtqueue_take(queue, &id, &none)) /* each is given once: bounded */
		;
	if (length > NIC_FRAME_MAX || !virtqueue_free(queue, &id))
		return false;
	memset(queue->buffers[id], 0, HEADER_BYTES);
	memcpy(queue->buffers[id] + HEADER_BYTES, frame, length);
	virtqueue_give(queue, id, HEADER_BYTES + length, false);
	tell(&sends, QUEUE_SEND);
	return true;
}

static void quiet(void)
{
	virtqueue_signals(&receives.queue, false);
}

static bool listen(void)
{
	virtqueue_signals(&receives.queue, true);
	return virtqueue_has_used(&receives.queue);
}

/* [impl->swr~health-net-virtio~1] */
const struct nic_driver nic_virtio = {
	.name = "virtio-net",
	.lost = "it broke down",
	.identity = {.vendor = 0x1af4, .device = 0x1041},
	.start = start,
	.step = step,
	.receive = receive,
	.send = send,
	.quiet = quiet,
	.listen = listen,
};
