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

struct arena {
	uint8_t *data;
	uint64_t pa; /* of data[0] */
	uint64_t size, capacity;
};

/* Pages for `size` bytes, zeroed, at a multiple of `alignment` (a power of two, at least a page). */
uint64_t arena_take(struct arena *arena, uint64_t size, uint64_t alignment);

/* The bytes at `pa`, which arena_take() returned (or lies within). */
void *arena_at(const struct arena *arena, uint64_t pa);

void arena_free(struct arena *arena);

#endif
