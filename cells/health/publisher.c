// SPDX-License-Identifier: Apache-2.0
/*
 * publisher.c - texts of metrics in a channel, by turns in two places (publisher.h).
 * [impl->swr~metrics-channel~1]
 */
#include "publisher.h"

#include "port.h"

_Static_assert(PUBLISHER_PIECE >= BODY_PIECE_MAX, "a poll adds something");

bool publisher_open(struct publisher *publisher, volatile void *memory, uint64_t size, uint64_t interval)
{
	volatile struct metrics_channel *channel = memory;
	const uint64_t least = sizeof(*channel) + METRICS_TEXTS * sizeof(channel->words[0]);

	if (size < least)
		return false;
	*publisher = (struct publisher){
		.channel = channel,
		.interval = interval,
		.room = (size - sizeof(*channel)) / METRICS_TEXTS / 8 * 8,
	};
	channel->layout = METRICS_LAYOUT;
	channel->room = publisher->room;
	port_write_barrier(); /* the layout before what says that it is there */
	channel->magic = METRICS_MAGIC;
	return true;
}

static volatile struct metrics_text *text_of(struct publisher *publisher)
{
	return &publisher->channel->texts[publisher->number % METRICS_TEXTS];
}

static void begin(struct publisher *publisher, const struct body_source *source, uint64_t now)
{
	publisher->number++;
	publisher->began = now;
	publisher->length = publisher->word = 0;
	publisher->writing = true;
	body_start(&publisher->body, source, BODY_METRICS, now);
	text_of(publisher)->sequence = 2 * publisher->number - 1;
	port_write_barrier(); /* odd before any of the content */
	text_of(publisher)->time = now;
	text_of(publisher)->form = METRICS_TEXT_0_0_4;
}

/* Of length - 1's word what there is. */
static void store(struct publisher *publisher)
{
	const uint64_t first = publisher->number % METRICS_TEXTS * publisher->room / 8;

	if (publisher->length <= publisher->room)
		publisher->channel->words[first + (publisher->length - 1) / 8] = publisher->word;
	publisher->word = 0;
}

static void add(struct publisher *publisher, const char *piece, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		publisher->word |= (uint64_t)(uint8_t)piece[i] << publisher->length % 8 * 8;
		if (++publisher->length % 8 == 0)
			store(publisher);
	}
}

static void end(struct publisher *publisher)
{
	if (publisher->length % 8)
		store(publisher);
	text_of(publisher)->length = publisher->length;
	port_write_barrier(); /* the content before even */
	text_of(publisher)->sequence = 2 * publisher->number;
	port_write_barrier(); /* the text before what announces it */
	publisher->channel->newest = publisher->number;
	publisher->writing = false;
}

/* [impl->swr~metrics-channel-bounded~1] */
uint64_t publisher_poll(struct publisher *publisher, const struct body_source *source, uint64_t now)
{
	char piece[PUBLISHER_PIECE];
	uint32_t count;

	if (!publisher->writing) {
		if (!publisher->number || now - publisher->began >= publisher->interval)
			begin(publisher, source, now);
		return 0;
	}
	count = body_next(&publisher->body, piece, sizeof(piece));
	add(publisher, piece, count);
	if (count)
		return 0;
	end(publisher);
	return publisher->length;
}
