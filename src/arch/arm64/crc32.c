/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crc32.c - CRC-32 of event records: by instruction where the CPU has it (FEAT_CRC32, optional in Armv8.0),
 * else by table.
 */
#include "../../core/arch.h"
#include "sysreg.h"

static u32 crc_by_table(u32 crc, const u8 *bytes, u64 size)
{
	/* A nibble at a time: 16 words of table. */
	static const u32 table[16] = {0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4,
				      0x4db26158, 0x5005713c, 0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
				      0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c};

	for (u64 i = 0; i < size; i++) {
		crc = table[(crc ^ bytes[i]) & 15] ^ crc >> 4;
		crc = table[(crc ^ bytes[i] >> 4) & 15] ^ crc >> 4;
	}
	return crc;
}

u32 arch_crc32(const void *data, u64 size)
{
	const bool by_instruction = field(sysreg_read(id_aa64isar0_el1), 16, 4);
	const u8 *bytes = data;
	u32 crc = ~UINT32_C(0);

	if (by_instruction)
		for (; size >= 8; size -= 8, bytes += 8)
			crc = crc32_of_word(crc, *(const u64 *)bytes);
	return ~crc_by_table(crc, bytes, size);
}
