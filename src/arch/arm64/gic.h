/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gic.h - the physical GICv3 (Arm IHI 0069): registers, and what the hypervisor does with it itself.
 */
#ifndef BULKHEAD_GIC_H
#define BULKHEAD_GIC_H

#include "../../blueprint/pci.h"
#include "../../core/cell.h"
#include "mmio_io.h"

/* Distributor */
#define GICD_SIZE	0x10000
#define GICD_CTLR	0x0000
#define GICD_CTLR_GRP1	BIT(1)
#define GICD_CTLR_ARE	BIT(4)
#define GICD_CTLR_DS	BIT(6)
#define GICD_CTLR_RWP	BIT(31)
#define GICD_TYPER	0x0004
#define GICD_IIDR	0x0008
#define GICD_IGROUPR	0x0080
#define GICD_ISENABLER	0x0100
#define GICD_ICENABLER	0x0180
#define GICD_ISPENDR	0x0200
#define GICD_ICPENDR	0x0280
#define GICD_ISACTIVER	0x0300
#define GICD_ICACTIVER	0x0380
#define GICD_IPRIORITYR 0x0400
#define GICD_ICFGR	0x0c00
#define GICD_IROUTER	0x6000
#define GICD_PIDR2	0xffe8
#define GIC_ID_FIRST	0xffd0 /* PIDR4 to CIDR3 */

/* Redistributor: RD_base. bp_core.gicr_va maps its first page, then SGI_base's first page. */
#define GICR_STRIDE		   UINT64_C(0x20000)
#define GICR_CTLR		   0x0000
#define GICR_CTLR_ENABLE_LPIS	   BIT(0)
#define GICR_CTLR_RWP		   BIT(3)
#define GICR_IIDR		   0x0004
#define GICR_TYPER		   0x0008
#define GICR_TYPER_PLPIS	   BIT(0)
#define GICR_TYPER_LAST		   BIT(4)
#define GICR_WAKER		   0x0014
#define GICR_WAKER_PROCESSOR_SLEEP BIT(1)
#define GICR_WAKER_CHILDREN_ASLEEP BIT(2)
#define GICR_PROPBASER		   0x0070
#define GICR_PENDBASER		   0x0078
#define GICR_PIDR2		   0xffe8
#define GICR_SGI_OFFSET		   UINT64_C(0x10000) /* as the guest sees it */
#define GICR_SGI_VA_OFFSET	   UINT64_C(0x1000)  /* as EL2 maps it */

#define ICC_SRE_EL2_VALUE	   7 /* SRE, DFB, DIB; Enable 0: EL1's ICC_SRE_EL1 traps */
#define ICC_CTLR_EOIMODE	   BIT(1)

#define INTID_SPECIAL		   1020u
#define INTID_WORDS		   32u
#define INTID_FIRST_PPI		   16u
#define INTID_FIRST_SPI		   32u
#define INTID_FIRST_LPI		   8192u
#define GIC_PRIORITY_DEFAULT	   0xa0u

/* The SGI that wakes a core at rest, or one whose stage 2 was revoked. Its number is of no matter to
 * a guest: whoever gets it has no memory left to see it with. Firmware keeps 8 to 15 for the Secure side
 * (Arm DEN0006, 4.3). */
#define WAKE_SGI 7u

/* 1020..1023: no interrupt to take. */
static inline bool intid_none(u64 intid)
{
	return intid >= INTID_SPECIAL && intid < INTID_SPECIAL + 4;
}

/* ICC_SGI1R_EL1 for one core */
static inline u64 sgi_value(u64 mpidr, u32 intid)
{
	return field(mpidr, 32, 8) << 48 | field(mpidr, 16, 8) << 32 | (u64)intid << 24 |
	       field(mpidr, 8, 8) << 16 | field(mpidr, 4, 4) << 44 | BIT(mpidr & 15);
}

/* GICD_ICFGR, GICR_ICFGR: two bits an interrupt, the upper one the trigger, 1 edge */
static inline u32 icfgr_mask(u16 interrupts)
{
	u32 mask = interrupts;

	/* Bit n goes to 2n + 1: halves moved apart, then quarters and so on. */
	mask = (mask | mask << 8) & 0x00ff00ff;
	mask = (mask | mask << 4) & 0x0f0f0f0f;
	mask = (mask | mask << 2) & 0x33333333;
	mask = (mask | mask << 1) & 0x55555555;
	return mask << 1;
}

/* TYPER's upper half -> MPIDR affinity fields */
static inline u64 gicr_affinity(u64 typer_high)
{
	return (typer_high & 0xffffff) | field(typer_high, 24, 8) << 32;
}

/* Boot core, boot root: everything disabled, Group 1, triggers set, distributor on. */
void gic_distributor_start(const struct bp_header *bp);
/* Boot core, boot root, the core awake: LPIs of a redistributor with the blueprint's tables; false: it
 * doesn't take them. */
bool gic_lpis_start(const struct bp_lpi_core *core);
/* This core's redistributor and CPU interface, once a boot. */
void gic_core_start(void);
/* The guest's share of the CPU interface, just before it is entered. */
void gic_guest_prepare(void);
/* Service core: wakes a core of another cell, whose stage 2 is revoked. */
void gic_wake_other(const struct bp_service_core *core);

static inline va_t gicr_sgi_page(const struct bp_core *core)
{
	return core->gicr_va + GICR_SGI_VA_OFFSET;
}

/* The registers of an interrupt: SPIs have theirs in the distributor, the others in the core's SGI page at
 * the same offsets. */
static inline va_t intid_bank(const struct bp_core *core, u32 intid)
{
	return intid < INTID_FIRST_SPI ? gicr_sgi_page(core) : EL2_VA_GICD;
}

/* Waits, a short and bounded time, for what was written to the distributor to take effect. */
void gic_settle(void);

/* Is this interrupt EL2's own: its timer, or an SPI, since those of guests have an owner? */
static inline bool gic_own(u64 intid)
{
	if (intid < INTID_FIRST_SPI)
		return this_cell->watchdog_ppi & BIT(intid);
	return intid < INTID_SPECIAL && !(this_cell->spi_owned[intid / 32] & BIT(intid % 32));
}

/* What an interrupt of EL2's own asks for. */
void gic_own_work(u64 intid);

/* arch_spi_raise in line */
static inline void gic_spi_raise(u32 intid)
{
	mmio_write32(EL2_VA_GICD + GICD_ISPENDR + (intid / 8 & ~3u), UINT32_C(1) << (intid & 31));
}

/* arch_doorbell_raise in line */
static inline void gic_bell_ring(struct bp_bell bell)
{
	mmio_write32(EL2_VA_GICD + bell.offset, bell.bit);
}

/* Where the guest has its distributor. */
extern ipa_t gicd_ipa;

#endif
