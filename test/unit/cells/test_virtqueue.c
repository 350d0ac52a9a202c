// SPDX-License-Identifier: Apache-2.0
/*
 * test_virtqueue.c - a virtqueue, with a device that keeps to the rules and one that doesn't.
 *
 * Robustness: full, lies, longer_than_a_buffer
 */
#include "test.h"

#include "virtqueue.h"

static struct virtqueue queue;
static uint16_t looked; /* of the device: available entries */

static int start(void **state)
{
	virtqueue_start(&queue, 8);
	looked = 0;
	return 0;
}

/* The device takes the next buffer that was given; -1: none was. */
static int device_takes(void)
{
	return looked == queue.available.index ? -1 : queue.available.ring[looked++ % queue.size];
}

static void device_returns(uint32_t id, uint32_t length)
{
	queue.used.ring[queue.used.index % queue.size] = (struct virtqueue_element){id, length};
	queue.used.index++;
}

/* The queue is as large as the device offers, but a power of two, and 64 at most.
 * [utest->swr~health-net-virtio~1] */
static void sizes(void **state)
{
	static const uint16_t offered[][2] = {{1, 1},	{2, 2},	   {3, 2},     {63, 32},
					      {64, 64}, {256, 64}, {32768, 64}};

	for (unsigned i = 0; i < LENGTH(offered); i++) {
		virtqueue_start(&queue, offered[i][0]);
		assert_int_equal(queue.size, offered[i][1]);
	}
}

/* Around the 16-bit indices more than once. [utest->swr~health-net-virtio~1] */
static void many_times_around(void **state)
{
	uint32_t length;
	uint16_t id;

	for (uint32_t i = 0; i < 200000; i++) {
		assert_true(virtqueue_free(&queue, &id));
		virtqueue_give(&queue, id, 100 + i % 7, i % 2);
		assert_int_equal(device_takes(), id);
		assert_int_equal(queue.descriptors[id].address, (uintptr_t)queue.buffers[id]);
		assert_int_equal(queue.descriptors[id].length, 100 + i % 7);
		assert_int_equal(queue.descriptors[id].flags, i % 2 ? VIRTQUEUE_WRITE : 0);
		assert_false(virtqueue_take(&queue, &id, &length));
		device_returns(id, i % 2000);
		assert_true(virtqueue_has_used(&queue));
		assert_true(virtqueue_take(&queue, &id, &length));
		assert_int_equal(length, i % 2000);
	}
	assert_int_equal(queue.given, 0);
	assert_false(queue.broken);
}

/* A queue whose buffers are all given has none to give before one is returned, in whatever order.
 * [utest->swr~health-net-virtio~1] */
static void full(void **state)
{
	uint32_t length;
	uint16_t id;

	for (unsigned i = 0; i < 8; i++) {
		assert_true(virtqueue_free(&queue, &id));
		virtqueue_give(&queue, id, 1, false);
	}
	assert_false(virtqueue_free(&queue, &id));
	device_returns(5, 0); /* in another order */
	assert_true(virtqueue_take(&queue, &id, &length));
	assert_true(virtqueue_free(&queue, &id));
	assert_int_equal(id, 5);
}

/* A buffer that isn't there, one that isn't the device's, one twice: it is believed no more.
 * [utest->swr~health-net-device-distrusted~1] */
static void lies(void **state)
{
	static const uint32_t named[] = {8, 64, 0x10000, UINT32_MAX, 3};
	uint32_t length;
	uint16_t id;

	for (unsigned i = 0; i < LENGTH(named); i++) {
		virtqueue_start(&queue, 8);
		virtqueue_give(&queue, 2, 10, true);
		device_returns(named[i], 10);
		assert_false(virtqueue_take(&queue, &id, &length));
		assert_true(queue.broken);
		device_returns(2, 10);
		assert_false(virtqueue_has_used(&queue));
		assert_false(virtqueue_take(&queue, &id, &length));
	}
	virtqueue_start(&queue, 8);
	virtqueue_give(&queue, 2, 10, true);
	device_returns(2, 10);
	device_returns(2, 10);
	assert_true(virtqueue_take(&queue, &id, &length));
	assert_false(virtqueue_take(&queue, &id, &length));
	assert_true(queue.broken);
}

/* A length that a device names counts as the buffer's at most. [utest->swr~health-net-device-distrusted~1] */
static void longer_than_a_buffer(void **state)
{
	uint32_t length;
	uint16_t id;

	virtqueue_give(&queue, 2, VIRTQUEUE_BUFFER, true);
	device_returns(2, UINT32_MAX);
	assert_true(virtqueue_take(&queue, &id, &length));
	assert_int_equal(length, VIRTQUEUE_BUFFER);
}

/* The device is notified unless it wants no notice, and signals unless it is told not to.
 * [utest->swr~health-net-virtio~1] */
static void flags(void **state)
{
	assert_true(virtqueue_wants_notice(&queue));
	queue.used.flags = VIRTQUEUE_NO_SIGNAL;
	assert_false(virtqueue_wants_notice(&queue));
	virtqueue_signals(&queue, false);
	assert_int_equal(queue.available.flags, VIRTQUEUE_NO_SIGNAL);
	virtqueue_signals(&queue, true);
	assert_int_equal(queue.available.flags, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(sizes, start),
		cmocka_unit_test_setup(many_times_around, start),
		cmocka_unit_test_setup(full, start),
		cmocka_unit_test_setup(lies, start),
		cmocka_unit_test_setup(longer_than_a_buffer, start),
		cmocka_unit_test_setup(flags, start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
