/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cache.c - cache maintenance and clearing of memory, by line.
 */
#include "../../core/arch.h"
#include "sysreg.h"

#define ZVA_PROHIBITED BIT(4)

void arch_cache_clean_invalidate(va_t va, u64 size)
{
	const u64 line = UINT64_C(4) << field(sysreg_read(ctr_el0), 16, 4);

	dsb(ish);
	for (va_t at = va & ~(line - 1); at < va + size; at += line)
		dc(civac, at);
	dsb(sy);
}

static va_t zero_bytes(va_t from, va_t to)
{
	for (; from < to; from++)
		*(volatile u8 *)from = 0;
	return to;
}

static va_t zero_words(va_t from, va_t to)
{
	for (; from < to; from += 8)
		*(volatile u64 *)from = 0;
	return to;
}

static va_t zero_blocks(va_t from, va_t to, u64 block)
{
	for (; from < to; from += block)
		dc(zva, from);
	return to;
}

static va_t up(va_t va, u64 unit)
{
	return (va + unit - 1) & ~(unit - 1);
}

void arch_zero(va_t va, u64 size)
{
	const u64 dczid = sysreg_read(dczid_el0);
	const u64 block = dczid & ZVA_PROHIBITED ? 8 : UINT64_C(4) << field(dczid, 0, 4);
	const va_t end = va + size, last_block = end & ~(block - 1);

	if (up(va, block) < last_block) {
		va = zero_bytes(va, up(va, 8));
		va = zero_words(va, up(va, block));
		if (!(dczid & ZVA_PROHIBITED))
			va = zero_blocks(va, last_block, block);
		va = zero_words(va, end & ~UINT64_C(7));
	}
	zero_bytes(va, end);
}

void arch_icache_invalidate(void)
{
	ic(iallu);
	dsb(nsh);
	isb();
}

void arch_publish(void)
{
	dsb(ish);
}
