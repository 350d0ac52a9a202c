// SPDX-License-Identifier: Apache-2.0
/*
 * test_lines.c - a cell's log ring, byte by byte and as lines.
 *
 * Robustness: overrun, long_line
 */
#include "test.h"

#include "lines.h"

static struct log_ring ring;
static struct log_reader reader;
static struct line line;

static int start(void **state)
{
	memset(&ring, 0, sizeof(ring));
	memset(&line, 0, sizeof(line));
	reader = (struct log_reader){0};
	return 0;
}

static void print(uint64_t count)
{
	for (uint64_t i = 0; i < count; i++, ring.head++)
		ring.data[ring.head % LOG_RING_BYTES] = (uint8_t)(ring.head * 7);
}

/* Takes all there is in pieces; checks that each byte is the one of its place in the stream. */
static uint64_t take(uint32_t piece)
{
	uint8_t bytes[512];
	uint64_t total = 0;
	uint32_t count;

	while ((count = log_take(&reader, &ring, bytes, piece))) {
		for (uint32_t i = 0; i < count; i++)
			assert_int_equal(bytes[i], (uint8_t)((reader.tail - count + i) * 7));
		total += count;
	}
	return total;
}

/* [utest->swr~health-logs~1] */
static void stream(void **state)
{
	uint64_t taken = 0;

	assert_int_equal(take(100), 0);
	for (uint64_t n = 0; n < 300; n++) {
		print(n);
		taken += take(1 + (uint32_t)n % 100);
	}
	assert_int_equal(reader.lost, 0);
	assert_int_equal(taken, ring.head);
}

/* The byte under way is not trusted, so one less than the ring is kept. */
/* [utest->swr~health-logs~1] */
static void overrun(void **state)
{
	print(LOG_RING_BYTES + 500);
	assert_int_equal(take(256), LOG_RING_BYTES - 1);
	assert_int_equal(reader.lost, 501);
	assert_int_equal(reader.tail, ring.head);
}

static const char *add(const char *text, uint64_t length)
{
	for (uint64_t i = 0; i < length; i++)
		if (line_add(&line, (uint8_t)text[i]))
			return line.text;
	return NULL;
}

/* A line comes when it has ended, or when it is flushed, with its control characters written out.
 * [utest->swr~health-logs~1] */
static void lines(void **state)
{
	assert_string_equal(add("hello\r\n", 7), "hello");
	assert_null(add("\r", 1));
	assert_string_equal(add("\n", 1), "");
	assert_string_equal(add("a\0\x1b[31m\xff\tb\n", 11), "a\\x00\\x1b[31m\\xff\tb");
	assert_null(add("# ", 2));
	assert_true(line_flush(&line));
	assert_string_equal(line.text, "# ");
	assert_false(line_flush(&line));
	assert_string_equal(add("ls\n", 3), "ls");
	assert_false(line_flush(&line));
}

/* [utest->swr~health-logs~1] */
static void long_line(void **state)
{
	char text[3 * LOG_LINE_MAX];
	uint64_t shown = 0;

	memset(text, 0xee, sizeof(text)); /* four characters each */
	for (uint64_t i = 0; i < sizeof(text); i++)
		if (line_add(&line, (uint8_t)text[i])) {
			assert_true(strlen(line.text) <= LOG_LINE_MAX);
			shown += strlen(line.text);
		}
	if (line_flush(&line))
		shown += strlen(line.text);
	assert_int_equal(shown, 4 * sizeof(text));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(stream, start),
		cmocka_unit_test_setup(overrun, start),
		cmocka_unit_test_setup(lines, start),
		cmocka_unit_test_setup(long_line, start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
