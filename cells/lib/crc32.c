// SPDX-License-Identifier: Apache-2.0
/*
 * crc32.c - CRC-32 by a table of 16 nibbles: small enough for any cell, and quick enough for ports.
 * Plain C: used by bare-metal cells, by Linux programs and by host tests alike.
 */
#include "crc32.h"

static const uint32_t table[16] = {
	0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
	0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c, 0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
};

uint32_t crc32_add(uint32_t crc, const void *data, uint64_t size)
{
	const uint8_t *byte = data;

	crc = ~crc;
	for (; size; size--, byte++) {
		crc = (crc >> 4) ^ table[(crc ^ *byte) & 0xf];
		crc = (crc >> 4) ^ table[(crc ^ (*byte >> 4)) & 0xf];
	}
	return ~crc;
}
