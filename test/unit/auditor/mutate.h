/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mutate.h - one change to the good image, and the rule that must catch it.
 */
#ifndef BULKHEAD_TEST_AUDITOR_MUTATE_H
#define BULKHEAD_TEST_AUDITOR_MUTATE_H

#include "fixture.h"

struct mutation {
	const char *name;
	void (*apply)(struct fixture *fixture);
	enum rule rule;
};

/* Runs every row: fails, with the auditor's lines, where the rule didn't speak. Prints the score. */
void mutations_run(const struct mutation *rows, size_t count);
/* The audit of one changed image; the caller closes it. */
void mutation_audit(struct fixture *fixture, struct audit *audit, void (*apply)(struct fixture *fixture));

#endif
