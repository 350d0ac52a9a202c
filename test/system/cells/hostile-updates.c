// SPDX-License-Identifier: Apache-2.0
/*
 * hostile-updates.c - what a Linux cell can do to the health cell through the channel `update`, as fast as it
 * can.
 *
 *   hostile-updates noise MS   random words all over the channel: kinds and slots that there are among them,
 * but for what would be a request that may be granted (of slot b) hostile-updates flood MS   requests for the
 * state, not waiting for an answer hostile-updates tries MS   trials of slot b, each of another image, as
 * soon as the one before is answered hostile-updates resets MS  the same for resets of the machine
 *
 * Prints how many words it stored, or how many requests it made and how many of them were granted.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../../src/blueprint/update.h"
#include "monotonic.h"
#include "window.h"

#define WORDS (sizeof(struct update_channel) / sizeof(uint64_t))
#define LOOKS 256u /* at the clock, every so many words */

static volatile struct update_channel *channel;
static uint64_t seed = 88172645463325252;

static uint64_t random_word(void) /* xorshift64 */
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	return seed ^= seed << 17;
}

static void noise(int64_t until)
{
	const uint64_t sequence = offsetof(struct update_channel, request.sequence) / sizeof(uint64_t),
		       kind = sequence + 1, slot = sequence + 2;
	volatile uint64_t *const words = (volatile uint64_t *)channel;
	uint64_t count = 0;

	do {
		for (unsigned i = 0; i < LOOKS; i++) {
			words[random_word() % WORDS] = random_word();
			words[kind] = random_word() % 8;
			words[slot] = random_word() % 2 ? random_word() : 2 * (random_word() % 2);
			words[sequence] = random_word();
			count += 4;
		}
	} while (monotonic_ms() < until);
	channel->answer.layout = UPDATE_LAYOUT; /* what the health cell wrote once */
	channel->answer.magic = UPDATE_MAGIC;
	printf("noise: %" PRIu64 " words\n", count);
}

static void flood(int64_t until)
{
	uint64_t count = 0;

	channel->request.kind = UPDATE_STATUS;
	do {
		for (unsigned i = 0; i < LOOKS; i++)
			channel->request.sequence = ++count;
	} while (monotonic_ms() < until);
	printf("flood: %" PRIu64 " words\n", count);
}

/* As soon as the one before is answered. */
static void ask(const char *way, enum update_kind kind, int64_t until)
{
	uint64_t count = 0, granted = 0, sequence = channel->answer.sequence;

	channel->request.kind = kind;
	channel->request.slot = 1;
	while (monotonic_ms() < until) {
		channel->request.digest[0] = random_word();
		__sync_synchronize();
		channel->request.sequence = ++sequence;
		while (channel->answer.sequence != sequence && monotonic_ms() < until)
			;
		if (channel->answer.sequence == sequence) {
			count++;
			granted += channel->answer.result == UPDATE_OK;
		}
	}
	printf("%s: %" PRIu64 " requests, %" PRIu64 " granted\n", way, count, granted);
}

int main(int count, char **words)
{
	struct window window;

	if (count != 3 || !window_find(UPDATE_CHANNEL, &window))
		return 2;
	channel = window_map(&window, true);
	if (!channel)
		return 1;
	if (strcmp(words[1], "noise") == 0)
		noise(monotonic_ms() + atoi(words[2]));
	else if (strcmp(words[1], "flood") == 0)
		flood(monotonic_ms() + atoi(words[2]));
	else if (strcmp(words[1], "tries") == 0)
		ask(words[1], UPDATE_TRY, monotonic_ms() + atoi(words[2]));
	else if (strcmp(words[1], "resets") == 0)
		ask(words[1], UPDATE_RESET, monotonic_ms() + atoi(words[2]));
	else
		return 2;
	return 0;
}
