/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fill.c - a cell's RAM as it is at every start: its images, zeroes elsewhere, nothing left in a cache.
 *
 * Run by the cell's first core, the only one that maps the RAM and the images. The guest starts with its
 * MMU off and so reads memory, not caches: every line is cleaned and invalidated to the point of
 * coherency once, after the last write to it (Arm ARM B2.8, D7.5).
 */
#include "cell.h"
#include "sha256.h"

/* The images are sorted by nothing; a cell has a handful. Next image that starts in [from, end). */
static const struct bp_image *image_next(ipa_t from, ipa_t end)
{
	const struct bp_image *image = cell_table(&this_cell->images);
	const struct bp_image *next = NULL;

	for (u32 i = 0; i < this_cell->images.count; i++, image++)
		if (image->dest_ipa >= from && image->dest_ipa < end && image->size &&
		    (!next || image->dest_ipa < next->dest_ipa))
			next = image;
	return next;
}

static void copy(va_t to, va_t from, u64 size)
{
	u8 *to_bytes = (u8 *)to;
	const u8 *from_bytes = (const u8 *)from;
	u64 i = 0;

	if (((to | from) & 7) == 0)
		for (; i + 8 <= size; i += 8)
			*(u64 *)(to_bytes + i) = *(const u64 *)(from_bytes + i);
	for (; i < size; i++)
		to_bytes[i] = from_bytes[i];
}

static void region_fill(const struct bp_region *region)
{
	const ipa_t end = region->ipa + region->size;
	ipa_t at = region->ipa;
	const struct bp_image *image;

	while ((image = image_next(at, end)) != NULL) {
		const va_t to = region->va + (image->dest_ipa - region->ipa);

		arch_zero(region->va + (at - region->ipa), image->dest_ipa - at);
		copy(to, image->va, image->size);
		at = image->dest_ipa + image->size;
	}
	arch_zero(region->va + (at - region->ipa), end - at);
}

/* [impl->swr~cell-filled~1] [impl->swr~cell-clean-to-poc~1] */
void cell_fill(void)
{
	const struct bp_region *region = cell_table(&this_cell->regions);

	for (u32 i = 0; i < this_cell->regions.count; i++, region++) {
		if (!(region->flags & BP_REGION_KEEP) || cell_state()->generation == 1)
			region_fill(region);
		arch_cache_clean_invalidate(region->va, region->size);
	}
}

/* [impl->swr~images-hashed~1] */
bool cell_images_good(void)
{
	const struct bp_image *image = cell_table(&this_cell->images);
	bool good = true;

	for (u32 i = 0; i < this_cell->images.count; i++, image++)
		if (!sha256_is((const void *)image->va, image->size, image->digest))
			good = false;
	return good;
}
