/* SPDX-License-Identifier: Apache-2.0 */
/*
 * journal_sign.h - a checkpoint of the event log: "this log, these many records, with this head, of which the
 * oldest is this, and these many events that no record speaks of; told to who asked with this nonce", signed
 * by the device's Ed25519 key where it has one. Portable: tested on the host.
 */
#ifndef HEALTH_JOURNAL_SIGN_H
#define HEALTH_JOURNAL_SIGN_H

#include <stdbool.h>
#include <stdint.h>

#include "journal.h"

#define JOURNAL_NONCE_BYTES	32u
#define JOURNAL_SEED_BYTES	32u /* RFC 8032, 5.1.5: the private key */
#define JOURNAL_KEY_BYTES	32u
#define JOURNAL_SECRET_BYTES	64u /* libsodium's: private and public key */
#define JOURNAL_SIGNATURE_BYTES 64u

struct journal_key {
	uint8_t public[JOURNAL_KEY_BYTES], secret[JOURNAL_SECRET_BYTES];
};

struct checkpoint {
	uint8_t nonce[JOURNAL_NONCE_BYTES]; /* zeroes: none was given, so this may be an old one */
	uint64_t count;			    /* records */
	uint64_t base;			    /* number before the oldest that was told, or could be */
	uint64_t lost, dropped;		    /* events: journal.h */
	uint8_t log[JOURNAL_DIGEST_BYTES], head[JOURNAL_DIGEST_BYTES];
	bool is_signed;
	uint8_t key[JOURNAL_KEY_BYTES]; /* public */
	uint8_t signature[JOURNAL_SIGNATURE_BYTES];
};

/* Once: it takes as long as a signature. */
void journal_key_open(struct journal_key *key, const uint8_t *seed);
/* Of the journal as it is now, not signed yet. */
void journal_checkpoint(struct checkpoint *checkpoint, const struct journal *journal, const uint8_t *nonce);
void journal_sign(struct checkpoint *checkpoint, const struct journal_key *key);

#endif
