/* SPDX-License-Identifier: Apache-2.0 */
/*
 * psci.h - PSCI 1.1 by HVC (Arm DEN 0022), for the cell's own cores. Results are PSCI's own codes.
 */
#ifndef CELLS_PSCI_H
#define CELLS_PSCI_H

#include <stdint.h>

#define PSCI_VERSION		 0x84000000u
#define PSCI_CPU_OFF		 0x84000002u
#define PSCI_CPU_ON		 0xc4000003u
#define PSCI_AFFINITY_INFO	 0xc4000004u
#define PSCI_SYSTEM_OFF		 0x84000008u
#define PSCI_SYSTEM_RESET	 0x84000009u
#define PSCI_SUCCESS		 0
#define PSCI_ALREADY_ON		 (-4)
#define PSCI_AFFINITY_ON	 0
#define PSCI_AFFINITY_OFF	 1
#define PSCI_AFFINITY_ON_PENDING 2

int64_t psci_version(void);
/* mpidr: affinity fields only. entry: physical address; context: its x0. */
int64_t psci_cpu_on(uint64_t mpidr, uint64_t entry, uint64_t context);
int64_t psci_cpu_off(void);
int64_t psci_affinity_info(uint64_t mpidr);
int64_t psci_system_off(void);
int64_t psci_system_reset(void);

#endif
