// SPDX-License-Identifier: Apache-2.0
/*
 * svg.c - writes the elements of the drawn map: see svg.h.
 */
#include "svg.h"

#include <stdlib.h>
#include <string.h>

#include "text.h"

static const struct {
	const char *name;
	int size, advance; /* in 1/1000 of the size: of the widest usual letter mix */
} fonts[] = {
	[SVG_TITLE] = {"t", 22, 680}, [SVG_HEADING] = {"h", 15, 680}, [SVG_BOLD] = {"b", 13, 720},
	[SVG_MONO] = {"m", 12, 604},  [SVG_SMALL] = {"s", 11, 604},
};

/* Neighbours in the list differ in lightness, too; dark marks on all of them are legible in grey. */
static const struct {
	const char *fill, *mark;
} colours[] = {
	{"#9ecae9", "#1f4e79"}, {"#fdd0a2", "#a64b00"}, {"#74c476", "#0b5d1e"}, {"#e7cbe8", "#6a2c70"},
	{"#f2d64b", "#7a6000"}, {"#6baed6", "#08306b"}, {"#fcaeae", "#99000d"}, {"#bdbdbd", "#252525"},
};

static const char *const patterns[] = {
	"",
	"M-2,2 l4,-4 M0,10 l10,-10 M8,12 l4,-4",
	"M2,2 h2 v2 h-2 z M7,7 h2 v2 h-2 z",
	"M-2,8 l4,4 M0,0 l10,10 M8,-2 l4,4",
	"M0,5 h10",
	"M0,0 l10,10 M0,10 l10,-10",
	"M5,0 v10",
	"M0,5 h10 M5,0 v10",
};

#define COLOURS	 (sizeof(colours) / sizeof(colours[0]))
#define PATTERNS (sizeof(patterns) / sizeof(patterns[0]))

static void put_escaped(FILE *out, const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		const unsigned char byte = (unsigned char)text[i];

		if (byte == '<')
			fputs("&lt;", out);
		else if (byte == '>')
			fputs("&gt;", out);
		else if (byte == '&')
			fputs("&amp;", out);
		else
			fputc(byte >= 0x20 && byte < 0x7f ? byte : '?', out);
	}
}

void svg_begin(FILE *out, int width, int height, const char *title)
{
	fprintf(out,
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		"<!-- SPDX-License-Identifier: Apache-2.0 -->\n"
		"<svg xmlns=\"http://www.w3.org/2000/svg\" xml:space=\"preserve\" width=\"%d\" height=\"%d\" "
		"viewBox=\"0 0 %d "
		"%d\">\n<title>",
		width, height, width, height);
	put_escaped(out, title, strlen(title));
	fputs("</title>\n<style>\n"
	      "text { fill: #000; font-family: sans-serif; white-space: pre; }\n"
	      ".t { font-size: 22px; font-weight: bold; }\n"
	      ".h { font-size: 15px; font-weight: bold; }\n"
	      ".b { font-size: 13px; font-weight: bold; }\n"
	      ".m { font-family: monospace; font-size: 12px; }\n"
	      ".s { font-family: monospace; font-size: 11px; }\n"
	      ".line { stroke: #000; stroke-width: 1; }\n"
	      ".thin { stroke: #999; stroke-width: 0.7; }\n"
	      ".life { stroke: #666; stroke-width: 1; stroke-dasharray: 3 3; }\n"
	      ".arrow { stroke: #000; stroke-width: 2; marker-end: url(#tip); }\n"
	      ".both { stroke: #000; stroke-width: 2; marker-end: url(#tip); marker-start: url(#tip); }\n"
	      "</style>\n",
	      out);
	fprintf(out, "<rect width=\"%d\" height=\"%d\" fill=\"#fff\"/>\n", width, height);
}

void svg_fills(FILE *out, unsigned int cells)
{
	fputs("<defs>\n<marker id=\"tip\" viewBox=\"0 0 10 10\" refX=\"9\" refY=\"5\" markerWidth=\"5\" "
	      "markerHeight=\"5\" "
	      "orient=\"auto-start-reverse\"><path d=\"M0,0 L10,5 L0,10 z\"/></marker>\n"
	      "<pattern id=\"reserved\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\"><rect "
	      "width=\"6\" "
	      "height=\"6\" fill=\"#fff\"/><path d=\"M0,3 h6 M3,0 v6\" stroke=\"#888\" "
	      "stroke-width=\"0.8\"/></pattern>\n",
	      out);
	for (unsigned int i = 0; i < cells && i < SVG_FILLS; i++)
		fprintf(out,
			"<pattern id=\"c%u\" width=\"10\" height=\"10\" "
			"patternUnits=\"userSpaceOnUse\"><rect "
			"width=\"10\" height=\"10\" fill=\"%s\"/><path d=\"%s\" fill=\"none\" stroke=\"%s\" "
			"stroke-width=\"1.2\"/></pattern>\n",
			i, colours[i % COLOURS].fill, patterns[(i + i / COLOURS) % PATTERNS],
			colours[i % COLOURS].mark);
	fputs("</defs>\n", out);
}

void svg_end(FILE *out)
{
	fputs("</svg>\n", out);
}

int svg_text_width(enum svg_font font, const char *text)
{
	return (int)strlen(text) * fonts[font].size * fonts[font].advance / 1000 + 1;
}

void svg_text(FILE *out, int x, int y, enum svg_font font, int room, const char *text)
{
	const size_t length = strlen(text);
	const size_t most =
		(size_t)(room > 0 ? (room - 1) * 1000 / (fonts[font].size * fonts[font].advance) : 0);
	const bool cut = length > most;

	fprintf(out, "<text class=\"%s\" x=\"%d\" y=\"%d\">", fonts[font].name, x, y);
	put_escaped(out, text, !cut ? length : most > 3 ? most - 3 : 0);
	fputs(cut ? "...</text>\n" : "</text>\n", out);
}

void svg_box(FILE *out, int x, int y, int width, int height, int fill)
{
	fprintf(out,
		"<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" stroke=\"#000\" stroke-width=\"0.6\" ", x,
		y, width, height);
	if (fill >= 0)
		fprintf(out, "fill=\"url(#c%u)\"/>\n", (unsigned int)fill % SVG_FILLS);
	else
		fprintf(out, "fill=\"%s\"/>\n",
			fill == SVG_HYPERVISOR ? "#444"
			: fill == SVG_STORE    ? "#d9d9d9"
			: fill == SVG_RESERVED ? "url(#reserved)"
					       : "#fff");
}

void svg_frame(FILE *out, int x, int y, int width, int height)
{
	fprintf(out,
		"<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"3\" fill=\"none\" "
		"stroke=\"#000\"/>\n",
		x, y, width, height);
}

void svg_line(FILE *out, int x1, int y1, int x2, int y2, const char *style)
{
	fprintf(out, "<line class=\"%s\" x1=\"%d\" y1=\"%d\" x2=\"%d\" y2=\"%d\"/>\n", style, x1, y1, x2, y2);
}

void svg_key(FILE *out, int x, int y, int width, int height, unsigned int cell)
{
	char *const number = text_format("%u", cell);
	const int room = svg_text_width(SVG_SMALL, number);

	svg_box(out, x, y, width, height, (int)cell);
	fprintf(out, "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"12\" rx=\"2\" fill=\"#fff\"/>\n",
		x + (width - room) / 2 - 2, y + (height - 12) / 2, room + 3);
	svg_text(out, x + (width - room) / 2, y + (height - 12) / 2 + 10, SVG_SMALL, room + 8, number);
	free(number);
}
