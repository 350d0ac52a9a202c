/* SPDX-License-Identifier: Apache-2.0 */
/*
 * map_svg.h - the parts of the drawn map. Each draws from y down and returns the y behind it.
 */
#ifndef BULKHEAD_MAP_SVG_H
#define BULKHEAD_MAP_SVG_H

#include "map.h"

#define SHEET_WIDTH  1280
#define SHEET_LEFT   24
#define SHEET_INSIDE (SHEET_WIDTH - 2 * SHEET_LEFT)

#define CARDS_MOST   16u /* more cells are rows of a table */

int map_svg_cells(const struct layout *layout, int y, FILE *out);		     /* map_svg_cells.c */
int map_svg_memory(const struct layout *layout, int x, int y, int width, FILE *out); /* map_svg_memory.c */
int map_svg_channels(const struct plan *plan, int x, int y, int width, FILE *out);   /* map_svg_channels.c */

/* "42.1M": three digits or so; exact where it is a whole number of a unit. */
const char *map_svg_size(uint64_t bytes);

#endif
