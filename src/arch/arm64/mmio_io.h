/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mmio_io.h - device register accesses of the hypervisor itself, by EL2 virtual address.
 */
#ifndef BULKHEAD_MMIO_IO_H
#define BULKHEAD_MMIO_IO_H

#include "../../core/types.h"

#ifdef BULKHEAD_HOST

u64 host_mmio_read(va_t va, unsigned int size);
void host_mmio_write(va_t va, u64 value, unsigned int size);
#define mmio_read8(va)		((u8)host_mmio_read(va, 1))
#define mmio_read32(va)		((u32)host_mmio_read(va, 4))
#define mmio_read64(va)		host_mmio_read(va, 8)
#define mmio_write8(va, value)	host_mmio_write(va, value, 1)
#define mmio_write32(va, value) host_mmio_write(va, value, 4)
#define mmio_write64(va, value) host_mmio_write(va, value, 8)

#else

static inline u8 mmio_read8(va_t va)
{
	return *(const volatile u8 *)va;
}

static inline u32 mmio_read32(va_t va)
{
	return *(const volatile u32 *)va;
}

static inline u64 mmio_read64(va_t va)
{
	return *(const volatile u64 *)va;
}

static inline void mmio_write8(va_t va, u8 value)
{
	*(volatile u8 *)va = value;
}

static inline void mmio_write32(va_t va, u32 value)
{
	*(volatile u32 *)va = value;
}

static inline void mmio_write64(va_t va, u64 value)
{
	*(volatile u64 *)va = value;
}

#endif
#endif
