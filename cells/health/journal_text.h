/* SPDX-License-Identifier: Apache-2.0 */
/*
 * journal_text.h - the event log as lines of text, for whoever collects it: by the console or the network.
 * The form is docs/log.md's. Portable: tested on the host.
 */
#ifndef HEALTH_JOURNAL_TEXT_H
#define HEALTH_JOURNAL_TEXT_H

#include <stdbool.h>
#include <stdint.h>

#include "journal_sign.h"
#include "machine.h"

#define JOURNAL_LINE_MAX 400u /* with the terminating NUL */

/* SHA-256 of the lines that say which machine it is: the head of record 0. `start`: time of this log's start.
 */
void journal_first_head(const struct machine *machine, uint64_t start, uint8_t *head);

struct journal_text {
	const struct machine *machine;
	const struct journal *journal;
	struct checkpoint checkpoint;
	uint64_t start, line, next; /* next: record; line: of those before the records */
	bool based, over;
};

/* What comes: the machine, records from number `from` on (0: the oldest) up to the checkpoint, the
 * checkpoint. Where the first is the oldest kept, the head before it comes, too; else whoever asks has had
 * that one. */
void journal_text_start(struct journal_text *text, const struct machine *machine,
			const struct journal *journal, uint64_t start, const struct checkpoint *checkpoint,
			uint64_t from);
/* The next line, without an end of line; false: that was all. */
bool journal_text_line(struct journal_text *text, char *line);
/* Hexadecimal digits to bytes, fewer than `bytes` filled up with zeroes; false: too many, or none. */
bool journal_nonce(const char *digits, uint64_t length, uint8_t *nonce);

#endif
