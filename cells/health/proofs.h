/* SPDX-License-Identifier: Apache-2.0 */
/*
 * proofs.h - at the first start of a boot this cell provokes what protects the others, once each, and what
 * comes of it is kept by EL2 (enum proof, EVENT_PROOF).
 */
#ifndef HEALTH_PROOFS_H
#define HEALTH_PROOFS_H

#include <stdbool.h>

#include "counters.h"
#include "machine.h"

/* Before `ready`: what it costs is no steady state. */
void proofs_start(const struct machine *machine, const struct watchdog_counters *watchdog);
/* Once, of a function of this cell that is behind an IOMMU and is not at work: `stray` makes it read at an
 * address that isn't this cell's (false: it can't), `calm` resets it. */
void proofs_dma(bool (*stray)(uint64_t address), void (*calm)(void));
/* Once a poll: says how they ended, when that is known. */
void proofs_poll(const struct machine *machine, uint64_t now);

#endif
