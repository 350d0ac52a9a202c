/* SPDX-License-Identifier: Apache-2.0 */
/*
 * constants.h - what nobody writes once cells run, where the health cell sees it, and its digests.
 *
 * That is bulkhead.bin, less what its boot writes; the blueprint, less what EL2 writes: roots of stage 2 and
 * pages with entries of cells' streams; and the files of the image store. In the blueprint is a table of them
 * (struct integrity_table), and the map as bytes for others to fetch. Without a health cell there is none of
 * it.
 *
 * What it is follows from a layout, and the layout from what it is: layout.c builds until both agree.
 */
#ifndef BULKHEAD_CONSTANTS_H
#define BULKHEAD_CONSTANTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct layout;
struct cell_layout;

struct constant { /* whole pages but for a file's end */
	uint64_t pa, size, ipa;
	const char *name;
};

struct constants {
	struct constant *list; /* by ipa */
	size_t count;
	uint64_t table_pa, table_size, json_pa, svg_pa;
	char *json, *svg; /* NULL: not made yet */
	size_t json_size, svg_size;
};

enum constants_found { CONSTANTS_SAME, CONSTANTS_OTHER, CONSTANTS_NOWHERE };

/* Of the layout as it was built. SAME: what it was built with; NOWHERE: after a diagnostic. */
enum constants_found constants_find(struct layout *layout);
/* Pages of the blueprint for the table and the map, which is written. */
void constants_place(struct layout *layout);
/* The health cell's windows. */
void constants_list(const struct layout *layout, struct cell_layout *health);
/* Where the health cell sees that page; 0: nowhere. */
uint64_t constants_ipa(const struct layout *layout, uint64_t pa);
/* Writes the table: when all else is, but for the blueprint's own digest. */
void constants_seal(struct layout *layout);

#endif
