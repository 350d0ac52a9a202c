// SPDX-License-Identifier: Apache-2.0
/*
 * core.c - from start.S to the cell's own cell_main(), and the same for further cores.
 */
#include "core.h"

#include <stdio.h>

#include "gic.h"
#include "heartbeat.h"
#include "hypercall_call.h"
#include "mmu.h"
#include "psci.h"
#include "uart.h"

#define CODE_BAD_TREE 1 /* of the application error */

static struct guest guest;
static core_function *functions[CELL_CORES_MAX];

static void map_guest(void)
{
	for (uint32_t i = 0; i < guest.ram_count; i++)
		mmu_map(guest.ram[i].base, guest.ram[i].size, MMU_DATA);
	for (uint32_t i = 0; i < guest.channel_count; i++)
		mmu_map(guest.channels[i].ipa, guest.channels[i].size, MMU_SHARED);
	mmu_map(guest.heartbeat.base, guest.heartbeat.size, MMU_SHARED);
	mmu_map(guest.directory.base, guest.directory.size, MMU_CONSTANTS);
}

/* A cell that doesn't understand its tree has no console to say so on: EL2 records the code. */
static void refuse(const char *reason)
{
	printf("start: %s\n", reason);
	hypercall_application_error(CODE_BAD_TREE);
	for (;;)
		wait_interrupt();
}

void cell_start(uintptr_t tree)
{
	const char *wrong;

	mmu_start(tree);
	wrong = guest_read(&guest, (const void *)tree);
	if (wrong)
		refuse(wrong);
	map_guest();
	uart_start(&guest);
	heartbeat_start(&guest);
	gic_start(&guest);
	if (!gic_core_start(&guest))
		refuse("no redistributor has this core's affinity");
	cell_main(&guest);
	refuse("the cell's main function returned");
}

int64_t core_on(const struct guest *of, unsigned core, core_function *function)
{
	if (core >= of->core_count)
		return -2; /* PSCI INVALID_PARAMETERS */
	functions[core] = function;
	barrier_dsb();
	return psci_cpu_on(of->mpidr[core], (uintptr_t)core_entry, core);
}

void core_start(unsigned core)
{
	if (gic_core_start(&guest))
		functions[core](core);
	psci_cpu_off();
}
