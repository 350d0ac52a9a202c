/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sysregs.c - trapped system registers: a row for each that a guest may touch, Undefined for the rest.
 *
 * ID registers show the CPU less what is withheld: SVE, SME, MTE, RAS, AMU, SPE, trace, PMU, MPAM,
 * nested virtualization, LORegions. The mask keeps the named fields; others read as zero.
 */
#include "sysregs.h"
#include "../../core/core.h"
#include "sysreg.h"
#include "vgic.h"

/* op0, op1, CRn, CRm, op2 as they stand in ISS for EC 0x18 (Arm ARM D17.2.37), direction and Rt left out. */
#define REG(op0, op1, crn, crm, op2)                                                                         \
	((u32)(op0) << 20 | (u32)(op2) << 17 | (u32)(op1) << 14 | (u32)(crn) << 10 | (u32)(crm) << 1)
#define ISS_REGISTER	  UINT32_C(0x3ffc1e)
#define ISS_READ	  BIT(0)
#define ISS_RT(esr)	  ((u32)field(esr, 5, 5))

#define NIBBLE(n)	  (UINT64_C(15) << (n))

#define REG_ICC_SGI1R	  REG(3, 0, 12, 11, 5)
#define REG_ICC_ASGI1R	  REG(3, 0, 12, 11, 6)
#define REG_ICC_SGI0R	  REG(3, 0, 12, 11, 7)
#define REG_ICC_SRE	  REG(3, 0, 12, 12, 5)
#define REG_ACTLR	  REG(3, 0, 1, 0, 1)
#define REG_MDSCR	  REG(2, 0, 0, 2, 2)
#define REG_OSLAR	  REG(2, 0, 1, 0, 4)
#define REG_OSLSR	  REG(2, 0, 1, 1, 4)
#define REG_OSDLR	  REG(2, 0, 1, 3, 4)
#define REG_DBGPRCR	  REG(2, 0, 1, 4, 4)
#define REG_DBGAUTHSTATUS REG(2, 0, 7, 14, 6)
#define REG_MDRAR	  REG(2, 0, 1, 0, 0)

static u64 id_aa64pfr0(void)
{
	const u64 value = sysreg_read(id_aa64pfr0_el1);
	/* At 2 and above SCXTNUM_ELx exists, which traps. */
	const u64 csv2 = field(value, 56, 4) ? UINT64_C(1) << 56 : 0;

	/* EL0, EL1 (AArch64 alone), FP, AdvSIMD, GIC, DIT, CSV2, CSV3; EL2 and EL3 absent. */
	return (value & (NIBBLE(0) | NIBBLE(16) | NIBBLE(20) | NIBBLE(24) | NIBBLE(48) | NIBBLE(60))) | csv2 |
	       UINT64_C(1) << 4;
}

static u64 id_aa64pfr1(void)
{
	return sysreg_read(id_aa64pfr1_el1) & (NIBBLE(0) | NIBBLE(4)); /* BT, SSBS */
}

static u64 id_aa64dfr0(void)
{
	/* What later versions add is hidden by the fine-grained traps that come with them. */
	const u64 version = pmu_version() > PMU_V3P8 ? PMU_V3P8 : pmu_version();
	const u64 pmu = this_cell->flags & BP_CELL_PMU ? version << 8 : 0;

	/* DebugVer and the counts of break- and watchpoints must be there; no trace, SPE. */
	return (sysreg_read(id_aa64dfr0_el1) & (NIBBLE(0) | NIBBLE(12) | NIBBLE(20) | NIBBLE(28))) | pmu;
}

static u64 id_aa64isar0(void)
{
	return sysreg_read(id_aa64isar0_el1) & ~NIBBLE(24); /* no TME */
}

static u64 id_aa64isar1(void)
{
	return sysreg_read(id_aa64isar1_el1) & ~NIBBLE(60); /* no LS64: its traps are not opened */
}

static u64 id_aa64isar2(void)
{
	return sysreg_read(S3_0_C0_C6_2) & (NIBBLE(0) | NIBBLE(4) | NIBBLE(8) | NIBBLE(12) | NIBBLE(24));
}

static u64 id_aa64mmfr0(void)
{
	return sysreg_read(id_aa64mmfr0_el1) & ~(NIBBLE(56) | NIBBLE(60)); /* no FGT, no ECV */
}

static u64 id_aa64mmfr1(void)
{
	/* no VH, LO, HCX, TWED, and what follows. */
	const u64 value = sysreg_read(id_aa64mmfr1_el1);
	/* Above 2 the hardware access flag for tables is controlled by TCR2_EL1, which traps. */
	const u64 hafdbs = field(value, 0, 4) > 2 ? 2 : field(value, 0, 4);

	return hafdbs | (value & (NIBBLE(4) | NIBBLE(12) | NIBBLE(20) | NIBBLE(28)));
}

static u64 id_aa64mmfr2(void)
{
	/* no NV, EVT */
	return sysreg_read(S3_0_C0_C7_2) & ~(NIBBLE(24) | NIBBLE(56));
}

static u64 zero(void)
{
	return 0;
}

/* AArch32 features, for EL0 alone; no debug, no PMU (ID_DFR0, ID_DFR1 have no row). */
#define AARCH32(name)                                                                                        \
	static u64 name(void)                                                                                \
	{                                                                                                    \
		return sysreg_read(name##_el1);                                                              \
	}
AARCH32(id_pfr0)
AARCH32(id_pfr1)
AARCH32(id_mmfr0)
AARCH32(id_mmfr1)
AARCH32(id_mmfr2)
AARCH32(id_mmfr3)
AARCH32(id_mmfr4)
AARCH32(id_isar0)
AARCH32(id_isar1)
AARCH32(id_isar2)
AARCH32(id_isar3)
AARCH32(id_isar4)
AARCH32(id_isar5)
AARCH32(mvfr0)
AARCH32(mvfr1)
AARCH32(mvfr2)

struct row {
	u32 reg;
	u64 (*read)(void); /* NULL: Undefined */
	bool write_ignored;
};

static const struct row rows[] = {
	{REG(3, 0, 0, 1, 0), id_pfr0, false},
	{REG(3, 0, 0, 1, 1), id_pfr1, false},
	{REG(3, 0, 0, 1, 4), id_mmfr0, false},
	{REG(3, 0, 0, 1, 5), id_mmfr1, false},
	{REG(3, 0, 0, 1, 6), id_mmfr2, false},
	{REG(3, 0, 0, 1, 7), id_mmfr3, false},
	{REG(3, 0, 0, 2, 0), id_isar0, false},
	{REG(3, 0, 0, 2, 1), id_isar1, false},
	{REG(3, 0, 0, 2, 2), id_isar2, false},
	{REG(3, 0, 0, 2, 3), id_isar3, false},
	{REG(3, 0, 0, 2, 4), id_isar4, false},
	{REG(3, 0, 0, 2, 5), id_isar5, false},
	{REG(3, 0, 0, 2, 6), id_mmfr4, false},
	{REG(3, 0, 0, 3, 0), mvfr0, false},
	{REG(3, 0, 0, 3, 1), mvfr1, false},
	{REG(3, 0, 0, 3, 2), mvfr2, false},
	{REG(3, 0, 0, 4, 0), id_aa64pfr0, false},
	{REG(3, 0, 0, 4, 1), id_aa64pfr1, false},
	{REG(3, 0, 0, 5, 0), id_aa64dfr0, false},
	{REG(3, 0, 0, 6, 0), id_aa64isar0, false},
	{REG(3, 0, 0, 6, 1), id_aa64isar1, false},
	{REG(3, 0, 0, 6, 2), id_aa64isar2, false},
	{REG(3, 0, 0, 7, 0), id_aa64mmfr0, false},
	{REG(3, 0, 0, 7, 1), id_aa64mmfr1, false},
	{REG(3, 0, 0, 7, 2), id_aa64mmfr2, false},
	{REG_ACTLR, zero, true},
	{REG_MDSCR, zero, true},
	{REG_OSLAR, NULL, true},
	{REG_OSLSR, zero, false},
	{REG_OSDLR, zero, true},
	{REG_DBGPRCR, zero, true},
	{REG_DBGAUTHSTATUS, zero, false},
	{REG_MDRAR, zero, false},
};

static const struct row *row_find(u32 reg)
{
	for (u32 i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i].reg == reg)
			return &rows[i];
	return NULL;
}

/* Group 3 ID space (op0 3, op1 0, CRn 0, CRm 1..7) without a row reads as zero. */
static bool is_id_space(u32 reg)
{
	return (reg & ~(REG(0, 0, 0, 7, 7))) == REG(3, 0, 0, 0, 0) && field(reg, 1, 4) != 0;
}

/* DC ISW, CSW, CISW: by set and way they would sweep caches that other cells share. A cell cleans by address;
 * what firmware left was cleaned before it started. */
static bool is_set_way(u32 reg)
{
	return reg == REG(1, 0, 7, 6, 2) || reg == REG(1, 0, 7, 10, 2) || reg == REG(1, 0, 7, 14, 2);
}

/* DBGBVR/BCR/WVR/WCR<n>_EL1: op0 2, op1 0, CRn 0, op2 4..7: no self-hosted debug in a cell. */
static bool is_breakpoint(u32 reg)
{
	return (reg & ~REG(0, 0, 0, 15, 3)) == REG(2, 0, 0, 0, 4);
}

static enum outcome answer(struct exit *exit, u64 esr, u64 value)
{
	if (ISS_RT(esr) != 31)
		exit->x[ISS_RT(esr)] = value;
	return OUTCOME_NEXT;
}

static enum outcome sgi_write(const struct exit *exit, u64 esr)
{
	telemetry()->exits[EXIT_SGI]++;
	vgic_send_sgi(ISS_RT(esr) == 31 ? 0 : exit->x[ISS_RT(esr)]);
	return OUTCOME_NEXT;
}

/* [impl->swr~sysregs-allowlisted~1] */
enum outcome sysreg_trap(struct exit *exit, u64 esr)
{
	const u32 reg = (u32)esr & ISS_REGISTER;
	const bool read = esr & ISS_READ;
	const struct row *row;

	if (reg == REG_ICC_SGI1R && !read)
		return sgi_write(exit, esr);
	telemetry()->exits[EXIT_SYSREG]++;
	if ((reg == REG_ICC_SGI0R || reg == REG_ICC_ASGI1R) && !read)
		return OUTCOME_NEXT; /* Group 0 and the other security state: nobody there */
	if (reg == REG_ICC_SRE)
		return read ? answer(exit, esr, 7) : OUTCOME_NEXT;
	if (is_set_way(reg) && !read)
		return OUTCOME_NEXT;
	row = row_find(reg);
	if (row && read && row->read)
		return answer(exit, esr, row->read());
	if (row && !read && row->write_ignored)
		return OUTCOME_NEXT;
	if (!row && read && is_id_space(reg))
		return answer(exit, esr, 0);
	if (is_breakpoint(reg))
		return read ? answer(exit, esr, 0) : OUTCOME_NEXT;
	return OUTCOME_UNDEFINED;
}
