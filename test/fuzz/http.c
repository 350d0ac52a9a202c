// SPDX-License-Identifier: Apache-2.0
/*
 * http.c - fuzz target: the health cell's web server, from the bytes that come to the last of the answer. How
 * they come in pieces changes nothing.
 */
#include "../../cells/health/http.h"

#include <stdlib.h>
#include <string.h>

#include "../unit/cells/small_machine.h"

#define ANSWER_MAX 200000u

static char answers[2][ANSWER_MAX];

/* The answer's length. */
static uint32_t ask(struct small_machine *small, const uint8_t *data, size_t size, uint32_t piece,
		    char *answer)
{
	static struct http_exchange exchange;
	uint32_t length = 0, more;

	http_begin(&exchange, &small->source, &small->counters.http);
	for (size_t i = 0; i < size; i += piece)
		http_feed(&exchange, data + i, (uint32_t)(size - i < piece ? size - i : piece), 0);
	if (exchange.phase == HTTP_READING)
		http_give_up(&exchange);
	if (strnlen(exchange.request.path, sizeof(exchange.request.path)) > HTTP_PATH_MAX ||
	    exchange.request.length > HTTP_LINE_MAX || exchange.request.bytes > HTTP_REQUEST_MAX + 1)
		abort();
	while ((more = http_piece(&exchange, answer + length)))
		if (more > HTTP_PIECE_MAX || (length += more) > ANSWER_MAX - HTTP_PIECE_MAX)
			abort();
	if (exchange.phase != HTTP_OVER || memcmp(answer, "HTTP/1.1 ", 9))
		abort();
	return length;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct small_machine *small;
	const uint32_t piece = size ? 1 + data[0] % 64u : 1;
	uint32_t length;

	if (!small)
		small = small_machine();
	memset(&small->counters, 0, sizeof(small->counters));
	length = ask(small, data, size, UINT32_MAX >> 1, answers[0]);
	memset(&small->counters, 0, sizeof(small->counters));
	if (ask(small, data, size, piece, answers[1]) != length || memcmp(answers[0], answers[1], length))
		abort();
	return 0;
}
