/* SPDX-License-Identifier: Apache-2.0 */
/*
 * report.h - the violations found, and how they are printed.
 *
 * Messages name address and parties; the rule's remedy is appended when printed. At most
 * REPORT_KEPT are kept (a hostile image can make millions); all are counted.
 */
#ifndef BULKHEAD_AUDITOR_REPORT_H
#define BULKHEAD_AUDITOR_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "rules.h"

#define REPORT_KEPT 1000u

struct violation {
	enum rule rule;
	char *message;
};

/* What a partition file may ask for though no table can isolate it; `--deny` names them. */
enum unisolated {
	UNISOLATED_FIRMWARE,
	UNISOLATED_DMA,
	UNISOLATED_PEER,   /* devices that may reach each other past the IOMMU */
	UNISOLATED_DEVICE, /* one device's functions in two cells: its vendor keeps them apart */
	UNISOLATED_SHARED, /* firmware in a cell's flash */
	UNISOLATED_COUNT
};

struct exception {
	enum unisolated kind;
	char *message;
};

struct report {
	struct violation *kept;
	size_t kept_count;
	size_t total;
	size_t by_rule[RULE_COUNT];
	struct exception *exceptions;
	size_t exception_count;
	bool complete;	     /* every rule was applied: no violation of one means that it holds */
	unsigned int denied; /* a bit an enum unisolated */
};

const char *rule_id(enum rule rule);
const char *rule_claim(enum rule rule);
const char *rule_remedy(enum rule rule);

void violation(struct report *report, enum rule rule, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

void unisolated(struct report *report, enum unisolated kind, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* Denies the kinds in a comma-separated list; false: one of them is unknown. */
bool report_deny(struct report *report, const char *kinds);
const char *report_kinds(void); /* all of them, for messages */
/* Of the exceptions, those of denied kinds. */
size_t report_denied(const struct report *report);

/* One line a violation: `IMAGE: SEP-02: message; remedy`; one an exception: `IMAGE: unisolated: message`. */
void report_print(const struct report *report, const char *image, FILE *out);
void report_print_json(const struct report *report, const char *image, const char *summary, FILE *out);
/* Names come from hostile files: what isn't printable must not reach a terminal. */
void report_put_clean(const char *text, FILE *out);
void report_put_json(const char *text, FILE *out);
void report_free(struct report *report);

#endif
