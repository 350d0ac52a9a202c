/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sysregs.c - trapped system registers: what sysregs_table.h says of each, Undefined for the rest.
 */
#include "sysregs.h"
#include "exits.h"
#include "vgic.h"

#define DFR0_PMUVER 8

/* A place in op0, op1, CRn, CRm, op2 order. */
#define PLACE(op0, op1, crn, crm, op2) ((op0) << 14 | (op1) << 11 | (crn) << 7 | (crm) << 3 | (op2))

enum reading { READS_UNDEFINED, READS_VALUE, READS_HOST };

struct row {
	u64 (*host)(void);
	u64 value; /* what is read, or the most that each field of 4 bits shows of the CPU's */
	u16 first, last;
	u8 reading; /* enum reading */
	bool write_ignored;
};

#define READ_VALUE(constant)  .reading = READS_VALUE, .value = (constant)
#define READ_NONE	      .reading = READS_UNDEFINED
#define READ_OWN	      READ_NONE
#define READ_COUNT	      READ_NONE
#define READ_CONTEXT	      READ_NONE
#define WRITE_IGNORE	      .write_ignored = true
#define WRITE_NONE	      .write_ignored = false
#define WRITE_COUNT	      WRITE_NONE
#define WRITE_CONTEXT	      WRITE_NONE
#define WRITE_SEND	      WRITE_NONE
#define WRITE_DEACTIVATE      WRITE_NONE

#define PASS(name, bit)	      MOST(name, bit, 15)
#define MOST(name, bit, most) | UINT64_C(most) << (bit)
#define WORD		      | UINT64_C(0xffffffff)
#define ALL		      | ~UINT64_C(0)

/* The CPU's own values, a function each. */
#define HOST(name, op0, op1, crn, crm, op2, control, fields)                                                 \
	static u64 host_##name(void)                                                                         \
	{                                                                                                    \
		return sysreg_read(S##op0##_##op1##_C##crn##_C##crm##_##op2);                                \
	}
#define ROW(...)
#define RANGE(...)
#include "sysregs_table.h"
#undef HOST
#undef ROW
#undef RANGE

#define HOST(name, op0, op1, crn, crm, op2, control, fields)                                                 \
	{.host = host_##name,                                                                                \
	 .value = 0 fields,                                                                                  \
	 .first = PLACE(op0, op1, crn, crm, op2),                                                            \
	 .last = PLACE(op0, op1, crn, crm, op2),                                                             \
	 .reading = READS_HOST},
#define RANGE(name, op0, op1, crn, crm, op2, last_crn, last_crm, last_op2, control, read, write)             \
	{.first = PLACE(op0, op1, crn, crm, op2),                                                            \
	 .last = PLACE(op0, op1, last_crn, last_crm, last_op2),                                              \
	 READ_##read,                                                                                        \
	 WRITE_##write},
#define ROW(name, op0, op1, crn, crm, op2, control, read, write)                                             \
	RANGE(name, op0, op1, crn, crm, op2, crn, crm, op2, control, read, write)

static const struct row rows[] = {
#include "sysregs_table.h"
};

static const struct row *row_find(u32 place)
{
	u32 low = 0, high = ARRAY_SIZE(rows) - 1; /* whose end is that of all encodings */

	while (low < high) {
		const u32 middle = (low + high) / 2;

		if (rows[middle].last < place)
			low = middle + 1;
		else
			high = middle;
	}
	return rows[low].first <= place ? &rows[low] : NULL;
}

/* No field above its limit: what the architecture adds later stays hidden. */
static u64 limited(u64 value, u64 limits)
{
	u64 shown = 0;

	for (unsigned int bit = 0; bit < 64; bit += 4) {
		const u64 has = field(value, bit, 4), most = field(limits, bit, 4);

		shown |= (has < most ? has : most) << bit;
	}
	return shown;
}

static u64 row_value(const struct row *row)
{
	u64 value, limits = row->value;

	if (row->reading == READS_VALUE)
		return row->value;
	value = row->host();
	/* Counters for a cell that has them, and none of the implementer's own (15). */
	if (row->host == host_ID_AA64DFR0_EL1 &&
	    (!(this_cell->flags & BP_CELL_PMU) || field(value, DFR0_PMUVER, 4) == 15))
		limits &= ~(UINT64_C(15) << DFR0_PMUVER);
	return limited(value, limits);
}

/* [impl->swr~sysregs-allowlisted~1] */
enum outcome sysreg_trap(struct exit *exit, u64 esr)
{
	const bool read = esr & ISS_READ;
	const struct row *row;

	if (!exit_has(exit, ISS_RT(esr)))
		return OUTCOME_WHOLE;
	if (sysreg_is_sgi(esr)) {
		exit->reason = EXIT_SGI;
		vgic_send_sgi(exit_register(exit, ISS_RT(esr)));
		return OUTCOME_NEXT;
	}
	if ((esr & (ISS_REGISTER | ISS_READ)) == ISS_DIR) {
		vgic_deactivate(exit_register(exit, ISS_RT(esr)));
		return OUTCOME_NEXT;
	}
	row = row_find(PLACE(field(esr, 20, 2), field(esr, 14, 3), field(esr, 10, 4), field(esr, 1, 4),
			     field(esr, 17, 3)));
	if (row && read && row->reading != READS_UNDEFINED) {
		exit_register_set(exit, ISS_RT(esr), row_value(row));
		return OUTCOME_NEXT;
	}
	return row && !read && row->write_ignored ? OUTCOME_NEXT : OUTCOME_UNDEFINED;
}
