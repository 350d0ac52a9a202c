// SPDX-License-Identifier: Apache-2.0
/*
 * http_server.c - connections (http_server.h). lwIP's callbacks only note what came: answers are produced by
 * http_server_serve, one piece a turn of the main loop. [impl->swr~http-bounded~1]
 */
#include "http_server.h"

#include <string.h>

#include <lwip/tcp.h>

#include "http.h"
#include "http_places.h"
#include "network.h"
#include "timer.h"

#define CONNECTIONS HTTP_PLACES
#define HALF_OPEN   4u			  /* for lwIP, as the gate is before it: tcp_gate.h */
#define REQUEST_NS  UINT64_C(5000000000)  /* from the first byte or none to the end of the request */
#define STALLED_NS  UINT64_C(10000000000) /* in which nothing was acknowledged */
#define ANSWER_NS   UINT64_C(60000000000) /* for all of it */
#define LINGER_NS   UINT64_C(5000000000)  /* for the client to end the connection, too */

/* LINGERING: all is said; what the client still sends is passed over, else TCP would take back what it has
 * not read */
enum state { FREE, SERVING, LINGERING };

struct connection {
	enum state state;
	struct tcp_pcb *pcb;
	uint32_t client;       /* its address */
	uint64_t began, moved; /* since when; when something was last acknowledged */
	bool ended;	       /* the client sends no more */
	uint32_t length;       /* of a piece that was produced and not taken by lwIP yet */
	char piece[HTTP_PIECE_MAX];
	struct http_exchange exchange;
};

static struct connection connections[CONNECTIONS];
static const struct body_source *documents;
static struct http_counters *counters;
static uint64_t ticks_a_second;
static uint32_t turn;

static bool is_over(uint64_t since, uint64_t now, uint64_t ns)
{
	return now > since && now - since > timer_from_ns(ns, ticks_a_second);
}

/* lwIP's connection is on its own from here. */
static struct tcp_pcb *let_go(struct connection *connection)
{
	struct tcp_pcb *pcb = connection->pcb;

	if (connection->state == SERVING)
		counters->abandoned++;
	connection->state = FREE;
	connection->pcb = NULL;
	tcp_arg(pcb, NULL);
	tcp_recv(pcb, NULL);
	tcp_sent(pcb, NULL);
	tcp_err(pcb, NULL);
	return pcb;
}

static void end(struct connection *connection)
{
	struct tcp_pcb *pcb = let_go(connection);

	if (tcp_close(pcb) != ERR_OK)
		tcp_abort(pcb);
}

/* lwIP's: the connection is gone already. */
static void broken(void *of, err_t why)
{
	struct connection *connection = of;

	(void)why;
	if (connection->state == SERVING)
		counters->abandoned++;
	connection->state = FREE;
	connection->pcb = NULL;
}

static err_t received(void *of, struct tcp_pcb *pcb, struct pbuf *data, err_t error)
{
	struct connection *connection = of;

	(void)error;
	network_heard(pcb->remote_ip.addr, pcb->remote_port);
	if (!data) {
		connection->ended = true;
		/* It is in TIME_WAIT, or will be: lwIP takes such ones back without a word. */
		if (connection->state == LINGERING)
			end(connection);
		return ERR_OK;
	}
	for (struct pbuf *part = data; part; part = part->next)
		http_feed(&connection->exchange, part->payload, part->len, timer_now());
	tcp_recved(pcb, data->tot_len);
	pbuf_free(data);
	return ERR_OK;
}

static err_t acknowledged(void *of, struct tcp_pcb *pcb, u16_t count)
{
	struct connection *connection = of;

	(void)count;
	network_heard(pcb->remote_ip.addr, pcb->remote_port);
	connection->moved = timer_now();
	return ERR_OK;
}

/* A client has all once it has acknowledged the end, too. */
static enum http_use use_of(const struct connection *connection)
{
	if (connection->state == FREE)
		return HTTP_PLACE_FREE;
	if (connection->state == SERVING)
		return connection->exchange.phase == HTTP_READING ? HTTP_PLACE_ASKING : HTTP_PLACE_ANSWERED;
	return connection->pcb->state == FIN_WAIT_2 ? HTTP_PLACE_OVER : HTTP_PLACE_ANSWERED;
}

/* One that is free, or is made so. */
static struct connection *find_room(uint32_t client)
{
	struct http_place places[HTTP_PLACES];
	struct connection *found;

	for (uint32_t i = 0; i < CONNECTIONS; i++) {
		const struct connection *connection = &connections[i];

		places[i] = (struct http_place){use_of(connection), connection->client, connection->began};
	}
	found = &connections[http_place_for(places, client)];
	if (found->state != FREE)
		tcp_abort(let_go(found));
	return found;
}

static err_t accepted(void *none, struct tcp_pcb *pcb, err_t error)
{
	struct connection *connection;

	(void)none;
	if (error != ERR_OK || !pcb)
		return ERR_VAL;
	connection = find_room(pcb->remote_ip.addr);
	connection->client = pcb->remote_ip.addr;
	connection->state = SERVING;
	connection->pcb = pcb;
	connection->began = connection->moved = timer_now();
	connection->ended = false;
	connection->length = 0;
	http_begin(&connection->exchange, documents, counters);
	tcp_arg(pcb, connection);
	tcp_recv(pcb, received);
	tcp_sent(pcb, acknowledged);
	tcp_err(pcb, broken);
	tcp_nagle_disable(pcb);
	return ERR_OK;
}

bool http_server_start(uint16_t port, const struct body_source *source, struct http_counters *count,
		       uint64_t hz)
{
	struct tcp_pcb *pcb = tcp_new(), *listening;

	documents = source;
	counters = count;
	ticks_a_second = hz;
	if (!pcb || tcp_bind(pcb, IP_ADDR_ANY, port) != ERR_OK)
		return false;
	listening = tcp_listen_with_backlog(pcb, HALF_OPEN);
	if (!listening)
		return false;
	tcp_accept(listening, accepted);
	return true;
}

/* All is said. */
static void finish(struct connection *connection, uint64_t now)
{
	connection->state = LINGERING;
	connection->moved = now;
	if (tcp_shutdown(connection->pcb, 0, 1) != ERR_OK)
		tcp_abort(let_go(connection));
}

/* True: there is more that lwIP has room for, as far as can be seen. */
static bool say_piece(struct connection *connection, uint64_t now)
{
	struct tcp_pcb *pcb = connection->pcb;

	if (tcp_sndbuf(pcb) < HTTP_PIECE_MAX)
		return false;
	if (!connection->length)
		connection->length = http_piece(&connection->exchange, connection->piece);
	if (!connection->length) {
		finish(connection, now);
		return false;
	}
	if (tcp_write(pcb, connection->piece, (u16_t)connection->length, TCP_WRITE_FLAG_COPY) != ERR_OK)
		return false; /* when something has been acknowledged, again */
	connection->length = 0;
	tcp_output(pcb);
	return true;
}

static void check_times(struct connection *connection, uint64_t now)
{
	if (connection->state == LINGERING) {
		if (connection->ended)
			end(connection);
		else if (is_over(connection->moved, now, LINGER_NS))
			tcp_abort(let_go(connection));
	} else if (connection->exchange.phase == HTTP_READING) {
		if (connection->ended)
			end(connection);
		else if (is_over(connection->began, now, REQUEST_NS))
			http_give_up(&connection->exchange);
	} else if (is_over(connection->moved, now, STALLED_NS) ||
		   is_over(connection->began, now, ANSWER_NS)) {
		tcp_abort(let_go(connection));
	}
}

bool http_server_serve(uint64_t now)
{
	bool more = false;

	for (uint32_t i = 0; i < CONNECTIONS; i++)
		if (connections[i].state != FREE)
			check_times(&connections[i], now);
	for (uint32_t i = 0; i < CONNECTIONS && !more; i++) {
		struct connection *connection = &connections[++turn % CONNECTIONS];

		if (connection->state == SERVING && connection->exchange.phase != HTTP_READING)
			more = say_piece(connection, now);
	}
	return more;
}
