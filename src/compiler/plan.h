/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plan.h - the compiler's model of a partitioned machine, between its two halves.
 *
 * The front end (board.c, partition.c, cpus.c, memory.c, devices.c, boot_state.c...) reads the
 * board folder and the partition file, checks them and fills a struct plan; the back end (emit_*.c,
 * tree.c, fit.c, map.c) turns a plan without errors into the blueprint, guest trees and the FIT. All
 * arrays are malloc'd and live until the program ends.
 */
#ifndef BULKHEAD_PLAN_H
#define BULKHEAD_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../blueprint/blueprint.h"
#include "../blueprint/boot_state.h"
#include "diag.h"
#include "palette.h"
#include "pci.h"

struct range {
	uint64_t base, size;
};

struct ranges {
	struct range *at;
	size_t count;
};

struct bytes {		  /* a file's contents, or a flattened tree */
	const char *path; /* as named by the user, for messages */
	uint8_t *data;
	size_t size;
};

struct files {
	struct bytes *at;
	size_t count;
};

/* One interrupt of the board's tree, GICv3 numbering. */
struct interrupt {
	uint32_t intid; /* 16..1019 */
	bool edge;
};

struct interrupts {
	struct interrupt *at;
	size_t count;
	bool odd; /* there is one that no cell can own: a PPI, or an SPI beyond spi-count */
};

#define CLOCK_CELLS_MAX 4

struct clock_rate { /* of a clock that cells see as a fixed one */
	uint32_t specifier[CLOCK_CELLS_MAX], count;
	uint32_t hz;
};

/* A node of the board's tree that a cell may own. */
struct device {
	int node;	    /* offset in board.tree */
	const char *path;   /* full path */
	struct ranges regs; /* physical, translated through `ranges` */
	struct interrupts interrupts;
	bool bus_master; /* not in known-slaves */
	bool has_iommu;	 /* `iommus` present */
	bool forbidden;	 /* GIC, SMMU, memory, cpus, flash, fw_cfg, watchdog, reset, PCI host...: no cell may
			    own it */
	const char *why; /* where forbidden, bus_master...: one phrase for messages and `map` */
	bool disabled;	 /* forbidden for its `status` alone */
	int owner;	 /* cell index, -1 nobody, -2 hypervisor */
	bool shared;	 /* `shared-read-only`: nobody's; what it provides stays as the firmware set it */
	struct clock_rate *rates; /* where shared: its clocks that the file states */
	size_t rate_count;
};

struct region_use {	  /* `memory-region` */
	int user, region; /* nodes */
};

#define GICD_SIZE    UINT64_C(0x10000) /* the distributor's registers (Arm IHI 0069) */
#define GICR_SIZE    UINT64_C(0x20000) /* RD_base and SGI_base frames, 64 KiB each (Arm IHI 0069) */

#define PA_BITS_MOST 48u /* without FEAT_LPA2 */

struct smmu { /* an enabled node of the tree, "arm,smmu-v3" */
	int node;
	const char *path;
	struct range regs;
	struct interrupt event, error; /* intid 0: the tree names none */
	bool coherent;		       /* its table walks and queues see the caches (dma-coherent) */
};

struct its { /* "arm,gic-v3-its" */
	int node;
	const char *path;
	struct range regs;
};

/* The page that messages are written to: of GITS_TRANSLATER (Arm IHI 0069, 12.19). */
static inline struct range its_messages(const struct its *its)
{
	return (struct range){its->regs.base + 0x10000, BP_PAGE_SIZE};
}

#define ITS_BASERS 8u

struct identity { /* of a register, as machine.dts states it: compared at boot */
	uint64_t value, mask;
};

struct board {
	const char *name, *folder;
	struct bytes tree, machine, known_slaves; /* flattened */
	struct bytes pci_tree;			  /* pci.dts, flattened; size 0: the folder has none */
	uint64_t *mpidrs;			  /* affinity fields, in the order of /cpus */
	int *cpu_nodes;
	size_t core_count;
	struct ranges ram;	/* banks of /memory */
	struct ranges reserved; /* /reserved-memory, memreserve, loader forbidden */
	struct ranges lent;	/* of /reserved-memory what a device names: not in `reserved` */
	struct region_use *uses;
	size_t use_count;
	struct ranges staging;	/* loader staging */
	struct ranges firmware; /* loader firmware: what the machine starts from, no cell's ever */
	uint32_t erase_block;	/* loader erase-block: of its flash, in bytes; 0: not stated */
	struct ranges state;	/* loader state: bytes of the SPI flash where the boot state may lie */
	/* loader firmware-flash: path of the flash that the machine starts from; "": none; NULL: not stated
	 */
	const char *firmware_flash;
	struct ranges occupied; /* every address that the tree names: registers, bus and PCI windows */
	struct device *devices;
	size_t device_count;
	struct range gicd;
	struct ranges gicr;	  /* redistributor regions */
	uint64_t gicr_stride;	  /* 0x20000 */
	int gic_node, timer_node; /* timer: negative, none */
	struct range smmu;	  /* size 0: none */
	uint32_t smmu_idr0, smmu_idr0_mask;
	struct smmu *smmus;
	size_t smmu_count;
	struct identity smmu_idr1, smmu_idr5; /* of each: mask 0: not stated */
	struct its *itss;
	size_t its_count;
	struct identity its_typer;	/* of each; mask 0: not stated */
	uint64_t its_kinds[ITS_BASERS]; /* type and entry size of each GITS_BASER; 0: it isn't there */
	uint32_t *processors;		/* by core: GICR_TYPER.Processor_Number; NULL: not stated */
	size_t processor_count;
	struct pci_inventory pci;
	struct pci_host *pci_hosts;
	bool vf_bars_low; /* the machine decodes no more than 32 bits of a virtual function's BAR */
	size_t pci_host_count;
	struct range crash; /* crash-audit area, as machine.dts gives it; size 0: none */
	struct range uart;  /* the stdout-path PL011; size 0: none */
	int uart_device;    /* index into devices, -1 none */
	uint32_t ppi_edge;  /* triggers of the PPIs that the tree names */
	uint32_t pa_bits, spi_count, gic_id_bits, list_registers, gicr_frames;
	uint32_t assumed; /* facts of machine.dts that nobody has stated: a bit an enum bp_fact */
	struct place assumed_at;
	struct {
		uint32_t first, count;
	} free_spis; /* SPI numbers (INTID - 32) */
};

struct file_image {	      /* a file that a cell is filled from */
	const char *property; /* "kernel", "initrd", "image" */
	struct bytes file;
	uint64_t store_pa; /* its place in the image store, page aligned */
};

struct segment_image { /* becomes one struct bp_image */
	size_t file;   /* index into plan_cell.files; SIZE_MAX: the guest tree */
	uint64_t file_offset, size;
	uint64_t dest_ipa;
};

struct ram_region {
	uint64_t ipa, pa, size; /* where there are colours, its pages are those of the cell's from pa on */
	bool keep;
};

struct plan_channel {
	const char *name;
	int *writers, *readers; /* cell indices; `between` cells are in both */
	size_t writer_count, reader_count;
	uint64_t size, pa; /* pa: the back end's, in writable memory */
	uint64_t ipa; /* one IPA for all parties where it is free in all of them: chosen by the front end */
	bool doorbell;
	bool resets; /* `update`: cell `resetter` has the word update-reset */
	size_t resetter;
	bool shown;		 /* `presentation`: also a PCI function of each party */
	uint64_t registers_ipa;	 /* of that function; one for all parties */
	int line;		 /* in the partition file */
	uint32_t *doorbell_spis; /* one a reader, INTID; 0: none */
};

#define SHOWN_CHANNELS_MOST 31u /* of a cell: devices 1 to 31 of a bus */

struct cell_function {	 /* a function that the cell sees on its PCI bus */
	size_t function; /* index into board.pci.at */
	uint32_t rid;	 /* on the cell's bus 0: device << 3 | function */
	bool ghost;	 /* a VF that its PF's owner sees and doesn't have */
};

#define LOG_SEED_SIZE 32 /* Ed25519: RFC 8032, 5.1.5 */

struct plan_server { /* port 0: none */
	uint32_t address, port;
	bool tcp;
};

struct plan_net { /* `net`; IPv4 addresses as numbers */
	bool wanted, dhcp;
	uint32_t address, prefix, gateway; /* gateway 0: none */
	uint32_t echo, http;		   /* UDP and TCP port; 0: none */
	struct plan_server ntp, syslog;
};

#define ROOT_FILE "root.img" /* what it is called among a build's outputs */

struct plan_root { /* `root`: a file system with its dm-verity tree; file.data NULL: none */
	struct bytes file;
	uint64_t blocks; /* of data, of 4096 bytes each */
	uint8_t salt[32], hash[32];
};

struct plan_cell {
	const char *name;
	int line, column;
	uint32_t *cores; /* machine core numbers, in the order of the file */
	size_t core_count;
	struct ram_region *ram; /* the first region holds the images */
	size_t ram_count;
	size_t palette; /* index into plan.palettes: 0 where the cell says nothing of colours */
	uint64_t memory_total;
	enum bp_mode mode;
	uint32_t flags; /* BP_CELL_* */
	bool is_linux;
	struct bytes overlay, overlay_tree; /* `dtb-overlay`: the file as it is, and flattened */
	struct files overlay_included;	    /* by its source */
	int overlay_line, overlay_column;
	bool unprotected;		 /* `dma`: it may have bus masters without an IOMMU */
	bool peer_dma;			 /* `allow-peer-dma` */
	struct cell_function *functions; /* by rid, ascending */
	size_t function_count;
	size_t shown_count;	       /* channels that it sees as PCI functions */
	uint32_t msi_first, msi_count; /* SPIs that its functions' messages make pending: the first's INTID */
	struct plan_net net;
	struct bytes log_key;		 /* the file, PEM; data NULL: none */
	uint8_t log_seed[LOG_SEED_SIZE]; /* the private key in it */
	const char *bootargs;		 /* with what names the root */
	struct plan_root root;
	struct file_image *files;
	size_t file_count;
	struct segment_image *segments; /* the guest tree's is added by the back end */
	size_t segment_count;
	uint64_t entry_ipa;
	uint64_t tree_limit_ipa; /* the guest tree goes to the highest place below this: 2 MiB aligned */
	uint64_t tree_floor_ipa; /* and not below this */
	uint64_t heartbeat_ns, boot_timeout_ns, restart_window_ns, watchdog_ns;
	uint32_t restart_max;
	uint8_t actions[BP_ERROR_COUNT];
	uint32_t firmware[BP_FIRMWARE_MAX]; /* SMC functions passed to firmware, ascending */
	size_t firmware_count;
	/* windows in guest-physical space, chosen by the front end: free of RAM and board devices */
	uint64_t heartbeat_ipa, directory_ipa, uart_ipa; /* 0: none */
	uint64_t crash_ipa;	    /* health: the crash-audit record; 0: the board has none */
	uint64_t *core_windows_ipa; /* health: per machine core, telemetry; + 64 KiB its event ring */
	uint64_t *cell_windows_ipa; /* health: per cell, heartbeat; + 64 KiB its log ring */
	uint32_t uart_intid;	    /* emulated PL011, 0: none */
};

/* The property that admits a flash with what the machine starts from, too. */
#define BOOT_STATE_FIRMWARE "boot-state-firmware"
enum boot_medium { BOOT_MEDIUM_CFI, BOOT_MEDIUM_SPI_NOR, BOOT_MEDIUM_EMMC };

struct boot_state { /* `boot-state`: storage that the health cell alone has */
	bool wanted;
	enum boot_medium medium;
	size_t cell;
	size_t device;	      /* index into board.devices: the flash; of an SPI flash its controller */
	size_t function;      /* eMMC: its controller, index into board.pci.at */
	int node;	      /* the flash's, in board.tree */
	uint32_t bank;	      /* index into `reg` of its node; SPI flash: the line that selects it; eMMC: 1
			       * boot0, 2 boot1, as EXT_CSD has it */
	struct range flash;   /* what is mapped: that bank; the SPI controller's registers. Of an eMMC as much
			       * of the partition as is used, from 0 on */
	uint64_t start;	      /* SPI flash: byte at which the boot state begins */
	bool shares_firmware; /* SPI flash: what the machine starts from is in it, too */
	uint64_t confirm_after_ns, confirm_within_ns;
};

static inline bool boot_state_in_emmc(const struct boot_state *state)
{
	return state->wanted && state->medium == BOOT_MEDIUM_EMMC;
}

/* Where in its bank what lies, in bytes: each in an erase block of its own (blueprint/boot_state.h). */
#define BOOT_STATE_BLOCKS 3u /* two copies of the state, then the identity */
static inline uint64_t boot_state_offset(uint32_t erase_block, unsigned int index)
{
	return (uint64_t)index * erase_block;
}

/* The same as the medium's own address: of the CPUs, or a byte of the SPI flash or of the boot partition. */
static inline uint64_t boot_state_address(const struct boot_state *state, uint32_t erase_block,
					  unsigned int index)
{
	return (state->medium == BOOT_MEDIUM_SPI_NOR ? state->start : state->flash.base) +
	       boot_state_offset(erase_block, index);
}

/* What is erased at once of what it is in. */
static inline uint32_t boot_state_block(const struct board *board, const struct boot_state *state)
{
	return boot_state_in_emmc(state) ? BOOT_EMMC_BLOCK : board->erase_block;
}

struct left_out { /* what "rest" did not take, and why: `map` lists it */
	const char *path, *why;
};

struct plan {
	const char *file;	 /* the partition file */
	struct bytes partitions; /* flattened */
	struct files included;	 /* the files that it takes in, as they are */
	struct board board;
	struct plan_cell *cells;
	size_t cell_count;
	struct plan_channel *channels;
	size_t channel_count;
	struct ranges windows;	/* guest-physical addresses that the front end chose */
	uint64_t shown_bus_ipa; /* configuration space of the bus of channels that are shown; 0: none is */
	struct boot_state boot_state;
	struct left_out *left_out;
	size_t left_out_count;
	struct palette *palettes; /* [0]: of the cells without `colors`; NULL: no cell has any */
	size_t palette_count;
	uint32_t service_core;	 /* machine core number */
	struct bytes hypervisor; /* bulkhead.bin */
	uint64_t load_pa;	 /* of the hypervisor: set by memory_place_hypervisor */
	uint64_t build_time;	 /* of the image, s since 1970; 0: unknown */
};

/* The colours of a cell's memory. NULL: memory has none. */
static inline const struct palette *cell_palette(const struct plan *plan, size_t cell)
{
	return plan->palettes ? &plan->palettes[plan->cells[cell].palette] : NULL;
}

/* Front end. Reports all errors by diag.h; returns false if there was any. */
bool plan_read(struct plan *plan, const char *file, const char *const *include_dirs, size_t include_count);

/* The same without images: cores, memory and devices have their owners, nothing more. */
bool plan_read_owners(struct plan *plan, const char *file);

/*
 * Finds `size` bytes, HV_LOAD_ALIGN aligned, below 256 GiB, outside cells, store, staging and
 * reserved ranges; sets plan->load_pa. Returns false after a diagnostic where there is no room.
 */
bool memory_place_hypervisor(struct plan *plan, uint64_t size);

/* A multiple of 2 MiB where `size` bytes of guest-physical addresses are free in all cells; UINT64_MAX, after
 * a diagnostic: nowhere. */
uint64_t windows_find(const struct plan *plan, uint64_t size);

/* Back end. Writes blueprint.bin, CELL.dtb, bulkhead.itb, map.txt, map.svg, manifest.json into `dir`. */
bool plan_emit(struct plan *plan, const char *dir);

/* Back end. Says who owns what. False after a diagnostic. */
enum map_form { MAP_TEXT, MAP_SVG, MAP_JSON };
bool plan_map(const struct plan *plan, enum map_form form, void *stream /* FILE * */);

/* What of the crash-audit area is used; 0: the board has none. */
static inline uint64_t crash_size(const struct board *board)
{
	return board->crash.size ? (1 + board->core_count) * BP_PAGE_SIZE : 0;
}

#endif
