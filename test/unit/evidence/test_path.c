// SPDX-License-Identifier: Apache-2.0
/*
 * test_path.c - which paths a bundle may have. [utest->swr~evidence-manifest~1]
 *
 * Robustness: bad_paths, limits
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "bundle.h"

static void good_paths(void **state)
{
	static const char *const good[] = {
		"a", "report.html", "tests/logs/configs::test_x.py::y[z]/a b.log", "...", ".a/..b", "a~",
		"-"};

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_null(path_wrong(good[i]));
}

static void bad_paths(void **state)
{
	static const char *const bad[] = {"",	  "/",	   "/a",   "a/",       "a//b",	 ".",	  "..",
					  "./a",  "../a",  "a/..", "a/.",      "a/../b", "a/./b", "a\\b",
					  "a\nb", "a\x7f", "\x1b", "\xc3\xa9", "a/\t"};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (!path_wrong(bad[i]))
			fail_msg("path %zu", i);
}

/* As long and as deep as may be, and by one more. */
static void limits(void **state)
{
	char path[BUNDLE_PATH_MAX + 2];

	memset(path, 'a', sizeof(path));
	path[BUNDLE_PATH_MAX] = '\0';
	assert_null(path_wrong(path));
	path[BUNDLE_PATH_MAX] = 'a';
	path[BUNDLE_PATH_MAX + 1] = '\0';
	assert_non_null(path_wrong(path));
	for (size_t i = 1; i < 2 * BUNDLE_DEPTH_MAX; i += 2)
		path[i] = '/';
	path[2 * BUNDLE_DEPTH_MAX - 1] = '\0';
	assert_null(path_wrong(path));
	memcpy(path + 2 * BUNDLE_DEPTH_MAX - 1, "/a", 3);
	assert_non_null(path_wrong(path));
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(good_paths), cmocka_unit_test(bad_paths),
					   cmocka_unit_test(limits)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
