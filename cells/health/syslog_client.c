// SPDX-License-Identifier: Apache-2.0
/*
 * syslog_client.c - events to a syslog server (syslog_client.h). [impl->swr~syslog-client~1]
 */
#include "syslog_client.h"

#include <stdio.h>
#include <string.h>

#include <lwip/etharp.h>
#include <lwip/netif.h>
#include <lwip/tcp.h>
#include <lwip/udp.h>

#include "console.h"
#include "events.h"
#include "syslog_text.h"
#include "timer.h"

#define QUEUE	   128u
#define RESERVED   32u /* of it, for what a cell can't cause at will */
#define FRAME_MAX  (SYSLOG_MAX + 5u)
#define AGAIN_NS   UINT64_C(5000000000) /* after a connection that ended */
#define RESOLVE_NS UINT64_C(1000000000) /* between questions who has the server's address */

enum link { LINK_CLOSED, LINK_CONNECTING, LINK_OPEN };

/* What a message was, for as long as it may have to be sent again. */
static struct {
	struct event event;
	uint64_t number;
	uint32_t length; /* as it was written to the connection */
} queue[QUEUE];
/* Messages since the start: taken in, written to lwIP, and, over TCP, acknowledged. */
static uint64_t head, written, tail;

static const struct guest_server *server;
static const struct machine *machine;
static struct counters *counters;
static struct udp_pcb *datagrams;
static struct tcp_pcb *stream;
static enum link state;
static uint64_t ended, asked, offered;
static uint32_t acknowledged;
static bool told;

static bool is_over(uint64_t since, uint64_t now, uint64_t ns)
{
	return now > since && now - since > timer_from_ns(ns, machine->hz);
}

bool syslog_client_start(const struct guest_server *to, const struct machine *of, struct counters *count)
{
	if (!to->tcp) {
		datagrams = udp_new();
		if (!datagrams)
			return false;
	}
	server = to;
	machine = of;
	counters = count;
	return true;
}

void syslog_client_offer(const struct event *event)
{
	const uint64_t room = QUEUE - (head - tail);

	if (!server)
		return;
	offered++;
	if (room <= (event_is_rare(event) ? 0 : RESERVED)) {
		counters->syslog.dropped++;
		return;
	}
	queue[head % QUEUE].event = *event;
	queue[head++ % QUEUE].number = offered;
}

/* The message `at`, with its length before it where it goes over TCP. */
static uint32_t write_message(uint64_t at, char *text)
{
	const struct event *event = &queue[at % QUEUE].event;
	char host[IP4ADDR_STRLEN_MAX], message[SYSLOG_MAX];
	const struct syslog_origin origin = {
		.host = ip4addr_ntoa_r(netif_ip4_addr(netif_default), host, sizeof(host)),
		.unix_ns = sntp_unix_ns(&counters->clock, event->time, machine->hz),
		.number = queue[at % QUEUE].number,
	};
	const uint32_t length = syslog_text(machine, event, &origin, message);

	if (server->tcp)
		return (uint32_t)snprintf(text, FRAME_MAX, "%u %s", (unsigned)length, message);
	memcpy(text, message, length);
	return length;
}

/* Is it known who has the address that the server is reached by? Datagrams would be lost until then. */
static bool is_resolved(const ip4_addr_t *to, uint64_t now)
{
	struct netif *netif = netif_default;
	const bool near = ip4_addr_netcmp(to, netif_ip4_addr(netif), netif_ip4_netmask(netif));
	const ip4_addr_t *hop = near ? to : netif_ip4_gw(netif), *found;
	struct eth_addr *mac;

	if (etharp_find_addr(netif, hop, &mac, &found) >= 0)
		return true;
	if (is_over(asked, now, RESOLVE_NS)) {
		asked = now;
		etharp_request(netif, hop);
	}
	return false;
}

static bool send_datagram(const ip_addr_t *to, uint64_t now)
{
	char text[FRAME_MAX];
	struct pbuf *data;
	uint32_t length;
	err_t error;

	if (!is_resolved(to, now))
		return false;
	length = write_message(tail, text);
	data = pbuf_alloc(PBUF_TRANSPORT, (u16_t)length, PBUF_RAM);
	if (!data)
		return false;
	pbuf_take(data, text, (u16_t)length);
	error = udp_sendto(datagrams, data, to, (u16_t)server->port);
	pbuf_free(data);
	if (error != ERR_OK)
		return false;
	counters->syslog.sent++;
	written = ++tail;
	return head != tail;
}

/* What the server has not acknowledged goes again, over the next connection. */
static void closed(void)
{
	if (!told)
		say("health: syslog: no connection to the server, trying on");
	told = true;
	state = LINK_CLOSED;
	stream = NULL;
	written = tail;
	acknowledged = 0;
	ended = timer_now();
}

static void broken(void *none, err_t why)
{
	(void)none, (void)why;
	closed();
}

static err_t received(void *none, struct tcp_pcb *pcb, struct pbuf *data, err_t error)
{
	(void)none, (void)error;
	if (data) { /* it has nothing to say */
		tcp_recved(pcb, data->tot_len);
		pbuf_free(data);
		return ERR_OK;
	}
	tcp_err(pcb, NULL);
	tcp_abort(pcb);
	closed();
	return ERR_ABRT;
}

static err_t was_acknowledged(void *none, struct tcp_pcb *pcb, u16_t count)
{
	(void)none, (void)pcb;
	acknowledged += count;
	while (tail < written && acknowledged >= queue[tail % QUEUE].length) {
		acknowledged -= queue[tail++ % QUEUE].length;
		counters->syslog.sent++;
	}
	return ERR_OK;
}

static err_t connected(void *none, struct tcp_pcb *pcb, err_t error)
{
	(void)none, (void)pcb, (void)error;
	say("health: syslog: connected");
	told = false;
	state = LINK_OPEN;
	return ERR_OK;
}

static void connect(const ip_addr_t *to)
{
	stream = tcp_new();
	if (!stream)
		return;
	tcp_err(stream, broken);
	tcp_recv(stream, received);
	tcp_sent(stream, was_acknowledged);
	state = LINK_CONNECTING;
	if (tcp_connect(stream, to, (u16_t)server->port, connected) != ERR_OK) {
		tcp_err(stream, NULL);
		tcp_abort(stream);
		closed();
	}
}

static bool send_framed(const ip_addr_t *to, uint64_t now)
{
	char text[FRAME_MAX];
	uint32_t length;

	if (state == LINK_CLOSED && (!ended || is_over(ended, now, AGAIN_NS)))
		connect(to);
	if (state != LINK_OPEN || written == head || tcp_sndbuf(stream) < FRAME_MAX)
		return false;
	length = write_message(written, text);
	if (tcp_write(stream, text, (u16_t)length, TCP_WRITE_FLAG_COPY) != ERR_OK)
		return false;
	queue[written++ % QUEUE].length = length;
	tcp_output(stream);
	return written != head;
}

bool syslog_client_serve(uint64_t now)
{
	ip_addr_t to;

	if (!server || head == tail)
		return false;
	to.addr = lwip_htonl(server->address);
	return server->tcp ? send_framed(&to, now) : send_datagram(&to, now);
}
