// SPDX-License-Identifier: Apache-2.0
/*
 * hex.c - see hex.h.
 */
#include "hex.h"

const char *hex(const uint8_t *bytes, unsigned count, char *text)
{
	static const char digits[] = "0123456789abcdef";

	for (unsigned i = 0; i < count; i++) {
		text[2 * i] = digits[bytes[i] >> 4];
		text[2 * i + 1] = digits[bytes[i] & 15];
	}
	text[2 * count] = 0;
	return text;
}
