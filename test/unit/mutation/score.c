// SPDX-License-Identifier: Apache-2.0
/*
 * score.c - counts, and the two tables of docs/audit.md.
 */
#include <string.h>

#include "score.h"

#define SEEN_MAX (UINT64_C(1) << 18) /* twice as many as there are ever mutants */

const char *const kind_names[KIND_COUNT] = {"stage-2 tables",
					    "EL2 tables",
					    "boot tables",
					    "DMA tables",
					    "stream tables",
					    "ITS commands",
					    "LPI table",
					    "headers",
					    "records",
					    "interrupts' words",
					    "windows",
					    "image records",
					    "channels",
					    "fault tables",
					    "service record",
					    "directory",
					    "constant ranges",
					    "IOMMU and ITS",
					    "boot's steps",
					    "PCI functions",
					    "guest trees",
					    "inputs",
					    "FIT"};

static uint64_t mix(uint64_t hash, uint64_t word)
{
	hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
	return hash ^ hash >> 29;
}

/* Of the image's name, and of each word that isn't what it was. */
static uint64_t changes_of(const struct specimen *s)
{
	uint64_t hash = 1;

	for (const char *at = s->name; *at; at++)
		hash = mix(hash, (uint64_t)*at);
	for (size_t at = 0; at < s->size; at += 8) {
		const size_t length = s->size - at < 8 ? s->size - at : 8;
		uint64_t is = 0, was = 0;

		memcpy(&is, s->fit + at, length);
		memcpy(&was, s->pristine + at, length);
		if (is != was)
			hash = mix(mix(hash, at), is);
	}
	return hash ? hash : 1;
}

bool score_new(const struct specimen *s)
{
	static uint64_t seen[SEEN_MAX];
	const uint64_t changes = changes_of(s);
	uint64_t at = changes % SEEN_MAX;

	while (seen[at] && seen[at] != changes)
		at = (at + 1) % SEEN_MAX;
	if (seen[at])
		return false;
	seen[at] = changes;
	return true;
}

void score_add(struct scores *scores, enum kind kind, const bool *broken, const struct report *report,
	       bool clean)
{
	bool any = false;

	for (int rule = 0; rule < RULE_COUNT; rule++) {
		struct score *both[] = {&scores->by_rule[rule], &scores->by_pair[rule][kind]};

		for (size_t i = 0; broken[rule] && i < 2; i++) {
			both[i]->breaking++;
			both[i]->itself += report->by_rule[rule] > 0;
			both[i]->another += !clean && !report->by_rule[rule];
			both[i]->missed += clean;
		}
		any |= broken[rule];
	}
	scores->mutants[kind]++;
	scores->breaking[kind] += any;
	scores->missed[kind] += any && clean;
	scores->harmless[kind] += !any;
	scores->refused[kind] += !any && !clean;
}

bool score_of_functions(int rule)
{
	static const enum rule rules[] = {RULE_PCI_GROUP,     RULE_PCI,		 RULE_STREAMS,
					  RULE_DMA,	      RULE_STREAM_LISTS, RULE_MESSAGES,
					  RULE_MESSAGE_LISTS, RULE_PCI_SPACE,	 RULE_PCI_CONFIG,
					  RULE_PCI_MACHINE,   RULE_TREE_PCI,	 RULE_PRESENTATION};

	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		if ((int)rules[i] == rule)
			return true;
	return false;
}

void scores_write(const struct scores *scores, bool functions, FILE *out)
{
	fprintf(out, "| rule | breaking | by itself | by another rule | missed | where "
		     "|\n|---|---|---|---|---|---|\n");
	for (int rule = 0; rule < RULE_COUNT; rule++) {
		const struct score *score = &scores->by_rule[rule];
		const char *comma = "";

		if (score_of_functions(rule) != functions)
			continue;
		fprintf(out, "| %s | %zu | %zu | %zu | %zu | ", rule_id(rule), score->breaking, score->itself,
			score->another, score->missed);
		for (int kind = 0; kind < KIND_COUNT; kind++) {
			const size_t count = scores->by_pair[rule][kind].breaking;

			if (!count)
				continue;
			fprintf(out, "%s%s %s%zu", comma, kind_names[kind],
				scores->exhausted[rule][kind] ? "all " : "", count);
			comma = ", ";
		}
		fprintf(out, " |\n");
	}
	fprintf(out, "\n| what was changed | mutants | breaking | missed | harmless | refused "
		     "|\n|---|---|---|---|---|---|\n");
	for (int kind = 0; kind < KIND_COUNT; kind++)
		if (scores->mutants[kind])
			fprintf(out, "| %s | %zu | %zu | %zu | %zu | %zu |\n", kind_names[kind],
				scores->mutants[kind], scores->breaking[kind], scores->missed[kind],
				scores->harmless[kind], scores->refused[kind]);
}
