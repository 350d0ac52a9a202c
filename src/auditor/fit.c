// SPDX-License-Identifier: Apache-2.0
/*
 * fit.c - takes the parts out of the FIT and checks every hash (docs/formats.md, "The image").
 */
#include "fit.h"

#include "tree.h"

#include <libfdt.h>
#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>

void digest_of(struct blob bytes, uint8_t digest[32])
{
	SHA256(bytes.data, bytes.size, digest);
}

/* 32 or 64 bits wide, as mkimage and libfdt write it. */
static bool fit_address(const void *fdt, int node, const char *name, uint64_t *value)
{
	int length;
	const void *data = fdt_getprop(fdt, node, name, &length);

	if (data && length == 4)
		*value = fdt32_ld(data);
	else if (data && length == 8)
		*value = fdt64_ld(data);
	else
		return false;
	return true;
}

/* `data`, or mkimage's external form: data-size with data-position (from the file's start) or
 * data-offset (from the end of the tree, 4 byte aligned). */
static struct blob fit_bytes(struct blob image, int node)
{
	const void *fdt = image.data;
	uint64_t size, at;
	int length;
	const void *data = fdt_getprop(fdt, node, "data", &length);

	if (data)
		return (struct blob){data, (size_t)length};
	if (!fit_address(fdt, node, "data-size", &size))
		return (struct blob){0};
	if (!fit_address(fdt, node, "data-position", &at)) {
		if (!fit_address(fdt, node, "data-offset", &at) || at > UINT32_MAX)
			return (struct blob){0};
		at += (fdt_totalsize(fdt) + UINT64_C(3)) & ~UINT64_C(3);
	}
	if (!within(at, size, image.size))
		return (struct blob){0};
	return (struct blob){image.data + at, size};
}

/* [impl->swr~audit-fit~1] */
static void hash_check(struct blob image, int node, const char *name, struct blob bytes,
		       struct report *report)
{
	const int hash = fdt_subnode_offset(image.data, node, "hash-1");
	int algo_length = 0, value_length = 0;
	const char *algo = hash < 0 ? NULL : fdt_getprop(image.data, hash, "algo", &algo_length);
	const void *value = hash < 0 ? NULL : fdt_getprop(image.data, hash, "value", &value_length);
	uint8_t digest[32];

	if (!algo || algo_length != 7 || memcmp(algo, "sha256", 7) != 0 || !value || value_length != 32) {
		violation(report, RULE_FIT, "/images/%s: no SHA-256 in hash-1", name);
		return;
	}
	digest_of(bytes, digest);
	if (memcmp(digest, value, sizeof(digest)) != 0)
		violation(report, RULE_FIT, "/images/%s: its bytes don't match its SHA-256", name);
}

/* What the loader would unpack isn't what is hashed and judged here. */
static void compression_check(const void *fdt, int node, const char *name, struct report *report)
{
	int length;
	const char *kind = fdt_getprop(fdt, node, "compression", &length);

	if (kind && (length != 5 || memcmp(kind, "none", 5) != 0))
		violation(report, RULE_FIT, "/images/%s: compression isn't \"none\"", name);
}

/* The loader goes by these: what isn't a plain kernel, tree or loadable goes elsewhere, or is interpreted. */
static void kind_check(const void *fdt, int node, const char *name, const char *property, const char *due,
		       struct report *report)
{
	int length;
	const char *kind = fdt_getprop(fdt, node, property, &length);

	if (!kind || length != (int)strlen(due) + 1 || memcmp(kind, due, (size_t)length) != 0)
		violation(report, RULE_FIT, "/images/%s: its %s isn't \"%s\"", name, property, due);
}

static struct blob part_open(struct blob image, int images, const char *name, struct report *report)
{
	const int node = fdt_subnode_offset(image.data, images, name);
	struct blob bytes = {0};

	if (node >= 0)
		bytes = fit_bytes(image, node);
	if (!bytes.data)
		violation(report, RULE_FIT, "/images/%s: missing, or its data lies outside the file", name);
	else
		hash_check(image, node, name, bytes, report);
	if (node >= 0)
		compression_check(image.data, node, name, report);
	return bytes;
}

static bool label_split(struct fit_file *file, const char *description)
{
	const char *first = strchr(description, ':');
	const char *second = first ? strchr(first + 1, ':') : NULL;

	if (!second || first - description >= (int)FIT_LABEL_MAX || second - first > (int)FIT_LABEL_MAX ||
	    strlen(second + 1) >= FIT_LABEL_MAX)
		return false;
	memcpy(file->cell, description, (size_t)(first - description));
	memcpy(file->property, first + 1, (size_t)(second - first - 1));
	memcpy(file->name, second + 1, strlen(second + 1));
	return true;
}

/* [impl->swr~audit-fit~1] */
static void file_open(struct fit *fit, struct blob image, int node, struct report *report)
{
	const char *name = fdt_get_name(image.data, node, NULL);
	struct fit_file file = {.bytes = fit_bytes(image, node)};
	int length;
	const char *description = fdt_getprop(image.data, node, "description", &length);

	if (!file.bytes.data || !fit_address(image.data, node, "load", &file.load) || !description ||
	    length < 1 || description[length - 1] != '\0' || !label_split(&file, description)) {
		violation(report, RULE_FIT,
			  "/images/%s: needs data, load and description = CELL:PROPERTY:FILE", name);
		return;
	}
	hash_check(image, node, name, file.bytes, report);
	compression_check(image.data, node, name, report);
	kind_check(image.data, node, name, "type", "firmware", report);
	file.loaded = fit_loads(image.data, name);
	if (!file.loaded)
		violation(report, RULE_FIT, "/images/%s: the configuration doesn't load it", name);
	fit->files = memory_grow(fit->files, fit->file_count, sizeof(file));
	fit->files[fit->file_count++] = file;
}

/* [impl->swr~fuzzed~1] */
bool fit_open(struct fit *fit, struct blob image, struct report *report)
{
	int images, node;

	*fit = (struct fit){0};
	if (tree_check(image))
		return false;
	images = fdt_path_offset(image.data, "/images");
	if (images < 0)
		return false;
	fit->kernel = part_open(image, images, "kernel", report);
	fit->fdt = part_open(image, images, "fdt", report);
	fit->machine = part_open(image, images, "machine", report);
	fit->partitions = part_open(image, images, "partitions", report);
	fit->known_slaves = part_open(image, images, "known-slaves", report);
	if (fdt_subnode_offset(image.data, images, "pci") >= 0)
		fit->pci = part_open(image, images, "pci", report);
	node = fdt_subnode_offset(image.data, images, "fdt");
	if (node >= 0)
		kind_check(image.data, node, "fdt", "type", "flat_dt", report);
	node = fdt_subnode_offset(image.data, images, "kernel");
	if (node >= 0) {
		kind_check(image.data, node, "kernel", "type", "kernel", report);
		kind_check(image.data, node, "kernel", "os", "linux", report);
		kind_check(image.data, node, "kernel", "arch", "arm64", report);
	}
	if (node >= 0 && (!fit_address(image.data, node, "load", &fit->kernel_load) ||
			  !fit_address(image.data, node, "entry", &fit->kernel_entry)))
		violation(report, RULE_FIT, "/images/kernel: needs load and entry");
	node = fdt_subnode_offset(image.data, images, "fdt");
	if (node >= 0 && fdt_getprop(image.data, node, "load", NULL))
		violation(report, RULE_FIT, "/images/fdt: it has a load address: the loader would move it");
	fit->board = fit_configuration(image.data, images, report);
	fdt_for_each_subnode(node, image.data, images)
	{
		if (!strncmp(fdt_get_name(image.data, node, NULL), "file-", 5))
			file_open(fit, image, node, report);
	}
	return true;
}

void fit_close(struct fit *fit)
{
	free(fit->files);
	*fit = (struct fit){0};
}
