// SPDX-License-Identifier: Apache-2.0
/*
 * sysregs.c - probe: system registers by encoding, read and written back, of every kind that a cell might
 * try: identification, debug, PMU, implementation defined, EL2 and EL3, unallocated.
 */
#include <inttypes.h>
#include <stdio.h>

#include "probe.h"
#include "sysreg.h"

/* X(name, encoding, writable): those not writable would change what the probe itself runs on. */
#define REGISTERS(X)                                                                                         \
	X(MIDR_EL1, S3_0_C0_C0_0, 0)                                                                         \
	X(MPIDR_EL1, S3_0_C0_C0_5, 0)                                                                        \
	X(REVIDR_EL1, S3_0_C0_C0_6, 0)                                                                       \
	X(ID_AA64PFR0_EL1, S3_0_C0_C4_0, 0)                                                                  \
	X(ID_AA64PFR1_EL1, S3_0_C0_C4_1, 0)                                                                  \
	X(ID_AA64DFR0_EL1, S3_0_C0_C5_0, 0)                                                                  \
	X(ID_AA64ISAR1_EL1, S3_0_C0_C6_1, 0)                                                                 \
	X(ID_AA64MMFR1_EL1, S3_0_C0_C7_1, 0)                                                                 \
	X(ID_UNALLOCATED, S3_0_C0_C7_7, 1)                                                                   \
	X(ACTLR_EL1, S3_0_C1_C0_1, 1)                                                                        \
	X(GCR_EL1, S3_0_C1_C0_6, 1)                                                                          \
	X(ZCR_EL1, S3_0_C1_C2_0, 1)                                                                          \
	X(TRFCR_EL1, S3_0_C1_C2_1, 1)                                                                        \
	X(SMCR_EL1, S3_0_C1_C2_6, 1)                                                                         \
	X(APIAKEYLO_EL1, S3_0_C2_C1_0, 1)                                                                    \
	X(ERRIDR_EL1, S3_0_C5_C3_0, 1)                                                                       \
	X(ERXCTLR_EL1, S3_0_C5_C4_1, 1)                                                                      \
	X(PMSCR_EL1, S3_0_C9_C9_0, 1)                                                                        \
	X(TRBLIMITR_EL1, S3_0_C9_C11_0, 1)                                                                   \
	X(PMINTENSET_EL1, S3_0_C9_C14_1, 1)                                                                  \
	X(LORC_EL1, S3_0_C10_C4_3, 1)                                                                        \
	X(MPAM1_EL1, S3_0_C10_C5_0, 1)                                                                       \
	X(DISR_EL1, S3_0_C12_C1_1, 1)                                                                        \
	X(ALLINT, S3_0_C4_C3_0, 1)                                                                           \
	X(ICC_IAR0_EL1, S3_0_C12_C8_0, 1)                                                                    \
	X(ICC_AP0R0_EL1, S3_0_C12_C8_4, 1)                                                                   \
	X(ICC_AP1R0_EL1, S3_0_C12_C9_0, 1)                                                                   \
	X(ICC_DIR_EL1, S3_0_C12_C11_1, 1)                                                                    \
	X(ICC_RPR_EL1, S3_0_C12_C11_3, 1)                                                                    \
	X(ICC_ASGI1R_EL1, S3_0_C12_C11_6, 1)                                                                 \
	X(ICC_SGI0R_EL1, S3_0_C12_C11_7, 1)                                                                  \
	X(ICC_SRE_EL1, S3_0_C12_C12_5, 1)                                                                    \
	X(ICC_IGRPEN0_EL1, S3_0_C12_C12_6, 1)                                                                \
	X(SCXTNUM_EL1, S3_0_C13_C0_7, 1)                                                                     \
	X(CNTKCTL_EL1, S3_0_C14_C1_0, 1)                                                                     \
	X(IMPLEMENTATION_0, S3_0_C15_C0_0, 1)                                                                \
	X(L2CTLR_EL1, S3_1_C11_C0_2, 1)                                                                      \
	X(L2ACTLR_EL1, S3_1_C15_C0_0, 1)                                                                     \
	X(CPUACTLR_EL1, S3_1_C15_C2_0, 1)                                                                    \
	X(CPUECTLR_EL1, S3_1_C15_C2_1, 1)                                                                    \
	X(CBAR_EL1, S3_1_C15_C3_0, 1)                                                                        \
	X(RNDR, S3_3_C2_C4_0, 0)                                                                             \
	X(PMCR_EL0, S3_3_C9_C12_0, 1)                                                                        \
	X(PMCCNTR_EL0, S3_3_C9_C13_0, 1)                                                                     \
	X(PMUSERENR_EL0, S3_3_C9_C14_0, 1)                                                                   \
	X(CNTPCT_EL0, S3_3_C14_C0_1, 0)                                                                      \
	X(CNTP_CTL_EL0, S3_3_C14_C2_1, 1)                                                                    \
	X(CNTP_CVAL_EL0, S3_3_C14_C2_2, 1)                                                                   \
	X(SCTLR_EL2, S3_4_C1_C0_0, 1)                                                                        \
	X(HCR_EL2, S3_4_C1_C1_0, 1)                                                                          \
	X(MDCR_EL2, S3_4_C1_C1_1, 1)                                                                         \
	X(VTTBR_EL2, S3_4_C2_C1_0, 1)                                                                        \
	X(VTCR_EL2, S3_4_C2_C1_2, 1)                                                                         \
	X(VBAR_EL2, S3_4_C12_C0_0, 1)                                                                        \
	X(ICC_SRE_EL2, S3_4_C12_C9_5, 1)                                                                     \
	X(ICH_HCR_EL2, S3_4_C12_C11_0, 1)                                                                    \
	X(ICH_LR0_EL2, S3_4_C12_C12_0, 1)                                                                    \
	X(CNTHCTL_EL2, S3_4_C14_C1_0, 1)                                                                     \
	X(CNTVOFF_EL2, S3_4_C14_C0_3, 1)                                                                     \
	X(SCTLR_EL12, S3_5_C1_C0_0, 1)                                                                       \
	X(SCR_EL3, S3_6_C1_C1_0, 1)                                                                          \
	X(UNALLOCATED_7, S3_7_C15_C15_7, 1)                                                                  \
	X(MDSCR_EL1, S2_0_C0_C2_2, 1)                                                                        \
	X(DBGBVR0_EL1, S2_0_C0_C0_4, 1)                                                                      \
	X(DBGBCR0_EL1, S2_0_C0_C0_5, 1)                                                                      \
	X(DBGWCR0_EL1, S2_0_C0_C0_7, 1)                                                                      \
	X(OSLAR_EL1, S2_0_C1_C0_4, 1)                                                                        \
	X(OSDLR_EL1, S2_0_C1_C3_4, 1)                                                                        \
	X(TRCPRGCTLR, S2_1_C0_C1_0, 1)                                                                       \
	X(RGSR_EL1, S3_0_C1_C0_5, 1)                                                                         \
	X(SCTLR2_EL1, S3_0_C1_C0_3, 1)                                                                       \
	X(SMPRI_EL1, S3_0_C1_C2_4, 1)                                                                        \
	X(TCR2_EL1, S3_0_C2_C0_3, 1)                                                                         \
	X(GCSCR_EL1, S3_0_C2_C5_0, 1)                                                                        \
	X(TFSR_EL1, S3_0_C5_C6_0, 1)                                                                         \
	X(PMBLIMITR_EL1, S3_0_C9_C10_0, 1)                                                                   \
	X(PMUACR_EL1, S3_0_C9_C14_4, 1)                                                                      \
	X(PIR_EL1, S3_0_C10_C2_3, 1)                                                                         \
	X(MPAM0_EL1, S3_0_C10_C5_1, 1)                                                                       \
	X(ACCDATA_EL1, S3_0_C13_C0_5, 1)                                                                     \
	X(GMID_EL1, S3_1_C0_C0_4, 1)                                                                         \
	X(SMIDR_EL1, S3_1_C0_C0_6, 1)                                                                        \
	X(SVCR, S3_3_C4_C2_2, 1)                                                                             \
	X(FPMR, S3_3_C4_C4_2, 1)                                                                             \
	X(POR_EL0, S3_3_C10_C2_4, 1)                                                                         \
	X(TPIDR2_EL0, S3_3_C13_C0_5, 1)                                                                      \
	X(AMCR_EL0, S3_3_C13_C2_0, 1)                                                                        \
	X(SCXTNUM_EL0, S3_3_C13_C0_7, 1)                                                                     \
	X(BRBCR_EL1, S2_1_C9_C0_0, 1)                                                                        \
	X(UNALLOCATED_6, S3_0_C6_C15_7, 1)

#define ACCESSORS(name, encoding, writable)                                                                  \
	static uint64_t read_##name(void)                                                                    \
	{                                                                                                    \
		uint64_t value = 0;                                                                          \
                                                                                                             \
		__asm__ volatile("mrs %0, " #encoding : "+r"(value)::"memory");                              \
		return value;                                                                                \
	}                                                                                                    \
	static void write_##name(uint64_t value)                                                             \
	{                                                                                                    \
		__asm__ volatile("msr " #encoding ", %0\n\tisb" ::"r"(value) : "memory");                    \
	}
#define ROW(name, encoding, writable) {#name, #encoding, writable, read_##name, write_##name},

REGISTERS(ACCESSORS)

static const struct {
	const char *name, *encoding;
	bool writable;
	uint64_t (*read)(void);
	void (*write)(uint64_t value);
} registers[] = {REGISTERS(ROW)};

#define COUNT (sizeof(registers) / sizeof(registers[0]))

static void try(uint64_t n)
{
	uint64_t value;

	probe_arm(true);
	value = registers[n].read();
	printf("probe: sysreg %" PRIu64 " %s %s", n, registers[n].name, registers[n].encoding);
	if (probe_faults())
		printf(" read=fault:0x%" PRIx64, probe_counts.last_esr);
	else
		printf(" read=0x%" PRIx64, value);
	if (registers[n].writable) {
		probe_arm(true);
		registers[n].write(value);
		if (probe_faults())
			printf(" write=fault:0x%" PRIx64, probe_counts.last_esr);
		else
			printf(" write=ok");
	}
	printf("\n");
}

static void run_sysreg(const uint64_t *args)
{
	if (args[0] < COUNT)
		try(args[0]);
	else
		printf("probe: sysregs 0..%u\n", (unsigned)COUNT - 1);
}

static void run_sysregs(const uint64_t *args)
{
	const uint64_t end = args[1] && args[1] < COUNT ? args[1] : COUNT;
	uint32_t tried = 0;

	for (uint64_t n = args[0]; n < end; n++, tried++)
		try(n);
	printf("probe: sysregs %" PRIu32 " tried\n", tried);
}

/* RDVL x0, #1, with all that EL1 itself can open of SVE and SME (CPACR_EL1.ZEN, SMEN). */
static void run_sve(const uint64_t *args)
{
	const uint64_t mine = sysreg_read("cpacr_el1");

	(void)args;
	sysreg_write("cpacr_el1", mine | UINT64_C(3) << 16 | UINT64_C(3) << 24);
	barrier_isb();
	probe_arm(true);
	__asm__ volatile(".inst 0x04bf5020" ::: "x0", "memory");
	sysreg_write("cpacr_el1", mine);
	barrier_isb();
	if (probe_faults())
		printf("probe: sve fault:0x%" PRIx64 "\n", probe_counts.last_esr);
	else
		printf("probe: sve came back\n");
}

const struct probe_command probe_sysreg_commands[] = {
	{"sve", "", 0, run_sve},
	{"sysreg", "N", 1, run_sysreg},
	{"sysregs", "[FIRST END]", 0, run_sysregs},
	{NULL, NULL, 0, NULL},
};
