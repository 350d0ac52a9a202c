/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fixture.h - a plan made by hand, as the front end would make it, for the tests of the back end.
 *
 * Three cells on board.dts: health (core 0), linux (cores 1, 2: pl031, gpio, nic, clocks), control
 * (core 3, direct), and a doorbell channel from linux to control. bulkhead.bin is a fake made to
 * src/blueprint/image.h.
 */
#ifndef BULKHEAD_TEST_EMIT_FIXTURE_H
#define BULKHEAD_TEST_EMIT_FIXTURE_H

#include "../../../src/compiler/layout.h"

#define FIXTURE_LOAD_PA	      UINT64_C(0xa0200000)
#define FIXTURE_CONSTANTS_IPA UINT64_C(0x100000000)
#define FIXTURE_FILE_SIZE     UINT64_C(0x7000)

enum { FIXTURE_HEALTH, FIXTURE_LINUX, FIXTURE_CONTROL, FIXTURE_CELLS };

struct plan *fixture_plan(void);
struct device *fixture_device(struct plan *plan, const char *path);

/* Translation by the tables in the arena, written apart from the code under test. */
struct walk {
	bool mapped;
	uint64_t pa, attributes, block;
};
struct walk fixture_walk(const struct arena *arena, uint64_t root_pa, uint64_t root_pages, uint64_t input);

/* Every mapping of a table, in order of input address. Returns how many; the array is malloc'd. */
struct leaf {
	uint64_t input, pa, size, attributes;
};
size_t fixture_leaves(const struct arena *arena, uint64_t root_pa, uint64_t root_pages, struct leaf **leaves);

/* Descriptor bits (Arm ARM D8.3), apart from pagetable.h's. */
#define BIT_XN		    (UINT64_C(1) << 54)
#define BIT_AF		    (UINT64_C(1) << 10)
#define BIT_DBM		    (UINT64_C(1) << 51)
#define BIT_CONTIGUOUS	    (UINT64_C(1) << 52)
#define STAGE2_ATTR(bits)   ((bits) >> 2 & 15)
#define STAGE2_ACCESS(bits) ((bits) >> 6 & 3) /* 1 read, 3 read and write */
#define STAGE1_IS_RO(bits)  ((bits) >> 7 & 1)
#define STAGE1_ATTR(bits)   ((bits) >> 2 & 7)
#define SHAREABLE(bits)	    ((bits) >> 8 & 3)

#endif
