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

#define JOURNAL_LINE_MAX 600u /* with the terminating NUL */

struct journal_origin { /* which of the machine's logs it is */
	uint64_t boot;	/* how many boots since power-on; 0: the board doesn't tell */
	uint64_t life;	/* generation of the health cell in this boot */
	uint64_t start; /* time, in ticks */
};

/* SHA-256 of the lines that say which log it is: the head of record 0. */
void journal_first_head(const struct machine *machine, const struct journal_origin *origin, uint8_t *head);

struct journal_text {
	const struct machine *machine;
	const struct journal *journal;
	struct journal_origin origin;
	const struct journal_key *key;
	struct checkpoint checkpoint;
	uint64_t line, next; /* next: record; line: of those before the records */
	bool based, over;
};

/* What comes: the machine, records from number `from` on (0: the oldest) up to the newest of now, a
 * checkpoint of these, signed where `key` isn't NULL. Where the first is the oldest kept, the head before it
 * comes, too; else whoever asks has had that one. A record that is overwritten on the way ends it: `gone`. */
void journal_text_start(struct journal_text *text, const struct machine *machine,
			const struct journal *journal, const struct journal_origin *origin,
			const struct journal_key *key, const uint8_t *nonce, uint64_t from);
/* The next line, without an end of line; false: that was all. */
bool journal_text_line(struct journal_text *text, char *line);
/* NONCE, and behind `between`, where it is there, FROM: 1 to 64 lower-case hexadecimal digits, filled up with
 * zeroes; decimal digits. False: it has no such form. */
bool journal_asked(const char *text, char between, uint8_t *nonce, uint64_t *from);

#endif
