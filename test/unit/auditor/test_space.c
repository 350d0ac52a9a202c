// SPDX-License-Identifier: Apache-2.0
/*
 * test_space.c - PCI functions set up: the boot's steps, what cells may do to configuration space, BARs in
 * stage 2, and what guests' trees say of it.
 *
 * Robustness: wrong_functions_are_caught
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "fixture_pci.h"
#include "mutate.h"

#define NIC_RID	 0x100
#define PORT_RID 0x08
#define DISK_RID 0x200
#define NEAR	 UINT64_C(0x10000000)
#define WIDE	 UINT64_C(0x8000000000)

/* The good image with one change. */
#define CHANGE(name, ...)                                                                                    \
	static void name(struct fixture *f)                                                                  \
	{                                                                                                    \
		fixture_pci_made(f);                                                                         \
		__VA_ARGS__                                                                                  \
	}
/* Another value of the `number`th write to, or comparison of, a register. */
#define WRITES(name, rid, offset, number, set)                                                               \
	CHANGE(name, fixture_step(rid, offset, BP_PCI_WRITE, number)->value = (set);)
#define COMPARES(name, rid, offset, number)                                                                  \
	CHANGE(name, fixture_step(rid, offset, BP_PCI_CHECK, number)->mask = 0;)
/* A register that its guest may write to some more. */
#define OPENS(name, cell, function, offset, bits)                                                            \
	CHANGE(name, fixture_row(f, cell, function, offset)->write |= (bits);)
#define TREE(name, cell, from, to) CHANGE(name, fixture_replace(&f->guest_text[cell], from, to);)

/* ---- steps ---- */
WRITES(bar_over_another, DISK_RID + 1, 0x10, 1, 0x10000c)
WRITES(bar_in_the_page, DISK_RID + 1, 0x10, 1, 0x10300c)
WRITES(bar_unaligned, NIC_RID, 0x10, 1, NEAR + 0x2000)
WRITES(bar_outside, NIC_RID, 0x10, 1, 0x40000000)
WRITES(bar_beside_its_bridge, NIC_RID, 0x10, 1, NEAR + 0x200000)
WRITES(bar_zero, NIC_RID, 0x10, 1, 0)
WRITES(virtual_bar_over_another, NIC_RID, 0x124, 1, 0x10000c)
WRITES(port_window_wide, PORT_RID, 0x24, 0, 0x00100000)
WRITES(port_window_closed, PORT_RID, 0x20, 0, 0xfff0)
WRITES(port_window_beyond, PORT_RID, 0x20, 0, 0x11001000)
WRITES(port_buses, PORT_RID, 0x18, 0, 0x00020100)
WRITES(port_deaf, PORT_RID, 4, 1, 0)
WRITES(port_forwards_io, PORT_RID, 4, 1, 7)
WRITES(port_control, PORT_RID, 0x3e, 0, 0x40)
WRITES(port_rom, PORT_RID, 0x38, 0, 1)
WRITES(acs_off, PORT_RID, 0x106, 0, 0)
WRITES(acs_half, PORT_RID, 0x106, 0, 0x11)
WRITES(acs_direct, PORT_RID, 0x106, 0, 0x5f)
WRITES(rom_on, NIC_RID, 0x30, 0, 1)
WRITES(left_mastering, NIC_RID, 4, 0, 0x404)
WRITES(left_decoding, DISK_RID, 4, 0, 0x402)
WRITES(virtual_more, NIC_RID, 0x110, 0, 2)
WRITES(virtual_off, NIC_RID, 0x108, 1, 0)
WRITES(virtual_migrates, NIC_RID, 0x108, 1, 0xb)
WRITES(virtual_pages, NIC_RID, 0x120, 0, 2)
CHANGE(step_elsewhere, fixture_step(NIC_RID, 0x30, BP_PCI_WRITE, 0)->va += 4096 * 0x80;)
CHANGE(step_unmapped, fixture_step(NIC_RID, 0x30, BP_PCI_WRITE, 0)->va = BOOT_WINDOWS + 16 * MIB;)
CHANGE(step_in_memory, fixture_step(NIC_RID, 0x30, BP_PCI_WRITE, 0)->va = f->header->writable_va;)
CHANGE(step_other_name, fixture_step(NIC_RID, 0x30, BP_PCI_WRITE, 0)->rid = DISK_RID;)
CHANGE(step_unknown, fixture_step(NIC_RID, 0x30, BP_PCI_WRITE, 0)->kind = 3;)
CHANGE(step_width, fixture_step(NIC_RID, 0x30, BP_PCI_WRITE, 0)->width = 8;)
CHANGE(step_odd, fixture_step(NIC_RID, 0x30, BP_PCI_WRITE, 0)->va += 2;)
CHANGE(step_endless, made.steps[made.step_count - 5].value = 1000000;)
CHANGE(step_to_a_virtual, made.steps[made.step_count - 1].kind = BP_PCI_WRITE;)
CHANGE(step_unfit, fixture_step(NIC_RID, 0x80, BP_PCI_CHECK, 0)->value ^= 0x100;)
CHANGE(step_wide_mask, fixture_step(NIC_RID, 0x80, BP_PCI_CHECK, 0)->mask |= 0x10000;)
CHANGE(step_to_messages, fixture_step(NIC_RID, 0x30, BP_PCI_WRITE, 0)->va += 0x80 - 0x30;)
CHANGE(step_too_early,
       *fixture_step(PORT_RID, 0x18, BP_PCI_WRITE, 0) = *fixture_step(PORT_RID, 4, BP_PCI_WRITE, 0);)
CHANGE(virtual_unwaited, made.steps[made.step_count - 5].value = 99;)
CHANGE(virtual_number_late,
       *fixture_step(NIC_RID, 0x124, BP_PCI_WRITE, 1) = *fixture_step(NIC_RID, 0x108, BP_PCI_WRITE, 1);)
CHANGE(steps_none, f->header->pci_steps.count = 0;)
CHANGE(written_before_known,
       *fixture_step(NIC_RID, 0, BP_PCI_CHECK, 0) = *fixture_step(NIC_RID, 4, BP_PCI_WRITE, 0);)
COMPARES(ids_unseen, DISK_RID, 0, 0)
COMPARES(header_unseen, DISK_RID, 0x0e, 0)
COMPARES(size_unseen, NIC_RID, 0x10, 0)
COMPARES(empty_unseen, NIC_RID, 0x24, 0)
COMPARES(virtual_size_unseen, NIC_RID, 0x124, 0)
COMPARES(total_unseen, NIC_RID, 0x10e, 0)
COMPARES(device_unseen, NIC_RID, 0x11a, 0)
COMPARES(stride_unseen, NIC_RID, 0x114, 0)
COMPARES(capability_unseen, NIC_RID, 0x80, 0)
COMPARES(capability_of_virtual_unseen, 0x180, 0x40, 0)
COMPARES(port_kind_unseen, PORT_RID, 0x40, 0)
COMPARES(port_width_unseen, PORT_RID, 0x24, 0)
COMPARES(acs_unseen, PORT_RID, 0x100, 0)
COMPARES(acs_on_unseen, PORT_RID, 0x106, 0)
CHANGE(size_other, fixture_step(NIC_RID, 0x10, BP_PCI_CHECK, 0)->value = 0xffff8000;)
CHANGE(config_in_boot_cached,
       *fixture_leaf(f, f->header->boot_root_pa, made.steps[0].va & ~UINT64_C(0xfff)) &= ~(UINT64_C(7) << 2);)

/* ---- registers ---- */
OPENS(decodes_io, GATEWAY, 0, 0x04, 1)
OPENS(writes_ids, GATEWAY, 0, 0x00, 1)
OPENS(writes_capability, GATEWAY, 0, 0x40, 0x100)
OPENS(resets_shared, GATEWAY, 0, 0x48, 0x8000)
OPENS(phantoms, HEALTH, 0, 0x48, 0x200)
OPENS(payload, HEALTH, 0, 0x48, 0xe0)
OPENS(sleeps_shared, GATEWAY, 0, 0xa4, 3)
OPENS(virtual_enable, GATEWAY, 0, 0x108, 1)
OPENS(virtual_io, HEALTH, 0, 0x04, 1)
OPENS(ghost_writes, GATEWAY, 1, 0x00, 1)
CHANGE(clears_other, fixture_row(f, GATEWAY, 0, 0x108)->clear = 1;)
CHANGE(bar_written, fixture_row(f, GATEWAY, 0, 0x10)->kind = BP_PCI_PLAIN;)
CHANGE(bar_reads_elsewhere, fixture_row(f, GATEWAY, 0, 0x10)->fixed += 0x4000;)
CHANGE(bar_upper_reads_elsewhere, fixture_row(f, HEALTH, 0, 0x14)->fixed = 0;)
CHANGE(sizes_no_bar, fixture_row(f, GATEWAY, 0, 0x0c)->kind = BP_PCI_SIZING;)
CHANGE(command_plain, fixture_row(f, GATEWAY, 0, 0x04)->kind = BP_PCI_PLAIN;)
CHANGE(command_elsewhere, fixture_row(f, GATEWAY, 0, 0x48)->kind = BP_PCI_COMMAND;)
CHANGE(kind_unknown, fixture_row(f, GATEWAY, 0, 0x48)->kind = 3;)
CHANGE(ghost_reads, fixture_row(f, GATEWAY, 1, 0x00)->hard = 1;)
CHANGE(rows_unordered, fixture_row(f, GATEWAY, 0, 0x0c)->offset = 0x04;)
CHANGE(rows_odd, fixture_row(f, GATEWAY, 0, 0x0c)->offset = 0x0e;)
CHANGE(rows_beyond, fixture_row(f, GATEWAY, 0, 0x124)->offset = 0x1000;)
CHANGE(rids_unordered, made.functions[GATEWAY][1].rid = 8;)
CHANGE(rid_of_bus_one, made.functions[GATEWAY][1].rid = 0x108;)
CHANGE(state_shared, made.functions[GATEWAY][1].state = 0;)
CHANGE(state_beyond, made.functions[GATEWAY][1].state = 1024;)
CHANGE(not_shared, made.functions[GATEWAY][0].flags = 0;)
CHANGE(not_virtual, made.functions[HEALTH][0].flags = 0;)
CHANGE(not_a_ghost, made.functions[GATEWAY][1].flags = BP_PCI_VF;)
CHANGE(reset_kept, made.functions[GATEWAY][0].reset = 0x48;)
CHANGE(reset_elsewhere, made.functions[HEALTH][0].reset = 0x4c; fixture_row(f, HEALTH, 0, 0x48)->write = 0;)
CHANGE(bar_not_put_back, made.functions[GATEWAY][0].bars.count = 1;)
CHANGE(bar_put_elsewhere,
       ((struct bp_pci_bar *)fixture_table(f->cell[GATEWAY], made.functions[GATEWAY][0].bars))[0].value +=
       0x4000;)
CHANGE(command_put_back,
       ((struct bp_pci_bar *)fixture_table(f->cell[GATEWAY], made.functions[GATEWAY][0].bars))[1].offset = 4;)
CHANGE(virtual_put_back, made.functions[HEALTH][0].bars = (struct bp_table){0xf00, 1};)
CHANGE(anothers_config, fixture_map(f, f->boot[0].root_pa, made.functions[HEALTH][0].config_va, 0x4010100000,
				    4096, EL2_DEVICE);)
CHANGE(nobodys_config, fixture_map(f, f->boot[0].root_pa, made.functions[HEALTH][0].config_va, 0x4010200000,
				   4096, EL2_DEVICE);)
CHANGE(function_missing, f->cell[HEALTH]->pci.count = 0; f->cell[HEALTH]->pci_state_va = 0;)
CHANGE(function_twice, made.functions[GATEWAY][1].config_va = made.functions[GATEWAY][0].config_va;)
CHANGE(function_unasked, f->cell[CONTROL]->pci = (struct bp_table){0xa20, 1};
       *(struct bp_pci_function *)fixture_table(f->cell[CONTROL],
						f->cell[CONTROL]->pci) = made.functions[HEALTH][0];)
CHANGE(state_without, f->cell[CONTROL]->pci_state_va = f->cell[CONTROL]->state_va;)
CHANGE(state_page_of_another, fixture_map(f, f->boot[0].root_pa, f->cell[HEALTH]->pci_state_va,
					  f->state_pa[CONTROL], 4096, EL2_WRITE);)
CHANGE(config_cached,
       *fixture_leaf(f, f->boot[0].root_pa, made.functions[HEALTH][0].config_va) &= ~(UINT64_C(7) << 2);)
CHANGE(config_on_another_core,
       fixture_map(f, f->boot[1].root_pa, EL2_VA_WINDOWS + 0x100000, 0x4010180000, 4096, EL2_DEVICE);)

/* ---- stage 2 ---- */
static void reach(struct fixture *f, int cell, uint64_t pa)
{
	fixture_pci_made(f);
	fixture_map(f, f->stage2_root[cell], pa, pa, 4096, STAGE2_DEVICE);
	fixture_list_roots(f);
}
#define REACH(name, cell, pa)                                                                                \
	static void name(struct fixture *f)                                                                  \
	{                                                                                                    \
		reach(f, cell, pa);                                                                          \
	}
REACH(bar_of_another, CONTROL, NEAR)
REACH(bar_of_nobody, GATEWAY, WIDE + 0x100000)
REACH(bar_of_a_virtual, GATEWAY, WIDE)
REACH(virtual_bar_off, HEALTH, WIDE + 0x1000)
REACH(configuration, GATEWAY, UINT64_C(0x4010100000))
REACH(messages_mapped, GATEWAY, ITS_PA + 0x10000)
CHANGE(bar_unmapped, *fixture_leaf(f, f->stage2_root[GATEWAY], NEAR) = 0;)
CHANGE(bar_cached, *fixture_leaf(f, f->stage2_root[GATEWAY], NEAR) |= UINT64_C(0x33c);)

static struct bp_mmio *emulated(struct fixture *f, enum bp_mmio_kind kind)
{
	struct bp_mmio *mmio = fixture_table(f->cell[GATEWAY], f->cell[GATEWAY]->mmio);

	while (mmio->kind != kind)
		mmio++;
	return mmio;
}
CHANGE(bus_longer, emulated(f, BP_MMIO_PCI)->size *= 2;)
CHANGE(bus_elsewhere, emulated(f, BP_MMIO_PCI)->ipa += 0x100000;)
CHANGE(frame_longer, emulated(f, BP_MMIO_V2M)->size *= 2;)
CHANGE(frame_elsewhere, emulated(f, BP_MMIO_V2M)->ipa -= 0x8000;)
CHANGE(kind_beyond, emulated(f, BP_MMIO_PCI)->kind = BP_MMIO_COUNT;)

/* ---- trees ---- */
TREE(tree_bus_long, GATEWAY, "0 0x100000>; bus-range", "0 0x200000>; bus-range")
TREE(tree_buses, GATEWAY, "bus-range = <0 0>", "bus-range = <0 1>")
TREE(tree_kind, GATEWAY, "pci-host-ecam-generic", "pci-host-cam-generic")
TREE(tree_wired, GATEWAY, "msi-parent = <7>", "msi-parent = <7>; interrupt-map = <0>")
TREE(tree_its, GATEWAY, "msi-parent = <7>", "msi-map = <0 7 0 1>")
TREE(tree_no_messages, GATEWAY, "msi-parent = <7>;", "")
TREE(tree_other_parent, GATEWAY, "msi-parent = <7>", "msi-parent = <1>")
TREE(tree_incoherent, GATEWAY, "dma-coherent;", "")
TREE(tree_places_bars, GATEWAY, "linux,pci-probe-only = <1>;", "")
TREE(tree_window_moved, GATEWAY, "0x2000000 0 0x10000000 0 0x10000000", "0x2000000 0 0x11000000 0 0x10000000")
TREE(tree_window_wider, GATEWAY, "0 0x1000000>, <0x3000000", "0 0x2000000>, <0x3000000")
TREE(tree_window_short, GATEWAY, "0 0x1000000>, <0x3000000", "0 0x4000>, <0x3000000")
TREE(tree_no_host, GATEWAY, "device_type = \"pci\";", "")
TREE(tree_frame_elsewhere, GATEWAY, "<0 0x8090000 0 0x1000>", "<0 0x8091000 0 0x1000>")
TREE(tree_frame_silent, GATEWAY, "arm,msi-num-spis = <2>;", "")
TREE(tree_frame_first, GATEWAY, "arm,msi-base-spi = <230>", "arm,msi-base-spi = <229>")
TREE(tree_frame_more, GATEWAY, "arm,msi-num-spis = <2>", "arm,msi-num-spis = <3>")
TREE(tree_frame_fewer, GATEWAY, "arm,msi-num-spis = <2>", "arm,msi-num-spis = <1>")
TREE(tree_frame_cells, GATEWAY, "msi-controller;", "msi-controller; #msi-cells = <1>;")
TREE(tree_unasked, CONTROL, "bulkhead {",
     "pcie@4010000000 { device_type = \"pci\"; #address-cells = <3>; #size-cells = <2>; };\nbulkhead {")

#define ROW(rule, name) {#name, name, RULE_##rule}
static const struct mutation rows[] = {
	ROW(PCI_SPACE, bar_over_another), /* [utest->swr~audit-pci-space~1] */
	ROW(PCI_SPACE, bar_unaligned),
	ROW(PCI_SPACE, bar_outside),
	ROW(PCI_SPACE, bar_beside_its_bridge),
	ROW(PCI_SPACE, bar_zero),
	ROW(PCI_SPACE, virtual_bar_over_another),
	ROW(PCI_SPACE, port_window_wide),
	ROW(PCI_SPACE, port_window_closed),
	ROW(PCI_SPACE, port_window_beyond),
	ROW(PCI_SPACE, port_buses),
	ROW(PCI_SPACE, port_deaf),
	ROW(PCI_SPACE, port_forwards_io),
	ROW(PCI_SPACE, port_control),
	ROW(PCI_SPACE, port_rom),
	ROW(PCI_SPACE, acs_off),
	ROW(PCI_SPACE, acs_half),
	ROW(PCI_SPACE, acs_direct),
	ROW(PCI_SPACE, rom_on),
	ROW(PCI_SPACE, left_mastering),
	ROW(PCI_SPACE, left_decoding),
	ROW(PCI_SPACE, virtual_more),
	ROW(PCI_SPACE, virtual_off),
	ROW(PCI_SPACE, virtual_migrates),
	ROW(PCI_SPACE, virtual_pages),
	ROW(PCI_SPACE, step_elsewhere),
	ROW(PCI_SPACE, step_unmapped),
	ROW(PCI_SPACE, step_in_memory),
	ROW(PCI_SPACE, step_other_name),
	ROW(PCI_SPACE, step_unknown),
	ROW(PCI_SPACE, step_width),
	ROW(PCI_SPACE, step_odd),
	ROW(PCI_SPACE, step_endless),
	ROW(PCI_SPACE, step_to_a_virtual),
	ROW(PCI_SPACE, step_unfit),
	ROW(PCI_SPACE, step_wide_mask),
	ROW(PCI_SPACE, step_to_messages),
	ROW(PCI_SPACE, step_too_early),
	ROW(PCI_SPACE, virtual_unwaited),
	ROW(PCI_SPACE, virtual_number_late),
	ROW(PCI_SPACE, steps_none),
	ROW(PCI_SPACE, written_before_known),
	ROW(PCI_SPACE, bar_in_the_page),
	ROW(PCI_MACHINE, ids_unseen), /* [utest->swr~audit-pci-machine~1] */
	ROW(PCI_MACHINE, header_unseen),
	ROW(PCI_MACHINE, size_unseen),
	ROW(PCI_MACHINE, empty_unseen),
	ROW(PCI_MACHINE, virtual_size_unseen),
	ROW(PCI_MACHINE, total_unseen),
	ROW(PCI_MACHINE, device_unseen),
	ROW(PCI_MACHINE, stride_unseen),
	ROW(PCI_MACHINE, capability_unseen),
	ROW(PCI_MACHINE, capability_of_virtual_unseen),
	ROW(PCI_MACHINE, port_kind_unseen),
	ROW(PCI_MACHINE, port_width_unseen),
	ROW(PCI_MACHINE, acs_unseen),
	ROW(PCI_MACHINE, acs_on_unseen),
	ROW(PCI_MACHINE, size_other),
	ROW(MEMORY_TYPE, config_cached),
	ROW(BOOT_ROOT, config_in_boot_cached),
	ROW(PCI_CONFIG, decodes_io), /* [utest->swr~audit-pci-config~1] */
	ROW(PCI_CONFIG, writes_ids),
	ROW(PCI_CONFIG, writes_capability),
	ROW(PCI_CONFIG, resets_shared),
	ROW(PCI_CONFIG, phantoms),
	ROW(PCI_CONFIG, payload),
	ROW(PCI_CONFIG, sleeps_shared),
	ROW(PCI_CONFIG, virtual_enable),
	ROW(PCI_CONFIG, virtual_io),
	ROW(PCI_CONFIG, ghost_writes),
	ROW(PCI_CONFIG, clears_other),
	ROW(PCI_CONFIG, bar_written),
	ROW(PCI_CONFIG, bar_reads_elsewhere),
	ROW(PCI_CONFIG, bar_upper_reads_elsewhere),
	ROW(PCI_CONFIG, sizes_no_bar),
	ROW(PCI_CONFIG, command_plain),
	ROW(PCI_CONFIG, command_elsewhere),
	ROW(PCI_CONFIG, kind_unknown),
	ROW(PCI_CONFIG, ghost_reads),
	ROW(PCI_CONFIG, rows_unordered),
	ROW(PCI_CONFIG, rows_odd),
	ROW(PCI_CONFIG, rows_beyond),
	ROW(PCI_CONFIG, rids_unordered),
	ROW(PCI_CONFIG, rid_of_bus_one),
	ROW(PCI_CONFIG, state_shared),
	ROW(PCI_CONFIG, state_beyond),
	ROW(PCI_CONFIG, not_shared),
	ROW(PCI_CONFIG, not_virtual),
	ROW(PCI_CONFIG, not_a_ghost),
	ROW(PCI_CONFIG, reset_kept),
	ROW(PCI_CONFIG, reset_elsewhere),
	ROW(PCI_CONFIG, bar_not_put_back),
	ROW(PCI_CONFIG, bar_put_elsewhere),
	ROW(PCI_CONFIG, command_put_back),
	ROW(PCI_CONFIG, virtual_put_back),
	ROW(PCI_CONFIG, anothers_config),
	ROW(EL2_WINDOW, anothers_config),
	ROW(PCI_CONFIG, nobodys_config),
	ROW(PCI, function_missing),
	ROW(PCI, function_twice),
	ROW(PCI_CONFIG, function_unasked),
	ROW(PCI_CONFIG, state_without),
	ROW(EL2_EXTRA, config_on_another_core),
	ROW(HV_LAYOUT, state_page_of_another),
	ROW(STAGE2, bar_of_another),
	ROW(PAGE_OWNER, bar_of_another),
	ROW(FORBIDDEN, bar_of_nobody),
	ROW(FORBIDDEN, bar_of_a_virtual),
	ROW(FORBIDDEN, virtual_bar_off),
	ROW(FORBIDDEN, configuration),
	ROW(FORBIDDEN, messages_mapped),
	ROW(EMULATED, messages_mapped),
	ROW(PCI, bar_unmapped),
	ROW(MEMORY_TYPE, bar_cached),
	ROW(GIC_FRAMES, bus_longer),
	ROW(GIC_FRAMES, bus_elsewhere),
	ROW(GIC_FRAMES, frame_longer),
	ROW(GIC_FRAMES, frame_elsewhere),
	ROW(EMULATED, kind_beyond),
	ROW(TREE_PCI, tree_bus_long), /* [utest->swr~audit-tree-pci~1] */
	ROW(TREE_PCI, tree_buses),
	ROW(TREE_PCI, tree_kind),
	ROW(TREE_PCI, tree_wired),
	ROW(TREE_PCI, tree_its),
	ROW(TREE_PCI, tree_no_messages),
	ROW(TREE_PCI, tree_other_parent),
	ROW(TREE_PCI, tree_incoherent),
	ROW(TREE_PCI, tree_places_bars),
	ROW(TREE_PCI, tree_window_moved),
	ROW(TREE_PCI, tree_window_wider),
	ROW(TREE_PCI, tree_window_short),
	ROW(TREE_PCI, tree_no_host),
	ROW(TREE_PCI, tree_frame_elsewhere),
	ROW(TREE_PCI, tree_frame_silent),
	ROW(TREE_PCI, tree_frame_first),
	ROW(TREE_PCI, tree_frame_more),
	ROW(TREE_PCI, tree_frame_fewer),
	ROW(TREE_PCI, tree_frame_cells),
	ROW(TREE_PCI, tree_unasked),
};

static void wrong_functions_are_caught(void **state)
{
	mutations_run(rows, sizeof(rows) / sizeof(rows[0]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(wrong_functions_are_caught)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
