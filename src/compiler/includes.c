// SPDX-License-Identifier: Apache-2.0
/*
 * includes.c - see includes.h. Looks for files in dtc's order: beside the one that names them, then in the
 * folders. Called by dtc_errors.c, once dtc has failed.
 */
#include "includes.h"

#include "process.h"
#include "text.h"
#include "tokens.h"

#include <stdlib.h>
#include <string.h>

#define DEPTH_MOST 100 /* less than dtc's own limit */

struct includer {
	const char *path;
	const struct includer *above;
	int depth;
};

struct search {
	const char *const *folders;
	size_t folder_count;
};

/* NULL: it is nowhere. */
static const char *find(const struct search *search, const char *path, const char *name)
{
	const bool bare = name[0] == '/' || !strchr(path, '/');
	const char *const beside = bare ? name : text_format("%s/%s", text_folder(path), name);

	if (file_exists(beside) || folder_exists(beside))
		return beside;
	for (size_t i = 0; i < search->folder_count && name[0] != '/'; i++) {
		const char *const there = text_format("%s/%s", search->folders[i], name);

		if (file_exists(there) || folder_exists(there))
			return there;
	}
	return NULL;
}

static bool within_itself(const struct includer *above, const char *path)
{
	if (above->depth >= DEPTH_MOST)
		return true;
	for (; above; above = above->above)
		if (strcmp(above->path, path) == 0)
			return true;
	return false;
}

static bool diagnose(const struct search *search, const struct includer *includer);

/* One that `includer` names at `at`. */
static bool diagnose_one(const struct search *search, const struct includer *includer, struct place at,
			 const char *name, bool source)
{
	const char *const path = find(search, includer->path, name);
	const char *wrong = NULL;
	struct bytes file;

	if (!path) {
		diag_error(
			at,
			"can't include \"%s\": there is no such file: it is looked for beside the file that "
			"names it%s",
			name, search->folder_count ? " and in the folders of -I and -B" : "");
		return true;
	}
	if (source && within_itself(includer, path)) {
		diag_error(at, "\"%s\" includes itself, or files are included too deeply: take it out", name);
		return true;
	}
	wrong = file_read(path, UINT64_MAX, &file);
	free(file.data);
	if (wrong)
		diag_error(at, "can't include \"%s\": %s: %s", name, path, wrong);
	return wrong || (source && diagnose(search, &(struct includer){path, includer, includer->depth + 1}));
}

static bool diagnose(const struct search *search, const struct includer *includer)
{
	struct token before = {TOKEN_END, 0, 0}, before_that = before, token;
	struct bytes file;
	bool found = false;

	if (file_read(includer->path, UINT64_MAX, &file))
		return false;
	for (token = token_at(&file, 0); token.kind != TOKEN_END && !found;
	     token = token_at(&file, token.end)) {
		const bool source = token_is(&file, before, "/include/");

		if (token.kind == TOKEN_TEXT && (source || token_is(&file, before_that, "/incbin/"))) {
			const char *const name = text_copy((const char *)file.data + token.start + 1,
							   token.end - token.start - 2);

			found = diagnose_one(search, includer, token_place(&file, token.start), name, source);
		}
		before_that = before;
		before = token;
	}
	free(file.data);
	return found;
}

bool includes_diagnose(const char *path, const char *const *folders, size_t folder_count)
{
	return diagnose(&(struct search){folders, folder_count}, &(struct includer){path, NULL, 0});
}
