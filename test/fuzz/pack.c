// SPDX-License-Identifier: Apache-2.0
/*
 * pack.c - see pack.h; and libFuzzer's mutator for it.
 */
#include "pack.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEAD 5u /* kind and size */

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed);

static uint32_t size_at(const uint8_t *head)
{
	return head[1] | (uint32_t)head[2] << 8 | (uint32_t)head[3] << 16 | (uint32_t)head[4] << 24;
}

void pack_open(struct pack *pack, const uint8_t *data, size_t size)
{
	size_t at = 0;

	*pack = (struct pack){0};
	while (size - at >= HEAD && size_at(data + at) <= size - at - HEAD) {
		if (data[at] < PART_COUNT)
			pack->parts[data[at]] = (struct part){data + at + HEAD, size_at(data + at)};
		at += HEAD + size_at(data + at);
	}
}

void pack_load(struct pack *pack, const char *path)
{
	FILE *const file = path ? fopen(path, "rb") : NULL;
	static uint8_t bytes[8 << 20];

	if (!file) {
		fputs("FUZZ_DEFAULTS names no file that can be read\n", stderr);
		exit(2);
	}
	pack_open(pack, bytes, fread(bytes, 1, sizeof(bytes), file));
	fclose(file);
}

/* One part, by the seed, is mutated in place and what follows is moved. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed)
{
	size_t at = 0, count = 0, wanted, old, most, new;
	uint8_t *rest;

	for (; size - at >= HEAD && size_at(data + at) <= size - at - HEAD; count++)
		at += HEAD + size_at(data + at);
	if (!count)
		return LLVMFuzzerMutate(data, size, max_size);
	wanted = seed % count;
	for (at = 0; wanted; wanted--)
		at += HEAD + size_at(data + at);
	old = size_at(data + at);
	at += HEAD;
	most = old + (max_size > size ? max_size - size : 0);
	rest = malloc(size - at - old + 1);
	memcpy(rest, data + at + old, size - at - old);
	new = LLVMFuzzerMutate(data + at, old, most);
	memcpy(data + at + new, rest, size - at - old);
	free(rest);
	for (unsigned int i = 0; i < 4; i++)
		data[at - 4 + i] = (uint8_t)(new >> 8 * i);
	return size - old + new;
}
