/* SPDX-License-Identifier: Apache-2.0 */
/*
 * deny.h - `--deny`: what a partition file may ask for though no table can isolate it, refused all the same.
 */
#ifndef BULKHEAD_DENY_H
#define BULKHEAD_DENY_H

#include <stdbool.h>

enum deny_kind {
	DENY_FIRMWARE_CALLS,
	DENY_UNPROTECTED_DMA,
	DENY_PEER_DMA,
	DENY_SHARED_DEVICE,
	DENY_SHARED_FIRMWARE,
	DENY_COUNT
};

/* A comma-separated list of kinds; false: one of them is unknown. */
bool deny_set(const char *kinds);
bool denied(enum deny_kind kind);

#endif
