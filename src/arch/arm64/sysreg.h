/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sysreg.h - every system register the hypervisor touches, by name, and the barriers. The one header of
 * its kind: under BULKHEAD_HOST (unit tests, proofs) the accesses go to functions of the test.
 */
#ifndef BULKHEAD_SYSREG_H
#define BULKHEAD_SYSREG_H

#include "../../core/types.h"

/* GICv3 CPU interface and virtualization registers by encoding, for assemblers without the extension. */
#define ICC_PMR_EL1	S3_0_C4_C6_0
#define ICC_BPR0_EL1	S3_0_C12_C8_3
#define ICC_AP1R0_EL1	S3_0_C12_C9_0
#define ICC_IAR1_EL1	S3_0_C12_C12_0
#define ICC_HPPIR1_EL1	S3_0_C12_C12_2
#define ICC_EOIR1_EL1	S3_0_C12_C12_1
#define ICC_BPR1_EL1	S3_0_C12_C12_3
#define ICC_DIR_EL1	S3_0_C12_C11_1
#define ICC_RPR_EL1	S3_0_C12_C11_3
#define ICC_SGI1R_EL1	S3_0_C12_C11_5
#define ICC_CTLR_EL1	S3_0_C12_C12_4
#define ICC_SRE_EL1	S3_0_C12_C12_5
#define ICC_IGRPEN0_EL1 S3_0_C12_C12_6
#define ICC_IGRPEN1_EL1 S3_0_C12_C12_7
#define ICC_SRE_EL2	S3_4_C12_C9_5
#define ICH_AP0R0_EL2	S3_4_C12_C8_0
#define ICH_AP1R0_EL2	S3_4_C12_C9_0
#define ICH_HCR_EL2	S3_4_C12_C11_0
#define ICH_VTR_EL2	S3_4_C12_C11_1
#define ICH_ELRSR_EL2	S3_4_C12_C11_5
#define ICH_VMCR_EL2	S3_4_C12_C11_7
/* FEAT_SPE, FEAT_TRBE */
#define PMSCR_EL1     S3_0_C9_C9_0
#define PMSCR_EL2     S3_4_C9_C9_0
#define PMBLIMITR_EL1 S3_0_C9_C10_0
#define PMBIDR_EL1    S3_0_C9_C10_7
#define TRBLIMITR_EL1 S3_0_C9_C11_0
#define TRBIDR_EL1    S3_0_C9_C11_7
/* FEAT_FGT, FEAT_HCX: written 0, but for the bits named, where the CPU has them. */
#define HFGRTR_EL2     S3_4_C1_C1_4
#define HFGWTR_EL2     S3_4_C1_C1_5
#define HFGITR_EL2     S3_4_C1_C1_6
#define HDFGRTR_EL2    S3_4_C3_C1_4
#define HDFGWTR_EL2    S3_4_C3_C1_5
#define HAFGRTR_EL2    S3_4_C3_C1_6
#define HDFGRTR_PMBIDR BIT(63) /* where there is SPE */
#define HDFGRTR_TRBIDR BIT(51) /* where there is TRBE */
/* FEAT_FGT2 */
#define HFGRTR2_EL2  S3_4_C3_C1_2
#define HFGWTR2_EL2  S3_4_C3_C1_3
#define HFGITR2_EL2  S3_4_C3_C1_7
#define HDFGRTR2_EL2 S3_4_C3_C1_0
#define HDFGWTR2_EL2 S3_4_C3_C1_1
#define MPAM2_EL2    S3_4_C10_C5_0
#define MPAM2_TRAP   (BIT(48) | BIT(49) | BIT(58)) /* TRAPMPAM1EL1, TRAPMPAM0EL1, TIDR */
#define MPAMHCR_EL2  S3_4_C10_C4_0
#define MPAMHCR_TRAP BIT(31) /* TRAP_MPAMIDR_EL1 */
#define MPAMIDR_EL1  S3_0_C10_C4_4
#define HCRX_EL2     S3_4_C1_C2_2
#define HCRX_TALLINT BIT(6) /* where there is NMI */
#define SCTLR2_EL2   S3_4_C1_C0_3
#define TCR2_EL2     S3_4_C2_C0_3
#define VDISR_EL2    S3_4_C12_C1_1
#define VSESR_EL2    S3_4_C5_C2_3
#define SCXTNUM_EL0  S3_3_C13_C0_7
#define SCXTNUM_EL1  S3_0_C13_C0_7

#ifdef BULKHEAD_HOST

u64 host_sysreg_read(const char *name);
void host_sysreg_write(const char *name, u64 value);
void host_tlbi(const char *operation);
void host_dc(const char *operation, u64 va);
void host_ic(const char *operation);
void host_wfi(void);
u32 crc32_of_word(u32 crc, u64 word);
#define sysreg_read(name)	  host_sysreg_read(#name)
#define sysreg_write(name, value) host_sysreg_write(#name, value)
#define isb()			  ((void)0)
#define dsb(domain)		  ((void)0)
#define dmb(domain)		  ((void)0)
#define tlbi(operation)		  host_tlbi(#operation)
#define dc(operation, va)	  host_dc(#operation, va)
#define ic(operation)		  host_ic(#operation)
#define wfi()			  host_wfi()
#define wfe()			  ((void)0)
#define sev()			  ((void)0)
#define serrors_drain()		  ((void)0)

#else

#define SYSREG_TEXT_(name) #name
#define SYSREG_TEXT(name)  SYSREG_TEXT_(name)
#define sysreg_read(name)                                                                                    \
	({                                                                                                   \
		u64 sysreg_value_;                                                                           \
		__asm__ volatile("mrs %0, " SYSREG_TEXT(name) : "=r"(sysreg_value_)::"memory");              \
		sysreg_value_;                                                                               \
	})
#define sysreg_write(name, value)                                                                            \
	__asm__ volatile("msr " SYSREG_TEXT(name) ", %x0" ::"rZ"((u64)(value)) : "memory")
#define isb()		  __asm__ volatile("isb" ::: "memory")
#define dmb(domain)	  __asm__ volatile("dmb " #domain ::: "memory")
#define dsb(domain)	  __asm__ volatile("dsb " #domain ::: "memory")
#define tlbi(operation)	  __asm__ volatile("tlbi " #operation ::: "memory")
#define dc(operation, va) __asm__ volatile("dc " #operation ", %0" ::"r"((u64)(va)) : "memory")
#define ic(operation)	  __asm__ volatile("ic " #operation ::: "memory")
#define wfi()		  __asm__ volatile("wfi" ::: "memory")
#define wfe()		  __asm__ volatile("wfe" ::: "memory")
#define sev()		  __asm__ volatile("sev" ::: "memory")
static inline u32 crc32_of_word(u32 crc, u64 word)
{
	__asm__(".arch_extension crc\n\tcrc32x %w0, %w0, %x1" : "+r"(crc) : "r"(word));
	return crc;
}
/* vectors.S: takes the SErrors that are pending, which a guest at its end has left. */
void serrors_drain(void);

#endif

/* HCR_EL2 (Arm ARM D17.2.48) */
#define HCR_VM	   BIT(0)
#define HCR_SWIO   BIT(1)
#define HCR_PTW	   BIT(2)
#define HCR_FMO	   BIT(3)
#define HCR_IMO	   BIT(4)
#define HCR_AMO	   BIT(5)
#define HCR_TID1   BIT(16)
#define HCR_TID3   BIT(18)
#define HCR_TSC	   BIT(19)
#define HCR_TIDCP  BIT(20)
#define HCR_TSW	   BIT(22)
#define HCR_TACR   BIT(21)
#define HCR_RW	   BIT(31)
#define HCR_TLOR   BIT(35)
#define HCR_TERR   BIT(36)
#define HCR_APK	   BIT(40)
#define HCR_API	   BIT(41)
#define HCR_ENSCXT BIT(53) /* where context_numbers() */
#define HCR_TID5   BIT(58) /* FEAT_MTE2 */
#define HCR_GUEST                                                                                            \
	(HCR_VM | HCR_SWIO | HCR_PTW | HCR_FMO | HCR_AMO | HCR_TID1 | HCR_TID3 | HCR_TSC | HCR_TIDCP |       \
	 HCR_TACR | HCR_TSW | HCR_RW | HCR_TLOR | HCR_TERR | HCR_APK | HCR_API)

/* MDCR_EL2 (D17.3.17): debug, trace, profiling and PMU accesses trap. */
#define MDCR_TPMCR BIT(5)
#define MDCR_TPM   BIT(6)
#define MDCR_TDA   BIT(9)
#define MDCR_TDOSA BIT(10)
#define MDCR_TDRA  BIT(11)
#define MDCR_TPMS  BIT(14)
#define MDCR_HPMD  BIT(17) /* FEAT_PMUv3p1: events at EL2 don't count */
#define MDCR_TTRF  BIT(19)
#define MDCR_HCCD  BIT(23) /* FEAT_PMUv3p5: nor do its cycles */
#define MDCR_GUEST (MDCR_TPMCR | MDCR_TPM | MDCR_TDA | MDCR_TDOSA | MDCR_TDRA | MDCR_TPMS | MDCR_TTRF)

/* ID_AA64DFR0_EL1.PMUVer (D17.2.59) */
#define PMU_V3P1 4
#define PMU_V3P5 6

/* 0: no PMUv3, or one of the implementer's own. */
static inline u64 pmu_version(void)
{
	const u64 version = field(sysreg_read(id_aa64dfr0_el1), 8, 4);

	return version == 15 ? 0 : version;
}

/* ISR_EL1 (D17.2.89) */
#define ISR_A BIT(8)

/* An SError is pending, of what has been done so far. [impl->swr~serror-attributed~1] */
static inline bool serror_pending(void)
{
	dsb(sy);
	isb();
	return sysreg_read(isr_el1) & ISR_A;
}

/* SCXTNUM_EL0 and SCXTNUM_EL1 (FEAT_CSV2_2, FEAT_CSV2_1p2). */
static inline bool context_numbers(void)
{
	return field(sysreg_read(id_aa64pfr0_el1), 56, 4) >= 2 ||
	       field(sysreg_read(id_aa64pfr1_el1), 32, 4) >= 2;
}

static inline u32 pmu_counters(void)
{
	return (u32)field(sysreg_read(pmcr_el0), 11, 5);
}

/* CPTR_EL2, E2H = 0 (D17.2.34): RES1 13, 9, 7:0; SVE, SME, trace and AMU trap, FP does not. */
#define CPTR_GUEST (UINT64_C(0x22ff) | BIT(8) | BIT(12) | BIT(20) | BIT(30))

/* CNTHCTL_EL2, E2H = 0 (D17.11.1): EL1PCTEN, EL1PCEN. */
#define CNTHCTL_GUEST UINT64_C(3)
/* An event for WFE every 2^16 ticks: EVNTEN, EVNTI 15. */
#define CNTHCTL_EVENTS (BIT(2) | UINT64_C(15) << 4)

/* SCTLR_EL1 at reset: RES1 bits, MMU and caches off. */
#define SCTLR_EL1_RESET	 UINT64_C(0x30d00800)

#define SPSR_EL1H_MASKED UINT64_C(0x3c5)

#endif
