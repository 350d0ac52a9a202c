/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mmu.h - a cell's own stage 1: identity map, 4 KiB granule, what is not mapped faults.
 */
#ifndef CELLS_MMU_H
#define CELLS_MMU_H

#include <stdbool.h>
#include <stdint.h>

enum mmu_kind {
	MMU_CODE,      /* Normal write-back, read-only, executable */
	MMU_CONSTANTS, /* Normal write-back, read-only: also the health cell's windows */
	MMU_DATA,      /* Normal write-back, read-write */
	MMU_SHARED,    /* Normal Non-cacheable, read-write: heartbeat, channels */
	MMU_DEVICE,    /* Device-nGnRE, read-write */
	MMU_KINDS
};

/* With the MMU off, on the first core: maps the image and the tree's 2 MiB blocks, switches on. */
void mmu_start(uintptr_t tree);
/* Maps the pages that hold [base, base + size). What is mapped already stays as it is, so the more
 * particular mapping comes first. False: no table left, or beyond the address space. */
bool mmu_map(uint64_t base, uint64_t size, enum mmu_kind kind);
/* The page of `address`, where it was mapped as one: no longer. */
void mmu_unmap(uint64_t address);
bool mmu_mapped(uint64_t address);

/* start.S */
void mmu_enable(void);
void cache_invalidate(uintptr_t start, uintptr_t end);

#endif
