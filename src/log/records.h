/* SPDX-License-Identifier: Apache-2.0 */
/*
 * records.h - test records (docs/evidence-records.md): JSON lines, each with the SHA-256 of the one before
 * it.
 *
 * scripts/bundle/tests.py writes them. Called by `bulkhead log verify` and by whoever checks a whole bundle.
 */
#ifndef BULKHEAD_RECORDS_H
#define BULKHEAD_RECORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RECORDS_LINE_MAX  (UINT32_C(1) << 20) /* bytes of a line */
#define RECORDS_COUNT_MAX UINT64_C(1000000)   /* records of a file */

struct records_verdict {
	size_t line; /* of the first wrong one, from 1 on; 0: nothing is wrong */
	uint64_t records, passed, failed, skipped;
	bool dirty;  /* the tree had changes that weren't committed */
	bool tagged; /* the commit had a tag */
	char commit[41];
};

/* Whether a file begins as one of test records does; an event log begins with a letter. */
bool records_are(const char *text, size_t size);

/* NULL: each line is a record, in its place, and none is missing; else what is wrong with line
 * `verdict->line`. Figures count what stands before that. Not whether the tests passed. `text` need not end
 * in a NUL. */
const char *records_check(const char *text, size_t size, struct records_verdict *verdict);

#endif
