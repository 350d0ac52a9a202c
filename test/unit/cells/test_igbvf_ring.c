// SPDX-License-Identifier: Apache-2.0
/*
 * test_igbvf_ring.c - descriptor rings of the 82576, with a device that fills and empties them.
 *
 * Robustness: full_of_frames, bad_frames, done_for_ever, full_of_sent, no_such_length
 */
#include "test.h"

#include "igbvf_ring.h"

#define DONE	    1u
#define END	    2u
#define ERROR	    (1u << 31)
#define SENT	    (UINT64_C(1) << 32)
#define ROOM	    1514u
#define SEND_LENGTH 0xffffu

static struct igbvf_ring ring;
static uint32_t head; /* the device's */
static uint8_t frame[IGBVF_RING_BUFFER];

static int receives(void **state)
{
	igbvf_ring_receives(&ring);
	head = 0;
	return 0;
}

static int sends(void **state)
{
	igbvf_ring_sends(&ring);
	head = 0;
	return 0;
}

/* False: the slot at the device's head is the driver's. */
static bool device_puts(uint32_t status, uint16_t length, uint8_t content)
{
	struct igbvf_descriptor *slot = &ring.slots[head];

	if (head == igbvf_ring_receive_tail(&ring))
		return false;
	assert_int_equal(slot->first, (uintptr_t)ring.buffers[head]);
	assert_int_equal(slot->second, 0);
	memset(ring.buffers[head], content, length);
	slot->second = status | (uint64_t)length << 32;
	head = (head + 1) % IGBVF_RING;
	return true;
}

/* Each frame that the device has put is taken once, with its length and bytes, many times around the ring.
 * [utest->swr~health-net-igbvf~1] */
static void frames_around(void **state)
{
	assert_int_equal(igbvf_ring_receive_tail(&ring), IGBVF_RING - 1);
	for (uint32_t i = 0; i < 1000; i++) {
		assert_int_equal(igbvf_ring_receive(&ring, frame, ROOM), 0);
		assert_true(device_puts(DONE | END, (uint16_t)(60 + i), (uint8_t)i));
		assert_true(igbvf_ring_has_received(&ring));
		assert_int_equal(igbvf_ring_receive(&ring, frame, ROOM), 60 + i);
		assert_int_equal(frame[59 + i], (uint8_t)i);
	}
}

/* Frames of a full ring are taken whole and in order. [utest->swr~health-net-igbvf~1] */
static void full_of_frames(void **state)
{
	for (uint32_t i = 0; i < IGBVF_RING - 1; i++)
		assert_true(device_puts(DONE | END, 60, (uint8_t)i));
	assert_false(device_puts(DONE | END, 60, 0));
	for (uint32_t i = 0; i < IGBVF_RING - 1; i++) {
		assert_int_equal(igbvf_ring_receive(&ring, frame, ROOM), 60);
		assert_int_equal(frame[0], (uint8_t)i);
	}
	assert_int_equal(igbvf_ring_receive(&ring, frame, ROOM), 0);
}

/* Broken, too long, in pieces, and longer than any buffer: the next good one is found.
 * [utest->swr~health-net-device-distrusted~1] */
static void bad_frames(void **state)
{
	for (unsigned round = 0; round < 100; round++) {
		assert_true(device_puts(DONE | END | ERROR, 60, 1));
		assert_true(device_puts(DONE | END, ROOM + 1, 2));
		assert_true(device_puts(DONE, 2048, 3)); /* a giant, in three */
		assert_true(device_puts(DONE, 2048, 3));
		assert_true(device_puts(DONE | END, 60, 3));
		assert_true(device_puts(DONE | END, 61, 4));
		ring.slots[(head + IGBVF_RING - 1) % IGBVF_RING].second |= UINT64_C(0xffff) << 32;
		assert_true(device_puts(DONE | END, 62, 5));
		assert_int_equal(igbvf_ring_receive(&ring, frame, ROOM), 62);
		assert_int_equal(frame[0], 5);
	}
}

/* A device that says done for ever keeps nobody busy for ever. [utest->swr~health-net-bounded~1] */
static void done_for_ever(void **state)
{
	const uint32_t before = ring.next;

	for (uint32_t i = 0; i < IGBVF_RING; i++)
		ring.slots[i].second = DONE;
	assert_int_equal(igbvf_ring_receive(&ring, frame, ROOM), 0);
	assert_int_equal(ring.next, before);
}

/* Each frame that is sent is described to the device with its length and bytes, many times around the ring.
 * [utest->swr~health-net-igbvf~1] */
static void sent_around(void **state)
{
	for (uint32_t i = 0; i < 1000; i++) {
		memset(frame, (int)i, 60 + i);
		assert_true(igbvf_ring_send(&ring, frame, 60 + i));
		assert_int_equal(ring.slots[head].first, (uintptr_t)ring.buffers[head]);
		assert_int_equal(ring.slots[head].second & SEND_LENGTH, 60 + i);
		assert_int_equal(ring.slots[head].second >> 46, 60 + i);
		assert_int_equal(ring.buffers[head][59 + i], (uint8_t)i);
		ring.slots[head].second |= SENT;
		head = (head + 1) % IGBVF_RING;
		assert_int_equal(ring.next, head);
	}
}

/* A full ring takes no frame before the oldest is sent. [utest->swr~health-net-igbvf~1] */
static void full_of_sent(void **state)
{
	for (uint32_t i = 0; i < IGBVF_RING - 1; i++)
		assert_true(igbvf_ring_send(&ring, frame, 60));
	assert_false(igbvf_ring_send(&ring, frame, 60));
	ring.slots[0].second |= SENT;
	assert_true(igbvf_ring_send(&ring, frame, 60));
	assert_false(igbvf_ring_send(&ring, frame, 60));
	ring.slots[2].second |= SENT; /* not the oldest */
	assert_false(igbvf_ring_send(&ring, frame, 60));
}

/* A frame without a byte, or longer than a buffer, isn't taken. [utest->swr~health-net-igbvf~1] */
static void no_such_length(void **state)
{
	assert_false(igbvf_ring_send(&ring, frame, 0));
	assert_false(igbvf_ring_send(&ring, frame, IGBVF_RING_BUFFER + 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(frames_around, receives),
		cmocka_unit_test_setup(full_of_frames, receives),
		cmocka_unit_test_setup(bad_frames, receives),
		cmocka_unit_test_setup(done_for_ever, receives),
		cmocka_unit_test_setup(sent_around, sends),
		cmocka_unit_test_setup(full_of_sent, sends),
		cmocka_unit_test_setup(no_such_length, sends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
