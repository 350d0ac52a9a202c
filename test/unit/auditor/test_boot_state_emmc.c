// SPDX-License-Identifier: Apache-2.0
/*
 * test_boot_state_emmc.c - a boot state in an eMMC: what the health cell's tree says of the function behind
 * which it is. Each condition of the question decides it alone.
 *
 * Robustness: what_decides_alone_is_told
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <cmocka.h>

#include "fixture_pci.h"
#include "told.h"

#define DISK_CONFIG_PA UINT64_C(0x4010200000)
#define RECORD_AT      0xa20u
#define RID	       8u
#define ZEROS_11       "0000000000000000000000"
#define ZEROS_40       ZEROS_11 ZEROS_11 ZEROS_11 "00000000000000"
#define DISK	       "361b10000000100002020801" ZEROS_40 "40" ZEROS_11

static struct bp_pci_function *function(struct fixture *f)
{
	return fixture_table(f->cell[HEALTH], f->cell[HEALTH]->pci);
}

/* The first disk is an SD host controller of one slot, the health cell's, and its record has it. */
static void given(struct fixture *f)
{
	fixture_pci_inputs(f);
	fixture_replace(&f->pci_text, "device = <0x10>; class = <0x10802>",
			"device = <0x10>; class = <0x80502>");
	fixture_replace(&f->pci_text, DISK "10", DISK "00");
	fixture_replace(&f->partition_text, "image = \"health.elf\";",
			"image = \"health.elf\"; pci = \"disk\"; boot-state = \"disk:boot1\";");
	fixture_replace(
		&f->guest_text[HEALTH], "directory@",
		"boot-state { compatible = \"bulkhead,emmc-boot-state\"; function = <8>; partition = <2>; "
		"bulkhead,boot-state = <0 0x8000>; bulkhead,identity = <0x10000>; "
		"bulkhead,erase-block = <0x8000>; "
		"bulkhead,confirm-after-ns = /bits/ 64 <30000000000>; "
		"bulkhead,confirm-within-ns = /bits/ 64 <300000000000>; };\ndirectory@");
	f->cell[HEALTH]->pci = (struct bp_table){RECORD_AT, 1};
	*function(f) = (struct bp_pci_function){.rid = RID, .config_va = fixture_window(f, 1)};
	fixture_map(f, f->boot[0].root_pa, function(f)->config_va, DISK_CONFIG_PA, 4096, EL2_DEVICE);
}
#define TREE(name, from, to) REPLACED(name, given, guest_text[HEALTH], from, to)
#define CHANGE(name, ...)    MUTATION(name, given(f); __VA_ARGS__)

TREE(of_another_kind, "bulkhead,emmc-boot-state", "bulkhead,emmc")
TREE(without_function, "function = <8>;", "")
TREE(without_partition, "partition = <2>;", "")
TREE(of_another_partition, "partition = <2>;", "partition = <1>;")
TREE(of_another_function, "function = <8>;", "function = <16>;")
CHANGE(function_unmapped, function(f)->config_va = 0;)
CHANGE(function_nowhere, function(f)->config_va += 0x1000000;)
CHANGE(function_of_another,
       fixture_map(f, f->boot[0].root_pa, function(f)->config_va, DISK_CONFIG_PA + 4096, 4096, EL2_DEVICE);)
/* All that it has lies at address 0. */
CHANGE(function_at_zero,
       fixture_replace(&f->board_text, "reg = <0x40 0x10000000 0 0x400000>", "reg = <0 0 0 0x400000>");
       fixture_replace(&f->pci_text, "0000:02:00.0", "0000:00:00.0");
       fixture_replace(&f->machine_text, "0000:02:00.0", "0000:00:00.0");
       fixture_map(f, f->boot[0].root_pa, function(f)->config_va, 0, 4096, EL2_DEVICE);)

#define WORDS                                                                                                \
	"/bulkhead/boot-state isn't boot partition 2 of the eMMC behind 0000:02:00.0, as the board has it"
/* [utest->swr~audit-boot-state-emmc~1] [utest->swr~audit-tree-boot-state~1] */
static const struct telling told[] = {
	UNTOLD(TREE_BOOT_STATE, given, "boot"),
	TOLD(TREE_BOOT_STATE, of_another_kind, WORDS),
	TOLD(TREE_BOOT_STATE, without_function, WORDS),
	TOLD(TREE_BOOT_STATE, without_partition, WORDS),
	TOLD(TREE_BOOT_STATE, of_another_partition, WORDS),
	TOLD(TREE_BOOT_STATE, of_another_function, WORDS),
	TOLD(TREE_BOOT_STATE, function_unmapped, WORDS),
	TOLD(TREE_BOOT_STATE, function_nowhere, WORDS),
	TOLD(TREE_BOOT_STATE, function_of_another, WORDS),
	TOLD(TREE_BOOT_STATE, function_at_zero, "isn't boot partition 2 of the eMMC behind 0000:00:00.0"),
};

static void what_decides_alone_is_told(void **state)
{
	tellings_run(ROWS(told));
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(what_decides_alone_is_told)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
