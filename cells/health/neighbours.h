/* SPDX-License-Identifier: Apache-2.0 */
/*
 * neighbours.h - by which neighbour the web server's connections are answered: by the one that brought what
 * the client said last, and TCP took. So it has no need of the table of addresses, which anyone on the
 * network can fill with others. Portable.
 */
#ifndef HEALTH_NEIGHBOURS_H
#define HEALTH_NEIGHBOURS_H

#include <stdint.h>

#include "http_places.h"
#include "nic.h"

struct neighbours { /* all zero: none */
	struct {
		uint32_t client; /* its address, in whatever order; 0: none */
		uint16_t port;	 /* and its port */
		uint64_t noted;
		uint8_t mac[NIC_MAC_BYTES];
	} rows[HTTP_PLACES];
};

/* In place of what was noted of that connection, else of the one noted longest ago. */
void neighbours_note(struct neighbours *neighbours, uint32_t client, uint16_t port, const uint8_t *mac,
		     uint64_t now);
/* NULL: none was noted since `since`. */
const uint8_t *neighbours_find(const struct neighbours *neighbours, uint32_t client, uint16_t port,
			       uint64_t since);

#endif
