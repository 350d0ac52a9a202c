/* SPDX-License-Identifier: Apache-2.0 */
/*
 * slots.h - the two slots of images that this machine starts from, of a board whose partition file gives this
 * cell the boot state: which one runs, whether it is kept, what a Linux cell asks for. Does nothing without
 * one.
 */
#ifndef HEALTH_SLOTS_H
#define HEALTH_SLOTS_H

#include "counters.h"
#include "boot_state.h"
#include "guest.h"
#include "identity.h"

struct slots { /* for those who tell of it */
	const struct boot *boot;
	const struct identity *identity;
	bool wanted;		 /* the partition file gives this cell a boot state */
	bool lost;		 /* this boot found no record that counts, or no flash that works */
	uint64_t resets_refused; /* that a Linux cell asked for, in this life */
};

/* Reads boot state and identity, and says nothing: others start by what there is. True: `seed`, of
 * IDENTITY_SEED bytes, is the machine's own private key. */
bool slots_open(const struct guest *guest, uint64_t hz, uint8_t *seed);
void slots_start(const struct guest *guest, const struct machine *machine, const struct counters *counters);
/* Once a round: at most one step of what is under way. */
void slots_poll(uint64_t now);
/* NULL: there is no boot state. */
const struct slots *slots_state(void);
/* Lines for the console. */
void slots_report(void);

#endif
