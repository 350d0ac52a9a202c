// SPDX-License-Identifier: Apache-2.0
/*
 * stream_tables.c - changes of stream tables, and what each StreamID does then: every one is looked up,
 * before and after, as the SMMU would (Arm IHI 0070, 5.1, 5.2).
 */
#include <stdio.h>
#include <string.h>

#include "mutant.h"

#define BIT(n)	 (UINT64_C(1) << (n))
#define WORDS	 8u
#define LIVE	 UINT64_C(0xd) /* V, Config: stage 2 alone */
#define CONFIG	 UINT64_C(0xf)
#define MERGED	 BIT(19)		/* of word 1: like faults are one event */
#define VMID	 UINT64_C(0xffff)	/* of word 2, as what follows */
#define SIZE	 (UINT64_C(0xff) << 32) /* T0SZ, SL0 */
#define WALKS	 (UINT64_C(0xff) << 40) /* cacheability, shareability, granule */
#define LENGTH	 (UINT64_C(7) << 48)
#define HARMLESS (BIT(53) | BIT(54)) /* access flags are set; no stage 1 to protect */

/* In the image as it is, or in the good one. */
static const uint64_t *entry_of(const struct specimen *s, const uint8_t *fit, uint32_t sid)
{
	const unsigned int split = s->smmu->strtab_base_cfg >> 6 & 0x1f;
	const uint64_t address = UINT64_C(0x000fffffffffffc0);
	const uint64_t *word =
		specimen_word(s, (s->smmu->strtab_base & address) + (sid >> split) * UINT64_C(8));
	uint64_t one;

	memcpy(&one, fit + ((const uint8_t *)word - s->fit), 8);
	/* Not as long as the split, or not aligned to its size: the SMMU would look elsewhere. */
	if ((one & 0x1f) != split + 1 || one & address & ((UINT64_C(64) << split) - 1))
		return NULL;
	word = specimen_word(s, (one & address) + (sid & ((1u << split) - 1)) * UINT64_C(64));
	return word ? (const uint64_t *)(fit + ((const uint8_t *)word - s->fit)) : NULL;
}

static const struct bp_stream *stream_of(const struct specimen *s, uint32_t sid)
{
	for (uint32_t i = 0; i < s->service->streams.count; i++)
		if (s->streams[i].sid == sid)
			return &s->streams[i];
	return NULL;
}

static void owned_judge(struct oracle *o, const uint64_t *was, const uint64_t *is)
{
	uint64_t changed = was[2] ^ is[2];

	if ((is[0] & CONFIG) != LIVE || (was[1] ^ is[1]) & ~MERGED)
		o->broken[RULE_STREAMS] = true;
	if (is[0] != was[0])
		o->broken[RULE_STREAM_LISTS] = true;
	if (changed & (SIZE | WALKS) || (is[2] & LENGTH) > (was[2] & LENGTH))
		o->broken[RULE_REGIME] = true;
	if (changed & ~(SIZE | WALKS | LENGTH | HARMLESS))
		o->broken[RULE_STREAMS] = true;
	if (is[3] != was[3])
		o->broken[RULE_DMA] = true;
}

void oracle_streams(struct oracle *o, const struct specimen *s)
{
	for (uint32_t sid = 0; sid < STREAMS(s); sid++) {
		const uint64_t *const was = entry_of(s, s->pristine, sid), *const is =
										   entry_of(s, s->fit, sid);

		if (!is)
			o->broken[RULE_STREAMS] = true;
		else if (!stream_of(s, sid))
			o->broken[RULE_STREAMS] |= (is[0] & CONFIG) != BP_STE_ABORT;
		else if ((const uint8_t *)is - s->fit != (const uint8_t *)was - s->pristine)
			o->broken[RULE_STREAM_LISTS] = true; /* the service core would write elsewhere */
		if (is && stream_of(s, sid))
			owned_judge(o, was, is);
	}
}

static uint32_t owned_draw(const struct specimen *s)
{
	return s->streams[chance(s->service->streams.count)].sid;
}

static uint64_t table_draw(const struct specimen *s, uint64_t value)
{
	const uint32_t c = (uint32_t)chance(s->cells);

	switch (chance(5)) {
	case 0:
		return s->dma_root[c] ? s->dma_root[c] : value + 4096;
	case 1:
		return s->cell[c]->vttbr & UINT64_C(0x0000fffffffff000);
	case 2:
		return value + (chance(2) ? 4096 : -UINT64_C(4096));
	case 3:
		return s->blueprint_pa + chance(s->blueprint_size / 4096) * 4096;
	default:
		return value ^ BIT(4 + chance(48));
	}
}

/* One bit, or one field, of an entry that a cell has. */
static void owned_change(struct specimen *s, uint64_t *ste)
{
	switch (chance(9)) {
	case 0:
		ste[0] ^= BIT(chance(4));
		break;
	case 1:
		ste[0] ^= BIT(chance(64));
		break;
	case 2: /* ATS, attributes replaced, privileges; MEV */
		ste[1] ^= BIT(((const unsigned int[]){19, 28, 29, 32, 33, 34, 35, 36, 44, 45, 48, 49, 50,
						      51})[chance(14)]);
		break;
	case 3:
		ste[2] = (ste[2] & ~VMID) | (chance(2) ? chance(s->cells) + 1 : chance(0x10000));
		break;
	case 4:
		ste[2] ^= (1 + chance(0xff)) << 40;
		break;
	case 5: /* more addresses than the board has */
		ste[2] = (ste[2] & ~(UINT64_C(0x3f) << 32)) | (16 + chance(8)) << 32;
		break;
	case 6:
		ste[2] = (ste[2] & ~LENGTH) | chance(8) << 48;
		break;
	case 7:
		ste[2] ^= BIT(((const unsigned int[]){25, 51, 52, 53, 54, 55, 56, 57, 58})[chance(9)]);
		break;
	default:
		ste[3] = table_draw(s, ste[3]);
		break;
	}
}

static void level_one_change(struct specimen *s)
{
	const unsigned int split = s->smmu->strtab_base_cfg >> 6 & 0x1f;
	uint64_t *const table = specimen_word(s, s->smmu->strtab_base & UINT64_C(0x000fffffffffffc0));
	const uint32_t count = STREAMS(s) >> split;
	uint64_t *const entry = &table[chance(count)];

	switch (chance(5)) {
	case 0:
		*entry = table[chance(count)];
		break;
	case 1:
		*entry += chance(2) ? 4096 : -UINT64_C(4096);
		break;
	case 2:
		*entry = (*entry & ~UINT64_C(0x1f)) | chance(0x20);
		break;
	case 3:
		*entry = (*entry & 0x1f) | (s->blueprint_pa + chance(s->blueprint_size / 0x4000) * 0x4000);
		break;
	default:
		*entry ^= BIT(chance(2) ? chance(5) : 6 + chance(46));
		break;
	}
}

bool stream_change(struct oracle *o, struct specimen *s, char *what, size_t size)
{
	const uint32_t sid = (uint32_t)chance(STREAMS(s)), one = s->smmu ? owned_draw(s) : 0;
	const unsigned int draw = (unsigned int)chance(8);
	uint64_t *const ste = specimen_stream(s, sid), *const own = specimen_stream(s, one),
			*const other = specimen_stream(s, owned_draw(s));
	uint64_t copy[WORDS];

	(void)snprintf(what, size, "stream table (%u): StreamID %#x or %#x", draw, sid, one);
	switch (draw) {
	case 0: /* two change places */
		memcpy(copy, own, sizeof(copy));
		memcpy(own, other, sizeof(copy));
		memcpy(other, copy, sizeof(copy));
		break;
	case 1: /* a stranger's is like a cell's */
		memcpy(ste, own, sizeof(copy));
		break;
	case 2: /* a stranger's; one table serves all that nobody has a stream of */
		if (stream_of(s, sid))
			return false;
		if (chance(2))
			ste[0] ^= BIT(chance(4));
		else
			ste[1 + chance(WORDS - 1)] ^= BIT(chance(64));
		break;
	case 3:
		level_one_change(s);
		break;
	default:
		owned_change(s, own);
		break;
	}
	oracle_streams(o, s);
	return true;
}
