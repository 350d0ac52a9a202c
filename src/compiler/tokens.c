// SPDX-License-Identifier: Apache-2.0
/*
 * tokens.c - see tokens.h. Called by syntax.c and includes.c. The bytes behind a file read by file_read()
 * are zero, so one letter may be looked at behind its last.
 */
#include "tokens.h"

#include <string.h>

static const char blanks[] = " \t\r\n\f\v";
static const char word_letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789,._+*#?@-";

static bool one_of(const char *letters, char letter)
{
	return letter && strchr(letters, letter) != NULL;
}

/* The offset behind the next `end` from `at` on; 0: there is none. */
static size_t behind(const struct bytes *file, size_t at, const char *end)
{
	const char *const found =
		at < file->size ? memmem(file->data + at, file->size - at, end, strlen(end)) : NULL;

	return found ? (size_t)(found - (const char *)file->data) + strlen(end) : 0;
}

static size_t text_end(const struct bytes *file, size_t at)
{
	while (at < file->size && file->data[at] != '"')
		at += file->data[at] == '\\' ? 2 : 1;
	return at < file->size ? at + 1 : 0;
}

static struct token open_or_closed(const struct bytes *file, size_t start, size_t end, enum token_kind closed,
				   enum token_kind open)
{
	return end ? (struct token){closed, start, end} : (struct token){open, start, file->size};
}

/* `/dts-v1/`; a slash alone is a sign. */
static size_t directive_end(const struct bytes *file, size_t at)
{
	const char *const text = (const char *)file->data;
	size_t end = at + 1;

	while (one_of("abcdefghijklmnopqrstuvwxyz0123456789-", text[end]))
		end++;
	return end > at + 1 && text[end] == '/' ? end + 1 : 0;
}

struct token token_at(const struct bytes *file, size_t at)
{
	const char *const text = (const char *)file->data;
	size_t end = 0;

	for (;; at = end) {
		while (at < file->size && one_of(blanks, text[at]))
			at++;
		if (at >= file->size)
			return (struct token){TOKEN_END, file->size, file->size};
		if (strncmp(text + at, "//", 2) == 0)
			end = behind(file, at, "\n");
		else if (strncmp(text + at, "/*", 2) == 0)
			end = behind(file, at + 2, "*/");
		else
			break;
		if (!end)
			return (struct token){text[at + 1] == '*' ? TOKEN_OPEN_COMMENT : TOKEN_END, at,
					      file->size};
	}
	if (text[at] == '"')
		return open_or_closed(file, at, text_end(file, at + 1), TOKEN_TEXT, TOKEN_OPEN_TEXT);
	if (strncmp(text + at, "&{", 2) == 0)
		return open_or_closed(file, at, behind(file, at, "}"), TOKEN_WORD, TOKEN_WORD);
	if (text[at] == '/' && directive_end(file, at))
		return (struct token){TOKEN_DIRECTIVE, at, directive_end(file, at)};
	for (end = at + (text[at] == '&'); end < file->size && one_of(word_letters, text[end]);)
		end++;
	return end > at ? (struct token){TOKEN_WORD, at, end} : (struct token){TOKEN_SIGN, at, at + 1};
}

bool token_is(const struct bytes *file, struct token token, const char *text)
{
	return token.end - token.start == strlen(text) &&
	       memcmp(file->data + token.start, text, strlen(text)) == 0;
}

struct place token_place(const struct bytes *file, size_t at)
{
	struct place place = {file->path, 1, 1};

	for (size_t i = 0; i < at && i < file->size; i++) {
		place.column = file->data[i] == '\n' ? 1 : place.column + 1;
		place.line += file->data[i] == '\n';
	}
	return place;
}
