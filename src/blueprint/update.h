/* SPDX-License-Identifier: Apache-2.0 */
/*
 * update.h - how the Linux cell that owns the disk asks the health cell for changes of the boot state: memory
 * of a channel called `update` between the two. Aligned words of 64 bits, each stored at once, each of one
 * writer.
 *
 * Linux waits for the magic, writes a request and, last, its sequence: any that neither the request nor the
 * answer has. It reads the answer once that has the same sequence, and writes no other request before. The
 * health cell takes a request once, and believes no word of it. A request that lies there when the health
 * cell starts isn't carried out: ask again.
 */
#ifndef BULKHEAD_UPDATE_H
#define BULKHEAD_UPDATE_H

#include <stddef.h>
#include <stdint.h>

#include "boot_state.h"

#define UPDATE_CHANNEL "update"			    /* what such a channel is called */
#define UPDATE_MAGIC   UINT64_C(0x544450554b4c4231) /* "1BLKUPDT" */
#define UPDATE_LAYOUT  UINT64_C(1)

enum update_kind {
	UPDATE_STATUS = 1, /* nothing but the answer */
	UPDATE_DROP,	   /* the slot becomes empty: before it is written */
	UPDATE_TRY,  /* the slot, whose FIT has that digest, is tried at the next boot: once, and first */
	UPDATE_RESET /* the machine is reset, so that the trial that was asked for begins */
};

enum update_result {
	UPDATE_OK = 1,
	UPDATE_INVALID,	    /* no such kind or slot, or a digest that no FIT has (all zeroes, all ones) */
	UPDATE_RUNNING,	    /* the slot is the one that runs */
	UPDATE_UNCONFIRMED, /* what runs isn't confirmed yet: later */
	UPDATE_UNKNOWN,	    /* which slot runs isn't known in this boot: after the next one */
	UPDATE_LIMIT,	    /* too many changes: UPDATE_CHANGES_*; later */
	UPDATE_FAILED,	    /* the flash didn't take it: the state is what it was */
	UPDATE_FORBIDDEN,   /* a reset: the partition file doesn't allow it to this cell (`update-reset`) */
	UPDATE_NO_TRIAL,    /* a reset: the next boot would try nothing new */
	UPDATE_RESULTS
};

/* Changes that cost an erasure. A boot begins with UPDATE_CHANGES_FIRST, and has one more every
 * UPDATE_CHANGE_SECONDS, never more than UPDATE_CHANGES_MOST at once. Each erases one of two blocks, in
 * turns. */
#define UPDATE_CHANGES_FIRST  2u
#define UPDATE_CHANGES_MOST   4u
#define UPDATE_CHANGE_SECONDS 3600u

/* From the answer that grants a reset to the reset; no other request is taken meanwhile. */
#define UPDATE_RESET_SECONDS 1u

#define UPDATE_SLOT_UNKNOWN  UINT64_C(2)

struct update_request {	    /* Linux writes */
	uint64_t sequence;  /* written last; 0: none yet */
	uint64_t kind;	    /* enum update_kind */
	uint64_t slot;	    /* 0 A, 1 B */
	uint64_t digest[4]; /* SHA-256, its first byte lowest; of TRY */
	uint64_t reserved;
};

struct update_answer {		      /* the health cell writes */
	uint64_t magic;		      /* UPDATE_MAGIC, written last at the start */
	uint64_t layout;	      /* UPDATE_LAYOUT */
	uint64_t sequence;	      /* of the request that this answers; written behind all the others */
	uint64_t result;	      /* enum update_result */
	uint64_t running;	      /* slot, or UPDATE_SLOT_UNKNOWN */
	uint64_t confirmed;	      /* 1: what runs is */
	uint64_t state;		      /* sequence of the record that counts; 0: there is none, it was lost */
	uint64_t primary;	      /* slot that the next boot tries first */
	uint64_t floor;		      /* least counter that may start */
	uint64_t status[BOOT_SLOTS];  /* enum boot_status */
	uint64_t counter[BOOT_SLOTS]; /* of the images; BOOT_COUNTER_UNKNOWN */
	uint64_t digest[BOOT_SLOTS][4]; /* as in the request */
	uint64_t changes;		/* that may be asked for now */
	uint64_t reserved[2];
};

struct update_channel {
	uint64_t generation; /* struct channel_header; EL2's */
	uint64_t reserved[7];
	struct update_request request;
	struct update_answer answer;
};

_Static_assert(sizeof(struct update_request) == 64, "layout");
_Static_assert(sizeof(struct update_answer) == 192, "layout");
_Static_assert(offsetof(struct update_channel, request) == 64, "layout");
_Static_assert(offsetof(struct update_channel, answer) == 128, "layout");
_Static_assert(sizeof(struct update_channel) == 320, "layout");

#endif
