/* SPDX-License-Identifier: Apache-2.0 */
/*
 * front.h - the front end's steps, and what they share.
 *
 * plan_read (partition.c) runs them in this order; each reports its errors by diag.h and leaves the
 * plan in a state that the next can read, so that all errors of a file show in one run.
 */
#ifndef BULKHEAD_FRONT_H
#define BULKHEAD_FRONT_H

#include "diag.h"
#include "nodes.h"
#include "plan.h"
#include "references.h"
#include "source.h"

#define OWNER_NOBODY	 (-1)
#define OWNER_HYPERVISOR (-2)

struct front {
	struct plan *plan;
	struct source source;
	const char *const *folders; /* -I, searched after the partition file's own */
	size_t folder_count;
	int *cell_nodes;	/* of each plan cell, in source.tree */
	struct ranges taken;	/* physical memory that is given away */
	struct ranges *reaches; /* by cell: addresses that all of its bus masters reach, if it has any */
	struct ranges *rooms;	/* by cell: where its RAM may lie, if nobody else's does */
	uint32_t spis_taken;	/* of board.free_spis */
};

/* ---- data.c: what is installed with the tool ---- */
void data_set_folder(const char *path);	 /* -B */
const char *data_find(const char *name); /* NULL: not there */
const char *data_folders(void);		 /* where data_find looks, for messages */

/* ---- values.c: a property's value, with diagnostics where it has another form ---- */
struct words {
	const char **at;
	size_t count;
};

bool value_present(const struct front *front, int node, const char *property);
bool value_text(const struct front *front, int node, const char *property, const char **text);
bool value_words(const struct front *front, int node, const char *property, struct words *words);
bool value_number(const struct front *front, int node, const char *property, uint64_t *number);
bool value_size(const struct front *front, int node, const char *property, uint64_t *bytes);
bool value_duration(const struct front *front, int node, const char *property, uint64_t *ns);
bool value_flag(const struct front *front, int node, const char *property);
bool value_cells(const struct front *front, int node, const char *property, uint32_t **numbers,
		 size_t *count);
struct place front_place(const struct front *front, int node, const char *property);

/* ---- board.c, board_check.c, inventory.c, registers.c: the machine ---- */
bool board_read(struct front *front, struct place at, const char *name);
bool board_examine(struct board *board);	    /* the tree alone; board_read does it too */
void board_warn_assumed(const struct board *board); /* one warning, where there are assumed facts */
void board_inventory(struct board *board);
void board_check(const struct board *board); /* board_check.c */
struct ranges registers_of(const void *tree, int node);
bool registers_whole(const void *tree, int node);     /* all of its `reg` is addresses of the CPUs */
struct ranges windows_of(const void *tree, int node); /* of a bus: `ranges`, as addresses of the CPUs */
struct bus_window {				      /* of a PCI host */
	struct range range;			      /* of the CPUs */
	uint32_t space; /* the first cell: what of it is (IEEE 1275's PCI binding, 2.2.1.1) */
	uint64_t bus;
};
size_t bus_windows_of(const void *tree, int node, struct bus_window *windows, size_t most);
/* Of 32 or 64 bits: no I/O, no configuration. */
#define BUS_SPACE_IS_MEMORY(space) (((space) >> 24 & 3) >= 2)
struct bus_windows {
	struct bus_window *at;
	size_t count;
};
/* What bus masters on `bus` reach, by its `dma-ranges` and those of the buses above; do these limit it? */
struct bus_windows reached_on(const void *tree, int bus);
bool reach_limited(const void *tree, int bus);
struct ranges reached_by(const void *tree, int node);	  /* by a bus master, as the CPUs have it */
int board_device_of(const struct board *board, int node); /* index; of the nearest node upwards; -1: none */

/* ---- pci_*.c: the board's PCI functions (pci.h) ---- */
bool pci_inventory_read(struct board *board); /* pci.dts of its folder, where there is one */
bool pci_inventory_examine(struct pci_inventory *inventory, const struct source *source);
bool pci_function_read(const struct source *source, int node, struct pci_function *function);
void pci_facts_read(struct board *board, const struct source *machine); /* of machine.dts */
void pci_hosts_read(struct board *board); /* hosts, IOMMUs, ITSs, and by what names they know the functions */
void pci_place(struct board *board);	  /* BARs and windows */

struct ranges pci_reached(const struct pci_host *host); /* by its functions, as the CPUs have it */

/* ---- the steps ---- */
bool schema_check(struct front *front);		/* schema.c: every property and node is a known one */
void cpus_assign(struct front *front);		/* cpus.c */
void colors_read(struct front *front);		/* colors.c */
void dma_read(struct front *front);		/* dma.c: bus masters without an IOMMU; where RAM may lie */
void memory_place(struct front *front);		/* memory.c */
void devices_assign(struct front *front);	/* devices.c */
void dma_tell(const struct front *front);	/* dma.c: warns of each of them */
void consoles_assign(struct front *front);	/* console.c */
void images_read(struct front *front);		/* images.c */
void roots_read(struct front *front);		/* root.c: a Linux cell's root file system, on the disk */
void images_store(struct front *front);		/* images.c: places them in the image store */
void channels_read(struct front *front);	/* channels.c */
void updates_read(struct front *front);		/* updates.c */
void faults_read(struct front *front);		/* faults.c */
void firmware_read(struct front *front);	/* firmware.c */
void pci_assign(struct front *front);		/* pci_assign.c: functions */
void pci_messages_assign(struct front *front);	/* pci_messages.c: their interrupts */
void net_read(struct front *front);		/* net.c: the health cell's network */
void log_key_read(struct front *front);		/* log_key.c: what signs its event log */
void boot_state_read(struct front *front);	/* boot_state*.c: its bank or chip of flash */
void windows_place(struct front *front);	/* windows.c */
void reserved_check(const struct front *front); /* reserved.c: reserved memory of devices */

/* ---- shared by steps ---- */
/* images.c: reads the file that `property` names. False: there is no such property, or a diagnostic. */
bool file_named(const struct front *front, int node, const char *property, struct bytes *bytes);
/* pci_assign.c: the host that leads to what `pci` calls so; NULL: none, which pci_assign tells. */
const struct pci_host *pci_host_of(const struct board *board, const char *name);
/* boot_state_spi.c: how many SPI flashes have that name, and the first; reads the boot state that is in one.
 */
size_t boot_state_spi_named(const struct board *board, const char *name, int *node);
void boot_state_spi_read(struct front *front, size_t cell, struct place at, int node);
/* boot_state.c: what else has registers there; NULL: nothing. Is a flash admitted that holds firmware? */
const char *boot_state_sharer(const struct board *board, size_t device, uint32_t bank, struct range flash);
bool boot_state_firmware_admitted(const struct front *front, int node);
/* pci_assign.c: what it calls so, index into board.pci.at; PCI_NONE: after a diagnostic. */
size_t pci_named(const struct board *board, struct place at, const char *name);
/* boot_state_emmc.c: is an eMMC's boot partition meant; reads it. */
bool boot_state_emmc_named(const char *text);
void boot_state_emmc_read(struct front *front, size_t cell, struct place at, const char *text);
/* pci_bus.c: where on its own bus each of a cell's functions is. */
void pci_bus_lay_out(struct front *front, size_t cell);
/* partition.c: a source file and what it includes, which is looked for beside what names it, in the folders
 * of -I, then in what came with the tool (`profiles`). False after diagnostics. */
bool front_read_source(struct front *front, const char *file, struct source *source, struct files *included);
uint32_t spi_take(struct front *front, struct place at,
		  const char *what);				/* console.c: a free INTID, 0: none left */
uint64_t memory_place_file(struct front *front, uint64_t size); /* store.c: NO_PLACE: no room */
struct place devices_place(size_t device);			/* devices.c: where a cell claimed it */

/* colors_memory.c: for memory.c, where memory has colours */
bool colors_place(struct front *front, size_t cell, size_t index,
		  const char *text);			/* a region; or diagnoses */
void colors_address(struct front *front, size_t index); /* guest-physical addresses of a cell's regions */
void colors_take_between(struct front *front, size_t index); /* of all cells, once they are placed */

struct indices { /* of devices */
	size_t *at;
	size_t count;
};
/* devices.c: a name's devices; and the error where there is none. */
struct indices devices_named(const struct board *board, const char *name);
void devices_unknown(const struct board *board, struct place at, const char *name);

/* depends.c: what a device can't work without (clocks, resets, GPIOs...). */
struct need {
	size_t device; /* the provider */
	const struct reference *reference;
	struct reference_entry entry;
};
struct needs {
	struct need *at;
	size_t count;
};
struct needs needs_of(const struct board *board, size_t device);

/* reserved.c: a region of `memory` with an address; false after a diagnostic. */
bool reserved_whole(const struct front *front, struct place at, const char *text, struct range range,
		    bool first);

void shared_read(struct front *front); /* shared.c: `shared-read-only` */
/* Why a shared provider can't serve a need; NULL: it can. */
const char *shared_why_not(const struct board *board, const struct need *need);

#endif
