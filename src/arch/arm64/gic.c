/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gic.c - the physical GICv3: distributor at boot, this core's interface, the wake-up SGI.
 *
 * All interrupts are Group 1; Group 0 is never enabled.
 */
#include "gic.h"
#include "../../core/core.h"
#include "../../core/dma.h"
#include "../../core/watchdog.h"
#include "console.h"
#include "mmio_io.h"
#include "sysreg.h"
#include "vgic.h"

#define POLLS_MAX	 1000000u
#define SETTLE_POLLS_MAX 1000u
/* While a core rests only priorities above this get through: the wake-up SGI, written as 0, and hardly
 * another. With DS 0 a Non-secure 0 is 0x80, while the mask is taken as it is or shifted alike, as
 * SCR_EL3.FIQ says (ICC_PMR_EL1). */
#define PMR_REST	    0x10
#define PMR_REST_DS0	    0x90
#define PMR_ALL		    0xff

#define RPR_IDLE	    0xff
#define PRIORITY_LEVELS_MAX 128u

ipa_t gicd_ipa;

static void gicd_find(void)
{
	const struct bp_mmio *row = cell_table(&this_cell->mmio);

	gicd_ipa = BIT(63); /* none: no access is in it */
	for (u32 i = 0; i < this_cell->mmio.count; i++)
		if (row[i].kind == BP_MMIO_GICD)
			gicd_ipa = row[i].ipa;
}

/* [impl->swr~device-waits-bounded~1] */
static void poll_clear(va_t at, u32 mask)
{
	for (u32 i = 0; i < POLLS_MAX && (mmio_read32(at) & mask); i++)
		;
}

/* One bit for the whole distributor: another cell's writes keep it set, too, so the wait is short. */
void gic_settle(void)
{
	for (u32 i = 0; i < SETTLE_POLLS_MAX && (mmio_read32(EL2_VA_GICD + GICD_CTLR) & GICD_CTLR_RWP); i++)
		;
}

/* With DS 0 Group 0 is firmware's, and touching it may trap to EL3. [impl->swr~group0-firmwares~1] */
static bool group0_ours(void)
{
	return mmio_read32(EL2_VA_GICD + GICD_CTLR) & GICD_CTLR_DS;
}

void gic_distributor_start(const struct bp_header *bp)
{
	const va_t gicd = EL2_VA_GICD;
	const u32 words = (u32)field(mmio_read32(gicd + GICD_TYPER), 0, 5) + 1;

	/* ARE must not go from 1 to 0, and nothing is configured while it is enabled (GICD_CTLR,
	 * GICD_ICFGR<n>). */
	mmio_write32(gicd + GICD_CTLR, GICD_CTLR_ARE);
	gic_settle();
	for (u32 n = 1; n < words; n++)
		mmio_write32(gicd + GICD_ICENABLER + 4 * n, ~UINT32_C(0));
	gic_settle();
	for (u32 n = 1; n < words; n++) {
		mmio_write32(gicd + GICD_ICPENDR + 4 * n, ~UINT32_C(0));
		mmio_write32(gicd + GICD_ICACTIVER + 4 * n, ~UINT32_C(0));
		mmio_write32(gicd + GICD_IGROUPR + 4 * n, ~UINT32_C(0));
		mmio_write32(gicd + GICD_ICFGR + 8 * n, icfgr_mask((u16)bp->spi_edge[n]));
		mmio_write32(gicd + GICD_ICFGR + 8 * n + 4, icfgr_mask((u16)(bp->spi_edge[n] >> 16)));
	}
	mmio_write32(gicd + GICD_CTLR, GICD_CTLR_ARE | GICD_CTLR_GRP1);
	gic_settle();
}

/* Active priorities: as many registers as the physical priority bits (ICC_CTLR_EL1.PRIbits) and the virtual
 * preemption bits (ICH_VTR_EL2.PREbits) ask for; the others are not there. */
static void active_priorities_clear(void)
{
	const u64 physical_bits = field(sysreg_read(ICC_CTLR_EL1), 8, 3) + 1;
	const u64 virtual_bits = field(sysreg_read(ICH_VTR_EL2), 26, 3) + 1;

	sysreg_write(ICC_AP1R0_EL1, 0);
	if (physical_bits >= 6)
		sysreg_write(S3_0_C12_C9_1, 0);
	if (physical_bits >= 7) {
		sysreg_write(S3_0_C12_C9_2, 0);
		sysreg_write(S3_0_C12_C9_3, 0);
	}
	sysreg_write(ICH_AP0R0_EL2, 0);
	sysreg_write(ICH_AP1R0_EL2, 0);
	if (virtual_bits >= 6) {
		sysreg_write(S3_4_C12_C8_1, 0);
		sysreg_write(S3_4_C12_C9_1, 0);
	}
	if (virtual_bits >= 7) {
		sysreg_write(S3_4_C12_C8_2, 0);
		sysreg_write(S3_4_C12_C8_3, 0);
		sysreg_write(S3_4_C12_C9_2, 0);
		sysreg_write(S3_4_C12_C9_3, 0);
	}
}

/* Where there is an EL3, QEMU ignores a Non-secure write to ICC_AP1R0_EL1: what a direct guest had
 * acknowledged would keep all interrupts from its core's next life. One priority drop a level ends it. */
static void running_priority_drop(void)
{
	for (u32 i = 0; i < PRIORITY_LEVELS_MAX && (u8)sysreg_read(ICC_RPR_EL1) != RPR_IDLE; i++) {
		sysreg_write(ICC_EOIR1_EL1, WAKE_SGI);
		isb();
	}
}

static void redistributor_wake(va_t rd)
{
	mmio_write32(rd + GICR_WAKER, mmio_read32(rd + GICR_WAKER) & ~GICR_WAKER_PROCESSOR_SLEEP);
	poll_clear(rd + GICR_WAKER, GICR_WAKER_CHILDREN_ASLEEP);
}

static bool lpis_set(va_t rd, bool on)
{
	const u32 ctlr = mmio_read32(rd + GICR_CTLR), bit = (u32)GICR_CTLR_ENABLE_LPIS;

	if (((ctlr & bit) != 0) == on)
		return true;
	mmio_write32(rd + GICR_CTLR, ctlr ^ bit);
	poll_clear(rd + GICR_CTLR, GICR_CTLR_RWP);
	return ((mmio_read32(rd + GICR_CTLR) & bit) != 0) == on;
}

/* A loader's tables go first. [impl->swr~lpis-by-tables~1] */
bool gic_lpis_start(const struct bp_lpi_core *core)
{
	redistributor_wake(core->gicr_va);
	if (!lpis_set(core->gicr_va, false))
		return false;
	mmio_write64(core->gicr_va + GICR_PROPBASER, core->propbaser);
	mmio_write64(core->gicr_va + GICR_PENDBASER, core->pendbaser);
	return lpis_set(core->gicr_va, true);
}

/* LPIs that a loader left on would go on writing their tables, in memory that is a cell's now. */
static void lpis_off(va_t rd)
{
	if (lpis_set(rd, false))
		return;
	say(EL2_VA_UART,
	    "bulkhead: the loader left LPIs on, and they can't be turned off: this core halts\n");
	arch_halt();
}

/*
 * With DS 0 a Non-secure access to the distributor sees priorities shifted; one to the CPU interface does too
 * if SCR_EL3.FIQ is 1, and as they are if it is 0 (ICC_PMR_EL1). In the shifted view the lowest bit is no
 * bit.
 */
static u32 priority_shift(void)
{
	const u64 lowest = BIT(7 - field(sysreg_read(ICC_CTLR_EL1), 8, 3));

	if (group0_ours())
		return 0;
	sysreg_write(ICC_PMR_EL1, lowest);
	isb();
	return sysreg_read(ICC_PMR_EL1) != 0;
}

void gic_core_start(void)
{
	const va_t rd = cell_core(this_core)->gicr_va;

	redistributor_wake(rd);
	sysreg_write(ICC_SRE_EL2, ICC_SRE_EL2_VALUE);
	isb();
	sysreg_write(ICC_SRE_EL1, 7);
	isb();
	if (group0_ours())
		sysreg_write(ICC_IGRPEN0_EL1, 0);
	if (!core_is_first() || this_cell->lpis.count == 0) /* else the boot core has set them up */
		lpis_off(rd);
	gicd_find();
	vgic_start(priority_shift());
}

/* SGIs and PPIs of this core as after reset, but for the wake-up SGI. */
static void redistributor_quiesce(void)
{
	const struct bp_core *core = cell_core(this_core);
	const va_t sgi = gicr_sgi_page(core);
	const u32 watchdog = this_cell->watchdog_ppi;

	mmio_write32(sgi + GICD_ICENABLER, ~UINT32_C(0));
	poll_clear(core->gicr_va + GICR_CTLR, GICR_CTLR_RWP);
	mmio_write32(sgi + GICD_ICPENDR, ~UINT32_C(0));
	mmio_write32(sgi + GICD_ICACTIVER, ~UINT32_C(0));
	mmio_write32(sgi + GICD_IGROUPR, ~UINT32_C(0));
	mmio_write32(sgi + GICD_ICFGR + 4, icfgr_mask((u16)(this_cell->ppi_edge >> 16)));
	/* Each stop of a core pays for it: without the loop's own instructions. */
#pragma GCC unroll 8
	for (u32 i = 0; i < INTID_FIRST_SPI; i += 4)
		mmio_write32(sgi + GICD_IPRIORITYR + i, GIC_PRIORITY_DEFAULT * 0x01010101u);
	mmio_write8(sgi + GICD_IPRIORITYR + WAKE_SGI, 0);
	if (watchdog) /* armed on the health cell's first core alone */
		mmio_write8(sgi + GICD_IPRIORITYR + (u32)__builtin_ctz(watchdog), 0);
	mmio_write32(sgi + GICD_ISENABLER, BIT(WAKE_SGI) | watchdog);
	/* All of it is done before what follows looks for reasons to wake: a wake-up from now on counts. */
	(void)mmio_read32(sgi + GICD_ISENABLER);
	dsb(sy);
}

/* [impl->swr~core-quiesced~1] */
void arch_interrupts_quiesce(void)
{
	sysreg_write(cntv_ctl_el0, 0);
	sysreg_write(cntp_ctl_el0, 0);
	sysreg_write(ICC_IGRPEN1_EL1, 0);
	isb();
	serrors_drain();
	cell_state()->cores[this_core].private_enabled = 0;
	vgic_clear(); /* what it gives back to the distributor is there before this core says that it rests */
	redistributor_quiesce();
	active_priorities_clear();
	running_priority_drop();
	sysreg_write(ICC_CTLR_EL1, this_cell->mode == BP_MODE_INJECTED ? ICC_CTLR_EOIMODE : 0);
	if (group0_ours())
		sysreg_write(ICC_BPR0_EL1, 0);
	sysreg_write(ICC_BPR1_EL1, 0);
	sysreg_write(ICC_PMR_EL1, group0_ours() ? PMR_REST : PMR_REST_DS0);
	sysreg_write(ICC_IGRPEN1_EL1, 1);
	isb();
}

void gic_guest_prepare(void)
{
	const va_t sgi = gicr_sgi_page(cell_core(this_core));

	mmio_write32(sgi + GICD_ICENABLER, BIT(WAKE_SGI));
	mmio_write32(sgi + GICD_ICPENDR, BIT(WAKE_SGI));
	mmio_write8(sgi + GICD_IPRIORITYR + WAKE_SGI, GIC_PRIORITY_DEFAULT);
	if (this_cell->mode == BP_MODE_INJECTED) {
		mmio_write8(sgi + GICD_IPRIORITYR + this_cell->maintenance_intid, 0);
		mmio_write32(sgi + GICD_ISENABLER, (u32)BIT(this_cell->maintenance_intid));
	}
	sysreg_write(ICC_PMR_EL1, PMR_ALL);
	sysreg_write(ICC_IGRPEN1_EL1, this_cell->mode == BP_MODE_INJECTED);
	vgic_guest_prepare();
	isb();
}

COLD void gic_own_work(u64 intid)
{
	if (intid < INTID_FIRST_SPI)
		watchdog_work();
	else
		dma_work();
}

/* At rest: what was acknowledged; EL2's own is served. */
static void interrupt_end(u64 intid)
{
	sysreg_write(ICC_EOIR1_EL1, intid);
	if (this_cell->mode == BP_MODE_INJECTED)
		sysreg_write(ICC_DIR_EL1, intid);
	isb();
	if (intid >= INTID_FIRST_PPI && gic_own(intid))
		gic_own_work(intid);
}

static bool guests_spi(u64 intid)
{
	return intid >= INTID_FIRST_SPI && intid < INTID_SPECIAL && !gic_own(intid);
}

bool arch_wait(void)
{
	u64 intid;

	wfi();
	/* An SPI for a core that rests stays where it is, pending, and may be routed elsewhere. One of such a
	 * priority that it gets through keeps the core from sleep. */
	intid = sysreg_read(ICC_HPPIR1_EL1) & 0xffffff;
	if (guests_spi(intid))
		return false;
	intid = sysreg_read(ICC_IAR1_EL1) & 0xffffff;
	if (intid_none(intid))
		return false;
	if (guests_spi(intid)) /* came in between */
		gic_spi_raise((u32)intid);
	interrupt_end(intid);
	return intid == WAKE_SGI;
}

/* The target's guest, or a sibling, may have disabled the SGI, lowered its priority, or made it active. */
static void wake(va_t sgi, u64 mpidr)
{
	mmio_write32(sgi + GICD_ICACTIVER, BIT(WAKE_SGI));
	mmio_write8(sgi + GICD_IPRIORITYR + WAKE_SGI, 0);
	mmio_write32(sgi + GICD_ISENABLER, BIT(WAKE_SGI));
	(void)mmio_read32(sgi + GICD_ISENABLER);
	dsb(sy);
	sysreg_write(ICC_SGI1R_EL1, sgi_value(mpidr, WAKE_SGI));
	isb();
}

void arch_wake(u32 core_in_cell)
{
	wake(gicr_sgi_page(cell_core(core_in_cell)), cell_core(core_in_cell)->mpidr);
}

void gic_wake_other(const struct bp_service_core *core)
{
	wake(core->sgi_va, core->mpidr);
}

void arch_spi_raise(u32 intid)
{
	gic_spi_raise(intid);
}

void arch_doorbell_raise(const struct bp_bell *bell)
{
	gic_bell_ring(*bell);
}

void arch_own_interrupt(u32 intid)
{
	mmio_write8(EL2_VA_GICD + GICD_IPRIORITYR + intid, 0);
	mmio_write64(EL2_VA_GICD + GICD_IROUTER + 8 * (u64)intid, cell_core(this_core)->mpidr);
	mmio_write32(EL2_VA_GICD + GICD_ISENABLER + 4 * (u64)(intid / 32), (u32)BIT(intid % 32));
}

static void spi_route(u32 intid)
{
	mmio_write8(EL2_VA_GICD + GICD_IPRIORITYR + intid, GIC_PRIORITY_DEFAULT);
	mmio_write64(EL2_VA_GICD + GICD_IROUTER + 8 * intid, cell_core(0)->mpidr);
}

/* LPIs that a life has left behind, none of which is a reason to wake. Its functions send none any more, and
 * all else is disabled. */
static void lpis_drain(void)
{
	const u64 pmr = sysreg_read(ICC_PMR_EL1);

	sysreg_write(ICC_PMR_EL1, PMR_ALL);
	isb();
	for (u32 i = 0; i <= this_cell->lpis.count; i++) {
		u64 intid = sysreg_read(ICC_HPPIR1_EL1) & 0xffffff;

		if (intid < INTID_FIRST_LPI && !gic_own(intid))
			break;
		intid = sysreg_read(ICC_IAR1_EL1) & 0xffffff;
		if (!intid_none(intid))
			interrupt_end(intid);
	}
	sysreg_write(ICC_PMR_EL1, pmr);
	isb();
}

/* [impl->swr~cell-interrupts-reset~1] */
void arch_cell_interrupts_reset(void)
{
	for (u32 n = 1; n < ARRAY_SIZE(this_cell->spi_owned); n++) {
		const u32 owned = this_cell->spi_owned[n];

		if (owned == 0)
			continue;
		cell_state()->spi_enabled[n] = 0;
		mmio_write32(EL2_VA_GICD + GICD_ICENABLER + 4 * n, owned);
		gic_settle();
		mmio_write32(EL2_VA_GICD + GICD_ICPENDR + 4 * n, owned);
		mmio_write32(EL2_VA_GICD + GICD_ICACTIVER + 4 * n, owned);
		for (u32 left = owned; left; left &= left - 1)
			spi_route(32 * n + (u32)__builtin_ctz(left));
	}
	if (this_cell->lpis.count)
		lpis_drain();
}
