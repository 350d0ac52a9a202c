/* SPDX-License-Identifier: Apache-2.0 */
/*
 * confirm.h - is what runs worth to be kept? All essential cells have been up and well for a while, without a
 * restart or an overdue heartbeat meanwhile. Portable.
 */
#ifndef HEALTH_CONFIRM_H
#define HEALTH_CONFIRM_H

#include "counters.h"

#define CONFIRM_AFTER_NS  UINT64_C(30000000000) /* unless the partition file says otherwise */
#define CONFIRM_WITHIN_NS UINT64_C(300000000000)

struct confirm {	 /* ticks */
	uint64_t after;	 /* so long all must have been well */
	uint64_t within; /* of the machine's boot: then it is too late */
	uint64_t since;	 /* all have been well */
	uint64_t lives;	 /* of essential cells, and incidents of theirs, as of then */
};

enum confirm_verdict { CONFIRM_WAIT, CONFIRM_DUE, CONFIRM_LATE };

void confirm_start(struct confirm *confirm, uint64_t after, uint64_t within, uint64_t now);
/* Once a poll, until it says what is not WAIT. `since_boot`: of the machine. */
enum confirm_verdict confirm_poll(struct confirm *confirm, const struct machine *machine,
				  const struct counters *counters, uint64_t now, uint64_t since_boot);

#endif
