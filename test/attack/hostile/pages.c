// SPDX-License-Identifier: Apache-2.0
/*
 * pages.c - the emulated pages (distributor, redistributors, UART): loads and stores of every form, width and
 * alignment, at EL1 and EL0, through Normal and device mappings, with any value.
 */
#include "hostile.h"

#define STUB_BYTES   8
#define GICD_BITS    0x080u /* one bit an interrupt, */
#define GICD_GROUP   0x080u /* apart, */
#define GICD_BYTES   0x400u /* one byte, */
#define GICD_PAIRS   0xc00u /* two bits */
#define GICD_END     0xd00u
#define GICD_IROUTER 0x6000u
#define SGI_FRAME    0x10000u
#define FIRST_SPI    32u

enum { FORM_DONE, FORM_EXTERNAL, FORM_UNDEFINED, FORM_OTHER };

/* Where the state of an interrupt is that somebody owns. */
static u64 offset_of_interrupt(u32 kind)
{
	const u64 intid = kind == PAGE_GICR ? random_below(FIRST_SPI) : random_interrupt(plan.anyones);
	const u64 frame = kind == PAGE_GICR ? SGI_FRAME : 0;

	switch (random_below(8)) {
	case 0:
		return frame + GICD_BYTES + intid;
	case 1:
		return frame + GICD_PAIRS + intid / 16 * 4;
	case 2:
		return frame + GICD_IROUTER + intid * 8;
	default:
		return frame + GICD_BITS + GICD_GROUP * random_below(7) + intid / 32 * 4;
	}
}

static u64 offset_of(const struct plan_page *page)
{
	u64 offset;

	if (page->kind != PAGE_PL011 && random_below(2))
		return offset_of_interrupt(page->kind) % page->size;
	switch (random_below(8)) {
	case 0: /* anywhere */
		offset = random_below(page->size);
		break;
	case 1: /* across the end of a page, or of all */
		offset = (random_below(page->size >> 12) + 1) * 4096 - 1 - random_below(16);
		break;
	case 2: /* identification */
		offset = (random_below(page->size >> 12) + 1) * 4096 - 4 * (1 + random_below(16));
		break;
	case 3:
		offset = GICD_IROUTER + random_below(0x2000);
		break;
	case 4:
	case 5:
		offset = SGI_FRAME + random_below(GICD_END);
		break;
	default:
		offset = random_below(GICD_END);
		break;
	}
	offset %= page->size;
	return random_below(4) ? offset & ~UINT64_C(3) : offset;
}

/* The distributor has none of the first 32 interrupts (affinity routing). */
static u32 owned_word(u32 kind, u64 word)
{
	return word == 0 && kind == PAGE_GICD ? 0 : plan.owned[word % 32];
}

/* Bits of a word at `offset` that are this cell's interrupts'. All of them where it has no bits of them. */
static u32 owned_bits(u32 kind, u64 offset)
{
	u64 at = offset;
	u32 bits = 0;

	if (kind == PAGE_PL011 || offset % 4 || (kind == PAGE_GICR && offset < SGI_FRAME))
		return ~UINT32_C(0);
	if (kind == PAGE_GICR)
		at -= SGI_FRAME;
	if (at < GICD_BITS || at >= GICD_END)
		return ~UINT32_C(0);
	if (at < GICD_BYTES)
		return owned_word(kind, (at & 0x7f) / 4);
	for (u32 i = 0; i < 4 && at < GICD_BYTES + 0x400; i++) {
		const u64 intid = at - GICD_BYTES + i;

		if (owned_word(kind, intid / 32) >> intid % 32 & 1)
			bits |= UINT32_C(0xff) << 8 * i;
	}
	for (u32 i = 0; i < 16 && at >= GICD_PAIRS; i++) {
		const u64 intid = (at - GICD_PAIRS) * 4 + i;

		if (owned_word(kind, intid / 32) >> intid % 32 & 1)
			bits |= UINT32_C(3) << 2 * i;
	}
	return bits;
}

static void account(u32 form, u32 class, const struct regs *regs)
{
	if (class == EC_OVER)
		report.forms[form][FORM_DONE]++;
	else if (was_external(regs))
		report.forms[form][FORM_EXTERNAL]++;
	else if (class == EC_UNDEFINED)
		report.forms[form][FORM_UNDEFINED]++;
	else
		report.forms[form][FORM_OTHER]++;
}

static void access(const struct plan_page *page, u32 form, u64 offset, bool el0)
{
	struct regs regs = {0};
	const u64 at = page->ipa + offset;
	u32 class;

	regs.x[0] = random_below(2) ? space_device(at, el0) : el0 ? space_el0(at) : at;
	for (u32 i = 2; i < 6; i++)
		regs.x[i] = random_value();
	regs.x[30] = random_value();
	class = try(&regs, (u64)(uintptr_t)forms + (u64)STUB_BYTES * form, el0);
	account(form, class, &regs);
	if (class == EC_OVER && form_kinds[form] == FORM_BLIND)
		wrong(WRONG_SUCCEEDED, form, at, el0);
	if (class == EC_OVER && form_kinds[form] == FORM_WORD &&
	    (regs.x[2] & ~owned_bits(page->kind, offset)))
		wrong(WRONG_FOREIGN_BITS, at, regs.x[2], owned_bits(page->kind, offset));
}

void attack_pages(u64 count)
{
	const u64 form_count = ((u64)(uintptr_t)forms_end - (u64)(uintptr_t)forms) / STUB_BYTES;

	for (; report.done < count; report.done++) {
		const struct plan_page *page = &plan.pages[random_below(plan.page_count)];
		/* Half are plain words, whose answers are looked at. */
		const u32 form = (u32)random_below(random_below(2) ? form_count : 2);

		access(page, form, offset_of(page), random_below(4) == 0);
	}
}
