/* SPDX-License-Identifier: Apache-2.0 */
/*
 * address.h - the address of the health cell's network: told when it changes, at most once a second; and
 * where DHCP is to bring it, waited for, and one that can be nobody's given back.
 */
#ifndef HEALTH_ADDRESS_H
#define HEALTH_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>

#include <lwip/netif.h>

/* The interface is up. It outlives this. */
void address_start(struct netif *of, bool dhcp, uint64_t hz);
/* In each turn. */
void address_serve(uint64_t now, bool link_up);
/* There is one that can be used. */
bool address_is_there(void);

#endif
