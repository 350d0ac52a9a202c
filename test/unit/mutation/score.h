/* SPDX-License-Identifier: Apache-2.0 */
/*
 * score.h - what was judged: by rule, by kind of part, and by both. A mutant counts once, however often it is
 * drawn.
 */
#ifndef BULKHEAD_TEST_MUTATION_SCORE_H
#define BULKHEAD_TEST_MUTATION_SCORE_H

#include <stdio.h>

#include "mutant.h"
#include "report.h"

struct score {
	size_t breaking, itself, another, missed;
};

struct scores {
	struct score by_rule[RULE_COUNT], by_pair[RULE_COUNT][KIND_COUNT];
	bool carried[RULE_COUNT][KIND_COUNT];	/* some record has a field of that pair */
	bool exhausted[RULE_COUNT][KIND_COUNT]; /* there is no further mutant of that pair */
	size_t mutants[KIND_COUNT], breaking[KIND_COUNT], missed[KIND_COUNT], harmless[KIND_COUNT],
		refused[KIND_COUNT];
};

extern const char *const kind_names[KIND_COUNT];

/* Of the changes that the specimen has now: false where they were made before. */
bool score_new(const struct specimen *s);
void score_add(struct scores *scores, enum kind kind, const bool *broken, const struct report *report,
	       bool clean);
/* Rules whose claims only specimens with PCI functions can break. */
bool score_of_functions(int rule);
/* As docs/audit.md has it: rules, of functions or the others, and kinds that were put to the test. */
void scores_write(const struct scores *scores, bool functions, FILE *out);

#endif
