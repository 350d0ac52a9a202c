// SPDX-License-Identifier: Apache-2.0
/*
 * publish.c - finds the metrics' channel, keeps it fresh, and says what it has room for (publish.h).
 */
#include "publish.h"

#include <inttypes.h>

#include "console.h"
#include "metrics.h"
#include "publisher.h"
#include "timer.h"

#define INTERVAL_NS UINT64_C(1000000000)

static struct publisher publisher;
static const struct body_source *documents;
static bool open, told;

static uint64_t kilobytes(uint64_t text_bytes)
{
	return METRICS_CHANNEL_SIZE(text_bytes) / 1024;
}

static uint64_t text_most(const struct body_source *source)
{
	const struct machine *const machine = source->machine;
	uint64_t cores = 0;

	for (uint32_t i = 0; i < machine->core_count; i++)
		cores += machine->cores[i].cell != CELL_UNASSIGNED;
	return METRICS_BYTES(cores, machine->cell_count, machine->stream_count, source->slots != NULL);
}

/* [impl->swr~metrics-channel-room~1] */
void publish_start(const struct guest *guest, const struct body_source *source)
{
	const struct guest_channel *channel = guest_channel_find(guest, METRICS_CHANNEL);
	const uint64_t most = text_most(source);

	if (!channel || !channel->writes || channel->reads)
		return;
	documents = source;
	open = publisher_open(&publisher, (volatile void *)(uintptr_t)channel->ipa, channel->size,
			      timer_from_ns(INTERVAL_NS, source->machine->hz));
	if (!open)
		return;
	say("health: metrics: channel %s: %" PRIu64 " series, room for %" PRIu64 " bytes of at most %" PRIu64,
	    channel->name, metrics_series(source), publisher.room, most);
	if (publisher.room < most)
		say("health: metrics: channel %s may be too small: size = \"%" PRIu64 "K\" is enough",
		    channel->name, kilobytes(most));
}

void publish_poll(uint64_t now)
{
	uint64_t length;

	if (!open)
		return;
	length = publisher_poll(&publisher, documents, now);
	if (length > publisher.room && !told) {
		say("health: metrics: channel " METRICS_CHANNEL " is too small for the %" PRIu64
		    " bytes there are, nothing is in it: size = \"%" PRIu64 "K\" is enough",
		    length, kilobytes(length));
		told = true;
	}
}
