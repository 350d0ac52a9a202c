/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tcp_gate.h - before lwIP's TCP: who asks the web server for a connection is answered with a SYN cookie
 * (tcp_numbers.h), and lwIP hears of it when the client has answered in turn and said something. So nothing
 * is kept for those who only knock, however many they are.
 */
#ifndef HEALTH_TCP_GATE_H
#define HEALTH_TCP_GATE_H

#include <stdbool.h>
#include <stdint.h>

#include <lwip/ip_addr.h>
#include <lwip/netif.h>
#include <lwip/pbuf.h>

#include "secret.h"

/* For that port. `secret` outlives it. */
void tcp_gate_start(const struct secret *secret, uint16_t port, uint64_t hz);
/* lwIP's LWIP_HOOK_IP4_INPUT: not 0: the packet was taken. */
int tcp_gate_input(struct pbuf *packet, struct netif *in);
/* lwIP's LWIP_HOOK_TCP_ISN. */
uint32_t tcp_gate_number(const ip_addr_t *own, uint16_t own_port, const ip_addr_t *other,
			 uint16_t other_port);
/* lwIP is told of a SYN that was answered long ago: what it says now is not to be sent. */
bool tcp_gate_is_telling(void);

#endif
