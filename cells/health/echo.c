// SPDX-License-Identifier: Apache-2.0
/*
 * echo.c - a UDP echo (echo.h). What came to all, or from another echo, isn't answered: neither may two of
 * them keep each other busy, nor one forged datagram wake many.
 */
#include "echo.h"

#include <lwip/ip.h>
#include <lwip/udp.h>

static uint16_t own_port;
static uint64_t answers;

/* [impl->swr~health-net-echo~1] */
static void answer(void *none, struct udp_pcb *pcb, struct pbuf *data, const ip_addr_t *from, u16_t port)
{
	const struct netif *netif = ip_current_netif();

	(void)none;
	if (port && port != own_port && ip4_addr_cmp(ip4_current_dest_addr(), netif_ip4_addr(netif)) &&
	    udp_sendto(pcb, data, from, port) == ERR_OK)
		answers++;
	pbuf_free(data);
}

bool echo_start(uint16_t port)
{
	struct udp_pcb *pcb = udp_new();

	if (!pcb || udp_bind(pcb, IP_ADDR_ANY, port) != ERR_OK)
		return false;
	own_port = port;
	udp_recv(pcb, answer, NULL);
	return true;
}

uint64_t echo_answers(void)
{
	return answers;
}
