// SPDX-License-Identifier: Apache-2.0
/*
 * emit.c - plan_emit(): a plan without errors becomes the files of a build, all of them or none.
 *
 * Called by main.c, after plan_read(). The parts: layout.c finds the places and has emit_*.c and
 * tree.c write the bytes; fit.c packs them; map.c and manifest.c say what was built.
 */
#include "emit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fit.h"
#include "layout.h"
#include "manifest.h"
#include "map.h"
#include "output.h"

static bool write_trees(struct outputs *outputs, const struct layout *layout)
{
	for (size_t i = 0; i < layout->plan->cell_count; i++) {
		const struct bytes *const tree = &layout->cells[i].tree;

		if (!output_add(outputs, tree->path, tree->data, tree->size))
			return false;
	}
	return true;
}

static bool write_map(struct outputs *outputs, const struct layout *layout, const char *name,
		      void (*print)(const struct layout *, FILE *))
{
	char *text = NULL;
	size_t size = 0;
	FILE *const stream = open_memstream(&text, &size);
	bool good;

	if (!stream) {
		diag_error(file_place(outputs->folder), "%s cannot be written", name);
		output_abandon(outputs);
		return false;
	}
	print(layout, stream);
	fclose(stream);
	good = output_add(outputs, name, text, size);
	free(text);
	return good;
}

static bool write_manifest(struct outputs *outputs, const struct layout *layout)
{
	char *const text = manifest_text(layout, outputs);
	const bool good = output_add(outputs, "manifest.json", text, strlen(text));

	free(text);
	return good;
}

/* What image.py lays on the disk beside the FIT that names it. [impl->swr~config-root~1] */
static bool write_root(struct outputs *outputs, const struct plan *plan)
{
	for (size_t i = 0; i < plan->cell_count; i++) {
		const struct bytes *const file = &plan->cells[i].root.file;

		if (file->data)
			return output_add(outputs, ROOT_FILE, file->data, file->size);
	}
	return true;
}

static bool write_image(struct outputs *outputs, const struct layout *layout)
{
	struct bytes kernel = image_write(layout);
	struct bytes fit;
	bool good = fit_write(layout, &kernel, &fit);

	free(kernel.data);
	if (!good) {
		output_abandon(outputs);
		return false;
	}
	good = output_add(outputs, "bulkhead.itb", fit.data, fit.size);
	free(fit.data);
	return good;
}

bool plan_emit(struct plan *plan, const char *dir)
{
	struct layout layout;
	struct outputs outputs;

	return layout_settle(&layout, plan) && output_open(&outputs, dir) &&
	       output_add(&outputs, "blueprint.bin", layout.file.data, layout.file.size) &&
	       write_trees(&outputs, &layout) && write_image(&outputs, &layout) &&
	       write_root(&outputs, plan) && write_map(&outputs, &layout, "map.txt", map_print) &&
	       write_map(&outputs, &layout, "map.json", map_print_json) &&
	       write_map(&outputs, &layout, "map.svg", map_print_svg) && write_manifest(&outputs, &layout) &&
	       output_commit(&outputs);
}
