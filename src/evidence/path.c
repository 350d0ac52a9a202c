// SPDX-License-Identifier: Apache-2.0
/*
 * path.c - which paths a bundle may have: see bundle.h. The same on every file system, so that nobody sees
 * another file under the name.
 */
#include "bundle.h"

#include <string.h>

static const char *name_wrong(const char *name, size_t length)
{
	if (!length)
		return "an empty name in a path";
	if (length <= 2 && strncmp(name, "..", length) == 0)
		return "a path that leaves its folder";
	for (size_t i = 0; i < length; i++)
		if (name[i] < ' ' || name[i] > '~' || name[i] == '\\')
			return "a path with something else than printable ASCII, or with a backslash";
	return NULL;
}

const char *path_wrong(const char *path)
{
	const char *wrong = NULL;
	size_t names = 0;

	if (strlen(path) > BUNDLE_PATH_MAX)
		return "a path that is too long";
	for (const char *at = path; !wrong; names++) {
		const size_t length = strcspn(at, "/");

		wrong = names < BUNDLE_DEPTH_MAX ? name_wrong(at, length) : "folders too deep";
		if (!at[length])
			break;
		at += length + 1;
	}
	return wrong;
}
