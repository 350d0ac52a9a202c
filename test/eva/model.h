/* SPDX-License-Identifier: Apache-2.0 */
/*
 * model.h - included before everything where Frama-C EVA looks at the hypervisor (docs/evidence-static.md):
 * the compiler's own functions as ones with a contract, and the fixed addresses of EL2 as objects, so that an
 * access outside what a core maps is an alarm.
 */
#ifndef EVA_MODEL_H
#define EVA_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*@ requires value != 0;
  @ assigns \result \from value;
  @ ensures 0 <= \result <= 31; */
int eva_clz(unsigned int value);
/*@ requires value != 0;
  @ assigns \result \from value;
  @ ensures 0 <= \result <= 31;
  @ ensures value < 65536 ==> \result <= 15; */
int eva_ctz(unsigned int value);

#define __builtin_clz(value)		    eva_clz(value)
#define __builtin_ctz(value)		    eva_ctz(value)
#define __builtin_expect(condition, likely) (condition)
/* A sibling may have written it meanwhile. */
#define __atomic_load_n(at, order)	    (*(volatile __typeof__(*(at)) *)(at))
#define __atomic_store_n(at, value, order)  ((void)(*(at) = (value)))
#define __atomic_fetch_add(at, more, order) ((*(at) += (more)) - (more))
#define __asm__(...)			    /* two empty ones, for the optimizer; the rest is not there under BULKHEAD_HOST */
#define _Static_assert(...)		    /* the compiler's own */

#include "../../src/blueprint/blueprint.h"

/* vgic.c's: no domain of EVA keeps the lower half of a 64-bit word apart. List registers have the INTIDs that
 * EL2 wrote, since the interface changes nothing but their state (IHI 0069, ICH_LR<n>_EL2): an assumption,
 * beside the assertion in lr_write. */
/*@ assigns \result \from lr;
  @ ensures \result < 1020; */
static uint32_t lr_intid(uint64_t lr);

/* The cell's stop and restart, which core.c enters while the core rests: where that isn't what is looked at.
 */
/*@ assigns \result \from \nothing;
  @ ensures \result == 0 || \result == 1; */
_Bool cell_settle(_Bool first_start);

extern struct eva_cell eva_record; /* memory.h */
extern struct eva_services eva_service;
extern volatile uint8_t eva_gicd[], eva_uart[];

#undef EL2_VA_CELL
#undef EL2_VA_GICD
#undef EL2_VA_UART
#undef EL2_VA_SERVICE
#define EL2_VA_CELL    ((uint64_t)&eva_record)
#define EL2_VA_GICD    ((uint64_t)&eva_gicd[0])
#define EL2_VA_UART    ((uint64_t)&eva_uart[0])
#define EL2_VA_SERVICE ((uint64_t)&eva_service)

/* Devices are volatile objects: a read gives anything, an access beside them is an alarm of whoever makes it.
 */
#include "../../src/arch/arm64/mmio_io.h"
#undef mmio_read8
#undef mmio_read32
#undef mmio_read64
#undef mmio_write8
#undef mmio_write32
#undef mmio_write64
#define mmio_read8(va)		(*(const volatile uint8_t *)(va))
#define mmio_read32(va)		(*(const volatile uint32_t *)(va))
#define mmio_read64(va)		(*(const volatile uint64_t *)(va))
#define mmio_write8(va, value)	((void)(*(volatile uint8_t *)(va) = (uint8_t)(value)))
#define mmio_write32(va, value) ((void)(*(volatile uint32_t *)(va) = (uint32_t)(value)))
#define mmio_write64(va, value) ((void)(*(volatile uint64_t *)(va) = (value)))

/* The linker script puts it behind the image. */
#include "../../src/arch/arm64/boot.h"
#include "boot_memory.h"
#define blueprint_start eva_blueprint.header

#endif
