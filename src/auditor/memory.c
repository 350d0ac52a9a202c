// SPDX-License-Identifier: Apache-2.0
/*
 * memory.c - checked allocation. Called from everywhere in the auditor.
 */
#include "memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *allocated(void *memory)
{
	if (!memory) {
		fputs("bulkhead audit: out of memory\n", stderr);
		exit(2);
	}
	return memory;
}

void *memory_zeroed(size_t count, size_t size)
{
	return allocated(calloc(count ? count : 1, size));
}

void *memory_grow(void *array, size_t count, size_t size)
{
	/* Capacity is the next power of two: grow only when count reaches one. */
	if (count && (count & (count - 1)))
		return array;
	if (count > SIZE_MAX / 2 / size)
		return allocated(NULL);
	return allocated(realloc(array, (count ? count * 2 : 1) * size));
}

char *memory_copy(const char *text)
{
	return allocated(strdup(text));
}
