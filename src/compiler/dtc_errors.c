// SPDX-License-Identifier: Apache-2.0
/*
 * dtc_errors.c - turns dtc's errors (`FILE:LINE.COL-COL text`) into diagnostics, in our words where a user is
 * likely to meet them. Called by source.c.
 */
#include "dtc_errors.h"

#include "diag.h"
#include "includes.h"
#include "process.h"
#include "syntax.h"
#include "text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Where `:LINE.COL` stands in one of dtc's messages, NULL: nowhere. */
static const char *find_position(const char *line, int *row, int *column, const char **rest)
{
	for (const char *at = strchr(line, ':'); at; at = strchr(at + 1, ':')) {
		int used = 0;

		if (sscanf(at, ":%d.%d%n", row, column, &used) == 2 && used > 0) {
			*rest = at + used;
			return at;
		}
	}
	return NULL;
}

/* What dtc says, by its beginning or (a '*' in front) anywhere, and what we say. */
static const struct {
	const char *theirs, *ours; /* NULL: an explanation by the text */
} words[] = {
	{"syntax error", NULL},
	{"memory exhausted", "the file is too long or too deep for dtc: a node holds too many others"},
	{"Properties must precede subnodes", "a property stands behind a node: put it before the nodes"},
};

static const char *in_our_words(const char *text, const char *path, struct place at)
{
	const char *found = text;
	struct bytes file;

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strncmp(text, words[i].theirs, strlen(words[i].theirs)) != 0)
			continue;
		if (words[i].ours)
			return words[i].ours;
		if (!file_read(at.file, UINT64_MAX, &file))
			found = syntax_explain(&file, strcmp(at.file, path) != 0, at.line, at.column);
		free(file.data);
		return found;
	}
	if (strstr(text, "Reference to non-existent node or label"))
		return text_format(
			"%s: labels of other files aren't known here, a board's node is named in quotes",
			text);
	return text;
}

/* `Error: FILE:3.2-4 text`, or `FILE:3.2-4.5: ERROR (check): text`. */
static bool pass_on(const char *path, const char *line)
{
	const bool syntax = strncmp(line, "Error: ", 7) == 0;
	const char *rest, *colon;
	int row, column;
	struct place at;

	if (syntax)
		line += 7;
	else if (!strstr(line, ": ERROR ("))
		return false;
	colon = find_position(line, &row, &column, &rest);
	if (!colon)
		return false;
	rest += strspn(rest, "-.0123456789: ");
	if (!syntax && strncmp(rest, "ERROR (", 7) == 0) {
		const char *const text = strstr(rest, "): ");

		rest = text ? text + 3 : rest;
	}
	at = (struct place){text_copy(line, (size_t)(colon - line)), row > 0 ? row : 1,
			    column > 0 ? column : 1};
	diag_error(at, "%s", in_our_words(rest, path, at));
	return true;
}

void dtc_errors_report(const char *path, struct bytes *errors, const char *const *folders,
		       size_t folder_count)
{
	const size_t before = diag_errors();
	const char *fatal = NULL;
	char *state = NULL;

	for (char *line = errors->data ? strtok_r((char *)errors->data, "\n", &state) : NULL; line;
	     line = strtok_r(NULL, "\n", &state)) {
		if (!pass_on(path, line) && strncmp(line, "FATAL ERROR: ", 13) == 0)
			fatal = line + 13;
	}
	if (diag_errors() != before || includes_diagnose(path, folders, folder_count))
		return;
	if (!fatal && errors->data && errors->data[0])
		fatal = (const char *)errors->data; /* its first line */
	diag_error((struct place){path, 1, 1}, "dtc refuses this file%s%s", fatal ? ": " : "",
		   fatal ? fatal : " and gives no reason: is it 1.6 or later?");
}
