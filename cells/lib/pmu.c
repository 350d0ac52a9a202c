// SPDX-License-Identifier: Apache-2.0
/*
 * pmu.c - cycle counter and one event counter (pmu.h; Arm ARM D13).
 */
#include "pmu.h"

#include <stdbool.h>

#include "heartbeat.h"
#include "sysreg.h"

#define PMU_VERSION(dfr0)   ((dfr0) >> 8 & 15) /* 0: a cell without `pmu` */
#define COUNTERS(pmcr)	    ((pmcr) >> 11 & 31)
#define PMCR_ENABLE	    UINT64_C(1)
#define PMCR_LONG	    (UINT64_C(1) << 6) /* 64 bits of cycles */
#define CYCLES		    (UINT64_C(1) << 31)
#define COUNTER_0	    UINT64_C(1)
#define INSTRUCTION_RETIRED 8u /* event number, and its bit in PMCEID0_EL0 */

static bool counts_cycles, counts_instructions;
static uint32_t last; /* of the counter, which has 32 bits */
static uint64_t instructions;

/* [impl->swr~cell-pmu~1] */
void pmu_start(void)
{
	if (!PMU_VERSION(sysreg_read("id_aa64dfr0_el1")))
		return;
	counts_cycles = true;
	counts_instructions =
		COUNTERS(sysreg_read("pmcr_el0")) && sysreg_read("pmceid0_el0") >> INSTRUCTION_RETIRED & 1;
	if (counts_instructions)
		sysreg_write("pmevtyper0_el0", INSTRUCTION_RETIRED);
	sysreg_write("pmcntenset_el0", CYCLES | (counts_instructions ? COUNTER_0 : 0));
	sysreg_write("pmcr_el0", PMCR_ENABLE | PMCR_LONG);
	barrier_isb();
}

void pmu_publish(uint64_t now)
{
	uint32_t count;

	if (!counts_cycles)
		return;
	heartbeat_publish(HEARTBEAT_PMU_CYCLES, sysreg_read("pmccntr_el0"));
	if (counts_instructions) {
		count = (uint32_t)sysreg_read("pmevcntr0_el0");
		instructions += count - last;
		last = count;
		heartbeat_publish(HEARTBEAT_PMU_INSTRUCTIONS, instructions);
	}
	heartbeat_publish(HEARTBEAT_PMU_TIME, now);
}
