/* SPDX-License-Identifier: Apache-2.0 */
/*
 * probe.h - the system tests' cell: attacker and victim. Commands come from bootargs (separated by ';')
 * and from its console, one a line; every answer is a line `probe: ...`.
 */
#ifndef CELLS_PROBE_H
#define CELLS_PROBE_H

#include <stdbool.h>
#include <stdint.h>

#include "exception.h"
#include "guest.h"

#define PROBE_ARGS_MAX 5

struct probe_command {
	const char *name, *usage;
	uint32_t least; /* arguments needed; missing further ones are 0 */
	void (*run)(const uint64_t *args);
};

extern const struct probe_command probe_memory_commands[], probe_gic_commands[], probe_power_commands[],
	probe_call_commands[], probe_sysreg_commands[], probe_pmu_commands[],
	probe_page_commands[]; /* each ends with a NULL name */

struct probe_counts {
	volatile uint64_t ticks, sgis, doorbells, exceptions;
	volatile uint64_t last_esr;
};

extern struct probe_counts probe_counts;
extern const struct guest *probe_guest;
extern bool probe_beating;
extern volatile bool probe_keep_interrupt; /* the next tick is never ended */

/* Synchronous exceptions since probe_arm(): what is tried in between may fault. */
void probe_arm(bool quiet);
uint64_t probe_faults(void);

void probe_memory_start(void);
void probe_power_start(void);

#endif
