/* SPDX-License-Identifier: Apache-2.0 */
/*
 * start.c - this core on its own tables: what EL2 controls, written in full, nothing left to firmware.
 */
#include "boot.h"
#include "../../core/core.h"
#include "gic.h"
#include "sysreg.h"

extern const u8 vectors[];

/* Buffers that a loader left on would go on being written, in EL2's address space, where E2PB and E2TB are 0.
 * They are there unless EL3 keeps them (P). */
static void profiling_stop(u64 dfr0)
{
	if (field(dfr0, 32, 4) && !field(sysreg_read(PMBIDR_EL1), 4, 1)) {
		sysreg_write(PMBLIMITR_EL1, 0);
		sysreg_write(PMSCR_EL1, 0);
		sysreg_write(PMSCR_EL2, 0);
	}
	if (field(dfr0, 44, 4) && !field(sysreg_read(TRBIDR_EL1), 4, 1))
		sysreg_write(TRBLIMITR_EL1, 0);
}

/* Newer controls that reset to unknown values and must not trap or redirect by chance. */
static void extensions_start(void)
{
	const u64 mmfr0 = sysreg_read(id_aa64mmfr0_el1), mmfr1 = sysreg_read(id_aa64mmfr1_el1),
		  mmfr3 = sysreg_read(S3_0_C0_C7_3), dfr0 = sysreg_read(id_aa64dfr0_el1);

	profiling_stop(dfr0);
	if (field(mmfr0, 56, 4)) { /* FEAT_FGT */
		sysreg_write(HFGRTR_EL2, 0);
		sysreg_write(HFGWTR_EL2, 0);
		sysreg_write(HFGITR_EL2, 0);
		sysreg_write(HDFGRTR_EL2, (field(dfr0, 32, 4) ? HDFGRTR_PMBIDR : 0) |
						  (field(dfr0, 44, 4) ? HDFGRTR_TRBIDR : 0));
		sysreg_write(HDFGWTR_EL2, 0);
		if (field(sysreg_read(id_aa64pfr0_el1), 44, 4)) /* FEAT_AMUv1 */
			sysreg_write(HAFGRTR_EL2, 0);
	}
	if (field(mmfr0, 56, 4) >= 2) { /* FEAT_FGT2 */
		sysreg_write(HFGRTR2_EL2, 0);
		sysreg_write(HFGWTR2_EL2, 0);
		sysreg_write(HFGITR2_EL2, 0);
		sysreg_write(HDFGRTR2_EL2, 0);
		sysreg_write(HDFGWTR2_EL2, 0);
	}
	if (field(sysreg_read(id_aa64pfr0_el1), 40, 4) ||
	    field(sysreg_read(id_aa64pfr1_el1), 16, 4)) { /* FEAT_MPAM */
		sysreg_write(MPAM2_EL2, MPAM2_TRAP);
		if (field(sysreg_read(MPAMIDR_EL1), 17, 1))
			sysreg_write(MPAMHCR_EL2, MPAMHCR_TRAP);
	}
	if (field(mmfr1, 40, 4)) /* FEAT_HCX */
		sysreg_write(HCRX_EL2, field(sysreg_read(id_aa64pfr1_el1), 36, 4) ? HCRX_TALLINT : 0);
	if (field(mmfr3, 0, 4)) /* FEAT_TCR2 */
		sysreg_write(TCR2_EL2, 0);
	if (field(mmfr3, 4, 4)) /* FEAT_SCTLR2 */
		sysreg_write(SCTLR2_EL2, 0);
}

/* No counter is reserved: those below HPMN are EL1's, all of them, though within its reach only with `pmu`.
 * Where the CPU can leave EL2 out of them it does. [impl->swr~pmu-of-the-cell~1] */
static u64 debug_controls(void)
{
	const u64 version = pmu_version();
	u64 value = MDCR_GUEST;

	if (!version)
		return value;
	if (this_cell->flags & BP_CELL_PMU)
		value &= ~(MDCR_TPM | MDCR_TPMCR);
	if (version >= PMU_V3P1)
		value |= MDCR_HPMD;
	if (version >= PMU_V3P5)
		value |= MDCR_HCCD;
	return value | pmu_counters();
}

/* [impl->swr~direct-untrapped~1] */
static u64 hypervisor_controls(void)
{
	u64 value = HCR_GUEST | (this_cell->mode == BP_MODE_INJECTED ? HCR_IMO : 0);

	if (field(sysreg_read(id_aa64pfr1_el1), 8, 4) >= 2) /* FEAT_MTE2 */
		value |= HCR_TID5;
	return context_numbers() ? value | HCR_ENSCXT : value;
}

/* [impl->swr~el2-registers-written~1] */
static void controls_start(void)
{
	sysreg_write(vbar_el2, (u64)vectors);
	sysreg_write(hcr_el2, hypervisor_controls());
	sysreg_write(vttbr_el2, this_cell->vttbr);
	sysreg_write(vtcr_el2, this_cell->vtcr);
	sysreg_write(mdcr_el2, debug_controls());
	sysreg_write(cptr_el2, CPTR_GUEST);
	sysreg_write(hstr_el2, 0);
	sysreg_write(cnthctl_el2, CNTHCTL_GUEST);
	sysreg_write(cntvoff_el2, 0);
	sysreg_write(cnthp_ctl_el2, 0);
	sysreg_write(vpidr_el2, sysreg_read(midr_el1));
	sysreg_write(vmpidr_el2, sysreg_read(mpidr_el1));
	sysreg_write(tpidr_el2, 0);
	extensions_start();
	isb();
	tlbi(vmalls12e1);
	dsb(nsh);
	isb();
}

void core_start(struct exit *exit, u32 core_in_cell)
{
	core_identify(core_in_cell);
	controls_start();
	gic_core_start();
	core_main(exit);
}

void arch_alarm(u64 time)
{
	sysreg_write(cnthp_cval_el2, time);
	sysreg_write(cnthp_ctl_el2, 1);
}

u64 arch_time(void)
{
	isb();
	return sysreg_read(cntvct_el0);
}

/* Exact to a tick for the durations of a partition file, without overflow up to 2^34 s.
 * [impl->swr~time-exact~1] */
u64 arch_ns_to_ticks(u64 ns)
{
	const u64 frequency = sysreg_read(cntfrq_el0);

	return ns / 1000000000 * frequency + ns % 1000000000 * frequency / 1000000000;
}
