// SPDX-License-Identifier: Apache-2.0
/*
 * spans.c - interval lists: sorting, searching, and the comparison that most rules rest on.
 */
#include "spans.h"

#include <stdlib.h>

#include "memory.h"

void spans_add(struct spans *spans, struct span span)
{
	if (!span.size)
		return;
	spans->list = memory_grow(spans->list, spans->count, sizeof(span));
	spans->list[spans->count++] = span;
}

void spans_append(struct spans *spans, struct span span)
{
	if (spans->count) {
		struct span *last = &spans->list[spans->count - 1];

		if (last->va + last->size == span.va && last->pa + last->size == span.pa &&
		    last->attrs == span.attrs && last->tag == span.tag) {
			last->size += span.size;
			return;
		}
	}
	spans_add(spans, span);
}

static int compare_u64(uint64_t a, uint64_t b)
{
	return a < b ? -1 : a > b;
}

static int by_va(const void *left, const void *right)
{
	const struct span *a = left, *b = right;
	const int order = compare_u64(a->va, b->va);

	return order ? order : compare_u64(b->size, a->size);
}

static int by_pa(const void *left, const void *right)
{
	const struct span *a = left, *b = right;
	const int order = compare_u64(a->pa, b->pa);

	return order ? order : compare_u64(b->size, a->size);
}

void spans_sort_by_va(struct spans *spans)
{
	if (spans->count)
		qsort(spans->list, spans->count, sizeof(*spans->list), by_va);
}

void spans_sort_by_pa(struct spans *spans)
{
	if (spans->count)
		qsort(spans->list, spans->count, sizeof(*spans->list), by_pa);
}

void spans_free(struct spans *spans)
{
	free(spans->list);
	*spans = (struct spans){0};
}

size_t spans_find(const struct spans *spans, uint64_t va)
{
	size_t low = 0, high = spans->count;

	while (low < high) {
		const size_t middle = low + (high - low) / 2;
		const struct span *span = &spans->list[middle];

		if (end_of(span->va, span->size) <= va)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

bool spans_translate(const struct spans *spans, uint64_t va, uint64_t size, uint64_t *pa)
{
	size_t i = spans_find(spans, va);

	if (!size || i == spans->count || spans->list[i].va > va)
		return false;
	*pa = spans->list[i].pa + (va - spans->list[i].va);
	for (uint64_t done = 0; i < spans->count; i++) {
		const struct span *span = &spans->list[i];

		if (span->va > va + done || span->pa + (va + done - span->va) != *pa + done)
			return false;
		done = span->va + span->size - va;
		if (done >= size)
			return true;
	}
	return false;
}

bool spans_cover(const struct spans *spans, uint64_t va, uint64_t size, uint64_t *gap)
{
	const uint64_t end = end_of(va, size);
	uint64_t at = va;

	for (size_t i = spans_find(spans, va); i < spans->count && at < end; i++) {
		if (spans->list[i].va > at)
			break;
		at = end_of(spans->list[i].va, spans->list[i].size);
	}
	if (at >= end)
		return true;
	*gap = at;
	return false;
}

bool spans_touch(const struct spans *spans, uint64_t va, uint64_t size)
{
	const size_t i = spans_find(spans, va);

	return i < spans->count && spans->list[i].va < end_of(va, size);
}

static struct span part_of(const struct span *span, uint64_t va, uint64_t size)
{
	struct span part = *span;

	part.va = va;
	part.pa = span->pa + (va - span->va);
	part.size = size;
	return part;
}

void spans_normalize(struct spans *expected, span_clash_fn *clash, void *context)
{
	struct spans merged = {0};

	spans_sort_by_va(expected);
	for (size_t i = 0; i < expected->count; i++) {
		struct span next = expected->list[i];
		struct span *last = merged.count ? &merged.list[merged.count - 1] : NULL;

		if (next.size > UINT64_MAX - next.va)
			next.size = UINT64_MAX - next.va;
		if (last && last->va + last->size > next.va) {
			const uint64_t end = last->va + last->size;

			if (clash && (part_of(last, next.va, 1).pa != next.pa || last->attrs != next.attrs))
				clash(context, last, &next);
			if (next.va + next.size <= end)
				continue;
			next = part_of(&next, end, next.va + next.size - end);
		}
		spans_add(&merged, next);
	}
	spans_free(expected);
	*expected = merged;
}

static void compare_part(const struct span *expected, const struct span *actual, span_difference_fn *differ,
			 void *context)
{
	const uint32_t want = expected->attrs & ATTR_ACCESS, have = actual->attrs & ATTR_ACCESS;
	const bool admitted = expected->attrs & ATTR_MAY ? !(have & ~want) : have == want;

	if (expected->pa != actual->pa)
		differ(context, SPAN_ADDRESS, expected, actual);
	else if (!admitted)
		differ(context, SPAN_PERMISSION, expected, actual);
	if ((expected->attrs & ATTR_TYPE) != (actual->attrs & ATTR_TYPE))
		differ(context, SPAN_MEMORY_TYPE, expected, actual);
}

void spans_compare(const struct spans *expected, const struct spans *actual, span_difference_fn *differ,
		   void *context)
{
	size_t e = 0, a = 0;
	uint64_t at = 0;

	while (e < expected->count || a < actual->count) {
		const struct span *want = e < expected->count ? &expected->list[e] : NULL;
		const struct span *have = a < actual->count ? &actual->list[a] : NULL;
		const uint64_t want_from = !want ? UINT64_MAX : want->va > at ? want->va : at;
		const uint64_t have_from = !have ? UINT64_MAX : have->va > at ? have->va : at;
		const uint64_t want_end = want ? want->va + want->size : UINT64_MAX;
		const uint64_t have_end = have ? have->va + have->size : UINT64_MAX;
		uint64_t end;

		if (want && want_end <= at) {
			e++;
		} else if (have && have_end <= at) {
			a++;
		} else if (want && have && want_from == have_from) {
			end = want_end < have_end ? want_end : have_end;
			const struct span want_part = part_of(want, want_from, end - want_from);
			const struct span have_part = part_of(have, have_from, end - have_from);

			compare_part(&want_part, &have_part, differ, context);
			at = end;
		} else if (want && want_from < have_from) {
			end = want_end < have_from ? want_end : have_from;
			const struct span part = part_of(want, want_from, end - want_from);

			if (!(want->attrs & ATTR_MAY))
				differ(context, SPAN_MISSING, &part, NULL);
			at = end;
		} else if (have) {
			end = have_end < want_from ? have_end : want_from;
			const struct span part = part_of(have, have_from, end - have_from);

			differ(context, SPAN_EXTRA, NULL, &part);
			at = end;
		}
	}
}
