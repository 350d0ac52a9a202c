/* SPDX-License-Identifier: Apache-2.0 */
/*
 * journal_sign.h - a checkpoint of the event log: "these many records, with this head, told to who asked with
 * this nonce", signed by the device's Ed25519 key where it has one. Portable: tested on the host.
 */
#ifndef HEALTH_JOURNAL_SIGN_H
#define HEALTH_JOURNAL_SIGN_H

#include <stdbool.h>
#include <stdint.h>

#include "journal.h"

#define JOURNAL_NONCE_BYTES	32u
#define JOURNAL_SEED_BYTES	32u /* RFC 8032, 5.1.5: the private key */
#define JOURNAL_KEY_BYTES	32u
#define JOURNAL_SIGNATURE_BYTES 64u

struct checkpoint {
	uint8_t nonce[JOURNAL_NONCE_BYTES]; /* zeroes: none was given, so this may be an old one */
	uint64_t count;
	uint8_t head[JOURNAL_DIGEST_BYTES];
	bool is_signed;
	uint8_t key[JOURNAL_KEY_BYTES]; /* public */
	uint8_t signature[JOURNAL_SIGNATURE_BYTES];
};

/* Of the journal as it is now. `seed`: NULL, then it isn't signed. */
void journal_checkpoint(struct checkpoint *checkpoint, const struct journal *journal, const uint8_t *nonce,
			const uint8_t *seed);

#endif
