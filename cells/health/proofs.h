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
 * The IOMMU's, by a function of this cell that is behind one, once a boot and one at a time.
 * `proofs_dma_begin`: announced, the function may read at *address, which isn't this cell's, within 50 ms;
 * false: it may not. `proofs_dma_is_over`: how it ended is known; then the function is to be reset.
 */
bool proofs_dma_begin(uint64_t *address);
bool proofs_dma_is_over(void);
/* Once a poll: says how they ended, when that is known and whenever more is; ends what takes too long. */
void proofs_poll(const struct machine *machine, uint64_t now);

#endif
