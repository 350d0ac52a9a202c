// SPDX-License-Identifier: Apache-2.0
/*
 * audit.c - fuzz target: the whole auditor, over a good image with a few words changed.
 *
 * An input is a list of edits (struct edit). They are done to the image that FUZZ_IMAGE names; then every
 * hash is made right again, so that no checksum does the auditor's work.
 */
#include "../../src/auditor/model.h"

#include <libfdt.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EDITS_MOST 32u

enum edit_kind { EDIT_BYTE, EDIT_WORD, EDIT_LONG, EDIT_FLIP, EDIT_ADD, EDIT_COPY, EDIT_KINDS };

struct edit { /* 14 bytes of an input */
	uint8_t part, kind;
	uint32_t at; /* modulo the part's size */
	uint64_t value;
} __attribute__((packed));

static const char *const parts[] = {"kernel", "fdt", "machine", "partitions", "known-slaves"};
#define BLUEPRINT                                                                                            \
	(sizeof(parts) / sizeof(parts[0])) /* further kinds of part: the blueprint, and the FIT itself */
#define WHOLE (BLUEPRINT + 1)

static uint8_t image[8 << 20], work[8 << 20];
static size_t image_size, hypervisor_size;

static struct blob part_bytes(size_t part)
{
	const int images = fdt_path_offset(image, "/images");
	const char *const name = part < BLUEPRINT ? parts[part] : "kernel";
	int length = 0;
	const uint8_t *const data =
		fdt_getprop(image, fdt_subnode_offset(image, images, name), "data", &length);

	if (part == WHOLE)
		return (struct blob){image, image_size};
	if (part == BLUEPRINT)
		return (struct blob){data + hypervisor_size, (size_t)length - hypervisor_size};
	return (struct blob){data, (size_t)length};
}

static void apply(const struct edit *edit)
{
	const struct blob part = part_bytes(edit->part % (WHOLE + 1));
	const size_t step = edit->kind & 0x80 ? 1 : 4, kind = (edit->kind & 0x7f) % EDIT_KINDS;
	const size_t at = edit->at % (part.size - 8) / step * step;
	uint8_t *const target = work + (part.data - image) + at;
	uint64_t word;

	memcpy(&word, target, sizeof(word));
	if (kind == EDIT_BYTE)
		memcpy(target, &edit->value, 1);
	else if (kind == EDIT_WORD)
		memcpy(target, &edit->value, 4);
	else if (kind == EDIT_LONG)
		memcpy(target, &edit->value, 8);
	else if (kind == EDIT_COPY)
		memmove(target, work + (part.data - image) + edit->value % (part.size - 8), 8);
	else if (kind == EDIT_FLIP)
		word ^= UINT64_C(1) << edit->value % 64;
	else
		word += (uint64_t)(int64_t)(int8_t)edit->value << 12;
	if (kind == EDIT_FLIP || kind == EDIT_ADD)
		memcpy(target, &word, sizeof(word));
}

/* A digest in the copy: of bytes as they were it is the good image's, which saves most of the time. */
static void rehash_bytes(const uint8_t *good, size_t size, const uint8_t *good_value)
{
	uint8_t *const value = work + (good_value - image);

	if (!memcmp(work + (good - image), good, size))
		memcpy(value, good_value, SHA256_DIGEST_LENGTH);
	else
		SHA256(work + (good - image), size, value);
}

/* Digests in the copy: of partitions and blueprint in the blueprint, then of every part in the FIT. */
static void rehash(void)
{
	const struct blob blueprint = part_bytes(BLUEPRINT), partitions = part_bytes(3);
	const struct bp_header *const good = (const void *)blueprint.data;
	struct bp_header *const header = (void *)(work + (blueprint.data - image));
	int images, node;

	rehash_bytes(partitions.data, partitions.size, good->config_digest);
	if (memcmp(header, good, blueprint.size)) {
		memset(header->digest, 0, sizeof(header->digest));
		if (header->size <= blueprint.size)
			SHA256((const uint8_t *)header, header->size, header->digest);
	}
	/* The good image says where the hashes are: in the copy the FIT's own structure may be broken. */
	images = fdt_path_offset(image, "/images");
	fdt_for_each_subnode(node, image, images)
	{
		const int hash = fdt_subnode_offset(image, node, "hash-1");
		int length = 0;
		const uint8_t *const data = fdt_getprop(image, node, "data", &length);
		const uint8_t *const value = fdt_getprop(image, hash, "value", NULL);

		if (data && value)
			rehash_bytes(data, (size_t)length, value);
	}
}

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	const char *const path = getenv("FUZZ_IMAGE");
	FILE *const file = path ? fopen(path, "rb") : NULL;
	struct hv_header hv;

	(void)argc, (void)argv;
	image_size = file ? fread(image, 1, sizeof(image), file) : 0;
	if (!image_size || image_size == sizeof(image) || fdt_check_full(image, image_size)) {
		fputs("FUZZ_IMAGE names no FIT that fits\n", stderr);
		exit(2);
	}
	fclose(file);
	memcpy(&hv, part_bytes(0).data + HV_HEADER_OFFSET, sizeof(hv));
	hypervisor_size = hv.file_size;
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct audit audit = {0};
	FILE *const out = fopen("/dev/null", "w");

	memcpy(work, image, image_size);
	for (size_t i = 0; i < EDITS_MOST && (i + 1) * sizeof(struct edit) <= size; i++) {
		struct edit edit;

		memcpy(&edit, data + i * sizeof(edit), sizeof(edit));
		apply(&edit);
	}
	rehash();
	audit_run(&audit, (struct blob){work, image_size});
	if (out) {
		report_print(&audit.report, "image", out);
		report_print_json(&audit.report, "image", "", out);
		fclose(out);
	}
	audit_close(&audit);
	return 0;
}
