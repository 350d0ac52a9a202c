// SPDX-License-Identifier: Apache-2.0
/*
 * report.c - collects violations and prints them, as lines or as JSON. Called by every rule.
 */
#include "report.h"

#include <stdarg.h>
#include <stdlib.h>

#include "memory.h"

static const struct {
	const char *id, *claim, *remedy;
} rules[RULE_COUNT] = {
#define RULE(name, id, claim, remedy) [RULE_##name] = {id, claim, remedy},
	AUDIT_RULES(RULE)
#undef RULE
};

const char *rule_id(enum rule rule)
{
	return rules[rule].id;
}

const char *rule_claim(enum rule rule)
{
	return rules[rule].claim;
}

const char *rule_remedy(enum rule rule)
{
	return rules[rule].remedy;
}

void violation(struct report *report, enum rule rule, const char *format, ...)
{
	char text[512];
	va_list args;

	report->total++;
	report->by_rule[rule]++;
	if (report->kept_count >= REPORT_KEPT)
		return;
	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	report->kept = memory_grow(report->kept, report->kept_count, sizeof(*report->kept));
	report->kept[report->kept_count].rule = rule;
	report->kept[report->kept_count].message = memory_copy(text);
	report->kept_count++;
}

/* Names come from hostile files: what isn't printable must not reach a terminal. */
static void put_clean(const char *text, FILE *out)
{
	for (; *text; text++)
		putc(*text >= 0x20 && *text < 0x7f ? *text : '?', out);
}

static void put_json(const char *text, FILE *out)
{
	putc('"', out);
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			putc('\\', out);
		putc(*text >= 0x20 && *text < 0x7f ? *text : '?', out);
	}
	putc('"', out);
}

void report_print(const struct report *report, const char *image, FILE *out)
{
	for (size_t i = 0; i < report->kept_count; i++) {
		const struct violation *found = &report->kept[i];

		put_clean(image, out);
		fprintf(out, ": %s: ", rules[found->rule].id);
		put_clean(found->message, out);
		fprintf(out, "; %s\n", rules[found->rule].remedy);
	}
	if (report->total > report->kept_count)
		fprintf(out, "%s: %zu more violations not shown\n", image,
			report->total - report->kept_count);
}

void report_print_json(const struct report *report, const char *image, const char *summary, FILE *out)
{
	fputs("{\n  \"image\": ", out);
	put_json(image, out);
	fprintf(out, ",\n  \"rules\": %d,\n  \"violations\": %zu,\n  \"summary\": ", RULE_COUNT,
		report->total);
	put_json(summary, out);
	fputs(",\n  \"found\": [", out);
	for (size_t i = 0; i < report->kept_count; i++) {
		const struct violation *found = &report->kept[i];

		fprintf(out, "%s\n    {\"rule\": \"%s\", \"message\": ", i ? "," : "", rules[found->rule].id);
		put_json(found->message, out);
		fputs(", \"remedy\": ", out);
		put_json(rules[found->rule].remedy, out);
		putc('}', out);
	}
	fputs(report->kept_count ? "\n  ]\n}\n" : "]\n}\n", out);
}

void report_free(struct report *report)
{
	for (size_t i = 0; i < report->kept_count; i++)
		free(report->kept[i].message);
	free(report->kept);
	*report = (struct report){0};
}
