// SPDX-License-Identifier: Apache-2.0
/*
 * keep.c - see keep.h. A block ends with kept_free() or keep_free(), so the sanitizer sees its bounds and its
 * end.
 */
#include "keep.h"

#include <dirent.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define SLOTS (1u << 17)

static void *kept[SLOTS];	 /* open addressing by the block's address; GONE: was there */
static size_t filled[SLOTS / 2]; /* the slots that aren't empty */
static size_t used;
static char gone;
#define GONE ((void *)&gone)

void *kept_calloc(size_t count, size_t size);
void *kept_reallocarray(void *old, size_t count, size_t size);
void kept_free(void *block);
int kept_vasprintf(char **text, const char *format, va_list arguments);
int kept_scandir(const char *folder, struct dirent ***entries, int (*filter)(const struct dirent *),
		 int (*compare)(const struct dirent **, const struct dirent **));

static size_t slot_of(const void *block)
{
	return ((uintptr_t)block >> 4) * 0x9e3779b1u % SLOTS;
}

static void *note(void *block)
{
	size_t slot = slot_of(block);

	if (!block)
		return NULL;
	if (used >= SLOTS / 2)
		abort();
	while (kept[slot] && kept[slot] != GONE)
		slot = (slot + 1) % SLOTS;
	if (!kept[slot])
		filled[used++] = slot;
	kept[slot] = block;
	return block;
}

static void forget(const void *block)
{
	for (size_t slot = slot_of(block); block && kept[slot]; slot = (slot + 1) % SLOTS)
		if (kept[slot] == block) {
			kept[slot] = GONE;
			return;
		}
}

void *kept_calloc(size_t count, size_t size)
{
	return note(calloc(count, size));
}

void *kept_reallocarray(void *old, size_t count, size_t size)
{
	forget(old);
	return note(reallocarray(old, count, size));
}

void kept_free(void *block)
{
	forget(block);
	free(block);
}

int kept_vasprintf(char **text, const char *format, va_list arguments)
{
	const int length = vasprintf(text, format, arguments);

	if (length >= 0)
		note(*text);
	return length;
}

int kept_scandir(const char *folder, struct dirent ***entries, int (*filter)(const struct dirent *),
		 int (*compare)(const struct dirent **, const struct dirent **))
{
	const int count = scandir(folder, entries, filter, compare);

	for (int i = 0; i < count; i++)
		note((*entries)[i]);
	if (count >= 0)
		note(*entries);
	return count;
}

void keep_free(void)
{
	while (used) {
		void **const slot = &kept[filled[--used]];

		if (*slot != GONE)
			free(*slot);
		*slot = NULL;
	}
}
