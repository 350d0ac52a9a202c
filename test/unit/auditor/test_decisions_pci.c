// SPDX-License-Identifier: Apache-2.0
/*
 * test_decisions_pci.c - PCI functions, their configuration space, and what guests' trees say of them: each
 * condition of a rule's question decides it alone.
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

#define NIC_RID			  0x100
#define PORT_RID		  0x08
#define PLAIN_RID		  0x10
#define DISK_RID		  0x200
#define NEAR			  UINT64_C(0x10000000)

#define CHANGE(name, ...)	  MUTATION(name, fixture_pci_made(f); __VA_ARGS__)
#define TREE(name, from, to)	  REPLACED(name, fixture_pci_made, guest_text[GATEWAY], from, to)
#define INVENTORY(name, from, to) REPLACED(name, fixture_pci_made, pci_text, from, to)

/* ---- the guest's host ---- */
#define WINDOW_LOW  "<0x2000000 0 0x10000000 0 0x10000000 0 0x1000000>"
#define WINDOW_WIDE "<0x3000000 0x80 0 0x80 0 0 0x40000000>"
TREE(window_of_io, WINDOW_LOW, "<0x1000000 0 0x10000000 0 0x10000000 0 0x1000000>")
TREE(windows_overlap, WINDOW_LOW, WINDOW_LOW ", " WINDOW_LOW)
TREE(root_is_host, "/dts-v1/; / {", "/dts-v1/; / { device_type = \"pci\";")
TREE(host_in_pieces, "reg = <0x40 0x10000000 0 0x100000>",
     "reg = <0x40 0x10000000 0 0x100000>, <0x40 0x10100000 0 0x100000>")
TREE(host_elsewhere, "reg = <0x40 0x10000000 0 0x100000>", "reg = <0x40 0x10100000 0 0x100000>")
TREE(host_without_buses, "bus-range = <0 0>;", "")
TREE(host_without_last_bus, "bus-range = <0 0>;", "bus-range = <0>;")
TREE(host_of_later_buses, "bus-range = <0 0>;", "bus-range = <1 0>;")
TREE(host_translates, "dma-coherent;", "dma-coherent; iommu-map = <0 7 0 0>;")
TREE(frame_nowhere, "msi-parent = <7>;", "msi-parent = <0x77>;")
TREE(functions_half_placed, "linux,pci-probe-only = <1>", "linux,pci-probe-only = <0>")

/* What the board's host passes on is told: all of it at its own address. */
#define RAM_AND_MESSAGES "<0x43000000 0 0 0 0 0x80 0>"
#define LIMITED(name, rows)                                                                                  \
	CHANGE(name, fixture_replace(&f->board_text,                                                         \
				     "iommu-map =", "dma-ranges = " RAM_AND_MESSAGES "; iommu-map =");       \
	       fixture_replace(&f->guest_text[HEALTH], "dma-coherent;",                                      \
			       "dma-coherent; dma-ranges = " RAM_AND_MESSAGES ";");                          \
	       fixture_replace(&f->guest_text[GATEWAY], "dma-coherent;",                                     \
			       "dma-coherent; dma-ranges = " rows ";");)
LIMITED(reach_told, RAM_AND_MESSAGES)
LIMITED(reach_empty, RAM_AND_MESSAGES ", <0x43000000 0 0 0 0 0 0>")
LIMITED(reach_endless, RAM_AND_MESSAGES ", <0x43000000 0xffffffff 0xfffff000 0xffffffff 0xfffff000 0 0x2000>")
REPLACED(bus_above_told, reach_told, guest_text[GATEWAY], "pcie@4010000000 {",
	 "bus { #address-cells = <2>; #size-cells = <2>; ranges; dma-ranges = <0 0 0 0 0x80 0>; "
	 "pcie@4010000000 {")
REPLACED(bus_above_limits, bus_above_told, guest_text[GATEWAY], WINDOW_WIDE "; };", WINDOW_WIDE "; }; };")

/* ---- the guest's frame for messages ---- */
CHANGE(frame_of_nobody, fixture_replace(&f->partition_text, "health { role", "doctor { role");)
REPLACED(frame_without_its, fixture_pci_made, board_text, "msi-map = <0 7 0 0x10000>;", "")
#define FRAME "reg = <0 0x8090000 0 0x1000>;"
TREE(frame_in_pieces, FRAME, "reg = <0 0x8090000 0 0x1000>, <0 0x8091000 0 0x1000>;")
TREE(frame_larger, FRAME, "reg = <0 0x8090000 0 0x2000>;")
CHANGE(frame_of_no_gic,
       fixture_replace(&f->guest_text[GATEWAY], "v2m@8090000 {",
		       "hub { #address-cells = <2>; #size-cells = <2>; ranges; v2m@8090000 {");
       fixture_replace(&f->guest_text[GATEWAY], "arm,msi-num-spis = <2>; };",
		       "arm,msi-num-spis = <2>; }; };");)
TREE(frame_no_controller, "msi-controller;", "")
TREE(frame_without_first, "arm,msi-base-spi = <230>;", "")
TREE(frame_beyond, "arm,msi-base-spi = <230>", "arm,msi-base-spi = <1024>")
TREE(frame_endless, "arm,msi-num-spis = <2>", "arm,msi-num-spis = <1000>")
TREE(frame_disabled, "v2m@8090000 {", "v2m@8090000 { status = \"disabled\";")

/* A second host, of a segment of its own, with the disk, which the gateway asks for. */
CHANGE(two_hosts,
       fixture_replace(&f->board_text, "flash@0 {",
		       "pcie@4020000000 { compatible = \"pci-host-ecam-generic\"; device_type = \"pci\"; "
		       "#address-cells = <3>; #size-cells = <2>; reg = <0x40 0x20000000 0 0x100000>; "
		       "bus-range = <0 0>; linux,pci-domain = <1>; }; flash@0 {");
       fixture_replace(&f->pci_text, "0000:02:00.0", "0001:00:00.0");
       fixture_replace(&f->partition_text, "pci = \"nic\";", "pci = \"nic\", \"0001:00:00.0\";");)

/* ---- bridges ---- */
/* Bytes of the first port from its bus numbers to its second control, as the inventory has them. */
#define ZEROS_11   "0000000000000000000000"
#define ZEROS_36   ZEROS_11 ZEROS_11 ZEROS_11 "000000"
#define BUSES	   "00010100"
#define UP_TO_WIDE BUSES "0000000000000000"
#define EXPRESS	   "10004200"
INVENTORY(port_conventional_alone, EXPRESS, "00004200")
MUTATION(port_conventional, port_conventional_alone(f);
	 fixture_step(PORT_RID, 0x40, BP_PCI_CHECK, 0)->mask = 0x00f00000;
	 fixture_step(PORT_RID, 0x40, BP_PCI_CHECK, 0)->value = 0x00400000;)
INVENTORY(port_beyond_seven, EXPRESS ZEROS_36 "00", EXPRESS ZEROS_36 "20")
INVENTORY(port_of_32_bits_alone, UP_TO_WIDE "01000100", UP_TO_WIDE "00000000")
MUTATION(port_of_32_bits, port_of_32_bits_alone(f); fixture_step(PORT_RID, 0x24, BP_PCI_CHECK, 0)->value = 0;)
#define UNWRITTEN(name, offset)                                                                              \
	CHANGE(name, *fixture_step(PORT_RID, offset, BP_PCI_WRITE, 0) =                                      \
			     *fixture_step(PORT_RID, 0x20, BP_PCI_WRITE, 0);)
UNWRITTEN(window_unwritten, 0x24)
UNWRITTEN(window_base_unwritten, 0x28)
UNWRITTEN(window_end_unwritten, 0x2c)
CHANGE(window_above, fixture_step(PORT_RID, 0x20, BP_PCI_WRITE, 0)->value = 0x10101010;)
CHANGE(window_of_another, fixture_step(PLAIN_RID, 0x20, BP_PCI_WRITE, 0)->value = 0x10001000;)
INVENTORY(buses_of_another, BUSES, "00010200")
INVENTORY(buses_none, BUSES, "00010000")
INVENTORY(buses_below, "00020200", "00020000")
INVENTORY(ports_behind_each_other, "0000:00:02.0", "0000:01:02.0")
INVENTORY(port_without_host, "0000:00:02.0", "0001:00:02.0")
CHANGE(first_port_without_host,
       fixture_replace(&f->board_text, "bus-range = <0 3>;", "bus-range = <0 3>; linux,pci-domain = <1>;");
       fixture_replace(&f->pci_text, "0000:00:02.0", "0001:00:02.0");)
CHANGE(ports_of_two_hosts,
       fixture_replace(&f->board_text, "flash@0 {",
		       "pcie@4020000000 { compatible = \"pci-host-ecam-generic\"; device_type = \"pci\"; "
		       "#address-cells = <3>; #size-cells = <2>; reg = <0x40 0x20000000 0 0x100000>; "
		       "bus-range = <0 0>; linux,pci-domain = <1>; }; flash@0 {");
       fixture_replace(&f->pci_text, "0000:00:02.0", "0001:00:02.0");)

/* Both disks' BARs are of half a page, and in one. */
CHANGE(
	page_shared_by_one,
	for (uint32_t i = 0; i < 2; i++) {
		fixture_replace(&f->pci_text, "0 0x4000 0x14220c", "0 0x800 0x14220c");
		fixture_step(DISK_RID + i, 0x10, BP_PCI_CHECK, 0)->value = 0xfffff80c;
	} fixture_step(DISK_RID + 1, 0x10, BP_PCI_WRITE, 1)
		->value = 0x10080c;)
REPLACED(page_shared_by_two, page_shared_by_one, partition_text, "pci = \"nic\";", "pci = \"nic\", \"disk\";")

/* ---- configuration space ---- */
#define ZEROS_40 ZEROS_36 "00000000"
#define VF	 "ffffffff0000100001000002" ZEROS_40 "40" ZEROS_11
INVENTORY(reset_without_express, VF "1080", VF "0080")
INVENTORY(reset_not_able, VF "1080020020800010", VF "1080020020800000")
CHANGE(sizes_its_class, fixture_row(f, HEALTH, 0, 0x08)->kind = BP_PCI_SIZING;)
CHANGE(sizes_before_virtual_bars, fixture_row(f, GATEWAY, 0, 0x48)->kind = BP_PCI_SIZING;)
CHANGE(sizes_behind_virtual_bars, fixture_row(f, GATEWAY, 0, 0x124)->offset = 0x13c;)
CHANGE(
	sizes_too_much, struct bp_table *table = &made.functions[HEALTH][0].registers;
	struct bp_pci_register *rows = fixture_table(f->cell[HEALTH], *table); while (table->count < 44) {
		rows[table->count] = (struct bp_pci_register){.offset = (uint16_t)(0x400 + table->count * 4),
							      .kind = BP_PCI_SIZING};
		table->count++;
	})
CHANGE(line_written, struct bp_pci_register *row = fixture_row(f, GATEWAY, 0, 0x34); row->offset = 0x3c;
       row->write = 0xffff;)
CHANGE(config_of_none, fixture_map(f, f->boot[0].root_pa, made.functions[HEALTH][0].config_va, 0x4010300000,
				   4096, EL2_DEVICE);)
CHANGE(config_unmapped, made.functions[HEALTH][0].config_va += 0x1000000;)

static const struct telling told[] = {
	/* [utest->swr~audit-tree-pci~1] */
	TOLD(TREE_PCI, window_of_io, "pcie@4010000000 has a window that isn't its host's"),
	TOLD(TREE_PCI, root_is_host, "its tree's / isn't a host of its bus 0 alone"),
	TOLD(TREE_PCI, host_in_pieces, "pcie@4010000000 isn't a host of its bus 0 alone"),
	TOLD(TREE_PCI, host_elsewhere, "pcie@4010000000 isn't a host of its bus 0 alone"),
	TOLD(TREE_PCI, host_without_buses, "pcie@4010000000 isn't a host of its bus 0 alone"),
	TOLD(TREE_PCI, host_without_last_bus, "pcie@4010000000 isn't a host of its bus 0 alone"),
	TOLD(TREE_PCI, host_of_later_buses, "pcie@4010000000 isn't a host of its bus 0 alone"),
	TOLD(TREE_PCI, host_translates, "promises interrupts by wire, an IOMMU or an ITS"),
	TOLD(TREE_PCI, frame_nowhere, "pcie@4010000000 has no frame for its messages"),
	TOLD(TREE_PCI, functions_half_placed, "/chosen lets its guest place BARs"),
	TOLD(TREE_PCI, reach_empty, "pcie@4010000000 has dma-ranges that its host hasn't"),
	TOLD(TREE_PCI, reach_endless, "pcie@4010000000 has dma-ranges that its host hasn't"),
	TOLD(TREE_PCI, bus_above_limits, "has dma-ranges where the board's host has none"),
	TOLD(TREE_PCI, frame_of_nobody, "cell 'health': its tree's /intc@8000000/v2m@8090000 isn't a frame"),
	UNTOLD(MESSAGE_LISTS, frame_of_nobody, "0000:02:00.0 can't raise SPI 232"),
	TOLD(TREE_PCI, frame_without_its, "v2m@8090000 isn't a frame for messages of its GIC"),
	TOLD(TREE_PCI, frame_in_pieces, "v2m@8090000 isn't a frame for messages of its GIC"),
	TOLD(TREE_PCI, frame_larger, "v2m@8090000 isn't a frame for messages of its GIC"),
	TOLD(TREE_PCI, frame_of_no_gic, "v2m@8090000 isn't a frame for messages of its GIC"),
	TOLD(TREE_PCI, frame_no_controller, "v2m@8090000 isn't a frame for messages of its GIC"),
	TOLD(TREE_PCI, frame_without_first, "v2m@8090000 doesn't say which interrupts it has"),
	TOLD(TREE_PCI, frame_beyond, "v2m@8090000 doesn't say which interrupts it has"),
	TOLD(TREE_PCI, frame_endless, "v2m@8090000 doesn't say which interrupts it has"),
	TOLD(TREE_PCI, frame_disabled, "has another number of PCI hosts, or of frames"),
	TOLD(TREE_PCI, two_hosts, "has one bus, but functions of two hosts"),
	/* [utest->swr~audit-pci-space~1] */
	TOLD(PCI_GROUP, port_conventional, "lies behind 0000:00:01.0, which sends under a name of its own"),
	UNTOLD(PCI_SPACE, port_conventional, "its second control"),
	UNTOLD(PCI_MACHINE, port_conventional, "0000:00:01.0: the kind of port isn't compared"),
	TOLD(PCI_SPACE, port_beyond_seven, "0000:00:01.0: its second control isn't the inventory's"),
	TOLD(PCI_SPACE, port_of_32_bits, "0000:00:01.0: a BAR below it isn't in its windows (0x8000000000)"),
	TOLD(PCI_SPACE, window_unwritten, "0000:00:01.0: its windows aren't set"),
	TOLD(PCI_SPACE, window_base_unwritten, "0000:00:01.0: its windows aren't set"),
	TOLD(PCI_SPACE, window_end_unwritten, "0000:00:01.0: its windows aren't set"),
	TOLD(PCI_SPACE, window_above, "0000:00:01.0: a BAR below it isn't in its windows (0x10000000)"),
	TOLD(PCI_SPACE, window_of_another, "0000:00:02.0: its windows take in a BAR that isn't below it"),
	TOLD(PCI_SPACE, window_of_another, "0000:00:01.0: its windows are another bridge's, too"),
	TOLD(PCI_SPACE, buses_of_another, "0000:00:01.0: its buses are another bridge's, too"),
	TOLD(PCI_SPACE, buses_of_another, "0000:02:00.0: its bus is behind a bridge that it isn't below"),
	TOLD(PCI_SPACE, buses_none, "0000:01:00.0: no bridge leads to its bus"),
	UNTOLD(PCI_SPACE, buses_below, "0000:00:01.0: its buses are another bridge's, too"),
	UNTOLD(PCI_SPACE, ports_behind_each_other, "0000:00:01.0: its buses are another bridge's, too"),
	TOLD(PCI_SPACE, port_without_host, "0000:02:00.0: no bridge leads to its bus"),
	UNTOLD(PCI_SPACE, port_without_host, "0001:00:02.0: "),
	UNTOLD(PCI_MACHINE, port_without_host, "0001:00:02.0: "),
	UNTOLD(PCI_SPACE, first_port_without_host, "0000:00:01.0: "),
	TOLD(PCI_SPACE, first_port_without_host,
	     "step 0 of the boot: its address isn't that of the function"),
	UNTOLD(PCI_SPACE, ports_of_two_hosts, "0000:00:01.0: its buses are another bridge's, too"),
	TOLD(PCI_SPACE, page_shared_by_two,
	     "0000:02:00.0 and 0000:02:00.1: BARs at 0x8000100000 and 0x8000100800 overlap, or share a page"),
	/* [utest->swr~audit-pci-config~1] */
	TOLD(PCI_CONFIG, reset_without_express, "0000:01:10.0: it can't be reset there, or must not"),
	TOLD(PCI_CONFIG, reset_not_able, "0000:01:10.0: it can't be reset there, or must not"),
	TOLD(PCI_CONFIG, sizes_its_class, "it sizes what is no BAR (0x8)"),
	TOLD(PCI_CONFIG, sizes_before_virtual_bars, "it sizes what is no BAR (0x48)"),
	TOLD(PCI_CONFIG, sizes_behind_virtual_bars, "it sizes what is no BAR (0x13c)"),
	TOLD(PCI_CONFIG, sizes_too_much, "more BARs than its word of state has bits"),
	TOLD(PCI_CONFIG, line_written, "a guest may write what it must not (0x3c0000ffff)"),
	TOLD(PCI_CONFIG, config_of_none, "it isn't the cell's (0x4010300000)"),
	TOLD(PCI, config_unmapped, "0000:01:10.0, its record has it 0 times"),
};

static void what_decides_alone_is_told(void **state)
{
	tellings_run(ROWS(told));
}

static const struct telling admitted[] = {
	ADMITTED(windows_overlap), ADMITTED(reach_told), /* [utest->swr~audit-tree-pci~1] */
	ADMITTED(page_shared_by_one),			 /* [utest->swr~audit-pci-space~1] */
};

static void what_differs_and_is_good_is_admitted(void **state)
{
	tellings_run(ROWS(admitted));
}

TOLD_MAIN(what_decides_alone_is_told, what_differs_and_is_good_is_admitted)
