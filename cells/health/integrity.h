/* SPDX-License-Identifier: Apache-2.0 */
/*
 * integrity.h - hashes again and again what nobody writes (struct integrity_table), some bytes at a time, and
 * says where it has changed. Portable.
 *
 * A pass is the table itself, then its ranges in order. A bit that changes is found when its range has been
 * read once more from its first byte: after a pass and the longest range at the latest.
 */
#ifndef HEALTH_INTEGRITY_H
#define HEALTH_INTEGRITY_H

#include <stdint.h>

#include <sodium/crypto_hash_sha256.h>

#include "../../src/blueprint/telemetry.h"

struct integrity {
	const struct integrity_table *table;
	uint32_t count, size; /* the table's, as they were at the start */
	uint64_t bytes;	      /* of a pass */
	uint64_t longest;     /* range, or the table */
	uint32_t range;	      /* being hashed: 0 the table, else ranges[range - 1] */
	uint64_t done;	      /* bytes of it */
	uint64_t position;    /* bytes of this pass */
	uint64_t passes, errors;
	crypto_hash_sha256_state hash;
};

struct integrity_fault { /* what isn't what it was */
	const char *name;
	uint64_t pa; /* 0: of the table itself */
	uint64_t size;
};

enum integrity_verdict { INTEGRITY_SAME, INTEGRITY_CHANGED };

/* NULL, or what is wrong with the table that lies at `window`, where `size` bytes can be read. */
const char *integrity_open(struct integrity *integrity, const void *window, uint64_t size);
/* At most `bytes` further, and no further than to the first fault. */
enum integrity_verdict integrity_step(struct integrity *integrity, uint64_t bytes,
				      struct integrity_fault *fault);

#endif
