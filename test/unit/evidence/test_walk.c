// SPDX-License-Identifier: Apache-2.0
/*
 * test_walk.c - a folder that can't be read to its end isn't taken for one that ends there.
 * [utest->swr~evidence-files~1]
 *
 * Robustness: cut, cut_within
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bundle.h"

static struct step {	  /* of readdir() */
	const char *name; /* NULL: the end, or the error */
	int error;
} steps[8];

static size_t step;
static struct bundle bundle;

/* In place of the C library's. */
struct dirent *readdir(DIR *folder)
{
	static struct dirent entry;
	const struct step *const now = &steps[step++];

	if (now->name) {
		strcpy(entry.d_name, now->name);
		return &entry;
	}
	if (now->error)
		errno = now->error;
	return NULL;
}

static int set_up(void **state)
{
	char folder[] = "/tmp/test_walk.XXXXXX";

	assert_non_null(mkdtemp(folder));
	bundle.root = open(folder, O_RDONLY | O_DIRECTORY);
	close(openat(bundle.root, "a", O_CREAT | O_WRONLY, 0600));
	mkdirat(bundle.root, "b", 0700);
	*state = strdup(folder);
	step = 0;
	memset(steps, 0, sizeof(steps));
	return 0;
}

static int tear_down(void **state)
{
	unlinkat(bundle.root, "a", 0);
	unlinkat(bundle.root, "b", AT_REMOVEDIR);
	close(bundle.root);
	rmdir(*state);
	free(*state);
	bundle_free(&bundle);
	return 0;
}

/* An error of before is none of the folder's. */
static void whole(void **state)
{
	steps[0].name = ".";
	steps[1].name = "a";
	steps[2].name = "none";
	bundle_walk(&bundle);
	assert_int_equal(bundle.file_count, 1);
	assert_int_equal(bundle.fault_total, 1);
	assert_string_equal(bundle.faults[0].path, "none");
}

static void cut(void **state)
{
	steps[0].name = "a";
	steps[1].error = EIO;
	bundle_walk(&bundle);
	assert_int_equal(bundle.file_count, 1);
	assert_int_equal(bundle.fault_total, 1);
	assert_int_equal(bundle.faults[0].kind, FAULT_UNREADABLE);
	assert_string_equal(bundle.faults[0].path, "");
	assert_string_equal(bundle.faults[0].words, strerror(EIO));
}

/* Nor is it empty. */
static void cut_within(void **state)
{
	steps[0].name = "b";
	steps[2].error = EBADMSG;
	bundle_walk(&bundle);
	assert_int_equal(bundle.fault_total, 1);
	assert_int_equal(bundle.faults[0].kind, FAULT_UNREADABLE);
	assert_string_equal(bundle.faults[0].path, "b");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {TEST(whole), TEST(cut), TEST(cut_within)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
