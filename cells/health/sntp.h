/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sntp.h - the time of day from an NTP server (RFC 4330, RFC 5905): a question, what an answer is worth, and
 * the time that follows from it. Portable.
 *
 * The machine's counter goes on at its own pace between answers; nothing is steered.
 */
#ifndef HEALTH_SNTP_H
#define HEALTH_SNTP_H

#include <stdbool.h>
#include <stdint.h>

#define SNTP_BYTES 48u

struct sntp_clock { /* all zero: the time isn't known */
	bool known;
	uint64_t unix_ns, ticks; /* they were at the same moment */
	uint64_t uncertain_ns;	 /* at most so much off then, if the server is right: half the round trip */
	struct {
		uint64_t unix_ns, ticks;
		uint32_t answers; /* in a row that agree on this time instead */
	} other;
};

struct sntp_question {
	bool open;	/* an answer may come */
	uint64_t nonce; /* that it must bear */
	uint64_t asked; /* ticks */
};

enum sntp_answer {
	SNTP_TAKEN,
	SNTP_FOREIGN, /* it is none to the question */
	SNTP_USELESS, /* the server has no time to give, or wants to be left alone */
	SNTP_JUMP,    /* it is far from the time that was known: not taken before others have said the same */
};

/* `nonce` isn't to be foreseen by others. */
void sntp_ask(struct sntp_question *question, uint64_t nonce, uint64_t now, uint8_t *packet);
enum sntp_answer sntp_take(struct sntp_question *question, struct sntp_clock *clock, const uint8_t *packet,
			   uint32_t size, uint64_t now, uint64_t hz);
/* ns since 1970 at that count; 0: not known. */
uint64_t sntp_unix_ns(const struct sntp_clock *clock, uint64_t ticks, uint64_t hz);

#endif
