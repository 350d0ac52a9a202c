/* SPDX-License-Identifier: Apache-2.0 */
/*
 * source.h - a device-tree source file: its tree, and where in the text everything stands.
 *
 * dtc parses it twice: -O dtb gives the tree for libfdt, -O dts with annotations gives the place
 * and the kind (text, cells, bytes) of each property, both of which a flattened tree has lost.
 */
#ifndef BULKHEAD_SOURCE_H
#define BULKHEAD_SOURCE_H

#include "diag.h"
#include "plan.h"

enum value_kind { VALUE_NONE, VALUE_TEXT, VALUE_CELLS, VALUE_BYTES };

struct source_entry {
	const char *path, *property; /* property NULL: the node itself */
	struct place at;
	enum value_kind kind;
	unsigned int bits; /* of one cell */
	size_t order;	   /* in the text */
};

struct source {
	const char *path;
	struct bytes tree;
	struct source_entry *entries;
	size_t entry_count;
};

/* Parses `path`; false after diagnostics. `folders` are searched for what it includes. */
bool source_read(struct source *source, const char *path, const char *const *folders, size_t folder_count);

/* The files besides `path` in which anything stands, in the order of the tree. */
bool source_included(const struct source *source, struct files *files);

/* By its name, which ends in .dtb or .dtbo. */
bool source_is_flattened(const char *path);

/* Parses a tree whose places nobody asks for: source, or flattened. */
bool source_read_tree(const char *path, struct bytes *tree);

/* It is a flattened tree of version 17 or later, all of it. */
bool source_tree_whole(const struct bytes *tree);

/* What makes flattened bytes no tree that can be read safely, as a phrase; NULL: nothing. */
const char *source_tree_flaw(const struct bytes *tree);

/* The entry of a property, or of the node where `property` is NULL. Never NULL. */
const struct source_entry *source_find(const struct source *source, int node, const char *property);
struct place source_place(const struct source *source, int node, const char *property);

#endif
