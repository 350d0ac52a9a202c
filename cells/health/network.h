/* SPDX-License-Identifier: Apache-2.0 */
/*
 * network.h - the health cell on a network: IPv4 by lwIP over the first of its PCI functions that a driver
 * knows. Answers pings, and has a UDP echo, a web server, a syslog client and the time of day where the
 * partition file wants them (docs/config.md, "The health cell's network").
 *
 * It is served between polls, a few frames at a time: whatever comes in, the watch isn't kept from its work.
 */
#ifndef HEALTH_NETWORK_H
#define HEALTH_NETWORK_H

#include <stdbool.h>
#include <stdint.h>

#include "body.h"
#include "guest.h"

/* Finds the NIC where a network is wanted, or says why there is none. What the web server shows is
 * `source`'s; `counters` are those of it that are the network's. */
void network_start(const struct guest *guest, uint64_t hz, const struct body_source *source,
		   struct counters *counters);
/* A few frames. Called in each turn of the main loop. */
void network_serve(uint64_t now);
/* There is more to do at once: no time to sleep. */
bool network_is_busy(void);
void network_report(void);
/* TCP took what the frame brought that is being taken: its connection is answered by the neighbour that sent
 * it. `client` in the network's order. */
void network_heard(uint32_t client, uint16_t port);

#endif
