// SPDX-License-Identifier: Apache-2.0
/*
 * arena.c - memory for the back end: see arena.h.
 */
#include "arena.h"

#include <stdlib.h>
#include <string.h>

#include "../blueprint/blueprint.h"
#include "ranges.h"
#include "text.h"

uint64_t arena_take(struct arena *arena, uint64_t size, uint64_t alignment)
{
	const uint64_t start = align_up(arena->pa + arena->size, alignment) - arena->pa;
	const uint64_t end = start + align_up(size, BP_PAGE_SIZE);

	if (end > arena->capacity) {
		const uint64_t capacity = end * 2;
		uint8_t *const data = memory_new(capacity, 1);

		if (arena->size)
			memcpy(data, arena->data, arena->size);
		free(arena->data);
		arena->data = data;
		arena->capacity = capacity;
	}
	arena->size = end;
	return arena->pa + start;
}

void *arena_at(const struct arena *arena, uint64_t pa)
{
	return arena->data + (pa - arena->pa);
}

void arena_free(struct arena *arena)
{
	free(arena->data);
	*arena = (struct arena){0};
}
