// SPDX-License-Identifier: Apache-2.0
/*
 * boot_state.c - reads, chooses and writes boot records (boot_state.h).
 */
#include "boot_state.h"

#include <string.h>

#include "crc32.h"

#define RECORD_WORDS  (sizeof(struct boot_record) / sizeof(uint32_t))
#define COPY_WORDS    (sizeof(struct boot_copy) / sizeof(uint32_t))
#define FIRST_ATTEMPT (offsetof(struct boot_copy, attempts) / sizeof(uint32_t))
#define ONES	      0xffu
/* Of the words that there are for attempts: all that are counted, and ten more. */
#define ATTEMPTS_MANY (BOOT_ATTEMPTS / 2)

static uint32_t crc_of(const struct boot_record *record)
{
	return __builtin_bswap32(crc32_add(0, record, offsetof(struct boot_record, crc)));
}

static bool digest_is(const uint8_t digest[BOOT_DIGEST], uint8_t byte)
{
	uint32_t same = 0;

	for (uint32_t i = 0; i < BOOT_DIGEST; i++)
		same += digest[i] == byte;
	return same == BOOT_DIGEST;
}

/* As the loader sees it, and no less. [impl->swr~boot-state-choice~1] */
static bool record_is_valid(const struct boot_record *record)
{
	return record->magic == BOOT_MAGIC && record->format == BOOT_FORMAT &&
	       record->crc == crc_of(record) && record->sequence && record->primary < BOOT_SLOTS &&
	       record->status[0] < BOOT_STATUS_COUNT && record->status[1] < BOOT_STATUS_COUNT;
}

static void copy_read(const struct flash *flash, uint32_t offset, struct boot_copy *copy)
{
	uint32_t words[COPY_WORDS] = {0};

	for (uint32_t i = 0; i < COPY_WORDS; i++)
		words[i] = flash->read(offset + i * (uint32_t)sizeof(words[0]));
	memcpy(copy, words, sizeof(*copy));
}

/* A record without attempts was written since the boot, or the boot wrote none: only what is good runs then,
 * and what is tried next doesn't. A record that was made anew tells of no slot. */
static uint32_t running_by_record(const struct boot_record *record)
{
	const uint32_t primary = record->primary, other = 1 - primary;

	if (digest_is(record->digest[0], ONES) && digest_is(record->digest[1], ONES))
		return BOOT_UNKNOWN;
	if (record->status[primary] == BOOT_GOOD)
		return primary;
	return record->status[other] == BOOT_GOOD ? other : BOOT_UNKNOWN;
}

static uint32_t slot_tried(uint32_t word)
{
	switch (BOOT_TRIED_SLOT(word)) {
	case BOOT_TRIED_A:
		return 0;
	case BOOT_TRIED_B:
		return 1;
	default:
		return BOOT_UNKNOWN;
	}
}

/* The last attempt's, unless the loader may have gone on behind it: it was refused, its word is damaged, its
 * slot had nothing to start, or there was no room for a further one. [impl->swr~boot-state-attempts~1] */
static uint32_t running_by_attempt(const struct boot_record *record, uint32_t last, uint32_t used)
{
	const uint32_t slot = slot_tried(last);

	if (slot == BOOT_UNKNOWN || BOOT_TRIED_REASON(last) != BOOT_STARTED || used == BOOT_ATTEMPTS ||
	    record->status[slot] == BOOT_EMPTY)
		return BOOT_UNKNOWN;
	return slot;
}

static void attempts_read(struct boot_view *view, const uint32_t attempts[BOOT_ATTEMPTS])
{
	uint32_t last = BOOT_ERASED, used = 0;

	for (uint32_t i = 0; i < BOOT_ATTEMPTS; i++) {
		const uint32_t slot = slot_tried(attempts[i]);

		if (attempts[i] == BOOT_ERASED)
			continue;
		last = attempts[i];
		used = i + 1;
		if (slot == BOOT_UNKNOWN)
			continue;
		view->attempts[slot]++;
		view->reason[slot] = BOOT_TRIED_REASON(attempts[i]);
	}
	view->recorded = used;
	view->last = last;
	if (!used) {
		view->running = running_by_record(&view->record);
		return;
	}
	view->running = running_by_attempt(&view->record, last, used);
	if (view->running == BOOT_UNKNOWN)
		return;
	view->running_counter = BOOT_TRIED_COUNTER(last);
	if (view->running != view->record.primary && view->attempts[view->record.primary])
		view->fell_back = view->record.primary;
}

/* The word of an earlier life of this boot, which confirmed it so. */
static bool confirmed_unknown(const struct boot_view *view)
{
	return view->last == BOOT_TRIED_UNKNOWN;
}

void boot_open(struct boot *boot, const struct flash *flash, const uint32_t offsets[BOOT_COPIES])
{
	struct boot_view *const view = &boot->view;
	struct boot_copy copies[BOOT_COPIES];

	*boot = (struct boot){.flash = flash, .offsets = {offsets[0], offsets[1]}};
	view->running = view->fell_back = BOOT_UNKNOWN;
	view->running_counter = BOOT_COUNTER_UNKNOWN;
	for (uint32_t i = 0; i < BOOT_COPIES; i++) {
		copy_read(flash, offsets[i], &copies[i]);
		if (!record_is_valid(&copies[i].record))
			continue;
		view->copies++;
		if (!view->valid || copies[i].record.sequence > copies[view->copy].record.sequence)
			view->copy = i;
		view->valid = true;
	}
	if (!view->valid)
		return;
	view->record = copies[view->copy].record;
	attempts_read(view, copies[view->copy].attempts);
	boot->confirmed = confirmed_unknown(view) || (!view->recorded && view->running != BOOT_UNKNOWN);
}

/* The loader writes its attempt down before it starts an image, so where there is none the storage took none.
 * What is on trial isn't started then, and what is empty never. [impl->swr~boot-untold~1] */
void boot_begins(struct boot *boot)
{
	struct boot_view *const view = &boot->view;

	if (!view->valid || (view->recorded && !confirmed_unknown(view)))
		return;
	boot->confirmed = false;
	if (view->record.status[0] == BOOT_GOOD && view->record.status[1] == BOOT_GOOD)
		view->running = BOOT_UNKNOWN;
}

static void record_finish(const struct boot_view *view, struct boot_record *next)
{
	next->sequence = view->record.sequence + 1;
	next->crc = crc_of(next);
}

/* Nothing is known but that something signed runs. [impl->swr~boot-state-lost~1] */
static void record_anew(struct boot_record *next)
{
	*next = (struct boot_record){
		.magic = BOOT_MAGIC,
		.format = BOOT_FORMAT,
		.status = {BOOT_GOOD, BOOT_GOOD},
		.counter = {BOOT_COUNTER_UNKNOWN, BOOT_COUNTER_UNKNOWN},
	};
	memset(next->digest, ONES, sizeof(next->digest));
}

static void slot_empty(struct boot_record *next, uint32_t slot)
{
	next->status[slot] = BOOT_EMPTY;
	next->counter[slot] = BOOT_COUNTER_UNKNOWN;
}

static void slot_good(const struct boot_view *view, struct boot_record *next)
{
	const uint32_t slot = view->running;

	next->status[slot] = BOOT_GOOD;
	next->primary = slot;
	if (view->running_counter == BOOT_COUNTER_UNKNOWN)
		return;
	next->counter[slot] = view->running_counter;
	if (next->floor < view->running_counter)
		next->floor = view->running_counter;
}

static void trials_end(const struct boot_view *view, struct boot_record *next)
{
	for (uint32_t slot = 0; slot < BOOT_SLOTS; slot++)
		if (slot != view->running && view->recorded && view->attempts[slot] &&
		    next->status[slot] == BOOT_TRIAL)
			slot_empty(next, slot);
}

/* What was tried in vain isn't tried again, not even as the last resort. [impl->swr~boot-state-confirm~1] */
bool boot_confirm(const struct boot_view *view, struct boot_record *next)
{
	if (!view->valid) {
		record_anew(next);
		record_finish(view, next);
		return true;
	}
	*next = view->record;
	if (view->running != BOOT_UNKNOWN)
		slot_good(view, next);
	trials_end(view, next);
	if (next->status[0] != BOOT_GOOD && next->status[1] != BOOT_GOOD)
		return false; /* there would be nothing left to start */
	if ((view->running == BOOT_UNKNOWN ? confirmed_unknown(view) : !view->recorded) &&
	    memcmp(next, &view->record, sizeof(*next)) == 0)
		return false;
	record_finish(view, next);
	return true;
}

/* [impl->swr~update-refusals~1] */
static enum update_result may_change(const struct boot_view *view, uint64_t slot)
{
	if (slot >= BOOT_SLOTS)
		return UPDATE_INVALID;
	if (!view->valid || view->running == BOOT_UNKNOWN)
		return UPDATE_UNKNOWN;
	return slot == view->running ? UPDATE_RUNNING : UPDATE_OK;
}

enum update_result boot_drop(const struct boot_view *view, uint64_t slot, struct boot_record *next,
			     bool *change)
{
	const enum update_result may = may_change(view, slot);

	*change = false;
	if (may != UPDATE_OK)
		return may;
	*next = view->record;
	slot_empty(next, (uint32_t)slot);
	memset(next->digest[slot], 0, BOOT_DIGEST);
	next->primary = view->running;
	*change = memcmp(next, &view->record, sizeof(*next)) != 0;
	record_finish(view, next);
	return UPDATE_OK;
}

enum update_result boot_try(const struct boot_view *view, uint64_t slot, const uint8_t digest[BOOT_DIGEST],
			    struct boot_record *next, bool *change)
{
	const enum update_result may = may_change(view, slot);

	*change = false;
	if (may != UPDATE_OK)
		return may;
	if (digest_is(digest, ONES) || digest_is(digest, 0))
		return UPDATE_INVALID;
	*next = view->record;
	next->status[slot] = BOOT_TRIAL;
	next->counter[slot] = BOOT_COUNTER_UNKNOWN;
	next->primary = (uint32_t)slot;
	memcpy(next->digest[slot], digest, BOOT_DIGEST);
	*change = memcmp(next, &view->record, sizeof(*next)) != 0;
	record_finish(view, next);
	return UPDATE_OK;
}

static uint32_t target(const struct boot *boot)
{
	return boot->view.valid ? 1 - boot->view.copy : 0;
}

static void write_begin(struct boot *boot, const struct boot_record *next, uint32_t attempt, uint64_t now)
{
	boot->next = *next;
	boot->attempt = attempt;
	boot->word = 0;
	boot->write = BOOT_WRITE_ERASES;
	boot->flash->erase(boot->offsets[target(boot)], now);
}

void boot_write(struct boot *boot, const struct boot_record *next, uint64_t now)
{
	write_begin(boot, next, boot->view.running == BOOT_UNKNOWN ? BOOT_TRIED_UNKNOWN : BOOT_ERASED, now);
}

/* Only where good images are tried, all of them, for want of anything else: a trial has its one attempt long
 * before. What was tried in vain isn't tried again. [impl->swr~boot-attempts-room~1] */
bool boot_make_room(struct boot *boot, uint64_t now)
{
	const struct boot_view *const view = &boot->view;
	struct boot_record next = view->record;

	if (!view->valid || view->recorded < ATTEMPTS_MANY || view->running == BOOT_UNKNOWN ||
	    view->record.status[view->running] != BOOT_GOOD)
		return false;
	trials_end(view, &next);
	record_finish(view, &next);
	write_begin(boot, &next, view->last, now);
	return true;
}

static void end(struct boot *boot, bool written)
{
	boot->write = written ? BOOT_WRITE_DONE : BOOT_WRITE_FAILED;
	boot->writes += written;
	boot->failures += !written;
	if (!written) {
		boot->view.copies = boot->view.valid; /* the other one was erased, or is in pieces */
		return;
	}
	boot->view.copy = target(boot);
	boot->view.copies = boot->view.valid ? BOOT_COPIES : 1;
	boot->view.valid = true;
	boot->view.record = boot->next;
	boot->view.recorded = boot->attempt != BOOT_ERASED;
	boot->view.last = boot->attempt;
}

/* The attempt before the CRC, by which both count. */
static uint32_t words_of(const struct boot *boot)
{
	return (uint32_t)RECORD_WORDS + (boot->attempt != BOOT_ERASED);
}

/* Of the copy, that is programmed as the n-th. */
static uint32_t place_of(const struct boot *boot, uint32_t n)
{
	if (boot->attempt == BOOT_ERASED || n < RECORD_WORDS - 1)
		return n;
	return n == RECORD_WORDS - 1 ? FIRST_ATTEMPT : RECORD_WORDS - 1;
}

static void copy_wanted(const struct boot *boot, uint32_t words[COPY_WORDS])
{
	memset(words, ONES, COPY_WORDS * sizeof(words[0]));
	memcpy(words, &boot->next, sizeof(boot->next));
	words[FIRST_ATTEMPT] = boot->attempt;
}

/* Is it there, and all else erased? Or nothing at all, where it isn't `programmed`. */
static bool reads_back(const struct boot *boot, bool programmed)
{
	uint32_t wanted[COPY_WORDS];
	bool same = true;

	memset(wanted, ONES, sizeof(wanted));
	if (programmed)
		copy_wanted(boot, wanted);
	for (uint32_t i = 0; i < COPY_WORDS; i++)
		same &= boot->flash->read(boot->offsets[target(boot)] + i * (uint32_t)sizeof(wanted[0])) ==
			wanted[i];
	return same;
}

static void program_next(struct boot *boot, uint64_t now)
{
	uint32_t words[COPY_WORDS];
	const uint32_t place = place_of(boot, boot->word);

	copy_wanted(boot, words);
	boot->flash->program(boot->offsets[target(boot)] + place * (uint32_t)sizeof(words[0]), words[place],
			     now);
	boot->word++;
}

/* [impl->swr~boot-state-write~1] [impl->swr~power-cut~1] */
void boot_poll(struct boot *boot, uint64_t now)
{
	enum flash_status status;

	if (!boot_busy(boot))
		return;
	status = boot->flash->poll(now);
	if (status == FLASH_BUSY)
		return;
	if (status == FLASH_FAILED) {
		end(boot, false);
	} else if (boot->write == BOOT_WRITE_ERASES && !reads_back(boot, false)) {
		end(boot, false); /* not erased */
	} else if (boot->word < words_of(boot)) {
		boot->write = BOOT_WRITE_PROGRAMS;
		program_next(boot, now);
	} else {
		end(boot, reads_back(boot, true));
	}
}

uint32_t boot_tries(uint32_t status)
{
	if (status == BOOT_TRIAL)
		return BOOT_TRIES_TRIAL;
	return status == BOOT_GOOD ? BOOT_TRIES_GOOD : 0;
}
