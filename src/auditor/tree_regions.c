// SPDX-License-Identifier: Apache-2.0
/*
 * tree_regions.c - reserved memory that devices name by `memory-region`: in the board's tree and in guests'.
 */
#include <string.h>

#include "model.h"

bool region_node(const struct tree *tree, const struct node *node)
{
	const struct node *reserved = tree_path(tree, "/reserved-memory");

	return reserved && node->parent == (int)(reserved - tree->nodes);
}

const struct node *region_named(const struct tree *tree, const struct node *user, unsigned int at)
{
	uint32_t phandle;

	return user->enabled && node_u32(tree, user, "memory-region", at, &phandle)
		       ? tree_phandle(tree, phandle)
		       : NULL;
}

static bool region_names(const struct tree *tree, const struct node *user, const struct node *region)
{
	int length = 0;

	if (!node_property(tree, user, "memory-region", &length))
		return false;
	for (unsigned int at = 0; at < (unsigned int)length / 4; at++)
		if (region_named(tree, user, at) == region)
			return true;
	return false;
}

const struct node *region_user(const struct tree *tree, const struct node *region, const struct node *after)
{
	for (size_t i = after ? (size_t)(after - tree->nodes) + 1 : 0; i < tree->count; i++)
		if (region_names(tree, &tree->nodes[i], region))
			return &tree->nodes[i];
	return NULL;
}

bool region_lent(const struct tree *tree, const struct node *region)
{
	if (!region_node(tree, region) || !region->enabled || !region->reg_count)
		return false;
	for (size_t i = 0; i < region->reg_count; i++)
		if ((region->regs[i].base | region->regs[i].size) % BP_PAGE_SIZE)
			return false;
	return region_user(tree, region, NULL) != NULL;
}

int region_user_owner(const struct board *board, const struct node *user)
{
	while (user->parent > 0 && board->owner[user - board->tree.nodes] == CELL_NONE_ID)
		user = &board->tree.nodes[user->parent];
	return board->owner[user - board->tree.nodes];
}

/* Number `at` of a property that counts in `cells`; false: there is none, or it is too wide. */
static bool wide(const struct tree *tree, const struct node *node, const char *property, unsigned int at,
		 int cells, uint64_t *value)
{
	uint32_t part;

	*value = 0;
	for (int i = 0; i < cells; i++) {
		if (!node_u32(tree, node, property, at + (unsigned int)i, &part))
			return false;
		*value = *value << 32 | part;
	}
	return cells == 1 || cells == 2;
}

bool region_wants(const struct tree *tree, const struct node *region, uint64_t *size, uint64_t *alignment)
{
	const int cells = tree->nodes[region->parent].size_cells;

	*alignment = BP_PAGE_SIZE;
	if (region->reg_count || node_flag(tree, region, "reg") ||
	    !wide(tree, region, "size", 0, cells, size) || !*size)
		return false;
	if (!wide(tree, region, "alignment", 0, cells, alignment) || !*alignment)
		*alignment = BP_PAGE_SIZE;
	return true;
}

bool region_range(const struct tree *tree, const struct node *region, unsigned int at, struct range *range)
{
	const struct node *parent = &tree->nodes[region->parent];
	const unsigned int row = (unsigned int)(parent->address_cells + parent->size_cells);

	return wide(tree, region, "alloc-ranges", at * row, parent->address_cells, &range->base) &&
	       wide(tree, region, "alloc-ranges", at * row + (unsigned int)parent->address_cells,
		    parent->size_cells, &range->size);
}
