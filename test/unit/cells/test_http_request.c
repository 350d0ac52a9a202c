// SPDX-License-Identifier: Apache-2.0
/*
 * test_http_request.c - requests, good and bad, whole and in pieces.
 *
 * Robustness: refused, unfinished, too_long
 */
#include "test.h"

#include <stdio.h>

#include "http_request.h"

static struct http_request request;

static void feed(const char *text, uint32_t piece)
{
	const uint32_t length = (uint32_t)strlen(text);

	request = (struct http_request){0};
	for (uint32_t i = 0; i < length; i += piece)
		http_request_feed(&request, (const uint8_t *)text + i,
				  length - i < piece ? length - i : piece);
}

/* [utest->swr~http-request~1] */
static void read_right(void **state)
{
	static const struct {
		const char *text, *path;
		enum http_method method;
		bool chunks;
	} all[] = {
		{"GET / HTTP/1.1\r\nHost: a\r\n\r\n", "/", HTTP_GET, true},
		{"GET /metrics HTTP/1.0\r\n\r\n", "/metrics", HTTP_GET, false},
		{"HEAD /health?verbose=1 HTTP/1.1\nhOST:\n\n", "/health", HTTP_HEAD, true},
		{"\r\n\r\nGET /map HTTP/1.9\r\nHost: a\r\nX: \r\n\r\n", "/map", HTTP_GET, true},
		{"POST /map HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc", "/map", HTTP_OTHER, true},
		{"get / HTTP/1.1\r\nHost: a\r\n\r\n", "/", HTTP_OTHER, true},
		{"GET http://10.0.2.15:80/map HTTP/1.1\r\nHost: a\r\n\r\n", "/map", HTTP_GET, true},
		{"GET http://10.0.2.15 HTTP/1.1\r\nHost: a\r\n\r\n", "/", HTTP_GET, true},
		{"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", "*", HTTP_OTHER, true},
		{"GET /0123456789012345678901234567890123456789012345678901234567890123 HTTP/1.1\r\nHost: "
		 "a\r\n\r\n",
		 "", HTTP_GET, true},
	};

	for (unsigned i = 0; i < LENGTH(all); i++)
		for (uint32_t piece = 1; piece < 40; piece += 6) {
			feed(all[i].text, piece);
			assert_true(request.done);
			assert_int_equal(request.code, HTTP_OK);
			assert_string_equal(request.path, all[i].path);
			assert_int_equal(request.method, all[i].method);
			assert_int_equal(request.chunks, all[i].chunks);
		}
}

/* What isn't well-formed is answered with the code that says so, in whatever pieces it comes.
 * [utest->swr~http-request~1] */
static void refused(void **state)
{
	static const struct {
		const char *text;
		enum http_code code;
	} all[] = {
		{"GET\r\n", HTTP_BAD_REQUEST},
		{"GET /\r\n", HTTP_BAD_REQUEST},
		{" GET / HTTP/1.1\r\n", HTTP_BAD_REQUEST},
		{"GET  / HTTP/1.1\r\n", HTTP_BAD_REQUEST},
		{"GET / HTTP/1.1 \r\n", HTTP_BAD_REQUEST},
		{"GET / http/1.1\r\n", HTTP_BAD_REQUEST},
		{"GET / HTTP/11\r\n", HTTP_BAD_REQUEST},
		{"GET / HTTP/1.x\r\n", HTTP_BAD_REQUEST},
		{"G(T / HTTP/1.1\r\n", HTTP_BAD_REQUEST},
		{"GET / HTTP/2.0\r\n", HTTP_VERSION},
		{"GET / HTTP/1.1\r\n\r\n", HTTP_BAD_REQUEST}, /* no host */
		{"GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", HTTP_BAD_REQUEST},
		{"GET / HTTP/1.1\r\nHost : a\r\n", HTTP_BAD_REQUEST},
		{"GET / HTTP/1.1\r\n: a\r\n", HTTP_BAD_REQUEST},
		{"GET / HTTP/1.1\r\nHost: a\r\n more\r\n", HTTP_BAD_REQUEST},
		{"GET / HTTP/1.1\r\nnonsense\r\n", HTTP_BAD_REQUEST},
		{"GET / HTTP/1.1\rHost: a\r\n", HTTP_BAD_REQUEST},
		{"\x16\x03\x01\x02\r\n", HTTP_BAD_REQUEST}, /* TLS */
	};
	static const uint8_t nul[] = "GET /\0 HTTP/1.1\r\n";

	for (unsigned i = 0; i < LENGTH(all); i++) {
		feed(all[i].text, 3);
		assert_true(request.done);
		assert_int_equal(request.code, all[i].code);
	}
	request = (struct http_request){0};
	http_request_feed(&request, nul, sizeof(nul) - 1);
	assert_true(request.done && request.code == HTTP_BAD_REQUEST);
}

/* A request that isn't whole yet has begun and isn't done; without a byte it hasn't begun.
 * [utest->swr~http-request~1] */
static void unfinished(void **state)
{
	feed("GET / HTTP/1.1\r\nHost: a\r\n", 5);
	assert_true(request.begun && !request.done);
	feed("", 1);
	assert_true(!request.begun && !request.done);
}

/* Nothing that is too long is kept, or waited for. [utest->swr~http-request~1] */
static void too_long(void **state)
{
	static char text[HTTP_REQUEST_MAX + 200];
	static const char head[] = "GET / HTTP/1.1\r\nHost: a\r\n";

	memset(text, 'a', sizeof(text));
	text[0] = text[HTTP_LINE_MAX + 5] = 0;
	memcpy(text, "GET /", 5);
	memcpy(text + HTTP_LINE_MAX + 3, "\r\n", 3);
	feed(text, 100);
	assert_true(request.done && request.code == HTTP_TARGET_TOO_LONG);

	memset(text, 'a', sizeof(text) - 1);
	text[sizeof(text) - 1] = 0;
	feed(text, 100); /* no end of the line */
	assert_true(request.done && request.code == HTTP_TARGET_TOO_LONG);
	memcpy(text, head, strlen(head));
	feed(text, 100);
	assert_true(request.done && request.code == HTTP_HEADERS_TOO_LONG);
	assert_int_equal(request.bytes, HTTP_REQUEST_MAX + 1);

	/* A long header of another's is passed over. */
	memcpy(text + strlen(head), "Cookie:", 7);
	strcpy(text + 3000, "\r\nAccept: text/plain\r\n\r\n");
	feed(text, 100);
	assert_true(request.done && request.code == HTTP_OK);
	assert_int_equal(request.accept.text, 1000);
	/* Of one that matters half isn't taken for the whole. */
	memcpy(text + strlen(head), "Accept:", 7);
	feed(text, 100);
	assert_true(request.done && request.code == HTTP_HEADERS_TOO_LONG);
	memcpy(text + strlen(head), "hOST  :", 7);
	feed(text, 100);
	assert_true(request.done && request.code == HTTP_BAD_REQUEST);
	memcpy(text + strlen(head), "aahosT:", 7);
	feed(text, 100);
	assert_true(request.done && request.code == HTTP_OK);
	memcpy(text + strlen(head), "aaaaaaa", 7);
	feed(text, 100);
	assert_true(request.done && request.code == HTTP_HEADERS_TOO_LONG);
}

/* [utest->swr~http-accept~1] */
static void accepts(void **state)
{
	static const struct {
		const char *value;
		struct http_accept accept;
	} all[] = {
		{"", {0}},
		{"*/*", {.text = 1000, .json = 1000}},
		{"image/svg+xml,*/*;q=0.8", {.svg = 1000, .text = 800, .json = 800}},
		{"application/*;q=0.7", {.json = 700}},
		{"application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5",
		 {.openmetrics = 1000, .text = 500}},
		{"application/openmetrics-text; version=1.0.0; charset=utf-8;q=0.25", {.openmetrics = 250}},
		{"application/openmetrics-text;version=\"1.0.0\"", {.openmetrics = 1000}},
		{"application/openmetrics-text;version=0.0.1,text/*;q=0.1", {.text = 100}},
		{"Application/OpenMetrics-Text", {.openmetrics = 1000}},
		{"application/openmetrics-text;q=0.0", {0}},
		{"application/openmetrics-text;q=0.", {0}},
		{"application/openmetrics-text;q=1.001", {0}},
		{"application/openmetrics-text;q=2", {0}},
		{"application/openmetrics-text;q=0.5x", {0}},
		{"application/openmetrics-text;q=0,5", {0}},
		{"application/openmetrics-text;q=", {0}},
		{"a/b;c=\"application/openmetrics-text,application/openmetrics-text\"", {0}},
		{"a/b;c=\",\", application/openmetrics-text;q=0.9", {.openmetrics = 900}},
		{"image/svg+xml, application/json;q=0.9,, ;;,image/*;q=0.8", {.svg = 1000, .json = 900}},
		{"openmetrics-text", {0}},
		{"application/openmetrics-text;q=0.5,text/plain;q=0.1,*/*;q=0.9",
		 {.openmetrics = 500, .text = 100, .json = 900}},
		{"*/*;q=0.9,text/*;q=0.2", {.text = 200, .json = 900}},
		{"text/plain;q=0,*/*", {.json = 1000}},
		{"*/*,image/svg+xml;q=0.1,image/*,application/*;q=0", {.svg = 100, .text = 1000}},
		{"application/openmetrics-text,application/openmetrics-text;version=1.0.0;q=0.3",
		 {.openmetrics = 300}},
		{"application/openmetrics-text;version=2.0.0,text/plain;version=0.0.4;q=0.5", {.text = 500}},
	};
	char text[200];

	for (unsigned i = 0; i < LENGTH(all); i++) {
		snprintf(text, sizeof(text), "GET / HTTP/1.0\r\nAccept:%s\r\n\r\n", all[i].value);
		feed(text, 200);
		assert_true(request.done && request.code == HTTP_OK);
		assert_memory_equal(&request.accept, &all[i].accept, sizeof(request.accept));
	}
	feed("GET / HTTP/1.0\r\nAccept: a/b\r\nACCEPT: text/plain;q=0.2\r\nAccept: text/plain;q=0.1\r\n\r\n",
	     9);
	assert_int_equal(request.accept.text, 200);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(read_right), cmocka_unit_test(refused), cmocka_unit_test(unfinished),
		cmocka_unit_test(too_long),   cmocka_unit_test(accepts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
