/* SPDX-License-Identifier: Apache-2.0 */
/*
 * memory.h - allocation that either succeeds or ends the audit with exit status 2, and views of
 * untrusted bytes.
 */
#ifndef BULKHEAD_AUDITOR_MEMORY_H
#define BULKHEAD_AUDITOR_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct blob {
	const uint8_t *data; /* NULL: absent */
	size_t size;
};

/* True when [offset, offset + size) lies inside `whole` bytes; wraps are refused. */
static inline bool within(uint64_t offset, uint64_t size, uint64_t whole)
{
	return offset <= whole && size <= whole - offset;
}

static inline uint64_t page_down(uint64_t address)
{
	return address & ~UINT64_C(4095);
}

/* Saturates instead of wrapping to 0: a hostile end must stay large. */
static inline uint64_t page_up(uint64_t address)
{
	return address > UINT64_MAX - 4095 ? ~UINT64_C(4095) : (address + 4095) & ~UINT64_C(4095);
}

/* address + size, saturated. */
static inline uint64_t end_of(uint64_t address, uint64_t size)
{
	return address > UINT64_MAX - size ? UINT64_MAX : address + size;
}

void *memory_zeroed(size_t count, size_t size);
/* Makes room for element number `count` in an array that was grown one by one from NULL. */
void *memory_grow(void *array, size_t count, size_t size);
char *memory_copy(const char *text);

#endif
