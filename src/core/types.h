/* SPDX-License-Identifier: Apache-2.0 */
/*
 * types.h - the integer types of the hypervisor. Addresses say in their type which space they are in.
 */
#ifndef BULKHEAD_TYPES_H
#define BULKHEAD_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int64_t s64;

typedef u64 ipa_t; /* guest-physical */
typedef u64 pa_t;  /* physical */
typedef u64 va_t;  /* EL2 virtual */

/* Off the hot paths of a file that is compiled to be fast: small, and a call of its own. */
#define COLD		    __attribute__((cold, noinline))

#define unlikely(condition) __builtin_expect((condition), 0)

#define BIT(n)		    (UINT64_C(1) << (n))
#define MASK(bits)	    (BIT(bits) - 1)
#define ARRAY_SIZE(a)	    (sizeof(a) / sizeof((a)[0]))

static inline u64 field(u64 value, unsigned int low, unsigned int bits)
{
	return (value >> low) & MASK(bits);
}

#endif
