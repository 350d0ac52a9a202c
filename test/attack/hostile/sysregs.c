// SPDX-License-Identifier: Apache-2.0
/*
 * sysregs.c - every encoding of MRS, MSR, SYSL and SYS (op0 1 to 3), at EL1 and at EL0. What was read is
 * written back at once, so that the attack outlives itself.
 */
#include "hostile.h"

#define PER_ENCODING 4 /* reads and writes, at two levels */
#define STUB_BYTES   8

/* Place in the table, from op0:op1:CRn:CRm:op2. */
#define PLACE(op0, op1, crn, crm, op2)                                                                       \
	((op0) << 14 | (op1) << 11 | (crn) << 7 | (crm) << 3 | (op2)) - SYSREG_FIRST

struct sysreg_record sysreg_records[SYSREG_COUNT];
static u64 scratch[64] __attribute__((aligned(256))); /* for what works on a line of memory */

/* Without these as they are nothing would be tried after them. */
static bool is_vital(u32 n)
{
	static const u32 vital[] = {
		PLACE(3, 0, 1, 0, 0),  /* SCTLR_EL1 */
		PLACE(3, 0, 2, 0, 0),  /* TTBR0_EL1 */
		PLACE(3, 0, 2, 0, 2),  /* TCR_EL1 */
		PLACE(3, 0, 10, 2, 0), /* MAIR_EL1 */
		PLACE(3, 0, 12, 0, 0), /* VBAR_EL1 */
		PLACE(3, 0, 4, 2, 0),  /* SPSel */
		PLACE(3, 3, 4, 2, 1),  /* DAIF */
	};

	for (u32 i = 0; i < sizeof(vital) / sizeof(vital[0]); i++)
		if (vital[i] == n)
			return true;
	return false;
}

static u8 outcome(u32 class)
{
	if (class == EC_OVER)
		return SYSREG_DONE;
	return (u8)(class == EC_UNDEFINED ? SYSREG_UNDEFINED : SYSREG_OTHER | class);
}

static u8 read_at(u32 n, bool el0, u64 *value)
{
	struct regs regs = {0};
	const u32 class = try(&regs, (u64)(uintptr_t)sysreg_reads + STUB_BYTES * n, el0);

	*value = regs.x[0];
	return outcome(class);
}

static u8 write_at(u32 n, bool el0, u64 value)
{
	struct regs regs = {{value}, 0, 0, 0};

	return outcome(try(&regs, (u64)(uintptr_t)sysreg_writes + STUB_BYTES * n, el0));
}

/* SYS works on an address: of a line that may go, or of nothing. */
static u64 operand(u32 n, bool el0, bool readable, u64 old, u64 pass)
{
	const u64 line = (u64)(uintptr_t)scratch;

	if (n < PLACE(2, 0, 0, 0, 0))
		return random_below(2) ? (el0 ? space_el0(line) : line) : random_next();
	return readable && pass == 0 ? ~old : random_value(); /* every bit that can change, once */
}

static void visit(u32 n, bool el0, u64 pass)
{
	struct sysreg_record *record = &sysreg_records[n];
	u64 old, after;
	bool readable;

	record->read[el0] = read_at(n, el0, &old);
	record->value[el0] = old;
	readable = record->read[el0] == SYSREG_DONE;
	if (is_vital(n)) {
		record->write[el0] = write_at(n, el0, old);
		if (record->write[el0] == SYSREG_DONE)
			record->write[el0] = SYSREG_SAME;
		return;
	}
	record->write[el0] = write_at(n, el0, operand(n, el0, readable, old, pass));
	if (!readable || record->write[el0] != SYSREG_DONE)
		return;
	if (read_at(n, el0, &after) == SYSREG_DONE)
		record->write[el0] = after == old ? SYSREG_IGNORED : SYSREG_STORED;
	write_at(n, el0, old);
}

/* Whole rounds: at least one, and no fewer than `count` accesses. */
void attack_sysregs(u64 count)
{
	const u64 cntkctl = sysreg_read("cntkctl_el1");
	u64 pass = 0;

	do {
		for (u32 n = 0; n < SYSREG_COUNT; n++) {
			visit(n, false, pass);
			sysreg_write("cntkctl_el1", cntkctl | 0x303); /* EL0 may what it can */
			visit(n, true, pass);
			sysreg_write("cntkctl_el1", cntkctl);
			report.done += PER_ENCODING;
		}
		pass++;
	} while (report.done < count);
}
