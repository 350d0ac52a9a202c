// SPDX-License-Identifier: Apache-2.0
/*
 * test_http.c - requests and their whole answers.
 *
 * Robustness: refusals
 */
#include "test.h"

#include <stdio.h>
#include <stdlib.h>

#include "http.h"
#include "json.h"
#include "small_machine.h"

static struct small_machine *small;
static struct http_exchange exchange;
static char answer[200000];
static uint32_t pieces;

static int start(void **state)
{
	small = small_machine();
	return 0;
}

/* All of the answer, each piece of which has a segment's room. */
static const char *take(void)
{
	static char piece[HTTP_PIECE_MAX];
	uint32_t length = 0, more;

	for (pieces = 0; (more = http_piece(&exchange, piece)); pieces++) {
		assert_true(more <= HTTP_PIECE_MAX && length + more < sizeof(answer));
		memcpy(answer + length, piece, more);
		length += more;
	}
	answer[length] = 0;
	assert_int_equal(http_piece(&exchange, piece), 0);
	return answer;
}

static const char *ask(const char *text)
{
	http_begin(&exchange, &small->source, &small->counters.http);
	http_feed(&exchange, (const uint8_t *)text, (uint32_t)strlen(text), 1500000000);
	return take();
}

static bool says(const char *text, const char *what)
{
	return strstr(text, what);
}

/* What the chunks hold; they must end as RFC 9112, 7.1 says. */
static const char *unchunked(const char *text)
{
	static char body[200000];
	const char *at = strstr(text, "\r\n\r\n") + 4;
	uint32_t length = 0;
	char *end;

	for (;;) {
		const unsigned long size = strtoul(at, &end, 16);

		assert_memory_equal(end, "\r\n", 2);
		at = end + 2;
		memcpy(body + length, at, size);
		length += (uint32_t)size;
		assert_memory_equal(at + size, "\r\n", 2);
		at += size + 2;
		if (!size)
			break;
	}
	assert_int_equal(*at, 0);
	body[length] = 0;
	return body;
}

/* [utest->swr~http-log~1] */
static void event_log(void **state)
{
	static const char *const none[] = {
		"/log",	      "/log/",
		"/log/xyz",   "/log/ab/",
		"/log/ab/c",  "/log/ab/1/2",
		"/log/ab/-1", "/log/000000000000000000000000000000000000000000000000000000000000000000"};
	char line[200];
	const char *text = unchunked(ask("GET /log/abc0 HTTP/1.1\r\nHost: a\r\n\r\n"));

	assert_memory_equal(text, "bulkhead-log-2\nmachine config=", 30);
	assert_true(says(text, "\nbase 0 head=") && says(text, "\nrecord 1 ") && says(text, "\nrecord 2 "));
	assert_true(says(text, "\ncheckpoint 2 base=0 lost=0 dropped=0 log=") &&
		    says(text, " nonce=abc00000"));
	assert_int_equal(text[strlen(text) - 1], '\n');
	text = unchunked(ask("GET /log/abc0/2 HTTP/1.1\r\nHost: a\r\n\r\n"));
	assert_true(says(text, "\nrecord 2 ") && !says(text, "\nrecord 1 ") && !says(text, "\nbase "));
	assert_memory_equal(ask("POST /log/abc0 HTTP/1.1\r\nHost: a\r\n\r\n"), "HTTP/1.1 405", 12);
	for (unsigned i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		snprintf(line, sizeof(line), "GET %s HTTP/1.1\r\nHost: a\r\n\r\n", none[i]);
		assert_memory_equal(ask(line), "HTTP/1.1 404", 12);
	}
}

/* [utest->swr~http-documents~1] */
static void documents(void **state)
{
	const char *text = ask("GET / HTTP/1.1\r\nHost: a\r\n\r\n");

	assert_memory_equal(text, "HTTP/1.1 200 OK\r\n", 17);
	assert_true(says(text, "\r\nContent-Type: text/html; charset=utf-8\r\n"));
	assert_true(says(text, "\r\nTransfer-Encoding: chunked\r\n"));
	assert_string_equal(unchunked(text), "<!DOCTYPE html>");
	text = ask("GET / HTTP/1.0\r\n\r\n");
	assert_false(says(text, "Transfer-Encoding"));
	assert_string_equal(strstr(text, "\r\n\r\n"), "\r\n\r\n<!DOCTYPE html>");
	text = ask("HEAD /metrics HTTP/1.1\r\nHost: a\r\n\r\n");
	assert_string_equal(strstr(text, "\r\n\r\n"), "\r\n\r\n");
	assert_int_equal(small->counters.http.requests[HTTP_OK], 3);
}

static bool is_json(const char *text)
{
	return says(text, "\r\nContent-Type: application/json\r\n") &&
	       strcmp(unchunked(text), SMALL_MAP) == 0;
}

static bool is_drawing(const char *text)
{
	const char *body = unchunked(text);

	for (unsigned i = 0; i < SMALL_DRAWING; i++)
		if (body[i] != (i % 64 ? 's' : '\n'))
			return false;
	return says(text, "\r\nContent-Type: image/svg+xml\r\n") && !body[SMALL_DRAWING];
}

/* The build's own bytes, whichever way they are asked for. [utest->swr~http-map~2] */
static void maps(void **state)
{
	assert_true(is_json(ask("GET /map HTTP/1.1\r\nHost: a\r\n\r\n")));
	assert_true(is_json(ask("GET /map HTTP/1.1\r\nHost: a\r\nAccept: */*\r\n\r\n")));
	assert_true(is_json(ask("GET /map HTTP/1.1\r\nHost: a\r\nAccept: image/svg+xml;q=0.5, "
				"application/json;q=0.5\r\n\r\n")));
	assert_true(
		is_drawing(ask("GET /map HTTP/1.1\r\nHost: a\r\nAccept: image/svg+xml,*/*;q=0.8\r\n\r\n")));
	assert_true(pieces > 10);
	assert_true(is_drawing(ask("GET /map.svg HTTP/1.1\r\nHost: a\r\nAccept: application/json\r\n\r\n")));
	assert_memory_equal(ask("POST /map.svg HTTP/1.1\r\nHost: a\r\n\r\n"), "HTTP/1.1 405", 12);
}

/* [utest->swr~http-accept~1] */
static void forms(void **state)
{
	static const char openmetrics[] =
		"Content-Type: application/openmetrics-text; version=1.0.0; charset=utf-8\r\n";
	static const char text[] = "Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n";
	const char *body;

	assert_true(says(ask("GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n"), text));
	body = unchunked(answer);
	assert_true(pieces > 10 && !says(body, "# EOF"));
	assert_true(says(ask("GET /metrics HTTP/1.1\r\nHost: a\r\nAccept: */*\r\n\r\n"), text));
	assert_true(says(ask("GET /metrics HTTP/1.1\r\nHost: a\r\n"
			     "Accept: application/openmetrics-text;q=0.4,text/plain;q=0.5\r\n\r\n"),
			 text));
	assert_true(says(ask("GET /metrics HTTP/1.1\r\nHost: a\r\n"
			     "Accept: application/openmetrics-text;version=1.0.0;q=0.5,*/*;q=0.1\r\n\r\n"),
			 openmetrics));
	body = unchunked(answer);
	assert_string_equal(body + strlen(body) - 6, "# EOF\n");
}

static void refusals(void **state)
{
	const char *text = ask("POST /metrics HTTP/1.1\r\nHost: a\r\n\r\n");

	assert_memory_equal(text, "HTTP/1.1 405 Method Not Allowed\r\n", 33);
	assert_true(says(text, "\r\nAllow: GET, HEAD\r\n"));
	assert_true(says(text, "\r\nContent-Length: 23\r\n\r\n405 Method Not Allowed\n"));
	assert_true(says(text, "\r\nReferrer-Policy: no-referrer\r\n") &&
		    says(text, "; frame-ancestors 'none'\r\n"));
	assert_memory_equal(ask("GET /metrics/ HTTP/1.1\r\nHost: a\r\n\r\n"), "HTTP/1.1 404", 12);
	assert_memory_equal(ask("DELETE /x HTTP/1.1\r\nHost: a\r\n\r\n"), "HTTP/1.1 404", 12);
	assert_memory_equal(ask("GET / HTTP/3.0\r\n"), "HTTP/1.1 505", 12);
	assert_memory_equal(ask("nonsense\r\n"), "HTTP/1.1 400", 12);
	assert_int_equal(small->counters.http.requests[HTTP_NOT_ALLOWED], 1);
	assert_int_equal(small->counters.http.requests[HTTP_NOT_FOUND], 2);
	http_begin(&exchange, &small->source, &small->counters.http);
	http_feed(&exchange, (const uint8_t *)"GET", 3, 0);
	assert_string_equal(take(), "");
	http_give_up(&exchange);
	assert_memory_equal(take(), "HTTP/1.1 408", 12);
}

/* [utest->swr~http-health~1] */
#define DIGITS_8(byte)	byte byte byte byte byte byte byte byte
#define DIGITS_32(byte) DIGITS_8(byte) DIGITS_8(byte) DIGITS_8(byte) DIGITS_8(byte)

/* Each only when it is there. [utest->swr~digests-told~1] */
static void digests(void **state)
{
	static const char question[] = "GET /health HTTP/1.1\r\nHost: a\r\n\r\n";
	static uint8_t key[JOURNAL_KEY_BYTES];

	memset(key, 0xe4, sizeof(key));
	memset(small->telemetry[0].blueprint_digest, 0xb1, MACHINE_DIGEST);
	memset(small->telemetry[0].images_digest, 0xc2, MACHINE_DIGEST);
	memset(small->telemetry[1].images_digest, 0xd3, MACHINE_DIGEST);
	ask(question);
	assert_true(says(unchunked(answer),
			 ",\n\"log_key\": null,\n\"digests\": {\"blueprint\": null, \"cells\": {\n"
			 "\"health\": null,\n\"gateway\": null}}\n}\n"));
	small->telemetry[0].magic = TELEMETRY_MAGIC;
	small->telemetry[1].images_hashed = 3;
	ask(question);
	assert_true(says(unchunked(answer),
			 "\"digests\": {\"blueprint\": \"" DIGITS_32(
				 "b1") "\", \"cells\": {\n"
				       "\"health\": null,\n\"gateway\": \"" DIGITS_32("d3") "\"}}\n}\n"));
	small->telemetry[0].images_hashed = 2;
	small->source.log_key = key;
	ask(question);
	assert_true(says(unchunked(answer), ",\n\"log_key\": \"" DIGITS_32("e4") "\",\n\"digests\""));
	assert_true(says(unchunked(answer), "\"health\": \"" DIGITS_32("c2") "\",\n"));
}

static void health(void **state)
{
	static const char question[] = "GET /health HTTP/1.1\r\nHost: a\r\n\r\n";
	static const uint64_t bad[] = {CELL_NONE, CELL_STARTING, CELL_STOPPED, CELL_LOST};

	assert_memory_equal(ask(question), "HTTP/1.1 200", 12);
	assert_true(says(answer, "\"status\": \"ok\",\n\"uptime_seconds\": 1.500,\n"));
	for (unsigned i = 0; i < LENGTH(bad); i++) {
		small->telemetry[1].cell_state = bad[i];
		assert_memory_equal(ask(question), "HTTP/1.1 503", 12);
		assert_true(says(answer, bad[i] == CELL_STARTING ? "\"starting\"" : "\"degraded\""));
	}
	small->telemetry[1].cell_state = CELL_RUNNING;
	small->counters.cells[SMALL_GATEWAY].incident = true;
	assert_memory_equal(ask(question), "HTTP/1.1 503", 12);
	assert_true(says(unchunked(answer),
			 "{\"cell\": \"gateway\", \"state\": \"running\", \"well\": false, "
			 "\"overdue\": true, \"generation\": 1, \"restarts\": 0}\n],\n"
			 "\"watchdog\": {\"el2_seconds\": null, \"hardware_seconds\": null, "
			 "\"fired\": false},\n\"protection_proven\": {\"stage2\": null, \"smmu\": null, "
			 "\"watchdog\": null},\n\"log_key\": null,\n"));
	small->counters.watchdog = (struct watchdog_counters){250000000, 4000000000, "i6300esb", true};
	small->telemetry[0].proofs = PROOF_TRIED(PROOF_STAGE2) | PROOF_PROVEN(PROOF_STAGE2) |
				     PROOF_TRIED(PROOF_WATCHDOG) | PROOF_FAILED(PROOF_WATCHDOG);
	ask(question);
	assert_true(says(unchunked(answer), "\"protection_proven\": {\"stage2\": true, \"smmu\": null, "
					    "\"watchdog\": false},\n"));
	assert_true(says(unchunked(answer), "\"watchdog\": {\"el2_seconds\": 0.250, \"hardware_seconds\": "
					    "4.000, \"fired\": true},\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(documents, start), cmocka_unit_test_setup(event_log, start),
		cmocka_unit_test_setup(forms, start),	  cmocka_unit_test_setup(refusals, start),
		cmocka_unit_test_setup(health, start),	  cmocka_unit_test_setup(maps, start),
		cmocka_unit_test_setup(digests, start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
