// SPDX-License-Identifier: Apache-2.0
/*
 * memory.c - what lies behind the image (memory.h).
 */
#include "memory.h"

#define PAGE UINT64_C(4096)

extern char __image_end[];

struct range memory_free(const struct guest *guest)
{
	const uint64_t start = ((uintptr_t)__image_end + PAGE - 1) & ~(PAGE - 1),
		       tree = (uintptr_t)guest->tree;
	uint64_t end = guest->ram[0].base + guest->ram[0].size;

	if (tree >= start && tree < end)
		end = tree & ~(PAGE - 1);
	return (struct range){start, end > start ? end - start : 0};
}
