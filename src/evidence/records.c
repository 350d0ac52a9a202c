// SPDX-License-Identifier: Apache-2.0
/*
 * records.c - the test records of a bundle: their form and their chain, by the same reader as `bulkhead log
 * verify`'s, and what they say beside what the manifest, the index and the statements say. See bundle.h and
 * docs/evidence.md.
 */
#include "bundle.h"

#include <string.h>

#include "../log/records.h"

struct tally {
	json_t *passed, *failed; /* as the statement lists them; NULL: it doesn't */
	size_t passed_count, failed_count;
	bool other_passed, other_failed; /* told once */
	size_t number;			 /* of the record */
};

static void compare(struct bundle *bundle, const struct tally *tally, const char *path, const char *text)
{
	const struct bundle_hash *said = hashes_find(&bundle->listed, path);
	uint8_t digest[DIGEST_SIZE];

	if (!said)
		said = hashes_find(&bundle->index, path);
	if (said && text && hash_read(text, digest) && memcmp(said->digest, digest, DIGEST_SIZE) != 0)
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
			continue;
		if (bundle->has_list && !hashes_find(&bundle->listed, path))
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
			  *const verdict = json_string_value(json_object_get(record, "verdict"));

	if (!name || !verdict)
		return;
	check_logs(bundle, tally, record);
	check_inputs(bundle, tally, record);
	if (strcmp(verdict, "pass") == 0)
		check_case(bundle, name, tally->passed, tally->passed_count++, &tally->other_passed);
	else if (strcmp(verdict, "fail") == 0)
		check_case(bundle, name, tally->failed, tally->failed_count++, &tally->other_failed);
}

/* Each line that is JSON, also of a file that is refused: all that is wrong is told. */
static void check_lines(struct bundle *bundle, struct tally *tally, const char *data, size_t size)
{
	const char *const end = data + size;

	for (const char *at = data; at < end; tally->number++) {
		const char *const found = memchr(at, '\n', (size_t)(end - at)), *const line_end =
											found ? found : end;
		json_t *const record =
			line_end - at <= RECORDS_LINE_MAX
				? json_loadb(at, (size_t)(line_end - at), JSON_REJECT_DUPLICATES, NULL)
				: NULL;

		if (record && tally->number)
			check_record(bundle, tally, record);
		json_decref(record);
		at = line_end + 1;
	}
}

/* Of which tree the records are, and how many there are of each verdict. */
static void check_sums(struct bundle *bundle, const struct tally *tally,
		       const struct records_verdict *verdict)
{
	const char *const stated = statement_commit(&bundle->provenance);

	if (stated && strcmp(verdict->commit, stated) != 0)
		fault_add(bundle, FAULT_STALE, BUNDLE_RECORDS,
			  "they are of another commit than the one that " BUNDLE_PROVENANCE " states");
	if (statement_counts(&bundle->provenance) && (verdict->dirty || !verdict->tagged))
		fault_add(bundle, FAULT_STALE, BUNDLE_PROVENANCE,
			  "it states that the bundle counts, and by " BUNDLE_RECORDS
			  " the tree had changes or its commit no tag");
	if (verdict->passed != json_array_size(tally->passed) ||
	    verdict->failed != json_array_size(tally->failed))
		fault_add(bundle, FAULT_STALE, BUNDLE_TEST_RESULT,
			  "it states %zu passed and %zu failed tests; " BUNDLE_RECORDS " has %llu and %llu",
			  json_array_size(tally->passed), json_array_size(tally->failed),
			  (unsigned long long)verdict->passed, (unsigned long long)verdict->failed);
}

/* [impl->swr~evidence-records~2] */
void evidence_records(struct bundle *bundle, const char *data, size_t size)
{
	struct records_verdict verdict;
	const char *const wrong = records_check(data, size, &verdict);
	struct tally tally = {0};

	if (bundle->test_result.predicate) {
		tally.passed = json_object_get(bundle->test_result.predicate, "passedTests");
		tally.failed = json_object_get(bundle->test_result.predicate, "failedTests");
	}
	bundle->records = verdict.records;
	bundle->passed = verdict.passed;
	bundle->failed = verdict.failed;
	bundle->skipped = verdict.skipped;
	bundle->counted = !wrong;
	if (wrong)
		fault_add(bundle, FAULT_RECORDS, BUNDLE_RECORDS, "line %zu: %s", verdict.line, wrong);
	check_lines(bundle, &tally, data, size);
	if (!wrong)
		check_sums(bundle, &tally, &verdict);
}
