/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crc32.h - CRC-32 of IEEE 802.3 (reflected, 0xEDB88320), as events and ports carry it.
 */
#ifndef CELLS_CRC32_H
#define CELLS_CRC32_H

#include <stdint.h>

/* Start with crc = 0; feed the result back in to go on. "123456789" gives 0xcbf43926. */
uint32_t crc32_add(uint32_t crc, const void *data, uint64_t size);

#endif
