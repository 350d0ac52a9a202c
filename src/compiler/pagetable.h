/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pagetable.h - VMSAv8-64 translation tables, 4 KiB granule, starting at level 1 (Arm ARM D8.3).
 *
 * Serves both stages: they share the descriptor's shape and differ in the attribute bits, which the
 * caller gives. Tables lie in an arena, at the physical addresses that the hardware will walk.
 */
#ifndef BULKHEAD_PAGETABLE_H
#define BULKHEAD_PAGETABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "arena.h"

#define TABLE_BLOCK_1G UINT64_C(0x40000000)
#define TABLE_BLOCK_2M UINT64_C(0x200000)

/* Attributes that both stages have (Arm ARM D8.3.2). */
#define TABLE_SH_OUTER (UINT64_C(2) << 8)
#define TABLE_SH_INNER (UINT64_C(3) << 8)
#define TABLE_AF       (UINT64_C(1) << 10) /* set: no access flag fault, no hardware update */
#define TABLE_XN       (UINT64_C(1) << 54) /* stage 2: XN[1:0] = 0b10, at EL1 and EL0 alike */

/*
 * Stage 2: MemAttr[5:2], S2AP[7:6] (Arm ARM D8.3.2, D8.5.5). Device and Non-cacheable memory is outer
 * shareable whatever SH says (D8.5.2), so SH says so.
 */
#define STAGE2_MEMORY(attr) ((uint64_t)(attr) << 2)
#define STAGE2_READ	    (UINT64_C(1) << 6)
#define STAGE2_WRITE	    (UINT64_C(2) << 6)
#define STAGE2_NORMAL	    (STAGE2_MEMORY(0xf) | TABLE_SH_INNER | TABLE_AF) /* inner, outer write-back */
#define STAGE2_NONCACHE	    (STAGE2_MEMORY(0x5) | TABLE_SH_OUTER | TABLE_AF)
#define STAGE2_DEVICE	    (STAGE2_MEMORY(0x1) | TABLE_SH_OUTER | TABLE_AF) /* nGnRE */

/*
 * EL2 stage 1: AttrIndx[4:2], AP[2] at bit 7. AP[1], bit 6, is RES1 in a regime with one VA range (Arm
 * ARM D8.4.1); nG and PXN are RES0 there.
 */
#define STAGE1_INDEX(index) ((uint64_t)(index) << 2)
#define STAGE1_AP1	    (UINT64_C(1) << 6)
#define STAGE1_READ_ONLY    (UINT64_C(1) << 7)
#define STAGE1_NORMAL	    (STAGE1_INDEX(BP_ATTR_NORMAL) | STAGE1_AP1 | TABLE_SH_INNER | TABLE_AF)
#define STAGE1_NONCACHE	    (STAGE1_INDEX(BP_ATTR_NONCACHE) | STAGE1_AP1 | TABLE_SH_OUTER | TABLE_AF)
#define STAGE1_DEVICE	    (STAGE1_INDEX(BP_ATTR_DEVICE) | STAGE1_AP1 | TABLE_SH_OUTER | TABLE_AF)

#define IPA_BITS_MOST	    43u /* of a start at level 1: 16 concatenated tables (Arm ARM D8.2.9) */

struct pagetable {
	struct arena *arena;
	uint64_t root_pa;
	unsigned int root_pages; /* concatenated level-1 tables: 1, 2, 4, 8 or 16 */
};

/* A table without entries. Its root is aligned to its size (Arm ARM D8.2.9). */
struct pagetable table_new(struct arena *arena, unsigned int root_pages);

/*
 * Maps [input, input + size) to `output` with the largest blocks that the alignment of both admits.
 * All three are multiples of 4 KiB. False if part of it is mapped already or lies beyond the root.
 */
bool table_map(const struct pagetable *table, uint64_t input, uint64_t output, uint64_t size,
	       uint64_t attributes);

/* Entry `index` of the root, to be read or shared with another root. */
uint64_t table_root_entry(const struct pagetable *table, uint64_t index);
void table_set_root_entry(const struct pagetable *table, uint64_t index, uint64_t entry);

#endif
