// SPDX-License-Identifier: Apache-2.0
/*
 * large.c - the auditor's one large block, its copy of the hypervisor and blueprint, out of memory that stays
 * mapped: the sanitizer would map and unmap it at each input, a quarter of the time. Its bounds and its end
 * are the sanitizer's as those of any other block. build.mk compiles the auditor of `audit` with these names.
 */
#include <sanitizer/asan_interface.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define LARGE (128u << 10) /* smaller blocks the sanitizer keeps itself */
#define MOST  (1u << 20)
#define ZONE  16u /* out of bounds, on either side */

static _Alignas(ZONE) uint8_t room[ZONE + MOST + ZONE];
static bool taken;

void *large_calloc(size_t count, size_t size);
void large_free(void *block);

void *large_calloc(size_t count, size_t size)
{
	const size_t bytes = size && count > MOST / size ? SIZE_MAX : count * size;

	if (taken || bytes < LARGE || bytes > MOST)
		return calloc(count, size);
	taken = true;
	ASAN_POISON_MEMORY_REGION(room, sizeof(room));
	ASAN_UNPOISON_MEMORY_REGION(room + ZONE, bytes);
	return memset(room + ZONE, 0, bytes);
}

void large_free(void *block)
{
	if (block != room + ZONE || !taken) {
		free(block); /* which says so where it is none */
		return;
	}
	taken = false;
	ASAN_POISON_MEMORY_REGION(room, sizeof(room));
}
