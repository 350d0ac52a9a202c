/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pmu.h - what the core's performance monitors count of a cell that has them (`pmu` in the partition file),
 * for the health cell to tell. Of one core, by one caller; never an exit after the start.
 */
#ifndef CELLS_PMU_H
#define CELLS_PMU_H

#include <stdint.h>

/* Counts cycles, and instructions where the core can. Without `pmu` the other does nothing. */
void pmu_start(void);
/* Into the heartbeat, with the time; at least once in 2^32 instructions. */
void pmu_publish(uint64_t now);

#endif
