// SPDX-License-Identifier: Apache-2.0
/*
 * test_tables.c - tables made by hand, one at a time: translation tables and their registers, stream tables,
 * an ITS's commands; and the lists of intervals that all of them become.
 *
 * Both ranges: regimes_are_judged, descriptors_are_judged, walks_end, stream_tables_are_read,
 * commands_are_read, intervals_are_searched
 *
 * Robustness: without_memory_it_ends
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "refusal.h"

#define BIT(n) (UINT64_C(1) << (n))
#define PA     UINT64_C(0x40000000)
#define PAGES  16u

static bool told(const struct report *report, enum rule rule, const char *words)
{
	const struct audit audit = {.report = *report};

	return words ? refusal_said(&audit, rule, words) : !report->total;
}

/* ---- registers ---- */

#define WALK	 (BIT(31) | 3 << 12 | BIT(10) | BIT(8))
#define VTCR	 (WALK | 2 << 16)
#define TCR	 (WALK | BIT(23) | 2 << 16 | 25)
#define SL(n)	 ((uint64_t)(n) << 6)
#define NOT_SO	 "isn't 4 KiB pages, write-back inner-shareable walks, 8-bit VMID"
#define NO_WALK	 "can't be walked"
#define NO_FIT	 "doesn't fit T0SZ"
#define TOO_WIDE "PS says 40 bits, the board has 36"

static const struct {
	uint64_t vtcr, vttbr;
	unsigned int pa_bits;
	bool walks;
	enum rule rule;
	const char *words;
	uint64_t entries;
} regimes[] = {
	{VTCR | SL(1) | 24, 0, 40, true, RULE_REGIME, NULL, 1024},
	{VTCR | SL(1) | 24, BIT(0), 40, true, RULE_VMID, "has CnP set", 1024},
	{VTCR | SL(1) | 24 | BIT(21), 0, 40, true, RULE_ACCESS_FLAG, "lets hardware update tables", 1024},
	{VTCR | SL(1) | 24 | BIT(19), 0, 40, true, RULE_REGIME, NOT_SO, 1024},
	{VTCR | SL(1) | 24 | BIT(14), 0, 40, false, RULE_REGIME, NOT_SO, 0},
	{VTCR | SL(1) | 24, 0, 36, false, RULE_REGIME, TOO_WIDE, 0},
	{(VTCR | SL(1) | 24) + (5 << 16), 0, 40, false, RULE_REGIME, "PS says 0 bits", 0},
	{WALK | 5 << 16 | SL(2) | 16, 0, 48, true, RULE_REGIME, NULL, 512},
	{WALK | 5 << 16 | SL(2) | 15, 0, 48, false, RULE_REGIME, NO_WALK, 0},
	{VTCR | SL(0) | 39, 0, 40, true, RULE_REGIME, NULL, 16},
	{VTCR | SL(0) | 40, 0, 40, false, RULE_REGIME, NO_WALK, 0},
	{VTCR | SL(3) | 24, 0, 40, false, RULE_REGIME, NO_WALK, 0},
	{VTCR | SL(1) | 23, 0, 40, false, RULE_REGIME, NO_WALK, 0},
	/* A root of 16 bytes, aligned to 64 all the same. */
	{VTCR | SL(1) | 33, 64, 40, true, RULE_REGIME, NULL, 2},
	{VTCR | SL(1) | 33, 32, 40, false, RULE_REGIME, "isn't aligned to 0x40", 2},
	{VTCR | SL(1) | 34, 0, 40, false, RULE_REGIME, NO_FIT, 0},
	{VTCR | SL(0) | 30, 0, 40, true, RULE_REGIME, NULL, 8192},
	{VTCR | SL(0) | 29, 0, 40, false, RULE_REGIME, NO_FIT, 0},
};

static const struct {
	uint64_t tcr;
	unsigned int pa_bits;
	bool walks;
	enum rule rule;
	const char *words;
} regimes_of_el2[] = {
	{TCR, 40, true, RULE_REGIME, NULL},
	{TCR | BIT(21), 40, true, RULE_ACCESS_FLAG, "lets hardware update tables"},
	{TCR | BIT(14), 40, false, RULE_REGIME, "isn't T0SZ 25"},
	{TCR + 1, 40, false, RULE_REGIME, "isn't T0SZ 25"},
	{TCR, 36, false, RULE_REGIME, TOO_WIDE},
};

/* [utest->swr~audit-regime~1] [utest->swr~audit-access-flags~1] */
static void regimes_are_judged(void **state)
{
	for (size_t i = 0; i < COUNT(regimes); i++) {
		struct report report = {0};
		struct walk walk = {.report = &report, .who = "it"};

		if (stage2_regime(&walk, regimes[i].vtcr, regimes[i].vttbr, regimes[i].pa_bits) !=
			    regimes[i].walks ||
		    !told(&report, regimes[i].rule, regimes[i].words) ||
		    (regimes[i].entries && walk.root_entries != regimes[i].entries))
			fail_msg("row %zu: %zu violations", i, report.total);
		report_free(&report);
	}
	for (size_t i = 0; i < COUNT(regimes_of_el2); i++) {
		struct report report = {0};
		struct walk walk = {.report = &report, .who = "it"};

		if (stage1_regime(&walk, regimes_of_el2[i].tcr, PA, regimes_of_el2[i].pa_bits) !=
			    regimes_of_el2[i].walks ||
		    !told(&report, regimes_of_el2[i].rule, regimes_of_el2[i].words))
			fail_msg("row %zu of EL2's: %zu violations", i, report.total);
		report_free(&report);
	}
}

/* ---- descriptors ---- */

#define CELL_RAM (PA | STAGE2_RAM | 3)
#define EL2_RAM	 (PA | EL2_WRITE | 3)

static const struct {
	uint64_t descriptor;
	unsigned int level;
	bool stage2;
	enum rule rule;
	const char *words;
} leaves[] = {
	{CELL_RAM, 3, true, RULE_DESCRIPTOR, NULL},
	{CELL_RAM - 2, 2, true, RULE_DESCRIPTOR, NULL},
	{CELL_RAM | BIT(48), 3, true, RULE_DESCRIPTOR, "bits 50:48 are reserved"},
	{(CELL_RAM - 2) | BIT(13), 2, true, RULE_DESCRIPTOR, "block address isn't aligned to the block"},
	{(CELL_RAM - 2) | BIT(16), 2, true, RULE_DESCRIPTOR, "nT is set"},
	{CELL_RAM | BIT(16), 3, true, RULE_DESCRIPTOR, NULL},
	{CELL_RAM | BIT(59), 3, true, RULE_DESCRIPTOR, "bits 63:59 are set"},
	{CELL_RAM | BIT(63), 3, true, RULE_DESCRIPTOR, "bits 63:59 are set"},
	{CELL_RAM | BIT(40), 3, true, RULE_DESCRIPTOR, "address is larger than the physical address size"},
	{CELL_RAM & ~BIT(10), 3, true, RULE_ACCESS_FLAG, "access flag isn't preset"},
	{CELL_RAM | BIT(51), 3, true, RULE_ACCESS_FLAG, "DBM is set"},
	{CELL_RAM | BIT(52), 3, true, RULE_ACCESS_FLAG, "contiguous is set"},
	{CELL_RAM & ~BIT(9), 3, true, RULE_DESCRIPTOR, "shareability 1 is reserved"},
	{CELL_RAM & ~BIT(8), 3, true, RULE_MEMORY_TYPE, "write-back but not inner shareable"},
	{PA | STAGE2_DEVICE | 3 | BIT(8), 3, true, RULE_DESCRIPTOR, NULL},
	{(CELL_RAM & ~(UINT64_C(0xf) << 2)) | 8 << 2, 3, true, RULE_DESCRIPTOR, "MemAttr is reserved"},
	{CELL_RAM & ~(UINT64_C(0xf) << 2), 3, true, RULE_DESCRIPTOR, NULL},
	{CELL_RAM | BIT(53), 3, true, RULE_DESCRIPTOR, "XN[0] needs FEAT_XNX"},
	{CELL_RAM | BIT(11), 3, true, RULE_DESCRIPTOR, "bit 11 is reserved"},
	{EL2_RAM, 3, false, RULE_DESCRIPTOR, NULL},
	{EL2_RAM & ~BIT(6), 3, false, RULE_DESCRIPTOR, "AP[1] is RES1 at EL2"},
	{EL2_RAM | BIT(11), 3, false, RULE_DESCRIPTOR, "NS, nG and PXN are RES0 at EL2"},
};

static const struct {
	uint64_t descriptor;
	const char *words;
} tables[] = {
	{PA | 3, NULL},
	{PA | 3 | BIT(50), "table bits 63:59 and 50:48 must be zero"},
	{PA | 3 | BIT(59), "table bits 63:59 and 50:48 must be zero"},
	{PA | 3 | BIT(40), "table address is larger than the physical address size"},
};

/* [utest->swr~audit-descriptors~1] [utest->swr~audit-memory-types~1] */
static void descriptors_are_judged(void **state)
{
	for (size_t i = 0; i < COUNT(leaves); i++) {
		struct report report = {0};
		const struct walk walk = {
			.report = &report, .who = "it", .output_bits = 40, .stage2 = leaves[i].stage2};

		(void)leaf_attrs(&walk, leaves[i].descriptor, leaves[i].level, 0);
		if (!told(&report, leaves[i].rule, leaves[i].words))
			fail_msg("row %zu: %zu violations", i, report.total);
		report_free(&report);
	}
	for (size_t i = 0; i < COUNT(tables); i++) {
		struct report report = {0};
		const struct walk walk = {.report = &report, .who = "it", .output_bits = 40};

		assert_int_equal(table_sound(&walk, tables[i].descriptor, 1, 0), !tables[i].words);
		if (!told(&report, RULE_DESCRIPTOR, tables[i].words))
			fail_msg("table %zu: %zu violations", i, report.total);
		report_free(&report);
	}
}

/* ---- walks ---- */

static uint64_t memory[PAGES][512];

static void memory_open(struct table_memory *tables)
{
	memset(memory, 0, sizeof(memory));
	*tables = (struct table_memory){.data = (const uint8_t *)memory,
					.pa = PA,
					.size = sizeof(memory),
					.use = calloc(PAGES, sizeof(uint32_t)),
					.level = calloc(PAGES, 1),
					.seen = calloc(PAGES, sizeof(bool))};
}

static void memory_close(struct table_memory *tables)
{
	free(tables->use);
	free(tables->level);
	free(tables->seen);
}

static size_t walked(struct walk *walk, struct report *report, unsigned int root, unsigned int first_level)
{
	struct spans found = {0};
	size_t count;

	walk->report = report;
	walk->who = "it";
	walk->root_pa = PA + root * UINT64_C(4096);
	walk->first_level = first_level;
	walk->root_pages = 1;
	walk->root_entries = 512;
	walk->output_bits = 40;
	walk->stage2 = true;
	walk_tables(walk, &found);
	count = found.count;
	spans_free(&found);
	return count;
}

#define TABLE(page) ((PA + (page) * UINT64_C(4096)) | 3)

/* [utest->swr~audit-table-pages~1] */
static void walks_end(void **state)
{
	struct report report = {0};
	struct table_memory tables;
	struct walk walk = {.memory = &tables, .use = 1};

	memory_open(&tables);
	memory[0][0] = TABLE(1);
	memory[1][3] = CELL_RAM - 2;
	assert_int_equal(walked(&walk, &report, 0, 1), 1);
	/* The same by another root, then one level further down. */
	memory[2][0] = TABLE(1);
	assert_int_equal(walked(&walk, &report, 2, 1), 1);
	assert_int_equal(report.total, 0);
	memory[3][0] = TABLE(4);
	memory[4][0] = TABLE(1);
	(void)walked(&walk, &report, 3, 1);
	assert_true(
		told(&report, RULE_TABLE_PAGE, "table 0x40001000 is also a table of another kind or cell"));
	report_free(&report);
	memory_close(&tables);

	/* Another's; itself; a block where there is none. */
	memory_open(&tables);
	tables.use[1] = 2;
	tables.level[1] = 3;
	memory[0][0] = TABLE(1);
	(void)walked(&walk, &report, 0, 1);
	assert_true(
		told(&report, RULE_TABLE_PAGE, "table 0x40001000 is also a table of another kind or cell"));
	memory[2][0] = TABLE(2);
	assert_int_equal(walked(&walk, &report, 2, 1), 0);
	assert_true(told(&report, RULE_TABLE_PAGE, "table 0x40002000 is entered twice"));
	memory[3][0] = TABLE(PAGES);
	assert_int_equal(walked(&walk, &report, 3, 1), 0);
	assert_true(told(&report, RULE_TABLE_PAGE, "level 2 table at 0x40010000 is outside the blueprint"));
	memory[4][0] = CELL_RAM - 2;
	assert_int_equal(walked(&walk, &report, 4, 0), 0);
	assert_true(told(&report, RULE_DESCRIPTOR, "level 0 descriptor 0x400007fd is a reserved kind"));
	report_free(&report);
	/* No audit reads more of them than that. */
	memory[5][0] = CELL_RAM - 2;
	assert_int_equal(walked(&walk, &report, 5, 2), 1);
	assert_int_equal(report.total, 0);
	tables.read = TABLE_BUDGET;
	assert_int_equal(walked(&walk, &report, 5, 2), 0);
	assert_true(told(&report, RULE_TABLE_PAGE, "more tables than any machine needs"));
	report_free(&report);
	memory_close(&tables);
}

/* ---- stream tables ---- */

#define LINEAR(log2)	 (log2)
#define TWO(split, log2) (1 << 16 | (split) << 6 | (log2))
#define LEVEL_TWO(span)	 (PA + 0x4000 + (span))
#define UNSOUND		 PA_NONE

static const struct {
	uint64_t base, first; /* first: of the first level's entries */
	uint32_t config;
	bool sound;
	uint64_t sid, entry; /* of that StreamID; UNSOUND: none */
} streams[] = {
	{PA, 0, LINEAR(4), true, 3, PA + 3 * 64},
	{PA, 0, LINEAR(4), true, 16, UNSOUND},
	{PA + 64, 0, LINEAR(4), false, 3, UNSOUND},
	{PA, 0, LINEAR(11), false, 3, UNSOUND},
	{PA, 0, LINEAR(4) | 1 << 18, false, 3, UNSOUND},
	{PA, 0, LINEAR(4) | 2 << 16, false, 3, UNSOUND},
	{PA, 0, LINEAR(25), false, 3, UNSOUND},
	{PA, 0, LINEAR(4) | 1 << 11, false, 3, UNSOUND},
	{PA, LEVEL_TWO(7), TWO(6, 8), true, 3, PA + 0x4000 + 3 * 64},
	{PA, LEVEL_TWO(9), TWO(8, 10), true, 3, PA + 0x4000 + 3 * 64},
	{PA, (PA + 0x10000) | 11, TWO(10, 11), true, 3, UNSOUND},
	{PA, LEVEL_TWO(8), TWO(7, 10), false, 3, UNSOUND},
	{PA, LEVEL_TWO(7), TWO(6, 6), false, 3, UNSOUND},
	{PA, LEVEL_TWO(7), TWO(6, 7), true, 3, PA + 0x4000 + 3 * 64},
	{PA, LEVEL_TWO(6), TWO(6, 8), true, 3, UNSOUND},
	{PA, LEVEL_TWO(12), TWO(10, 11), true, 3, UNSOUND},
	{PA, LEVEL_TWO(7) | BIT(52), TWO(6, 8), true, 3, UNSOUND},
	{PA, LEVEL_TWO(7) + 0x40, TWO(6, 8), true, 3, UNSOUND},
	{PA, LEVEL_TWO(7), TWO(6, 8), true, 64, UNSOUND},
};

/* Blueprint in the memory above. */
static void blueprint_open(struct audit *audit, struct bp_header *header)
{
	memset(memory, 0, sizeof(memory));
	*header = (struct bp_header){.size = sizeof(memory)};
	*audit = (struct audit){.header = header, .blueprint_pa = PA, .blueprint = (const uint8_t *)memory};
}

static void tree_set(struct tree *tree, const char *text)
{
	const struct blob blob = fixture_compile(text);
	const char *why = NULL;

	assert_true(tree_open(tree, blob, &why));
	free((void *)blob.data);
}

/* [utest->swr~audit-streams~1] */
static void stream_tables_are_read(void **state)
{
	struct bp_header header;
	struct audit audit;

	for (size_t i = 0; i < COUNT(streams); i++) {
		const struct bp_smmu smmu = {.strtab_base = streams[i].base,
					     .strtab_base_cfg = streams[i].config};

		blueprint_open(&audit, &header);
		memory[0][0] = streams[i].first;
		audit.smmus = &smmu;
		audit.smmu_count = 1;
		streams_open(&audit);
		if (audit.streams[0].sound != streams[i].sound ||
		    stream_entry(&audit, &audit.streams[0], streams[i].sid) != streams[i].entry)
			fail_msg("row %zu: 0x%llx", i,
				 (unsigned long long)stream_entry(&audit, &audit.streams[0], streams[i].sid));
		streams_close(&audit);
	}
	/* Whose each stream is, of the node that is switched on and there. */
	const struct bp_smmu smmu = {.pa = 0x1000};
	struct pci_function functions[3] = {
		{.owner = 0, .stream = 9}, {.owner = 0, .stream = 4}, {.owner = 0, .stream = 9}};
	struct partition_cell asked = {0};
	struct cell cell = {.asked = &asked};

	blueprint_open(&audit, &header);
	tree_set(&audit.board.tree,
		 "/dts-v1/; / { #address-cells = <1>; #size-cells = <1>; none { compatible = "
		 "\"arm,smmu-v3\"; };\n"
		 "on { compatible = \"arm,smmu-v3\"; reg = <0x1000 0x1000>; };\n"
		 "other { compatible = \"arm,smmu-v3\"; reg = <0x3000 0x1000>; };\n"
		 "off { compatible = \"arm,smmu-v3\"; reg = <0x1000 0x1000>; status = \"disabled\"; }; };");
	for (size_t i = 0; i < COUNT(functions); i++)
		functions[i].smmu = tree_path(&audit.board.tree, "/on");
	audit.smmus = &smmu;
	audit.smmu_count = 1;
	audit.pci.functions = functions;
	audit.pci.count = COUNT(functions);
	audit.cells = &cell;
	audit.cell_count = 1;
	audit.partition.cells = &asked;
	streams_open(&audit);
	assert_ptr_equal(audit.streams[0].node, tree_path(&audit.board.tree, "/on"));
	assert_int_equal(audit.streams[0].named_count, 3);
	assert_int_equal(stream_owner(&audit.streams[0], 4), 0);
	assert_int_equal(stream_owner(&audit.streams[0], 9), 0);
	assert_int_equal(stream_owner(&audit.streams[0], 5), CELL_NONE_ID);
	assert_int_equal(stream_owner(&audit.streams[0], 10), CELL_NONE_ID);
	streams_close(&audit);
	tree_close(&audit.board.tree);
}

/* ---- an ITS's commands ---- */

#define VALID  BIT(63)
#define MAPC   {ITS_MAPC, 0, VALID | 2}
#define MAPD   {BIT(32) | ITS_MAPD, 7, VALID | (PA + 0x8000)}
#define MAPTI  {BIT(32) | ITS_MAPTI, UINT64_C(8192) << 32, 2}
#define INVALL {ITS_INVALL, 0, 2}
#define SYNC   {ITS_SYNC, 0, 0}
#define SOUND  UINT64_MAX
#define LAST   3u

/* The last of these, which come behind each other, is that which counts. */
static const struct {
	uint64_t commands[LAST + 1][4];
	uint64_t wrong; /* number; SOUND: none is */
	bool ended;
} lists[] = {
	{{MAPC, MAPD, MAPTI, INVALL}, SOUND, true},
	{{MAPC, MAPD, MAPTI, SYNC}, SOUND, false},
	{{MAPC, MAPD, MAPTI, {ITS_INVALL, 0, 3}}, 3, false},
	{{MAPC, MAPD, MAPTI, {ITS_INVALL | 0x100, 0, 2}}, 3, false},
	{{MAPC, MAPD, MAPTI, {ITS_INVALL, 1, 2}}, 3, false},
	{{MAPC, MAPD, MAPTI, {ITS_INVALL, 0, BIT(16) | 2}}, 3, false},
	{{MAPC, MAPD, MAPTI, {ITS_INVALL, 0, 2, 1}}, 3, false},
	{{MAPC, MAPD, INVALL, {ITS_SYNC | 0x100, 0, 0}}, 3, true},
	{{MAPC, MAPD, INVALL, {ITS_SYNC, 1, 0}}, 3, true},
	{{MAPC, MAPD, INVALL, {ITS_SYNC, 0, 1}}, 3, true},
	{{MAPC, MAPD, INVALL, {0x0f, 0, 0}}, 3, true},
	{{MAPC, {BIT(32) | ITS_MAPD | 0x100, 7, VALID | (PA + 0x8000)}, SYNC, SYNC}, 1, true},
	{{MAPC, {BIT(32) | ITS_MAPD, 32, VALID | (PA + 0x8000)}, SYNC, SYNC}, 1, true},
	{{MAPC, {BIT(32) | ITS_MAPD, 31, VALID | (PA + 0x8000)}, SYNC, SYNC}, SOUND, true},
	{{MAPC, {BIT(32) | ITS_MAPD, 7, PA + 0x8000}, SYNC, SYNC}, 1, true},
	{{{ITS_MAPC | 0x100, 0, VALID | 2}, SYNC, SYNC, SYNC}, 0, true},
	{{{ITS_MAPC, 1, VALID | 2}, SYNC, SYNC, SYNC}, 0, true},
	{{{ITS_MAPC, 0, 2}, SYNC, SYNC, SYNC}, 0, true},
	{{MAPC, MAPD, {BIT(32) | ITS_MAPTI | 0x100, UINT64_C(8192) << 32, 2}, INVALL}, 2, false},
	{{MAPC, MAPD, {BIT(32) | ITS_MAPTI, UINT64_C(8192) << 32, BIT(16) | 2}, INVALL}, 2, false},
	{{MAPC, SYNC, MAPTI, INVALL}, 2, false},
};

static const struct {
	uint64_t baser, pa, size;
	bool is;
} basers[] = {
	{VALID | PA, PA, 0x1000, true},
	{VALID | PA | 3, PA, 0x4000, true},
	{VALID | PA | 1 << 8, PA, 0x4000, true},
	{VALID | PA | 2 << 8, PA, 0x10000, true},
	{VALID | PA | 3 << 8, PA, 0, false},
	{VALID | BIT(62) | PA, PA, 0x1000, false},
	{PA, PA, 0x1000, false},
	{VALID | (PA + 0x1000) | 1 << 8, PA + 0x1000, 0x4000, false},
};

static bool its_sound(struct audit *audit, uint64_t bytes)
{
	const struct bp_its its = {.pa = 0x1000, .cbaser = PA, .commands = bytes};
	bool sound;

	audit->itss = &its;
	audit->its_count = 1;
	its_open(audit);
	sound = audit->its_states[0].sound;
	its_close(audit);
	return sound;
}

/* [utest->swr~audit-messages~1] */
static void commands_are_read(void **state)
{
	struct bp_header header;
	struct audit audit;

	for (size_t i = 0; i < COUNT(lists); i++) {
		const struct bp_its its = {.pa = 0x1000, .cbaser = PA, .commands = sizeof(lists[i].commands)};

		blueprint_open(&audit, &header);
		tree_set(&audit.board.tree,
			 "/dts-v1/; / { #address-cells = <1>; #size-cells = <1>; none { compatible = "
			 "\"arm,gic-v3-its\"; };\non { compatible = \"arm,gic-v3-its\"; reg = <0x1000 "
			 "0x1000>; };\n"
			 "off { compatible = \"arm,gic-v3-its\"; reg = <0x1000 0x1000>; status = "
			 "\"disabled\"; }; };");
		memcpy(memory, lists[i].commands, sizeof(lists[i].commands));
		audit.itss = &its;
		audit.its_count = 1;
		its_open(&audit);
		if (audit.its_states[0].sound != (lists[i].wrong == SOUND) ||
		    audit.its_states[0].wrong != (lists[i].wrong == SOUND ? SOUND : 32 * lists[i].wrong) ||
		    audit.its_states[0].ended != lists[i].ended)
			fail_msg("row %zu: wrong at %llu", i, (unsigned long long)audit.its_states[0].wrong);
		assert_ptr_equal(audit.its_states[0].node, tree_path(&audit.board.tree, "/on"));
		its_close(&audit);
		tree_close(&audit.board.tree);
	}
	blueprint_open(&audit, &header);
	for (size_t i = 0; i < sizeof(memory) / 32; i++)
		memory[i / 128][i % 128 * 4] = ITS_SYNC;
	assert_true(its_sound(&audit, sizeof(memory)));
	assert_false(its_sound(&audit, sizeof(memory) - 8));
	assert_false(its_sound(&audit, sizeof(memory) + 32));
	header.size = UINT64_C(0x8001) * 32; /* more than a queue has, if it were there */
	assert_false(its_sound(&audit, header.size));
	for (size_t i = 0; i < COUNT(basers); i++) {
		uint64_t pa = 0, size = 0;

		if (its_table(basers[i].baser, &pa, &size) != basers[i].is || pa != basers[i].pa ||
		    size != basers[i].size)
			fail_msg("BASER %zu: 0x%llx", i, (unsigned long long)size);
	}
}

/* ---- intervals ---- */

static size_t clashes;
static void clash_count(void *context, const struct span *first, const struct span *second)
{
	(void)context;
	(void)first;
	(void)second;
	clashes++;
}

static enum span_difference differences[4];
static size_t difference_count;
static void difference_note(void *context, enum span_difference kind, const struct span *expected,
			    const struct span *actual)
{
	(void)context;
	(void)expected;
	(void)actual;
	assert_true(difference_count < COUNT(differences));
	differences[difference_count++] = kind;
}

/* [utest->swr~audit-stage2-exact~1] */
static void intervals_are_searched(void **state)
{
	struct spans spans = {0}, other = {0};
	uint64_t pa = 0, gap = 0;

	/* Grown where everything goes on; not with another tag, attribute, or place. */
	spans_append(&spans, (struct span){0x1000, 0x9000, 0x1000, 1, 0});
	spans_append(&spans, (struct span){0x2000, 0xa000, 0x1000, 1, 0});
	assert_int_equal(spans.count, 1);
	spans_append(&spans, (struct span){0x3000, 0xb000, 0x1000, 1, 5});
	spans_append(&spans, (struct span){0x4000, 0xc000, 0x1000, 2, 5});
	spans_append(&spans, (struct span){0x5000, 0xe000, 0x1000, 2, 5});
	spans_append(&spans, (struct span){0x7000, 0xf000, 0x1000, 2, 5});
	assert_int_equal(spans.count, 5);
	assert_true(spans_translate(&spans, 0x1800, 0x3000, &pa) && pa == 0x9800);
	assert_false(spans_translate(&spans, 0x1800, 0, &pa));
	assert_false(spans_translate(&spans, 0x800, 0x100, &pa));
	assert_false(spans_translate(&spans, 0x4800, 0x1000, &pa)); /* goes on elsewhere */
	assert_false(spans_translate(&spans, 0x5000, 0x2001, &pa)); /* a gap */
	assert_false(spans_translate(&spans, 0x7000, 0x1001, &pa)); /* behind the last */
	assert_false(spans_translate(&spans, 0x8000, 1, &pa));
	assert_true(spans_cover(&spans, 0x1000, 0x5000, &gap));
	assert_false(spans_cover(&spans, 0x1000, 0x5001, &gap));
	assert_int_equal(gap, 0x6000);
	spans_free(&spans);
	/* Two that say the same of an address, other attributes, another place; one over the end of all. */
	spans_add(&spans, (struct span){0x1000, 0x9000, 0x2000, 1, 0});
	spans_add(&spans, (struct span){0x2000, 0xa000, 0x2000, 1, 0});
	spans_add(&spans, (struct span){0x2000, 0xa000, 0x800, 1, 0});
	spans_normalize(&spans, clash_count, NULL);
	assert_int_equal(clashes, 0);
	assert_int_equal(spans.count, 2);
	spans_add(&spans, (struct span){0x3800, 0xb800, 0x1000, 2, 0});
	spans_normalize(&spans, clash_count, NULL);
	assert_int_equal(clashes, 1);
	spans_add(&spans, (struct span){0x4000, 0xd000, 0x1000, 2, 0});
	spans_normalize(&spans, clash_count, NULL);
	assert_int_equal(clashes, 2);
	spans_add(&spans, (struct span){0x4000, 0xe000, 0x2000, 2, 0}); /* nobody is told */
	spans_normalize(&spans, NULL, NULL);
	assert_int_equal(spans.list[spans.count - 1].va + spans.list[spans.count - 1].size, 0x6000);
	assert_int_equal(clashes, 2);
	spans_add(&spans, (struct span){UINT64_MAX - 0xfff, 0, 0x2000, 1, 0});
	spans_normalize(&spans, clash_count, NULL);
	assert_int_equal(spans.list[spans.count - 1].size, 0xfff);
	spans_free(&spans);
	/* Compared: one more, one less, elsewhere, otherwise. */
	spans_add(&spans, (struct span){0x1000, 0x9000, 0x1000, ATTR_READ, 0});
	spans_add(&spans, (struct span){0x2000, 0xa000, 0x1000, ATTR_READ, 0});
	spans_add(&spans, (struct span){0x3000, 0xb000, 0x1000, ATTR_READ | ATTR_MAY, 0});
	spans_add(&other, (struct span){0x800, 0x8800, 0x400, ATTR_READ, 0});
	spans_add(&other, (struct span){0x2000, 0xf000, 0x1000, ATTR_READ, 0});
	spans_add(&other, (struct span){0x4000, 0xc000, 0x1000, ATTR_READ, 0});
	spans_compare(&spans, &other, difference_note, NULL);
	assert_int_equal(difference_count, 4);
	assert_true(differences[0] == SPAN_EXTRA && differences[1] == SPAN_MISSING &&
		    differences[2] == SPAN_ADDRESS && differences[3] == SPAN_EXTRA);
	spans_free(&spans);
	spans_free(&other);
}

/* Exit status 2, and nothing is told of the image.  [utest->swr~audit-command~1] */
static void without_memory_it_ends(void **state)
{
	int status = 0;
	pid_t child;

	fflush(NULL);
	child = fork();
	if (!child) {
		if (!freopen("/dev/null", "w", stderr))
			_exit(3);
		(void)memory_grow(NULL, (size_t)1 << 62, 16);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(regimes_are_judged),
					   cmocka_unit_test(descriptors_are_judged),
					   cmocka_unit_test(walks_end),
					   cmocka_unit_test(stream_tables_are_read),
					   cmocka_unit_test(commands_are_read),
					   cmocka_unit_test(intervals_are_searched),
					   cmocka_unit_test(without_memory_it_ends)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
