// SPDX-License-Identifier: Apache-2.0
/*
 * slots.c - puts flash, boot state, confirmation and update channel together (slots.h), and says what
 * happens.
 */
#include "slots.h"

#include <inttypes.h>

#include "boot_state.h"
#include "cfi_flash.h"
#include "confirm.h"
#include "console.h"
#include "emmc.h"
#include "hypercall_call.h"
#include "identity.h"
#include "mmu.h"
#include "names.h"
#include "pci.h"
#include "recorder.h"
#include "report.h"
#include "spi_nor.h"
#include "sdhci.h"
#include "syslog_client.h"
#include "timer.h"
#include "updates.h"

#define CONFIRM_TRIES 3u /* to write it, a boot: each costs an erasure */
#define BLOCKS	      3u /* of the bank: two copies of the boot state, the identity */

static const struct machine *machine;
static const struct counters *counters;
static struct boot boot;
static struct confirm confirm;
static struct updates updates;
static struct identity identity;
static bool channel, late, confirming;
static const char *no_state = "this cell has none", *no_identity; /* why; NULL: it is there */
static uint32_t self, tries, resetter;
static uint64_t reset_at; /* 0: no reset was granted */
static struct slots state = {.boot = &boot, .identity = &identity};
static uint64_t told; /* changes whose end was: written or failed */

static void report_slot(uint32_t slot)
{
	const struct boot_record *record = &boot.view.record;

	say("slots: %s %s%s%s, counter %" PRIu32 ", %" PRIu32 " of %" PRIu32 " tries before this boot's end",
	    name_slot(slot), name_slot_status(record->status[slot]), slot == record->primary ? ", first" : "",
	    slot == boot.view.running ? ", runs" : "", record->counter[slot], boot.view.attempts[slot],
	    boot_tries(record->status[slot]));
}

/* [impl->swr~slots-told~1] */
void slots_report(void)
{
	if (no_state) {
		say("slots: no boot state: %s", no_state);
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
	return state.wanted ? &state : NULL;
}

static void report_start(void)
{
	const struct boot_view *view = &boot.view;

	if (!view->valid)
		say("health: slots: the boot state is lost");
	else
		say("health: slots: %s runs, %s, counter %" PRIu32, name_slot(view->running),
		    view->running == BOOT_UNKNOWN ? "unknown"
						  : name_slot_status(view->record.status[view->running]),
		    view->running_counter);
	if (view->valid && view->fell_back != BOOT_UNKNOWN)
		say("health: slots: %s was to be started, and was not: %s", name_slot(view->fell_back),
		    name_boot_reason(view->reason[view->fell_back]));
}

static const char no_room[] = "its translation tables have no room for the flash";

static const char *cfi_start(const struct guest *guest, uint64_t hz)
{
	const struct guest_boot *place = &guest->boot;
	const struct cfi_geometry geometry = {
		.base = place->bank.base,
		.size = place->bank.size,
		.bank_width = place->bank_width,
		.erase_block = place->erase_block,
		.used = BLOCKS * place->erase_block,
	};

	return mmu_map(geometry.base, geometry.used, MMU_DEVICE) ? cfi_flash_open(&geometry, hz) : no_room;
}

/* The identity is read alone. */
static const char *spi_start(const struct guest *guest, uint64_t hz)
{
	const struct guest_boot *place = &guest->boot;
	const struct spi_nor_geometry geometry = {
		.controller = place->bank.base,
		.chip = place->chip,
		.erase_block = place->erase_block,
		.start = place->copies[0],
		.used = BLOCKS * place->erase_block,
		.writable = BOOT_COPIES * place->erase_block,
	};

	return mmu_map(place->bank.base, place->bank.size, MMU_DEVICE) ? spi_nor_open(&geometry, hz)
								       : no_room;
}

/* [impl->swr~slots-emmc~1] */
static const char *emmc_start(const struct guest *guest, uint64_t hz)
{
	const struct guest_boot *place = &guest->boot;
	struct emmc_geometry geometry = {.partition = place->partition, .block = place->erase_block};
	struct pci_function function = {0};

	if (!pci_at(guest, place->function, &function))
		return "its SD host controller isn't on this cell's bus";
	pci_answer(&function);
	geometry.registers = pci_bar(&function, 0, SDHCI_REGISTERS);
	return geometry.registers ? emmc_open(&geometry, hz)
				  : "the registers of its SD host controller can't be found";
}

/* [impl->swr~slots-medium~1] */
static const struct {
	const struct flash *flash;
	const char *(*start)(const struct guest *guest, uint64_t hz);
} media[] = {
	[GUEST_MEDIUM_CFI] = {&cfi_flash, cfi_start},
	[GUEST_MEDIUM_SPI_NOR] = {&spi_nor, spi_start},
	[GUEST_MEDIUM_EMMC] = {&emmc, emmc_start},
};

static void channel_start(const struct guest *guest)
{
	const struct guest_channel *found = guest_channel_find(guest, UPDATE_CHANNEL);

	if (!found || !found->writes || !found->reads)
		return;
	resetter = found->resetter;
	channel = updates_open(&updates, (volatile void *)(uintptr_t)found->ipa, found->size,
			       found->resets && resetter < machine->cell_count, timer_now(), machine->hz);
	if (!channel)
		say("health: slots: the channel %s is too small", found->name);
}

bool slots_open(const struct guest *guest, uint64_t hz, uint8_t *seed)
{
	const struct guest_boot *place = &guest->boot;

	if (place->medium == GUEST_MEDIUM_NONE)
		return false;
	state.wanted = state.lost = true;
	boot.view.running = boot.view.fell_back = BOOT_UNKNOWN;
	no_state = media[place->medium].start(guest, hz);
	if (no_state)
		return false;
	boot_open(&boot, media[place->medium].flash, place->copies);
	state.lost = !boot.view.valid;
	no_identity = identity_read(media[place->medium].flash, place->identity, &identity, seed);
	return !no_identity;
}

/* Lives of this cell since the machine's boot are counted from 1 on. */
static bool is_first_life(void)
{
	struct cell_view view;

	machine_view(machine, self, &view);
	return view.generation <= 1;
}

void slots_start(const struct guest *guest, const struct machine *of, const struct counters *count)
{
	const struct guest_boot *place = &guest->boot;

	if (!state.wanted)
		return;
	machine = of;
	counters = count;
	self = guest->index;
	if (no_state) {
		say("health: slots: no boot state: %s", no_state);
		note(SLOT_LOST, BOOT_UNKNOWN, 0, 0);
		return;
	}
	if (no_identity)
		say("health: slots: no identity: %s", no_identity);
	else
		say("health: slots: serial %s", identity.serial);
	if (is_first_life())
		boot_begins(&boot);
	confirm_start(&confirm, timer_from_ns(place->confirm_after_ns, machine->hz),
		      timer_from_ns(place->confirm_within_ns, machine->hz), timer_now());
	report_start();
	note_boot();
	if (boot_make_room(&boot, timer_now()))
		say("health: slots: %" PRIu32 " tries without a confirmation: room is made for more",
		    boot.view.recorded);
	channel_start(guest);
}

/* A trial that didn't come up is over: the next boot takes the other slot. [impl->swr~boot-trial-late~1]
 * [impl->swr~fall-back-time~1] */
static void too_late(void)
{
	const struct boot_view *view = &boot.view;

	late = true;
	if (!view->valid || view->running == BOOT_UNKNOWN ||
	    view->record.status[view->running] != BOOT_TRIAL) {
		say("health: slots: this boot is not confirmed: an essential cell isn't well, or the flash "
		    "takes no record");
		return;
	}
	note(SLOT_UNCONFIRMED, view->running, 0, 0);
	say("health: slots: %s isn't confirmed in time: the machine is reset", name_slot(view->running));
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

/* [impl->swr~slots-write-attempts~1] */
static void tell_write(void)
{
	if (told == boot.writes + boot.failures)
		return;
	told = boot.writes + boot.failures;
	if (boot.write == BOOT_WRITE_DONE)
		say("health: slots: state %" PRIu32 ": first %s, a %s, b %s, floor %" PRIu32,
		    boot.view.record.sequence, name_slot(boot.view.record.primary),
		    name_slot_status(boot.view.record.status[0]),
		    name_slot_status(boot.view.record.status[1]), boot.view.record.floor);
	if (boot.write == BOOT_WRITE_FAILED) {
		say("health: slots: the flash did not take the new state: the old one counts");
		note(SLOT_WRITE_FAILED, boot.view.running, 0, 0);
		boot.confirmed = !confirming && boot.confirmed;
	}
	if (boot.write == BOOT_WRITE_DONE && confirming)
		note(SLOT_CONFIRMED, boot.view.running, boot.view.record.floor, boot.view.record.sequence);
	confirming = false;
}

/* What it does is told before: the log's servers and the cell have a moment to take it.
 * [impl->swr~update-reset-told~1] */
static void tell_reset(const struct update_change *change, uint64_t now)
{
	if (change->result != UPDATE_OK) {
		note(SLOT_NO_RESET, change->slot, change->result, 0);
		say("health: slots: asked for a reset of the machine, in vain: %s",
		    name_update_result(change->result));
		return;
	}
	note(SLOT_RESET, change->slot, resetter, 0);
	say("health: slots: %s asked for a reset of the machine, to try %s", machine->cells[resetter].name,
	    name_slot(change->slot));
	reset_at = now + UPDATE_RESET_SECONDS * machine->hz;
}

static void tell_change(const struct update_change *change, uint64_t now)
{
	if (change->kind == UPDATE_RESET) {
		tell_reset(change, now);
		return;
	}
	note(change->kind == UPDATE_TRY ? SLOT_TRY : SLOT_DROP, change->slot, 0, 0);
	say("health: slots: asked to %s %s", change->kind == UPDATE_TRY ? "try" : "drop",
	    name_slot(change->slot));
}

static void reset_when_due(uint64_t now)
{
	if (!reset_at || now < reset_at)
		return;
	reset_at = 0;
	say("health: the reset was refused (%" PRId64 ")",
	    hypercall_machine_reset(resetter, boot.view.record.primary, BP_ERROR_COUNT));
	updates.resetting = false;
}

void slots_poll(uint64_t now)
{
	struct update_change change = {0};

	if (no_state)
		return;
	boot_poll(&boot, now);
	tell_write();
	if (channel)
		updates_poll(&updates, &boot, now, &change);
	if (change.kind)
		tell_change(&change, now);
	state.resets_refused = updates.refused;
	reset_when_due(now);
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
