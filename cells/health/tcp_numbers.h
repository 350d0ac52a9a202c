/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tcp_numbers.h - sequence numbers that TCP begins with: of connections of the cell's own, and, for those of
 * others, SYN cookies (RFC 4987, 3.6): all that has to be remembered of a SYN is in the number of its answer.
 * Portable.
 */
#ifndef HEALTH_TCP_NUMBERS_H
#define HEALTH_TCP_NUMBERS_H

#include "secret.h"

struct tcp_route { /* addresses and ports by their values, not in the network's order */
	uint32_t from, to;
	uint16_t from_port, to_port;
};

/* RFC 6528: goes on with the time from a place that others can't know. */
uint32_t tcp_number(const struct secret *secret, const struct tcp_route *route, uint64_t now_ns);

/* `sequence` and `mss`: of the SYN, `mss` 0 where it says none. */
uint32_t cookie_make(const struct secret *secret, const struct tcp_route *route, uint32_t sequence,
		     uint32_t mss, uint64_t now_ns);
/* The MSS to be used, no more than the SYN's, but for those below 536; 0: it is no cookie of ours, or older
 * than two minutes. */
uint32_t cookie_mss(const struct secret *secret, const struct tcp_route *route, uint32_t sequence,
		    uint32_t cookie, uint64_t now_ns);

#endif
