// SPDX-License-Identifier: Apache-2.0
/*
 * test_mutation.c - many mutants of good images, every digest right: what the oracle calls broken must
 * be refused, what it calls harmless accepted, and every rule must have been put to the test.
 *
 * MUTANTS gives their number, MUTATION_SEED another sequence. The scores go to
 * build/test-results/mutation.md; docs/audit.md holds the table of one such run.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "model.h"
#include "mutant.h"

#ifdef __SANITIZE_ADDRESS__
#define MUTANTS 2000u
#else
#define MUTANTS 11500u
#endif
#define SCORED	   30000u /* with this many, each rule's claim is broken by at least */
#define RULE_LEAST 100u
#define SHOWN	   40u

static const char *const kind_names[KIND_COUNT] = {
	"stage-2 tables",    "EL2 tables", "boot tables",   "headers",	"records",
	"interrupts' words", "windows",	   "image records", "channels", "fault tables",
	"service record",    "directory",  "guest trees",   "inputs",	"FIT"};
static const struct {
	const char *name;
	size_t share; /* of ten */
} specimens[] = {{"one", 1}, {"two", 3}, {"five", 3}, {"colored", 3}};
#define SPECIMENS (sizeof(specimens) / sizeof(specimens[0]))

/* Where each kind of table must have had its share, too: all claims that its descriptors can break. */
static const struct {
	enum kind kind;
	enum rule rule;
} pairs[] = {{KIND_STAGE2, RULE_DESCRIPTOR},  {KIND_STAGE2, RULE_PAGE_OWNER},
	     {KIND_STAGE2, RULE_HV_MEMORY},   {KIND_STAGE2, RULE_FORBIDDEN},
	     {KIND_STAGE2, RULE_STAGE2},      {KIND_STAGE2, RULE_ACCESS_FLAG},
	     {KIND_STAGE2, RULE_TABLE_PAGE},  {KIND_STAGE2, RULE_MEMORY_TYPE},
	     {KIND_STAGE2, RULE_SHARED_PAGE}, {KIND_STAGE2, RULE_WINDOW_PLACE},
	     {KIND_STAGE2, RULE_EMULATED},    {KIND_STAGE2, RULE_VMID},
	     {KIND_STAGE2, RULE_MEMORY},      {KIND_STAGE2, RULE_DEVICES},
	     {KIND_STAGE2, RULE_REVOCATION},  {KIND_STAGE2, RULE_COLORS},
	     {KIND_EL2, RULE_DESCRIPTOR},     {KIND_EL2, RULE_EL2_EXTRA},
	     {KIND_EL2, RULE_EL2_WINDOW},     {KIND_EL2, RULE_WX},
	     {KIND_EL2, RULE_BOOT_SEGMENT},   {KIND_EL2, RULE_ACCESS_FLAG},
	     {KIND_EL2, RULE_TABLE_PAGE},     {KIND_EL2, RULE_MEMORY_TYPE},
	     {KIND_EL2, RULE_COLORS},	      {KIND_BOOT, RULE_BOOT_ROOT},
	     {KIND_BOOT, RULE_DESCRIPTOR},    {KIND_BOOT, RULE_WX}};

struct score {
	size_t breaking, itself, another, missed;
};
static struct score by_rule[RULE_COUNT], by_pair[RULE_COUNT][KIND_COUNT];
static size_t mutants[KIND_COUNT], breaking[KIND_COUNT], missed[KIND_COUNT], harmless[KIND_COUNT],
	refused[KIND_COUNT];
static uint64_t state;

void chance_seed(uint64_t seed)
{
	state = seed * UINT64_C(0x9e3779b97f4a7c15) | 1;
}

uint64_t chance(uint64_t below)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return below ? (state * UINT64_C(0x2545f4914f6cdd1d) >> 1) % below : 0;
}

static size_t shown;
static void tell(const char *verdict, const struct specimen *s, size_t number, const char *what,
		 const struct audit *audit, const bool *broken)
{
	if (shown++ >= SHOWN)
		return;
	fprintf(stderr, "%s: mutant %zu of '%s': %s:", verdict, number, s->name, what);
	for (int rule = 0; broken && rule < RULE_COUNT; rule++) {
		if (broken[rule])
			fprintf(stderr, " %s", rule_id(rule));
	}
	fputc('\n', stderr);
	if (audit->report.kept_count)
		fprintf(stderr, "    %s: %s\n", rule_id(audit->report.kept[0].rule),
			audit->report.kept[0].message);
}

static void judge(struct specimen *s, const bool *broken, enum kind kind, size_t number, const char *what)
{
	struct audit audit = {0};
	bool any = false;

	specimen_seal(s);
	const bool readable = audit_run(&audit, (struct blob){s->fit, s->size});
	const bool clean = readable && !audit.report.total;

	mutants[kind]++;
	for (int rule = 0; rule < RULE_COUNT; rule++) {
		struct score *scores[] = {&by_rule[rule], &by_pair[rule][kind]};

		if (!broken[rule])
			continue;
		any = true;
		for (size_t i = 0; i < 2; i++) {
			scores[i]->breaking++;
			scores[i]->itself += audit.report.by_rule[rule] > 0;
			scores[i]->another += !clean && !audit.report.by_rule[rule];
			scores[i]->missed += clean;
		}
		if (getenv("MUTATION_SAY") && !strcmp(getenv("MUTATION_SAY"), rule_id(rule)) &&
		    !audit.report.by_rule[rule])
			tell("not by itself", s, number, what, &audit, broken);
	}
	breaking[kind] += any;
	missed[kind] += any && clean;
	harmless[kind] += !any;
	refused[kind] += !any && !clean;
	if (any && clean)
		tell("MISSED", s, number, what, &audit, broken);
	if (!any && !clean)
		tell("REFUSED", s, number, what, &audit, NULL);
	audit_close(&audit);
}

/* Fields by rule, so that each rule gets its share whatever the number of its fields. */
static const struct field *field_draw(const struct fields *fields)
{
	for (int i = 0; i < 64; i++) {
		const enum rule one = (enum rule)chance(RULE_COUNT + 4),
				two = (enum rule)chance(RULE_COUNT + 4);
		const enum rule rule = two < RULE_COUNT && (one >= RULE_COUNT ||
							    by_rule[two].breaking < by_rule[one].breaking)
					       ? two
					       : one;
		const size_t from = chance(fields->count);

		for (size_t n = 0; n < fields->count; n++) {
			const struct field *field = &fields->list[(from + n) % fields->count];

			if (field->rule == (rule > RULE_COUNT ? RULE_COUNT : rule))
				return field;
		}
	}
	return &fields->list[0];
}

static void mutant_make(struct specimen *s, struct oracle *oracle, const struct fields *fields, size_t number)
{
	char what[160] = "";
	enum kind kind = KIND_TREE;
	bool made = true;

	memset(oracle->broken, 0, sizeof(oracle->broken));
	switch (chance(13)) {
	case 0:
	case 1:
	case 2:
	case 3:
	case 4:
		kind = table_change(oracle, s, what, sizeof(what));
		break;
	case 5:
	case 6:
		made = tree_change(oracle, s, what, sizeof(what));
		break;
	case 7:
	case 8:
		made = input_change(oracle, s, &kind, what, sizeof(what));
		break;
	default: {
		const struct field *field = field_draw(fields);

		kind = field->kind;
		(void)snprintf(what, sizeof(what), "field of %s at 0x%zx, %u bytes", kind_names[kind],
			       (size_t)((uint8_t *)field->at - s->fit), field->size);
		s->keep_digest = field->at == (void *)s->header->digest;
		field_change(oracle, s, field);
		break;
	}
	}
	if (made)
		judge(s, oracle->broken, kind, number, what);
	specimen_restore(s);
}

/* No specimen has PCI functions: test/unit/auditor breaks these. */
static bool of_pci(int rule)
{
	static const enum rule rules[] = {RULE_PCI_GROUP,    RULE_PCI,	    RULE_STREAMS,      RULE_DMA,
					  RULE_STREAM_LISTS, RULE_MESSAGES, RULE_MESSAGE_LISTS};

	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		if ((int)rules[i] == rule)
			return true;
	return false;
}

static void scores_write(FILE *out)
{
	fprintf(out, "| rule | breaking | by itself | by another rule | missed | where "
		     "|\n|---|---|---|---|---|---|\n");
	for (int rule = 0; rule < RULE_COUNT; rule++) {
		const struct score *score = &by_rule[rule];
		const char *comma = "";

		if (of_pci(rule))
			continue;
		fprintf(out, "| %s | %zu | %zu | %zu | %zu | ", rule_id(rule), score->breaking, score->itself,
			score->another, score->missed);
		for (int kind = 0; kind < KIND_COUNT; kind++) {
			if (!by_pair[rule][kind].breaking)
				continue;
			fprintf(out, "%s%s %zu", comma, kind_names[kind], by_pair[rule][kind].breaking);
			comma = ", ";
		}
		fprintf(out, " |\n");
	}
	fprintf(out, "\n| what was changed | mutants | breaking | missed | harmless | refused "
		     "|\n|---|---|---|---|---|---|\n");
	for (int kind = 0; kind < KIND_COUNT; kind++)
		fprintf(out, "| %s | %zu | %zu | %zu | %zu | %zu |\n", kind_names[kind], mutants[kind],
			breaking[kind], missed[kind], harmless[kind], refused[kind]);
}

static void specimen_mutate(const char *name, size_t count)
{
	struct specimen s;
	struct oracle oracle;
	struct fields fields = {0};
	struct audit audit = {0};

	assert_true(specimen_load(&s, name));
	assert_true(audit_run(&audit, (struct blob){s.fit, s.size}));
	report_print(&audit.report, name, stderr);
	assert_int_equal(audit.report.total, 0);
	audit_close(&audit);
	oracle_open(&oracle, &s);
	for (int rule = 0; rule < RULE_COUNT; rule++)
		assert_false(oracle.broken[rule]);
	assert_true(oracle_colors_good(&oracle, &s));
	assert_true(declared_good(&oracle, &s));
	fields_find(&s, &fields);
	for (size_t i = 0; i < count; i++)
		mutant_make(&s, &oracle, &fields, i);
	free(fields.list);
	oracle_close(&oracle, &s);
	specimen_free(&s);
}

/* [utest->swr~audit-mutants~1] */
static void mutants_are_judged_as_the_oracle_judges(void **context)
{
	const size_t count = getenv("MUTANTS") ? strtoul(getenv("MUTANTS"), NULL, 10) : MUTANTS;
	size_t wrong = 0, all = 0;
	FILE *out;

	(void)context;
	chance_seed(getenv("MUTATION_SEED") ? strtoul(getenv("MUTATION_SEED"), NULL, 10) : 1);
	for (size_t i = 0; i < SPECIMENS; i++)
		specimen_mutate(specimens[i].name, count * specimens[i].share / 10);
	scores_write(stderr);
	out = fopen("build/test-results/mutation.md", "w");
	if (out) {
		scores_write(out);
		fclose(out);
	}
	for (int kind = 0; kind < KIND_COUNT; kind++) {
		wrong += missed[kind] + refused[kind];
		all += mutants[kind];
	}
	fprintf(stderr, "%zu mutants, %zu judged wrongly\n", all, wrong);
	assert_int_equal(wrong, 0);
	for (int rule = 0; rule < RULE_COUNT; rule++) {
		if (of_pci(rule))
			continue;
		if (!by_rule[rule].breaking)
			fail_msg("%s has no mutant", rule_id(rule));
		if (by_rule[rule].breaking < RULE_LEAST && count >= SCORED)
			fail_msg("%s has %zu mutants, %u are wanted", rule_id(rule), by_rule[rule].breaking,
				 RULE_LEAST);
		if (!by_rule[rule].itself)
			fail_msg("%s never spoke", rule_id(rule));
	}
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		const size_t have = by_pair[pairs[i].rule][pairs[i].kind].breaking;

		if (have < RULE_LEAST && count >= SCORED)
			fail_msg("%s: %zu mutants of %s, %u are wanted", rule_id(pairs[i].rule), have,
				 kind_names[pairs[i].kind], RULE_LEAST);
	}
}

/* An image that is wrong from the start: the oracle would take it for good, if the sources didn't say
 * otherwise. */
static void the_sources_say_who_owns_what(void **context)
{
	static const enum rule owners[] = {RULE_PAGE_OWNER,  RULE_HV_MEMORY, RULE_FORBIDDEN,
					   RULE_SHARED_PAGE, RULE_DEVICES,   RULE_WX};
	size_t wrong = 0;

	(void)context;
	chance_seed(getenv("MUTATION_SEED") ? strtoul(getenv("MUTATION_SEED"), NULL, 10) : 1);
	for (size_t i = 0; i < SPECIMENS; i++) {
		struct specimen s;
		struct oracle oracle;

		assert_true(specimen_load(&s, specimens[i].name));
		oracle_open(&oracle, &s);
		for (int n = 0; n < 200; n++) {
			struct oracle taken;
			char what[160];
			bool ours = false;
			enum kind kind;

			memset(oracle.broken, 0, sizeof(oracle.broken));
			kind = table_change(&oracle, &s, what, sizeof(what));
			for (size_t rule = 0; rule < sizeof(owners) / sizeof(owners[0]); rule++)
				ours |= oracle.broken[owners[rule]];
			if (ours && kind != KIND_BOOT) {
				oracle_open(&taken, &s);
				if (declared_good(&taken, &s))
					fail_msg("%s: %s", s.name, what);
				oracle_close(&taken, &s);
				wrong++;
			}
			specimen_restore(&s);
		}
		oracle_close(&oracle, &s);
		specimen_free(&s);
	}
	assert_true(wrong > 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(the_sources_say_who_owns_what),
					   cmocka_unit_test(mutants_are_judged_as_the_oracle_judges)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
