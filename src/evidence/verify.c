// SPDX-License-Identifier: Apache-2.0
/*
 * verify.c - all that can be said of a bundle, in the order in which one thing needs another: see bundle.h.
 */
#include "bundle.h"

#include <stdlib.h>
#include <string.h>

/* What is parsed must be what was hashed, whatever happens to the file meanwhile. */
static bool is_listed_so(const struct bundle *bundle, const char *path, const struct bundle_bytes *bytes)
{
	const struct bundle_hash *const said = hashes_find(&bundle->listed, path);
	uint8_t digest[DIGEST_SIZE];

	digest_of(bytes->data, bytes->size, digest);
	return !said || memcmp(digest, said->digest, DIGEST_SIZE) == 0;
}

/* False: with a fault. What the bundle has reasons not to have isn't `needed`. */
static bool document(struct bundle *bundle, const char *path, bool needed, struct bundle_bytes *bytes)
{
	const struct bundle_file *const file = bundle_find(bundle, path);
	const char *wrong;

	*bytes = (struct bundle_bytes){0};
	if (!file) {
		if (needed)
			fault_add(bundle, FAULT_ABSENT, path, "it isn't there");
		return false;
	}
	if (!file->regular)
		return false; /* refused already */
	wrong = bundle_read(bundle, path, bytes);
	if (wrong)
		fault_add(bundle, FAULT_UNREADABLE, path, "%s", wrong);
	else if (!file->changed && !is_listed_so(bundle, path, bytes))
		fault_add(bundle, FAULT_CHANGED, path, "its SHA-256, where it is read, isn't the manifest's");
	return !wrong;
}

static void check_manifest(struct bundle *bundle)
{
	struct bundle_bytes bytes;

	if (document(bundle, BUNDLE_MANIFEST, true, &bytes)) {
		digest_of(bytes.data, bytes.size, bundle->manifest);
		if (manifest_read(bundle, bytes.data, bytes.size))
			manifest_compare(bundle);
	}
	free(bytes.data);
	if (document(bundle, BUNDLE_INDEX, false, &bytes))
		index_read(bundle, bytes.data, bytes.size);
	free(bytes.data);
}

/* The bundle's own key, or the given one, which then has to be it. */
static void choose_key(struct bundle *bundle, const struct bundle_key *given)
{
	struct bundle_key own = {0};
	struct bundle_bytes bytes;
	const char *wrong = NULL;

	if (document(bundle, BUNDLE_KEY, true, &bytes))
		wrong = key_read_public(&own, bytes.data, bytes.size);
	if (wrong)
		fault_add(bundle, FAULT_KEY, BUNDLE_KEY, "%s", wrong);
	else if (own.key && !key_is_canonical(&own, bytes.data, bytes.size))
		fault_add(bundle, FAULT_KEY, BUNDLE_KEY, "there is more in it than the key");
	if (own.key && given && strcmp(own.id, given->id) != 0)
		fault_add(bundle, FAULT_KEY, BUNDLE_KEY, "it is another key than the one given");
	free(bytes.data);
	bundle->key = own;
	if (given) {
		EVP_PKEY_free(own.key);
		bundle->key = *given;
		EVP_PKEY_up_ref(given->key);
	}
}

static void check_statement(struct bundle *bundle, struct statement *statement, const char *path)
{
	struct bundle_bytes bytes, payload = {0};

	if (document(bundle, path, true, &bytes) &&
	    envelope_open(bundle, path, bytes.data, bytes.size, &payload))
		statement_read(bundle, statement, path, payload.data, payload.size);
	free(payload.data);
	free(bytes.data);
}

static void check_claims(struct bundle *bundle)
{
	struct bundle_bytes bytes;

	claims_index(bundle);
	if (document(bundle, BUNDLE_AUDIT, false, &bytes))
		claims_audit(bundle, bytes.data, bytes.size);
	free(bytes.data);
	if (document(bundle, BUNDLE_REGISTERS, false, &bytes))
		claims_registers(bundle, bytes.data, bytes.size);
	free(bytes.data);
}

static void check_tests(struct bundle *bundle)
{
	struct bundle_bytes bytes;

	check_statement(bundle, &bundle->test_result, BUNDLE_TEST_RESULT);
	test_result_check(bundle);
	if (document(bundle, BUNDLE_RECORDS, false, &bytes))
		evidence_records(bundle, bytes.data, bytes.size);
	free(bytes.data);
	if (document(bundle, BUNDLE_SUMMARY, false, &bytes))
		summary_check(bundle, bytes.data, bytes.size);
	free(bytes.data);
}

/* Nothing but what is read here: the manifest doesn't speak of them. */
static void check_added(struct bundle *bundle, bool tested)
{
	for (size_t i = 0; i < bundle->file_count; i++) {
		const char *const path = bundle->files[i].path;

		if (strncmp(path, BUNDLE_ATTESTATION, strlen(BUNDLE_ATTESTATION)) == 0 &&
		    strcmp(path, BUNDLE_KEY) != 0 && strcmp(path, BUNDLE_PROVENANCE) != 0 &&
		    !(tested && strcmp(path, BUNDLE_TEST_RESULT) == 0))
			fault_add(bundle, FAULT_ADDED, path, "nothing signs it");
	}
}

/* [impl->swr~evidence-verify~1] */
void bundle_verify(struct bundle *bundle, const struct bundle_key *given)
{
	bool tested;

	bundle_walk(bundle);
	check_manifest(bundle);
	tested = hashes_find(&bundle->listed, BUNDLE_RECORDS) || bundle_find(bundle, BUNDLE_RECORDS);
	bundle->fault_before = bundle->fault_count; /* however many those were */
	choose_key(bundle, given);
	check_statement(bundle, &bundle->provenance, BUNDLE_PROVENANCE);
	provenance_check(bundle);
	check_claims(bundle);
	whole_check(bundle);
	if (tested)
		check_tests(bundle);
	check_added(bundle, tested);
}

static void statement_free(struct statement *statement)
{
	json_decref(statement->root);
	hashes_free(&statement->subjects);
}

void bundle_free(struct bundle *bundle)
{
	for (size_t i = 0; i < bundle->fault_count; i++) {
		free(bundle->faults[i].path);
		free(bundle->faults[i].words);
	}
	for (size_t i = 0; i < bundle->file_count; i++)
		free(bundle->files[i].path);
	free(bundle->faults);
	free(bundle->files);
	hashes_free(&bundle->listed);
	hashes_free(&bundle->index);
	json_decref(bundle->indexed);
	statement_free(&bundle->provenance);
	statement_free(&bundle->test_result);
	EVP_PKEY_free(bundle->key.key);
	*bundle = (struct bundle){.root = -1};
}
