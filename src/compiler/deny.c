/* SPDX-License-Identifier: Apache-2.0 */
/*
 * deny.c - the kinds that the command line denies: see deny.h. Set by main.c, asked by firmware.c, dma.c and
 * pci_assign.c.
 */
#include "deny.h"

#include <string.h>

static const char *const kinds[DENY_COUNT] = {
	[DENY_FIRMWARE_CALLS] = "firmware-calls",
	[DENY_UNPROTECTED_DMA] = "unprotected-dma",
	[DENY_PEER_DMA] = "peer-dma",
	[DENY_SHARED_DEVICE] = "shared-device",
	[DENY_SHARED_FIRMWARE] = "shared-firmware",
};

static bool is_denied[DENY_COUNT];

static bool deny_one(const char *name, size_t length)
{
	for (int i = 0; i < DENY_COUNT; i++) {
		if (strlen(kinds[i]) != length || strncmp(kinds[i], name, length) != 0)
			continue;
		is_denied[i] = true;
		return true;
	}
	return false;
}

/* [impl->swr~config-deny~1] */
bool deny_set(const char *list)
{
	for (size_t length; *list; list += length + (list[length] == ',')) {
		length = strcspn(list, ",");
		if (!deny_one(list, length))
			return false;
	}
	return true;
}

bool denied(enum deny_kind kind)
{
	return is_denied[kind];
}
