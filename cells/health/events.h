/* SPDX-License-Identifier: Apache-2.0 */
/*
 * events.h - event rings: taking records in order. Portable.
 */
#ifndef HEALTH_EVENTS_H
#define HEALTH_EVENTS_H

#include <stdbool.h>
#include <stdint.h>

#include "../../src/blueprint/telemetry.h"

struct event_reader {
	uint64_t next; /* sequence of the next record, from 1; 0 counts as 1 */
	uint64_t lost; /* overwritten before they were read */
	uint64_t bad;  /* checksum or sequence wrong */
};

enum event_status { EVENT_NONE, EVENT_TAKEN };

/* The next good record. Bad ones and lost ones are counted and passed over. */
enum event_status event_take(struct event_reader *reader, const volatile struct event_ring *ring,
			     struct event *event);

/* Events of the cells' lives: EL2 bounds how many there can be, so they are always shown. */
bool event_is_rare(const struct event *event);

#endif
