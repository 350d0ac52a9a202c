/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_psci.c - PSCI 1.1 (Arm DEN0022) and SMCCC 1.1 (DEN0028) as a cell sees them.
 *
 * Both ranges: random_numbers, named_functions_go_to_firmware
 * Robustness: unknown_calls, foreign_cores_do_not_exist, smc32_arguments,
 * arch_features_of_others, cpu_off_waits_for_a_pending_error
 */
#include "machine.h"
#include <stdio.h>
#include "../../../src/arch/arm64/psci.h"

#define NOT_SUPPORTED	   -1
#define INVALID_PARAMETERS -2
#define ALREADY_ON	   -4
#define ON_PENDING	   -5

#define VERSION		   0x84000000
#define CPU_SUSPEND	   0xc4000001
#define CPU_OFF		   0x84000002
#define CPU_ON		   0xc4000003
#define CPU_ON_32	   0x84000003
#define AFFINITY_INFO	   0xc4000004
#define MIGRATE		   0xc4000005
#define MIGRATE_INFO_TYPE  0x84000006
#define SYSTEM_OFF	   0x84000008
#define SYSTEM_RESET	   0x84000009
#define FEATURES	   0x8400000a
#define SYSTEM_SUSPEND	   0xc400000e
#define SYSTEM_RESET2	   0xc4000012
#define SMCCC		   0x80000000
#define ARCH_FEATURES	   0x80000001
#define WORKAROUND_1	   0x80008000
#define WORKAROUND_2	   0x80007fff
#define WORKAROUND_3	   0x80003fff
#define TRNG_VERSION_32	   0x84000050
#define TRNG_RND	   0xc4000053

static struct exit frame;
static jmp_buf asleep;

static int boot(void **state)
{
	host_cell_make(3, BP_MODE_INJECTED, 0);
	host_core(2)->mpidr = UINT64_C(0x0300020100);
	machine_reset(4);
	cell_state()->cores[0].power = POWER_ON;
	cell_state()->cores[1].power = POWER_OFF;
	cell_state()->cores[2].power = POWER_OFF;
	journal_clear();
	return 0;
}

static s64 call(u64 function, u64 x1, u64 x2, u64 x3)
{
	memset(&frame, 0x5a, sizeof(frame));
	frame.x[0] = function;
	frame.x[1] = x1;
	frame.x[2] = x2;
	frame.x[3] = x3;
	/* As traps.c: constants first. */
	if (!smccc_constant((u32)function, &frame.x[0]))
		assert_int_equal(smccc_call(&frame, OUTCOME_NEXT), OUTCOME_NEXT);
	return (s64)frame.x[0];
}

static s64 trng_answer;

static s64 firmware_trng(u64 function, u64 a, u64 b, u64 c)
{
	assert_int_equal(b | c, 0);
	return trng_answer;
}

/* [utest->swr~trng-forwarded~1] */
static void random_numbers(void **state)
{
	machine_firmware = firmware_trng;
	machine_firmware_results[0] = UINT64_C(0x1111111122222222);
	machine_firmware_results[1] = UINT64_C(0x3333333344444444);
	machine_firmware_results[2] = UINT64_C(0x5555555566666666);
	trng_answer = 0;
	assert_int_equal(call(TRNG_RND, 192, 7, 8), 0);
	assert_int_equal(frame.x[1], machine_firmware_results[0]);
	assert_int_equal(frame.x[3], machine_firmware_results[2]);
	assert_non_null(strstr(journal(), "smc(c4000053,c0,0,0)"));
	/* The 32-bit call takes and gives 32 bits. */
	assert_int_equal(call(TRNG_RND_32, UINT64_C(0xff00000020), 0, 0), 0);
	assert_non_null(strstr(journal(), "smc(84000053,20,0,0)"));
	assert_int_equal(frame.x[1], 0x22222222);
	trng_answer = 0x10000;
	assert_int_equal(call(TRNG_VERSION_32, 0, 0, 0), 0x10000);
	/* Without one in firmware: its other registers are not the guest's. */
	trng_answer = -1;
	assert_int_equal(call(TRNG_VERSION_32, 5, 6, 7), NOT_SUPPORTED);
	assert_int_equal(frame.x[1], 5);
	assert_int_equal(frame.x[3], 7);
	/* SMC32 firmware need not extend the sign. */
	trng_answer = 0xfffffffe;
	assert_int_equal(call(TRNG_RND, 1000, 0, 0), INVALID_PARAMETERS);
	machine_firmware_results[0] = machine_firmware_results[1] = machine_firmware_results[2] = 0;
}

static s64 firmware_seven(u64 function, u64 a, u64 b, u64 c)
{
	return 7;
}

static void pass_to_firmware(u32 function)
{
	const u32 functions[] = {0x82000001, function};

	host_table(&host_cell()->firmware, functions, 2, sizeof(u32));
}

/* [utest->swr~firmware-calls~1] */
static void named_functions_go_to_firmware(void **state)
{
	machine_firmware = firmware_seven;
	machine_firmware_results[0] = 0x11;
	machine_firmware_results[2] = UINT64_C(0x3333333344444444);
	pass_to_firmware(0xc2000010);
	assert_int_equal(call(0xc2000010, UINT64_C(0x100000002), 3, 4), 7);
	assert_int_equal(machine_firmware_saw[1], UINT64_C(0x100000002));
	assert_int_equal(machine_firmware_saw[7], UINT64_C(0x5a5a5a5a5a5a5a5a));
	assert_int_equal(frame.x[1], 0x11);
	assert_int_equal(frame.x[3], UINT64_C(0x3333333344444444));
	for (unsigned int i = 4; i < 31; i++) /* preserved, whatever firmware does to them */
		assert_int_equal(frame.x[i], UINT64_C(0x5a5a5a5a5a5a5a5a));
	/* 32-bit arguments; nothing but the function's own number. */
	assert_int_equal(call(0x82000001, UINT64_C(0x100000002), 3, 4), 7);
	assert_int_equal(machine_firmware_saw[1], 2);
	journal_clear();
	assert_int_equal(call(0x82000010, 0, 0, 0), NOT_SUPPORTED);
	assert_int_equal(call(0xc2000011, 0, 0, 0), NOT_SUPPORTED);
	assert_int_equal(call(0xc2000001, 0, 0, 0), NOT_SUPPORTED);
	assert_null(strstr(journal(), "smc("));
	/* A Trusted OS is told by EL2 who calls. */
	pass_to_firmware(0xb2000004);
	assert_int_equal(call(0xb2000004, 0, 0, 0), 7);
	assert_int_equal(machine_firmware_saw[7], this_cell->index + 1);
	/* What EL2 answers itself stays its own, whatever a table says. */
	pass_to_firmware(AFFINITY_INFO);
	assert_int_equal(call(AFFINITY_INFO, 0, 0, 0), 0);
	machine_firmware_results[0] = machine_firmware_results[2] = 0;
}

/* [utest->swr~psci-own-cores~1] */
static void versions(void **state)
{
	assert_int_equal(call(VERSION, 0, 0, 0), 0x10001);
	assert_int_equal(call(SMCCC, 0, 0, 0), 0x10001);
	assert_int_equal(call(MIGRATE_INFO_TYPE, 0, 0, 0), 2); /* no Trusted OS to migrate */
}

/* [utest->swr~psci-own-cores~1] */
static void features(void **state)
{
	static const u32 there[] = {VERSION,	  CPU_SUSPEND,	 0x84000001, CPU_OFF,		CPU_ON,
				    CPU_ON_32,	  AFFINITY_INFO, 0x84000004, MIGRATE_INFO_TYPE, SYSTEM_OFF,
				    SYSTEM_RESET, FEATURES,	 SMCCC};
	static const u32 absent[] = {MIGRATE, SYSTEM_SUSPEND, SYSTEM_RESET2, 0x8400000f, 0x84000010,
				     0,	      0xffffffff};

	for (size_t i = 0; i < ARRAY_SIZE(there); i++)
		assert_int_equal(call(FEATURES, there[i], 0, 0), 0);
	for (size_t i = 0; i < ARRAY_SIZE(absent); i++)
		assert_int_equal(call(FEATURES, absent[i], 0, 0), NOT_SUPPORTED);
}

/* [utest->swr~psci-own-cores~1] */
static void unknown_calls(void **state)
{
	static const u32 functions[] = {0,	    0x84000007, MIGRATE,    SYSTEM_SUSPEND, SYSTEM_RESET2,
					0x8400001f, 0x80000002, 0x81000000, 0x82000000,	    0x83000000,
					0xc5000000, 0xb2000000, 0x7fffffff, 0xffffffff,	    0x84000100};

	for (size_t i = 0; i < ARRAY_SIZE(functions); i++)
		assert_int_equal(call(functions[i], 0, 0, 0), NOT_SUPPORTED);
	assert_null(strstr(journal(), "smc(")); /* none reaches firmware */
}

/* [utest->swr~psci-cpu-on~1] */
static void core_on_off_and_pending(void **state)
{
	assert_int_equal(call(AFFINITY_INFO, 1, 0, 0), 1);
	assert_int_equal(call(CPU_ON, 1, 0x48000000, 5), 0);
	assert_int_equal(call(AFFINITY_INFO, 1, 0, 0), 2);
	assert_int_equal(call(CPU_ON, 1, 0x48000000, 5), ON_PENDING);
	cell_state()->cores[1].power = POWER_ON;
	assert_int_equal(call(AFFINITY_INFO, 1, 0, 0), 0);
	assert_int_equal(call(CPU_ON, 1, 0x48000000, 5), ALREADY_ON);
	assert_int_equal(call(CPU_ON, 0, 0x48000000, 5), ALREADY_ON);
	assert_null(strstr(journal(), "smc(")); /* parked at EL2, never in firmware */
}

/* [utest->swr~psci-cpu-on~1] [utest->swr~psci-affinity-info~1] */
static void core_by_all_affinities(void **state)
{
	assert_int_equal(call(CPU_ON, UINT64_C(0x0300020100), 0x1000, 5), 0);
	assert_int_equal(cell_state()->cores[2].power, POWER_ON_PENDING);
	assert_int_equal(cell_state()->cores[2].on_entry, 0x1000);
	assert_int_equal(cell_state()->cores[2].on_context, 5);
	/* Aff3.Aff2.Aff1.Aff0 = 3.2.1.0 */
	assert_true(reg_wrote("ICC_SGI1R_EL1",
			      UINT64_C(3) << 48 | UINT64_C(2) << 32 | UINT64_C(1) << 16 | 7 << 24 | 1));
}

/* [utest->swr~psci-cpu-on~1] [utest->swr~psci-affinity-info~1] */
static void foreign_cores_do_not_exist(void **state)
{
	static const u64 targets[] = {3, 0x100, UINT64_C(1) << 32, BIT(31) | 1, UINT64_MAX, BIT(24) | 1};

	for (size_t i = 0; i < ARRAY_SIZE(targets); i++) {
		assert_int_equal(call(CPU_ON, targets[i], 0x1000, 0), INVALID_PARAMETERS);
		assert_int_equal(call(AFFINITY_INFO, targets[i], 0, 0), INVALID_PARAMETERS);
	}
	assert_int_equal(call(AFFINITY_INFO, 1, 1, 0), INVALID_PARAMETERS);
	assert_int_equal(reg_writes("ICC_SGI1R_EL1"), 0);
}

/* An SMC32 call has 32-bit arguments, whatever the upper halves hold. */
/* [utest->swr~psci-cpu-on~1] */
static void smc32_arguments(void **state)
{
	const u64 junk = UINT64_C(0xabcd) << 48;

	assert_int_equal(call(CPU_ON_32, junk | 1, junk | 0x48000000, junk | 7), 0);
	assert_int_equal(cell_state()->cores[1].on_entry, 0x48000000);
	assert_int_equal(cell_state()->cores[1].on_context, 7);
	assert_int_equal(call(0x84000004, junk | 1, junk, 0), 2);
	assert_int_equal(call(CPU_ON, junk | 1, 0, 0), INVALID_PARAMETERS);
	assert_int_equal(call(junk | VERSION, 0, 0, 0), 0x10001); /* the function ID is w0 */
}

/* CPU_SUSPEND to a standby state succeeds; one to a powered-down state is refused.
 * [utest->swr~psci-own-cores~1] */
static void suspend_stands_by_only(void **state)
{
	assert_int_equal(call(CPU_SUSPEND, 0, 0, 0), 0);
	assert_int_equal(call(CPU_SUSPEND, BIT(16), 0x1000, 0), INVALID_PARAMETERS);
}

static void sleep_for_good(void)
{
	longjmp(asleep, 1);
}

/* [utest->swr~psci-cpu-off~1] */
static void cpu_off_parks_in_el2(void **state)
{
	core_identify(1);
	cell_state()->cores[1].power = POWER_ON;
	machine_on_wfi = sleep_for_good;
	frame.x[0] = CPU_OFF;
	frame.whole = 0;
	assert_int_equal(smccc_call(&frame, OUTCOME_SAME), OUTCOME_WHOLE);
	assert_int_equal(cell_state()->cores[1].power, POWER_ON); /* nothing done yet */
	frame.whole = 1;
	assert_int_equal(smccc_call(&frame, OUTCOME_SAME), OUTCOME_OFF);
	if (setjmp(asleep) == 0) {
		core_off(&frame);
		fail_msg("CPU_OFF came back");
	}
	assert_int_equal(cell_state()->cores[1].power, POWER_OFF);
	assert_int_equal(host_telemetry(1)->core_state, CORE_PARKED);
	assert_null(strstr(journal(), "smc("));
}

/* It is the guest's error yet, which the core's end would take: it comes first, then the call again, by HVC
 * and by SMC. [utest->swr~serror-attributed~1] [utest->swr~psci-cpu-off~1] */
static void cpu_off_waits_for_a_pending_error(void **state)
{
	frame.x[0] = CPU_OFF;
	frame.whole = 1;
	reg_set("isr_el1", 0x1c0);
	reg_set("elr_el2", 0x48000104);
	assert_int_equal(smccc_call(&frame, OUTCOME_SAME), OUTCOME_SAME);
	assert_int_equal(reg("elr_el2"), 0x48000100);
	assert_int_equal(smccc_call(&frame, OUTCOME_NEXT), OUTCOME_SAME);
	assert_int_equal(reg("elr_el2"), 0x48000100);
	assert_int_equal(frame.x[0], CPU_OFF);
	reg_set("isr_el1", 0xc0); /* interrupts alone */
	assert_int_equal(smccc_call(&frame, OUTCOME_SAME), OUTCOME_OFF);
}

static void wake_up_comes(void)
{
	machine_on_wfi = sleep_for_good;
	iar_push(7);
}

/* [utest->swr~psci-cpu-off~1] */
static void cpu_off_and_on_again(void **state)
{
	core_identify(1);
	cell_state()->cores[1].power = POWER_ON;
	machine_on_wfi = sleep_for_good;
	frame.x[0] = CPU_OFF;
	if (setjmp(asleep) == 0)
		core_off(&frame);
	core_identify(0);
	assert_int_equal(call(CPU_ON, 1, 0x48009000, 0x77), 0);
	core_identify(1);
	machine_on_wfi = wake_up_comes;
	if (setjmp(asleep))
		fail_msg("sleeps on");
	core_rest(&frame);
	assert_int_equal(reg("elr_el2"), 0x48009000);
	assert_int_equal(frame.x[0], 0x77);
	for (u32 i = 1; i < 31; i++)
		assert_int_equal(frame.x[i], 0);
	assert_int_equal(reg("spsr_el2"), 0x3c5); /* EL1h, DAIF masked */
	assert_int_equal(host_telemetry(1)->core_state, CORE_RUNNING);
}

/* [utest->swr~psci-own-cores~1] */
static void system_calls_end_the_cell_alone(void **state)
{
	frame.x[0] = SYSTEM_RESET;
	frame.whole = 0;
	assert_int_equal(smccc_call(&frame, OUTCOME_SAME), OUTCOME_WHOLE);
	assert_int_equal(cell_state()->cores[0].request, 0);
	frame.whole = 1;
	assert_int_equal(smccc_call(&frame, OUTCOME_SAME), OUTCOME_REST);
	assert_int_equal(cell_state()->cores[0].request & 0xff, BP_ACTION_RESTART);
	assert_int_equal(cell_state()->cores[0].request >> 8 & 0xff, BP_ERROR_COUNT); /* by request */
	frame.x[0] = SYSTEM_OFF;
	assert_int_equal(smccc_call(&frame, OUTCOME_SAME), OUTCOME_REST);
	assert_int_equal(cell_state()->cores[0].request & 0xff, BP_ACTION_STOP);
	assert_true(arch_stage2_revoked());
	assert_null(strstr(journal(), "smc("));
}

/* ---- workarounds: this core's own, by firmware ---- */

static s64 version_answer, feature_answer;

static s64 firmware(u64 function, u64 a, u64 b, u64 c)
{
	switch (function) {
	case SMCCC:
		return version_answer;
	case ARCH_FEATURES:
		return feature_answer;
	default:
		return 0;
	}
}

/* [utest->swr~speculation-as-native~1] */
static void workarounds_follow_firmware(void **state)
{
	static const u32 functions[] = {WORKAROUND_1, WORKAROUND_2, WORKAROUND_3};

	machine_firmware = firmware;
	for (size_t i = 0; i < ARRAY_SIZE(functions); i++) {
		char wanted[64];

		snprintf(wanted, sizeof(wanted), "smc(%x,", functions[i]);
		version_answer = -1; /* no SMCCC 1.1 in firmware */
		feature_answer = 0;
		assert_int_equal(call(ARCH_FEATURES, functions[i], 0, 0), NOT_SUPPORTED);
		call(functions[i], 0, 0, 0);
		assert_null(strstr(journal(), wanted));
		version_answer = 0x10001;
		feature_answer = 1; /* not needed on this core */
		assert_int_equal(call(ARCH_FEATURES, functions[i], 0, 0), 1);
		feature_answer = UINT32_MAX; /* w0 = -1, upper half not written */
		assert_int_equal(call(ARCH_FEATURES, functions[i], 0, 0), NOT_SUPPORTED);
		feature_answer = 0;
		assert_int_equal(call(ARCH_FEATURES, functions[i], 0, 0), 0);
		call(functions[i], 1, 0, 0);
		assert_non_null(strstr(journal(), wanted));
	}
}

/* [utest->swr~psci-own-cores~1] */
static void arch_features_of_others(void **state)
{
	assert_int_equal(call(ARCH_FEATURES, SMCCC, 0, 0), 0);
	assert_int_equal(call(ARCH_FEATURES, ARCH_FEATURES, 0, 0), 0);
	assert_int_equal(call(ARCH_FEATURES, 0x80000002, 0, 0), NOT_SUPPORTED);
	assert_int_equal(call(ARCH_FEATURES, 0x84000050, 0, 0), NOT_SUPPORTED);
	assert_null(strstr(journal(), "smc("));
}

/* [utest->swr~hypercalls-bounded~1] */
static void vendor_calls_are_hypercalls(void **state)
{
	assert_int_equal(call(HYPERCALL_VERSION, 0, 0, 0), HYPERCALL_ABI);
	assert_int_equal(call(HYPERCALL_REVISION, 0, 0, 0), HYPERCALL_ABI >> 16);
	assert_int_equal(call(0xc6000fff, 0, 0, 0), NOT_SUPPORTED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(versions, boot),
		cmocka_unit_test_setup(random_numbers, boot),
		cmocka_unit_test_setup(named_functions_go_to_firmware, boot),
		cmocka_unit_test_setup(features, boot),
		cmocka_unit_test_setup(unknown_calls, boot),
		cmocka_unit_test_setup(core_on_off_and_pending, boot),
		cmocka_unit_test_setup(core_by_all_affinities, boot),
		cmocka_unit_test_setup(foreign_cores_do_not_exist, boot),
		cmocka_unit_test_setup(smc32_arguments, boot),
		cmocka_unit_test_setup(suspend_stands_by_only, boot),
		cmocka_unit_test_setup(cpu_off_parks_in_el2, boot),
		cmocka_unit_test_setup(cpu_off_waits_for_a_pending_error, boot),
		cmocka_unit_test_setup(cpu_off_and_on_again, boot),
		cmocka_unit_test_setup(system_calls_end_the_cell_alone, boot),
		cmocka_unit_test_setup(workarounds_follow_firmware, boot),
		cmocka_unit_test_setup(arch_features_of_others, boot),
		cmocka_unit_test_setup(vendor_calls_are_hypercalls, boot),
	};

	return cmocka_run_group_tests_name("psci", tests, NULL, NULL);
}
