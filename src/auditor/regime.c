// SPDX-License-Identifier: Apache-2.0
/*
 * regime.c - what VTCR_EL2, VTTBR_EL2 and TCR_EL2 mean for a walk, and which values are admitted.
 */
#include <inttypes.h>

#include "walk.h"

/* Arm ARM D17.2.150 VTCR_EL2, D17.2.139 TCR_EL2 (E2H = 0). Bits not named must be zero. */
#define VTCR_RES1   (UINT64_C(1) << 31)
#define VTCR_WALK   (UINT64_C(0x3) << 12 | UINT64_C(1) << 10 | UINT64_C(1) << 8) /* SH0, ORGN0, IRGN0 */
#define VTCR_FIELDS (UINT64_C(0x3f) | UINT64_C(0x3) << 6 | UINT64_C(0x7) << 16)	 /* T0SZ, SL0, PS */
#define VTCR_HA_HD  (UINT64_C(0x3) << 21)
#define TCR_RES1    (UINT64_C(1) << 31 | UINT64_C(1) << 23)
#define TCR_FIELDS  (UINT64_C(0x3f) | UINT64_C(0x7) << 16) /* T0SZ, PS */
#define TCR_HA_HD   (UINT64_C(0x3) << 21)
#define VTTBR_CNP   UINT64_C(1)
#define BADDR	    UINT64_C(0x0000fffffffffffe)

static unsigned int size_field_bits(uint64_t field)
{
	static const unsigned int bits[8] = {32, 36, 40, 42, 44, 48, 0, 0};

	return bits[field & 7];
}

/* The size field (PS) must be one that exists and that the least machine implements.
 * [impl->swr~audit-regime~1] */
static bool output_size(struct walk *walk, uint64_t field, unsigned int pa_bits)
{
	walk->output_bits = size_field_bits(field);
	if (!walk->output_bits || walk->output_bits > pa_bits) {
		violation(walk->report, RULE_REGIME, "%s: PS says %u bits, the board has %u", walk->who,
			  walk->output_bits, pa_bits);
		return false;
	}
	return true;
}

static bool root_usable(struct walk *walk)
{
	const uint64_t bytes = walk->root_entries * 8;
	const uint64_t align = bytes < 64 ? 64 : bytes;

	walk->root_pages = bytes <= 4096 ? 1 : (unsigned int)(bytes / 4096);
	if (walk->root_pa & (align - 1)) {
		violation(walk->report, RULE_REGIME, "%s: root 0x%" PRIx64 " isn't aligned to 0x%" PRIx64,
			  walk->who, walk->root_pa, align);
		return false;
	}
	return true;
}

static unsigned int level_shift(unsigned int level)
{
	return 12 + 9 * (3 - level);
}

/* [impl->swr~audit-regime~1] */
bool stage2_regime(struct walk *walk, uint64_t vtcr, uint64_t vttbr, unsigned int pa_bits)
{
	const unsigned int t0sz = vtcr & 0x3f, sl0 = vtcr >> 6 & 3;

	walk->stage2 = true;
	walk->root_pa = vttbr & BADDR;
	if (vttbr & VTTBR_CNP)
		violation(walk->report, RULE_VMID, "%s: VTTBR 0x%" PRIx64 " has CnP set", walk->who, vttbr);
	if (vtcr & VTCR_HA_HD)
		violation(walk->report, RULE_ACCESS_FLAG,
			  "%s: VTCR 0x%" PRIx64 " lets hardware update tables", walk->who, vtcr);
	if ((vtcr & ~(VTCR_FIELDS | VTCR_HA_HD)) != (VTCR_RES1 | VTCR_WALK)) {
		violation(walk->report, RULE_REGIME,
			  "%s: VTCR 0x%" PRIx64
			  " isn't 4 KiB pages, write-back inner-shareable walks, 8-bit VMID",
			  walk->who, vtcr);
		if (vtcr >> 14 & 3)
			return false; /* another granule: these tables mean something else */
	}
	if (!output_size(walk, vtcr >> 16, pa_bits))
		return false;
	if (t0sz < 16 || t0sz > 39 || sl0 == 3 || 64 - t0sz > pa_bits) {
		violation(walk->report, RULE_REGIME,
			  "%s: VTCR 0x%" PRIx64 ": T0SZ %u, SL0 %u can't be walked", walk->who, vtcr, t0sz,
			  sl0);
		return false;
	}
	/* At most 48 bits: level 0 has room for them. */
	walk->input_bits = 64 - t0sz;
	walk->first_level = 2 - sl0;
	if (walk->input_bits <= level_shift(walk->first_level) ||
	    walk->input_bits > level_shift(walk->first_level) + 13) {
		violation(walk->report, RULE_REGIME, "%s: VTCR 0x%" PRIx64 ": SL0 %u doesn't fit T0SZ %u",
			  walk->who, vtcr, sl0, t0sz);
		return false;
	}
	walk->root_entries = UINT64_C(1) << (walk->input_bits - level_shift(walk->first_level));
	return root_usable(walk);
}

/* [impl->swr~audit-regime~1] */
bool stage1_regime(struct walk *walk, uint64_t tcr, uint64_t root_pa, unsigned int pa_bits)
{
	walk->stage2 = false;
	walk->root_pa = root_pa;
	walk->use = TABLE_USE_EL2;
	if (tcr & TCR_HA_HD)
		violation(walk->report, RULE_ACCESS_FLAG, "%s: TCR 0x%" PRIx64 " lets hardware update tables",
			  walk->who, tcr);
	if ((tcr & ~(TCR_FIELDS | TCR_HA_HD)) != (TCR_RES1 | VTCR_WALK) || (tcr & 0x3f) != 25) {
		violation(walk->report, RULE_REGIME,
			  "%s: TCR 0x%" PRIx64
			  " isn't T0SZ 25, 4 KiB pages, write-back inner-shareable walks",
			  walk->who, tcr);
		return false;
	}
	if (!output_size(walk, tcr >> 16, pa_bits))
		return false;
	walk->input_bits = 39;
	walk->first_level = 1;
	walk->root_entries = 512;
	return root_usable(walk);
}
