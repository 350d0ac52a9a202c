// SPDX-License-Identifier: Apache-2.0
/*
 * colors.c - which cache colours each cell's memory has.
 *
 * A colour belongs to one cell. The cells without `colors` share what is left, so that nothing of theirs
 * has a colour of a cell that asked for some; where no cell asks, memory has no colours at all. Called by
 * plan_read, before memory.c places anything.
 */
#include "front.h"

#include "cache.h"
#include "text.h"

#include <libfdt.h>
#include <string.h>

/* The cell that has the colour already; cell_count: none. */
static size_t owner_of(const struct plan *plan, uint32_t color)
{
	size_t i = 0;

	while (i < plan->cell_count &&
	       (!plan->cells[i].palette || !plan->palettes[plan->cells[i].palette].has[color]))
		i++;
	return i;
}

static void claim(struct front *front, size_t index, uint32_t color)
{
	struct plan *const plan = front->plan;
	struct plan_cell *const cell = &plan->cells[index];
	struct palette *const own = &plan->palettes[cell->palette], *const rest = &plan->palettes[0];
	const struct place at = front_place(front, front->cell_nodes[index], "colors");
	const size_t owner = color < rest->colors ? owner_of(plan, color) : plan->cell_count;

	if (color >= rest->colors) {
		diag_error(at, "there is no colour %u: board '%s' has colours 0 to %u", color,
			   plan->board.name, rest->colors - 1);
	} else if (owner == index) {
		diag_error(at, "colour %u stands twice in cell '%s'", color, cell->name);
	} else if (owner < plan->cell_count) {
		diag_error(at,
			   "colour %u belongs to cell '%s' already: cells that are to share colours leave "
			   "'colors' out",
			   color, plan->cells[owner].name);
		diag_note(front_place(front, front->cell_nodes[owner], "colors"), "given to '%s' here",
			  plan->cells[owner].name);
	} else {
		own->has[color] = true;
		own->count++;
		rest->has[color] = false;
		rest->count--;
	}
}

static void read_colors(struct front *front, size_t index)
{
	struct plan *const plan = front->plan;
	const int node = front->cell_nodes[index];
	const struct source_entry *const entry = source_find(&front->source, node, "colors");
	int length;
	const fdt32_t *const cells = fdt_getprop(front->source.tree.data, node, "colors", &length);

	if (entry->kind != VALUE_CELLS || entry->bits != 32 || !length) {
		diag_error(entry->at, "'colors' takes numbers of cache colours, such as <0 1 2 3>");
		return;
	}
	plan->cells[index].palette = plan->palette_count;
	plan->palettes[plan->palette_count++].colors = plan->palettes[0].colors;
	for (int i = 0; i < length / 4; i++)
		claim(front, index, fdt32_ld(&cells[i]));
}

/* DMA without an IOMMU needs guest-physical = physical, and memory with colours lies in pieces. */
static void refuse_unprotected(const struct front *front, size_t index)
{
	const int node = front->cell_nodes[index];
	const struct place at = front_place(front, node, "dma");
	const char *const dma = fdt_getprop(front->source.tree.data, node, "dma", NULL);

	if (dma && strcmp(dma, "unprotected") == 0)
		diag_error(at,
			   "cell '%s' can't have dma = \"unprotected\": cells have colors, so its memory "
			   "lies in "
			   "pieces, which a bus master without an IOMMU can't follow",
			   front->plan->cells[index].name);
}

/* The colours that no cell has must do for the cells that have none. */
static void check_rest(const struct front *front, struct place at)
{
	const struct plan *const plan = front->plan;

	for (size_t i = 0; i < plan->cell_count; i++)
		if (!plan->cells[i].palette && !plan->palettes[0].count) {
			diag_error(at,
				   "no colour is left for cell '%s', which has no 'colors': all %u are given "
				   "away",
				   plan->cells[i].name, plan->palettes[0].colors);
			return;
		}
}

/* [impl->swr~colors-owned~1] */
void colors_read(struct front *front)
{
	struct plan *const plan = front->plan;
	const size_t errors = diag_errors();
	struct place first, last;
	size_t colored = 0;
	uint32_t colors;

	for (size_t i = 0; i < plan->cell_count; i++) {
		if (!value_present(front, front->cell_nodes[i], "colors"))
			continue;
		last = front_place(front, front->cell_nodes[i], "colors");
		if (!colored++)
			first = last;
	}
	if (!colored || !cache_colors(&plan->board, first, &colors))
		return;
	plan->palettes = memory_new(colored + 1, sizeof(plan->palettes[0]));
	plan->palette_count = 1;
	plan->palettes[0].colors = plan->palettes[0].count = colors;
	for (uint32_t color = 0; color < colors; color++)
		plan->palettes[0].has[color] = true;
	for (size_t i = 0; i < plan->cell_count; i++) {
		if (value_present(front, front->cell_nodes[i], "colors"))
			read_colors(front, i);
		refuse_unprotected(front, i);
	}
	check_rest(front, last);
	/* Memory is placed in any case, for the diagnostics that it has: without colours where they are
	 * wrong. */
	if (diag_errors() != errors)
		plan->palettes = NULL;
}
