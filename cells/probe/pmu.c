// SPDX-License-Identifier: Apache-2.0
/*
 * pmu.c - probe: the performance monitors of a cell that has them, as it found them and at work.
 */
#include <inttypes.h>
#include <stdio.h>

#include <libfdt.h>

#include "gic.h"
#include "probe.h"
#include "sysreg.h"
#include "timer.h"

#define PPI_FIRST    16u
#define CYCLES	     (UINT64_C(1) << 31)
#define PMCR_ENABLE  UINT64_C(1)
#define PMCR_LONG    (UINT64_C(1) << 6)
#define COUNTED	     UINT64_C(1000000)
#define SPIN_NS	     UINT64_C(2000000000)
#define SW_INCREMENT 0u /* event number */

static volatile uint64_t overflows;

static void overflow(uint32_t intid)
{
	(void)intid;
	overflows++;
	sysreg_write("pmovsclr_el0", sysreg_read("pmovsset_el0"));
	barrier_isb();
}

static uint32_t pmu_intid(void)
{
	const void *tree = probe_guest->tree;
	int size = 0;
	const fdt32_t *cell = fdt_getprop(tree, fdt_node_offset_by_compatible(tree, -1, "arm,armv8-pmuv3"),
					  "interrupts", &size);

	return cell && size >= 8 ? fdt32_to_cpu(cell[1]) + PPI_FIRST : 0;
}

/* What a new life must find at zero. */
static void found(void)
{
	printf("probe: pmu found counters=%" PRIu64 " enable=0x%" PRIx64 " counting=0x%" PRIx64
	       " interrupts=0x%" PRIx64 " overflowed=0x%" PRIx64 " user=0x%" PRIx64 " select=0x%" PRIx64
	       " filter=0x%" PRIx64 " cycles=0x%" PRIx64 " type0=0x%" PRIx64 " count0=0x%" PRIx64 "\n",
	       sysreg_read("pmcr_el0") >> 11 & 31, sysreg_read("pmcr_el0") & 1, sysreg_read("pmcntenset_el0"),
	       sysreg_read("pmintenset_el1"), sysreg_read("pmovsset_el0"), sysreg_read("pmuserenr_el0"),
	       sysreg_read("pmselr_el0"), sysreg_read("pmccfiltr_el0"), sysreg_read("pmccntr_el0"),
	       sysreg_read("pmevtyper0_el0"), sysreg_read("pmevcntr0_el0"));
}

/* Leaves everything on. */
static void run_pmu(const uint64_t *args)
{
	const uint64_t end = timer_now() + timer_from_ns(SPIN_NS, timer_frequency());
	const uint32_t intid = pmu_intid();

	(void)args;
	found();
	overflows = 0;
	sysreg_write("pmuserenr_el0", 15);
	sysreg_write("pmevtyper0_el0", SW_INCREMENT);
	sysreg_write("pmccntr_el0", -COUNTED);
	sysreg_write("pmintenset_el1", CYCLES | 1);
	sysreg_write("pmcntenset_el0", CYCLES | 1);
	sysreg_write("pmcr_el0", PMCR_ENABLE | PMCR_LONG);
	barrier_isb();
	sysreg_write("pmswinc_el0", 1);
	sysreg_write("pmswinc_el0", 1);
	if (intid)
		gic_take(intid, false, overflow);
	while (!overflows && timer_now() < end)
		;
	printf("probe: pmu ran intid=%" PRIu32 " overflows=%" PRIu64 " software=%" PRIu64 "\n", intid,
	       overflows, sysreg_read("pmevcntr0_el0"));
	sysreg_write("pmselr_el0", 1);
}

const struct probe_command probe_pmu_commands[] = {
	{"pmu", "", 0, run_pmu},
	{NULL, NULL, 0, NULL},
};
