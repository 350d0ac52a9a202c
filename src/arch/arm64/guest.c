/* SPDX-License-Identifier: Apache-2.0 */
/*
 * guest.c - the state a guest is entered with: every register that it could inherit, written here. And
 * the exceptions that EL2 gives to a guest.
 */
#include "guest.h"
#include "../../core/core.h"
#include "gic.h"
#include "sysreg.h"

void fp_registers_zero(void);

#define APIAKEYLO_EL1		   S3_0_C2_C1_0
#define APIAKEYHI_EL1		   S3_0_C2_C1_1
#define APIBKEYLO_EL1		   S3_0_C2_C1_2
#define APIBKEYHI_EL1		   S3_0_C2_C1_3
#define APDAKEYLO_EL1		   S3_0_C2_C2_0
#define APDAKEYHI_EL1		   S3_0_C2_C2_1
#define APDBKEYLO_EL1		   S3_0_C2_C2_2
#define APDBKEYHI_EL1		   S3_0_C2_C2_3
#define APGAKEYLO_EL1		   S3_0_C2_C3_0
#define APGAKEYHI_EL1		   S3_0_C2_C3_1

#define SCTLR_DSSBS		   BIT(44)
#define SCTLR_SPAN		   BIT(23)
#define SPSR_M_EL1H		   UINT64_C(5)
#define SPSR_DAIF		   UINT64_C(0x3c0)
#define SPSR_SSBS		   BIT(12)
#define SPSR_PAN		   BIT(22)
#define SPSR_KEPT		   (UINT64_C(0xf0000000) | BIT(24)) /* NZCV, DIT */
#define PMU_ALL			   MASK(32) /* the cycle counter and 31 more, as many as there are */
#define ESR_IL			   BIT(25)
#define ESR_EC(ec)		   ((u64)(ec) << 26)
#define EC_UNKNOWN		   0x00
#define EC_DATA_ABORT_LOWER	   0x24
#define EC_DATA_ABORT_SAME	   0x25
#define EC_INSTRUCTION_ABORT_LOWER 0x20
#define EC_INSTRUCTION_ABORT_SAME  0x21
#define DFSC_EXTERNAL		   0x10

static void pointer_authentication_reset(void)
{
	const u64 isar1 = sysreg_read(id_aa64isar1_el1), isar2 = sysreg_read(S3_0_C0_C6_2);

	if (!field(isar1, 4, 8) && !field(isar1, 24, 8) && !field(isar2, 8, 8))
		return;
	sysreg_write(APIAKEYLO_EL1, 0);
	sysreg_write(APIAKEYHI_EL1, 0);
	sysreg_write(APIBKEYLO_EL1, 0);
	sysreg_write(APIBKEYHI_EL1, 0);
	sysreg_write(APDAKEYLO_EL1, 0);
	sysreg_write(APDAKEYHI_EL1, 0);
	sysreg_write(APDBKEYLO_EL1, 0);
	sysreg_write(APDBKEYHI_EL1, 0);
	sysreg_write(APGAKEYLO_EL1, 0);
	sysreg_write(APGAKEYHI_EL1, 0);
}

static void translation_reset(void)
{
	sysreg_write(sctlr_el1, SCTLR_EL1_RESET);
	sysreg_write(ttbr0_el1, 0);
	sysreg_write(ttbr1_el1, 0);
	sysreg_write(tcr_el1, 0);
	sysreg_write(mair_el1, 0);
	sysreg_write(amair_el1, 0);
	sysreg_write(contextidr_el1, 0);
	sysreg_write(par_el1, 0);
}

static void exceptions_reset(void)
{
	sysreg_write(vbar_el1, 0);
	sysreg_write(esr_el1, 0);
	sysreg_write(far_el1, 0);
	sysreg_write(afsr0_el1, 0);
	sysreg_write(afsr1_el1, 0);
	sysreg_write(elr_el1, 0);
	sysreg_write(spsr_el1, 0);
	sysreg_write(sp_el0, 0);
	sysreg_write(sp_el1, 0);
	sysreg_write(mdscr_el1, 0);
}

/* Of every cell, so that no counter of firmware's or of an earlier life runs on.
 * [impl->swr~pmu-of-the-cell~1] */
static void pmu_reset(void)
{
	u32 n;

	if (!pmu_version())
		return;
	n = pmu_counters();
	sysreg_write(pmcr_el0, 0);
	sysreg_write(pmcntenclr_el0, PMU_ALL);
	sysreg_write(pmintenclr_el1, PMU_ALL);
	sysreg_write(pmuserenr_el0, 0);
	while (n-- > 0) {
		sysreg_write(pmselr_el0, n);
		isb();
		sysreg_write(pmxevtyper_el0, 0);
		sysreg_write(pmxevcntr_el0, 0);
	}
	sysreg_write(pmselr_el0, 0);
	sysreg_write(pmccfiltr_el0, 0);
	sysreg_write(pmccntr_el0, 0);
	sysreg_write(pmovsclr_el0, PMU_ALL);
}

static void rest_reset(void)
{
	sysreg_write(actlr_el1, 0);
	sysreg_write(cpacr_el1, 0);
	sysreg_write(csselr_el1, 0);
	sysreg_write(tpidr_el0, 0);
	sysreg_write(tpidrro_el0, 0);
	sysreg_write(tpidr_el1, 0);
	sysreg_write(cntkctl_el1, 0);
	sysreg_write(cntv_ctl_el0, 0);
	sysreg_write(cntv_cval_el0, 0);
	sysreg_write(cntp_ctl_el0, 0);
	sysreg_write(cntp_cval_el0, 0);
	if (context_numbers()) {
		sysreg_write(SCXTNUM_EL0, 0);
		sysreg_write(SCXTNUM_EL1, 0);
	}
	if (field(sysreg_read(id_aa64pfr0_el1), 28, 4)) { /* RAS: what the guest knows as DISR_EL1 */
		sysreg_write(VDISR_EL2, 0);
		sysreg_write(VSESR_EL2, 0);
	}
}

/* [impl->swr~guest-registers-written~1] */
void arch_guest_prepare(struct exit *exit, ipa_t entry, u64 x0)
{
	translation_reset();
	exceptions_reset();
	rest_reset();
	pmu_reset();
	pointer_authentication_reset();
	fp_registers_zero();
	for (unsigned int i = 0; i < ARRAY_SIZE(exit->x); i++)
		exit->x[i] = 0;
	exit->x[0] = x0;
	sysreg_write(elr_el2, entry);
	sysreg_write(spsr_el2, SPSR_EL1H_MASKED);
	gic_guest_prepare();
	/* This VMID's stale translations, of an earlier life of the cell, on this core. */
	tlbi(vmalls12e1);
	dsb(nsh);
	isb();
}

/* Where EL1's vectors take an exception from the state in `spsr` (Arm ARM D1.4.2). */
static u64 vector_offset(u64 spsr)
{
	if (spsr & BIT(4))
		return 0x600; /* AArch32 EL0 */
	if (field(spsr, 2, 2) == 0)
		return 0x400; /* EL0 */
	return spsr & 1 ? 0x200 : 0x000;
}

/* [impl->swr~guest-exceptions~1] */
static void exception_enter(u64 esr)
{
	const u64 spsr = sysreg_read(spsr_el2), sctlr = sysreg_read(sctlr_el1);
	u64 state = (spsr & SPSR_KEPT) | SPSR_DAIF | SPSR_M_EL1H | (spsr & SPSR_PAN);

	if (spsr & BIT(4))
		state &= ~SPSR_KEPT | UINT64_C(0xf0000000);
	if (!(sctlr & SCTLR_SPAN) && field(sysreg_read(id_aa64mmfr1_el1), 20, 4))
		state |= SPSR_PAN;
	if (sctlr & SCTLR_DSSBS)
		state |= SPSR_SSBS;
	sysreg_write(esr_el1, esr);
	sysreg_write(elr_el1, sysreg_read(elr_el2));
	sysreg_write(spsr_el1, spsr);
	sysreg_write(elr_el2, sysreg_read(vbar_el1) + vector_offset(spsr));
	sysreg_write(spsr_el2, state);
}

void guest_undefined(void)
{
	exception_enter(ESR_EC(EC_UNKNOWN) | ESR_IL);
}

void guest_abort(bool instruction)
{
	const bool lower = field(sysreg_read(spsr_el2), 2, 2) == 0;
	u64 ec;

	if (instruction)
		ec = lower ? EC_INSTRUCTION_ABORT_LOWER : EC_INSTRUCTION_ABORT_SAME;
	else
		ec = lower ? EC_DATA_ABORT_LOWER : EC_DATA_ABORT_SAME;
	sysreg_write(far_el1, sysreg_read(far_el2));
	exception_enter(ESR_EC(ec) | ESR_IL | DFSC_EXTERNAL);
}
