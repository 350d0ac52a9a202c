// SPDX-License-Identifier: Apache-2.0
/*
 * predicates.c - what the two statements state: how the evidence came about (SLSA provenance v1,
 * slsa.dev/spec/v1.0/provenance) and what the tests showed (in-toto test-result v0.1). See bundle.h and
 * docs/evidence.md.
 */
#include "bundle.h"

#include <string.h>

#define BUILD_TYPE "urn:bulkhead:evidence:1"

json_t *statement_not_for_credit(const struct statement *provenance)
{
	json_t *reasons = NULL;

	if (provenance->predicate)
		(void)json_unpack(provenance->predicate, "{s:{s:{s:o}}}", "buildDefinition",
				  "internalParameters", "notForCredit", &reasons);
	return json_is_array(reasons) ? reasons : NULL;
}

bool statement_counts(const struct statement *provenance)
{
	const json_t *const reasons = statement_not_for_credit(provenance);

	return reasons && !json_array_size(reasons);
}

static json_t *dependencies(const struct statement *provenance)
{
	json_t *list = NULL;

	if (provenance->predicate)
		(void)json_unpack(provenance->predicate, "{s:{s:o}}", "buildDefinition",
				  "resolvedDependencies", &list);
	return list;
}

const char *statement_commit(const struct statement *provenance)
{
	const char *commit;
	json_t *entry;
	size_t number;

	json_array_foreach(dependencies(provenance), number, entry)
	{
		if (json_unpack(entry, "{s:{s:s}}", "digest", "gitCommit", &commit) == 0)
			return commit;
	}
	return NULL;
}

const char *statement_config(const struct statement *provenance)
{
	const char *config = NULL;

	if (provenance->predicate)
		(void)json_unpack(provenance->predicate, "{s:{s:{s:s}}}", "buildDefinition",
				  "externalParameters", "config", &config);
	return config;
}

const char *statement_config_sha256(const struct statement *provenance)
{
	const char *const config = statement_config(provenance), *name, *text;
	json_t *entry;
	size_t number;

	json_array_foreach(dependencies(provenance), number, entry)
	{
		if (config &&
		    json_unpack(entry, "{s:s,s:{s:s}}", "name", &name, "digest", "sha256", &text) == 0 &&
		    strcmp(name, config) == 0)
			return text;
	}
	return NULL;
}

bool statement_short(const struct statement *provenance)
{
	int said = 0;

	if (provenance->predicate)
		(void)json_unpack(provenance->predicate, "{s:{s:{s:b}}}", "buildDefinition",
				  "externalParameters", "short", &said);
	return said;
}

static bool all_strings(const json_t *list)
{
	json_t *entry;
	size_t number;

	json_array_foreach(list, number, entry) if (!json_is_string(entry)) return false;
	return json_is_array(list);
}

/* [impl->swr~evidence-statements~1] */
void provenance_check(struct bundle *bundle)
{
	const struct statement *const statement = &bundle->provenance;
	const char *type, *config, *builder, *started, *finished;

	if (!statement->predicate)
		return;
	if (json_unpack(statement->predicate, "{s:{s:s,s:{s:s}},s:{s:{s:s},s:{s:s,s:s}}}", "buildDefinition",
			"buildType", &type, "externalParameters", "config", &config, "runDetails", "builder",
			"id", &builder, "metadata", "startedOn", &started, "finishedOn", &finished) != 0 ||
	    strcmp(type, BUILD_TYPE) != 0)
		fault_add(bundle, FAULT_FORM, BUNDLE_PROVENANCE,
			  "this isn't how a bundle of the type " BUILD_TYPE " came about");
	if (!statement_commit(statement))
		fault_add(bundle, FAULT_FORM, BUNDLE_PROVENANCE, "it names no commit");
	if (!statement_config_sha256(statement))
		fault_add(bundle, FAULT_FORM, BUNDLE_PROVENANCE, "it has no SHA-256 of its configuration");
	if (!all_strings(statement_not_for_credit(statement)))
		fault_add(bundle, FAULT_FORM, BUNDLE_PROVENANCE, "it doesn't say whether the bundle counts");
	else if (bundle->key.development && statement_counts(statement))
		fault_add(bundle, FAULT_KEY, BUNDLE_PROVENANCE,
			  "it states that the bundle counts, and a development key signed it");
	if (statement_short(statement) && statement_counts(statement))
		fault_add(bundle, FAULT_STALE, BUNDLE_PROVENANCE,
			  "it states that the bundle counts, and that it is the short form");
}

static bool same_subjects(const struct bundle_hashes *a, const struct bundle_hashes *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (strcmp(a->list[i].path, b->list[i].path) != 0 ||
		    memcmp(a->list[i].digest, b->list[i].digest, DIGEST_SIZE) != 0)
			return false;
	return true;
}

/* Are the tests those of the partition file that the provenance names, and of no other? */
static bool same_configuration(const struct statement *provenance, json_t *configuration)
{
	const char *const config = statement_config(provenance),
			  *const stated = statement_config_sha256(provenance), *name, *text;

	return json_unpack_ex(configuration, NULL, 0, "[{s:s,s:{s:s!}!}!]", "name", &name, "digest", "sha256",
			      &text) == 0 &&
	       (!stated || (strcmp(name, config) == 0 && strcmp(text, stated) == 0));
}

/* Of both statements, as far as each can say the other wrong. */
void test_result_check(struct bundle *bundle)
{
	json_t *const predicate = bundle->test_result.predicate, *passed, *warned, *failed, *reasons,
		      *configuration;
	const char *result;

	if (!predicate)
		return;
	if (json_unpack(predicate, "{s:s,s:o,s:o,s:o,s:o,s:o}", "result", &result, "configuration",
			&configuration, "passedTests", &passed, "warnedTests", &warned, "failedTests",
			&failed, "notForCredit", &reasons) != 0 ||
	    !json_is_array(configuration) || !all_strings(passed) || !json_is_array(warned) ||
	    !all_strings(failed)) {
		fault_add(bundle, FAULT_FORM, BUNDLE_TEST_RESULT, "this isn't what tests showed");
		return;
	}
	if (strcmp(result, json_array_size(failed) ? "FAILED" : "PASSED") != 0)
		fault_add(bundle, FAULT_STALE, BUNDLE_TEST_RESULT, "the result is %s, with %zu failed tests",
			  result, json_array_size(failed));
	if (json_array_size(warned))
		fault_add(bundle, FAULT_STALE, BUNDLE_TEST_RESULT,
			  "it has warned tests; " BUNDLE_RECORDS " knows none");
	if (bundle->provenance.predicate &&
	    !same_subjects(&bundle->provenance.subjects, &bundle->test_result.subjects))
		fault_add(bundle, FAULT_STALE, BUNDLE_TEST_RESULT,
			  "its subjects aren't those of " BUNDLE_PROVENANCE);
	if (!same_configuration(&bundle->provenance, configuration))
		fault_add(bundle, FAULT_STALE, BUNDLE_TEST_RESULT,
			  "its configuration isn't that of " BUNDLE_PROVENANCE);
	if (!json_equal(reasons, statement_not_for_credit(&bundle->provenance)))
		fault_add(bundle, FAULT_STALE, BUNDLE_TEST_RESULT,
			  "it says something else than " BUNDLE_PROVENANCE " of whether the bundle counts");
}
