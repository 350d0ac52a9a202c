/* SPDX-License-Identifier: Apache-2.0 */
/*
 * arena.h - physically contiguous pages that grow while the blueprint is built.
 *
 * The back end allocates from it in whole pages and names what it got by physical address; the bytes
 * may move when it grows, so a pointer from arena_at() is good until the next allocation only.
 */
#ifndef BULKHEAD_ARENA_H
#define BULKHEAD_ARENA_H

#include <stddef.h>
#include <stdint.h>

struct lane; /* palette.h */

struct arena {
	uint8_t *data;
	uint64_t pa; /* of data[0] */
	uint64_t size, capacity;
	struct lane *lane; /* where the next pages come from; NULL: from the end */
};

/* Pages for `size` bytes, zeroed, at a multiple of `alignment` (a power of two, at least a page). */
uint64_t arena_take(struct arena *arena, uint64_t size, uint64_t alignment);

/* As many pages as hold `size` bytes, in pieces where the lane's pages lie in pieces. */
uint64_t arena_scatter(struct arena *arena, uint64_t size);

/* Bytes taken so far: of the lane, or of all. */
uint64_t arena_taken(const struct arena *arena);

/* The bytes at `pa`, which arena_take() returned (or lies within). */
void *arena_at(const struct arena *arena, uint64_t pa);

void arena_free(struct arena *arena);

#endif
