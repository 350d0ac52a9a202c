// SPDX-License-Identifier: Apache-2.0
/*
 * report.c - collects violations and prints them, as lines or as JSON. Called by every rule.
 */
#include "report.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

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

static const char *const kinds[UNISOLATED_COUNT] = {[UNISOLATED_FIRMWARE] = "firmware-calls",
						    [UNISOLATED_DMA] = "unprotected-dma",
						    [UNISOLATED_PEER] = "peer-dma",
						    [UNISOLATED_DEVICE] = "shared-device",
						    [UNISOLATED_SHARED] = "shared-firmware"};

void unisolated(struct report *report, enum unisolated kind, const char *format, ...)
{
	char text[512];
	va_list args;

	if (report->exception_count >= REPORT_KEPT)
		return;
	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	report->exceptions =
		memory_grow(report->exceptions, report->exception_count, sizeof(*report->exceptions));
	report->exceptions[report->exception_count++] = (struct exception){kind, memory_copy(text)};
}

/* [impl->swr~audit-unisolated~1] */
bool report_deny(struct report *report, const char *list)
{
	for (size_t length; *list; list += length + (list[length] == ',')) {
		size_t kind = 0;

		length = strcspn(list, ",");
		while (kind < UNISOLATED_COUNT &&
		       (strlen(kinds[kind]) != length || strncmp(kinds[kind], list, length) != 0))
			kind++;
		if (kind == UNISOLATED_COUNT)
			return false;
		report->denied |= 1u << kind;
	}
	return true;
}

const char *report_kinds(void)
{
	static char text[128];

	text[0] = '\0';
	for (size_t i = 0; i < UNISOLATED_COUNT; i++)
		(void)snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s", i ? ", " : "",
			       kinds[i]);
	return text;
}

static bool is_denied(const struct report *report, size_t exception)
{
	return report->denied >> report->exceptions[exception].kind & 1;
}

size_t report_denied(const struct report *report)
{
	size_t count = 0;

	for (size_t i = 0; i < report->exception_count; i++)
		count += is_denied(report, i);
	return count;
}

void report_put_clean(const char *text, FILE *out)
{
	for (; *text; text++)
		putc(*text >= 0x20 && *text < 0x7f ? *text : '?', out);
}

void report_put_json(const char *text, FILE *out)
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

		report_put_clean(image, out);
		fprintf(out, ": %s: ", rules[found->rule].id);
		report_put_clean(found->message, out);
		fprintf(out, "; %s\n", rules[found->rule].remedy);
	}
	if (report->total > report->kept_count)
		fprintf(out, "%s: %zu more violations not shown\n", image,
			report->total - report->kept_count);
	for (size_t i = 0; i < report->exception_count; i++) {
		report_put_clean(image, out);
		if (is_denied(report, i))
			fprintf(out, ": denied (%s): ", kinds[report->exceptions[i].kind]);
		else
			fputs(": unisolated: ", out);
		report_put_clean(report->exceptions[i].message, out);
		putc('\n', out);
	}
}

/* [impl->swr~audit-rule-verdicts~1] */
static const char *verdict(const struct report *report, size_t rule)
{
	if (report->by_rule[rule])
		return "violated";
	return report->complete ? "holds" : "not judged";
}

void report_print_json(const struct report *report, const char *image, const char *summary, FILE *out)
{
	fputs("{\n  \"image\": ", out);
	report_put_json(image, out);
	fprintf(out, ",\n  \"rules\": %d,\n  \"violations\": %zu,\n  \"summary\": ", RULE_COUNT,
		report->total);
	report_put_json(summary, out);
	fputs(",\n  \"found\": [", out);
	for (size_t i = 0; i < report->kept_count; i++) {
		const struct violation *found = &report->kept[i];

		fprintf(out, "%s\n    {\"rule\": \"%s\", \"message\": ", i ? "," : "", rules[found->rule].id);
		report_put_json(found->message, out);
		fputs(", \"remedy\": ", out);
		report_put_json(rules[found->rule].remedy, out);
		putc('}', out);
	}
	fprintf(out, "%s],\n  \"judged\": [", report->kept_count ? "\n  " : "");
	for (size_t i = 0; i < RULE_COUNT; i++) {
		fprintf(out,
			"%s\n    {\"rule\": \"%s\", \"verdict\": \"%s\", \"violations\": %zu, \"claim\": ",
			i ? "," : "", rules[i].id, verdict(report, i), report->by_rule[i]);
		report_put_json(rules[i].claim, out);
		putc('}', out);
	}
	fputs("\n  ],\n  \"unisolated\": [", out);
	for (size_t i = 0; i < report->exception_count; i++) {
		fprintf(out, "%s\n    {\"kind\": \"%s\", \"denied\": %s, \"message\": ", i ? "," : "",
			kinds[report->exceptions[i].kind], is_denied(report, i) ? "true" : "false");
		report_put_json(report->exceptions[i].message, out);
		putc('}', out);
	}
	fprintf(out, "%s]\n}\n", report->exception_count ? "\n  " : "");
}

void report_free(struct report *report)
{
	for (size_t i = 0; i < report->kept_count; i++)
		free(report->kept[i].message);
	free(report->kept);
	for (size_t i = 0; i < report->exception_count; i++)
		free(report->exceptions[i].message);
	free(report->exceptions);
	*report = (struct report){0};
}
