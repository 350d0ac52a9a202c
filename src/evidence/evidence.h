/* SPDX-License-Identifier: Apache-2.0 */
/*
 * evidence.h - `bulkhead evidence verify`: a bundle of certification evidence, from its files alone
 * (docs/evidence.md).
 *
 * scripts/bundle/seal.py writes what is verified here. Called by the tool's main.c.
 */
#ifndef BULKHEAD_EVIDENCE_H
#define BULKHEAD_EVIDENCE_H

#include <stdbool.h>

struct evidence_options {
	const char *folder;
	const char *key; /* PEM file: public key, certificate or private key; NULL: not known */
	bool json;
};

/* Returns 0: nothing is wrong; 1: something is; 2: the folder or the key can't be read. */
int evidence_verify(const struct evidence_options *options);

#endif
