/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nic.h - what the health cell's network asks of a NIC's driver. There is one NIC, and all is done in the
 * main loop but `quiet`, which the NIC's interrupt calls.
 */
#ifndef HEALTH_NIC_H
#define HEALTH_NIC_H

#include <stdbool.h>
#include <stdint.h>

#include "pci.h"

#define NIC_MAC_BYTES	 6u
#define NIC_FRAME_MAX	 1514u /* without the check sequence, which the NIC adds and takes away */
#define NIC_BUFFER_BYTES 2048u
#define NIC_CHECK_NS	 UINT64_C(100000000) /* between looks at what the NIC doesn't interrupt for */

enum nic_state {
	NIC_WAITING, /* it can't be used yet, or no longer: the driver is at it */
	NIC_LINK_DOWN,
	NIC_LINK_UP,
};

struct nic_identity {
	uint16_t vendor, device;
};

struct nic_driver {
	const char *name, *lost; /* lost: why it was, where it was NIC_WAITING again */
	struct nic_identity identity;
	/* NULL, or why the function can't be used. `own`: the MAC for a NIC that has none. */
	const char *(*start)(struct pci_function *function, const uint8_t *own, irq_handler *handler);
	/* One step, of bounded time, to a NIC that can be used. `mac` is set where it isn't NIC_WAITING. */
	enum nic_state (*step)(uint64_t now, uint64_t hz, uint8_t *mac);
	/* The next frame's bytes, copied; 0: there is none. Longer and broken ones are passed over. */
	uint32_t (*receive)(uint8_t *frame, uint32_t room);
	/* False: there is no room, the frame is lost. */
	bool (*send)(const uint8_t *frame, uint32_t length);
	void (*quiet)(void);  /* no interrupts */
	bool (*listen)(void); /* interrupts again; true: a frame is there already */
};

extern const struct nic_driver nic_virtio, nic_igbvf;

#endif
