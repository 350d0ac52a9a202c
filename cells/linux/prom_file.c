// SPDX-License-Identifier: Apache-2.0
/*
 * prom_file.c - see prom_file.h. The collector takes what is called *.prom, at any time: so the text is
 * written under another name first. [impl->swr~exporter-file~1]
 */
#include "prom_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#define NAME "bulkhead.prom"

static bool write_all(int file, const char *text, size_t length)
{
	while (length) {
		const ssize_t count = write(file, text, length);

		if (count < 0 && errno != EINTR)
			return false;
		if (count > 0) {
			text += count;
			length -= (size_t)count;
		}
	}
	return true;
}

bool prom_file_write(const char *directory, const struct exposition *exposition)
{
	char part[PATH_MAX], whole[PATH_MAX];
	bool written;
	int file, why;

	if (snprintf(part, sizeof(part), "%s/" NAME ".part", directory) >= (int)sizeof(part)) {
		errno = ENAMETOOLONG;
		return false;
	}
	snprintf(whole, sizeof(whole), "%s/" NAME, directory);
	file = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (file < 0)
		return false;
	written = write_all(file, exposition->text, exposition->length);
	why = errno;
	if (close(file) && written) {
		written = false;
		why = errno;
	}
	if (written && !rename(part, whole))
		return true;
	if (written)
		why = errno;
	unlink(part);
	errno = why;
	return false;
}
