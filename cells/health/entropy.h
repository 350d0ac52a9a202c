/* SPDX-License-Identifier: Apache-2.0 */
/*
 * entropy.h - what others can't know, gathered once at the start (docs/residuals.md says what it is worth).
 */
#ifndef HEALTH_ENTROPY_H
#define HEALTH_ENTROPY_H

#include <stdbool.h>

#include <sodium/crypto_hash_sha256.h>

/* True: the processor's random numbers are among it. */
bool entropy_gather(crypto_hash_sha256_state *into);

#endif
