// SPDX-License-Identifier: Apache-2.0
/*
 * calls.c - probe: calls to the hypervisor and to the firmware that isn't there.
 */
#include <inttypes.h>
#include <stdio.h>

#include "core.h"
#include "hypercall_call.h"
#include "probe.h"
#include "timer.h"

static void call(const char *name, void (*conduit)(struct call *), const uint64_t *args)
{
	struct call c = {{args[0], args[1], args[2], args[3]}};

	probe_arm(false);
	conduit(&c);
	printf("probe: %s 0x%" PRIx64 " = 0x%" PRIx64 " 0x%" PRIx64 " 0x%" PRIx64 " 0x%" PRIx64 "%s\n", name,
	       args[0], c.x[0], c.x[1], c.x[2], c.x[3], probe_faults() ? " faulted" : "");
}

static void run_smc(const uint64_t *args)
{
	call("smc", call_smc, args);
}

static void run_hvc(const uint64_t *args)
{
	call("hvc", call_hvc, args);
}

static void run_ready(const uint64_t *args)
{
	(void)args;
	printf("probe: ready = %" PRId64 "\n", hypercall_ready());
}

static void run_event(const uint64_t *args)
{
	printf("probe: event = %" PRId64 "\n", hypercall_event(args[0], args[1], args[2], args[3]));
}

/* So many, so far apart: each with its number. The ticks of the cell wake it in between. */
static void run_events(const uint64_t *args)
{
	const uint64_t interval = timer_from_ns(args[1] * 1000, timer_frequency());
	uint64_t next = timer_now();

	for (uint64_t n = 1; n <= args[0]; n++, next += interval) {
		while (timer_now() < next)
			wait_interrupt();
		hypercall_event(n, 0, 0, 0);
	}
	printf("probe: events %" PRIu64 " done\n", args[0]);
}

static void run_doorbell(const uint64_t *args)
{
	printf("probe: doorbell = %" PRId64 "\n", hypercall_doorbell(args[0]));
}

static void run_error(const uint64_t *args)
{
	printf("probe: application-error = %" PRId64 "\n", hypercall_application_error(args[0]));
}

static void run_beat(const uint64_t *args)
{
	probe_beating = args[0] != 0;
	printf("probe: beat %s\n", probe_beating ? "on" : "off");
}

const struct probe_command probe_call_commands[] = {
	{"smc", "FUNCTION [X1 X2 X3]", 1, run_smc},
	{"hvc", "FUNCTION [X1 X2 X3]", 1, run_hvc},
	{"ready", "", 0, run_ready},
	{"event", "CODE [X2 X3 X4]", 1, run_event},
	{"events", "COUNT INTERVAL-US", 2, run_events},
	{"doorbell", "CHANNEL-INDEX", 1, run_doorbell},
	{"application-error", "CODE", 1, run_error},
	{"beat", "0|1", 1, run_beat},
	{NULL, NULL, 0, NULL},
};
