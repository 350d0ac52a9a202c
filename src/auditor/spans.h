/* SPDX-License-Identifier: Apache-2.0 */
/*
 * spans.h - sorted lists of address intervals: what a walk found, and what is admitted.
 *
 * All rules work on intervals, never page by page: a machine of 4 TiB in 1 GiB blocks is a few
 * thousand spans.
 */
#ifndef BULKHEAD_AUDITOR_SPANS_H
#define BULKHEAD_AUDITOR_SPANS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ATTR_READ     1u
#define ATTR_WRITE    2u
#define ATTR_EXEC     4u
#define ATTR_ACCESS   7u
#define ATTR_NORMAL   (1u << 4) /* write-back, inner shareable */
#define ATTR_NONCACHE (2u << 4)
#define ATTR_DEVICE   (3u << 4)
#define ATTR_OTHER    (4u << 4) /* anything else: never admitted */
#define ATTR_TYPE     (7u << 4)
#define ATTR_MAY      (1u << 8) /* expected spans: admitted, but not required, nor all permissions */

struct span {
	uint64_t va, pa, size; /* va: of the walk's input space */
	uint32_t attrs;
	int tag; /* expected spans: whose meaning the maker chooses; walks: 0 */
};

struct spans {
	struct span *list;
	size_t count;
};

void spans_add(struct spans *spans, struct span span);
/* Adds at the end, growing the last span where va, pa, attrs and tag continue it. */
void spans_append(struct spans *spans, struct span span);
void spans_sort_by_va(struct spans *spans);
void spans_sort_by_pa(struct spans *spans);
void spans_free(struct spans *spans);

/* First span of a va-sorted disjoint list that ends after va; spans->count if none. */
size_t spans_find(const struct spans *spans, uint64_t va);
/* True when [va, va + size) is mapped throughout to one physically contiguous range. */
bool spans_translate(const struct spans *spans, uint64_t va, uint64_t size, uint64_t *pa);
/* True when [va, va + size) is wholly inside spans (any pa); *gap: first address that isn't. */
bool spans_cover(const struct spans *spans, uint64_t va, uint64_t size, uint64_t *gap);
bool spans_touch(const struct spans *spans, uint64_t va, uint64_t size);

enum span_difference {
	SPAN_EXTRA,	 /* mapped, not admitted */
	SPAN_MISSING,	 /* required, not mapped */
	SPAN_ADDRESS,	 /* mapped to another physical address */
	SPAN_PERMISSION, /* other permissions */
	SPAN_MEMORY_TYPE
};

/* `expected` and `actual` are parts of equal va and size; NULL where there is none. */
typedef void span_difference_fn(void *context, enum span_difference kind, const struct span *expected,
				const struct span *actual);

/* Merges what is expected: sorted, and joined where two say the same of one address. Where two
 * contradict, `clash` is called, if there is one, and the later is cut. */
typedef void span_clash_fn(void *context, const struct span *first, const struct span *second);
void spans_normalize(struct spans *expected, span_clash_fn *clash, void *context);

/* Both sorted and disjoint. Calls `differ` for every interval where they differ. */
void spans_compare(const struct spans *expected, const struct spans *actual, span_difference_fn *differ,
		   void *context);

#endif
