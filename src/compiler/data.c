/* SPDX-License-Identifier: Apache-2.0 */
/*
 * data.c - finds what is installed with the tool: board folders, known-slaves, bulkhead.bin.
 *
 * The folder is, in this order: -B DIR, $BULKHEAD_DATA, ../share/bulkhead from the executable (an
 * installed tool), .. from the executable (the source tree, whose build/ holds the tool).
 */
#include "front.h"

#include "process.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *chosen;

void data_set_folder(const char *path)
{
	chosen = path;
}

/* The folder that the user names, NULL: none. */
static const char *named_folder(void)
{
	const char *const set = getenv("BULKHEAD_DATA");

	if (chosen)
		return chosen;
	return set && set[0] ? set : NULL;
}

static const char *executable_folder(void)
{
	char path[4096];
	const ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - 1);

	if (length <= 0)
		return ".";
	return text_folder(text_copy(path, (size_t)length));
}

/* The source tree has bulkhead.bin in build/. */
static const char *find_below(const char *folder, const char *name)
{
	const char *const direct = text_format("%s/%s", folder, name);
	const char *const built = text_format("%s/build/%s", folder, name);

	if (file_exists(direct) || folder_exists(direct))
		return direct;
	return file_exists(built) ? built : NULL;
}

const char *data_find(const char *name)
{
	const char *const set = named_folder();
	const char *folder, *path;

	if (set)
		return find_below(set, name);
	folder = executable_folder();
	path = find_below(text_format("%s/../share/bulkhead", folder), name);
	return path ? path : find_below(text_format("%s/..", folder), name);
}

const char *data_folders(void)
{
	const char *const set = named_folder();
	const char *const folder = executable_folder();

	return set ? set : text_format("%s/../share/bulkhead, %s/..", folder, folder);
}
