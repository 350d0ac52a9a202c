/* SPDX-License-Identifier: Apache-2.0 */
/*
 * guest.h - what the guest tree says about this cell (docs/formats.md), read once at start-up.
 */
#ifndef CELLS_GUEST_H
#define CELLS_GUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "cell_limits.h"

#define GUEST_NAME_MAX	    32
#define GUEST_LOG_KEY_BYTES 32 /* an Ed25519 private key: RFC 8032, 5.1.5 */

struct range {
	uint64_t base, size;
};

struct guest_channel {
	char name[GUEST_NAME_MAX];
	uint64_t ipa, size;
	uint32_t index; /* the hypercalls' */
	uint32_t intid; /* doorbell received; 0: none */
	bool writes, reads, doorbell;
	bool resets; /* the health cell's `update`: its other end may have the machine reset for a trial */
	uint32_t resetter; /* index of that cell */
};

struct guest_window { /* of a PCI host: addresses of the CPUs, and on the bus */
	uint64_t base, bus, size;
};

struct guest_pci {
	struct range ecam; /* configuration space of its one bus; size 0: there is none */
	struct guest_window windows[CELL_WINDOWS_MAX];
	uint32_t window_count;
	struct range frame;		   /* that messages are written to; size 0: none */
	uint32_t intid_first, intid_count; /* the interrupts that they can be */
};

struct guest_server { /* port 0: none */
	uint32_t address, port;
	bool tcp;
};

struct guest_net { /* the health cell's: docs/config.md. IPv4 addresses in host order */
	bool wanted, dhcp;
	uint32_t address, prefix, gateway; /* without dhcp; gateway 0: none */
	uint32_t echo, http;		   /* UDP and TCP port; 0: none */
	struct guest_server ntp, syslog;
};

enum guest_medium { GUEST_MEDIUM_NONE, GUEST_MEDIUM_CFI, GUEST_MEDIUM_SPI_NOR, GUEST_MEDIUM_EMMC };

/* The health cell's: where the boot state is (docs/formats.md). Offsets, from the bank's, the chip's or the
 * partition's first byte, and sizes in bytes. */
struct guest_boot {
	enum guest_medium medium;
	struct range bank;   /* of flash; of an SPI flash its controller's registers */
	uint32_t bank_width; /* flash */
	uint32_t chip;	     /* SPI flash: which of the controller's */
	uint32_t function;   /* eMMC: its controller, device << 3 | function of the cell's PCI bus */
	uint32_t partition;  /* eMMC: 1 boot0, 2 boot1 */
	uint32_t erase_block;
	uint32_t copies[2], identity;
	uint64_t confirm_after_ns, confirm_within_ns;
};

struct guest {
	const void *tree;
	uint32_t tree_size;
	char name[GUEST_NAME_MAX];
	uint32_t index;
	struct range ram[CELL_REGIONS_MAX];
	uint32_t ram_count;
	uint64_t mpidr[CELL_CORES_MAX];
	uint32_t core_count;
	struct range gicd;
	struct range gicr[CELL_REGIONS_MAX];
	uint32_t gicr_count;
	uint64_t gicr_stride; /* bytes a core */
	uint32_t timer_intid; /* virtual timer */
	struct range uart;    /* stdout-path; size 0: none */
	uint32_t uart_intid;
	bool uart_edge;
	struct range heartbeat; /* size 0: none */
	uint64_t heartbeat_us;	/* 0: not watched */
	struct range directory; /* health cell; size 0: none */
	struct guest_channel channels[CELL_CHANNELS_MAX];
	uint32_t channel_count;
	struct guest_pci pci;
	struct guest_net net;
	struct guest_boot boot;
	const uint8_t *log_key; /* health cell: of GUEST_LOG_KEY_BYTES; NULL: none */
	const char *bootargs;	/* "" if there are none */
};

/* Fills the struct from a flattened tree. Returns 0, or what is missing or wrong as a sentence. What a
 * cell may lack (UART, heartbeat outside Bulkhead, channels...) is left zero. */
const char *guest_read(struct guest *guest, const void *tree);
/* The channel of that name; 0 if there is none. */
const struct guest_channel *guest_channel_find(const struct guest *guest, const char *name);

#endif
