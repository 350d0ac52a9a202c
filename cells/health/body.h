/* SPDX-License-Identifier: Apache-2.0 */
/*
 * body.h - what the health cell tells of the machine, as documents that are produced a piece at a time: their
 * size depends on the machine, and nobody has room for a whole one. It knows nothing of who carries them.
 * Portable.
 */
#ifndef HEALTH_BODY_H
#define HEALTH_BODY_H

#include "counters.h"
#include "journal_text.h"

#define BODY_PIECE_MAX 640u /* the longest of what is produced in one */
#define BODY_BUCKETS   32u

_Static_assert(JOURNAL_LINE_MAX <= BODY_PIECE_MAX, "a line of the log is a piece");

enum body_kind {
	BODY_METRICS,	  /* Prometheus' text format 0.0.4 */
	BODY_OPENMETRICS, /* 1.0.0 */
	BODY_HEALTH,	  /* JSON: how all cells are */
	BODY_MAP,	  /* JSON: who owns what, as the build wrote it: docs/formats.md */
	BODY_DRAWING,	  /* SVG: the same, drawn */
	BODY_LOG,	  /* the event log: docs/log.md */
	BODY_PAGE	  /* for people: page.html */
};

struct slots;

struct body_source {
	const struct machine *machine;
	const struct counters *counters;
	const struct crash_record *record; /* lastboot_open's; NULL: none that can be read */
	const struct slots *slots;	   /* slots_state's; NULL: there is no boot state */
	const char *page;		   /* page.html */
	uint32_t page_size;
	const uint8_t *log_key; /* recorder_key's */
	/* The event log from a record on, with a checkpoint for the nonce: recorder.h. */
	void (*log_text)(struct journal_text *text, const uint8_t *nonce, uint64_t from);
};

struct body {
	const struct body_source *source;
	enum body_kind kind;
	uint64_t now;			/* the time it speaks of, in ticks */
	uint32_t part, outer, inner;	/* how far it has come: each kind's own */
	uint64_t buckets[BODY_BUCKETS]; /* a histogram, as it was when its first line was produced */
	uint64_t sum;
	struct journal_text log;
};

void body_start(struct body *body, const struct body_source *source, enum body_kind kind, uint64_t now);
/* BODY_LOG. */
void body_start_log(struct body *body, const struct body_source *source, const uint8_t *nonce, uint64_t from);
/* As many pieces as fit; `room` is at least BODY_PIECE_MAX. 0: that was all. */
uint32_t body_next(struct body *body, char *text, uint32_t room);

#endif
