/* SPDX-License-Identifier: Apache-2.0 */
/*
 * telemetry.h - what the hypervisor and the cells publish at run time, and who may read it.
 *
 *   struct telemetry_core  a page a core; EL2 of that core writes; siblings' EL2 and the health cell read
 *   struct event_ring      a page a core; EL2 of that core writes; the health cell reads
 *   struct log_ring        a page a log console; EL2 of the cell writes; the health cell reads
 *   struct order           512 bytes a cell; EL2 of the service core writes; that cell's EL2 reads
 *   struct heartbeat       a page a cell; EL1 of the cell writes (Non-cacheable); the health cell reads
 *   struct directory       pages in the blueprint; where the health cell finds all of these (IPAs)
 *
 * Every word has one writer. 64-bit words are written by single aligned stores and may be read at any
 * time; a group of words is consistent only where a sequence says so. Times are CNTVCT_EL0 ticks.
 */
#ifndef BULKHEAD_TELEMETRY_H
#define BULKHEAD_TELEMETRY_H

#include "blueprint.h"

#define TELEMETRY_MAGIC UINT64_C(0x54454c454d424c4b)
#define TELEMETRY_ABI	6u

enum exit_reason {
	EXIT_HVC,
	EXIT_SMC,
	EXIT_IRQ,
	EXIT_GICD,
	EXIT_GICR,
	EXIT_UART,
	EXIT_SGI,    /* ICC_SGI1R_EL1 */
	EXIT_SYSREG, /* other trapped system registers */
	EXIT_ABORT,  /* stage-2 fault that no emulated page explains */
	EXIT_SERROR,
	EXIT_OTHER,
	EXIT_PCI, /* configuration space, MSI frame */
	EXIT_REASON_COUNT = 16
};

enum core_state { CORE_OFF, CORE_RUNNING, CORE_PARKED };
enum cell_run_state { CELL_NONE, CELL_STARTING, CELL_RUNNING, CELL_READY, CELL_STOPPED, CELL_LOST };

/* Protection mechanisms that are provoked once a boot, on the health cell's word (hypercall PROVE). */
enum proof {
	PROOF_STAGE2,	/* the health cell reads what its stage 2 doesn't map */
	PROOF_SMMU,	/* a function of its does, by DMA */
	PROOF_WATCHDOG, /* the timer of EL2's own comes to its end */
	PROOF_COUNT
};
#define PROOF_TRIED(proof)  (UINT64_C(1) << (proof))
#define PROOF_PROVEN(proof) (UINT64_C(0x100) << (proof))
#define PROOF_FAILED(proof) (UINT64_C(0x10000) << (proof)) /* what was waited for didn't come */

struct fault_record { /* the last fault this core's guest made */
	uint64_t count;
	uint64_t time;
	uint32_t error;	 /* enum bp_error */
	uint32_t action; /* enum bp_action that followed */
	uint64_t esr, elr, spsr, far, ipa;
	uint64_t x[31];
};

struct telemetry_core {
	uint64_t magic;
	uint32_t abi;
	uint32_t core; /* machine core number */
	uint32_t cell;
	uint32_t core_state; /* enum core_state */
	uint64_t exits[EXIT_REASON_COUNT];
	uint64_t exits_at_ready; /* all of them together just after this core's `ready` */
	uint64_t el2_ticks_sum, el2_ticks_max;
	uint64_t el2_histogram[32]; /* bucket n: exits of 2^n .. 2^(n+1)-1 ticks */
	uint64_t injected;
	uint64_t foreign_sgi; /* SGIs to cores of others, dropped */
	uint64_t denied;      /* hypercalls and accesses refused without a fault */
	uint64_t faults[16];  /* by enum bp_error */
	struct fault_record fault;
	uint64_t event_sequence;
	uint64_t order_seen; /* last order.sequence this core has obeyed */
	/* The cell as a whole: valid in the telemetry of the cell's first core. */
	uint64_t cell_state; /* enum cell_run_state */
	uint64_t generation; /* 1 at the first start, one more at each restart */
	uint64_t restarts;
	uint64_t start_time, ready_time; /* of this generation; ready_time 0: not ready yet */
	uint64_t restart_cause;	 /* enum bp_error of the last restart or stop; BP_ERROR_COUNT: by request */
	uint64_t events_dropped; /* of this core: guest-paced ones beyond EVENTS_GUEST_MAX a period */
	uint64_t dma_request;	 /* first core, of the service core: count << 2 | enum dma_ask */
	/* The IOMMUs: valid in the telemetry of the service core. */
	uint64_t dma_lost; /* times that a queue of faults overflowed, faults of streams that no cell has */
	uint64_t dma_faults[BP_CELLS_MAX]; /* told, by cell */
	uint64_t dma_untold;		   /* beyond DMA_FAULTS_MAX, as many as were in a queue then */
	uint64_t dma_silences; /* so often a stream's faults weren't recorded for the rest of a second */
	uint64_t boot_time;    /* of this core: CNTVCT_EL0 when it began in this boot; a reset may leave the
				  counter alone */
	uint64_t proofs;       /* service core: PROOF_* of this boot */
	/* SHA-256 that EL2 computed in this boot: of the blueprint (bp_header.digest is what it compared it
	 * with), on every core; of the digests of the cell's images (struct bp_image, in that order), valid
	 * once images_hashed, how many they are, isn't 0. */
	uint8_t blueprint_digest[32];
	uint8_t images_digest[32];
	uint64_t images_hashed; /* this and images_digest: first core */
};

/* Of a stream in a second. Then its faults go on, aborted as before, but unseen until the next. */
#define DMA_FAULTS_MAX 16u

enum dma_ask { DMA_CUT, DMA_LIVE }; /* its streams abort; they do what the blueprint says */
#define DMA_FAILED	 2u	    /* in order.dma_done: the IOMMU didn't obey */

#define EVENT_RING_MAGIC UINT64_C(0x52494e47424c4b31)
/* Events that a guest can make at will may take this many slots in so many milliseconds, so that a flood of
 * them cannot push the records of its own faults and restarts out before the health cell has read them: that
 * has most of half a second for it. */
#define EVENTS_GUEST_MAX       16u
#define EVENTS_GUEST_PERIOD_MS 100u
#define EVENT_RING_SLOTS       63u

enum event_code {
	EVENT_CELL_START = 1, /* args: generation */
	EVENT_CELL_READY,     /* args: generation */
	EVENT_CELL_STOP,      /* args: error */
	EVENT_CELL_RESTART,   /* args: error, generation ended */
	EVENT_CELL_LOST,      /* args: bit mask of cores that did not acknowledge; 0: its streams */
	EVENT_FAULT,	      /* args: error, action, esr, ipa or far */
	EVENT_SGI_FOREIGN,    /* args: targets */
	EVENT_DENIED,	      /* args: function ID, x1 */
	EVENT_APPLICATION,    /* args: code, x2, x3, x4: hypercall EVENT */
	EVENT_CORE_ON,	      /* args: core in cell */
	EVENT_CORE_OFF,	      /* args: core in cell */
	EVENT_ORDER,	      /* args: cell, action, cause */
	/* The service core's: a DMA that the IOMMU refused. args: cell, IOMMU << 32 | stream, address, the
	 * IOMMU's reason (SMMUv3: event number) | DMA_FAULT_READ */
	EVENT_DMA_FAULT,
	EVENT_IOMMU, /* service core: args: IOMMU, its global errors (SMMUv3: SMMU_GERROR) */
	/* A physical function whose virtual ones other cells have. args: its RID on the cell's bus; 1: its
	 * cell lets it master the bus; 0: it ended, and until the next 1 nobody runs the device */
	EVENT_DEVICE,
	EVENT_PROOF, /* service core: args: enum proof, 1: proven, 0: it failed; the address that was refused
		      */
	/* Once a boot: what EL2 has hashed, as in struct telemetry_core. args: the digest, its first byte the
	 * highest of the first */
	EVENT_BLUEPRINT, /* service core */
	EVENT_IMAGES,	 /* first core of a cell, before it starts or is refused */
	/* In the event log alone, by the health cell, with sequence 0: events of the core that the log lacks,
	 * since the machine's boot. args: lost in its ring or damaged there, dropped (events_dropped) */
	EVENT_LOSS = 64,
	EVENT_SLOT /* likewise, of boot slots: enum slot_event, slot (a 0, b 1, 2: not known), as that says */
};
#define EVENT_OWN EVENT_LOSS /* codes from here on are the health cell's own */

enum slot_event {
	SLOT_RUNS = 1,	   /* the image's counter, sequence of the record */
	SLOT_REFUSED,	   /* it was tried, and another one runs: enum boot_reason of boot_state.h */
	SLOT_LOST,	   /* neither copy of the boot state is whole */
	SLOT_CONFIRMED,	   /* floor, sequence of the record from now on */
	SLOT_UNCONFIRMED,  /* a trial's time is over: the machine is reset */
	SLOT_DROP,	   /* Linux asked for it to be empty ... */
	SLOT_TRY,	   /* ... to be tried at the next boot */
	SLOT_WRITE_FAILED, /* the flash didn't take a record */
	SLOT_RESET,	   /* Linux asked for a reset, which starts that slot's trial: index of its cell */
	SLOT_NO_RESET	   /* it asked in vain: enum update_result of update.h */
};

#define DMA_FAULT_READ UINT64_C(0x100)
#define DMA_FAULT_TRANSLATION                                                                                \
	UINT64_C(0x10) /* the address is not mapped: SMMUv3 (IHI 0070), 7.3.12 F_TRANSLATION */

struct event {
	uint64_t sequence; /* 1, 2, 3... on this core; slot = (sequence - 1) % EVENT_RING_SLOTS */
	uint64_t time;
	uint32_t code; /* enum event_code */
	uint16_t core, cell;
	uint64_t args[4];
	uint32_t crc; /* CRC-32 (IEEE 802.3) of the bytes before */
	uint32_t pad;
};

struct event_ring {
	uint64_t magic;
	uint64_t head; /* sequence of the newest complete event; written after the record */
	uint64_t reserved[6];
	struct event slots[EVENT_RING_SLOTS];
};

#define LOG_RING_BYTES 4032u
struct log_ring {      /* byte n of the stream is at data[n % LOG_RING_BYTES] */
	uint64_t head; /* bytes written since the machine started */
	uint64_t reserved[7];
	uint8_t data[LOG_RING_BYTES];
};

#define ORDER_INPUT_BYTES 256u /* a line that was typed, while the cell is busy with something else */
struct order {
	uint64_t sequence;   /* changes with every order; 0: none yet */
	uint32_t action;     /* BP_ACTION_STOP or BP_ACTION_RESTART */
	uint32_t cause;	     /* enum bp_error, or BP_ERROR_COUNT: by request */
	uint64_t input_head; /* console input: byte n at input[n % ORDER_INPUT_BYTES] */
	uint64_t dma_done;   /* the cell's dma_request that was carried out last, or | DMA_FAILED */
	uint64_t reserved[28];
	uint8_t input[ORDER_INPUT_BYTES];
};

#define HEARTBEAT_VALUES 32u
struct heartbeat {			   /* zeroed by EL2 at every start of the cell */
	uint64_t beat;			   /* the cell adds one a period */
	uint64_t values[HEARTBEAT_VALUES]; /* what the cell publishes: HEARTBEAT_* */
};
/* Indices into values[] that the health cell knows how to show; the rest is the application's. */
#define HEARTBEAT_TICKS		0u /* periodic ticks done */
#define HEARTBEAT_MISSED	1u /* ticks missed */
#define HEARTBEAT_LATENCY_WORST 2u /* ns, timer deadline to handler */
#define HEARTBEAT_SETPOINT	3u /* last setpoint accepted */
#define HEARTBEAT_SETPOINT_AGE	4u /* ns */
#define HEARTBEAT_HISTOGRAM	8u /* 16 log2 buckets of latency in ns, from 2^6 */
/* Of a cell with `pmu`: its first core's performance monitors in this life, and when they were read. 0: not.
 */
#define HEARTBEAT_PMU_TIME	   24u /* CNTVCT_EL0; written last */
#define HEARTBEAT_PMU_CYCLES	   25u
#define HEARTBEAT_PMU_INSTRUCTIONS 26u /* retired */

/* A channel's memory starts with this; the rest belongs to its writer. EL2 zeroes the channel at every
 * start of the cell that writes it, then sets the generation, so that a reader sees the change. Until then it
 * is 0, and what lies behind it may be the old life's. */
struct channel_header {
	uint64_t generation; /* of the writing cell; `between` channels: 1 */
};

#define DIRECTORY_MAGIC UINT64_C(0x444952424c4b3031)
struct directory_core {
	uint64_t mpidr;
	uint64_t telemetry_ipa, ring_ipa;
	uint32_t cell, core_in_cell; /* cell 0xffffffff: unassigned */
};

struct directory_cell {
	char name[BP_NAME_MAX];
	uint64_t heartbeat_ipa;
	uint64_t log_ipa; /* 0: no log console */
	uint64_t heartbeat_ns, boot_timeout_ns, restart_window_ns;
	uint32_t restart_max;
	uint32_t flags;	     /* BP_CELL_* */
	uint32_t first_core; /* machine core number of the cell's first core */
	uint32_t core_count;
	uint32_t mode; /* enum bp_mode */
	uint32_t pad;
	uint8_t actions[16];   /* enum bp_action by enum bp_error */
	uint64_t memory_bytes; /* RAM that it has, `keep` among it */
};

struct directory_stream { /* by smmu, then sid, ascending: as struct bp_stream */
	uint32_t cell, smmu, sid, pad;
};

struct directory_bytes { /* bytes that the build made, for others to fetch; size 0: none */
	uint64_t ipa, size;
};

struct directory {
	uint64_t magic;
	uint32_t abi;	       /* TELEMETRY_ABI */
	uint32_t size;	       /* bytes */
	struct bp_table cores; /* struct directory_core by machine core number */
	struct bp_table cells; /* struct directory_cell by cell index */
	uint8_t config_digest[32];
	uint8_t binary_digest[32]; /* SHA-256 of bulkhead.bin as it was linked: image.h */
	char version[BP_NAME_MAX]; /* of the tool that built the image */
	uint64_t build_time;	   /* s since 1970: SOURCE_DATE_EPOCH, else the tool's commit; 0: unknown */
	uint64_t ram_bytes;	   /* of the board */
	uint64_t hypervisor_bytes; /* bulkhead.bin, blueprint, writable memory, image store */
	uint64_t unassigned_bytes; /* no cell's, not the hypervisor's, not reserved */
	struct bp_table streams;   /* struct directory_stream */
	struct directory_bytes integrity; /* struct integrity_table */
	struct directory_bytes json;	  /* the map, as `bulkhead map --json` prints it ... */
	struct directory_bytes svg;	  /* ... and draws it */
	uint64_t crash_ipa;		  /* struct crash_record (crash.h); 0: the board has none */
	/* A page of RAM that isn't this cell's, by its physical address: no IPA of this cell, by which the
	 * health cell proves that it can't get there; 0: there is none. */
	uint64_t proof_ipa;
};

/*
 * What nobody writes while cells run: bulkhead.bin, the blueprint, the image store; less what the boot or EL2
 * writes of them, this table, and the digest in the blueprint's header, which stands for all of these until
 * then. In whole pages of their own, seen by the health cell alone.
 */
#define INTEGRITY_MAGIC	    UINT64_C(0x5952544745544e49)
#define INTEGRITY_RANGE_MAX UINT64_C(0x100000)
struct integrity_range {
	uint64_t ipa, pa;
	uint64_t size;		/* bytes, at most INTEGRITY_RANGE_MAX */
	uint8_t digest[32];	/* SHA-256 of them */
	char name[BP_NAME_MAX]; /* what they belong to */
};

struct integrity_table {
	uint64_t magic;
	uint32_t count;
	uint32_t size;	    /* of the bytes from `ranges` to the end of the table's pages */
	uint8_t digest[32]; /* SHA-256 of these */
	struct integrity_range ranges[];
};

_Static_assert(sizeof(struct fault_record) == 312, "layout");
_Static_assert(sizeof(struct telemetry_core) == 3128, "layout");
_Static_assert(offsetof(struct telemetry_core, exits) == 24, "layout");
_Static_assert(offsetof(struct telemetry_core, fault) == 584, "layout");
_Static_assert(sizeof(struct event) == 64, "layout");
_Static_assert(sizeof(struct event_ring) == 4096, "layout");
_Static_assert(sizeof(struct log_ring) == 4096, "layout");
_Static_assert(sizeof(struct order) == 512, "layout");
_Static_assert(sizeof(struct heartbeat) == 264, "layout");
_Static_assert(sizeof(struct directory_core) == 32, "layout");
_Static_assert(sizeof(struct directory_cell) == 120, "layout");
_Static_assert(sizeof(struct directory_stream) == 16, "layout");
_Static_assert(sizeof(struct directory) == 232, "layout");
_Static_assert(sizeof(struct integrity_range) == 88, "layout");
_Static_assert(sizeof(struct integrity_table) == 48, "layout");
_Static_assert(offsetof(struct directory, binary_digest) == 64, "layout");

#endif
