/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mutant.h - one change of a specimen: each maker changes bytes and has the oracle say what that breaks.
 */
#ifndef BULKHEAD_TEST_MUTATION_MUTANT_H
#define BULKHEAD_TEST_MUTATION_MUTANT_H

#include "oracle.h"

enum kind {
	KIND_STAGE2,
	KIND_EL2,
	KIND_BOOT,
	KIND_DMA,
	KIND_STREAMS,
	KIND_COMMANDS,
	KIND_LPIS,
	KIND_HEADER,
	KIND_RECORD,
	KIND_OWNERSHIP,
	KIND_WINDOW,
	KIND_IMAGE,
	KIND_CHANNEL,
	KIND_FAULTS,
	KIND_SERVICE,
	KIND_DIRECTORY,
	KIND_INTEGRITY,
	KIND_IOMMU,
	KIND_STEPS,
	KIND_FUNCTIONS,
	KIND_TREE,
	KIND_INPUT,
	KIND_FIT,
	KIND_COUNT
};

struct field {
	void *at;
	uint32_t size;
	enum kind kind;
	enum rule rule; /* what a change breaks; RULE_COUNT: nothing, nobody reads it */
	/* NULL: the rule is broken whenever the value is another; else says what is. */
	void (*judge)(struct oracle *oracle, const struct specimen *s, const struct field *field);
	uint32_t context;
	bool large; /* only values that are far too large are certain to be wrong */
};

struct fields {
	struct field *list;
	size_t count;
};

uint64_t chance(uint64_t below);
void chance_seed(uint64_t seed);

/* fields.c: every field of every record, and what it means. */
void fields_find(struct specimen *s, struct fields *fields);
/* fields_pci.c: of the records of PCI functions, IOMMU and ITS. */
void fields_functions(struct specimen *s, struct fields *fields);
void field_add(struct fields *fields, struct field field);
void field_change(struct oracle *oracle, const struct specimen *s, const struct field *field);
/* tables.c; `wanted`: of that kind of table alone, KIND_COUNT: of any */
enum kind table_change(struct oracle *oracle, struct specimen *s, enum kind wanted, char *what, size_t size);
/* stream_tables.c, messages.c: stream tables; commands of the ITS and the table of LPIs. False where the draw
 * has no place in this image. */
bool stream_change(struct oracle *oracle, struct specimen *s, char *what, size_t size);
bool command_change(struct oracle *oracle, struct specimen *s, char *what, size_t size);
bool lpi_change(struct oracle *oracle, struct specimen *s, char *what, size_t size);
/* steps.c: the boot's steps, beside their fields; the inventory that they are for. */
bool step_change(struct oracle *oracle, struct specimen *s, char *what, size_t size);
bool inventory_change(struct oracle *oracle, const struct specimen *s, char *what, size_t size);
/* moves.c: false where the draw has no place in this image. */
bool page_move(const struct oracle *oracle, struct specimen *s, uint32_t root, char *what, size_t size);
/* trees.c: false where the draw has no place in this image. */
bool tree_change(struct oracle *oracle, struct specimen *s, char *what, size_t size);
/* inputs.c: partition file, board, machine facts, known-slaves, files of the store, the FIT itself; `wanted`
 * alike. */
bool input_change(struct oracle *oracle, struct specimen *s, enum kind wanted, enum kind *kind, char *what,
		  size_t size);

#endif
