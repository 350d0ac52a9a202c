/* SPDX-License-Identifier: Apache-2.0 */
/*
 * counters.h - what the health cell itself has seen and done, for those who ask (docs/metrics.md). Each part
 * is written by the module that it is about. Portable.
 */
#ifndef HEALTH_COUNTERS_H
#define HEALTH_COUNTERS_H

#include "../../src/blueprint/series.h"
#include "http_codes.h"
#include "machine.h"
#include "sntp.h"

struct cell_counters {
	uint64_t beat_seen;   /* when its beat was last seen to change */
	bool beats, incident; /* it has beaten in this life; its heartbeat or its boot is overdue */
	uint64_t incidents;   /* so often it was */
	uint64_t log_lost;    /* bytes of its log overwritten before they were read */
	uint64_t restarts_seen, restarts_told;
	uint64_t restarts[BP_ERROR_COUNT + 1]; /* by cause; BP_ERROR_COUNT: by request */
};

struct core_counters {
	uint64_t events_lost, events_bad;
};

#define NIC_ERRORS 4u /* kinds: nic_errors.h */

struct net_counters {
	bool there, up; /* a network is wanted; the NIC's link */
	bool express;	/* the NIC's function has PCI Express' registers */
	uint64_t errors[NIC_ERRORS];
	uint64_t received, sent, dropped;
	uint64_t heap_bytes, heap_bytes_max, buffers, connections; /* of lwIP's memory: in use */
};

struct http_counters {
	uint64_t requests[HTTP_CODES]; /* answered, by code */
	uint64_t abandoned; /* connections that ended without a whole answer: theirs, or for lack of room */
};

struct syslog_counters {
	bool there; /* a server is named */
	uint64_t sent, dropped;
};

struct integrity_counters {	 /* of scan.h */
	uint64_t size, position; /* bytes of a pass, and of the one that is under way */
	uint64_t passes, errors;
	uint64_t pass_ns, bound_ns; /* of the last whole pass; a change is found within */
};

struct watchdog_counters {    /* of watchdog.h */
	uint64_t el2_ns;      /* time-out of EL2's watch over this cell; 0: there is none */
	uint64_t hardware_ns; /* of the board's watchdog that this cell feeds; 0: it has none */
	const char *name;     /* of that one's driver */
	bool fired; /* it reset the machine before this boot, and this life is the first to see it */
};

struct counters {
	uint64_t polls, polls_missed, poll_delay_max; /* the last in ticks */
	struct cell_counters cells[MACHINE_CELLS_MAX];
	struct core_counters cores[MACHINE_CORES_MAX];
	struct net_counters net;
	struct http_counters http;
	struct syslog_counters syslog;
	struct sntp_clock clock; /* the time of day, where a server tells it */
	struct integrity_counters integrity;
	struct watchdog_counters watchdog;
	uint64_t stream_faults[SERIES_STREAMS_MAX]; /* DMA that an IOMMU refused: by directory_stream */
};

/*
 * A look at a cell's restarts. EL2 counts one before it says why, so it is told at the next look. Of restarts
 * between two looks all have the last one's cause.
 */
void counters_restarts(struct cell_counters *cell, uint64_t restarts, uint64_t cause);
/* An event that was read: a stream's DMA fault is counted. */
void counters_event(struct counters *counters, const struct machine *machine, const struct event *event);

#endif
