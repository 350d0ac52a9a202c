// SPDX-License-Identifier: Apache-2.0
/*
 * fixture_fit.c - packs the fixture's parts into a FIT, as docs/formats.md describes it.
 */
#include <libfdt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"

#define FIT_MAX 0x100000

static void part(void *fdt, const char *name, const char *type, const char *description, struct blob bytes,
		 uint64_t load)
{
	uint8_t digest[32];

	digest_of(bytes, digest);
	fdt_begin_node(fdt, name);
	fdt_property_string(fdt, "description", description);
	fdt_property_string(fdt, "type", type);
	if (load)
		fdt_property_u64(fdt, "load", load);
	if (!strcmp(name, "kernel")) {
		fdt_property_u64(fdt, "entry", load);
		fdt_property_string(fdt, "os", "linux");
		fdt_property_string(fdt, "arch", "arm64");
	}
	fdt_property(fdt, "data", bytes.data, (int)bytes.size);
	fdt_begin_node(fdt, "hash-1");
	fdt_property_string(fdt, "algo", "sha256");
	fdt_property(fdt, "value", digest, sizeof(digest));
	fdt_end_node(fdt);
	fdt_end_node(fdt);
}

void fixture_fit(struct fixture *fixture, struct blob board, struct blob machine, struct blob partitions,
		 struct blob pci)
{
	const struct blob kernel = {fixture->kernel, HV_SIZE + fixture->header->size};
	const struct blob slaves = {(const uint8_t *)fixture->slaves_text, strlen(fixture->slaves_text)};
	static const char inputs[] = "machine\0partitions\0known-slaves\0pci";
	char loadables[256];
	size_t at = 0;
	void *fdt = calloc(1, FIT_MAX);

	fdt_create(fdt, FIT_MAX);
	fdt_finish_reservemap(fdt);
	fdt_begin_node(fdt, "");
	fdt_begin_node(fdt, "images");
	part(fdt, "kernel", "kernel", "bulkhead", kernel, LOAD_PA);
	part(fdt, "fdt", "flat_dt", "board", board, 0);
	part(fdt, "machine", "flat_dt", "machine", machine, 0);
	part(fdt, "partitions", "flat_dt", "partitions", partitions, 0);
	if (pci.data)
		part(fdt, "pci", "flat_dt", "pci", pci, 0);
	part(fdt, "known-slaves", "firmware", "known-slaves", slaves, 0);
	for (size_t i = 0; i < fixture->file_count; i++) {
		const struct fixture_file *file = &fixture->files[i];
		char name[32];

		(void)snprintf(name, sizeof(name), "file-%zu", i);
		part(fdt, name, "firmware", file->label, (struct blob){file->bytes, file->size}, file->pa);
		memcpy(loadables + at, name, strlen(name) + 1);
		at += strlen(name) + 1;
	}
	fdt_end_node(fdt);
	fdt_begin_node(fdt, "configurations");
	fdt_property_string(fdt, "default", "conf-1");
	fdt_begin_node(fdt, "conf-1");
	fdt_property_string(fdt, "kernel", "kernel");
	fdt_property_string(fdt, "fdt", "fdt");
	fdt_property(fdt, "loadables", loadables, (int)at);
	fdt_property_string(fdt, "bulkhead,board", "fixture");
	if (pci.data)
		fdt_property(fdt, "bulkhead,inputs", inputs, sizeof(inputs));
	else
		fdt_property(fdt, "bulkhead,inputs", inputs, sizeof(inputs) - sizeof("pci"));
	fdt_end_node(fdt);
	fdt_end_node(fdt);
	fdt_end_node(fdt);
	if (fdt_finish(fdt))
		abort();
	fixture->image = fdt;
	fixture->image_size = fdt_totalsize(fdt);
}
