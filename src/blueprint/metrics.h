/* SPDX-License-Identifier: Apache-2.0 */
/*
 * metrics.h - the metrics' text in a channel: the health cell writes it, the channel's readers have it mapped
 * read-only (docs/formats.md, "The metrics' channel"). Aligned words of 64 bits, each stored at once.
 *
 * There are two texts, so that the newest stays whole while the next is written.
 */
#ifndef BULKHEAD_METRICS_H
#define BULKHEAD_METRICS_H

#include <stddef.h>
#include <stdint.h>

#define METRICS_CHANNEL "metrics"		     /* what such a channel is called */
#define METRICS_MAGIC	UINT64_C(0x5352544d4b4c4231) /* "1BLKMTRS" */
#define METRICS_LAYOUT	UINT64_C(1)
#define METRICS_TEXTS	2u

enum metrics_form { METRICS_TEXT_0_0_4 = 1 }; /* Prometheus' */

struct metrics_text {
	uint64_t sequence; /* 2n while text n is whole, 2n - 1 while it is written */
	uint64_t time;	   /* that it tells of: CNTVCT_EL0 */
	uint64_t form;	   /* enum metrics_form */
	uint64_t length;   /* bytes; more than `room`: there was no room, and it isn't there */
	uint64_t reserved[4];
};

struct metrics_channel {
	uint64_t generation; /* struct channel_header */
	uint64_t magic;	     /* METRICS_MAGIC, written last */
	uint64_t layout;     /* METRICS_LAYOUT */
	uint64_t room;	     /* bytes, a multiple of 8, of each text */
	uint64_t newest;     /* number of the newest whole text, from 1 on; 0: none yet */
	uint64_t reserved[3];
	struct metrics_text texts[METRICS_TEXTS]; /* text n is texts[n % METRICS_TEXTS] ... */
	uint64_t words[]; /* ... and here, from word n % METRICS_TEXTS * room / 8 on, the first byte lowest */
};

/* More than a text can have, whatever its numbers are and however long its names. */
#define METRICS_BYTES_MACHINE UINT64_C(15360)
#define METRICS_BYTES_CORE    UINT64_C(7680)
#define METRICS_BYTES_CELL    UINT64_C(5888)
#define METRICS_BYTES_STREAM  UINT64_C(192)
#define METRICS_BYTES_BOOT    UINT64_C(2816)
/* boots: 1 where the health cell has the boot state, else 0. */
#define METRICS_BYTES(cores, cells, streams, boots)                                                          \
	(METRICS_BYTES_MACHINE + METRICS_BYTES_CORE * (cores) + METRICS_BYTES_CELL * (cells) +               \
	 METRICS_BYTES_STREAM * (streams) + METRICS_BYTES_BOOT * (boots))
/* The least channel with room for texts of so many bytes. */
#define METRICS_CHANNEL_SIZE(bytes)                                                                          \
	((sizeof(struct metrics_channel) + METRICS_TEXTS * (((uint64_t)(bytes) + 7) / 8 * 8) + 4095) /       \
	 4096 * 4096)

_Static_assert(sizeof(struct metrics_text) == 64, "layout");
_Static_assert(offsetof(struct metrics_channel, texts) == 64, "layout");
_Static_assert(offsetof(struct metrics_channel, words) == 192, "layout");

#endif
