// SPDX-License-Identifier: Apache-2.0
/*
 * virtio.c - a modern virtio device on PCI (virtio.h).
 */
#include "virtio.h"

#include "mmio.h"
#include "timer.h"

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

/* 2.1 */
#define STATUS_ACKNOWLEDGE 1u
#define STATUS_DRIVER	   2u
#define STATUS_DRIVER_OK   4u
#define STATUS_FEATURES_OK 8u
#define RESET_NS	   UINT64_C(100000000)

static uint64_t structure_map(const struct pci_function *function, uint32_t at)
{
	const uint32_t offset = pci_read32(function, at + CAP_OFFSET);
	const uint32_t length = pci_read32(function, at + CAP_LENGTH);
	const uint64_t bar = pci_bar(function, pci_read8(function, at + CAP_BAR), (uint64_t)offset + length);

	return bar ? bar + offset : 0;
}

bool virtio_find(const struct pci_function *function, struct virtio *virtio)
{
	*virtio = (struct virtio){0};
	for (uint32_t at = 0; (at = pci_capability(function, PCI_CAPABILITY_VENDOR, at));) {
		switch (pci_read8(function, at + CAP_TYPE)) {
		case CAP_COMMON:
			virtio->common = structure_map(function, at);
			break;
		case CAP_NOTIFY:
			virtio->notify = structure_map(function, at);
			virtio->multiplier = pci_read32(function, at + CAP_MULTIPLIER);
			break;
		case CAP_DEVICE:
			virtio->device = structure_map(function, at);
			break;
		default: /* the legacy interrupt status, and another way to these */
			break;
		}
	}
	return virtio->common && virtio->notify && virtio->device;
}

uint8_t virtio_status(const struct virtio *virtio)
{
	return mmio_read8(virtio->common + DEVICE_STATUS);
}

static void status_add(const struct virtio *virtio, uint8_t status)
{
	mmio_write8(virtio->common + DEVICE_STATUS, virtio_status(virtio) | status);
}

static bool reset(const struct virtio *virtio)
{
	const uint64_t end = timer_now() + timer_from_ns(RESET_NS, timer_frequency());

	mmio_write8(virtio->common + DEVICE_STATUS, 0);
	while (virtio_status(virtio))
		if (timer_now() > end)
			return false;
	return true;
}

static uint64_t features_offered(const struct virtio *virtio)
{
	uint64_t offered = 0;

	for (uint32_t half = 0; half < 2; half++) {
		mmio_write32(virtio->common + DEVICE_FEATURE_SELECT, half);
		offered |= (uint64_t)mmio_read32(virtio->common + DEVICE_FEATURE) << 32 * half;
	}
	return offered;
}

static bool features_agree(const struct virtio *virtio, uint64_t features)
{
	for (uint32_t half = 0; half < 2; half++) {
		mmio_write32(virtio->common + DRIVER_FEATURE_SELECT, half);
		mmio_write32(virtio->common + DRIVER_FEATURE, (uint32_t)(features >> 32 * half));
	}
	status_add(virtio, STATUS_FEATURES_OK);
	return virtio_status(virtio) & STATUS_FEATURES_OK;
}

const char *virtio_begin(const struct virtio *virtio, uint64_t wanted, uint64_t *features)
{
	if (!reset(virtio))
		return "it doesn't reset";
	status_add(virtio, STATUS_ACKNOWLEDGE);
	status_add(virtio, STATUS_DRIVER);
	*features = features_offered(virtio) & (wanted | VIRTIO_VERSION_1 | VIRTIO_ACCESS_PLATFORM);
	if (!(*features & VIRTIO_VERSION_1))
		return "it isn't a modern device";
	if (!(*features & VIRTIO_ACCESS_PLATFORM))
		return "it goes around the IOMMU: VIRTIO_F_ACCESS_PLATFORM is missing";
	return features_agree(virtio, *features) ? NULL : "it doesn't agree to the features";
}

void virtio_go(const struct virtio *virtio)
{
	mmio_write16(virtio->common + CONFIG_VECTOR, VIRTIO_NO_VECTOR);
	status_add(virtio, STATUS_DRIVER_OK);
}

uint16_t virtio_queue_size(const struct virtio *virtio, uint16_t number)
{
	mmio_write16(virtio->common + QUEUE_SELECT, number);
	return mmio_read16(virtio->common + QUEUE_SIZE);
}

static void address_write(const struct virtio *virtio, uint32_t at, uint64_t address)
{
	mmio_write32(virtio->common + at, (uint32_t)address);
	mmio_write32(virtio->common + at + 4, (uint32_t)(address >> 32));
}

uint64_t virtio_queue_start(const struct virtio *virtio, uint16_t number, uint16_t size, uint16_t vector,
			    const struct virtio_places *places)
{
	mmio_write16(virtio->common + QUEUE_SELECT, number);
	mmio_write16(virtio->common + QUEUE_SIZE, size);
	mmio_write16(virtio->common + QUEUE_VECTOR, vector);
	address_write(virtio, QUEUE_DESCRIPTORS, places->descriptors);
	address_write(virtio, QUEUE_AVAILABLE, places->available);
	address_write(virtio, QUEUE_USED, places->used);
	mmio_write16(virtio->common + QUEUE_ENABLE, 1);
	if (mmio_read16(virtio->common + QUEUE_VECTOR) != vector)
		return 0;
	return virtio->notify + (uint64_t)mmio_read16(virtio->common + QUEUE_NOTIFY_OFF) * virtio->multiplier;
}
