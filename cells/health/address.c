// SPDX-License-Identifier: Apache-2.0
/*
 * address.c - see address.h.
 */
#include "address.h"

#include <inttypes.h>

#include <lwip/dhcp.h>

#include "console.h"
#include "host_address.h"
#include "timer.h"

#define TELL_NS	       UINT64_C(1000000000)  /* whoever answers for DHCP shall not fill the console */
#define ALONE_FIRST_NS UINT64_C(5000000000)  /* without an address, until it is told ... */
#define ALONE_NEXT_NS  UINT64_C(60000000000) /* ... and told again */
#define REFUSED_NS                                                                                           \
	UINT64_C(10000000000) /* from an address that was given back to the next question (RFC 2131, 3.1) */

static struct netif *netif;
static bool dhcp, refused; /* refused: DHCP rests */
static uint64_t ticks_a_second;
static uint64_t told_at, refused_at;
static uint64_t alone_since, alone_told;
static ip4_addr_t told_address, told_mask, told_gateway;

static bool is_over(uint64_t since, uint64_t now, uint64_t ns)
{
	return now - since >= timer_from_ns(ns, ticks_a_second);
}

static unsigned prefix_of(const ip4_addr_t *mask)
{
	unsigned prefix = 0;

	for (uint32_t bits = lwip_ntohl(mask->addr); bits; bits <<= 1)
		prefix++;
	return prefix;
}

static void tell(uint64_t now)
{
	const ip4_addr_t *address = netif_ip4_addr(netif), *gateway = netif_ip4_gw(netif);

	if (ip4_addr_cmp(address, &told_address) && ip4_addr_cmp(gateway, &told_gateway) &&
	    ip4_addr_cmp(netif_ip4_netmask(netif), &told_mask))
		return;
	if (told_at && !is_over(told_at, now, TELL_NS))
		return;
	told_at = now;
	told_address = *address;
	told_gateway = *gateway;
	told_mask = *netif_ip4_netmask(netif);
	if (ip4_addr_isany_val(*address))
		say("health: net: no address any more");
	else
		say("health: net: address %u.%u.%u.%u/%u, gateway %u.%u.%u.%u", ip4_addr1(address),
		    ip4_addr2(address), ip4_addr3(address), ip4_addr4(address), prefix_of(&told_mask),
		    ip4_addr1(gateway), ip4_addr2(gateway), ip4_addr3(gateway), ip4_addr4(gateway));
}

static void begin(void)
{
	refused = false;
	if (dhcp_start(netif) != ERR_OK)
		say("health: net: no memory for DHCP");
}

void address_start(struct netif *of, bool by_dhcp, uint64_t hz)
{
	netif = of;
	dhcp = by_dhcp;
	ticks_a_second = hz;
	if (dhcp)
		begin();
	else
		tell(timer_now());
}

static bool is_good(void)
{
	return !dhcp || host_address_can_be(lwip_ntohl(netif_ip4_addr(netif)->addr),
					    lwip_ntohl(netif_ip4_netmask(netif)->addr));
}

bool address_is_there(void)
{
	return netif && !ip4_addr_isany_val(*netif_ip4_addr(netif)) && is_good();
}

static void refuse(uint64_t now)
{
	const ip4_addr_t *address = netif_ip4_addr(netif), *mask = netif_ip4_netmask(netif);

	say("health: net: a DHCP server gave %u.%u.%u.%u, mask %u.%u.%u.%u: no host's: asking again in 10 s",
	    ip4_addr1(address), ip4_addr2(address), ip4_addr3(address), ip4_addr4(address), ip4_addr1(mask),
	    ip4_addr2(mask), ip4_addr3(mask), ip4_addr4(mask));
	dhcp_release_and_stop(netif);
	netif_set_addr(netif, IP4_ADDR_ANY4, IP4_ADDR_ANY4, IP4_ADDR_ANY4);
	refused = true;
	refused_at = now;
}

/* lwIP asks again and again, at most a minute apart. [impl->swr~health-net-dhcp~1] */
static void watch(uint64_t now, bool link_up)
{
	if (!link_up || address_is_there()) {
		alone_since = now;
		alone_told = 0;
		return;
	}
	if (!is_over(alone_since, now, ALONE_FIRST_NS + alone_told * ALONE_NEXT_NS))
		return;
	alone_told++;
	say("health: net: no address for %" PRIu64 " s: no DHCP server answers, asking on",
	    timer_to_ns(now - alone_since, ticks_a_second) / 1000000000);
}

void address_serve(uint64_t now, bool link_up)
{
	if (!netif)
		return;
	if (dhcp && !ip4_addr_isany_val(*netif_ip4_addr(netif)) && !is_good())
		refuse(now);
	if (refused && (!link_up || is_over(refused_at, now, REFUSED_NS)))
		begin();
	tell(now);
	if (dhcp)
		watch(now, link_up);
}
