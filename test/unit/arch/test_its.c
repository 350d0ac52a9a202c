/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_its.c - the ITS at boot: its tables, and the command list played once, against a model of its
 * registers.
 *
 * Robustness: a_stall_is_told, one_that_does_not_come_to_an_end
 */
#include "machine.h"
#include "../../../src/arch/arm64/its.h"

#define ITS	 UINT64_C(0x40c3000000)
#define COMMANDS 0xa0u

static u32 stalls_at; /* offset of the command that it doesn't take; none: all are taken */
static u64 kept;      /* bits of GITS_BASER<0> that it doesn't take as they are written */
static bool never_quiet, slow;

static void its_acts(va_t va, bool write)
{
	u64 reader;

	if (va < ITS || va >= ITS + 0x10000)
		return;
	if (write && va == ITS && !never_quiet)
		phys32_set(ITS, (phys32(ITS) & 1) | (phys32(ITS) & 1 ? 0 : 1u << 31));
	if (write && va == ITS + 0x100)
		phys32_set(va, phys32(va) & ~(u32)kept);
	if (write && va == ITS + 0x80)
		phys32_set(ITS + 0x90, 0);
	reader = phys32(ITS + 0x90);
	if (!(phys32(ITS) & 1) || slow || (reader & 1) || reader == phys32(ITS + 0x88))
		return;
	phys32_set(ITS + 0x90, reader == stalls_at ? (u32)reader | 1 : (u32)reader + 0x20);
}

static const struct bp_its its = {
	.va = ITS,
	.baser = {BIT(63) | UINT64_C(1) << 56 | 0x48000000 | 0xf, 0, BIT(63) | 0x48010000},
	.cbaser = BIT(63) | 0x40300000,
	.commands = COMMANDS};

static int boot(void **state)
{
	host_cell_make(1, BP_MODE_INJECTED, 0);
	machine_reset(4);
	machine_device(ITS, 0x10000, DEVICE_MEMORY);
	phys32_set(ITS, 1); /* a loader has it on */
	phys32_set(ITS + 0x90, 0x40);
	phys32_set(ITS + 0x88, 0x40);
	phys32_set(ITS + 0x108, 0x49000000); /* and with a table of its own */
	stalls_at = ~0u;
	kept = 0;
	never_quiet = slow = false;
	machine_on_mmio = its_acts;
	journal_clear();
	return 0;
}

/* [utest->swr~its-commands-played~1] */
static void commands_are_played(void **state)
{
	assert_true(its_start(&its));
	assert_true(phys64(ITS + 0x100) == its.baser[0]);
	assert_int_equal(phys64(ITS + 0x108), 0);
	assert_true(phys64(ITS + 0x110) == its.baser[2]);
	assert_true(phys64(ITS + 0x80) == its.cbaser);
	assert_int_equal(phys32(ITS), 1);
	assert_int_equal(phys64(ITS + 0x90), COMMANDS);
	assert_true(journal_before("mmio(40c3000000)=0", "mmio(40c3000100)="));
	assert_true(journal_before("mmio(40c3000080)=", "mmio(40c3000088)=0"));
	assert_true(journal_before("mmio(40c3000000)=1", "mmio(40c3000088)=a0"));
}

/* [utest->swr~its-commands-played~1] */
static void a_stall_is_told(void **state)
{
	for (stalls_at = 0; stalls_at < COMMANDS; stalls_at += 0x20) {
		const u32 at = stalls_at;

		boot(state);
		stalls_at = at;
		assert_false(its_start(&its));
	}
}

/* [utest->swr~its-commands-played~1] */
static void one_that_does_not_come_to_an_end(void **state)
{
	slow = true;
	assert_false(its_start(&its));
	boot(state);
	never_quiet = true;
	assert_false(its_start(&its));
	assert_null(strstr(journal(), "mmio(40c3000100)="));
}

/* Smaller than asked for, or elsewhere: refused. Attributes of memory are its own. */
/* [utest->swr~its-commands-played~1] */
static void tables_are_taken_as_given(void **state)
{
	kept = 0x8;
	assert_false(its_start(&its));
	boot(state);
	kept = 0x08000000;
	assert_false(its_start(&its));
	boot(state);
	kept = 0x400;
	assert_true(its_start(&its));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(commands_are_played, boot),
		cmocka_unit_test_setup(a_stall_is_told, boot),
		cmocka_unit_test_setup(one_that_does_not_come_to_an_end, boot),
		cmocka_unit_test_setup(tables_are_taken_as_given, boot),
	};

	return cmocka_run_group_tests_name("its", tests, NULL, NULL);
}
