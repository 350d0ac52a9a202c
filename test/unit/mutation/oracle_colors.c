// SPDX-License-Identifier: Apache-2.0
/*
 * oracle_colors.c - the oracle's notion of cache colours: page n has colour n modulo their number, each
 * belongs to the cell that the partition file gives it to and the rest to the cells that ask for none, and
 * what a cell caches or is walked through must have one of its own, but for the windows that a good image
 * has, too.
 */
#include <libfdt.h>
#include <stdio.h>
#include <string.h>

#include "oracle.h"

bool oracle_color(const struct oracle *o, uint32_t cell, uint64_t pa)
{
	return o->color_cells[pa / 4096 % COLORS] >> cell & 1;
}

int root_cell(const struct specimen *s, uint32_t root)
{
	if (root < s->cells)
		return (int)root;
	if (root - s->cells >= s->cores || !s->boot[root - s->cells].root_pa)
		return -1;
	return (int)s->boot[root - s->cells].cell;
}

void oracle_colors_open(struct oracle *o, const struct specimen *s)
{
	uint8_t without = 0, taken = 0;

	for (uint32_t c = 0; c < s->cells; c++) {
		char path[64];
		const fdt32_t *colors;
		int length;

		(void)snprintf(path, sizeof(path), "/cells/%.31s", s->cell[c]->name);
		colors = fdt_getprop(s->source, fdt_path_offset(s->source, path), "colors", &length);
		without |= (uint8_t)(!colors << c);
		for (int i = 0; colors && i < length / 4; i++) {
			o->color_cells[fdt32_ld(&colors[i])] = (uint8_t)(1 << c);
			taken |= (uint8_t)(1 << fdt32_ld(&colors[i]));
		}
	}
	o->colors = taken ? COLORS : 0;
	for (uint32_t color = 0; color < COLORS; color++) {
		if (!(taken >> color & 1))
			o->color_cells[color] = without;
	}
}

/* A page of another's colour is a window: one that has the colour caches it, too. */
bool oracle_colors_good(const struct oracle *o, const struct specimen *s)
{
	size_t cached = 0;

	for (uint32_t r = 0; o->colors && r < s->cells + s->cores; r++) {
		for (size_t i = 0; root_cell(s, r) >= 0 && i < o->good[r].count; i++) {
			const struct page *page = &o->good[r].pages[i];

			if (page->type != TYPE_WRITE_BACK)
				continue;
			cached++;
			if (!(o->caches[page->pa / 4096] & o->color_cells[page->pa / 4096 % COLORS]))
				return false;
		}
	}
	return !o->colors || cached > 1000;
}

/* `was`: the good image's page there; `moved`: with all that leads to it, so that it is still the same
 * party's. */
void oracle_colors(struct oracle *o, uint32_t cell, const struct page *was, const struct page *is, bool moved)
{
	const uint64_t page = is->pa / 4096;

	if (!o->colors || is->type != TYPE_WRITE_BACK || oracle_color(o, cell, is->pa))
		return;
	if (moved)
		o->broken[RULE_COLORS] |=
			o->color_cells[page % COLORS] != o->color_cells[was->pa / 4096 % COLORS];
	else if (page >= ORACLE_PAGES || !(o->caches[page] >> cell & 1))
		o->broken[RULE_COLORS] = true;
}
