// SPDX-License-Identifier: Apache-2.0
/*
 * arena.c - memory for the back end: see arena.h.
 */
#include "arena.h"

#include <stdlib.h>
#include <string.h>

#include "../blueprint/blueprint.h"
#include "palette.h"
#include "ranges.h"
#include "text.h"

/* Makes the arena reach to `end_pa`. */
static void extend(struct arena *arena, uint64_t end_pa)
{
	const uint64_t end = align_up(end_pa - arena->pa, BP_PAGE_SIZE);

	if (end > arena->capacity) {
		const uint64_t capacity = end * 2;
		uint8_t *const data = memory_new(capacity, 1);

		if (arena->size)
			memcpy(data, arena->data, arena->size);
		free(arena->data);
		arena->data = data;
		arena->capacity = capacity;
	}
	if (end > arena->size)
		arena->size = end;
}

uint64_t arena_take(struct arena *arena, uint64_t size, uint64_t alignment)
{
	const uint64_t pa = arena->lane ? lane_take(arena->lane, size, alignment)
					: align_up(arena->pa + arena->size, alignment);

	extend(arena, pa + size);
	return pa;
}

uint64_t arena_scatter(struct arena *arena, uint64_t size)
{
	const uint64_t pa = lane_scatter(arena->lane, size);

	extend(arena, arena->lane->next);
	return pa;
}

uint64_t arena_taken(const struct arena *arena)
{
	return arena->lane ? arena->lane->taken : arena->size;
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
