/* SPDX-License-Identifier: Apache-2.0 */
/*
 * clock.h - asks an NTP server for the time of day (sntp.h), over lwIP: often until it answers, then every
 * few minutes.
 */
#ifndef HEALTH_CLOCK_H
#define HEALTH_CLOCK_H

#include "guest.h"
#include "sntp.h"

/* False: lwIP has no room. `clock` is kept right. */
bool clock_start(const struct guest_server *server, struct sntp_clock *clock, uint64_t hz);
/* Asks, where it is time to. Call while the link is up and the cell has an address. */
void clock_serve(uint64_t now);

#endif
