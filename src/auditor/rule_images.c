// SPDX-License-Identifier: Apache-2.0
/*
 * rule_images.c - what each cell is filled with: its own files, byte for byte, and its guest tree.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "rule.h"
#include "value.h"

/* Memory that a restart keeps is filled at the first start alone. */
static bool inside_ram(const struct cell *cell, uint64_t ipa, uint64_t size)
{
	for (uint32_t i = 0; i < cell->record->regions.count; i++) {
		const struct bp_region *region = &cell->regions[i];

		if (!(region->flags & BP_REGION_KEEP) && ipa >= region->ipa &&
		    within(ipa - region->ipa, size, region->size))
			return true;
	}
	return false;
}

/* [impl->swr~audit-images~1] */
static void image_check(struct audit *audit, const struct cell *cell, uint32_t index)
{
	const struct bp_image *image = &cell->images[index];
	const struct fit_file *file;
	const void *bytes = image_bytes_at(audit, image->pa, image->size, &file);
	uint8_t digest[32];

	if (!inside_ram(cell, image->dest_ipa, image->size))
		violation(&audit->report, RULE_IMAGES,
			  "%s: image %u goes to IPA 0x%" PRIx64 ", outside its RAM, or to what is kept",
			  cell->who, index, image->dest_ipa);
	for (uint32_t i = 0; i < index; i++) {
		const struct bp_image *other = &cell->images[i];

		if (image->dest_ipa < end_of(other->dest_ipa, other->size) &&
		    other->dest_ipa < end_of(image->dest_ipa, image->size))
			violation(&audit->report, RULE_IMAGES,
				  "%s: images %u and %u overlap at IPA 0x%" PRIx64, cell->who, i, index,
				  image->dest_ipa);
	}
	if (!bytes || !image->size) {
		violation(&audit->report, RULE_IMAGES,
			  "%s: image %u at 0x%" PRIx64 " is neither in the image store nor in the blueprint",
			  cell->who, index, image->pa);
		return;
	}
	if (file && strcmp(file->cell, cell->name) != 0)
		violation(&audit->report, RULE_IMAGES, "%s: image %u is '%s' of cell '%s'", cell->who, index,
			  file->name, file->cell);
	if (!file && image->dest_ipa != cell->record->tree_ipa)
		violation(&audit->report, RULE_IMAGES,
			  "%s: image %u lies in the blueprint and isn't the guest tree", cell->who, index);
	digest_of((struct blob){bytes, image->size}, digest);
	if (memcmp(digest, image->digest, sizeof(digest)) != 0)
		violation(&audit->report, RULE_IMAGES,
			  "%s: image %u at 0x%" PRIx64 " doesn't match its digest", cell->who, index,
			  image->pa);
}

static const char *basename_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* The FIT's file for a property of the cell, exactly one.  [impl->swr~audit-images~1] */
static const struct fit_file *file_of(struct audit *audit, const struct cell *cell, const char *property)
{
	const char *asked = node_string(&audit->partition.tree, cell->asked->node, property);
	const struct fit_file *found = NULL;

	for (size_t i = 0; i < audit->fit.file_count; i++) {
		const struct fit_file *file = &audit->fit.files[i];

		if (strcmp(file->cell, cell->name) != 0 || strcmp(file->property, property) != 0)
			continue;
		if (found || !asked || strcmp(basename_of(file->name), basename_of(asked)) != 0)
			violation(&audit->report, RULE_IMAGES,
				  "%s: the FIT has a %s '%s' that the file doesn't name", cell->who, property,
				  file->name);
		found = file;
	}
	if (asked && !found)
		violation(&audit->report, RULE_IMAGES, "%s: %s '%s' isn't in the FIT", cell->who, property,
			  asked);
	return asked ? found : NULL;
}

static const struct bp_image *image_from(const struct cell *cell, uint64_t pa, uint64_t size)
{
	for (uint32_t i = 0; i < cell->record->images.count; i++) {
		if (cell->images[i].pa == pa && cell->images[i].size == size)
			return &cell->images[i];
	}
	return NULL;
}

static void expect_image(struct audit *audit, const struct cell *cell, const struct fit_file *file,
			 uint64_t offset, uint64_t size, uint64_t dest_ipa)
{
	const struct bp_image *image = image_from(cell, file->load + offset, size);

	if (!image)
		violation(&audit->report, RULE_IMAGES,
			  "%s: no image for bytes 0x%" PRIx64 "+0x%" PRIx64 " of '%s'", cell->who, offset,
			  size, file->name);
	else if (image->dest_ipa != dest_ipa)
		violation(&audit->report, RULE_ENTRY, "%s: '%s' goes to IPA 0x%" PRIx64 ", not 0x%" PRIx64,
			  cell->who, file->name, image->dest_ipa, dest_ipa);
}

static void expect_entry(struct audit *audit, const struct cell *cell, uint64_t entry)
{
	if (cell->record->entry_ipa != entry)
		violation(&audit->report, RULE_ENTRY, "%s: entry is IPA 0x%" PRIx64 ", not 0x%" PRIx64,
			  cell->who, cell->record->entry_ipa, entry);
}

/* What the program clears or uses behind its image's bytes: in RAM, and no other image's.
 * [impl->swr~audit-images~1] */
static void memory_check(struct audit *audit, const struct cell *cell, const char *name, uint64_t dest_ipa,
			 uint64_t size)
{
	if (size && !inside_ram(cell, dest_ipa, size))
		violation(&audit->report, RULE_IMAGES, "%s: '%s' needs IPA 0x%" PRIx64 ", outside its RAM",
			  cell->who, name, dest_ipa);
	for (uint32_t i = 0; i < cell->record->images.count; i++) {
		const struct bp_image *other = &cell->images[i];

		if (other->dest_ipa != dest_ipa && other->dest_ipa < end_of(dest_ipa, size) &&
		    dest_ipa < end_of(other->dest_ipa, other->size))
			violation(&audit->report, RULE_IMAGES,
				  "%s: image %u at IPA 0x%" PRIx64 " lies in what '%s' uses", cell->who, i,
				  other->dest_ipa, name);
	}
}

static uint64_t le(const struct fit_file *file, uint64_t offset, unsigned int bytes)
{
	uint64_t value = 0;

	if (within(offset, bytes, file->bytes.size))
		memcpy(&value, file->bytes.data + offset, bytes);
	return value;
}

struct load { /* a PT_LOAD of an ELF-64 file, little-endian */
	uint64_t offset, va, pa, file_size, memory_size;
	bool executable;
};

/* The next PT_LOAD from program header *index on; false: there is none. */
static bool load_next(const struct fit_file *file, uint64_t *index, struct load *load)
{
	const uint64_t headers = le(file, 32, 8), step = le(file, 54, 2), count = le(file, 56, 2);

	while (*index < count && headers < file->bytes.size) {
		const uint64_t at = headers + (*index)++ * step;

		*load = (struct load){le(file, at + 8, 8),  le(file, at + 16, 8), le(file, at + 24, 8),
				      le(file, at + 32, 8), le(file, at + 40, 8), le(file, at + 4, 4) & 1};
		if (le(file, at, 4) == 1 && load->memory_size)
			return true;
	}
	return false;
}

/* What is added to the file's physical addresses: ET_DYN starts with the first region's first page. */
static uint64_t elf_base(const struct cell *cell, const struct fit_file *file)
{
	uint64_t index = 0, lowest = UINT64_MAX;
	struct load load;

	while (load_next(file, &index, &load))
		lowest = load.pa < lowest ? load.pa : lowest;
	return le(file, 16, 2) == 3 ? cell->regions[0].ipa - page_down(lowest) : 0;
}

/* Each PT_LOAD with bytes is an image; the entry is a virtual address of one.  Returns how many.
 * [impl->swr~audit-entry~1] */
static uint32_t elf_check(struct audit *audit, const struct cell *cell, const struct fit_file *file)
{
	const uint64_t base = elf_base(cell, file), entry = le(file, 24, 8);
	uint64_t index = 0, entry_ipa = PA_NONE;
	uint32_t loads = 0;
	struct load load;

	while (load_next(file, &index, &load)) {
		memory_check(audit, cell, file->name, base + load.pa, load.memory_size);
		if (!load.file_size)
			continue;
		expect_image(audit, cell, file, load.offset, load.file_size, base + load.pa);
		if (load.executable && entry >= load.va && entry - load.va < load.file_size &&
		    entry_ipa == PA_NONE)
			entry_ipa = base + load.pa + (entry - load.va);
		loads++;
	}
	expect_entry(audit, cell, entry_ipa);
	return loads;
}

/* [impl->swr~audit-entry~1] */
static uint32_t raw_check(struct audit *audit, const struct cell *cell, const struct fit_file *file)
{
	const struct tree *tree = &audit->partition.tree;
	uint64_t load = 0, entry;

	if (!property_size(tree, cell->asked->node, "load", &load))
		load = cell->regions[0].ipa;
	if (!property_size(tree, cell->asked->node, "entry", &entry))
		entry = load;
	expect_image(audit, cell, file, 0, file->bytes.size, load);
	expect_entry(audit, cell, entry);
	return 1;
}

/* [impl->swr~audit-entry~1] */
static uint32_t kernel_check(struct audit *audit, const struct cell *cell, const struct fit_file *file)
{
	const uint64_t image_size = le(file, IMAGE_SIZE_AT, 8);
	/* Linux, Documentation/arch/arm64/booting: an image_size of 0 is from before text_offset was right.
	 */
	const uint64_t text_offset = image_size ? le(file, IMAGE_TEXT_OFFSET_AT, 8) : 0x80000;
	const uint64_t base = (end_of(cell->regions[0].ipa, 0x1fffff) & ~UINT64_C(0x1fffff)) + text_offset;

	memory_check(audit, cell, file->name, base, image_size);
	expect_image(audit, cell, file, 0, file->bytes.size, base);
	expect_entry(audit, cell, base);
	return 1;
}

/* Linux, same place: 8-byte aligned, and over no boundary of 2 MiB. */
static void tree_place_check(struct audit *audit, const struct cell *cell)
{
	const uint64_t ipa = cell->record->tree_ipa;

	for (uint32_t i = 0; i < cell->record->images.count; i++) {
		const struct bp_image *image = &cell->images[i];

		if (image->dest_ipa == ipa &&
		    (ipa % 8 || ipa / 0x200000 != (ipa + image->size - 1) / 0x200000))
			violation(&audit->report, RULE_ENTRY,
				  "%s: guest tree at IPA 0x%" PRIx64
				  " isn't 8-byte aligned, or crosses a boundary of 2 MiB",
				  cell->who, ipa);
	}
}

static uint32_t initrd_check(struct audit *audit, const struct cell *cell, const struct fit_file *file)
{
	const struct node *chosen = tree_path(&cell->guest, "/chosen");
	const struct bp_image *image = image_from(cell, file->load, file->bytes.size);
	uint64_t start = 0, end = 0;

	if (chosen) {
		(void)node_number(&cell->guest, chosen, "linux,initrd-start", &start);
		(void)node_number(&cell->guest, chosen, "linux,initrd-end", &end);
	}
	expect_image(audit, cell, file, 0, file->bytes.size, start);
	if (image && end != start + file->bytes.size)
		violation(&audit->report, RULE_ENTRY, "%s: linux,initrd-end is 0x%" PRIx64 ", not 0x%" PRIx64,
			  cell->who, end, start + file->bytes.size);
	return 1;
}

static void cell_check(struct audit *audit, const struct cell *cell)
{
	const struct fit_file *kernel = file_of(audit, cell, "kernel"),
			      *initrd = file_of(audit, cell, "initrd"),
			      *image = file_of(audit, cell, "image");
	uint32_t expected = 1; /* the guest tree */

	if (!cell->record->regions.count)
		return;
	tree_place_check(audit, cell);
	if (kernel)
		expected += kernel_check(audit, cell, kernel);
	if (initrd)
		expected += initrd_check(audit, cell, initrd);
	if (image)
		expected += le(image, 0, 4) == 0x464c457f ? elf_check(audit, cell, image)
							  : raw_check(audit, cell, image);
	if (cell->record->images.count != expected)
		violation(&audit->report, RULE_IMAGES, "%s: filled from %u images, the file gives it %u",
			  cell->who, cell->record->images.count, expected);
}

/* [impl->swr~audit-images~1]
 * [impl->swr~audit-entry~1] */
void rule_images(struct audit *audit)
{
	for (size_t c = 0; c < audit->cell_count; c++) {
		const struct cell *cell = &audit->cells[c];

		for (uint32_t i = 0; cell->known && i < cell->record->images.count; i++)
			image_check(audit, cell, i);
		if (cell->known && cell->asked)
			cell_check(audit, cell);
	}
	for (size_t i = 0; i < audit->fit.file_count; i++) {
		const struct fit_file *file = &audit->fit.files[i];
		bool known = false;

		for (size_t c = 0; c < audit->partition.cell_count; c++)
			known |= !strcmp(audit->partition.cells[c].name, file->cell) &&
				 node_flag(&audit->partition.tree, audit->partition.cells[c].node,
					   file->property);
		if (!known)
			violation(&audit->report, RULE_IMAGES,
				  "FIT: '%s' is for %s of cell '%s', which the file doesn't name", file->name,
				  file->property, file->cell);
	}
}
