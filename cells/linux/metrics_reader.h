/* SPDX-License-Identifier: Apache-2.0 */
/*
 * metrics_reader.h - takes the newest text out of the metrics' channel (src/blueprint/metrics.h). Portable.
 *
 * It believes nothing: what the health cell wrote is copied, checked against the channel's own size, and read
 * again, a bounded number of times, where it changed meanwhile.
 */
#ifndef LINUX_METRICS_READER_H
#define LINUX_METRICS_READER_H

#include <stdint.h>

#include "../../src/blueprint/metrics.h"

enum metrics_status {
	METRICS_READ,
	METRICS_NONE,	  /* the health cell hasn't written any in this life */
	METRICS_TORN,	  /* it changed while it was read, several times over */
	METRICS_WRONG,	  /* what is there makes no sense */
	METRICS_TOO_LONG, /* the channel has no room for it */
	METRICS_STATUSES
};

struct metrics_reading { /* of METRICS_READ */
	uint64_t time, length;
};

/* `channel` has `size` bytes; `to` has room for half of them. */
enum metrics_status metrics_read(const volatile struct metrics_channel *channel, uint64_t size, char *to,
				 struct metrics_reading *reading);

#endif
