// SPDX-License-Identifier: Apache-2.0
/*
 * test_updates.c - the update channel, whose other end is hostile.
 *
 * Robustness: refusals, limit, nothing_to_do, flash_fails, one_at_a_time, noise, no_reset
 */
#include "test.h"

#include <stdlib.h>

#include "nor_flash.h"
#include "updates.h"

#define A    0u
#define B    1u
#define HZ   UINT64_C(1000)
#define HOUR (UPDATE_CHANGE_SECONDS * HZ)

static struct update_channel channel;
static struct updates updates;
static struct update_change change;
static struct boot boot;
static uint64_t now, asked;

static void record(uint32_t primary, uint32_t a, uint32_t b)
{
	struct boot_record of = {
		.magic = BOOT_MAGIC,
		.format = BOOT_FORMAT,
		.sequence = 7,
		.floor = 3,
		.primary = primary,
		.status = {a, b},
		.counter = {3, 4},
	};

	memset(of.digest[A], 0xa0, BOOT_DIGEST);
	memset(of.digest[B], 0xb0, BOOT_DIGEST);
	nor_record(0, of);
	boot_open(&boot, &nor_flash, nor_copies);
}

/* A runs, confirmed. */
static int start(void **state)
{
	nor_start(1);
	record(A, BOOT_GOOD, BOOT_GOOD);
	memset(&channel, 0, sizeof(channel));
	channel.generation = 1;
	now = asked = 0;
	assert_true(updates_open(&updates, &channel, 4096, true, now, HZ));
	return 0;
}

static bool poll(void)
{
	bool answered;

	now++;
	boot_poll(&boot, now);
	answered = updates_poll(&updates, &boot, now, &change);
	return answered;
}

static void post(uint64_t kind, uint64_t slot, uint8_t digest)
{
	channel.request.kind = kind;
	channel.request.slot = slot;
	memset(channel.request.digest, digest, BOOT_DIGEST);
	channel.request.sequence = ++asked;
}

/* Until it is answered. */
static uint64_t ask(uint64_t kind, uint64_t slot, uint8_t digest)
{
	post(kind, slot, digest);
	for (uint32_t i = 0; i < NOR_STEPS; i++)
		if (poll()) {
			assert_int_equal(channel.answer.sequence, asked);
			return channel.answer.result;
		}
	return 0;
}

/* [utest->swr~update-channel~1] */
static void status(void **state)
{
	assert_int_equal(channel.answer.magic, UPDATE_MAGIC);
	assert_int_equal(channel.answer.layout, UPDATE_LAYOUT);
	assert_false(poll());
	assert_int_equal(ask(UPDATE_STATUS, 99, 0), UPDATE_OK);
	assert_int_equal(channel.answer.running, A);
	assert_int_equal(channel.answer.confirmed, 1);
	assert_int_equal(channel.answer.state, 7);
	assert_int_equal(channel.answer.primary, A);
	assert_int_equal(channel.answer.floor, 3);
	assert_int_equal(channel.answer.status[B], BOOT_GOOD);
	assert_int_equal(channel.answer.counter[B], 4);
	assert_int_equal(channel.answer.digest[B][3], 0xb0b0b0b0b0b0b0b0);
	assert_int_equal(channel.answer.changes, UPDATE_CHANGES_FIRST);
	assert_false(poll()); /* once */
	assert_int_equal(nor.erasures[0] + nor.erasures[1], 0);
}

/* [utest->swr~update-channel~1] */
static void update(void **state)
{
	assert_int_equal(ask(UPDATE_DROP, B, 0), UPDATE_OK);
	assert_int_equal(channel.answer.status[B], BOOT_EMPTY);
	assert_int_equal(channel.answer.counter[B], BOOT_COUNTER_UNKNOWN);
	assert_int_equal(channel.answer.primary, A);
	assert_int_equal(channel.answer.state, 8);
	post(UPDATE_TRY, B, 0x77);
	assert_false(poll());
	assert_int_equal(change.kind, UPDATE_TRY);
	assert_int_equal(change.slot, B);
	assert_int_equal(channel.answer.sequence, asked - 1); /* not before it is written */
	while (!poll())
		assert_int_equal(change.kind, 0);
	assert_int_equal(channel.answer.result, UPDATE_OK);
	assert_int_equal(channel.answer.status[B], BOOT_TRIAL);
	assert_int_equal(channel.answer.primary, B);
	assert_int_equal(channel.answer.digest[B][0], 0x7777777777777777);
	/* As the loader finds it. */
	boot_open(&boot, &nor_flash, nor_copies);
	assert_int_equal(boot.view.record.primary, B);
	assert_int_equal(boot.view.record.status[B], BOOT_TRIAL);
	assert_int_equal(boot.view.record.status[A], BOOT_GOOD);
	assert_int_equal(boot.view.record.floor, 3);
	assert_int_equal(boot.view.running, A);
	/* And back: what isn't to be tried leaves what runs. */
	start(state);
	record(B, BOOT_GOOD, BOOT_TRIAL);
	assert_int_equal(ask(UPDATE_DROP, B, 0), UPDATE_OK);
	assert_int_equal(boot.view.record.primary, A);
}

/* [utest->swr~update-refusals~1] */
static void refusals(void **state)
{
	static const uint64_t slots[] = {2, 3, 0x100000000, 0x100000001, UINT64_MAX},
			      kinds[] = {0, 5, 0x100000003, 0x100000004};

	for (unsigned i = 0; i < LENGTH(slots); i++) {
		assert_int_equal(ask(UPDATE_DROP, slots[i], 0x77), UPDATE_INVALID);
		assert_int_equal(ask(UPDATE_TRY, slots[i], 0x77), UPDATE_INVALID);
	}
	for (unsigned i = 0; i < LENGTH(kinds); i++)
		assert_int_equal(ask(kinds[i], B, 0x77), UPDATE_INVALID);
	assert_int_equal(ask(UPDATE_DROP, A, 0), UPDATE_RUNNING);
	assert_int_equal(ask(UPDATE_TRY, A, 0x77), UPDATE_RUNNING);
	assert_int_equal(ask(UPDATE_TRY, B, 0xff), UPDATE_INVALID); /* it would be any image */
	assert_int_equal(ask(UPDATE_TRY, B, 0), UPDATE_INVALID);
	assert_int_equal(updates.changes, UPDATE_CHANGES_FIRST);
	/* A trial: it can't take away what it would fall back to, nor itself another attempt. */
	record(B, BOOT_GOOD, BOOT_TRIAL);
	nor_attempt(0, 0, 4u << 16 | BOOT_STARTED << 8 | BOOT_TRIED_B);
	boot_open(&boot, &nor_flash, nor_copies);
	for (uint64_t slot = 0; slot < 2; slot++) {
		assert_int_equal(ask(UPDATE_DROP, slot, 0), UPDATE_UNCONFIRMED);
		assert_int_equal(ask(UPDATE_TRY, slot, 0x77), UPDATE_UNCONFIRMED);
	}
	assert_int_equal(ask(UPDATE_STATUS, 0, 0), UPDATE_OK);
	assert_int_equal(channel.answer.running, B);
	assert_int_equal(channel.answer.confirmed, 0);
	/* Nobody knows what runs. */
	nor_attempt(0, 1, 0xffff010b);
	boot_open(&boot, &nor_flash, nor_copies);
	boot.confirmed = true;
	assert_int_equal(ask(UPDATE_DROP, A, 0), UPDATE_UNKNOWN);
	assert_int_equal(ask(UPDATE_TRY, B, 0x77), UPDATE_UNKNOWN);
	assert_int_equal(ask(UPDATE_STATUS, 0, 0), UPDATE_OK);
	assert_int_equal(channel.answer.running, UPDATE_SLOT_UNKNOWN);
	/* The state is lost. */
	nor_start(1);
	boot_open(&boot, &nor_flash, nor_copies);
	assert_int_equal(ask(UPDATE_DROP, A, 0), UPDATE_UNCONFIRMED);
	assert_int_equal(channel.answer.state, 0);
	assert_int_equal(nor.erasures[0] + nor.erasures[1], 0);
}

/* Whatever it asks for, as often as it can, for 30 days. [utest->swr~update-limit~1] */
static void limit(void **state)
{
	uint64_t changed = 0, refused = 0;

	for (uint64_t i = 0; i < 30 * 24 * 4; i++) {
		const uint64_t result = ask(UPDATE_TRY, B, (uint8_t)(1 + i % 200));

		changed += result == UPDATE_OK;
		refused += result == UPDATE_LIMIT;
		now = (i + 1) * HOUR / 4;
	}
	assert_in_range(changed, 30 * 24, 30 * 24 + UPDATE_CHANGES_FIRST);
	assert_int_equal(changed, nor.erasures[0] + nor.erasures[1]);
	assert_int_equal(changed + refused, 30 * 24 * 4);
	assert_int_equal(nor.erasures[2], 0);
	/* In turns. */
	assert_in_range(nor.erasures[0], changed / 2 - 1, changed / 2 + 1);
	/* They are saved up, so many. */
	now += 100 * HOUR;
	for (uint32_t i = 0; i < 100; i++)
		poll();
	assert_int_equal(updates.changes, UPDATE_CHANGES_MOST);
	for (uint32_t i = 0; i < UPDATE_CHANGES_MOST; i++)
		assert_int_equal(ask(i % 2 ? UPDATE_DROP : UPDATE_TRY, B, 0x55 + i), UPDATE_OK);
	assert_int_equal(ask(UPDATE_TRY, B, 0x77), UPDATE_LIMIT);
	/* What is so already costs nothing. */
	assert_int_equal(ask(UPDATE_DROP, B, 0), UPDATE_OK);
	assert_int_equal(ask(UPDATE_DROP, B, 0), UPDATE_OK);
}

/* What is so already isn't written once more. [utest->swr~update-limit~1] */
static void nothing_to_do(void **state)
{
	assert_int_equal(ask(UPDATE_TRY, B, 0x77), UPDATE_OK);
	for (unsigned i = 0; i < 10; i++)
		assert_int_equal(ask(UPDATE_TRY, B, 0x77), UPDATE_OK);
	assert_int_equal(nor.erasures[0] + nor.erasures[1], 1);
	assert_int_equal(updates.changes, UPDATE_CHANGES_FIRST - 1);
}

/* The flash fails: that is said, and the state is what it was. [utest->swr~slots-write-attempts~1]
 * [utest->swr~update-channel~1] */
static void flash_fails(void **state)
{
	nor.fails_at = 20;
	assert_int_equal(ask(UPDATE_DROP, B, 0), UPDATE_FAILED);
	assert_int_equal(channel.answer.status[B], BOOT_GOOD);
	assert_int_equal(channel.answer.state, 7);
	nor.fails_at = 0;
	assert_int_equal(ask(UPDATE_DROP, B, 0), UPDATE_OK);
}

/* Requests while one is written wait; what was there at the start isn't carried out.
 * [utest->swr~update-channel~1] */
static void one_at_a_time(void **state)
{
	post(UPDATE_TRY, B, 0x77);
	assert_false(poll());
	post(UPDATE_TRY, B, 0x78); /* it doesn't keep to the rules */
	post(UPDATE_DROP, A, 0);
	while (!poll())
		;
	assert_int_equal(channel.answer.sequence, 1);
	assert_int_equal(channel.answer.result, UPDATE_OK);
	assert_int_equal(channel.answer.digest[B][0], 0x7777777777777777);
	assert_true(poll());
	assert_int_equal(channel.answer.sequence, 3);
	assert_int_equal(channel.answer.result, UPDATE_RUNNING);
	post(UPDATE_DROP, B, 0);
	assert_true(updates_open(&updates, &channel, sizeof(channel), true, now, HZ));
	assert_int_equal(channel.answer.sequence, 0);
	for (unsigned i = 0; i < NOR_STEPS; i++)
		assert_false(poll());
	assert_int_equal(boot.view.record.status[B], BOOT_TRIAL);
	assert_false(updates_open(&updates, &channel, sizeof(channel) - 1, true, now, HZ));
}

/* All words are random, at each look others. [utest->swr~update-channel~1] */
static void noise(void **state)
{
	for (uint32_t i = 0; i < 200000; i++) {
		uint64_t *const words = (uint64_t *)&channel.request;
		uint32_t others;

		words[nor_random() % 8] = nor_random() % 4;
		words[nor_random() % 8] = (uint64_t)nor_random() << 32 | nor_random();
		poll();
		if (boot_busy(&boot))
			continue;
		others = boot.view.record.status[A];
		assert_int_equal(others, BOOT_GOOD); /* what runs stays good */
		assert_int_not_equal(boot.view.record.status[B] == BOOT_GOOD && nor.erasures[1], 1);
		assert_int_equal(boot.view.record.floor, 3);
	}
	assert_true(nor.erasures[1]);
	boot_open(&boot, &nor_flash, nor_copies);
	assert_true(boot.view.valid);
}

/* A reset that is asked for `times` times, and refused each time, is told once. */
static void refused(enum update_result why, unsigned times)
{
	const uint64_t before = updates.refused;

	for (unsigned i = 0; i < times; i++) {
		assert_int_equal(ask(UPDATE_RESET, B, 0x77), why);
		assert_int_equal(change.kind, i ? 0 : UPDATE_RESET);
		assert_true(i || change.result == why);
		assert_false(updates.resetting);
	}
	assert_int_equal(updates.refused, before + times);
}

/* [utest->swr~update-reset~1] */
static void reset(void **state)
{
	refused(UPDATE_NO_TRIAL, 3);
	assert_int_equal(ask(UPDATE_DROP, B, 0), UPDATE_OK);
	refused(UPDATE_NO_TRIAL, 3); /* told anew: something changed */
	post(UPDATE_TRY, B, 0x77);
	assert_false(poll());
	post(UPDATE_RESET, B, 0); /* while the record is written */
	for (uint32_t steps = 0; boot_busy(&boot); steps++) {
		assert_true(steps < NOR_STEPS);
		assert_false(updates.resetting);
		poll();
	}
	assert_int_equal(boot.view.record.status[B], BOOT_TRIAL);
	assert_true(poll());
	assert_int_equal(change.kind, UPDATE_RESET);
	assert_int_equal(change.slot, B);
	assert_int_equal(change.result, UPDATE_OK);
	assert_int_equal(channel.answer.result, UPDATE_OK);
	/* And nothing takes the trial away before the reset. */
	post(UPDATE_DROP, B, 0);
	for (unsigned i = 0; i < NOR_STEPS; i++)
		assert_false(poll());
	assert_int_equal(boot.view.record.status[B], BOOT_TRIAL);
	/* Where the firmware refuses it can be asked for again, and is told again. */
	updates.resetting = false;
	assert_true(poll()); /* the drop, which is one change too many */
	assert_int_equal(channel.answer.result, UPDATE_LIMIT);
	assert_int_equal(ask(UPDATE_RESET, B, 0), UPDATE_OK);
	assert_int_equal(change.kind, UPDATE_RESET);
}

/* [utest->swr~update-reset~1] */
static void no_reset(void **state)
{
	/* A trial of this boot that isn't confirmed yet; nobody knows what runs; a lost state. */
	record(B, BOOT_GOOD, BOOT_TRIAL);
	nor_attempt(0, 0, 4u << 16 | BOOT_STARTED << 8 | BOOT_TRIED_B);
	boot_open(&boot, &nor_flash, nor_copies);
	refused(UPDATE_UNCONFIRMED, 2);
	nor_attempt(0, 1, 0xffff010b);
	boot_open(&boot, &nor_flash, nor_copies);
	boot.confirmed = true;
	refused(UPDATE_UNKNOWN, 2);
	/* A trial that isn't first, a first that is no trial. */
	nor_start(1);
	record(A, BOOT_GOOD, BOOT_TRIAL);
	refused(UPDATE_NO_TRIAL, 2);
	record(B, BOOT_GOOD, BOOT_GOOD);
	boot.view.running = A;
	assert_int_equal(ask(UPDATE_RESET, B, 0), UPDATE_NO_TRIAL);
	/* The flash doesn't take the trial. */
	record(A, BOOT_GOOD, BOOT_GOOD);
	nor.fails_at = nor.steps + 20;
	assert_int_equal(ask(UPDATE_TRY, B, 0x77), UPDATE_FAILED);
	nor.fails_at = 0;
	assert_int_equal(ask(UPDATE_RESET, B, 0), UPDATE_NO_TRIAL);
	/* Without the word, whatever there is. */
	assert_true(updates_open(&updates, &channel, sizeof(channel), false, now, HZ));
	assert_int_equal(ask(UPDATE_TRY, B, 0x77), UPDATE_OK);
	refused(UPDATE_FORBIDDEN, 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(status, start),	      cmocka_unit_test_setup(update, start),
		cmocka_unit_test_setup(refusals, start),      cmocka_unit_test_setup(limit, start),
		cmocka_unit_test_setup(nothing_to_do, start), cmocka_unit_test_setup(flash_fails, start),
		cmocka_unit_test_setup(one_at_a_time, start), cmocka_unit_test_setup(noise, start),
		cmocka_unit_test_setup(reset, start),	      cmocka_unit_test_setup(no_reset, start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
