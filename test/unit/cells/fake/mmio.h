/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mmio.h - device registers that a test plays.
 */
#ifndef TEST_CELLS_MMIO_H
#define TEST_CELLS_MMIO_H

#include <stdint.h>

uint32_t mmio_read32(uint64_t address);
void mmio_write32(uint64_t address, uint32_t value);
uint16_t mmio_read16(uint64_t address);
void mmio_write16(uint64_t address, uint16_t value);
void mmio_write8(uint64_t address, uint8_t value);

#endif
