/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host_address.h - can an IPv4 address be a host's of that network? (RFC 1122, 3.2.1.3.) Portable.
 */
#ifndef HEALTH_HOST_ADDRESS_H
#define HEALTH_HOST_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>

/* By their values, not in the network's order. */
bool host_address_can_be(uint32_t address, uint32_t mask);

#endif
