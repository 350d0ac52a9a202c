// SPDX-License-Identifier: Apache-2.0
/*
 * manifest.c - manifest.json, and each file of the bundle against it: see bundle.h and docs/evidence.md.
 */
#include "bundle.h"

#include <string.h>

#define FORMAT	"bulkhead-evidence"
#define VERSION 1

/* What no manifest can have the hash of: itself, and what is signed once it is there. */
static bool is_outside(const char *path)
{
	return strcmp(path, BUNDLE_MANIFEST) == 0 ||
	       strncmp(path, BUNDLE_ATTESTATION, strlen(BUNDLE_ATTESTATION)) == 0;
}

static void read_file(struct bundle *bundle, json_t *entry, size_t number, const char **last)
{
	const char *path, *text, *unsafe;
	uint8_t digest[DIGEST_SIZE];
	json_int_t size;

	if (json_unpack_ex(entry, NULL, 0, "{s:s,s:I,s:s!}", "path", &path, "size", &size, "sha256", &text) !=
		    0 ||
	    size < 0 || !hash_read(text, digest)) {
		fault_add(bundle, FAULT_FORM, BUNDLE_MANIFEST, "file %zu isn't a path, a size and a SHA-256",
			  number);
		return;
	}
	unsafe = path_wrong(path);
	if (unsafe) {
		fault_add(bundle, FAULT_UNSAFE, path, "the manifest has %s", unsafe);
		return;
	}
	if (is_outside(path))
		fault_add(bundle, FAULT_FORM, path, "the manifest can't speak of this file");
	if (*last && strcmp(*last, path) >= 0)
		fault_add(bundle, FAULT_FORM, path, "the manifest isn't in order, or has a file twice");
	*last = path;
	hashes_add(&bundle->listed, path, (uint64_t)size, digest);
}

/* [impl->swr~evidence-manifest~1] */
bool manifest_read(struct bundle *bundle, const char *data, size_t size)
{
	json_t *const root = document_read(bundle, BUNDLE_MANIFEST, data, size), *files, *entry;
	const char *format, *last = NULL;
	json_int_t version;
	bool good = false;
	size_t number;

	if (!root)
		return false;
	if (json_unpack_ex(root, NULL, 0, "{s:s,s:I,s:o!}", "format", &format, "version", &version, "files",
			   &files) != 0 ||
	    strcmp(format, FORMAT) != 0 || version != VERSION || !json_is_array(files)) {
		fault_add(bundle, FAULT_FORM, BUNDLE_MANIFEST,
			  "this is no manifest of the format " FORMAT ", version %d", VERSION);
	} else if (json_array_size(files) > BUNDLE_ENTRIES_MAX) {
		fault_add(bundle, FAULT_LIMIT, BUNDLE_MANIFEST,
			  "it names %zu files, more than the %u that can be right", json_array_size(files),
			  BUNDLE_ENTRIES_MAX);
	} else {
		json_array_foreach(files, number, entry) read_file(bundle, entry, number, &last);
		hashes_sort(&bundle->listed);
		bundle->has_list = good = true;
	}
	json_decref(root);
	return good;
}

static void compare(struct bundle *bundle, struct bundle_file *file, const struct bundle_hash *said,
		    bool hashed)
{
	uint8_t digest[DIGEST_SIZE];
	const char *wrong;

	if (!file->regular)
		return; /* refused already */
	file->changed = file->size != said->size;
	if (file->changed) {
		fault_add(bundle, FAULT_CHANGED, file->path, "it has %llu bytes; the manifest says %llu",
			  (unsigned long long)file->size, (unsigned long long)said->size);
		return;
	}
	if (!hashed)
		return;
	wrong = bundle_digest(bundle, file->path, digest);
	file->changed = !wrong && memcmp(digest, said->digest, DIGEST_SIZE) != 0;
	if (wrong)
		fault_add(bundle, FAULT_UNREADABLE, file->path, "%s", wrong);
	else if (file->changed)
		fault_add(bundle, FAULT_CHANGED, file->path, "its SHA-256 isn't the manifest's");
}

/* Are all files that would be few enough bytes to hash? Many names of one file without blocks cost nothing to
 * make. */
static bool is_hashed(struct bundle *bundle)
{
	uint64_t total = 0;

	for (size_t i = 0; i < bundle->file_count && total <= BUNDLE_ALL_MAX; i++) {
		const struct bundle_file *const file = &bundle->files[i];
		const struct bundle_hash *const said = hashes_find(&bundle->listed, file->path);

		if (said && said->size == file->size && file->size <= BUNDLE_FILE_MAX)
			total += file->size;
	}
	if (total > BUNDLE_ALL_MAX)
		fault_add(bundle, FAULT_LIMIT, ".", "more than %llu GiB in all: no file was hashed",
			  (unsigned long long)(BUNDLE_ALL_MAX >> 30));
	return total <= BUNDLE_ALL_MAX;
}

/* Both are sorted. [impl->swr~evidence-files~1] */
void manifest_compare(struct bundle *bundle)
{
	const bool hashed = is_hashed(bundle);
	size_t i = 0, j = 0;

	while (i < bundle->file_count || j < bundle->listed.count) {
		struct bundle_file *const file = i < bundle->file_count ? &bundle->files[i] : NULL;
		const struct bundle_hash *const said =
			j < bundle->listed.count ? &bundle->listed.list[j] : NULL;
		const int order = !file ? 1 : !said ? -1 : strcmp(file->path, said->path);

		if (file && said && order == 0)
			compare(bundle, file, said, hashed);
		else if (said && order > 0 && !bundle->cut)
			fault_add(bundle, FAULT_ABSENT, said->path,
				  "the manifest has it, and it isn't there");
		else if (file && order < 0 && file->regular && !is_outside(file->path))
			fault_add(bundle, FAULT_ADDED, file->path, "it is there, and the manifest hasn't it");
		i += order <= 0;
		j += order >= 0;
	}
}
