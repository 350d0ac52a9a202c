/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pci.h - the board's PCI functions as the auditor sees them: the inventory that the FIT carries, the hosts
 * of the board's tree, and whose each function is by the partition file.
 *
 * pci.c reads the inventory, pci_host.c the hosts and identities, pci_assign.c the owners. Offsets and
 * identifiers are those of PCI Express Base Specification 6.0, chapters 7 and 9.
 */
#ifndef BULKHEAD_AUDITOR_PCI_H
#define BULKHEAD_AUDITOR_PCI_H

#include "../blueprint/pci.h"
#include "tree.h"

#define PCI_BARS	6u
#define PCI_SPACE	4096u /* of configuration, a function */
#define PCI_NONE	(-1)
#define PCI_MAX		8192u /* functions of one inventory, virtual ones included */

#define PCI_BAR0	0x10u
#define PCI_VF_BARS	0x24u  /* of the SR-IOV capability */
#define PCI_VF_WAIT	100u   /* milliseconds from VF Enable to the first access: 9.3.3.3.1 */
#define PCI_WAIT_MAX	10000u /* of all steps */
#define PCI_CAP_POWER	0x01u
#define PCI_CAP_MSI	0x05u
#define PCI_CAP_EXPRESS 0x10u
#define PCI_CAP_MSIX	0x11u
#define PCI_EXT_AER	0x01u
#define PCI_EXT_ACS	0x0du
#define PCI_EXT_SRIOV	0x10u

enum pci_kind {
	PCI_ENDPOINT,
	PCI_PORT,     /* a root port, or a switch's downstream port */
	PCI_UPSTREAM, /* a switch's upstream port */
	PCI_BRIDGE    /* to or from conventional PCI: it may stand for what is behind it */
};

struct pci_bar {
	uint64_t size; /* bytes, a power of two; 0: none. Of VF BARs: of one virtual function */
	bool io, wide, prefetchable;
};

struct pci_function {
	char name[16]; /* SSSS:BB:DD.F */
	uint32_t segment, rid;
	uint32_t vendor, device, class; /* class: with the revision, as the register at 8 */
	const uint8_t *config;		/* what the inventory holds; the rest is 0 */
	size_t config_size;
	enum pci_kind kind;
	struct pci_bar bars[PCI_BARS]; /* of a virtual function: those that its PF has for it */
	uint32_t secondary, subordinate;
	bool acs;	/* source validation, request and completion redirect, upstream forwarding */
	uint32_t sriov; /* offset of the capability; 0: none */
	uint32_t total, offset, stride, vf_device;
	struct pci_bar vf_bars[PCI_BARS];
	int physical;		       /* of a virtual function: its PF; PCI_NONE: it is none */
	uint32_t vf;		       /* its number, from 0 */
	int parent;		       /* the bridge above; PCI_NONE: on the host's own bus */
	int host;		       /* index; PCI_NONE: the board has none for the segment and bus */
	int owner;		       /* cell of the partition file; CELL_NONE_ID */
	const struct node *smmu, *its; /* by iommu-map, msi-map; NULL: none */
	uint32_t stream, device_id;
	uint64_t switched_on;	 /* of a PF: milliseconds waited when its VF Enable was set */
	struct pci_state *state; /* pci_steps.c; NULL: no step is for it */
};

/* A function's registers, by byte, as the boot's steps leave them. */
struct pci_state {
	uint8_t value[PCI_SPACE];		   /* written last */
	uint8_t seen[PCI_SPACE], sized[PCI_SPACE]; /* compared: as they are; after ones were written */
	uint8_t seen_mask[PCI_SPACE], sized_mask[PCI_SPACE];
	bool written[PCI_SPACE];
};

struct pci_window {
	uint64_t bus, cpu, size;
	bool io, wide; /* wide: of 64-bit addresses */
};

#define PCI_WINDOWS 8u
struct pci_host {
	const struct node *node;
	uint32_t segment, first_bus, last_bus;
	struct range ecam;
	struct pci_window windows[PCI_WINDOWS];
	size_t window_count;
};

struct pci {
	struct tree tree;
	struct pci_function *functions; /* by segment and rid */
	size_t count;
	struct pci_host *hosts;
	size_t host_count;
	uint64_t waited;	/* milliseconds, of the steps played */
	uint32_t step;		/* the first that is wrong */
	const char *step_wrong; /* why; NULL: none is */
};

/* Of a function's configuration space; what the inventory lacks reads as 0. */
uint32_t pci_read(const struct pci_function *function, uint32_t offset, unsigned int width);
uint32_t pci_capability(const struct pci_function *function, uint32_t id);
uint32_t pci_extended(const struct pci_function *function, uint32_t id);

/* SSSS:BB:DD.F; false: it is none. */
bool pci_address(const char *text, uint32_t *segment, uint32_t *rid);
/* pci_steps.c. Compared under the mask, with that value; and as sized; vendor, device, class are. */
bool pci_seen(const struct pci_function *function, uint32_t offset, unsigned int width, uint32_t mask,
	      uint32_t due);
bool pci_sized(const struct pci_function *function, uint32_t offset, uint32_t mask, uint32_t due);
bool pci_ids_seen(const struct pci_function *function);
/* What the steps leave there; false: they don't write all of it. */
bool pci_left(const struct pci_function *function, uint32_t offset, unsigned int width, uint32_t *value);
/* A host bridge: no cell can have it, nothing of it is programmed. */
bool pci_is_host(const struct pci_function *function);
/* pci_assign.c. One that resets the machine where nobody feeds it. */
bool pci_is_watchdog(const struct pci_function *function);
/* pci_bars.c. What a BAR's word reads as after all ones; of `number` from 0. */
uint32_t pci_bar_sized(const struct pci_bar *bars, unsigned int number);
/* Where a memory BAR is after the steps; false: nowhere. */
bool pci_bar_place(const struct pci *pci, const struct pci_function *function, unsigned int number,
		   uint64_t *bus, uint64_t *cpu);
/* PCI_NONE: no such. */
int pci_find(const struct pci *pci, uint32_t segment, uint32_t rid);
/* Physical address of a function's configuration space; 0: it has none that the CPUs reach. */
uint64_t pci_config_pa(const struct pci *pci, const struct pci_function *function);
/* How many virtual functions of a PF are switched on: up to the highest that a cell has. */
uint32_t pci_enabled(const struct pci *pci, int physical);
/* A virtual function that exists only where its PF has more of them switched on. */
bool pci_present(const struct pci *pci, int function);

#endif
