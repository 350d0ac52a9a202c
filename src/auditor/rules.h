/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rules.h - every rule of the audit: name in the code, number, what it claims, what to do when it fails.
 *
 * docs/audit.md explains each; a unit test compares the two lists. Numbers are never reused.
 */
#ifndef BULKHEAD_AUDITOR_RULES_H
#define BULKHEAD_AUDITOR_RULES_H

/* clang-format off */
#define AUDIT_RULES(RULE)                                                                                    \
	RULE(FIT, "FMT-01", "the FIT holds every part, each matches its SHA-256 and has one use, and it is for this board", "build the image again") \
	RULE(HV_HEADER, "FMT-02", "bulkhead.bin's headers agree with themselves and with the FIT", "build bulkhead.bin and the image again") \
	RULE(BP_HEADER, "FMT-03", "the blueprint's header is whole and its digest right", "build the image again") \
	RULE(RECORD, "FMT-04", "every record and table lies inside what holds it", "build the image again") \
	RULE(INPUT, "FMT-05", "board tree, machine facts, PCI inventory, partitions and known-slaves can be read", "build the image from readable inputs") \
	RULE(REGIME, "FMT-06", "VTCR, VTTBR and TCR describe a walk that this machine can do", "correct the compiler's register values") \
	RULE(DESCRIPTOR, "FMT-07", "no reserved encoding in any table", "correct the compiler's table emitter") \
	RULE(GUEST_TREE, "FMT-08", "every cell's guest tree can be read", "correct the guest tree emitter") \
	RULE(CORE_OWNER, "SEP-01", "a core belongs to one cell and has a root of its own", "give the core to one cell") \
	RULE(PAGE_OWNER, "SEP-02", "no page in two cells but declared channels and windows", "give the page to one cell, or declare a channel") \
	RULE(HV_MEMORY, "SEP-03", "nothing of the hypervisor in a cell's stage 2 but its declared windows", "unmap it from the cell") \
	RULE(FORBIDDEN, "SEP-04", "no GIC, ITS, SMMU, flash (but SEP-32), fw_cfg, watchdog, reset, power or PCI host device in a cell; a PCI watchdog in the health cell alone", "leave the device with the hypervisor") \
	RULE(STAGE2, "SEP-05", "stage 2 maps what is admitted, there, with those permissions", "correct the mapping") \
	RULE(SPI_OWNER, "SEP-06", "an SPI belongs to one cell, never one of the hypervisor's", "give the interrupt to one cell") \
	RULE(PPI_OWNER, "SEP-07", "no cell owns the hypervisor's PPIs", "take the PPI from the cell") \
	RULE(VMID, "SEP-08", "VMIDs are distinct and CnP is 0", "VMID is the cell's index + 1") \
	RULE(EL2_EXTRA, "SEP-09", "a core's EL2 root maps nothing but what blueprint.h admits", "drop the mapping from the core's root") \
	RULE(EL2_WINDOW, "SEP-10", "an EL2 window maps what its field names, with its permissions", "correct the window") \
	RULE(WX, "SEP-11", "no EL2 mapping is writable and executable, in one root or by an alias", "map code read-only, data execute-never") \
	RULE(BOOT_SEGMENT, "SEP-12", "boot and trampoline segments are in no core's root", "drop them from the core's root") \
	RULE(ACCESS_FLAG, "SEP-13", "access flags preset; dirty-bit, contiguous and hardware updates off", "correct the descriptor") \
	RULE(TABLE_PAGE, "SEP-14", "every table page lies in the blueprint, is one table, and no one maps it writable but roots", "correct the table pointer") \
	RULE(MEMORY_TYPE, "SEP-15", "RAM is normal, devices device, shared windows of one type for all", "correct the memory type") \
	RULE(HV_LAYOUT, "SEP-16", "the hypervisor's memory lies in RAM, and each part of it has one use", "correct the placement") \
	RULE(BUS_MASTER, "SEP-17", "no bus master without an IOMMU in a protected cell", "leave the device out, add its compatible to known-slaves if it never masters the bus, or say dma = \"unprotected\"") \
	RULE(SHARED_PAGE, "SEP-18", "a device page of a cell holds no register of a device that isn't the cell's", "give all devices of the page to one cell") \
	RULE(BOOT_ROOT, "SEP-19", "the boot root maps nothing but what blueprint.h admits", "drop the mapping from the boot root") \
	RULE(WINDOW_PLACE, "SEP-20", "windows that EL1 sees are 64 KiB aligned and spaced, clear of RAM and devices", "move the window") \
	RULE(EMULATED, "SEP-21", "emulated pages are unmapped, sorted and disjoint", "unmap the emulated page") \
	RULE(DOORBELL, "SEP-22", "a doorbell rings the channel's other parties and no one else", "correct the ring list") \
	RULE(REVOCATION, "SEP-23", "the root entries listed are those of the table, for the cell and the service core", "list every nonzero root entry with its value") \
	RULE(SERVICE_CORE, "SEP-24", "the service core is an injected cell's first core, the health cell's where there is one", "choose another service core") \
	RULE(COLORS, "SEP-25", "what a cell or its EL2 caches has colours of that cell, which are nobody else's", "move the page to one of its owner's colours") \
	RULE(PCI_GROUP, "SEP-26", "PCI functions of two cells can't reach each other past the IOMMU, and share no StreamID or DeviceID", "give them to one cell, or say allow-peer-dma in both") \
	RULE(STREAMS, "SEP-27", "a stream that no cell has aborts; a cell's is translated by stage 2 alone, under its VMID, with no way round it", "correct the stream table") \
	RULE(DMA, "SEP-28", "a cell's functions reach its RAM, its channels with its rights, the page for messages, and nothing else", "correct the DMA table") \
	RULE(MESSAGES, "SEP-29", "a function's messages make SPIs of its own cell pending, by the cell's first core; DeviceID 0 makes none", "correct the ITS's commands or the cell's LPIs") \
	RULE(PCI_SPACE, "SEP-30", "the boot's steps leave each function, bus and window addresses of its own, and what keeps functions apart on", "correct the boot's steps") \
	RULE(PCI_CONFIG, "SEP-31", "no register of a cell's function lets its guest move BARs, buses or virtual functions, or send as another", "correct the table of registers") \
	RULE(BOOT_STATE, "SEP-32", "the boot state's bank of flash is mapped in the health cell alone, and what the machine starts from in nobody's tables", "unmap the flash") \
	RULE(CELLS, "CONF-01", "the image's cells are the partition file's, with their names, roles and flags", "build the image from this partition file") \
	RULE(CORES, "CONF-02", "each cell has the cores that the file gives it", "build the image from this partition file") \
	RULE(MEMORY, "CONF-03", "each cell's memory adds up to what the file says, and is mapped", "build the image from this partition file") \
	RULE(PLACEMENT, "CONF-04", "explicit addresses and ram-base are honoured; otherwise IPA = PA, where unprotected bus masters reach", "build the image from this partition file") \
	RULE(RAM, "CONF-05", "cells' RAM lies in the board's memory, outside reserved and forbidden ranges but those of the cell's own devices", "move the memory") \
	RULE(DEVICES, "CONF-06", "each cell's device pages are those of the devices that the file gives it", "build the image from this partition file") \
	RULE(INTERRUPTS, "CONF-07", "each cell's interrupts are those of its devices, timer and PMU, doorbells, emulated UART and messages", "build the image from this partition file") \
	RULE(TRIGGERS, "CONF-08", "interrupt triggers are the board tree's", "correct spi_edge and ppi_edge") \
	RULE(CHANNELS, "CONF-09", "channels are the file's: parties, directions, size, doorbells", "build the image from this partition file") \
	RULE(MODE, "CONF-10", "interrupt mode is the file's", "build the image from this partition file") \
	RULE(FAULTS, "CONF-11", "fault actions are the file's and admitted", "build the image from this partition file") \
	RULE(TIMES, "CONF-12", "heartbeat, boot timeout and restart window are the file's", "build the image from this partition file") \
	RULE(IMAGES, "CONF-13", "images are the cell's own files, byte for byte, inside its RAM", "build the image from these files") \
	RULE(ENTRY, "CONF-14", "load addresses and entry point follow from the files and the partition file", "build the image from this partition file") \
	RULE(TREE_BASICS, "CONF-15", "the guest tree's memory, reserved memory, cpus and chosen are the cell's", "correct the guest tree") \
	RULE(TREE_REG, "CONF-16", "every reg in the guest tree is mapped or emulated", "remove the node from the guest tree, or map it") \
	RULE(TREE_IRQ, "CONF-17", "every interrupt in the guest tree is the cell's", "remove the interrupt from the guest tree, or give it to the cell") \
	RULE(TREE_DESCRIBED, "CONF-18", "every device page, window and SPI of a cell is described in its guest tree", "describe it in the guest tree, or take it away") \
	RULE(TREE_BULKHEAD, "CONF-19", "the guest tree's /bulkhead nodes say what record and file say", "correct the guest tree") \
	RULE(DIRECTORY, "CONF-20", "the health directory names every core and cell rightly", "correct the directory") \
	RULE(MACHINE, "CONF-21", "what the blueprint asks of the machine is what board tree and machine facts say", "build the image from this board folder") \
	RULE(SERVICE, "CONF-22", "struct bp_service says what the cells' records say", "correct bp_service") \
	RULE(CONSOLE, "CONF-23", "log consoles and their interrupts are as the file says", "build the image from this partition file") \
	RULE(GIC_FRAMES, "CONF-24", "emulated GIC frames are those of the cell's cores", "correct the mmio table") \
	RULE(FIRMWARE, "CONF-25", "the functions passed to firmware are the file's, and none of those that undo the division", "build the image from this partition file") \
	RULE(TREE_REFERENCES, "CONF-26", "what a node of a guest tree refers to is in that tree", "add the node to the guest tree, or drop the property") \
	RULE(TREE_SHARED, "CONF-27", "a provider that is shared read-only is no cell's, and in guest trees as fixed clocks alone", "build the image from this partition file") \
	RULE(PCI, "CONF-28", "each cell has the PCI functions that the file gives it, and no others", "build the image from this partition file") \
	RULE(TREE_BOARD, "CONF-29", "a node that a guest tree has from the board's has its registers, interrupts and kind", "correct the guest tree") \
	RULE(STREAM_LISTS, "CONF-30", "the service core's SMMUs and streams are those of the tables", "correct bp_service") \
	RULE(MESSAGE_LISTS, "CONF-31", "each function of a cell can raise each SPI that its guest may give it, enabled", "correct the ITS's commands or the table of LPIs") \
	RULE(PCI_MACHINE, "CONF-32", "what the tables of PCI functions rest on is compared with the machine first", "compare it in the boot's steps") \
	RULE(TREE_PCI, "CONF-33", "the guest tree's PCI host and frame for messages are what the cell has", "correct the guest tree") \
	RULE(PRESENTATION, "CONF-34", "a channel that the file shows as a PCI function is one to each party: constant, its memory the channel, its interrupt the doorbell", "build the image from this partition file") \
	RULE(CONSTANTS, "CONF-35", "what nobody writes is in the health cell's table, each byte once, with its digest, where the cell sees it", "correct the table of constant ranges") \
	RULE(TREE_BOOT_STATE, "CONF-36", "the health cell's tree has the boot state's bank, what lies where in it, and the file's times; no other node says so", "correct the guest tree")
/* clang-format on */

enum rule {
#define RULE(name, id, claim, remedy) RULE_##name,
	AUDIT_RULES(RULE)
#undef RULE
		RULE_COUNT
};

#endif
