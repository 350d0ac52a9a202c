// SPDX-License-Identifier: Apache-2.0
/*
 * journal_sign.c - checkpoints (journal_sign.h). Ed25519 is libsodium's.
 */
#include "journal_sign.h"

#include <string.h>

#include <sodium/crypto_sign_ed25519.h>
#include <sodium/utils.h>

struct statement { /* what is signed: docs/log.md */
	char purpose[24];
	uint8_t nonce[JOURNAL_NONCE_BYTES];
	uint64_t count; /* little-endian */
	uint8_t head[JOURNAL_DIGEST_BYTES];
};
_Static_assert(sizeof(struct statement) == 96, "docs/log.md");

/* [impl->swr~health-journal-signed~1] */
void journal_checkpoint(struct checkpoint *checkpoint, const struct journal *journal, const uint8_t *nonce,
			const uint8_t *seed)
{
	struct statement statement = {.purpose = "bulkhead-checkpoint-1", .count = journal->count};
	uint8_t secret[crypto_sign_ed25519_SECRETKEYBYTES];

	memcpy(statement.nonce, nonce, sizeof(statement.nonce));
	memcpy(statement.head, journal->head, sizeof(statement.head));
	*checkpoint = (struct checkpoint){.count = journal->count, .is_signed = seed != NULL};
	memcpy(checkpoint->nonce, nonce, sizeof(checkpoint->nonce));
	memcpy(checkpoint->head, journal->head, sizeof(checkpoint->head));
	if (!seed)
		return;
	crypto_sign_ed25519_seed_keypair(checkpoint->key, secret, seed);
	crypto_sign_ed25519_detached(checkpoint->signature, NULL, (const unsigned char *)&statement,
				     sizeof(statement), secret);
	sodium_memzero(secret, sizeof(secret));
}
