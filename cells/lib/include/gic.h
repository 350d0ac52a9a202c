/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gic.h - GICv3 as a cell has it, the same in both interrupt modes: Group 1 only, EOImode 0, interrupts
 * masked by DAIF and never by priority (in a direct cell the priority mask is virtual).
 */
#ifndef CELLS_GIC_H
#define CELLS_GIC_H

#include <stdbool.h>
#include <stdint.h>

#include "exception.h"
#include "guest.h"

#define GIC_INTIDS    1020u
#define GIC_FIRST_SPI 32u

/*
 * Registers (Arm IHI 0069), by offset: of SPIs in gic_distributor(), of SGIs and PPIs in
 * gic_redistributor(), from SGI_FRAME on.
 */
#define GICD_CTLR    0x0000
#define GICD_TYPER   0x0004
#define GICD_IROUTER 0x6000
#define IGROUPR	     0x0080
#define ISENABLER    0x0100
#define ICENABLER    0x0180
#define ISPENDR	     0x0200
#define ICPENDR	     0x0280
#define ISACTIVER    0x0300
#define ICACTIVER    0x0380
#define IPRIORITYR   0x0400
#define ICFGR	     0x0c00
#define GICR_TYPER   0x0008
#define GICR_WAKER   0x0014
#define SGI_FRAME    0x10000

typedef void irq_handler(uint32_t intid);

struct gic_counts {			   /* of one core */
	uint64_t taken, spurious, foreign; /* foreign: without a handler, disabled at once */
};

/* First core: the distributor. */
void gic_start(const struct guest *guest);
/* Each core, first included: its redistributor, found by affinity, and its CPU interface. False: the
 * guest tree's redistributor regions don't have this core. */
bool gic_core_start(const struct guest *guest);
/* Names the handler and enables the interrupt: SGIs and PPIs on this core, SPIs routed to this core. */
void gic_take(uint32_t intid, bool edge, irq_handler *handler);
void gic_disable(uint32_t intid);
/* From now on this function, on every core, acknowledges and ends interrupts itself; NULL: handlers again. */
void gic_interrupts_to(exception_handler *function);
/* To cores by ICC_SGI1R_EL1: `mpidr` names the cluster, `targets` the Aff0 bits. An exit. */
void gic_send_sgi(uint32_t intid, uint64_t mpidr, uint16_t targets);
const struct gic_counts *gic_counts(void);

/* Addresses of registers, for those who look at or attack them. */
uint64_t gic_distributor(uint64_t offset);
uint64_t gic_redistributor(uint64_t offset); /* this core's */

#endif
