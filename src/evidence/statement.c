// SPDX-License-Identifier: Apache-2.0
/*
 * statement.c - an in-toto Statement v1 (github.com/in-toto/attestation, spec/v1/statement.md): what it is
 * about must be what is here. See bundle.h.
 */
#include "bundle.h"

#include <stdlib.h>
#include <string.h>

#define TYPE "https://in-toto.io/Statement/v1"

static void read_subject(struct bundle *bundle, struct statement *statement, const char *path, json_t *entry)
{
	uint8_t digest[DIGEST_SIZE];
	const char *name, *text;

	if (json_unpack_ex(entry, NULL, 0, "{s:s,s:{s:s!}!}", "name", &name, "digest", "sha256", &text) !=
		    0 ||
	    !hash_read(text, digest))
		fault_add(bundle, FAULT_FORM, path, "a subject isn't a name and a SHA-256");
	else if (hashes_find(&statement->subjects, name))
		fault_add(bundle, FAULT_SUBJECT, path, "it has the subject %s twice", name);
	else {
		hashes_add(&statement->subjects, name, UINT64_MAX, digest);
		hashes_sort(&statement->subjects);
	}
}

bool subject_is(const struct bundle_hash *subject, const char *file)
{
	const char *const slash = strrchr(subject->path, '/');

	return strcmp(slash ? slash + 1 : subject->path, file) == 0;
}

static bool same(const struct bundle_hash *said, const uint8_t *digest)
{
	return memcmp(said->digest, digest, DIGEST_SIZE) == 0;
}

/* A subject beside the manifest is an image, which isn't in the bundle: the bundle has its hash. */
static void check_image(struct bundle *bundle, const char *path, const struct bundle_hash *subject)
{
	const struct bundle_hash *const listed = hashes_find(&bundle->listed, subject->path),
					*const indexed = hashes_find(&bundle->index, subject->path);

	if (listed && !same(listed, subject->digest))
		fault_add(bundle, FAULT_STALE, path, "its SHA-256 of %s isn't the manifest's", subject->path);
	if (indexed && !same(indexed, subject->digest))
		fault_add(bundle, FAULT_STALE, path, "its SHA-256 of %s isn't that of " BUNDLE_INDEX,
			  subject->path);
	if (!listed && !indexed && bundle->indexed)
		fault_add(bundle, FAULT_STALE, path, "it is about %s, of which " BUNDLE_INDEX " says nothing",
			  subject->path);
}

static void check_subjects(struct bundle *bundle, const struct statement *statement, const char *path)
{
	const struct bundle_hash *const manifest = hashes_find(&statement->subjects, BUNDLE_MANIFEST);

	if (!manifest)
		fault_add(bundle, FAULT_SUBJECT, path, "it isn't about a " BUNDLE_MANIFEST);
	else if (!same(manifest, bundle->manifest))
		fault_add(bundle, FAULT_SUBJECT, path, "it is about another " BUNDLE_MANIFEST);
	for (size_t i = 0; i < statement->subjects.count; i++)
		if (&statement->subjects.list[i] != manifest)
			check_image(bundle, path, &statement->subjects.list[i]);
}

/* [impl->swr~evidence-statements~1] */
void statement_read(struct bundle *bundle, struct statement *statement, const char *path, const char *data,
		    size_t size)
{
	const char *const wanted = statement == &bundle->provenance
					   ? "https://slsa.dev/provenance/v1"
					   : "https://in-toto.io/attestation/test-result/v0.1";
	json_t *const root = document_read(bundle, path, data, size), *subjects, *entry, *predicate;
	const char *type, *predicate_type;
	size_t number;

	if (!root)
		return;
	statement->root = root;
	if (json_unpack_ex(root, NULL, 0, "{s:s,s:o,s:s,s:o!}", "_type", &type, "subject", &subjects,
			   "predicateType", &predicate_type, "predicate", &predicate) != 0 ||
	    strcmp(type, TYPE) != 0 || json_array_size(subjects) > BUNDLE_SUBJECTS_MAX) {
		fault_add(bundle, FAULT_FORM, path,
			  "this is no in-toto statement, version 1, with up to %u subjects",
			  BUNDLE_SUBJECTS_MAX);
		return;
	}
	json_array_foreach(subjects, number, entry) read_subject(bundle, statement, path, entry);
	check_subjects(bundle, statement, path);
	if (strcmp(predicate_type, wanted) == 0)
		statement->predicate = predicate;
	else
		fault_add(bundle, FAULT_FORM, path, "it states a %s, not a %s", predicate_type, wanted);
}
