// SPDX-License-Identifier: Apache-2.0
/*
 * exporter_server.c - connections (exporter_server.h). All memory is taken at the start.
 * [impl->swr~exporter-bounded~1]
 */
#include "exporter_server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "exporter_http.h"
#include "monotonic.h"

#define CONNECTIONS 8
#define RECEIVED    2048
#define SEND_BUFFER 65536 /* of the kernel's for each, so that a slow reader is seen to be one */
#define REQUEST_MS  5000  /* from the connection to the end of the request */
#define ANSWER_MS   30000 /* for all of it */
#define LINGER_MS   2000  /* for the client to end the connection, too */

/* LINGERING: all is said; what the client still sends is passed over, else TCP would take back what it hasn't
 * read */
enum state { FREE, READING, ANSWERING, LINGERING };

struct connection {
	enum state state;
	int socket;
	int64_t until, moved; /* the end of its time; when something last came or went */
	struct http_request request;
	char head[EXPORTER_HEAD_MAX];
	size_t head_length, body_length, sent;
	struct exposition exposition;
};

static struct connection connections[CONNECTIONS];
static const struct metrics_source *source;
static int listener = -1;

static bool read_place(const char *where, struct sockaddr_in *place)
{
	const char *const colon = strrchr(where, ':'), *const digits = colon ? colon + 1 : where;
	char address[INET_ADDRSTRLEN] = "0.0.0.0", *end;
	unsigned long port;

	if (colon && (size_t)(colon - where) >= sizeof(address))
		return false;
	if (colon) {
		memcpy(address, where, (size_t)(colon - where));
		address[colon - where] = 0;
	}
	port = strtoul(digits, &end, 10);
	if (*digits < '0' || *digits > '9' || *end || !port || port > 65535)
		return false;
	*place = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	return inet_pton(AF_INET, address, &place->sin_addr) == 1;
}

const char *server_open(const char *where, const struct metrics_source *metrics)
{
	const int on = 1, kept = SEND_BUFFER;
	struct sockaddr_in place;

	if (!read_place(where, &place))
		return "not a port, or an IPv4 address, a colon and a port";
	source = metrics;
	for (int i = 0; i < CONNECTIONS; i++)
		if (!exposition_open(&connections[i].exposition, source))
			return "";
	listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (listener < 0 || setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) ||
	    setsockopt(listener, SOL_SOCKET, SO_SNDBUF, &kept, sizeof(kept)) ||
	    bind(listener, (const struct sockaddr *)&place, sizeof(place)) || listen(listener, CONNECTIONS))
		return "";
	return NULL;
}

static void end(struct connection *connection)
{
	close(connection->socket);
	connection->state = FREE;
}

static void enter(struct connection *connection, enum state state, int64_t ms)
{
	connection->state = state;
	connection->moved = monotonic_ms();
	connection->until = connection->moved + ms;
}

/* As much of it as the socket takes; false: it takes no more for now, or the connection is gone. */
static bool send_part(struct connection *connection, const char *bytes, size_t length, size_t before)
{
	while (connection->sent < before + length) {
		const size_t done = connection->sent - before;
		const ssize_t count = send(connection->socket, bytes + done, length - done, MSG_NOSIGNAL);

		if (count < 0 && errno == EINTR)
			continue;
		if (count <= 0) {
			if (count < 0 && errno != EAGAIN)
				end(connection);
			return false;
		}
		connection->sent += (size_t)count;
		connection->moved = monotonic_ms();
	}
	return true;
}

static void send_more(struct connection *connection)
{
	if (connection->sent < connection->head_length &&
	    !send_part(connection, connection->head, connection->head_length, 0))
		return;
	if (!send_part(connection, connection->exposition.text, connection->body_length,
		       connection->head_length))
		return;
	shutdown(connection->socket, SHUT_WR);
	enter(connection, LINGERING, LINGER_MS);
}

static void answer(struct connection *connection, enum http_code code)
{
	if (code == HTTP_OK)
		exposition_take(&connection->exposition, source);
	connection->sent = connection->body_length = 0;
	connection->head_length =
		exporter_head(&connection->request, code, &connection->exposition, connection->head);
	if (code == HTTP_OK && connection->request.method != HTTP_HEAD)
		connection->body_length = connection->exposition.length;
	enter(connection, ANSWERING, ANSWER_MS);
	send_more(connection);
}

static void receive(struct connection *connection)
{
	uint8_t bytes[RECEIVED];
	const ssize_t count = recv(connection->socket, bytes, sizeof(bytes), 0);

	if (count < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (count <= 0) {
		end(connection);
		return;
	}
	if (connection->state == LINGERING)
		return;
	http_request_feed(&connection->request, bytes, (uint32_t)count);
	if (connection->request.done)
		answer(connection, exporter_decide(&connection->request));
}

static void expire(struct connection *connection)
{
	if (connection->state == READING)
		answer(connection, HTTP_TIMEOUT);
	else
		end(connection);
}

/* Does it hold up less than the other, if it goes? Who isn't being answered first, then who reads slowest. */
static bool is_idler(const struct connection *one, const struct connection *other)
{
	if (!other || (one->state == ANSWERING) != (other->state == ANSWERING))
		return !other || one->state != ANSWERING;
	return one->moved < other->moved;
}

/* One that is free, or is made so. */
static struct connection *find_room(void)
{
	struct connection *idlest = NULL;

	for (int i = 0; i < CONNECTIONS; i++) {
		if (connections[i].state == FREE)
			return &connections[i];
		if (is_idler(&connections[i], idlest))
			idlest = &connections[i];
	}
	end(idlest);
	return idlest;
}

static void take_in(void)
{
	const int new = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	struct connection *connection;

	if (new < 0)
		return;
	connection = find_room();
	connection->socket = new;
	memset(&connection->request, 0, sizeof(connection->request));
	enter(connection, READING, REQUEST_MS);
}

static int time_left(int64_t timeout_ms)
{
	const int64_t now = monotonic_ms();
	int64_t left = timeout_ms < 0 ? INT_MAX : timeout_ms;

	for (int i = 0; i < CONNECTIONS; i++)
		if (connections[i].state != FREE && connections[i].until - now < left)
			left = connections[i].until > now ? connections[i].until - now : 0;
	return left < INT_MAX ? (int)left : -1;
}

void server_turn(int64_t timeout_ms)
{
	struct pollfd polled[CONNECTIONS + 1];

	for (int i = 0; i < CONNECTIONS; i++)
		polled[i] = (struct pollfd){
			.fd = connections[i].state == FREE ? -1 : connections[i].socket,
			.events = connections[i].state == ANSWERING ? POLLOUT : POLLIN,
		};
	polled[CONNECTIONS] = (struct pollfd){.fd = listener, .events = POLLIN};
	if (poll(polled, CONNECTIONS + 1, time_left(timeout_ms)) < 0)
		return;
	for (int i = 0; i < CONNECTIONS; i++) {
		struct connection *const connection = &connections[i];

		if (connection->state == ANSWERING && polled[i].revents)
			send_more(connection);
		else if (connection->state != FREE && polled[i].revents)
			receive(connection);
		if (connection->state != FREE && monotonic_ms() >= connection->until)
			expire(connection);
	}
	if (polled[CONNECTIONS].revents)
		take_in();
}
