// SPDX-License-Identifier: Apache-2.0
/*
 * test_boot_state.c - the fixture with a boot state in the second bank of its flash; and images where that
 * bank, or the one that the machine starts from, is somebody else's, or the health cell is told another thing
 * of it.
 *
 * Robustness: broken_boot_states_are_caught
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "mutate.h"

#define BANK_PA	  UINT64_C(0x04000000)
#define BANK_SIZE UINT64_C(0xc0000)
#define HEALTH_AT "health { role = \"health\";"
#define PLACES                                                                                               \
	"bulkhead,boot-state = <0 0x40000>; bulkhead,identity = <0x80000>; bulkhead,erase-block = "          \
	"<0x40000>;"
#define AFTER  "bulkhead,confirm-after-ns = /bits/ 64 <30000000000>;"
#define WITHIN "bulkhead,confirm-within-ns = /bits/ 64 <300000000000>;"

/* Texts alone: the bank is in no table yet. */
static void declare(struct fixture *f)
{
	fixture_replace(&f->board_text, "reg = <0 0 0 0x4000000>;",
			"reg = <0 0 0 0x4000000>, <0 0x4000000 0 0xc0000>; bank-width = <4>;");
	fixture_replace(&f->machine_text, "loader {",
			"loader { firmware = /bits/ 64 <0 0x4000000>; erase-block = <0x40000>; ");
	fixture_replace(&f->partition_text, HEALTH_AT, HEALTH_AT " boot-state = \"flash@0:1\";");
	fixture_replace(&f->guest_text[HEALTH], "uart@9000000 {",
			"flash@0 { compatible = \"cfi-flash\"; reg = <0 0x4000000 0 0xc0000>; bank-width = "
			"<4>; " PLACES " " AFTER " " WITHIN " };\nuart@9000000 {");
}

static void with_state(struct fixture *f)
{
	declare(f);
	fixture_map(f, f->stage2_root[HEALTH], BANK_PA, BANK_PA, BANK_SIZE, STAGE2_DEVICE);
}

static void with_alias(struct fixture *f)
{
	with_state(f);
	fixture_replace(&f->board_text, "aliases {", "aliases { state = \"/flash@0\";");
	fixture_replace(&f->partition_text, "flash@0:1", "state:1");
}

static void with_path_and_times(struct fixture *f)
{
	with_state(f);
	fixture_replace(
		&f->partition_text, "boot-state = \"flash@0:1\";",
		"boot-state = \"/flash@0:0x1\"; confirm-after = \"30000ms\"; confirm-within = \"301s\";");
	fixture_replace(&f->guest_text[HEALTH], "<300000000000>", "<301000000000>");
}

static void with_facts_alone(struct fixture *f)
{
	fixture_replace(&f->machine_text, "loader {",
			"loader { firmware = /bits/ 64 <0 0x4000000>; erase-block = <0x40000>; ");
}

/* [utest->swr~audit-boot-state~1] [utest->swr~audit-tree-boot-state~1] */
static void good_images_are_clean(void **state)
{
	static void (*const good[])(struct fixture *) = {with_state, with_alias, with_path_and_times,
							 with_facts_alone};

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct fixture fixture;
		struct audit audit;

		mutation_audit(&fixture, &audit, good[i]);
		if (audit.report.total)
			report_print(&audit.report, "good image", stderr);
		assert_int_equal(audit.report.total, 0);
		audit_close(&audit);
		fixture_free(&fixture);
	}
}

#define MUTATION(name) static void name(struct fixture *f)
/* A mutation that replaces text in one of the sources. */
#define TEXT(name, member, from, to)                                                                         \
	MUTATION(name)                                                                                       \
	{                                                                                                    \
		with_state(f);                                                                               \
		fixture_replace(&f->member, from, to);                                                       \
	}

MUTATION(bank_in_another_cell)
{
	with_state(f);
	fixture_map(f, f->stage2_root[CONTROL], BANK_PA, BANK_PA + 0x40000, 0x1000, STAGE2_SEEN);
}
MUTATION(bank_in_another_cell_alone)
{
	declare(f);
	fixture_map(f, f->stage2_root[GATEWAY], BANK_PA, BANK_PA, BANK_SIZE, STAGE2_DEVICE);
}
MUTATION(bank_in_a_core)
{
	with_state(f);
	fixture_map(f, f->boot[1].root_pa, fixture_window(f, 1), BANK_PA, 0x1000, EL2_DEVICE);
}
MUTATION(firmware_in_health)
{
	with_state(f);
	fixture_map(f, f->stage2_root[HEALTH], BANK_PA + BANK_SIZE, 0x3fff000, 0x1000, STAGE2_DEVICE);
}
MUTATION(firmware_in_another_cell)
{
	with_facts_alone(f);
	fixture_map(f, f->stage2_root[CONTROL], BANK_PA, 0x10000, 0x1000, STAGE2_SEEN);
}
MUTATION(firmware_in_a_core)
{
	with_facts_alone(f);
	fixture_map(f, f->boot[3].root_pa, fixture_window(f, 1), 0, 0x1000, EL2_DEVICE);
}
MUTATION(firmware_in_the_boot_root)
{
	with_facts_alone(f);
	fixture_map(f, f->header->boot_root_pa, 0x1000, 0x1000, 0x1000, EL2_DEVICE);
}
MUTATION(bank_missing)
{
	declare(f);
}
MUTATION(bank_in_part)
{
	declare(f);
	fixture_map(f, f->stage2_root[HEALTH], BANK_PA, BANK_PA, BANK_SIZE - 0x1000, STAGE2_DEVICE);
}
MUTATION(bank_moved)
{
	declare(f);
	fixture_map(f, f->stage2_root[HEALTH], BANK_PA, BANK_PA + 0x1000, BANK_SIZE - 0x1000, STAGE2_DEVICE);
}
MUTATION(bank_read_only)
{
	declare(f);
	fixture_map(f, f->stage2_root[HEALTH], BANK_PA, BANK_PA, BANK_SIZE, STAGE2_DEVICE ^ UINT64_C(2) << 6);
}
MUTATION(bank_cached)
{
	declare(f);
	fixture_map(f, f->stage2_root[HEALTH], BANK_PA, BANK_PA, BANK_SIZE, STAGE2_SHARED);
}
MUTATION(bank_without_a_word)
{
	with_state(f);
	fixture_replace(&f->partition_text, "boot-state = \"flash@0:1\";", "");
}

MUTATION(of_another_cell) /* in all else as it would be */
{
	declare(f);
	fixture_replace(&f->partition_text, "boot-state = \"flash@0:1\";", "");
	fixture_replace(&f->partition_text, "control {", "control { boot-state = \"flash@0:1\";");
	fixture_replace(&f->guest_text[HEALTH], "flash@0 {", "flash@0 { status = \"disabled\";");
	fixture_replace(&f->guest_text[HEALTH], PLACES, "");
	fixture_replace(&f->guest_text[CONTROL], "psci {",
			"flash@0 { compatible = \"cfi-flash\"; reg = <0 0x4000000 0 0xc0000>; bank-width = "
			"<4>; " PLACES " " AFTER " " WITHIN " };\npsci {");
	fixture_map(f, f->stage2_root[CONTROL], BANK_PA, BANK_PA, BANK_SIZE, STAGE2_DEVICE);
}
MUTATION(bank_unsaid)
{
	with_state(f);
	fixture_replace(&f->partition_text, "flash@0:1", "flash@0");
	fixture_replace(&f->machine_text, "<0 0x4000000>", "<0x20000000 0x1000>");
}
MUTATION(device_unclear)
{
	with_state(f);
	fixture_replace(&f->partition_text, "flash@0:1", "flash:1");
	fixture_replace(&f->board_text, "rtc@9010000 {",
			"flash@10000000 { compatible = \"cfi-flash\"; reg = <0 0x10000000 0 0xc0000>, "
			"<0 0x10100000 0 0xc0000>; bank-width = <4>; };\n"
			"rtc@9010000 {");
}
MUTATION(block_huge)
{
	with_state(f);
	fixture_replace(&f->board_text, "0xc0000>; bank-width", "0x3f00000>; bank-width");
	fixture_replace(&f->machine_text, "<0x40000>", "<0x1001000>");
}

TEXT(first_bank, partition_text, "flash@0:1", "flash@0:0")
TEXT(bank_beyond, partition_text, "flash@0:1", "flash@0:2")
TEXT(bank_no_number, partition_text, "flash@0:1", "flash@0:1x")
TEXT(no_such_device, partition_text, "flash@0:1", "flash@1:1")
TEXT(no_flash, board_text, "\"cfi-flash\"", "\"mtd-ram\"")
TEXT(no_text, partition_text, "boot-state = \"flash@0:1\";", "boot-state;")
TEXT(firmware_over_it, machine_text, "<0 0x4000000>", "<0 0x4001000>")
TEXT(firmware_unstated, machine_text, "firmware = /bits/ 64 <0 0x4000000>;", "")
TEXT(block_unstated, machine_text, "erase-block = <0x40000>;", "")
TEXT(block_odd, machine_text, "erase-block = <0x40000>;", "erase-block = <0x3f100>;")
TEXT(block_large, machine_text, "erase-block = <0x40000>;", "erase-block = <0x41000>;")
TEXT(flash_disabled, board_text, "bank-width = <4>;", "bank-width = <4>; status = \"disabled\";")
TEXT(others_within, board_text, "rtc@9010000 {",
     "gpio@4010000 { compatible = \"arm,pl061\"; reg = <0 0x4010000 0 0x1000>; };\nrtc@9010000 {")
TEXT(third_bank_over_it, board_text, "<0 0x4000000 0 0xc0000>;",
     "<0 0x4000000 0 0xc0000>, <0 0x4000000 0 0x1000>;")

TEXT(bank_misaligned, board_text, "<0 0x4000000 0 0xc0000>;", "<0 0x4000100 0 0xc0000>;")
TEXT(bank_in_ram, board_text, "<0 0x4000000 0 0xc0000>;", "<0 0x4b000000 0 0xc0000>;")
TEXT(bank_nowhere, board_text, "<0 0x4000000 0 0xc0000>;", "<0x100 0x4000000 0 0xc0000>;")
TEXT(rows_in_part, board_text, "<0 0x4000000 0 0xc0000>;", "<0 0x4000000 0 0xc0000>, <0>;")
TEXT(row_wraps, board_text, "<0 0x4000000 0 0xc0000>;",
     "<0 0x4000000 0 0xc0000>, <0xffffffff 0xfffff000 0 0x2000>;")
TEXT(row_of_nothing, board_text, "<0 0x4000000 0 0xc0000>;", "<0 0 0 0>, <0 0x4000000 0 0xc0000>;")

TEXT(no_node, guest_text[HEALTH], "flash@0 {", "flash@1 {")
TEXT(both_banks, guest_text[HEALTH], "reg = <0 0x4000000 0 0xc0000>;",
     "reg = <0 0 0 0x4000000>, <0 0x4000000 0 0xc0000>;")
TEXT(second_bank, guest_text[HEALTH], "reg = <0 0x4000000 0 0xc0000>;",
     "reg = <0 0x4000000 0 0xc0000>, <0 0 0 0x4000000>;")
TEXT(other_bank, guest_text[HEALTH], "reg = <0 0x4000000 0 0xc0000>;", "reg = <0 0x4040000 0 0xc0000>;")
TEXT(short_bank, guest_text[HEALTH], "reg = <0 0x4000000 0 0xc0000>;", "reg = <0 0x4000000 0 0xbf000>;")
TEXT(other_width, guest_text[HEALTH], "bank-width = <4>;", "bank-width = <2>;")
TEXT(no_width, guest_text[HEALTH], "bank-width = <4>;", "")
TEXT(width_of_no_board, board_text, "0xc0000>; bank-width = <4>;", "0xc0000>;")
TEXT(other_kind, guest_text[HEALTH], "\"cfi-flash\"", "\"mtd-ram\"")
TEXT(off, guest_text[HEALTH], PLACES, PLACES " status = \"disabled\";")
TEXT(with_interrupt, guest_text[HEALTH], PLACES, PLACES " interrupts = <0 1 4>;")
TEXT(copies_swapped, guest_text[HEALTH], "<0 0x40000>", "<0x40000 0>")
TEXT(copies_at_one, guest_text[HEALTH], "<0 0x40000>", "<0 0>")
TEXT(copy_alone, guest_text[HEALTH], "<0 0x40000>", "<0>")
TEXT(copies_three, guest_text[HEALTH], "<0 0x40000>", "<0 0x40000 0x80000>")
TEXT(identity_elsewhere, guest_text[HEALTH], "identity = <0x80000>", "identity = <0x40000>")
TEXT(identity_none, guest_text[HEALTH], "bulkhead,identity = <0x80000>;", "")
TEXT(other_block, guest_text[HEALTH], "erase-block = <0x40000>", "erase-block = <0x20000>")
TEXT(after_other, guest_text[HEALTH], "<30000000000>", "<30000000001>")
TEXT(within_other, guest_text[HEALTH], "<300000000000>", "<600000000000>")
TEXT(within_none, guest_text[HEALTH], WITHIN, "")
TEXT(asked_after_other, partition_text, "flash@0:1\";", "flash@0:1\"; confirm-after = \"31s\";")
TEXT(asked_within_other, partition_text, "flash@0:1\";", "flash@0:1\"; confirm-within = \"31s\";")
TEXT(claim_of_another_cell, guest_text[CONTROL], "psci {", "psci { bulkhead,identity = <0>;")
TEXT(claim_of_a_block, guest_text[GATEWAY], "psci {", "psci { bulkhead,erase-block = <0x40000>;")
TEXT(claim_of_another_node, guest_text[HEALTH], "psci {", "psci { bulkhead,boot-state = <0 0x40000>;")

TEXT(time_no_time, partition_text, "flash@0:1\";", "flash@0:1\"; confirm-after = \"soon\";")
TEXT(times_in_disorder, partition_text, "flash@0:1\";", "flash@0:1\"; confirm-within = \"30s\";")

TEXT(reset_without_channel, partition_text, "essential;", "essential; update-reset;")
/* A channel between the two alone, but of another name. */
MUTATION(reset_by_another_channel)
{
	with_state(f);
	fixture_replace(&f->partition_text, "boot-timeout =", "update-reset; boot-timeout =");
	fixture_replace(&f->partition_text, "both { between = \"control\",", "both { between = \"health\",");
}
TEXT(reset_by_health, partition_text, "flash@0:1\";", "flash@0:1\"; update-reset;")

#define ROW(rule, name) {#name, name, RULE_##rule}
static const struct mutation rows[] = {
	ROW(BOOT_STATE, bank_in_another_cell), /* [utest->swr~audit-boot-state~1] */
	ROW(BOOT_STATE, bank_in_another_cell_alone),
	ROW(BOOT_STATE, bank_in_a_core),
	ROW(BOOT_STATE, firmware_in_health),
	ROW(BOOT_STATE, firmware_in_another_cell),
	ROW(BOOT_STATE, firmware_in_a_core),
	ROW(BOOT_STATE, firmware_in_the_boot_root),
	ROW(BOOT_STATE, first_bank),
	ROW(BOOT_STATE, bank_beyond),
	ROW(BOOT_STATE, bank_unsaid),
	ROW(BOOT_STATE, bank_no_number),
	ROW(BOOT_STATE, device_unclear),
	ROW(BOOT_STATE, block_huge),
	ROW(BOOT_STATE, bank_misaligned),
	ROW(BOOT_STATE, bank_in_ram),
	ROW(BOOT_STATE, bank_nowhere),
	ROW(BOOT_STATE, rows_in_part),
	ROW(BOOT_STATE, row_wraps),
	ROW(BOOT_STATE, row_of_nothing),
	ROW(BOOT_STATE, no_such_device),
	ROW(BOOT_STATE, no_flash),
	ROW(BOOT_STATE, no_text),
	ROW(BOOT_STATE, of_another_cell),
	ROW(BOOT_STATE, firmware_over_it),
	ROW(BOOT_STATE, firmware_unstated),
	ROW(BOOT_STATE, block_unstated),
	ROW(BOOT_STATE, block_odd),
	ROW(BOOT_STATE, block_large),
	ROW(BOOT_STATE, flash_disabled),
	ROW(BOOT_STATE, others_within),
	ROW(BOOT_STATE, third_bank_over_it),
	ROW(FORBIDDEN, bank_in_another_cell),
	ROW(FORBIDDEN, firmware_in_health),
	ROW(FORBIDDEN, bank_without_a_word),
	ROW(STAGE2, bank_without_a_word),
	ROW(STAGE2, firmware_in_health),
	ROW(DEVICES, bank_missing),
	ROW(DEVICES, bank_in_part),
	ROW(STAGE2, bank_moved),
	ROW(STAGE2, bank_read_only),
	ROW(MEMORY_TYPE, bank_cached),
	ROW(TREE_BOOT_STATE, no_node), /* [utest->swr~audit-tree-boot-state~1] */
	ROW(TREE_BOOT_STATE, both_banks),
	ROW(TREE_BOOT_STATE, second_bank),
	ROW(TREE_BOOT_STATE, other_bank),
	ROW(TREE_BOOT_STATE, short_bank),
	ROW(TREE_BOOT_STATE, other_width),
	ROW(TREE_BOOT_STATE, no_width),
	ROW(TREE_BOOT_STATE, width_of_no_board),
	ROW(TREE_BOOT_STATE, other_kind),
	ROW(TREE_BOOT_STATE, off),
	ROW(TREE_BOOT_STATE, with_interrupt),
	ROW(TREE_BOOT_STATE, copies_swapped),
	ROW(TREE_BOOT_STATE, copies_at_one),
	ROW(TREE_BOOT_STATE, copy_alone),
	ROW(TREE_BOOT_STATE, copies_three),
	ROW(TREE_BOOT_STATE, identity_elsewhere),
	ROW(TREE_BOOT_STATE, identity_none),
	ROW(TREE_BOOT_STATE, other_block),
	ROW(TREE_BOOT_STATE, after_other),
	ROW(TREE_BOOT_STATE, within_other),
	ROW(TREE_BOOT_STATE, within_none),
	ROW(TREE_BOOT_STATE, asked_after_other),
	ROW(TREE_BOOT_STATE, asked_within_other),
	ROW(TREE_BOOT_STATE, claim_of_another_cell),
	ROW(TREE_BOOT_STATE, claim_of_a_block),
	ROW(TREE_BOOT_STATE, claim_of_another_node),
	ROW(TREE_BOOT_STATE, bank_without_a_word),
	ROW(CHANNELS, reset_without_channel), /* [utest->swr~audit-update-reset~1] */
	ROW(CHANNELS, reset_by_health),
	ROW(CHANNELS, reset_by_another_channel),
	ROW(INPUT, time_no_time),
	ROW(INPUT, times_in_disorder),
};

static void broken_boot_states_are_caught(void **state)
{
	mutations_run(rows, sizeof(rows) / sizeof(rows[0]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_images_are_clean),
		cmocka_unit_test(broken_boot_states_are_caught),
	};

	return cmocka_run_group_tests_name("auditor.boot_state", tests, NULL, NULL);
}
