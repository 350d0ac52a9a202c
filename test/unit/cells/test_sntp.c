// SPDX-License-Identifier: Apache-2.0
/*
 * test_sntp.c - an NTP server's answers, right ones and others. The counter runs at 1 GHz.
 *
 * Robustness: foreign, useless, jumps, late
 */
#include "test.h"

#include "sntp.h"

#define HZ    1000000000
#define NONCE UINT64_C(0x0123456789abcdef)
#define ASKED 5000000000

static struct sntp_question question;
static struct sntp_clock clock_;
static uint8_t packet[SNTP_BYTES];

static void put64(unsigned at, uint64_t value)
{
	for (unsigned i = 0; i < 8; i++)
		packet[at + i] = (uint8_t)(value >> (56 - 8 * i));
}

/* Asked, and answered well: the server had it at .25 s and sent at .5 s of the second that is `seconds` since
 * 1900. */
static int ask(void **state)
{
	clock_ = (struct sntp_clock){0};
	sntp_ask(&question, NONCE, ASKED, packet);
	assert_int_equal(packet[0], 0x23);
	for (unsigned i = 1; i < 40; i++)
		assert_int_equal(packet[i], 0);
	assert_int_equal(packet[40], 0x01);
	assert_int_equal(packet[47], 0xef);
	memset(packet, 0, sizeof(packet));
	packet[0] = 0x24;
	packet[1] = 2;
	put64(24, NONCE);
	put64(32, UINT64_C(3900000000) << 32 | 0x40000000);
	put64(40, UINT64_C(3900000000) << 32 | 0x80000000);
	return 0;
}

static enum sntp_answer take(void)
{
	return sntp_take(&question, &clock_, packet, sizeof(packet), ASKED + 450000000, HZ);
}

/* [utest->swr~sntp-answers~1] */
static void right(void **state)
{
	assert_int_equal(sntp_unix_ns(&clock_, ASKED, HZ), 0);
	assert_int_equal(take(), SNTP_TAKEN);
	/* 0.45 s there and back, 0.25 s of it at the server */
	assert_int_equal(clock_.uncertain_ns, 100000000);
	assert_int_equal(sntp_unix_ns(&clock_, ASKED + 450000000, HZ), UINT64_C(1691011200600000000));
	assert_int_equal(sntp_unix_ns(&clock_, ASKED, HZ), UINT64_C(1691011200150000000));
	assert_int_equal(sntp_unix_ns(&clock_, ASKED + 10450000000, HZ), UINT64_C(1691011210600000000));
	assert_int_equal(take(), SNTP_FOREIGN); /* once */
}

/* Of 2036 on. */
/* [utest->swr~sntp-answers~1] [utest->swr~sntp-jumps~1] */
static void next_era(void **state)
{
	put64(32, UINT64_C(10) << 32);
	put64(40, UINT64_C(10) << 32);
	assert_int_equal(take(), SNTP_TAKEN);
	assert_int_equal(clock_.unix_ns / HZ, UINT64_C(2085978506));
}

/* [utest->swr~sntp-answers~1] */
static void foreign(void **state)
{
	packet[0] = 0x23; /* a client's */
	assert_int_equal(take(), SNTP_FOREIGN);
	packet[0] = 0x24;
	packet[31] ^= 1; /* not of our nonce */
	assert_int_equal(take(), SNTP_FOREIGN);
	packet[31] ^= 1;
	assert_int_equal(sntp_take(&question, &clock_, packet, SNTP_BYTES - 1, ASKED + 1, HZ), SNTP_FOREIGN);
	assert_false(clock_.known);
	assert_int_equal(take(), SNTP_TAKEN); /* none of them ended the question */
}

/* [utest->swr~sntp-answers~1] */
static void useless(void **state)
{
	static const struct {
		unsigned at;
		uint8_t value;
	} all[] = {
		{0, 0xe4},  /* its clock isn't set */
		{1, 0},	    /* a refusal */
		{1, 16},    /* unsynchronised */
		{40, 0xe0}, /* sent before it was received */
		{32, 0xe0}, /* had for longer than we waited */
	};

	for (unsigned i = 0; i < LENGTH(all); i++) {
		ask(NULL);
		packet[all[i].at] = all[i].value;
		assert_int_equal(take(), SNTP_USELESS);
		assert_false(clock_.known);
	}
	ask(NULL);
	put64(40, 0);
	assert_int_equal(take(), SNTP_USELESS);
}

static enum sntp_answer take_at(uint64_t seconds, uint64_t now)
{
	sntp_ask(&question, NONCE, now, packet);
	memset(packet, 0, sizeof(packet));
	packet[0] = 0x24;
	packet[1] = 2;
	put64(24, NONCE);
	put64(32, seconds << 32);
	put64(40, seconds << 32);
	return sntp_take(&question, &clock_, packet, sizeof(packet), now, HZ);
}

/* A time far from the last is taken when three in a row say so. [utest->swr~sntp-jumps~1] */
static void jumps(void **state)
{
	const uint64_t there = 3900000000, elsewhere = 3800000000, second = HZ;

	assert_int_equal(take_at(there, second), SNTP_TAKEN);
	assert_int_equal(take_at(there + 257, 257 * second), SNTP_TAKEN); /* a second off */
	assert_int_equal(take_at(there + 516, 513 * second), SNTP_JUMP);  /* two */
	assert_int_equal(clock_.other.answers, 1);
	assert_int_equal(take_at(there + 513, 513 * second), SNTP_TAKEN);
	assert_int_equal(clock_.other.answers, 0);
	for (unsigned i = 0; i < 10; i++) { /* a liar now and then, or several */
		assert_int_equal(take_at(elsewhere + i, (600 + i) * second), SNTP_JUMP);
		assert_int_equal(take_at(there + 5000 * (i + 1), (600 + i) * second), SNTP_JUMP);
	}
	assert_int_equal(sntp_unix_ns(&clock_, 513 * second, HZ),
			 (there + 513 - UINT64_C(2208988800)) * second);
	assert_int_equal(take_at(elsewhere, 700 * second), SNTP_JUMP);
	assert_int_equal(take_at(elsewhere + 256, 956 * second), SNTP_JUMP);
	assert_int_equal(take_at(elsewhere + 512, 1212 * second), SNTP_TAKEN);
	assert_int_equal(clock_.unix_ns, (elsewhere + 512 - UINT64_C(2208988800)) * second);
}

/* What took seconds to come back may be that much off. [utest->swr~sntp-jumps~1] */
static void late(void **state)
{
	assert_int_equal(
		sntp_take(&question, &clock_, packet, sizeof(packet), ASKED + UINT64_C(3300000000), HZ),
		SNTP_USELESS);
	assert_false(clock_.known);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(right, ask),   cmocka_unit_test_setup(next_era, ask),
		cmocka_unit_test_setup(foreign, ask), cmocka_unit_test_setup(useless, ask),
		cmocka_unit_test_setup(jumps, ask),   cmocka_unit_test_setup(late, ask),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
