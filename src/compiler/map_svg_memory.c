// SPDX-License-Identifier: Apache-2.0
/*
 * map_svg_memory.c - memory of the drawn map: a strip to scale, and beside it a line for each region, so that
 * the small ones can be seen and none is drawn larger than it is.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "map_svg.h"
#include "ranges.h"
#include "svg.h"

#define ROW	      18
#define STRIP_LEAST   240
#define STRIP_X	      104
#define STRIP_WIDTH   60
#define ROWS_X	      214
#define BANK_GAP      14
#define REGIONS_SHOWN 3u /* of one cell; more take one line together */

struct block {
	uint64_t base, size;
	uint64_t end;	 /* where its last page ends: with colours it lies in pieces */
	int left, width; /* its part of the strip's width: as many pixels as it has of the colours */
	int fill;
	const char *what;
};

struct blocks {
	struct block *at;
	size_t count;
};

static void add(struct blocks *blocks, uint64_t base, uint64_t size, int fill, const char *what)
{
	blocks->at = memory_grow(blocks->at, blocks->count, sizeof(blocks->at[0]));
	blocks->at[blocks->count++] = (struct block){base, size, base + size, 0, STRIP_WIDTH, fill, what};
}

static int by_base(const void *left, const void *right)
{
	const struct block *const a = left, *const b = right;

	return a->base < b->base ? -1 : a->base > b->base;
}

static void add_store(const struct plan *plan, struct blocks *blocks)
{
	uint64_t first = UINT64_MAX, end = 0;
	size_t files = 0;

	for (size_t i = 0; i < plan->cell_count; i++) {
		for (size_t j = 0; j < plan->cells[i].file_count; j++) {
			const struct file_image *const file = &plan->cells[i].files[j];

			first = file->store_pa < first ? file->store_pa : first;
			end = file->store_pa + file->file.size > end ? file->store_pa + file->file.size : end;
			files++;
		}
	}
	if (files)
		add(blocks, first, align_up(end, BP_PAGE_SIZE) - first, SVG_STORE,
		    text_format("image store: %zu files", files));
}

static void add_ram(const struct plan *plan, size_t cell, const struct ram_region *ram, struct blocks *blocks)
{
	const struct palette *const palette = cell_palette(plan, cell);
	struct block *block;
	uint32_t before = 0;

	add(blocks, ram->pa, ram->size, (int)cell,
	    text_format("RAM of %s%s%s", plan->cells[cell].name, ram->keep ? ", kept" : "",
			palette ? ", coloured" : ""));
	if (!palette)
		return;
	for (size_t i = 0; i < plan->cells[cell].palette; i++)
		before += plan->palettes[i].count;
	block = &blocks->at[blocks->count - 1];
	block->end = palette_end(palette, ram->pa, ram->size);
	block->left = (int)(before * STRIP_WIDTH / palette->colors);
	block->width = (int)((before + palette->count) * STRIP_WIDTH / palette->colors) - block->left;
}

/* Reserved memory of devices that no cell has. */
static void add_lent(const struct plan *plan, struct blocks *blocks)
{
	for (size_t i = 0; i < plan->board.lent.count; i++) {
		const struct range *const part = &plan->board.lent.at[i];
		bool given = false;

		for (size_t j = 0; j < plan->cell_count; j++)
			for (size_t at = 0; at < plan->cells[j].ram_count; at++)
				given |= range_overlaps(*part, (struct range){plan->cells[j].ram[at].pa,
									      plan->cells[j].ram[at].size});
		if (!given)
			add(blocks, part->base, part->size, SVG_RESERVED, "reserved: a device's");
	}
}

/* What the strip shows: every region. */
static struct blocks regions_of(const struct layout *layout)
{
	const struct plan *const plan = layout->plan;
	struct blocks blocks = {0};

	for (size_t i = 0; i < plan->board.reserved.count; i++)
		add(&blocks, plan->board.reserved.at[i].base, plan->board.reserved.at[i].size, SVG_RESERVED,
		    "reserved: board or loader");
	add_store(plan, &blocks);
	add(&blocks, layout->load_pa, layout->writable_pa + layout->writable_size - layout->load_pa,
	    SVG_HYPERVISOR, "hypervisor, with the channels");
	for (size_t i = 0; i < plan->cell_count; i++)
		for (size_t j = 0; j < plan->cells[i].ram_count; j++)
			add_ram(plan, i, &plan->cells[i].ram[j], &blocks);
	add_lent(plan, &blocks);
	qsort(blocks.at, blocks.count, sizeof(blocks.at[0]), by_base);
	return blocks;
}

/* What has a line: a cell's many regions are one. */
static struct blocks rows_of(const struct plan *plan, const struct blocks *regions)
{
	struct blocks rows = {0};
	bool *const summed = memory_new(plan->cell_count, sizeof(*summed));

	for (size_t i = 0; i < regions->count; i++) {
		struct block row = regions->at[i];

		if (row.fill >= 0 && plan->cells[row.fill].ram_count > REGIONS_SHOWN) {
			if (summed[row.fill])
				continue;
			summed[row.fill] = true;
			row.size = plan->cells[row.fill].memory_total;
			row.what = text_format("RAM of %s, %zu regions from here on",
					       plan->cells[row.fill].name, plan->cells[row.fill].ram_count);
		}
		add(&rows, row.base, row.size, row.fill, row.what);
	}
	return rows;
}

struct strip {
	const struct ranges *ram;
	uint64_t total;
	int x, y, height; /* without the gaps between banks */
};

static int scaled(const struct strip *strip, uint64_t bytes)
{
	/* Memory is below 2^48 and the strip below 2^15 pixels. */
	return (int)(bytes / 4096 * (uint64_t)strip->height / (strip->total / 4096));
}

/* Of an address in a bank; outside all of them, -1. */
static int strip_y(const struct strip *strip, uint64_t address)
{
	uint64_t before = 0;

	for (size_t i = 0; i < strip->ram->count; i++) {
		const struct range *const bank = &strip->ram->at[i];

		if (address >= bank->base && address - bank->base <= bank->size)
			return strip->y + (int)i * BANK_GAP + scaled(strip, before + (address - bank->base));
		before += bank->size;
	}
	return -1;
}

static void draw_banks(const struct strip *strip, FILE *out)
{
	uint64_t before = 0;

	for (size_t i = 0; i < strip->ram->count; i++) {
		const struct range *const bank = &strip->ram->at[i];
		const int top = strip->y + (int)i * BANK_GAP + scaled(strip, before);
		const int height = scaled(strip, before + bank->size) - scaled(strip, before);

		svg_box(out, strip->x + STRIP_X, top, STRIP_WIDTH, height > 0 ? height : 1, SVG_FREE);
		if (height >= 12)
			svg_text(out, strip->x, top + 9, SVG_SMALL, STRIP_X - 2,
				 text_format("%#" PRIx64, bank->base));
		if (height >= 36)
			svg_text(out, strip->x, top + height, SVG_SMALL, STRIP_X - 2,
				 text_format("%#" PRIx64, bank->base + bank->size));
		if (i)
			fprintf(out,
				"<path class=\"line\" fill=\"none\" d=\"M%d,%d l10,-4 l10,8 l10,-8 l10,8 "
				"l10,-8 l10,4\"/>\n",
				strip->x + STRIP_X, top - BANK_GAP / 2);
		before += bank->size;
	}
}

static void draw_regions(const struct strip *strip, const struct blocks *regions, FILE *out)
{
	int fill = SVG_FREE, last = -1;

	for (size_t i = 0; i < regions->count; i++) {
		const struct block *const region = &regions->at[i];
		const int top = strip_y(strip, region->base), end = strip_y(strip, region->end);
		const int height = end > top ? end - top : 1;

		/* One that would cover just what the last one of the same owner covers adds nothing. */
		if (top < 0 || (region->fill == fill && top + height <= last))
			continue;
		svg_box(out, strip->x + STRIP_X + region->left, top, region->width > 0 ? region->width : 1,
			height, region->fill);
		fill = region->fill;
		last = top + height;
	}
}

static void draw_rows(const struct strip *strip, const struct blocks *rows, int width, FILE *out)
{
	const int right = strip->x + STRIP_X + STRIP_WIDTH, x = strip->x + ROWS_X;

	for (size_t i = 0; i < rows->count; i++) {
		const struct block *const row = &rows->at[i];
		const int y = strip->y + (int)i * ROW, from = strip_y(strip, row->base);

		if (from >= 0)
			svg_line(out, right, from, x - 3, y + 8, "thin");
		if (row->fill >= 0)
			svg_key(out, x, y + 1, 30, 14, (unsigned int)row->fill);
		else
			svg_box(out, x, y + 1, 30, 14, row->fill);
		svg_text(out, x + 36, y + 12, SVG_MONO, width - ROWS_X - 36,
			 text_format("%#-12" PRIx64 " %6s  %s", row->base, map_svg_size(row->size),
				     row->what));
	}
}

int map_svg_memory(const struct layout *layout, int x, int y, int width, FILE *out)
{
	const struct plan *const plan = layout->plan;
	const struct blocks regions = regions_of(layout), rows = rows_of(plan, &regions);
	struct strip strip = {.ram = &plan->board.ram, .x = x, .y = y + 42};
	uint64_t cells = 0;
	int end;

	for (size_t i = 0; i < plan->board.ram.count; i++)
		strip.total += plan->board.ram.at[i].size;
	for (size_t i = 0; i < plan->cell_count; i++)
		cells += plan->cells[i].memory_total;
	strip.height = (int)rows.count * ROW > STRIP_LEAST ? (int)rows.count * ROW : STRIP_LEAST;
	svg_text(out, x, y + 14, SVG_HEADING, width,
		 text_format("Memory: %s, of it %s the cells'", map_svg_size(strip.total),
			     map_svg_size(cells)));
	svg_text(out, x, y + 32, SVG_SMALL, width,
		 "The strip is to scale; what is less than a pixel is drawn as one. White: nobody's.");
	draw_banks(&strip, out);
	draw_regions(&strip, &regions, out);
	draw_rows(&strip, &rows, width, out);
	end = strip.y + strip.height + BANK_GAP * (int)plan->board.ram.count;
	return end;
}
