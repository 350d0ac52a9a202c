// SPDX-License-Identifier: Apache-2.0
/*
 * cache.c - how many colours the board's memory has: the geometry of the caches that cores share.
 *
 * The tree tells by `next-level-cache`, from each core to its last level (Devicetree Specification 3.9).
 * A way of a cache holds sets * line bytes, so that many pages in a row never meet in a set: they are
 * its colours. Of all shared caches the one with the fewest counts: sets are powers of two, so what
 * divides it divides the others. A cache that one core has for itself divides nothing. Called by colors.c.
 */
#include "cache.h"

#include "../blueprint/blueprint.h"
#include "nodes.h"
#include "text.h"

#include <inttypes.h>
#include <libfdt.h>

#define LEVELS_MOST 8 /* of a chain: more is a circle */

struct caches { /* those of all cores */
	int *nodes;
	size_t *cores; /* how many cores reach it */
	size_t count;
};

static void reached(struct caches *caches, int node)
{
	for (size_t i = 0; i < caches->count; i++)
		if (caches->nodes[i] == node) {
			caches->cores[i]++;
			return;
		}
	caches->nodes = memory_grow(caches->nodes, caches->count, sizeof(caches->nodes[0]));
	caches->cores = memory_grow(caches->cores, caches->count, sizeof(caches->cores[0]));
	caches->nodes[caches->count] = node;
	caches->cores[caches->count++] = 1;
}

/* The cache behind a core or cache; -1: it is the last level. */
static int next_level(const struct board *board, int node)
{
	const fdt32_t *const next = fdt_getprop(board->tree.data, node, "next-level-cache", NULL);

	return next ? node_by_phandle(board->tree.data, fdt32_ld(next)) : -1;
}

static bool follow(const struct board *board, struct place at, int core, struct caches *caches)
{
	int node = next_level(board, core), levels = 0;

	if (node < 0) {
		diag_error(at, "board '%s' says nothing of its caches: %s names no next-level-cache",
			   board->name, node_path(board->tree.data, core));
		return false;
	}
	for (; node >= 0 && levels < LEVELS_MOST; levels++, node = next_level(board, node))
		reached(caches, node);
	if (node >= 0)
		diag_error(at, "the caches of board '%s' go in a circle from %s on", board->name,
			   node_path(board->tree.data, core));
	return node < 0;
}

static bool number_of(const struct board *board, int node, const char *property, uint64_t *number)
{
	int length;
	const fdt32_t *const cells = fdt_getprop(board->tree.data, node, property, &length);

	if (!cells || length != 4)
		return false;
	*number = fdt32_ld(cells);
	return true;
}

static bool power_of_two(uint64_t number)
{
	return number && !(number & (number - 1));
}

static bool colors_of(const struct board *board, struct place at, int node, uint64_t *colors)
{
	const char *const path = node_path(board->tree.data, node);
	uint64_t size, sets, line;

	if (!number_of(board, node, "cache-size", &size) || !number_of(board, node, "cache-sets", &sets) ||
	    (!number_of(board, node, "cache-line-size", &line) &&
	     !number_of(board, node, "cache-block-size", &line))) {
		diag_error(at,
			   "board '%s' doesn't give the geometry of %s, which cpus share: its cache-size, "
			   "cache-sets and cache-line-size",
			   board->name, path);
		return false;
	}
	if (!power_of_two(sets) || !power_of_two(line) || size % (sets * line) || !size) {
		diag_error(at,
			   "%s of board '%s' has no colours: %" PRIu64 " sets of lines of %" PRIu64
			   " bytes in %s, and only powers of two that divide it make any",
			   path, board->name, sets, line, text_of_size(size));
		return false;
	}
	*colors = sets * line / BP_PAGE_SIZE;
	if (*colors > 1 && *colors <= COLORS_MOST)
		return true;
	if (*colors > 1)
		diag_error(at, "%s of board '%s' has %" PRIu64 " colours, and at most %u are supported", path,
			   board->name, *colors, COLORS_MOST);
	else
		diag_error(
			at,
			"%s of board '%s' has one colour only: a way of it holds %s, so all pages meet in it",
			path, board->name, text_of_size(sets * line));
	return false;
}

/* [impl->swr~colors-geometry~1] */
bool cache_colors(const struct board *board, struct place at, uint32_t *colors)
{
	struct caches caches = {0};

	*colors = 0;
	for (size_t core = 0; core < board->core_count; core++)
		if (!follow(board, at, board->cpu_nodes[core], &caches))
			return false;
	for (size_t i = 0; i < caches.count; i++) {
		uint64_t own;

		if (caches.cores[i] < 2)
			continue;
		if (!colors_of(board, at, caches.nodes[i], &own))
			return false;
		if (!*colors || own < *colors)
			*colors = (uint32_t)own;
	}
	if (!*colors)
		diag_error(at, "board '%s' has no cache that cpus share: colours would divide nothing",
			   board->name);
	return *colors != 0;
}
