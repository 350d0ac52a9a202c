/* SPDX-License-Identifier: Apache-2.0 */
/*
 * layout.h - where everything of a blueprint lies: the back end's own model, between struct plan and
 * the bytes.
 *
 * Built by layout_settle(): the blueprint's tables hold absolute addresses, the addresses depend on
 * its size, and the size depends on the tables. So it is built again with what the last pass found
 * until nothing moves (two passes as a rule).
 */
#ifndef BULKHEAD_LAYOUT_H
#define BULKHEAD_LAYOUT_H

#include "../blueprint/blueprint.h"
#include "../blueprint/image.h"
#include "../blueprint/pci.h"
#include "arena.h"
#include "constants.h"
#include "pagetable.h"
#include "plan.h"
#include "ranges.h"
#include "text.h"

#define NO_CELL	       0xffffffffu
#define GICD_ISPENDR   0x200u
#define GICR_SGI_FRAME UINT64_C(0x10000)
#define PL011_SIZE     UINT64_C(0x1000)
#define SMMU_PAGE_SIZE UINT64_C(0x10000)
#define WINDOW_STEP    BP_WINDOW_ALIGN /* second window of a health pair: ring, log ring */

/* What a cell's stage 2 maps, and how. */
enum map_kind {
	MAP_RAM,	 /* Normal write-back, read-write, executable */
	MAP_DEVICE,	 /* Device-nGnRE, read-write */
	MAP_SHARED,	 /* Normal Non-cacheable, read-write */
	MAP_SHARED_READ, /* Normal Non-cacheable, read-only */
	MAP_WATCH,	 /* Normal write-back, read-only */
};

struct stage2_map {
	uint64_t ipa, pa, size;
	enum map_kind kind;
	const char *what;	       /* for `map` and diagnostics */
	const struct palette *palette; /* of memory in pieces, from pa on; NULL: one piece */
};

struct core_layout {   /* a machine core */
	uint32_t cell; /* NO_CELL: unassigned */
	uint32_t core_in_cell;
	uint64_t gicr_pa; /* RD_base */
	uint64_t telemetry_pa, ring_pa;
	uint64_t segment_pa[HV_SEGMENTS]; /* of the PER_CORE ones */
	uint64_t root_pa;
	uint64_t table_bytes; /* EL2 tables of its own */
};

/* A function of a cell, by plan_cell.functions. */
struct function_layout {
	struct bp_pci_register *registers; /* by offset */
	size_t register_count;
	struct bp_pci_bar bars[PCI_BARS];
	size_t bar_count;
	uint32_t flags, reset; /* as in struct bp_pci_function */
	bool messages;	       /* it has LPIs: the next of its cell's, one an SPI */
	uint64_t itt_pa;       /* where it has */
};

struct cell_layout {
	struct function_layout *functions;
	uint64_t pci_state_pa;	  /* 0: no functions */
	uint32_t lpi_first, lpis; /* lpis 0: none */
	uint64_t pending_pa;	  /* LPI pending table of its first core */
	struct pagetable dma;	  /* what its functions see; root_pa 0: it has none behind an IOMMU */
	uint64_t dma_bytes;
	struct bytes tree; /* the guest's, flattened */
	uint64_t tree_pa, tree_ipa;
	uint64_t state_pa, log_pa, heartbeat_pa;
	uint64_t record_pa, record_size;
	struct stage2_map *maps; /* by ipa */
	size_t map_count;
	uint32_t ipa_bits, root_pages;
	struct pagetable stage2;
	uint64_t stage2_bytes; /* of its tables, with the root */
};

/* Where there are colours: what the cells of one palette have in common. */
struct palette_layout {
	struct lane file, writable;	  /* of the blueprint, of writable memory */
	uint64_t segment_pa[HV_SEGMENTS]; /* copies of the segments that are neither BOOT nor PER_CORE */
	uint64_t shared_text;		  /* root entry of their tables; 0: not built yet */
};

struct smmu_layout { /* by board.smmus, where a cell has PCI functions */
	bool used;   /* a cell has a stream there */
	bool two_level;
	uint32_t bits; /* of the StreamIDs in its table */
	uint64_t table_pa;
	uint64_t *leaves; /* two_level: second-level tables, by the StreamID's upper bits */
	uint64_t command_pa, event_pa;
};

struct its_layout {	   /* by board.itss, where a cell has PCI functions */
	uint64_t commands; /* bytes; 0: nobody uses it */
	uint64_t queue_pa, queue_size;
	uint64_t table_pa[ITS_BASERS], table_size[ITS_BASERS]; /* size 0: none */
};

struct step_layout {
	struct bp_pci_step step; /* va: offset in configuration space */
	size_t function;	 /* whose, by board.pci */
};

struct layout {
	const struct plan *plan;
	bool pci; /* a cell has PCI functions: the following are there */
	struct smmu_layout *smmus;
	struct its_layout *itss;
	uint64_t lpi_table_pa; /* their configuration */
	uint32_t lpi_bits;     /* of INTIDs; 0: there are no LPIs */
	struct step_layout *steps;
	size_t step_count;
	uint64_t *config_va; /* in the boot root, by board.pci; 0: not mapped */
	struct hv_header hv;
	struct palette_layout *palettes; /* by plan.palettes */
	struct arena file;		 /* the blueprint's part in the file; file.pa: its first byte */
	uint64_t load_pa;
	uint64_t blueprint_size; /* of the last pass */
	uint64_t writable_pa, writable_size;
	uint64_t orders_pa, orders_size;
	uint64_t boot_root_pa, boot_table_bytes, shared_table_bytes;
	uint64_t service_pa, service_size;
	uint64_t directory_pa, directory_size; /* 0: no health cell */
	struct constants constants;	       /* count 0: no health cell, or not found yet */
	uint64_t *channel_pa;
	struct core_layout *cores;
	struct cell_layout *cells;
};

/* Finds addresses for all of it and builds the blueprint's bytes in layout->file. Sets plan->load_pa
 * and the channels' pa. False after a diagnostic. */
bool layout_settle(struct layout *layout, struct plan *plan);

/* Writes the guests' trees, which need no addresses, and drops them: their diagnostics. False: there were
 * any. */
bool layout_check(const struct plan *plan);

/* The cell's index in a list of cells; -1: not there. */
int cell_position(const int *cells, size_t count, size_t cell);

/* ---- the parts, in the order in which layout_settle() calls them ---- */

/* image_header.c: reads and checks struct hv_header. False after a diagnostic. */
bool image_read(struct layout *layout);
/* image_header.c: writes bulkhead.bin, patched, over the first hv.file_size bytes of `image`. */
void image_patch(const struct layout *layout, uint8_t *image);
/* image_header.c: SHA-256 of bulkhead.bin as it was linked. */
void image_digest(const struct layout *layout, uint8_t digest[32]);
/* image_header.c: bulkhead.bin as it goes into the FIT: patched, blueprint behind it. */
struct bytes image_write(const struct layout *layout);

/* emit_stage2.c: lists what each cell sees; finds its IPA size. False after a diagnostic. */
bool stage2_list(struct layout *layout, size_t cell);
void stage2_add(struct cell_layout *cell, uint64_t ipa, uint64_t pa, uint64_t size, enum map_kind kind,
		const char *what);
/* Root entries that the tables will have. */
uint32_t stage2_root_entries(const struct cell_layout *cell);
bool stage2_build(struct layout *layout, size_t cell);
uint64_t stage2_vtcr(const struct layout *layout, size_t cell);
uint64_t stage2_vttbr(const struct layout *layout, size_t cell);
/* ID_AA64MMFR0_EL1.PARange encoding, as in TCR_EL2.PS and VTCR_EL2.PS. */
uint32_t pa_range(uint32_t bits);

/* emit_cell.c */
uint64_t cell_record_size(const struct layout *layout, size_t cell);
bool cell_record_fill(struct layout *layout, size_t cell);
void cell_record_root_entries(struct layout *layout, size_t cell);
/* SHA-256 of the digests of the images in the cell's record, in their order. */
void cell_images_digest(const struct layout *layout, size_t cell, uint8_t digest[32]);
/* VA for `size` bytes of `pa`, from the cursor up, so that the largest blocks can map it. */
uint64_t el2_window(uint64_t *cursor, uint64_t pa, uint64_t size);
/* Is the core's redistributor frame the last of a run contiguous among the cell's own? */
bool gicr_run_ends(const struct layout *layout, size_t cell, size_t core);

/* emit_service.c */
uint64_t service_record_size(const struct layout *layout);
void service_record_fill(struct layout *layout);

/* emit_header.c */
uint64_t header_size(const struct layout *layout);
void header_fill(struct layout *layout);
void header_finish(struct layout *layout);
void header_seal(struct layout *layout); /* the digest: once, when nothing changes any more */

/* emit_directory.c */
uint64_t directory_size(const struct layout *layout);
void directory_fill(struct layout *layout);

/* layout.c: the cell's colours; its palette's part of the layout. NULL: memory has no colours. */
const struct palette *layout_palette(const struct layout *layout, size_t cell);
struct palette_layout *layout_colors(struct layout *layout, size_t cell);

/* emit_el2.c: the boot root and every assigned core's. False after a diagnostic. */
bool el2_build(struct layout *layout);

#endif
