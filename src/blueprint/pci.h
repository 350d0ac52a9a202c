/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pci.h - the contract, second part: PCI functions, DMA through the IOMMU, message-signalled interrupts.
 *
 * All of it is decided by the compiler and stays for ever; what the hypervisor does with it:
 *
 * - boot core: compares the machine's PCI functions, IOMMUs and ITSs with the blueprint and programs them
 * once (struct bp_pci_step, bp_smmu, bp_its, bp_lpi_core; all *_va are the boot root's);
 * - a cell's cores: configuration accesses of the guest (struct bp_pci_function), LPIs (bp_cell.lpis);
 * - service core: streams between abort and the blueprint's own value, DMA faults (bp_service_smmu,
 * bp_stream, bp_service_dma).
 *
 * A cell's PCI bus is flat: bus 0 alone, a function at a RID (device << 3 | function) of its own, no bridges.
 * BARs are at the guest-physical addresses that are their physical ones, and never move.
 *
 * A channel that is shown as a PCI function (ivshmem, as QEMU's documentation lays it out) is one on a second
 * such bus, which has no hardware: its configuration space is constant but for one bit, BAR 0 an emulated
 * page (BP_MMIO_IVSHMEM), BAR 2 the channel.
 *
 * A message-signalled interrupt of a cell is a physical SPI that is wired to nothing (machine.dts, free-spis)
 * and owned by the cell. The guest takes it from a GICv2m frame; its function writes the SPI's number to the
 * frame's page, which the IOMMU maps onto GITS_TRANSLATER; there DeviceID and EventID (the number) make an
 * LPI, and who takes the LPI sets the SPI pending. Enable, priority, route and state of the SPI are the
 * distributor's, as of any other.
 */
#ifndef BULKHEAD_BLUEPRINT_PCI_H
#define BULKHEAD_BLUEPRINT_PCI_H

#include "blueprint.h"

/* ---- what the boot core compares and programs: tables of bp_header, offsets from there ---- */

/* What a step's register is, for the message where the machine differs. */
enum bp_pci_what {
	BP_PCI_IDS,	   /* vendor and device, or its class and revision */
	BP_PCI_HEADER,	   /* header type */
	BP_PCI_BAR,	   /* size and kind of a BAR */
	BP_PCI_CAPABILITY, /* a capability's header */
	BP_PCI_VFS,	   /* TotalVFs, VF offset and stride, VF device */
	BP_PCI_VF_BAR,
	BP_PCI_WHAT_COUNT
};

enum bp_pci_step_kind {
	BP_PCI_CHECK, /* the register, under `mask`, is `value`; else the machine differs */
	BP_PCI_WRITE, /* the register becomes `value` */
	BP_PCI_WAIT,  /* `value` milliseconds */
};

/* In order. Bridges' bus numbers and windows, BARs, SR-IOV, ACS; bus mastering stays off. */
struct bp_pci_step {
	uint64_t va; /* of the register, in the host's ECAM; 0 in a wait */
	uint32_t mask, value;
	uint8_t kind;  /* enum bp_pci_step_kind */
	uint8_t width; /* 1, 2, 4 bytes */
	uint8_t what;  /* enum bp_pci_what, of a check */
	uint8_t segment;
	uint16_t rid; /* bus << 8 | device << 3 | function: who is meant, for the message */
	uint16_t pad;
};

struct bp_smmu {
	uint64_t pa, va;					    /* of page 0 */
	uint32_t idr0, idr0_mask, idr1, idr1_mask, idr5, idr5_mask; /* = under the mask */
	uint64_t strtab_base, cmdq_base,
		eventq_base; /* register values; strtab_base 0: all aborts, for ever */
	uint32_t strtab_base_cfg;
	uint32_t pad;
};

struct bp_its {
	uint64_t pa, va;	    /* of the control frame, 64 KiB */
	uint64_t typer, typer_mask; /* GITS_TYPER = under the mask */
	uint64_t baser[8];	    /* register values; 0: not used */
	uint64_t baser_kind[8];	    /* type and entry size: = under BP_BASER_KIND */
	uint64_t cbaser;	    /* the queue is in the blueprint, its commands in place */
	uint64_t commands;	    /* bytes of them: GITS_CWRITER when all are given */
};
#define BP_BASER_KIND UINT64_C(0x071f000000000000) /* GITS_BASER<n>: Type 58:56, Entry_Size 52:48 */

struct bp_lpi_core {		       /* a redistributor that takes LPIs: a cell's first core */
	uint64_t gicr_va;	       /* RD_base */
	uint64_t propbaser, pendbaser; /* register values */
	uint32_t processor;	       /* GICR_TYPER.Processor_Number = */
	uint32_t core;		       /* machine core number */
};

/* ---- what a cell's cores use: tables of bp_cell, offsets from there ---- */

#define BP_PCI_VF 1u
#define BP_PCI_GHOST                                                                                         \
	2u /* a virtual function of another cell's, or nobody's, that its PF's owner sees: read-only */
#define BP_PCI_SHARED	4u /* a PF with virtual functions in other cells: never reset */
#define BP_PCI_CHANNEL	8u /* a channel of the cell; its rid is BP_PCI_CHANNELS | device << 3 */
#define BP_PCI_CHANNELS 0x100u

enum bp_pci_register_kind {
	BP_PCI_PLAIN,
	BP_PCI_SIZING,	/* a BAR's word: after all ones it reads as `write`, else as `fixed` */
	BP_PCI_COMMAND, /* Command and Status: before Memory Space Enable the BARs are put back */
	BP_PCI_KEPT,	/* no hardware: bits `write` are what was written, kept in the same bits of the word
			   of state */
};

/* 4 bytes of configuration space. A register that isn't listed reads as zero and ignores writes. */
struct bp_pci_register {
	uint16_t offset; /* multiple of 4; ascending */
	uint16_t kind;	 /* enum bp_pci_register_kind */
	uint32_t fixed;	 /* read: these bits are 1, ... */
	uint32_t hard;	 /* ... these are the function's own, the others 0 */
	uint32_t write;	 /* written: these bits go to the function; BP_PCI_SIZING: what it reads as when sized
			  */
	uint32_t clear;	 /* these too, where written as 1; as 0 where they aren't (write-one-to-clear) */
};

struct bp_pci_bar { /* what a reset clears, and is put back */
	uint32_t offset, value;
};

struct bp_pci_function {    /* by rid, ascending */
	uint64_t config_va; /* its 4 KiB of configuration space, device, on all cores of the cell; 0: a ghost,
			       or a channel */
	uint32_t rid;	    /* on the cell's bus 0; of a channel: see BP_PCI_CHANNEL */
	uint32_t flags;	    /* BP_PCI_* */
	uint32_t reset; /* offset of Device Control, whose bit 15 resets the function; 0: it can't be, or must
			   not, as a PF whose virtual functions are enabled: they would vanish */
	uint32_t state; /* index of its 32-bit word in the page at bp_cell.pci_state_va: bit n: its nth
			   BP_PCI_SIZING register is being sized */
	struct bp_table registers; /* struct bp_pci_register */
	struct bp_table bars;	   /* struct bp_pci_bar */
};

/* Registers in BAR 0 of a channel's function; 4 bytes each, the others read as zero. */
#define BP_IVSHMEM_POSITION 8u /* read: the cell's index */
#define BP_IVSHMEM_DOORBELL                                                                                  \
	12u /* written: whatever the value, rings the channel's other readers, as DOORBELL */

/* bp_cell.lpis is a table of struct bp_bell: LPI bp_cell.lpi_first + n makes bell n's SPI pending. */

/* ---- what the service core uses: tables of bp_service, offsets from there ---- */

struct bp_service_smmu { /* by its index in bp_header.smmus; zeroes: it has no streams, and aborts for ever */
	uint64_t page0_va, page1_va; /* page 1: the event queue's PROD and CONS */
	uint64_t cmdq_va, eventq_va;
	uint32_t cmdq_log2, eventq_log2;   /* entries: 16 bytes, 32 bytes */
	uint32_t event_intid, error_intid; /* SPIs, edge; EL2's own, routed to the service core */
};

struct bp_stream {	 /* by smmu, then sid, ascending */
	uint64_t ste_va; /* 64 bytes */
	uint64_t live;	 /* its first word while its cell may do DMA; BP_STE_ABORT while it may not */
	uint32_t smmu;	 /* index */
	uint32_t sid;
	uint32_t cell;
	uint32_t pad;
};

struct bp_service_dma {	       /* a cell with streams, by cell */
	uint64_t telemetry_va; /* read-only: struct telemetry_core of its first core, which asks there */
	uint32_t cell;
	uint32_t action; /* what a DMA fault costs it: bp_cell.actions[BP_ERROR_DMA_VIOLATION] of that cell */
};

#define BP_STE_ABORT UINT64_C(1) /* V, Config 0b000 (Arm IHI 0070, 5.2) */

_Static_assert(sizeof(struct bp_pci_step) == 24, "layout");
_Static_assert(sizeof(struct bp_smmu) == 72, "layout");
_Static_assert(sizeof(struct bp_its) == 176, "layout");
_Static_assert(sizeof(struct bp_lpi_core) == 32, "layout");
_Static_assert(sizeof(struct bp_pci_register) == 20, "layout");
_Static_assert(sizeof(struct bp_pci_bar) == 8, "layout");
_Static_assert(sizeof(struct bp_pci_function) == 40, "layout");
_Static_assert(sizeof(struct bp_service_smmu) == 48, "layout");
_Static_assert(sizeof(struct bp_stream) == 32, "layout");
_Static_assert(sizeof(struct bp_service_dma) == 16, "layout");

#endif
