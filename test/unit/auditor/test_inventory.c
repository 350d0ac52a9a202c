// SPDX-License-Identifier: Apache-2.0
/*
 * test_inventory.c - PCI inventories made function by function, hosts that lead to them, and partition files
 * that ask for them: what the auditor's readers make of each. No image is audited.
 *
 * Both ranges: addresses_and_capabilities, inventories_are_read, hosts_lead_to_functions, functions_are_given
 *
 * Robustness: inventories_without_end
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <libfdt.h>
#include <cmocka.h>

#include "fixture_pci.h"
#include "refusal.h"

#define CONFIG	  0x200u
#define REGISTERS 12u

struct written {
	uint32_t at, value;
	unsigned int width;
};

/* ---- functions, as text ---- */

#define FUNCTION    "vendor = <0x1234>; device = <0x11>; class = <0x20000>; revision = <1>; "
#define AT(address) "address = \"" address "\"; "
#define BRIDGE	    {0x0e, 1, 1}
/* Of a function on bus 1: a port above it. */
#define PORT                                                                                                 \
	AT("0000:00:01.0") FUNCTION,                                                                         \
	{                                                                                                    \
		BRIDGE, {0x19, 1, 1}, {0x1a, 1, 1}                                                           \
	}

struct described {
	const char *properties; /* all but `config`; NULL: no such function */
	struct written config[REGISTERS];
};

static char *text_of(char *at, const struct described *function, unsigned int number)
{
	uint8_t config[CONFIG] = {0};

	at += sprintf(at, "f%u { %s", number, function->properties);
	for (unsigned int i = 0; i < REGISTERS; i++)
		for (unsigned int byte = 0; byte < function->config[i].width; byte++)
			config[function->config[i].at + byte] =
				(uint8_t)(function->config[i].value >> 8 * byte);
	if (!strstr(function->properties, "config")) {
		at += sprintf(at, "config = [");
		for (size_t i = 0; i < CONFIG; i++)
			at += sprintf(at, "%02x", config[i]);
		at += sprintf(at, "];");
	}
	return at + sprintf(at, " };\n");
}

/* ---- an audit of inputs alone ---- */

#define HOST                                                                                                 \
	"#address-cells = <2>; #size-cells = <2>;\n"                                                         \
	"its { phandle = <7>; compatible = \"arm,gic-v3-its\"; reg = <0 0x8080000 0 0x20000>; };\n"          \
	"smmu { phandle = <6>; compatible = \"arm,smmu-v3\"; };\n"                                           \
	"pci { compatible = \"pci-host-ecam-generic\"; device_type = \"pci\"; #address-cells = <3>; "        \
	"#size-cells = <2>; reg = <0x40 0 0 0x1000000>; "
#define MAPS   "iommu-map = <0 6 0x100 0x10000>; msi-map = <0 7 0x200 0x10000>; "
#define WINDOW "<0x2000000 0 0x10000000 0 0x10000000 0 0x1000000>"
#define BUSES  "bus-range = <0 15>; "
#define PLAIN  HOST MAPS BUSES "ranges = " WINDOW "; };"

static struct blob compiled(const char *body)
{
	char *text = malloc(strlen(body) + 64);
	struct blob blob;

	(void)sprintf(text, "/dts-v1/; / { %s };\n", body);
	blob = fixture_compile(text);
	free(text);
	return blob;
}

static void opened(struct tree *tree, const char *body)
{
	const struct blob blob = compiled(body);
	const char *why = NULL;

	assert_true(tree_open(tree, blob, &why));
	free((void *)blob.data);
}

/* With one cell, that asks for `asked`: the text behind `pci =`, NULL: nothing. */
static void inputs_open(struct audit *audit, struct blob inventory, const char *board, const char *machine,
			const char *asked)
{
	static char text[512];

	*audit = (struct audit){0};
	audit->fit.pci = inventory;
	opened(&audit->board.tree, board);
	opened(&audit->board.machine, machine);
	(void)snprintf(text, sizeof(text), "cells { one { %s%s%s }; two { }; };", asked ? "pci = " : "",
		       asked ? asked : "", asked ? ";" : "");
	opened(&audit->partition.tree, text);
	audit->partition.cells = calloc(2, sizeof(*audit->partition.cells));
	audit->partition.cell_count = 2;
	audit->partition.cells[0].node = tree_path(&audit->partition.tree, "/cells/one");
	audit->partition.cells[0].name = "one";
	audit->partition.cells[1].node = tree_path(&audit->partition.tree, "/cells/two");
	audit->partition.cells[1].name = "two";
	pci_open(audit);
}

static void inputs_close(struct audit *audit)
{
	free((void *)audit->fit.pci.data);
	pci_close(&audit->pci);
	board_close(&audit->board);
	partition_close(&audit->partition);
	report_free(&audit->report);
}

static void functions_open(struct audit *audit, const struct described functions[3], const char *board,
			   const char *machine, const char *asked)
{
	static char text[0x8000];
	char *at = text + sprintf(text, "compatible = \"bulkhead,pci-v1\";\n");

	for (unsigned int i = 0; i < 3 && functions[i].properties; i++)
		at = text_of(at, &functions[i], i);
	inputs_open(audit, compiled(text), board, machine, asked);
}

static void said(const struct audit *audit, size_t row, enum rule rule, const char *words)
{
	if (words ? !refusal_said(audit, rule, words) : audit->report.total) {
		report_print(&audit->report, "inventory", stderr);
		fail_msg("row %zu: not '%s'", row, words ? words : "nothing");
	}
}

/* ---- addresses, capabilities ---- */

/* [utest->swr~audit-pci-inventory~1] */
static void addresses_and_capabilities(void **state)
{
	static const struct {
		const char *text;
		bool is;
		uint32_t segment, rid;
	} addresses[] = {
		{"0000:00:01.0", true, 0, 8},
		{"0001:ff:1f.7", true, 1, 0xffff},
		{"00aF:Ab:00.1", true, 0xaf, 0xab01},
		{"0000:00:01-0", false, 0, 0},
		{"0000-00:01.0", false, 0, 0},
		{"0000:00:20.0", false, 0, 0},
		{"0000:00:1f.8", false, 0, 0},
		{"0000:0/:00.0", false, 0, 0},
		{"0000:0::00.0", false, 0, 0},
		{"0000:0@:00.0", false, 0, 0},
		{"0000:0g:00.0", false, 0, 0},
		{"0000:00:01.00", false, 0, 0},
		{"", false, 0, 0},
	};
	uint8_t config[0x200] = {
		[4] = 0,       [6] = 0x10,     [0x34] = 0x40,  [0x40] = 0x05,  [0x41] = 0x50, [0x50] = 0x11,
		[0x51] = 0x40, [0x100] = 0x01, [0x103] = 0x14, [0x140] = 0x0b, [0x143] = 0x10};
	struct pci_function function = {.config = config, .config_size = sizeof(config)};
	uint32_t segment, rid;

	for (size_t i = 0; i < COUNT(addresses); i++) {
		if (pci_address(addresses[i].text, &segment, &rid) != addresses[i].is)
			fail_msg("%s", addresses[i].text);
		if (addresses[i].is)
			assert_true(segment == addresses[i].segment && rid == addresses[i].rid);
	}
	/* Both lists go in a circle. */
	assert_int_equal(pci_capability(&function, PCI_CAP_MSIX), 0x50);
	assert_int_equal(pci_capability(&function, PCI_CAP_POWER), 0);
	assert_int_equal(pci_extended(&function, 0x0b), 0x140);
	assert_int_equal(pci_extended(&function, PCI_EXT_ACS), 0);
	config[0x51] = config[0x143] = 0;
	assert_int_equal(pci_capability(&function, PCI_CAP_POWER), 0);
	assert_int_equal(pci_extended(&function, PCI_EXT_ACS), 0);
	config[6] = 0;
	assert_int_equal(pci_capability(&function, PCI_CAP_MSIX), 0);
	function.config_size = 0;
	assert_int_equal(pci_extended(&function, 0x0b), 0);
}

/* ---- what is read of one function ---- */

#define LACKS	   "it lacks address, vendor, device, class or revision"
#define NO_CONFIG  "its configuration space is none"
#define NO_BARS	   "its BARs are none"
#define VIRTUAL_AT "it lies where a virtual function is"
#define TOO_MANY   "its virtual functions are more than there can be"
#define BAR(rows)  AT("0000:00:02.0") FUNCTION "resources = /bits/ 64 <" rows ">;"
#define M32	   "0x40200"
#define M64	   "0x140204"
#define NO	   "0 0 0 "
#define SIX	   NO NO NO NO NO NO
/* The SR-IOV capability of a PF at 00:02.0. */
#define SRIOV(total, offset, stride)                                                                         \
	{0x100, 0x00010010, 4}, {0x10e, total, 2}, {0x114, (uint32_t)(offset) | (uint32_t)(stride) << 16, 4}
#define PF AT("0000:00:02.0") FUNCTION

static const struct {
	struct described functions[3];
	const char *words;  /* ACCEPTED: none */
	enum pci_kind kind; /* of the last by address */
	size_t count;
	int parent; /* of the last */
	bool acs;   /* of the last */
} read[] = {
	{{{PF, {{0}}}}, ACCEPTED, PCI_ENDPOINT, 1, PCI_NONE, false},
	{{{NULL, {{0}}}}, ACCEPTED, 0, 0, 0, false},
	{{{FUNCTION, {{0}}}}, LACKS, 0, 0, 0, false},
	{{{AT("0000:00:02") FUNCTION, {{0}}}}, LACKS, 0, 0, 0, false},
	{{{AT("0000:00:02.0") "device = <1>; class = <1>; revision = <1>; ", {{0}}}}, LACKS, 0, 0, 0, false},
	{{{AT("0000:00:02.0") "vendor = <1>; class = <1>; revision = <1>; ", {{0}}}}, LACKS, 0, 0, 0, false},
	{{{AT("0000:00:02.0") "vendor = <1>; device = <1>; revision = <1>; ", {{0}}}}, LACKS, 0, 0, 0, false},
	{{{AT("0000:00:02.0") "vendor = <1>; device = <1>; class = <1>; ", {{0}}}}, LACKS, 0, 0, 0, false},
	/* Configuration space. */
	{{{PF "/* no config */", {{0}}}}, ACCEPTED, PCI_ENDPOINT, 1, PCI_NONE, false},
	{{{PF "config;", {{0}}}}, ACCEPTED, PCI_ENDPOINT, 1, PCI_NONE, false},
	{{{PF, {{0x0e, 2, 1}}}}, NO_CONFIG, 0, 0, 0, false},
	{{{PF, {{0x0e, 0x80, 1}}}}, ACCEPTED, PCI_ENDPOINT, 1, PCI_NONE, false},
	/* Kinds: a conventional bridge, root port, switch's upstream and downstream port, a bridge to PCI. */
	{{{PF, {BRIDGE}}}, ACCEPTED, PCI_BRIDGE, 1, PCI_NONE, false},
	{{{PF, {BRIDGE, {4, 0x100000, 4}, {0x34, 0x40, 1}, {0x40, 0x00400010, 4}}}},
	 ACCEPTED,
	 PCI_PORT,
	 1,
	 PCI_NONE,
	 false},
	{{{PF, {BRIDGE, {4, 0x100000, 4}, {0x34, 0x40, 1}, {0x40, 0x00500010, 4}}}},
	 ACCEPTED,
	 PCI_UPSTREAM,
	 1,
	 PCI_NONE,
	 false},
	{{{PF, {BRIDGE, {4, 0x100000, 4}, {0x34, 0x40, 1}, {0x40, 0x00600010, 4}}}},
	 ACCEPTED,
	 PCI_PORT,
	 1,
	 PCI_NONE,
	 false},
	{{{PF, {BRIDGE, {4, 0x100000, 4}, {0x34, 0x40, 1}, {0x40, 0x00700010, 4}}}},
	 ACCEPTED,
	 PCI_BRIDGE,
	 1,
	 PCI_NONE,
	 false},
	{{{PF, {{0x100, 0x0001000d, 4}, {0x104, 0x1d, 2}}}}, ACCEPTED, PCI_ENDPOINT, 1, PCI_NONE, true},
	{{{PF, {{0x100, 0x0001000d, 4}, {0x104, 0x1c, 2}}}}, ACCEPTED, PCI_ENDPOINT, 1, PCI_NONE, false},
	/* BARs: of an unknown kind, cut off, small, odd, one over the upper half of another, at the end. */
	{{{BAR("0 0x4000 " M32), {{0}}}}, ACCEPTED, PCI_ENDPOINT, 1, PCI_NONE, false},
	{{{BAR("0 0x4000 0"), {{0}}}}, ACCEPTED, PCI_ENDPOINT, 1, PCI_NONE, false},
	{{{BAR("0 0x4000"), {{0}}}}, ACCEPTED, PCI_ENDPOINT, 1, PCI_NONE, false},
	{{{BAR("0 0 " M32), {{0}}}}, ACCEPTED, PCI_ENDPOINT, 1, PCI_NONE, false},
	{{{BAR("0 8 " M32), {{0}}}}, NO_BARS, 0, 0, 0, false},
	{{{BAR("0 0x10 " M32), {{0}}}}, ACCEPTED, PCI_ENDPOINT, 1, PCI_NONE, false},
	{{{BAR("0 0x5000 " M32), {{0}}}}, NO_BARS, 0, 0, 0, false},
	{{{BAR("0 0x4000 " M64 " " NO "0 0x4000 " M32), {{0}}}}, ACCEPTED, PCI_ENDPOINT, 1, PCI_NONE, false},
	{{{BAR("0 0x4000 " M64 " 0 0x4000 " M32), {{0}}}}, NO_BARS, 0, 0, 0, false},
	{{{BAR(NO NO NO NO NO "0 0x4000 " M64), {{0}}}}, NO_BARS, 0, 0, 0, false},
	/* Of virtual functions. */
	{{{BAR(SIX NO "0 0x4000 " M64), {SRIOV(2, 8, 1)}}}, ACCEPTED, PCI_ENDPOINT, 3, PCI_NONE, false},
	{{{BAR(SIX NO "0 0x4000 0x100"), {SRIOV(2, 8, 1)}}}, NO_BARS, 0, 0, 0, false},
	{{{BAR(SIX NO "0 0x4001 " M32), {SRIOV(2, 8, 1)}}}, NO_BARS, 0, 0, 0, false},
	{{{BAR(SIX NO "0 0x4000 " M64 " 0 0x4000 " M32), {SRIOV(2, 8, 1)}}}, NO_BARS, 0, 0, 0, false},
	{{{BAR(SIX NO NO NO NO NO NO "0 0x4000 " M64), {SRIOV(2, 8, 1)}}}, NO_BARS, 0, 0, 0, false},
	{{{BAR(SIX NO NO NO NO NO NO "0 0x4000 " M32), {SRIOV(2, 8, 1)}}},
	 ACCEPTED,
	 PCI_ENDPOINT,
	 3,
	 PCI_NONE,
	 false},
	{{{PF, {BRIDGE, SRIOV(2, 8, 1)}}}, ACCEPTED, PCI_BRIDGE, 1, PCI_NONE, false},
	{{{PF, {SRIOV(0, 8, 1)}}}, ACCEPTED, PCI_ENDPOINT, 1, PCI_NONE, false},
	{{{PF, {SRIOV(1, 8, 0)}}}, ACCEPTED, PCI_ENDPOINT, 2, PCI_NONE, false},
	{{{PF, {SRIOV(2, 0xffff, 1)}}}, TOO_MANY, PCI_ENDPOINT, 1, PCI_NONE, false},
	{{{PF, {SRIOV(1, 0, 0)}}}, VIRTUAL_AT, PCI_ENDPOINT, 1, PCI_NONE, false},
	/* Beside those on the stride; a bridge, and another with virtual functions, where there is one. */
	{{{PF, {SRIOV(2, 8, 2)}}, {AT("0000:00:03.1") FUNCTION, {{0}}}},
	 ACCEPTED,
	 PCI_ENDPOINT,
	 4,
	 PCI_NONE,
	 false},
	{{{PF, {SRIOV(1, 8, 1)}}, {AT("0000:00:03.0") FUNCTION, {BRIDGE}}},
	 VIRTUAL_AT,
	 PCI_BRIDGE,
	 2,
	 PCI_NONE,
	 false},
	{{{PF, {SRIOV(1, 8, 1)}}, {AT("0000:00:03.0") FUNCTION, {SRIOV(1, 8, 1)}}},
	 VIRTUAL_AT,
	 PCI_ENDPOINT,
	 3,
	 PCI_NONE,
	 false},
	/* Bridges above. */
	{{{PORT}, {AT("0000:01:00.0") FUNCTION, {{0}}}}, ACCEPTED, PCI_ENDPOINT, 2, 0, false},
	{{{PORT}, {AT("0001:01:00.0") FUNCTION, {{0}}}}, ACCEPTED, PCI_ENDPOINT, 2, PCI_NONE, false},
	{{{PORT}, {AT("0000:02:00.0") FUNCTION, {{0}}}}, ACCEPTED, PCI_ENDPOINT, 2, PCI_NONE, false},
	{{{AT("0000:00:01.0") FUNCTION, {BRIDGE, {0x19, 0, 1}}}, {AT("0000:00:02.0") FUNCTION, {{0}}}},
	 ACCEPTED,
	 PCI_ENDPOINT,
	 2,
	 PCI_NONE,
	 false},
	/* Another segment's, which isn't where a virtual function of this one is. */
	{{{AT("0001:00:03.0") FUNCTION, {{0}}}, {PF, {SRIOV(1, 8, 1)}}},
	 ACCEPTED,
	 PCI_ENDPOINT,
	 3,
	 PCI_NONE,
	 false},
	{{{PF, {{0}}}, {PF, {{0}}}}, "0000:00:02.0: it is there twice", PCI_ENDPOINT, 2, PCI_NONE, false},
};

/* [utest->swr~audit-pci-inventory~1] */
static void inventories_are_read(void **state)
{
	struct audit audit;

	for (size_t i = 0; i < COUNT(read); i++) {
		const struct pci_function *last;

		functions_open(&audit, read[i].functions, PLAIN, "", NULL);
		said(&audit, i, RULE_INPUT, read[i].words);
		if (audit.pci.count != read[i].count)
			fail_msg("row %zu: %zu functions", i, audit.pci.count);
		last = audit.pci.count ? &audit.pci.functions[audit.pci.count - 1] : NULL;
		if (last && (last->kind != read[i].kind || last->parent != read[i].parent ||
			     last->acs != read[i].acs))
			fail_msg("row %zu: kind %d, parent %d", i, last->kind, last->parent);
		inputs_close(&audit);
	}
	inputs_open(&audit, (struct blob){memcpy(malloc(7), "no tree", 7), 7}, PLAIN, "", NULL);
	said(&audit, 0, RULE_INPUT, "PCI inventory: it can't be read: FDT_ERR_TRUNCATED");
	inputs_close(&audit);
	inputs_open(&audit, compiled("compatible = \"bulkhead,pci-v2\";"), PLAIN, "", NULL);
	said(&audit, 0, RULE_INPUT, "compatible isn't bulkhead,pci-v1");
	assert_int_equal(pci_find(&audit.pci, 0, 8), PCI_NONE);
	inputs_close(&audit);
}

/* ---- more functions, and larger ones, than there can be ---- */

static void function_put(void *fdt, unsigned int number, const uint8_t *config, int size)
{
	char text[32];

	(void)snprintf(text, sizeof(text), "f%u", number);
	assert_int_equal(fdt_begin_node(fdt, text), 0);
	(void)snprintf(text, sizeof(text), "0000:%02x:%02x.%x", number >> 8, number >> 3 & 0x1f, number & 7);
	assert_int_equal(fdt_property_string(fdt, "address", text), 0);
	assert_int_equal(fdt_property_u32(fdt, "vendor", 1), 0);
	assert_int_equal(fdt_property_u32(fdt, "device", 1), 0);
	assert_int_equal(fdt_property_u32(fdt, "class", 0x20000), 0);
	assert_int_equal(fdt_property_u32(fdt, "revision", 1), 0);
	if (config)
		assert_int_equal(fdt_property(fdt, "config", config, size), 0);
	assert_int_equal(fdt_end_node(fdt), 0);
}

static struct blob functions_of(unsigned int count, const uint8_t *config, int size)
{
	const size_t room = 0x10000 + count * 160;
	uint8_t *fdt = malloc(room);

	assert_int_equal(fdt_create(fdt, (int)room), 0);
	assert_int_equal(fdt_finish_reservemap(fdt), 0);
	assert_int_equal(fdt_begin_node(fdt, ""), 0);
	assert_int_equal(fdt_property_string(fdt, "compatible", "bulkhead,pci-v1"), 0);
	for (unsigned int i = 0; i < count; i++)
		function_put(fdt, i, i ? NULL : config, size);
	assert_int_equal(fdt_end_node(fdt), 0);
	assert_int_equal(fdt_finish(fdt), 0);
	return (struct blob){fdt, fdt_totalsize(fdt)};
}

/* [utest->swr~audit-pci-inventory~1] */
static void inventories_without_end(void **state)
{
	static uint8_t config[PCI_SPACE + 1] = {
		[0x100] = 0x10, [0x102] = 1, [0x10e] = 1, [0x114] = 0xff, [0x115] = 0xff};
	struct audit audit;

	inputs_open(&audit, functions_of(1, config, PCI_SPACE), PLAIN, "", NULL);
	said(&audit, 0, RULE_INPUT, ACCEPTED);
	assert_int_equal(audit.pci.count, 2);
	inputs_close(&audit);
	inputs_open(&audit, functions_of(1, config, PCI_SPACE + 1), PLAIN, "", NULL);
	said(&audit, 1, RULE_INPUT, NO_CONFIG);
	inputs_close(&audit);
	inputs_open(&audit, functions_of(PCI_MAX + 1, config, PCI_SPACE), PLAIN, "", NULL);
	said(&audit, 2, RULE_INPUT, "/f8192: there are more functions than any machine has");
	said(&audit, 2, RULE_INPUT, "0000:00:00.0: " TOO_MANY);
	assert_int_equal(audit.pci.count, PCI_MAX);
	inputs_close(&audit);
}

/* ---- hosts ---- */

/* For a function at 02:00.0. */
static const struct {
	const char *board;
	bool hosted;
	int stream, device_id; /* -1: none */
	uint64_t config_pa;
	size_t windows;
} hosts[] = {
	{PLAIN, true, 0x300, 0x400, UINT64_C(0x4000200000), 1},
	{HOST MAPS "};", true, 0x300, 0x400, UINT64_C(0x4000200000), 0},
	{HOST MAPS "bus-range = <2 15>; };", true, 0x300, 0x400, UINT64_C(0x4000000000), 0},
	{HOST MAPS "bus-range = <3 15>; };", false, -1, -1, 0, 0},
	{HOST MAPS "bus-range = <0 1>; };", false, -1, -1, 0, 0},
	{HOST MAPS "bus-range = <0 256>; };", false, -1, -1, 0, 0},
	{HOST MAPS "bus-range = <3 2>; };", false, -1, -1, 0, 0},
	{HOST MAPS "linux,pci-domain = <1>; };", false, -1, -1, 0, 0},
	{HOST MAPS "status = \"disabled\"; };", false, -1, -1, 0, 0},
	/* Of that many buses the window holds two, three. */
	{"#address-cells = <2>; #size-cells = <2>; pci { compatible = \"pci-host-ecam-generic\"; "
	 "reg = <0x40 0 0 0x2fffff>; };",
	 false, -1, -1, 0, 0},
	{"#address-cells = <2>; #size-cells = <2>; pci { compatible = \"pci-host-ecam-generic\"; "
	 "reg = <0x40 0 0 0x300000>; };",
	 true, -1, -1, UINT64_C(0x4000200000), 0},
	{"#address-cells = <2>; #size-cells = <2>; pci { compatible = \"pci-host-ecam-generic\"; };", false,
	 -1, -1, 0, 0},
	/* Eight windows of nine. */
	{HOST BUSES "ranges = " WINDOW "," WINDOW "," WINDOW "," WINDOW "," WINDOW "," WINDOW "," WINDOW
		    "," WINDOW "," WINDOW "; };",
	 true, -1, -1, UINT64_C(0x4000200000), PCI_WINDOWS},
	/* Maps that are cut off, lead past it, to nothing, to something else. */
	{HOST "iommu-map = <0>; msi-map = <0>; };", true, -1, -1, UINT64_C(0x4000200000), 0},
	{HOST "iommu-map = <0 6>; msi-map = <0 7>; };", true, -1, -1, UINT64_C(0x4000200000), 0},
	{HOST "iommu-map = <0 6 0>; msi-map = <0 7 0>; };", true, -1, -1, UINT64_C(0x4000200000), 0},
	{HOST "iommu-map = <0x201 6 0 1>, <0 6 0x200 0x201>; msi-map = <0 7 0 0x200>; };", true, 0x400, -1,
	 UINT64_C(0x4000200000), 0},
	{HOST "iommu-map = <0 9 0 0x10000>; msi-map = <0 9 0 0x10000>; };", true, -1, -1,
	 UINT64_C(0x4000200000), 0},
	{HOST "iommu-map = <0 7 0 0x10000>; msi-map = <0 6 0 0x10000>; };", true, -1, -1,
	 UINT64_C(0x4000200000), 0},
	{HOST "iommu-map = <0 8 0 0x10000>; msi-map = <0 8 0 0x10000>; }; off { phandle = <8>; "
	      "compatible = \"arm,gic-v3-its\", \"arm,smmu-v3\"; reg = <0 0x8080000 0 0x20000>; "
	      "status = \"disabled\"; };",
	 true, -1, -1, UINT64_C(0x4000200000), 0},
	/* An ITS without registers. */
	{HOST "msi-map = <0 8 0 0x10000>; }; bare { phandle = <8>; compatible = \"arm,gic-v3-its\"; };", true,
	 -1, -1, UINT64_C(0x4000200000), 0},
	/* What has registers, and is no ITS. */
	{HOST "msi-map = <0 8 0 0x10000>; }; other { phandle = <8>; compatible = \"arm,smmu-v3\"; reg = <0 "
	      "0x9050000 "
	      "0 0x20000>; };",
	 true, -1, -1, UINT64_C(0x4000200000), 0},
	{HOST "msi-parent = <7>; };", true, -1, 0x200, UINT64_C(0x4000200000), 0},
};

/* [utest->swr~audit-pci-inventory~1] */
static void hosts_lead_to_functions(void **state)
{
	static const struct described functions[3] = {{AT("0000:02:00.0") FUNCTION, {{0}}}};

	for (size_t i = 0; i < COUNT(hosts); i++) {
		const struct pci_function *at;
		struct audit audit;

		functions_open(&audit, functions, hosts[i].board, "", NULL);
		at = audit.pci.functions;
		if ((at->host != PCI_NONE) != hosts[i].hosted ||
		    (at->smmu ? (int)at->stream : -1) != hosts[i].stream ||
		    (at->its ? (int)at->device_id : -1) != hosts[i].device_id ||
		    pci_config_pa(&audit.pci, at) != hosts[i].config_pa)
			fail_msg("row %zu: host %d, 0x%x, 0x%x", i, at->host, at->stream, at->device_id);
		if (hosts[i].hosted && audit.pci.hosts[0].window_count != hosts[i].windows)
			fail_msg("row %zu: windows", i);
		inputs_close(&audit);
	}
}

/* ---- owners ---- */

#define NONE_SUCH "the inventory has no PCI function"
#define UNGIVABLE "is no function that a cell can have: a bridge, or nowhere"
#define LONG	  "0123456789012345678901234567890123456789012345678901234567890123"

static const struct {
	const char *asked, *machine, *properties; /* of the function at 02:00.0; NULL: a plain one */
	struct written config[2];
	enum rule rule;
	const char *words;
} asks[] = {
	{"\"0000:02:00.0\"", "", NULL, {{0}}, RULE_PCI, ACCEPTED},
	{"\"nic\"", "pci-names { nic = \"0000:02:00.0\"; };", NULL, {{0}}, RULE_PCI, ACCEPTED},
	{"\"nic\"", "", NULL, {{0}}, RULE_PCI, NONE_SUCH " 'nic'"},
	{"\"nic\"", "pci-names { disk = \"0000:02:00.0\"; };", NULL, {{0}}, RULE_PCI, NONE_SUCH " 'nic'"},
	{"\"" LONG "\"", "", NULL, {{0}}, RULE_PCI, NONE_SUCH " '" LONG},
	{"\"" LONG ".vf0\"", "", NULL, {{0}}, RULE_PCI, NONE_SUCH " '" LONG},
	{"\"0000:02:00.0.vf\"", "", NULL, {{0}}, RULE_PCI, NONE_SUCH},
	{"\"0000:02:00.0.vfx\"", "", NULL, {{0}}, RULE_PCI, NONE_SUCH},
	{"\"0000:02:00.0.vf0K\"", "", NULL, {{0}}, RULE_PCI, NONE_SUCH},
	{"\"0000:02:00.0.vf0\"", "", NULL, {{0}}, RULE_PCI, NONE_SUCH},
	{"\"0000:05:00.0.vf0\"", "", NULL, {{0}}, RULE_PCI, NONE_SUCH},
	{"<1>", "", NULL, {{0}}, RULE_INPUT, "partition file: cell 'one': pci is no list of names"},
	{"\"0000:02:00.0\", \"0000:02:00.0\"",
	 "",
	 NULL,
	 {{0}},
	 RULE_PCI,
	 "0000:02:00.0: the file gives it to 'one'"},
	{"\"0000:02:00.0\"", "", NULL, {BRIDGE}, RULE_PCI, UNGIVABLE},
	{"\"0000:02:00.0\"",
	 "",
	 AT("0000:02:00.0") "vendor = <1>; device = <1>; class = <0x60000>; revision = <1>; ",
	 {{0}},
	 RULE_PCI,
	 UNGIVABLE},
	{"\"0000:10:00.0\"", "", AT("0000:10:00.0") FUNCTION, {{0}}, RULE_PCI, UNGIVABLE},
	{"\"0000:02:00.0\"", "", AT("0000:02:00.0") FUNCTION "/* no config */", {{0}}, RULE_PCI, UNGIVABLE},
};

/* [utest->swr~audit-pci-owners~1] */
static void functions_are_given(void **state)
{
	for (size_t i = 0; i < COUNT(asks); i++) {
		struct described functions[3] = {
			{asks[i].properties ? asks[i].properties : AT("0000:02:00.0") FUNCTION, {{0}}}};
		struct audit audit;

		memcpy(functions[0].config, asks[i].config, sizeof(asks[i].config));
		functions_open(&audit, functions, PLAIN, asks[i].machine, asks[i].asked);
		said(&audit, i, asks[i].rule, asks[i].words);
		if (!asks[i].words)
			assert_int_equal(audit.pci.functions[0].owner, 0);
		inputs_close(&audit);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_and_capabilities), cmocka_unit_test(inventories_are_read),
		cmocka_unit_test(inventories_without_end), cmocka_unit_test(hosts_lead_to_functions),
		cmocka_unit_test(functions_are_given)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
