/* SPDX-License-Identifier: Apache-2.0 */
/*
 * watchdog.h - who watches the watchman: EL2 of the service core, by a timer of its own, over the health
 * cell's heartbeat.
 */
#ifndef BULKHEAD_WATCHDOG_H
#define BULKHEAD_WATCHDOG_H

/* The health cell's first core, once a boot. */
void watchdog_start(void);
/* The timer's interrupt: resets the machine where the heartbeat has stood still too long. */
void watchdog_work(void);

#endif
