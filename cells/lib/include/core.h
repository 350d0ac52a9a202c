/* SPDX-License-Identifier: Apache-2.0 */
/*
 * core.h - the cell's cores: which one this is, and starting the others.
 */
#ifndef CELLS_CORE_H
#define CELLS_CORE_H

#include <stdint.h>

#include "guest.h"
#include "sysreg.h"

/* Index among the cell's /cpus, 0 is the one that was started first. */
static inline unsigned core_index(void)
{
	return (unsigned)sysreg_read("tpidr_el1");
}

typedef void core_function(unsigned core);

/* Starts core `core` by PSCI; it runs the function with interrupts masked, its stack, MMU and GIC
 * interface ready, and is switched off when that returns. PSCI's result. */
int64_t core_on(const struct guest *guest, unsigned core, core_function *function);

/* The cell's tree, read before main; main is what each cell defines, entered with IRQs masked. */
void cell_main(const struct guest *guest);

/* start.S */
void core_entry(void);
void cell_start(uintptr_t tree);
void core_start(unsigned core);

#endif
