/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench.h - the bench cell: operations of the hypervisor, measured from inside a cell (docs/bench.md).
 *
 *   main.c        which part this cell plays (bootargs), and the list of operations
 *   series.c      repetitions of a measurement, and how they are told
 *   calls.c       hypercalls, PSCI, emulated registers: the caller waits for them
 *   interrupts.c  what arrives: timer, SPI, a function's message, SGI, doorbell
 *   peer.c        the cell at the other end: gets doorbells, runs, is stopped
 *   revoke.c      stops the peer
 *   ticks.c       a guest that computes and ticks
 */
#ifndef BENCH_H
#define BENCH_H

#include <stdbool.h>
#include <stdint.h>

#include "guest.h"

#define REPETITIONS 16u

struct series {
	const char *name;
	uint64_t least, most;
	unsigned count;
};

void series_add(struct series *series, uint64_t value);
/* `bench: el2 NAME least=N most=N n=N` */
void series_tell(const struct series *series);
/* The windows that were opened since the last call belong to `name`. */
void windows_tell(const char *name);
void window_open(void);
void window_close(void);
const char *mode_name(void); /* "injected" or "direct" */

void calls_measure(const struct guest *guest);
void timer_measure(const struct guest *guest);
void spi_measure(const struct guest *guest);
void msi_measure(const struct guest *guest);
void sgi_measure(const struct guest *guest);
void doorbell_measure(const struct guest *guest);
void revoke_measure(const struct guest *guest);
void ticks_measure(const struct guest *guest);

/* The channels between bench and peer. */
struct peer_orders { /* channel `bell`, from the bench to the peer */
	uint64_t reserved[8];
	uint64_t run; /* 1: to run without a pause from the next doorbell on */
};

struct peer_replies {	     /* channel `reply` */
	uint64_t generation; /* EL2's: another one in each life of the peer */
	uint64_t reserved[7];
	uint64_t ready; /* 1: waits for doorbells */
	uint64_t doorbells;
	uint64_t value; /* EL2 instructions from the last doorbell's arrival to its handler */
	uint64_t after; /* ... and from there until the peer slept again */
	uint64_t running;
	uint64_t cell; /* its index */
};

_Noreturn void peer_run(const struct guest *guest);
volatile struct peer_orders *peer_orders(const struct guest *guest);
volatile struct peer_replies *peer_replies(const struct guest *guest);

#endif
