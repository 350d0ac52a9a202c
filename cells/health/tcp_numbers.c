// SPDX-License-Identifier: Apache-2.0
/*
 * tcp_numbers.c - see tcp_numbers.h. [impl->swr~net-numbers~1]
 *
 * A cookie: 29 bits of a hash, the last bit of the minute it was made in, two for the MSS.
 */
#include "tcp_numbers.h"

#define TICK_NS	    UINT64_C(4000)	  /* RFC 6528: the number's clock */
#define MINUTE_NS   UINT64_C(60000000000) /* a cookie is good for one to two of them */
#define MINUTE_BIT  UINT32_C(4)
#define MSS_MASK    UINT32_C(3)
#define COOKIE_MASK (MINUTE_BIT | MSS_MASK)

/* The least that every host takes (RFC 9293, 3.7.1), what tunnels leave, and Ethernet's. */
static const uint16_t sizes[] = {536, 1220, 1380, 1460};

_Static_assert(sizeof(sizes) / sizeof(sizes[0]) == MSS_MASK + 1, "as many as two bits tell");

static uint64_t hash(const struct secret *secret, enum secret_use use, const struct tcp_route *route,
		     uint64_t more, uint64_t minute)
{
	const uint64_t words[SECRET_WORDS] = {
		(uint64_t)route->from << 32 | route->to,
		(uint64_t)route->from_port << 16 | route->to_port,
		more,
		minute,
	};

	return secret_hash(secret, use, words);
}

uint32_t tcp_number(const struct secret *secret, const struct tcp_route *route, uint64_t now_ns)
{
	return (uint32_t)(now_ns / TICK_NS) + (uint32_t)hash(secret, SECRET_SEQUENCE, route, 0, 0);
}

static uint32_t cookie(const struct secret *secret, const struct tcp_route *route, uint32_t sequence,
		       uint32_t size, uint64_t minute)
{
	const uint64_t of = hash(secret, SECRET_COOKIE, route, (uint64_t)sequence << 32 | size, minute);

	return ((uint32_t)of & ~COOKIE_MASK) | (minute & 1 ? MINUTE_BIT : 0) | size;
}

uint32_t cookie_make(const struct secret *secret, const struct tcp_route *route, uint32_t sequence,
		     uint32_t mss, uint64_t now_ns)
{
	uint32_t size = MSS_MASK;

	while (size && sizes[size] > mss)
		size--;
	return cookie(secret, route, sequence, size, now_ns / MINUTE_NS);
}

uint32_t cookie_mss(const struct secret *secret, const struct tcp_route *route, uint32_t sequence,
		    uint32_t given, uint64_t now_ns)
{
	const uint64_t now = now_ns / MINUTE_NS;
	const uint64_t made = (now & 1) == !!(given & MINUTE_BIT) ? now : now - 1;

	return cookie(secret, route, sequence, given & MSS_MASK, made) == given ? sizes[given & MSS_MASK] : 0;
}
