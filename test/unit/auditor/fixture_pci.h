/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fixture_pci.h - the fixture with PCI functions: inputs alone, inputs of which cells ask for some.
 */
#ifndef BULKHEAD_TEST_AUDITOR_FIXTURE_PCI_H
#define BULKHEAD_TEST_AUDITOR_FIXTURE_PCI_H

#include "fixture.h"

enum fixture_function { PORT_ACS, PORT_PLAIN, NIC, VF0, VF1, DISK, DISK_TWIN, PCI_FUNCTIONS };

/* A host, an inventory, names: nobody asks for any of it. */
void fixture_pci_inputs(struct fixture *fixture);
/* The same, and the partition file gives the NIC to the gateway and its first virtual function to health. */
void fixture_pci_asked(struct fixture *fixture);

#endif
