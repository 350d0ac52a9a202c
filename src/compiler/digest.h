/* SPDX-License-Identifier: Apache-2.0 */
/*
 * digest.h - SHA-256 (FIPS 180-4), by OpenSSL.
 */
#ifndef BULKHEAD_DIGEST_H
#define BULKHEAD_DIGEST_H

#include <stddef.h>
#include <stdint.h>

#define DIGEST_SIZE 32u

void digest_of(const void *data, size_t size, uint8_t digest[DIGEST_SIZE]);

/* As 64 lower-case hexadecimal digits and a NUL. */
void digest_text(const uint8_t digest[DIGEST_SIZE], char text[2 * DIGEST_SIZE + 1]);

#endif
