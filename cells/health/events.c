// SPDX-License-Identifier: Apache-2.0
/*
 * events.c - event rings (events.h).
 */
#include "events.h"

#include <inttypes.h>
#include <stdio.h>

#include "crc32.h"
#include "names.h"

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
		return true;
	case EVENT_FAULT:
		return event->args[1] != BP_ACTION_IGNORE && event->args[1] != BP_ACTION_LOG;
	default:
		return false;
	}
}

void event_text(const struct event *event, char *text, uint64_t room)
{
	const uint64_t *a = event->args;
	const char *name = name_event(event->code);

	switch (event->code) {
	case EVENT_CELL_START:
	case EVENT_CELL_READY:
		snprintf(text, room, "%s generation=%" PRIu64, name, a[0]);
		break;
	case EVENT_CELL_STOP:
		snprintf(text, room, "%s cause=%s", name, name_error(a[0]));
		break;
	case EVENT_CELL_RESTART:
		snprintf(text, room, "%s cause=%s ended=%" PRIu64, name, name_error(a[0]), a[1]);
		break;
	case EVENT_CELL_LOST:
	case EVENT_SGI_FOREIGN:
		snprintf(text, room, "%s cores=0x%" PRIx64, name, a[0]);
		break;
	case EVENT_FAULT:
		snprintf(text, room, "%s error=%s action=%s esr=0x%" PRIx64 " address=0x%" PRIx64, name,
			 name_error(a[0]), name_action(a[1]), a[2], a[3]);
		break;
	case EVENT_DENIED:
		snprintf(text, room, "%s function=0x%" PRIx64 " x1=0x%" PRIx64, name, a[0], a[1]);
		break;
	case EVENT_APPLICATION:
		snprintf(text, room, "%s code=0x%" PRIx64 " args=0x%" PRIx64 ",0x%" PRIx64 ",0x%" PRIx64,
			 name, a[0], a[1], a[2], a[3]);
		break;
	case EVENT_CORE_ON:
	case EVENT_CORE_OFF:
		snprintf(text, room, "%s core-in-cell=%" PRIu64, name, a[0]);
		break;
	case EVENT_ORDER:
		snprintf(text, room, "%s of=%" PRIu64 " action=%s cause=%s", name, a[0], name_action(a[1]),
			 name_error(a[2]));
		break;
	case EVENT_DMA_FAULT:
		snprintf(text, room,
			 "%s of=%" PRIu64 " stream=0x%" PRIx64 " address=0x%" PRIx64 " %s reason=0x%" PRIx64,
			 name, a[0], a[1], a[2], a[3] & DMA_FAULT_READ ? "read" : "write", a[3] & 0xff);
		break;
	case EVENT_IOMMU:
		snprintf(text, room, "%s number=%" PRIu64 " errors=0x%" PRIx64, name, a[0], a[1]);
		break;
	case EVENT_DEVICE:
		snprintf(text, room, "%s function=%02" PRIx64 ".%" PRIx64 " %s", name, a[0] >> 3, a[0] & 7,
			 a[1] ? "runs" : "rests");
		break;
	default:
		snprintf(text, room,
			 "code=%" PRIu32 " args=0x%" PRIx64 ",0x%" PRIx64 ",0x%" PRIx64 ",0x%" PRIx64,
			 event->code, a[0], a[1], a[2], a[3]);
		break;
	}
}
