/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nic_errors.h - errors of the health cell's NIC that its function tells of in PCI Express' Device Status.
 * Each kind is a bit there, so what is counted is looks, one a second, that found it set. The function's own
 * AER capability and its link are not shown to a cell (docs/metrics.md). Portable.
 */
#ifndef HEALTH_NIC_ERRORS_H
#define HEALTH_NIC_ERRORS_H

#include "counters.h"
#include "pci.h"

/* counters->express: it has the capability. Both are kept. */
void nic_errors_start(const struct pci_function *function, struct net_counters *counters);
/* Once a turn of the main loop: looks once a second, which is two accesses that EL2 emulates at most. */
void nic_errors_look(uint64_t now, uint64_t hz);

#endif
