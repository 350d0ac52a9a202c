/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_sysregs.c - trapped system registers (Arm ARM D17.2.37, ISS encoding of EC 0x18).
 */
#include "machine.h"
#include "../../../src/arch/arm64/sysregs.h"

static struct exit frame;

static int boot(void **state)
{
	host_cell_make(2, BP_MODE_INJECTED, 0);
	machine_reset(4);
	for (u32 i = 0; i < 31; i++)
		frame.x[i] = 0x1000 + i;
	return 0;
}

static u64 esr_of(u32 op0, u32 op1, u32 crn, u32 crm, u32 op2, u32 rt, bool read)
{
	return UINT64_C(0x18) << 26 | BIT(25) | op0 << 20 | op2 << 17 | op1 << 14 | crn << 10 | rt << 5 |
	       crm << 1 | read;
}

#define READ(op0, op1, crn, crm, op2, rt)  sysreg_trap(&frame, esr_of(op0, op1, crn, crm, op2, rt, true))
#define WRITE(op0, op1, crn, crm, op2, rt) sysreg_trap(&frame, esr_of(op0, op1, crn, crm, op2, rt, false))

static u64 value(u32 op0, u32 op1, u32 crn, u32 crm, u32 op2)
{
	assert_int_equal(READ(op0, op1, crn, crm, op2, 7), OUTCOME_NEXT);
	return frame.x[7];
}

/* [utest->swr~sysregs-allowlisted~1] */
static void id_registers_show_less_than_the_cpu(void **state)
{
	static const char *const names[] = {"id_aa64pfr0_el1",	"id_aa64pfr1_el1",  "id_aa64dfr0_el1",
					    "id_aa64isar0_el1", "id_aa64isar1_el1", "id_aa64mmfr0_el1",
					    "id_aa64mmfr1_el1", "S3_0_C0_C7_2",	    "S3_0_C0_C6_2"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		reg_set(names[i], 0x1111111111111111);
	/* PFR0: EL2, EL3, RAS, SVE, SEL2, MPAM, AMU, RME gone; EL1 AArch64 alone. */
	assert_int_equal(value(3, 0, 0, 4, 0) >> 4 & 0xf, 1);
	assert_int_equal(value(3, 0, 0, 4, 0) >> 8 & 0xff, 0);	     /* EL2, EL3 */
	assert_int_equal(value(3, 0, 0, 4, 0) >> 28 & 0xf, 0);	     /* RAS */
	assert_int_equal(value(3, 0, 0, 4, 0) >> 32 & 0xf, 0);	     /* SVE */
	assert_int_equal(value(3, 0, 0, 4, 0) >> 40 & 0xff, 0);	     /* MPAM, AMU */
	assert_int_equal(value(3, 0, 0, 4, 0) >> 24 & 0xf, 1);	     /* GIC */
	assert_int_equal(value(3, 0, 0, 4, 1) & ~UINT64_C(0xff), 0); /* MTE, SME, NMI, ... */
	assert_int_equal(value(3, 0, 0, 5, 0) >> 4 & 0xff, 0);	     /* trace, PMU */
	assert_int_equal(value(3, 0, 0, 5, 0) >> 32 & 0xf, 0);	     /* SPE */
	assert_int_equal(value(3, 0, 0, 5, 0) >> 40 & 0xff, 0);	     /* TraceFilt, TRBE */
	assert_int_equal(value(3, 0, 0, 5, 0) & 0xf, 1);	     /* DebugVer */
	assert_int_equal(value(3, 0, 0, 6, 0) >> 24 & 0xf, 0);	     /* TME */
	assert_int_equal(value(3, 0, 0, 7, 0) >> 56, 0);	     /* FGT, ECV */
	assert_int_equal(value(3, 0, 0, 7, 1) >> 8 & 0xf, 0);	     /* VH */
	assert_int_equal(value(3, 0, 0, 7, 1) >> 16 & 0xf, 0);	     /* LO */
	assert_int_equal(value(3, 0, 0, 7, 1) >> 40 & 0xf, 0);	     /* HCX */
	assert_int_equal(value(3, 0, 0, 7, 2) >> 24 & 0xf, 0);	     /* NV */
	assert_int_equal(value(3, 0, 0, 7, 2) >> 56 & 0xf, 0);	     /* EVT */
}

/* The version of the PMU where it is the cell's, up to the last that no hidden feature adds to.
 * [utest->swr~pmu-of-the-cell~1] */
static void pmu_as_the_property_says(void **state)
{
	for (u64 version = 0; version < 16; version++) {
		reg_set("id_aa64dfr0_el1", version << 8 | 6);
		host_cell()->flags = 0;
		assert_int_equal(value(3, 0, 0, 5, 0), 6);
		host_cell()->flags = BP_CELL_PMU;
		assert_int_equal(value(3, 0, 0, 5, 0), 6 | (version == 15 ? 0
							    : version > 8 ? 8
									  : version)
								       << 8);
	}
}

/* CSV2 of 2 and more brings SCXTNUM_ELx, which nobody lets through. */
static void speculation_control_without_its_register(void **state)
{
	reg_set("id_aa64pfr0_el1", UINT64_C(2) << 56);
	assert_int_equal(value(3, 0, 0, 4, 0) >> 56 & 0xf, 1);
	reg_set("id_aa64pfr0_el1", 0);
	assert_int_equal(value(3, 0, 0, 4, 0) >> 56 & 0xf, 0);
	assert_int_equal(READ(3, 0, 13, 0, 7, 1), OUTCOME_UNDEFINED);
	assert_int_equal(WRITE(3, 3, 13, 0, 7, 1), OUTCOME_UNDEFINED);
}

/* The ID group without a row reads as zero, whatever will be defined there. */
static void unknown_id_registers_read_as_zero(void **state)
{
	for (u32 crm = 1; crm <= 7; crm++)
		for (u32 op2 = 0; op2 < 8; op2++) {
			assert_int_equal(READ(3, 0, 0, crm, op2, 9), OUTCOME_NEXT);
			assert_int_equal(WRITE(3, 0, 0, crm, op2, 9), OUTCOME_UNDEFINED);
		}
	assert_int_equal(value(3, 0, 0, 4, 4), 0); /* ZFR0 */
	assert_int_equal(value(3, 0, 0, 4, 5), 0); /* SMFR0 */
	assert_int_equal(value(3, 0, 0, 7, 3), 0); /* MMFR3 */
	assert_int_equal(value(3, 0, 0, 5, 1), 0); /* DFR1 */
}

static void sre_is_fixed(void **state)
{
	assert_int_equal(value(3, 0, 12, 12, 5), 7);
	assert_int_equal(WRITE(3, 0, 12, 12, 5, 0), OUTCOME_NEXT);
	assert_int_equal(reg_writes("ICC_SRE_EL1"), 0);
}

static void sgis_go_to_the_filter(void **state)
{
	frame.x[3] = UINT64_C(4) << 24 | 3;
	assert_int_equal(WRITE(3, 0, 12, 11, 5, 3), OUTCOME_NEXT);
	assert_int_equal(reg_writes("ICC_SGI1R_EL1"), 2);
	assert_int_equal(host_telemetry(0)->exits[EXIT_SGI], 1);
	assert_int_equal(host_telemetry(0)->exits[EXIT_SYSREG], 0);
	assert_int_equal(WRITE(3, 0, 12, 11, 5, 31), OUTCOME_NEXT); /* xzr: nobody */
	assert_int_equal(reg_writes("ICC_SGI1R_EL1"), 2);
	assert_int_equal(READ(3, 0, 12, 11, 5, 3), OUTCOME_UNDEFINED); /* write-only */
	/* Group 0 and the other security state reach nobody. */
	frame.x[3] = UINT64_C(4) << 24 | 3;
	assert_int_equal(WRITE(3, 0, 12, 11, 6, 3), OUTCOME_NEXT);
	assert_int_equal(WRITE(3, 0, 12, 11, 7, 3), OUTCOME_NEXT);
	assert_int_equal(reg_writes("ICC_SGI1R_EL1"), 2);
	assert_int_equal(reg_writes("ICC_SGI0R_EL1"), 0);
	assert_int_equal(reg_writes("ICC_ASGI1R_EL1"), 0);
}

static void debug_is_absent_but_harmless(void **state)
{
	assert_int_equal(value(2, 0, 0, 2, 2), 0); /* MDSCR */
	assert_int_equal(WRITE(2, 0, 0, 2, 2, 1), OUTCOME_NEXT);
	assert_int_equal(WRITE(2, 0, 1, 0, 4, 1), OUTCOME_NEXT); /* OSLAR */
	assert_int_equal(READ(2, 0, 1, 0, 4, 1), OUTCOME_UNDEFINED);
	assert_int_equal(value(2, 0, 1, 1, 4), 0); /* OSLSR */
	assert_int_equal(WRITE(2, 0, 1, 1, 4, 1), OUTCOME_UNDEFINED);
	assert_int_equal(WRITE(2, 0, 1, 3, 4, 1), OUTCOME_NEXT); /* OSDLR */
	for (u32 n = 0; n < 16; n++)
		for (u32 op2 = 4; op2 < 8; op2++) {
			assert_int_equal(value(2, 0, 0, n, op2), 0);
			assert_int_equal(WRITE(2, 0, 0, n, op2, 1), OUTCOME_NEXT);
		}
	assert_int_equal(reg_writes("mdscr_el1"), 0);
}

static void actlr(void **state)
{
	assert_int_equal(value(3, 0, 1, 0, 1), 0);
	assert_int_equal(WRITE(3, 0, 1, 0, 1, 1), OUTCOME_NEXT);
	assert_int_equal(reg_writes("actlr_el1"), 0);
}

/* Above 2 the access flag is in the hands of TCR2_EL1, which a cell has not. */
static void hardware_access_flag_up_to_2(void **state)
{
	for (u64 hafdbs = 0; hafdbs < 16; hafdbs++) {
		reg_set("id_aa64mmfr1_el1", 0x20 | hafdbs);
		assert_int_equal(value(3, 0, 0, 7, 1), 0x20 | (hafdbs > 2 ? 2 : hafdbs));
	}
}

static void all_else_is_undefined(void **state)
{
	static const u8 registers[][5] = {{3, 3, 9, 12, 0}, /* PMCR */
					  {3, 3, 9, 13, 0}, /* PMCCNTR */
					  {3, 0, 9, 9, 0},  /* PMSCR */
					  {3, 0, 10, 4, 4}, /* LORegions */
					  {3, 1, 15, 2, 0}, /* implementation defined */
					  {3, 0, 5, 4, 1},  /* ERXSTATUS */
					  {2, 1, 0, 0, 0},  /* trace */
					  {2, 3, 0, 1, 0},  /* MDCCSR_EL0 */
					  {1, 0, 7, 6, 1},  /* DC IVAC */
					  {3, 4, 1, 1, 0},  /* HCR_EL2 */
					  {3, 6, 1, 1, 0},  /* SCR_EL3 */
					  {3, 0, 0, 0, 1},  /* no register */
					  {3, 0, 0, 8, 0},  /* past the ID group */
					  {3, 1, 0, 4, 0},  /* another op1 */
					  {2, 0, 0, 0, 3}};

	for (size_t i = 0; i < ARRAY_SIZE(registers); i++) {
		const u8 *r = registers[i];

		assert_int_equal(READ(r[0], r[1], r[2], r[3], r[4], 5), OUTCOME_UNDEFINED);
		assert_int_equal(WRITE(r[0], r[1], r[2], r[3], r[4], 5), OUTCOME_UNDEFINED);
		assert_int_equal(frame.x[5], 0x1005);
	}
	assert_int_equal(host_telemetry(0)->exits[EXIT_SYSREG], 2 * ARRAY_SIZE(registers));
}

/* All of the encoding space: no write gets through to the machine, no read changes another register. */
static void sweep(void **state)
{
	for (u32 op0 = 0; op0 < 4; op0++)
		for (u32 rest = 0; rest < 1 << 14; rest++) {
			const u64 esr = UINT64_C(0x18) << 26 | BIT(25) | op0 << 20 | (rest >> 11) << 17 |
					(rest >> 8 & 7) << 14 | (rest >> 4 & 15) << 10 | (rest & 15) << 1 |
					9 << 5;
			const bool sgi = (esr & 0x3ffc1e) == (esr_of(3, 0, 12, 11, 5, 0, false) & 0x3ffc1e);

			if (!sgi)
				sysreg_trap(&frame, esr);
			sysreg_trap(&frame, esr | 1);
		}
	assert_string_equal(journal(), "");
	for (u32 i = 0; i < 31; i++)
		if (i != 9)
			assert_int_equal(frame.x[i], 0x1000 + i);
}

/* By set and way a cell would sweep caches that others share: the instructions do nothing. */
static void set_way_is_skipped(void **state)
{
	static const u8 crm[] = {6, 10, 14};

	for (size_t i = 0; i < ARRAY_SIZE(crm); i++) {
		assert_int_equal(WRITE(1, 0, 7, crm[i], 2, 5), OUTCOME_NEXT);
		assert_int_equal(host_telemetry(0)->exits[EXIT_SYSREG], 2 * i + 1);
		assert_int_equal(READ(1, 0, 7, crm[i], 2, 5), OUTCOME_UNDEFINED);
	}
	assert_string_equal(journal(), "");
}

static void zero_register_takes_nothing(void **state)
{
	struct exit before = frame;

	assert_int_equal(READ(3, 0, 12, 12, 5, 31), OUTCOME_NEXT);
	assert_memory_equal(&frame, &before, sizeof(frame));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(id_registers_show_less_than_the_cpu, boot),
		cmocka_unit_test_setup(pmu_as_the_property_says, boot),
		cmocka_unit_test_setup(speculation_control_without_its_register, boot),
		cmocka_unit_test_setup(unknown_id_registers_read_as_zero, boot),
		cmocka_unit_test_setup(sre_is_fixed, boot),
		cmocka_unit_test_setup(set_way_is_skipped, boot),
		cmocka_unit_test_setup(sgis_go_to_the_filter, boot),
		cmocka_unit_test_setup(debug_is_absent_but_harmless, boot),
		cmocka_unit_test_setup(actlr, boot),
		cmocka_unit_test_setup(hardware_access_flag_up_to_2, boot),
		cmocka_unit_test_setup(all_else_is_undefined, boot),
		cmocka_unit_test_setup(sweep, boot),
		cmocka_unit_test_setup(zero_register_takes_nothing, boot),
	};

	return cmocka_run_group_tests_name("sysregs", tests, NULL, NULL);
}
