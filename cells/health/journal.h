/* SPDX-License-Identifier: Apache-2.0 */
/*
 * journal.h - the event log: every event that the rings gave, in the order in which it was taken, chained
 * with SHA-256. Portable: tested on the host. docs/log.md says what the chain proves.
 *
 *     head of record 0 = SHA-256(head lines)                                    journal_text.h
 *     head of record n = SHA-256(head of n - 1, n as 8 bytes, the event)        little-endian
 *
 * When the store is full, each record takes the place of the oldest.
 */
#ifndef HEALTH_JOURNAL_H
#define HEALTH_JOURNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "../../src/blueprint/telemetry.h"

#define JOURNAL_DIGEST_BYTES 32u

#define JOURNAL_SHOWN_BYTES  8u

struct journal_record {
	struct event event;
	uint8_t shown[JOURNAL_SHOWN_BYTES]; /* the first of its head: they tell which record is wrong */
};

struct journal {
	struct journal_record *records; /* number n at (n - 1) % room */
	uint64_t room;
	uint64_t first, count; /* numbers of the oldest kept (from 1) and of the newest (0: none) */
	uint8_t base[JOURNAL_DIGEST_BYTES]; /* head of the record before the oldest kept */
	uint8_t head[JOURNAL_DIGEST_BYTES]; /* head of the newest */
	uint8_t log[JOURNAL_DIGEST_BYTES];  /* head of record 0: which log it is */
	uint64_t lost;	  /* events that no record speaks of: overwritten or damaged in their rings ... */
	uint64_t dropped; /* ... and those that EL2 counted, but gave no number (events_dropped) */
};

/* False: not even one record fits in `bytes`. Then events are chained, but none is kept. */
bool journal_open(struct journal *journal, void *memory, uint64_t bytes, const uint8_t *first_head);
void journal_add(struct journal *journal, const struct event *event);
/* NULL: it is no longer kept, or not there yet. */
const struct journal_record *journal_at(const struct journal *journal, uint64_t number);

#endif
