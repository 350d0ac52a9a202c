// SPDX-License-Identifier: Apache-2.0
/*
 * clock.c - the time of day from the network (clock.h). [impl->swr~sntp-client~1]
 */
#include "clock.h"

#include <inttypes.h>

#include <lwip/udp.h>

#include "console.h"
#include "network.h"
#include "syslog_text.h"
#include "timer.h"

#define FIRST_NS UINT64_C(4000000000)	/* until the next question, doubled ... */
#define LAST_NS	 UINT64_C(256000000000) /* ... up to this while nothing comes, and this once it is known */

static struct udp_pcb *pcb;
static const struct guest_server *server;
static struct sntp_clock *kept;
static struct sntp_question question;
static uint64_t ticks_a_second, asked, wait_ns;

/* lwIP's. */
static void answered(void *none, struct udp_pcb *of, struct pbuf *data, const ip_addr_t *from, u16_t port)
{
	const bool foreign = from->addr != lwip_htonl(server->address) || port != server->port;
	const uint64_t now = timer_now();
	const bool first = !kept->known;
	enum sntp_answer answer;
	uint8_t packet[SNTP_BYTES];
	char text[TIMESTAMP_TEXT_MAX];
	const u16_t size = pbuf_copy_partial(data, packet, sizeof(packet), 0);

	(void)none, (void)of;
	pbuf_free(data);
	if (foreign)
		return;
	answer = sntp_take(&question, kept, packet, size, now, ticks_a_second);
	if (answer == SNTP_JUMP) {
		timestamp_text(kept->other.unix_ns, text);
		say("health: ntp: the server says that it is %s, which is far from what it said before",
		    text);
	}
	if (answer == SNTP_TAKEN)
		wait_ns = LAST_NS;
	if (answer != SNTP_TAKEN || !first)
		return;
	timestamp_text(kept->unix_ns, text);
	say("health: ntp: it is %s, to %" PRIu64 " us", text, kept->uncertain_ns / 1000);
}

bool clock_start(const struct guest_server *to, struct sntp_clock *clock, uint64_t hz)
{
	pcb = udp_new();
	if (!pcb)
		return false;
	server = to;
	kept = clock;
	ticks_a_second = hz;
	udp_recv(pcb, answered, NULL);
	return true;
}

void clock_serve(uint64_t now)
{
	uint8_t packet[SNTP_BYTES];
	struct pbuf *data;
	ip_addr_t to;

	if (!server || (wait_ns && now - asked < timer_from_ns(wait_ns, ticks_a_second)))
		return;
	asked = now;
	wait_ns = wait_ns ? wait_ns * 2 < LAST_NS ? wait_ns * 2 : LAST_NS : FIRST_NS;
	data = pbuf_alloc(PBUF_TRANSPORT, SNTP_BYTES, PBUF_RAM);
	if (!data)
		return;
	sntp_ask(&question, (uint64_t)network_random() << 32 | network_random(), timer_now(), packet);
	pbuf_take(data, packet, SNTP_BYTES);
	to.addr = lwip_htonl(server->address);
	udp_sendto(pcb, data, &to, (u16_t)server->port);
	pbuf_free(data);
}
