/* SPDX-License-Identifier: Apache-2.0 */
/*
 * svg.h - what the drawn map is made of: text that is cut where it would run into something, fills that
 * differ in colour, lightness and pattern, lines.
 *
 * Coordinates are whole pixels, so that the same map is the same bytes everywhere. Called by map_svg*.c.
 */
#ifndef BULKHEAD_SVG_H
#define BULKHEAD_SVG_H

#include <stdio.h>

#define SVG_FILLS 64u /* cells beyond share fills: their numbers tell them apart */

enum svg_font { SVG_TITLE, SVG_HEADING, SVG_BOLD, SVG_MONO, SVG_SMALL };

/* Cells by number; what isn't a cell's, below. */
enum svg_fill { SVG_FREE = -4, SVG_RESERVED, SVG_STORE, SVG_HYPERVISOR };

void svg_begin(FILE *out, int width, int height, const char *title);
void svg_fills(FILE *out, unsigned int cells);
void svg_end(FILE *out);

/* Left-aligned at its baseline; cut with "..." where it would be wider than `room`. */
void svg_text(FILE *out, int x, int y, enum svg_font font, int room, const char *text);
/* Upper bound of its width: of the fonts that programs put for a generic name, the widest in use. */
int svg_text_width(enum svg_font font, const char *text);
void svg_box(FILE *out, int x, int y, int width, int height, int fill);
void svg_frame(FILE *out, int x, int y, int width, int height);
void svg_line(FILE *out, int x1, int y1, int x2, int y2, const char *style);
/* A box of the cell's fill with its number on white. */
void svg_key(FILE *out, int x, int y, int width, int height, unsigned int cell);

#endif
