/* SPDX-License-Identifier: Apache-2.0 */
/*
 * guest.h - what the guest tree says about this cell (docs/formats.md), read once at start-up.
 */
#ifndef CELLS_GUEST_H
#define CELLS_GUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "cell_limits.h"

#define GUEST_NAME_MAX 32

struct range {
	uint64_t base, size;
};

struct guest_channel {
	char name[GUEST_NAME_MAX];
	uint64_t ipa, size;
	uint32_t index; /* the hypercalls' */
	uint32_t intid; /* doorbell received; 0: none */
	bool writes, reads, doorbell;
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
	const char *bootargs; /* "" if there are none */
};

/* Fills the struct from a flattened tree. Returns 0, or what is missing or wrong as a sentence. What a
 * cell may lack (UART, heartbeat outside Bulkhead, channels...) is left zero. */
const char *guest_read(struct guest *guest, const void *tree);
/* The channel of that name; 0 if there is none. */
const struct guest_channel *guest_channel_find(const struct guest *guest, const char *name);

#endif
