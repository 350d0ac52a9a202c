// SPDX-License-Identifier: Apache-2.0
/*
 * test_publisher.c - the metrics' channel from both sides: the health cell's writer, a Linux cell's reader.
 *
 * Robustness: bounded_at_most, too_long, most, torn, restarted, hostile
 */
#include "test.h"

#include <pthread.h>
#include <stdlib.h>

#include "../../../cells/linux/metrics_reader.h"
#include "port.h"
#include "publisher.h"
#include "slots.h"
#include "small_machine.h"

#define BYTES	 65536u
#define INTERVAL 1000000000u
#define START	 5000000000u
#define POLL	 2000000u

static struct small_machine *small;
static _Alignas(64) uint64_t memory[BYTES / 8 + 64]; /* a text's end follows wherever it is looked for */
static struct metrics_channel *const channel = (struct metrics_channel *)memory;
static struct publisher publisher;
static struct metrics_reading reading;
static char text[BYTES], whole[2 * BYTES];
static uint64_t now;

static int start(void **state)
{
	small = small_machine();
	memset(memory, 0, BYTES);
	memset(memory + BYTES / 8, '\n', sizeof(memory) - BYTES);
	memory[0] = 1; /* generation */
	now = START;
	return publisher_open(&publisher, memory, BYTES, INTERVAL) ? 0 : -1;
}

static enum metrics_status look(void)
{
	memset(text, 0x55, sizeof(text));
	return metrics_read(channel, BYTES, text, &reading);
}

/* Polls until a text has ended; its length. */
static uint64_t publish(void)
{
	uint64_t length;

	while (!(length = publisher_poll(&publisher, &small->source, now)))
		now += POLL;
	return length;
}

/* The document as the web server gives it, at a time. */
static uint64_t render(uint64_t at)
{
	struct body body;
	uint64_t length = 0;
	uint32_t more;

	body_start(&body, &small->source, BODY_METRICS, at);
	while ((more = body_next(&body, whole + length, (uint32_t)(sizeof(whole) - length))))
		length += more;
	return length;
}

/* [utest->swr~metrics-channel~1] [utest->swr~exporter-reads~1] */
static void same_text(void **state)
{
	const uint64_t length = publish();

	assert_int_equal(look(), METRICS_READ);
	assert_int_equal(reading.length, length);
	assert_int_equal(reading.time, START);
	assert_int_equal(render(START), length);
	assert_memory_equal(text, whole, length);
	assert_int_equal(text[(length + 7) / 8 * 8], 0x55); /* no further */
}

/* However it is looked at meanwhile: the one before until the next is whole. [utest->swr~metrics-channel~1]
 */
static void always_whole(void **state)
{
	uint64_t polls = 0, seen = 0;

	assert_int_equal(look(), METRICS_NONE);
	for (; channel->newest < 5; polls++) {
		publisher_poll(&publisher, &small->source, now);
		now += POLL;
		small->telemetry[0].exits[EXIT_IRQ]++;
		assert_int_equal(channel->texts[publisher.number % 2].sequence,
				 2 * publisher.number - publisher.writing);
		if (!channel->newest) {
			assert_int_equal(look(), METRICS_NONE);
			continue;
		}
		assert_int_equal(look(), METRICS_READ);
		assert_true(reading.time >= seen && strstr(text, "bulkhead_health_poll_delay_max_seconds"));
		assert_int_equal(text[reading.length - 1], '\n');
		seen = reading.time;
	}
	/* One an interval, each of several polls. */
	assert_int_equal(seen, START + 4 * (uint64_t)INTERVAL);
	assert_true(polls > 4 * INTERVAL / POLL);
}

/* [utest->swr~metrics-channel-room~1] */
static void too_long(void **state)
{
	const uint64_t length = render(START), size = sizeof(*channel) + 2 * ((length - 1) / 8 * 8);

	memory[size / 8] = 0x1234;
	assert_true(publisher_open(&publisher, memory, size, INTERVAL));
	assert_int_equal(publish(), length);
	assert_true(length > publisher.room);
	assert_int_equal(metrics_read(channel, size, text, &reading), METRICS_TOO_LONG);
	assert_int_equal(memory[size / 8], 0x1234);
	/* With a word more of room it is there. */
	assert_true(publisher_open(&publisher, memory, size + 2 * 8, INTERVAL));
	assert_int_equal(publish(), length);
	assert_int_equal(metrics_read(channel, size + 2 * 8, text, &reading), METRICS_READ);
	assert_false(publisher_open(&publisher, memory, sizeof(*channel) + 8, INTERVAL));
}

/* The longest names and the largest numbers, of a machine with both of its cells. */
static void fill(struct boot *boot)
{
	struct directory_cell *cells = (struct directory_cell *)small->machine.cells;

	for (unsigned i = 0; i < 2; i++) {
		memset(cells[i].name, 'n', sizeof(cells[i].name) - 1);
		cells[i].heartbeat_ns = UINT64_MAX;
		cells[i].log_ipa = (uintptr_t)&small->log;
	}
	memset(small->telemetry, 0xff, sizeof(small->telemetry));
	memset(small->heartbeats, 0xff, sizeof(small->heartbeats));
	memset(&small->log, 0xff, sizeof(small->log));
	memset(&small->counters, 1, sizeof(small->counters)); /* what is true or false is true */
	memset(&small->counters.cores, 0xff, sizeof(small->counters.cores));
	memset(&small->counters.http, 0xff, sizeof(small->counters.http));
	for (unsigned i = 0; i < 2; i++)
		memset(small->counters.cells[i].restarts, 0xff, sizeof(small->counters.cells[i].restarts));
	memset(boot, 0xff, sizeof(*boot));
	boot->confirmed = boot->view.valid = true;
}

/* What a poll adds, until a text has ended. */
static void is_bounded(void)
{
	uint64_t before = 0, polls = 0;

	for (; !channel->newest; polls++) {
		publisher_poll(&publisher, &small->source, now);
		assert_true(publisher.length - before <= 1024);
		before = publisher.length;
	}
	assert_true(channel->texts[1].length > 1024 && polls > channel->texts[1].length / 1024);
}

/* [utest->swr~metrics-channel-bounded~1] */
static void bounded(void **state)
{
	is_bounded();
}

/* Nor does anything that the text is of make a poll longer. [utest->swr~metrics-channel-bounded~1] */
static void bounded_at_most(void **state)
{
	const uint64_t usual = render(START);
	static struct boot boot;
	const struct slots slots = {.boot = &boot, .lost = true};

	fill(&boot);
	small->source.slots = &slots;
	is_bounded();
	assert_true(channel->texts[1].length > usual);
	small->source.slots = NULL;
}

/* The build's bounds hold with the longest names and the largest numbers, each by itself.
 * [utest->swr~metrics-channel-room~1] */
static void most(void **state)
{
	static struct boot boot;
	const struct slots slots = {.boot = &boot, .lost = true};
	uint64_t all, cell, cores, streams;

	fill(&boot);
	all = render(UINT64_MAX);
	small->source.slots = &slots;
	assert_in_range(render(UINT64_MAX) - all, 1, METRICS_BYTES_BOOT);
	small->source.slots = NULL;
	streams = small->machine.stream_count;
	small->machine.stream_count = 0;
	assert_true(all - render(UINT64_MAX) <= METRICS_BYTES_STREAM * streams);
	all = render(UINT64_MAX);
	small->machine.cell_count = 1;
	cell = all - render(UINT64_MAX);
	assert_in_range(cell, 1, METRICS_BYTES_CELL);
	small->machine.core_count = 1;
	cores = all - cell - render(UINT64_MAX);
	assert_in_range(cores, 1, 2 * METRICS_BYTES_CORE);
	assert_in_range(render(UINT64_MAX) - cell - cores / 2, 1, METRICS_BYTES_MACHINE);
}

/* What a reader finds while text n is written over, or cut off by the writer's end.
 * [utest->swr~exporter-reads~1] */
static void torn(void **state)
{
	publish();
	for (uint64_t sequence = 0; sequence < 5; sequence++) {
		channel->texts[1].sequence = sequence;
		assert_int_equal(look(), sequence == 2 ? METRICS_READ : METRICS_TORN);
	}
	channel->texts[1].sequence = 2;
	channel->newest = 2; /* announced, and not there */
	assert_int_equal(look(), METRICS_TORN);
}

/* The writer begins anew, or the channel is being zeroed for it. [utest->swr~exporter-reads~1] */
static void restarted(void **state)
{
	publish();
	memory[0] = 0;
	assert_int_equal(look(), METRICS_NONE); /* what it says is the last life's */
	memset(memory, 0, BYTES);
	memory[0] = 2;
	assert_int_equal(look(), METRICS_NONE);
	assert_true(publisher_open(&publisher, memory, BYTES, INTERVAL));
	assert_int_equal(look(), METRICS_NONE);
	publish();
	assert_int_equal(look(), METRICS_READ);
}

/* [utest->swr~exporter-reads~1] */
static void hostile(void **state)
{
	static const uint64_t lengths[] = {0, 1, UINT64_MAX, UINT64_MAX - 7, UINT64_C(1) << 63};
	const uint64_t length = publish(), room = publisher.room;

	channel->magic++;
	assert_int_equal(look(), METRICS_WRONG);
	channel->magic--;
	channel->layout++;
	assert_int_equal(look(), METRICS_WRONG);
	channel->layout--;
	for (unsigned i = 0; i < LENGTH(lengths); i++) {
		channel->room = lengths[i];
		assert_int_equal(look(), METRICS_WRONG);
	}
	channel->room = channel->texts[1].length = BYTES / 2; /* to beyond the channel's end */
	assert_int_equal(look(), METRICS_WRONG);
	channel->room = room;
	for (unsigned i = 0; i < LENGTH(lengths); i++) {
		channel->texts[1].length = lengths[i];
		assert_int_equal(look(), lengths[i] > room ? METRICS_TOO_LONG : METRICS_WRONG);
	}
	channel->texts[1].length = room; /* all of it, and no line ends there */
	assert_int_equal(look(), METRICS_WRONG);
	channel->texts[1].length = length;
	channel->texts[1].form = 2;
	assert_int_equal(look(), METRICS_WRONG);
	channel->texts[1].form = METRICS_TEXT_0_0_4;
	channel->newest = UINT64_MAX; /* 2n wraps */
	assert_int_equal(look(), METRICS_TORN);
	channel->newest = 1;
	assert_int_equal(look(), METRICS_READ);
	for (uint64_t size = 0; size < sizeof(*channel); size++)
		assert_int_equal(metrics_read(channel, size, text, &reading), METRICS_WRONG);
	/* Any header, and no byte beyond half of the channel. */
	srand(1);
	for (unsigned i = 0; i < 20000; i++) {
		memory[1 + (unsigned)rand() % (sizeof(*channel) / 8 - 1)] =
			(uint64_t)rand() << (rand() % 64) ^ (uint64_t)rand();
		look();
		assert_int_equal(text[BYTES / 2], 0x55);
		if (i % 8 == 7)
			memory[1 + (unsigned)rand() % 7] = (uint64_t)rand() % 3;
	}
}

/* Texts of one letter each, as fast as can be. */
static void *scribble(void *stop)
{
	for (uint64_t n = 1; !*(volatile bool *)stop; n++) {
		volatile struct metrics_text *of = &channel->texts[n % 2];
		volatile uint64_t *words = channel->words + n % 2 * (channel->room / 8);

		of->sequence = 2 * n - 1;
		port_write_barrier();
		of->form = METRICS_TEXT_0_0_4;
		of->length = channel->room;
		for (uint64_t i = 0; i < channel->room / 8; i++)
			words[i] = UINT64_C(0x0101010101010101) * ('a' + n % 26) +
				   (i + 1 == channel->room / 8) * ((uint64_t)('\n' - 'a' - n % 26) << 56);
		port_write_barrier();
		of->sequence = 2 * n;
		port_write_barrier();
		channel->newest = n;
	}
	return NULL;
}

/* Beside a writer on another core: whole texts, or none. [utest->swr~exporter-reads~1] */
static void beside(void **state)
{
	unsigned whole_ones = 0;
	bool stop = false;
	pthread_t writer;

	channel->room = 2048;
	assert_false(pthread_create(&writer, NULL, scribble, &stop));
	for (unsigned i = 0; i < 40000 || !whole_ones; i++) {
		const enum metrics_status status = look();

		assert_true(status == METRICS_READ || status == METRICS_TORN || status == METRICS_NONE);
		if (status != METRICS_READ)
			continue;
		whole_ones++;
		assert_int_equal(reading.length, 2048);
		for (unsigned b = 1; b < 2047; b++)
			assert_true(text[b] == text[0]);
	}
	stop = true;
	pthread_join(writer, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(same_text, start), cmocka_unit_test_setup(always_whole, start),
		cmocka_unit_test_setup(bounded, start),	  cmocka_unit_test_setup(too_long, start),
		cmocka_unit_test_setup(most, start),	  cmocka_unit_test_setup(torn, start),
		cmocka_unit_test_setup(restarted, start), cmocka_unit_test_setup(hostile, start),
		cmocka_unit_test_setup(beside, start),	  cmocka_unit_test_setup(bounded_at_most, start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
