/* SPDX-License-Identifier: Apache-2.0 */
/*
 * import.h - `bulkhead import`: its steps, and what they share.
 *
 * import.c runs them: refusal (import_refuse.c), machine facts (import_facts.c, import_loader.c), what the
 * board can't do (import_limits.c), the PCI inventory (import_pci.c), the files (import_write.c).
 */
#ifndef BULKHEAD_IMPORT_H
#define BULKHEAD_IMPORT_H

#include "output.h"
#include "plan.h"

struct import {
	const char *source, *folder, *name; /* the DTB, -o, and what the board is called */
	struct bytes tree;
	struct ranges memory; /* --memory, or a guess: instead of the tree's */
	bool memory_guessed;
	struct board board; /* of the tree, with the facts below */
	struct ranges staging, forbidden;
	const char *pci; /* pci.dts; NULL: no --pci */
	size_t pci_count;
	const char *limits;   /* lines */
	uint64_t main_memory; /* of the "rest" cell */
	struct plan plan;     /* of the partition file, once it is written */
};

/* import.c's command: exit status. */
int import_run(const char *file, const char *const *memory, size_t memory_count, const char *pci,
	       const char *output);

/* NULL: the hypervisor can run there; else why not, as a phrase. */
const char *import_refusal(const void *tree);

/* Fills board.pa_bits ... free_spis, staging and forbidden; NULL: done, else why they can't be guessed. */
const char *import_facts(struct import *import);

/* What the board can't do, one line each. */
const char *import_limits(const struct board *board);

/* Reads a copy of /sys/bus/pci/devices; NULL: done, else what is wrong with it. */
const char *import_pci(struct import *import, const char *folder);

/* What machine.dts says of the loader; empty: nothing is known. */
const char *import_loader(const void *tree);

/* The files of the folder; README.md is written once the plan is known. False after a diagnostic. */
bool import_write_board(const struct import *import);
bool import_write_readme(const struct import *import);

/* Text that grows. */
void import_add(const char **text, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
