// SPDX-License-Identifier: Apache-2.0
/*
 * integrity.c - the table's ranges, hashed piece by piece (integrity.h).
 */
#include "integrity.h"

#include <stdbool.h>
#include <string.h>

const char *integrity_open(struct integrity *integrity, const void *window, uint64_t size)
{
	const struct integrity_table *table = window;

	*integrity = (struct integrity){.table = table};
	if (size < sizeof(*table) || table->magic != INTEGRITY_MAGIC)
		return "the table's magic is wrong";
	if (table->size != size - sizeof(*table) || table->count > table->size / sizeof(table->ranges[0]))
		return "the table reaches beyond its window";
	integrity->count = table->count;
	integrity->size = table->size;
	integrity->bytes = integrity->longest = table->size;
	for (uint32_t i = 0; i < table->count; i++) {
		const uint64_t bytes = table->ranges[i].size;

		if (bytes > INTEGRITY_RANGE_MAX)
			return "the table has too long a range";
		integrity->bytes += bytes;
		integrity->longest = bytes > integrity->longest ? bytes : integrity->longest;
	}
	crypto_hash_sha256_init(&integrity->hash);
	return NULL;
}

static bool table_is(const struct integrity *integrity)
{
	const struct integrity_table *table = integrity->table;

	return table->magic == INTEGRITY_MAGIC && table->count == integrity->count &&
	       table->size == integrity->size;
}

/* What range `integrity->range` is: where it is read, how long it is, and what its digest must be. */
static const uint8_t *range_bytes(const struct integrity *integrity, uint64_t *size, const uint8_t **digest)
{
	const struct integrity_range *range;

	if (!integrity->range) {
		*size = integrity->size;
		*digest = integrity->table->digest;
		return (const uint8_t *)integrity->table->ranges;
	}
	range = &integrity->table->ranges[integrity->range - 1];
	*size = range->size;
	*digest = range->digest;
	return (const uint8_t *)(uintptr_t)range->ipa;
}

static void fault_tell(const struct integrity *integrity, uint64_t size, struct integrity_fault *fault)
{
	const struct integrity_range *range =
		integrity->range ? &integrity->table->ranges[integrity->range - 1] : NULL;

	*fault = (struct integrity_fault){
		.name = range ? range->name : "table of ranges", .pa = range ? range->pa : 0, .size = size};
}

static void range_next(struct integrity *integrity)
{
	integrity->done = 0;
	crypto_hash_sha256_init(&integrity->hash);
	if (++integrity->range <= integrity->count)
		return;
	integrity->range = 0;
	integrity->position = 0;
	integrity->passes++;
}

/* [impl->swr~health-integrity~1] */
enum integrity_verdict integrity_step(struct integrity *integrity, uint64_t bytes,
				      struct integrity_fault *fault)
{
	while (bytes) {
		uint8_t digest[crypto_hash_sha256_BYTES];
		const uint8_t *good, *at;
		uint64_t size, part;
		bool same;

		/* Before anything that the table says is followed. */
		if (!integrity->range && !integrity->done && !table_is(integrity)) {
			integrity->errors++;
			fault_tell(integrity, integrity->size, fault);
			return INTEGRITY_CHANGED;
		}
		at = range_bytes(integrity, &size, &good);
		part = size - integrity->done < bytes ? size - integrity->done : bytes;
		crypto_hash_sha256_update(&integrity->hash, at + integrity->done, part);
		integrity->done += part;
		integrity->position += part;
		bytes -= part;
		if (integrity->done < size)
			continue;
		crypto_hash_sha256_final(&integrity->hash, digest);
		same = memcmp(digest, good, sizeof(digest)) == 0;
		if (!same) {
			integrity->errors++;
			fault_tell(integrity, size, fault);
			/* A table that has changed leads nowhere. */
			if (!integrity->range)
				integrity->range = integrity->count;
		}
		range_next(integrity);
		if (!same)
			return INTEGRITY_CHANGED;
	}
	return INTEGRITY_SAME;
}
