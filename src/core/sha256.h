/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sha256.h - SHA-256 (FIPS 180-4), for the blueprint and the image store. Position-independent and
 * without statics: it also runs before the MMU is on. Spoils the FP/SIMD registers: for what comes before a
 * guest's first instruction.
 */
#ifndef BULKHEAD_SHA256_H
#define BULKHEAD_SHA256_H

#include "types.h"

#define SHA256_BYTES 32u

struct sha256 {
	u32 state[8];
	u8 block[64];
	u64 length; /* bytes taken so far */
};

extern const u32 sha256_k[64]; /* the rounds' constants */

void sha256_start(struct sha256 *sha);
void sha256_add(struct sha256 *sha, const void *data, u64 size);
void sha256_end(struct sha256 *sha, u8 digest[SHA256_BYTES]);

bool digest_equal(const u8 *a, const u8 *b);

#endif
