// SPDX-License-Identifier: Apache-2.0
/*
 * image.c - the headers of /images/kernel: bulkhead.bin's own and the blueprint's.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "model.h"

static uint64_t word_at(const struct audit *audit, size_t offset)
{
	uint64_t value;

	memcpy(&value, audit->kernel + offset, sizeof(value));
	return value;
}

static void hv_wrong(struct audit *audit, const char *what, uint64_t value)
{
	violation(&audit->report, RULE_HV_HEADER, "bulkhead.bin: %s (0x%" PRIx64 ")", what, value);
}

/* [impl->swr~audit-hv-header~1] */
static void arm64_header_check(struct audit *audit)
{
	uint32_t magic;

	memcpy(&magic, audit->kernel + IMAGE_MAGIC_AT, sizeof(magic));
	if (magic != IMAGE_MAGIC)
		hv_wrong(audit, "arm64 Image magic is missing", magic);
	if (word_at(audit, IMAGE_TEXT_OFFSET_AT))
		hv_wrong(audit, "text_offset isn't 0: a loader would put it elsewhere",
			 word_at(audit, IMAGE_TEXT_OFFSET_AT));
	if (word_at(audit, IMAGE_SIZE_AT) < audit->kernel_size)
		hv_wrong(audit, "image_size is less than the image: U-Boot would move only a part",
			 word_at(audit, IMAGE_SIZE_AT));
	if (!(word_at(audit, IMAGE_FLAGS_AT) & IMAGE_FLAG_ANYWHERE))
		hv_wrong(audit, "Image flag bit 3 is clear: U-Boot would move it",
			 word_at(audit, IMAGE_FLAGS_AT));
}

static bool segment_shape_sound(const struct audit *audit, const struct hv_segment *segment)
{
	const struct hv_header *hv = &audit->hv;
	const uint32_t known =
		HV_SEG_READ | HV_SEG_WRITE | HV_SEG_EXEC | HV_SEG_PER_CORE | HV_SEG_BOOT | HV_SEG_IDENTITY;

	if (segment->va % BP_PAGE_SIZE || segment->size % BP_PAGE_SIZE || segment->flags & ~known ||
	    !(segment->flags & HV_SEG_READ))
		return false;
	if (!HV_SEG_IN_FILE(segment->flags))
		return segment->va >= EL2_VA_PRIVATE && segment->size <= EL2_VA_CELL - EL2_VA_PRIVATE &&
		       segment->va <= EL2_VA_CELL - segment->size;
	return segment->va >= hv->segments[0].va &&
	       within(segment->va - hv->segments[0].va, segment->size, hv->file_size);
}

/* [impl->swr~audit-hv-header~1] */
static bool segments_check(struct audit *audit)
{
	const struct hv_header *hv = &audit->hv;
	bool sound = hv->segments[0].va == EL2_VA_TEXT;

	if (!sound)
		hv_wrong(audit, "segments[0] isn't at EL2_VA_TEXT", hv->segments[0].va);
	for (unsigned int i = 0; i < HV_SEGMENTS && hv->segments[i].size; i++) {
		const struct hv_segment *segment = &hv->segments[i];

		if ((segment->flags & HV_SEG_WRITE) && (segment->flags & HV_SEG_EXEC))
			violation(&audit->report, RULE_WX,
				  "bulkhead.bin: segment %u at 0x%" PRIx64 " is writable and executable", i,
				  segment->va);
		if ((segment->flags & HV_SEG_WRITE) && !(segment->flags & (HV_SEG_PER_CORE | HV_SEG_BOOT)))
			violation(&audit->report, RULE_EL2_EXTRA,
				  "bulkhead.bin: segment %u at 0x%" PRIx64
				  " is writable and one for all cores",
				  i, segment->va);
		if (!segment_shape_sound(audit, segment)) {
			hv_wrong(audit, "a segment's place, size or flags make no sense", segment->va);
			sound = false;
		}
		for (unsigned int j = 0; j < i; j++) {
			const struct hv_segment *other = &hv->segments[j];

			if (segment->va < end_of(other->va, other->size) &&
			    other->va < end_of(segment->va, segment->size)) {
				hv_wrong(audit, "two segments overlap", segment->va);
				sound = false;
			}
		}
	}
	return sound;
}

/* [impl->swr~audit-hv-header~1] */
static bool hv_header_check(struct audit *audit)
{
	struct hv_header *hv = &audit->hv;

	if (audit->kernel_size < HV_HEADER_OFFSET + sizeof(*hv)) {
		hv_wrong(audit, "it is too short", audit->kernel_size);
		return false;
	}
	memcpy(hv, audit->kernel + HV_HEADER_OFFSET, sizeof(*hv));
	if (hv->magic != HV_MAGIC || hv->abi != BLUEPRINT_ABI || hv->isa != HV_ISA_ARM64) {
		hv_wrong(audit, "magic, ABI or ISA isn't this auditor's", hv->magic);
		return false;
	}
	arm64_header_check(audit);
	if (hv->file_size % BP_PAGE_SIZE || !hv->file_size || hv->file_size >= audit->kernel_size) {
		hv_wrong(audit, "file_size leaves no room for the blueprint", hv->file_size);
		return false;
	}
	if (hv->load_pa != audit->fit.kernel_load || hv->load_pa != audit->fit.kernel_entry)
		hv_wrong(audit, "load_pa isn't the FIT's load and entry", hv->load_pa);
	if (hv->load_pa % HV_LOAD_ALIGN || hv->load_pa > (UINT64_C(1) << 48) - audit->kernel_size) {
		hv_wrong(audit, "load_pa isn't 2 MiB aligned below 2^48", hv->load_pa);
		return false;
	}
	if (hv->secondary_offset >= hv->file_size || hv->secondary_offset % 4)
		hv_wrong(audit, "secondary_offset is outside the file", hv->secondary_offset);
	return segments_check(audit);
}

static void bp_wrong(struct audit *audit, const char *what, uint64_t value)
{
	violation(&audit->report, RULE_BP_HEADER, "blueprint: %s (0x%" PRIx64 ")", what, value);
}

/* [impl->swr~audit-blueprint-header~1] */
static void blueprint_digest_check(struct audit *audit)
{
	uint8_t *field = audit->kernel + audit->hv.file_size + offsetof(struct bp_header, digest);
	uint8_t digest[32], said[32];

	memcpy(said, field, sizeof(said));
	memset(field, 0, sizeof(said));
	digest_of((struct blob){audit->blueprint, audit->header->size}, digest);
	memcpy(field, said, sizeof(said));
	if (memcmp(digest, said, sizeof(digest)) != 0)
		bp_wrong(audit, "its bytes don't match its digest", audit->blueprint_pa);
	digest_of(audit->fit.partitions, digest);
	if (memcmp(digest, audit->header->config_digest, sizeof(digest)) != 0)
		bp_wrong(audit, "config_digest isn't that of /images/partitions", audit->blueprint_pa);
}

/* [impl->swr~audit-blueprint-header~1] */
static bool blueprint_header_check(struct audit *audit)
{
	const uint64_t left = audit->kernel_size - audit->hv.file_size;
	const struct bp_header *header;

	audit->blueprint = audit->kernel + audit->hv.file_size;
	audit->blueprint_pa = audit->hv.load_pa + audit->hv.file_size;
	header = audit->header = (const void *)audit->blueprint;
	if (left < sizeof(*header)) {
		bp_wrong(audit, "it is too short", left);
		return false;
	}
	if (header->magic != BLUEPRINT_MAGIC || header->abi != BLUEPRINT_ABI ||
	    header->header_size != sizeof(*header)) {
		bp_wrong(audit, "magic, ABI or header size isn't this auditor's", header->magic);
		return false;
	}
	if (header->size != left || header->size % BP_PAGE_SIZE) {
		bp_wrong(audit, "size isn't that of the bytes behind bulkhead.bin, in whole pages",
			 header->size);
		return false;
	}
	if (header->load_pa != audit->hv.load_pa)
		bp_wrong(audit, "load_pa isn't bulkhead.bin's", header->load_pa);
	if (header->cell_count < 1 || header->cell_count > BP_CELLS_MAX ||
	    header->cores.count > BP_CORES_MAX) {
		bp_wrong(audit, "cells or cores are too many or none", header->cell_count);
		return false;
	}
	if (header->writable_pa % BP_PAGE_SIZE || header->writable_size % BP_PAGE_SIZE ||
	    header->writable_pa > UINT64_C(1) << 48 || header->writable_size > UINT64_C(1) << 48) {
		bp_wrong(audit, "writable memory isn't whole pages below 2^48", header->writable_pa);
		return false;
	}
	/* The boot protocol: so much from its first byte on is the image's. */
	if (header->writable_pa >= header->load_pa &&
	    word_at(audit, IMAGE_SIZE_AT) < header->writable_pa - header->load_pa + header->writable_size)
		hv_wrong(audit, "image_size ends before the writable memory", word_at(audit, IMAGE_SIZE_AT));
	blueprint_digest_check(audit);
	return true;
}

static void tables_open(struct audit *audit)
{
	struct table_memory *tables = &audit->tables;
	const size_t pages = audit->header->size / BP_PAGE_SIZE;

	tables->data = audit->blueprint;
	tables->pa = audit->blueprint_pa;
	tables->size = audit->header->size;
	tables->use = memory_zeroed(pages, sizeof(*tables->use));
	tables->level = memory_zeroed(pages, sizeof(*tables->level));
	tables->seen = memory_zeroed(pages, sizeof(*tables->seen));
}

bool image_open(struct audit *audit)
{
	if (!audit->fit.kernel.data)
		return false;
	audit->kernel_size = audit->fit.kernel.size;
	audit->kernel = memory_zeroed(audit->kernel_size, 1);
	memcpy(audit->kernel, audit->fit.kernel.data, audit->kernel_size);
	if (!hv_header_check(audit) || !blueprint_header_check(audit))
		return false;
	tables_open(audit);
	return true;
}

const void *blueprint_at(const struct audit *audit, uint64_t pa, uint64_t size)
{
	if (pa < audit->blueprint_pa || !within(pa - audit->blueprint_pa, size, audit->header->size))
		return NULL;
	return audit->blueprint + (pa - audit->blueprint_pa);
}

const void *image_bytes_at(const struct audit *audit, uint64_t pa, uint64_t size,
			   const struct fit_file **file)
{
	*file = NULL;
	for (size_t i = 0; i < audit->fit.file_count; i++) {
		const struct fit_file *candidate = &audit->fit.files[i];

		if (pa >= candidate->load && within(pa - candidate->load, size, candidate->bytes.size)) {
			*file = candidate;
			return candidate->bytes.data + (pa - candidate->load);
		}
	}
	return blueprint_at(audit, pa, size);
}
