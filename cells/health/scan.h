/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scan.h - watches what nobody writes (integrity.h) by the machine's directory, and acts when it has changed.
 */
#ifndef HEALTH_SCAN_H
#define HEALTH_SCAN_H

#include "integrity.h"
#include "machine.h"

/* NULL, or what is wrong. `own`: this cell, whose fault table says what a change costs. */
const char *scan_start(const struct machine *machine, uint32_t own);
/* Once a poll of the health cell. */
void scan_poll(const struct machine *machine, uint64_t now);
/* How far it is. */
const struct integrity *scan_state(void);
void scan_report(void);

#endif
