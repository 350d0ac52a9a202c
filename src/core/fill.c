/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fill.c - a cell's RAM as it is at every start: its images, zeroes elsewhere, nothing left in a cache.
 *
 * Run by the cell's first core, the only one that maps the RAM and the images. The guest starts with its
 * MMU off and so reads memory, not caches: every line is cleaned and invalidated to the point of
 * coherency once, after the last write to it (Arm ARM B2.8, D7.5).
 */
#include "cell.h"
#include "core.h"
#include "dma.h"
#include "events.h"
#include "sha256.h"

/* In slices, between which the service core serves the others. Less than an emulator does in a tenth of a
 * second. [impl->swr~service-sliced~1] */
#define SLICE UINT64_C(0x200000)

static u64 slice(u64 left)
{
	dma_work();
	return left < SLICE ? left : SLICE;
}

static void ram_zero(va_t va, u64 size)
{
	for (u64 now; size; size -= now, va += now) {
		now = slice(size);
		arch_zero(va, now);
	}
}

static void ram_clean(va_t va, u64 size)
{
	for (u64 now; size; size -= now, va += now) {
		now = slice(size);
		arch_cache_clean_invalidate(va, now);
	}
}

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

static void image_copy(va_t to, va_t from, u64 size)
{
	for (u64 now; size; size -= now, to += now, from += now) {
		now = slice(size);
		copy(to, from, now);
	}
}

static void region_fill(const struct bp_region *region)
{
	const ipa_t end = region->ipa + region->size;
	ipa_t at = region->ipa;
	const struct bp_image *image;

	while ((image = image_next(at, end)) != NULL) {
		const va_t to = region->va + (image->dest_ipa - region->ipa);

		ram_zero(region->va + (at - region->ipa), image->dest_ipa - at);
		image_copy(to, image->va, image->size);
		at = image->dest_ipa + image->size;
	}
	ram_zero(region->va + (at - region->ipa), end - at);
}

/* [impl->swr~cell-filled~1] [impl->swr~cell-clean-to-poc~1] */
void cell_fill(void)
{
	const struct bp_region *region = cell_table(&this_cell->regions);

	for (u32 i = 0; i < this_cell->regions.count; i++, region++) {
		if (!(region->flags & BP_REGION_KEEP) || cell_state()->generation == 1)
			region_fill(region);
		ram_clean(region->va, region->size);
	}
}

/* Adds the image's digest to `all`. */
static bool image_good(const struct bp_image *image, struct sha256 *all)
{
	u8 digest[SHA256_BYTES];
	struct sha256 sha;
	va_t va = image->va;

	sha256_start(&sha);
	for (u64 left = image->size, now; left; left -= now, va += now) {
		now = slice(left);
		sha256_add(&sha, (const void *)va, now);
	}
	sha256_end(&sha, digest);
	sha256_add(all, digest, sizeof(digest));
	return digest_equal(digest, image->digest);
}

/* [impl->swr~images-hashed~1] [impl->swr~digests-told~1] */
bool cell_images_good(void)
{
	const struct bp_image *image = cell_table(&this_cell->images);
	struct telemetry_core *t = telemetry();
	struct sha256 all;
	bool good = true;

	sha256_start(&all);
	for (u32 i = 0; i < this_cell->images.count; i++, image++)
		if (!image_good(image, &all))
			good = false;
	sha256_end(&all, t->images_digest);
	arch_publish();
	t->images_hashed = this_cell->images.count;
	event_digest(EVENT_IMAGES, t->images_digest);
	return good;
}
