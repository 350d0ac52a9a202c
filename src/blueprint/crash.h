/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crash.h - the crash-audit area: what a life of the machine leaves to the next one.
 *
 * A board's machine.dts names memory that neither a reset nor the loader touches (loader/crash-audit). Its
 * first page is struct crash_record, written by the boot core before any cell starts, read by the health
 * cell. Page 1 + n is struct crash_dump of machine core n, written by that core's EL2 alone when it ends the
 * machine. All parties map it Non-cacheable, so that nothing of it is in a cache when the reset comes. At
 * the next boot the boot core gathers the dumps into the record, and empties the pages.
 */
#ifndef BULKHEAD_CRASH_H
#define BULKHEAD_CRASH_H

#include "blueprint.h"

#define CRASH_MAGIC   UINT64_C(0x3130485341524342) /* "BCRASH01": the layout has its version in it */
#define CRASH_DUMPS   4u			   /* of a life, kept */
#define CRASH_NO_CELL 0xffffffffu		   /* as MACHINE_RESET_NOBODY */

enum crash_kind {
	CRASH_EXCEPTION = 1, /* at EL2: vector, registers; detail 0 */
	CRASH_RESET,	     /* the health table, or a person: cell, error; detail: the health cell's word */
	CRASH_WATCHDOG,	     /* the health cell's heartbeat stood still; detail: enum cell_run_state of it */
	CRASH_KIND_END
};

struct crash_dump {
	uint64_t magic;
	uint32_t kind;	/* enum crash_kind */
	uint32_t core;	/* machine core number of the writer */
	uint32_t cell;	/* whose error it was; CRASH_NO_CELL: nobody's */
	uint32_t error; /* enum bp_error; BP_ERROR_COUNT: by request */
	uint64_t time;	/* CNTVCT_EL0 of the life that ended */
	uint64_t detail;
	uint64_t vector; /* 0..15: VBAR_EL2 + 128 * vector, of an exception; so the following */
	uint64_t esr, elr, spsr, far, sp;
	uint64_t x[31];
	uint32_t pad;
	uint32_t crc; /* CRC-32 (IEEE 802.3) of the bytes before */
};

struct crash_record {
	uint64_t magic;
	uint64_t boot_count; /* 1 where nothing of an earlier boot was found */
	uint64_t generation; /* lives that have left dumps, of those counted */
	uint32_t left;	     /* dumps that the last life left */
	uint32_t count;	     /* of these, kept */
	struct crash_dump dumps[CRASH_DUMPS];
	uint32_t pad;
	uint32_t crc; /* as above */
};

_Static_assert(sizeof(struct crash_dump) == 344, "layout");
_Static_assert(offsetof(struct crash_dump, x) == 88, "layout");
_Static_assert(sizeof(struct crash_record) == 1416, "layout");
_Static_assert(sizeof(struct crash_record) <= BP_PAGE_SIZE, "one page");

#endif
