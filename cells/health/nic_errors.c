// SPDX-License-Identifier: Apache-2.0
/*
 * nic_errors.c - Device Status of the NIC's function (nic_errors.h).
 */
#include "nic_errors.h"

#include "timer.h"

/* PCI Express Base Specification 6.0, 7.5.3.4 and 7.5.3.5: status is the upper half, written as one to clear.
 */
#define DEVICE_CONTROL	0x08u
#define SETTINGS	UINT32_C(0x7fff)
#define STATUS_ERRORS	UINT32_C(0xf0000)
#define STATUS_ERROR(n) (UINT32_C(0x10000) << (n))
#define LOOK_NS		UINT64_C(1000000000)

static const struct pci_function *nic;
static struct net_counters *counters;
static uint32_t at; /* Device Control */
static uint64_t looked;

void nic_errors_start(const struct pci_function *function, struct net_counters *count)
{
	const uint32_t capability = pci_capability(function, PCI_CAPABILITY_EXPRESS, 0);

	nic = function;
	counters = count;
	at = capability + DEVICE_CONTROL;
	counters->express = capability;
}

/* [impl->swr~health-nic-errors~1] */
void nic_errors_look(uint64_t now, uint64_t hz)
{
	uint32_t word;

	if (!counters->express || now - looked < timer_from_ns(LOOK_NS, hz))
		return;
	looked = now;
	word = pci_read32(nic, at);
	/* Ones alone: a virtual function whose physical one was reset. */
	if ((word & SETTINGS) == SETTINGS || !(word & STATUS_ERRORS))
		return;
	for (uint32_t kind = 0; kind < NIC_ERRORS; kind++)
		counters->errors[kind] += (word & STATUS_ERROR(kind)) != 0;
	pci_write32(nic, at, word & (SETTINGS | STATUS_ERRORS));
}
