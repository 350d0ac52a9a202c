/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pci.h - the board's PCI functions: what the inventory says of each, where it hangs, where its BARs lie.
 *
 * pci_function.c and pci_inventory.c read them from a board folder's pci.dts (docs/formats.md), pci_hosts.c
 * finds the hosts that lead to them and the streams by which the IOMMU and the ITS know them, pci_place.c
 * gives bridges' windows and BARs their addresses, pci_assign.c gives functions to cells, pci_watchdog.c
 * knows which of them are watchdogs. Bus numbers are those of the inventory: with them a function's name
 * stays what Linux calls it.
 */
#ifndef BULKHEAD_PCI_H
#define BULKHEAD_PCI_H

#include "diag.h"
#include "pci_space.h"

#define PCI_BARS	 6u
#define PCI_NONE	 SIZE_MAX	    /* of an index: there is none */
#define PCI_CLASS_HOST	 0x0600u	    /* base class and subclass: a host bridge */
#define PCI_WINDOWS_MOST 8u		    /* of one host */
#define PCI_BUS_SIZE	 UINT64_C(0x100000) /* of a bus in an ECAM */

enum pci_bar_kind { PCI_BAR_NONE, PCI_BAR_IO, PCI_BAR_32, PCI_BAR_64 };

struct pci_bar {
	enum pci_bar_kind kind; /* PCI_BAR_64: the next one is its upper half, and PCI_BAR_NONE */
	bool prefetchable;
	uint64_t size; /* bytes, a power of two; of a PF's VF BAR: of one VF; of a bridge's window: any MiB */
	uint64_t address; /* as the CPUs have it; 0: without a place (I/O BARs are given none) */
	uint64_t bus;	  /* the same as the functions have it: what the register holds */
};

enum pci_kind { PCI_ENDPOINT, PCI_ROOT_PORT, PCI_UPSTREAM, PCI_DOWNSTREAM, PCI_BRIDGE, PCI_INTEGRATED };

struct pci_msi {
	uint32_t capability; /* offset; 0: none */
	uint32_t count;	     /* vectors that it can have: 1 to 32 */
};

struct pci_msix {
	uint32_t capability;					       /* offset; 0: none */
	uint32_t count;						       /* 1 to 2048 */
	uint32_t table_bar, table_offset, pending_bar, pending_offset; /* within the BARs */
};

struct pci_sriov {
	uint32_t capability; /* offset; 0: none */
	uint32_t total, offset, stride, device;
	uint32_t enabled; /* NumVFs: the highest VF that a cell names, + 1 */
	struct pci_bar bars[PCI_BARS];
};

struct pci_function {
	const char *address; /* SSSS:BB:DD.F */
	const char *name;    /* machine.dts's /pci-names; NULL: none */
	struct place at;
	uint32_t segment, bus, devfn; /* devfn: device << 3 | function */
	uint32_t vendor, device, class, revision;
	enum pci_kind kind;
	struct pci_space space;
	struct pci_bar bars[PCI_BARS]; /* of a VF: its part of the PF's */
	struct pci_msi msi;
	struct pci_msix msix;
	struct pci_sriov sriov;
	size_t parent;		     /* the bridge above, by index; PCI_NONE: on the root bus */
	size_t physical;	     /* of a VF: its PF, by index; PCI_NONE: it is none */
	const char *physical_name;   /* the same, as the inventory has it; NULL: it is none */
	uint32_t vf;		     /* number of a VF, from 0 */
	uint32_t secondary, last;    /* of a bridge: the buses behind it; 0: none are */
	bool wide_able;		     /* of a bridge: its prefetchable window takes 64-bit addresses */
	struct pci_bar window, wide; /* of a bridge: 32-bit, and prefetchable; kind PCI_BAR_NONE: closed */
	bool acs;		     /* of a port: it can keep functions below it apart */
	size_t host;	  /* index into board.pci_hosts; PCI_NONE: no host of the tree leads to it */
	size_t smmu, its; /* index into board.smmus, board.itss; PCI_NONE: none stands in front */
	uint32_t stream, device_id; /* StreamID there; DeviceID there */
	int owner;		    /* cell index, OWNER_NOBODY, OWNER_HYPERVISOR (bridges) */
};

struct pci_inventory {
	struct pci_function *at; /* by segment, bus and devfn, ascending */
	size_t count;
};

struct pci_window {		  /* memory alone */
	uint64_t base, bus, size; /* as the CPUs and as the functions have it */
	bool wide;		  /* 64-bit addresses: for prefetchable BARs */
	bool prefetchable;
};

struct pci_host {
	int node;
	const char *path, *why; /* why: no cell can have its functions; NULL: they can */
	uint32_t segment, first_bus, last_bus;
	uint64_t ecam, ecam_size; /* of first_bus on, 1 MiB a bus */
	struct pci_window windows[PCI_WINDOWS_MOST];
	size_t window_count;
	struct pci_window *reached; /* by its functions' own accesses: `dma-ranges`, as `windows` */
	size_t reached_count;
	bool limited; /* they reach no more than that */
};

/* SSSS:BB:DD.F */
bool pci_parse(const char *text, uint32_t *segment, uint32_t *bus, uint32_t *devfn);
/* What a user calls it: its name, else its address; of a virtual one with .vfN. */
const char *pci_call(const struct pci_inventory *inventory, size_t index);
/* By its number; PCI_NONE: no such. */
size_t pci_find(const struct pci_inventory *inventory, uint32_t segment, uint32_t bus, uint32_t devfn);

/* A watchdog that is known, and the bits of configuration space that set it up. */
#define PCI_WATCHDOG_REGISTERS 2u
struct pci_watchdog {
	uint32_t vendor, device;
	struct {
		uint32_t offset, bits;
	} settings[PCI_WATCHDOG_REGISTERS];
};

/* NULL: the function is none. */
const struct pci_watchdog *pci_watchdog_of(const struct pci_function *function);

/* How many messages it can interrupt by; 0: it has none. */
static inline uint32_t pci_messages(const struct pci_function *function)
{
	return function->msix.capability ? function->msix.count : function->msi.count;
}

static inline uint32_t pci_rid(const struct pci_function *function)
{
	return function->bus << 8 | function->devfn;
}

static inline bool pci_is_bridge(const struct pci_function *function)
{
	return function->kind == PCI_ROOT_PORT || function->kind == PCI_UPSTREAM ||
	       function->kind == PCI_DOWNSTREAM || function->kind == PCI_BRIDGE;
}

#endif
