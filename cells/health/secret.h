/* SPDX-License-Identifier: Apache-2.0 */
/*
 * secret.h - a secret of this boot, and what follows from it for the network: numbers that others can't
 * foresee, and hashes that others can't make (SipHash-2-4). Portable.
 */
#ifndef HEALTH_SECRET_H
#define HEALTH_SECRET_H

#include <stdint.h>

#include <sodium/crypto_hash_sha256.h>
#include <sodium/crypto_shorthash_siphash24.h>

/* What a hash is for: one use's is none of another's. */
enum secret_use { SECRET_NUMBERS, SECRET_SEQUENCE, SECRET_COOKIE };

struct secret {
	uint8_t key[crypto_shorthash_siphash24_KEYBYTES];
	uint64_t drawn; /* numbers so far */
};

#define SECRET_WORDS 4u /* that a hash is of, at most */

/* Of all that `gathered` was fed, which is spoiled. */
void secret_start(struct secret *secret, crypto_hash_sha256_state *gathered);
uint64_t secret_hash(const struct secret *secret, enum secret_use use, const uint64_t words[SECRET_WORDS]);
/* The next number. */
uint64_t secret_draw(struct secret *secret);

#endif
