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
#include "arena.h"
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

struct cell_layout {
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

struct layout {
	const struct plan *plan;
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
/* image_header.c: bulkhead.bin as it goes into the FIT: patched, blueprint behind it. */
struct bytes image_write(const struct layout *layout);

/* emit_stage2.c: lists what each cell sees; finds its IPA size. False after a diagnostic. */
bool stage2_list(struct layout *layout, size_t cell);
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
