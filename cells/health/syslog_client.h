/* SPDX-License-Identifier: Apache-2.0 */
/*
 * syslog_client.h - events go to a syslog server, as syslog_text.h writes them: over UDP (RFC 5426), or over
 * TCP with their length before them (RFC 6587, 3.4.1), where a message is kept until the server's TCP has it.
 *
 * The queue is bounded. When it is nearly full, events that a cell can cause at will are left out; sequenceId
 * counts those that were, too.
 */
#ifndef HEALTH_SYSLOG_CLIENT_H
#define HEALTH_SYSLOG_CLIENT_H

#include "counters.h"
#include "guest.h"

/* Without it, events that are offered are passed over. False: lwIP has no room. */
bool syslog_client_start(const struct guest_server *server, const struct machine *machine,
			 struct counters *counters);
void syslog_client_offer(const struct event *event);
/* One message. Call while the link is up and the cell has an address. True: there is another to send at once.
 */
bool syslog_client_serve(uint64_t now);

#endif
