// SPDX-License-Identifier: Apache-2.0
/*
 * colors.c - cache colours, the auditor's own way: how many the shared caches of the board's tree make,
 * which cell the partition file gives each to, and where memory in pieces lies.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "rule.h"

#define CHAIN_MAX  8u	  /* cache levels behind a core */
#define COLORS_MAX 65536u /* more than any cache has */

static void wrong(struct audit *audit, const char *path, const char *what)
{
	violation(&audit->report, RULE_COLORS, "the file gives cells colours, but %s %s", path, what);
}

static const struct node *cache_behind(const struct tree *tree, const struct node *node)
{
	uint32_t phandle;

	return node_u32(tree, node, "next-level-cache", 0, &phandle) ? tree_phandle(tree, phandle) : NULL;
}

/* Pages in a way of the cache; 0: it can't be told. */
static uint64_t pages_in_way(const struct tree *tree, const struct node *cache)
{
	uint32_t size, sets, line;

	if (!node_u32(tree, cache, "cache-size", 0, &size) ||
	    !node_u32(tree, cache, "cache-sets", 0, &sets) ||
	    (!node_u32(tree, cache, "cache-line-size", 0, &line) &&
	     !node_u32(tree, cache, "cache-block-size", 0, &line)))
		return 0;
	const uint64_t way = (uint64_t)sets * line;

	/* A product is a power of two where both are. */
	if (!way || way & (way - 1) || size % way || !size)
		return 0;
	return way / BP_PAGE_SIZE;
}

/* Colours of the machine: the fewest that a cache of several cores makes. 0 after a violation. */
static uint32_t colors_count(struct audit *audit)
{
	const struct tree *tree = &audit->board.tree;
	uint32_t *users = memory_zeroed(tree->count, sizeof(*users));
	uint64_t fewest = COLORS_MAX + 1;

	for (size_t core = 0; core < audit->board.core_count; core++) {
		const struct node *node = cache_behind(tree, audit->board.cpu_nodes[core]);
		unsigned int depth = 0;

		if (!node)
			wrong(audit, audit->board.cpu_nodes[core]->path, "names no cache");
		for (; node && depth < CHAIN_MAX; node = cache_behind(tree, node), depth++)
			users[node - tree->nodes]++;
		if (node)
			wrong(audit, node->path, "is a cache behind itself");
	}
	for (size_t i = 0; i < tree->count; i++) {
		const uint64_t pages = users[i] < 2 ? fewest : pages_in_way(tree, &tree->nodes[i]);

		if (pages < 2)
			wrong(audit, tree->nodes[i].path, "has no colours");
		fewest = pages < fewest ? pages : fewest;
	}
	free(users);
	if (fewest > COLORS_MAX)
		wrong(audit, "the board", "has no cache that cores share");
	return fewest > COLORS_MAX || fewest < 2 ? 0 : (uint32_t)fewest;
}

static void cell_colors(struct audit *audit, size_t index)
{
	struct partition_cell *cell = &audit->partition.cells[index];
	uint32_t color;

	for (unsigned int i = 0;
	     node_u32(&audit->partition.tree, cell->node, "colors", i, &color) && i <= audit->colors; i++) {
		if (color >= audit->colors || audit->color_owner[color] != CELL_NONE_ID)
			violation(&audit->report, RULE_COLORS, "cell '%s': colour %u %s", cell->name, color,
				  color >= audit->colors ? "doesn't exist" : "is given away already");
		else
			audit->color_owner[color] = (int)index;
	}
}

/* [impl->swr~audit-colors~1] */
void colors_open(struct audit *audit)
{
	bool asked = false;

	for (size_t i = 0; i < audit->partition.cell_count; i++) {
		struct partition_cell *cell = &audit->partition.cells[i];

		cell->colored = node_flag(&audit->partition.tree, cell->node, "colors");
		asked |= cell->colored;
	}
	audit->colors = asked ? colors_count(audit) : 0;
	audit->color_owner = memory_zeroed(audit->colors, sizeof(*audit->color_owner));
	for (uint32_t color = 0; color < audit->colors; color++)
		audit->color_owner[color] = CELL_NONE_ID;
	for (size_t i = 0; audit->colors && i < audit->partition.cell_count; i++)
		cell_colors(audit, i);
}

bool color_admits(const struct audit *audit, int cell, uint64_t pa)
{
	const struct partition_cell *asked = cell == CELL_NONE_ID ? NULL : audit->cells[cell].asked;
	const int owner = audit->color_owner[pa / BP_PAGE_SIZE % audit->colors];

	return asked && owner == (asked->colored ? partition_number(audit, asked) : CELL_NONE_ID);
}

static bool has_color(const struct audit *audit, int cell)
{
	for (uint32_t color = 0; color < audit->colors; color++)
		if (color_admits(audit, cell, color * BP_PAGE_SIZE))
			return true;
	return false;
}

void region_spans(const struct audit *audit, const struct cell *cell, const struct bp_region *region,
		  struct span like, struct spans *spans)
{
	const int number = cell_number(audit, cell);
	uint64_t pa = region->pa, done = 0;

	like.pa = pa;
	like.size = region->size;
	/* Every page needs a descriptor somewhere in the tables: more of them is a lie that shows anyway. */
	if (!audit->colors || region->size / BP_PAGE_SIZE > audit->tables.size / 8 ||
	    pa >= UINT64_C(1) << 52 || !has_color(audit, number)) {
		spans_add(spans, like);
		return;
	}
	for (; done < region->size; pa += BP_PAGE_SIZE) {
		if (!color_admits(audit, number, pa))
			continue;
		spans_append(spans, (struct span){like.va + done, pa, BP_PAGE_SIZE, like.attrs, like.tag});
		done += BP_PAGE_SIZE;
	}
}
