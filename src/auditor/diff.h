/* SPDX-License-Identifier: Apache-2.0 */
/*
 * diff.h - `bulkhead diff IMAGE IMAGE`: what changed between two final images, in terms of ownership.
 *
 * It reads them as the auditor does, so it shares nothing with the compiler either.
 */
#ifndef BULKHEAD_AUDITOR_DIFF_H
#define BULKHEAD_AUDITOR_DIFF_H

#include <stdbool.h>

struct diff_options {
	const char *images[2];
	bool json;
};

/* Returns 0: the same, 1: different, 2: one can't be read. */
int diff_main(const struct diff_options *options);

#endif
