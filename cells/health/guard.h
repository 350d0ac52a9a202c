/* SPDX-License-Identifier: Apache-2.0 */
/*
 * guard.h - watches the cells (watch.h) and applies what their fault tables say.
 */
#ifndef HEALTH_GUARD_H
#define HEALTH_GUARD_H

#include "counters.h"

/* `poll`: ticks between calls of guard_poll. `own`: this cell, which doesn't watch itself. What it sees of
 * cells is noted in `counters`. */
void guard_start(const struct machine *machine, uint32_t own, uint64_t poll, struct counters *counters);
void guard_poll(struct machine *machine, uint64_t now);
/* Stop (CELL_STOP) or restart (CELL_RESTART), and say how that went. cause: enum bp_error. */
void guard_order(const struct machine *machine, uint32_t cell, uint64_t action, uint64_t cause);
/* Says why, and resets the machine. error: enum bp_error, of that cell. */
void guard_reset(const struct machine *machine, uint32_t cell, uint64_t error);

#endif
