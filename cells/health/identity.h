/* SPDX-License-Identifier: Apache-2.0 */
/*
 * identity.h - who this machine is, as the factory wrote it (struct boot_identity). Portable.
 */
#ifndef HEALTH_IDENTITY_H
#define HEALTH_IDENTITY_H

#include <stdbool.h>

#include "../../src/blueprint/boot_state.h"
#include "flash.h"

struct identity { /* what may be shown: the private key isn't in it */
	bool there;
	char serial[IDENTITY_SERIAL + 1];
	uint32_t mac_count, address_count;
	uint8_t macs[IDENTITY_MACS_MAX][IDENTITY_MAC];
	char addresses[IDENTITY_ADDRESSES_MAX][IDENTITY_ADDRESS + 1];
};

#define IDENTITY_SEED 32u

/* NULL, or why there is none; then nothing is in `identity` and `seed`. `seed`: of IDENTITY_SEED bytes, the
 * private key, whose public key is the one that stands beside it. */
const char *identity_read(const struct flash *flash, uint32_t offset, struct identity *identity,
			  uint8_t *seed);

#endif
