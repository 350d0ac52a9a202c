// SPDX-License-Identifier: Apache-2.0
/*
 * space.c - the hostile cell's stage 1: one table of 1 GiB blocks that maps the first 128 GiB of what stage 2
 * may or may not hold, four times: Normal for EL1, Normal for EL0, device for EL1, device for EL0.
 */
#include "hostile.h"

#define BLOCK	UINT64_C(0x40000000)
#define ENTRIES 512u
#define COPIES	4u
#define BLOCKS	(ENTRIES / COPIES)

/* Descriptors: Arm ARM D8.3. */
#define VALID	 UINT64_C(1)
#define DEVICE	 (UINT64_C(1) << 2)
#define EL0	 (UINT64_C(1) << 6)
#define INNER	 (UINT64_C(3) << 8)
#define ACCESSED (UINT64_C(1) << 10)
#define PXN	 (UINT64_C(1) << 53)
#define UXN	 (UINT64_C(1) << 54)

/* MAIR_EL1: 0 Normal write-back, 1 Device-nGnRE. Both halves 39 bits, 4 KiB, walks write-back. */
#define MAIR	  UINT64_C(0x04ff)
#define TCR_LOWER (UINT64_C(25) | UINT64_C(1) << 8 | UINT64_C(1) << 10 | UINT64_C(3) << 12)
#define TCR_UPPER                                                                                            \
	(UINT64_C(25) << 16 | UINT64_C(1) << 24 | UINT64_C(1) << 26 | UINT64_C(3) << 28 | UINT64_C(2) << 30)
#define TCR_EPD1 (UINT64_C(1) << 23)
/* RES1; UCI, nTWE, nTWI, UCT, DZE, UMA: EL0 may what it can; I, C, M. */
#define SCTLR (UINT64_C(0x30d00800) | 0x4000000 | 0x40000 | 0x10000 | 0x8000 | 0x4000 | 0x200 | 0x1005)

static u64 table[ENTRIES] __attribute__((aligned(4096)));
static u64 tcr;

u64 space_el0(u64 address)
{
	return address + (UINT64_C(1) << SPACE_BITS);
}

u64 space_device(u64 address, bool el0)
{
	return address + ((el0 ? UINT64_C(3) : UINT64_C(2)) << SPACE_BITS);
}

/* With the MMU off. */
void space_start(void)
{
	static const u64 attributes[COPIES] = {UXN, EL0, DEVICE | UXN | PXN, DEVICE | EL0 | UXN | PXN};
	const u64 pa_range = sysreg_read("id_aa64mmfr0_el1") & 15;

	for (u32 i = 0; i < ENTRIES; i++)
		table[i] = i % BLOCKS * BLOCK | attributes[i / BLOCKS] | INNER | ACCESSED | VALID;
	for (u32 i = 0; i < ENTRIES; i += 2) /* lines have at least 16 bytes */
		__asm__ volatile("dc ivac, %0" ::"r"(&table[i]) : "memory");
	tcr = TCR_LOWER | TCR_UPPER | (pa_range < 5 ? pa_range : 5) << 32;
	sysreg_write("mair_el1", MAIR);
	sysreg_write("ttbr0_el1", table);
	space_upper(false, 0);
	__asm__ volatile("tlbi vmalle1\n\tic iallu\n\tdsb sy\n\tisb" ::: "memory");
	sysreg_write("sctlr_el1", SCTLR);
}

void space_upper(bool on, u64 upper)
{
	sysreg_write("ttbr1_el1", upper);
	sysreg_write("tcr_el1", tcr | (on ? 0 : TCR_EPD1));
	__asm__ volatile("tlbi vmalle1\n\tdsb nsh\n\tisb" ::: "memory");
}
