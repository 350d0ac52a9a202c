/* SPDX-License-Identifier: Apache-2.0 */
/*
 * refusal.h - one change to the good image, and what the auditor must say of it: rule and words.
 */
#ifndef BULKHEAD_TEST_AUDITOR_REFUSAL_H
#define BULKHEAD_TEST_AUDITOR_REFUSAL_H

#include "fixture.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define ACCEPTED     NULL /* instead of words: there is no violation at all */

struct refusal {
	const char *name;
	void (*apply)(struct fixture *fixture); /* before it is sealed; NULL: nothing */
	void (*edit)(void *fdt);		/* the FIT itself, with room to grow; NULL: nothing */
	enum rule rule;
	const char *words; /* a part of one of the rule's lines, or ACCEPTED */
};

/* Runs every row; fails, with the auditor's lines, where its words weren't said. */
void refusals_run(const struct refusal *rows, size_t count);

/* The one audit of an image made so; the caller closes it and frees the fixture. */
void refusal_audit(struct fixture *fixture, struct audit *audit, const struct refusal *row);
bool refusal_said(const struct audit *audit, enum rule rule, const char *words);

/* A part of a FIT: its bytes, to be changed in place; others instead of them. Both keep its hash right
 * when part_hash() follows. */
int part_node(const void *fdt, const char *part);
uint8_t *part_bytes(void *fdt, const char *part, size_t *size);
void part_hash(void *fdt, const char *part);
void part_set(void *fdt, const char *part, const void *data, size_t size);

#endif
