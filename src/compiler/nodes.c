/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nodes.c - see nodes.h. Made by partition.c and board.c for the trees they read, asked by every part.
 * [impl->swr~scale~1]
 */
#include "nodes.h"

#include "text.h"

#include <libfdt.h>
#include <stdlib.h>
#include <string.h>

#define TREES  8u /* indexed at a time: the oldest makes room */
#define DEPTH  64 /* of nodes: libfdt answers for a tree that is deeper */
#define NOBODY (-FDT_ERR_NOTFOUND)

struct node {
	int offset, parent; /* parent: an offset, or NOBODY */
};

struct child {
	int parent, offset;
	const char *name;
	size_t length; /* of the name, which may be a part of a longer text */
};

struct handle {
	uint32_t phandle;
	int offset;
};

struct nodes {
	const void *tree; /* NULL: none */
	struct node *at;  /* by offset */
	size_t count;
	struct handle *handles; /* by phandle, then offset */
	size_t handle_count;
	struct child *children; /* by parent, then name */
	size_t child_count;
};

static struct nodes known[TREES];
static size_t oldest;

static const struct nodes *nodes_of(const void *tree)
{
	for (size_t i = 0; i < TREES; i++)
		if (known[i].tree == tree)
			return &known[i];
	return NULL;
}

static struct nodes *make_room(const void *tree)
{
	for (size_t i = 0; i < TREES; i++)
		if (known[i].tree == tree)
			return &known[i];
	oldest = (oldest + 1) % TREES;
	return &known[oldest];
}

static int by_phandle(const void *a, const void *b)
{
	const struct handle *const left = a, *const right = b;

	if (left->phandle != right->phandle)
		return left->phandle < right->phandle ? -1 : 1;
	return left->offset - right->offset;
}

static int by_name(const void *a, const void *b)
{
	const struct child *const left = a, *const right = b;
	const size_t length = left->length < right->length ? left->length : right->length;
	const int order = memcmp(left->name, right->name, length);

	if (left->parent != right->parent)
		return left->parent < right->parent ? -1 : 1;
	if (order || left->length == right->length)
		return order;
	return left->length < right->length ? -1 : 1;
}

static void add(struct nodes *nodes, int offset, int parent)
{
	const uint32_t phandle = fdt_get_phandle(nodes->tree, offset);

	nodes->at = memory_grow(nodes->at, nodes->count, sizeof(nodes->at[0]));
	nodes->at[nodes->count++] = (struct node){offset, parent};
	if (parent >= 0) {
		const char *const name = fdt_get_name(nodes->tree, offset, NULL);

		nodes->children =
			memory_grow(nodes->children, nodes->child_count, sizeof(nodes->children[0]));
		nodes->children[nodes->child_count++] = (struct child){parent, offset, name, strlen(name)};
	}
	if (!phandle || phandle == UINT32_MAX)
		return;
	nodes->handles = memory_grow(nodes->handles, nodes->handle_count, sizeof(nodes->handles[0]));
	nodes->handles[nodes->handle_count++] = (struct handle){phandle, offset};
}

void nodes_index(const void *tree)
{
	struct nodes *const nodes = make_room(tree);
	int above[DEPTH], depth = 0;

	*nodes = (struct nodes){.tree = tree};
	for (int offset = 0; offset >= 0 && depth >= 0; offset = fdt_next_node(tree, offset, &depth)) {
		if (depth >= DEPTH) {
			nodes->tree = NULL;
			return;
		}
		above[depth] = offset;
		add(nodes, offset, depth ? above[depth - 1] : NOBODY);
	}
	if (nodes->handle_count)
		qsort(nodes->handles, nodes->handle_count, sizeof(nodes->handles[0]), by_phandle);
	if (nodes->child_count)
		qsort(nodes->children, nodes->child_count, sizeof(nodes->children[0]), by_name);
}

int node_parent(const void *tree, int node)
{
	const struct nodes *const nodes = nodes_of(tree);
	size_t low = 0, high = nodes ? nodes->count : 0;

	if (!nodes)
		return fdt_parent_offset(tree, node);
	while (low < high) {
		const size_t middle = low + (high - low) / 2;

		if (nodes->at[middle].offset == node)
			return nodes->at[middle].parent;
		if (nodes->at[middle].offset < node)
			low = middle + 1;
		else
			high = middle;
	}
	return node < 0 ? node : -FDT_ERR_BADOFFSET;
}

/* Of several nodes with one phandle the first, as libfdt has it. */
int node_by_phandle(const void *tree, uint32_t phandle)
{
	const struct nodes *const nodes = nodes_of(tree);
	size_t low = 0, high = nodes ? nodes->handle_count : 0;

	if (!nodes)
		return fdt_node_offset_by_phandle(tree, phandle);
	while (low < high) {
		const size_t middle = low + (high - low) / 2;

		if (nodes->handles[middle].phandle < phandle)
			low = middle + 1;
		else
			high = middle;
	}
	return low < nodes->handle_count && nodes->handles[low].phandle == phandle
		       ? nodes->handles[low].offset
		       : -FDT_ERR_NOTFOUND;
}

uint32_t node_highest_phandle(const void *tree)
{
	const struct nodes *const nodes = nodes_of(tree);
	uint32_t highest = 0;

	if (!nodes)
		return fdt_find_max_phandle(tree, &highest) ? 0 : highest;
	return nodes->handle_count ? nodes->handles[nodes->handle_count - 1].phandle : 0;
}

bool node_disabled(const void *tree, int node)
{
	const char *const status = fdt_getprop(tree, node, "status", NULL);

	return status && strcmp(status, "okay") != 0 && strcmp(status, "ok") != 0;
}

bool node_enabled(const void *tree, int node)
{
	while (node > 0 && !node_disabled(tree, node))
		node = node_parent(tree, node);
	return node <= 0;
}

/* What isn't there in full may be an alias, or a name without its unit address: libfdt knows. */
int node_by_path(const void *tree, const char *path)
{
	const struct nodes *const nodes = nodes_of(tree);
	const char *at = path;
	int node = 0;

	if (!nodes || !nodes->child_count || *path != '/')
		return fdt_path_offset(tree, path);
	for (at += strspn(at, "/"); *at; at += strspn(at, "/")) {
		const size_t length = strcspn(at, "/");
		const struct child wanted = {.parent = node, .name = at, .length = length};
		const struct child *const found =
			bsearch(&wanted, nodes->children, nodes->child_count, sizeof(wanted), by_name);

		if (!found)
			return fdt_path_offset(tree, path);
		node = found->offset;
		at += length;
	}
	return node;
}

const char *node_path(const void *tree, int node)
{
	const int parent = node_parent(tree, node);
	const char *const name = fdt_get_name(tree, node, NULL);

	if (!name)
		return NULL;
	if (parent < 0)
		return "/";
	return text_format("%s/%s", parent ? node_path(tree, parent) : "", name);
}
