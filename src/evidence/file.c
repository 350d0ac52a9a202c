// SPDX-License-Identifier: Apache-2.0
/*
 * file.c - a bundle's files, into memory or into their SHA-256: see bundle.h. Only what bundle_walk() found
 * to be regular is opened, and it must be so still.
 */
#include "bundle.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../compiler/text.h"

#define STEP 65536u

/* -1: with what is wrong. Without waiting: what was a file may be a pipe by now. */
static int file_open(const struct bundle *bundle, const char *path, uint64_t limit, const char **wrong)
{
	const int fd = openat(bundle->root, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat status;

	*wrong = NULL;
	if (fd < 0 || fstat(fd, &status) != 0)
		*wrong = strerror(errno);
	else if (!S_ISREG(status.st_mode))
		*wrong = "it is no regular file any more";
	else if ((uint64_t)status.st_size > limit)
		*wrong = "it is larger than can be right";
	if (!*wrong)
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

static ssize_t read_some(int fd, void *to, size_t size)
{
	ssize_t got;

	do
		got = read(fd, to, size);
	while (got < 0 && errno == EINTR);
	return got;
}

/* JSON takes up to 76 times its size in memory; the manifest's is freed before there is any other. */
static uint64_t limit_of(const char *path)
{
	return strcmp(path, BUNDLE_RECORDS) == 0    ? BUNDLE_RECORDS_MAX
	       : strcmp(path, BUNDLE_MANIFEST) == 0 ? BUNDLE_MANIFEST_MAX
						    : BUNDLE_DOCUMENT_MAX;
}

const char *bundle_read(const struct bundle *bundle, const char *path, struct bundle_bytes *bytes)
{
	const struct bundle_file *const file = bundle_find(bundle, path);
	const size_t room = file ? (size_t)file->size : 0;
	const char *wrong;
	ssize_t got = 1;
	int fd;

	*bytes = (struct bundle_bytes){0};
	if (!file || !file->regular)
		return "it isn't there";
	if (room > limit_of(path))
		return "it is larger than can be right";
	fd = file_open(bundle, path, limit_of(path), &wrong);
	if (fd < 0)
		return wrong;
	/* As large as it was found: one that grows meanwhile is cut, and isn't what the manifest says. */
	bytes->data = memory_new(room + 1, 1);
	while (got > 0 && bytes->size < room) {
		got = read_some(fd, bytes->data + bytes->size, room - bytes->size);
		if (got < 0)
			wrong = strerror(errno);
		else
			bytes->size += (size_t)got;
	}
	close(fd);
	return wrong;
}

const char *bundle_digest(const struct bundle *bundle, const char *path, uint8_t digest[DIGEST_SIZE])
{
	static uint8_t step[STEP];
	EVP_MD_CTX *const context = EVP_MD_CTX_new();
	const char *wrong = NULL;
	uint64_t total = 0;
	ssize_t got = 1;
	const int fd = file_open(bundle, path, BUNDLE_FILE_MAX, &wrong);

	if (!wrong && (!context || EVP_DigestInit_ex(context, EVP_sha256(), NULL) != 1))
		wrong = "this host's OpenSSL refuses SHA-256";
	while (!wrong && got > 0) {
		got = read_some(fd, step, sizeof(step));
		if (got < 0)
			wrong = strerror(errno);
		else if ((total += (uint64_t)got) > BUNDLE_FILE_MAX)
			wrong = "it grows while it is read";
		else if (EVP_DigestUpdate(context, step, (size_t)got) != 1)
			wrong = "this host's OpenSSL refuses SHA-256";
	}
	if (!wrong && EVP_DigestFinal_ex(context, digest, NULL) != 1)
		wrong = "this host's OpenSSL refuses SHA-256";
	EVP_MD_CTX_free(context);
	if (fd >= 0)
		close(fd);
	return wrong;
}
