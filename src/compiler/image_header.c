// SPDX-License-Identifier: Apache-2.0
/*
 * image_header.c - reads what bulkhead.bin says about itself, and writes the copy that is booted.
 *
 * Owns the packer's side of src/blueprint/image.h. Called by layout.c and emit.c.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "digest.h"
#include "emit.h"
#include "layout.h"

static bool per_core_fits(const struct hv_segment *segment)
{
	return segment->va >= EL2_VA_PRIVATE && segment->va + segment->size <= EL2_VA_CELL;
}

static bool file_segment_fits(const struct hv_header *hv, const struct hv_segment *segment)
{
	const uint64_t base = hv->segments[0].va;

	return segment->va >= base && segment->size <= hv->file_size &&
	       segment->va - base <= hv->file_size - segment->size;
}

/* What is wrong with a segment; NULL: nothing. */
static const char *segment_fault(const struct hv_header *hv, const struct hv_segment *segment)
{
	if (segment->va % BP_PAGE_SIZE || segment->size % BP_PAGE_SIZE)
		return "is not made of 4 KiB pages";
	if ((segment->flags & HV_SEG_WRITE) && (segment->flags & HV_SEG_EXEC))
		return "is both writable and executable";
	if (!HV_SEG_IN_FILE(segment->flags))
		return per_core_fits(segment) ? NULL : "lies outside the private region";
	if (!file_segment_fits(hv, segment))
		return "lies outside the file";
	/* Every core reads the same bytes: writable ones would be shared between cells. */
	if ((segment->flags & HV_SEG_WRITE) && !(segment->flags & HV_SEG_BOOT))
		return "is writable and shared between cores";
	return NULL;
}

bool image_read(struct layout *layout)
{
	const struct bytes *const image = &layout->plan->hypervisor;
	struct hv_header *const hv = &layout->hv;
	uint32_t magic = 0;

	if (image->size < HV_HEADER_OFFSET + sizeof(*hv)) {
		diag_error(file_place(image->path), "is too short to be bulkhead.bin (%zu bytes)",
			   image->size);
		return false;
	}
	memcpy(&magic, image->data + IMAGE_MAGIC_AT, sizeof(magic));
	memcpy(hv, image->data + HV_HEADER_OFFSET, sizeof(*hv));
	if (magic != IMAGE_MAGIC || hv->magic != HV_MAGIC) {
		diag_error(file_place(image->path), "is not bulkhead.bin: its header's magic differs");
		return false;
	}
	if (hv->abi != BLUEPRINT_ABI || hv->isa != HV_ISA_ARM64) {
		diag_error(file_place(image->path),
			   "reads blueprint ABI %" PRIu32 " for ISA %" PRIu32
			   ", this compiler writes %u for %u: build both from one release",
			   hv->abi, hv->isa, BLUEPRINT_ABI, HV_ISA_ARM64);
		return false;
	}
	if (hv->file_size % BP_PAGE_SIZE || hv->file_size < image->size ||
	    hv->file_size - image->size >= TABLE_BLOCK_2M || hv->segments[0].va != EL2_VA_TEXT) {
		diag_error(file_place(image->path),
			   "has a header that doesn't fit it (file_size %#" PRIx64 ", %zu bytes)",
			   hv->file_size, image->size);
		return false;
	}
	for (size_t i = 0; i < HV_SEGMENTS && hv->segments[i].size; i++) {
		const char *const fault = segment_fault(hv, &hv->segments[i]);

		if (fault) {
			diag_error(file_place(image->path), "segment %zu %s", i, fault);
			return false;
		}
	}
	return true;
}

void image_patch(const struct layout *layout, uint8_t *image)
{
	const struct bytes *const source = &layout->plan->hypervisor;
	const struct range *const uart = &layout->plan->board.uart;
	struct hv_header hv = layout->hv;
	const uint64_t image_size =
		layout->writable_pa + layout->writable_size - layout->load_pa; /* U-Boot reserves this much */
	uint64_t flags;

	memcpy(image, source->data, source->size);
	memset(image + IMAGE_TEXT_OFFSET_AT, 0, sizeof(uint64_t));
	memcpy(image + IMAGE_SIZE_AT, &image_size, sizeof(image_size));
	memcpy(&flags, image + IMAGE_FLAGS_AT, sizeof(flags));
	flags |= IMAGE_FLAG_ANYWHERE;
	memcpy(image + IMAGE_FLAGS_AT, &flags, sizeof(flags));

	hv.load_pa = layout->load_pa;
	hv.console = (struct hv_console){.pa = uart->size ? uart->base : 0,
					 .kind = uart->size ? HV_CONSOLE_PL011 : HV_CONSOLE_NONE};
	memcpy(image + HV_HEADER_OFFSET, &hv, sizeof(hv));
}

void image_digest(const struct layout *layout, uint8_t digest[DIGEST_SIZE])
{
	uint8_t *const image =
		memory_new(layout->hv.file_size, 1); /* the file may end before its last page */

	memcpy(image, layout->plan->hypervisor.data, layout->plan->hypervisor.size);
	digest_of(image, layout->hv.file_size, digest);
	free(image);
}

struct bytes image_write(const struct layout *layout)
{
	struct bytes image = {.path = layout->plan->hypervisor.path,
			      .size = layout->hv.file_size + layout->file.size};

	image.data = memory_new(image.size, 1);
	image_patch(layout, image.data);
	memcpy(image.data + layout->hv.file_size, layout->file.data, layout->file.size);
	return image;
}
