/* SPDX-License-Identifier: Apache-2.0 */
/*
 * palette.h - sets of cache colours, and the pages that have one of them.
 *
 * Pages of different colours never meet in a set of the caches that cores share (cache.c finds how many
 * colours there are); page n of memory has colour n modulo that number. A NULL palette is memory
 * without colours: every page is in it.
 */
#ifndef BULKHEAD_PALETTE_H
#define BULKHEAD_PALETTE_H

#include <stdbool.h>
#include <stdint.h>

#define COLORS_MOST 1024u /* of a machine: a cache of 64 MiB in 16 ways */

struct palette {
	uint32_t colors; /* of the machine, a power of two */
	uint32_t count;	 /* of these in the palette: at least one */
	bool has[COLORS_MOST];
};

/* Pages of a palette, in order, from the first at or above an address; one piece is contiguous. */
struct run {
	const struct palette *palette;
	uint64_t offset;   /* of the piece in the whole */
	uint64_t pa, size; /* of the piece; size 0: behind the last */
	uint64_t left;	   /* bytes behind the piece */
};

struct run run_first(const struct palette *palette, uint64_t pa, uint64_t size);
void run_next(struct run *run);

/* The address of byte `offset` of what run_first(palette, pa, ...) goes through. */
uint64_t palette_at(const struct palette *palette, uint64_t pa, uint64_t offset);

/* Where the pages that run_first(palette, pa, size) goes through end. */
uint64_t palette_end(const struct palette *palette, uint64_t pa, uint64_t size);

/* Bytes between two pages of one colour. */
uint64_t palette_period(const struct palette *palette);

/* Bytes of memory, from a multiple of the period on, that hold `size` bytes of the palette. */
uint64_t palette_extent(const struct palette *palette, uint64_t size);

/* Pages of a palette that are taken from the lowest on. */
struct lane {
	const struct palette *palette;
	uint64_t next;	   /* no page below is free */
	uint64_t taken;	   /* bytes, without the gaps */
	uint64_t short_of; /* bytes that it was asked for together, and never has together; 0: none */
};

/* The next `size` bytes that lie together, at a multiple of `alignment`. */
uint64_t lane_take(struct lane *lane, uint64_t size, uint64_t alignment);

/* The next `size` bytes in pieces: the start of what run_first() goes through. */
uint64_t lane_scatter(struct lane *lane, uint64_t size);

#endif
