// SPDX-License-Identifier: Apache-2.0
/*
 * digest.c - SHA-256 by OpenSSL's EVP interface: see digest.h.
 */
#include "digest.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>

void digest_of(const void *data, size_t size, uint8_t digest[DIGEST_SIZE])
{
	/* Fails only where OpenSSL was built or configured without SHA-256: nothing can be built then. */
	if (EVP_Digest(data, size, digest, NULL, EVP_sha256(), NULL) != 1) {
		fputs("bulkhead: error: this host's OpenSSL refuses SHA-256\n", stderr);
		exit(1);
	}
}

void digest_text(const uint8_t digest[DIGEST_SIZE], char text[2 * DIGEST_SIZE + 1])
{
	for (size_t i = 0; i < DIGEST_SIZE; i++)
		snprintf(text + 2 * i, 3, "%02x", digest[i]);
}
