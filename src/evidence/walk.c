// SPDX-License-Identifier: Apache-2.0
/*
 * walk.c - what is in a bundle's folder: see bundle.h. Links aren't followed, and nothing but regular files
 * is opened.
 */
#include "bundle.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../compiler/text.h"

struct folders { /* still to be looked into; the bundle's own is empty */
	char **list;
	size_t count;
};

static const char *kind_name(mode_t mode)
{
	return S_ISLNK(mode)	? "a symbolic link"
	       : S_ISFIFO(mode) ? "a pipe"
	       : S_ISSOCK(mode) ? "a socket"
				: "a device";
}

static void take(struct bundle *bundle, struct folders *folders, char *path)
{
	const char *const unsafe = path_wrong(path);
	struct stat status;

	if (unsafe) {
		fault_add(bundle, FAULT_UNSAFE, path, "%s", unsafe);
	} else if (fstatat(bundle->root, path, &status, AT_SYMLINK_NOFOLLOW) != 0) {
		fault_add(bundle, FAULT_UNREADABLE, path, "%s", strerror(errno));
	} else if (S_ISDIR(status.st_mode)) {
		folders->list = memory_grow(folders->list, folders->count, sizeof(folders->list[0]));
		folders->list[folders->count++] = path;
		return;
	} else {
		if (!S_ISREG(status.st_mode))
			fault_add(bundle, FAULT_IRREGULAR, path, "%s, not a regular file",
				  kind_name(status.st_mode));
		bundle->files = memory_grow(bundle->files, bundle->file_count, sizeof(bundle->files[0]));
		bundle->files[bundle->file_count++] = (struct bundle_file){
			.path = path, .size = (uint64_t)status.st_size, .regular = S_ISREG(status.st_mode)};
		return;
	}
	free(path);
}

static bool is_itself(const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

/* NULL: there is no more, or `error` says why it can't be told. */
static const struct dirent *next_entry(DIR *entries, int *error)
{
	const struct dirent *entry;

	errno = 0;
	entry = readdir(entries);
	*error = entry ? 0 : errno;
	return entry;
}

static void look_into(struct bundle *bundle, struct folders *folders, const char *folder)
{
	const int fd = openat(bundle->root, folder[0] ? folder : ".",
			      O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *const entries = fd < 0 ? NULL : fdopendir(fd);
	const size_t before = bundle->entry_count;
	const struct dirent *entry;
	int error = 0;

	if (!entries) {
		fault_add(bundle, FAULT_UNREADABLE, folder, "%s", strerror(errno));
		if (fd >= 0)
			close(fd);
		return;
	}
	while (!bundle->cut && (entry = next_entry(entries, &error))) {
		if (is_itself(entry->d_name))
			continue;
		bundle->cut = bundle->entry_count++ == BUNDLE_ENTRIES_MAX;
		if (!bundle->cut)
			take(bundle, folders,
			     text_format("%s%s%s", folder, folder[0] ? "/" : "", entry->d_name));
	}
	closedir(entries);
	if (error)
		fault_add(bundle, FAULT_UNREADABLE, folder, "%s", strerror(error));
	else if (bundle->entry_count == before && folder[0])
		fault_add(bundle, FAULT_ADDED, folder, "an empty folder: no manifest can name it");
}

static int by_path(const void *a, const void *b)
{
	return strcmp(((const struct bundle_file *)a)->path, ((const struct bundle_file *)b)->path);
}

/* Breadth first, so that no depth of folders costs stack. [impl->swr~evidence-files~1] */
void bundle_walk(struct bundle *bundle)
{
	struct folders folders = {0};

	look_into(bundle, &folders, "");
	for (size_t i = 0; i < folders.count; i++) {
		if (!bundle->cut)
			look_into(bundle, &folders, folders.list[i]);
		free(folders.list[i]);
	}
	free(folders.list);
	if (bundle->cut)
		fault_add(bundle, FAULT_LIMIT, ".",
			  "more than %u files and folders: the rest wasn't looked at", BUNDLE_ENTRIES_MAX);
	if (bundle->file_count)
		qsort(bundle->files, bundle->file_count, sizeof(bundle->files[0]), by_path);
}

const struct bundle_file *bundle_find(const struct bundle *bundle, const char *path)
{
	const struct bundle_file wanted = {.path = (char *)path};

	return bundle->file_count
		       ? bsearch(&wanted, bundle->files, bundle->file_count, sizeof(wanted), by_path)
		       : NULL;
}
