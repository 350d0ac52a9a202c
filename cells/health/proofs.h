/* SPDX-License-Identifier: Apache-2.0 */
/*
 * proofs.h - at the first start of a boot this cell provokes what protects the others, once each, and what
 * comes of it is kept by EL2 (enum proof, EVENT_PROOF).
 */
#ifndef HEALTH_PROOFS_H
#define HEALTH_PROOFS_H

#include <stdbool.h>
#include <stdint.h>

#include "counters.h"
#include "machine.h"

/* Before `ready`: what it costs is no steady state. */
void proofs_start(const struct machine *machine, const struct watchdog_counters *watchdog);
/*
 * The IOMMU's, once a boot, by a function of this cell that is behind one and not at work yet. Where it is
 * `wanted`, the function is set up to read at *address, which isn't this cell's, and at the latest moment
 * `begin` announces it; false: it must not. Once it `is_over` (50 ms at most), or before where it came to
 * nothing, the function is reset, and then it must `end`: what is refused later is a fault.
 */
bool proofs_dma_wanted(uint64_t *address);
bool proofs_dma_begin(void);
bool proofs_dma_is_over(void);
void proofs_dma_end(void);
/* Once a poll: says how they ended, when that is known and whenever more is; ends what takes too long. */
void proofs_poll(const struct machine *machine, uint64_t now);

#endif
