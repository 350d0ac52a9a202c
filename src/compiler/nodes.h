/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nodes.h - a tree's nodes by offset, phandle and path, without libfdt's walk from the tree's start.
 *
 * The front end indexes each tree that it reads; of a tree that nobody indexed libfdt answers. Results are
 * libfdt's: offsets of nodes, or a negative FDT_ERR_*.
 */
#ifndef BULKHEAD_NODES_H
#define BULKHEAD_NODES_H

#include <stdbool.h>
#include <stdint.h>

/* The tree must not change any more. What was known of a tree at the same address is forgotten. */
void nodes_index(const void *tree);

int node_parent(const void *tree, int node);
int node_by_phandle(const void *tree, uint32_t phandle);
/* 0: no node has one. */
uint32_t node_highest_phandle(const void *tree);
/* A path, or what else fdt_path_offset() takes. */
int node_by_path(const void *tree, const char *path);
/* Its `status` is neither "okay" nor absent. */
bool node_disabled(const void *tree, int node);
/* Neither its own nor any `status` above says that it is disabled. */
bool node_enabled(const void *tree, int node);
/* The node's path; NULL: no such node. */
const char *node_path(const void *tree, int node);

#endif
