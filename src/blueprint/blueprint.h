/* SPDX-License-Identifier: Apache-2.0 */
/*
 * blueprint.h - the contract: layout of the compiled configuration.
 *
 * The compiler (src/compiler) writes it, the auditor (src/auditor) proves it, the hypervisor reads it.
 * Little-endian, naturally aligned, explicit padding. Suffixes: _pa physical address, _ipa
 * guest-physical, _va EL2 virtual; offsets are in bytes from the start of the structure that holds
 * them; times in ns.
 *
 *     load_pa + hv file_size -> struct bp_header      page 0 of the blueprint
 *                               bp_boot_core[], bp_machine...
 *                               one struct bp_cell record a cell, each from a page boundary
 *                               struct bp_service     from a page boundary
 *                               health directory, guest trees, stage-2 tables, EL2 stage-1 tables
 *     after the file         -> writable memory, zeroed by the boot core: per-core data and stacks,
 *                               telemetry, event rings, cell states, orders, log rings, heartbeats,
 *                               channels
 *
 * Every core has an EL2 root of its own. It maps (and the auditor admits) nothing but:
 *   the non-boot segments of bulkhead.bin (W^X; a copy of them where cells have cache colours), this core's
 *   PER_CORE segments,
 *   EL2_VA_CELL    its cell's record, read-only
 *   EL2_VA_GICD    the distributor, device
 *   EL2_VA_UART    the board's stdout UART, device (written only when halting)
 *   and the windows that the record's *_va fields name: its cell's GICR pages, telemetry, event
 *   ring, its own page of the crash-audit area (crash.h), state, orders, log ring, stage-2 root, and - the
 * cell's first core alone - its cell's RAM, images and the channels it writes; the service core also
 * EL2_VA_SERVICE and the windows that struct bp_service names. The boot root maps the boot and identity
 * segments, the whole blueprint read-only behind bulkhead.bin's VA, and the windows that struct bp_header
 * names. It is used until core_enter only.
 */
#ifndef BULKHEAD_BLUEPRINT_H
#define BULKHEAD_BLUEPRINT_H

#include <stddef.h>
#include <stdint.h>

/* The number grows when a binary for the last one would misread what is written now: layouts, kinds,
 * meanings. */
#define BLUEPRINT_MAGIC	  UINT64_C(0x544e5250454c4242) /* "BBLEPRNT" */
#define BLUEPRINT_ABI	  7u

#define BP_PAGE_SIZE	  UINT64_C(4096)
#define BP_NAME_MAX	  32u  /* bytes with the terminating NUL */
#define BP_CELLS_MAX	  255u /* 8-bit VMIDs, 0 unused; VMID = cell index + 1 */
#define BP_CORES_MAX	  1024u
#define BP_CELL_CORES_MAX 56u		  /* of one cell: what its one page of shared state holds */
#define BP_WINDOW_ALIGN	  UINT64_C(65536) /* of windows that EL1 sees, in IPA space */
#define BP_RESTARTS_MAX	  32u		  /* largest N of restart-window = "N/duration" */
#define BP_FIRMWARE_MAX	  16u		  /* functions that a cell may pass to firmware */

/* ---- EL2 virtual addresses: 39 bits, three levels of 4 KiB tables ---- */
#define EL2_VA_BITS    39u
#define EL2_VA_TEXT    UINT64_C(0x4000000000) /* segments[0] of bulkhead.bin; blueprint behind it (boot) */
#define EL2_VA_PRIVATE UINT64_C(0x4040000000) /* PER_CORE segments: the first 512 KiB */
#define EL2_VA_CELL    UINT64_C(0x4040080000) /* struct bp_cell, at most 256 KiB */
#define EL2_VA_GICD    UINT64_C(0x40400c0000) /* 64 KiB */
#define EL2_VA_UART    UINT64_C(0x40400d0000) /* 4 KiB */
#define EL2_VA_WINDOWS UINT64_C(0x40400e0000) /* from here on: 4 KiB windows, by the compiler's choice */
#define EL2_VA_SERVICE UINT64_C(0x4080000000) /* service core: struct bp_service, then its windows */
#define EL2_VA_CELL_RAM                                                                                      \
	UINT64_C(0x40c0000000) /* first core: RAM, images, channels; boot root: zero window, GICRs ... */

/* MAIR_EL2, and the AttrIndx used in EL2 stage 1 (Arm ARM D17.2.97). */
#define BP_MAIR_EL2	 UINT64_C(0x00000000004404ff)
#define BP_ATTR_NORMAL	 0u /* Normal, inner and outer write-back, RW-allocate */
#define BP_ATTR_DEVICE	 1u /* Device-nGnRE */
#define BP_ATTR_NONCACHE 2u /* Normal, inner and outer non-cacheable */

/* ---- errors and what they cost (architecture section 7) ---- */
enum bp_error {
	BP_ERROR_MEMORY_VIOLATION,
	BP_ERROR_DMA_VIOLATION,
	BP_ERROR_FORBIDDEN_ACCESS,
	BP_ERROR_SERROR,
	BP_ERROR_HEARTBEAT_MISSED,
	BP_ERROR_BOOT_TIMEOUT,
	BP_ERROR_IMAGE_MISMATCH,
	BP_ERROR_RESTART_LIMIT,
	BP_ERROR_TABLE_INTEGRITY,
	BP_ERROR_APPLICATION,
	BP_ERROR_EXCEPTION_AT_EL2,
	BP_ERROR_COUNT
};

enum bp_action {
	BP_ACTION_IGNORE,
	BP_ACTION_LOG,
	BP_ACTION_STOP,
	BP_ACTION_RESTART,
	BP_ACTION_SAFE,
	BP_ACTION_RESET,
	BP_ACTION_COUNT
};

/* An array inside a record: `count` elements at `offset` bytes from the record's first byte. */
struct bp_table {
	uint32_t offset;
	uint32_t count;
};

/* ---- struct bp_header: read by the boot core (MMU off, then boot root) and by core_enter ---- */
struct bp_boot_core {	  /* in the order of the board's /cpus; the index is the machine's core number */
	uint64_t mpidr;	  /* affinity fields only: bits 39:32, 23:0 */
	uint64_t root_pa; /* this core's EL2 stage-1 root; 0: core unassigned, never started */
	uint32_t cell;
	uint32_t core_in_cell; /* index into bp_cell.cores */
};

struct bp_gicr_region {
	uint64_t pa, va, size; /* va: boot root */
	uint32_t first_core;   /* machine core number of the region's first frame: informative */
	uint32_t frames;       /* frames up to and including the one with TYPER.Last, or the region's end */
};

struct bp_probe { /* a RAM bank's first and last page (boot root, Normal non-cacheable) */
	uint64_t bank_pa, bank_size;
	uint64_t first_va, last_va; /* each maps one page */
};

/* Facts of machine.dts that may be marked `assumed`: bits of bp_machine.assumed, in this order. */
/* clang-format off */
#define BP_FACTS(FACT)                                                                                       \
	FACT(STAGING, "loader/staging")                                                                      \
	FACT(FORBIDDEN, "loader/forbidden")                                                                  \
	FACT(PA_BITS, "cpu/pa-bits")                                                                         \
	FACT(SPI_COUNT, "gic/spi-count")                                                                     \
	FACT(ID_BITS, "gic/id-bits")                                                                         \
	FACT(LIST_REGISTERS, "gic/list-registers")                                                           \
	FACT(FREE_SPIS, "gic/free-spis")                                                                     \
	FACT(FRAMES, "gic/redistributor-frames")                                                             \
	FACT(MEMORY, "tree/memory")
/* clang-format on */
enum bp_fact {
#define FACT(name, path) BP_FACT_##name,
	BP_FACTS(FACT)
#undef FACT
		BP_FACT_COUNT
};

/* What the machine must be. `=` for layout, `>=` for capabilities. */
struct bp_machine {
	char board[BP_NAME_MAX];
	uint32_t pa_bits;	 /* >= : ID_AA64MMFR0_EL1.PARange */
	uint32_t spi_count;	 /* >= : 32 * (GICD_TYPER.ITLinesNumber + 1) - 32 */
	uint32_t list_registers; /* >= : ICH_VTR_EL2.ListRegs + 1 */
	uint32_t gic_id_bits;	 /* >= : GICD_TYPER.IDbits + 1 */
	uint64_t gicd_pa;
	uint64_t smmu_pa, smmu_va;	    /* SMMUv3 page 0, boot root; 0: none */
	uint32_t smmu_idr0, smmu_idr0_mask; /* = under the mask */
	uint32_t assumed; /* facts that nobody has stated, a bit an enum bp_fact: no cell starts with one */
	uint32_t pad;
	struct bp_table gicrs;	/* struct bp_gicr_region; offset from bp_header */
	struct bp_table probes; /* struct bp_probe; offset from bp_header */
};

struct bp_header {
	uint64_t magic;
	uint32_t abi;
	uint32_t header_size; /* sizeof(struct bp_header) */
	uint64_t size;	      /* bytes of the blueprint in the file, a multiple of 4 KiB */
	uint64_t load_pa;     /* of bulkhead.bin, as in hv_header */
	uint8_t digest[32];   /* SHA-256 over `size` bytes with this field zero */
	uint64_t boot_root_pa;
	uint64_t tcr_el2; /* T0SZ 25, 4 KiB, inner-shareable write-back, PS by pa_bits */
	uint64_t writable_pa, writable_va, writable_size; /* zeroed by the boot core; va: boot root */
	uint32_t service_core;				  /* machine core number */
	uint32_t cell_count;
	struct bp_table cores; /* struct bp_boot_core */
	struct bp_machine machine;
	uint32_t spi_edge[32]; /* trigger of every cell's SPIs and of EL2's, as in bp_cell: set once, at boot
				*/
	uint8_t config_digest[32]; /* SHA-256 of the partition file's flattened tree: names the configuration
				    */
	struct bp_table smmus;	   /* struct bp_smmu: pci.h, as the following */
	struct bp_table itss;	   /* struct bp_its */
	struct bp_table lpi_cores; /* struct bp_lpi_core */
	struct bp_table pci_steps; /* struct bp_pci_step */
	uint64_t crash_pa,
		crash_va; /* crash.h: a page and one a core; va: boot root; 0: the board has none */
};

/* ---- struct bp_cell: mapped read-only at EL2_VA_CELL on the cell's own cores ---- */
enum bp_mode { BP_MODE_INJECTED, BP_MODE_DIRECT };

#define BP_CELL_HEALTH	    1u /* role = "health" */
#define BP_CELL_ESSENTIAL   2u
#define BP_CELL_PMU	    4u
#define BP_CELL_SERVICE	    8u	/* its first core is the service core */
#define BP_CELL_LOG_CONSOLE 16u /* has an emulated PL011 */

struct bp_core {
	uint64_t mpidr;	  /* affinity fields; the guest sees the same in VMPIDR_EL2 */
	uint64_t gicr_va; /* RD_base page; the SGI_base page follows at + 4 KiB. Mapped on all cores of the
			     cell */
	uint64_t telemetry_va; /* struct telemetry_core: read-write on the core itself, read-only on its
				  siblings */
	uint64_t ring_va;      /* struct event_ring: mapped read-write on the core itself alone */
	uint32_t machine_core; /* index into bp_header.cores */
	uint32_t gicr_last;    /* 1: GICR_TYPER.Last reads as one in this frame */
};

#define BP_REGION_KEEP 1u /* not zeroed on restart */
struct bp_region { /* RAM; `va` is mapped on the first core alone, Normal write-back. Where cells have cache
		      colours its pages are, in order, those of the cell's colours from `pa` on */
	uint64_t ipa, pa, va, size;
	uint32_t flags, pad;
};

struct bp_image { /* filled at every start: `size` bytes from va (read-only) to dest_ipa in RAM */
	uint64_t pa, va, size;
	uint64_t dest_ipa;
	uint8_t digest[32]; /* SHA-256 of the `size` bytes */
	char name[BP_NAME_MAX];
};

enum bp_mmio_kind {
	BP_MMIO_GICD,
	BP_MMIO_GICR,
	BP_MMIO_PL011,
	BP_MMIO_PCI,
	BP_MMIO_V2M,
	BP_MMIO_IVSHMEM, /* a channel's registers, where it is shown as a PCI function: pci.h */
	BP_MMIO_COUNT
};
struct bp_mmio { /* emulated, unmapped in stage 2; sorted by ipa, disjoint */
	uint64_t ipa, size;
	uint32_t kind; /* enum bp_mmio_kind */
	uint32_t arg;  /* BP_MMIO_GICR: index into cores of the frame pair (RD 64 KiB, SGI 64 KiB);
			  BP_MMIO_PCI: rid of device 0, function 0; BP_MMIO_IVSHMEM: index into channels */
};

struct bp_root_entry {	/* the stage-2 root's entries that are not zero */
	uint32_t index; /* 8-byte word from root_va */
	uint32_t pad;
	uint64_t value;
};

#define BP_CHANNEL_WRITES 1u
#define BP_CHANNEL_READS  2u
struct bp_channel { /* in the order of the cell's /bulkhead/channel nodes; the index is the hypercalls' */
	uint64_t ipa, pa, size;
	uint64_t va; /* first core, Normal non-cacheable, of channels that this cell alone writes; else 0 */
	uint32_t flags;
	uint32_t receive_intid; /* doorbell SPI that this cell receives; 0: none */
	struct bp_table ring;	/* struct bp_bell: what DOORBELL on this channel makes pending */
};

struct bp_bell {	 /* an SPI, as the distributor makes it pending */
	uint32_t offset; /* of its GICD_ISPENDR<n>, from EL2_VA_GICD */
	uint32_t bit;	 /* its bit there, alone */
};

struct bp_cell {
	uint64_t magic; /* BLUEPRINT_MAGIC */
	char name[BP_NAME_MAX];
	uint32_t size; /* bytes of this record with its tables */
	uint32_t index;
	uint32_t mode;	/* enum bp_mode */
	uint32_t flags; /* BP_CELL_* */
	uint64_t vttbr; /* VMID << 48 | stage-2 root PA */
	uint64_t vtcr;
	uint64_t root_va;   /* stage-2 root, read-write on the cell's cores */
	uint64_t state_va;  /* struct cell_state, one page, read-write on the cell's cores */
	uint64_t orders_va; /* struct order of this machine's cells, read-only (the service core: read-write)
			     */
	uint64_t log_va;    /* struct log_ring, read-write on the cell's cores; 0 without a log console */
	uint64_t heartbeat_va; /* struct heartbeat: mapped read-write, Non-cacheable, on the first core alone
				*/
	uint64_t entry_ipa;
	uint64_t tree_ipa;	  /* guest device tree: x0 at entry */
	uint64_t heartbeat_ns;	  /* 0: not watched */
	uint64_t boot_timeout_ns; /* 0: not watched */
	uint64_t restart_window_ns;
	uint32_t restart_max;	    /* restarts admitted within the window, 1..BP_RESTARTS_MAX */
	uint32_t uart_intid;	    /* SPI of the emulated PL011; 0: none */
	uint8_t actions[16];	    /* enum bp_action by enum bp_error */
	uint32_t maintenance_intid; /* PPI of the virtual CPU interface, from the GIC node; never the guest's
				     */
	uint32_t pad;
	uint32_t ppi_owned;	      /* bits 31:16; SGIs 15:0 are always the cell's */
	uint32_t ppi_edge;	      /* GICR_ICFGR1: trigger of the PPIs, as a bit an interrupt */
	uint32_t spi_owned[32];	      /* bit n of word w: INTID 32 * w + n; word 0 unused */
	uint32_t spi_edge[32];	      /* trigger: 1 edge, 0 level */
	struct bp_table cores;	      /* struct bp_core */
	struct bp_table regions;      /* struct bp_region */
	struct bp_table images;	      /* struct bp_image */
	struct bp_table mmio;	      /* struct bp_mmio */
	struct bp_table root_entries; /* struct bp_root_entry */
	struct bp_table channels;     /* struct bp_channel */
	struct bp_table
		firmware;     /* uint32_t SMCCC function IDs, ascending: passed to firmware as they come */
	struct bp_table pci;  /* struct bp_pci_function: pci.h, as the following */
	struct bp_table lpis; /* struct bp_bell, by LPI from lpi_first on */
	uint32_t lpi_first;
	uint32_t dma_intid;    /* SPI that makes the service core look at telemetry_core.dma_request: an
				  event_intid of its SMMUs; 0: no streams */
	uint64_t pci_state_va; /* one page, read-write on the cell's cores; 0: no PCI functions */
	uint64_t crash_va;    /* struct crash_dump, Non-cacheable: on each core its own page; 0: the board has
			       * none
			       */
	uint64_t watchdog_ns; /* health cell: its heartbeat changes within it, or the machine is reset; 0: not
				 watched */
	uint32_t watchdog_ppi; /* a bit, of the PPI of EL2's timer; 0: not watched */
	uint32_t pad2;
};

/* ---- struct bp_service: mapped read-only at EL2_VA_SERVICE on the service core alone ---- */
struct bp_service_core {
	uint64_t mpidr;
	uint64_t sgi_va; /* SGI_base page of the core's redistributor (to arm the wake-up SGI) */
};

struct bp_service_cell {
	uint64_t vttbr;
	uint64_t vtcr;
	uint64_t root_va;	      /* the cell's stage-2 root, read-write */
	struct bp_table root_entries; /* struct bp_root_entry; offset from bp_service */
	struct bp_table cores;	      /* struct bp_service_core; offset from bp_service */
	uint32_t uart_intid;	      /* made pending when console input arrives; 0: none */
	uint32_t flags;		      /* BP_CELL_* */
};

struct bp_service {
	uint64_t magic; /* BLUEPRINT_MAGIC */
	uint32_t size;
	uint32_t pad;
	struct bp_table cells;	 /* struct bp_service_cell by cell index */
	struct bp_table smmus;	 /* struct bp_service_smmu: pci.h, as the following */
	struct bp_table streams; /* struct bp_stream */
	struct bp_table dma;	 /* struct bp_service_dma */
};

_Static_assert(sizeof(struct bp_table) == 8, "layout");
_Static_assert(sizeof(struct bp_boot_core) == 24, "layout");
_Static_assert(sizeof(struct bp_gicr_region) == 32, "layout");
_Static_assert(sizeof(struct bp_probe) == 32, "layout");
_Static_assert(sizeof(struct bp_machine) == 104, "layout");
_Static_assert(offsetof(struct bp_header, digest) == 32, "layout");
_Static_assert(offsetof(struct bp_header, boot_root_pa) == 64, "layout");
_Static_assert(offsetof(struct bp_header, tcr_el2) == 72, "layout");
_Static_assert(offsetof(struct bp_header, cores) == 112, "layout");
_Static_assert(sizeof(struct bp_header) == 432, "layout");
_Static_assert(sizeof(struct bp_core) == 40, "layout");
_Static_assert(sizeof(struct bp_region) == 40, "layout");
_Static_assert(sizeof(struct bp_image) == 96, "layout");
_Static_assert(sizeof(struct bp_mmio) == 24, "layout");
_Static_assert(sizeof(struct bp_root_entry) == 16, "layout");
_Static_assert(sizeof(struct bp_channel) == 48, "layout");
_Static_assert(sizeof(struct bp_cell) == 560, "layout");
_Static_assert(sizeof(struct bp_service_core) == 16, "layout");
_Static_assert(sizeof(struct bp_service_cell) == 48, "layout");
_Static_assert(sizeof(struct bp_service) == 48, "layout");

#endif
