// SPDX-License-Identifier: Apache-2.0
/*
 * map_svg.c - the map drawn, for a design review: `bulkhead map --svg` and map.svg.
 *
 * A sheet of 1280 pixels, which fills the width of an A4 page laid across. It holds cores, cells, memory to
 * scale, channels, the hypervisor's share and what was left out. A cell has its number, colour and pattern
 * wherever it appears, so that grey prints say the same.
 */
#include "map_svg.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "svg.h"

#define TILES_LARGE   16 /* cores that have room for words */
#define TILES_A_ROW   32
#define LEFT_OUT_MOST 40u
#define HALF	      620

const char *map_svg_size(uint64_t bytes)
{
	static const char units[] = {'K', 'M', 'G', 'T'};
	size_t unit = sizeof(units);

	if (bytes < 1024)
		return text_format("%" PRIu64, bytes);
	while (bytes >> 10 * unit == 0)
		unit--;
	if (bytes % (UINT64_C(1) << 10 * unit) == 0)
		return text_format("%" PRIu64 "%c", bytes >> 10 * unit, units[unit - 1]);
	bytes = bytes * 10 >> 10 * unit;
	return text_format("%" PRIu64 ".%" PRIu64 "%c", bytes / 10, bytes % 10, units[unit - 1]);
}

static const char *title_of(const struct plan *plan)
{
	const char *const slash = strrchr(plan->file, '/');

	return text_format("%s on board %s", slash ? slash + 1 : plan->file, plan->board.name);
}

static int draw_title(const struct plan *plan, FILE *out)
{
	static const struct {
		int fill;
		const char *what;
	} legend[] = {
		{SVG_HYPERVISOR, "hypervisor"},
		{SVG_STORE, "image store"},
		{SVG_RESERVED, "reserved"},
		{SVG_FREE, "nobody's"},
	};
	int x = SHEET_LEFT + 620;

	svg_text(out, SHEET_LEFT, 38, SVG_TITLE, SHEET_INSIDE, title_of(plan));
	svg_text(out, SHEET_LEFT, 60, SVG_MONO, 610,
		 text_format("%zu cells on %zu cores. A cell has its number, colour and pattern everywhere.",
			     plan->cell_count, plan->board.core_count));
	for (size_t i = 0; i < sizeof(legend) / sizeof(legend[0]); i++) {
		svg_box(out, x, 49, 26, 14, legend[i].fill);
		svg_text(out, x + 32, 60, SVG_MONO, 112, legend[i].what);
		x += 146;
	}
	return 76;
}

static void draw_large_tile(const struct layout *layout, size_t core, int x, int y, int width, FILE *out)
{
	const uint32_t cell = layout->cores[core].cell;

	if (cell == NO_CELL)
		svg_box(out, x, y, width, 24, SVG_FREE);
	else
		svg_key(out, x, y, width, 24, cell);
	svg_text(out, x + 5, y + 39, SVG_BOLD, width - 8, text_format("core %zu", core));
	svg_text(out, x + 5, y + 54, SVG_MONO, width - 8,
		 cell == NO_CELL ? "nobody's" : layout->plan->cells[cell].name);
	svg_frame(out, x, y, width, 60);
}

static int draw_cores(const struct layout *layout, int y, FILE *out)
{
	const size_t count = layout->plan->board.core_count;
	const int across = (int)count <= TILES_LARGE / 2 ? (int)count : TILES_LARGE / 2;
	const int width = (SHEET_INSIDE - 10 * (across - 1)) / across;

	svg_text(out, SHEET_LEFT, y + 14, SVG_HEADING, SHEET_INSIDE, "Cores");
	y += 24;
	for (size_t i = 0; i < count; i++) {
		const uint32_t cell = layout->cores[i].cell;
		const int column = (int)i % TILES_A_ROW, row = (int)i / TILES_A_ROW;

		if ((int)count <= TILES_LARGE) {
			draw_large_tile(layout, i, SHEET_LEFT + (int)i % across * (width + 10),
					y + (int)i / across * 68, width, out);
			continue;
		}
		if (column == 0)
			svg_text(out, SHEET_LEFT, y + row * 24 + 14, SVG_SMALL, 44, text_format("%zu", i));
		if (cell == NO_CELL)
			svg_box(out, SHEET_LEFT + 44 + column * 37, y + row * 24, 35, 20, SVG_FREE);
		else
			svg_key(out, SHEET_LEFT + 44 + column * 37, y + row * 24, 35, 20, cell);
	}
	return (int)count <= TILES_LARGE ? y + (((int)count - 1) / across + 1) * 68 + 6
					 : y + (((int)count - 1) / TILES_A_ROW + 1) * 24 + 8;
}

static int draw_hypervisor(const struct layout *layout, int x, int y, int width, FILE *out)
{
	const uint64_t end = layout->writable_pa + layout->writable_size;
	const char *const lines[] = {
		text_format("memory     %#" PRIx64 ", %s", layout->load_pa,
			    map_svg_size(end - layout->load_pa)),
		text_format("           code %s, blueprint %s, writable %s",
			    map_svg_size(layout->hv.file_size), map_svg_size(layout->file.size),
			    map_svg_size(layout->writable_size)),
		text_format("service    core %" PRIu32, layout->plan->service_core),
		"shared     heartbeats, telemetry, logs: windows, each in map.txt",
	};

	svg_text(out, x, y + 14, SVG_HEADING, width, "Hypervisor (EL2)");
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		svg_text(out, x, y + 34 + (int)i * 16, SVG_MONO, width, lines[i]);
	return y + 34 + 4 * 16;
}

static int draw_left_out(const struct plan *plan, int y, FILE *out)
{
	size_t rows = 0, next;

	if (!plan->left_out_count)
		return y;
	svg_text(out, SHEET_LEFT, y + 14, SVG_HEADING, SHEET_INSIDE, "Left out of \"rest\", and why");
	y += 34;
	for (size_t i = 0; i < plan->left_out_count; i = next, y += 16, rows++) {
		char *path;

		if (rows == LEFT_OUT_MOST) {
			svg_text(out, SHEET_LEFT, y, SVG_MONO, SHEET_INSIDE,
				 text_format("and %zu more: map.txt", plan->left_out_count - i));
			return y + 16;
		}
		next = map_left_out(plan, i, &path);
		svg_text(out, SHEET_LEFT, y, SVG_MONO, 380, path);
		svg_text(out, SHEET_LEFT + 392, y, SVG_MONO, SHEET_INSIDE - 392, plan->left_out[i].why);
		free(path);
	}
	return y;
}

/* What is nobody's, though several cells live by it. */
static int draw_shared(const struct plan *plan, int x, int y, int width, FILE *out)
{
	bool any = false;

	for (size_t i = 0; i < plan->board.device_count; i++) {
		const struct device *const device = &plan->board.devices[i];

		if (!device->shared)
			continue;
		if (!any)
			svg_text(out, x, y + 14, SVG_HEADING, width, "Shared read-only, mapped in no cell");
		y += any ? 0 : 24;
		any = true;
		svg_text(out, x, y + 12, SVG_MONO, width, device->path);
		y += 16;
		for (size_t at = 0; at < device->rate_count; at++, y += 16) {
			char *const clock = map_clock(&device->rates[at]);

			svg_text(out, x + 14, y + 12, SVG_MONO, width - 14, clock);
			free(clock);
		}
	}
	return any ? y + 8 : y;
}

static int draw_sheet(const struct layout *layout, FILE *out)
{
	const int right = SHEET_LEFT + HALF + 32, width = SHEET_INSIDE - HALF - 32;
	int y = draw_title(layout->plan, out), memory, others;

	y = draw_cores(layout, y, out);
	svg_text(out, SHEET_LEFT, y + 14, SVG_HEADING, SHEET_INSIDE, "Cells");
	y = map_svg_cells(layout, y + 24, out);
	memory = map_svg_memory(layout, SHEET_LEFT, y, HALF, out);
	others = map_svg_channels(layout->plan, right, y, width, out);
	others = draw_shared(layout->plan, right, others + 8, width, out);
	others = draw_hypervisor(layout, right, others + 8, width, out);
	y = memory > others ? memory : others;
	return draw_left_out(layout->plan, y + 10, out) + 8;
}

/* [impl->swr~map-svg~1] */
void map_print_svg(const struct layout *layout, FILE *out)
{
	char *body = NULL;
	size_t size = 0;
	FILE *const stream = open_memstream(&body, &size);
	int height;

	if (!stream)
		return;
	height = draw_sheet(layout, stream);
	fclose(stream);
	svg_begin(out, SHEET_WIDTH, height, title_of(layout->plan));
	svg_fills(out, (unsigned int)layout->plan->cell_count);
	fwrite(body, 1, size, out);
	svg_end(out);
	free(body);
}
