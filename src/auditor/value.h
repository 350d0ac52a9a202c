/* SPDX-License-Identifier: Apache-2.0 */
/*
 * value.h - sizes, durations and numbers of the partition file, as strings or as cells.
 */
#ifndef BULKHEAD_AUDITOR_VALUE_H
#define BULKHEAD_AUDITOR_VALUE_H

#include "tree.h"

/* "512M", "0x1000"; false when it is nothing of the kind or doesn't fit. */
bool value_size(const char *text, uint64_t *size);
/* "10ms", "2s", "500us" in ns. */
bool value_duration(const char *text, uint64_t *duration_ns);

/* The property's value as a string or as one number; false when it is absent or neither. */
bool property_size(const struct tree *tree, const struct node *node, const char *name, uint64_t *size);
bool property_duration(const struct tree *tree, const struct node *node, const char *name, uint64_t *ns);

#endif
