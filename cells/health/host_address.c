// SPDX-License-Identifier: Apache-2.0
/*
 * host_address.c - see host_address.h.
 */
#include "host_address.h"

#define THIS_NETWORK   0u		    /* the first byte: 0.0.0.0/8, */
#define LOOPBACK       127u		    /* of 127.0.0.0/8, */
#define NOBODYS	       224u		    /* and of groups and what is reserved, from 224.0.0.0 on */
#define POINT_TO_POINT UINT32_C(0xfffffffe) /* RFC 3021: both are hosts */

/* [impl->swr~health-net-address~1] */
bool host_address_can_be(uint32_t address, uint32_t mask)
{
	const uint32_t first = address >> 24, host = address & ~mask;

	if (!mask || (~mask & (~mask + 1)) || first == THIS_NETWORK || first == LOOPBACK || first >= NOBODYS)
		return false;
	return mask >= POINT_TO_POINT || (host && host != ~mask);
}
