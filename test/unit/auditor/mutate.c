// SPDX-License-Identifier: Apache-2.0
/*
 * mutate.c - applies mutations and checks that each is caught by its rule.
 */
#include "mutate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

void mutation_audit(struct fixture *fixture, struct audit *audit, void (*apply)(struct fixture *fixture))
{
	*audit = (struct audit){0};
	fixture_make(fixture);
	if (apply)
		apply(fixture);
	fixture_seal(fixture);
	if (!audit_run(audit, (struct blob){fixture->image, fixture->image_size}))
		fail_msg("the fixture isn't even a FIT");
}

void mutations_run(const struct mutation *rows, size_t count)
{
	size_t caught = 0;

	for (size_t i = 0; i < count; i++) {
		struct fixture fixture;
		struct audit audit;

		mutation_audit(&fixture, &audit, rows[i].apply);
		if (audit.report.by_rule[rows[i].rule]) {
			caught++;
		} else {
			fprintf(stderr, "not caught by %s: %s\n", rule_id(rows[i].rule), rows[i].name);
			report_print(&audit.report, "mutant", stderr);
		}
		audit_close(&audit);
		fixture_free(&fixture);
	}
	fprintf(stderr, "%zu of %zu mutations caught\n", caught, count);
	assert_int_equal(caught, count);
}
