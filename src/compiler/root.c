/* SPDX-License-Identifier: Apache-2.0 */
/*
 * root.c - `root`: the root file system of a Linux cell, which lies beside the FIT in each slot of the disk
 * and is verified as it is read, by dm-verity. Called by plan_read, behind images_read.
 *
 * The file is what `veritysetup format --hash-offset=SIZE DATA DATA` leaves: the data, a superblock, the hash
 * tree (cryptsetup, lib/verity/verity.c and verity_hash.c; Linux,
 * Documentation/admin-guide/device-mapper/verity.rst). The whole tree is computed anew here: what the command
 * line names is the root hash of this file's data and of none else.
 */
#include "front.h"

#include "digest.h"
#include "text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define PROPERTY    "root"
#define ARGUMENT    "bulkhead.verity="
#define BLOCK	    4096u
#define BLOCK_WORDS (BLOCK / DIGEST_SIZE) /* hashes in a block of the tree */
#define LEVELS_MAX  10u			  /* 128^10 blocks are more than any file has */
#define ALGORITHM   "sha256"
#define COMMAND_LINE_MAX                                                                                     \
	2047u /* arm64 Linux's COMMAND_LINE_SIZE less its end: the rest is cut off, and it boots */

struct superblock { /* little-endian */
	char signature[8];
	uint32_t version, hash_type;
	uint8_t uuid[16];
	char algorithm[32];
	uint32_t data_block, hash_block;
	uint64_t data_blocks;
	uint16_t salt_size;
	uint8_t zero[6];
	uint8_t salt[256];
};
_Static_assert(sizeof(struct superblock) == 344, "layout");

struct tree {
	uint64_t at[LEVELS_MAX],
		blocks[LEVELS_MAX]; /* of each level, the data's hashes first; `at` in blocks of the file */
	unsigned int levels;
	uint64_t end; /* of the file, in blocks */
};

/* The tree's levels lie with the highest, of one block, first. */
static struct tree tree_of(uint64_t data_blocks)
{
	struct tree tree = {.levels = 0, .end = data_blocks + 1};

	for (uint64_t below = data_blocks; below > 1; tree.levels++)
		below = tree.blocks[tree.levels] = (below + BLOCK_WORDS - 1) / BLOCK_WORDS;
	for (unsigned int level = tree.levels; level-- > 0;) {
		tree.at[level] = tree.end;
		tree.end += tree.blocks[level];
	}
	return tree;
}

/* As many blocks of data as make a file of that size, with their tree; 0: none do. */
static uint64_t data_blocks_of(uint64_t size)
{
	uint64_t low = 2, high = size / BLOCK;

	while (low < high) {
		const uint64_t middle = low + (high - low) / 2;

		if (tree_of(middle).end < size / BLOCK)
			low = middle + 1;
		else
			high = middle;
	}
	return size % BLOCK || low > size / BLOCK || tree_of(low).end != size / BLOCK ? 0 : low;
}

static void hash_block(const uint8_t salt[DIGEST_SIZE], const uint8_t *block, uint8_t hash[DIGEST_SIZE])
{
	uint8_t salted[DIGEST_SIZE + BLOCK];

	memcpy(salted, salt, DIGEST_SIZE);
	memcpy(salted + DIGEST_SIZE, block, BLOCK);
	digest_of(salted, sizeof(salted), hash);
}

/* The level has the hashes of the `count` blocks from `below` on, and zeroes behind them. */
static bool level_is_right(const uint8_t *file, const uint8_t salt[DIGEST_SIZE], uint64_t below,
			   uint64_t count, uint64_t at, uint64_t blocks)
{
	const uint8_t *const hashes = file + at * BLOCK;
	uint8_t hash[DIGEST_SIZE];

	for (uint64_t i = 0; i < count; i++) {
		hash_block(salt, file + (below + i) * BLOCK, hash);
		if (memcmp(hashes + i * DIGEST_SIZE, hash, DIGEST_SIZE) != 0)
			return false;
	}
	for (uint64_t i = count * DIGEST_SIZE; i < blocks * BLOCK; i++)
		if (hashes[i])
			return false;
	return true;
}

static const char *read_superblock(const uint8_t *file, uint64_t data_blocks, struct plan_root *root)
{
	struct superblock block;

	memcpy(&block, file + data_blocks * BLOCK, sizeof(block));
	if (memcmp(block.signature, "verity\0", sizeof(block.signature)) != 0 || block.version != 1)
		return "has no hash tree of dm-verity behind its data";
	if (block.hash_type != 1 || strncmp(block.algorithm, ALGORITHM, sizeof(block.algorithm)) != 0 ||
	    block.data_block != BLOCK || block.hash_block != BLOCK || block.salt_size != DIGEST_SIZE)
		return "has a hash tree of another kind than format 1, " ALGORITHM
		       ", blocks of 4096 bytes, a salt of 32 bytes";
	if (block.data_blocks != data_blocks)
		return "says another size of its data than it has";
	memcpy(root->salt, block.salt, sizeof(root->salt));
	return NULL;
}

/* What is wrong with it; NULL: nothing. */
static const char *read_root(struct plan_root *root)
{
	const uint8_t *const file = root->file.data;
	const uint64_t data_blocks = data_blocks_of(root->file.size);
	const struct tree tree = tree_of(data_blocks);
	const char *wrong;

	if (!data_blocks)
		return "has no hash tree of dm-verity behind its data";
	wrong = read_superblock(file, data_blocks, root);
	if (wrong)
		return wrong;
	for (unsigned int level = 0; level < tree.levels; level++) {
		const uint64_t below = level ? tree.at[level - 1] : 0;
		const uint64_t count = level ? tree.blocks[level - 1] : data_blocks;

		if (!level_is_right(file, root->salt, below, count, tree.at[level], tree.blocks[level]))
			return "has a hash tree that isn't its data's: it was changed after `veritysetup "
			       "format`";
	}
	hash_block(root->salt, file + tree.at[tree.levels - 1] * BLOCK, root->hash);
	root->blocks = data_blocks;
	return NULL;
}

static void give_argument(struct plan_cell *cell)
{
	char salt[2 * DIGEST_SIZE + 1], hash[2 * DIGEST_SIZE + 1];

	digest_text(cell->root.salt, salt);
	digest_text(cell->root.hash, hash);
	cell->bootargs =
		text_format("%s%s" ARGUMENT "%" PRIu64 ":%s:%s", cell->bootargs ? cell->bootargs : "",
			    cell->bootargs && cell->bootargs[0] ? " " : "", cell->root.blocks, salt, hash);
}

static void read_cell(struct front *front, struct plan_cell *cell, int node)
{
	const struct place at = front_place(front, node, PROPERTY);
	const char *wrong;

	if (!value_present(front, node, "kernel")) {
		diag_error(at, "'" PROPERTY "' goes with 'kernel' only");
	} else if (!value_present(front, node, "initrd")) {
		diag_error(at, "cell '%s' has a '" PROPERTY "', and no 'initrd' that opens it", cell->name);
	} else if (file_named(front, node, PROPERTY, &cell->root.file)) {
		wrong = read_root(&cell->root);
		if (wrong)
			diag_error(at, "'%s' %s", cell->root.file.path, wrong);
		else
			give_argument(cell);
	}
}

/* [impl->swr~config-root~1] */
void roots_read(struct front *front)
{
	const struct plan_cell *first = NULL;

	for (size_t i = 0; i < front->plan->cell_count; i++) {
		struct plan_cell *const cell = &front->plan->cells[i];
		const int node = front->cell_nodes[i];

		if (cell->bootargs && strstr(cell->bootargs, ARGUMENT))
			diag_error(front_place(front, node, "bootargs"),
				   "'" ARGUMENT "' is what the compiler adds: name the file by '" PROPERTY
				   "'");
		else if (!value_present(front, node, PROPERTY))
			continue;
		else if (first)
			diag_error(front_place(front, node, PROPERTY),
				   "cell '%s' has a '" PROPERTY
				   "' already: a slot of the disk has room for one",
				   first->name);
		else
			read_cell(front, cell, node);
		if (cell->bootargs && strlen(cell->bootargs) > COMMAND_LINE_MAX)
			diag_error(front_place(front, node, PROPERTY),
				   "cell '%s': its command line, with the hash of '" PROPERTY
				   "', has more than %u characters",
				   cell->name, COMMAND_LINE_MAX);
		first = first ? first : value_present(front, node, PROPERTY) ? cell : NULL;
	}
}
