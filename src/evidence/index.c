// SPDX-License-Identifier: Apache-2.0
/*
 * index.c - the configuration index, for the hashes of what isn't in the bundle itself: sources, tools'
 * output, images. See bundle.h.
 */
#include "bundle.h"

/* Each object with `path` and `sha256` in one of its lists; what else it says is its readers' matter. */
void index_read(struct bundle *bundle, const char *data, size_t size)
{
	json_t *const root = document_read(bundle, BUNDLE_INDEX, data, size), *list, *entry;
	uint8_t digest[DIGEST_SIZE];
	const char *path, *text, *twice, *key;
	size_t number;

	json_object_foreach(root, key, list) json_array_foreach(
		list, number, entry) if (json_unpack(entry, "{s:s,s:s}", "path", &path, "sha256", &text) == 0)
	{
		if (hash_read(text, digest))
			hashes_add(&bundle->index, path, UINT64_MAX, digest);
		else
			fault_add(bundle, FAULT_FORM, BUNDLE_INDEX, "%s: this is no SHA-256", path);
	}
	twice = hashes_sort(&bundle->index);
	if (twice)
		fault_add(bundle, FAULT_STALE, BUNDLE_INDEX, "%s: two hashes of one file", twice);
	json_decref(root);
}
