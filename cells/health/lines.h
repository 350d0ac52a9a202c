/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lines.h - a cell's log ring, byte by byte and as lines. Portable: tested on the host.
 *
 * What a cell prints can't pass for something else: bytes that don't print are shown as \xNN, carriage
 * returns are dropped, a line longer than LOG_LINE_MAX is broken.
 */
#ifndef HEALTH_LINES_H
#define HEALTH_LINES_H

#include <stdbool.h>
#include <stdint.h>

#include "../../src/blueprint/telemetry.h"

#define LOG_LINE_MAX 240u

struct log_reader {
	uint64_t tail; /* bytes of the stream passed over */
	uint64_t lost; /* bytes overwritten before they were read, since the last look at this number */
};

/* Copies up to `room` bytes that have not been read. EL2 may write meanwhile: what may have been
 * overwritten is left out and counted. */
uint32_t log_take(struct log_reader *reader, const volatile struct log_ring *ring, uint8_t *to,
		  uint32_t room);

struct line {
	char text[LOG_LINE_MAX + 1]; /* NUL-terminated when line_add or line_flush says so */
	uint32_t length;
	bool over; /* the text has been given out: the next byte starts a new line */
};

/* True: line->text is a whole line to show; the next call starts a new one. */
bool line_add(struct line *line, uint8_t byte);
/* True: line->text holds the beginning of a line (a prompt, say), given out as it is. */
bool line_flush(struct line *line);

#endif
