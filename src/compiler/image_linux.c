/* SPDX-License-Identifier: Apache-2.0 */
/*
 * image_linux.c - an arm64 Linux `Image` with its initrd, laid out in the cell's first region.
 *
 * Linux, Documentation/arch/arm64/booting: the kernel at text_offset from a 2 MiB boundary, with
 * image_size bytes free; initrd and guest tree in 2 MiB blocks of their own, near the region's end.
 */
#include "images.h"

#include "../blueprint/image.h"
#include "ranges.h"
#include "text.h"

#include <inttypes.h>
#include <string.h>

#define HEADER_SIZE	64u
#define FLAG_BIG_ENDIAN UINT64_C(1)
#define TEXT_OFFSET_OLD UINT64_C(0x80000) /* where image_size is 0: before Linux 3.17 */

static uint64_t field(const struct bytes *file, size_t offset)
{
	uint64_t value = 0;

	for (unsigned int i = 0; i < 8; i++)
		value |= (uint64_t)file->data[offset + i] << (8 * i);
	return value;
}

static bool is_gzip(const struct bytes *file)
{
	return file->size > 2 && file->data[0] == 0x1f && file->data[1] == 0x8b;
}

static bool header_is_right(const struct image_job *job)
{
	const struct bytes *const file = job->bytes;

	if (is_gzip(file))
		diag_error(job->at, "'%s' is compressed: unpack it to an arm64 Linux Image", file->path);
	else if (file->size < HEADER_SIZE || (uint32_t)field(file, IMAGE_MAGIC_AT) != IMAGE_MAGIC)
		diag_error(job->at, "'%s' is no arm64 Linux Image", file->path);
	else if (field(file, IMAGE_FLAGS_AT) & FLAG_BIG_ENDIAN)
		diag_error(job->at, "'%s' is a big-endian kernel", file->path);
	else
		return true;
	return false;
}

/* Places the initrd under `limit`, in 2 MiB blocks of its own; the limit of what lies below it. */
static uint64_t place_initrd(const struct image_job *job, const struct file_image *initrd,
			     uint64_t kernel_end)
{
	struct plan_cell *const cell = job->cell;
	const uint64_t end = cell->tree_limit_ipa;
	uint64_t ipa;

	if (!initrd)
		return end;
	if (initrd->file.size > end - cell->ram[0].ipa ||
	    align_down(end - initrd->file.size, IMAGE_BLOCK) < align_up(kernel_end, IMAGE_BLOCK)) {
		diag_error(front_place(job->front, job->node, "initrd"),
			   "'%s' (%" PRIu64
			   " bytes) doesn't fit behind the kernel: the first region of cell '%s' "
			   "has %s",
			   initrd->file.path, (uint64_t)initrd->file.size, cell->name,
			   text_of_size(cell->ram[0].size));
		return end;
	}
	ipa = align_down(end - initrd->file.size, IMAGE_BLOCK);
	image_add_segment(cell, (size_t)(initrd - cell->files), 0, initrd->file.size, ipa);
	return ipa;
}

void image_read_linux(const struct image_job *job, const struct file_image *initrd)
{
	struct plan_cell *const cell = job->cell;
	const struct ram_region *const region = &cell->ram[0];
	uint64_t offset, size, base, end;

	if (!header_is_right(job))
		return;
	offset = field(job->bytes, IMAGE_TEXT_OFFSET_AT);
	size = field(job->bytes, IMAGE_SIZE_AT);
	if (!size)
		offset = TEXT_OFFSET_OLD;
	if (size < job->bytes->size)
		size = job->bytes->size;
	base = align_up(region->ipa, IMAGE_BLOCK);
	if (offset > region->size || base - region->ipa > region->size - offset ||
	    size > region->size - offset - (base - region->ipa)) {
		diag_error(job->at, "'%s' takes %" PRIu64 " bytes, and the first region of cell '%s' has %s",
			   job->bytes->path, size, cell->name, text_of_size(region->size));
		return;
	}
	end = base + offset + size;
	image_add_segment(cell, job->file, 0, job->bytes->size, base + offset);
	cell->entry_ipa = base + offset;
	cell->tree_floor_ipa = align_up(end, IMAGE_BLOCK);
	cell->tree_limit_ipa = place_initrd(job, initrd, end);
}
