// SPDX-License-Identifier: Apache-2.0
/*
 * test_inputs.c - boards, machine facts, known-slaves and partition files that say less than they should, say
 * it otherwise, or contradict themselves: what the auditor's readers make of each.
 *
 * Both ranges: boards_are_read, facts_are_read, partition_files_are_read, providers_shared
 *
 * Robustness: parts_that_are_no_trees, colors_that_cant_be
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <libfdt.h>
#include <cmocka.h>

#include "refusal.h"

/* One text of the fixture with one replacement. */
struct change {
	const char *from, *to;
	enum rule rule;
	const char *words;
};

static const struct change *change;
static void board_change(struct fixture *f)
{
	fixture_replace(&f->board_text, change->from, change->to);
}
static void machine_change(struct fixture *f)
{
	fixture_replace(&f->machine_text, change->from, change->to);
}
static void partition_change(struct fixture *f)
{
	fixture_replace(&f->partition_text, change->from, change->to);
}
static void slaves_change(struct fixture *f)
{
	f->slaves_text = change->to;
}

static void changes_run(const struct change *rows, size_t count, void (*apply)(struct fixture *))
{
	for (size_t i = 0; i < count; i++) {
		const struct refusal row = {rows[i].to, apply, NULL, rows[i].rule, rows[i].words};

		change = &rows[i];
		refusals_run(&row, 1);
	}
}

/* ---- the board ---- */

#define NO_GIC	      "board tree: no GICv3 with distributor and redistributors"
#define NO_CORES      "board tree: no cores or no memory"
#define NO_MPIDR      "board tree: /cpus/cpu@0 has no MPIDR"
#define GIC_REG	      "reg = <0 0x8000000 0 0x10000>, <0 0x80a0000 0 0x80000>;"
#define MAINTENANCE   "interrupts = <1 9 4>;"
#define OF_A_TIMER(n) "board tree: the GIC's maintenance interrupt " #n " is a timer's"
#define CORE_0	      "enable-method = \"psci\"; reg = <0> ;"
#define BANK	      "memory@40000000 {"
#define CHARS_64      "0123456789012345678901234567890123456789012345678901234567890123"

static const struct change board[] = {
	{"cpus {", "processors {", RULE_INPUT, NO_CORES},
	{BANK, "memory@40000000 { status = \"disabled\";", RULE_INPUT, NO_CORES},
	{CORE_0, "enable-method = \"psci\";", RULE_INPUT, NO_MPIDR},
	{CORE_0, "enable-method = \"psci\"; reg = <0 0>;", RULE_INPUT, NO_MPIDR},
	{"cpus { #address-cells = <1>", "cpus { #address-cells = <3>", RULE_INPUT, NO_MPIDR},
	{"cpus { #address-cells = <1>; #size-cells = <0>;",
	 "cpus { #address-cells = <1>; #size-cells = <0>; idle { };", RULE_INPUT, ACCEPTED},
	{"reserved-memory {", "reserved {", RULE_INPUT, ACCEPTED},
	{"cpus { #address-cells = <1>; #size-cells = <0>;",
	 "cpus { #address-cells = <1>; #size-cells = <0>; l2 { device_type = \"cache\"; };", RULE_INPUT,
	 ACCEPTED},
	/* Banks: too small for a page, at the very end, over another. */
	{BANK, "memory@60000000 { device_type = \"memory\"; reg = <0 0x60000000 0 0x800>; }; " BANK,
	 RULE_INPUT, ACCEPTED},
	{BANK,
	 "memory@ffffffffffffffff { device_type = \"memory\"; reg = <0xffffffff 0xffffffff 0 1>; }; " BANK,
	 RULE_INPUT, ACCEPTED},
	{BANK, "memory@41000000 { device_type = \"memory\"; reg = <0 0x41000000 0 0x1000000>; }; " BANK,
	 RULE_INPUT, ACCEPTED},
	{"arm,armv8-timer", "arm,armv9-timer", RULE_PPI_OWNER,
	 "PPI 27: in cell 'control', which has no use for it"},
	/* What may be a core's PMU. */
	{BANK, "odd { compatible = [61 62]; }; " BANK, RULE_INPUT, ACCEPTED},
	{BANK, "other { compatible = \"arm,cortex-a53\"; interrupts = <1 6 4>; }; " BANK, RULE_INPUT,
	 ACCEPTED},
	{"serial0:115200", CHARS_64 CHARS_64 CHARS_64 CHARS_64, RULE_MACHINE,
	 "bulkhead.bin's console is 0x9000000, the board says 0x0"},
	{"chosen { stdout-path", "chosen { stdin-path", RULE_MACHINE,
	 "bulkhead.bin's console is 0x9000000, the board says 0x0"},
	{"chosen { stdout", "selected { stdout", RULE_MACHINE,
	 "bulkhead.bin's console is 0x9000000, the board says 0x0"},
	{"serial0:115200", "/none", RULE_MACHINE, "bulkhead.bin's console is 0x9000000, the board says 0x0"},
	/* The GIC. */
	{GIC_REG, "reg = <0 0x8000000 0 0x10000>;", RULE_INPUT, NO_GIC},
	{GIC_REG, "reg = <0 0x8000000 0 0xf000>, <0 0x80a0000 0 0x80000>;", RULE_INPUT,
	 "board tree: a distributor of 0xf000 bytes"},
	{GIC_REG, "reg = <0 0x8000000 0 0x10000>, <0 0x8000000 0 0x80000>;", RULE_INPUT,
	 "board tree: core 0's redistributor can't lie at 0x8000000"},
	{GIC_REG, "reg = <0 0x8000000 0 0x10000>, <0 0x80a1000 0 0x80000>;", RULE_INPUT,
	 "board tree: core 0's redistributor can't lie at 0x80a1000"},
	{GIC_REG, "reg = <0 0x8000000 0 0x10000>, <0 0x7f00000 0 0x80000>;", RULE_MACHINE,
	 "a redistributor region is 0x80a0000, the board says 0x7f00000"},
	{GIC_REG, "reg = <0 0x8000000 0 0x10000>, <0 0x80a0000 0 0x40000>, <0 0x80c0000 0 0x40000>;",
	 RULE_INPUT, "board tree: the redistributors of cores 1 and 2 overlap at 0x80c0000"},
	{GIC_REG, GIC_REG " redistributor-stride = <0 0x20000>;", RULE_INPUT, ACCEPTED},
	{GIC_REG, GIC_REG " redistributor-stride = <0x20000>;", RULE_INPUT, ACCEPTED},
	{GIC_REG, GIC_REG " redistributor-stride = <0 0>;", RULE_INPUT,
	 "board tree: redistributors can't be 0x0 bytes apart"},
	{GIC_REG, GIC_REG " redistributor-stride = <0 0x10000>;", RULE_INPUT,
	 "board tree: redistributors can't be 0x10000 bytes apart"},
	{GIC_REG, GIC_REG " redistributor-stride = <0 0x28000>;", RULE_INPUT,
	 "board tree: redistributors can't be 0x28000 bytes apart"},
	{GIC_REG, GIC_REG " redistributor-stride = <0 0x20000 0>;", RULE_INPUT,
	 "board tree: redistributors can't be 0x20000 bytes apart"},
	{MAINTENANCE, "interrupts = <0 9 4>;", RULE_INPUT,
	 "board tree: the GIC has no maintenance interrupt"},
	{MAINTENANCE, "", RULE_INPUT, "board tree: the GIC has no maintenance interrupt"},
	{MAINTENANCE, "interrupts = <1 10 4>;", RULE_INPUT, OF_A_TIMER(26)},
	{MAINTENANCE, "interrupts = <1 12 4>;", RULE_INPUT, OF_A_TIMER(28)},
	{MAINTENANCE, "interrupts = <1 11 4>;", RULE_INPUT, OF_A_TIMER(27)},
	{MAINTENANCE, "interrupts = <1 14 4>;", RULE_INPUT, OF_A_TIMER(30)},
	{"<1 10 4>", "<1 9 4>", RULE_INPUT, OF_A_TIMER(25)},
};

/* [utest->swr~audit-inputs~1] */
static void boards_are_read(void **state)
{
	changes_run(board, COUNT(board), board_change);
}

/* ---- machine facts, known-slaves ---- */

#define CRASH "crash-audit = /bits/ 64 <0x4eff0000 0x10000>;"
static const struct change machine[] = {
	{"loader {", "unloader {", RULE_MACHINE, "crash_pa is 0x4eff0000, the board says 0x0"},
	{"staging = /bits/ 64 <0x40000000 0x8000000>;", "staging = /bits/ 64 <0x40000000>;", RULE_INPUT,
	 "machine facts: /loader/staging is no list of ranges"},
	{"gic { spi-count", "pic { spi-count", RULE_INPUT, "machine facts: /gic/spi-count is missing"},
	{"board = \"fixture\";", "", RULE_FIT, "it is for board 'fixture', the machine facts are of '?'"},
	{"board = \"fixture\";", "board = \"another\";", RULE_FIT,
	 "it is for board 'fixture', the machine facts are of 'another'"},
	{"board = \"fixture\";", "board = \"fixture\"; assumed = <1>;", RULE_INPUT,
	 "machine facts: /assumed is no list of names"},
	{"board = \"fixture\";", "board = \"fixture\"; assumed = \"gic/spis\";", RULE_INPUT,
	 "machine facts: 'gic/spis' is no fact"},
	{"board = \"fixture\";", "board = \"fixture\"; assumed = \"gic/id-bits\", \"tree/memory\";",
	 RULE_MACHINE, "assumed is 0x0, the board says 0x110"},
	{CRASH, "crash-audit = /bits/ 64 <0x4eff0800 0x10000>;", RULE_INPUT,
	 "crash-audit is no range of whole pages"},
	{CRASH, "crash-audit = /bits/ 64 <0x4eff0000 0x4000>;", RULE_INPUT,
	 "crash-audit is no range of whole pages"},
	{CRASH, "crash-audit = /bits/ 64 <0x4eff0000 0x8000 0x4eff8000 0x8000>;", RULE_INPUT,
	 "crash-audit is no range of whole pages"},
	{CRASH, "crash-audit = /bits/ 64 <0x50000000 0x10000>;", RULE_INPUT, "crash-audit isn't RAM"},
	{CRASH, "crash-audit = /bits/ 64 <0x4f000000 0x10000>;", RULE_INPUT, "crash-audit isn't RAM"},
	{CRASH, "crash-audit = /bits/ 64 <0x40000000 0x10000>;", RULE_INPUT, "crash-audit isn't RAM"},
};

/* A region that the RTC has, below, in and above the crash-audit area. */
static void region_lent_at(struct fixture *f, const char *place)
{
	char region[128];

	(void)snprintf(region, sizeof(region), "pool { phandle = <0x60>; reg = <%s>; }; firmware@4fe00000 {",
		       place);
	fixture_replace(&f->board_text, "firmware@4fe00000 {", region);
	fixture_replace(&f->board_text, "clocks = <5 7>;", "clocks = <5 7>; memory-region = <0x60>;");
}
static void lent_below(struct fixture *f)
{
	region_lent_at(f, "0 0x4efe0000 0 0x10000");
}
static void lent_in(struct fixture *f)
{
	region_lent_at(f, "0 0x4eff0000 0 0x1000");
}
static void lent_above(struct fixture *f)
{
	region_lent_at(f, "0 0x4f000000 0 0x1000");
}
static const struct refusal lent[] = {
	{"lent_below", lent_below, NULL, RULE_DIRECTORY, "and nobody 0xe1b3000, not"},
	{"lent_in", lent_in, NULL, RULE_INPUT, "crash-audit isn't RAM, or is reserved"},
	{"lent_above", lent_above, NULL, RULE_INPUT, ACCEPTED},
};

static const struct change slaves[] = {
	{"", "arm,pl011\r\narm,pl031\t# rtc\narm,pl061", RULE_INPUT, ACCEPTED},
	{"", "arm,pl011 arm,pl031", RULE_INPUT, ACCEPTED},
	{"", "arm,pl011 #arm,pl031", RULE_SHARED_PAGE,
	 "its stage 2 reaches /rtc@9010000 at 0x9010000, which is nobody's"},
};
static void slaves_with_zeros(void *fdt)
{
	static const char text[] = "arm,pl011\0arm,pl031\0\0arm,pl061";

	part_set(fdt, "known-slaves", text, sizeof(text) - 1);
}

/* [utest->swr~audit-inputs~1] [utest->swr~audit-crash-audit~1] [utest->swr~audit-assumed~1] */
static void facts_are_read(void **state)
{
	const struct refusal zeros = {"slaves_with_zeros", NULL, slaves_with_zeros, RULE_INPUT, ACCEPTED};

	changes_run(machine, COUNT(machine), machine_change);
	changes_run(slaves, COUNT(slaves), slaves_change);
	refusals_run(lent, COUNT(lent));
	refusals_run(&zeros, 1);
}

/* ---- the partition file ---- */

#define UNREADABLE(path, property) "partition file: " path ": " property " can't be understood"
#define CONTROL_SAYS(property)	   UNREADABLE("/cells/control", property)
#define MEMORY			   "memory = \"2M\"; ram-base"
#define SIZE			   "to = \"control\"; size = \"8K\";"
static const struct change partition[] = {
	{MEMORY, "ram-base", RULE_INPUT, CONTROL_SAYS("memory")},
	{MEMORY, "memory = <1 2 3>; ram-base", RULE_INPUT, CONTROL_SAYS("memory")},
	{MEMORY, "memory = <0x200000>; ram-base", RULE_INPUT, ACCEPTED},
	{MEMORY, "memory = \"" CHARS_64 "\"; ram-base", RULE_INPUT, CONTROL_SAYS("memory")},
	{MEMORY, "memory = \"2M@\"; ram-base", RULE_INPUT, CONTROL_SAYS("memory")},
	{MEMORY, "memory = \"2X\"; ram-base", RULE_INPUT, CONTROL_SAYS("memory")},
	{MEMORY, "memory = \"2M@0x4a200000\"; ram-base", RULE_INPUT, ACCEPTED},
	{"cpus = <1>;", "cpus = \"cpu@1\";", RULE_INPUT, ACCEPTED},
	{"cpus = <1>;", "cpus = \"uart\";", RULE_CORES,
	 "cell 'control': core 1, which the file doesn't give it"},
	{"cpus = <1>;", "", RULE_CORES, "cell 'control': 1 cores, the file says 0"},
	{"cpus = <1>;", "cpus = [00 61];", RULE_CORES, "cell 'control': 1 cores, the file says 0"},
	{"heartbeat = \"10ms\"", "heartbeat = \"10 ms\"", RULE_INPUT, CONTROL_SAYS("heartbeat")},
	{"interrupts = \"direct\"", "interrupts = \"wired\"", RULE_INPUT, CONTROL_SAYS("interrupts")},
	{"memory = \"2M\"; image = \"health.elf\"",
	 "interrupts = \"injected\"; memory = \"2M\"; image = \"health.elf\"", RULE_INPUT, ACCEPTED},
	{"ram-base = \"0x40000000\"", "ram-base = \"RAM\"", RULE_INPUT, CONTROL_SAYS("ram-base")},
	{"keep = \"1M\"", "keep = \"1N\"", RULE_INPUT, UNREADABLE("/cells/gateway", "keep")},
	{"from = \"gateway\"", "from = <1>", RULE_INPUT, UNREADABLE("/channels/setpoints", "from")},
	{"from = \"gateway\"", "from = \"getaway\"", RULE_INPUT, UNREADABLE("/channels/setpoints", "from")},
	{SIZE, "to = \"control\";", RULE_INPUT, UNREADABLE("/channels/setpoints", "size")},
	{SIZE, "to = \"control\"; size = \"0\";", RULE_INPUT, UNREADABLE("/channels/setpoints", "size")},
	{SIZE, SIZE " presentation = \"memory\";", RULE_INPUT,
	 UNREADABLE("/channels/setpoints", "presentation")},
	{"bulkhead,partitions-v1", "bulkhead,partitions-v2", RULE_INPUT,
	 "partition file: compatible isn't bulkhead,partitions-v1"},
	{"cells {", "rooms {", RULE_INPUT, "partition file: it has no cells"},
};

/* [utest->swr~audit-inputs~1] */
static void partition_files_are_read(void **state)
{
	changes_run(partition, COUNT(partition), partition_change);
}

/* ---- shared-read-only ---- */

#define SHARED	   "\"cru 3=1000000 7=32768\""
#define NOT_SHARED "partition file: shared-read-only: '"
static const struct change shares[] = {
	{SHARED, "<1>", RULE_INPUT, "partition file: shared-read-only can't be understood"},
	{SHARED, "\"cru a=1000000 7=32768\"", RULE_INPUT, NOT_SHARED "cru a="},
	{SHARED, "\"cru -=1000000 7=32768\"", RULE_INPUT, NOT_SHARED "cru -="},
	{SHARED, "\"cru 3 7=32768\"", RULE_INPUT, NOT_SHARED "cru 3 7"},
	{SHARED, "\"cru 4294967296=1 7=32768\"", RULE_INPUT, NOT_SHARED "cru 4294967296"},
	{SHARED, "\"cru 4294967295=1 7=32768\"", RULE_INPUT, ACCEPTED},
	{SHARED, "\"cru 3:1=0 7=32768\"", RULE_INPUT, NOT_SHARED "cru 3:1=0"},
	{SHARED, "\"cru 3=4294967296 7=32768\"", RULE_INPUT, NOT_SHARED "cru 3=4294967296"},
	{SHARED, "\"cru 3=4294967295 7=32768\"", RULE_INPUT, ACCEPTED},
	{SHARED, "\"cru 3=x 7=32768\"", RULE_INPUT, NOT_SHARED "cru 3=x"},
	{SHARED, "\"curu 3=1\"", RULE_INPUT, NOT_SHARED "curu 3=1'"},
	{SHARED, "\"cpu 3=1\"", RULE_INPUT, NOT_SHARED "cpu 3=1'"},
	{SHARED, "\"" CHARS_64 CHARS_64 CHARS_64 CHARS_64 " 3=1\"", RULE_INPUT, NOT_SHARED CHARS_64},
};

static void twins_shared(struct fixture *f)
{
	fixture_replace(&f->board_text, "flash@0 {",
			"twin@9100000 { reg = <0 0x9100000 0 0x1000>; }; twin@9200000 { reg = <0 0x9200000 0 "
			"0x1000>; "
			"};\nflash@0 {");
	fixture_replace(&f->partition_text, SHARED, "\"twin\"");
}
static void address_of_three_cells(struct fixture *f)
{
	fixture_replace(&f->board_text, "cpus { #address-cells = <1>", "cpus { #address-cells = <3>");
	fixture_replace(&f->board_text, CORE_0, "enable-method = \"psci\"; reg = <0 0 0>;");
}
static const struct refusal twins[] = {
	{"twins_shared", twins_shared, NULL, RULE_INPUT, NOT_SHARED "twin'"},
	{"address_of_three_cells", address_of_three_cells, NULL, RULE_INPUT, NO_MPIDR},
};

static const struct {
	const char *rates;
	unsigned int at;
	uint32_t width;
	uint64_t hz; /* 0: none is stated */
} rates[] = {
	{" 7=32768", 0, 1, 32768},
	{" 3=5 7=32768", 0, 1, 32768},
	{" 3=5", 0, 1, 0},
	{" 7:1=5", 0, 2, 5},
	{" 7:1=5", 0, 1, 0},
	{" 7=5", 0, 2, 0},
	{" 9=5", 2, 1, 0},
	{" 9=5", 3, 1, 0},
	{" 7", 0, 1, 0},
	{" x=5", 0, 1, 0},
	{"", 0, 1, 0},
};

/* [utest->swr~audit-inputs~1] [utest->swr~audit-tree-shared~1] */
static void providers_shared(void **state)
{
	struct blob blob = fixture_compile("/dts-v1/; / { user { clocks = <7 1 8>; }; };");
	struct tree tree;
	const char *why = NULL;

	changes_run(shares, COUNT(shares), partition_change);
	refusals_run(twins, COUNT(twins));
	assert_true(tree_open(&tree, blob, &why));
	for (size_t i = 0; i < COUNT(rates); i++) {
		const struct partition_shared shared = {NULL, rates[i].rates};
		uint64_t hz = 0;

		if (shared_rate(&shared, &tree, tree_path(&tree, "/user"), rates[i].at, rates[i].width,
				&hz) != (rates[i].hz != 0) ||
		    hz != rates[i].hz)
			fail_msg("row %zu: %llu", i, (unsigned long long)hz);
	}
	tree_close(&tree);
	free((void *)blob.data);
}

/* ---- parts that are no trees ---- */

static void no_board(void *fdt)
{
	part_set(fdt, "fdt", "no tree", 7);
}
static void no_machine(void *fdt)
{
	part_set(fdt, "machine", "no tree", 7);
}
static void no_partitions(void *fdt)
{
	part_set(fdt, "partitions", "no tree", 7);
}
static void no_slaves(void *fdt)
{
	assert_int_equal(fdt_del_node(fdt, part_node(fdt, "known-slaves")), 0);
}
static const struct refusal parts[] = {
	{"no_board", NULL, no_board, RULE_INPUT, "board tree: FDT_ERR_TRUNCATED"},
	{"no_machine", NULL, no_machine, RULE_INPUT, "machine facts: FDT_ERR_TRUNCATED"},
	{"no_partitions", NULL, no_partitions, RULE_INPUT, "partition file: FDT_ERR_TRUNCATED"},
	{"no_slaves", NULL, no_slaves, RULE_INPUT, "the image is too broken for the other rules"},
};

/* [utest->swr~audit-inputs~1] */
static void parts_that_are_no_trees(void **state)
{
	struct fixture f;
	struct audit audit = {0};

	refusals_run(parts, COUNT(parts));
	fixture_make(&f);
	audit.fit.fdt = fixture_compile(f.board_text);
	audit.fit.machine = fixture_compile(f.machine_text);
	audit.fit.known_slaves = (struct blob){(const uint8_t *)"", (size_t)INT32_MAX + 1};
	assert_false(board_open(&audit));
	assert_null(audit.board.slaves);
	free((void *)audit.fit.fdt.data);
	free((void *)audit.fit.machine.data);
	board_close(&audit.board);
	report_free(&audit.report);
	fixture_free(&f);
}

/* ---- colours ---- */

/* Cores 0 to 3 have the cache with these properties behind them; the control cell asks for `asked`. */
static const struct {
	const char *cache, *asked, *words;
} colors[] = {
	{"cache-sets = <256>; cache-line-size = <64>;", "0 1", "/l2 has no colours"},
	{"cache-size = <0x80000>; cache-line-size = <64>;", "0 1", "/l2 has no colours"},
	{"cache-size = <0x80000>; cache-sets = <256>;", "0 1", "/l2 has no colours"},
	{"cache-size = <0x80000>; cache-sets = <0>; cache-block-size = <64>;", "0 1", "/l2 has no colours"},
	{"cache-size = <0x80000>; cache-sets = <192>; cache-block-size = <64>;", "0 1", "/l2 has no colours"},
	{"cache-size = <0x81000>; cache-sets = <256>; cache-block-size = <64>;", "0 1", "/l2 has no colours"},
	{"cache-size = <0>; cache-sets = <256>; cache-block-size = <64>;", "0 1", "/l2 has no colours"},
	{"cache-size = <0x80000>; cache-sets = <64>; cache-line-size = <64>;", "0 1", "/l2 has no colours"},
	{"cache-size = <0x80000>; cache-sets = <256>; cache-block-size = <64>;", "4",
	 "cell 'control': colour 4 doesn't exist"},
	{"cache-size = <0x80000>; cache-sets = <256>; cache-block-size = <64>;", "1 1",
	 "cell 'control': colour 1 is given away already"},
	{"cache-size = <0x80000>; cache-sets = <256>; cache-block-size = <64>;", "0 1 2 3 9 8 7",
	 "cell 'control': colour 9 doesn't exist"},
	{"cache-size = <0x80000>; cache-sets = <256>; cache-block-size = <64>; next-level-cache = <0x70>;",
	 "0", "/l2 is a cache behind itself"},
};
static size_t color_at;
static void colors_of(struct fixture *f, const char *cache, const char *asked)
{
	char text[256];

	for (int i = 0; i < CORES; i++)
		fixture_replace(&f->board_text, "\"psci\"; reg", "\"psci\"; next-level-cache = <0x70>; reg ");
	(void)snprintf(text, sizeof(text), "l2 { phandle = <0x70>; %s }; pmu {", cache);
	fixture_replace(&f->board_text, "pmu {", text);
	(void)snprintf(text, sizeof(text), " essential; colors = <%s>;", asked);
	fixture_replace(&f->partition_text, " essential;", text);
}
static void colors_asked(struct fixture *f)
{
	colors_of(f, colors[color_at].cache, colors[color_at].asked);
}
static void colors_without_caches(struct fixture *f)
{
	fixture_replace(&f->partition_text, " essential;", " essential; colors = <0>;");
}
/* Each core has one of its own. */
static void colors_of_own_caches(struct fixture *f)
{
	for (int i = 0; i < CORES; i++) {
		char text[128];

		(void)snprintf(text, sizeof(text), "\"psci\"; next-level-cache = <0x7%d>; reg ", i);
		fixture_replace(&f->board_text, "\"psci\"; reg", text);
		(void)snprintf(text, sizeof(text), "l%d { phandle = <0x7%d>; }; pmu {", i, i);
		fixture_replace(&f->board_text, "pmu {", text);
	}
	colors_without_caches(f);
}
static void colors_given(struct fixture *f)
{
	colors_of(f, "cache-size = <0x80000>; cache-sets = <256>; cache-line-size = <64>;", "0 1");
}
/* Where a region's pages lie; one piece where no colour says so. */
static size_t pieces(uint64_t pa, uint64_t size, uint32_t colors, bool colored)
{
	int owner[] = {0, 0, 1, CELL_NONE_ID};
	struct partition_cell asked[3] = {{.colored = true}, {.colored = true}, {.colored = colored}};
	struct cell cell = {.asked = &asked[colored ? 0 : 2]};
	struct audit audit = {.cells = &cell, .cell_count = 1, .colors = colors, .color_owner = owner};
	const struct bp_region region = {.pa = pa, .size = size};
	struct spans spans = {0};
	size_t count;

	audit.partition.cells = asked;
	audit.tables.size = 0x10000;
	region_spans(&audit, &cell, &region, (struct span){.va = 0x1000}, &spans);
	count = spans.count;
	spans_free(&spans);
	return count;
}
static const struct refusal uncolored[] = {
	/* Two of four are left to the others: each second pair of pages. */
	{"colors_given", colors_given, NULL, RULE_STAGE2,
	 "cell 'gateway': IPA 0x4aa2c000 (0x2000 bytes) for 0x4ac5a000 is mapped to 0x4aa2c000"},
	{"colors_without_caches", colors_without_caches, NULL, RULE_COLORS, "/cpus/cpu@3 names no cache"},
	{"colors_without_caches", colors_without_caches, NULL, RULE_COLORS,
	 "the board has no cache that cores share"},
	{"colors_of_own_caches", colors_of_own_caches, NULL, RULE_COLORS,
	 "the board has no cache that cores share"},
};

static void more_colors_than_there_are(struct fixture *f)
{
	colors_of(f, "cache-size = <0x80000>; cache-sets = <256>; cache-line-size = <64>;", "0 1 2 3 9 8 7");
}

/* [utest->swr~audit-colors~1] */
static void colors_that_cant_be(void **state)
{
	for (color_at = 0; color_at < COUNT(colors); color_at++) {
		const struct refusal row = {colors[color_at].cache, colors_asked, NULL, RULE_COLORS,
					    colors[color_at].words};

		refusals_run(&row, 1);
	}
	refusals_run(uncolored, COUNT(uncolored));
	/* One more than there are is enough to tell. */
	const struct refusal many = {"many", more_colors_than_there_are, NULL, RULE_COLORS, NULL};
	struct fixture f;
	struct audit audit;

	refusal_audit(&f, &audit, &many);
	assert_true(refusal_said(&audit, RULE_COLORS, "colour 9 doesn't exist"));
	assert_false(refusal_said(&audit, RULE_COLORS, "colour 8"));
	audit_close(&audit);
	fixture_free(&f);
	assert_int_equal(pieces(0, 0x4000, 4, true), 2);
	assert_int_equal(pieces(0, 0x4000, 4, false), 4);
	assert_int_equal(pieces(0, 0x4000, 0, true), 1);
	assert_int_equal(pieces(0, 0x4000, 3, false), 1);
	assert_int_equal(pieces(0, UINT64_C(0x2000) * 0x1000, 4, true), 0x1000);
	assert_int_equal(pieces(0, UINT64_C(0x2001) * 0x1000, 4, true), 1);
	assert_int_equal(pieces((UINT64_C(1) << 52) - 0x1000, 0x4000, 4, true), 2);
	assert_int_equal(pieces(UINT64_C(1) << 52, 0x4000, 4, true), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(boards_are_read),	    cmocka_unit_test(facts_are_read),
		cmocka_unit_test(partition_files_are_read), cmocka_unit_test(providers_shared),
		cmocka_unit_test(parts_that_are_no_trees),  cmocka_unit_test(colors_that_cant_be)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
