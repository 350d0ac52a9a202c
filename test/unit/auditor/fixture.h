/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fixture.h - a small good image, made by hand: tests change one thing in it, seal it and audit it.
 *
 * Four cores, three cells: health (core 0, an ELF, owns the UART), control (core 1, direct, a raw
 * binary, log console), gateway (cores 2 and 3, a Linux Image with initrd, "rest", log console). Two
 * channels: `setpoints` gateway -> control, `both` between the two. It shares nothing with the compiler.
 */
#ifndef BULKHEAD_TEST_AUDITOR_FIXTURE_H
#define BULKHEAD_TEST_AUDITOR_FIXTURE_H

#include <stdint.h>

#include "model.h"

enum { HEALTH, CONTROL, GATEWAY, CELLS };
#define CORES		     4

#define MIB		     UINT64_C(0x100000)
#define LOAD_PA		     UINT64_C(0x48000000)
#define HV_SIZE		     UINT64_C(0x6000)
#define BLUEPRINT_MAX	     UINT64_C(0xa0000) /* its size: there is room for tables that mutations add */
#define WRITABLE_PA	     UINT64_C(0x48800000)
#define WRITABLE_SIZE	     UINT64_C(0x80000)
#define STORE_PA	     UINT64_C(0x49000000)
#define CRASH_PA	     UINT64_C(0x4eff0000) /* a page, and one for each core */
#define FREE_PA		     UINT64_C(0x4b000000) /* RAM of nobody */
#define GICD_PA		     UINT64_C(0x08000000)
#define GICR_PA		     UINT64_C(0x080a0000)
#define UART_PA		     UINT64_C(0x09000000)
#define RTC_PA		     UINT64_C(0x09010000)
#define GPIO_PA		     UINT64_C(0x09030000) /* nobody's: the gateway leaves it out */
#define SMMU_PA		     UINT64_C(0x09050000)
#define VIRTIO_PA	     UINT64_C(0x0a000000)
#define WINDOWS_IPA	     UINT64_C(0x0b000000)
#define CONSTANTS_IPA	     UINT64_C(0x0c000000) /* the health cell's: of LOAD_PA */
#define CRASH_IPA	     (WINDOWS_IPA + UINT64_C(0xf0000))
#define RAM_SIZE	     UINT64_C(0x10000000)
#define RESERVED_SIZE	     UINT64_C(0x1010000) /* forbidden to all, a region, the crash-audit area */
#define DIRECTORY_CORES_AT   0x100u
#define DIRECTORY_STREAMS_AT 0x400u
#define BOOT_WINDOWS                                                                                         \
	(EL2_VA_CELL_RAM +                                                                                   \
	 UINT64_C(0x20000000)) /* writable memory, SMMU, GICRs, probes: a MiB each; the crash area behind */

struct fixture_file {
	uint8_t bytes[0x3000];
	size_t size;
	uint64_t pa;
	const char *label;
};

struct fixture {
	uint8_t *kernel;
	struct hv_header *hv;
	struct bp_header *header;
	uint8_t *blueprint;
	uint64_t used;	    /* bytes of the blueprint handed out */
	uint64_t next_page; /* of writable memory */
	uint64_t next_va;   /* of EL2_VA_WINDOWS */
	struct bp_boot_core *boot;
	struct bp_cell *cell[CELLS];
	uint64_t stage2_root[CELLS], record_pa[CELLS], guest_pa[CELLS];
	uint64_t private_pa[CORES], telemetry_pa[CORES], ring_pa[CORES];
	uint64_t state_pa[CELLS], log_pa[CELLS], heartbeat_pa[CELLS], orders_pa, setpoints_pa, both_pa;
	struct bp_service *service;
	uint64_t service_pa;
	struct directory *directory;
	uint64_t directory_pa;
	struct integrity_table *integrity;
	char *board_text, *partition_text, *machine_text, *guest_text[CELLS];
	char *pci_text; /* NULL: no inventory */
	const char *slaves_text;
	const char *renamed[2]; /* of compiled trees: a text, and another as long that takes its place */
	struct fixture_file files[4];
	size_t file_count;
	bool keep_digest;    /* don't make any digest right again */
	bool keep_constants; /* nor those of the table of constant ranges */
	uint8_t *image;
	size_t image_size;
};

void fixture_make(struct fixture *fixture);
/* Digests, trees and FIT. */
void fixture_seal(struct fixture *fixture);
void fixture_free(struct fixture *fixture);
/* Pages of the blueprint, of writable memory, of a core's windows. */
void *fixture_alloc(struct fixture *fixture, uint64_t pages, uint64_t align_pages, uint64_t *pa);
uint64_t fixture_writable(struct fixture *fixture, uint64_t pages);
uint64_t fixture_window(struct fixture *fixture, uint64_t pages);

/* The leaf descriptor of an address, in a stage-2 (40 bits) or EL2 (39 bits) root. */
uint64_t *fixture_leaf(struct fixture *fixture, uint64_t root_pa, uint64_t va);
/* The descriptor at one level (1..3) on the way to an address. */
uint64_t *fixture_entry(struct fixture *fixture, uint64_t root_pa, uint64_t va, unsigned int level);
void fixture_map(struct fixture *fixture, uint64_t root_pa, uint64_t va, uint64_t pa, uint64_t size,
		 uint64_t bits);
void *fixture_at(struct fixture *fixture, uint64_t pa);
void *fixture_table(struct bp_cell *cell, struct bp_table table);

static inline struct bp_bell bell(uint32_t intid)
{
	return (struct bp_bell){0x200 + intid / 32 * 4, UINT32_C(1) << intid % 32};
}
/* fixture_constants.c: what nobody writes; a page that is written after all, or isn't; their digests. */
void fixture_constants(struct fixture *fixture);
void fixture_written(struct fixture *fixture, uint64_t pa);
void fixture_unwritten(struct fixture *fixture, uint64_t pa);
void fixture_constants_seal(struct fixture *fixture);
/* Replaces text in one of the *_text members; the text must be there. */
void fixture_replace(char **text, const char *from, const char *to);
/* Makes the root entries listed in record and service those of the root again. */
void fixture_list_roots(struct fixture *fixture);

#define STAGE2_RAM    (UINT64_C(0xf) << 2 | UINT64_C(3) << 6 | UINT64_C(3) << 8 | UINT64_C(1) << 10)
#define STAGE2_DEVICE (UINT64_C(1) << 2 | UINT64_C(3) << 6 | UINT64_C(1) << 10 | UINT64_C(1) << 54)
#define STAGE2_SHARED (UINT64_C(5) << 2 | UINT64_C(3) << 6 | UINT64_C(1) << 10 | UINT64_C(1) << 54)
#define STAGE2_SEEN   (UINT64_C(5) << 2 | UINT64_C(1) << 6 | UINT64_C(1) << 10 | UINT64_C(1) << 54)
#define STAGE2_READ                                                                                          \
	(UINT64_C(0xf) << 2 | UINT64_C(1) << 6 | UINT64_C(3) << 8 | UINT64_C(1) << 10 | UINT64_C(1) << 54)
#define EL2_COMMON   (UINT64_C(1) << 6 | UINT64_C(3) << 8 | UINT64_C(1) << 10)
#define EL2_XN	     (UINT64_C(1) << 54)
#define EL2_RO	     (UINT64_C(1) << 7)
#define EL2_CODE     (EL2_COMMON | EL2_RO)
#define EL2_READ     (EL2_COMMON | EL2_RO | EL2_XN)
#define EL2_WRITE    (EL2_COMMON | EL2_XN)
#define EL2_UNCACHED (EL2_COMMON | EL2_XN | UINT64_C(2) << 2)
#define EL2_DEVICE   (EL2_COMMON | EL2_XN | UINT64_C(1) << 2)

/* fixture_trees.c: the texts. */
void fixture_texts(struct fixture *fixture);
struct blob fixture_compile(const char *text); /* free .data */

/* fixture_maps.c */
void fixture_tables(struct fixture *fixture);

/* fixture_fit.c */
void fixture_fit(struct fixture *fixture, struct blob board, struct blob machine, struct blob partitions,
		 struct blob pci);

#endif
