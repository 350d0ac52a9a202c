// SPDX-License-Identifier: Apache-2.0
/*
 * psci.c - PSCI by HVC: power of the cell's own cores, and the cell's own stop and restart.
 */
#include "psci.h"

#include "hypercall_call.h"

/* PSCI results are 32-bit signed values also where the call is a 64-bit one. */
static int64_t psci(uint64_t function, uint64_t x1, uint64_t x2, uint64_t x3)
{
	return (int32_t)hypercall(function, x1, x2, x3, 0);
}

int64_t psci_version(void)
{
	return psci(PSCI_VERSION, 0, 0, 0);
}

int64_t psci_cpu_on(uint64_t mpidr, uint64_t entry, uint64_t context)
{
	return psci(PSCI_CPU_ON, mpidr, entry, context);
}

int64_t psci_cpu_off(void)
{
	return psci(PSCI_CPU_OFF, 0, 0, 0);
}

int64_t psci_affinity_info(uint64_t mpidr)
{
	return psci(PSCI_AFFINITY_INFO, mpidr, 0, 0);
}

int64_t psci_system_off(void)
{
	return psci(PSCI_SYSTEM_OFF, 0, 0, 0);
}

int64_t psci_system_reset(void)
{
	return psci(PSCI_SYSTEM_RESET, 0, 0, 0);
}
