// SPDX-License-Identifier: Apache-2.0
/*
 * sntp.c - the time of day (sntp.h). [impl->swr~sntp-answers~1]
 */
#include "sntp.h"

#include "timer.h"

#define CLIENT		0x23u /* no leap warning, version 4, mode 3 */
#define MODE		0x07u
#define MODE_SERVER	4u
#define LEAP		0xc0u
#define LEAP_UNKNOWN	0xc0u /* the server's clock isn't set */
#define STRATUM_MOST	15u   /* 0: a refusal (RFC 5905, 7.4) */
#define STRATUM		1u
#define ORIGIN		24u
#define RECEIVED	32u
#define SENT		40u
#define SECONDS_TO_1970 UINT64_C(2208988800)
#define ERA_SECONDS	(UINT64_C(1) << 32)
#define UNCERTAIN_NS	UINT64_C(1500000000) /* RFC 5905, 7.2: MAXDIST */
#define JUMP_NS		UINT64_C(1000000000)
#define JUMP_ANSWERS	3u

static uint64_t read64(const uint8_t *at)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < 8; i++)
		value = value << 8 | at[i];
	return value;
}

/* Seconds since 1900 and a binary fraction. What lies before 1970 is of the era that begins in 2036. */
static uint64_t to_unix_ns(uint64_t stamp)
{
	uint64_t seconds = stamp >> 32;

	seconds = seconds < SECONDS_TO_1970 ? seconds + ERA_SECONDS - SECONDS_TO_1970
					    : seconds - SECONDS_TO_1970;
	return seconds * NS_PER_SECOND + ((stamp & UINT32_MAX) * NS_PER_SECOND >> 32);
}

/* The time of the question is told to nobody: a nonce stands for it. */
void sntp_ask(struct sntp_question *question, uint64_t nonce, uint64_t now, uint8_t *packet)
{
	*question = (struct sntp_question){.open = true, .nonce = nonce, .asked = now};
	for (unsigned i = 0; i < SNTP_BYTES; i++)
		packet[i] = 0;
	packet[0] = CLIENT;
	for (unsigned i = 0; i < 8; i++)
		packet[SENT + i] = (uint8_t)(nonce >> (56 - 8 * i));
}

static bool is_near(uint64_t unix_ns, uint64_t ticks, const struct sntp_clock *heard, uint64_t hz)
{
	const uint64_t expected = unix_ns + timer_to_ns(heard->ticks - ticks, hz);

	return (expected > heard->unix_ns ? expected - heard->unix_ns : heard->unix_ns - expected) <= JUMP_NS;
}

/* True: the time heard is far from what is known, and too few have said so yet. [impl->swr~sntp-jumps~1] */
static bool is_jump(struct sntp_clock *clock, const struct sntp_clock *heard, uint64_t hz)
{
	bool agrees;

	if (!clock->known || is_near(clock->unix_ns, clock->ticks, heard, hz))
		return false;
	agrees = clock->other.answers && is_near(clock->other.unix_ns, clock->other.ticks, heard, hz);
	clock->other.answers = agrees ? clock->other.answers + 1 : 1;
	clock->other.unix_ns = heard->unix_ns;
	clock->other.ticks = heard->ticks;
	return clock->other.answers < JUMP_ANSWERS;
}

enum sntp_answer sntp_take(struct sntp_question *question, struct sntp_clock *clock, const uint8_t *packet,
			   uint32_t size, uint64_t now, uint64_t hz)
{
	uint64_t received, sent, round_trip, at_server;
	struct sntp_clock heard;

	if (!question->open || size < SNTP_BYTES || (packet[0] & MODE) != MODE_SERVER ||
	    read64(packet + ORIGIN) != question->nonce)
		return SNTP_FOREIGN;
	question->open = false;
	if ((packet[0] & LEAP) == LEAP_UNKNOWN || !packet[STRATUM] || packet[STRATUM] > STRATUM_MOST ||
	    !read64(packet + RECEIVED) || !read64(packet + SENT))
		return SNTP_USELESS;
	received = to_unix_ns(read64(packet + RECEIVED));
	sent = to_unix_ns(read64(packet + SENT));
	round_trip = timer_to_ns(now - question->asked, hz);
	at_server = sent - received;
	if (sent < received || at_server > round_trip)
		return SNTP_USELESS; /* it says that it had the question for longer than we waited */
	heard = (struct sntp_clock){
		.known = true,
		.ticks = now,
		.unix_ns = sent + (round_trip - at_server) / 2,
		.uncertain_ns = (round_trip - at_server) / 2,
	};
	if (heard.uncertain_ns > UNCERTAIN_NS)
		return SNTP_USELESS;
	if (is_jump(clock, &heard, hz))
		return SNTP_JUMP;
	*clock = heard;
	return SNTP_TAKEN;
}

uint64_t sntp_unix_ns(const struct sntp_clock *clock, uint64_t ticks, uint64_t hz)
{
	if (!clock->known)
		return 0;
	if (ticks >= clock->ticks)
		return clock->unix_ns + timer_to_ns(ticks - clock->ticks, hz);
	return clock->unix_ns - timer_to_ns(clock->ticks - ticks, hz);
}
