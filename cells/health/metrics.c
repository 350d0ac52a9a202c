// SPDX-License-Identifier: Apache-2.0
/*
 * metrics.c - writes metrics (metrics.h) by the table of families (families.c). [impl->swr~metrics~1]
 */
#include "metrics.h"

#include <inttypes.h>
#include <stdio.h>

#include "families.h"
#include "names.h"
#include "slots.h"
#include "timer.h"

#define LABELS_MAX 320u
#define PREFIX	   "bulkhead_"

enum { LINE_BUCKETS, LINE_SUM, LINE_COUNT }; /* of a histogram, behind one another */

static const char *const types[] = {
	[FAMILY_COUNTER] = "counter",	  [FAMILY_GAUGE] = "gauge", [FAMILY_STATES] = "stateset",
	[FAMILY_HISTOGRAM] = "histogram", [FAMILY_INFO] = "info",
};

/* The older format's word. */
static const char *type_of(const struct family *family, bool openmetrics)
{
	if (!openmetrics && (family->type == FAMILY_STATES || family->type == FAMILY_INFO))
		return types[FAMILY_GAUGE];
	return types[family->type];
}

/* What its samples' names have behind the family's. */
static const char *suffix_of(const struct family *family)
{
	if (family->type == FAMILY_COUNTER)
		return "_total";
	return family->type == FAMILY_INFO ? "_info" : "";
}

static uint32_t outer_count(const struct body_source *source, const struct family *family)
{
	switch (family->outer) {
	case OUTER_CORES:
		return source->machine->core_count;
	case OUTER_CELLS:
		return source->machine->cell_count;
	case OUTER_STREAMS:
		return source->machine->stream_count < SERIES_STREAMS_MAX ? source->machine->stream_count
									  : SERIES_STREAMS_MAX;
	case OUTER_NIC:
		return source->counters->net.there;
	case OUTER_BOOT:
		return source->slots != NULL;
	case OUTER_SLOTS:
		return source->slots ? BOOT_SLOTS : 0;
	case OUTER_MACHINE:
		return 1;
	}
	return 0;
}

static bool is_there(const struct body_source *source, const struct family *family, uint32_t outer)
{
	if (family->outer == OUTER_CORES && source->machine->cores[outer].cell == CELL_UNASSIGNED)
		return false;
	return !family->there || family->there(source, outer);
}

/* Lines of one outer index. */
static uint32_t inner_count(const struct family *family)
{
	if (family->type == FAMILY_HISTOGRAM)
		return family->bucket_count + (family->sum ? 2 : 0);
	return family->labels.count ? family->labels.count : 1;
}

/* [impl->swr~metrics-series~1] */
uint64_t metrics_series(const struct body_source *source)
{
	uint64_t series = 0;

	for (const struct family *family = families; family->name; family++)
		for (uint32_t i = 0; i < outer_count(source, family); i++)
			series += is_there(source, family, i) ? inner_count(family) : 0;
	return series;
}

static uint32_t length_of(int written)
{
	return written < 0 ? 0 : (uint32_t)written;
}

/* [impl->swr~metrics-forms~1] */
static uint32_t introduce(const struct body *body, const struct family *family, char *text, uint32_t room)
{
	const bool openmetrics = body->kind == BODY_OPENMETRICS;
	/* OpenMetrics: the family's name is without its samples' suffix. */
	const char *suffix = openmetrics ? "" : suffix_of(family);
	uint32_t length = length_of(
		snprintf(text, room, "# HELP " PREFIX "%s%s %s\n# TYPE " PREFIX "%s%s %s\n", family->name,
			 suffix, family->help, family->name, suffix, type_of(family, openmetrics)));

	if (openmetrics && family->unit)
		length += length_of(snprintf(text + length, room - length, "# UNIT " PREFIX "%s %s\n",
					     family->name, family->unit));
	return length;
}

static uint32_t write_stream(const struct machine *machine, const struct directory_stream *stream, char *text,
			     uint32_t room)
{
	return length_of(
		snprintf(text, room, ",cell=\"%s\",iommu=\"%" PRIu32 "\",stream=\"0x%" PRIx32 "\"",
			 stream->cell < machine->cell_count ? machine->cells[stream->cell].name : "?",
			 stream->smmu, stream->sid));
}

/* "{core="1",cell="x",reason="y"}", as far as there are such. */
static void write_labels(const struct body *body, const struct family *family, char *text, uint32_t room)
{
	const struct machine *machine = body->source->machine;
	const struct directory_core *core = &machine->cores[body->outer];
	uint32_t length = 0;

	text[0] = 0;
	if (family->outer == OUTER_CORES)
		length = length_of(snprintf(text, room, ",core=\"%" PRIu32 "\",cell=\"%s\"", body->outer,
					    machine->cells[core->cell].name));
	else if (family->outer == OUTER_CELLS)
		length = length_of(snprintf(text, room, ",cell=\"%s\"", machine->cells[body->outer].name));
	else if (family->outer == OUTER_STREAMS)
		length = write_stream(machine, &machine->streams[body->outer], text, room);
	else if (family->outer == OUTER_SLOTS)
		length = length_of(snprintf(text, room, ",slot=\"%s\"", name_slot(body->outer)));
	if (family->labels.name)
		length += length_of(snprintf(text + length, room - length, ",%s=\"%s\"", family->labels.label,
					     family->labels.name(body->inner)));
	if (family->info)
		family->info(body->source, body->outer, text + length, room - length);
}

static uint32_t write_seconds(uint64_t ns, char *text, uint32_t room)
{
	return length_of(
		snprintf(text, room, " %" PRIu64 ".%09" PRIu64 "\n", ns / NS_PER_SECOND, ns % NS_PER_SECOND));
}

static uint32_t write_value(const struct body *body, enum family_form form, uint64_t value, char *text,
			    uint32_t room)
{
	if (form == FORM_TICKS)
		return write_seconds(timer_to_ns(value, body->source->machine->hz), text, room);
	if (form == FORM_NS)
		return write_seconds(value, text, room);
	return length_of(snprintf(text, room, " %" PRIu64 "\n", value));
}

static uint32_t write_name(const struct family *family, const char *suffix, const char *labels, char *text,
			   uint32_t room)
{
	if (!labels[0])
		return length_of(snprintf(text, room, PREFIX "%s%s", family->name, suffix));
	return length_of(snprintf(text, room, PREFIX "%s%s{%s}", family->name, suffix, labels + 1));
}

static uint32_t write_sample(const struct body *body, const struct family *family, char *text, uint32_t room)
{
	char labels[LABELS_MAX];
	uint64_t value = 0;
	uint32_t length;
	bool known;

	write_labels(body, family, labels, sizeof(labels));
	known = family->value(body->source, body->now, body->outer, body->inner, &value);
	length = write_name(family, suffix_of(family), labels, text, room);
	/* OpenMetrics, 5.1: a counter's value is never NaN; it begins at 0. */
	if (!known && family->type != FAMILY_COUNTER)
		return length + length_of(snprintf(text + length, room - length, " NaN\n"));
	return length + write_value(body, family->form, value, text + length, room - length);
}

/* The bound of bucket n, in what the family counts. */
static uint64_t bound(const struct family *family, uint32_t bucket)
{
	return family->first << bucket;
}

/* A whole histogram is of one look: its lines may be far apart in time. */
static void take_histogram(struct body *body, const struct family *family)
{
	body->sum = 0;
	for (uint32_t i = 0; i < BODY_BUCKETS; i++)
		body->buckets[i] = 0;
	family->histogram(body->source, body->outer, body->buckets, &body->sum);
}

static uint64_t counted(const struct body *body, uint32_t buckets)
{
	uint64_t count = 0;

	for (uint32_t i = 0; i < buckets; i++)
		count += body->buckets[i];
	return count;
}

/* [impl->swr~metrics-histograms~1] */
static uint32_t write_bucket(const struct body *body, const struct family *family, char *text, uint32_t room)
{
	const bool last = body->inner + 1 == family->bucket_count;
	const uint64_t of = bound(family, body->inner);
	const uint64_t ns = family->form == FORM_TICKS ? timer_to_ns(of, body->source->machine->hz) : of;
	char labels[LABELS_MAX], le[32];
	uint32_t length;

	write_labels(body, family, labels, sizeof(labels));
	snprintf(le, sizeof(le), "%" PRIu64 ".%09" PRIu64, ns / NS_PER_SECOND, ns % NS_PER_SECOND);
	length = length_of(snprintf(text, room, PREFIX "%s_bucket{%s,le=\"%s\"}", family->name, labels + 1,
				    last ? "+Inf" : le));
	return length + length_of(snprintf(text + length, room - length, " %" PRIu64 "\n",
					   counted(body, last ? BODY_BUCKETS : body->inner + 1)));
}

static uint32_t write_histogram(struct body *body, const struct family *family, char *text, uint32_t room)
{
	char labels[LABELS_MAX];
	uint32_t length;

	if (!body->inner)
		take_histogram(body, family);
	if (body->inner < family->bucket_count)
		return write_bucket(body, family, text, room);
	write_labels(body, family, labels, sizeof(labels));
	if (body->inner == family->bucket_count) {
		length = write_name(family, "_sum", labels, text, room);
		return length + write_value(body, family->form, body->sum, text + length, room - length);
	}
	length = write_name(family, "_count", labels, text, room);
	return length +
	       write_value(body, FORM_NUMBER, counted(body, BODY_BUCKETS), text + length, room - length);
}

/* To the next sample that is there; false: the family is through. part counts families and their
 * introductions. */
static bool settle(struct body *body, const struct family *family)
{
	if (body->inner == inner_count(family)) {
		body->inner = 0;
		body->outer++;
	}
	while (body->outer < outer_count(body->source, family) &&
	       !is_there(body->source, family, body->outer))
		body->outer++;
	return body->outer < outer_count(body->source, family);
}

static bool has_any(struct body *body, const struct family *family)
{
	body->outer = body->inner = 0;
	return settle(body, family);
}

uint32_t metrics_piece(struct body *body, char *text, uint32_t room)
{
	uint32_t length;

	for (; families[body->part / 2].name; body->part++) {
		const struct family *family = &families[body->part / 2];

		if (body->part % 2 == 0) {
			if (has_any(body, family)) {
				body->part++;
				return introduce(body, family, text, room);
			}
			continue; /* at its samples, of which there are none */
		}
		if (!settle(body, family))
			continue;
		length = family->type == FAMILY_HISTOGRAM ? write_histogram(body, family, text, room)
							  : write_sample(body, family, text, room);
		body->inner++;
		return length;
	}
	if (body->kind != BODY_OPENMETRICS || body->outer == UINT32_MAX)
		return 0;
	body->outer = UINT32_MAX;
	return length_of(snprintf(text, room, "# EOF\n"));
}
