// SPDX-License-Identifier: Apache-2.0
/*
 * records.c - the test records of a bundle beside the rest of it: what they say of files is what the manifest
 * and the index say, and the statements say of tests what they do. See bundle.h and docs/evidence.md.
 */
#include "bundle.h"

#include <stdlib.h>
#include <string.h>

#define LINE_MAX_BYTES (1u << 20)

struct tally {
	json_t *passed, *failed; /* as the statement lists them; NULL: it doesn't */
	size_t passed_count, failed_count, skipped_count;
	bool other_passed, other_failed; /* told once */
	size_t number;			 /* of the record */
	bool ended;
};

static void compare(struct bundle *bundle, const struct tally *tally, const char *path, const char *text)
{
	const struct bundle_hash *said = hashes_find(&bundle->listed, path);
	uint8_t digest[DIGEST_SIZE];

	if (!said)
		said = hashes_find(&bundle->index, path);
	if (!text || !hash_read(text, digest))
		fault_add(bundle, FAULT_RECORDS, BUNDLE_RECORDS, "record %zu has no SHA-256 of %s",
			  tally->number, path);
	else if (said && memcmp(said->digest, digest, DIGEST_SIZE) != 0)
		fault_add(bundle, FAULT_STALE, path,
			  "record %zu of " BUNDLE_RECORDS " has another SHA-256 of it", tally->number);
}

/* Serial logs, which are in the bundle. */
static void check_logs(struct bundle *bundle, const struct tally *tally, const json_t *record)
{
	const char *path, *text;
	json_t *entry;
	size_t i;

	json_array_foreach(json_object_get(record, "log"), i, entry)
	{
		if (json_unpack(entry, "{s:s,s:s}", "path", &path, "sha256", &text) != 0)
			fault_add(bundle, FAULT_RECORDS, BUNDLE_RECORDS,
				  "a log of record %zu has no path and SHA-256", tally->number);
		else if (!hashes_find(&bundle->listed, path))
			fault_add(bundle, FAULT_ABSENT, path,
				  "record %zu of " BUNDLE_RECORDS " has it as its log", tally->number);
		else
			compare(bundle, tally, path, text);
	}
}

/* What the test ran on, as far as the bundle knows it: images that only the test made are in nobody's index.
 */
static void check_inputs(struct bundle *bundle, const struct tally *tally, const json_t *record)
{
	const char *path;
	json_t *value;

	json_object_foreach(json_object_get(record, "inputs"), path, value)
		compare(bundle, tally, path, json_string_value(value));
}

/* The statement lists the cases in the records' order. */
static void check_case(struct bundle *bundle, const char *name, json_t *list, size_t at, bool *told)
{
	const char *const stated = json_string_value(json_array_get(list, at));

	if (!list || *told || (stated && strcmp(stated, name) == 0))
		return;
	*told = true;
	fault_add(bundle, FAULT_STALE, BUNDLE_TEST_RESULT,
		  "it doesn't state the case %s as " BUNDLE_RECORDS " does", name);
}

static void check_record(struct bundle *bundle, struct tally *tally, const json_t *record)
{
	const char *const name = json_string_value(json_object_get(record, "case")),
			  *const text = json_string_value(json_object_get(record, "verdict")),
			  *const verdict = text ? text : "";

	if (!name) {
		fault_add(bundle, FAULT_RECORDS, BUNDLE_RECORDS, "record %zu is of no case", tally->number);
		return;
	}
	bundle->records++;
	check_logs(bundle, tally, record);
	check_inputs(bundle, tally, record);
	if (strcmp(verdict, "pass") == 0)
		check_case(bundle, name, tally->passed, tally->passed_count++, &tally->other_passed);
	else if (strcmp(verdict, "fail") == 0)
		check_case(bundle, name, tally->failed, tally->failed_count++, &tally->other_failed);
	else if (strcmp(verdict, "skip") == 0)
		tally->skipped_count++;
	else
		fault_add(bundle, FAULT_RECORDS, BUNDLE_RECORDS, "record %zu has no verdict", tally->number);
}

/* Of which tree the records are. */
static void check_first(struct bundle *bundle, const json_t *first)
{
	const char *const commit = json_string_value(json_object_get(first, "commit")),
			  *const stated = statement_commit(&bundle->provenance);
	const json_t *const reasons = statement_not_for_credit(&bundle->provenance);

	if (!commit)
		fault_add(bundle, FAULT_RECORDS, BUNDLE_RECORDS, "they are of no commit");
	else if (stated && strcmp(commit, stated) != 0)
		fault_add(bundle, FAULT_STALE, BUNDLE_RECORDS,
			  "they are of another commit than the one that " BUNDLE_PROVENANCE " states");
	if (reasons && !json_array_size(reasons) &&
	    (!json_is_false(json_object_get(first, "dirty")) ||
	     !json_string_length(json_object_get(first, "tag"))))
		fault_add(bundle, FAULT_STALE, BUNDLE_PROVENANCE,
			  "it states that the bundle counts, and by " BUNDLE_RECORDS
			  " the tree had changes or its commit no tag");
}

static void check_end(struct bundle *bundle, struct tally *tally, const json_t *end)
{
	json_int_t passed, failed, skipped;

	tally->ended = true;
	if (json_unpack((json_t *)end, "{s:I,s:I,s:I}", "passed", &passed, "failed", &failed, "skipped",
			&skipped) != 0 ||
	    passed < 0 || failed < 0 || skipped < 0 || (uint64_t)passed != tally->passed_count ||
	    (uint64_t)failed != tally->failed_count || (uint64_t)skipped != tally->skipped_count)
		fault_add(bundle, FAULT_RECORDS, BUNDLE_RECORDS,
			  "the end doesn't have the sums of the records before it");
	if (tally->passed_count != json_array_size(tally->passed) ||
	    tally->failed_count != json_array_size(tally->failed))
		fault_add(bundle, FAULT_STALE, BUNDLE_TEST_RESULT,
			  "it states %zu passed and %zu failed tests; " BUNDLE_RECORDS " has %zu and %zu",
			  json_array_size(tally->passed), json_array_size(tally->failed), tally->passed_count,
			  tally->failed_count);
}

/* False: nothing behind it can be read. */
static bool check_line(struct bundle *bundle, struct tally *tally, const char *line, size_t size)
{
	json_t *const record =
		size <= LINE_MAX_BYTES ? json_loadb(line, size, JSON_REJECT_DUPLICATES, NULL) : NULL;
	const bool good = json_is_object(record) && !tally->ended;

	if (!good)
		fault_add(bundle, FAULT_RECORDS, BUNDLE_RECORDS, "line %zu isn't a record",
			  tally->number + 1);
	else if (!tally->number)
		check_first(bundle, record);
	else if (json_is_true(json_object_get(record, "end")))
		check_end(bundle, tally, record);
	else
		check_record(bundle, tally, record);
	tally->number++;
	json_decref(record);
	return good;
}

/* [impl->swr~evidence-records~1] */
void evidence_records(struct bundle *bundle, const char *data, size_t size)
{
	const char *const end = data + size;
	struct tally tally = {0};
	bool good = true;

	if (bundle->test_result.predicate) {
		tally.passed = json_object_get(bundle->test_result.predicate, "passedTests");
		tally.failed = json_object_get(bundle->test_result.predicate, "failedTests");
	}
	for (const char *at = data; good && at < end;) {
		const char *const line_end = memchr(at, '\n', (size_t)(end - at));

		good = check_line(bundle, &tally, at, (size_t)((line_end ? line_end : end) - at));
		at = line_end ? line_end + 1 : end;
	}
	if (good && !tally.ended)
		fault_add(bundle, FAULT_RECORDS, BUNDLE_RECORDS, "the file has no end: it is cut off");
}
