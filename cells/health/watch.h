/* SPDX-License-Identifier: Apache-2.0 */
/*
 * watch.h - has a cell missed its heartbeat, or its boot timeout? Portable: tested on the host.
 *
 * The heartbeat is watched from the cell's `ready` or its first beat of the generation on. It is missed
 * when the beat has not been seen to change for longer than heartbeat + grace, where the grace covers
 * that a beat is seen up to one poll late: two polls. A cell must beat at least once a heartbeat.
 * The boot timeout runs from the generation's start to `ready` or the first beat.
 * Each incident is told once; a beat after it, or a new generation, ends it.
 */
#ifndef HEALTH_WATCH_H
#define HEALTH_WATCH_H

#include <stdbool.h>
#include <stdint.h>

struct watch_limits { /* CNTVCT ticks; 0: not watched */
	uint64_t heartbeat, boot_timeout, grace;
};

struct watch_input { /* as telemetry and heartbeat page say */
	uint64_t now;
	uint64_t state; /* enum cell_run_state */
	uint64_t generation, start_time, ready_time;
	uint64_t beat;
};

struct watch { /* all zero at the start */
	uint64_t generation, beat;
	uint64_t seen;	/* when the beat was last seen to change, or the watch began */
	bool armed;	/* the heartbeat is watched */
	bool told;	/* an incident is open */
	uint64_t delay; /* ticks without a beat, or since the start, of the last verdict */
};

enum watch_verdict { WATCH_QUIET, WATCH_HEARTBEAT_MISSED, WATCH_BOOT_TIMEOUT, WATCH_RECOVERED };

enum watch_verdict watch_cell(struct watch *watch, const struct watch_limits *limits,
			      const struct watch_input *input);

/*
 * Does a cell obey an order? Its own first core notes in telemetry that it did. One that sleeps with all
 * its interrupts off never will; its memory is cut off from it all the same, so it counts as lost.
 */
struct order_watch { /* all zero: no order is open */
	bool open, lost;
	uint64_t seen; /* telemetry's order_seen when the order was given */
	uint64_t since;
};

enum order_verdict { ORDER_QUIET, ORDER_LOST, ORDER_OBEYED_LATE };

void order_given(struct order_watch *watch, uint64_t order_seen, uint64_t now);
/* A cell that is being filled answers when that is done: only time in which it runs counts. */
enum order_verdict order_check(struct order_watch *watch, uint64_t order_seen, uint64_t state, uint64_t now,
			       uint64_t limit);

#endif
