// SPDX-License-Identifier: Apache-2.0
/*
 * summary.c - what a bundle's part of the tests says of them, beside the test records: see bundle.h and
 * docs/evidence.md.
 */
#include "bundle.h"

#include <inttypes.h>
#include <string.h>

#define FIGURES 3u

/* As scripts/bundle/tests.py calls them. */
static const char *const names[FIGURES] = {"tests passed", "tests failed", "tests skipped"};

static void compare(struct bundle *bundle, const json_t *figure)
{
	const uint64_t counted[FIGURES] = {bundle->passed, bundle->failed, bundle->skipped};
	const char *const name = json_string_value(json_object_get(figure, "name"));
	const json_t *const value = json_object_get(figure, "value");

	for (size_t i = 0; name && i < FIGURES; i++)
		if (strcmp(name, names[i]) == 0 &&
		    (!json_is_integer(value) || (uint64_t)json_integer_value(value) != counted[i]))
			fault_add(bundle, FAULT_STALE, BUNDLE_SUMMARY,
				  "its figure of %s isn't %" PRIu64 ", as in " BUNDLE_RECORDS, name,
				  counted[i]);
}

/* [impl->swr~evidence-records~2] */
void summary_check(struct bundle *bundle, const char *data, size_t size)
{
	json_t *const root = document_read(bundle, BUNDLE_SUMMARY, data, size), *figure;
	size_t number;

	if (bundle->counted)
		json_array_foreach(json_object_get(root, "figures"), number, figure) compare(bundle, figure);
	json_decref(root);
}
