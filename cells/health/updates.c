// SPDX-License-Identifier: Apache-2.0
/*
 * updates.c - answers requests of the update channel (updates.h). [impl->swr~update-channel~1]
 */
#include "updates.h"

#include <string.h>

#include "port.h"

struct request { /* as it was read, once */
	uint64_t kind, slot;
	uint8_t digest[BOOT_DIGEST];
};

_Static_assert(sizeof(((struct update_request *)0)->digest) == BOOT_DIGEST, "a digest");

static void digest_write(volatile uint64_t *to, const uint8_t digest[BOOT_DIGEST])
{
	uint64_t words[BOOT_DIGEST / sizeof(uint64_t)];

	memcpy(words, digest, sizeof(words));
	for (uint32_t i = 0; i < BOOT_DIGEST / sizeof(uint64_t); i++)
		to[i] = words[i];
}

static void state_write(volatile struct update_answer *answer, const struct updates *updates,
			const struct boot *boot)
{
	const struct boot_record *const record = &boot->view.record;

	answer->running = boot->view.running;
	answer->confirmed = boot->confirmed;
	answer->state = boot->view.valid ? record->sequence : 0;
	answer->primary = record->primary;
	answer->floor = record->floor;
	for (uint32_t i = 0; i < BOOT_SLOTS; i++) {
		answer->status[i] = record->status[i];
		answer->counter[i] = record->counter[i];
		digest_write(answer->digest[i], record->digest[i]);
	}
	answer->changes = updates->changes;
}

static void answer(struct updates *updates, const struct boot *boot, enum update_result result)
{
	volatile struct update_answer *const to = &updates->channel->answer;

	state_write(to, updates, boot);
	to->result = result;
	port_write_barrier(); /* the content before what announces it */
	to->sequence = updates->seen;
	updates->pending = false;
}

bool updates_open(struct updates *updates, volatile void *memory, uint64_t size, bool may_reset, uint64_t now,
		  uint64_t hz)
{
	volatile struct update_channel *const channel = memory;

	if (size < sizeof(*channel))
		return false;
	*updates = (struct updates){
		.channel = channel,
		.seen = channel->request.sequence, /* of a life before: nobody knows what became of it */
		.changes = UPDATE_CHANGES_FIRST,
		.gained = now,
		.interval = UPDATE_CHANGE_SECONDS * hz,
		.may_reset = may_reset,
	};
	channel->answer.magic = 0;
	port_write_barrier();
	channel->answer.sequence = 0;
	channel->answer.layout = UPDATE_LAYOUT;
	port_write_barrier(); /* the layout before what says that it is there */
	channel->answer.magic = UPDATE_MAGIC;
	return true;
}

/* [impl->swr~update-limit~1] */
static void gain(struct updates *updates, uint64_t now)
{
	if (updates->changes == UPDATE_CHANGES_MOST) {
		updates->gained = now;
	} else if (now - updates->gained >= updates->interval) {
		updates->gained += updates->interval;
		updates->changes++;
	}
}

/* False: there is no new one, or it changed meanwhile. */
static bool take(struct updates *updates, struct request *request)
{
	const volatile struct update_request *const from = &updates->channel->request;
	const uint64_t sequence = from->sequence;
	uint64_t digest[BOOT_DIGEST / sizeof(uint64_t)];

	if (!sequence || sequence == updates->seen)
		return false;
	port_read_barrier(); /* what announces it before the content */
	request->kind = from->kind;
	request->slot = from->slot;
	for (uint32_t i = 0; i < BOOT_DIGEST / sizeof(uint64_t); i++)
		digest[i] = from->digest[i];
	memcpy(request->digest, digest, sizeof(request->digest));
	port_read_barrier(); /* the content before the second look */
	if (from->sequence != sequence)
		return false;
	updates->seen = sequence;
	return true;
}

/* Only into a trial that is in the flash, and out of a boot that was confirmed: so a hostile cell gets one
 * reset for each boot that all essential cells were well in. [impl->swr~update-reset~1] */
static enum update_result may_reset(const struct updates *updates, const struct boot *boot)
{
	const struct boot_view *const view = &boot->view;
	uint32_t other;

	if (!updates->may_reset)
		return UPDATE_FORBIDDEN;
	if (!boot->confirmed)
		return UPDATE_UNCONFIRMED;
	if (!view->valid || view->running == BOOT_UNKNOWN)
		return UPDATE_UNKNOWN;
	other = 1 - view->running;
	return view->record.primary == other && view->record.status[other] == BOOT_TRIAL ? UPDATE_OK
											 : UPDATE_NO_TRIAL;
}

/* UPDATE_OK and `*change`: `next` is to be written. [impl->swr~update-refusals~1] */
static enum update_result decide(const struct updates *updates, const struct boot *boot,
				 const struct request *request, struct boot_record *next, bool *change)
{
	enum update_result result;

	*change = false;
	if (request->kind == UPDATE_STATUS)
		return UPDATE_OK;
	if (request->kind == UPDATE_RESET)
		return may_reset(updates, boot);
	if (request->kind != UPDATE_DROP && request->kind != UPDATE_TRY)
		return UPDATE_INVALID;
	if (!boot->confirmed)
		return UPDATE_UNCONFIRMED;
	result = request->kind == UPDATE_DROP
			 ? boot_drop(&boot->view, request->slot, next, change)
			 : boot_try(&boot->view, request->slot, request->digest, next, change);
	if (!*change || updates->changes)
		return result;
	*change = false;
	return UPDATE_LIMIT;
}

static void tell_reset(struct updates *updates, const struct boot *boot, enum update_result result,
		       struct update_change *change)
{
	const uint32_t bit = UINT32_C(1) << result;
	const bool known = updates->told & bit;

	if (result == UPDATE_OK) {
		updates->resetting = true;
		*change = (struct update_change){UPDATE_RESET, boot->view.record.primary, result};
		return;
	}
	updates->refused++;
	updates->told |= bit;
	if (!known)
		*change = (struct update_change){UPDATE_RESET, BOOT_UNKNOWN, result};
}

bool updates_poll(struct updates *updates, struct boot *boot, uint64_t now, struct update_change *change)
{
	struct request request;
	struct boot_record next;
	enum update_result result;
	bool writes;

	*change = (struct update_change){0};
	gain(updates, now);
	if (boot_busy(boot) || updates->resetting)
		return false;
	if (updates->pending) {
		answer(updates, boot, boot->write == BOOT_WRITE_DONE ? UPDATE_OK : UPDATE_FAILED);
		return true;
	}
	if (!take(updates, &request))
		return false;
	result = decide(updates, boot, &request, &next, &writes);
	if (request.kind == UPDATE_RESET)
		tell_reset(updates, boot, result, change);
	if (!writes) {
		answer(updates, boot, result);
		return true;
	}
	updates->changes--;
	updates->pending = true;
	updates->told = 0;
	*change = (struct update_change){request.kind, request.slot, UPDATE_OK};
	boot_write(boot, &next, now);
	return false;
}
