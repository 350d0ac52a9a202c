// SPDX-License-Identifier: Apache-2.0
/*
 * index.c - the configuration index, for the hashes of what isn't in the bundle itself: sources, tools'
 * output, images. See bundle.h.
 */
#include "bundle.h"

/* Of a source that was changed since the commit the index has the commit's hash, which nothing else in the
 * bundle need have. */
static struct bundle_hashes changed_since(const json_t *root)
{
	static const uint8_t none[DIGEST_SIZE];
	struct bundle_hashes changed = {0};
	json_t *path;
	size_t number;

	json_array_foreach(json_object_get(root, "changed"), number, path) if (json_is_string(path))
		hashes_add(&changed, json_string_value(path), UINT64_MAX, none);
	hashes_sort(&changed);
	return changed;
}

/* key: of the list; number: in it. */
static void read_entry(struct bundle *bundle, const struct bundle_hashes *changed, const char *key,
		       size_t number, json_t *entry)
{
	uint8_t digest[DIGEST_SIZE];
	const char *path, *text;

	if (!json_object_get(entry, "path"))
		return;
	if (json_unpack(entry, "{s:s,s:s}", "path", &path, "sha256", &text) != 0 || !hash_read(text, digest))
		fault_add(bundle, FAULT_FORM, BUNDLE_INDEX, "entry %zu of %s isn't a path with its SHA-256",
			  number, key);
	else if (!hashes_find(changed, path))
		hashes_add(&bundle->index, path, UINT64_MAX, digest);
}

/* Each object with a `path` in one of its lists; what else it says is its readers' matter. */
void index_read(struct bundle *bundle, const char *data, size_t size)
{
	json_t *const root = document_read(bundle, BUNDLE_INDEX, data, size), *list, *entry;
	struct bundle_hashes changed = changed_since(root);
	const char *twice, *key;
	size_t number;

	json_object_foreach(root, key, list) json_array_foreach(list, number, entry)
		read_entry(bundle, &changed, key, number, entry);
	twice = hashes_sort(&bundle->index);
	if (twice)
		fault_add(bundle, FAULT_STALE, BUNDLE_INDEX, "%s: two hashes of one file", twice);
	hashes_free(&changed);
	json_decref(bundle->indexed);
	bundle->indexed = root;
}
