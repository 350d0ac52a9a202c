// SPDX-License-Identifier: Apache-2.0
/*
 * lines.c - log rings to lines (lines.h).
 */
#include "lines.h"

#define ESCAPE_BYTES 4u /* \xNN */

static void reader_skip(struct log_reader *reader, uint64_t to)
{
	if (reader->tail >= to)
		return;
	reader->lost += to - reader->tail;
	reader->tail = to;
}

/* The oldest byte that can't be under way of being replaced while head is `head`. */
static uint64_t oldest(uint64_t head)
{
	return head + 1 > LOG_RING_BYTES ? head + 1 - LOG_RING_BYTES : 0;
}

/* [impl->swr~health-logs~1] */
uint32_t log_take(struct log_reader *reader, const volatile struct log_ring *ring, uint8_t *to, uint32_t room)
{
	const uint64_t head = ring->head;
	uint64_t first, spoiled;
	uint32_t count = 0;

	__atomic_thread_fence(__ATOMIC_ACQUIRE); /* head before the bytes it announces */
	reader_skip(reader, oldest(head));
	if (reader->tail >= head)
		return 0;
	first = reader->tail;
	while (reader->tail < head && count < room)
		to[count++] = ring->data[reader->tail++ % LOG_RING_BYTES];
	__atomic_thread_fence(__ATOMIC_ACQUIRE); /* the bytes before the second look at head */
	spoiled = oldest(ring->head);
	if (spoiled <= first)
		return count;
	spoiled = spoiled - first < count ? spoiled - first : count;
	reader->lost += spoiled;
	for (uint32_t i = 0; i + spoiled < count; i++)
		to[i] = to[i + spoiled];
	return count - (uint32_t)spoiled;
}

static void put(struct line *line, char c)
{
	line->text[line->length++] = c;
}

static bool give(struct line *line)
{
	line->text[line->length] = 0;
	line->over = true;
	return true;
}

bool line_add(struct line *line, uint8_t byte)
{
	static const char digits[] = "0123456789abcdef";

	if (line->over) {
		line->length = 0;
		line->over = false;
	}
	if (byte == '\n')
		return give(line);
	if (byte == '\r')
		return false;
	if (byte == '\t' || (byte >= ' ' && byte < 0x7f)) {
		put(line, (char)byte);
	} else {
		put(line, '\\');
		put(line, 'x');
		put(line, digits[byte >> 4]);
		put(line, digits[byte & 0xf]);
	}
	return line->length + ESCAPE_BYTES > LOG_LINE_MAX && give(line);
}

bool line_flush(struct line *line)
{
	return !line->over && line->length && give(line);
}
