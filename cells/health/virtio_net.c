// SPDX-License-Identifier: Apache-2.0
/*
 * virtio_net.c - a modern virtio NIC on PCI (Virtio 1.2, 4.1 and 5.1): one queue a direction, no offloads.
 */
#include "nic.h"

#include <string.h>

#include "dma.h"
#include "mmio.h"
#include "timer.h"
#include "virtqueue.h"

/* 4.1.4: a vendor capability. */
#define CAP_TYPE       3u
#define CAP_BAR	       4u
#define CAP_OFFSET     8u
#define CAP_LENGTH     12u
#define CAP_MULTIPLIER 16u
#define CAP_COMMON     1u
#define CAP_NOTIFY     2u
#define CAP_DEVICE     4u

/* 4.1.4.3: the common configuration. */
#define DEVICE_FEATURE_SELECT 0x00u
#define DEVICE_FEATURE	      0x04u
#define DRIVER_FEATURE_SELECT 0x08u
#define DRIVER_FEATURE	      0x0cu
#define CONFIG_VECTOR	      0x10u
#define DEVICE_STATUS	      0x14u
#define QUEUE_SELECT	      0x16u
#define QUEUE_SIZE	      0x18u
#define QUEUE_VECTOR	      0x1au
#define QUEUE_ENABLE	      0x1cu
#define QUEUE_NOTIFY_OFF      0x1eu
#define QUEUE_DESCRIPTORS     0x20u
#define QUEUE_AVAILABLE	      0x28u
#define QUEUE_USED	      0x30u
#define NO_VECTOR	      0xffffu

/* 2.1 */
#define STATUS_ACKNOWLEDGE 1u
#define STATUS_DRIVER	   2u
#define STATUS_DRIVER_OK   4u
#define STATUS_FEATURES_OK 8u
#define STATUS_NEEDS_RESET 0x40u
#define RESET_NS	   UINT64_C(100000000)

/* 5.1.3, 6 */
#define FEATURE_MAC	 (UINT64_C(1) << 5)
#define FEATURE_STATUS	 (UINT64_C(1) << 16)
#define FEATURE_VERSION1 (UINT64_C(1) << 32)
#define FEATURE_PLATFORM (UINT64_C(1) << 33)
#define LINK_UP		 1u
#define CONFIG_MAC	 0u
#define CONFIG_STATUS	 6u

#define HEADER_BYTES	 12u /* 5.1.6 */
#define QUEUE_RECEIVE	 0u
#define QUEUE_SEND	 1u

struct nic_queue {
	struct virtqueue queue;
	uint64_t notify;
};

static uint64_t common, device, notify, features;
static uint32_t multiplier;
static struct nic_queue receives, sends;
static uint8_t address[NIC_MAC_BYTES];
static enum nic_state state;
static uint64_t checked;

static uint64_t structure_map(const struct pci_function *function, uint32_t at)
{
	const uint32_t offset = pci_read32(function, at + CAP_OFFSET);
	const uint32_t length = pci_read32(function, at + CAP_LENGTH);
	const uint64_t bar = pci_bar(function, pci_read8(function, at + CAP_BAR), (uint64_t)offset + length);

	return bar ? bar + offset : 0;
}

static bool structures_find(const struct pci_function *function)
{
	for (uint32_t at = 0; (at = pci_capability(function, PCI_CAPABILITY_VENDOR, at));) {
		switch (pci_read8(function, at + CAP_TYPE)) {
		case CAP_COMMON:
			common = structure_map(function, at);
			break;
		case CAP_NOTIFY:
			notify = structure_map(function, at);
			multiplier = pci_read32(function, at + CAP_MULTIPLIER);
			break;
		case CAP_DEVICE:
			device = structure_map(function, at);
			break;
		default: /* the legacy interrupt status, and another way to these */
			break;
		}
	}
	return common && notify && device;
}

static void status_add(uint8_t status)
{
	mmio_write8(common + DEVICE_STATUS, mmio_read8(common + DEVICE_STATUS) | status);
}

static bool reset(void)
{
	const uint64_t end = timer_now() + timer_from_ns(RESET_NS, timer_frequency());

	mmio_write8(common + DEVICE_STATUS, 0);
	while (mmio_read8(common + DEVICE_STATUS))
		if (timer_now() > end)
			return false;
	return true;
}

static uint64_t features_offered(void)
{
	uint64_t offered = 0;

	for (uint32_t half = 0; half < 2; half++) {
		mmio_write32(common + DEVICE_FEATURE_SELECT, half);
		offered |= (uint64_t)mmio_read32(common + DEVICE_FEATURE) << 32 * half;
	}
	return offered;
}

static bool features_agree(void)
{
	for (uint32_t half = 0; half < 2; half++) {
		mmio_write32(common + DRIVER_FEATURE_SELECT, half);
		mmio_write32(common + DRIVER_FEATURE, (uint32_t)(features >> 32 * half));
	}
	status_add(STATUS_FEATURES_OK);
	return mmio_read8(common + DEVICE_STATUS) & STATUS_FEATURES_OK;
}

static void address_write(uint32_t at, const volatile void *memory)
{
	mmio_write32(common + at, (uint32_t)dma_address(memory));
	mmio_write32(common + at + 4, (uint32_t)(dma_address(memory) >> 32));
}

static bool queue_start(struct nic_queue *of, uint16_t number, uint16_t vector)
{
	uint16_t offered;

	mmio_write16(common + QUEUE_SELECT, number);
	offered = mmio_read16(common + QUEUE_SIZE);
	if (!offered)
		return false;
	virtqueue_start(&of->queue, offered);
	mmio_write16(common + QUEUE_SIZE, of->queue.size);
	mmio_write16(common + QUEUE_VECTOR, vector);
	address_write(QUEUE_DESCRIPTORS, of->queue.descriptors);
	address_write(QUEUE_AVAILABLE, &of->queue.available);
	address_write(QUEUE_USED, &of->queue.used);
	of->notify = notify + (uint64_t)mmio_read16(common + QUEUE_NOTIFY_OFF) * multiplier;
	mmio_write16(common + QUEUE_ENABLE, 1);
	return mmio_read16(common + QUEUE_VECTOR) == vector;
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
	if (!reset())
		return "it doesn't reset";
	status_add(STATUS_ACKNOWLEDGE);
	status_add(STATUS_DRIVER);
	features = features_offered() & (FEATURE_MAC | FEATURE_STATUS | FEATURE_VERSION1 | FEATURE_PLATFORM);
	if (!(features & FEATURE_VERSION1))
		return "it isn't a modern device";
	if (!(features & FEATURE_PLATFORM))
		return "it goes around the IOMMU: VIRTIO_F_ACCESS_PLATFORM is missing";
	if (!features_agree())
		return "it doesn't agree to the features";
	mmio_write16(common + CONFIG_VECTOR, NO_VECTOR);
	if (!queue_start(&receives, QUEUE_RECEIVE, 0) || !queue_start(&sends, QUEUE_SEND, NO_VECTOR))
		return "it has no queues";
	virtqueue_signals(&sends.queue, false);
	status_add(STATUS_DRIVER_OK);
	for (uint16_t id = 0; id < receives.queue.size; id++)
		virtqueue_give(&receives.queue, id, VIRTQUEUE_BUFFER, true);
	tell(&receives, QUEUE_RECEIVE);
	for (uint32_t i = 0; features & FEATURE_MAC && i < NIC_MAC_BYTES; i++)
		address[i] = mmio_read8(device + CONFIG_MAC + i);
	return NULL;
}

static const char *start(struct pci_function *function, const uint8_t *own, irq_handler *handler)
{
	memcpy(address, own, NIC_MAC_BYTES);
	pci_enable(function);
	if (!structures_find(function))
		return "its registers can't be found";
	if (!pci_msix_start(function) || !pci_msix_take(function, 0, 0, handler))
		return "it has no interrupt";
	return device_start();
}

static enum nic_state link_state(void)
{
	if (features & FEATURE_STATUS && !(mmio_read16(device + CONFIG_STATUS) & LINK_UP))
		return NIC_LINK_DOWN;
	return NIC_LINK_UP;
}

/* A device that has broken down, or says what can't be, is started anew. */
static enum nic_state step(uint64_t now, uint64_t hz, uint8_t *mac)
{
	const bool due = now - checked > timer_from_ns(NIC_CHECK_NS, hz);
	const bool broken = receives.queue.broken || sends.queue.broken ||
			    (due && mmio_read8(common + DEVICE_STATUS) & STATUS_NEEDS_RESET);

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
