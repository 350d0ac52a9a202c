// SPDX-License-Identifier: Apache-2.0
/*
 * test_trees.c - device trees as the auditor reads them: what is no tree, registers through buses, what a bus
 * lets a device reach, interrupts through maps, regions of reserved memory, and numbers in properties.
 *
 * Both ranges: registers_are_those_of_the_cpus, windows_of_pci_hosts, what_dma_ranges_say,
 * interrupts_end_at_the_gic, regions_for_devices, names_and_numbers
 *
 * Robustness: what_is_no_tree_is_refused, buses_beyond_any_tree_end, cells_of_no_number_are_bounded
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <libfdt.h>
#include <cmocka.h>

#include "fixture.h"
#include "value.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define NONE	     UINT64_MAX

/* The tree with such a root. */
static void open_body(struct tree *tree, const char *body)
{
	const char *why = NULL;
	char *text = malloc(strlen(body) + 32);
	struct blob blob;

	(void)sprintf(text, "/dts-v1/; / {\n%s\n};\n", body);
	blob = fixture_compile(text);
	if (!tree_open(tree, blob, &why))
		fail_msg("%s: %s", why, body);
	free((void *)blob.data);
	free(text);
}

static const struct node *node_of(const struct tree *tree, const char *path)
{
	const struct node *node = tree_path(tree, path);

	if (!node)
		fail_msg("no %s", path);
	return node;
}

/* ---- what is no tree ---- */

static void refused(struct blob blob, const char *due)
{
	struct tree tree;
	const char *why = NULL;

	assert_false(tree_open(&tree, blob, &why));
	assert_string_equal(why, due);
	assert_null(tree.nodes);
	assert_null(tree.fdt);
}

/* `depth` nodes in each other, and `more` beside them. */
static struct blob tree_of(unsigned int depth, unsigned int more)
{
	const size_t room = 4096 + (depth + more) * 16;
	uint8_t *fdt = malloc(room);

	assert_int_equal(fdt_create(fdt, (int)room), 0);
	assert_int_equal(fdt_finish_reservemap(fdt), 0);
	for (unsigned int i = 0; i < depth; i++)
		assert_int_equal(fdt_begin_node(fdt, i ? "n" : ""), 0);
	for (unsigned int i = 0; i < more; i++) {
		char name[16];

		(void)snprintf(name, sizeof(name), "%x", i);
		assert_int_equal(fdt_begin_node(fdt, name), 0);
		assert_int_equal(fdt_end_node(fdt), 0);
	}
	for (unsigned int i = 0; i < depth; i++)
		assert_int_equal(fdt_end_node(fdt), 0);
	assert_int_equal(fdt_finish(fdt), 0);
	return (struct blob){fdt, fdt_totalsize(fdt)};
}

/* [utest->swr~audit-inputs~1] */
static void what_is_no_tree_is_refused(void **state)
{
	struct blob good = fixture_compile("/dts-v1/; / { a = <1>; };\n");
	uint8_t *bytes = (uint8_t *)(uintptr_t)good.data;
	struct tree tree;
	const char *why = NULL;

	refused((struct blob){NULL, 0}, "it is absent");
	refused((struct blob){good.data, FDT_V17_SIZE - 1}, "FDT_ERR_TRUNCATED");
	refused((struct blob){good.data, good.size - 1}, "FDT_ERR_TRUNCATED");
	bytes[0] ^= 1;
	refused(good, "FDT_ERR_BADMAGIC");
	bytes[0] ^= 1;
	fdt_set_version(bytes, 16);
	fdt_set_last_comp_version(bytes, 16);
	refused(good, "FDT_ERR_BADVERSION");
	fdt_set_version(bytes, 17);
	assert_true(tree_open(&tree, good, &why));
	tree_close(&tree);
	free(bytes);

	good = tree_of(TREE_DEPTH, 0);
	assert_true(tree_open(&tree, good, &why));
	assert_int_equal(tree.count, TREE_DEPTH);
	tree_close(&tree);
	free((void *)good.data);
	good = tree_of(TREE_DEPTH + 1, 0);
	refused(good, "its nodes are too many or nested too deep");
	free((void *)good.data);
	good = tree_of(1, TREE_NODES_MAX - 1);
	assert_true(tree_open(&tree, good, &why));
	assert_int_equal(tree.count, TREE_NODES_MAX);
	tree_close(&tree);
	free((void *)good.data);
	good = tree_of(1, TREE_NODES_MAX);
	refused(good, "its nodes are too many or nested too deep");
	free((void *)good.data);
}

/* ---- registers ---- */

#define ONE_CELL "#address-cells = <1>; #size-cells = <1>;"
#define TWO_CELL "#address-cells = <2>; #size-cells = <2>;"

/* base: NONE where the node's registers are no addresses of the CPUs; lost: that is told, too. */
static const struct {
	const char *body, *path;
	uint64_t base, size;
	bool lost;
} regs[] = {
	{ONE_CELL "dev { reg = <0x1000 0x10>; };", "/dev", 0x1000, 0x10, false},
	{ONE_CELL "dev { reg = <0x1000 0x10 0x2000>; };", "/dev", 0x1000, 0x10, true},
	{ONE_CELL "dev { };", "/dev", NONE, 0, false},
	{ONE_CELL "dev { reg = <0x1000 0>; };", "/dev", NONE, 0, false},
	{TWO_CELL "dev { reg = <0 0x1000 0xffffffff 0xfffff001>; };", "/dev", 0x1000,
	 UINT64_C(0xfffffffffffff001), true},
	{TWO_CELL "dev { reg = <0 0x1000 0xffffffff 0xfffff000>; };", "/dev", 0x1000,
	 UINT64_C(0xfffffffffffff000), false},
	{ONE_CELL "reg = <0x1000 0x10>;", "/", NONE, 0, false},
	/* Nobody knows how its parent counts. */
	{"#address-cells = <3>; #size-cells = <1>; dev { reg = <0 0 0x1000 0x10>; };", "/dev", NONE, 0, true},
	{"#address-cells = <5>; #size-cells = <1>; dev { reg = <0x1000 0x10>; };", "/dev", NONE, 0, true},
	{"#address-cells = <1>; #size-cells = <3>; dev { reg = <0x1000 0 0 0x10>; };", "/dev", NONE, 0, true},
	{"#address-cells = <1>; #size-cells = <5>; dev { reg = <0x1000 0x10>; };", "/dev", NONE, 0, true},
	{"#address-cells = <0>; #size-cells = <1>; dev { reg = <0x10>; };", "/dev", NONE, 0, true},
	{"#address-cells = <1>; #size-cells = <0>; dev { reg = <0x10>; };", "/dev", NONE, 0, true},
	/* Through a bus. */
	{ONE_CELL "bus { " ONE_CELL "ranges; dev { reg = <0x1000 0x10>; }; };", "/bus/dev", 0x1000, 0x10,
	 false},
	{ONE_CELL "bus { " ONE_CELL "dev { reg = <0x1000 0x10>; }; };", "/bus/dev", NONE, 0, true},
	{ONE_CELL "bus { " ONE_CELL "ranges = <0x1000 0x8000 0x20>; dev { reg = <0x1010 0x10>; }; };",
	 "/bus/dev", 0x8010, 0x10, false},
	{ONE_CELL "bus { " ONE_CELL "ranges = <0x1000 0x8000 0x20>; dev { reg = <0x1011 0x10>; }; };",
	 "/bus/dev", NONE, 0, true},
	{ONE_CELL "bus { " ONE_CELL "ranges = <0x1000 0x8000 0x20>; dev { reg = <0xff0 0x10>; }; };",
	 "/bus/dev", NONE, 0, true},
	{ONE_CELL "bus { " ONE_CELL
		  "ranges = <0x1000 0x8000 0x20>, <0x2000 0x9000 0x20>; dev { reg = <0x2000 0x10>; }; };",
	 "/bus/dev", 0x9000, 0x10, false},
	/* A bus that counts as no address of a CPU can be counted. */
	{ONE_CELL "outer { #address-cells = <3>; #size-cells = <1>; ranges = <0 0 0 0 0x10000>;\n"
		  "bus { " ONE_CELL "ranges; dev { reg = <0x1000 0x10>; }; }; };",
	 "/outer/bus/dev", NONE, 0, true},
	{ONE_CELL "outer { #address-cells = <3>; #size-cells = <1>; ranges;\n"
		  "bus { " ONE_CELL "ranges = <0 0 0 0 0x10000>; dev { reg = <0x1000 0x10>; }; }; };",
	 "/outer/bus/dev", NONE, 0, true},
	{ONE_CELL "outer { #address-cells = <1>; #size-cells = <3>; ranges = <0 0 0 0 0x10000>;\n"
		  "bus { " ONE_CELL "ranges; dev { reg = <0x1000 0x10>; }; }; };",
	 "/outer/bus/dev", NONE, 0, true},
	{"#address-cells = <0>; #size-cells = <1>;\n"
	 "outer { #address-cells = <0>; #size-cells = <0>; ranges = <0>;\n"
	 "bus { " ONE_CELL "ranges; dev { reg = <0x1000 0x10>; }; }; };",
	 "/outer/bus/dev", NONE, 0, true},
	/* Registers that are all those of the devices on the bus are theirs. */
	{ONE_CELL "bus { compatible = \"simple-bus\"; reg = <0x1000 0x100>; " ONE_CELL "ranges; };", "/bus",
	 NONE, 0, true},
	{ONE_CELL "bus { compatible = \"simple-bus\"; reg = <0x1000 0x100>; " ONE_CELL
		  "ranges = <0 0x1000 0x100>; };",
	 "/bus", NONE, 0, true},
	{ONE_CELL "bus { compatible = \"simple-bus\"; reg = <0x1000 0x100>; " ONE_CELL "};", "/bus", 0x1000,
	 0x100, false},
	{ONE_CELL "bus { compatible = \"simple-bus\"; reg = <0x1000 0x100>; " ONE_CELL
		  "ranges = <0 0x1000 0xff>; };",
	 "/bus", 0x1000, 0x100, false},
	{ONE_CELL "bus { compatible = \"simple-bus\"; reg = <0x1000 0x100>; " ONE_CELL
		  "ranges = <0 0x1001 0x100>; };",
	 "/bus", 0x1000, 0x100, false},
	{ONE_CELL "bus { compatible = \"simple-bus\"; reg = <0x1000 0x100>; #address-cells = <5>; "
		  "#size-cells = <0>; ranges = <0>; };",
	 "/bus", 0x1000, 0x100, false},
	{ONE_CELL "bus { compatible = \"simple-bus\"; reg = <0x1000 0x100>; #address-cells = <3>; "
		  "#size-cells = <1>; ranges = <0 0 0 0x1000 0x100>; };",
	 "/bus", 0x1000, 0x100, false},
	{ONE_CELL "bus { compatible = \"simple-bus\"; reg = <0x1000 0x100>; #address-cells = <1>; "
		  "#size-cells = <3>; ranges = <0 0x1000 0 0 0x100>; };",
	 "/bus", 0x1000, 0x100, false},
	{ONE_CELL "outer { " ONE_CELL "ranges = <0 0 0x2000>; bus { compatible = \"simple-bus\"; "
		  "reg = <0x1000 0x100>; " ONE_CELL "ranges = <0 0x2000 0x100>; }; };",
	 "/outer/bus", 0x1000, 0x100, false},
};

/* [utest->swr~audit-inputs~1] */
static void registers_are_those_of_the_cpus(void **state)
{
	for (size_t i = 0; i < COUNT(regs); i++) {
		const size_t due = regs[i].base == NONE ? 0 : 1;
		const struct node *node;
		struct tree tree;

		open_body(&tree, regs[i].body);
		node = node_of(&tree, regs[i].path);
		if (node->reg_count != due)
			fail_msg("row %zu: %zu registers", i, node->reg_count);
		if (due && (node->regs[0].base != regs[i].base || node->regs[0].size != regs[i].size))
			fail_msg("row %zu: 0x%llx", i, (unsigned long long)node->regs[0].base);
		if (node_regs_lost(&tree, node) != regs[i].lost)
			fail_msg("row %zu: lost", i);
		tree_close(&tree);
	}
}

/* ---- windows ---- */

#define PCI_CELLS_3 "#address-cells = <3>; #size-cells = <2>; "
#define WINDOW	    "ranges = <0x2000000 0 0x100 0x8000 0 0x40>; "

static const struct {
	const char *body, *path;
	uint64_t base; /* NONE: it has none */
} windows[] = {
	{ONE_CELL "pci { " PCI_CELLS_3 WINDOW "};", "/pci", 0x8000},
	{ONE_CELL "pci { " PCI_CELLS_3 "};", "/pci", NONE},
	{PCI_CELLS_3 WINDOW, "/", NONE},
	{ONE_CELL "pci { " TWO_CELL "ranges = <0 0x100 0x8000 0 0x40 0>; };", "/pci", NONE},
	{ONE_CELL "pci { #address-cells = <3>; #size-cells = <3>; "
		  "ranges = <0x2000000 0 0x100 0x8000 0 0 0x40>; };",
	 "/pci", NONE},
	{ONE_CELL "pci { #address-cells = <3>; #size-cells = <0>; ranges = <0x2000000 0 0x100 0x8000>; };",
	 "/pci", NONE},
	{"#address-cells = <3>; #size-cells = <1>; pci { " PCI_CELLS_3
	 "ranges = <0x2000000 0 0x100 0 0 0x8000 0 0x40>; };",
	 "/pci", NONE},
	{"#address-cells = <0>; #size-cells = <1>; pci { " PCI_CELLS_3
	 "ranges = <0x2000000 0 0x100 0 0x40>; };",
	 "/pci", NONE},
	/* The first leads nowhere. */
	{ONE_CELL "pci { " PCI_CELLS_3
		  "ranges = <0x2000000 0 0x100 0x7000 0 0>, <0x2000000 0 0x100 0x8000 0 0x40>; };",
	 "/pci", 0x8000},
	{ONE_CELL "pci { " PCI_CELLS_3 "ranges = <0x2000000 0 0x100 0x7000 0 0>; };", "/pci", NONE},
};

/* [utest->swr~audit-inputs~1] */
static void windows_of_pci_hosts(void **state)
{
	for (size_t i = 0; i < COUNT(windows); i++) {
		struct range window = {0};
		struct tree tree;
		uint32_t space = 0;
		uint64_t bus = 0;

		open_body(&tree, windows[i].body);
		if (node_bus_window(&tree, node_of(&tree, windows[i].path), 0, &window, &space, &bus) !=
		    (windows[i].base != NONE))
			fail_msg("row %zu", i);
		if (windows[i].base != NONE) {
			assert_int_equal(window.base, windows[i].base);
			assert_int_equal(window.size, 0x40);
			assert_int_equal(space, 0x2000000);
			assert_int_equal(bus, 0x100);
		}
		assert_false(
			node_bus_window(&tree, node_of(&tree, windows[i].path), 1, &window, &space, &bus));
		tree_close(&tree);
	}
}

/* ---- dma-ranges ---- */

static const struct {
	const char *body, *path;
	uint64_t unreached; /* first of [0x1000, 0x2000) that what is on the bus doesn't reach */
	bool row;	    /* it has a first row of its own */
} reaches[] = {
	{ONE_CELL "bus { " ONE_CELL "};", "/bus", 0x2000, false},
	{ONE_CELL "bus { " ONE_CELL "dma-ranges; };", "/bus", 0x2000, false},
	{ONE_CELL "bus { " ONE_CELL "dma-ranges = <0 0x1000 0x1000>; };", "/bus", 0x2000, true},
	{ONE_CELL "bus { " ONE_CELL "dma-ranges = <0 0x1000 0x800>; };", "/bus", 0x1800, true},
	{ONE_CELL "bus { " ONE_CELL "dma-ranges = <0 0x1800 0x800>; };", "/bus", 0x1000, true},
	{ONE_CELL "bus { #address-cells = <4>; #size-cells = <1>; dma-ranges = <0 0 0 0 0x1000 0x1000>; };",
	 "/bus", 0x1000, false},
	{ONE_CELL "bus { #address-cells = <5>; #size-cells = <1>; dma-ranges = <0 0x1000 0x1000>; };", "/bus",
	 0x1000, false},
	{"#address-cells = <3>; #size-cells = <1>; bus { " ONE_CELL "dma-ranges = <0 0 0 0x1000 0x1000>; };",
	 "/bus", 0x1000, false},
	{ONE_CELL "bus { #address-cells = <1>; #size-cells = <3>; dma-ranges = <0 0x1000 0 0 0x1000>; };",
	 "/bus", 0x1000, false},
	{ONE_CELL "bus { #address-cells = <1>; #size-cells = <0>; dma-ranges = <0 0x1000>; };", "/bus",
	 0x1000, false},
	/* Of PCI's spaces memory, of 32 or 64 bits. */
	{ONE_CELL "bus { " PCI_CELLS_3 "dma-ranges = <0x2000000 0 0 0x1000 0 0x1000>; };", "/bus", 0x2000,
	 true},
	{ONE_CELL "bus { " PCI_CELLS_3 "dma-ranges = <0x1000000 0 0 0x1000 0 0x1000>; };", "/bus", 0x1000,
	 true},
	{ONE_CELL "dma-ranges = <0 0x1000 0x1000>;", "/", 0x2000, false},
};

/* [utest->swr~audit-dma-reach~1] */
static void what_dma_ranges_say(void **state)
{
	for (size_t i = 0; i < COUNT(reaches); i++) {
		const struct range range = {0x1000, 0x1000};
		struct range row = {0};
		struct tree tree;
		uint64_t bus = NONE;

		open_body(&tree, reaches[i].body);
		if (bus_unreached(&tree, node_of(&tree, reaches[i].path), range, NULL) !=
		    reaches[i].unreached)
			fail_msg("row %zu", i);
		if (bus_dma_row(&tree, node_of(&tree, reaches[i].path), 0, &row, &bus) != reaches[i].row)
			fail_msg("row %zu: its own row", i);
		if (reaches[i].row)
			assert_int_equal(bus, 0);
		tree_close(&tree);
	}
}

/* What tree_open() refuses, handed to what is asked of trees that it took. [utest->swr~audit-dma-reach~1] */
static void buses_beyond_any_tree_end(void **state)
{
	const struct range range = {0x1000, 0x1000};
	struct node nodes[2 * TREE_DEPTH];
	struct tree tree, deep;

	(void)state;
	open_body(&tree, ONE_CELL "dma-ranges;");
	for (int i = 0; i < (int)COUNT(nodes); i++) {
		nodes[i] = tree.nodes[0];
		nodes[i].parent = i - 1;
	}
	deep = (struct tree){tree.fdt, nodes, COUNT(nodes)};
	assert_int_equal(bus_unreached(&deep, &nodes[COUNT(nodes) - 1], range, NULL), 0x2000);
	tree_close(&tree);
}

/* ---- interrupts ---- */

#define GIC                                                                                                  \
	ONE_CELL "interrupt-parent = <1>; gic { phandle = <1>; compatible = \"arm,gic-v3\"; "                \
		 "interrupt-controller; #interrupt-cells = <3>; };"
#define OTHER	 "other { phandle = <2>; interrupt-controller; #interrupt-cells = <3>; };"
#define NEXUS(n) "bus" #n " { phandle = <1" #n ">; #interrupt-cells = <1>; #address-cells = <0>; "
/* A bus that passes its one interrupt on to the bus of phandle `to`. */
#define PASS(n, to) NEXUS(n) "interrupt-map = <7 " #to " 7>; };"

static const struct {
	const char *body;
	uint32_t intid; /* 0: it has none */
} irqs[] = {
	{GIC "dev { interrupts = <0 1 4>; };", 33},
	{GIC "dev { interrupts = <0 987 4>; };", 1019},
	{GIC "dev { interrupts = <0 988 4>; };", UINT32_MAX},
	{GIC "dev { interrupts = <1 15 4>; };", 31},
	{GIC "dev { interrupts = <1 16 4>; };", UINT32_MAX},
	{GIC "dev { interrupts = <2 1 4>; };", UINT32_MAX},
	/* Cut off. */
	{GIC "dev { interrupts = <0 1>; };", 0},
	{GIC "dev { interrupts = <0>; };", 0},
	{GIC "dev { interrupts = [00 00]; };", 0},
	/* No GIC. */
	{GIC OTHER "dev { interrupt-parent = <2>; interrupts = <0 1 4>; };", 0},
	{ONE_CELL "interrupt-parent = <1>; gic { phandle = <1>; compatible = \"arm,gic-v3\"; "
		  "#interrupt-cells = <3>; }; dev { interrupts = <0 1 4>; };",
	 0},
	{ONE_CELL "interrupt-parent = <1>; gic { phandle = <1>; compatible = \"arm,gic-v3\"; "
		  "interrupt-controller; }; dev { interrupts = <0 1 4>; };",
	 0},
	{ONE_CELL "interrupt-parent = <1>; gic { phandle = <1>; compatible = \"arm,gic-v3\"; "
		  "interrupt-controller; #interrupt-cells = <17>; }; dev { interrupts = <0 1 4>; };",
	 0},
	{ONE_CELL "interrupt-parent = <1>; gic { phandle = <1>; compatible = \"arm,gic-v3\"; "
		  "interrupt-controller; #interrupt-cells = <2>; }; dev { interrupts = <0 1>; };",
	 0},
	{ONE_CELL "dev { interrupts = <0 1 4>; };", 0},
	{GIC "dev { interrupts-extended = <1 0 1 4>; };", 33},
	{GIC "dev { interrupts-extended = <9 0 1 4>; };", 0},
	/* Through a bus's map. */
	{GIC "dev { interrupts-extended = <11 7>; };" NEXUS(1) "interrupt-map = <7 1 0 1 4>; };", 33},
	{GIC "dev { interrupts-extended = <11 6>; };" NEXUS(1) "interrupt-map = <7 1 0 1 4>; };", 0},
	{GIC "dev { interrupts-extended = <11 6>; };" NEXUS(
		 1) "interrupt-map = <7 1 0 1 4>; interrupt-map-mask = <0>; };",
	 33},
	{GIC "dev { interrupts-extended = <11 6>; };" NEXUS(
		 1) "interrupt-map = <7 1 0 1 4>; interrupt-map-mask = <7>; };",
	 0},
	{GIC "dev { interrupts-extended = <11 7>; };" NEXUS(
		 1) "interrupt-map = <7 1 0 1 4>; interrupt-map-mask; };",
	 0},
	/* Its users say more than they have, its rows more than there is. */
	{GIC "dev { interrupts-extended = <11>; };" NEXUS(1) "interrupt-map = <7 1 0 1 4>; };", 0},
	{GIC "dev { interrupts-extended = <11 7>; };" NEXUS(1) "interrupt-map = <7 1 0 1>; };", 0},
	{GIC "dev { interrupts-extended = <11 7>; };" NEXUS(1) "interrupt-map = <7 9 0 1 4>; };", 0},
	{GIC "wide { phandle = <2>; #interrupt-cells = <3>; #address-cells = [00]; };"
	     "dev { interrupts-extended = <11 7>; };" NEXUS(1) "interrupt-map = <7 2 0 1 4>; };",
	 0},
	{GIC "wide { phandle = <2>; #interrupt-cells = <3>; #address-cells = <17>; };"
	     "dev { interrupts-extended = <11 7>; };" NEXUS(1) "interrupt-map = <7 2 0 1 4>; };",
	 0},
	{GIC "none { phandle = <2>; };dev { interrupts-extended = <11 7>; };" NEXUS(
		 1) "interrupt-map = <7 2>; };",
	 0},
	{GIC OTHER "dev { interrupts-extended = <11 7>; };" NEXUS(1) "interrupt-map = <7 2 0 1 4>; };", 0},
	{GIC "dev { interrupts-extended = <2 7>; }; bus { phandle = <2>; #address-cells = <0>; "
	     "#interrupt-cells = <17>; interrupt-map = <7 1 0 1 4>; };",
	 0},
	{GIC "dev { interrupts-extended = <2 7>; }; bus { phandle = <2>; #address-cells = <5>; "
	     "#interrupt-cells = <1>; interrupt-map = <0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 7 1 0 1 4>; };",
	 33},
	/* Eight maps behind each other, and nine. */
	{GIC "dev { interrupts-extended = <11 7>; };" PASS(1, 12) PASS(2, 13) PASS(3, 14) PASS(4, 15)
		 PASS(5, 16) PASS(6, 17) PASS(7, 18) NEXUS(8) "interrupt-map = <7 1 0 1 4>; };",
	 33},
	{GIC "dev { interrupts-extended = <11 7>; };" PASS(1, 12) PASS(2, 13) PASS(3, 14) PASS(4, 15)
		 PASS(5, 16) PASS(6, 17) PASS(7, 18) PASS(8, 19) NEXUS(9) "interrupt-map = <7 1 0 1 4>; };",
	 0},
};

/* [utest->swr~audit-inputs~1] [utest->swr~audit-tree-nexus~1] */
static void interrupts_end_at_the_gic(void **state)
{
	struct specifier specifier;
	struct tree tree;

	for (size_t i = 0; i < COUNT(irqs); i++) {
		const struct node *dev;

		open_body(&tree, irqs[i].body);
		dev = node_of(&tree, "/dev");
		if (dev->irq_count != (irqs[i].intid ? 1 : 0) ||
		    (irqs[i].intid && dev->irqs[0].intid != irqs[i].intid))
			fail_msg("row %zu: %zu interrupts", i, dev->irq_count);
		tree_close(&tree);
	}
	open_body(&tree, GIC "pic { interrupt-controller; #interrupt-cells = <1>; dev { interrupts = <4>; "
			     "interrupt-names = \"event\"; }; }; odd { interrupts = <0 1 4>; "
			     "interrupt-names = [65 76]; }; map { interrupt-map = <1 0>; };");
	assert_ptr_equal(interrupt_parent(&tree, node_of(&tree, "/pic/dev")), node_of(&tree, "/pic"));
	assert_ptr_equal(interrupt_parent(&tree, node_of(&tree, "/pic")), node_of(&tree, "/gic"));
	assert_null(interrupt_leads_to(&tree, node_of(&tree, "/pic/dev"), NULL, "interrupts", 0, &specifier));
	assert_int_equal(irq_named(&tree, node_of(&tree, "/pic/dev"), "event", 5), 0);
	assert_int_equal(irq_named(&tree, node_of(&tree, "/pic/dev"), "gerror", 5), 5);
	assert_int_equal(irq_named(&tree, node_of(&tree, "/pic"), "event", 5), 5);
	assert_int_equal(irq_named(&tree, node_of(&tree, "/odd"), "ev", 5), 5);
	assert_false(node_map_sound(&tree, node_of(&tree, "/map")));
	assert_true(node_map_sound(&tree, node_of(&tree, "/odd")));
	tree_close(&tree);
	open_body(&tree, "pic { dev { interrupts = <4>; }; };");
	assert_null(interrupt_parent(&tree, node_of(&tree, "/pic/dev")));
	tree_close(&tree);
	open_body(&tree, "bus { interrupt-map = <1 0>; dev { interrupts = <4>; }; };");
	assert_ptr_equal(interrupt_parent(&tree, node_of(&tree, "/bus/dev")), node_of(&tree, "/bus"));
	tree_close(&tree);
}

/* ---- regions of reserved memory ---- */

#define REGION(cells, region)                                                                                \
	TWO_CELL "reserved-memory { #address-cells = <" #cells ">; #size-cells = <" #cells                   \
		 ">; ranges; pool { phandle = <1>; " region " }; }; user { memory-region = <1>; };"
#define POOL "/reserved-memory/pool"

static const struct {
	const char *body;
	bool wants;
	uint64_t size, alignment;
} wishes[] = {
	{REGION(2, "size = <0 0x4000>;"), true, 0x4000, 0x1000},
	{REGION(1, "size = <0x4000>; alignment = <0x2000>;"), true, 0x4000, 0x2000},
	{REGION(2, "size = <0 0x4000>; alignment = <0 0>;"), true, 0x4000, 0x1000},
	{REGION(2, "size = <0 0>;"), false, 0, 0},
	{REGION(2, "size = <0x4000>;"), false, 0, 0},
	{REGION(2, "reg = <0 0x1000 0 0x1000>; size = <0 0x4000>;"), false, 0, 0},
	{REGION(2, "reg = <0>; size = <0 0x4000>;"), false, 0, 0},
	{REGION(3, "size = <0 0 0x4000>;"), false, 0, 0},
	{REGION(0, "size;"), false, 0, 0},
};

static const struct {
	const char *body;
	bool lent;
} lent[] = {
	{REGION(2, "reg = <0 0x1000 0 0x1000>;"), true},
	{REGION(2, "reg = <0 0x1000 0 0x1000>; status = \"disabled\";"), false},
	{REGION(2, "reg = <0 0x1000 0 0x800>;"), false},
	{REGION(2, "size = <0 0x4000>;"), false},
	{TWO_CELL "reserved-memory { pool { }; }; pool { phandle = <1>; reg = <0 0x1000 0 0x1000>; }; user { "
		  "memory-region = <1>; };",
	 false},
	{TWO_CELL "reserved-memory { " TWO_CELL
		  "ranges; pool { phandle = <1>; reg = <0 0x1000 0 0x1000>; }; }; user { "
		  "memory-region = <1>; status = \"disabled\"; };",
	 false},
	{TWO_CELL "reserved-memory { " TWO_CELL
		  "ranges; pool { phandle = <1>; reg = <0 0x1000 0 0x1000>; }; }; user { "
		  "memory-region = <2>; };",
	 false},
};

/* [utest->swr~audit-tree-reserved~1] */
static void regions_for_devices(void **state)
{
	struct range range = {0};
	struct tree tree;

	for (size_t i = 0; i < COUNT(wishes); i++) {
		uint64_t size = 0, alignment = 0;

		open_body(&tree, wishes[i].body);
		if (region_wants(&tree, node_of(&tree, POOL), &size, &alignment) != wishes[i].wants ||
		    (wishes[i].wants && (size != wishes[i].size || alignment != wishes[i].alignment)))
			fail_msg("row %zu: 0x%llx", i, (unsigned long long)size);
		tree_close(&tree);
	}
	for (size_t i = 0; i < COUNT(lent); i++) {
		open_body(&tree, lent[i].body);
		if (region_lent(&tree, node_of(&tree, i == 4 ? "/pool" : POOL)) != lent[i].lent)
			fail_msg("row %zu", i);
		tree_close(&tree);
	}
	open_body(&tree, REGION(1, "size = <0x4000>; alloc-ranges = <0x40000000 0x1000 0x50000000>;"));
	assert_true(region_range(&tree, node_of(&tree, POOL), 0, &range));
	assert_true(range.base == 0x40000000 && range.size == 0x1000);
	assert_false(region_range(&tree, node_of(&tree, POOL), 1, &range));
	assert_false(region_range(&tree, node_of(&tree, POOL), 2, &range));
	tree_close(&tree);
}

/* ---- names, numbers ---- */

/* [utest->swr~audit-inputs~1] */
static void names_and_numbers(void **state)
{
	struct tree tree;
	const struct node *node;
	uint64_t value = 0;
	bool many;

	open_body(&tree, "cpus { cpu@0 { }; cpu@1 { }; }; uart@1000 { status = \"ok\"; }; uarts { }; "
			 "rtc { status = \"okay\"; }; off { status = \"disabled\"; part { }; };");
	assert_ptr_equal(tree_name(&tree, "uart", &many), node_of(&tree, "/uart@1000"));
	assert_false(many);
	assert_ptr_equal(tree_name(&tree, "uart@1000", &many), node_of(&tree, "/uart@1000"));
	assert_ptr_equal(tree_name(&tree, "/rtc", &many), node_of(&tree, "/rtc"));
	assert_non_null(tree_name(&tree, "cpu", &many));
	assert_true(many);
	assert_null(tree_name(&tree, "timer", &many));
	assert_null(tree_phandle(&tree, 0));
	assert_null(tree_phandle(&tree, 1));
	assert_true(node_of(&tree, "/uart@1000")->enabled && node_of(&tree, "/rtc")->enabled);
	assert_false(node_of(&tree, "/off")->enabled || node_of(&tree, "/off/part")->enabled);
	tree_close(&tree);

	open_body(&tree, "aliases { serial0 = \"/uart@1000\"; }; uart@1000 { }; serial0 { };");
	assert_ptr_equal(tree_name(&tree, "serial0", &many), node_of(&tree, "/uart@1000"));
	assert_ptr_equal(tree_name(&tree, "uart", &many), node_of(&tree, "/uart@1000"));
	tree_close(&tree);

	open_body(&tree, "one = <1>; two = <1 2>; three = <1 2 3>; text = \"1M\"; list = \"1M\", \"2M\"; "
			 "open = [31 4d]; empty; time = \"10ms\"; none = [00];");
	node = node_of(&tree, "/");
	assert_true(node_number(&tree, node, "one", &value) && value == 1);
	assert_true(node_number(&tree, node, "two", &value) && value == UINT64_C(0x100000002));
	assert_false(node_number(&tree, node, "three", &value));
	assert_false(node_number(&tree, node, "four", &value));
	assert_true(property_size(&tree, node, "one", &value) && value == 1);
	assert_true(property_size(&tree, node, "text", &value) && value == MIB);
	assert_false(property_size(&tree, node, "list", &value));
	assert_false(property_size(&tree, node, "open", &value));
	assert_true(property_duration(&tree, node, "time", &value) && value == 10000000);
	assert_false(property_duration(&tree, node, "text", &value));
	assert_false(property_duration(&tree, node, "one", &value));
	assert_null(node_string(&tree, node, "open"));
	assert_null(node_string(&tree, node, "empty"));
	assert_null(node_string(&tree, node, "four"));
	assert_string_equal(node_string(&tree, node, "text"), "1M");
	assert_false(string_list("", 0));
	assert_false(string_list("", 1));
	assert_string_equal(node_property_name(&tree, node, 1), "two");
	assert_null(node_property_name(&tree, node, 99));
	tree_close(&tree);
}

/* A number of cells that no tree has is taken as the most that a map's row has. [utest->swr~audit-hostile~1]
 */
static void cells_of_no_number_are_bounded(void **state)
{
	static const int numbers[] = {-1, 17};
	struct tree tree;
	struct node nexus;

	(void)state;
	open_body(&tree, GIC "bus { #interrupt-cells = <1>; #address-cells = <4>; "
			     "interrupt-map = <0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 7 1 0 7 4>; };");
	nexus = *node_of(&tree, "/bus");
	assert_false(node_map_sound(&tree, &nexus));
	for (size_t i = 0; i < COUNT(numbers); i++) {
		nexus.address_cells = numbers[i];
		assert_true(node_map_sound(&tree, &nexus));
	}
	tree_close(&tree);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(what_is_no_tree_is_refused),
					   cmocka_unit_test(registers_are_those_of_the_cpus),
					   cmocka_unit_test(windows_of_pci_hosts),
					   cmocka_unit_test(what_dma_ranges_say),
					   cmocka_unit_test(buses_beyond_any_tree_end),
					   cmocka_unit_test(interrupts_end_at_the_gic),
					   cmocka_unit_test(cells_of_no_number_are_bounded),
					   cmocka_unit_test(regions_for_devices),
					   cmocka_unit_test(names_and_numbers)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
