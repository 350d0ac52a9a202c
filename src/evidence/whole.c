// SPDX-License-Identifier: Apache-2.0
/*
 * whole.c - what a bundle that counts has, whatever is in its manifest: see bundle.h and docs/evidence.md.
 */
#include "bundle.h"

/* What scripts/evidence.py always makes, by its parts. */
static const char *const files[] = {
	"report.html",
	BUNDLE_SUMMARY,
	BUNDLE_RECORDS,
	"requirements/summary.json",
	"coverage/summary.json",
	"static/summary.json",
	"timing/summary.json",
	"configuration/summary.json",
	BUNDLE_INDEX,
	BUNDLE_AUDIT,
	BUNDLE_REGISTERS,
	"interference/summary.json",
	"attack/summary.json",
	"objectives/summary.json",
};

/* What its statements are about beside the manifest, if the configuration's part is there. */
static const char *const images[] = {"bulkhead.itb", "bulkhead.bin"};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

_Static_assert(COUNT(files) + COUNT(images) <= BUNDLE_LACKS_MAX, "room for each");

static bool has_subject(const struct bundle_hashes *subjects, const char *name)
{
	for (size_t i = 0; i < subjects->count; i++)
		if (subject_is(&subjects->list[i], name))
			return true;
	return false;
}

/* A bundle that says that it doesn't count may be without it. */
static void lack(struct bundle *bundle, const char *name, const char *path, const char *words)
{
	if (json_array_size(statement_not_for_credit(&bundle->provenance)))
		bundle->lacks[bundle->lack_count++] = name;
	else
		fault_add(bundle, FAULT_ABSENT, path, "%s%s", words, name);
}

/* A file that the manifest has and that isn't there is absent already. [impl->swr~evidence-whole~1] */
void whole_check(struct bundle *bundle)
{
	bundle->lack_count = 0;
	if (!bundle->has_list || !bundle->provenance.predicate)
		return; /* refused already */
	for (size_t i = 0; i < COUNT(files); i++)
		if (!hashes_find(&bundle->listed, files[i]))
			lack(bundle, files[i], files[i], "a bundle that counts has a ");
	for (size_t i = 0; i < COUNT(images) && hashes_find(&bundle->listed, BUNDLE_INDEX); i++)
		if (!has_subject(&bundle->provenance.subjects, images[i]))
			lack(bundle, images[i], BUNDLE_PROVENANCE, "it isn't about a ");
}
