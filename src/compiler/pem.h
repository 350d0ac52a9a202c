/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pem.h - Ed25519 keys (RFC 8032) as `openssl genpkey` writes them: PEM, without a password.
 *
 * Called by log_key.c, and by src/log for the key that a log is verified with.
 */
#ifndef BULKHEAD_PEM_H
#define BULKHEAD_PEM_H

#include <stdbool.h>
#include <stdint.h>

#include "plan.h"

#define PEM_KEY_SIZE 32

/* False: the file is no such key. */
bool pem_private(const struct bytes *file, uint8_t seed[PEM_KEY_SIZE]);
/* The public key, of a public or a private one. */
bool pem_public(const struct bytes *file, uint8_t key[PEM_KEY_SIZE]);

#endif
