/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text.c - memory and text helpers of the compiler's front end: numbers with units, formatting.
 *
 * Called by every part of the front end.
 */
#include "text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *or_die(void *memory)
{
	if (!memory) {
		fputs("bulkhead: error: out of memory\n", stderr);
		exit(1);
	}
	return memory;
}

void *memory_new(size_t count, size_t size)
{
	return or_die(calloc(count ? count : 1, size));
}

void *memory_grow(void *array, size_t count, size_t size)
{
	/* Powers of two: the array is full exactly when its count is one. */
	if ((count & (count - 1)) == 0)
		array = or_die(reallocarray(array, count ? 2 * count : 1, size));
	memset((char *)array + count * size, 0, size);
	return array;
}

char *text_format(const char *format, ...)
{
	va_list arguments;
	char *text;

	va_start(arguments, format);
	text = text_format_list(format, arguments);
	va_end(arguments);
	return text;
}

char *text_format_list(const char *format, va_list arguments)
{
	char *text;

	return vasprintf(&text, format, arguments) < 0 ? or_die(NULL) : text;
}

char *text_copy(const char *bytes, size_t length)
{
	char *const text = memory_new(length + 1, 1);

	memcpy(text, bytes, length);
	return text;
}

/* The number at the start of `text`; `rest` is what follows it. */
static bool leading_number(const char *text, uint64_t *value, const char **rest)
{
	char *end;
	const bool hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');

	if (text[0] < '0' || text[0] > '9') /* strtoull takes signs and blanks */
		return false;
	errno = 0;
	*value = strtoull(text, &end, hex ? 16 : 10);
	if (errno || end == text || (hex && end <= text + 2))
		return false;
	*rest = end;
	return true;
}

struct unit {
	const char *name;
	uint64_t factor;
};

static bool number_in(const char *text, const struct unit *units, size_t count, uint64_t *value)
{
	const char *rest;

	if (!leading_number(text, value, &rest))
		return false;
	for (size_t i = 0; i < count; i++)
		if (strcmp(rest, units[i].name) == 0)
			return !__builtin_mul_overflow(*value, units[i].factor, value);
	return false;
}

bool text_number(const char *text, uint64_t *value)
{
	static const struct unit units[] = {{"", 1}};

	return number_in(text, units, 1, value);
}

bool text_size(const char *text, uint64_t *bytes)
{
	static const struct unit units[] = {
		{"", 1}, {"K", UINT64_C(1) << 10}, {"M", UINT64_C(1) << 20}, {"G", UINT64_C(1) << 30}};

	return number_in(text, units, sizeof(units) / sizeof(units[0]), bytes);
}

bool text_duration(const char *text, uint64_t *ns)
{
	static const struct unit units[] = {
		{"us", UINT64_C(1000)}, {"ms", UINT64_C(1000000)}, {"s", UINT64_C(1000000000)}};

	return number_in(text, units, sizeof(units) / sizeof(units[0]), ns);
}

const char *text_of_size(uint64_t bytes)
{
	static const struct unit units[] = {
		{"G", UINT64_C(1) << 30}, {"M", UINT64_C(1) << 20}, {"K", UINT64_C(1) << 10}};

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (bytes && bytes % units[i].factor == 0)
			return text_format("%" PRIu64 "%s", bytes / units[i].factor, units[i].name);
	return text_format("%" PRIu64 " bytes", bytes);
}

const char *text_folder(const char *path)
{
	const char *const slash = strrchr(path, '/');

	if (!slash)
		return ".";
	return slash == path ? "/" : text_copy(path, (size_t)(slash - path));
}

char *text_ipv4(uint32_t address)
{
	return text_format("%u.%u.%u.%u", address >> 24, address >> 16 & 0xff, address >> 8 & 0xff,
			   address & 0xff);
}
