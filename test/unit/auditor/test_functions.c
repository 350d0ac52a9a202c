// SPDX-License-Identifier: Apache-2.0
/*
 * test_functions.c - PCI functions of a model made by hand: which the boot's steps may reach, write and
 * compare, which are kept apart from each other, and where their BARs are.
 *
 * Both ranges: steps_are_played, functions_are_kept_apart, bars_are_where_the_steps_leave_them
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "fixture_pci.h"
#include "refusal.h"
#include "rule.h"

/* ---- steps ---- */

#define ECAM_PA	 UINT64_C(0x4010000000)
#define ECAM_VA	 UINT64_C(0x40000000)
#define STEPS	 24u
#define BRIDGE	 0x08u
#define PLAIN	 0x10u /* a bridge without an Express capability */
#define HOSTS	 0x00u
#define PF	 0x100u
#define VF	 0x180u
#define ENDPOINT 0x18u
#define NOWHERE	 0x2000u

#define CHECK(rid, offset, width, mask, value)                                                               \
	{ECAM_VA + (rid) * UINT64_C(4096) + (offset), mask, value, BP_PCI_CHECK, width, 0, 0, rid, 0}
#define WRITE(rid, offset, width, value)                                                                     \
	{ECAM_VA + (rid) * UINT64_C(4096) + (offset), 0, value, BP_PCI_WRITE, width, 0, 0, rid, 0}
#define WAIT(value)	   {0, 0, value, BP_PCI_WAIT, 0, 0, 0, 0, 0}
#define IDS(rid, device)   CHECK(rid, 0, 4, UINT32_MAX, (device) << 16 | 0x1234)
#define KNOWN(rid, device) IDS(rid, device), CHECK(rid, 8, 4, UINT32_MAX, 0)
#define BUSES		   WRITE(BRIDGE, 0x18, 4, 0x00010100)
/* The virtual functions, switched on. */
#define ON	   KNOWN(BRIDGE, 1u), BUSES, KNOWN(PF, 3u), WRITE(PF, 0x110, 2, 1), WRITE(PF, 0x108, 2, 1)

#define IS_NONE	   "it is none"
#define ADDRESS	   "its address isn't that of the function that it names"
#define UNREACHED  "nothing leads to its function yet"
#define UNFIT	   "the inventory's own machine would fail it"
#define LEFT_ALONE "it writes what wasn't compared, or what the boot leaves alone"
#define TOO_LONG   "it waits too long"

/* All but the last are sound. */
static const struct {
	struct bp_pci_step steps[STEPS];
	const char *wrong; /* what the last one is; NULL: sound, too */
} plays[] = {
	{{KNOWN(BRIDGE, 1u)}, NULL},
	/* Steps that are none. */
	{{IDS(0x300, 3u)}, IS_NONE},
	{{{ECAM_VA, 0, 0, BP_PCI_CHECK, 3, 0, 0, 0, 0}}, IS_NONE},
	{{{ECAM_VA, 0, 0, BP_PCI_WAIT + 1, 4, 0, 0, 0, 0}}, IS_NONE},
	{{{ECAM_VA, 0, 0, BP_PCI_CHECK, 4, BP_PCI_WHAT_COUNT, 0, 0, 0}}, IS_NONE},
	{{{ECAM_VA + 2, 0, 0, BP_PCI_CHECK, 4, 0, 0, 0, 0}}, IS_NONE},
	{{CHECK(BRIDGE, 0x0e, 1, 0x1ff, 1)}, IS_NONE},
	{{CHECK(BRIDGE, 0x0e, 1, 0xff, 1)}, NULL},
	{{WAIT(PCI_WAIT_MAX), WAIT(1)}, TOO_LONG},
	{{WAIT(PCI_WAIT_MAX)}, NULL},
	{{{ECAM_VA, 0, 1, BP_PCI_WAIT, 0, 0, 0, 0, 0}}, TOO_LONG},
	/* Addresses. */
	{{CHECK(NOWHERE, 0, 4, 0, 0)}, ADDRESS},
	{{{ECAM_VA - 4096, 0, 0, BP_PCI_CHECK, 4, 0, 0, BRIDGE, 0}}, ADDRESS},
	{{{ECAM_VA, 0, 0, BP_PCI_CHECK, 4, 0, 0, BRIDGE, 0}}, ADDRESS},
	/* What leads to a function. */
	{{IDS(PF, 3u)}, UNREACHED},
	{{KNOWN(BRIDGE, 1u), WRITE(BRIDGE, 0x18, 4, 0x00020100), IDS(PF, 3u)}, UNREACHED},
	{{KNOWN(BRIDGE, 1u), BUSES, IDS(PF, 3u)}, NULL},
	{{ON, WAIT(100), IDS(VF, 5u)}, NULL},
	{{ON, WAIT(99), IDS(VF, 5u)}, UNREACHED},
	{{KNOWN(BRIDGE, 1u), BUSES, KNOWN(PF, 3u), WRITE(PF, 0x110, 2, 1), WRITE(PF, 0x108, 2, 8), WAIT(100),
	  IDS(VF, 5u)},
	 UNREACHED},
	{{KNOWN(BRIDGE, 1u), BUSES, KNOWN(PF, 3u), WRITE(PF, 0x108, 2, 1), WAIT(100), IDS(VF, 5u)},
	 UNREACHED},
	{{KNOWN(BRIDGE, 1u), BUSES, KNOWN(PF, 3u), WRITE(PF, 0x110, 2, 0), WRITE(PF, 0x108, 2, 1), WAIT(100),
	  IDS(VF, 5u)},
	 UNREACHED},
	/* Written again while they are on: they have been for as long as before. */
	{{ON, WAIT(60), WRITE(PF, 0x108, 2, 1), WAIT(40), IDS(VF, 5u)}, NULL},
	{{ON, WAIT(60), WRITE(PF, 0x108, 2, 0), WRITE(PF, 0x108, 2, 1), WAIT(40), IDS(VF, 5u)}, UNREACHED},
	/* What of a bridge may be written. */
	{{BUSES}, LEFT_ALONE},
	{{IDS(BRIDGE, 1u), BUSES}, LEFT_ALONE},
	{{KNOWN(BRIDGE, 1u), WRITE(BRIDGE, 0x04, 2, 0)}, NULL},
	{{KNOWN(BRIDGE, 1u), WRITE(BRIDGE, 0x06, 2, 0)}, LEFT_ALONE},
	{{KNOWN(BRIDGE, 1u), WRITE(BRIDGE, 0x10, 4, 0)}, NULL},
	{{KNOWN(BRIDGE, 1u), WRITE(BRIDGE, 0x14, 4, 0)}, NULL},
	{{KNOWN(BRIDGE, 1u), WRITE(BRIDGE, 0x1c, 2, 0)}, NULL},
	{{KNOWN(BRIDGE, 1u), WRITE(BRIDGE, 0x1e, 2, 0)}, LEFT_ALONE},
	{{KNOWN(BRIDGE, 1u), WRITE(BRIDGE, 0x1c, 4, 0)}, LEFT_ALONE},
	{{KNOWN(BRIDGE, 1u), WRITE(BRIDGE, 0x20, 4, 0)}, NULL},
	{{KNOWN(BRIDGE, 1u), WRITE(BRIDGE, 0x30, 4, 0)}, NULL},
	{{KNOWN(BRIDGE, 1u), WRITE(BRIDGE, 0x34, 4, 0)}, LEFT_ALONE},
	{{KNOWN(BRIDGE, 1u), WRITE(BRIDGE, 0x38, 4, 0)}, NULL},
	{{KNOWN(BRIDGE, 1u), WRITE(BRIDGE, 0x3c, 2, 0)}, LEFT_ALONE},
	{{KNOWN(BRIDGE, 1u), WRITE(BRIDGE, 0x3e, 2, 0)}, NULL},
	{{KNOWN(BRIDGE, 1u), WRITE(BRIDGE, 0x68, 2, 0)}, NULL},
	{{KNOWN(BRIDGE, 1u), WRITE(BRIDGE, 0x6a, 2, 0)}, LEFT_ALONE},
	{{KNOWN(PLAIN, 1u), WRITE(PLAIN, 0x28, 4, 0)}, NULL},
	{{KNOWN(PLAIN, 1u), WRITE(PLAIN, 0x68, 2, 0)}, LEFT_ALONE},
	{{KNOWN(BRIDGE, 1u), WRITE(BRIDGE, 0x106, 2, 0)}, NULL},
	{{KNOWN(BRIDGE, 1u), WRITE(BRIDGE, 0x104, 2, 0)}, LEFT_ALONE},
	{{KNOWN(PLAIN, 1u), WRITE(PLAIN, 0x106, 2, 0)}, LEFT_ALONE},
	{{CHECK(HOSTS, 0, 4, UINT32_MAX, 0x00011234), CHECK(HOSTS, 8, 4, UINT32_MAX, 0x06000000),
	  WRITE(HOSTS, 4, 2, 0)},
	 LEFT_ALONE},
	/* Of an endpoint, of one with virtual functions, of one of these. */
	{{KNOWN(ENDPOINT, 4u), WRITE(ENDPOINT, 0x24, 4, 0)}, NULL},
	{{KNOWN(ENDPOINT, 4u), WRITE(ENDPOINT, 0x30, 4, 0)}, NULL},
	{{KNOWN(ENDPOINT, 4u), WRITE(ENDPOINT, 0x34, 4, 0)}, LEFT_ALONE},
	{{KNOWN(ENDPOINT, 4u), WRITE(ENDPOINT, 0x108, 2, 0)}, LEFT_ALONE},
	{{ON, WRITE(PF, 0x110, 2, 1)}, LEFT_ALONE},
	{{ON, WRITE(PF, 0x108, 2, 0), WRITE(PF, 0x110, 2, 1), WRITE(PF, 0x120, 4, 1), WRITE(PF, 0x124, 4, 1)},
	 NULL},
	{{ON, WRITE(PF, 0x108, 2, 0), WRITE(PF, 0x13c, 4, 1)}, LEFT_ALONE},
	{{ON, WAIT(100), IDS(VF, 5u), CHECK(VF, 8, 4, UINT32_MAX, 0), WRITE(VF, 4, 2, 0)}, LEFT_ALONE},
	/* Compared: as the machine has it, as it was written, as it is sized. */
	{{CHECK(ENDPOINT, 0x0c, 4, UINT32_MAX, 0)}, NULL},
	{{CHECK(ENDPOINT, 0x0c, 4, UINT32_MAX, 1)}, UNFIT},
	{{CHECK(ENDPOINT, 0x0c, 4, UINT32_MAX - 1, 1)}, NULL},
	{{KNOWN(ENDPOINT, 4u), WRITE(ENDPOINT, 4, 2, 6), CHECK(ENDPOINT, 4, 2, 0xffff, 6)}, NULL},
	{{KNOWN(ENDPOINT, 4u), WRITE(ENDPOINT, 0x10, 4, UINT32_MAX - 1),
	  CHECK(ENDPOINT, 0x10, 4, UINT32_MAX, UINT32_MAX - 1)},
	 NULL},
	{{KNOWN(ENDPOINT, 4u), WRITE(ENDPOINT, 0x10, 4, UINT32_MAX),
	  CHECK(ENDPOINT, 0x10, 4, UINT32_MAX, 0xffffc000)},
	 NULL},
	{{KNOWN(ENDPOINT, 4u), WRITE(ENDPOINT, 0x30, 4, UINT32_MAX),
	  CHECK(ENDPOINT, 0x30, 4, UINT32_MAX, UINT32_MAX)},
	 NULL},
	{{KNOWN(BRIDGE, 1u), BUSES, KNOWN(PF, 3u), WRITE(PF, 0x124, 4, UINT32_MAX),
	  CHECK(PF, 0x124, 4, UINT32_MAX, 0xfffff000)},
	 NULL},
	{{KNOWN(BRIDGE, 1u), BUSES, KNOWN(PF, 3u), WRITE(PF, 0x120, 4, UINT32_MAX),
	  CHECK(PF, 0x120, 4, UINT32_MAX, UINT32_MAX)},
	 NULL},
};

/* Sorted by address, as pci_open() leaves them. */
enum made { AT_HOSTS, AT_BRIDGE, AT_PLAIN, AT_ENDPOINT, AT_PF, AT_VF, AT_NOWHERE, MADE };
static uint8_t bridge_config[0x200] = {
	[0x06] = 0x10, [0x0e] = 1, [0x34] = 0x40, [0x40] = 0x10, [0x100] = 0x0d, [0x102] = 1};

static void model_open(struct audit *audit)
{
	static const struct pci_function functions[MADE] = {
		{.rid = HOSTS, .vendor = 0x1234, .device = 1, .class = 0x06000000},
		{.rid = BRIDGE,
		 .vendor = 0x1234,
		 .device = 1,
		 .kind = PCI_PORT,
		 .secondary = 1,
		 .subordinate = 1,
		 .config = bridge_config,
		 .config_size = sizeof(bridge_config)},
		{.rid = PLAIN, .vendor = 0x1234, .device = 1, .kind = PCI_PORT, .secondary = 2},
		{.rid = ENDPOINT, .vendor = 0x1234, .device = 4, .bars = {{.size = 0x4000}}},
		{.rid = PF,
		 .vendor = 0x1234,
		 .device = 3,
		 .sriov = 0x100,
		 .total = 2,
		 .offset = 0x80,
		 .stride = 1,
		 .vf_bars = {{.size = 0x1000}}},
		{.rid = VF, .vendor = 0x1234, .device = 5},
		{.rid = NOWHERE, .vendor = 0x1234, .device = 6},
	};

	*audit = (struct audit){0};
	audit->pci.functions = memcpy(malloc(sizeof(functions)), functions, sizeof(functions));
	audit->pci.count = MADE;
	audit->pci.hosts = calloc(1, sizeof(*audit->pci.hosts));
	audit->pci.hosts[0].ecam = (struct range){ECAM_PA, 0x400000};
	audit->pci.host_count = 1;
	for (int i = 0; i < MADE; i++) {
		audit->pci.functions[i].parent = i == AT_PF ? AT_BRIDGE : PCI_NONE;
		audit->pci.functions[i].physical = i == AT_VF ? AT_PF : PCI_NONE;
		audit->pci.functions[i].host = i == AT_NOWHERE ? PCI_NONE : 0;
		audit->pci.functions[i].owner = CELL_NONE_ID;
	}
	/* From address to address; a page before it leads elsewhere. */
	spans_add(&audit->boot_map, (struct span){ECAM_VA, ECAM_PA, 0x3000000, ATTR_READ, 0});
}

static void model_close(struct audit *audit)
{
	pci_close(&audit->pci);
	spans_free(&audit->boot_map);
	report_free(&audit->report);
}

/* [utest->swr~audit-pci-space~1] */
static void steps_are_played(void **state)
{
	struct audit audit;
	uint32_t value;

	for (size_t i = 0; i < COUNT(plays); i++) {
		uint32_t count = STEPS;

		while (count && !plays[i].steps[count - 1].va && !plays[i].steps[count - 1].value)
			count--;
		model_open(&audit);
		audit.pci_steps = plays[i].steps;
		audit.pci_step_count = count;
		pci_steps_play(&audit);
		if (plays[i].wrong
			    ? !audit.pci.step_wrong || strcmp(audit.pci.step_wrong, plays[i].wrong) != 0
			    : audit.pci.step_wrong != NULL)
			fail_msg("row %zu: step %u: %s", i, audit.pci.step,
				 audit.pci.step_wrong ? audit.pci.step_wrong : "sound");
		assert_int_equal(audit.pci.step, plays[i].wrong ? count - 1 : count);
		model_close(&audit);
	}
	/* Bridges above each other in a circle, with the numbers that they have. */
	model_open(&audit);
	audit.pci.functions[AT_BRIDGE].parent = AT_BRIDGE;
	audit.pci.functions[AT_BRIDGE].state = calloc(1, sizeof(struct pci_state));
	memset(audit.pci.functions[AT_BRIDGE].state->written, true, PCI_SPACE);
	audit.pci.functions[AT_BRIDGE].state->value[0x19] =
		audit.pci.functions[AT_BRIDGE].state->value[0x1a] = 1;
	audit.pci_steps = (const struct bp_pci_step[]){IDS(PF, 3u)};
	audit.pci_step_count = 1;
	pci_steps_play(&audit);
	assert_null(audit.pci.step_wrong);
	/* What was compared, and what is left. */
	assert_true(pci_seen(&audit.pci.functions[AT_PF], 0, 4, UINT32_MAX, 0x00031234));
	assert_false(pci_seen(&audit.pci.functions[AT_PF], 0, 4, UINT32_MAX, 0x00041234));
	assert_false(pci_seen(&audit.pci.functions[AT_PF], 8, 4, UINT32_MAX, 0));
	assert_false(pci_seen(&audit.pci.functions[AT_VF], 0, 4, UINT32_MAX, 0));
	assert_false(pci_ids_seen(&audit.pci.functions[AT_PF]));
	audit.pci.functions[AT_PF].state->sized_mask[0x10] = 0xff;
	audit.pci.functions[AT_PF].state->sized[0x10] = 0xf0;
	assert_true(pci_sized(&audit.pci.functions[AT_PF], 0x10, 0xff, 0xf0));
	assert_false(pci_sized(&audit.pci.functions[AT_PF], 0x10, 0xff, 0xf1));
	assert_false(pci_sized(&audit.pci.functions[AT_PF], 0x10, 0x1ff, 0xf0));
	assert_false(pci_sized(&audit.pci.functions[AT_VF], 0x10, 0xff, 0xf0));
	assert_false(pci_left(&audit.pci.functions[AT_PF], 0x10, 4, &value));
	assert_true(pci_left(&audit.pci.functions[AT_BRIDGE], 0x18, 4, &value) && value == 0x10100);
	model_close(&audit);
}

/* ---- kept apart ---- */

/* Owner 0 or 1; -: nobody's. Each by its parent's place in the row, or -1. */
struct kin {
	uint32_t rid;
	int parent, owner;
	enum pci_kind kind;
	bool acs;
	uint32_t segment;
};
#define NOBODYS CELL_NONE_ID
#define ACS	true
#define ALONE	-1
static const struct {
	struct kin functions[5]; /* the last: of rid 0, but for the first */
	bool apart;
} kins[] = {
	/* Devices of their own on the host's bus; functions of one device. */
	{{{0x18, ALONE, 0, PCI_ENDPOINT, false, 0}, {0x20, ALONE, 1, PCI_ENDPOINT, false, 0}}, true},
	{{{0x18, ALONE, 0, PCI_ENDPOINT, false, 0}, {0x19, ALONE, 1, PCI_ENDPOINT, false, 0}}, false},
	{{{0x18, ALONE, 0, PCI_ENDPOINT, ACS, 0}, {0x19, ALONE, 1, PCI_ENDPOINT, false, 0}}, false},
	{{{0x18, ALONE, 0, PCI_ENDPOINT, false, 0}, {0x19, ALONE, 1, PCI_ENDPOINT, ACS, 0}}, false},
	{{{0x18, ALONE, 0, PCI_ENDPOINT, ACS, 0}, {0x19, ALONE, 1, PCI_ENDPOINT, ACS, 0}}, true},
	{{{0x18, ALONE, 0, PCI_ENDPOINT, false, 0}, {0x19, ALONE, 1, PCI_ENDPOINT, false, 1}}, true},
	/* Two ports, of which both, one, the other redirect. */
	{{{0x08, ALONE, NOBODYS, PCI_PORT, ACS, 0},
	  {0x10, ALONE, NOBODYS, PCI_PORT, ACS, 0},
	  {0x100, 0, 0, PCI_ENDPOINT, false, 0},
	  {0x200, 1, 1, PCI_ENDPOINT, false, 0}},
	 true},
	{{{0x08, ALONE, NOBODYS, PCI_PORT, ACS, 0},
	  {0x10, ALONE, NOBODYS, PCI_PORT, false, 0},
	  {0x100, 0, 0, PCI_ENDPOINT, false, 0},
	  {0x200, 1, 1, PCI_ENDPOINT, false, 0}},
	 false},
	{{{0x08, ALONE, NOBODYS, PCI_PORT, false, 0},
	  {0x10, ALONE, NOBODYS, PCI_PORT, ACS, 0},
	  {0x100, 0, 0, PCI_ENDPOINT, false, 0},
	  {0x200, 1, 1, PCI_ENDPOINT, false, 0}},
	 false},
	/* An upstream port passes on what those below it redirect; a bridge to conventional PCI doesn't. */
	{{{0x08, ALONE, NOBODYS, PCI_UPSTREAM, false, 0},
	  {0x10, ALONE, NOBODYS, PCI_UPSTREAM, false, 0},
	  {0x100, 0, 0, PCI_ENDPOINT, false, 0},
	  {0x200, 1, 1, PCI_ENDPOINT, false, 0}},
	 true},
	{{{0x08, ALONE, NOBODYS, PCI_UPSTREAM, false, 0},
	  {0x10, ALONE, NOBODYS, PCI_BRIDGE, ACS, 0},
	  {0x100, 0, 0, PCI_ENDPOINT, false, 0},
	  {0x200, 1, 1, PCI_ENDPOINT, false, 0}},
	 false},
	/* One behind a port, the other beside it. */
	{{{0x08, ALONE, NOBODYS, PCI_PORT, ACS, 0},
	  {0x18, ALONE, 0, PCI_ENDPOINT, false, 0},
	  {0x100, 0, 1, PCI_ENDPOINT, false, 0}},
	 true},
	{{{0x08, ALONE, NOBODYS, PCI_PORT, ACS, 0},
	  {0x100, 0, 0, PCI_ENDPOINT, false, 0},
	  {0x500, ALONE, 1, PCI_ENDPOINT, false, 0}},
	 true},
	/* Both on the bus below one port. */
	{{{0x08, ALONE, NOBODYS, PCI_PORT, ACS, 0},
	  {0x100, 0, 0, PCI_ENDPOINT, false, 0},
	  {0x108, 0, 1, PCI_ENDPOINT, false, 0}},
	 false},
	{{{0x08, ALONE, NOBODYS, PCI_PORT, ACS, 0},
	  {0x100, 0, 0, PCI_ENDPOINT, ACS, 0},
	  {0x108, 0, 1, PCI_ENDPOINT, false, 0}},
	 false},
	{{{0x08, ALONE, NOBODYS, PCI_PORT, ACS, 0},
	  {0x100, 0, 0, PCI_ENDPOINT, ACS, 0},
	  {0x108, 0, 1, PCI_ENDPOINT, ACS, 0}},
	 true},
	/* One of them behind another port there: the ways meet above it. */
	{{{0x08, ALONE, NOBODYS, PCI_PORT, ACS, 0},
	  {0x100, 0, NOBODYS, PCI_PORT, ACS, 0},
	  {0x108, 0, 0, PCI_ENDPOINT, ACS, 0},
	  {0x200, 1, 1, PCI_ENDPOINT, ACS, 0}},
	 true},
	{{{0x08, ALONE, NOBODYS, PCI_PORT, ACS, 0},
	  {0x100, 0, NOBODYS, PCI_PORT, ACS, 0},
	  {0x200, 1, 0, PCI_ENDPOINT, ACS, 0},
	  {0x508, 0, 1, PCI_ENDPOINT, ACS, 0}},
	 true},
	{{{0x08, ALONE, NOBODYS, PCI_PORT, ACS, 0},
	  {0x100, 0, NOBODYS, PCI_PORT, ACS, 0},
	  {0x108, 0, 0, PCI_ENDPOINT, false, 0},
	  {0x200, 1, 1, PCI_ENDPOINT, false, 0}},
	 false},
	{{{0x08, ALONE, NOBODYS, PCI_PORT, ACS, 0},
	  {0x100, 0, NOBODYS, PCI_PORT, ACS, 0},
	  {0x200, 1, 0, PCI_ENDPOINT, false, 0},
	  {0x508, 0, 1, PCI_ENDPOINT, false, 0}},
	 false},
	/* Bridges above each other in a circle end. */
	{{{0x08, 0, NOBODYS, PCI_PORT, ACS, 0},
	  {0x100, 0, 0, PCI_ENDPOINT, ACS, 0},
	  {0x108, 0, 1, PCI_ENDPOINT, false, 0}},
	 false},
};

static void cells_open(struct audit *audit)
{
	static const char text[] = "/dts-v1/; / { cells { one { }; two { }; }; };";
	const struct blob blob = fixture_compile(text);
	const char *why = NULL;

	assert_true(tree_open(&audit->partition.tree, blob, &why));
	free((void *)blob.data);
	audit->partition.cells = calloc(2, sizeof(*audit->partition.cells));
	audit->partition.cell_count = 2;
	for (int i = 0; i < 2; i++) {
		audit->partition.cells[i].name = i ? "two" : "one";
		audit->partition.cells[i].node =
			tree_path(&audit->partition.tree, i ? "/cells/two" : "/cells/one");
	}
}

/* [utest->swr~audit-pci-groups~1] */
static void functions_are_kept_apart(void **state)
{
	static const struct node smmu, itss[2];

	for (size_t i = 0; i < COUNT(kins); i++) {
		struct audit audit = {0};

		cells_open(&audit);
		audit.pci.functions = calloc(5, sizeof(*audit.pci.functions));
		for (size_t n = 0; n < 5 && kins[i].functions[n].rid; n++) {
			const struct kin *kin = &kins[i].functions[n];

			audit.pci.functions[audit.pci.count++] = (struct pci_function){
				.segment = kin->segment,
				.rid = kin->rid,
				.parent = kin->parent,
				.owner = kin->owner,
				.kind = kin->kind,
				.acs = kin->acs,
				.physical = PCI_NONE,
				.smmu = &smmu,
				.stream = kin->rid,
				.its = i % 4 == 3 ? &itss[n & 1]
				       : i % 2	  ? itss
						  : NULL,
				.device_id = i % 2 ? 0 : kin->rid,
			};
		}
		rule_pci_groups(&audit);
		if (refusal_said(&audit, RULE_PCI_GROUP, "may reach each other past the IOMMU") ==
		    kins[i].apart)
			fail_msg("row %zu", i);
		if (i % 4 != 3)
			assert_int_equal(refusal_said(&audit, RULE_PCI_GROUP, "have one DeviceID, 0x0"),
					 i % 2);
		pci_close(&audit.pci);
		partition_close(&audit.partition);
		report_free(&audit.report);
	}
}

/* ---- BARs, virtual functions ---- */

/* [utest->swr~audit-pci-space~1] */
static void bars_are_where_the_steps_leave_them(void **state)
{
	struct pci_state left = {.value = {[0x13] = 0x10, [0x14] = 1}};
	struct pci_host host = {
		.windows = {{.bus = 0x10000000, .cpu = 0x50000000, .size = 0x1000},
			    {.bus = UINT64_C(0x110000000), .cpu = 0x60000000, .size = 0x4000}},
		.window_count = 2};
	struct pci_function functions[3] = {
		{.bars = {{.size = 0x1000}}, .physical = PCI_NONE, .state = &left, .owner = CELL_NONE_ID},
		{.physical = 0, .vf = 1, .owner = 0},
		{.physical = 0, .vf = 0, .owner = 0}};
	struct pci pci = {.functions = functions, .count = 3, .hosts = &host, .host_count = 1};
	uint64_t bus = 0, cpu = 0;

	assert_false(pci_bar_place(&pci, functions, 0, &bus, &cpu));
	memset(left.written, true, 0x14);
	assert_true(pci_bar_place(&pci, functions, 0, &bus, &cpu) && bus == 0x10000000 && cpu == 0x50000000);
	functions[0].host = PCI_NONE;
	assert_false(pci_bar_place(&pci, functions, 0, &bus, &cpu));
	functions[0].host = 0;
	functions[0].bars[0].wide = true;
	assert_false(pci_bar_place(&pci, functions, 0, &bus, &cpu));
	memset(left.written, true, 0x18);
	assert_true(pci_bar_place(&pci, functions, 0, &bus, &cpu) && cpu == 0x60000000);
	functions[0].bars[0].io = true;
	assert_false(pci_bar_place(&pci, functions, 0, &bus, &cpu));
	functions[0].bars[0].io = false;
	functions[0].bars[0].size = 0x8000;
	assert_false(pci_bar_place(&pci, functions, 0, &bus, &cpu));
	assert_false(pci_bar_place(&pci, functions, 5, &bus, &cpu));
	/* The highest counts, wherever it stands. */
	assert_int_equal(pci_enabled(&pci, 0), 2);
	functions[1].owner = CELL_NONE_ID;
	assert_int_equal(pci_enabled(&pci, 0), 1);
	assert_false(pci_present(&pci, 1));
	assert_true(pci_present(&pci, 2) && pci_present(&pci, 0));
	assert_int_equal(pci_enabled(&pci, 1), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(steps_are_played),
					   cmocka_unit_test(functions_are_kept_apart),
					   cmocka_unit_test(bars_are_where_the_steps_leave_them)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
