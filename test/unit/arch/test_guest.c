/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_guest.c - what a guest starts with, and the exceptions it is given (Arm ARM D1.3, D1.4).
 */
#include "machine.h"
#include <stdio.h>
#include "../../../src/arch/arm64/guest.h"

#define VBAR UINT64_C(0xffff800008010000)
#define PC   UINT64_C(0x401000)
#define PAN  BIT(22)
#define SSBS BIT(12)
#define DAIF UINT64_C(0x3c0)
#define EL1H UINT64_C(5)

static int boot(void **state)
{
	host_cell_make(2, BP_MODE_INJECTED, 0);
	machine_reset(4);
	reg_set("vbar_el1", VBAR);
	reg_set("elr_el2", PC);
	reg_set("sctlr_el1", BIT(23)); /* SPAN: PAN stays as it is */
	journal_clear();
	return 0;
}

static u64 vector_from(u64 spsr)
{
	reg_set("elr_el2", PC);
	reg_set("spsr_el2", spsr);
	guest_undefined();
	assert_int_equal(reg("elr_el1"), PC);
	assert_int_equal(reg("spsr_el1"), spsr);
	assert_int_equal(reg("esr_el1"), BIT(25)); /* EC unknown, IL */
	return reg("elr_el2") - VBAR;
}

/* [utest->swr~guest-exceptions~1] */
static void vectors_by_origin(void **state)
{
	assert_int_equal(vector_from(4), 0x000);	  /* EL1t: current EL, SP_EL0 */
	assert_int_equal(vector_from(5), 0x200);	  /* EL1h: current EL, SP_ELx */
	assert_int_equal(vector_from(0), 0x400);	  /* EL0, AArch64 */
	assert_int_equal(vector_from(0x10), 0x600);	  /* EL0, AArch32 */
	assert_int_equal(vector_from(0xf00003c5), 0x200); /* flags and masks say nothing of the origin */
	assert_int_equal(vector_from(0x600001f0), 0x600);
}

static u64 state_from(u64 spsr, u64 sctlr, u64 mmfr1)
{
	reg_set("spsr_el2", spsr);
	reg_set("sctlr_el1", sctlr);
	reg_set("id_aa64mmfr1_el1", mmfr1);
	guest_undefined();
	return reg("spsr_el2");
}

/* AArch64.TakeException: masked, EL1h; NZCV and DIT stay; PAN by SCTLR_EL1.SPAN; SSBS by DSSBS; the rest 0.
 * [utest->swr~guest-exceptions~1] */
static void processor_state_at_the_vector(void **state)
{
	const u64 has_pan = UINT64_C(1) << 20, span = BIT(23), dssbs = BIT(44);

	assert_true(state_from(0x0, span, has_pan) == (DAIF | EL1H));
	assert_true(state_from(0xf0000000, span, has_pan) == (0xf0000000 | DAIF | EL1H));
	assert_true(state_from(BIT(24), span, has_pan) == (BIT(24) | DAIF | EL1H));
	assert_true(state_from(PAN, span, has_pan) == (PAN | DAIF | EL1H));
	assert_true(state_from(0, 0, has_pan) == (PAN | DAIF | EL1H));
	assert_true(state_from(0, 0, 0) == (DAIF | EL1H)); /* a CPU without PAN */
	assert_true(state_from(SSBS, span, has_pan) == (DAIF | EL1H));
	assert_true(state_from(0, span | dssbs, has_pan) == (SSBS | DAIF | EL1H));
	/* BTYPE, UAO, SS and IL are cleared. */
	assert_true(state_from(0xc00 | BIT(23) | BIT(21) | BIT(20) | 5, span, has_pan) == (DAIF | EL1H));
	/* AArch32: Q, IT, J, GE, E, T are not AArch64's. */
	assert_true(state_from(0xff0ffe30, span, has_pan) == (0xf0000000 | DAIF | EL1H));
}

/* An abort is an external one, from the same exception level or a lower one, with the guest's address.
 * [utest->swr~guest-exceptions~1] */
static void aborts(void **state)
{
	static const struct {
		u64 spsr;
		bool instruction;
		u32 ec;
	} rows[] = {{5, false, 0x25}, {4, false, 0x25}, {0, false, 0x24}, {0x10, false, 0x24},
		    {5, true, 0x21},  {4, true, 0x21},	{0, true, 0x20},  {0x10, true, 0x20}};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		reg_set("elr_el2", PC);
		reg_set("spsr_el2", rows[i].spsr);
		reg_set("far_el2", 0xffff0000deadbeef);
		guest_abort(rows[i].instruction);
		assert_int_equal(reg("esr_el1") >> 26, rows[i].ec);
		assert_true(reg("esr_el1") & BIT(25));
		assert_false(reg("esr_el1") & BIT(24));	       /* no syndrome */
		assert_int_equal(reg("esr_el1") & 0x3f, 0x10); /* external abort, not on a walk */
		assert_true(reg("far_el1") == 0xffff0000deadbeef);
		assert_int_equal(reg("elr_el1"), PC);
	}
}

/* [utest->swr~guest-registers-written~1] */
static void fresh_guest_inherits_nothing(void **state)
{
	static const char *const zero[] = {"ttbr0_el1",	   "ttbr1_el1",	     "tcr_el1",	     "mair_el1",
					   "amair_el1",	   "contextidr_el1", "par_el1",	     "vbar_el1",
					   "esr_el1",	   "far_el1",	     "afsr0_el1",    "afsr1_el1",
					   "elr_el1",	   "spsr_el1",	     "sp_el0",	     "sp_el1",
					   "mdscr_el1",	   "actlr_el1",	     "cpacr_el1",    "csselr_el1",
					   "tpidr_el0",	   "tpidrro_el0",    "tpidr_el1",    "cntkctl_el1",
					   "cntv_ctl_el0", "cntv_cval_el0",  "cntp_ctl_el0", "cntp_cval_el0"};
	struct exit frame;

	memset(&frame, 0xa5, sizeof(frame));
	for (size_t i = 0; i < ARRAY_SIZE(zero); i++)
		reg_set(zero[i], 0xa5a5a5a5);
	arch_guest_prepare(&frame, 0x48080000, 0x4fe00000);
	for (size_t i = 0; i < ARRAY_SIZE(zero); i++) {
		if (!reg_writes(zero[i]) || reg(zero[i]) != 0)
			fail_msg("%s is not written 0", zero[i]);
	}
	/* RES1 bits of SCTLR_EL1 (D17.2.118); M, A, C, SA, I, WXN, EE clear. */
	assert_int_equal(reg("sctlr_el1"), 0x30d00800);
	assert_int_equal(reg("elr_el2"), 0x48080000);
	assert_int_equal(reg("spsr_el2"), 0x3c5);
	assert_int_equal(frame.x[0], 0x4fe00000);
	for (u32 i = 1; i < 31; i++)
		assert_int_equal(frame.x[i], 0);
	assert_non_null(strstr(journal(), "fp-zero"));
	assert_non_null(strstr(journal(), "tlbi(vmalls12e1,"));
	assert_int_equal(reg_writes("S3_0_C2_C1_0"), 0); /* no pointer authentication here */
}

/* Where the CPU has pointer authentication, in any of its forms, all keys are written.
 * [utest->swr~guest-registers-written~1] */
static void pointer_authentication_keys(void **state)
{
	static const struct {
		const char *name;
		u64 value;
	} features[] = {{"id_aa64isar1_el1", UINT64_C(1) << 4},	 {"id_aa64isar1_el1", UINT64_C(1) << 8},
			{"id_aa64isar1_el1", UINT64_C(1) << 24}, {"id_aa64isar1_el1", UINT64_C(1) << 28},
			{"S3_0_C0_C6_2", UINT64_C(1) << 8},	 {"S3_0_C0_C6_2", UINT64_C(1) << 12}};
	static const char *const keys[] = {"APIAKEYLO_EL1", "APIAKEYHI_EL1", "APIBKEYLO_EL1", "APIBKEYHI_EL1",
					   "APDAKEYLO_EL1", "APDAKEYHI_EL1", "APDBKEYLO_EL1", "APDBKEYHI_EL1",
					   "APGAKEYLO_EL1", "APGAKEYHI_EL1"};
	struct exit frame;

	for (size_t i = 0; i < ARRAY_SIZE(features); i++) {
		boot(state);
		reg_set(features[i].name, features[i].value);
		arch_guest_prepare(&frame, 0, 0);
		for (size_t k = 0; k < ARRAY_SIZE(keys); k++)
			assert_int_equal(reg_writes(keys[k]), 1);
	}
}

/* Registers of newer CPUs: SCXTNUM_ELx, and what AMO makes of DISR_EL1.
 * [utest->swr~guest-registers-written~1] */
static void registers_by_feature(void **state)
{
	static const struct {
		const char *name;
		u64 value;
		u32 context, errors;
	} rows[] = {{"id_aa64pfr0_el1", 0, 0, 0},
		    {"id_aa64pfr0_el1", UINT64_C(1) << 56, 0, 0},
		    {"id_aa64pfr0_el1", UINT64_C(2) << 56, 1, 0},
		    {"id_aa64pfr1_el1", UINT64_C(2) << 32, 1, 0},
		    {"id_aa64pfr0_el1", 1 << 28, 0, 1}};
	struct exit frame;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		boot(state);
		reg_set(rows[i].name, rows[i].value);
		arch_guest_prepare(&frame, 0, 0);
		assert_int_equal(reg_writes("SCXTNUM_EL0"), rows[i].context);
		assert_int_equal(reg_writes("SCXTNUM_EL1"), rows[i].context);
		assert_int_equal(reg_writes("VDISR_EL2"), rows[i].errors);
		assert_int_equal(reg_writes("VSESR_EL2"), rows[i].errors);
		assert_int_equal(
			reg("SCXTNUM_EL0") | reg("SCXTNUM_EL1") | reg("VDISR_EL2") | reg("VSESR_EL2"), 0);
	}
}

/* Every counter of a PMU that the CPU has, whoever used it before. [utest->swr~pmu-of-the-cell~1] */
static void performance_monitors(void **state)
{
	static const char *const zero[] = {"pmcr_el0", "pmuserenr_el0", "pmselr_el0", "pmccfiltr_el0",
					   "pmccntr_el0"};
	static const char *const ones[] = {"pmcntenclr_el0", "pmintenclr_el1", "pmovsclr_el0"};
	static const u64 absent[] = {0, 15};
	struct exit frame;

	for (u64 version = 1; version < 15; version++) {
		boot(state);
		for (size_t i = 0; i < ARRAY_SIZE(zero); i++)
			reg_set(zero[i], 0xa5a5a5a5);
		reg_set("id_aa64dfr0_el1", 0xfff0ff | version << 8);
		reg_set("pmcr_el0", 6 << 11 | 1);
		arch_guest_prepare(&frame, 0, 0);
		for (size_t i = 0; i < ARRAY_SIZE(zero); i++)
			assert_true(reg_wrote(zero[i], 0));
		for (size_t i = 0; i < ARRAY_SIZE(ones); i++)
			assert_true(reg_wrote(ones[i], 0xffffffff));
		/* Event n: selected, then its type and count. */
		assert_int_equal(reg_writes("pmxevtyper_el0"), 6);
		assert_int_equal(reg_writes("pmxevcntr_el0"), 6);
		for (u64 n = 1; n < 6; n++)
			assert_true(reg_wrote("pmselr_el0", n));
		assert_true(journal_before("pmcr_el0=0 ", "pmxevcntr_el0=0 "));
		assert_true(journal_before("pmccntr_el0=0 ", "pmovsclr_el0=ffffffff "));
	}
	for (size_t i = 0; i < ARRAY_SIZE(absent); i++) {
		boot(state);
		reg_set("id_aa64dfr0_el1", absent[i] << 8);
		arch_guest_prepare(&frame, 0, 0);
		assert_int_equal(reg_writes("pmcr_el0"), 0);
		assert_int_equal(reg_writes("pmuserenr_el0"), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(vectors_by_origin, boot),
		cmocka_unit_test_setup(processor_state_at_the_vector, boot),
		cmocka_unit_test_setup(aborts, boot),
		cmocka_unit_test_setup(fresh_guest_inherits_nothing, boot),
		cmocka_unit_test_setup(pointer_authentication_keys, boot),
		cmocka_unit_test_setup(registers_by_feature, boot),
		cmocka_unit_test_setup(performance_monitors, boot),
	};

	return cmocka_run_group_tests_name("guest", tests, NULL, NULL);
}
