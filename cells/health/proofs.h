/* SPDX-License-Identifier: Apache-2.0 */
/*
 * proofs.h - at the first start of a boot this cell provokes what protects the others, once each, and what comes of
 * it is kept by EL2 (enum proof, EVENT_PROOF).
 */
#ifndef HEALTH_PROOFS_H
#define HEALTH_PROOFS_H

#include <stdbool.h>

#include "counters.h"
#include "machine.h"

/* Before `ready`: what it costs is no steady state. */
void proofs_start(const struct machine *machine, const struct watchdog_counters *watchdog);
/* Once a poll: says how they ended, when that is known. */
void proofs_poll(const struct machine *machine, uint64_t now);

#endif
