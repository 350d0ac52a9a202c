/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fixture_pci.h - the plan of fixture.h with PCI functions, as the front end would give them to the cells.
 *
 * linux has a network function with its second VF, and sees its first VF as a ghost; health has the first VF
 * and a virtio function. The other two VFs are off.
 */
#ifndef BULKHEAD_TEST_EMIT_FIXTURE_PCI_H
#define BULKHEAD_TEST_EMIT_FIXTURE_PCI_H

#include "fixture.h"

/* By board.pci. */
enum {
	PCI_HOST,
	PCI_PORT_1,
	PCI_PORT_2,
	PCI_PF,
	PCI_VF_0,
	PCI_VF_1,
	PCI_VF_2,
	PCI_VF_3,
	PCI_VIRTIO,
	PCI_COUNT
};

#define FIXTURE_ECAM	 UINT64_C(0x4010000000)
#define FIXTURE_ITS	 UINT64_C(0x8080000)
#define FIXTURE_MESSAGES (FIXTURE_ITS + 0x10000)
#define FIXTURE_SMMU	 UINT64_C(0x9050000)
#define LINUX_MSI	 (32 + 210)
#define LINUX_MSIS	 4
#define HEALTH_MSI	 (32 + 220)
#define HEALTH_MSIS	 3

/* The functions' capabilities. */
#define PF_POWER	  0x40u
#define PF_MSI		  0x50u
#define PF_MSIX		  0x70u
#define PF_EXPRESS	  0xa0u
#define PF_AER		  0x100u
#define PF_SERIAL	  0x140u
#define PF_SRIOV	  0x160u
#define PF_PASID	  0x1b0u
#define VF_MSIX		  0x70u
#define VF_EXPRESS	  0xa0u
#define PORT_EXPRESS	  0x54u
#define PORT_ACS	  0x148u
#define VIRTIO_COMMON	  0x84u
#define VIRTIO_ACCESS_CAP 0x70u
#define VIRTIO_EXPRESS	  0x40u
#define VIRTIO_VPD	  0xc8u
#define VIRTIO_MSIX	  0xdcu

struct plan *fixture_pci_plan(void);

#endif
