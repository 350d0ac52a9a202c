/* SPDX-License-Identifier: Apache-2.0 */
/*
 * images.c - the files that cells are filled from: finds and reads them, places them in the store.
 *
 * Called by plan_read after memory_place. The readers of each kind are image_linux.c and
 * image_elf.c (ELF and raw).
 */
#include "images.h"

#include "process.h"
#include "ranges.h"
#include "text.h"

#include <inttypes.h>
#include <string.h>

#define FILE_MAX  (UINT64_C(16) << 30)
#define TREE_ROOM UINT64_C(0x10000) /* least room for a guest tree; the back end knows its real size */

bool image_in_ram(const struct plan_cell *cell, uint64_t ipa, uint64_t size)
{
	for (size_t i = 0; i < cell->ram_count; i++) {
		const struct ram_region *const region = &cell->ram[i];

		if (!region->keep && ipa >= region->ipa && ipa - region->ipa <= region->size &&
		    size <= region->size - (ipa - region->ipa))
			return true;
	}
	return false;
}

void image_add_segment(struct plan_cell *cell, size_t file, uint64_t offset, uint64_t size, uint64_t ipa)
{
	cell->segments = memory_grow(cell->segments, cell->segment_count, sizeof(cell->segments[0]));
	cell->segments[cell->segment_count++] = (struct segment_image){file, offset, size, ipa};
}

void image_keep_tree_above(struct plan_cell *cell, uint64_t end_ipa)
{
	const uint64_t floor = align_up(end_ipa, BP_PAGE_SIZE);

	if (image_in_ram(cell, end_ipa - 1, 1) && end_ipa - 1 >= cell->ram[0].ipa &&
	    end_ipa - 1 - cell->ram[0].ipa < cell->ram[0].size && floor > cell->tree_floor_ipa)
		cell->tree_floor_ipa = floor;
}

/* ---- files ---- */

static const char *find_file(const struct front *front, const char *name)
{
	const char *path = name[0] == '/' ? name : text_format("%s/%s", text_folder(front->plan->file), name);

	if (file_exists(path) || (name[0] == '/' && folder_exists(path)))
		return path;
	for (size_t i = 0; i < front->folder_count && name[0] != '/'; i++) {
		path = text_format("%s/%s", front->folders[i], name);
		if (file_exists(path))
			return path;
	}
	return NULL;
}

static const char *searched(const struct front *front, const char *name)
{
	const char *text = text_folder(front->plan->file);

	if (name[0] == '/')
		return text_folder(name);
	for (size_t i = 0; i < front->folder_count; i++)
		text = text_format("%s, %s", text, front->folders[i]);
	return text;
}

bool file_named(const struct front *front, int node, const char *property, struct bytes *bytes)
{
	const struct place at = front_place(front, node, property);
	const char *name, *path, *wrong;

	if (!value_text(front, node, property, &name))
		return false;
	path = find_file(front, name);
	if (!path) {
		diag_error(at, "there is no file '%s': looked in %s", name, searched(front, name));
		return false;
	}
	wrong = file_read(path, FILE_MAX, bytes);
	if (!wrong && !bytes->size)
		wrong = "it is empty";
	if (wrong)
		diag_error(at, "can't use '%s': %s", path, wrong);
	return !wrong;
}

/* Adds the file that `property` names to the cell. NULL: no such property, or a diagnostic. */
static struct file_image *read_file(const struct front *front, struct plan_cell *cell, int node,
				    const char *property)
{
	struct file_image *image;
	struct bytes bytes;

	if (!file_named(front, node, property, &bytes))
		return NULL;
	cell->files = memory_grow(cell->files, cell->file_count, sizeof(cell->files[0]));
	image = &cell->files[cell->file_count++];
	*image = (struct file_image){.property = property, .file = bytes, .store_pa = NO_PLACE};
	return image;
}

/* ---- a cell ---- */

static void refuse(const struct front *front, int node, const char *property, const char *why)
{
	if (value_present(front, node, property))
		diag_error(front_place(front, node, property), "'%s' %s", property, why);
}

static bool kind_is_right(const struct front *front, const struct plan_cell *cell, int node)
{
	const bool linux_kernel = value_present(front, node, "kernel"),
		   image = value_present(front, node, "image");

	if (!linux_kernel && !image)
		diag_error(front_place(front, node, NULL),
			   "cell '%s' has nothing to run: give it 'kernel' or 'image'", cell->name);
	if (linux_kernel && image)
		diag_error(front_place(front, node, "image"),
			   "cell '%s' has a 'kernel' too: it is one or the other", cell->name);
	if (!linux_kernel) {
		refuse(front, node, "initrd", "goes with 'kernel' only");
	} else {
		refuse(front, node, "load", "goes with a raw 'image' only");
		refuse(front, node, "entry", "goes with a raw 'image' only");
	}
	return linux_kernel != image;
}

static void check_tree_room(const struct image_job *job)
{
	const struct plan_cell *const cell = job->cell;

	/* The tree's place, as the back end will choose it: a 2 MiB boundary. */
	if (cell->tree_limit_ipa < TREE_ROOM ||
	    align_down(cell->tree_limit_ipa - TREE_ROOM, IMAGE_BLOCK) < cell->tree_floor_ipa)
		diag_error(front_place(job->front, job->node, "memory"),
			   "the first region of cell '%s' has %s: too little for '%s' and the guest's device "
			   "tree, "
			   "which takes a 2M block of its own",
			   cell->name, text_of_size(cell->ram[0].size), cell->files[job->file].file.path);
}

static void read_overlay(struct front *front, struct plan_cell *cell, int node)
{
	const struct place at = front_place(front, node, "dtb-overlay");
	struct source source;

	if (!file_named(front, node, "dtb-overlay", &cell->overlay))
		return;
	cell->overlay_line = at.line;
	cell->overlay_column = at.column;
	if (source_is_flattened(cell->overlay.path))
		source_read_tree(cell->overlay.path, &cell->overlay_tree);
	else if (front_read_source(front, cell->overlay.path, &source, &cell->overlay_included))
		cell->overlay_tree = source.tree;
}

static void read_cell(struct front *front, size_t index)
{
	struct plan_cell *const cell = &front->plan->cells[index];
	const int node = front->cell_nodes[index];
	const size_t errors = diag_errors();
	const struct file_image *initrd = NULL;
	struct image_job job = {.front = front, .cell = cell, .node = node};

	read_overlay(front, cell, node);
	if (!kind_is_right(front, cell, node))
		return;
	cell->is_linux = value_present(front, node, "kernel");
	job.at = front_place(front, node, cell->is_linux ? "kernel" : "image");
	value_text(front, node, "bootargs", &cell->bootargs);
	read_file(front, cell, node, cell->is_linux ? "kernel" : "image");
	if (cell->is_linux && read_file(front, cell, node, "initrd"))
		initrd = &cell->files[cell->file_count - 1];
	if (diag_errors() != errors || !cell->ram_count)
		return;
	job.bytes = &cell->files[job.file].file;
	cell->tree_floor_ipa = cell->ram[0].ipa;
	cell->tree_limit_ipa = cell->ram[0].ipa + cell->ram[0].size;
	if (cell->is_linux)
		image_read_linux(&job, initrd);
	else if (image_is_elf(job.bytes))
		image_read_elf(&job);
	else
		image_read_raw(&job);
	if (diag_errors() == errors)
		check_tree_room(&job);
}

/* [impl->swr~config-images~1] */
void images_read(struct front *front)
{
	for (size_t i = 0; i < front->plan->cell_count; i++)
		read_cell(front, i);
}

void images_store(struct front *front)
{
	for (size_t i = 0; i < front->plan->cell_count; i++) {
		struct plan_cell *const cell = &front->plan->cells[i];

		for (size_t at = 0; at < cell->file_count; at++) {
			struct file_image *const image = &cell->files[at];

			image->store_pa = memory_place_file(front, image->file.size);
			if (image->store_pa == NO_PLACE)
				diag_error(front_place(front, front->cell_nodes[i], image->property),
					   "no room for '%s' in the image store: it takes %s beside the "
					   "cells' memory",
					   image->file.path, text_of_size(image->file.size));
		}
	}
}
