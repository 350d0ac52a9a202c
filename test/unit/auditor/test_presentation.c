// SPDX-License-Identifier: Apache-2.0
/*
 * test_presentation.c - a channel that is shown as a PCI function, in the control cell and in the gateway,
 * and what is wrong where one thing of it is another.
 *
 * Robustness: wrong_functions_are_caught, what_decides_alone_is_told
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "fixture_pci.h"
#include "told.h"

#define BUS_IPA	      UINT64_C(0xba00000)
#define REGISTERS_IPA UINT64_C(0xbb00000)
#define FUNCTION_AT   0xa00u
#define ROWS_AT	      0xa40u
#define CHANNEL	      1u /* `both`, in either record */

static struct bp_pci_function *function(struct fixture *f)
{
	return fixture_table(f->cell[GATEWAY], f->cell[GATEWAY]->pci);
}

static struct bp_pci_register *row(struct fixture *f, uint32_t offset)
{
	struct bp_pci_register *rows = fixture_table(f->cell[GATEWAY], function(f)->registers);

	while (rows->offset != offset)
		rows++;
	return rows;
}

static struct bp_mmio *emulated(struct fixture *f, enum bp_mmio_kind kind)
{
	struct bp_mmio *mmio = fixture_table(f->cell[GATEWAY], f->cell[GATEWAY]->mmio);

	while (mmio->kind != kind)
		mmio++;
	return mmio;
}

static void cell_make(struct fixture *f, int i, const char *spi)
{
	static const struct bp_pci_register rows[] = {
		{0x00, BP_PCI_PLAIN, 0x11101af4, 0, 0, 0},
		{0x04, BP_PCI_KEPT, 0x00080002, 0, 0x400, 0},
		{0x08, BP_PCI_PLAIN, 0x05000001, 0, 0, 0},
		{0x10, BP_PCI_SIZING, REGISTERS_IPA, 0, 0xffffff00, 0},
		{0x18, BP_PCI_SIZING, WINDOWS_IPA + 0x2000c, 0, 0xfffff00c, 0},
		{0x1c, BP_PCI_SIZING, 0, 0, 0xffffffff, 0},
		{0x2c, BP_PCI_PLAIN, 0x11001af4, 0, 0, 0},
		{0x3c, BP_PCI_PLAIN, 0x100, 0, 0, 0},
	};
	struct bp_cell *cell = f->cell[i];
	struct bp_mmio *mmio = (struct bp_mmio *)fixture_table(cell, cell->mmio) + cell->mmio.count;
	char node[1024];

	mmio[0] = (struct bp_mmio){BUS_IPA, 0x100000, BP_MMIO_PCI, BP_PCI_CHANNELS};
	mmio[1] = (struct bp_mmio){REGISTERS_IPA, 0x1000, BP_MMIO_IVSHMEM, CHANNEL};
	cell->mmio.count += 2;
	cell->pci = (struct bp_table){FUNCTION_AT, 1};
	*(struct bp_pci_function *)fixture_table(cell, cell->pci) =
		(struct bp_pci_function){.rid = BP_PCI_CHANNELS | 8,
					 .flags = BP_PCI_CHANNEL,
					 .registers = {ROWS_AT, sizeof(rows) / sizeof(rows[0])}};
	memcpy((uint8_t *)cell + ROWS_AT, rows, sizeof(rows));
	fixture_state(f, i);
	(void)snprintf(
		node, sizeof(node),
		"pcie@ba00000 { compatible = \"pci-host-ecam-generic\"; device_type = \"pci\"; "
		"#address-cells = <3>; #size-cells = <2>; reg = <0 0xba00000 0 0x100000>; bus-range = <0 "
		"0>; dma-coherent; #interrupt-cells = <1>;\n ranges = <0x2000000 0 0xbb00000 0 0xbb00000 0 "
		"0x1000>, <0x43000000 0 0xb020000 0 0xb020000 0 0x1000>;\n"
		" interrupt-map-mask = <0xf800 0 0 7>; interrupt-map = <0x800 0 0 1 1 0 0 0 %s 1>; };\n"
		"bulkhead {",
		spi);
	fixture_replace(&f->guest_text[i], "bulkhead {", node);
	if (strstr(f->guest_text[i], "chosen {"))
		fixture_replace(&f->guest_text[i], "chosen {", "chosen { linux,pci-probe-only = <1>;");
	else
		fixture_replace(&f->guest_text[i], "bulkhead {",
				"chosen { linux,pci-probe-only = <1>; };\nbulkhead {");
}

static void good(struct fixture *f)
{
	fixture_replace(&f->partition_text, "size = \"4K\"; doorbell;",
			"size = \"4K\"; doorbell; presentation = \"ivshmem\";");
	cell_make(f, CONTROL, "195");
	cell_make(f, GATEWAY, "196");
}

/* The good image with one change in the gateway's. */
#define CHANGE(name, ...)                                                                                    \
	static void name(struct fixture *f)                                                                  \
	{                                                                                                    \
		good(f);                                                                                     \
		__VA_ARGS__                                                                                  \
	}
#define TREE(name, from, to) CHANGE(name, fixture_replace(&f->guest_text[GATEWAY], from, to);)

CHANGE(not_asked, fixture_replace(&f->partition_text, " presentation = \"ivshmem\";", "");)
CHANGE(asked_otherwise, fixture_replace(&f->partition_text, "\"ivshmem\"", "\"virtio\"");)
CHANGE(not_there, f->cell[GATEWAY]->pci.count = 0;)
CHANGE(device_number, function(f)->rid += 8;)
CHANGE(real_bus, function(f)->rid = 8;)
CHANGE(is_ghost, function(f)->flags |= BP_PCI_GHOST;)
CHANGE(no_flag, function(f)->flags = 0;)
CHANGE(has_hardware, function(f)->config_va = EL2_VA_GICD;)
CHANGE(resets, function(f)->reset = 8;)
CHANGE(puts_back, function(f)->bars = (struct bp_table){ROWS_AT, 1};)
CHANGE(register_missing, function(f)->registers.count--;)
CHANGE(identity, row(f, 0)->fixed++;)
CHANGE(command_written, row(f, 4)->write |= 2;)
CHANGE(command_hardware, row(f, 4)->kind = BP_PCI_COMMAND;)
CHANGE(never_pending, row(f, 4)->fixed = 2;)
CHANGE(others_kept, row(f, 0x2c)->kind = BP_PCI_KEPT;)
CHANGE(command_own, row(f, 4)->hard = 2;)
CHANGE(command_clears, row(f, 4)->clear = 1;)
CHANGE(registers_bar, row(f, 0x10)->fixed += 0x10000;)
CHANGE(registers_size, row(f, 0x10)->write = 0xffff0000;)
CHANGE(memory_bar, row(f, 0x18)->fixed += 0x10000;)
CHANGE(memory_bar_high, row(f, 0x1c)->fixed = 1;)
CHANGE(memory_longer, row(f, 0x18)->write = 0xffffe00c;)
CHANGE(memory_not_sized, row(f, 0x18)->kind = BP_PCI_PLAIN;)
CHANGE(pin_gone, row(f, 0x3c)->fixed = 0;)
CHANGE(pin_other, row(f, 0x3c)->fixed = 0x200;)
CHANGE(other_channel, emulated(f, BP_MMIO_IVSHMEM)->arg = 0;)
CHANGE(beyond_channels, emulated(f, BP_MMIO_IVSHMEM)->arg = 2;)
CHANGE(registers_longer, emulated(f, BP_MMIO_IVSHMEM)->size *= 2;)
CHANGE(registers_elsewhere, emulated(f, BP_MMIO_IVSHMEM)->ipa += 0x1000;)
CHANGE(registers_unseen, f->cell[GATEWAY]->mmio.count--;)
CHANGE(bus_rid, emulated(f, BP_MMIO_PCI)->arg = 0;)
CHANGE(bus_rid_beyond, emulated(f, BP_MMIO_PCI)->arg = 0x200;)
CHANGE(bus_shorter, emulated(f, BP_MMIO_PCI)->size /= 2;)
CHANGE(bus_unaligned, emulated(f, BP_MMIO_PCI)->ipa -= 0x1000;)
CHANGE(kind_unknown, emulated(f, BP_MMIO_IVSHMEM)->kind = BP_MMIO_COUNT;)
CHANGE(state_shared, f->cell[GATEWAY]->pci_state_va = 0;)

TREE(tree_no_bus, "device_type = \"pci\";", "")
TREE(tree_bus_elsewhere, "reg = <0 0xba00000 0 0x100000>", "reg = <0 0xba01000 0 0xff000>")
TREE(tree_buses, "bus-range = <0 0>", "bus-range = <0 1>")
TREE(tree_kind, "pci-host-ecam-generic", "pci-host-cam-generic")
TREE(tree_incoherent, "dma-coherent;", "")
TREE(tree_places_bars, "linux,pci-probe-only = <1>;", "")
TREE(tree_messages, "dma-coherent;", "dma-coherent; msi-parent = <1>;")
TREE(tree_registers, "0xbb00000 0 0x1000>", "0xbb00000 0 0x2000>")
TREE(tree_memory, "0xb020000 0 0x1000>;\n", "0xb020000 0 0x2000>;\n")
TREE(tree_memory_moved, "0xb020000 0 0xb020000", "0xb020000 0 0xb030000")
TREE(tree_memory_bus, "0xb020000 0 0xb020000", "0xb030000 0 0xb020000")
TREE(tree_memory_kind, "<0x43000000", "<0x3000000")
TREE(tree_window_more, "<0x43000000", "<0x43000000 0 0xb020000 0 0xb020000 0 0x1000>, <0x2000000")
TREE(tree_no_interrupt, "interrupt-map-mask = <0xf800 0 0 7>; interrupt-map = <0x800 0 0 1 1 0 0 0 196 1>;",
     "")
TREE(tree_other_interrupt, "0 0 0 196 1>", "0 0 0 193 1>")
TREE(tree_foreign_interrupt, "0 0 0 196 1>", "0 0 0 195 1>")
TREE(tree_level, "0 196 1>; };\nbulk", "0 196 4>; };\nbulk")
TREE(tree_other_device, "<0x800 0 0 1 1", "<0x1000 0 0 1 1")
TREE(tree_other_pin, "<0x800 0 0 1 1", "<0x800 0 0 2 1")
TREE(tree_mask, "<0xf800 0 0 7>", "<0 0 0 7>")

#define ROW(rule, name) {#name, name, RULE_##rule}
static const struct mutation rows[] = {
	ROW(PRESENTATION, not_asked), /* [utest->swr~audit-presentation~1] */
	ROW(INPUT, asked_otherwise),
	ROW(PRESENTATION, not_there),
	ROW(PRESENTATION, device_number),
	ROW(PRESENTATION, real_bus),
	ROW(PRESENTATION, is_ghost),
	ROW(PRESENTATION, no_flag),
	ROW(PCI_CONFIG, no_flag),
	ROW(PRESENTATION, has_hardware),
	ROW(EL2_WINDOW, has_hardware),
	ROW(PRESENTATION, resets),
	ROW(PRESENTATION, puts_back),
	ROW(PRESENTATION, register_missing),
	ROW(PRESENTATION, identity),
	ROW(PRESENTATION, command_written),
	ROW(PRESENTATION, command_hardware),
	ROW(PRESENTATION, never_pending),
	ROW(PRESENTATION, others_kept),
	ROW(PRESENTATION, command_own),
	ROW(PRESENTATION, command_clears),
	ROW(PRESENTATION, registers_bar),
	ROW(PRESENTATION, registers_size),
	ROW(PRESENTATION, memory_bar),
	ROW(PRESENTATION, memory_bar_high),
	ROW(PRESENTATION, memory_longer),
	ROW(PRESENTATION, memory_not_sized),
	ROW(PRESENTATION, pin_gone),
	ROW(PRESENTATION, pin_other),
	ROW(PRESENTATION, other_channel),
	ROW(PRESENTATION, beyond_channels),
	ROW(PRESENTATION, registers_longer),
	ROW(PRESENTATION, registers_elsewhere),
	ROW(PRESENTATION, registers_unseen),
	ROW(PRESENTATION, bus_rid),
	ROW(GIC_FRAMES, bus_rid),
	ROW(PRESENTATION, bus_rid_beyond),
	ROW(PRESENTATION, bus_shorter),
	ROW(PRESENTATION, bus_unaligned),
	ROW(EMULATED, kind_unknown),
	ROW(PCI_CONFIG, state_shared),
	ROW(TREE_PCI, tree_no_bus),
	ROW(TREE_PCI, tree_bus_elsewhere),
	ROW(PRESENTATION, tree_buses),
	ROW(PRESENTATION, tree_kind),
	ROW(PRESENTATION, tree_incoherent),
	ROW(TREE_PCI, tree_places_bars),
	ROW(PRESENTATION, tree_messages),
	ROW(PRESENTATION, tree_registers),
	ROW(PRESENTATION, tree_memory),
	ROW(PRESENTATION, tree_memory_moved),
	ROW(PRESENTATION, tree_memory_bus),
	ROW(PRESENTATION, tree_memory_kind),
	ROW(PRESENTATION, tree_window_more),
	ROW(PRESENTATION, tree_no_interrupt),
	ROW(PRESENTATION, tree_other_interrupt),
	ROW(TREE_IRQ, tree_foreign_interrupt),
	ROW(PRESENTATION, tree_level),
	ROW(PRESENTATION, tree_other_device),
	ROW(PRESENTATION, tree_other_pin),
	ROW(PRESENTATION, tree_mask),
};

/* Each condition of a question decides it alone. */
static struct bp_channel *shown(struct fixture *f)
{
	return (struct bp_channel *)fixture_table(f->cell[GATEWAY], f->cell[GATEWAY]->channels) + CHANNEL;
}
CHANGE(register_more, function(f)->registers.count++;)
CHANGE(register_elsewhere, row(f, 0x2c)->offset = 0x30;)
CHANGE(memory_of_odd_size, shown(f)->size = 0x3000;)
CHANGE(memory_askew, shown(f)->size = 0x10000; shown(f)->ipa += 0x1000;)
CHANGE(registers_high, emulated(f, BP_MMIO_IVSHMEM)->ipa = UINT64_C(0x10bb00000);)
CHANGE(silent_channel, shown(f)->receive_intid = 0;
       fixture_replace(&f->guest_text[GATEWAY],
		       "interrupt-map-mask = <0xf800 0 0 7>; interrupt-map = <0x800 0 0 1 1 0 0 0 196 1>;",
		       "");)
TREE(tree_no_memory, ", <0x43000000 0 0xb020000 0 0xb020000 0 0x1000>;", ";")
TREE(tree_map_broken, "<0x800 0 0 1 1 0 0 0 196 1>", "<0x800 0 0 1 0x77 0 0 0 196 1>")
/* The first device's pin leads elsewhere, and another's to the doorbell. */
TREE(tree_another_controller, "<0x800 0 0 1 1 0 0 0 196 1>; };",
     "<0x800 0 0 1 0x77 1>, <0x1000 0 0 1 1 0 0 0 196 1>; pic { phandle = <0x77>; interrupt-controller; "
     "#interrupt-cells = <1>; #address-cells = <0>; }; };")
TREE(tree_middle, "<0x800 0 0 1 1 0", "<0x800 1 0 1 1 0")
TREE(tree_low, "<0x800 0 0 1 1 0", "<0x800 0 1 1 1 0")
TREE(tree_mask_short, "<0xf800 0 0 7>", "<0xf800 0 0>")
#define BUS_REG "reg = <0 0xba00000 0 0x100000>;"
TREE(tree_bus_nowhere, BUS_REG, "")
TREE(tree_bus_in_pieces, BUS_REG, "reg = <0 0xba00000 0 0x100000>, <0 0xbb00000 0 0x1000>;")
TREE(tree_bus_short, BUS_REG, "reg = <0 0xba00000 0 0x80000>;")
TREE(tree_no_buses, "bus-range = <0 0>;", "")
TREE(tree_no_last_bus, "bus-range = <0 0>;", "bus-range = <0>;")
TREE(tree_later_buses, "bus-range = <0 0>;", "bus-range = <1 0>;")
TREE(tree_messages_mapped, "dma-coherent;", "dma-coherent; msi-map = <0 1 0 1>;")
TREE(tree_translates, "dma-coherent;", "dma-coherent; iommu-map = <0 1 0 1>;")

#define BUS_WORDS "its tree has another kind of bus for it"
#define PIN_WORDS "channel 'both' as a PCI function: its tree has another interrupt for it (0xe4)"
static const struct telling told[] = {
	TOLD(PRESENTATION, register_more, "a register isn't what it is, or not constant"),
	TOLD(PRESENTATION, register_elsewhere, "a register isn't what it is, or not constant (0x30)"),
	TOLD(PRESENTATION, memory_of_odd_size, "no BAR is its memory (0x3000)"),
	TOLD(PRESENTATION, memory_askew, "no BAR is its memory (0x10000)"),
	TOLD(PRESENTATION, registers_high, "its registers aren't a page below 4 GiB (0x10bb00000)"),
	UNTOLD(PRESENTATION, silent_channel, "passes on more than it has"),
	TOLD(PRESENTATION, tree_no_memory, "its tree has no windows of just its BARs (0xb020000)"),
	TOLD(PRESENTATION, tree_map_broken, PIN_WORDS),
	TOLD(PRESENTATION, tree_another_controller, "its tree's bus passes on more than it has (0x2)"),
	TOLD(PRESENTATION, tree_middle, PIN_WORDS),
	TOLD(PRESENTATION, tree_low, PIN_WORDS),
	TOLD(PRESENTATION, tree_mask_short, "its tree's bus passes on more than it has (0x1)"),
	TOLD(TREE_PCI, tree_bus_nowhere, "pcie@ba00000 is at none of its buses"),
	TOLD(PRESENTATION, tree_bus_in_pieces, BUS_WORDS),
	TOLD(PRESENTATION, tree_bus_short, BUS_WORDS),
	TOLD(PRESENTATION, tree_no_buses, BUS_WORDS),
	TOLD(PRESENTATION, tree_no_last_bus, BUS_WORDS),
	TOLD(PRESENTATION, tree_later_buses, BUS_WORDS),
	TOLD(PRESENTATION, tree_messages_mapped, BUS_WORDS),
	TOLD(PRESENTATION, tree_translates, BUS_WORDS),
};

/* [utest->swr~audit-presentation~1] */
static void what_decides_alone_is_told(void **state)
{
	tellings_run(ROWS(told));
}

/* [utest->swr~audit-presentation~1] */
static void the_good_one_is_clean(void **state)
{
	struct fixture fixture;
	struct audit audit;

	(void)state;
	mutation_audit(&fixture, &audit, good);
	if (audit.report.total)
		report_print(&audit.report, "good", stderr);
	assert_int_equal(audit.report.total, 0);
	audit_close(&audit);
	fixture_free(&fixture);
}

static void wrong_functions_are_caught(void **state)
{
	(void)state;
	mutations_run(rows, sizeof(rows) / sizeof(rows[0]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(the_good_one_is_clean),
					   cmocka_unit_test(what_decides_alone_is_told),
					   cmocka_unit_test(wrong_functions_are_caught)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
