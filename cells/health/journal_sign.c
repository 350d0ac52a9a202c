// SPDX-License-Identifier: Apache-2.0
/*
 * journal_sign.c - checkpoints (journal_sign.h). Ed25519 is libsodium's.
 */
#include "journal_sign.h"

#include <string.h>

#include <sodium/crypto_sign_ed25519.h>

struct statement { /* what is signed: docs/log.md. Integers are little-endian */
	char purpose[24];
	uint8_t nonce[JOURNAL_NONCE_BYTES];
	uint64_t count, base, lost, dropped;
	uint8_t log[JOURNAL_DIGEST_BYTES], head[JOURNAL_DIGEST_BYTES];
};
_Static_assert(sizeof(struct statement) == 152, "docs/log.md");

void journal_key_open(struct journal_key *key, const uint8_t *seed)
{
	crypto_sign_ed25519_seed_keypair(key->public, key->secret, seed);
}

void journal_checkpoint(struct checkpoint *checkpoint, const struct journal *journal, const uint8_t *nonce)
{
	*checkpoint = (struct checkpoint){.count = journal->count,
					  .base = journal->first - 1,
					  .lost = journal->lost,
					  .dropped = journal->dropped};
	memcpy(checkpoint->nonce, nonce, sizeof(checkpoint->nonce));
	memcpy(checkpoint->log, journal->log, sizeof(checkpoint->log));
	memcpy(checkpoint->head, journal->head, sizeof(checkpoint->head));
}

/* [impl->swr~health-journal-signed~2] */
void journal_sign(struct checkpoint *checkpoint, const struct journal_key *key)
{
	struct statement statement = {.purpose = "bulkhead-checkpoint-2",
				      .count = checkpoint->count,
				      .base = checkpoint->base,
				      .lost = checkpoint->lost,
				      .dropped = checkpoint->dropped};

	memcpy(statement.nonce, checkpoint->nonce, sizeof(statement.nonce));
	memcpy(statement.log, checkpoint->log, sizeof(statement.log));
	memcpy(statement.head, checkpoint->head, sizeof(statement.head));
	memcpy(checkpoint->key, key->public, sizeof(checkpoint->key));
	crypto_sign_ed25519_detached(checkpoint->signature, NULL, (const unsigned char *)&statement,
				     sizeof(statement), key->secret);
	checkpoint->is_signed = true;
}
