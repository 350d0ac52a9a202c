// SPDX-License-Identifier: Apache-2.0
/*
 * tree.c - opens a device tree and answers questions about its nodes and properties.
 */
#include "tree.h"

#include <libfdt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const void *node_property(const struct tree *tree, const struct node *node, const char *name, int *length)
{
	return fdt_getprop(tree->fdt, node->offset, name, length);
}

const char *node_property_name(const struct tree *tree, const struct node *node, unsigned int index)
{
	int at = fdt_first_property_offset(tree->fdt, node->offset);
	const char *name = NULL;

	while (at >= 0 && index--)
		at = fdt_next_property_offset(tree->fdt, at);
	return at >= 0 && fdt_getprop_by_offset(tree->fdt, at, &name, NULL) ? name : NULL;
}

bool node_flag(const struct tree *tree, const struct node *node, const char *name)
{
	return node_property(tree, node, name, NULL) != NULL;
}

bool string_list(const void *data, int length)
{
	const char *text = data;

	if (length < 1 || text[length - 1] != '\0' || text[0] == '\0')
		return false;
	for (int i = 0; i < length; i++) {
		if (text[i] == '\0' ? i + 1 < length && text[i + 1] == '\0' : text[i] < 0x20)
			return false;
	}
	return true;
}

const char *string_next(const char *list, int length, const char *previous)
{
	const char *next = previous ? previous + strlen(previous) + 1 : list;

	return next < list + length ? next : NULL;
}

const char *node_string(const struct tree *tree, const struct node *node, const char *name)
{
	int length;
	const char *text = node_property(tree, node, name, &length);

	return text && length > 0 && text[length - 1] == '\0' ? text : NULL;
}

bool node_compatible(const struct tree *tree, const struct node *node, const char *compatible)
{
	return fdt_node_check_compatible(tree->fdt, node->offset, compatible) == 0;
}

bool node_u32(const struct tree *tree, const struct node *node, const char *name, unsigned int index,
	      uint32_t *value)
{
	int length;
	const uint8_t *data = node_property(tree, node, name, &length);

	if (!data || !within(index * UINT64_C(4), 4, (uint64_t)length))
		return false;
	*value = fdt32_ld((const fdt32_t *)(data + index * UINT64_C(4)));
	return true;
}

bool node_u64(const struct tree *tree, const struct node *node, const char *name, unsigned int index,
	      uint64_t *value)
{
	int length;
	const uint8_t *data = node_property(tree, node, name, &length);

	if (!data || !within(index * UINT64_C(8), 8, (uint64_t)length))
		return false;
	*value = fdt64_ld((const fdt64_t *)(data + index * UINT64_C(8)));
	return true;
}

bool node_number(const struct tree *tree, const struct node *node, const char *name, uint64_t *value)
{
	int length;
	uint32_t word;

	if (!node_property(tree, node, name, &length))
		return false;
	if (length == 8)
		return node_u64(tree, node, name, 0, value);
	if (length != 4 || !node_u32(tree, node, name, 0, &word))
		return false;
	*value = word;
	return true;
}

static int cells_of(const struct tree *tree, const struct node *node, const char *name, int absent)
{
	uint32_t value;

	if (!node_u32(tree, node, name, 0, &value))
		return absent;
	return value <= 4 ? (int)value : -1;
}

static char *child_path(const struct tree *tree, int parent, const char *name)
{
	const char *above = parent <= 0 ? "" : tree->nodes[parent].path;
	const size_t size = strlen(above) + strlen(name) + 2;
	char *path = memory_zeroed(size, 1);

	snprintf(path, size, "%s/%s", above, name);
	return path;
}

static void node_add(struct tree *tree, int offset, int parent)
{
	struct node node = {.offset = offset, .parent = parent};
	const char *status;

	node.name = fdt_get_name(tree->fdt, offset, NULL);
	if (!node.name)
		node.name = "";
	node.path = child_path(tree, parent, node.name);
	node.phandle = fdt_get_phandle(tree->fdt, offset);
	status = node_string(tree, &node, "status");
	node.enabled = (!status || !strcmp(status, "okay") || !strcmp(status, "ok")) &&
		       (parent < 0 || tree->nodes[parent].enabled);
	node.address_cells = cells_of(tree, &node, "#address-cells", 2);
	node.size_cells = cells_of(tree, &node, "#size-cells", 1);
	tree->nodes = memory_grow(tree->nodes, tree->count, sizeof(node));
	tree->nodes[tree->count++] = node;
}

/* No property's length reads as one below 0 in an int: libfdt 1.6 would walk backwards or in circles. */
static bool lengths_positive(const void *fdt)
{
	uint32_t tag = FDT_NOP;
	int next = 0;

	while (tag != FDT_END) {
		const int at = next;
		int length = 0;

		tag = fdt_next_tag(fdt, at, &next);
		if (tag == FDT_PROP && !fdt_get_property_by_offset(fdt, at, &length))
			return false;
		if (length < 0)
			return false;
	}
	return next >= 0;
}

/* Of versions before 16 libfdt reads names as whole paths, and fdt_check_full() doesn't expect that one has
 * none. */
int tree_check(struct blob blob)
{
	int error;

	if (blob.size < FDT_V17_SIZE)
		return -FDT_ERR_TRUNCATED;
	error = fdt_check_header(blob.data);
	if (!error && fdt_version(blob.data) < 17)
		error = -FDT_ERR_BADVERSION;
	if (!error && fdt_totalsize(blob.data) > blob.size)
		error = -FDT_ERR_TRUNCATED;
	if (!error && !lengths_positive(blob.data))
		error = -FDT_ERR_BADSTRUCTURE;
	return error ? error : fdt_check_full(blob.data, blob.size);
}

bool tree_open(struct tree *tree, struct blob blob, const char **why)
{
	int parents[TREE_DEPTH];
	int depth = 0, error;

	*tree = (struct tree){0};
	*why = "it is absent";
	if (!blob.data)
		return false;
	tree->fdt = memory_zeroed(blob.size, 1);
	memcpy(tree->fdt, blob.data, blob.size);
	error = tree_check((struct blob){tree->fdt, blob.size});
	*why = fdt_strerror(error);
	if (error) {
		tree_close(tree);
		return false;
	}
	for (int offset = 0; offset >= 0; offset = fdt_next_node(tree->fdt, offset, &depth)) {
		if (depth < 0)
			break;
		if (depth >= TREE_DEPTH || tree->count >= TREE_NODES_MAX) {
			*why = "its nodes are too many or nested too deep";
			tree_close(tree);
			return false;
		}
		parents[depth] = (int)tree->count;
		node_add(tree, offset, depth ? parents[depth - 1] : -1);
	}
	for (size_t i = 0; i < tree->count; i++) {
		node_read_regs(tree, &tree->nodes[i]);
		node_read_irqs(tree, &tree->nodes[i]);
	}
	return true;
}

void tree_close(struct tree *tree)
{
	for (size_t i = 0; i < tree->count; i++) {
		free(tree->nodes[i].path);
		free(tree->nodes[i].regs);
		free(tree->nodes[i].irqs);
		free(tree->nodes[i].mapped);
	}
	free(tree->nodes);
	free(tree->fdt);
	*tree = (struct tree){0};
}

const struct node *tree_path(const struct tree *tree, const char *path)
{
	for (size_t i = 0; i < tree->count; i++) {
		if (!strcmp(tree->nodes[i].path, path))
			return &tree->nodes[i];
	}
	return NULL;
}

const struct node *tree_phandle(const struct tree *tree, uint32_t phandle)
{
	for (size_t i = 0; phandle && i < tree->count; i++) {
		if (tree->nodes[i].phandle == phandle)
			return &tree->nodes[i];
	}
	return NULL;
}

static bool name_matches(const char *node_name, const char *name)
{
	const size_t length = strlen(name);

	return !strncmp(node_name, name, length) && (node_name[length] == '\0' || node_name[length] == '@');
}

const struct node *tree_name(const struct tree *tree, const char *name, bool *many)
{
	const struct node *found = NULL;
	const struct node *aliases = tree_path(tree, "/aliases");
	const char *alias = aliases ? node_string(tree, aliases, name) : NULL;

	*many = false;
	if (name[0] == '/')
		return tree_path(tree, name);
	if (alias)
		return tree_path(tree, alias);
	for (size_t i = 1; i < tree->count; i++) {
		if (!name_matches(tree->nodes[i].name, name))
			continue;
		*many |= found != NULL;
		found = &tree->nodes[i];
	}
	return found;
}

bool node_within(const struct tree *tree, const struct node *node, const struct node *ancestor)
{
	while (node != ancestor && node->parent >= 0)
		node = &tree->nodes[node->parent];
	return node == ancestor;
}
