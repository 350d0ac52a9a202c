/* SPDX-License-Identifier: Apache-2.0 */
/*
 * references.h - the properties by which nodes of a device tree refer to each other.
 *
 * One table for depends.c (what a device can't work without) and tree_keep.c (what a guest's tree
 * holds), so that the two never disagree.
 */
#ifndef BULKHEAD_REFERENCES_H
#define BULKHEAD_REFERENCES_H

#include <libfdt.h>

#include "plan.h"

enum reference_rule {
	REFERENCE_DROP,	  /* not in a guest's tree */
	REFERENCE_NEED,	  /* the device doesn't work without: its provider is drawn in */
	REFERENCE_OPTION, /* it works without: left out where the provider isn't the cell's */
	REFERENCE_PEER,	  /* left out where the other node isn't in the tree anyway */
};

struct reference {
	const char *name;  /* of the property; a '*' at its start or end stands for any text */
	const char *cells; /* property of the target that counts the arguments; NULL: none; "*": the rest */
	enum reference_rule rule;
	bool shareable;	   /* left as the firmware set it, it serves without being driven */
	const char *names; /* the property that names the entries, and goes with them; NULL: none */
};

/* NULL: the property holds no reference that is known. */
const struct reference *reference_named(const char *property);
/* The reference whose entries the property names ("clock-names"). */
const struct reference *reference_of_names(const char *property);

struct reference_entry {
	int target; /* node; negative: an empty place, or a phandle that leads nowhere */
	const fdt32_t *arguments;
	uint32_t argument_count;
};

/* The entry at list[*at], `count` cells long; moves *at behind it. False at the end. */
bool reference_next(const void *tree, const struct reference *reference, const fdt32_t *list, size_t count,
		    size_t *at, struct reference_entry *entry);

/* Of all references of a node that lead somewhere: true as soon as `visit` says it. */
typedef bool reference_visit(void *context, const struct reference *reference,
			     const struct reference_entry *entry);
bool references_any(const void *tree, int node, reference_visit *visit, void *context);

/*
 * The device whose state a provider's node stands for: its registers, or what shares or forbids it. -1:
 * none, it only describes (a fixed clock), and may be copied.
 */
int provider_of(const struct board *board, int node);

/* The rate that the file states for a clock of a shared provider; NULL: none. */
const struct clock_rate *clock_rate_find(const struct device *provider, const struct reference_entry *entry);

#endif
