/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fields.h - how a record's fields are named, each with what a change of it breaks.
 */
#ifndef BULKHEAD_TEST_MUTATION_FIELDS_H
#define BULKHEAD_TEST_MUTATION_FIELDS_H

#include "mutant.h"

#define FREE RULE_COUNT
#define FIELD(base, member, kind, rule, judge, context, large)                                               \
	field_add(fields, (struct field){&(base)->member, sizeof((base)->member), KIND_##kind, rule, judge,  \
					 context, large})
#define ADD(base, member, kind, rule) FIELD(base, member, kind, RULE_##rule, NULL, 0, false)
#define IGNORED(base, member, kind)   FIELD(base, member, kind, FREE, NULL, 0, false)
#define FAR(base, member, kind, rule) FIELD(base, member, kind, RULE_##rule, NULL, 0, true)
#define JUDGED(base, member, kind, rule, judge, context)                                                     \
	FIELD(base, member, kind, RULE_##rule, judge, context, false)

#endif
