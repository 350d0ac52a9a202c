/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scan.h - watches what nobody writes (integrity.h) by the machine's directory, and acts when it has changed.
 */
#ifndef HEALTH_SCAN_H
#define HEALTH_SCAN_H

#include "counters.h"
#include "machine.h"

/* NULL, or what is wrong. `own`: this cell, whose fault table says what a change costs. `counters` tell how
 * far it is. */
const char *scan_start(const struct machine *machine, uint32_t own, struct integrity_counters *counters);
/* Once a poll of the health cell. */
void scan_poll(const struct machine *machine, uint64_t now);
void scan_report(void);

#endif
