// SPDX-License-Identifier: Apache-2.0
/*
 * gic.c - GICv3: distributor, this core's redistributor, CPU interface by system registers
 * (Arm IHI 0069). Waits are bounded: an emulated register answers at once.
 */
#include "gic.h"

#include "core.h"
#include "exception.h"
#include "mmio.h"
#include "mmu.h"
#include "sysreg.h"

#define CTLR_ENABLE    0x13 /* ARE, EnableGrp1(A): in both views of GICD_CTLR */
#define CTLR_RWP       (UINT32_C(1) << 31)
#define WAKER_SLEEP    UINT32_C(2)
#define WAKER_ASLEEP   UINT32_C(4)
#define TYPER_LAST     UINT64_C(16)
#define PRIORITY       0xa0
#define PRIORITY_MASK  0xff
#define PATIENCE       1000000u

#define MPIDR_AFFINITY UINT64_C(0xff00ffffff)

static struct range gicd;
static uintptr_t redistributor[CELL_CORES_MAX];
static irq_handler *handlers[GIC_INTIDS];
static struct gic_counts counts[CELL_CORES_MAX];
static exception_handler *interrupts_to;

uint64_t gic_distributor(uint64_t offset)
{
	return gicd.base + offset;
}

uint64_t gic_redistributor(uint64_t offset)
{
	return redistributor[core_index()] + offset;
}

const struct gic_counts *gic_counts(void)
{
	return &counts[core_index()];
}

/* The registers of an interrupt: SPIs have theirs in the distributor, the others in the SGI frame at the
 * same offsets. */
static uint64_t bank(uint32_t intid, uint64_t offset)
{
	return intid < GIC_FIRST_SPI ? gic_redistributor(SGI_FRAME + offset) : gic_distributor(offset);
}

/* The word of a register with one bit an interrupt, and the interrupt's bit in it. */
static uint64_t bit_word(uint32_t intid, uint64_t offset)
{
	return bank(intid, offset) + intid / 32 * 4;
}

static uint32_t bit(uint32_t intid)
{
	return UINT32_C(1) << intid % 32;
}

static void wait_clear(uint64_t address, uint32_t bits)
{
	for (unsigned i = 0; (mmio_read32(address) & bits) && i < PATIENCE; i++)
		;
}

void gic_start(const struct guest *guest)
{
	gicd = guest->gicd;
	mmu_map(gicd.base, gicd.size, MMU_DEVICE);
	for (uint32_t i = 0; i < guest->gicr_count; i++)
		mmu_map(guest->gicr[i].base, guest->gicr[i].size, MMU_DEVICE);
	mmio_write32(gic_distributor(GICD_CTLR), CTLR_ENABLE);
	wait_clear(gic_distributor(GICD_CTLR), CTLR_RWP);
}

/* GICR_TYPER: affinity in bits 63:32 as Aff3.Aff2.Aff1.Aff0. */
static uintptr_t frame_find(const struct guest *guest)
{
	const uint64_t mpidr = sysreg_read("mpidr_el1") & MPIDR_AFFINITY;
	const uint32_t affinity = (uint32_t)(mpidr >> 8 & 0xff000000) | (uint32_t)(mpidr & 0xffffff);

	for (uint32_t i = 0; i < guest->gicr_count; i++) {
		const struct range *region = &guest->gicr[i];

		for (uint64_t at = 0; at + guest->gicr_stride <= region->size; at += guest->gicr_stride) {
			const uint64_t typer = mmio_read64(region->base + at + GICR_TYPER);

			if (typer >> 32 == affinity)
				return region->base + at;
			if (typer & TYPER_LAST)
				break;
		}
	}
	return 0;
}

static void interface_start(void)
{
	sysreg_write(ICC_SRE_EL1, sysreg_read(ICC_SRE_EL1) | 1);
	barrier_isb();
	sysreg_write(ICC_PMR_EL1, PRIORITY_MASK);
	sysreg_write(ICC_BPR1_EL1, 0);
	sysreg_write(ICC_CTLR_EL1, 0); /* EOImode 0 */
	sysreg_write(ICC_IGRPEN1_EL1, 1);
	barrier_isb();
}

bool gic_core_start(const struct guest *guest)
{
	const uintptr_t frame = frame_find(guest);

	if (!frame)
		return false;
	redistributor[core_index()] = frame;
	mmio_write32(gic_redistributor(GICR_WAKER),
		     mmio_read32(gic_redistributor(GICR_WAKER)) & ~WAKER_SLEEP);
	wait_clear(gic_redistributor(GICR_WAKER), WAKER_ASLEEP);
	mmio_write32(bit_word(0, ICENABLER), UINT32_MAX);
	mmio_write32(bit_word(0, IGROUPR), UINT32_MAX);
	interface_start();
	return true;
}

static void trigger_set(uint32_t intid, bool edge)
{
	const uint64_t word = bank(intid, ICFGR) + intid / 16 * 4;
	const uint32_t edge_bit = UINT32_C(2) << (intid % 16 * 2);
	const uint32_t others = mmio_read32(word) & ~edge_bit;

	mmio_write32(word, edge ? others | edge_bit : others);
}

static void group1_set(uint32_t intid)
{
	const uint64_t word = bit_word(intid, IGROUPR);

	mmio_write32(word, mmio_read32(word) | bit(intid));
}

void gic_take(uint32_t intid, bool edge, irq_handler *handler)
{
	if (intid >= GIC_INTIDS)
		return;
	handlers[intid] = handler;
	mmio_write8(bank(intid, IPRIORITYR) + intid, PRIORITY);
	if (intid >= GIC_FIRST_SPI) {
		group1_set(intid);
		trigger_set(intid, edge);
		mmio_write64(gic_distributor(GICD_IROUTER) + intid * UINT64_C(8),
			     sysreg_read("mpidr_el1") & MPIDR_AFFINITY);
	}
	barrier_dsb();
	mmio_write32(bit_word(intid, ISENABLER), bit(intid));
}

void gic_disable(uint32_t intid)
{
	mmio_write32(bit_word(intid, ICENABLER), bit(intid));
}

void gic_send_sgi(uint32_t intid, uint64_t mpidr, uint16_t targets)
{
	const uint64_t value = (mpidr >> 32 & 0xff) << 48 | (mpidr >> 16 & 0xff) << 32 |
			       (mpidr >> 8 & 0xff) << 16 | (uint64_t)(intid & 0xf) << 24 | targets;

	__asm__ volatile("dsb ishst" ::: "memory"); /* what the receiver shall see, before the signal */
	sysreg_write(ICC_SGI1R_EL1, value);
	barrier_isb();
}

void gic_interrupts_to(exception_handler *function)
{
	interrupts_to = function;
}

static void interrupt_handle(void)
{
	const uint32_t intid = (uint32_t)sysreg_read(ICC_IAR1_EL1) & 0xffffff;
	struct gic_counts *count = &counts[core_index()];

	if (intid >= GIC_INTIDS) {
		count->spurious++;
		return;
	}
	count->taken++;
	if (handlers[intid]) {
		handlers[intid](intid);
	} else {
		count->foreign++;
		if (intid >= 16) /* SGIs can't come again by themselves */
			gic_disable(intid);
	}
	sysreg_write(ICC_EOIR1_EL1, intid);
}

void exception_irq(struct frame *frame)
{
	if (interrupts_to)
		interrupts_to(frame);
	else
		interrupt_handle();
}
