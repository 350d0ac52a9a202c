// SPDX-License-Identifier: Apache-2.0
/*
 * test_compare.c - files against the manifest: how many bytes are hashed at most, and a file that becomes
 * another one while the bundle is verified. [utest->swr~evidence-files~1]
 *
 * Robustness: sum, sum_of_others, exchanged, changed_before
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bundle.h"

#define COUNT 17u

static struct bundle bundle;
static const char *after; /* what BUNDLE_RECORDS is once it has been hashed; NULL: what it was */
static uint8_t hashed[DIGEST_SIZE];

static void write_file(const char *path, const char *text)
{
	const int fd = openat(bundle.root, path, O_CREAT | O_WRONLY | O_TRUNC, 0600);

	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

/* In place of OpenSSL's, by which each hash ends. */
int EVP_DigestFinal_ex(EVP_MD_CTX *context, unsigned char *digest, unsigned int *size)
{
	int (*const real)(EVP_MD_CTX *, unsigned char *, unsigned int *) =
		(int (*)(EVP_MD_CTX *, unsigned char *, unsigned int *))dlsym(RTLD_NEXT,
									      "EVP_DigestFinal_ex");
	const int done = real(context, digest, size);

	if (after && memcmp(digest, hashed, DIGEST_SIZE) == 0)
		write_file(BUNDLE_RECORDS, after);
	return done;
}

static size_t faults_of(enum fault_kind kind, const char *path)
{
	size_t found = 0;

	for (size_t i = 0; i < bundle.fault_count; i++)
		found += bundle.faults[i].kind == kind && strcmp(bundle.faults[i].path, path) == 0;
	return found;
}

static int clean(void **state)
{
	bundle_free(&bundle);
	return 0;
}

/* Files that aren't there, found with these sizes: what is hashed is unreadable. */
static void find(const uint64_t sizes[COUNT], uint64_t more)
{
	static const uint8_t digest[DIGEST_SIZE];

	bundle.root = -1;
	bundle.files = calloc(COUNT, sizeof(bundle.files[0]));
	bundle.file_count = COUNT;
	for (size_t i = 0; i < COUNT; i++) {
		char path[] = {(char)('a' + i), '\0'};

		bundle.files[i] =
			(struct bundle_file){.path = strdup(path), .size = sizes[i], .regular = true};
		hashes_add(&bundle.listed, path, sizes[i] + more, digest);
	}
	manifest_compare(&bundle);
}

static void sum(void **state)
{
	uint64_t sizes[COUNT];

	for (size_t i = 0; i < COUNT; i++)
		sizes[i] = BUNDLE_FILE_MAX;
	sizes[0] = 0;
	find(sizes, 0);
	assert_int_equal(bundle.fault_total, COUNT);
	assert_int_equal(bundle.faults[0].kind, FAULT_UNREADABLE);
	bundle_free(&bundle);
	sizes[0] = 1;
	find(sizes, 0);
	assert_int_equal(bundle.fault_total, 1);
	assert_int_equal(faults_of(FAULT_LIMIT, "."), 1);
}

/* What isn't hashed because of its own size isn't counted. */
static void sum_of_others(void **state)
{
	uint64_t sizes[COUNT];

	for (size_t i = 0; i < COUNT; i++)
		sizes[i] = BUNDLE_FILE_MAX + 1;
	find(sizes, 0);
	assert_int_equal(faults_of(FAULT_LIMIT, "."), 0);
	bundle_free(&bundle);
	for (size_t i = 0; i < COUNT; i++)
		sizes[i] = BUNDLE_FILE_MAX;
	find(sizes, 1);
	assert_int_equal(faults_of(FAULT_LIMIT, "."), 0);
	assert_int_equal(faults_of(FAULT_CHANGED, "a"), 1);
}

/* A bundle of a manifest and records alone, whose hash is that of `listed`. */
static void verify(const char *listed, const char *before, const char *behind)
{
	char folder[] = "/tmp/test_compare.XXXXXX", text[2 * DIGEST_SIZE + 1], manifest[256];

	assert_non_null(mkdtemp(folder));
	bundle.root = open(folder, O_RDONLY | O_DIRECTORY);
	mkdirat(bundle.root, "tests", 0700);
	digest_of(listed, strlen(listed), hashed);
	digest_text(hashed, text);
	snprintf(manifest, sizeof(manifest),
		 "{\"format\":\"bulkhead-evidence\",\"version\":1,\"files\":[{\"path\":\"" BUNDLE_RECORDS
		 "\",\"size\":%zu,\"sha256\":\"%s\"}]}",
		 strlen(listed), text);
	write_file(BUNDLE_MANIFEST, manifest);
	write_file(BUNDLE_RECORDS, before);
	after = behind;
	bundle_verify(&bundle, NULL);
	after = NULL;
	unlinkat(bundle.root, BUNDLE_RECORDS, 0);
	unlinkat(bundle.root, BUNDLE_MANIFEST, 0);
	unlinkat(bundle.root, "tests", AT_REMOVEDIR);
	close(bundle.root);
	rmdir(folder);
}

static void unchanged(void **state)
{
	verify("good\n", "good\n", NULL);
	assert_int_equal(faults_of(FAULT_CHANGED, BUNDLE_RECORDS), 0);
	assert_int_equal(faults_of(FAULT_RECORDS, BUNDLE_RECORDS), 1);
}

/* Once it has been hashed, and before it is read. */
static void exchanged(void **state)
{
	verify("good\n", "good\n", "evil\n");
	assert_int_equal(faults_of(FAULT_CHANGED, BUNDLE_RECORDS), 1);
}

static void changed_before(void **state)
{
	verify("good\n", "evil\n", NULL);
	assert_int_equal(faults_of(FAULT_CHANGED, BUNDLE_RECORDS), 1);
	bundle_free(&bundle);
	verify("good\n", "evil, and longer\n", NULL);
	assert_int_equal(faults_of(FAULT_CHANGED, BUNDLE_RECORDS), 1);
}

#define TEST(name) cmocka_unit_test_teardown(name, clean)

int main(void)
{
	const struct CMUnitTest tests[] = {TEST(sum), TEST(sum_of_others), TEST(unchanged), TEST(exchanged),
					   TEST(changed_before)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
