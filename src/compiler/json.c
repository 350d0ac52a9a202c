// SPDX-License-Identifier: Apache-2.0
/*
 * json.c - text as JSON wants it: see json.h.
 */
#include "json.h"

#include <stddef.h>

/* Bytes of the UTF-8 character at `text` (RFC 3629, table of section 4); 0: it is none. */
static size_t character_length(const unsigned char *text)
{
	static const struct {
		unsigned char first, last, low, high;
		size_t length;
	} rows[] = {
		{0x20, 0x7f, 0, 0, 1},	     {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
		{0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
		{0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t at = 1;

		if (text[0] < rows[i].first || text[0] > rows[i].last)
			continue;
		if (rows[i].length > 1 && (text[1] < rows[i].low || text[1] > rows[i].high))
			return 0;
		while (++at < rows[i].length)
			if ((text[at] & 0xc0) != 0x80)
				return 0;
		return rows[i].length;
	}
	return 0;
}

void json_text(FILE *out, const char *text)
{
	const unsigned char *at = (const unsigned char *)text;

	putc('"', out);
	while (*at) {
		const size_t length = character_length(at);

		if (*at < 0x20) {
			fprintf(out, "\\u%04x", *at++);
		} else if (!length) {
			fputs("\\ufffd", out);
			at++;
		} else {
			if (*at == '"' || *at == '\\')
				putc('\\', out);
			fwrite(at, 1, length, out);
			at += length;
		}
	}
	putc('"', out);
}
