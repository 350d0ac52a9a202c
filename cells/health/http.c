// SPDX-License-Identifier: Apache-2.0
/*
 * http.c - requests and their answers (http.h). [impl->swr~http-documents~1]
 *
 * An answer's length isn't known before it has been produced: it goes in chunks, to an old client until the
 * connection ends, as each does after one answer.
 */
#include "http.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "json.h"

#define CHUNK_HEAD 6u /* "057c", CR, LF */
#define CHUNK_TAIL 2u
#define HEADER_MAX 768u

static const char drawn[] = "image/svg+xml";
static const struct document {
	const char *path, *type;
	enum body_kind kind;
} documents[] = {
	{"/", "text/html; charset=utf-8", BODY_PAGE},
	{"/metrics", "text/plain; version=0.0.4; charset=utf-8", BODY_METRICS},
	{"/health", "application/json", BODY_HEALTH},
	{"/map", "application/json", BODY_MAP},
	{"/map.svg", drawn, BODY_DRAWING},
};
static const char log_path[] = "/log/";
static const char openmetrics[] = "application/openmetrics-text; version=1.0.0; charset=utf-8";
static const char plain[] = "text/plain; charset=utf-8";

_Static_assert(HTTP_PIECE_MAX >= HEADER_MAX, "the header is one piece");
_Static_assert(HTTP_PIECE_MAX - CHUNK_HEAD - CHUNK_TAIL >= BODY_PIECE_MAX, "a piece of a body fits");

const char *http_code_text(uint64_t code)
{
	return code < HTTP_CODES ? http_code_words[code].number : "?";
}

void http_begin(struct http_exchange *exchange, const struct body_source *source,
		struct http_counters *counters)
{
	*exchange = (struct http_exchange){.source = source, .counters = counters, .phase = HTTP_READING};
}

static void answer(struct http_exchange *exchange, enum http_code code)
{
	exchange->code = code;
	exchange->phase = HTTP_HEADING;
	exchange->counters->requests[code]++;
}

/* Without a document: its code in words. */
static void refuse(struct http_exchange *exchange, enum http_code code)
{
	exchange->type = NULL;
	answer(exchange, code);
}

/* [impl->swr~http-accept~1] */
static void give(struct http_exchange *exchange, const struct document *document, uint64_t now)
{
	const struct http_accept *accept = &exchange->request.accept;
	enum body_kind kind = document->kind;
	enum http_code code = HTTP_OK;

	exchange->type = document->type;
	if (kind == BODY_METRICS && accept->openmetrics && accept->openmetrics >= accept->text) {
		kind = BODY_OPENMETRICS;
		exchange->type = openmetrics;
	}
	if (kind == BODY_MAP && accept->svg > accept->json) {
		kind = BODY_DRAWING;
		exchange->type = drawn;
	}
	if (kind == BODY_HEALTH && !json_all_well(exchange->source))
		code = HTTP_UNAVAILABLE;
	body_start(&exchange->body, exchange->source, kind, now);
	answer(exchange, code);
}

/* /log/NONCE, or /log/NONCE/FROM; false: it has no such form. [impl->swr~http-log~1] */
static bool give_log(struct http_exchange *exchange)
{
	uint8_t nonce[JOURNAL_NONCE_BYTES];
	uint64_t from;

	if (!journal_asked(exchange->request.path + sizeof(log_path) - 1, '/', nonce, &from))
		return false;
	exchange->type = plain;
	body_start_log(&exchange->body, exchange->source, nonce, from);
	answer(exchange, HTTP_OK);
	return true;
}

static void decide(struct http_exchange *exchange, uint64_t now)
{
	const struct http_request *request = &exchange->request;

	if (request->code != HTTP_OK) {
		refuse(exchange, request->code);
		return;
	}
	for (uint32_t i = 0; i < sizeof(documents) / sizeof(documents[0]); i++) {
		if (strcmp(documents[i].path, request->path) != 0)
			continue;
		if (request->method == HTTP_OTHER)
			refuse(exchange, HTTP_NOT_ALLOWED);
		else
			give(exchange, &documents[i], now);
		return;
	}
	if (strncmp(request->path, log_path, sizeof(log_path) - 1) != 0)
		refuse(exchange, HTTP_NOT_FOUND);
	else if (request->method == HTTP_OTHER)
		refuse(exchange, HTTP_NOT_ALLOWED);
	else if (!give_log(exchange))
		refuse(exchange, HTTP_NOT_FOUND);
}

void http_feed(struct http_exchange *exchange, const uint8_t *bytes, uint32_t count, uint64_t now)
{
	if (exchange->phase != HTTP_READING)
		return;
	http_request_feed(&exchange->request, bytes, count);
	if (exchange->request.done)
		decide(exchange, now);
}

void http_give_up(struct http_exchange *exchange)
{
	refuse(exchange, HTTP_TIMEOUT);
}

/* What stands behind "HTTP/1.1 200 OK". The page may fetch and draw what is here, and nothing from anywhere
 * else. */
static uint32_t head(struct http_exchange *exchange, char *to)
{
	const char *number = http_code_words[exchange->code].number;
	const char *text = http_code_words[exchange->code].text;
	const bool silent = exchange->request.method == HTTP_HEAD;
	uint32_t length = (uint32_t)snprintf(
		to, HEADER_MAX,
		"HTTP/1.1 %s %s\r\nServer: bulkhead\r\nConnection: close\r\n"
		"Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nReferrer-Policy: "
		"no-referrer\r\n"
		"Content-Security-Policy: default-src 'none'; connect-src 'self'; "
		"img-src 'self' data:; script-src 'unsafe-inline'; style-src 'unsafe-inline'; "
		"base-uri 'none'; form-action 'none'; frame-ancestors 'none'\r\n%s",
		number, text, exchange->code == HTTP_NOT_ALLOWED ? "Allow: GET, HEAD\r\n" : "");

	exchange->phase = HTTP_OVER;
	if (!exchange->type) {
		length += (uint32_t)snprintf(to + length, HEADER_MAX - length,
					     "Content-Type: %s\r\nContent-Length: %u\r\n\r\n", plain,
					     (unsigned)(strlen(number) + strlen(text) + 2));
		if (!silent)
			length +=
				(uint32_t)snprintf(to + length, HEADER_MAX - length, "%s %s\n", number, text);
		return length;
	}
	length += (uint32_t)snprintf(to + length, HEADER_MAX - length,
				     "Vary: Accept\r\nContent-Type: %s\r\n%s\r\n", exchange->type,
				     exchange->request.chunks ? "Transfer-Encoding: chunked\r\n" : "");
	if (!silent)
		exchange->phase = HTTP_SENDING;
	return length;
}

/* Without the zero at its end. */
static uint32_t put(char *to, const char *text)
{
	uint32_t length = 0;

	for (; text[length]; length++)
		to[length] = text[length];
	return length;
}

static uint32_t chunk(struct http_exchange *exchange, char *to)
{
	static const char digits[] = "0123456789abcdef";
	const uint32_t length =
		body_next(&exchange->body, to + CHUNK_HEAD, HTTP_PIECE_MAX - CHUNK_HEAD - CHUNK_TAIL);

	if (!length) {
		exchange->phase = HTTP_OVER;
		return put(to, "0\r\n\r\n");
	}
	for (unsigned i = 0; i < 4; i++)
		to[i] = digits[length >> (12 - 4 * i) & 0xf];
	put(to + 4, "\r\n");
	put(to + CHUNK_HEAD + length, "\r\n");
	return CHUNK_HEAD + length + CHUNK_TAIL;
}

uint32_t http_piece(struct http_exchange *exchange, char *to)
{
	uint32_t length;

	switch (exchange->phase) {
	case HTTP_HEADING:
		return head(exchange, to);
	case HTTP_SENDING:
		if (exchange->request.chunks)
			return chunk(exchange, to);
		length = body_next(&exchange->body, to, HTTP_PIECE_MAX);
		if (!length)
			exchange->phase = HTTP_OVER;
		return length;
	default:
		return 0;
	}
}
