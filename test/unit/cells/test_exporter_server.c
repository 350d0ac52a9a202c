// SPDX-License-Identifier: Apache-2.0
/*
 * test_exporter_server.c - the exporter's web server with real clients, on a clock of the test's own.
 *
 * Robustness: silent, slow, none, places
 */
#include "test.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../../cells/linux/exporter_server.h"
#include "../../../cells/linux/monotonic.h"

#define BYTES	(UINT64_C(8) << 20) /* more than sockets keep */
#define ROOM	(UINT64_C(3) << 20)
#define TURNS	1000000
#define SCRAPE	"GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n"
#define CLIENTS 20
#define ALL	8 /* connections at once */

static struct metrics_channel *channel;
static struct metrics_source source;
static struct sockaddr_in place;
static int64_t clock_ms = 1000;
static char answer[BYTES];

int64_t monotonic_ms(void)
{
	return clock_ms;
}

static uint64_t no_time(void)
{
	return 1;
}

static int make_socket(void)
{
	const int made = socket(AF_INET, SOCK_STREAM, 0), window = 4096;

	assert_true(made >= 0);
	assert_false(setsockopt(made, SOL_SOCKET, SO_RCVBUF, &window, sizeof(window)));
	return made;
}

/* A text of ROOM bytes, and a port that was free a moment ago. */
static int start(void **state)
{
	socklen_t length = sizeof(place);
	const int probe = make_socket();
	char where[32];

	channel = calloc(1, BYTES);
	*channel = (struct metrics_channel){
		.generation = 1,
		.magic = METRICS_MAGIC,
		.layout = METRICS_LAYOUT,
		.room = ROOM,
		.newest = 2,
		.texts[0] = {.sequence = 4, .form = METRICS_TEXT_0_0_4, .length = ROOM},
	};
	memset(channel->words, 'x', ROOM);
	((char *)channel->words)[ROOM - 1] = '\n';
	source = (struct metrics_source){channel, BYTES, no_time, 1000};
	place = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	if (bind(probe, (struct sockaddr *)&place, sizeof(place)) ||
	    getsockname(probe, (struct sockaddr *)&place, &length))
		return -1;
	close(probe);
	snprintf(where, sizeof(where), "127.0.0.1:%u", ntohs(place.sin_port));
	return server_open(where, &source) ? -1 : 0;
}

static int client(const char *words)
{
	const int made = make_socket();

	assert_false(connect(made, (struct sockaddr *)&place, sizeof(place)));
	assert_int_equal(send(made, words, strlen(words), 0), strlen(words));
	server_turn(0);
	server_turn(0);
	return made;
}

/* The server's turns until it ends the connection; what it said. */
static size_t hear(int socket)
{
	size_t length = 0;

	memset(answer, 0, sizeof(answer));
	for (unsigned i = 0; i < TURNS; i++) {
		const ssize_t count = recv(socket, answer + length, sizeof(answer) - length, MSG_DONTWAIT);

		if (!count)
			break;
		if (count < 0 && errno == ECONNRESET)
			break;
		assert_true(count > 0 || errno == EAGAIN);
		length += count > 0 ? (size_t)count : 0;
		server_turn(0);
		assert_true(i + 1 < TURNS);
	}
	close(socket);
	server_turn(0);
	return length;
}

static bool is_whole(size_t length)
{
	return length > ROOM && !memcmp(answer, "HTTP/1.1 200 OK\r\n", 17) &&
	       !memcmp(answer + length - 13, " 0.001000000\n", 13) &&
	       strstr(answer + length - 300, "\n# HELP bulkhead_exporter_text_age_seconds");
}

static void turns(unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		server_turn(0);
}

/* [utest->swr~exporter-http~1] */
static void whole(void **state)
{
	int talker;

	assert_true(is_whole(hear(client(SCRAPE))));
	assert_true(hear(client("GET /x HTTP/1.0\r\n\r\n")) < 400);
	assert_memory_equal(answer, "HTTP/1.1 404 Not Found\r\n", 24);
	/* What comes behind the request, which nobody reads, keeps no part of the answer back. */
	talker = client(SCRAPE);
	assert_int_equal(send(talker, "more", 4, 0), 4);
	assert_true(is_whole(hear(talker)));
	assert_true(hear(client("HEAD /metrics HTTP/1.1\r\nHost: a\r\n\r\n")) < 400);
}

/* As many as are served at once, each to the end of its time: a request in parts, and an answer that nobody
 * fetched for long. [utest->swr~exporter-bounded~1] */
static void in_time(void **state)
{
	int clients[ALL];

	for (unsigned i = 0; i < ALL; i++)
		clients[i] = client("GET /metrics HT");
	clock_ms += 4999;
	turns(ALL);
	for (unsigned i = 0; i < ALL; i++)
		assert_int_equal(send(clients[i], SCRAPE + 15, sizeof(SCRAPE) - 16, 0), sizeof(SCRAPE) - 16);
	turns(200); /* nobody's socket takes more */
	clock_ms += 29999;
	turns(ALL);
	for (unsigned i = 0; i < ALL; i++)
		assert_true(is_whole(hear(clients[i])));
}

/* Many who say nothing, or half of it, keep nobody from an answer. [utest->swr~exporter-bounded~1] */
static void silent(void **state)
{
	int clients[CLIENTS];

	for (unsigned i = 0; i < CLIENTS; i++) {
		clients[i] = client(i % 2 ? "GET /metr" : "");
		clock_ms++;
	}
	assert_true(is_whole(hear(client(SCRAPE))));
	/* The youngest are still there, and are told when their time is over. */
	clock_ms += 5000;
	server_turn(0);
	assert_true(hear(clients[CLIENTS - 1]) > 0);
	assert_memory_equal(answer, "HTTP/1.1 408 Request Timeout\r\n", 30);
	for (unsigned i = 0; i + 1 < CLIENTS; i++)
		close(clients[i]);
	for (unsigned i = 0; i < CLIENTS; i++)
		server_turn(0);
}

/* Those who read slowly have their time, unless somebody comes who may be quicker.
 * [utest->swr~exporter-bounded~1] */
static void slow(void **state)
{
	unsigned whole_ones = 0;
	int clients[ALL];

	for (unsigned i = 0; i < ALL; i++)
		clients[i] = client(SCRAPE);
	turns(200); /* nobody's socket takes more */
	clock_ms++;
	for (size_t heard = 0; heard < ROOM / 4;) { /* but the first reads on */
		const ssize_t count = recv(clients[0], answer, sizeof(answer), MSG_DONTWAIT);

		assert_true(count > 0 || errno == EAGAIN);
		heard += count > 0 ? (size_t)count : 0;
		server_turn(0);
	}
	assert_true(is_whole(hear(client(SCRAPE)))); /* one of the others makes room */
	assert_true(hear(clients[0]) > 0);
	assert_memory_equal(answer + strlen(answer) - 13, " 0.001000000\n", 13);
	for (unsigned i = 1; i < ALL; i++)
		whole_ones += is_whole(hear(clients[i]));
	assert_int_equal(whole_ones, ALL - 2);

	clients[0] = client(SCRAPE);
	clock_ms += 30000;
	turns(1);
	assert_false(is_whole(hear(clients[0])));
}

/* A text of a life that has ended isn't given. [utest->swr~exporter-http~1] */
static void none(void **state)
{
	channel->generation = 0;
	assert_true(hear(client(SCRAPE)) > 0);
	assert_memory_equal(answer, "HTTP/1.1 503 Service Unavailable\r\n", 34);
	channel->generation = 1;
	assert_true(is_whole(hear(client(SCRAPE))));
}

/* [utest->swr~exporter-http~1] */
static void places(void **state)
{
	static const char *const wrong[] = {
		"",
		":",
		"0",
		"65536",
		"80x",
		"-1",
		" 80",
		"a:80",
		":80",
		"1.2.3:80",
		"1.2.3.4.5:80",
		"1.2.3.4:",
		"1.2.3.400:1",
		"1111.1111.1111.1111:80",
	};

	for (unsigned i = 0; i < LENGTH(wrong); i++) {
		const char *why = server_open(wrong[i], &source);

		assert_true(why && *why);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole), cmocka_unit_test(in_time), cmocka_unit_test(silent),
		cmocka_unit_test(slow),	 cmocka_unit_test(none),    cmocka_unit_test(places),
	};

	return cmocka_run_group_tests(tests, start, NULL);
}
