/* SPDX-License-Identifier: Apache-2.0 */
/*
 * import.c - `bulkhead import DTB -o DIR`: a board folder and a first partition file from a board's tree.
 *
 * Either the folder is whole and its partition file is one that `check` takes, but for the images, or
 * no file or folder is left and one line says why. Called by main.c. [impl->swr~import-board~1]
 */
#include "import.h"
#include "emit.h"
#include "front.h"
#include "interrupts.h"
#include "process.h"
#include "ranges.h"
#include "regions.h"
#include "source.h"
#include "text.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <libfdt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TREE_MOST   (UINT64_C(16) << 20)
#define MEMORY_UNIT (UINT64_C(2) << 20)
#define MEMORY_MOST 32u
#define SMALLEST    (UINT64_C(128) << 20) /* block: 32 MiB health, 64 MiB main, the images */
#define GUESSED	    (UINT64_C(1) << 30)
#define HEADROOM    4096 /* for nodes that --memory adds */

static bool refused(const struct import *import, const char *why)
{
	diag_error((struct place){import->source, 0, 0}, "refused: %s", why);
	return false;
}

/* ---- the tree ---- */

/* What one boot left in /chosen: seeds would make every build different, addresses were that boot's. */
static void forget_boot(void *tree)
{
	static const char *const left[] = {"kaslr-seed",
					   "rng-seed",
					   "bootargs",
					   "linux,initrd-start",
					   "linux,initrd-end",
					   "linux,uefi-system-table",
					   "linux,uefi-mmap-start",
					   "linux,uefi-mmap-size",
					   "linux,uefi-mmap-desc-size",
					   "linux,uefi-mmap-desc-ver",
					   "linux,uefi-secure-boot"};
	const int chosen = fdt_path_offset(tree, "/chosen");

	for (size_t i = 0; chosen >= 0 && i < sizeof(left) / sizeof(left[0]); i++)
		fdt_delprop(tree, chosen, left[i]);
}

/* --memory replaces what the tree says: its memory nodes go, one comes. */
static int state_memory(void *tree, const struct ranges *memory)
{
	fdt32_t cells[4 * MEMORY_MOST];
	const int addresses = fdt_address_cells(tree, 0), sizes = fdt_size_cells(tree, 0);
	size_t count = 0;
	int node, next, error;

	if (addresses < 1 || addresses > 2 || sizes < 1 || sizes > 2)
		return -FDT_ERR_BADNCELLS;
	for (node = fdt_first_subnode(tree, 0); node >= 0; node = next) {
		const char *const type = fdt_getprop(tree, node, "device_type", NULL);

		next = fdt_next_subnode(tree, node);
		if (!type || strcmp(type, "memory") != 0)
			continue;
		error = fdt_del_node(tree, node);
		if (error)
			return error;
		next = fdt_first_subnode(tree, 0);
	}
	for (size_t i = 0; i < memory->count; i++) {
		const struct range *const bank = &memory->at[i];

		if ((addresses == 1 && bank->base >> 32) || (sizes == 1 && bank->size >> 32))
			return -FDT_ERR_BADVALUE;
		if (addresses == 2)
			cells[count++] = cpu_to_fdt32((uint32_t)(bank->base >> 32));
		cells[count++] = cpu_to_fdt32((uint32_t)bank->base);
		if (sizes == 2)
			cells[count++] = cpu_to_fdt32((uint32_t)(bank->size >> 32));
		cells[count++] = cpu_to_fdt32((uint32_t)bank->size);
	}
	node = fdt_add_subnode(tree, 0, text_format("memory@%" PRIx64, memory->at[0].base));
	if (node < 0)
		return node;
	error = fdt_setprop(tree, node, "reg", cells, (int)(count * sizeof(cells[0])));
	return error ? error : fdt_setprop_string(tree, node, "device_type", "memory");
}

static bool is_memory(const void *tree, int node)
{
	const char *const type = fdt_getprop(tree, node, "device_type", NULL);

	return type && strcmp(type, "memory") == 0;
}

static bool has_memory(const void *tree)
{
	int node;

	fdt_for_each_subnode(node, tree, 0)
	{
		if (is_memory(tree, node) && registers_of(tree, node).count)
			return true;
	}
	return false;
}

/*
 * A boot loader writes the sizes into the tree. Where it has left a memory node to be filled in, RAM starts
 * at its address: GUESSED bytes are assumed there, less than any board has that can hold several cells.
 */
static void guess_memory(struct import *import)
{
	const void *const tree = import->tree.data;
	const int cells = fdt_address_cells(tree, 0);
	uint64_t base = 0;
	int node;

	fdt_for_each_subnode(node, tree, 0)
	{
		const char *const unit = strchr(fdt_get_name(tree, node, NULL), '@');
		int length;
		const fdt32_t *const reg = fdt_getprop(tree, node, "reg", &length);

		if (base || !is_memory(tree, node))
			continue;
		for (int i = 0; reg && i < cells && cells <= 2 && length >= 4 * cells; i++)
			base = base << 32 | fdt32_ld(&reg[i]);
		if (!base && unit)
			base = strtoull(unit + 1, NULL, 16);
	}
	if (!base || base % MEMORY_UNIT || base > UINT64_MAX - GUESSED)
		return;
	import->memory_guessed = true;
	ranges_add(&import->memory, base, GUESSED);
}

static bool read_tree(struct import *import)
{
	const char *wrong = file_read(import->source, TREE_MOST, &import->tree);
	uint8_t *copy;
	int error;

	if (wrong) {
		diag_error((struct place){import->source, 0, 0}, "can't read the file: %s", wrong);
		return false;
	}
	wrong = source_tree_flaw(&import->tree);
	if (wrong)
		return refused(import, wrong);
	copy = memory_new(import->tree.size + HEADROOM, 1);
	error = fdt_open_into(import->tree.data, copy, (int)(import->tree.size + HEADROOM));
	if (error)
		return refused(import, text_format("the tree can't be edited: %s", fdt_strerror(error)));
	import->tree.data = copy;
	forget_boot(copy);
	if (!import->memory.count && !has_memory(copy))
		guess_memory(import);
	error = import->memory.count ? state_memory(copy, &import->memory) : 0;
	if (error)
		return refused(import, text_format("its tree can't hold the memory of --memory: %s",
						   fdt_strerror(error)));
	fdt_pack(copy);
	import->tree.size = fdt_totalsize(copy);
	return true;
}

/* "vendor,board" of the tree; short enough to be a name. */
static const char *name_of(const void *tree)
{
	const char *const compatible = fdt_getprop(tree, 0, "compatible", NULL);
	char *const name = text_format("%.*s", (int)BP_NAME_MAX - 1, compatible ? compatible : "imported");

	for (char *at = name; *at; at++)
		if (!((*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z') ||
		      (*at >= '0' && *at <= '9') || strchr("-_.", *at)))
			*at = '-';
	return name[0] ? name : "imported";
}

/* ---- options ---- */

static bool read_memory(struct import *import, const char *const *memory, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const char *const at = strchr(memory[i], '@');
		uint64_t size, base;

		if (!at || !text_size(text_copy(memory[i], (size_t)(at - memory[i])), &size) ||
		    !text_number(at + 1, &base) || !size || size % BP_PAGE_SIZE || base % BP_PAGE_SIZE ||
		    base + (size - 1) < base || count > MEMORY_MOST) {
			diag_error((struct place){NULL, 0, 0},
				   "--memory takes SIZE@ADDRESS in pages, such as 2G@0x80000000, not '%s'",
				   memory[i]);
			return false;
		}
		ranges_add(&import->memory, base, size);
	}
	return true;
}

/* ---- the steps ---- */

/* Half of the largest block: the rest is for the health cell, the images and whatever comes next. */
static bool divide_memory(struct import *import)
{
	struct ranges taken = {NULL, 0};
	uint64_t largest;

	regions_reserved(&import->board, &taken);
	for (size_t i = 0; i < import->forbidden.count; i++)
		ranges_add(&taken, import->forbidden.at[i].base, import->forbidden.at[i].size);
	largest = ranges_largest(&import->board.ram, &taken, MEMORY_UNIT);
	import->main_memory = align_down(largest / 2, MEMORY_UNIT);
	return largest >= SMALLEST ||
	       refused(import, "its largest free block of RAM has less than 128 MiB: import "
			       "/sys/firmware/fdt of the running board, or give --memory "
			       "SIZE@ADDRESS");
}

static bool read_board(struct import *import)
{
	struct board *const board = &import->board;
	const char *const slaves = data_find("dts/known-slaves");
	const char *wrong;

	if (!slaves || file_read(slaves, TREE_MOST, &board->known_slaves)) {
		diag_error((struct place){NULL, 0, 0}, "no known-slaves in %s", data_folders());
		return false;
	}
	board->name = import->name;
	board->tree = import->tree;
	board->tree.path = import->source;
	wrong = import_refusal(board->tree.data);
	if (wrong)
		return refused(import, wrong);
	if (!has_memory(board->tree.data))
		return refused(import,
			       "the tree holds no memory, which a boot loader adds: import /sys/firmware/fdt "
			       "of the running board, or give --memory SIZE@ADDRESS");
	/* The most that there can be: import_facts() guesses better, from what is read here. */
	board->pa_bits = PA_BITS_MOST;
	board->spi_count = GIC_SPIS_MOST;
	if (!board_examine(board))
		return false;
	wrong = import_facts(import);
	return wrong ? refused(import, wrong) : divide_memory(import);
}

/* ---- the folder ---- */

/* What stands there stays: only a folder that isn't there, or is empty, is taken. */
static bool folder_free(const char *folder)
{
	DIR *const entries = opendir(folder);
	bool empty = true;

	if (!entries) {
		if (errno == ENOENT)
			return true;
		diag_error(file_place(folder), "cannot be written: %s", strerror(errno));
		return false;
	}
	for (struct dirent *entry = readdir(entries); entry && empty; entry = readdir(entries))
		empty = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;
	closedir(entries);
	if (!empty)
		diag_error(file_place(folder), "the folder isn't empty: name another, or remove it");
	return empty;
}

/* How many letters of the path name the last folder that is there; 0: none. */
static size_t length_there(const char *folder)
{
	size_t length = strlen(folder);

	while (length && !folder_exists(text_copy(folder, length)))
		while (length && folder[--length] != '/')
			;
	return length;
}

/* Removes the files, and the folders that this run has made: all parts behind the first `there` letters. */
static void leave_nothing(const char *folder, size_t there)
{
	static const char *const files[] = {"board.dtb", "machine.dts", "partitions.dts", "pci.dts",
					    "README.md"};
	char *const path = text_format("%s", folder);

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		unlink(text_format("%s/%s", folder, files[i]));
	for (size_t length = strlen(path); length > there; length--) {
		path[length] = 0;
		if (folder[length] == '/' || folder[length] == 0)
			rmdir(path);
	}
}

/* What was written is what `check` takes: cores, memory and devices are assigned as `build` does. */
static bool read_back(struct import *import)
{
	return plan_read_owners(&import->plan, text_format("%s/partitions.dts", import->folder)) ||
	       refused(import, "its first partition file would not build");
}

static bool tell(const struct import *import)
{
	printf("%s: %s imported: facts are assumed, state them in %s/machine.dts; what it can't do:\n%s",
	       import->source, import->name, import->folder, import->limits);
	if (fflush(stdout) == 0)
		return true;
	diag_error((struct place){NULL, 0, 0}, "standard output: %s", strerror(errno));
	return false;
}

int import_run(const char *file, const char *const *memory, size_t memory_count, const char *pci,
	       const char *output)
{
	struct import import = {.source = file, .folder = output};
	const size_t there = length_there(output);
	const char *wrong;

	if (!folder_free(output) || !read_memory(&import, memory, memory_count) || !read_tree(&import))
		return 1;
	import.name = name_of(import.tree.data);
	if (!read_board(&import))
		return 1;
	wrong = pci ? import_pci(&import, pci) : NULL;
	if (wrong) {
		diag_error((struct place){NULL, 0, 0}, "%s", wrong);
		return 1;
	}
	import.limits = import_limits(&import.board);
	if (import_write_board(&import) && read_back(&import) && import_write_readme(&import) &&
	    tell(&import))
		return 0;
	leave_nothing(output, there);
	return 1;
}
