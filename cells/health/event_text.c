// SPDX-License-Identifier: Apache-2.0
/*
 * event_text.c - a line of text for each event (event_text.h).
 */
#include "event_text.h"

#include <inttypes.h>
#include <stdio.h>

#include "names.h"

static void slot_text(const struct event *event, char *text, uint64_t room)
{
	const uint64_t *a = event->args;
	const int said = snprintf(text, room, "%s of=%s %s", name_event(event->code), name_slot(a[1]),
				  name_slot_event(a[0]));

	if (said < 0 || (uint64_t)said >= room)
		return;
	text += said;
	room -= (uint64_t)said;
	if (a[0] == SLOT_RUNS)
		snprintf(text, room, " counter=%" PRIu64 " record=%" PRIu64, a[2], a[3]);
	else if (a[0] == SLOT_REFUSED)
		snprintf(text, room, " reason=%s", name_boot_reason(a[2]));
	else if (a[0] == SLOT_CONFIRMED)
		snprintf(text, room, " floor=%" PRIu64 " record=%" PRIu64, a[2], a[3]);
	else if (a[0] == SLOT_RESET)
		snprintf(text, room, " asked-by=%" PRIu64, a[2]);
	else if (a[0] == SLOT_NO_RESET)
		snprintf(text, room, " reason=%s", name_update_result(a[2]));
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
	case EVENT_LOSS:
		snprintf(text, room, "%s lost=%" PRIu64 " dropped=%" PRIu64, name, a[0], a[1]);
		break;
	case EVENT_SLOT:
		slot_text(event, text, room);
		break;
	case EVENT_BLUEPRINT:
	case EVENT_IMAGES:
		snprintf(text, room, "%s sha256=%016" PRIx64 "%016" PRIx64 "%016" PRIx64 "%016" PRIx64, name,
			 a[0], a[1], a[2], a[3]);
		break;
	case EVENT_PROOF:
		snprintf(text, room, "%s of=%s %s address=0x%" PRIx64, name, name_proof(a[0]),
			 a[1] ? "proven" : "failed", a[2]);
		break;
	default:
		snprintf(text, room,
			 "code=%" PRIu32 " args=0x%" PRIx64 ",0x%" PRIx64 ",0x%" PRIx64 ",0x%" PRIx64,
			 event->code, a[0], a[1], a[2], a[3]);
		break;
	}
}
