// SPDX-License-Identifier: Apache-2.0
/*
 * test_boot_state_spi.c - the fixture with a boot state in an SPI flash; and images where its controller is
 * somebody else's, or couldn't be the health cell's, or the health cell is told another thing of it.
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

#define PA	  UINT64_C(0x0a100000)
#define HEALTH_AT "health { role = \"health\";"
#define WORD	  " boot-state = \"nor@1\";"
#define PLACES                                                                                               \
	"bulkhead,boot-state = <0xf00000 0xf01000>; bulkhead,identity = <0xf02000>; bulkhead,erase-block = " \
	"<0x1000>; bulkhead,confirm-after-ns = /bits/ 64 <30000000000>; bulkhead,confirm-within-ns = "       \
	"/bits/ "                                                                                            \
	"64 <300000000000>;"
#define KIND	 "compatible = \"rockchip,rk3399-spi\", \"rockchip,rk3066-spi\";"
#define BUS	 "reg = <0 0xa100000 0 0x1000>; #address-cells = <1>; #size-cells = <0>;"
#define CHIP	 "nor@1 { compatible = \"jedec,spi-nor\"; reg = <1>; "
#define STATE	 "state = /bits/ 64 <0xf00000 0x3000>;"
#define HERE	 "firmware-flash = \"/spi@a100000/nor@1\";"
#define NOWHERE	 "firmware-flash = \"\";"
#define ADMITTED " boot-state-firmware = \"unprotected\";"

/* Texts alone: the controller is in no table yet. */
static void declare(struct fixture *f)
{
	fixture_replace(
		&f->board_text, "rtc@9010000 {",
		"spiclock: spiclock@a200000 { compatible = \"acme,clock\"; reg = <0 0xa200000 0 0x1000>; "
		"#clock-cells = <0>; };\n"
		"spi@a100000 { " KIND " " BUS " interrupts = <0 20 4>; clocks = <&spiclock>; " CHIP
		"}; };\nrtc@9010000 {");
	fixture_replace(&f->machine_text, "loader {",
			"loader { " NOWHERE " erase-block = <0x1000>; " STATE " ");
	fixture_replace(&f->partition_text, HEALTH_AT, HEALTH_AT WORD);
	fixture_replace(&f->guest_text[HEALTH], "uart@9000000 {",
			"spi@a100000 { " KIND " " BUS " " CHIP PLACES " }; };\nuart@9000000 {");
}

static void with_state(struct fixture *f)
{
	declare(f);
	fixture_map(f, f->stage2_root[HEALTH], PA, PA, 0x1000, STAGE2_DEVICE);
}

static void by_path(struct fixture *f)
{
	with_state(f);
	fixture_replace(&f->partition_text, "nor@1", "/spi@a100000/nor@1");
}

static void by_alias(struct fixture *f)
{
	with_state(f);
	fixture_replace(&f->board_text, "aliases {", "aliases { state = \"/spi@a100000/nor@1\";");
	fixture_replace(&f->partition_text, "nor@1", "state");
}

static void said_to_be_protected(struct fixture *f)
{
	with_state(f);
	fixture_replace(&f->partition_text, WORD, WORD " boot-state-firmware = \"protected\";");
}

static void shared(struct fixture *f)
{
	with_state(f);
	fixture_replace(&f->machine_text, NOWHERE, HERE);
	fixture_replace(&f->partition_text, WORD, WORD ADMITTED);
}

/* [utest->swr~audit-boot-state-spi~1] [utest->swr~audit-tree-boot-state~1] */
static void good_images_are_clean(void **state)
{
	static void (*const good[])(struct fixture *) = {with_state, by_path, by_alias, said_to_be_protected,
							 shared};

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct fixture fixture;
		struct audit audit;

		mutation_audit(&fixture, &audit, good[i]);
		if (audit.report.total)
			report_print(&audit.report, "good image", stderr);
		assert_int_equal(audit.report.total, 0);
		assert_int_equal(audit.report.exception_count, good[i] == shared);
		audit_close(&audit);
		fixture_free(&fixture);
	}
}

#define MUTATION(name) static void name(struct fixture *f)
#define TEXT(name, member, from, to)                                                                         \
	MUTATION(name)                                                                                       \
	{                                                                                                    \
		with_state(f);                                                                               \
		fixture_replace(&f->member, from, to);                                                       \
	}

MUTATION(controller_in_another_cell)
{
	with_state(f);
	fixture_map(f, f->stage2_root[CONTROL], PA, PA, 0x1000, STAGE2_SEEN);
}
MUTATION(controller_in_a_core)
{
	with_state(f);
	fixture_map(f, f->boot[1].root_pa, fixture_window(f, 1), PA, 0x1000, EL2_DEVICE);
}
MUTATION(controller_missing)
{
	declare(f);
}
MUTATION(controller_without_a_word)
{
	with_state(f);
	fixture_replace(&f->partition_text, WORD, "");
}
MUTATION(controller_cached)
{
	declare(f);
	fixture_map(f, f->stage2_root[HEALTH], PA, PA, 0x1000, STAGE2_SHARED);
}
MUTATION(firmware_unadmitted)
{
	with_state(f);
	fixture_replace(&f->machine_text, NOWHERE, HERE);
}
MUTATION(firmware_said_to_be_protected)
{
	said_to_be_protected(f);
	fixture_replace(&f->machine_text, NOWHERE, HERE);
}
MUTATION(clock_of_a_cell)
{
	with_state(f);
	fixture_replace(&f->partition_text, "control {",
			"control { dma = \"unprotected\"; devices = \"spiclock@a200000\";");
}
MUTATION(controller_of_a_cell)
{
	with_state(f);
	fixture_replace(&f->partition_text, "control {",
			"control { dma = \"unprotected\"; devices = \"spi@a100000\";");
}
MUTATION(two_of_the_name)
{
	with_state(f);
	fixture_replace(&f->board_text, "rtc@9010000 {",
			"spi@a300000 { " KIND
			" reg = <0 0xa300000 0 0x1000>; #address-cells = <1>; #size-cells = <0>; " CHIP
			"}; };\nrtc@9010000 {");
}
MUTATION(of_memory_mapped_flash)
{
	with_state(f);
	fixture_replace(&f->partition_text, WORD, " boot-state = \"flash@0\";" ADMITTED);
}
MUTATION(place_unstated)
{
	with_state(f);
	fixture_replace(&f->machine_text, STATE, "");
}
MUTATION(firmware_unstated)
{
	with_state(f);
	fixture_replace(&f->machine_text, NOWHERE, "");
}
MUTATION(firmware_within)
{
	with_state(f);
	fixture_replace(&f->machine_text, "loader {", "loader { firmware = /bits/ 64 <0xa100000 0x1000>;");
}

TEXT(chip_disabled, board_text, CHIP, CHIP "status = \"disabled\"; ")
TEXT(controller_disabled, board_text, "clocks = <&spiclock>;", "clocks = <&spiclock>; status = \"disabled\";")
TEXT(another_maker, board_text, KIND " " BUS, "compatible = \"acme,spi\"; " BUS)
TEXT(line_beyond, board_text, "reg = <1>; ", "reg = <2>; ")
TEXT(line_none, board_text, "reg = <1>; ", "")
TEXT(lines_two, board_text, "reg = <1>; ", "reg = <1 0>; ")
TEXT(line_of_gpio, board_text, "clocks = <&spiclock>;", "clocks = <&spiclock>; cs-gpios = <0>;")
TEXT(second_chip, board_text, "clocks = <&spiclock>; ",
     "clocks = <&spiclock>; sensor@0 { compatible = \"acme,sensor\"; reg = <0>; }; ")
TEXT(registers_in_part, board_text, "0xa100000 0 0x1000>", "0xa100000 0 0x800>")
TEXT(registers_twice, board_text, "0xa100000 0 0x1000>", "0xa100000 0 0x1000>, <0 0xa101000 0 0x1000>")
TEXT(registers_nowhere, board_text, "<0 0xa100000 0 0x1000>", "<0x100 0xa100000 0 0x1000>")
TEXT(registers_in_ram, board_text, "<0 0xa100000 0 0x1000>", "<0 0x4b000000 0 0x1000>")
TEXT(registers_of_others, board_text, "rtc@9010000 {",
     "gpio@a100800 { compatible = \"arm,pl061\"; reg = <0 0xa100800 0 0x100>; };\nrtc@9010000 {")
TEXT(place_odd, machine_text, "<0xf00000 0x3000>", "<0xf00800 0x3000>")
TEXT(place_small, machine_text, "<0xf00000 0x3000>", "<0xf00000 0x2000>")
TEXT(place_beyond, machine_text, "<0xf00000 0x3000>", "<0xffe000 0x3000>")
TEXT(place_far_beyond, machine_text, "<0xf00000 0x3000>", "<0x100f00000 0x3000>")
TEXT(places_two, machine_text, "<0xf00000 0x3000>", "<0xf00000 0x3000 0 0x3000>")
TEXT(block_other, machine_text, "erase-block = <0x1000>;", "erase-block = <0x2000>;")
TEXT(firmware_nowhere, machine_text, NOWHERE, "firmware-flash = \"/spi@0\";")
TEXT(word_unknown, partition_text, WORD, WORD " boot-state-firmware = \"unprotectd\";")
TEXT(word_without_text, partition_text, WORD, WORD " boot-state-firmware;")

TEXT(told_nothing, guest_text[HEALTH], CHIP PLACES,
     "nor@2 { compatible = \"jedec,spi-nor\"; reg = <1>; " PLACES)
TEXT(told_another_line, guest_text[HEALTH], CHIP, "nor@1 { compatible = \"jedec,spi-nor\"; reg = <0>; ")
TEXT(told_another_kind, guest_text[HEALTH], CHIP, "nor@1 { compatible = \"acme,nor\"; reg = <1>; ")
TEXT(told_off, guest_text[HEALTH], CHIP, CHIP "status = \"disabled\"; ")
TEXT(told_another_controller, guest_text[HEALTH], KIND, "compatible = \"acme,spi\";")
TEXT(told_other_registers, guest_text[HEALTH], "0xa100000 0 0x1000>", "0xa100000 0 0x2000>")
TEXT(told_an_interrupt, guest_text[HEALTH], BUS, BUS " interrupts = <0 20 4>;")
TEXT(told_from_the_start, guest_text[HEALTH], "<0xf00000 0xf01000>", "<0 0x1000>")
TEXT(told_another_copy, guest_text[HEALTH], "<0xf00000 0xf01000>", "<0xf00000 0xf02000>")
TEXT(told_another_identity, guest_text[HEALTH], "<0xf02000>", "<0x2000>")
TEXT(told_another_block, guest_text[HEALTH], "erase-block = <0x1000>", "erase-block = <0x10000>")
TEXT(told_another_time, guest_text[HEALTH], "<30000000000>", "<3000000000>")
TEXT(moved, machine_text, "<0xf00000 0x3000>", "<0xf10000 0x3000>")

/* A node of the root whose name makes its path the chip's. */
MUTATION(chip_by_name)
{
	with_state(f);
	f->renamed[0] = "spi-a100000-nor-1";
	f->renamed[1] = "spi@a100000/nor@1";
	fixture_replace(&f->guest_text[HEALTH], "spi@a100000 {",
			"spi-a100000-nor-1 { compatible = \"jedec,spi-nor\"; " PLACES " };\nspi@a100000 {");
}
TEXT(chip_with_interrupt, guest_text[HEALTH], PLACES, PLACES " interrupts = <0 1 4>;")

#define ROW(rule, name) {#name, name, RULE_##rule}
static const struct mutation rows[] = {
	ROW(BOOT_STATE, controller_in_another_cell), /* [utest->swr~audit-boot-state-spi~1] */
	ROW(BOOT_STATE, controller_in_a_core),
	ROW(BOOT_STATE, firmware_unadmitted),
	ROW(BOOT_STATE, firmware_said_to_be_protected),
	ROW(BOOT_STATE, clock_of_a_cell),
	ROW(BOOT_STATE, controller_of_a_cell),
	ROW(BOOT_STATE, two_of_the_name),
	ROW(BOOT_STATE, of_memory_mapped_flash),
	ROW(BOOT_STATE, place_unstated),
	ROW(BOOT_STATE, firmware_unstated),
	ROW(BOOT_STATE, firmware_within),
	ROW(BOOT_STATE, chip_disabled),
	ROW(BOOT_STATE, controller_disabled),
	ROW(BOOT_STATE, another_maker),
	ROW(BOOT_STATE, line_beyond),
	ROW(BOOT_STATE, line_none),
	ROW(BOOT_STATE, lines_two),
	ROW(BOOT_STATE, line_of_gpio),
	ROW(BOOT_STATE, second_chip),
	ROW(BOOT_STATE, registers_in_part),
	ROW(BOOT_STATE, registers_twice),
	ROW(BOOT_STATE, registers_nowhere),
	ROW(BOOT_STATE, registers_in_ram),
	ROW(BOOT_STATE, registers_of_others),
	ROW(BOOT_STATE, place_odd),
	ROW(BOOT_STATE, place_small),
	ROW(BOOT_STATE, place_beyond),
	ROW(BOOT_STATE, place_far_beyond),
	ROW(BOOT_STATE, places_two),
	ROW(BOOT_STATE, block_other),
	ROW(BOOT_STATE, firmware_nowhere),
	ROW(BOOT_STATE, word_unknown),
	ROW(BOOT_STATE, word_without_text),
	ROW(STAGE2, controller_without_a_word),
	ROW(DEVICES, controller_missing),
	ROW(MEMORY_TYPE, controller_cached),
	ROW(TREE_BOOT_STATE, chip_by_name),
	ROW(TREE_BOOT_STATE, chip_with_interrupt),
	ROW(TREE_BOOT_STATE, told_nothing), /* [utest->swr~audit-tree-boot-state~1] */
	ROW(TREE_BOOT_STATE, told_another_line),
	ROW(TREE_BOOT_STATE, told_another_kind),
	ROW(TREE_BOOT_STATE, told_off),
	ROW(TREE_BOOT_STATE, told_another_controller),
	ROW(TREE_BOOT_STATE, told_other_registers),
	ROW(TREE_BOOT_STATE, told_an_interrupt),
	ROW(TREE_BOOT_STATE, told_from_the_start),
	ROW(TREE_BOOT_STATE, told_another_copy),
	ROW(TREE_BOOT_STATE, told_another_identity),
	ROW(TREE_BOOT_STATE, told_another_block),
	ROW(TREE_BOOT_STATE, told_another_time),
	ROW(TREE_BOOT_STATE, moved),
	ROW(TREE_BOOT_STATE, controller_without_a_word),
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

	return cmocka_run_group_tests_name("auditor.boot_state_spi", tests, NULL, NULL);
}
