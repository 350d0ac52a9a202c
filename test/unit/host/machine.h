/* SPDX-License-Identifier: Apache-2.0 */
/*
 * machine.h - the machine under src/arch/arm64 on the host: system registers by name, list registers, device
 * memory with the set and clear registers of a GICv3, firmware, and a journal of what was done in order.
 */
#ifndef BULKHEAD_TEST_MACHINE_H
#define BULKHEAD_TEST_MACHINE_H

#include "host.h"
#include "../../../src/arch/arm64/mmio_io.h"
#include "../../../src/core/types.h"

#define MACHINE_LRS 16

extern u64 machine_lr[MACHINE_LRS];

/* Everything as at power-on; `lrs` list registers. Knows the devices of the cell that host_cell_make made. */
void machine_reset(u32 lrs);

/* System registers: what reads find, what was written. Names as the code spells them. */
u64 reg(const char *name);
void reg_set(const char *name, u64 value);
u32 reg_writes(const char *name);	     /* since machine_reset or journal_clear */
bool reg_wrote(const char *name, u64 value); /* ever that value, since then */
void iar_push(u32 intid);		     /* next answers of ICC_IAR1_EL1; then 1023 */

/* Device memory, as the machine itself sees it. */
enum device { DEVICE_MEMORY, DEVICE_GIC };
void machine_device(va_t va, u64 size, enum device kind);
u32 phys32(va_t va);
void phys32_set(va_t va, u32 value);
u64 phys64(va_t va);
u32 phys_writes(void); /* device writes, since then */
va_t sgi_page(u32 core);

/* "register=value ", "tlbi(...) ", "mmio(va)=value " ... in order; registers that end a sequence of
 * interest only. */
const char *journal(void);
void journal_clear(void);
bool journal_before(const char *first, const char *second);

/* What the UART at EL2_VA_UART was given. */
const char *uart_text(void);

extern s64 (*machine_firmware)(u64 function, u64 a, u64 b, u64 c);
extern u64 machine_firmware_saw[8];		     /* what went in last */
extern u64 machine_firmware_results[3];		     /* x1..x3 of its answers */
extern void (*machine_on_mmio)(va_t va, bool write); /* a device's own doing: before a read, after a write */
extern void (*machine_on_wfi)(void);
extern void (*machine_on_time)(void); /* whoever looks at the counter waits: time for a sibling to act */
extern u64 machine_time_step;	      /* every look at the counter finds it this much later */
extern u64 machine_unreadable;	      /* guarded reads at this address and above it, up to 64 KiB, fault */
extern u32 machine_unreadable_for;    /* so many of them; 0: all */
extern u32 machine_unwritable_for;    /* so many guarded writes are aborted */
extern u64 machine_unwritable;	      /* writes of the register at this address change nothing */
extern u32 machine_active;	      /* active priorities that writes of ICC_AP1R0_EL1 leave */

#endif
