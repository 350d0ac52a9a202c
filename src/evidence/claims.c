// SPDX-License-Identifier: Apache-2.0
/*
 * claims.c - what files of a bundle say of its commit, its partition file and its image, beside what its
 * statements say of them: see bundle.h and docs/evidence.md.
 */
#include "bundle.h"

#include <string.h>

#define IMAGE "bulkhead.itb"

/* stated: NULL: the provenance is refused already. */
static void compare(struct bundle *bundle, const char *member, const char *stated)
{
	const char *const said = json_string_value(json_object_get(bundle->indexed, member));

	if (!said)
		fault_add(bundle, FAULT_FORM, BUNDLE_INDEX, "it has no %s", member);
	else if (stated && strcmp(said, stated) != 0)
		fault_add(bundle, FAULT_STALE, BUNDLE_INDEX,
			  "its %s isn't the one that " BUNDLE_PROVENANCE " states", member);
}

static void compare_changes(struct bundle *bundle)
{
	const json_t *const changed = json_object_get(bundle->indexed, "changed");

	if (!json_is_array(changed))
		fault_add(bundle, FAULT_FORM, BUNDLE_INDEX,
			  "it doesn't say what was changed since the commit");
	else if (json_array_size(changed) && statement_counts(&bundle->provenance))
		fault_add(bundle, FAULT_STALE, BUNDLE_PROVENANCE,
			  "it states that the bundle counts, and by " BUNDLE_INDEX " the tree had changes");
}

/* [impl->swr~evidence-agrees~1] */
void claims_index(struct bundle *bundle)
{
	if (!bundle->indexed)
		return;
	compare(bundle, "commit", statement_commit(&bundle->provenance));
	compare(bundle, "configuration_sha256", statement_config_sha256(&bundle->provenance));
	compare_changes(bundle);
}

static void compare_image(struct bundle *bundle, const char *path, const json_t *root)
{
	const char *const text = json_string_value(json_object_get(root, "image_sha256"));
	const struct bundle_hashes *const subjects = &bundle->provenance.subjects;
	uint8_t digest[DIGEST_SIZE];

	if (!text || !hash_read(text, digest)) {
		fault_add(bundle, FAULT_FORM, path, "it doesn't say of which image it is");
		return;
	}
	for (size_t i = 0; i < subjects->count; i++)
		if (subject_is(&subjects->list[i], IMAGE) &&
		    memcmp(subjects->list[i].digest, digest, DIGEST_SIZE) != 0)
			fault_add(bundle, FAULT_STALE, path,
				  "it is of another image than %s of " BUNDLE_PROVENANCE,
				  subjects->list[i].path);
}

/* [impl->swr~evidence-agrees~1] */
void claims_audit(struct bundle *bundle, const char *data, size_t size)
{
	json_t *const root = document_read(bundle, BUNDLE_AUDIT, data, size);

	if (root)
		compare_image(bundle, BUNDLE_AUDIT, root);
	json_decref(root);
}

/* "edge-gateway" is of "configs/edge-gateway.dts". */
static bool is_of(const char *name, const char *config)
{
	const char *const slash = strrchr(config, '/'), *const file = slash ? slash + 1 : config,
			  *const dot = strrchr(file, '.');
	const size_t length = dot ? (size_t)(dot - file) : strlen(file);

	return strlen(name) == length && strncmp(name, file, length) == 0;
}

/* Registers may be those of another configuration: of one that boots in seconds (the short form), or of one
 * whose board is emulated. [impl->swr~evidence-agrees~1] */
void claims_registers(struct bundle *bundle, const char *data, size_t size)
{
	const char *const config = statement_config(&bundle->provenance), *name;
	json_t *const root = document_read(bundle, BUNDLE_REGISTERS, data, size);

	if (root && config && !statement_short(&bundle->provenance)) {
		name = json_string_value(json_object_get(root, "configuration"));
		if (!name)
			fault_add(bundle, FAULT_FORM, BUNDLE_REGISTERS,
				  "it doesn't say of which configuration it is");
		else if (is_of(name, config))
			compare_image(bundle, BUNDLE_REGISTERS, root);
	}
	json_decref(root);
}
