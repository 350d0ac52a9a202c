/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cache.c - zeroing and cache maintenance as EVA has them. src/arch/arm64/cache.c goes by lines whose size
 * the CPU says: EVA doesn't follow a masked address.
 */
#include <string.h>
#include "../../src/core/arch.h"

void arch_zero(va_t va, u64 size)
{
	memset((void *)va, 0, size);
}

void arch_cache_clean_invalidate(va_t va, u64 size)
{
	/*@ assert cleaned: size == 0 || \valid_read((unsigned char *)va + (0 .. size - 1)); */
	(void)va;
	(void)size;
}

void arch_icache_invalidate(void)
{
}
