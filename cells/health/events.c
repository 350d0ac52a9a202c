// SPDX-License-Identifier: Apache-2.0
/*
 * events.c - event rings (events.h).
 */
#include "events.h"

#include "crc32.h"

static void copy(struct event *to, const volatile struct event *from)
{
	uint64_t *word = (uint64_t *)to;
	const volatile uint64_t *source = (const volatile uint64_t *)from;

	for (unsigned i = 0; i < sizeof(*to) / sizeof(*word); i++)
		word[i] = source[i];
}

/* [impl->swr~health-events~1] */
enum event_status event_take(struct event_reader *reader, const volatile struct event_ring *ring,
			     struct event *event)
{
	const uint64_t head = ring->head;

	if (!reader->next)
		reader->next = 1;
	if (ring->magic != EVENT_RING_MAGIC)
		return EVENT_NONE;
	__atomic_thread_fence(__ATOMIC_ACQUIRE); /* head before the records it announces */
	if (head >= EVENT_RING_SLOTS && reader->next <= head - EVENT_RING_SLOTS) {
		reader->lost += head - EVENT_RING_SLOTS + 1 - reader->next;
		reader->next = head - EVENT_RING_SLOTS + 1;
	}
	while (reader->next <= head) {
		const uint64_t sequence = reader->next++;

		copy(event, &ring->slots[(sequence - 1) % EVENT_RING_SLOTS]);
		if (event->sequence == sequence &&
		    event->crc == crc32_add(0, event, offsetof(struct event, crc)))
			return EVENT_TAKEN;
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
		if (ring->head + 1 >= sequence + EVENT_RING_SLOTS)
			reader->lost++; /* overwritten, or being so, since `head` was read */
		else
			reader->bad++;
	}
	return EVENT_NONE;
}

bool event_is_rare(const struct event *event)
{
	switch (event->code) {
	case EVENT_CELL_START:
	case EVENT_CELL_STOP:
	case EVENT_CELL_RESTART:
	case EVENT_CELL_LOST:
	case EVENT_ORDER:
	case EVENT_PROOF:
	case EVENT_BLUEPRINT:
	case EVENT_IMAGES:
	case EVENT_SLOT:
		return true;
	case EVENT_FAULT:
		return event->args[1] != BP_ACTION_IGNORE && event->args[1] != BP_ACTION_LOG;
	default:
		return false;
	}
}
