// SPDX-License-Identifier: Apache-2.0
/*
 * map_svg_channels.c - channels of the drawn map: arrows between the columns of the cells that have part in
 * one, or a list where those or the channels are too many to draw.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "emit_interrupts.h"
#include "map_svg.h"
#include "svg.h"

#define PARTIES_MOST  8u
#define CHANNELS_MOST 16u
#define LISTED_MOST   48u
#define ARROW_ROW     40

static const char *names(const struct plan *plan, const int *cells, size_t count)
{
	char *list = text_format("%s", count ? plan->cells[cells[0]].name : "");

	for (size_t i = 1; i < count; i++) {
		char *const longer = text_format("%s, %s", list, plan->cells[cells[i]].name);

		free(list);
		list = longer;
	}
	return list;
}

static const char *label(const struct plan_channel *channel)
{
	char *text = text_format("%s, %s", channel->name, map_svg_size(channel->size));

	for (size_t i = 0; channel->doorbell && i < channel->reader_count; i++)
		if (channel_doorbell(channel, (size_t)channel->readers[i]))
			text = text_format("%s, doorbell SPI %" PRIu32, text,
					   channel_doorbell(channel, (size_t)channel->readers[i]));
	return channel->shown ? text_format("%s, a PCI function", text) : text;
}

static size_t parties_of(const struct plan *plan, int *column)
{
	size_t count = 0;

	for (size_t cell = 0; cell < plan->cell_count; cell++) {
		column[cell] = -1;
		for (size_t i = 0; i < plan->channel_count && column[cell] < 0; i++)
			if (channel_role(&plan->channels[i], cell))
				column[cell] = (int)count++;
	}
	return count;
}

struct columns {
	const int *of; /* by cell; -1: none */
	int x, step;
};

static int column_x(const struct columns *columns, int cell)
{
	return columns->x + columns->of[cell] * columns->step + columns->step / 2;
}

/* An arrow to each reader; both ends where the two write. */
static void draw_arrows(const struct plan_channel *channel, const struct columns *columns, int y, FILE *out)
{
	for (size_t w = 0; w < channel->writer_count; w++) {
		for (size_t r = 0; r < channel->reader_count; r++) {
			const int from = channel->writers[w], to = channel->readers[r];

			if (from == to || (channel->writer_count > 1 && from > to))
				continue;
			svg_line(out, column_x(columns, from), y, column_x(columns, to), y,
				 channel->writer_count > 1 ? "both" : "arrow");
		}
	}
}

static void draw_label(const struct plan_channel *channel, const struct columns *columns, int y, int width,
		       FILE *out)
{
	const char *const text = label(channel);
	int room = svg_text_width(SVG_MONO, text), left = 0;

	for (size_t i = 0; i < channel->writer_count; i++)
		left = i == 0 || column_x(columns, channel->writers[i]) < left
			       ? column_x(columns, channel->writers[i])
			       : left;
	for (size_t i = 0; i < channel->reader_count; i++)
		left = column_x(columns, channel->readers[i]) < left ? column_x(columns, channel->readers[i])
								     : left;
	room = room < width ? room : width;
	left += 6;
	if (left + room > columns->x + width)
		left = columns->x + width - room;
	fprintf(out, "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"14\" fill=\"#fff\"/>\n", left - 2, y - 19,
		room + 4);
	svg_text(out, left, y - 8, SVG_MONO, room + 1, text);
}

static int draw(const struct plan *plan, const struct columns *columns, int y, int width, FILE *out)
{
	const int end = y + 24 + (int)plan->channel_count * ARROW_ROW + 8;

	for (size_t cell = 0; cell < plan->cell_count; cell++) {
		const int left = columns->x + columns->of[cell] * columns->step;

		if (columns->of[cell] < 0)
			continue;
		svg_line(out, column_x(columns, (int)cell), y + 34, column_x(columns, (int)cell), end,
			 "life");
		svg_key(out, left + 2, y, columns->step - 4, 18, (unsigned int)cell);
		svg_text(out, left + 3, y + 31, SVG_MONO, columns->step - 6, plan->cells[cell].name);
	}
	for (size_t i = 0; i < plan->channel_count; i++) {
		const int row = y + 32 + (int)(i + 1) * ARROW_ROW - 8;

		draw_label(&plan->channels[i], columns, row, width, out);
		draw_arrows(&plan->channels[i], columns, row, out);
	}
	return end + 8;
}

static int list(const struct plan *plan, int x, int y, int width, FILE *out)
{
	size_t i;

	for (i = 0; i < plan->channel_count && i < LISTED_MOST; i++)
		svg_text(out, x, y + 12 + (int)i * 16, SVG_MONO, width,
			 text_format("%s: %s %s %s", label(&plan->channels[i]),
				     names(plan, plan->channels[i].writers, plan->channels[i].writer_count),
				     plan->channels[i].writer_count > 1 ? "<->" : "->",
				     names(plan, plan->channels[i].readers, plan->channels[i].reader_count)));
	if (i < plan->channel_count)
		svg_text(out, x, y + 12 + (int)i * 16, SVG_MONO, width,
			 text_format("and %zu more: map.txt", plan->channel_count - i));
	return y + (int)(i + 1) * 16 + 8;
}

int map_svg_channels(const struct plan *plan, int x, int y, int width, FILE *out)
{
	int *const of = memory_new(plan->cell_count, sizeof(*of));
	const size_t parties = parties_of(plan, of);
	const struct columns columns = {of, x, parties ? width / (int)parties : width};

	svg_text(out, x, y + 14, SVG_HEADING, width, plan->channel_count ? "Channels" : "Channels: none");
	y += 24;
	if (!plan->channel_count)
		return y;
	return parties <= PARTIES_MOST && plan->channel_count <= CHANNELS_MOST
		       ? draw(plan, &columns, y, width, out)
		       : list(plan, x, y, width, out);
}
