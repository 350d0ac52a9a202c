// SPDX-License-Identifier: Apache-2.0
/*
 * test_ascii.c - whatever a bundle says, nothing but printable ASCII is written.
 * [utest->swr~evidence-verify~1]
 *
 * Robustness: letters, no_letters, people
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bundle.h"

struct pair {
	const char *text, *due;
};

static void check(void (*write)(FILE *out, const char *text), const struct pair *pairs, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		char got[64] = "";
		FILE *const out = fmemopen(got, sizeof(got), "w");

		write(out, pairs[i].text);
		fclose(out);
		if (strcmp(got, pairs[i].due) != 0)
			fail_msg("text %zu: %s", i, got);
	}
}

#define CHECK(write, pairs) check(write, pairs, sizeof(pairs) / sizeof((pairs)[0]))

/* The least and the most of each length, and what a terminal or a reader's eye obeys. */
static void letters(void **state)
{
	static const struct pair pairs[] = {
		{"", "\"\""},
		{" a~", "\" a~\""},
		{"\"\\/", "\"\\\"\\\\/\""},
		{"\x01\n\x1b\x1f", "\"\\u0001\\u000a\\u001b\\u001f\""},
		{"\x7f", "\"\\u007f\""},
		{"\xc2\x80\xc2\x9b\xc2\x9f", "\"\\u0080\\u009b\\u009f\""},
		{"\xdf\xbf", "\"\\u07ff\""},
		{"\xe0\xa0\x80", "\"\\u0800\""},
		{"\xe2\x80\xae", "\"\\u202e\""},
		{"\xed\x9f\xbf", "\"\\ud7ff\""},
		{"\xee\x80\x80", "\"\\ue000\""},
		{"\xef\xbf\xbf", "\"\\uffff\""},
		{"\xf0\x90\x80\x80", "\"\\ud800\\udc00\""},
		{"\xf0\x9f\x98\x80", "\"\\ud83d\\ude00\""},
		{"\xf4\x8f\xbf\xbf", "\"\\udbff\\udfff\""},
	};

	CHECK(ascii_json, pairs);
}

/* Cut, longer than need be, surrogates, beyond the last letter: each byte for itself. */
static void no_letters(void **state)
{
	static const struct pair pairs[] = {
		{"\x80", "\"\\ufffd\""},
		{"\xc3", "\"\\ufffd\""},
		{"\xc3(", "\"\\ufffd(\""},
		{"\xc3\xc3\xa9", "\"\\ufffd\\u00e9\""},
		{"\xc0\x80", "\"\\ufffd\\ufffd\""},
		{"\xc1\xbf", "\"\\ufffd\\ufffd\""},
		{"\xe2\x80", "\"\\ufffd\\ufffd\""},
		{"\xe0\x9f\xbf", "\"\\ufffd\\ufffd\\ufffd\""},
		{"\xed\xa0\x80", "\"\\ufffd\\ufffd\\ufffd\""},
		{"\xed\xbf\xbf", "\"\\ufffd\\ufffd\\ufffd\""},
		{"\xf0\x9f\x98", "\"\\ufffd\\ufffd\\ufffd\""},
		{"\xf0\x8f\xbf\xbf", "\"\\ufffd\\ufffd\\ufffd\\ufffd\""},
		{"\xf4\x90\x80\x80", "\"\\ufffd\\ufffd\\ufffd\\ufffd\""},
		{"\xf8\x88\x80\x80\x80", "\"\\ufffd\\ufffd\\ufffd\\ufffd\\ufffd\""},
		{"\xff", "\"\\ufffd\""},
	};

	CHECK(ascii_json, pairs);
}

static void people(void **state)
{
	static const struct pair pairs[] = {
		{"", ""},
		{" a\"~", " a\"~"},
		{"\\", "\\x5c"},
		{"\x1b[2J\x7f", "\\x1b[2J\\x7f"},
		{"\xc2\x9b\xff", "\\xc2\\x9b\\xff"},
	};

	CHECK(ascii_text, pairs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(letters), cmocka_unit_test(no_letters),
					   cmocka_unit_test(people)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
