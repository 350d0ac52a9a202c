/* SPDX-License-Identifier: Apache-2.0 */
/*
 * model.h - what the audit knows of one image: inputs, records, tables, and who owns what.
 *
 * Made in this order, each step from the one before: FIT (fit.c), headers (image.c), inputs (board.c,
 * partition.c), walks and records (records.c), places (places.c). The rules (rule_*.c) only read it.
 */
#ifndef BULKHEAD_AUDITOR_MODEL_H
#define BULKHEAD_AUDITOR_MODEL_H

#include "blueprint.h"
#include "fit.h"
#include "image.h"
#include "pci.h"
#include "report.h"
#include "spans.h"
#include "telemetry.h"
#include "tree.h"
#include "walk.h"

#define PA_NONE	       UINT64_MAX
#define PA_BITS_MOST   48u /* without FEAT_LPA2 */
#define CELL_NONE_ID   (-1)
#define DEVICE_NOWHERE (-1)

/* ---- the board (board.c) ---- */
enum device_class {
	DEVICE_NONE,	 /* no device, or a part of one */
	DEVICE_PLAIN,	 /* may be given to a cell */
	DEVICE_DISABLED, /* by the tree */
	DEVICE_MASTER,	 /* may master the bus, and no IOMMU is in front */
	DEVICE_FORBIDDEN /* could undo the division: the hypervisor's for ever */
};

struct board {
	struct tree tree;
	enum device_class *classes; /* by node index */
	int *owner;		    /* by index of a device: cell, or CELL_NONE_ID */
	int *device; /* by node index: the device that it is, or is a part of; DEVICE_NOWHERE */
	const struct node *gic, *smmu, *its, *stdout_uart;
	uint64_t *mpidrs; /* by machine core number */
	const struct node **cpu_nodes;
	size_t core_count;
	struct spans ram;      /* va = pa */
	struct spans reserved; /* /reserved-memory and the machine's forbidden ranges */
	struct spans lent;     /* of /reserved-memory, what a device names; tag = node index; may overlap */
	struct range crash;    /* what of the crash-audit area is used; size 0: none */
	struct spans staging;  /* the loader's: cells only */
	struct spans firmware; /* what the machine starts from: nobody's; va = pa */
	uint32_t erase_block;  /* of its flash, in bytes; 0: not stated */
	struct range state;    /* bytes of an SPI flash where a boot state may lie; size 0: not stated */
	const char *firmware_flash; /* path of what the machine starts from; "": none; NULL: not stated */
	struct spans registers;	    /* va = pa; tag = node index; sorted by va, may overlap */
	uint64_t *registers_end;    /* highest end of registers[0..i], for searching */
	struct tree machine;
	uint32_t pa_bits; /* at most PA_BITS_MOST */
	uint32_t spi_count, id_bits, list_registers, free_spi, free_spi_count, frames;
	uint32_t smmu_idr0, smmu_idr0_mask;
	uint32_t assumed; /* facts that nobody has stated: a bit an enum bp_fact */
	uint32_t maintenance_intid, virtual_timer, physical_timer, hypervisor_timer; /* 0: none */
	uint32_t pmu_ppis;							     /* a bit an INTID */
	char *slaves; /* known-slaves as a string list */
	int slaves_size;
};

/* ---- the partition file (partition.c) ---- */
struct partition_memory {
	uint64_t size, at;
	bool placed;
};

struct partition_cell {
	const struct node *node;
	const char *name;
	struct partition_memory *memory;
	size_t memory_count;
	uint64_t memory_total, keep;
	uint32_t *cores;
	size_t core_count;
	bool health, direct, essential, pmu, log_console, unprotected, update_reset;
	bool has_ram_base;
	bool colored; /* it asks for colours */
	uint64_t ram_base;
	uint64_t heartbeat_ns, boot_timeout_ns, watchdog_ns;
};

enum channel_role { CHANNEL_STRANGER = 0, CHANNEL_WRITES = 1, CHANNEL_READS = 2 };
struct partition_channel {
	const struct node *node;
	const char *name;
	uint8_t *roles; /* by partition cell: BP_CHANNEL_* */
	uint64_t size;
	bool doorbell, shown; /* shown: also as a PCI function */
};

struct partition_shared {	     /* a provider that stays as the firmware set it */
	const struct node *provider; /* of the board */
	const char *rates;	     /* "CLOCK=HZ CLOCK=HZ...": checked when it was read */
};

struct partition {
	struct tree tree;
	const struct node *faults; /* board-wide; NULL: none */
	struct partition_cell *cells;
	size_t cell_count;
	struct partition_channel *channels;
	size_t channel_count;
	struct partition_shared *shared;
	size_t shared_count;
};

struct boot_state {			    /* storage that the health cell has (boot_state*.c) */
	const struct partition_cell *asked; /* NULL: there is none */
	const struct node *flash;	    /* of the board; of an SPI flash its controller; NULL: an eMMC */
	const struct node *chip;	    /* SPI flash; NULL: it isn't */
	const struct pci_function *emmc;    /* the controller of the eMMC that it is in; NULL: it isn't */
	uint32_t bank; /* row of the flash's `reg`; the line that selects the chip; boot partition, 1 or 2 */
	struct range range;	      /* that row; size 0: there is none */
	uint64_t start;		      /* byte of the chip where it begins; else 0 */
	bool shares_firmware;	      /* the chip has what the machine starts from, too */
	uint32_t block;		      /* bytes from one place in it to the next */
	uint64_t after_ns, within_ns; /* when a boot is confirmed */
};

/* ---- the image's own story (records.c) ---- */
struct cell {
	bool known; /* its record was found and is sound */
	char name[BP_NAME_MAX];
	char who[BP_NAME_MAX + 8]; /* "cell 'NAME'" */
	uint64_t record_pa;
	const struct bp_cell *record;
	const struct bp_core *cores;
	const struct bp_region *regions;
	const struct bp_image *images;
	const struct bp_mmio *mmio;
	const struct bp_root_entry *root_entries;
	const struct bp_channel *channels;
	const uint32_t *firmware;
	const struct bp_bell *lpis;
	const struct bp_pci_function *pci;
	int first_core; /* machine core number; -1: none started */
	bool walked;
	struct walk walk;
	struct spans stage2, tables; /* tables: the pages walked through */
	struct tree guest;
	const struct partition_cell *asked;    /* NULL: the file has no such cell */
	uint64_t heartbeat_ipa, directory_ipa; /* as the guest tree says; PA_NONE: not there */
	uint64_t heartbeat_pa, state_pa, log_pa, pci_state_pa;
};

struct core {
	struct bp_boot_core boot;
	char who[40]; /* "core N's root" */
	int cell;     /* CELL_NONE_ID: unassigned */
	struct spans map, tables;
	uint64_t telemetry_pa, ring_pa, frame_pa; /* PA_NONE: none */
};

/* ---- streams (streams.c) ---- */
struct named_stream { /* of a function that a cell has */
	uint64_t sid;
	int cell;
};

struct stream_table {
	const struct bp_smmu *smmu;
	const struct node *node; /* of the board; NULL: it has none there */
	bool sound;		 /* its registers describe a table inside the blueprint */
	uint64_t base;
	unsigned int log2, split;   /* split 0: linear */
	struct named_stream *named; /* by sid */
	size_t named_count;
};

/* ---- messages (its.c) ---- */
#define ITS_SYNC   0x05u /* Arm IHI 0069, 5.3 */
#define ITS_MAPD   0x08u
#define ITS_MAPC   0x09u
#define ITS_MAPTI  0x0au
#define ITS_INVALL 0x0du
#define LPI_FIRST  8192u

struct its_device {
	uint32_t device, bits; /* of its EventIDs */
	uint64_t itt_pa;
};

struct its_collection {
	uint32_t collection;
	uint64_t target;
	size_t fresh; /* of the mappings, in order: how many an INVALL stands behind */
};

struct its_mapping {
	uint32_t device, event, lpi, collection;
};

struct its_state { /* what its commands leave */
	const struct bp_its *its;
	const struct node *node; /* of the board; NULL: it has none there */
	bool sound, ended;	 /* commands known, well-formed, none in error; INVALL behind each event */
	uint64_t wrong;		 /* offset of the first that isn't */
	struct its_device *devices;
	struct its_collection *collections;
	struct its_mapping *mappings;
	size_t device_count, collection_count, mapping_count;
};

/* ---- places: physical memory of the hypervisor and what it is for (places.c) ---- */
enum place_kind {
	PLACE_SEGMENT,
	PLACE_TEXT, /* where memory has colours: a copy of a segment's page; owner: a cell that runs it */
	PLACE_PRIVATE,
	PLACE_TELEMETRY,
	PLACE_RING,
	PLACE_STATE,
	PLACE_ORDERS,
	PLACE_LOG,
	PLACE_HEARTBEAT,
	PLACE_CHANNEL,
	PLACE_HEADER,
	PLACE_RECORD,
	PLACE_SERVICE,
	PLACE_ROOT,
	PLACE_DIRECTORY,
	PLACE_TREE,
	PLACE_FILE,
	PLACE_STREAMS,	/* stream tables */
	PLACE_QUEUE,	/* of an SMMU: commands, events */
	PLACE_COMMANDS, /* of an ITS */
	PLACE_ITS,	/* its tables */
	PLACE_LPI_CONFIG,
	PLACE_PCI_STATE,
	PLACE_PENDING,	 /* of a core's redistributor */
	PLACE_INTEGRITY, /* the table of constant ranges */
	PLACE_MAP,	 /* the map, as bytes */
	PLACE_CRASH_RECORD,
	PLACE_CRASH_DUMP /* owner: the core */
};

struct place {
	uint64_t pa, size; /* whole pages */
	enum place_kind kind;
	int owner; /* core, cell, channel, file or segment number, by kind */
};

struct audit {
	struct report report;
	struct fit fit;
	uint8_t *kernel; /* an aligned copy of /images/kernel */
	size_t kernel_size;
	struct hv_header hv;
	const struct bp_header *header;
	uint64_t blueprint_pa;
	const uint8_t *blueprint;
	struct table_memory tables;
	struct board board;
	struct partition partition;
	struct boot_state boot_state;
	struct pci pci;
	struct core *cores;
	size_t core_count;
	struct cell *cells;
	size_t cell_count;
	int health; /* cell index; CELL_NONE_ID: none */
	struct spans boot_map;
	uint64_t service_pa, orders_pa;
	const struct bp_service *service;
	const struct bp_service_smmu *service_smmus;
	const struct bp_stream *service_streams;
	const struct bp_service_dma *service_dma;
	const struct bp_smmu *smmus;
	size_t smmu_count;
	struct stream_table *streams; /* one an SMMU */
	const struct bp_its *itss;
	struct its_state *its_states; /* one an ITS */
	size_t its_count;
	const struct bp_lpi_core *lpi_cores;
	size_t lpi_core_count;
	const struct bp_pci_step *pci_steps;
	uint32_t pci_step_count;
	const struct directory *directory;
	uint64_t directory_pa;
	struct spans constants; /* whole pages, va = pa: what no EL2 writes once cells run */
	const struct integrity_table *integrity;
	uint64_t integrity_pa;
	struct place *places; /* sorted by pa */
	size_t place_count;
	uint32_t colors;  /* of the machine; 0: memory has none */
	int *color_owner; /* partition cell; CELL_NONE_ID: of the cells that ask for none */
};

/* audit.c: a file's bytes, or why there are none on standard error; what they mean, before any rule. */
bool image_map(const char *path, struct blob *image);
void image_unmap(struct blob *image);
enum reading { READ_NOTHING, READ_PARTS, READ_ALL }; /* no FIT; too broken for the model; the whole model */
enum reading audit_read(struct audit *audit, struct blob image);
/* audit.c: everything, rules included; false when it is no FIT. Close in either case. */
bool audit_run(struct audit *audit, struct blob image);
void audit_close(struct audit *audit);

/* image.c: the headers; false when nothing more can be told of the image. */
bool image_open(struct audit *audit);
bool board_open(struct audit *audit);
void board_check(struct audit *audit); /* board_check.c */
/* The cell's `net`; NULL: none. */
const struct node *partition_net(const struct audit *audit, const struct partition_cell *cell);
bool partition_open(struct audit *audit);
void board_close(struct board *board);
const char *fact_path(uint32_t fact); /* enum bp_fact, as machine.dts names it */
void partition_close(struct partition *partition);
/* devices.c: what of the board is a device, and of which class; before and after facts and known-slaves are
 * known. */
void devices_find(struct board *board);
void devices_classify(struct board *board);
const struct node *device_around(const struct board *board, const struct node *node); /* NULL: in none */
/* A name's device: by alias, path, or node name with or without unit address; the next behind `after`. */
const struct node *device_named(const struct board *board, const char *name, const struct node *after);
/* How many interrupts of the GIC a device has, its parts' among them. */
size_t device_irqs(const struct board *board, const struct node *device);
/* providers.c: calls `found` for every node that `node` refers to because it needs it. */
struct reference {
	const struct node *user; /* `at`, `width`: where its `clocks` say which clock */
	bool clock;
	bool fixable; /* it does with what the firmware left there */
	unsigned int at;
	uint32_t width;
};
typedef void reference_fn(const struct node *provider, const struct reference *reference, void *context);
void providers_each(const struct tree *tree, const struct node *node, reference_fn *found, void *context);
/*
 * The same for a device of the board with all its parts, through providers that are nobody's: calls `found`
 * for each device that it needs, some more than once. `served`: it is shared, and that will do.
 */
typedef void provider_fn(const struct node *provider, bool served, void *context);
void needs_each(const struct audit *audit, const struct node *node, provider_fn *found, void *context);
/* conflicts.c: what a device can't be parted from is another's: a provider, a page, an interrupt. */
struct conflicts *conflicts_open(struct audit *audit); /* with owners as they are */
bool conflicts_of(const struct conflicts *conflicts, const struct node *device);
void conflicts_close(struct conflicts *conflicts);
/* shared.c: what `shared-read-only` says of a board node; NULL: it isn't shared. */
void shared_open(struct audit *audit);
const struct partition_shared *shared_provider(const struct audit *audit, const struct node *node);
/* False when the file states no rate for the clock whose specifier stands at `property`[at]. */
bool shared_rate(const struct partition_shared *shared, const struct tree *tree, const struct node *user,
		 unsigned int at, uint32_t width, uint64_t *hz);
/* tree_regions.c: nodes of /reserved-memory, and what names them by `memory-region`. */
bool region_node(const struct tree *tree, const struct node *node);
/* What `user` names at place `at`; NULL: nothing. */
const struct node *region_named(const struct tree *tree, const struct node *user, unsigned int at);
/* The next node behind `after` that names the region; NULL: there is none. */
const struct node *region_user(const struct tree *tree, const struct node *region, const struct node *after);
/* It has a fixed place, in whole pages, for devices: a cell may have it with them. */
bool region_lent(const struct tree *tree, const struct node *region);
int region_user_owner(const struct board *board, const struct node *user);
/* A region whose place the guest chooses: how much it wants. */
bool region_wants(const struct tree *tree, const struct node *region, uint64_t *size, uint64_t *alignment);
/* Row `at` of its alloc-ranges. */
bool region_range(const struct tree *tree, const struct node *region, unsigned int at, struct range *range);
/* assign.c: which board node is whose, by the partition file. */
void devices_assign(struct audit *audit);
/* boot_state.c: with its owner; whether the cell has it. */
void boot_state_open(struct audit *audit);
/* boot_state_emmc.c: the eMMC's boot partition that `text` names, into audit->boot_state. False: it names
 * none; else after violations. */
bool boot_state_emmc(struct audit *audit, const struct partition_cell *cell, const char *text);
bool boot_state_of(const struct audit *audit, const struct cell *cell);
/* boot_state_spi.c: the SPI flash of that name, NULL: none, or nobody knows which; fills what is of the
 * flash, or says why no cell could have it. */
const struct node *spi_flash_named(const struct board *board, const char *name);
const char *spi_flash_state(struct audit *audit, const struct node *chip, bool admitted,
			    struct boot_state *state);
/* Calls `found` with every register range of the board that touches [pa, pa + size). rule_pages.c */
typedef void register_fn(struct audit *audit, const struct node *node, uint64_t base, void *context);
void registers_in(struct audit *audit, uint64_t pa, uint64_t size, register_fn *found, void *context);
/* pci.c, pci_host.c, pci_assign.c: the inventory, behind which hosts, and whose. */
void pci_open(struct audit *audit);
void pci_hosts_find(struct audit *audit);
void pci_assign(struct audit *audit);
/* NAME, NAME.vfN or SSSS:BB:DD.F; PCI_NONE: the inventory has no such. */
int pci_named(const struct audit *audit, const char *name);
void pci_steps_play(struct audit *audit);
void pci_close(struct pci *pci);
void records_open(struct audit *audit);
void guests_open(struct audit *audit);
/* Where the redistributor of a machine core is, PA_NONE: nowhere. */
uint64_t gic_frame(const struct board *board, size_t core);
void places_find(struct audit *audit);
void constants_open(struct audit *audit); /* constants.c */
void streams_open(struct audit *audit);
void streams_close(struct audit *audit);
/* its.c */
void its_open(struct audit *audit);
void its_close(struct audit *audit);
const struct its_device *its_device_mapped(const struct its_state *state, uint32_t device); /* NULL: not */
const struct its_collection *its_collection_mapped(const struct its_state *state, uint32_t collection);
/* Of a GITS_BASER<n>'s value; false: not valid, flat and aligned. */
bool its_table(uint64_t baser, uint64_t *pa, uint64_t *size);
uint64_t its_itt_size(const struct its_state *state, const struct its_device *device);
uint64_t lpi_config_pa(const struct bp_lpi_core *core, uint64_t *size);
uint64_t lpi_pending_pa(const struct bp_lpi_core *core, uint64_t *size);
/* Physical address of a StreamID's entry; PA_NONE: the SMMU doesn't get to one. */
uint64_t stream_entry(const struct audit *audit, const struct stream_table *table, uint64_t sid);
/* The cell that has a function there; CELL_NONE_ID: none. */
int stream_owner(const struct stream_table *table, uint64_t sid);

/* colors.c. True where the page's colour is one of the cell's; only where memory has colours. */
void colors_open(struct audit *audit);
bool color_admits(const struct audit *audit, int cell, uint64_t pa);
/* Where a region's bytes lie, in pieces where memory has colours; each like `like` but for va, pa, size. */
void region_spans(const struct audit *audit, const struct cell *cell, const struct bp_region *region,
		  struct span like, struct spans *spans);

/* `size` bytes of the blueprint at a physical address; NULL when they lie elsewhere. */
const void *blueprint_at(const struct audit *audit, uint64_t pa, uint64_t size);
/* Bytes at a physical address of the blueprint or the image store. */
const void *image_bytes_at(const struct audit *audit, uint64_t pa, uint64_t size,
			   const struct fit_file **file);

/* What stands at a physical address, for messages. */
const char *place_describe(const struct audit *audit, uint64_t pa, char *text, size_t size);
const char *place_name(const struct audit *audit, const struct place *place, char *text, size_t size);
const struct place *place_at(const struct audit *audit, uint64_t pa);
/* What a cell's stage 2 may do there: ATTR_* permissions and type, 0: nothing. */
uint32_t place_admits(const struct audit *audit, const struct place *place, int cell);
/* constants.c: the same of a page, whether it is a place or not; `end`: so far all is alike. */
uint32_t page_admits(const struct audit *audit, uint64_t pa, int cell, uint64_t *end);

int cell_number(const struct audit *audit, const struct cell *cell);
int partition_number(const struct audit *audit, const struct partition_cell *cell);
/* The image's cell of a partition file's cell; NULL: the image has none. */
struct cell *cell_asked(const struct audit *audit, size_t partition_cell);
/* The file's channel that a cell's record entry stands for, by the guest tree's channel-name; NULL: none. */
const struct partition_channel *channel_named(const struct audit *audit, const struct cell *cell,
					      size_t index);
const struct node *channel_node(const struct cell *cell, size_t index);

#endif
