/* SPDX-License-Identifier: Apache-2.0 */
/*
 * walk.h - reads translation tables as the MMU would (Arm ARM D8), into sorted span lists.
 *
 * Tables are read from the blueprint's bytes alone: a table address outside them is a violation and
 * its mappings don't exist for the auditor. No recursion; a table page is entered once a walk.
 */
#ifndef BULKHEAD_AUDITOR_WALK_H
#define BULKHEAD_AUDITOR_WALK_H

#include "memory.h"
#include "report.h"
#include "spans.h"

#define TABLE_USE_EL2	UINT32_C(0xffffffff)
#define DMA_USE(cell)	(UINT32_C(0x10000) + (cell)) /* tables of the SMMU */
#define TABLE_BUDGET	(UINT64_C(1) << 28)	     /* descriptors of one audit */
#define STAGE2_ROOT_MAX 16u			     /* concatenated pages */

/* The bytes that tables may lie in, and what each page of them was used for. */
struct table_memory {
	const uint8_t *data;
	uint64_t pa, size;
	uint32_t *use;	/* a page: 0 none, VMID + 1 of a stage 2 (so 1..), or TABLE_USE_EL2 */
	uint8_t *level; /* a page: level + 1 it was walked at */
	bool *seen;	/* a page: entered by the walk under way */
	uint64_t read;	/* descriptors read so far */
};

struct walk {
	struct table_memory *memory;
	struct report *report;
	const char *who; /* in messages: "cell 'control'", "core 3's root" */
	uint64_t root_pa;
	unsigned int input_bits; /* 64 - T0SZ */
	unsigned int first_level;
	unsigned int root_pages;
	uint64_t root_entries;
	unsigned int output_bits;
	bool stage2;
	uint32_t use;
	struct spans *pages; /* gets each table page that is entered; NULL: not wanted */
};

/* Fill `walk` from the registers; false, with violations, when no walk is possible. */
bool stage2_regime(struct walk *walk, uint64_t vtcr, uint64_t vttbr, unsigned int pa_bits);
bool stage1_regime(struct walk *walk, uint64_t tcr, uint64_t root_pa, unsigned int pa_bits);

/* Appends the mappings in order of address. */
void walk_tables(const struct walk *walk, struct spans *found);

/* descriptor.c: one leaf descriptor's attributes, with violations for what is reserved or not preset. */
uint32_t leaf_attrs(const struct walk *walk, uint64_t descriptor, unsigned int level, uint64_t va);
/* False, with a violation, when the table descriptor or its address can't be walked. */
bool table_sound(const struct walk *walk, uint64_t descriptor, unsigned int level, uint64_t va);
uint64_t output_address(uint64_t descriptor, unsigned int level);

#endif
