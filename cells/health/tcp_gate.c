// SPDX-License-Identifier: Apache-2.0
/*
 * tcp_gate.c - see tcp_gate.h. [impl->swr~net-half-open~1]
 *
 * What isn't well-formed, or isn't for the web server's port, is left to lwIP, which does the same checks.
 */
#include "tcp_gate.h"

#include <string.h>

#include <lwip/inet_chksum.h>
#include <lwip/ip4.h>
#include <lwip/priv/tcp_priv.h>
#include <lwip/prot/ip4.h>
#include <lwip/prot/tcp.h>

#include "tcp_numbers.h"
#include "timer.h"

#define HEADERS	   (IP_HLEN + TCP_HLEN)
#define OPTION_END 0u
#define OPTION_NOP 1u
#define OPTION_MSS 2u
#define MSS_BYTES  4u
#define OPENERS	   (TCP_SYN | TCP_ACK | TCP_RST | TCP_FIN)

struct segment {
	struct tcp_route route;
	uint32_t sequence, acknowledged;
	uint16_t flags, window, mss; /* mss: as a SYN says it; 0: it doesn't */
	uint32_t payload;	     /* bytes */
};

static const struct secret *secret;
static uint16_t port;
static uint64_t ticks_a_second;
static bool telling;
static uint32_t told; /* the number of the answer that lwIP is to have given */

static uint64_t now_ns(void)
{
	return timer_to_ns(timer_now(), ticks_a_second);
}

/* RFC 9293, 3.2: each option but the two of a byte has its length behind its kind. */
static uint16_t read_mss(const uint8_t *options, uint32_t size)
{
	for (uint32_t at = 0; at < size && options[at] != OPTION_END;) {
		if (options[at] == OPTION_NOP) {
			at++;
			continue;
		}
		if (size - at < 2 || options[at + 1] < 2 || options[at + 1] > size - at)
			break;
		if (options[at] == OPTION_MSS && options[at + 1] == MSS_BYTES)
			return (uint16_t)(options[at + 2] << 8 | options[at + 3]);
		at += options[at + 1];
	}
	return 0;
}

static bool ip_is_plain(const struct pbuf *packet, const struct ip_hdr *ip)
{
	return packet->len == packet->tot_len && packet->len >= HEADERS && IPH_V(ip) == 4 &&
	       IPH_HL_BYTES(ip) == IP_HLEN && IPH_PROTO(ip) == IP_PROTO_TCP &&
	       !(IPH_OFFSET(ip) & PP_HTONS(IP_OFFMASK | IP_MF)) && lwip_ntohs(IPH_LEN(ip)) >= HEADERS &&
	       lwip_ntohs(IPH_LEN(ip)) <= packet->len && !inet_chksum(ip, IP_HLEN);
}

/* RFC 9293, 3.1: over the header, the payload, and what IP says of them. */
static bool tcp_is_whole(struct pbuf *packet, const struct ip_hdr *ip, uint16_t size)
{
	ip4_addr_t from, to;
	uint16_t sum;

	ip4_addr_copy(from, ip->src);
	ip4_addr_copy(to, ip->dest);
	pbuf_remove_header(packet, IP_HLEN);
	sum = inet_chksum_pseudo_partial(packet, IP_PROTO_TCP, size, size, &from, &to);
	pbuf_add_header(packet, IP_HLEN);
	return !sum;
}

/* False: it is none of a connection with the web server, or not well-formed. */
static bool read_segment(struct pbuf *packet, const struct netif *in, struct segment *segment)
{
	const struct ip_hdr *ip = packet->payload;
	const struct tcp_hdr *tcp = (const void *)((const uint8_t *)packet->payload + IP_HLEN);
	uint16_t size, header;

	if (!ip_is_plain(packet, ip) || ip4_addr_isany_val(*netif_ip4_addr(in)) ||
	    ip->dest.addr != netif_ip4_addr(in)->addr || tcp->dest != lwip_htons(port))
		return false;
	size = (uint16_t)(lwip_ntohs(IPH_LEN(ip)) - IP_HLEN);
	header = TCPH_HDRLEN_BYTES(tcp);
	if (header < TCP_HLEN || header > size || !tcp_is_whole(packet, ip, size))
		return false;
	*segment = (struct segment){
		.route = {lwip_ntohl(ip->src.addr), lwip_ntohl(ip->dest.addr), lwip_ntohs(tcp->src), port},
		.sequence = lwip_ntohl(tcp->seqno),
		.acknowledged = lwip_ntohl(tcp->ackno),
		.flags = TCPH_FLAGS(tcp),
		.window = lwip_ntohs(tcp->wnd),
		.mss = read_mss((const uint8_t *)(tcp + 1), header - TCP_HLEN),
		.payload = size - header,
	};
	return true;
}

/* Connections of lwIP's: those that it has closed, too, if it remembers them. */
static bool is_known(const struct tcp_route *route)
{
	struct tcp_pcb *const lists[] = {tcp_active_pcbs, tcp_tw_pcbs};

	for (unsigned i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		for (const struct tcp_pcb *pcb = lists[i]; pcb; pcb = pcb->next)
			if (pcb->remote_port == route->from_port && pcb->local_port == route->to_port &&
			    pcb->remote_ip.addr == lwip_htonl(route->from) &&
			    pcb->local_ip.addr == lwip_htonl(route->to))
				return true;
	return false;
}

/* Of `segment` with no payload and an MSS. NULL: no memory. */
static struct pbuf *packet_make(const struct segment *segment)
{
	const ip4_addr_t from = {lwip_htonl(segment->route.from)}, to = {lwip_htonl(segment->route.to)};
	const uint16_t size = TCP_HLEN + MSS_BYTES;
	struct pbuf *packet = pbuf_alloc(PBUF_LINK, IP_HLEN + size, PBUF_RAM);
	struct tcp_hdr *tcp;
	struct ip_hdr *ip;
	uint8_t *option;

	if (!packet)
		return NULL;
	memset(packet->payload, 0, packet->len);
	ip = packet->payload;
	tcp = (void *)((uint8_t *)packet->payload + IP_HLEN);
	option = (uint8_t *)(tcp + 1);
	IPH_VHL_SET(ip, 4, IP_HLEN / 4);
	IPH_LEN_SET(ip, lwip_htons(packet->len));
	IPH_OFFSET_SET(ip, PP_HTONS(IP_DF));
	IPH_TTL_SET(ip, TCP_TTL);
	IPH_PROTO_SET(ip, IP_PROTO_TCP);
	ip4_addr_copy(ip->src, from);
	ip4_addr_copy(ip->dest, to);
	IPH_CHKSUM_SET(ip, inet_chksum(ip, IP_HLEN));
	tcp->src = lwip_htons(segment->route.from_port);
	tcp->dest = lwip_htons(segment->route.to_port);
	tcp->seqno = lwip_htonl(segment->sequence);
	tcp->ackno = lwip_htonl(segment->acknowledged);
	TCPH_HDRLEN_FLAGS_SET(tcp, size / 4, segment->flags);
	tcp->wnd = lwip_htons(segment->window);
	option[0] = OPTION_MSS;
	option[1] = MSS_BYTES;
	option[2] = (uint8_t)(segment->mss >> 8);
	option[3] = (uint8_t)segment->mss;
	pbuf_remove_header(packet, IP_HLEN);
	tcp->chksum = inet_chksum_pseudo(packet, IP_PROTO_TCP, size, &from, &to);
	pbuf_add_header(packet, IP_HLEN);
	return packet;
}

/* RFC 1122, 3.2.1.3: whom nobody can be, or what only we can be. */
static bool is_a_host(const struct segment *segment, const struct netif *in)
{
	const ip4_addr_t from = {lwip_htonl(segment->route.from)};

	return segment->route.from != segment->route.to && !ip4_addr_isany_val(from) &&
	       !ip4_addr_ismulticast(&from) && !ip4_addr_isloopback(&from) &&
	       !ip4_addr_isbroadcast(&from, in);
}

static void answer(const struct segment *segment, struct netif *out)
{
	const ip4_addr_t to = {lwip_htonl(segment->route.from)};
	struct pbuf *reply;

	if (!is_a_host(segment, out))
		return;
	reply = packet_make(&(struct segment){
		.route = {segment->route.to, segment->route.from, port, segment->route.from_port},
		.sequence = cookie_make(secret, &segment->route, segment->sequence, segment->mss, now_ns()),
		.acknowledged = segment->sequence + 1,
		.flags = TCP_SYN | TCP_ACK,
		.window = TCP_WND,
		.mss = TCP_MSS,
	});
	if (!reply)
		return;
	out->output(out, reply, &to);
	pbuf_free(reply);
}

/* The SYN that this segment follows; the answer to it has been given. */
static void tell(const struct segment *segment, uint32_t mss, struct netif *in)
{
	struct pbuf *syn = packet_make(&(struct segment){
		.route = segment->route,
		.sequence = segment->sequence - 1,
		.flags = TCP_SYN,
		.window = segment->window,
		.mss = (uint16_t)mss,
	});

	if (!syn)
		return;
	told = segment->acknowledged - 1;
	telling = true;
	if (ip4_input(syn, in) != ERR_OK)
		pbuf_free(syn);
	telling = false;
}

int tcp_gate_input(struct pbuf *packet, struct netif *in)
{
	struct segment segment;
	uint32_t mss;

	if (telling || !port || !read_segment(packet, in, &segment) || is_known(&segment.route))
		return 0;
	if ((segment.flags & OPENERS) == TCP_ACK || (segment.flags & OPENERS) == (TCP_ACK | TCP_FIN)) {
		mss = cookie_mss(secret, &segment.route, segment.sequence - 1, segment.acknowledged - 1,
				 now_ns());
		if (!mss)
			return 0;
		if (segment.payload || segment.flags & TCP_FIN) {
			tell(&segment, mss, in);
			return 0;
		}
	} else if (!(segment.flags & TCP_SYN)) {
		return 0;
	} else if ((segment.flags & OPENERS) == TCP_SYN) {
		answer(&segment, in);
	}
	pbuf_free(packet);
	return 1;
}

uint32_t tcp_gate_number(const ip_addr_t *own, uint16_t own_port, const ip_addr_t *other, uint16_t other_port)
{
	const struct tcp_route route = {
		.from = lwip_ntohl(own->addr),
		.to = lwip_ntohl(other->addr),
		.from_port = own_port,
		.to_port = other_port,
	};

	return telling ? told : tcp_number(secret, &route, now_ns());
}

bool tcp_gate_is_telling(void)
{
	return telling;
}

void tcp_gate_start(const struct secret *of, uint16_t http, uint64_t hz)
{
	secret = of;
	port = http;
	ticks_a_second = hz;
}
