/* SPDX-License-Identifier: Apache-2.0 */
/*
 * settle.c - a cell's first start, then stops and restarts, as its first core carries them out at rest, for
 * EVA: requests, orders and answers of others are unconstrained each time. The loop's fixed point covers
 * every history.
 */
#include <__fc_builtin.h>
#include "../../src/arch/arm64/gic.h"
#include "../../src/core/core.h"
#include "../../src/core/proofs.h"
#include "../../src/core/rate.h"
#include "memory.h"

#define AT(member)    ((u32)offsetof(struct eva_cell, member))
#define RAM_BYTES     0x500000 /* more than fill.c's slice */
#define LOW	      0x40000000
#define HIGH	      0x80000000
#define CHANNEL_BYTES (2 * BP_PAGE_SIZE)

/* Objects of their own, none longer than what lies in it, so that a byte too many is an alarm. */
static u8 low[RAM_BYTES], high[RAM_BYTES], shared[EVA_CHANNELS][CHANNEL_BYTES];
static u8 sliced[0x27fffd], behind[0x1005], last[0x8000];

static void memory_start(void)
{
	struct eva_cell *const r = &eva_record;

	r->regions[0] = (struct bp_region){.ipa = LOW, .va = (u64)low, .size = RAM_BYTES};
	r->regions[1] = (struct bp_region){.ipa = HIGH, .va = (u64)high, .size = RAM_BYTES};
	for (u32 i = 0; i < EVA_REGIONS; i++)
		r->regions[i].flags = eva_maybe() ? BP_REGION_KEEP : 0;
	/* In any order, and one where another ends. */
	r->images[0] = (struct bp_image){
		.va = (u64)behind, .size = sizeof(behind), .dest_ipa = LOW + sizeof(sliced)};
	r->images[1] = (struct bp_image){.va = (u64)sliced, .size = sizeof(sliced), .dest_ipa = LOW};
	r->images[2] = (struct bp_image){
		.va = (u64)last, .size = sizeof(last), .dest_ipa = HIGH + RAM_BYTES - sizeof(last)};
	Frama_C_make_unknown((char *)sliced, sizeof(sliced));
	Frama_C_make_unknown((char *)behind, sizeof(behind));
	Frama_C_make_unknown((char *)last, sizeof(last));
	for (u32 i = 0; i < EVA_IMAGES; i++)
		for (u32 byte = 0; byte < sizeof(r->images[i].digest); byte++)
			r->images[i].digest[byte] = (u8)eva_any();
	for (u32 i = 0; i < EVA_CHANNELS; i++) {
		r->channels[i].va = eva_maybe() ? (u64)shared[i] : 0;
		r->channels[i].size = CHANNEL_BYTES;
	}
	r->cell.regions = (struct bp_table){AT(regions), eva_below(EVA_REGIONS + 1)};
	r->cell.images = (struct bp_table){AT(images), eva_maybe() ? EVA_IMAGES : 0};
}

void arch_publish(void)
{
}

void eva_settle(void)
{
	eva_memory_start();
	memory_start();
	core_identify(0);
	gic_core_start();
	rate_start();
	(void)cell_settle(true);
	while (eva_maybe()) {
		eva_others_write();
		(void)proof_ask(eva_any(), eva_any(), eva_any()); /* a guest's last word may have been that */
		(void)cell_settle(false);
	}
}
