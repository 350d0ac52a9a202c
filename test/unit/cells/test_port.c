// SPDX-License-Identifier: Apache-2.0
/*
 * test_port.c - sampling and queuing ports: what a reader may and may not see.
 *
 * Both ranges: generations, queue_lossless
 * Robustness: sampling_stale, sampling_torn, sampling_corrupt, hostile_header, too_small,
 * queue_overwrites, queue_unopened, concurrent
 */
#include "test.h"

#include <pthread.h>

#include "crc32.h"
#include "port.h"

#define BYTES 4096u

static _Alignas(64) uint64_t channel[BYTES / 8];
static struct port_writer writer;
static struct port_reader reader;
static struct port_message message;
static uint8_t buffer[256];

static void make(uint64_t slots, uint64_t slot_bytes)
{
	memset(channel, 0, sizeof(channel));
	channel[0] = 3; /* generation */
	port_reader_init(&reader, channel, channel, BYTES);
	assert_int_equal(port_writer_init(&writer, channel, channel, BYTES, slots, slot_bytes, 100), PORT_OK);
}

static struct port_slot *slot(void)
{
	return (struct port_slot *)((uintptr_t)channel + PORT_OFFSET + sizeof(struct port_header));
}

static enum port_status sample(uint64_t now)
{
	return port_sample(&reader, buffer, sizeof(buffer), now, 50, &message);
}

static enum port_status receive(void)
{
	return port_receive(&reader, buffer, sizeof(buffer), 1000, &message);
}

static void crc_vectors(void **state)
{
	assert_int_equal(crc32_add(0, "123456789", 9), 0xcbf43926);
	assert_int_equal(crc32_add(crc32_add(0, "1234", 4), "56789", 5), 0xcbf43926);
	assert_int_equal(crc32_add(0, "", 0), 0);
}

/* [utest->swr~port-sampling~1] */
/* [utest->swr~port-stale~1] [utest->swr~port-torn~1] */
static void sampling_value(void **state)
{
	make(1, 32);
	assert_int_equal(sample(100), PORT_EMPTY);
	for (uint64_t length = 0; length <= 32; length++) {
		uint8_t data[33];

		memset(data, (int)length + 1, sizeof(data));
		assert_int_equal(port_write(&writer, data + 1, length, 200), PORT_OK);
		assert_int_equal(sample(210), PORT_OK);
		assert_int_equal(message.length, length);
		assert_int_equal(message.age, 10);
		assert_int_equal(message.number, length + 1);
		assert_memory_equal(buffer, data + 1, length);
	}
	assert_int_equal(sample(210), PORT_OK); /* the last value stays */
	assert_int_equal(port_write(&writer, buffer, 33, 200), PORT_INVALID);
}

/* [utest->swr~port-stale~1] */
static void sampling_stale(void **state)
{
	make(1, 8);
	assert_int_equal(port_write(&writer, "12345678", 8, 200), PORT_OK);
	assert_int_equal(sample(250), PORT_OK);
	assert_int_equal(sample(251), PORT_STALE);
	assert_int_equal(message.age, 51);
	assert_int_equal(sample(199), PORT_OK); /* written just after `now` was taken */
	assert_int_equal(message.age, 0);
	assert_int_equal(sample(149), PORT_CORRUPT); /* from the future */
}

/* [utest->swr~port-torn~1] */
static void sampling_torn(void **state)
{
	make(1, 8);
	assert_int_equal(port_write(&writer, "12345678", 8, 200), PORT_OK);
	slot()->sequence++; /* the writer is at it */
	assert_int_equal(sample(200), PORT_TORN);
	slot()->sequence--;
	assert_int_equal(sample(200), PORT_OK);
}

/* [utest->swr~port-torn~1] [utest->swr~port-sampling~1] */
static void sampling_corrupt(void **state)
{
	make(1, 8);
	assert_int_equal(port_write(&writer, "12345678", 8, 200), PORT_OK);
	for (unsigned bit = 0; bit < 64; bit++) {
		slot()->payload[0] ^= UINT64_C(1) << bit;
		assert_int_equal(sample(200), PORT_CORRUPT);
		slot()->payload[0] ^= UINT64_C(1) << bit;
	}
	slot()->length = UINT64_MAX;
	assert_int_equal(sample(200), PORT_CORRUPT);
	slot()->length = 9;
	assert_int_equal(sample(200), PORT_CORRUPT);
	slot()->length = 8;
	assert_int_equal(sample(200), PORT_OK);
}

/* A hostile writer's header must not lead the reader out of the channel. */
/* [utest->swr~port-sampling~1] [utest->swr~port-torn~1] */
static void hostile_header(void **state)
{
	struct port_header *header = (struct port_header *)((uintptr_t)channel + PORT_OFFSET);
	static const uint64_t bad[] = {0, 4, UINT64_MAX, UINT64_MAX - 7, UINT64_C(1) << 63, BYTES, 1 << 20};

	for (unsigned i = 0; i < LENGTH(bad); i++) {
		make(1, 8);
		assert_int_equal(port_write(&writer, "12345678", 8, 200), PORT_OK);
		header->slot_bytes = bad[i];
		assert_int_equal(sample(200), PORT_CORRUPT);
		make(1, 8);
		assert_int_equal(port_write(&writer, "12345678", 8, 200), PORT_OK);
		if (bad[i] != 4) {
			header->slots = bad[i];
			assert_int_equal(sample(200), PORT_CORRUPT);
		}
	}
	make(1, 8);
	header->magic = 1;
	assert_int_equal(sample(200), PORT_CORRUPT);
	port_reader_init(&reader, channel, channel, 32);
	assert_int_equal(sample(200), PORT_INVALID);
}

/* [utest->swr~port-generation~1] */
static void generations(void **state)
{
	make(1, 8);
	assert_int_equal(port_write(&writer, "12345678", 8, 200), PORT_OK);
	channel[0] = 4; /* the writing cell was restarted, the port is its predecessor's */
	assert_int_equal(sample(200), PORT_FOREIGN);
	assert_int_equal(port_writer_init(&writer, channel, channel, BYTES, 1, 8, 300), PORT_OK);
	assert_int_equal(sample(300), PORT_EMPTY);
	assert_int_equal(port_write(&writer, "12345678", 8, 301), PORT_OK);
	assert_int_equal(sample(301), PORT_OK);
	assert_int_equal(message.generation, 4);
	assert_int_equal(message.epoch, 300);
}

/* [utest->swr~port-sampling~1] */
static void too_small(void **state)
{
	static const uint64_t sizes[] = {0, 8, PORT_OFFSET, PORT_OFFSET + sizeof(struct port_header) + 8};

	for (unsigned i = 0; i < LENGTH(sizes); i++)
		assert_int_equal(port_writer_init(&writer, channel, channel, sizes[i], 1, 8, 1),
				 PORT_INVALID);
	assert_int_equal(port_writer_init(&writer, channel, channel, BYTES, 0, 8, 1), PORT_INVALID);
	assert_int_equal(port_writer_init(&writer, channel, channel, BYTES, 1, 0, 1), PORT_INVALID);
	assert_int_equal(port_writer_init(&writer, channel, channel, BYTES, UINT64_MAX, 8, 1), PORT_INVALID);
	assert_int_equal(port_writer_init(&writer, channel, (char *)channel + 4, BYTES, 1, 8, 1),
			 PORT_INVALID);
}

/* [utest->swr~port-queue-loss~1] */
static void queue_overwrites(void **state)
{
	make(4, 8);
	assert_int_equal(receive(), PORT_EMPTY);
	for (uint64_t n = 1; n <= 3; n++)
		assert_int_equal(port_write(&writer, &n, 8, n), PORT_OK);
	for (uint64_t n = 1; n <= 3; n++) {
		assert_int_equal(receive(), PORT_OK);
		assert_int_equal(*(uint64_t *)buffer, n);
	}
	assert_int_equal(receive(), PORT_EMPTY);
	for (uint64_t n = 4; n <= 13; n++)
		assert_int_equal(port_write(&writer, &n, 8, n), PORT_OK);
	for (uint64_t n = 10; n <= 13; n++) {
		assert_int_equal(receive(), PORT_OK);
		assert_int_equal(*(uint64_t *)buffer, n);
	}
	assert_int_equal(receive(), PORT_EMPTY);
	assert_int_equal(reader.lost, 6);
}

/* A reader that comes in time, at the latest when the queue is full, has lost nothing.
 * [utest->swr~port-queue-loss~1] */
static void queue_kept_up_with(void **state)
{
	uint64_t written = 0, taken = 0;

	make(4, 8);
	for (unsigned round = 0; round < 20; round++) {
		for (unsigned n = 0; n < 1 + round % 4; n++) {
			written++;
			assert_int_equal(port_write(&writer, &written, 8, 1), PORT_OK);
		}
		while (taken < written) {
			assert_int_equal(receive(), PORT_OK);
			assert_int_equal(*(uint64_t *)buffer, ++taken);
		}
		assert_int_equal(receive(), PORT_EMPTY);
		assert_int_equal(reader.lost, 0);
	}
}

/* [utest->swr~port-generation~1] */
static void queue_restarts(void **state)
{
	uint64_t n = 7;

	make(4, 8);
	assert_int_equal(port_write(&writer, &n, 8, n), PORT_OK);
	assert_int_equal(receive(), PORT_OK);
	assert_int_equal(port_writer_init(&writer, channel, channel, BYTES, 4, 8, 900), PORT_OK);
	assert_int_equal(receive(), PORT_EMPTY);
	assert_int_equal(port_write(&writer, &n, 8, n), PORT_OK);
	assert_int_equal(receive(), PORT_OK);
	assert_int_equal(message.number, 1);
	assert_int_equal(reader.lost, 0);
}

/* No writer yet, or one that is starting: nothing is taken over from its memory. */
/* [utest->swr~port-queue-loss~1] */
static void queue_unopened(void **state)
{
	struct port_header *header = (struct port_header *)((uintptr_t)channel + PORT_OFFSET);

	make(4, 8);
	header->magic = 0;
	header->epoch = 4711;
	header->head = 3;
	assert_int_equal(receive(), PORT_EMPTY);
	assert_int_equal(reader.epoch, 0);
	assert_int_equal(reader.next, 1);
	assert_int_equal(reader.lost, 0);
}

/* [utest->swr~port-queue-lossless~1] */
static void queue_lossless(void **state)
{
	char *halves = (char *)channel;
	struct port_writer back;
	struct port_reader back_reader;
	uint64_t taken = 0, sent = 0;

	memset(channel, 0, sizeof(channel));
	channel[0] = 1;
	assert_int_equal(port_writer_init(&writer, channel, halves, BYTES / 2, 4, 8, 5), PORT_OK);
	assert_int_equal(port_writer_init(&back, channel, halves + BYTES / 2, BYTES / 2, 4, 8, 6), PORT_OK);
	port_reader_init(&reader, channel, halves, BYTES / 2);
	port_reader_init(&back_reader, channel, halves + BYTES / 2, BYTES / 2);
	port_pair(&writer, &back_reader);
	port_pair(&back, &reader);
	for (unsigned round = 0; round < 50; round++) {
		while (port_write(&writer, &sent, 8, 10) == PORT_OK)
			sent++;
		assert_int_equal(sent - taken, 4);
		for (unsigned n = 0; n < round % 5; n++) {
			assert_int_equal(receive(), PORT_OK);
			assert_int_equal(*(uint64_t *)buffer, taken++);
		}
	}
	assert_int_equal(reader.lost, 0);
	/* The writer starts anew: old acknowledgements don't count. */
	assert_int_equal(port_writer_init(&writer, channel, halves, BYTES / 2, 4, 8, 77), PORT_OK);
	port_pair(&writer, &back_reader);
	for (sent = 0; sent < 4; sent++)
		assert_int_equal(port_write(&writer, &sent, 8, 80), PORT_OK);
	assert_int_equal(port_write(&writer, &sent, 8, 80), PORT_FULL);
	assert_int_equal(receive(), PORT_OK);
	assert_int_equal(*(uint64_t *)buffer, 0);
	assert_int_equal(port_write(&writer, &sent, 8, 80), PORT_OK);
}

static volatile int stop;

static void *write_always(void *argument)
{
	uint64_t words[16];

	for (uint64_t n = 1; !stop; n++) {
		for (unsigned i = 0; i < LENGTH(words); i++)
			words[i] = n * (i + 1);
		port_write(&writer, words, sizeof(words), 0);
		for (volatile unsigned pause = 0; pause < n % 20000; pause++)
			;
	}
	return argument;
}

/* A writer on another core: whatever is called whole is whole. */
/* [utest->swr~port-torn~1] */
static void concurrent(void **state)
{
	pthread_t thread;
	uint64_t good = 0;

	make(1, 128);
	stop = 0;
	assert_int_equal(pthread_create(&thread, NULL, write_always, NULL), 0);
	for (unsigned i = 0; i < 10000000 && good < 5000; i++) {
		const uint64_t *words = (const uint64_t *)buffer;
		const enum port_status status = sample(0);

		assert_true(status == PORT_OK || status == PORT_TORN || status == PORT_EMPTY);
		if (status != PORT_OK)
			continue;
		good++;
		for (unsigned w = 1; w < 16; w++)
			assert_int_equal(words[w], words[0] * (w + 1));
	}
	stop = 1;
	pthread_join(thread, NULL);
	assert_true(good > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(crc_vectors),	    cmocka_unit_test(sampling_value),
		cmocka_unit_test(sampling_stale),   cmocka_unit_test(sampling_torn),
		cmocka_unit_test(sampling_corrupt), cmocka_unit_test(hostile_header),
		cmocka_unit_test(generations),	    cmocka_unit_test(too_small),
		cmocka_unit_test(queue_overwrites), cmocka_unit_test(queue_restarts),
		cmocka_unit_test(queue_lossless),   cmocka_unit_test(queue_unopened),
		cmocka_unit_test(concurrent),	    cmocka_unit_test(queue_kept_up_with),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
