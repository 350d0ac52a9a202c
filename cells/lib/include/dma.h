/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dma.h - memory that a function of the cell reads and writes: the cell's own, at the addresses that the cell
 * has for it, coherent. What order the two sides see needs barriers, of the outer domain.
 */
#ifndef CELLS_DMA_H
#define CELLS_DMA_H

#include <stdint.h>

/* What is given, before the giving; that it is there, before it is read; memory, before a device's register.
 */
#if defined(__aarch64__)
#define dma_write_barrier()  __asm__ volatile("dmb oshst" ::: "memory")
#define dma_read_barrier()   __asm__ volatile("dmb oshld" ::: "memory")
#define dma_full_barrier()   __asm__ volatile("dmb osh" ::: "memory")
#define dma_device_barrier() __asm__ volatile("dsb st" ::: "memory")
#else /* host tests: one thread */
#define dma_write_barrier()  __asm__ volatile("" ::: "memory")
#define dma_read_barrier()   __asm__ volatile("" ::: "memory")
#define dma_full_barrier()   __asm__ volatile("" ::: "memory")
#define dma_device_barrier() __asm__ volatile("" ::: "memory")
#endif

static inline uint64_t dma_address(const volatile void *memory)
{
	return (uintptr_t)memory;
}

#endif
