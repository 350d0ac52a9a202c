// SPDX-License-Identifier: Apache-2.0
/*
 * power.c - probe: PSCI. Other cores of the cell count in a word of their own and do nothing else, so
 * that only the first core prints.
 */
#include <inttypes.h>
#include <stdio.h>

#include "core.h"
#include "gic.h"
#include "heartbeat.h"
#include "probe.h"
#include "psci.h"
#include "timer.h"

#define PATIENCE_NS UINT64_C(5000000000) /* a core of an emulated machine may have to wait for the host */
#define WAKE_SGI    1u
#define STORM_VALUE 24u /* heartbeat values[]: rounds of cpu-storm */

static struct {
	volatile uint64_t starts;
	volatile bool leave;
} cores[CELL_CORES_MAX];

void probe_power_start(void)
{
	for (unsigned i = 0; i < CELL_CORES_MAX; i++)
		cores[i].leave = false;
}

static void nothing(uint32_t intid)
{
	(void)intid;
}

static void stay(unsigned core)
{
	cores[core].starts++;
	gic_take(WAKE_SGI, true, nothing);
	irq_enable();
	while (!cores[core].leave)
		wait_interrupt();
	cores[core].leave = false;
}

static void leave_at_once(unsigned core)
{
	cores[core].starts++;
}

static bool exists(uint64_t core)
{
	if (core < probe_guest->core_count)
		return true;
	printf("probe: the cell has no core %" PRIu64 "\n", core);
	return false;
}

/* Waits until the core has started once more than before. */
static bool started(uint64_t core, uint64_t before)
{
	const uint64_t end = timer_now() + timer_from_ns(PATIENCE_NS, timer_frequency());

	while (cores[core].starts == before)
		if (timer_now() > end)
			return false;
	return true;
}

static void run_cpu_on(const uint64_t *args)
{
	uint64_t before;
	int64_t result;

	if (!exists(args[0]))
		return;
	before = cores[args[0]].starts;
	result = core_on(probe_guest, (unsigned)args[0], stay);
	printf("probe: cpu-on %" PRIu64 " = %" PRId64 " %s\n", args[0], result,
	       result == PSCI_SUCCESS && started(args[0], before) ? "up" : "not started");
}

static void run_cpu_off(const uint64_t *args)
{
	if (!exists(args[0]))
		return;
	if (args[0] == core_index()) {
		printf("probe: cpu-off of core %" PRIu64 "\n", args[0]);
		printf("probe: cpu-off returned %" PRId64 "\n", psci_cpu_off());
		return;
	}
	cores[args[0]].leave = true;
	gic_send_sgi(WAKE_SGI, probe_guest->mpidr[args[0]],
		     (uint16_t)(1 << (probe_guest->mpidr[args[0]] & 0xf)));
	printf("probe: cpu-off %" PRIu64 " asked\n", args[0]);
}

static void run_affinity(const uint64_t *args)
{
	if (exists(args[0]))
		printf("probe: affinity-info %" PRIu64 " = %" PRId64 "\n", args[0],
		       psci_affinity_info(probe_guest->mpidr[args[0]]));
}

/* On and off without end, so that a restart finds the cell in the middle of a PSCI call. */
static void run_storm(const uint64_t *args)
{
	uint64_t rounds = 0;

	if (!exists(args[0]))
		return;
	printf("probe: cpu-storm begins\n");
	for (;;) {
		if (core_on(probe_guest, (unsigned)args[0], leave_at_once) == PSCI_SUCCESS)
			heartbeat_publish(STORM_VALUE, ++rounds);
		psci_affinity_info(probe_guest->mpidr[args[0]]);
	}
}

static void run_reset(const uint64_t *args)
{
	(void)args;
	printf("probe: system-reset\n");
	printf("probe: system-reset returned %" PRId64 "\n", psci_system_reset());
}

static void run_off(const uint64_t *args)
{
	(void)args;
	printf("probe: system-off\n");
	printf("probe: system-off returned %" PRId64 "\n", psci_system_off());
}

static void run_version(const uint64_t *args)
{
	(void)args;
	printf("probe: psci-version = 0x%" PRIx64 "\n", (uint64_t)psci_version());
}

const struct probe_command probe_power_commands[] = {
	{"psci-version", "", 0, run_version},  {"cpu-on", "CORE", 1, run_cpu_on},
	{"cpu-off", "[CORE]", 0, run_cpu_off}, {"affinity-info", "CORE", 1, run_affinity},
	{"cpu-storm", "CORE", 1, run_storm},   {"system-reset", "", 0, run_reset},
	{"system-off", "", 0, run_off},	       {NULL, NULL, 0, NULL},
};
