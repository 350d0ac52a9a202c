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
	size_t count, room;
};

#define ORACLE_LIMIT UINT64_C(0x100000000) /* pages above are nowhere on the small board */
#define ORACLE_PAGES (ORACLE_LIMIT / 4096)
#define ROOTS_MAX    32u
#define COLORS	     8u /* of the small board, whose cache has ways of 32 KiB */
struct oracle {
	/* cells, then cores, then the boot root, then the cells' DMA tables */
	struct view good[ROOTS_MAX], now[ROOTS_MAX];
	uint8_t *reach, *good_reach;	 /* by page below ORACLE_LIMIT: a bit a cell */
	uint8_t *rights[SPECIMEN_CELLS]; /* good: what the cell may do to the page */
	uint8_t *users, *good_users;	 /* roots that reach a page of writable memory; 255: many */
	uint8_t *table_of;		 /* by page of the blueprint: 1 + cell, or 255 for EL2; good */
	uint32_t colors;		 /* of memory; 0: none */
	uint8_t color_cells[COLORS];	 /* a bit a cell that may cache it */
	uint8_t *caches;		 /* by page: a bit a cell that caches it; good */
	bool broken[RULE_COUNT];
};

void oracle_open(struct oracle *oracle, struct specimen *s);
void oracle_close(struct oracle *oracle, const struct specimen *s);
/* Judges the tables as they are now, into broken[]. */
void oracle_tables(struct oracle *oracle, struct specimen *s);
/* oracle_colors.c: whose each colour is, from the partition file's own source. */
void oracle_colors_open(struct oracle *oracle, const struct specimen *s);
/* Whether the good image is as it says: else the whole test means nothing. */
bool oracle_colors_good(const struct oracle *oracle, const struct specimen *s);
void oracle_colors(struct oracle *oracle, uint32_t cell, const struct page *was, const struct page *is,
		   bool moved);
bool oracle_color(const struct oracle *oracle, uint32_t cell, uint64_t pa);
/* declared.c: whether what the good image gives is what partition file and board ask for. */
bool declared_good(const struct oracle *oracle, const struct specimen *s);
/* By number of the root: its cell; -1: the boot root, or of a core that never starts. */
int root_cell(const struct specimen *s, uint32_t root);
bool root_is_boot(const struct specimen *s, uint32_t root);
bool root_is_dma(const struct specimen *s, uint32_t root);
uint32_t roots_count(const struct specimen *s);
/* stream_tables.c, messages.c: judge stream tables and commands as they are now. */
void oracle_streams(struct oracle *oracle, const struct specimen *s);
void oracle_messages(struct oracle *oracle, const struct specimen *s);
/* steps.c: carries out the boot's steps as they are now. */
void oracle_steps(struct oracle *oracle, const struct specimen *s);
/* Behind the windows of the PCI host. */
bool oracle_window(uint64_t pa);
/* declared_pci.c: the same of PCI functions. */
bool declared_functions_good(const struct oracle *oracle, const struct specimen *s);
/* Cell that each requester ID is given to by the partition file; -1: nobody. */
#define DECLARED_RIDS 0x400u
void declared_owners(const struct specimen *s, int owner[DECLARED_RIDS]);
uint32_t declared_rid(const char *address); /* of SSSS:BB:DD.F */
/* The same for pages of a cell's devices: whose register page is it? Cell, -1 nobody, -2 never a cell's. */
int oracle_device(const struct specimen *s, const struct oracle *oracle, uint64_t pa);

#endif
