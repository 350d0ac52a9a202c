// SPDX-License-Identifier: Apache-2.0
/*
 * test_mutation.c - many mutants of good images, every digest right: what the oracle calls broken must
 * be refused, what it calls harmless accepted, and every rule must have been put to the test.
 *
 * MUTANTS gives their number, MUTATION_SEED another sequence. With SCORED of them, further ones are made
 * until each rule's claim has been broken RULE_LEAST times in each kind of part in which it can be. The
 * scores go to build/test-results/mutation.md; docs/audit.md holds the table of one such run.
 *
 * Robustness: mutants_are_judged_as_the_oracle_judges, mutants_of_functions_are_judged_alike
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
#include "score.h"

#ifdef __SANITIZE_ADDRESS__
#define MUTANTS 2000u
#else
#define MUTANTS 11500u
#endif
#define SCORED	   30000u
#define RULE_LEAST 100u
#define BARREN	   20000u /* draws in a row without another mutant: there is none */
#define SHOWN	   40u

struct subject {
	const char *name;
	size_t share; /* of ten */
	struct specimen s;
	struct oracle oracle;
	struct fields fields;
};
static struct subject subjects[] = {{.name = "one", .share = 1},
				    {.name = "two", .share = 3},
				    {.name = "five", .share = 3},
				    {.name = "colored", .share = 3}};
#define SUBJECTS (sizeof(subjects) / sizeof(subjects[0]))
static struct subject functions = {.name = "functions"};

/* Which images rules are scored on. */
struct group {
	struct subject *subjects;
	size_t count;
	bool functions;
};
static const struct group plain = {subjects, SUBJECTS, false}, pci = {&functions, 1, true};

/* What is to be mutated: of any kind and rule, or of these alone. */
struct wanted {
	enum kind kind;
	enum rule rule;
};
static const struct wanted anything = {KIND_COUNT, RULE_COUNT};

static struct scores scores;
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
	const char *const say = getenv("MUTATION_SAY");
	struct audit audit = {0};
	bool any = false;

	specimen_seal(s);
	const bool readable = audit_run(&audit, (struct blob){s->fit, s->size});
	const bool clean = readable && !audit.report.total;

	score_add(&scores, kind, broken, &audit.report, clean);
	for (int rule = 0; rule < RULE_COUNT; rule++) {
		any |= broken[rule];
		if (broken[rule] && say && !strcmp(say, rule_id(rule)) && !audit.report.by_rule[rule])
			tell("not by itself", s, number, what, &audit, broken);
	}
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
		const enum rule rule =
			two < RULE_COUNT && (one >= RULE_COUNT ||
					     scores.by_rule[two].breaking < scores.by_rule[one].breaking)
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

/* One that may carry the rule in that kind of record; NULL: the image has none. */
static const struct field *field_of(const struct fields *fields, struct wanted wanted)
{
	const size_t from = chance(fields->count);

	for (size_t n = 0; n < fields->count; n++) {
		const struct field *field = &fields->list[(from + n) % fields->count];

		if (field->kind == wanted.kind && (field->rule == wanted.rule || field->judge))
			return field;
	}
	return NULL;
}

static bool record_change(struct subject *subject, struct wanted wanted, enum kind *kind, char *what,
			  size_t size)
{
	struct specimen *const s = &subject->s;
	const struct field *const field =
		wanted.kind == KIND_COUNT ? field_draw(&subject->fields) : field_of(&subject->fields, wanted);

	if (!field)
		return false;
	*kind = field->kind;
	(void)snprintf(what, size, "field of %s at 0x%zx, %u bytes", kind_names[field->kind],
		       (size_t)((uint8_t *)field->at - s->fit), field->size);
	s->keep_digest = field->at == (void *)s->header->digest;
	field_change(&subject->oracle, s, field);
	return true;
}

/* Which maker is asked: one that knows that kind of part. Where there are PCI functions most are of theirs.
 */
static enum kind maker_draw(const struct specimen *s, enum kind wanted)
{
	static const enum kind makers[13] = {KIND_STAGE2, KIND_STAGE2, KIND_STAGE2, KIND_STAGE2, KIND_STAGE2,
					     KIND_TREE,	  KIND_TREE,   KIND_INPUT,  KIND_INPUT,	 KIND_RECORD,
					     KIND_RECORD, KIND_RECORD, KIND_RECORD};
	static const enum kind functions[4] = {KIND_STREAMS, KIND_COMMANDS, KIND_LPIS, KIND_STEPS};

	if (wanted != KIND_COUNT)
		return wanted;
	return s->smmu && !chance(3) ? functions[chance(4)]
				     : makers[chance(sizeof(makers) / sizeof(makers[0]))];
}

/* Makes one mutant, and has it judged where it is what is wanted and was never made before. */
static bool mutant_make(struct subject *subject, struct wanted wanted, size_t number)
{
	struct oracle *const oracle = &subject->oracle;
	struct specimen *const s = &subject->s;
	char what[160] = "";
	enum kind kind = KIND_TREE;
	bool made = true;

	memset(oracle->broken, 0, sizeof(oracle->broken));
	switch (maker_draw(s, wanted.kind)) {
	case KIND_STAGE2: /* any table, where none is wanted */
	case KIND_EL2:
	case KIND_BOOT:
	case KIND_DMA:
		kind = table_change(oracle, s, wanted.kind, what, sizeof(what));
		made = kind != KIND_COUNT;
		break;
	case KIND_STREAMS:
		kind = KIND_STREAMS;
		made = stream_change(oracle, s, what, sizeof(what));
		break;
	case KIND_COMMANDS:
		kind = KIND_COMMANDS;
		made = command_change(oracle, s, what, sizeof(what));
		break;
	case KIND_LPIS:
		kind = KIND_LPIS;
		made = lpi_change(oracle, s, what, sizeof(what));
		break;
	case KIND_STEPS:
		kind = KIND_STEPS;
		made = chance(2) ? step_change(oracle, s, what, sizeof(what))
				 : record_change(subject, (struct wanted){KIND_STEPS, RULE_PCI_SPACE}, &kind,
						 what, sizeof(what));
		break;
	case KIND_TREE:
		made = tree_change(oracle, s, what, sizeof(what));
		break;
	case KIND_INPUT:
	case KIND_FIT:
		made = input_change(oracle, s, wanted.kind, &kind, what, sizeof(what));
		break;
	default:
		made = record_change(subject, wanted, &kind, what, sizeof(what));
		break;
	}
	made = made && (wanted.rule == RULE_COUNT || oracle->broken[wanted.rule]) && score_new(s);
	if (made)
		judge(s, oracle->broken, kind, number, what);
	specimen_restore(s);
	return made;
}

static void subject_open(struct subject *subject)
{
	struct specimen *const s = &subject->s;
	struct oracle *const oracle = &subject->oracle;
	struct audit audit = {0};

	assert_true(specimen_load(s, subject->name));
	assert_true(audit_run(&audit, (struct blob){s->fit, s->size}));
	report_print(&audit.report, subject->name, stderr);
	assert_int_equal(audit.report.total, 0);
	audit_close(&audit);
	oracle_open(oracle, s);
	if (s->smmu)
		oracle_steps(oracle, s);
	for (int rule = 0; rule < RULE_COUNT; rule++)
		assert_false(oracle->broken[rule]);
	assert_true(oracle_colors_good(oracle, s));
	assert_true(declared_good(oracle, s));
	assert_true(!s->smmu || declared_functions_good(oracle, s));
	fields_find(s, &subject->fields);
	for (size_t i = 0; i < subject->fields.count; i++) {
		const struct field *const field = &subject->fields.list[i];

		if (field->rule < RULE_COUNT)
			scores.carried[field->rule][field->kind] = true;
	}
}

static void subject_close(struct subject *subject)
{
	free(subject->fields.list);
	oracle_close(&subject->oracle, &subject->s);
	specimen_free(&subject->s);
}

/* Changes that there are fewer of: properties that cells have or haven't. */
static const struct wanted few[] = {
	{KIND_INPUT, RULE_STAGE2}, {KIND_INPUT, RULE_MODE}, {KIND_INPUT, RULE_PCI_CONFIG}};

static bool is_few(struct wanted pair)
{
	bool is = false;

	for (size_t i = 0; i < sizeof(few) / sizeof(few[0]); i++)
		is |= few[i].kind == pair.kind && few[i].rule == pair.rule;
	return is;
}

static bool is_short(const struct group *group, struct wanted pair)
{
	const size_t have = scores.by_pair[pair.rule][pair.kind].breaking;

	return score_of_functions((int)pair.rule) == group->functions &&
	       (have || scores.carried[pair.rule][pair.kind]) && have < RULE_LEAST &&
	       !scores.exhausted[pair.rule][pair.kind];
}

/* Of one rule in one kind of part, until there are enough or no draw finds another. */
static void pair_fill(const struct group *group, struct wanted pair)
{
	for (size_t barren = 0; is_short(group, pair); barren++) {
		if (mutant_make(&group->subjects[chance(group->count)], pair, 0))
			barren = 0;
		scores.exhausted[pair.rule][pair.kind] = barren >= BARREN;
		if (barren >= BARREN && !is_few(pair))
			fail_msg("%s: no more than %zu mutants of %s", rule_id(pair.rule),
				 scores.by_pair[pair.rule][pair.kind].breaking, kind_names[pair.kind]);
	}
}

/* A mutant made for one pair may be the first of another. */
static void pairs_fill(const struct group *group)
{
	bool any;

	do {
		any = false;
		for (int rule = 0; rule < RULE_COUNT; rule++) {
			for (int kind = 0; kind < KIND_COUNT; kind++) {
				const struct wanted pair = {(enum kind)kind, (enum rule)rule};

				any |= is_short(group, pair);
				pair_fill(group, pair);
			}
		}
	} while (any);
}

static size_t draws_start(void)
{
	const char *const count = getenv("MUTANTS"), *const seed = getenv("MUTATION_SEED");

	chance_seed(seed ? strtoul(seed, NULL, 10) : 1);
	return count ? strtoul(count, NULL, 10) : MUTANTS;
}

/* Writes the scores to a file; none may be judged wrongly, and each of the rules must have been put to the
 * test. */
static void scores_judge(const struct group *group, const char *path, size_t count)
{
	size_t wrong = 0, all = 0;
	FILE *const out = fopen(path, "w");

	if (out) {
		scores_write(&scores, group->functions, out);
		fclose(out);
	}
	for (int kind = 0; kind < KIND_COUNT; kind++) {
		wrong += scores.missed[kind] + scores.refused[kind];
		all += scores.mutants[kind];
	}
	fprintf(stderr, "%zu mutants, %zu judged wrongly\n", all, wrong);
	assert_int_equal(wrong, 0);
	for (int rule = 0; rule < RULE_COUNT; rule++) {
		if (score_of_functions(rule) != group->functions)
			continue;
		if (!scores.by_rule[rule].breaking)
			fail_msg("%s has no mutant", rule_id(rule));
		if (scores.by_rule[rule].breaking < RULE_LEAST && count >= SCORED)
			fail_msg("%s has %zu mutants, %u are wanted", rule_id(rule),
				 scores.by_rule[rule].breaking, RULE_LEAST);
		if (!scores.by_rule[rule].itself)
			fail_msg("%s never spoke", rule_id(rule));
	}
}

/* [utest->swr~audit-mutants~1] */
/* [utest->tor~audit-sensitivity~1] [utest->tor~audit-claims~1] */
static void mutants_are_judged_as_the_oracle_judges(void **context)
{
	const size_t count = draws_start();

	(void)context;
	for (size_t i = 0; i < SUBJECTS; i++) {
		subject_open(&subjects[i]);
		for (size_t n = 0; n < count * subjects[i].share / 10; n++)
			(void)mutant_make(&subjects[i], anything, n);
	}
	if (count >= SCORED)
		pairs_fill(&plain);
	for (size_t i = 0; i < SUBJECTS; i++)
		subject_close(&subjects[i]);
	scores_write(&scores, false, stderr);
	scores_judge(&plain, "build/test-results/mutation.md", count);
}

/* The same of PCI functions: IOMMU, ITS, configuration space and the boot's steps. Its scores go to
 * build/test-results/mutation-functions.md. [utest->swr~audit-mutants~1] */
/* [utest->tor~audit-sensitivity~1] [utest->tor~audit-claims~1] */
static void mutants_of_functions_are_judged_alike(void **context)
{
	const size_t count = draws_start();

	(void)context;
	memset(&scores, 0, sizeof(scores));
	subject_open(&functions);
	for (size_t n = 0; n < count * 3 / 10; n++)
		(void)mutant_make(&functions, anything, n);
	if (count >= SCORED)
		pairs_fill(&pci);
	subject_close(&functions);
	scores_judge(&pci, "build/test-results/mutation-functions.md", count);
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
	for (size_t i = 0; i < SUBJECTS; i++) {
		struct specimen s;
		struct oracle oracle;

		assert_true(specimen_load(&s, subjects[i].name));
		oracle_open(&oracle, &s);
		for (int n = 0; n < 200; n++) {
			struct oracle taken;
			char what[160];
			bool ours = false;
			enum kind kind;

			memset(oracle.broken, 0, sizeof(oracle.broken));
			kind = table_change(&oracle, &s, KIND_COUNT, what, sizeof(what));
			for (size_t rule = 0; rule < sizeof(owners) / sizeof(owners[0]); rule++)
				ours |= oracle.broken[owners[rule]];
			if (ours && kind != KIND_BOOT) {
				oracle_open(&taken, &s);
				if (declared_good(&taken, &s) &&
				    (!s.smmu || declared_functions_good(&taken, &s)))
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
					   cmocka_unit_test(mutants_are_judged_as_the_oracle_judges),
					   cmocka_unit_test(mutants_of_functions_are_judged_alike)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
