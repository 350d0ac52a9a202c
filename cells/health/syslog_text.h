/* SPDX-License-Identifier: Apache-2.0 */
/*
 * syslog_text.h - an event as a syslog message (RFC 5424). Portable.
 *
 *     <131>1 - 10.0.2.15 bulkhead gateway fault [meta sequenceId="7" sysUpTime="1234"] core=1 fault error=...
 *
 * PROCID is the cell, MSGID the event's name, sysUpTime the machine's when it happened, in hundredths of a
 * second.
 */
#ifndef HEALTH_SYSLOG_TEXT_H
#define HEALTH_SYSLOG_TEXT_H

#include "machine.h"

#define SYSLOG_MAX	   480u /* what any receiver takes: RFC 5424, 6.1 */
#define TIMESTAMP_TEXT_MAX 28u

struct syslog_origin {
	const char *host; /* the cell's own address */
	uint64_t unix_ns; /* when it happened; 0: the time isn't known */
	uint64_t number;  /* of the message, from 1 */
};

/* "2026-11-28T20:15:52.123456Z" */
void timestamp_text(uint64_t unix_ns, char *text);
/* Its length, SYSLOG_MAX - 1 at most. */
uint32_t syslog_text(const struct machine *machine, const struct event *event,
		     const struct syslog_origin *origin, char *text);

#endif
