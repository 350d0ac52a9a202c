/* SPDX-License-Identifier: Apache-2.0 */
/*
 * intruder.h - a cell with PCI functions that it uses against the others, on command: what each file offers.
 * The addresses to attack come with the commands, from test/attack/intruder.py.
 */
#ifndef CELLS_INTRUDER_H
#define CELLS_INTRUDER_H

#include <stdbool.h>
#include <stdint.h>

#include "guest.h"
#include "pci.h"

#define PAGE	 4096u
#define ARGS_MAX 4u

/* What of a DMA command is done: both, where it isn't said. */
#define DMA_WRITE 1u
#define DMA_READ  2u

struct command {
	const char *name, *usage;
	uint32_t least; /* arguments */
	void (*run)(const uint64_t *args);
};

extern const struct command edu_commands[], nvme_commands[], igb_commands[], virtio_commands[],
	config_commands[];
extern const struct guest *this_guest;
/* Of all interrupts for messages that the cell has, and exceptions passed over. */
extern volatile uint64_t taken, exceptions;

/* What a DMA brings here, where it does: nothing else is read or written. */
extern uint8_t out[PAGE], back[PAGE];
/* The page that stands for others' memory, where an attack must succeed. */
extern uint8_t theirs[PAGE];

/* Before a DMA: `out` is full of what is written into others' memory, `back` and `theirs` of zeroes. */
void mark(void);

/* The first of the cell's functions with these IDs. */
bool function_find(uint16_t vendor, uint16_t device, struct pci_function *function);
/* True: the claim holds within so many milliseconds; the core sleeps meanwhile. */
bool wait_for(bool (*claim)(void), uint64_t ms);
/* An interrupt of the cell's for messages. */
void message_taken(uint32_t intid);

#endif
