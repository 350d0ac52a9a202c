/* SPDX-License-Identifier: Apache-2.0 */
/*
 * facts.h - what an image says of ownership, as a list of facts that can be compared one by one.
 *
 * Made by facts.c from the auditor's model, before any rule; read by diff.c.
 */
#ifndef BULKHEAD_AUDITOR_FACTS_H
#define BULKHEAD_AUDITOR_FACTS_H

#include "model.h"

/* In the order in which differences are told. */
enum fact_kind {
	FACT_HYPERVISOR,
	FACT_BOARD,
	FACT_CELL,
	FACT_CORE,
	FACT_MEMORY, /* a size in bytes */
	FACT_PLACE,  /* where memory lies */
	FACT_DEVICE,
	FACT_INTERRUPT,
	FACT_CHANNEL,
	FACT_FAULT,
	FACT_TIME,
	FACT_IMAGE,
	FACT_PROPERTY, /* another of the partition file's words */
	FACT_TREE,     /* the guest's */
	FACT_KINDS
};

struct fact {
	enum fact_kind kind;
	const char *cell; /* of a cell's own: told no further where the cell itself came or went; else NULL */
	char *subject;	  /* "core 2", "cell 'gateway'" */
	const char *what; /* of the subject; NULL: itself */
	char *value;
	uint64_t size; /* FACT_MEMORY */
};

struct facts {
	struct fact *list; /* sorted */
	size_t count;
};

#define NOBODY "nobody"

const char *fact_kind_name(enum fact_kind kind);
/* Names point into the audit, which must outlive the facts. */
void facts_find(struct facts *facts, const struct audit *audit);
void facts_free(struct facts *facts);
/* By kind, subject and what: <0, 0, >0; numbers in text by their value. */
int facts_order(const struct fact *left, const struct fact *right);

#endif
