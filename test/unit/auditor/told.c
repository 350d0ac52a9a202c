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

static bool as_due(const struct report *report, const struct telling *row)
{
	if (!row->words)
		return !report->total;
	if (row->silent)
		return report->total && report->total == report->kept_count &&
		       !said(report, row->rule, row->words);
	return said(report, row->rule, row->words);
}

void tellings_run(const struct telling *rows, size_t count)
{
	size_t failed = 0;

	for (size_t i = 0; i < count; i++) {
		struct fixture fixture;
		struct audit audit;

		mutation_audit(&fixture, &audit, rows[i].apply);
		if (!as_due(&audit.report, &rows[i])) {
			fprintf(stderr, "%s: must %ssay %s\n", rows[i].name, rows[i].silent ? "not " : "",
				rows[i].words ? rows[i].words : "nothing");
			report_print(&audit.report, rows[i].name, stderr);
			failed++;
		}
		audit_close(&audit);
		fixture_free(&fixture);
	}
	fprintf(stderr, "%zu of %zu as due\n", count - failed, count);
	assert_int_equal(failed, 0);
}
