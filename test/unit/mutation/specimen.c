// SPDX-License-Identifier: Apache-2.0
/*
 * specimen.c - finds an image's parts, and makes its digests right again.
 */
#include "specimen.h"

#include <libfdt.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ADDRESS UINT64_C(0x0000fffffffff000)

uint64_t *specimen_word(const struct specimen *s, uint64_t pa)
{
	const uint64_t offset = pa - s->blueprint_pa;

	return offset < s->blueprint_size ? (uint64_t *)(s->blueprint + (offset & ~UINT64_C(7))) : NULL;
}

/* Three levels from a 39-bit root; 0: nothing there. */
static uint64_t translate(const struct specimen *s, uint64_t root, uint64_t va)
{
	uint64_t table = root;

	for (unsigned int level = 1; level <= 3; level++) {
		const uint64_t *entry = specimen_word(s, table + (va >> (39 - 9 * level) & 511) * 8);

		if (!entry || !(*entry & 1))
			return 0;
		table = *entry & ADDRESS;
	}
	return table;
}

static void parts_find(struct specimen *s)
{
	const int images = fdt_path_offset(s->fit, "/images");
	int node;

	fdt_for_each_subnode(node, s->fit, images)
	{
		struct part *part = &s->parts[s->part_count++];
		int length;

		(void)snprintf(part->name, sizeof(part->name), "%s", fdt_get_name(s->fit, node, NULL));
		part->data = (uint8_t *)(uintptr_t)fdt_getprop(s->fit, node, "data", &length);
		part->size = (size_t)length;
		part->digest = (uint8_t *)(uintptr_t)fdt_getprop(
			s->fit, fdt_subnode_offset(s->fit, node, "hash-1"), "value", &length);
		if (fdt_getprop(s->fit, node, "load", &length))
			part->load = fdt64_ld(fdt_getprop(s->fit, node, "load", &length));
	}
}

static struct part *part_named(struct specimen *s, const char *name)
{
	for (size_t i = 0; i < s->part_count; i++) {
		if (!strcmp(s->parts[i].name, name))
			return &s->parts[i];
	}
	return NULL;
}

static void cells_find(struct specimen *s)
{
	for (uint32_t i = 0; i < s->cores; i++) {
		const uint32_t c = s->boot[i].cell;

		if (!s->boot[i].root_pa || s->boot[i].core_in_cell)
			continue;
		s->record_pa[c] = translate(s, s->boot[i].root_pa, EL2_VA_CELL);
		s->cell[c] = (void *)specimen_word(s, s->record_pa[c]);
		for (uint32_t n = 0; n < s->cell[c]->images.count; n++) {
			struct bp_image *image =
				(struct bp_image *)((uint8_t *)s->cell[c] + s->cell[c]->images.offset) + n;

			if (image->dest_ipa == s->cell[c]->tree_ipa) {
				s->tree_image[c] = image;
				s->tree[c] = (void *)specimen_word(s, image->pa);
			}
		}
	}
	s->service_pa = translate(s, s->boot[s->header->service_core].root_pa, EL2_VA_SERVICE);
	s->service = (void *)specimen_word(s, s->service_pa);
	for (uint64_t at = 0; at < s->blueprint_size; at += 4096) {
		struct directory *directory = (void *)(s->blueprint + at);

		if (directory->magic == DIRECTORY_MAGIC) {
			s->directory = directory;
			s->directory_pa = s->blueprint_pa + at;
		}
		if (directory->magic == INTEGRITY_MAGIC)
			s->integrity = (void *)directory;
	}
}

uint64_t *specimen_stream(const struct specimen *s, uint32_t sid)
{
	const unsigned int split = s->smmu->strtab_base_cfg >> 6 & 0x1f;
	const uint64_t *one =
		specimen_word(s, (s->smmu->strtab_base & ADDRESS) + (sid >> split) * UINT64_C(8));

	if (!one || (*one & 0x1f) != split + 1)
		return NULL;
	return specimen_word(s, (*one & UINT64_C(0x000fffffffffffc0)) +
					(sid & ((1u << split) - 1)) * UINT64_C(64));
}

static bool in_pages(uint64_t pa, uint64_t base, uint64_t size)
{
	return pa >= (base & ADDRESS) && pa < base + size;
}

bool specimen_unit_page(const struct specimen *s, uint64_t pa)
{
	const struct bp_lpi_core *const core = (const void *)(s->blueprint + s->header->lpi_cores.offset);
	const unsigned int split = s->smmu->strtab_base_cfg >> 6 & 0x1f;
	const uint64_t first = s->smmu->strtab_base & ADDRESS;
	bool is = in_pages(pa, first, (STREAMS(s) >> split) * UINT64_C(8)) ||
		  in_pages(pa, s->its->cbaser & ADDRESS, ((s->its->cbaser & 0xff) + 1) * 4096) ||
		  in_pages(pa, core->propbaser & ADDRESS, (UINT64_C(2) << (core->propbaser & 0x1f)) - 8192);

	for (uint32_t i = 0; i < STREAMS(s) >> split && !is; i++) {
		const uint64_t *const one = specimen_word(s, first + i * UINT64_C(8));

		is = one && *one & 0x1f &&
		     in_pages(pa, *one & UINT64_C(0x000fffffffffffc0), UINT64_C(64) << split);
	}
	return is;
}

/* By its first bytes, each: nothing else in a blueprint begins so. */
bool specimen_told_page(const struct specimen *s, uint64_t pa)
{
	static const char *const begins[] = {"{\n  \"format\":", "<?xml "};
	const uint64_t sizes[] = {s->directory ? s->directory->json.size : 0,
				  s->directory ? s->directory->svg.size : 0};
	bool is = s->integrity &&
		  in_pages(pa, s->blueprint_pa + (uint64_t)((uint8_t *)s->integrity - s->blueprint),
			   sizeof(*s->integrity) + s->integrity->size);

	for (uint64_t at = 0; s->directory && at < s->blueprint_size; at += 4096)
		for (unsigned int i = 0; i < 2; i++)
			if (!memcmp(s->blueprint + at, begins[i], strlen(begins[i])))
				is |= in_pages(pa, s->blueprint_pa + at, sizes[i]);
	return is;
}

static void functions_find(struct specimen *s)
{
	if (!s->pci)
		return;
	s->smmu = (void *)(s->blueprint + s->header->smmus.offset);
	s->its = (void *)(s->blueprint + s->header->itss.offset);
	s->streams = (void *)((uint8_t *)s->service + s->service->streams.offset);
	for (uint32_t i = 0; i < s->service->streams.count; i++) {
		const uint64_t *ste = specimen_stream(s, s->streams[i].sid);

		s->dma_root[s->streams[i].cell] = ste[3] & ADDRESS;
		s->dma_vtcr[s->streams[i].cell] = ste[2] >> 32 & 0x7ffff;
	}
}

static void *file_read(const char *name, const char *file, size_t *size)
{
	char path[128];
	void *data;
	FILE *in;

	(void)snprintf(path, sizeof(path), "build/unit/mutation/images/%s/%s", name, file);
	in = fopen(path, "rb");
	if (!in || fseek(in, 0, SEEK_END))
		return NULL;
	*size = (size_t)ftell(in);
	rewind(in);
	data = malloc(*size);
	if (fread(data, 1, *size, in) != *size)
		return NULL;
	fclose(in);
	return data;
}

bool specimen_load(struct specimen *s, const char *name)
{
	size_t size;

	*s = (struct specimen){.name = name};
	s->source = file_read(name, "source.dtb", &size);
	s->board_source = file_read("small", "board.dtb", &size);
	s->fit = file_read(name, "bulkhead.itb", &s->size);
	if (!s->source || !s->board_source || !s->fit)
		return false;
	s->pristine = malloc(s->size);
	memcpy(s->pristine, s->fit, s->size);
	parts_find(s);
	s->kernel = part_named(s, "kernel");
	s->board = part_named(s, "fdt");
	s->machine = part_named(s, "machine");
	s->partitions = part_named(s, "partitions");
	s->slaves = part_named(s, "known-slaves");
	s->pci = part_named(s, "pci");
	s->hv = (void *)(s->kernel->data + HV_HEADER_OFFSET);
	s->blueprint = s->kernel->data + s->hv->file_size;
	s->blueprint_pa = s->hv->load_pa + s->hv->file_size;
	s->header = (void *)s->blueprint;
	s->blueprint_size = s->header->size;
	s->boot = (void *)(s->blueprint + s->header->cores.offset);
	s->cores = s->header->cores.count;
	s->cells = s->header->cell_count;
	cells_find(s);
	functions_find(s);
	return true;
}

void specimen_free(struct specimen *s)
{
	free(s->source);
	free(s->board_source);
	free(s->fit);
	free(s->pristine);
}

void specimen_restore(struct specimen *s)
{
	memcpy(s->fit, s->pristine, s->size);
	s->keep_digest = false;
}

/* bulkhead.bin without what the packer puts in: size, flag, address, console. */
static void binary_seal(struct specimen *s)
{
	const size_t offset = (size_t)((uint8_t *)s->hv - s->fit) - 64;
	uint8_t *image, *const kernel = s->fit + offset;
	uint64_t size;

	memcpy(&size, s->pristine + offset + 80, sizeof(size));
	if (!s->directory || !memcmp(kernel, s->pristine + offset, size))
		return;
	image = malloc(size);
	memcpy(image, kernel, size);
	memcpy(image + 16, &size, sizeof(size));
	image[24] &= 0xf7;
	memset(image + 96, 0, 24);
	SHA256(image, size, s->directory->binary_digest);
	free(image);
}

/* As in the good image: a mutant may have spoilt it. */
static const struct integrity_table *specimen_integrity(const struct specimen *s)
{
	return s->integrity ? (const void *)(s->pristine + ((uint8_t *)s->integrity - s->fit)) : NULL;
}

/* Bytes of the image or its store; NULL: neither. */
static uint8_t *constant_bytes(const struct specimen *s, uint64_t pa)
{
	const uint64_t load = s->blueprint_pa - (uint64_t)(s->blueprint - s->kernel->data);

	if (pa - load < s->kernel->size)
		return s->kernel->data + (pa - load);
	for (size_t i = 0; i < s->part_count; i++)
		if (!strncmp(s->parts[i].name, "file-", 5) && pa - s->parts[i].load < s->parts[i].size)
			return s->parts[i].data + (pa - s->parts[i].load);
	return NULL;
}

/* Where bytes have changed their range has another digest. */
static void constants_seal(struct specimen *s, const struct integrity_table *good)
{
	for (uint32_t i = 0; i < good->count; i++) {
		const struct integrity_range *range = &good->ranges[i];
		uint8_t *bytes = constant_bytes(s, range->pa);

		if (memcmp(bytes, s->pristine + (bytes - s->fit), range->size) != 0)
			SHA256(bytes, range->size, s->integrity->ranges[i].digest);
	}
	if (memcmp(s->integrity->ranges, good->ranges, good->size) != 0)
		SHA256((uint8_t *)s->integrity->ranges, good->size, s->integrity->digest);
}

void specimen_seal(struct specimen *s)
{
	const struct specimen was = *s;

	const struct integrity_table *table = specimen_integrity(s);

	if (!s->keep_digest) {
		/* Sizes as they were: a mutant may have spoilt the fields that say so. */
		for (uint32_t c = 0; c < s->cells; c++) {
			const size_t offset = (size_t)((uint8_t *)s->tree_image[c] - s->fit);
			struct bp_image image;

			memcpy(&image, s->pristine + offset, sizeof(image));
			if (memcmp(s->tree[c], s->pristine + (s->tree[c] - s->fit), image.size) != 0)
				SHA256(s->tree[c], image.size, s->tree_image[c]->digest);
		}
		if (memcmp(s->partitions->data, s->pristine + (s->partitions->data - s->fit),
			   s->partitions->size) != 0) {
			SHA256(s->partitions->data, s->partitions->size, s->header->config_digest);
			if (s->directory)
				memcpy(s->directory->config_digest, s->header->config_digest, 32);
		}
		binary_seal(s);
		if (table)
			constants_seal(s, table);
		memset(s->header->digest, 0, 32);
		SHA256(was.blueprint, was.blueprint_size, s->header->digest);
	}
	for (size_t i = 0; i < s->part_count; i++) {
		const struct part *part = &s->parts[i];

		if (memcmp(part->data, s->pristine + (part->data - s->fit), part->size) != 0)
			SHA256(part->data, part->size, part->digest);
	}
}
