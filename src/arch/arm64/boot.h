/* SPDX-License-Identifier: Apache-2.0 */
/*
 * boot.h - the boot, between entry.S and core_main. Until core_enter the boot runs without private data:
 * no statics, results are passed on.
 */
#ifndef BULKHEAD_BOOT_H
#define BULKHEAD_BOOT_H

#include "../../blueprint/blueprint.h"
#include "../../core/arch.h"

/* The blueprint, through the boot root (and, PC-relative, with the MMU off). */
extern const struct bp_header blueprint_start;

/* MMU off: ends the boot with a message unless this is EL2, the right place and an intact blueprint. */
void boot_check(u64 current_el, pa_t image);

/* Boot root: machine compared, SMMU aborting, memory zeroed, distributor ready, the other cores
 * there and let go. Returns this core's index into bp_header.cores. */
u64 boot_main(void);

/* The end of a boot that can't go on, after it has said why: some seconds later firmware resets the machine.
 */
_Noreturn void boot_over(va_t uart);

/* Ends the boot with a list of differences where the machine isn't the blueprint's. */
void machine_compare(const struct bp_header *bp);

/* Accesses that the bus may abort (vectors.S). */
struct guarded {
	u64 value;
	u64 good;
};
struct guarded guarded_read32(va_t va);
/* `width` bytes: 1, 2, 4. No value. */
struct guarded guarded_write(va_t va, u32 value, u32 width);

/* This core, on its own tables: registers, vectors, interrupt interface; then core_main. */
void core_start(struct exit *exit, u32 core_in_cell);

/* An exception in EL2, with the registers and the stack pointer that it found: says so and ends this core. */
_Noreturn void crash(const struct exit *exit, u64 vector, va_t sp);

#endif
