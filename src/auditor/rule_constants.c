// SPDX-License-Identifier: Apache-2.0
/*
 * rule_constants.c - the health cell's table of constant ranges holds every byte that nobody writes, once,
 * with its digest, where the cell sees it.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "rule.h"

static void wrong(struct audit *audit, const struct integrity_range *range, const char *what)
{
	violation(&audit->report, RULE_CONSTANTS,
		  "constant range '%.*s' at 0x%" PRIx64 " (0x%" PRIx64 " bytes, IPA 0x%" PRIx64 ") %s",
		  (int)sizeof(range->name), range->name, range->pa, range->size, range->ipa, what);
}

static const void *bytes_at(const struct audit *audit, uint64_t pa, uint64_t size)
{
	const struct fit_file *file;

	if (pa >= audit->hv.load_pa && within(pa - audit->hv.load_pa, size, audit->kernel_size))
		return audit->kernel + (pa - audit->hv.load_pa);
	return image_bytes_at(audit, pa, size, &file);
}

static void range_check(struct audit *audit, const struct integrity_range *range)
{
	const void *bytes = bytes_at(audit, range->pa, range->size);
	uint8_t digest[32];
	uint64_t pa;

	if (!range->size || range->size > INTEGRITY_RANGE_MAX || !bytes) {
		wrong(audit, range, "isn't in the image, or too long");
		return;
	}
	if (!memchr(range->name, '\0', sizeof(range->name)))
		wrong(audit, range, "has no name");
	if (!spans_translate(&audit->cells[audit->health].stage2, range->ipa, range->size, &pa) ||
	    pa != range->pa)
		wrong(audit, range, "isn't what the health cell sees there");
	digest_of((struct blob){bytes, range->size}, digest);
	if (memcmp(digest, range->digest, sizeof(digest)) != 0)
		wrong(audit, range, "has another digest");
}

static void covered_check(struct audit *audit, const struct spans *covered, uint64_t pa, uint64_t size)
{
	uint64_t gap;

	if (size && !spans_cover(covered, pa, size, &gap))
		violation(&audit->report, RULE_CONSTANTS,
			  "nobody writes 0x%" PRIx64 ", and the health cell doesn't check it", gap);
}

/* What needn't be, because it is checked otherwise: the table by its own digest; the digest of the blueprint,
 * which counts at boot alone. */
static void required_check(struct audit *audit, const struct spans *covered)
{
	const uint64_t digest = audit->blueprint_pa + offsetof(struct bp_header, digest);
	const uint64_t without[][2] = {
		{digest, digest + sizeof(audit->header->digest)},
		{audit->integrity_pa, audit->integrity_pa + audit->directory->integrity.size},
	};

	covered_check(audit, covered, audit->directory_pa, audit->directory->size);
	for (size_t i = 0; i < audit->constants.count; i++) {
		const struct span *span = &audit->constants.list[i];
		uint64_t from = span->va, end = end_of(span->va, span->size);

		for (size_t f = 0; f < audit->fit.file_count; f++) /* behind a file's last byte is nothing */
			if (page_down(audit->fit.files[f].load) == span->va)
				end = end_of(audit->fit.files[f].load, audit->fit.files[f].bytes.size);
		for (int lower = 0; lower < 2; lower++) {
			const int w = (without[0][0] < without[1][0]) ? lower : 1 - lower;

			if (without[w][0] < from || without[w][0] >= end)
				continue;
			covered_check(audit, covered, from, without[w][0] - from);
			from = without[w][1];
		}
		if (from < end)
			covered_check(audit, covered, from, end - from);
	}
}

/* [impl->swr~audit-constants~1] */
void rule_constants(struct audit *audit)
{
	const struct integrity_table *table = audit->integrity;
	struct spans covered = {0};
	uint8_t digest[32];

	if (!table)
		return; /* no health cell, or constants_open() has said why */
	digest_of((struct blob){(const uint8_t *)table->ranges, table->size}, digest);
	if (memcmp(digest, table->digest, sizeof(digest)) != 0)
		violation(&audit->report, RULE_CONSTANTS, "the table of constant ranges has another digest");
	for (uint32_t i = 0; i < table->count; i++) {
		const struct integrity_range *range = &table->ranges[i];

		range_check(audit, range);
		spans_add(&covered, (struct span){range->pa, range->pa, range->size, 0, 0});
	}
	spans_sort_by_va(&covered);
	for (size_t i = 0; i + 1 < covered.count; i++)
		if (end_of(covered.list[i].va, covered.list[i].size) > covered.list[i + 1].va)
			violation(&audit->report, RULE_CONSTANTS, "0x%" PRIx64 " is in two constant ranges",
				  covered.list[i + 1].va);
	spans_normalize(&covered, NULL, NULL);
	required_check(audit, &covered);
	spans_free(&covered);
}

/* The health cell's windows on them: the pages of each range, and of the table. */
void constants_expected(const struct audit *audit, int tag, struct spans *expected)
{
	const struct integrity_table *table = audit->integrity;
	uint64_t end;

	for (uint32_t i = 0; table && i <= table->count; i++) {
		const struct integrity_range *range = &table->ranges[i];
		uint64_t pa = i < table->count ? range->pa : audit->integrity_pa;
		uint64_t ipa = i < table->count ? range->ipa : audit->directory->integrity.ipa;
		const uint64_t size = i < table->count ? range->size : audit->directory->integrity.size;
		const uint64_t last = end_of(pa, size);

		if (ipa % BP_PAGE_SIZE != pa % BP_PAGE_SIZE ||
		    size > audit->kernel_size + INTEGRITY_RANGE_MAX)
			continue; /* rule_constants: it isn't what the cell sees there */
		ipa = page_down(ipa);
		for (pa = page_down(pa); pa < last; pa += BP_PAGE_SIZE, ipa += BP_PAGE_SIZE) {
			const uint32_t admitted = page_admits(audit, pa, audit->health, &end);

			if (admitted)
				spans_append(expected, (struct span){ipa, pa, BP_PAGE_SIZE, admitted, tag});
		}
	}
}
