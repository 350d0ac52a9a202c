/* SPDX-License-Identifier: Apache-2.0 */
/*
 * oracle.h - which rules' claims a mutant breaks, by looking at every page of every root.
 *
 * It is slow and simple on purpose and knows nothing of the auditor's code: it walks the raw bytes,
 * expands every block into pages, and compares what each cell and each core reaches with the good image.
 */
#ifndef BULKHEAD_TEST_MUTATION_ORACLE_H
#define BULKHEAD_TEST_MUTATION_ORACLE_H

#include "rules.h"
#include "specimen.h"

struct page {
	uint64_t va, pa;
	uint8_t rights; /* bit 0 read, 1 write, 2 execute */
	uint8_t type;	/* enum page_type */
};
enum page_type { TYPE_OTHER, TYPE_WRITE_BACK, TYPE_NONCACHE, TYPE_DEVICE };

struct view { /* of one root, in order of address */
	struct page *pages;
	size_t count;
};

#define ROOTS_MAX 32u
struct oracle {
	struct view good[ROOTS_MAX], now[ROOTS_MAX]; /* cells, then cores, then the boot root */
	uint8_t *reach, *good_reach;		     /* by page below ORACLE_LIMIT: a bit a cell */
	uint8_t *rights[SPECIMEN_CELLS];	     /* good: what the cell may do to the page */
	uint8_t *users, *good_users; /* roots that reach a page of writable memory; 255: many */
	uint8_t *table_of;	     /* by page of the blueprint: 1 + cell, or 255 for EL2; good */
	bool broken[RULE_COUNT];
};

void oracle_open(struct oracle *oracle, struct specimen *s);
void oracle_close(struct oracle *oracle, const struct specimen *s);
/* Judges the tables as they are now, into broken[]. */
void oracle_tables(struct oracle *oracle, struct specimen *s);
/* The same for pages of a cell's devices: whose register page is it? Cell, -1 nobody, -2 never a cell's. */
int oracle_device(const struct specimen *s, const struct oracle *oracle, uint64_t pa);

#endif
