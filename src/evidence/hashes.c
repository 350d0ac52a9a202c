// SPDX-License-Identifier: Apache-2.0
/*
 * hashes.c - what is said of files, found by their path: see bundle.h.
 */
#include "bundle.h"

#include <stdlib.h>
#include <string.h>

#include "../compiler/text.h"
#include "../log/log.h"

bool hash_read(const char *text, uint8_t digest[DIGEST_SIZE])
{
	return log_hex(text, digest, DIGEST_SIZE);
}

void hashes_add(struct bundle_hashes *hashes, const char *path, uint64_t size,
		const uint8_t digest[DIGEST_SIZE])
{
	struct bundle_hash *hash;

	hashes->list = memory_grow(hashes->list, hashes->count, sizeof(hashes->list[0]));
	hash = &hashes->list[hashes->count++];
	hash->path = text_copy(path, strlen(path));
	hash->size = size;
	memcpy(hash->digest, digest, DIGEST_SIZE);
}

static int by_path(const void *a, const void *b)
{
	return strcmp(((const struct bundle_hash *)a)->path, ((const struct bundle_hash *)b)->path);
}

const char *hashes_sort(struct bundle_hashes *hashes)
{
	if (!hashes->count)
		return NULL;
	qsort(hashes->list, hashes->count, sizeof(hashes->list[0]), by_path);
	for (size_t i = 1; i < hashes->count; i++)
		if (by_path(&hashes->list[i - 1], &hashes->list[i]) == 0 &&
		    memcmp(hashes->list[i - 1].digest, hashes->list[i].digest, DIGEST_SIZE) != 0)
			return hashes->list[i].path;
	return NULL;
}

const struct bundle_hash *hashes_find(const struct bundle_hashes *hashes, const char *path)
{
	const struct bundle_hash wanted = {.path = (char *)path};

	return hashes->count ? bsearch(&wanted, hashes->list, hashes->count, sizeof(wanted), by_path) : NULL;
}

void hashes_free(struct bundle_hashes *hashes)
{
	for (size_t i = 0; i < hashes->count; i++)
		free(hashes->list[i].path);
	free(hashes->list);
	*hashes = (struct bundle_hashes){0};
}
