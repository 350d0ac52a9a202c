// SPDX-License-Identifier: Apache-2.0
/*
 * test_records.c - a hostile holder of test records: whatever is done to a line, the file isn't taken for
 * what was written; and no bytes, however chosen, are more than refused.
 *
 * Robustness: every_byte, every_cut, lines_moved, wrong_end, long_line
 * Both ranges: first_line, record_forms
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../compiler/digest.h"
#include "records.h"

#define LINES_MAX 16u
#define LINE_MAX  2048u
#define FILE_MAX  (LINES_MAX * LINE_MAX)
#define ZEROES	  "0000000000000000000000000000000000000000"
#define HASH	  ZEROES "000000000000000000000000"

static struct {
	char lines[LINES_MAX][LINE_MAX];
	unsigned count;
	char file[FILE_MAX];
	size_t size;
} made;
static struct records_verdict verdict;

/* Adds a line; "@" in it stands for the hash of the one before. */
static void add(const char *text)
{
	char *const to = made.lines[made.count], hash[2 * DIGEST_SIZE + 1] = "";
	const char *const at = strchr(text, '@');
	uint8_t digest[DIGEST_SIZE];

	if (made.count) {
		const char *const before = made.lines[made.count - 1];

		digest_of(before, strlen(before), digest);
		digest_text(digest, hash);
	}
	if (at)
		snprintf(to, LINE_MAX, "%.*s%s%s", (int)(at - text), text, hash, at + 1);
	else
		snprintf(to, LINE_MAX, "%s", text);
	made.count++;
}

static void first(const char *more)
{
	char text[LINE_MAX];

	made.count = 0;
	snprintf(text, sizeof(text),
		 "{\"commit\":\"" ZEROES "\",\"format\":\"bulkhead-tests\",\"host\":{},\"record\":0,"
		 "\"started\":\"s\",\"tools\":{},%s}",
		 more);
	add(text);
}

#define FIRST "\"dirty\":false,\"tag\":\"v1\",\"version\":1"

/* A record, but for what `from` is replaced by. */
static void record(unsigned number, const char *name, const char *said, const char *from, const char *to)
{
	char text[LINE_MAX], changed[LINE_MAX];
	const char *at;

	snprintf(text, sizeof(text),
		 "{\"case\":\"%s\",\"duration_s\":0.5,\"expected\":\"e\",\"inputs\":{\"a.dts\":\"" HASH
		 "\"},\"log\":[{\"path\":\"p\",\"sha256\":\"" HASH
		 "\"}],\"monotonic_ns\":1,\"observed\":\"o\",\"previous\":\"@\",\"procedure\":\"t.py\","
		 "\"record\":%u,\"requirements\":[\"r\"],"
		 "\"revision\":\"" ZEROES "\",\"target\":{},\"verdict\":\"%s\",\"wall\":\"w\"}",
		 name, number, said);
	at = from ? strstr(text, from) : NULL;
	assert_true(!from || at);
	if (from)
		snprintf(changed, sizeof(changed), "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
	add(from ? changed : text);
}

static void end(unsigned number, unsigned passed, unsigned failed, unsigned skipped)
{
	char text[LINE_MAX];

	snprintf(text, sizeof(text),
		 "{\"end\":true,\"failed\":%u,\"passed\":%u,\"previous\":\"@\",\"record\":%u,\"skipped\":%u}",
		 failed, passed, number, skipped);
	add(text);
}

static void good(void)
{
	first(FIRST);
	record(1, "a", "pass", NULL, NULL);
	record(2, "b", "fail", NULL, NULL);
	record(3, "c", "skip", NULL, NULL);
	record(4, "d", "pass", NULL, NULL);
	end(5, 2, 1, 1);
}

/* What is said of the lines as they are. */
static const char *check(void)
{
	made.size = 0;
	for (unsigned i = 0; i < made.count; i++)
		made.size += (size_t)sprintf(made.file + made.size, "%s\n", made.lines[i]);
	return records_check(made.file, made.size, &verdict);
}

static void wrong(size_t line, const char *part)
{
	const char *const found = check();

	assert_non_null(found);
	if (!strstr(found, part))
		fail_msg("\"%s\" isn't in \"%s\"", part, found);
	assert_int_equal(verdict.line, line);
}

/* [utest->swr~records-verified~1] */
static void good_file(void **state)
{
	good();
	assert_null(check());
	assert_true(records_are(made.file, made.size));
	assert_int_equal(verdict.line, 0);
	assert_int_equal(verdict.records, 4);
	assert_int_equal(verdict.passed, 2);
	assert_int_equal(verdict.failed, 1);
	assert_int_equal(verdict.skipped, 1);
	assert_true(verdict.tagged && !verdict.dirty);
	assert_string_equal(verdict.commit, ZEROES);
	assert_false(records_are("bulkhead-log-2\n", 15) || records_are("{", 0));
}

/* [utest->swr~records-verified~1] */
static void first_line(void **state)
{
	static const char *const rows[][2] = {
		{"\"dirty\":false,\"tag\":null,\"version\":2", "version"},
		{"\"dirty\":false,\"tag\":null,\"version\":1.0", "version"},
		{"\"dirty\":0,\"tag\":null,\"version\":1", "which tree"},
		{"\"dirty\":false,\"version\":1", "which tree"},
		{FIRST ",\"version\":1", "isn't one JSON object"}, /* said twice */
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		first(rows[i][0]);
		wrong(1, rows[i][1]);
	}
	first("\"dirty\":true,\"tag\":null,\"version\":1");
	record(1, "a", "pass", NULL, NULL);
	end(2, 1, 0, 0);
	assert_null(check());
	assert_true(verdict.dirty && !verdict.tagged);
	made.count = 0;
	add("{\"record\":0,\"format\":\"bulkhead-evidence\"}");
	wrong(1, "no file of test records");
	made.count = 0;
	add("{\"record\":1}");
	wrong(1, "begin with record 0");
	made.count = 0;
	wrong(1, "no end");
	first(FIRST);
	end(1, 0, 0, 0);
	wrong(3, "no test");
}

/* Each field of a record, absent or of another form. */
/* [utest->swr~records-verified~1] */
static void record_forms(void **state)
{
	static const char *const rows[][3] = {
		{"\"case\":\"b\"", "\"case\":\"\"", "which case"},
		{"\"case\":\"b\"", "\"case\":1", "which case"},
		{"\"case\":\"b\"", "\"case\":\"a\"", "two of it"},
		{"\"case\":\"b\"", "\"case\":\"A\"", "two of it"},
		{"\"procedure\"", "\"none\"", "procedure"},
		{"\"revision\":\"00", "\"revision\":\"0", "procedure"},
		{"\"revision\":\"00", "\"revision\":\"0G", "procedure"},
		{"[\"r\"]", "[1]", "requirements"},
		{"[\"r\"]", "\"r\"", "requirements"},
		{"\"inputs\":{", "\"inputs\":{\"\":1,", "on what"},
		{"\"inputs\":{", "\"inputs\":{\"b\":\"0\",", "on what"},
		{"\"inputs\"", "\"none\"", "on what"},
		{"\"target\":{}", "\"target\":[]", "on what"},
		{"\"expected\"", "\"none\"", "expected"},
		{"\"observed\":\"o\"", "\"observed\":null", "expected"},
		{"\"monotonic_ns\":1", "\"monotonic_ns\":-1", "when"},
		{"\"duration_s\":0.5", "\"duration_s\":\"0.5\"", "when"},
		{"\"wall\":\"w\"", "\"wall\":1", "when"},
		{"\"log\":[", "\"log\":[{\"path\":\"p\"},", "logs"},
		{"\"log\":[", "\"log\":[1,", "logs"},
		{"\"verdict\":\"pass\"", "\"verdict\":\"passed\"", "none of pass"},
		{"\"record\":2", "\"record\":3", "isn't the next"},
		{"\"record\":2", "\"record\":2.0", "isn't the next"},
		{"\"record\":2", "\"record\":99999999999999999999", "isn't one JSON object"},
		{"\"previous\":\"", "\"previous\":\"0", "doesn't follow"},
		{"{\"case\"", "[{\"case\"", "isn't one JSON object"},
		{"\"wall\":\"w\"}", "\"wall\":\"w\"} {}", "isn't one JSON object"},
		{"\"wall\":\"w\"", "\"wall\":\"\\ud800\"", "isn't one JSON object"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		first(FIRST);
		record(1, "a", "pass", NULL, NULL);
		record(2, "b", "pass", rows[i][0], rows[i][1]);
		end(3, 2, 0, 0);
		wrong(3, rows[i][2]);
		assert_int_equal(verdict.records, 1);
	}
}

/* Each byte of each line in turn is another: no file but the one that was written is whole. */
/* [utest->swr~records-verified~1] */
static void every_byte(void **state)
{
	good();
	assert_null(check());
	for (size_t i = 0; i < made.size; i++) {
		const char before = made.file[i];

		for (unsigned bit = 1; bit < 0x100; bit <<= 1) {
			made.file[i] = (char)(before ^ bit);
			assert_non_null(records_check(made.file, made.size, &verdict));
			assert_in_range(verdict.line, 1, made.count + 1);
		}
		made.file[i] = before;
	}
}

/* [utest->swr~records-verified~1] */
static void every_cut(void **state)
{
	good();
	assert_null(check());
	for (size_t size = 0; size < made.size; size++)
		assert_non_null(records_check(made.file, size, &verdict));
}

/* [utest->swr~records-verified~1] */
static void lines_moved(void **state)
{
	for (unsigned i = 0; i < 6; i++) { /* each missing in turn */
		good();
		memmove(made.lines[i], made.lines[i + 1], (made.count - i - 1) * sizeof(made.lines[0]));
		made.count--;
		assert_non_null(check());
		assert_int_equal(verdict.line, i + 1);
	}
	for (unsigned i = 0; i < 6; i++) { /* each twice */
		good();
		memmove(made.lines[i + 1], made.lines[i], (made.count - i) * sizeof(made.lines[0]));
		made.count++;
		assert_non_null(check());
		assert_int_equal(verdict.line, i + 2);
	}
	for (unsigned i = 0; i < 5; i++) { /* exchanged with the next */
		char line[LINE_MAX];

		good();
		memcpy(line, made.lines[i], LINE_MAX);
		memcpy(made.lines[i], made.lines[i + 1], LINE_MAX);
		memcpy(made.lines[i + 1], line, LINE_MAX);
		assert_non_null(check());
		assert_int_equal(verdict.line, i + 1);
	}
}

/* Sums that aren't those of the records, by somebody who knows how to chain. */
/* [utest->swr~records-verified~1] */
static void wrong_end(void **state)
{
	static const unsigned sums[][3] = {{3, 0, 1}, {1, 1, 1}, {2, 1, 2}, {2, 2, 1}};

	for (size_t i = 0; i < sizeof(sums) / sizeof(sums[0]); i++) {
		good();
		made.count--;
		end(5, sums[i][0], sums[i][1], sums[i][2]);
		wrong(6, "sums");
	}
	good();
	record(6, "e", "pass", NULL, NULL);
	wrong(7, "behind the end");
}

/* [utest->swr~records-verified~1] */
static void long_line(void **state)
{
	const size_t size = RECORDS_LINE_MAX + 2;
	char *const text = malloc(size);

	memset(text, '{', size);
	text[size - 1] = '\n';
	assert_string_equal(records_check(text, size, &verdict), "the line is longer than a record can be");
	text[size - 2] = '\n';
	assert_string_equal(records_check(text, size - 1, &verdict),
			    "this is no record: it isn't one JSON object");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_file),  cmocka_unit_test(first_line), cmocka_unit_test(record_forms),
		cmocka_unit_test(every_byte), cmocka_unit_test(every_cut),  cmocka_unit_test(lines_moved),
		cmocka_unit_test(wrong_end),  cmocka_unit_test(long_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
