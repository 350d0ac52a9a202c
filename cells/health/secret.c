// SPDX-License-Identifier: Apache-2.0
/*
 * secret.c - see secret.h. [impl->swr~net-secret~1]
 */
#include "secret.h"

#include <string.h>

_Static_assert(crypto_shorthash_siphash24_KEYBYTES <= crypto_hash_sha256_BYTES, "a digest has a key");
_Static_assert(crypto_shorthash_siphash24_BYTES == sizeof(uint64_t), "a hash is a word");

void secret_start(struct secret *secret, crypto_hash_sha256_state *gathered)
{
	uint8_t digest[crypto_hash_sha256_BYTES];

	crypto_hash_sha256_final(gathered, digest);
	*secret = (struct secret){.drawn = 0};
	memcpy(secret->key, digest, sizeof(secret->key));
}

uint64_t secret_hash(const struct secret *secret, enum secret_use use, const uint64_t words[SECRET_WORDS])
{
	uint64_t input[1 + SECRET_WORDS] = {use}, hash;
	uint8_t bytes[sizeof(hash)];

	memcpy(input + 1, words, SECRET_WORDS * sizeof(words[0]));
	crypto_shorthash_siphash24(bytes, (const uint8_t *)input, sizeof(input), secret->key);
	memcpy(&hash, bytes, sizeof(hash));
	return hash;
}

uint64_t secret_draw(struct secret *secret)
{
	const uint64_t words[SECRET_WORDS] = {secret->drawn++};

	return secret_hash(secret, SECRET_NUMBERS, words);
}
