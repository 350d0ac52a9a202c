/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_stage2.c - revocation of a cell's stage 2, one's own and another's (architecture section 4).
 *
 * Robustness: half_a_root_is_revoked
 */
#include "machine.h"
#include <stdio.h>
#include "../../../src/core/service.h"

static int boot(void **state)
{
	host_cell_make(2, BP_MODE_INJECTED, BP_CELL_SERVICE);
	machine_reset(4);
	reg_set("vttbr_el2", this_cell->vttbr);
	journal_clear();
	return 0;
}

static u64 *root(void)
{
	return (u64 *)HOST_ROOT_VA;
}

/* [utest->swr~stage2-revocation~1] */
static void revoke_and_restore(void **state)
{
	assert_false(arch_stage2_revoked());
	arch_stage2_revoke();
	assert_int_equal(root()[1], 0);
	assert_int_equal(root()[515], 0);
	assert_true(arch_stage2_revoked());
	assert_non_null(strstr(journal(), "tlbi(vmalls12e1is,2000005000000)"));
	journal_clear();
	arch_stage2_restore();
	assert_int_equal(root()[1], 0x80000003);
	assert_int_equal(root()[515], 0x90000003);
	assert_false(arch_stage2_revoked());
	assert_non_null(strstr(journal(), "tlbi(vmalls12e1is,2000005000000)"));
}

/* [utest->swr~stage2-revocation~1] */
static void half_a_root_is_revoked(void **state)
{
	root()[515] = 0;
	assert_true(arch_stage2_revoked());
	root()[515] = 0x90000003;
	root()[1] = 0;
	assert_true(arch_stage2_revoked());
}

/* A root entry that isn't listed stays as it is, revoked and restored. [utest->swr~stage2-revocation~1] */
static void only_the_listed_entries_change(void **state)
{
	root()[2] = 7;
	root()[0] = 8;
	arch_stage2_revoke();
	arch_stage2_restore();
	assert_int_equal(root()[2], 7);
	assert_int_equal(root()[0], 8);
	assert_int_equal(root()[3], 0);
}

/* [utest->swr~order-revokes~1] */
static void another_cell_is_revoked_under_its_vmid(void **state)
{
	host_service_make(3);
	for (u32 i = 0; i < 2; i++)
		machine_device(EL2_VA_SERVICE + 0x100000 + 0x1000 * (4 + i), 0x1000, DEVICE_GIC);
	for (u32 i = 0; i < 2; i++) {
		phys32_set(EL2_VA_SERVICE + 0x100300 + 0x1000 * (4 + i), ~0u);
		phys32_set(EL2_VA_SERVICE + 0x100404 + 0x1000 * (4 + i), ~0u);
	}
	arch_revoke_other(2);
	assert_int_equal(host_service_root(2)[1], 0);
	assert_int_equal(host_service_root(2)[3], 0);
	assert_int_equal(host_service_root(1)[1], 0x70000003);
	assert_false(arch_stage2_revoked());
	assert_non_null(strstr(journal(), "tlbi(vmalls12e1is,3000004020000)"));
	assert_int_equal(reg("vttbr_el2"), this_cell->vttbr); /* its own again */
	/* Its cores are woken after their memory is gone, whatever the cell made of the SGI. */
	assert_true(journal_before("tlbi(", "ICC_SGI1R_EL1=7020001"));
	assert_true(journal_before("ICC_SGI1R_EL1=7020001", "ICC_SGI1R_EL1=7020002"));
	for (u32 i = 0; i < 2; i++) {
		const va_t sgi = EL2_VA_SERVICE + 0x100000 + 0x1000 * (4 + i);

		assert_int_equal(phys32(sgi + 0x100), 1 << 7);
		assert_int_equal(phys32(sgi + 0x404) >> 24, 0);
		assert_int_equal(phys32(sgi + 0x300), ~(1u << 7)); /* nor is it active */
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(revoke_and_restore, boot),
		cmocka_unit_test_setup(half_a_root_is_revoked, boot),
		cmocka_unit_test_setup(only_the_listed_entries_change, boot),
		cmocka_unit_test_setup(another_cell_is_revoked_under_its_vmid, boot),
	};

	return cmocka_run_group_tests_name("stage2", tests, NULL, NULL);
}
