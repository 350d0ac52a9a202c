// SPDX-License-Identifier: Apache-2.0
/*
 * exposition.c - see exposition.h. [impl->swr~exporter-age~1]
 */
#include "exposition.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define OWN_BYTES     512u /* what the exporter adds */
#define NS_PER_SECOND UINT64_C(1000000000)
#define AGE	      "bulkhead_exporter_text_age_seconds"
#define AGE_HEAD                                                                                             \
	"# HELP " AGE " Age of the health cell's metrics when they were read; NaN: there are none.\n"        \
	"# TYPE " AGE " gauge\n" AGE

static const char *const why[METRICS_STATUSES] = {
	[METRICS_NONE] = "the health cell has written none yet",
	[METRICS_TORN] = "it changed each time that it was read",
	[METRICS_WRONG] = "what is in the channel makes no sense: is it of another version?",
	[METRICS_TOO_LONG] =
		"the channel is too small for them: the health cell's console says what is enough",
};

bool exposition_open(struct exposition *exposition, const struct metrics_source *source)
{
	*exposition = (struct exposition){.text = malloc(source->size + OWN_BYTES)};
	return exposition->text;
}

static size_t write_own(const struct exposition *exposition, uint64_t age, uint64_t hz, char *to)
{
	if (exposition->status != METRICS_READ)
		return (size_t)snprintf(to, OWN_BYTES, "# no metrics: %s\n" AGE_HEAD " NaN\n",
					why[exposition->status]);
	return (size_t)snprintf(to, OWN_BYTES, AGE_HEAD " %" PRIu64 ".%09" PRIu64 "\n", age / hz,
				age % hz * NS_PER_SECOND / hz);
}

void exposition_take(struct exposition *exposition, const struct metrics_source *source)
{
	struct metrics_reading reading = {0};
	uint64_t age;

	exposition->status = metrics_read(source->channel, source->size, exposition->text, &reading);
	age = source->now() - reading.time;
	/* It was written before it was read. */
	if (exposition->status == METRICS_READ && age > INT64_MAX)
		exposition->status = METRICS_WRONG;
	exposition->length = exposition->status == METRICS_READ ? reading.length : 0;
	exposition->length += write_own(exposition, age, source->hz, exposition->text + exposition->length);
}
