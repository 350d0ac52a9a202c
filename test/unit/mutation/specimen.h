/* SPDX-License-Identifier: Apache-2.0 */
/*
 * specimen.h - an image that the compiler built, to be changed in place: where its parts lie, every digest
 * made right again after a change, and the pristine bytes put back.
 *
 * Nothing here is the auditor's: parts are found by this test's own reading of the bytes.
 */
#ifndef BULKHEAD_TEST_MUTATION_SPECIMEN_H
#define BULKHEAD_TEST_MUTATION_SPECIMEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "blueprint.h"
#include "image.h"
#include "pci.h"

#include "telemetry.h"

#define SPECIMEN_CELLS 8u
#define PARTS_MAX      16u

struct part { /* of the FIT */
	char name[32];
	uint8_t *data, *digest;
	size_t size;
	uint64_t load;
};

struct specimen {
	const char *name;
	void *source, *board_source; /* of partition file and board, as dtc makes them */
	uint8_t *fit, *pristine;
	size_t size;
	struct part parts[PARTS_MAX];
	size_t part_count;
	struct part *kernel, *board, *machine, *partitions, *slaves, *pci; /* pci NULL: no functions */
	struct hv_header *hv;
	struct bp_header *header;
	uint8_t *blueprint;
	uint64_t blueprint_pa, blueprint_size;
	struct bp_boot_core *boot;
	uint32_t cores, cells;
	struct bp_cell *cell[SPECIMEN_CELLS];
	uint64_t record_pa[SPECIMEN_CELLS];
	struct bp_image *tree_image[SPECIMEN_CELLS];
	uint8_t *tree[SPECIMEN_CELLS];
	struct bp_service *service;
	uint64_t service_pa;
	struct directory *directory; /* NULL: no health cell */
	uint64_t directory_pa;
	struct integrity_table *integrity; /* as the directory */
	/* Where cells have PCI functions; smmu NULL: they haven't. */
	struct bp_smmu *smmu;
	struct bp_its *its;
	struct bp_stream *streams;
	uint64_t dma_root[SPECIMEN_CELLS], dma_vtcr[SPECIMEN_CELLS]; /* root 0: no streams */
	bool keep_digest; /* of the blueprint: it is what was changed */
};

bool specimen_load(struct specimen *s, const char *name);
void specimen_free(struct specimen *s);
/* All digests: guest trees', the blueprint's, the configuration's, the FIT's. */
void specimen_seal(struct specimen *s);
void specimen_restore(struct specimen *s);
/* The entry of a StreamID as the SMMU walks to it, in two levels: NULL: there is none. */
uint64_t *specimen_stream(const struct specimen *s, uint32_t sid);
#define STREAMS(s) (UINT32_C(1) << ((s)->smmu->strtab_base_cfg & 0x3f))
/* A page that IOMMU or ITS reads, but for translation tables: stream tables, commands, LPIs. */
bool specimen_unit_page(const struct specimen *s, uint64_t pa);
/* A page that the health cell reads for what it says: the table of constant ranges, the map. */
bool specimen_told_page(const struct specimen *s, uint64_t pa);
/* A word of the blueprint by physical address; NULL: not in it. */
uint64_t *specimen_word(const struct specimen *s, uint64_t pa);

#endif
