/* SPDX-License-Identifier: Apache-2.0 */
/*
 * watchdog.h - who watches this cell: EL2 by its timer, and the board's watchdog where this cell has one.
 * That one resets the machine unless it is fed, which this cell does when all its checks are done, and with
 * it EL2 and all that EL2 needs are watched, too.
 */
#ifndef HEALTH_WATCHDOG_H
#define HEALTH_WATCHDOG_H

#include <stdbool.h>
#include <stdint.h>

#include "counters.h"
#include "pci.h"

struct watchdog_driver {
	const char *name;
	uint16_t vendor, device;
	uint64_t longest_ns;
	/* NULL, or why it can't be used. It then runs for `timeout_ns`, at most `longest_ns`, and can't be
	 * stopped any more. `fired`: it has reset the machine, since that was last asked. */
	const char *(*start)(const struct pci_function *function, uint64_t timeout_ns, bool *fired);
	void (*feed)(void); /* the time begins anew */
};

extern const struct watchdog_driver watchdog_i6300esb;

/* Once a life, as early as can be: one that ran on from the life before begins anew. */
void watchdog_start(const struct guest *guest, struct watchdog_counters *counters);
/* At the end of a poll, and nowhere else: all its checks were done. */
void watchdog_feed(void);
void watchdog_report(const struct watchdog_counters *counters);

#endif
