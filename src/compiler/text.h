/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text.h - memory and text helpers of the compiler's front end.
 *
 * The tool runs once and ends: what is allocated here lives until then. Lack of memory ends it.
 */
#ifndef BULKHEAD_TEXT_H
#define BULKHEAD_TEXT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

void *memory_new(size_t count, size_t size); /* zeroed */
void *memory_grow(void *array, size_t count,
		  size_t size); /* room for count + 1 elements, the new one zeroed */
char *text_format(const char *format, ...) __attribute__((format(printf, 1, 2)));
char *text_ipv4(uint32_t address); /* "10.0.2.15" */
char *text_format_list(const char *format, va_list arguments) __attribute__((format(printf, 1, 0)));
char *text_copy(const char *bytes, size_t length);

/* "4096", "0x1000"; with a unit: K, M, G for sizes; us, ms, s for durations (in ns). False: no such. */
bool text_number(const char *text, uint64_t *value);
bool text_size(const char *text, uint64_t *bytes);
bool text_duration(const char *text, uint64_t *ns);

/* A size as a person writes it: "512M", "4K", "0x1001 bytes". */
const char *text_of_size(uint64_t bytes);

/* FILE's folder: "." where it has none. */
const char *text_folder(const char *path);

#endif
