// SPDX-License-Identifier: Apache-2.0
/*
 * mmu.c - the cell's identity map. Tables come from a pool in .bss; entries only ever go from invalid to
 * valid, so no TLB maintenance is needed after the start (Arm ARM D8.16.1).
 */
#include "mmu.h"

#include "sysreg.h"

#define PAGE	    UINT64_C(4096)
#define BLOCK	    UINT64_C(0x200000)
#define ENTRIES	    512u
#define LEVEL_FIRST 0u
#define LEVEL_BLOCK 2u
#define LEVEL_LAST  3u
#define TABLES_MAX  96u /* a health cell's windows of 1,024 cores and 255 cells take 80 */
#define VA_BITS	    48u
#define TREE_MAX    BLOCK

/* Descriptors: Arm ARM D8.3. */
#define VALID	  UINT64_C(1)
#define TABLE	  UINT64_C(3) /* also: page, at the last level */
#define ATTR(n)	  ((uint64_t)(n) << 2)
#define READ_ONLY (UINT64_C(1) << 7)
#define INNER	  (UINT64_C(3) << 8)
#define ACCESSED  (UINT64_C(1) << 10)
#define PXN	  (UINT64_C(1) << 53)
#define UXN	  (UINT64_C(1) << 54)
#define ADDRESS	  UINT64_C(0x0000fffffffff000)

/* MAIR_EL1: 0 Normal write-back, 1 Device-nGnRE, 2 Normal Non-cacheable. */
#define MAIR	 UINT64_C(0x4404ff)
#define NORMAL	 0
#define DEVICE	 1
#define NONCACHE 2
#define TCR_T0SZ (64 - VA_BITS)
#define TCR_WALKS                                                                                            \
	(UINT64_C(1) << 8 | UINT64_C(1) << 10 | UINT64_C(3) << 12) /* write-back, inner shareable            \
								    */
#define TCR_EPD1   (UINT64_C(1) << 23)
#define TCR_IPS_AT 32
#define SCTLR	   UINT64_C(0x30d00800) /* RES1 of Armv8.0 */
#define SCTLR_ON   UINT64_C(0x8100d)	/* M, C, SA, I, WXN */

static const uint64_t attributes[MMU_KINDS] = {
	[MMU_CODE] = ATTR(NORMAL) | INNER | READ_ONLY | UXN,
	[MMU_CONSTANTS] = ATTR(NORMAL) | INNER | READ_ONLY | UXN | PXN,
	[MMU_DATA] = ATTR(NORMAL) | INNER | UXN | PXN,
	[MMU_SHARED] = ATTR(NONCACHE) | INNER | UXN | PXN,
	[MMU_DEVICE] = ATTR(DEVICE) | UXN | PXN,
};

struct mmu_registers { /* start.S loads them on every core */
	uint64_t mair, tcr, ttbr, sctlr;
};
struct mmu_registers mmu_registers;

static uint64_t tables[TABLES_MAX][ENTRIES] __attribute__((aligned(4096)));
static unsigned tables_used = 1; /* the first is the root */

extern char __image_start[], __text_end[], __constants_end[], __image_end[];

static unsigned slot(uint64_t address, unsigned level)
{
	return (address >> (39 - 9 * level)) & (ENTRIES - 1);
}

static void entry_set(uint64_t *entry, uint64_t value)
{
	*(volatile uint64_t *)entry = value;
}

/* The next level's table; 0: a block is there, or the pool is empty. */
static uint64_t *table_below(uint64_t *entry)
{
	uint64_t *table;

	if ((*entry & TABLE) == TABLE)
		return (uint64_t *)(uintptr_t)(*entry & ADDRESS);
	if ((*entry & VALID) || tables_used == TABLES_MAX)
		return 0;
	table = tables[tables_used++];
	barrier_dsb_ish(); /* the table's zeroes before the entry that makes them reachable */
	entry_set(entry, (uint64_t)(uintptr_t)table | TABLE);
	return table;
}

/* Maps one page, or one block where all of it is wanted and nothing of it is mapped. Returns the bytes
 * passed over; 0: failed. */
static uint64_t map_one(uint64_t address, uint64_t end, enum mmu_kind kind)
{
	uint64_t *table = tables[0];
	uint64_t *entry;

	for (unsigned level = LEVEL_FIRST; level < LEVEL_LAST; level++) {
		entry = &table[slot(address, level)];
		if (level == LEVEL_BLOCK) {
			if ((*entry & TABLE) == VALID)
				return BLOCK - address % BLOCK;
			if (!*entry && address % BLOCK == 0 && end - address >= BLOCK) {
				entry_set(entry, address | attributes[kind] | ACCESSED | VALID);
				return BLOCK;
			}
		}
		table = table_below(entry);
		if (!table)
			return 0;
	}
	entry = &table[slot(address, LEVEL_LAST)];
	if (!*entry)
		entry_set(entry, address | attributes[kind] | ACCESSED | TABLE);
	return PAGE;
}

bool mmu_map(uint64_t base, uint64_t size, enum mmu_kind kind)
{
	uint64_t address = base & ~(PAGE - 1);
	const uint64_t end = (base + size + PAGE - 1) & ~(PAGE - 1);

	if (end < base || end >> VA_BITS)
		return false;
	while (address < end) {
		const uint64_t done = map_one(address, end, kind);

		if (!done)
			return false;
		address += done;
	}
	barrier_dsb_ish();
	barrier_isb();
	return true;
}

/* The table that holds the entry of a page; 0: there is none. */
static uint64_t *last_table(uint64_t address)
{
	uint64_t *table = tables[0];

	for (unsigned level = LEVEL_FIRST; level < LEVEL_LAST; level++) {
		const uint64_t entry = table[slot(address, level)];

		if ((entry & TABLE) != TABLE)
			return 0;
		table = (uint64_t *)(uintptr_t)(entry & ADDRESS);
	}
	return table;
}

void mmu_unmap(uint64_t address)
{
	uint64_t *const table = address >> VA_BITS ? 0 : last_table(address);

	if (!table)
		return;
	entry_set(&table[slot(address, LEVEL_LAST)], 0);
	barrier_dsb_ish();
	__asm__ volatile("tlbi vaae1is, %0" : : "r"(address / PAGE) : "memory"); /* Arm ARM D8.17 */
	barrier_dsb_ish();
	barrier_isb();
}

bool mmu_mapped(uint64_t address)
{
	uint64_t *table = tables[0];

	if (address >> VA_BITS)
		return false;
	for (unsigned level = LEVEL_FIRST; level < LEVEL_LAST; level++) {
		const uint64_t entry = table[slot(address, level)];

		if ((entry & TABLE) != TABLE)
			return entry & VALID;
		table = (uint64_t *)(uintptr_t)(entry & ADDRESS);
	}
	return table[slot(address, LEVEL_LAST)] & VALID;
}

static void map_image(void)
{
	const uint64_t start = (uintptr_t)__image_start, text = (uintptr_t)__text_end;
	const uint64_t constants = (uintptr_t)__constants_end, end = (uintptr_t)__image_end;

	mmu_map(start, text - start, MMU_CODE);
	mmu_map(text, constants - text, MMU_CONSTANTS);
	mmu_map(constants, end - constants, MMU_DATA);
}

/* Its header's second word, big-endian (Devicetree Specification 5.2); a wrong one is found later. */
static uint64_t tree_bytes(uintptr_t tree)
{
	const uint64_t size = __builtin_bswap32(((const volatile uint32_t *)tree)[1]);

	return size < TREE_MAX ? size : TREE_MAX;
}

void mmu_start(uintptr_t tree)
{
	const uint64_t pa_range = sysreg_read("id_aa64mmfr0_el1") & 0xf;

	map_image();
	mmu_map(tree, tree_bytes(tree), MMU_CONSTANTS);
	mmu_registers = (struct mmu_registers){
		.mair = MAIR,
		/* 52-bit addresses need another granule: 48 do. */
		.tcr = TCR_T0SZ | TCR_WALKS | TCR_EPD1 | (pa_range < 5 ? pa_range : 5) << TCR_IPS_AT,
		.ttbr = (uintptr_t)tables[0],
		.sctlr = SCTLR | SCTLR_ON,
	};
	/* Again, for what was written since start.S did it; the other cores read it with their MMU off. */
	cache_invalidate((uintptr_t)__constants_end, (uintptr_t)__image_end);
	mmu_enable();
}
