// SPDX-License-Identifier: Apache-2.0
/*
 * descriptor.c - one translation table descriptor, 4 KiB granule, 48-bit (Arm ARM D8.3).
 *
 * What the architecture reserves is a violation; bits that hardware ignores (58:55, and in table
 * descriptors 58:52, 11:2) are not: they change no translation.
 */
#include <inttypes.h>

#include "walk.h"

#define BIT(n)		   (UINT64_C(1) << (n))
#define DESCRIPTOR_ADDRESS UINT64_C(0x0000fffffffff000)
#define LEAF_AF		   BIT(10)
#define LEAF_NT		   BIT(16) /* blocks only; FEAT_BBM */
#define LEAF_DBM	   BIT(51)
#define LEAF_CONTIGUOUS	   BIT(52)
#define UPPER_RES0	   (BIT(48) | BIT(49) | BIT(50))
#define PBHA		   (UINT64_C(0xf) << 59)
#define STAGE1_AP1	   BIT(6) /* RES1: EL2 has one privilege level */
#define STAGE1_READ_ONLY   BIT(7)
#define STAGE1_NG	   BIT(11)
#define STAGE1_PXN	   BIT(53)
#define XN		   BIT(54)
#define SHARE_INNER	   3u

uint64_t output_address(uint64_t descriptor, unsigned int level)
{
	const uint64_t low = (UINT64_C(1) << (12 + 9 * (3 - level))) - 1;

	return descriptor & DESCRIPTOR_ADDRESS & ~low;
}

static void reserved(const struct walk *walk, uint64_t descriptor, unsigned int level, uint64_t va,
		     const char *what)
{
	violation(walk->report, RULE_DESCRIPTOR, "%s: 0x%" PRIx64 ": level %u descriptor 0x%" PRIx64 ": %s",
		  walk->who, va, level, descriptor, what);
}

/* Reserved and must-be-zero bits that all leaves share.  [impl->swr~audit-descriptors~1] */
static void leaf_reserved(const struct walk *walk, uint64_t descriptor, unsigned int level, uint64_t va)
{
	const uint64_t low = (UINT64_C(1) << (12 + 9 * (3 - level))) - 1;

	if (descriptor & UPPER_RES0)
		reserved(walk, descriptor, level, va, "bits 50:48 are reserved");
	if (descriptor & DESCRIPTOR_ADDRESS & low & ~LEAF_NT)
		reserved(walk, descriptor, level, va, "block address isn't aligned to the block");
	if (level < 3 && descriptor & LEAF_NT)
		reserved(walk, descriptor, level, va, "nT is set");
	if (descriptor & (PBHA | BIT(63)))
		reserved(walk, descriptor, level, va, "bits 63:59 are set");
	if (output_address(descriptor, level) >> walk->output_bits)
		reserved(walk, descriptor, level, va, "address is larger than the physical address size");
}

/* [impl->swr~audit-access-flags~1] */
static void leaf_flags(const struct walk *walk, uint64_t descriptor, uint64_t va)
{
	if (!(descriptor & LEAF_AF))
		violation(walk->report, RULE_ACCESS_FLAG, "%s: 0x%" PRIx64 ": access flag isn't preset",
			  walk->who, va);
	if (descriptor & LEAF_DBM)
		violation(walk->report, RULE_ACCESS_FLAG, "%s: 0x%" PRIx64 ": DBM is set", walk->who, va);
	if (descriptor & LEAF_CONTIGUOUS)
		violation(walk->report, RULE_ACCESS_FLAG, "%s: 0x%" PRIx64 ": contiguous is set", walk->who,
			  va);
}

/* Normal write-back memory must be inner shareable, or caches of other cores see nothing of it.
 * [impl->swr~audit-memory-types~1] */
static uint32_t shared_type(const struct walk *walk, uint32_t type, uint64_t descriptor, uint64_t va)
{
	const unsigned int share = descriptor >> 8 & 3;

	if (share == 1 && type != ATTR_DEVICE) {
		violation(walk->report, RULE_DESCRIPTOR, "%s: 0x%" PRIx64 ": shareability 1 is reserved",
			  walk->who, va);
	} else if (type == ATTR_NORMAL && share != SHARE_INNER) {
		violation(walk->report, RULE_MEMORY_TYPE,
			  "%s: 0x%" PRIx64 ": write-back but not inner shareable", walk->who, va);
	}
	return type;
}

static uint32_t stage2_attrs(const struct walk *walk, uint64_t descriptor, unsigned int level, uint64_t va)
{
	/* MemAttr without FWB (Arm ARM D8.5.5): Device-nGnRE, as EL2 maps devices; NC; write-back. */
	static const uint32_t types[16] = {[1] = ATTR_DEVICE, [5] = ATTR_NONCACHE, [15] = ATTR_NORMAL};
	const unsigned int memattr = descriptor >> 2 & 0xf, s2ap = descriptor >> 6 & 3;
	const uint32_t type = types[memattr] ? types[memattr] : ATTR_OTHER;
	uint32_t attrs = shared_type(walk, type, descriptor, va);

	if ((memattr & 3) == 0 && memattr)
		reserved(walk, descriptor, level, va, "MemAttr is reserved");
	if (descriptor & BIT(53))
		reserved(walk, descriptor, level, va, "XN[0] needs FEAT_XNX");
	if (descriptor & BIT(11))
		reserved(walk, descriptor, level, va, "bit 11 is reserved");
	attrs |= s2ap & 1 ? ATTR_READ : 0;
	attrs |= s2ap & 2 ? ATTR_WRITE : 0;
	attrs |= descriptor & XN ? 0 : ATTR_EXEC;
	return attrs;
}

static uint32_t stage1_attrs(const struct walk *walk, uint64_t descriptor, unsigned int level, uint64_t va)
{
	/* BP_MAIR_EL2: the other five indices are zero bytes, which nobody meant. */
	static const uint32_t types[8] = {ATTR_NORMAL, ATTR_DEVICE, ATTR_NONCACHE, ATTR_OTHER,
					  ATTR_OTHER,  ATTR_OTHER,  ATTR_OTHER,	   ATTR_OTHER};
	uint32_t attrs = shared_type(walk, types[descriptor >> 2 & 7], descriptor, va);

	if (!(descriptor & STAGE1_AP1))
		reserved(walk, descriptor, level, va, "AP[1] is RES1 at EL2");
	if (descriptor & (STAGE1_NG | STAGE1_PXN | BIT(5)))
		reserved(walk, descriptor, level, va, "NS, nG and PXN are RES0 at EL2");
	attrs |= ATTR_READ;
	attrs |= descriptor & STAGE1_READ_ONLY ? 0 : ATTR_WRITE;
	attrs |= descriptor & XN ? 0 : ATTR_EXEC;
	return attrs;
}

uint32_t leaf_attrs(const struct walk *walk, uint64_t descriptor, unsigned int level, uint64_t va)
{
	leaf_reserved(walk, descriptor, level, va);
	leaf_flags(walk, descriptor, va);
	return walk->stage2 ? stage2_attrs(walk, descriptor, level, va)
			    : stage1_attrs(walk, descriptor, level, va);
}

/* Hierarchical controls (63:59) are refused rather than followed: leaves alone say what is admitted.
 * [impl->swr~audit-descriptors~1] */
bool table_sound(const struct walk *walk, uint64_t descriptor, unsigned int level, uint64_t va)
{
	if (descriptor & UPPER_RES0 || descriptor >> 59) {
		reserved(walk, descriptor, level, va, "table bits 63:59 and 50:48 must be zero");
		return false;
	}
	if ((descriptor & DESCRIPTOR_ADDRESS) >> walk->output_bits) {
		reserved(walk, descriptor, level, va,
			 "table address is larger than the physical address size");
		return false;
	}
	return true;
}
