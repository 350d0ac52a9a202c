/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_sysregs.c - trapped system registers (Arm ARM D17.2.37, ISS encoding of EC 0x18).
 *
 * Robustness: allint_is_not_there, context_numbers_are_not_emulated, set_way_is_skipped,
 * all_else_is_undefined, sweep, zero_register_takes_nothing
 */
#include "machine.h"
#include <stdio.h>
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

/* Every field of 4 bits at 1: what is left are the fields that a cell may see (Arm ARM D17.2).
 * [utest->swr~sysregs-allowlisted~1] */
static void id_registers_show_less_than_the_cpu(void **state)
{
	static const struct {
		u32 crm, op2;
		u64 shown;
	} registers[] = {
		{4, 0, 0x1101000001110011}, /* PFR0: CSV3 CSV2 DIT GIC AdvSIMD FP EL1 EL0 */
		{4, 1, 0x0000000100000011}, /* PFR1: CSV2_frac SSBS BT */
		{5, 0, 0x0000001010101001}, /* DFR0: DoubleLock CTX_CMPs WRPs BRPs DebugVer */
		{6, 0, 0x1111111110111110}, /* ISAR0: all but TME */
		{6, 1, 0x0111111111111111}, /* ISAR1: all but LS64 */
		{6, 2, 0x0011000011101111}, /* ISAR2: CSSC RPRFM CLRBHB PAC_frac BC APA3 GPA3 RPRES WFxT */
		{7, 0, 0x0000100011100011}, /* MMFR0: ExS, granules of stage 1, ASID PARange */
		{7, 1,
		 0x1011101001101011}, /* MMFR1: ECBHB TIDCP1 nTLBPA AFP ETS SpecSEI PAN HPDS VMID HAFDBS */
		{7, 2, 0x1011001110110111}, /* MMFR2: E0PD BBM TTL IDS AT ST CCIDX VARange LSM UAO CnP */
		{1, 0, 0x0000000001011111}, /* ID_PFR0: DIT CSV2 State3..0 */
		{1, 1, 0x0000000010010101}, /* ID_PFR1: GIC GenTimer MProgMod ProgMod */
		{2, 5, 0x0000000011011111}, /* ID_ISAR5 */
		{2, 6, 0x0000000001111010}, /* ID_MMFR4: CCIDX LSM HPDS CnP AC2 */
		{2, 7, 0x0000000011111111}, /* ID_ISAR6 */
		{3, 0, 0x0000000011111111}, /* MVFR0 */
		{3, 2, 0x0000000000000011}, /* MVFR2 */
		{3, 4, 0x0000000000000011}, /* ID_PFR2: SSBS CSV3 */
		{3, 6, 0x0000000000000011}, /* ID_MMFR5: nTLBPA ETS */
	};
	char name[32];

	for (size_t i = 0; i < ARRAY_SIZE(registers); i++) {
		snprintf(name, sizeof(name), "S3_0_C0_C%u_%u", registers[i].crm, registers[i].op2);
		reg_set(name, 0x1111111111111111);
		if (value(3, 0, 0, registers[i].crm, registers[i].op2) != registers[i].shown)
			fail_msg("%s reads 0x%lx", name,
				 (unsigned long)value(3, 0, 0, registers[i].crm, registers[i].op2));
	}
}

/* All the rest of the group reads as zero, whatever the CPU has there: SVE, SME, trace, MMFR3, unallocated.
 * [utest->swr~sysregs-allowlisted~1] */
static void other_id_registers_are_zero(void **state)
{
	static const u8 shown[8] = {
		[1] = 0xf3, [2] = 0xff, [3] = 0x57, [4] = 0x03, [5] = 0x01, [6] = 0x07, [7] = 0x07};
	char name[32];

	for (u32 crm = 1; crm <= 7; crm++)
		for (u32 op2 = 0; op2 < 8; op2++) {
			snprintf(name, sizeof(name), "S3_0_C0_C%u_%u", crm, op2);
			reg_set(name, UINT64_C(0x1111111111111111));
			assert_int_equal(value(3, 0, 0, crm, op2) != 0, shown[crm] >> op2 & 1);
			assert_int_equal(WRITE(3, 0, 0, crm, op2, 9), OUTCOME_UNDEFINED);
		}
	assert_int_equal(READ(3, 0, 0, 0, 1, 5), OUTCOME_UNDEFINED);
	assert_int_equal(READ(3, 0, 0, 8, 0, 5), OUTCOME_UNDEFINED);
}

/* Fields that say more than a cell may use are lowered, signed ones and those within stay as they are.
 * [utest->swr~sysregs-allowlisted~1] */
static void id_fields_have_limits(void **state)
{
	for (u64 n = 0; n < 16; n++) {
		reg_set("S3_0_C0_C4_0", n << 60 | n << 56 | n << 24 | n << 20 | n << 16 | n << 4 | n);
		assert_true(value(3, 0, 0, 4, 0) == (n << 60 | n << 56 | (n > 1 ? 1 : n) << 24 | n << 20 |
						     n << 16 | (n > 1 ? 1 : n) << 4 | n));
		reg_set("S3_0_C0_C7_0", n << 28 | n << 24 | n << 20 | n);
		assert_true(value(3, 0, 0, 7, 0) == (n << 28 | n << 24 | n << 20 | (n > 6 ? 6 : n)));
		/* Above 2 the access flag is in the hands of TCR2_EL1, which a cell has not. */
		reg_set("S3_0_C0_C7_1", 0x20 | n);
		assert_int_equal(value(3, 0, 0, 7, 1), 0x20 | (n > 2 ? 2 : n));
		/* The debug architecture that has nothing newer. */
		reg_set("S3_0_C0_C5_0", n);
		assert_int_equal(value(3, 0, 0, 5, 0), n > 6 ? 6 : n);
	}
	reg_set("S3_0_C0_C0_6", 0xfedcba9876543210);
	assert_true(value(3, 0, 0, 0, 6) == 0xfedcba9876543210); /* REVIDR */
	reg_set("S3_0_C0_C2_0", 0xfedcba9876543210);
	assert_true(value(3, 0, 0, 2, 0) == 0x76543210); /* ID_ISAR0 */
}

/* What Linux goes by. [utest->swr~speculation-as-native~1] */
static void speculation_is_shown_in_full(void **state)
{
	static const struct {
		u32 crm, op2, bit;
	} fields[] = {{4, 0, 56}, /* CSV2 */
		      {4, 0, 60}, /* CSV3 */
		      {4, 1, 4},  /* SSBS */
		      {4, 1, 32}, /* CSV2_frac */
		      {6, 1, 36}, /* SB */
		      {6, 1, 40}, /* SPECRES */
		      {6, 2, 28}, /* CLRBHB */
		      {7, 1, 60} /* ECBHB */};
	char name[32];

	for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
		for (u64 n = 0; n < 16; n++) {
			snprintf(name, sizeof(name), "S3_0_C0_C%u_%u", fields[i].crm, fields[i].op2);
			reg_set(name, n << fields[i].bit);
			assert_int_equal(value(3, 0, 0, fields[i].crm, fields[i].op2) >> fields[i].bit & 15,
					 n);
		}
}

struct place {
	const char *name;
	u32 op0, op1, first[3], last[3];
};

#define HOST(name, op0, op1, crn, crm, op2, ...) {#name, op0, op1, {crn, crm, op2}, {crn, crm, op2}},
#define ROW(name, op0, op1, crn, crm, op2, ...)	 {#name, op0, op1, {crn, crm, op2}, {crn, crm, op2}},
#define RANGE(name, op0, op1, crn, crm, op2, last_crn, last_crm, last_op2, ...)                              \
	{#name, op0, op1, {crn, crm, op2}, {last_crn, last_crm, last_op2}},
static const struct place table[] = {
#include "../../../src/arch/arm64/sysregs_table.h"
};

static u32 place_of(const struct place *place, const u32 *at)
{
	return place->op0 << 14 | place->op1 << 11 | at[0] << 7 | at[1] << 3 | at[2];
}

/* What the bisection rests on: each row ends before the next begins, and every number fits its field.
 * [utest->swr~sysregs-allowlisted~1] */
static void table_is_sorted(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		const struct place *p = &table[i];

		if (p->op0 > 3 || p->op1 > 7 || p->last[0] > 15 || p->last[1] > 15 || p->last[2] > 7 ||
		    p->first[1] > 15 || p->first[2] > 7 || place_of(p, p->first) > place_of(p, p->last))
			fail_msg("%s is no range", p->name);
		if (i && place_of(p - 1, p[-1].last) >= place_of(p, p->first))
			fail_msg("%s is not behind %s", p->name, p[-1].name);
	}
}

/* The version of the PMU where it is the cell's, up to the last that no hidden feature adds to.
 * [utest->swr~pmu-of-the-cell~1] */
static void pmu_as_the_property_says(void **state)
{
	for (u64 version = 0; version < 16; version++) {
		reg_set("S3_0_C0_C5_0", version << 8 | 6);
		host_cell()->flags = 0;
		assert_int_equal(value(3, 0, 0, 5, 0), 6);
		host_cell()->flags = BP_CELL_PMU;
		assert_int_equal(value(3, 0, 0, 5, 0), 6 | (version == 15 ? 0
							    : version > 8 ? 8
									  : version)
								       << 8);
	}
}

/* FEAT_NMI: written by a register or at once. [utest->swr~sysregs-allowlisted~1] */
static void allint_is_not_there(void **state)
{
	assert_int_equal(WRITE(3, 0, 4, 3, 0, 1), OUTCOME_UNDEFINED);
	assert_int_equal(WRITE(0, 1, 4, 1, 0, 31), OUTCOME_UNDEFINED);
	reg_set("S3_0_C0_C4_1", UINT64_C(1) << 36);
	assert_int_equal(value(3, 0, 0, 4, 1), 0);
}

/* Where it traps it isn't there: HCR_EL2.EnSCXT is set on CPUs that have it.
 * [utest->swr~sysregs-allowlisted~1] */
static void context_numbers_are_not_emulated(void **state)
{
	assert_int_equal(READ(3, 0, 13, 0, 7, 1), OUTCOME_UNDEFINED);
	assert_int_equal(WRITE(3, 3, 13, 0, 7, 1), OUTCOME_UNDEFINED);
}

/* ICC_SRE_EL1 reads as 7; a write is ignored and reaches nothing. [utest->swr~sysregs-allowlisted~1] */
static void sre_is_fixed(void **state)
{
	assert_int_equal(value(3, 0, 12, 12, 5), 7);
	assert_int_equal(WRITE(3, 0, 12, 12, 5, 0), OUTCOME_NEXT);
	assert_int_equal(reg_writes("ICC_SRE_EL1"), 0);
}

/* ICC_SGI1R_EL1 is write-only; SGIs of Group 0 and of the other security state are sent to nobody.
 * [utest->swr~sysregs-allowlisted~1] */
static void sgis_go_to_the_filter(void **state)
{
	assert_int_equal(READ(3, 0, 12, 11, 5, 3), OUTCOME_UNDEFINED); /* write-only */
	/* Group 0 and the other security state reach nobody. */
	frame.x[3] = UINT64_C(4) << 24 | 3;
	assert_int_equal(WRITE(3, 0, 12, 11, 6, 3), OUTCOME_NEXT);
	assert_int_equal(WRITE(3, 0, 12, 11, 7, 3), OUTCOME_NEXT);
	assert_int_equal(reg_writes("ICC_SGI1R_EL1"), 0);
	assert_int_equal(reg_writes("ICC_SGI0R_EL1"), 0);
	assert_int_equal(reg_writes("ICC_ASGI1R_EL1"), 0);
}

/* Debug registers read as zero, the OS lock as there and unlocked; what is written reaches nothing.
 * [utest->swr~sysregs-allowlisted~1] */
static void debug_is_absent_but_harmless(void **state)
{
	assert_int_equal(value(2, 0, 0, 2, 2), 0); /* MDSCR */
	assert_int_equal(WRITE(2, 0, 0, 2, 2, 1), OUTCOME_NEXT);
	assert_int_equal(WRITE(2, 0, 1, 0, 4, 1), OUTCOME_NEXT); /* OSLAR */
	assert_int_equal(READ(2, 0, 1, 0, 4, 1), OUTCOME_UNDEFINED);
	assert_int_equal(value(2, 0, 1, 1, 4), 8); /* OSLSR: there, unlocked */
	assert_int_equal(WRITE(2, 0, 1, 1, 4, 1), OUTCOME_UNDEFINED);
	assert_int_equal(WRITE(2, 0, 1, 3, 4, 1), OUTCOME_NEXT); /* OSDLR */
	for (u32 n = 0; n < 16; n++)
		for (u32 op2 = 4; op2 < 8; op2++) {
			assert_int_equal(value(2, 0, 0, n, op2), 0);
			assert_int_equal(WRITE(2, 0, 0, n, op2, 1), OUTCOME_NEXT);
		}
	assert_int_equal(reg_writes("mdscr_el1"), 0);
}

/* ACTLR_EL1 reads as zero; a write is ignored and reaches nothing. [utest->swr~sysregs-allowlisted~1] */
static void actlr(void **state)
{
	assert_int_equal(value(3, 0, 1, 0, 1), 0);
	assert_int_equal(WRITE(3, 0, 1, 0, 1, 1), OUTCOME_NEXT);
	assert_int_equal(reg_writes("actlr_el1"), 0);
}

/* [utest->swr~sysregs-allowlisted~1] */
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
}

/* All of the encoding space: no write gets through to the machine, no read changes another register. */
/* [utest->swr~sysregs-allowlisted~1] */
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

/* By set and way a cell would sweep caches that others share: the instructions do nothing.
 * [utest->swr~sysregs-allowlisted~1] */
static void set_way_is_skipped(void **state)
{
	static const u8 crm[] = {6, 10, 14};

	for (size_t i = 0; i < ARRAY_SIZE(crm); i++) {
		assert_int_equal(WRITE(1, 0, 7, crm[i], 2, 5), OUTCOME_NEXT);
		assert_int_equal(READ(1, 0, 7, crm[i], 2, 5), OUTCOME_UNDEFINED);
	}
	assert_string_equal(journal(), "");
}

/* A read to xzr changes no register of the guest. [utest->swr~registers-kept~1] */
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
		cmocka_unit_test_setup(other_id_registers_are_zero, boot),
		cmocka_unit_test_setup(id_fields_have_limits, boot),
		cmocka_unit_test_setup(speculation_is_shown_in_full, boot),
		cmocka_unit_test_setup(table_is_sorted, boot),
		cmocka_unit_test_setup(allint_is_not_there, boot),
		cmocka_unit_test_setup(context_numbers_are_not_emulated, boot),
		cmocka_unit_test_setup(sre_is_fixed, boot),
		cmocka_unit_test_setup(set_way_is_skipped, boot),
		cmocka_unit_test_setup(sgis_go_to_the_filter, boot),
		cmocka_unit_test_setup(debug_is_absent_but_harmless, boot),
		cmocka_unit_test_setup(actlr, boot),
		cmocka_unit_test_setup(all_else_is_undefined, boot),
		cmocka_unit_test_setup(sweep, boot),
		cmocka_unit_test_setup(zero_register_takes_nothing, boot),
	};

	return cmocka_run_group_tests_name("sysregs", tests, NULL, NULL);
}
