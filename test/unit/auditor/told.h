/* SPDX-License-Identifier: Apache-2.0 */
/*
 * told.h - images with one change, and what the audit says of each: the rule and the words of its complaint,
 * or nothing at all. One row for each condition that decides a rule's question alone.
 */
#ifndef BULKHEAD_TEST_AUDITOR_TOLD_H
#define BULKHEAD_TEST_AUDITOR_TOLD_H

#include "mutate.h"

struct telling {
	const char *name;
	void (*apply)(struct fixture *fixture);
	enum rule rule;
	const char *words; /* a part of what the rule says; NULL: nothing at all is said of the image */
	bool silent;	   /* these are what it must not say, where others complain */
};

/* Runs every row: fails, with the auditor's lines, where what is said isn't what is due. */
void tellings_run(const struct telling *rows, size_t count);

#define TOLD(rule, name, words)	  {#name, name, RULE_##rule, words, false}
#define UNTOLD(rule, name, words) {#name, name, RULE_##rule, words, true}
#define ADMITTED(name)		  {#name, name, RULE_COUNT, NULL, false}
#define ROWS(rows)		  rows, sizeof(rows) / sizeof((rows)[0])

/* The good image with one change, in C. */
#define MUTATION(name, ...)                                                                                  \
	static void name(struct fixture *f)                                                                  \
	{                                                                                                    \
		__VA_ARGS__                                                                                  \
	}
/* In what `make` makes of it, one text is another. */
#define REPLACED(name, make, text, from, to)                                                                 \
	static void name(struct fixture *f)                                                                  \
	{                                                                                                    \
		make(f);                                                                                     \
		fixture_replace(&f->text, from, to);                                                         \
	}
static inline void as_it_is(struct fixture *f)
{
	(void)f;
}
#define PARTITION(name, from, to)   REPLACED(name, as_it_is, partition_text, from, to)
#define BOARD(name, from, to)	    REPLACED(name, as_it_is, board_text, from, to)
#define GUEST(name, cell, from, to) REPLACED(name, as_it_is, guest_text[cell], from, to)

/* Of two tests: of what is told, and of what is admitted. */
#define TOLD_MAIN(told, admitted)                                                                            \
	int main(void)                                                                                       \
	{                                                                                                    \
		const struct CMUnitTest tests[] = {cmocka_unit_test(told), cmocka_unit_test(admitted)};      \
                                                                                                             \
		return cmocka_run_group_tests(tests, NULL, NULL);                                            \
	}

#endif
