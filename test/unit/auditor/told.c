// SPDX-License-Identifier: Apache-2.0
/*
 * told.c - audits images with one change each, and compares what is said with what is due.
 */
#include "told.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static bool said(const struct report *report, enum rule rule, const char *words)
{
	for (size_t i = 0; i < report->kept_count; i++)
		if (report->kept[i].rule == rule && strstr(report->kept[i].message, words))
			return true;
	return false;
}

static size_t failure(const struct audit *audit, const char *name, const char *what, const char *words)
{
	fprintf(stderr, "%s: %s %s\n", name, what, words);
	report_print(&audit->report, name, stderr);
	return 1;
}

void tellings_run(const struct telling *rows, size_t count)
{
	size_t failed = 0;

	for (size_t i = 0; i < count; i++) {
		struct fixture fixture;
		struct audit audit;

		mutation_audit(&fixture, &audit, rows[i].apply);
		if (!audit.report.total || said(&audit.report, rows[i].rule, rows[i].words) == rows[i].silent)
			failed += failure(&audit, rows[i].name, rows[i].silent ? "must not say" : "must say",
					  rows[i].words);
		audit_close(&audit);
		fixture_free(&fixture);
	}
	fprintf(stderr, "%zu of %zu told\n", count - failed, count);
	assert_int_equal(failed, 0);
}

void admissions_run(const struct admission *rows, size_t count)
{
	size_t failed = 0;

	for (size_t i = 0; i < count; i++) {
		struct fixture fixture;
		struct audit audit;

		mutation_audit(&fixture, &audit, rows[i].apply);
		if (audit.report.total)
			failed += failure(&audit, rows[i].name, "is good, but was told of", "");
		audit_close(&audit);
		fixture_free(&fixture);
	}
	assert_int_equal(failed, 0);
}
