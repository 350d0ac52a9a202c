// SPDX-License-Identifier: Apache-2.0
/*
 * slots.c - puts flash, boot state, confirmation and update channel together (slots.h), and says what
 * happens.
 */
#include "slots.h"

#include <inttypes.h>
#include <sodium/utils.h>

#include "boot_state.h"
#include "cfi_flash.h"
#include "confirm.h"
#include "console.h"
#include "hypercall_call.h"
#include "identity.h"
#include "mmu.h"
#include "recorder.h"
#include "report.h"
#include "syslog_client.h"
#include "timer.h"
#include "updates.h"

#define CONFIRM_TRIES 3u /* to write it, a boot: each costs an erasure */
#define BLOCKS	      3u /* of the bank: two copies of the boot state, the identity */

static const char letters[] = "ab?"; /* BOOT_UNKNOWN is the third */
_Static_assert(BOOT_SLOTS == 2 && BOOT_UNKNOWN == 2, "letters");
static const char *const statuses[] = {[BOOT_EMPTY] = "empty", [BOOT_TRIAL] = "trial", [BOOT_GOOD] = "good"};
static const char *const reasons[] = {
	[0] = "it was not tried",
	[BOOT_UNREADABLE] = "nothing that could be read",
	[BOOT_DIGEST_WRONG] = "not the image that was installed there",
	[BOOT_BOARD_WRONG] = "for another board",
	[BOOT_TOO_OLD] = "older than the counter",
	[BOOT_SIGNATURE] = "its signature or a hash is wrong",
};

static const struct machine *machine;
static const struct counters *counters;
static struct boot boot;
static struct confirm confirm;
static struct updates updates;
static struct identity identity;
static bool open, channel, late, confirming;
static uint32_t self, tries;
static struct slots state = {.boot = &boot, .identity = &identity};
static enum boot_write told; /* of a change that is under way or was */

static const char *status_name(uint32_t status)
{
	return status < sizeof(statuses) / sizeof(statuses[0]) ? statuses[status] : "unknown";
}

static const char *reason_name(uint32_t reason)
{
	if (reason == BOOT_STARTED)
		return "it started, and was not confirmed";
	return reason < sizeof(reasons) / sizeof(reasons[0]) ? reasons[reason] : "refused";
}

static void report_slot(uint32_t slot)
{
	const struct boot_record *record = &boot.view.record;

	say("slots: %c %s%s%s, counter %" PRIu32 ", %" PRIu32 " of %" PRIu32 " tries before this boot's end",
	    letters[slot], status_name(record->status[slot]), slot == record->primary ? ", first" : "",
	    slot == boot.view.running ? ", runs" : "", record->counter[slot], boot.view.attempts[slot],
	    boot_tries(record->status[slot]));
}

/* [impl->swr~slots-told~1] */
void slots_report(void)
{
	if (!open) {
		say("slots: this cell has no boot state");
		return;
	}
	if (identity.there)
		say("slots: serial %s", identity.serial);
	if (!boot.view.valid)
		say("slots: the boot state is lost: it is made anew when this boot is confirmed");
	for (uint32_t slot = 0; boot.view.valid && slot < BOOT_SLOTS; slot++)
		report_slot(slot);
	say("slots: %s, floor %" PRIu32 ", state %" PRIu32 " in %" PRIu32 " copies, %" PRIu64
	    " written, %" PRIu64 " failed",
	    boot.confirmed ? "confirmed" : "not confirmed yet", boot.view.record.floor,
	    boot.view.record.sequence, boot.view.copies, boot.writes, boot.failures);
}

/* In the log, at the syslog server and on the console, as what the rings tell. [impl->swr~slots-events~1] */
static void note(enum slot_event what, uint64_t slot, uint64_t first, uint64_t second)
{
	const struct event event = {.time = timer_now(),
				    .code = EVENT_SLOT,
				    .core = (uint16_t)machine->cells[self].first_core,
				    .cell = (uint16_t)self,
				    .args = {what, slot, first, second}};

	recorder_add(&event);
	syslog_client_offer(&event);
	report_event(machine, "event:", &event);
}

static void note_boot(void)
{
	const struct boot_view *view = &boot.view;

	if (state.lost)
		note(SLOT_LOST, BOOT_UNKNOWN, 0, 0);
	for (uint32_t slot = 0; slot < BOOT_SLOTS; slot++)
		if (view->attempts[slot] && slot != view->running)
			note(SLOT_REFUSED, slot, view->reason[slot], 0);
	if (view->running != BOOT_UNKNOWN)
		note(SLOT_RUNS, view->running, view->running_counter, view->record.sequence);
}

const struct slots *slots_state(void)
{
	return open ? &state : NULL;
}

static void report_start(void)
{
	const struct boot_view *view = &boot.view;

	if (!view->valid)
		say("health: slots: the boot state is lost");
	else
		say("health: slots: %c runs, %s, counter %" PRIu32, letters[view->running],
		    view->running == BOOT_UNKNOWN ? "unknown"
						  : status_name(view->record.status[view->running]),
		    view->running_counter);
	if (view->valid && view->fell_back != BOOT_UNKNOWN)
		say("health: slots: %c was to be started, and was not: %s", letters[view->fell_back],
		    reason_name(view->reason[view->fell_back]));
}

static const char *flash_start(const struct guest_boot *place)
{
	const struct cfi_geometry geometry = {
		.base = place->bank.base,
		.size = place->bank.size,
		.bank_width = place->bank_width,
		.erase_block = place->erase_block,
		.used = BLOCKS * place->erase_block,
	};

	if (!mmu_map(place->bank.base, geometry.used, MMU_DEVICE))
		return "its translation tables have no room for the flash";
	return cfi_flash_open(&geometry, machine->hz);
}

static void channel_start(const struct guest *guest)
{
	const struct guest_channel *found = guest_channel_find(guest, UPDATE_CHANNEL);

	if (!found || !found->writes || !found->reads)
		return;
	channel = updates_open(&updates, (volatile void *)(uintptr_t)found->ipa, found->size, timer_now(),
			       machine->hz);
	if (!channel)
		say("health: slots: the channel %s is too small", found->name);
}

void slots_start(const struct guest *guest, const struct machine *of, const struct counters *count)
{
	const struct guest_boot *place = &guest->boot;
	uint8_t seed[IDENTITY_SEED];
	const char *wrong;

	if (!place->bank.size)
		return;
	machine = of;
	counters = count;
	self = guest->index;
	wrong = flash_start(place);
	if (wrong) {
		say("health: slots: no boot state: %s", wrong);
		return;
	}
	open = true;
	boot_open(&boot, &cfi_flash, place->copies);
	state.lost = !boot.view.valid;
	wrong = identity_read(&cfi_flash, place->identity, &identity, seed);
	sodium_memzero(seed, sizeof(seed));
	if (wrong)
		say("health: slots: no identity: %s", wrong);
	else
		say("health: slots: serial %s", identity.serial);
	confirm_start(&confirm, timer_from_ns(place->confirm_after_ns, machine->hz),
		      timer_from_ns(place->confirm_within_ns, machine->hz), timer_now());
	report_start();
	note_boot();
	channel_start(guest);
}

/* A trial that didn't come up is over: the next boot takes the other slot. [impl->swr~boot-trial-late~1] */
static void too_late(void)
{
	const struct boot_view *view = &boot.view;

	late = true;
	if (!view->valid || view->running == BOOT_UNKNOWN ||
	    view->record.status[view->running] != BOOT_TRIAL) {
		say("health: slots: this boot is not confirmed: an essential cell isn't well");
		return;
	}
	note(SLOT_UNCONFIRMED, view->running, 0, 0);
	say("health: slots: %c isn't confirmed in time: the machine is reset", letters[view->running]);
	say("health: the reset was refused (%" PRId64 ")",
	    hypercall_machine_reset(MACHINE_RESET_NOBODY, view->running, BP_ERROR_BOOT_TIMEOUT));
}

static void confirm_now(uint64_t now)
{
	struct boot_record next;

	if (!boot_confirm(&boot.view, &next)) {
		boot.confirmed = true;
		note(SLOT_CONFIRMED, boot.view.running, boot.view.record.floor, boot.view.record.sequence);
		say("health: slots: confirmed, nothing to write");
		return;
	}
	tries++;
	confirming = true;
	boot_write(&boot, &next, now);
	boot.confirmed = true; /* of what runs; what becomes of the record is told at its end */
}

static void tell_write(void)
{
	if (told == boot.write)
		return;
	told = boot.write;
	if (told == BOOT_WRITE_DONE)
		say("health: slots: state %" PRIu32 ": first %c, a %s, b %s, floor %" PRIu32,
		    boot.view.record.sequence, letters[boot.view.record.primary],
		    status_name(boot.view.record.status[0]), status_name(boot.view.record.status[1]),
		    boot.view.record.floor);
	if (told == BOOT_WRITE_FAILED) {
		say("health: slots: the flash did not take the new state: the old one counts");
		note(SLOT_WRITE_FAILED, boot.view.running, 0, 0);
		boot.confirmed = !confirming && boot.confirmed;
	}
	if (told == BOOT_WRITE_DONE && confirming)
		note(SLOT_CONFIRMED, boot.view.running, boot.view.record.floor, boot.view.record.sequence);
	confirming &= boot_busy(&boot);
}

void slots_poll(uint64_t now)
{
	struct update_change change = {0};

	if (!open)
		return;
	boot_poll(&boot, now);
	tell_write();
	if (channel)
		updates_poll(&updates, &boot, now, &change);
	if (change.kind)
		note(change.kind == UPDATE_TRY ? SLOT_TRY : SLOT_DROP, change.slot, 0, 0);
	if (change.kind)
		say("health: slots: asked to %s %c", change.kind == UPDATE_TRY ? "try" : "drop",
		    letters[change.slot < BOOT_SLOTS ? change.slot : BOOT_UNKNOWN]);
	if (boot.confirmed || late || boot_busy(&boot))
		return;
	switch (confirm_poll(&confirm, machine, counters, now, machine_since_boot(machine, now))) {
	case CONFIRM_WAIT:
		break;
	case CONFIRM_DUE:
		if (tries < CONFIRM_TRIES)
			confirm_now(now);
		else /* the flash takes nothing, so nothing is kept */
			too_late();
		break;
	case CONFIRM_LATE:
		too_late();
		break;
	}
}
