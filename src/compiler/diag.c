/* SPDX-License-Identifier: Apache-2.0 */
/*
 * diag.c - prints diagnostics and finds the word that the user may have meant.
 *
 * Called by every part of the front end, and by the back end for lack of room.
 */
#include "diag.h"

#include "json.h"
#include "text.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_MOST 2000u /* bytes of a message */

static size_t error_count;
static bool as_json, warnings_are_errors;
static size_t open_notes; /* of the object that isn't closed yet */
static bool object_open;

static void print_text(struct place at, const char *kind, const char *text)
{
	if (at.file && at.line > 0)
		fprintf(stderr, "%s:%d:%d: %s: %s\n", at.file, at.line, at.column, kind, text);
	else
		fprintf(stderr, "%s: %s: %s\n", at.file ? at.file : "bulkhead", kind, text);
}

/* Keys and place of an object, its closing brace left to the caller. */
static void open_object(struct place at, const char *text)
{
	fputs("{\"file\": ", stdout);
	if (at.file)
		json_text(stdout, at.file);
	else
		fputs("null", stdout);
	if (at.file && at.line > 0)
		printf(", \"line\": %d, \"column\": %d", at.line, at.column);
	else
		fputs(", \"line\": null, \"column\": null", stdout);
	fputs(", \"message\": ", stdout);
	json_text(stdout, text);
}

/* [impl->swr~config-diagnostics-json~1] */
static void print_json(struct place at, const char *kind, const char *text)
{
	diag_finish();
	open_object(at, text);
	printf(", \"severity\": \"%s\", \"notes\": [", kind);
	object_open = true;
	open_notes = 0;
}

static void print_note_json(struct place at, const char *text)
{
	if (open_notes++)
		fputs(", ", stdout);
	open_object(at, text);
	putchar('}');
}

void diag_finish(void)
{
	if (object_open)
		puts("]}");
	object_open = false;
}

/* What a file says is quoted, and may be of any length: too much hides the rest. */
static void cut(char *text)
{
	size_t length = TEXT_MOST;

	if (strlen(text) <= TEXT_MOST)
		return;
	while ((text[length] & 0xc0) == 0x80) /* within a letter of UTF-8 */
		length--;
	memcpy(text + length, "...", 4);
}

static void print(struct place at, const char *kind, const char *format, va_list arguments)
{
	char *const text = text_format_list(format, arguments);

	cut(text);
	if (!as_json)
		print_text(at, kind, text);
	else if (object_open && strcmp(kind, "note") == 0)
		print_note_json(at, text);
	else
		print_json(at, kind, text);
	free(text);
}

/* [impl->swr~config-diagnostics~1] */
void diag_error(struct place at, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	print(at, "error", format, arguments);
	va_end(arguments);
	error_count++;
}

void diag_warning(struct place at, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	print(at, warnings_are_errors ? "error" : "warning", format, arguments);
	va_end(arguments);
	error_count += warnings_are_errors;
}

void diag_note(struct place at, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	print(at, "note", format, arguments);
	va_end(arguments);
}

size_t diag_errors(void)
{
	return error_count;
}

void diag_as_json(void)
{
	as_json = true;
}

void diag_warnings_are_errors(void)
{
	warnings_are_errors = true;
}

#define WORD_MAX 64u

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Edits (insert, delete, replace, swap of neighbours) that turn `a` into `b`; SIZE_MAX: too long. */
static size_t edit_distance(const char *a, const char *b)
{
	size_t rows[3][WORD_MAX + 1];
	size_t *before = rows[0], *last = rows[1], *now = rows[2];
	const size_t a_length = strlen(a), b_length = strlen(b);

	if (a_length > WORD_MAX || b_length > WORD_MAX)
		return (size_t)-1;
	for (size_t j = 0; j <= b_length; j++)
		last[j] = before[j] = j;
	for (size_t i = 1; i <= a_length; i++) {
		size_t *const oldest = before;

		now[0] = i;
		for (size_t j = 1; j <= b_length; j++) {
			now[j] = least(least(last[j], now[j - 1]) + 1, last[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				now[j] = least(now[j], before[j - 2] + 1);
		}
		before = last;
		last = now;
		now = oldest;
	}
	return last[b_length];
}

const char *diag_did_you_mean(const char *word, const char *const *known, size_t count)
{
	const size_t limit = strlen(word) < 6 ? 2 : strlen(word) / 3;
	const char *nearest = NULL;
	size_t distance = limit + 1;

	for (size_t i = 0; i < count; i++) {
		const size_t edits = edit_distance(word, known[i]);

		if (edits < distance && edits < strlen(known[i])) {
			distance = edits;
			nearest = known[i];
		}
	}
	return nearest ? text_format(": did you mean '%s'?", nearest) : "";
}
