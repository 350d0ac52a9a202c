// SPDX-License-Identifier: Apache-2.0
/*
 * recorder.c - between the event rings, the log and the console (recorder.h).
 */
#include "recorder.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "console.h"
#include "memory.h"
#include "mmu.h"
#include "report.h"
#include "timer.h"

#define STORE_BYTES  UINT64_C(0x900000) /* 131,072 events */
#define LINES_A_POLL 32u
#define LINES_NS     UINT64_C(1000000) /* then no more in this poll, where the UART is slow */

static const struct machine *of;
static struct journal journal;
static const uint8_t *key; /* NULL: checkpoints aren't signed */
static uint64_t started;
static struct journal_text told;
static bool telling;

void recorder_start(const struct guest *guest, const struct machine *machine)
{
	const struct range room = memory_free(guest);
	const uint64_t bytes = room.size < STORE_BYTES ? room.size : STORE_BYTES;
	uint8_t head[JOURNAL_DIGEST_BYTES];

	of = machine;
	key = guest->log_key;
	started = timer_now();
	journal_first_head(machine, started, head);
	if (!bytes || !mmu_map(room.base, bytes, MMU_DATA) ||
	    !journal_open(&journal, (void *)(uintptr_t)room.base, bytes, head))
		say("health: log: no memory for it");
	else
		say("health: log: room for %" PRIu64 " events, checkpoints %s", journal.room,
		    key ? "signed" : "not signed: no log-key");
}

void recorder_add(const struct event *event)
{
	journal_add(&journal, event);
}

void recorder_show(uint64_t most)
{
	const struct journal_record *record;

	for (uint64_t n = journal.count > most ? journal.count - most + 1 : 1; n <= journal.count; n++)
		if ((record = journal_at(&journal, n)))
			report_event(of, "events:", &record->event);
}

void recorder_text(struct journal_text *text, const uint8_t *nonce, uint64_t from)
{
	struct checkpoint checkpoint;

	journal_checkpoint(&checkpoint, &journal, nonce, key);
	journal_text_start(text, of, &journal, started, &checkpoint, from);
}

void recorder_ask(const char *arguments)
{
	const uint64_t length = strcspn(arguments, " ");
	uint8_t nonce[JOURNAL_NONCE_BYTES];

	if (!journal_nonce(arguments, length, nonce)) {
		say("health: log NONCE [FROM]: up to 64 hexadecimal digits that nobody can foresee");
		return;
	}
	recorder_text(&told, nonce, strtoull(arguments + length, NULL, 10));
	telling = true;
}

void recorder_poll(void)
{
	const uint64_t end = timer_now() + timer_from_ns(LINES_NS, of->hz);
	char line[JOURNAL_LINE_MAX];

	for (unsigned i = 0; telling && i < LINES_A_POLL && timer_now() < end; i++) {
		telling = journal_text_line(&told, line);
		if (telling)
			say("log: %s", line);
	}
}
