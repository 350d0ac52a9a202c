// SPDX-License-Identifier: Apache-2.0
/*
 * recorder.c - between the event rings, the log and the console (recorder.h).
 */
#include "recorder.h"

#include <inttypes.h>

#include "console.h"
#include "hex.h"
#include "lastboot.h"
#include "losses.h"
#include "memory.h"
#include "mmu.h"
#include "report.h"
#include "timer.h"

#define STORE_BYTES  UINT64_C(0x900000) /* 131,072 events */
#define LINES_A_POLL 32u
#define LINES_NS     UINT64_C(1000000) /* then no more in this poll, where the UART is slow */

static const struct machine *of;
static struct journal journal;
static struct losses losses;
static struct journal_key device_key;
static const struct journal_key *key; /* NULL: checkpoints aren't signed */
static struct journal_origin origin;
static struct journal_text told;
static bool telling;

static struct journal_origin origin_now(const struct machine *machine)
{
	const struct crash_record *const record = lastboot_open(machine);
	const volatile struct telemetry_core *const service = machine_service(machine);

	return (struct journal_origin){.boot = record ? record->boot_count : 0,
				       .life = service ? service->generation : 0,
				       .start = timer_now()};
}

void recorder_start(const struct guest *guest, const struct machine *machine, const uint8_t *seed)
{
	const struct range room = memory_free(guest);
	const uint64_t bytes = room.size < STORE_BYTES ? room.size : STORE_BYTES;
	uint8_t head[JOURNAL_DIGEST_BYTES];
	char digits[HEX_TEXT(JOURNAL_KEY_BYTES)];

	of = machine;
	if (seed) {
		journal_key_open(&device_key, seed);
		key = &device_key;
	}
	origin = origin_now(machine);
	journal_first_head(machine, &origin, head);
	if (!journal_open(&journal, (void *)(uintptr_t)room.base,
			  bytes && mmu_map(room.base, bytes, MMU_DATA) ? bytes : 0, head))
		say("health: log: no memory for it: events are chained, and not kept");
	else
		say("health: log: room for %" PRIu64 " events, checkpoints %s", journal.room,
		    key ? "signed" : "not signed: there is no key");
	if (key)
		say("health: log: key %s", hex(key->public, sizeof(key->public), digits));
}

const uint8_t *recorder_key(void)
{
	return key ? key->public : NULL;
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

void recorder_losses(uint32_t core, uint64_t lost, bool record)
{
	const volatile struct telemetry_core *const telemetry = machine_telemetry(of, core);
	const struct core_losses now = {.lost = lost, .dropped = telemetry ? telemetry->events_dropped : 0};

	losses_note(&losses, &journal, core, &now);
	if (record)
		losses_record(&losses, &journal, core, of->cores[core].cell, timer_now());
}

void recorder_text(struct journal_text *text, const uint8_t *nonce, uint64_t from)
{
	journal_text_start(text, of, &journal, &origin, key, nonce, from);
}

void recorder_ask(const char *arguments)
{
	uint8_t nonce[JOURNAL_NONCE_BYTES];
	uint64_t from;

	if (!journal_asked(arguments, ' ', nonce, &from)) {
		say("health: log NONCE [FROM]: up to 64 hexadecimal digits that nobody can foresee, a "
		    "number");
		return;
	}
	recorder_text(&told, nonce, from);
	say("health: log: %" PRIu64 " records to tell",
	    told.next <= told.checkpoint.count ? told.checkpoint.count - told.next + 1 : 0);
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
