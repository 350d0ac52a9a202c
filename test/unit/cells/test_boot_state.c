// SPDX-License-Identifier: Apache-2.0
/*
 * test_boot_state.c - the boot state on a model of NOR flash.
 *
 * Both ranges: choice, attempts
 * Robustness: no_room_for_trials, power_cuts_of_room, lost, power_cuts, power_cuts_in_turn,
 * power_cuts_of_the_first, bad_flash, not_erased, untold, no_word_left
 */
#include "test.h"

#include "boot_state.h"
#include "nor_flash.h"

#define A			     0u
#define B			     1u
#define TRIED(slot, reason, counter) ((uint32_t)(counter) << 16 | (uint32_t)(reason) << 8 | (slot))
#define STARTED_A(counter)	     TRIED(BOOT_TRIED_A, BOOT_STARTED, counter)
#define STARTED_B(counter)	     TRIED(BOOT_TRIED_B, BOOT_STARTED, counter)
#define SEEDS			     20u

static struct boot boot;

static struct boot_record record_of(uint32_t sequence, uint32_t primary, uint32_t a, uint32_t b)
{
	struct boot_record record = {
		.magic = BOOT_MAGIC,
		.format = BOOT_FORMAT,
		.sequence = sequence,
		.floor = 3,
		.primary = primary,
		.status = {a, b},
		.counter = {3, 4},
	};

	memset(record.digest[A], 0xa0, BOOT_DIGEST);
	memset(record.digest[B], 0xb0, BOOT_DIGEST);
	return record;
}

static void open(void)
{
	boot_open(&boot, &nor_flash, nor_copies);
}

static int start(void **state)
{
	nor_start(1);
	return 0;
}

static void power_on(void)
{
	struct nor was = nor;

	nor_start(was.random);
	memcpy(nor.bytes, was.bytes, sizeof(nor.bytes));
	open();
}

/* Until it has ended, or the power has. */
static void run(void)
{
	for (uint32_t i = 0; i < NOR_STEPS && boot_busy(&boot); i++)
		boot_poll(&boot, i);
}

static void write(const struct boot_record *next)
{
	boot_write(&boot, next, 0);
	run();
}

static bool same(const struct boot_record *a, const struct boot_record *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

/* [utest->swr~boot-state-choice~1] */
static void choice(void **state)
{
	static const struct {
		const char *what;
		uint32_t offset, value;
	} damages[] = {
		{"magic", offsetof(struct boot_record, magic), 0x53424843},
		{"format", offsetof(struct boot_record, format), BOOT_FORMAT + 1},
		{"no sequence", offsetof(struct boot_record, sequence), 0},
		{"primary", offsetof(struct boot_record, primary), 2},
		{"status of A", offsetof(struct boot_record, status), BOOT_STATUS_COUNT},
		{"status of B", offsetof(struct boot_record, status) + 4, BOOT_ERASED},
	};

	nor_record(0, record_of(7, A, BOOT_GOOD, BOOT_GOOD));
	nor_record(1, record_of(8, B, BOOT_GOOD, BOOT_GOOD));
	open();
	assert_true(boot.view.valid);
	assert_int_equal(boot.view.copy, 1);
	assert_int_equal(boot.view.copies, 2);
	assert_int_equal(boot.view.record.sequence, 8);
	nor_record(0, record_of(9, A, BOOT_GOOD, BOOT_GOOD));
	open();
	assert_int_equal(boot.view.copy, 0);
	for (uint32_t bit = 0; bit < 8 * sizeof(struct boot_record); bit++) {
		nor.bytes[bit / 8] ^= 1 << bit % 8; /* none of these bits is of no account */
		open();
		assert_int_equal(boot.view.record.sequence, 8);
		assert_int_equal(boot.view.copies, 1);
		nor.bytes[bit / 8] ^= 1 << bit % 8;
	}
	for (unsigned i = 0; i < LENGTH(damages); i++) { /* the checksum is right */
		struct boot_record damaged = record_of(9, A, BOOT_GOOD, BOOT_GOOD);

		memcpy((char *)&damaged + damages[i].offset, &damages[i].value, 4);
		nor_record(0, damaged);
		open();
		if (boot.view.record.sequence != 8 || boot.view.copies != 1)
			fail_msg("%s", damages[i].what);
	}
	nor_record(1, (struct boot_record){.magic = BOOT_MAGIC});
	open();
	assert_false(boot.view.valid);
	assert_int_equal(boot.view.running, BOOT_UNKNOWN);
}

/* [utest->swr~boot-state-attempts~1] */
static void attempts(void **state)
{
	nor_record(0, record_of(7, A, BOOT_TRIAL, BOOT_GOOD));
	open(); /* written since the boot: what is to be tried doesn't run */
	assert_int_equal(boot.view.running, B);
	assert_true(boot.confirmed && !boot.view.recorded);
	nor_attempt(0, 0, STARTED_A(5u));
	open();
	assert_int_equal(boot.view.running, A);
	assert_int_equal(boot.view.running_counter, 5);
	assert_int_equal(boot.view.fell_back, BOOT_UNKNOWN);
	assert_false(boot.confirmed);
	nor_attempt(0, 1, STARTED_B(4u));
	open();
	assert_int_equal(boot.view.running, B);
	assert_int_equal(boot.view.fell_back, A);
	assert_int_equal(boot.view.reason[A], BOOT_STARTED);
	assert_int_equal(boot.view.attempts[A], 1);
	nor_attempt(0, 0, TRIED(0xff, BOOT_SIGNATURE, 0xffff));
	open();
	assert_int_equal(boot.view.reason[A], BOOT_SIGNATURE);
	/* The loader may have gone on behind the last of them: nobody knows what runs. */
	nor_attempt(0, 2, TRIED(BOOT_TRIED_A, BOOT_TOO_OLD, 2));
	open();
	assert_int_equal(boot.view.reason[A], BOOT_TOO_OLD);
	assert_int_equal(boot.view.running, BOOT_UNKNOWN);
	nor_attempt(0, 3, 0xffffff0f); /* of no slot: cut off half-way */
	open();
	assert_int_equal(boot.view.running, BOOT_UNKNOWN);
	assert_int_equal(boot.view.attempts[A] + boot.view.attempts[B], 3);
	nor_attempt(0, 4, STARTED_B(4u));
	open();
	assert_int_equal(boot.view.running, B);
	for (uint32_t i = 5; i < BOOT_ATTEMPTS; i++)
		nor_attempt(0, i, STARTED_B(4u));
	open(); /* full: of a boot after that there is no word */
	assert_int_equal(boot.view.running, BOOT_UNKNOWN);
	nor_record(0, record_of(7, B, BOOT_EMPTY, BOOT_GOOD));
	nor_attempt(0, 0, STARTED_A(5u)); /* nothing is there */
	open();
	assert_int_equal(boot.view.running, BOOT_UNKNOWN);
}

/* Before attempts have no room, of which nobody could tell what runs: all are forgotten but this boot's.
 * [utest->swr~boot-attempts-room~1] */
static void room(void **state)
{
	const struct boot_record record = record_of(7, A, BOOT_GOOD, BOOT_GOOD);
	struct boot_record next;

	nor_record(0, record);
	for (uint32_t i = 0; i < 16; i++) {
		open();
		assert_false(boot_make_room(&boot, 0));
		nor_attempt(0, i, i > 2 ? STARTED_B(4u) : TRIED(BOOT_TRIED_A, BOOT_SIGNATURE, 3));
	}
	open();
	assert_true(boot_make_room(&boot, 0));
	run();
	assert_int_equal(boot.write, BOOT_WRITE_DONE);
	assert_int_equal(nor.last, NOR_BLOCK + offsetof(struct boot_record, crc));
	assert_int_equal(boot.view.running, B);
	assert_false(boot.confirmed);
	assert_false(boot_make_room(&boot, 0));
	assert_true(boot_confirm(&boot.view, &next)); /* still something to write: the attempt */
	power_on();
	assert_int_equal(boot.view.record.sequence, 8);
	assert_memory_equal(boot.view.record.digest, record.digest, sizeof(record.digest));
	assert_int_equal(boot.view.record.primary, A);
	assert_int_equal(boot.view.record.floor, 3);
	assert_int_equal(boot.view.running, B);
	assert_int_equal(boot.view.running_counter, 4);
	assert_int_equal(boot.view.attempts[A], 0);
	assert_int_equal(boot.view.attempts[B], 1);
	assert_false(boot.confirmed);
	/* The loader goes on behind it. */
	nor_attempt(1, 1, STARTED_A(3u));
	open();
	assert_int_equal(boot.view.running, A);
}

/* [utest->swr~boot-attempts-room~1] */
static void no_room_for_trials(void **state)
{
	nor_record(0, record_of(7, A, BOOT_TRIAL, BOOT_GOOD));
	nor_attempt(0, 0, STARTED_A(5u));
	for (uint32_t i = 1; i < 20; i++)
		nor_attempt(0, i, STARTED_B(4u));
	open();
	assert_true(boot_make_room(&boot, 0));
	run();
	power_on();
	assert_int_equal(boot.view.record.status[A], BOOT_EMPTY); /* else it would be tried once more */
	assert_int_equal(boot.view.record.status[B], BOOT_GOOD);
	assert_int_equal(boot.view.running, B);
	/* One that runs, or what isn't known, is left alone. */
	nor_start(1);
	nor_record(0, record_of(7, A, BOOT_TRIAL, BOOT_GOOD));
	for (uint32_t i = 0; i < 20; i++)
		nor_attempt(0, i, STARTED_A(5u));
	open();
	assert_false(boot_make_room(&boot, 0));
	nor_attempt(0, 20, TRIED(BOOT_TRIED_B, BOOT_SIGNATURE, 4));
	open();
	assert_int_equal(boot.view.running, BOOT_UNKNOWN);
	assert_false(boot_make_room(&boot, 0));
}

/* Either all attempts, or the last alone. [utest->swr~boot-attempts-room~1] */
static void power_cuts_of_room(void **state)
{
	bool done = false;

	for (uint32_t power = 0; !done; power++) {
		nor_start(power);
		nor_record(0, record_of(7, A, BOOT_GOOD, BOOT_GOOD));
		for (uint32_t i = 0; i < 17; i++)
			nor_attempt(0, i, STARTED_B(4u));
		open();
		nor.power = power;
		assert_true(boot_make_room(&boot, 0));
		run();
		done = boot.write == BOOT_WRITE_DONE;
		power_on();
		assert_int_equal(boot.view.running, B);
		assert_false(boot.confirmed);
		assert_int_equal(boot.view.recorded, boot.view.record.sequence == 8 ? 1 : 17);
		assert_true(!done || boot.view.record.sequence == 8);
		assert_int_equal(nor.erasures[0] + nor.programmed[0], 0);
	}
}

/* [utest->swr~boot-state-confirm~1] */
static void confirm(void **state)
{
	struct boot_record next;

	/* A trial that holds. */
	nor_record(0, record_of(7, A, BOOT_TRIAL, BOOT_GOOD));
	nor_attempt(0, 0, STARTED_A(5u));
	open();
	assert_true(boot_confirm(&boot.view, &next));
	write(&next);
	assert_int_equal(boot.write, BOOT_WRITE_DONE);
	power_on();
	assert_int_equal(boot.view.copy, 1);
	assert_int_equal(boot.view.record.sequence, 8);
	assert_int_equal(boot.view.record.status[A], BOOT_GOOD);
	assert_int_equal(boot.view.record.status[B], BOOT_GOOD);
	assert_int_equal(boot.view.record.primary, A);
	assert_int_equal(boot.view.record.floor, 5);
	assert_int_equal(boot.view.record.counter[A], 5);
	assert_memory_equal(boot.view.record.digest, record_of(7, A, 0, 0).digest, sizeof(next.digest));
	assert_false(boot_confirm(&boot.view, &next)); /* nothing would change */
	/* An ordinary boot: its attempt is forgotten, the floor doesn't fall. */
	nor_attempt(1, 0, STARTED_B(4u));
	open();
	assert_true(boot_confirm(&boot.view, &next));
	assert_int_equal(next.floor, 5);
	assert_int_equal(next.primary, B);
	assert_int_equal(next.status[A], BOOT_GOOD);
	/* A trial that didn't, and is tried no more. */
	nor_record(0, record_of(9, A, BOOT_TRIAL, BOOT_GOOD));
	nor_attempt(0, 0, STARTED_A(5u));
	nor_attempt(0, 1, STARTED_B(BOOT_COUNTER_UNKNOWN));
	open();
	assert_true(boot_confirm(&boot.view, &next));
	assert_int_equal(next.primary, B);
	assert_int_equal(next.status[A], BOOT_EMPTY);
	assert_int_equal(next.floor, 3);
	assert_int_equal(next.counter[B], 4);
	/* Nobody knows what runs: it doesn't become good, and what is isn't touched. */
	nor_attempt(0, 2, TRIED(BOOT_TRIED_B, BOOT_UNREADABLE, BOOT_COUNTER_UNKNOWN));
	open();
	assert_int_equal(boot.view.running, BOOT_UNKNOWN);
	assert_true(boot_confirm(&boot.view, &next));
	assert_int_equal(next.status[A], BOOT_EMPTY);
	assert_int_equal(next.status[B], BOOT_GOOD);
	assert_int_equal(next.primary, A);
	assert_int_equal(next.floor, 3);
	/* Nor is the last thing that could start taken away. */
	nor_record(0, record_of(9, A, BOOT_TRIAL, BOOT_EMPTY));
	nor_attempt(0, 0, TRIED(BOOT_TRIED_A, BOOT_UNREADABLE, BOOT_COUNTER_UNKNOWN));
	open();
	assert_false(boot_confirm(&boot.view, &next));
}

/* [utest->swr~boot-state-lost~1] */
static void lost(void **state)
{
	static const uint8_t any[2 * BOOT_DIGEST] = {[0 ... 2 * BOOT_DIGEST - 1] = 0xff};
	struct boot_record next;

	open();
	assert_false(boot.view.valid || boot.confirmed);
	assert_true(boot_confirm(&boot.view, &next));
	write(&next);
	assert_int_equal(boot.write, BOOT_WRITE_DONE);
	power_on();
	assert_true(boot.view.valid);
	assert_int_equal(boot.view.record.sequence, 1);
	assert_int_equal(boot.view.record.floor, 0);
	assert_int_equal(boot.view.record.primary, A);
	assert_int_equal(boot.view.record.status[A], BOOT_GOOD);
	assert_int_equal(boot.view.record.status[B], BOOT_GOOD);
	assert_memory_equal(boot.view.record.digest, any, sizeof(any));
	/* Which of them runs it doesn't tell. */
	assert_int_equal(boot.view.running, BOOT_UNKNOWN);
	assert_false(boot_confirm(&boot.view, &next));
	nor_attempt(0, 1, STARTED_B(2u)); /* behind the word that says so */
	open();
	assert_int_equal(boot.view.running, B);
}

/* Every step of every kind of write, whatever stands in the copy that it goes to.
 * [utest->swr~boot-state-write~1] */
static void power_cuts(void **state)
{
	uint32_t cuts = 0;

	for (uint32_t seed = 1; seed <= SEEDS; seed++) {
		for (uint32_t kind = 0; kind < 4; kind++) {
			const uint32_t counts = seed % 2, other = 1 - counts;
			const struct boot_record old = record_of(7, A, BOOT_TRIAL, BOOT_GOOD);
			struct boot_record next, was;
			uint8_t copy[NOR_BLOCK];
			bool done = false;

			for (uint32_t power = 0; !done; power++, cuts++) {
				nor_start(seed * 1000 + power);
				nor_record(counts, old);
				nor_attempt(counts, 0, STARTED_A(5u));
				if (kind == 1) /* older */
					nor_record(other, record_of(6, B, BOOT_GOOD, BOOT_GOOD));
				else if (kind == 2) /* newer, and broken */
					nor_record(other, (struct boot_record){.sequence = 9});
				else if (kind == 3)
					memset(nor.bytes + nor_copies[other], 0, NOR_BLOCK);
				memcpy(copy, nor.bytes + nor_copies[counts], NOR_BLOCK);
				open();
				was = boot.view.record;
				assert_true(boot_confirm(&boot.view, &next));
				nor.power = power;
				write(&next);
				done = boot.write == BOOT_WRITE_DONE;
				assert_memory_equal(copy, nor.bytes + nor_copies[counts], NOR_BLOCK);
				power_on();
				assert_true(boot.view.valid);
				assert_true(same(&boot.view.record, &next) ||
					    (same(&boot.view.record, &was) && !done));
				if (same(&boot.view.record, &next)) {
					assert_false(boot.view.recorded);
				} else { /* as it was before: it is tried no second time */
					assert_int_equal(boot.view.running, A);
					assert_int_equal(boot.view.attempts[A], BOOT_TRIES_TRIAL);
				}
			}
			assert_int_equal(nor.erasures[counts] + nor.programmed[counts], 0);
		}
	}
	assert_true(cuts > SEEDS * 4 * 50);
}

/* The cut, and the next one while what it left is mended. [utest->swr~boot-state-write~1] */
static void power_cuts_in_turn(void **state)
{
	struct boot_record next;

	nor_record(0, record_of(1, A, BOOT_GOOD, BOOT_GOOD));
	for (uint32_t i = 0; i < 3000; i++) {
		uint32_t before;

		power_on();
		assert_true(boot.view.valid);
		before = boot.view.record.sequence;
		nor_attempt(boot.view.copy, 0, STARTED_A(3u));
		open();
		assert_true(boot_confirm(&boot.view, &next));
		nor.power = nor_random() % 80;
		write(&next);
		assert_true(boot.view.record.sequence == before ||
			    (boot.write == BOOT_WRITE_DONE && boot.view.record.sequence == before + 1));
	}
	assert_true(boot.view.record.sequence > 100);
}

/* A state that is lost is made anew, or still lost. [utest->swr~boot-state-lost~1]
 * [utest->swr~boot-state-write~1] */
static void power_cuts_of_the_first(void **state)
{
	struct boot_record next;
	bool done = false;

	for (uint32_t power = 0; !done; power++) {
		nor_start(power);
		open();
		assert_true(boot_confirm(&boot.view, &next));
		nor.power = power;
		write(&next);
		done = boot.write == BOOT_WRITE_DONE;
		power_on();
		assert_true(boot.view.valid ? same(&boot.view.record, &next) : !done);
	}
}

/* What the flash didn't take doesn't count. [utest->swr~boot-state-write~1] */
static void bad_flash(void **state)
{
	struct boot_record next;

	for (uint32_t word = 0; word < sizeof(struct boot_record) / 4; word++) {
		uint32_t stuck;

		nor_start(word);
		nor_record(0, record_of(7, A, BOOT_TRIAL, BOOT_GOOD));
		nor_attempt(0, 0, STARTED_A(5u));
		open();
		assert_true(boot_confirm(&boot.view, &next));
		nor.stuck_offset = NOR_BLOCK + 4 * word;
		nor.stuck_bits = stuck = ~((uint32_t *)&next)[word] & 0x80000001;
		write(&next);
		assert_int_equal(boot.write, stuck ? BOOT_WRITE_FAILED : BOOT_WRITE_DONE);
		assert_int_equal(boot.view.record.sequence, stuck ? 7 : 8);
		assert_int_equal(boot.failures, stuck != 0);
		power_on();
		assert_int_equal(boot.view.record.sequence, stuck ? 7 : 8);
	}
	/* The chip says so; and then it works again. */
	nor_start(1);
	nor_record(0, record_of(7, A, BOOT_TRIAL, BOOT_GOOD));
	nor_attempt(0, 0, STARTED_A(5u));
	open();
	assert_true(boot_confirm(&boot.view, &next));
	for (uint32_t step = 1; step < 60; step += 3) {
		nor.fails_at = nor.steps + step;
		write(&next);
		assert_int_equal(boot.write, BOOT_WRITE_FAILED);
		assert_int_equal(boot.view.copies, 1);
	}
	nor.fails_at = 0;
	write(&next);
	assert_int_equal(boot.write, BOOT_WRITE_DONE);
	assert_int_equal(boot.view.copies, 2);
	assert_int_equal(nor.erasures[0], 0);
}

/* A block that isn't erased, whatever the chip says. [utest->swr~boot-state-write~1] */
static void not_erased(void **state)
{
	struct boot_record next;

	nor_record(0, record_of(7, A, BOOT_TRIAL, BOOT_GOOD));
	nor_attempt(0, 0, STARTED_A(5u));
	open();
	assert_true(boot_confirm(&boot.view, &next));
	boot_write(&boot, &next, 0);
	for (uint32_t i = 0; i < 4; i++)
		boot_poll(&boot, i);
	assert_int_equal(boot.write, BOOT_WRITE_ERASES);
	/* The fifth look would end it. */
	nor_flash.poll(0);
	nor.bytes[NOR_BLOCK + 255] = 0x7f;
	boot_poll(&boot, 5);
	assert_int_equal(boot.write, BOOT_WRITE_FAILED);
	assert_int_equal(nor.programmed[1], 0);
}

/* Little at a time: others wait meanwhile. [utest->swr~boot-state-write~1] */
static void steps(void **state)
{
	struct boot_record next;

	nor_record(0, record_of(7, A, BOOT_TRIAL, BOOT_GOOD));
	open();
	assert_int_equal(boot_try(&boot.view, A, record_of(0, 0, 0, 0).digest[B], &next, &(bool){0}),
			 UPDATE_OK);
	boot_write(&boot, &next, 0);
	for (uint32_t i = 0; boot_busy(&boot); i++) {
		const uint32_t before = nor.programmed[1];

		boot_poll(&boot, i);
		assert_in_range(nor.programmed[1], before, before + 1);
		assert_int_equal(nor.steps, i + 1);
	}
	assert_int_equal(nor.programmed[1], sizeof(next) / 4);
	assert_int_equal(nor.last, NOR_BLOCK + offsetof(struct boot_record, crc));
}

/* A life behind one that confirmed without knowing what runs. */
static void confirmed_and_unknown(void)
{
	open();
	assert_true(boot.confirmed);
	assert_int_equal(boot.view.running, BOOT_UNKNOWN);
	assert_int_equal(boot.view.last, BOOT_TRIED_UNKNOWN);
	assert_int_equal(boot.view.attempts[A] + boot.view.attempts[B], 0);
}

/* The loader's attempt isn't there: its flash took none. [utest->swr~boot-untold~1] */
static void untold(void **state)
{
	struct boot_record next;

	nor_record(0, record_of(7, A, BOOT_GOOD, BOOT_GOOD));
	open();
	boot_begins(&boot);
	assert_int_equal(boot.view.running, BOOT_UNKNOWN);
	assert_false(boot.confirmed);
	assert_true(boot_confirm(&boot.view, &next));
	write(&next);
	assert_int_equal(boot.write, BOOT_WRITE_DONE);
	confirmed_and_unknown();
	assert_int_equal(boot.view.record.sequence, 8);
	/* The next boot, untold as well: confirmed anew, without an erasure. */
	boot_begins(&boot);
	assert_int_equal(boot.view.running, BOOT_UNKNOWN);
	assert_false(boot.confirmed);
	assert_false(boot_confirm(&boot.view, &next));
	/* And one whose attempt is there. */
	nor_attempt(1, 1, STARTED_B(4u));
	open();
	boot_begins(&boot);
	assert_int_equal(boot.view.running, B);
	assert_int_equal(boot.view.attempts[B], 1);
	assert_false(boot.confirmed);
	assert_true(boot_confirm(&boot.view, &next));
	write(&next);
	open();
	assert_true(boot.confirmed && !boot.view.recorded);
	assert_int_equal(boot.view.running, B);
}

/* Only one can have been started without an attempt. [utest->swr~boot-untold~1] */
static void untold_but_known(void **state)
{
	static const uint32_t others[] = {BOOT_TRIAL, BOOT_EMPTY};

	for (unsigned i = 0; i < LENGTH(others); i++) {
		nor_start(1);
		nor_record(0, record_of(7, B, BOOT_GOOD, others[i]));
		open();
		boot_begins(&boot);
		assert_int_equal(boot.view.running, A);
		assert_false(boot.confirmed);
	}
}

/* No word was left for the boot's attempt: what was confirmed then isn't the primary to the next life.
 * [utest->swr~boot-untold~1] */
static void no_word_left(void **state)
{
	struct boot_record next;

	nor_record(0, record_of(7, A, BOOT_GOOD, BOOT_GOOD));
	for (uint32_t i = 0; i < BOOT_ATTEMPTS; i++)
		nor_attempt(0, i, STARTED_A(3u));
	open();
	boot_begins(&boot);
	assert_int_equal(boot.view.running, BOOT_UNKNOWN);
	assert_true(boot_confirm(&boot.view, &next));
	write(&next);
	confirmed_and_unknown();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(choice, start),
		cmocka_unit_test_setup(attempts, start),
		cmocka_unit_test_setup(room, start),
		cmocka_unit_test_setup(no_room_for_trials, start),
		cmocka_unit_test_setup(power_cuts_of_room, start),
		cmocka_unit_test_setup(confirm, start),
		cmocka_unit_test_setup(lost, start),
		cmocka_unit_test_setup(power_cuts, start),
		cmocka_unit_test_setup(power_cuts_in_turn, start),
		cmocka_unit_test_setup(power_cuts_of_the_first, start),
		cmocka_unit_test_setup(bad_flash, start),
		cmocka_unit_test_setup(not_erased, start),
		cmocka_unit_test_setup(steps, start),
		cmocka_unit_test_setup(untold, start),
		cmocka_unit_test_setup(untold_but_known, start),
		cmocka_unit_test_setup(no_word_left, start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
