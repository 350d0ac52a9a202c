// SPDX-License-Identifier: Apache-2.0
/*
 * manifest.c - writes manifest.json: see manifest.h. Called by emit.c.
 *
 * Files are named without their folders, so that a build is the same bytes wherever it is made.
 * Device trees are digested in the flattened form in which the image carries them.
 */
#include "manifest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "release.h"
#include "text.h"

struct text {
	FILE *stream;
	const char *separator;
};

static const char *base_name(const char *path)
{
	const char *const slash = path ? strrchr(path, '/') : NULL;

	return slash ? slash + 1 : path ? path : "";
}

static void put_digest(struct text *text, const char *role, const char *name, size_t size,
		       const uint8_t digest[DIGEST_SIZE])
{
	char digits[2 * DIGEST_SIZE + 1];

	digest_text(digest, digits);
	fprintf(text->stream, "%s\n\t\t{ \"role\": ", text->separator);
	json_text(text->stream, role);
	fputs(", \"name\": ", text->stream);
	json_text(text->stream, base_name(name));
	fprintf(text->stream, ", \"size\": %zu, \"sha256\": \"%s\" }", size, digits);
	text->separator = ",";
}

static void put_input(struct text *text, const char *role, const struct bytes *bytes)
{
	uint8_t digest[DIGEST_SIZE];

	digest_of(bytes->data, bytes->size, digest);
	put_digest(text, role, bytes->path, bytes->size, digest);
}

static void put_files(struct text *text, const char *role, const struct files *files)
{
	for (size_t i = 0; i < files->count; i++)
		put_input(text, role, &files->at[i]);
}

/* Of a source also the flattened form: what it takes in by /incbin/ shows there alone. */
static void put_overlay(struct text *text, const struct plan_cell *cell)
{
	char *const role = text_format("dtb-overlay of cell %s", cell->name);
	char *const flattened = text_format("%s, flattened", role);
	char *const included = text_format("included by %s", role);

	put_input(text, role, &cell->overlay);
	if (cell->overlay.size != cell->overlay_tree.size ||
	    memcmp(cell->overlay.data, cell->overlay_tree.data, cell->overlay.size) != 0)
		put_input(text, flattened, &cell->overlay_tree);
	put_files(text, included, &cell->overlay_included);
	free(included);
	free(flattened);
	free(role);
}

static void put_inputs(struct text *text, const struct plan *plan)
{
	put_input(text, "hypervisor", &plan->hypervisor);
	put_input(text, "partitions, flattened", &plan->partitions);
	put_files(text, "included by partitions", &plan->included);
	put_input(text, "board tree, flattened", &plan->board.tree);
	put_input(text, "machine facts, flattened", &plan->board.machine);
	if (plan->board.pci_tree.size)
		put_input(text, "PCI inventory, flattened", &plan->board.pci_tree);
	put_input(text, "known slaves", &plan->board.known_slaves);
	for (size_t i = 0; i < plan->cell_count; i++) {
		const struct plan_cell *const cell = &plan->cells[i];

		for (size_t j = 0; j < cell->file_count; j++) {
			char *const role = text_format("%s of cell %s", cell->files[j].property, cell->name);

			put_input(text, role, &cell->files[j].file);
			free(role);
		}
		if (cell->root.file.data)
			put_input(text, "root", &cell->root.file);
		if (cell->log_key.data)
			put_input(text, "log-key", &cell->log_key);
		if (cell->overlay.data)
			put_overlay(text, cell);
	}
}

/* What EL2 finds when it hashes what it starts: struct telemetry_core. [impl->swr~digests-manifest~1] */
static void put_digests(struct text *text, const struct layout *layout)
{
	const struct plan *const plan = layout->plan;
	const struct bp_header *const header = arena_at(&layout->file, layout->file.pa);
	char digits[2 * DIGEST_SIZE + 1];

	digest_text(header->digest, digits);
	fprintf(text->stream, ",\n\t\"digests\": {\n\t\t\"blueprint\": \"%s\",\n\t\t\"cells\": {", digits);
	for (size_t i = 0; i < plan->cell_count; i++) {
		uint8_t digest[DIGEST_SIZE];

		cell_images_digest(layout, i, digest);
		digest_text(digest, digits);
		fputs(i ? ",\n\t\t\t" : "\n\t\t\t", text->stream);
		json_text(text->stream, plan->cells[i].name);
		fprintf(text->stream, ": \"%s\"", digits);
	}
	fputs("\n\t\t}\n\t}", text->stream);
}

char *manifest_text(const struct layout *layout, const struct outputs *outputs)
{
	const struct plan *const plan = layout->plan;
	char *bytes = NULL;
	size_t size = 0;
	struct text text = {open_memstream(&bytes, &size), ""};

	if (!text.stream)
		return text_format("%s", "");
	fputs("{\n\t\"tool\": \"bulkhead " BULKHEAD_VERSION "\",\n\t\"board\": ", text.stream);
	json_text(text.stream, plan->board.name);
	fputs(",\n\t\"inputs\": [", text.stream);
	put_inputs(&text, plan);
	fputs("\n\t],\n\t\"outputs\": [", text.stream);
	text.separator = "";
	for (size_t i = 0; i < outputs->count; i++)
		put_digest(&text, "output", outputs->files[i].name, outputs->files[i].size,
			   outputs->files[i].digest);
	fputs("\n\t]", text.stream);
	put_digests(&text, layout);
	fputs("\n}\n", text.stream);
	fclose(text.stream);
	return bytes;
}
