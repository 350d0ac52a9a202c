/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mmio.h - device registers. One plain load or store each, without write-back addressing: emulated
 * registers need a valid syndrome (Arm ARM D17.2.37, ISV), and a compiler promises no such thing.
 */
#ifndef CELLS_MMIO_H
#define CELLS_MMIO_H

#include <stdint.h>

static inline uint32_t mmio_read32(uint64_t address)
{
	uint32_t value;

	__asm__ volatile("ldr %w0, [%1]" : "=r"(value) : "r"(address) : "memory");
	return value;
}

static inline uint8_t mmio_read8(uint64_t address)
{
	uint32_t value;

	__asm__ volatile("ldrb %w0, [%1]" : "=r"(value) : "r"(address) : "memory");
	return (uint8_t)value;
}

static inline uint16_t mmio_read16(uint64_t address)
{
	uint32_t value;

	__asm__ volatile("ldrh %w0, [%1]" : "=r"(value) : "r"(address) : "memory");
	return (uint16_t)value;
}

static inline void mmio_write16(uint64_t address, uint16_t value)
{
	__asm__ volatile("strh %w0, [%1]" ::"r"((uint32_t)value), "r"(address) : "memory");
}

static inline void mmio_write32(uint64_t address, uint32_t value)
{
	__asm__ volatile("str %w0, [%1]" ::"r"(value), "r"(address) : "memory");
}

static inline void mmio_write8(uint64_t address, uint8_t value)
{
	__asm__ volatile("strb %w0, [%1]" ::"r"((uint32_t)value), "r"(address) : "memory");
}

static inline uint64_t mmio_read64(uint64_t address)
{
	uint64_t value;

	__asm__ volatile("ldr %0, [%1]" : "=r"(value) : "r"(address) : "memory");
	return value;
}

static inline void mmio_write64(uint64_t address, uint64_t value)
{
	__asm__ volatile("str %0, [%1]" ::"r"(value), "r"(address) : "memory");
}

#endif
