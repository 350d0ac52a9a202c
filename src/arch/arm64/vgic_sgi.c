/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vgic_sgi.c - SGIs that the guest sends: ICC_SGI1R_EL1 traps in both modes.
 */
#include "../../core/events.h"
#include "exits.h"
#include "gic.h"
#include "vgic.h"

#define SGI_TARGETS UINT64_C(0xffff)
#define SGI_INTID   (UINT64_C(15) << 24)
#define SGI_IRM	    BIT(40)
#define SGI_CLUSTER (~(SGI_TARGETS | SGI_INTID | SGI_IRM))

/* The cell's cores as SGIs name them: by cluster, 16 targets each. */
static struct cluster {
	u64 name; /* as it stands in ICC_SGI1R_EL1 */
	u64 targets, others;
} clusters[BP_CELL_CORES_MAX];
static u32 cluster_count;

static void cluster_add(u64 mpidr)
{
	const u64 name = sgi_value(mpidr, 0) & SGI_CLUSTER, target = BIT(mpidr & 15);
	u32 i;

	for (i = 0; i < cluster_count && clusters[i].name != name; i++)
		;
	if (i == cluster_count)
		clusters[cluster_count++] = (struct cluster){.name = name};
	clusters[i].targets |= target;
	if (mpidr != cell_core(this_core)->mpidr)
		clusters[i].others |= target;
}

COLD void vgic_sgi_start(void)
{
	cluster_count = 0;
	for (u32 i = 0; i < this_cell->cores.count; i++)
		cluster_add(cell_core(i)->mpidr);
}

/*
 * A cell signals its own cores and no others. What falls outside is dropped and counted.
 * [impl->swr~sgi-own-cores-only~1]
 */
COLD void vgic_send_sgi(u64 value)
{
	u64 unknown = value & SGI_IRM ? 0 : value & SGI_TARGETS;

	dsb(ish); /* what the guest wrote before the SGI is seen by whom it wakes */
	for (u32 i = 0; i < cluster_count; i++) {
		const struct cluster *cluster = &clusters[i];
		u64 targets = cluster->others;

		if (!(value & SGI_IRM)) {
			if ((value & SGI_CLUSTER) != cluster->name)
				continue;
			targets = value & cluster->targets;
			unknown &= ~targets;
		}
		sysreg_write(ICC_SGI1R_EL1, cluster->name | (value & SGI_INTID) | targets);
	}
	isb();
	if (unknown) {
		telemetry()->foreign_sgi++;
		event_record(EVENT_SGI_FOREIGN, value, 0, 0, 0);
	}
}

static COLD u32 sgi_rare(u64 value, u64 start)
{
	vgic_send_sgi(value);
	exit_skip();
	return exit_done_rare(start, EXIT_SGI);
}

/* The usual one names cores of the cell's first cluster, nobody else, and goes out as it is. */
u32 exit_sgi(u64 value, u64 start)
{
	if ((value & ~(SGI_INTID | clusters[0].targets)) != clusters[0].name)
		return sgi_rare(value, start);
	dsb(ish);
	sysreg_write(ICC_SGI1R_EL1, value);
	isb();
	exit_skip();
	return exit_done(start, EXIT_SGI);
}
