// SPDX-License-Identifier: Apache-2.0
/*
 * records.c - test records, line by line: see records.h. A line is known by the hash of its bytes, so that
 * there is one way only to write a file; nothing that a line says is believed before it has its form.
 */
#include "records.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "../compiler/digest.h"

#define FORMAT	   "bulkhead-tests"
#define VERSION	   1
#define HASH_HEX   (2 * DIGEST_SIZE)
#define COMMIT_HEX 40u /* git's name of a commit, or of a file's content */
#define CASE_MAX   4096u
#define END_MAX	   512u

struct reader {
	char previous[HASH_HEX + 1]; /* of the line before */
	char name[CASE_MAX];	     /* of the case before */
	uint64_t number;	     /* of the line that comes next, from 0 on */
	bool ended;
	struct records_verdict *verdict;
};

static const char *text_of(const json_t *object, const char *key)
{
	const char *const text = json_string_value(json_object_get(object, key));

	return text && *text ? text : NULL;
}

static bool hex(const char *text, size_t digits)
{
	return text && strlen(text) == digits && strspn(text, "0123456789abcdef") == digits;
}

static bool is_number(const json_t *object, const char *key, uint64_t expected)
{
	const json_t *const value = json_object_get(object, key);

	return json_is_integer(value) && json_integer_value(value) >= 0 &&
	       (uint64_t)json_integer_value(value) == expected;
}

static bool not_negative(const json_t *object, const char *key)
{
	const json_t *const value = json_object_get(object, key);

	return json_is_number(value) && json_number_value(value) >= 0;
}

/* {path: SHA-256} */
static bool hashes(json_t *files)
{
	const char *path;
	json_t *hash;

	json_object_foreach(files, path,
			    hash) if (!*path || !hex(json_string_value(hash), HASH_HEX)) return false;
	return json_is_object(files);
}

/* [{"path":, "sha256":}] */
static bool logs(const json_t *list)
{
	const json_t *file;
	size_t i;

	json_array_foreach(list, i, file) if (!text_of(file, "path") ||
					      !hex(text_of(file, "sha256"), HASH_HEX)) return false;
	return json_is_array(list);
}

static bool texts(const json_t *list)
{
	const json_t *text;
	size_t i;

	json_array_foreach(list, i, text) if (!json_string_length(text)) return false;
	return json_is_array(list);
}

static const char *check_first(struct reader *reader, const json_t *line)
{
	const char *const format = text_of(line, "format"), *const commit = text_of(line, "commit");
	const json_t *const tag = json_object_get(line, "tag"), *const dirty = json_object_get(line, "dirty");

	if (!format || strcmp(format, FORMAT) != 0)
		return "this is no file of test records: the first line has no format " FORMAT;
	if (!is_number(line, "version", VERSION))
		return "this version of test records isn't known";
	if (!hex(commit, COMMIT_HEX) || !json_is_boolean(dirty) ||
	    !(json_is_null(tag) || json_is_string(tag)))
		return "this doesn't say which tree was tested";
	if (!json_is_object(json_object_get(line, "host")) ||
	    !json_is_object(json_object_get(line, "tools")) || !text_of(line, "started"))
		return "this doesn't say where, with which tools and when the tests ran";
	memcpy(reader->verdict->commit, commit, COMMIT_HEX);
	reader->verdict->dirty = json_is_true(dirty);
	reader->verdict->tagged = json_string_length(tag) > 0;
	return NULL;
}

/* The end has no line behind it that would have its hash: its bytes are compared. */
static const char *check_end(struct reader *reader, const char *bytes, size_t size)
{
	const struct records_verdict *const found = reader->verdict;
	char due[END_MAX];
	const int length =
		snprintf(due, sizeof(due),
			 "{\"end\":true,\"failed\":%" PRIu64 ",\"passed\":%" PRIu64
			 ",\"previous\":\"%s\",\"record\":%" PRIu64 ",\"skipped\":%" PRIu64 "}",
			 found->failed, found->passed, reader->previous, reader->number, found->skipped);

	reader->ended = true;
	return (size_t)length == size && memcmp(bytes, due, size) == 0
		       ? NULL
		       : "the end doesn't have the sums of the records before it";
}

static const char *count(struct records_verdict *verdict, const char *said)
{
	if (said && strcmp(said, "pass") == 0)
		verdict->passed++;
	else if (said && strcmp(said, "fail") == 0)
		verdict->failed++;
	else if (said && strcmp(said, "skip") == 0)
		verdict->skipped++;
	else
		return "the record's verdict is none of pass, fail and skip";
	verdict->records++;
	return NULL;
}

static const char *check_record(struct reader *reader, const json_t *line)
{
	const json_t *const target = json_object_get(line, "target");
	const char *const name = text_of(line, "case");

	if (!name || strlen(name) >= CASE_MAX)
		return "the record doesn't say of which case it is";
	if (strcmp(name, reader->name) <= 0)
		return "the record's case isn't behind the one before it: there are two of it, or the order "
		       "is wrong";
	memcpy(reader->name, name, strlen(name) + 1);
	if (!text_of(line, "procedure") || !hex(text_of(line, "revision"), COMMIT_HEX))
		return "the record doesn't say by which revision of which procedure it came";
	if (!texts(json_object_get(line, "requirements")))
		return "the record's requirements are no list of items";
	if (!hashes(json_object_get(line, "inputs")) || (target && !json_is_object(target)))
		return "the record doesn't say on what the test ran";
	if (!json_is_string(json_object_get(line, "expected")) ||
	    !json_is_string(json_object_get(line, "observed")))
		return "the record doesn't say what was expected and what was observed";
	if (!not_negative(line, "monotonic_ns") || !not_negative(line, "duration_s") ||
	    !text_of(line, "wall"))
		return "the record doesn't say when the test ran";
	if (!logs(json_object_get(line, "log")))
		return "the record's logs are no list of files and their SHA-256";
	return count(reader->verdict, text_of(line, "verdict"));
}

static const char *check_line(struct reader *reader, const json_t *line, const char *bytes, size_t size)
{
	const char *const previous = text_of(line, "previous");

	if (!json_is_object(line))
		return "this is no record: it isn't one JSON object";
	if (!reader->number)
		return is_number(line, "record", 0) ? check_first(reader, line)
						    : "the file doesn't begin with record 0";
	if (!is_number(line, "record", reader->number))
		return "the record's number isn't the next: one is missing, moved or repeated";
	if (!previous || strcmp(previous, reader->previous) != 0)
		return "the record doesn't follow the line before it: that line was altered, or this one";
	return json_object_get(line, "end") ? check_end(reader, bytes, size) : check_record(reader, line);
}

static const char *read_line(struct reader *reader, const char *bytes, size_t size)
{
	uint8_t digest[DIGEST_SIZE];
	const char *wrong;
	json_t *line;

	if (reader->ended)
		return "there is more behind the end";
	if (size > RECORDS_LINE_MAX)
		return "the line is longer than a record can be";
	if (reader->number > RECORDS_COUNT_MAX + 1)
		return "there are more records than a file can have";
	line = json_loadb(bytes, size, JSON_REJECT_DUPLICATES, NULL);
	wrong = check_line(reader, line, bytes, size);
	json_decref(line);
	digest_of(bytes, size, digest);
	digest_text(digest, reader->previous);
	reader->number++;
	return wrong;
}

bool records_are(const char *text, size_t size)
{
	return size && text[0] == '{';
}

/* [impl->swr~records-verified~1] */
const char *records_check(const char *text, size_t size, struct records_verdict *verdict)
{
	static struct reader reader; /* as large as a case's name may be */
	const char *at = text, *const end = text + size, *wrong = NULL;

	*verdict = (struct records_verdict){0};
	reader = (struct reader){.verdict = verdict};
	while (at < end) {
		const char *const line_end = memchr(at, '\n', (size_t)(end - at));

		verdict->line++;
		wrong = line_end ? read_line(&reader, at, (size_t)(line_end - at))
				 : "the line doesn't end: the file is cut off";
		if (wrong)
			return wrong;
		at = line_end + 1;
	}
	if (reader.ended && verdict->records) {
		verdict->line = 0;
		return NULL;
	}
	verdict->line++;
	return reader.ended ? "no test is recorded" : "the file has no end: it is cut off";
}
