// SPDX-License-Identifier: Apache-2.0
/*
 * metrics_reader.c - see metrics_reader.h. [impl->swr~exporter-reads~1]
 */
#include "metrics_reader.h"

#include <stdbool.h>

#include "../lib/include/port.h"

#define TRIES 4u

/* By whole words: the channel may be device memory. */
static void copy(char *to, const volatile uint64_t *from, uint64_t length)
{
	for (uint64_t i = 0; i < length; i += 8) {
		const uint64_t word = from[i / 8];

		for (uint64_t b = 0; b < 8 && i + b < length; b++)
			to[i + b] = (char)(word >> (8 * b));
	}
}

static bool is_room(uint64_t room, uint64_t size)
{
	return room && room % 8 == 0 && room <= (size - sizeof(struct metrics_channel)) / METRICS_TEXTS;
}

static enum metrics_status try_read(const volatile struct metrics_channel *channel, uint64_t size, char *to,
				    struct metrics_reading *reading)
{
	const uint64_t generation = channel->generation, magic = channel->magic;
	uint64_t room, newest, form, length;
	const volatile struct metrics_text *text;

	if (!generation || !magic)
		return METRICS_NONE;
	port_read_barrier();
	room = channel->room;
	newest = channel->newest;
	if (magic != METRICS_MAGIC || channel->layout != METRICS_LAYOUT || !is_room(room, size))
		return METRICS_WRONG;
	if (!newest)
		return METRICS_NONE;
	text = &channel->texts[newest % METRICS_TEXTS];
	if (text->sequence != 2 * newest)
		return METRICS_TORN;
	port_read_barrier(); /* the sequence before the content */
	form = text->form;
	length = text->length;
	reading->time = text->time;
	reading->length = length;
	if (length <= room)
		copy(to, channel->words + newest % METRICS_TEXTS * (room / 8), length);
	port_read_barrier(); /* the content before the second look */
	if (text->sequence != 2 * newest || channel->generation != generation)
		return METRICS_TORN;
	if (form != METRICS_TEXT_0_0_4)
		return METRICS_WRONG;
	if (length > room)
		return METRICS_TOO_LONG;
	return length && to[length - 1] == '\n' ? METRICS_READ : METRICS_WRONG;
}

enum metrics_status metrics_read(const volatile struct metrics_channel *channel, uint64_t size, char *to,
				 struct metrics_reading *reading)
{
	enum metrics_status status = METRICS_TORN;

	if (size < sizeof(*channel))
		return METRICS_WRONG;
	for (unsigned i = 0; i < TRIES && status == METRICS_TORN; i++)
		status = try_read(channel, size, to, reading);
	return status;
}
