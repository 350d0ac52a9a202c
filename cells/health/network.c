// SPDX-License-Identifier: Apache-2.0
/*
 * network.c - between the NIC's driver and lwIP (network.h).
 */
#include "network.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <lwip/etharp.h>
#include <lwip/init.h>
#include <lwip/ip.h>
#include <lwip/memp.h>
#include <lwip/netif.h>
#include <lwip/prot/ethernet.h>
#include <lwip/prot/ip4.h>
#include <lwip/prot/tcp.h>
#include <lwip/stats.h>
#include <lwip/sys.h>
#include <lwip/timeouts.h>
#include <netif/ethernet.h>

#include "address.h"
#include "clock.h"
#include "console.h"
#include "echo.h"
#include "entropy.h"
#include "http_server.h"
#include "hypercall_call.h"
#include "metrics.h"
#include "neighbours.h"
#include "nic.h"
#include "nic_errors.h"
#include "secret.h"
#include "syslog_client.h"
#include "tcp_gate.h"
#include "timer.h"

#define FRAMES_A_TURN 16u
#define HOLD_NS	      UINT64_C(250000000) /* who comes and goes shall not fill the console */
#define MTU	      1500u
#define MAC_TEXT      18u
#define CODE_BROKEN   3 /* of the application error: lwIP found itself in a state that can't be */
#define NEIGHBOUR_NS  UINT64_C(70000000000) /* longer than a connection lasts (http_server.c) */
#define MAC_GROUP     0x01
#define MAC_LOCAL     0x02

static const struct nic_driver *const drivers[] = {&nic_virtio, &nic_igbvf};

static const struct nic_driver *nic; /* NULL: there is no network */
static const struct guest_net *wanted;
static struct pci_function function;
static struct netif netif;
static enum nic_state state;
static uint8_t mac[NIC_MAC_BYTES];
static uint64_t ticks_a_second, waiting_since;
static bool added, more;
static struct secret secret;
static struct {
	bool there;
	uint8_t mac[NIC_MAC_BYTES];
	uint32_t address; /* in the network's order */
} asker;		  /* who sent the frame that is being taken */
static struct neighbours neighbours;
static bool has_random; /* the processor's numbers are in it */
static volatile bool interrupted;
static volatile uint64_t interrupts;
static const struct body_source *documents;
static struct counters *counters;
static uint8_t incoming[NIC_FRAME_MAX], outgoing[NIC_FRAME_MAX];

_Noreturn void network_broken(const char *what)
{
	say("health: net: lwIP: %s", what);
	hypercall_application_error(CODE_BROKEN);
	for (;;)
		wait_interrupt();
}

uint32_t network_random(void)
{
	return (uint32_t)secret_draw(&secret);
}

/* What differs from boot to boot and from board to board, what others don't know, and what is random where
 * the processor has that. */
static void secret_gather(const struct guest *guest)
{
	const struct directory *directory = documents->machine->directory;
	crypto_hash_sha256_state gathered;

	crypto_hash_sha256_init(&gathered);
	crypto_hash_sha256_update(&gathered, directory->config_digest, sizeof(directory->config_digest));
	crypto_hash_sha256_update(&gathered, (const uint8_t *)wanted, sizeof(*wanted));
	if (guest->log_key)
		crypto_hash_sha256_update(&gathered, guest->log_key, GUEST_LOG_KEY_BYTES);
	if (documents->record)
		crypto_hash_sha256_update(&gathered, (const uint8_t *)documents->record,
					  sizeof(*documents->record));
	has_random = entropy_gather(&gathered);
	secret_start(&secret, &gathered);
}

u32_t sys_now(void)
{
	return (u32_t)(timer_to_ns(timer_now(), ticks_a_second) / 1000000);
}

static const char *mac_text(char *text)
{
	snprintf(text, MAC_TEXT, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3], mac[4],
		 mac[5]);
	return text;
}

/* A locally administered one: of the address, which no two may have; else of chance. */
static void mac_choose(uint8_t *own)
{
	const uint32_t number = wanted->dhcp ? network_random() : wanted->address;

	own[0] = MAC_LOCAL;
	own[1] = 0;
	for (unsigned i = 0; i < 4; i++)
		own[2 + i] = (uint8_t)(number >> (24 - 8 * i));
}

static void interrupt(uint32_t intid)
{
	(void)intid;
	nic->quiet();
	interrupted = true;
	interrupts++;
}

static err_t frame_send(struct netif *of, struct pbuf *frame)
{
	(void)of;
	if (state != NIC_LINK_UP || frame->tot_len > sizeof(outgoing) ||
	    pbuf_copy_partial(frame, outgoing, frame->tot_len, 0) != frame->tot_len ||
	    !nic->send(outgoing, frame->tot_len)) {
		counters->net.dropped++;
		return ERR_IF;
	}
	counters->net.sent++;
	return ERR_OK;
}

/* Of the web server's: the client's port, and whether it is the answer to a SYN; 0: of something else. */
static uint16_t client_port(const struct pbuf *packet, bool *opens)
{
	struct ip_hdr ip;
	struct tcp_hdr tcp;

	if (pbuf_copy_partial(packet, &ip, IP_HLEN, 0) < IP_HLEN || IPH_PROTO(&ip) != IP_PROTO_TCP ||
	    pbuf_copy_partial(packet, &tcp, TCP_HLEN, IPH_HL_BYTES(&ip)) < TCP_HLEN ||
	    lwip_ntohs(tcp.src) != wanted->http)
		return 0;
	*opens = TCPH_FLAGS(&tcp) & TCP_SYN;
	return lwip_ntohs(tcp.dest);
}

void network_heard(uint32_t client, uint16_t port)
{
	if (asker.there && asker.address == client)
		neighbours_note(&neighbours, client, port, asker.mac, timer_now());
}

/* An answer goes where its question came from: neighbours that don't say what their address is take no place
 * among those that do, and no memory. What a connection of the web server says goes to whom TCP heard last.
 * [impl->swr~net-answers~1] */
static err_t packet_send(struct netif *of, struct pbuf *packet, const ip4_addr_t *to)
{
	const uint64_t now = timer_now(), kept = timer_from_ns(NEIGHBOUR_NS, ticks_a_second);
	const uint8_t *by = NULL;
	bool opens = false;
	const uint16_t port = client_port(packet, &opens);

	if (tcp_gate_is_telling()) { /* of who has shown that it is there */
		network_heard(to->addr, port);
		return ERR_OK;
	}
	if (port && !opens)
		by = neighbours_find(&neighbours, to->addr, port, now > kept ? now - kept : 0);
	if (!by && asker.there && asker.address == to->addr)
		by = asker.mac;
	if (!by)
		return etharp_output(of, packet, to);
	return ethernet_output(of, packet, (const struct eth_addr *)of->hwaddr, (const struct eth_addr *)by,
			       ETHTYPE_IP);
}

/* Of a frame with an IPv4 packet, not to be believed any further. False: it is none to be answered: from a
 * group of neighbours, or to one with our own address in it (RFC 1122, 3.3.6). */
static bool read_asker(uint32_t length)
{
	const struct eth_hdr *frame = (const void *)incoming;
	const uint32_t own = netif_ip4_addr(&netif)->addr;
	struct ip_hdr ip;
	bool alone;

	if (length < SIZEOF_ETH_HDR + IP_HLEN || frame->type != PP_HTONS(ETHTYPE_IP))
		return true;
	memcpy(&ip, incoming + SIZEOF_ETH_HDR, sizeof(ip));
	alone = !memcmp(frame->dest.addr, netif.hwaddr, NIC_MAC_BYTES);
	if (frame->src.addr[0] & MAC_GROUP || (!alone && own && ip.dest.addr == own))
		return false;
	asker.there = alone;
	memcpy(asker.mac, frame->src.addr, NIC_MAC_BYTES);
	asker.address = ip.src.addr;
	return true;
}

static void frame_take(uint32_t length)
{
	struct pbuf *frame = pbuf_alloc(PBUF_RAW, (u16_t)length, PBUF_POOL);

	if (!frame || pbuf_take(frame, incoming, (u16_t)length) != ERR_OK) {
		if (frame)
			pbuf_free(frame);
		counters->net.dropped++;
		return;
	}
	counters->net.received++;
	if (!read_asker(length) || netif.input(frame, &netif) != ERR_OK)
		pbuf_free(frame);
	asker.there = false;
}

static err_t netif_start(struct netif *of)
{
	of->name[0] = 'n';
	of->name[1] = 'i';
	of->output = packet_send;
	of->linkoutput = frame_send;
	of->mtu = MTU;
	of->hwaddr_len = NIC_MAC_BYTES;
	of->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_ETHERNET;
	return ERR_OK;
}

static void stack_start(void)
{
	const uint32_t mask = wanted->prefix ? UINT32_MAX << (32 - wanted->prefix) : 0;
	const ip4_addr_t address = {lwip_htonl(wanted->address)}, netmask = {lwip_htonl(mask)},
			 gateway = {lwip_htonl(wanted->gateway)};

	lwip_init();
	tcp_gate_start(&secret, (uint16_t)wanted->http, ticks_a_second);
	if (wanted->echo && !echo_start((uint16_t)wanted->echo))
		say("health: net: no echo on UDP port %" PRIu32, wanted->echo);
	if (wanted->syslog.port && !syslog_client_start(&wanted->syslog, documents->machine, counters))
		say("health: syslog: no memory");
	if (wanted->ntp.port && !clock_start(&wanted->ntp, &counters->clock, ticks_a_second))
		say("health: ntp: no memory");
	if (wanted->http &&
	    !http_server_start((uint16_t)wanted->http, documents, &counters->http, ticks_a_second))
		say("health: http: no server on TCP port %" PRIu32, wanted->http);
	else if (wanted->http)
		say("health: http: port %" PRIu32 ", %" PRIu64 " series", wanted->http,
		    metrics_series(documents));
	if (wanted->dhcp)
		netif_add_noaddr(&netif, NULL, netif_start, ethernet_input);
	else
		netif_add(&netif, &address, &netmask, &gateway, NULL, netif_start, ethernet_input);
	netif_set_default(&netif);
	memcpy(netif.hwaddr, mac, NIC_MAC_BYTES);
	netif_set_up(&netif);
	address_start(&netif, wanted->dhcp, ticks_a_second);
	added = true;
}

/* [impl->swr~health-net-back~1] */
static void state_change(enum nic_state to, uint64_t now)
{
	const enum nic_state from = state;
	char text[MAC_TEXT];

	state = to;
	counters->net.up = to == NIC_LINK_UP;
	if (to == NIC_WAITING) {
		say("health: net: %s: %s: starting again", nic->name, nic->lost);
		waiting_since = now;
	} else if (from == NIC_WAITING) {
		say("health: net: %s, MAC %s, ready after %" PRIu64 " ms", nic->name, mac_text(text),
		    timer_to_ns(now - waiting_since, ticks_a_second) / 1000000);
		if (!added)
			stack_start();
		memcpy(netif.hwaddr, mac, NIC_MAC_BYTES);
	}
	if (to == NIC_LINK_UP) {
		say("health: net: link up");
		netif_set_link_up(&netif);
	} else if (from == NIC_LINK_UP) {
		say("health: net: link down");
		netif_set_link_down(&netif);
	}
}

static void nic_find(const struct guest *guest)
{
	function = (struct pci_function){0};
	while (pci_next(guest, &function))
		for (unsigned i = 0; i < sizeof(drivers) / sizeof(drivers[0]); i++)
			if (drivers[i]->identity.vendor == function.vendor &&
			    drivers[i]->identity.device == function.device) {
				nic = drivers[i];
				return;
			}
}

void network_start(const struct guest *guest, uint64_t hz, const struct body_source *source,
		   struct counters *count)
{
	uint8_t own[NIC_MAC_BYTES];
	const char *wrong;

	if (!guest->net.wanted)
		return;
	ticks_a_second = hz;
	documents = source;
	counters = count;
	wanted = &guest->net;
	counters->net.there = true;
	counters->syslog.there = wanted->syslog.port;
	secret_gather(guest);
	waiting_since = timer_now();
	nic_find(guest);
	if (!nic) {
		say("health: net: no PCI function that a driver knows");
		return;
	}
	mac_choose(own);
	wrong = nic->start(&function, own, interrupt);
	if (wrong) {
		say("health: net: %s: %s", nic->name, wrong);
		nic = NULL;
	}
	if (nic)
		nic_errors_start(&function, &counters->net);
}

/* What lwIP has in use. */
static void count_memory(void)
{
	struct net_counters *net = &counters->net;

	net->heap_bytes = lwip_stats.mem.used;
	net->heap_bytes_max = lwip_stats.mem.max;
	net->buffers = lwip_stats.memp[MEMP_PBUF_POOL]->used;
	net->connections = lwip_stats.memp[MEMP_TCP_PCB]->used;
}

bool network_is_busy(void)
{
	return nic && (more || interrupted);
}

/* [impl->swr~health-net-bounded~1] */
void network_serve(uint64_t now)
{
	enum nic_state to;
	unsigned frames = 0;
	uint32_t length;

	if (!nic)
		return;
	interrupted = more = false;
	if (state == NIC_WAITING && added && now - waiting_since < timer_from_ns(HOLD_NS, ticks_a_second))
		return;
	to = nic->step(now, ticks_a_second, mac);
	if (to != state)
		state_change(to, now);
	if (state == NIC_WAITING) {
		address_serve(now, false);
		return;
	}
	for (; frames < FRAMES_A_TURN && (length = nic->receive(incoming, sizeof(incoming))); frames++)
		frame_take(length);
	more = frames == FRAMES_A_TURN || nic->listen();
	sys_check_timeouts();
	more |= http_server_serve(timer_now());
	address_serve(timer_now(), state == NIC_LINK_UP);
	if (address_is_there() && state == NIC_LINK_UP) {
		more |= syslog_client_serve(timer_now());
		clock_serve(timer_now());
	}
	count_memory();
	nic_errors_look(timer_now(), ticks_a_second);
}

static void report_address(const ip4_addr_t *address, const char *what)
{
	say("net: %s %u.%u.%u.%u", what, ip4_addr1(address), ip4_addr2(address), ip4_addr3(address),
	    ip4_addr4(address));
}

void network_report(void)
{
	static const char *const names[] = {
		[NIC_WAITING] = "waiting", [NIC_LINK_DOWN] = "link-down", [NIC_LINK_UP] = "up"};
	char text[MAC_TEXT];

	if (!nic) {
		say("net: none");
		return;
	}
	say("net: %s %s mac=%s received=%" PRIu64 " sent=%" PRIu64 " dropped=%" PRIu64 " interrupts=%" PRIu64
	    " echoed=%" PRIu64,
	    nic->name, names[state], mac_text(text), counters->net.received, counters->net.sent,
	    counters->net.dropped, interrupts, echo_answers());
	if (added)
		report_address(netif_ip4_addr(&netif), "address");
	say("net: memory heap=%" PRIu64 " most=%" PRIu64 " buffers=%" PRIu64 " connections=%" PRIu64,
	    counters->net.heap_bytes, counters->net.heap_bytes_max, counters->net.buffers,
	    counters->net.connections);
	say("net: secret of %s",
	    has_random ? "the processor's random numbers" : "the counter and the log's key");
}
