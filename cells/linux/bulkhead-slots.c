// SPDX-License-Identifier: Apache-2.0
/*
 * bulkhead-slots.c - asks the health cell about the boot's slots, and for changes, through the channel
 * `update` (src/blueprint/update.h, docs/update.md).
 *
 *   bulkhead-slots status          what runs, and what the next boot starts
 *   bulkhead-slots drop SLOT       SLOT (a, b) is about to be written: it is not started until it is tried
 *   bulkhead-slots try SLOT SHA256 SLOT has the FIT of that digest: the next boot tries it, once and first
 *
 *   bulkhead-slots reset           the machine is reset, every cell of it, to begin the trial that was asked
 * for
 *
 * Exit status: 0 done, 1 not done (said why), 2 wrong usage.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "../../src/blueprint/update.h"
#include "../lib/include/port.h"
#include "monotonic.h"
#include "window.h"

#define LOCK	    "/run/bulkhead-slots.lock" /* one question at a time */
#define PATIENCE_MS 10000		       /* an erasure, and a health cell that begins anew */
#define DIGEST_HEX  (2 * BOOT_DIGEST)

static const char letters[] = "ab";
static const char *const statuses[] = {[BOOT_EMPTY] = "empty", [BOOT_TRIAL] = "trial", [BOOT_GOOD] = "good"};
static const char *const results[] = {
	[UPDATE_INVALID] = "no such request, slot or digest",
	[UPDATE_RUNNING] = "that slot runs",
	[UPDATE_UNCONFIRMED] = "what runs isn't confirmed yet: ask again later",
	[UPDATE_UNKNOWN] = "which slot runs isn't known in this boot: ask after the next one",
	[UPDATE_LIMIT] = "too many changes, the flash has to last: ask again in an hour",
	[UPDATE_FAILED] = "the flash didn't take it: the state is what it was",
	[UPDATE_FORBIDDEN] =
		"this cell may not have the machine reset: its partition file has no update-reset",
	[UPDATE_NO_TRIAL] = "the next boot would try nothing new: ask for a trial first",
};

static int usage(FILE *to)
{
	fputs("usage: bulkhead-slots status | drop SLOT | try SLOT SHA256 | reset\n"
	      "  status  what runs, and what the next boot starts\n"
	      "  drop    before SLOT (a or b) is written: it isn't started until it is tried\n"
	      "  try     SLOT has the FIT with that SHA-256: the next boot tries it, once and first\n"
	      "  reset   the machine, every cell of it, to begin that trial\n",
	      to);
	return to == stdout ? 0 : 2;
}

static int fail(const char *why)
{
	fprintf(stderr, "bulkhead-slots: %s\n", why);
	return 1;
}

static bool read_slot(const char *text, uint64_t *slot)
{
	const char *const found = text[0] && !text[1] ? strchr(letters, text[0]) : NULL;

	*slot = found ? (uint64_t)(found - letters) : BOOT_SLOTS;
	return found;
}

/* As sha256sum prints it; its first byte lowest. */
static bool read_digest(const char *text, uint64_t digest[4])
{
	uint8_t bytes[BOOT_DIGEST];

	if (strlen(text) != DIGEST_HEX || strspn(text, "0123456789abcdef") != DIGEST_HEX)
		return false;
	for (unsigned i = 0; i < BOOT_DIGEST; i++) {
		unsigned byte;

		sscanf(text + 2 * i, "%2x", &byte);
		bytes[i] = (uint8_t)byte;
	}
	memcpy(digest, bytes, sizeof(bytes));
	return true;
}

static volatile struct update_channel *open_channel(void)
{
	struct window window;

	if (!window_find(UPDATE_CHANNEL, &window) || !window.reads || !window.writes) {
		fail("this machine's tree has no channel " UPDATE_CHANNEL " that this cell reads and writes");
		return NULL;
	}
	if (window.size < sizeof(struct update_channel)) {
		fail("the channel " UPDATE_CHANNEL " is too small");
		return NULL;
	}
	return window_map(&window, true);
}

static void nap(void)
{
	nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
}

/* False: the health cell isn't there, or doesn't answer. [impl->swr~linux-slots~1] */
static bool ask(volatile struct update_channel *channel, const struct update_request *request)
{
	const int64_t until = monotonic_ms() + PATIENCE_MS;
	uint64_t sequence = channel->request.sequence;

	while (channel->answer.magic != UPDATE_MAGIC || channel->answer.layout != UPDATE_LAYOUT) {
		if (monotonic_ms() > until)
			return false;
		nap();
	}
	do
		sequence++;
	while (!sequence || sequence == channel->answer.sequence);
	channel->request.kind = request->kind;
	channel->request.slot = request->slot;
	for (unsigned i = 0; i < 4; i++)
		channel->request.digest[i] = request->digest[i];
	port_write_barrier(); /* the content before what announces it */
	channel->request.sequence = sequence;
	while (channel->answer.sequence != sequence) {
		if (monotonic_ms() > until)
			return false;
		nap();
	}
	port_read_barrier(); /* what announces it before the content */
	return true;
}

static void print_slot(const volatile struct update_answer *answer, unsigned slot)
{
	const uint64_t status = answer->status[slot];
	uint8_t digest[BOOT_DIGEST];
	uint64_t words[4];

	for (unsigned i = 0; i < 4; i++)
		words[i] = answer->digest[slot][i];
	memcpy(digest, words, sizeof(digest));
	printf("%c %s%s%s counter=%" PRIu64 " sha256=", letters[slot],
	       status <= BOOT_GOOD ? statuses[status] : "?", answer->running == slot ? " runs" : "",
	       answer->primary == slot ? " first" : "", answer->counter[slot]);
	for (unsigned i = 0; i < BOOT_DIGEST; i++)
		printf("%02x", digest[i]);
	putchar('\n');
}

static void print_state(const volatile struct update_answer *answer)
{
	for (unsigned slot = 0; slot < BOOT_SLOTS; slot++)
		print_slot(answer, slot);
	printf("%s floor=%" PRIu64 " state=%" PRIu64 " changes=%" PRIu64 "\n",
	       answer->confirmed ? "confirmed" : "unconfirmed", answer->floor, answer->state,
	       answer->changes);
}

static bool read_request(int count, char **words, struct update_request *request)
{
	*request = (struct update_request){0};
	if (count == 2 && strcmp(words[1], "status") == 0)
		request->kind = UPDATE_STATUS;
	else if (count == 3 && strcmp(words[1], "drop") == 0)
		request->kind = UPDATE_DROP;
	else if (count == 4 && strcmp(words[1], "try") == 0)
		request->kind = UPDATE_TRY;
	else if (count == 2 && strcmp(words[1], "reset") == 0)
		request->kind = UPDATE_RESET;
	else
		return false;
	return request->kind == UPDATE_STATUS || request->kind == UPDATE_RESET ||
	       (read_slot(words[2], &request->slot) &&
		(request->kind == UPDATE_DROP || read_digest(words[3], request->digest)));
}

static int run(const struct update_request *request)
{
	volatile struct update_channel *const channel = open_channel();
	uint64_t result;

	if (!channel)
		return 1;
	if (request->kind == UPDATE_RESET)
		sync(); /* there may be no time for it behind the answer */
	if (!ask(channel, request))
		return fail("the health cell doesn't answer");
	result = channel->answer.result;
	if (result != UPDATE_OK)
		return fail(result < sizeof(results) / sizeof(results[0]) && results[result] ? results[result]
											     : "refused");
	if (request->kind == UPDATE_RESET)
		printf("the machine is reset: slot %c is tried\n", letters[channel->answer.primary & 1]);
	else
		print_state(&channel->answer);
	return 0;
}

int main(int count, char **words)
{
	struct update_request request;
	int lock, status;

	if (count == 2 && strcmp(words[1], "--help") == 0)
		return usage(stdout);
	if (!read_request(count, words, &request))
		return usage(stderr);
	lock = open(LOCK, O_CREAT | O_RDWR | O_CLOEXEC, 0600);
	if (lock < 0)
		return fail(strerror(errno));
	status = flock(lock, LOCK_EX) ? fail(strerror(errno)) : run(&request);
	close(lock);
	return status;
}
