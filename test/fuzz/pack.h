/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pack.h - several files in one input: for each its kind (1 byte), its size (4 bytes, little-endian) and its
 * bytes. seeds.py writes them. Mutations happen within one part, so that the others stay what they are.
 */
#ifndef BULKHEAD_FUZZ_PACK_H
#define BULKHEAD_FUZZ_PACK_H

#include <stddef.h>
#include <stdint.h>

enum part_kind {
	PART_PARTITION,
	PART_PARTITION_TEXT, /* dtc's annotated output */
	PART_ERRORS,	     /* of dtc: it refused the partition file */
	PART_BOARD,
	PART_MACHINE,
	PART_MACHINE_TEXT,
	PART_KNOWN_SLAVES,
	PART_ELF,
	PART_KERNEL,
	PART_OVERLAY,
	PART_MEMORY, /* arguments of --memory, a NUL behind each */
	PART_PCI,    /* a function's files: see import.c */
	PART_INVENTORY,
	PART_INVENTORY_TEXT,
	PART_COUNT
};

struct part {
	const uint8_t *data; /* NULL: not there */
	size_t size;
};

struct pack {
	struct part parts[PART_COUNT];
};

void pack_open(struct pack *pack, const uint8_t *data, size_t size);
/* Reads a file, for good; ends the process where it can't. */
void pack_load(struct pack *pack, const char *path);

#endif
