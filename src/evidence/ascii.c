// SPDX-License-Identifier: Apache-2.0
/*
 * ascii.c - any text as printable ASCII alone, for people and as JSON: no byte of it is the terminal's to
 * obey, and none changes the order in which the others are read. See bundle.h.
 */
#include "bundle.h"

#define NO_LETTER 0xfffdu /* U+FFFD: what stands for a byte that is no UTF-8 */

static bool is_printable(uint32_t letter)
{
	return letter >= ' ' && letter <= '~';
}

void ascii_text(FILE *out, const char *text)
{
	for (; *text; text++) {
		const unsigned char letter = (unsigned char)*text;

		if (!is_printable(letter) || letter == '\\')
			fprintf(out, "\\x%02x", letter);
		else
			putc(letter, out);
	}
}

/* Bytes of the UTF-8 letter at `text`; 1 and NO_LETTER: it is none. By the number of bytes behind the first:
 * by which bits the first says so, and the least letter that needs them (RFC 3629, 3); one that is cut has a
 * lesser. */
static size_t decode(const unsigned char *text, uint32_t *letter)
{
	static const struct {
		unsigned char mask, bits;
		uint32_t least;
	} rows[] = {{0x80, 0x00, 0}, {0xe0, 0xc0, 0x80}, {0xf0, 0xe0, 0x800}, {0xf8, 0xf0, 0x10000}};

	for (size_t more = 0; more < sizeof(rows) / sizeof(rows[0]); more++) {
		size_t at = 1;

		if ((text[0] & rows[more].mask) != rows[more].bits)
			continue;
		*letter = text[0] & ~(uint32_t)rows[more].mask;
		while (at <= more && (text[at] & 0xc0) == 0x80)
			*letter = *letter << 6 | (text[at++] & 0x3f);
		if (*letter >= rows[more].least && *letter <= 0x10ffff &&
		    (*letter < 0xd800 || *letter > 0xdfff))
			return at;
	}
	*letter = NO_LETTER;
	return 1;
}

void ascii_json(FILE *out, const char *text)
{
	const unsigned char *at = (const unsigned char *)text;
	uint32_t letter;

	putc('"', out);
	while (*at) {
		at += decode(at, &letter);
		if (letter == '"' || letter == '\\')
			fprintf(out, "\\%c", (int)letter);
		else if (is_printable(letter))
			putc((int)letter, out);
		else if (letter < 0x10000)
			fprintf(out, "\\u%04x", letter);
		else /* a pair of surrogates (RFC 8259, 7) */
			fprintf(out, "\\u%04x\\u%04x", 0xd7c0 + (letter >> 10), 0xdc00 | (letter & 0x3ff));
	}
	putc('"', out);
}
