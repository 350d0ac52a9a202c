// SPDX-License-Identifier: Apache-2.0
/*
 * fetches.c - instructions fetched from emulated pages and from memory of others, their data read and
 * written, and stage-1 tables walked there. Everything costs a memory violation, nothing comes back with a
 * value.
 */
#include "hostile.h"

#define EC_PC_ALIGNMENT 0x22u

static u64 target(bool *emulated)
{
	*emulated = random_below(2);
	if (*emulated) {
		const struct plan_page *page = &plan.pages[random_below(plan.page_count)];

		return page->ipa + random_below(page->size);
	}
	return plan.foreign[random_below(plan.foreign_count)] + random_below(4096);
}

static void fetch(u64 at, bool el0)
{
	struct regs regs = {0};
	u32 class;

	if (random_below(8))
		at &= ~UINT64_C(3);
	regs.x[0] = el0 ? space_el0(at) : at;
	class = try(&regs, (u64)(uintptr_t)jump, el0);
	if (!was_external(&regs) && class != EC_PC_ALIGNMENT)
		wrong(WRONG_EXECUTED, at, regs.esr, el0);
}

static void data(u64 at, bool el0, bool write)
{
	struct regs regs = {0};

	at &= ~UINT64_C(7);
	regs.x[0] = el0 ? space_el0(at) : at;
	regs.x[2] = random_value();
	try(&regs, (u64)(uintptr_t)(write ? store : load), el0);
	if (!was_external(&regs))
		wrong(WRONG_STORED, at, regs.x[2], regs.esr);
}

/* The walk is stage 1's, the fault stage 2's. */
static void walk(u64 at, bool execute)
{
	struct regs regs = {0};

	space_upper(true, at & ~UINT64_C(4095));
	regs.x[0] = SPACE_UPPER + random_below(UINT64_C(1) << 39);
	regs.x[0] &= ~UINT64_C(7);
	try(&regs, (u64)(uintptr_t)(execute ? jump : load), false);
	if (!was_external(&regs))
		wrong(WRONG_STORED, at, regs.x[2], regs.esr);
	space_upper(false, 0);
}

void attack_fetches(u64 count)
{
	for (; report.done < count; report.done++) {
		bool emulated;
		const u64 at = target(&emulated);
		const bool el0 = random_below(4) == 0;

		switch (random_below(8)) {
		case 0:
			walk(at, random_below(2));
			break;
		case 1:
		case 2:
			if (!emulated) {
				data(at, el0, random_below(2));
				break;
			}
			/* fall through */
		default:
			fetch(at, el0);
			break;
		}
	}
}
