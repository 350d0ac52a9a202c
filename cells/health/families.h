/* SPDX-License-Identifier: Apache-2.0 */
/*
 * families.h - the metrics that there are (docs/metrics.md says the same for people; a test compares the
 * two).
 */
#ifndef HEALTH_FAMILIES_H
#define HEALTH_FAMILIES_H

#include "body.h"

enum family_type { FAMILY_COUNTER, FAMILY_GAUGE, FAMILY_STATES, FAMILY_HISTOGRAM, FAMILY_INFO };
enum family_form { FORM_NUMBER, FORM_TICKS, FORM_NS }; /* of a value; the latter two are told as seconds */
enum family_outer {
	OUTER_MACHINE,
	OUTER_CORES,
	OUTER_CELLS,
	OUTER_STREAMS,
	OUTER_NIC,
	OUTER_BOOT, /* where there is a boot state */
	OUTER_SLOTS /* the same, of each */
}; /* of what there is a series each */

struct family_labels { /* and of these, one each; count 0: no such label */
	const char *label;
	uint32_t count;
	const char *(*name)(uint64_t inner);
};

struct family {
	const char *name, *unit, *help; /* without prefix and suffix; unit NULL: none */
	enum family_type type;
	enum family_form form;
	enum family_outer outer;
	struct family_labels labels;
	bool (*there)(const struct body_source *source, uint32_t outer); /* NULL: always */
	/* False: not known, and NaN; of a counter 0, with `value` untouched. */
	bool (*value)(const struct body_source *source, uint64_t now, uint32_t outer, uint32_t inner,
		      uint64_t *value);
	/* Further labels, each with a comma before it. */
	void (*info)(const struct body_source *source, uint32_t outer, char *text, uint32_t room);
	/* Of a histogram: bucket n, but for the last, holds what is below first << n and isn't in one before.
	 */
	void (*histogram)(const struct body_source *source, uint32_t outer, uint64_t *buckets, uint64_t *sum);
	uint64_t first;
	uint32_t bucket_count;
	bool sum;
};

extern const struct family families[]; /* the last has no name */

#endif
