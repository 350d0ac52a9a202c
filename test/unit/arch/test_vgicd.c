/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_vgicd.c - the distributor as a cell sees it (Arm IHI 0069, GICD_*): its own interrupts, nothing else.
 *
 * Robustness: other_widths_do_nothing, last_interrupts, routes_elsewhere_are_not_taken,
 * group_by_hostile_writes, all_else_is_reserved, a_cell_that_owns_nothing, a_disabled_one_is_not_delivered,
 * sibling_that_does_not_answer_is_not_waited_for
 * Both ranges: identification
 */
#include "machine.h"
#include "../../../src/arch/arm64/vgic.h"
#include "../../../src/core/mmio.h"

#define CTLR	  0x0000
#define TYPER	  0x0004
#define IIDR	  0x0008
#define SETSPI	  0x0040
#define CLRSPI	  0x0048
#define IGROUPR	  0x0080
#define ISENABLER 0x0100
#define ICENABLER 0x0180
#define ISPENDR	  0x0200
#define ICPENDR	  0x0280
#define ISACTIVER 0x0300
#define ICACTIVER 0x0380
#define PRIORITY  0x0400
#define ITARGETS  0x0800
#define ICFGR	  0x0c00
#define IGRPMODR  0x0d00
#define NSACR	  0x0e00
#define SGIR	  0x0f00
#define IROUTER	  0x6000
#define PIDR2	  0xffe8

#define OWNED	  UINT32_C(0x80010006) /* of INTIDs 32..63: 33, 34, 48, 63 */

static int boot_in(enum bp_mode mode)
{
	host_cell_make(2, mode, 0);
	host_cell()->spi_owned[1] = OWNED;
	host_cell()->ppi_owned = BIT(27);
	host_core(1)->mpidr = UINT64_C(0x0100000001);
	machine_reset(4);
	vgic_start(0);
	vgic_clear();
	cell_state()->gicd_ctlr = 2; /* Group 1 enabled */
	journal_clear();
	return 0;
}

static int boot(void **state)
{
	return boot_in(BP_MODE_INJECTED);
}

static int boot_direct(void **state)
{
	return boot_in(BP_MODE_DIRECT);
}

static u64 get_sized(u64 offset, u8 size)
{
	struct access access = {.offset = offset, .size = size, .value = UINT64_C(0xdeaddeaddeaddead)};

	gicd_access(&access);
	return access.value;
}

static u64 get(u64 offset)
{
	return get_sized(offset, 4);
}

static void put_sized(u64 offset, u64 value, u8 size)
{
	struct access access = {.offset = offset, .size = size, .value = value, .write = true};

	gicd_access(&access);
}

static void put(u64 offset, u64 value)
{
	put_sized(offset, value, 4);
}

/* [utest->swr~gicd-filtered~1] */
static void reads_show_what_is_owned(void **state)
{
	static const u64 groups[] = {ISENABLER, ICENABLER, ISPENDR, ICPENDR, ISACTIVER, ICACTIVER};

	for (size_t i = 0; i < ARRAY_SIZE(groups); i++) {
		phys32_set(EL2_VA_GICD + (groups[i] & ~UINT64_C(0x80)) + 4, ~0u);
		phys32_set(EL2_VA_GICD + (groups[i] & ~UINT64_C(0x80)) + 8, ~0u);
	}
	for (size_t i = 0; i < ARRAY_SIZE(groups); i++) {
		assert_int_equal(get(groups[i] + 4), OWNED);
		assert_int_equal(get(groups[i] + 8), 0);
		assert_int_equal(get(groups[i]), 0); /* SGIs and PPIs: the redistributor's */
		assert_int_equal(get(groups[i] + 0x7c), 0);
	}
	assert_int_equal(phys_writes(), 0);
}

/* Bits of owned interrupts are set and cleared, and no others. [utest->swr~gicd-filtered~1] */
static void writes_change_what_is_owned(void **state)
{
	static const u64 sets[] = {ISENABLER, ISPENDR, ISACTIVER};

	for (size_t i = 0; i < ARRAY_SIZE(sets); i++) {
		const va_t at = EL2_VA_GICD + sets[i];

		put(sets[i] + 4, 0xffffffff);
		put(sets[i] + 8, 0xffffffff);
		put(sets[i], 0xffffffff);
		assert_int_equal(phys32(at + 4), OWNED);
		assert_int_equal(phys32(at + 8), 0);
		assert_int_equal(phys32(at), 0);
		phys32_set(at + 4, 0xffffffff);
		phys32_set(at + 8, 0xffffffff);
		put(sets[i] + 0x84, 0xffffffff);
		put(sets[i] + 0x88, 0xffffffff);
		assert_int_equal(phys32(at + 4), ~OWNED);
		assert_int_equal(phys32(at + 8), 0xffffffff);
		put(sets[i] + 4, 0x2);
		assert_int_equal(phys32(at + 4), ~OWNED | 2);
	}
}

/* Never a loop over interrupts: one guest access costs one device access. [utest->swr~gicd-filtered~1] */
static void one_access_for_one(void **state)
{
	put(ISENABLER + 4, 0xffffffff);
	assert_int_equal(phys_writes(), 1);
	put(ISENABLER + 8, 0xffffffff);
	assert_int_equal(phys_writes(), 1);
}

/* [utest->swr~gicd-filtered~1] */
static void other_widths_do_nothing(void **state)
{
	static const u64 offsets[] = {CTLR,	 TYPER, ISENABLER + 4,	 ISPENDR + 4,
				      ICFGR + 8, PIDR2, IROUTER + 8 * 33};
	static const u8 sizes[] = {1, 2, 8};

	phys32_set(EL2_VA_GICD + ISENABLER + 4, ~0u);
	phys32_set(EL2_VA_GICD + TYPER, ~0u);
	for (size_t i = 0; i < ARRAY_SIZE(offsets); i++)
		for (size_t k = 0; k < ARRAY_SIZE(sizes); k++) {
			if (offsets[i] >= IROUTER && offsets[i] < PIDR2 && sizes[k] == 8)
				continue;
			assert_int_equal(get_sized(offsets[i], sizes[k]), 0);
			put_sized(offsets[i], ~UINT64_C(0), sizes[k]);
		}
	assert_int_equal(phys_writes(), 0);
	assert_int_equal(cell_state()->gicd_ctlr, 2);
}

/* Owned interrupts read as of Group 1, and no write changes that. [utest->swr~gicd-filtered~1] */
static void groups_are_fixed(void **state)
{
	assert_int_equal(get(IGROUPR + 4), OWNED);
	assert_int_equal(get(IGROUPR + 8), 0);
	put(IGROUPR + 4, 0);
	assert_int_equal(get(IGROUPR + 4), OWNED);
	assert_int_equal(phys_writes(), 0);
}

/* The triggers of owned interrupts are shown, and no write changes them. [utest->swr~gicd-filtered~1] */
static void triggers_are_fixed(void **state)
{
	phys32_set(EL2_VA_GICD + ICFGR + 8, 0xaaaaaaaa);
	phys32_set(EL2_VA_GICD + ICFGR + 12, 0xaaaaaaaa);
	phys32_set(EL2_VA_GICD + ICFGR + 16, 0xaaaaaaaa);
	assert_int_equal(get(ICFGR + 8), 0x28);	       /* 33, 34 */
	assert_int_equal(get(ICFGR + 12), 0x80000002); /* 48, 63 */
	assert_int_equal(get(ICFGR + 16), 0);
	put(ICFGR + 8, 0);
	put(ICFGR + 12, 0);
	assert_int_equal(get(ICFGR + 8), 0x28);
	assert_int_equal(phys_writes(), 0);
}

/* Priorities of owned interrupts alone are read and written, by bytes, halfwords and words.
 * [utest->swr~gicd-filtered~1] */
static void priorities_byte_by_byte(void **state)
{
	put(PRIORITY + 32, 0x40302010); /* 32..35; owned are 33 and 34 */
	assert_int_equal(phys32(EL2_VA_GICD + PRIORITY + 32), 0x00302000);
	phys32_set(EL2_VA_GICD + PRIORITY + 32, 0x44332211);
	assert_int_equal(get(PRIORITY + 32), 0x00332200);
	assert_int_equal(get_sized(PRIORITY + 34, 2), 0x0033);
	assert_int_equal(get_sized(PRIORITY + 33, 1), 0x22);
	assert_int_equal(get_sized(PRIORITY + 32, 1), 0);
	put_sized(PRIORITY + 33, 0x5f, 1);
	put_sized(PRIORITY + 32, 0x5f, 1);
	assert_int_equal(phys32(EL2_VA_GICD + PRIORITY + 32), 0x44335f11);
	assert_int_equal(get_sized(PRIORITY + 32, 8), 0);
	put_sized(PRIORITY + 32, 0, 8);
	assert_int_equal(phys32(EL2_VA_GICD + PRIORITY + 32), 0x44335f11);
	put(PRIORITY, 0);      /* SGIs */
	put(PRIORITY + 24, 0); /* PPIs: the redistributor's */
	assert_int_equal(get(PRIORITY + 24), 0);
}

/* INTIDs from 1020 on have neither priority nor route, whatever the record says.
 * [utest->swr~gicd-filtered~1] */
static void last_interrupts(void **state)
{
	host_cell()->spi_owned[31] = ~0u; /* a wrong record: INTIDs 1020 to 1023 are special */
	put_sized(PRIORITY + 1019, 0x50, 1);
	put_sized(PRIORITY + 1020, 0x50, 1);
	assert_int_equal(get_sized(PRIORITY + 1019, 1), 0x50);
	assert_int_equal(get_sized(PRIORITY + 1020, 1), 0);
	put_sized(IROUTER + 8 * 1020, 0, 8);
	assert_int_equal(get_sized(IROUTER + 8 * 1020, 8), 0);
}

/* [utest->swr~irouter-own-cores~1] */
static void routes_within_the_cell(void **state)
{
	const va_t route = EL2_VA_GICD + IROUTER + 8 * 33;

	put_sized(IROUTER + 8 * 33, UINT64_C(0x0100000001), 8);
	assert_true(phys64(route) == UINT64_C(0x0100000001));
	assert_true(get_sized(IROUTER + 8 * 33, 8) == UINT64_C(0x0100000001));
	assert_int_equal(get(IROUTER + 8 * 33), 1);
	assert_int_equal(get(IROUTER + 8 * 33 + 4), 1);
	put_sized(IROUTER + 8 * 33, 0, 8);
	assert_int_equal(phys64(route), 0);
}

/* [utest->swr~irouter-own-cores~1] */
static void routes_elsewhere_are_not_taken(void **state)
{
	static const u64 bad[] = {2,
				  UINT64_C(0x0100000000),
				  1,
				  BIT(31),
				  BIT(31) | 1,
				  UINT64_C(1) << 40,
				  UINT64_C(0xff00ffffff),
				  UINT64_MAX,
				  0x100};
	const va_t route = EL2_VA_GICD + IROUTER + 8 * 33;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		put_sized(IROUTER + 8 * 33, bad[i], 8);
		assert_int_equal(phys64(route), 0);
	}
	put_sized(IROUTER + 8 * 35, 0, 8); /* not its interrupt */
	put_sized(IROUTER + 8 * 27, 0, 8); /* no SPI */
	assert_int_equal(phys_writes(), 0);
	assert_int_equal(get_sized(IROUTER + 8 * 35, 8), 0);
}

/* A route is written by halves as well, where the whole of it is a core of the cell.
 * [utest->swr~irouter-own-cores~1] */
static void routes_by_halves(void **state)
{
	const va_t route = EL2_VA_GICD + IROUTER + 8 * 33;

	put_sized(IROUTER + 8 * 33, UINT64_C(0x0100000001), 8);
	put(IROUTER + 8 * 33, 0); /* would be 1.0.0.0, nobody of this cell */
	assert_true(phys64(route) == UINT64_C(0x0100000001));
	put(IROUTER + 8 * 33, 1); /* what it is already */
	put(IROUTER + 8 * 33 + 4, 0);
	assert_true(phys64(route) == UINT64_C(0x0100000001));
	host_core(0)->mpidr = UINT64_C(0x0100000000);
	put(IROUTER + 8 * 33, UINT64_C(0xfeedface00000000));
	assert_true(phys64(route) == UINT64_C(0x0100000000));
	assert_int_equal(get_sized(IROUTER + 8 * 33, 2), 0);
	put_sized(IROUTER + 8 * 33, 1, 2);
	assert_true(phys64(route) == UINT64_C(0x0100000000));
}

/* GICD_TYPER: A3V, No1N, ten ID bits, ITLinesNumber; no LPIs, MBIS, ESPI, NMI, RSS, CPUNumber.
 * [utest->swr~gicd-filtered~1] */
static void typer_shows_no_more_than_there_is(void **state)
{
	phys32_set(EL2_VA_GICD + TYPER, 0xffffffff);
	assert_int_equal(get(TYPER), BIT(25) | BIT(24) | 9 << 19 | 31);
	phys32_set(EL2_VA_GICD + TYPER, 0x037a0008);
	assert_int_equal(get(TYPER) & 31, 8);
	put(TYPER, 0);
	assert_int_equal(phys_writes(), 0);
}

/* A cell has an EnableGrp1 of its own and one security state; the machine's GICD_CTLR is never written.
 * [utest->swr~gicd-filtered~1] [utest->swr~gicd-group-disabled~1] */
static void control_is_the_cells_own_word(void **state)
{
	phys32_set(EL2_VA_GICD + CTLR, 0x52); /* DS, ARE, EnableGrp1 */
	assert_int_equal(get(CTLR), 0x52);
	put(CTLR, 0);
	assert_int_equal(get(CTLR), 0x50);
	put(CTLR, 0xffffffff);
	assert_int_equal(get(CTLR), 0x52);
	assert_int_equal(phys32(EL2_VA_GICD + CTLR), 0x52); /* everybody's: never written */
	put(CTLR, 0);
	phys32_set(EL2_VA_GICD + CTLR, 0x80000012);
	assert_int_equal(get(CTLR), 0x80000050); /* a write is still on its way; DS whatever the GIC's is */
}

/* [utest->swr~gic-identified~1] */
static void identification(void **state)
{
	phys32_set(EL2_VA_GICD + IIDR, 0x43b);
	phys32_set(EL2_VA_GICD + PIDR2, 0x3b);
	phys32_set(EL2_VA_GICD + 0xfffc, 0xb1);
	assert_int_equal(get(IIDR), 0x43b);
	assert_int_equal(get(PIDR2), 0x3b);
	assert_int_equal(get(0xfffc), 0xb1); /* CIDR3 */
	put(PIDR2, 0);
	put(IIDR, 0);
	assert_int_equal(phys_writes(), 0);
}

/* [utest->swr~gicd-filtered~1] */
static void all_else_is_reserved(void **state)
{
	static const u64 offsets[] = {0xc,	     0x10,     SETSPI,	     CLRSPI, 0x50,   0x58,   ITARGETS,
				      ITARGETS + 32, IGRPMODR, IGRPMODR + 4, NSACR,  SGIR,   0xf10,  0xf20,
				      0xf80,	     0x1000,   0x1200,	     0x2000, 0x3000, 0x5ffc, 0x7fe0,
				      0x8000,	     0xbffc,   0xc000,	     0xffcc, 0xffcf};

	for (u64 offset = 0; offset < 0xffd0; offset += 4)
		if (offset != TYPER && offset != IIDR)
			phys32_set(EL2_VA_GICD + offset, 0xffffffff);
	for (size_t i = 0; i < ARRAY_SIZE(offsets); i++) {
		assert_int_equal(get(offsets[i] & ~UINT64_C(3)), 0);
		put(offsets[i] & ~UINT64_C(3), 0xffffffff);
	}
	assert_int_equal(phys_writes(), 0);
}

/* Every offset and width, with an empty cell: nothing reaches the machine. */
/* [utest->swr~gicd-filtered~1] */
static void a_cell_that_owns_nothing(void **state)
{
	memset(host_cell()->spi_owned, 0, sizeof(host_cell()->spi_owned));
	for (u64 offset = 4; offset < 0x10000; offset++) /* GICD_CTLR is its own */
		for (u8 size = 1; size <= 8; size *= 2) {
			if (offset % size)
				continue;
			put_sized(offset, UINT64_C(0x0101010101010101), size);
			get_sized(offset, size);
		}
	assert_int_equal(phys_writes(), 0);
}

/* ---- list registers in the cell's view ---- */

#define LR(intid, state) ((u64)(state) << 62 | BIT(61) | BIT(60) | (u64)(intid) << 32 | (intid))

/* What is pending in a list register reads as pending and not as active, what is active there as active.
 * [utest->swr~gic-state-merged~1] */
static void injected_state_is_merged(void **state)
{
	machine_lr[0] = LR(33, 1);
	machine_lr[1] = LR(34, 2);
	phys32_set(EL2_VA_GICD + ISACTIVER + 4, 0x80000006); /* both active for the machine; 63 by hand */
	phys32_set(EL2_VA_GICD + ISPENDR + 4, 0x00010000);
	assert_int_equal(get(ISPENDR + 4), 0x00010002);
	assert_int_equal(get(ICPENDR + 4), 0x00010002);
	assert_int_equal(get(ISACTIVER + 4), 0x80000004);
	assert_int_equal(get(ICACTIVER + 4), 0x80000004);
}

/* What is pending in a list register is cleared there where it is owned, and may come again.
 * [utest->swr~gic-state-merged~1] */
static void injected_pending_is_cleared(void **state)
{
	machine_lr[0] = LR(33, 1);
	machine_lr[1] = LR(35, 1); /* wrong on purpose: what isn't owned can't be cleared */
	phys32_set(EL2_VA_GICD + ISACTIVER + 4, 0xa);
	put(ICPENDR + 4, 0xffffffff);
	assert_int_equal(machine_lr[0], 0);
	assert_true(machine_lr[1] == LR(35, 1));
	assert_int_equal(phys32(EL2_VA_GICD + ISACTIVER + 4), 0x8); /* it may come again */
}

/* What is active in a list register is cleared there and at the machine. [utest->swr~gic-state-merged~1] */
static void injected_active_is_cleared(void **state)
{
	machine_lr[0] = LR(34, 2);
	phys32_set(EL2_VA_GICD + ISACTIVER + 4, 4);
	put(ICACTIVER + 4, 4);
	assert_int_equal(machine_lr[0], 0);
	assert_int_equal(phys32(EL2_VA_GICD + ISACTIVER + 4), 0);
}

/* What is pending in a list register was taken back, and is told by the physical GIC alone.
 * [utest->swr~gic-state-merged~1] */
static void a_disabled_one_is_not_delivered(void **state)
{
	host_cell()->spi_edge[1] = 2; /* 33; 34 is a level */
	machine_lr[0] = LR(33, 1);
	machine_lr[1] = LR(34, 1);
	machine_lr[2] = LR(48, 2);
	phys32_set(EL2_VA_GICD + ISENABLER + 4, OWNED);
	phys32_set(EL2_VA_GICD + ISACTIVER + 4, 0x10006);
	put(ICENABLER + 4, 0x10006);
	assert_int_equal(phys32(EL2_VA_GICD + ISENABLER + 4), 0x80000000);
	assert_int_equal(phys32(EL2_VA_GICD + ISPENDR + 4), 2);
	assert_int_equal(phys32(EL2_VA_GICD + ISACTIVER + 4), 0x10000);
	assert_true(!machine_lr[0] && !machine_lr[1] && machine_lr[2] == LR(48, 2));
	assert_int_equal(get(ISPENDR + 4), 2);
	assert_int_equal(get(ISACTIVER + 4), 0x10000);
}

/* Pending already, in a list register: a second one would come after its end. Active: it does come.
 * [utest->swr~gic-state-merged~1] */
static void set_pending_is_set_once(void **state)
{
	machine_lr[0] = LR(33, 1);
	machine_lr[1] = LR(34, 2);
	phys32_set(EL2_VA_GICD + ISACTIVER + 4, 6);
	put(ISPENDR + 4, 6);
	assert_int_equal(phys32(EL2_VA_GICD + ISPENDR + 4), 4);
	assert_int_equal(get(ISPENDR + 4), 6);
	assert_int_equal(get(ISACTIVER + 4), 4);
}

/* Made active by hand while it is pending: pending and active, which a backed list register can't say.
 * [utest->swr~gic-state-merged~1] */
static void set_active_keeps_pending(void **state)
{
	host_cell()->spi_edge[1] = 2;
	machine_lr[0] = LR(33, 1);
	phys32_set(EL2_VA_GICD + ISACTIVER + 4, 2);
	put(ISACTIVER + 4, 2);
	assert_int_equal(machine_lr[0], 0);
	assert_int_equal(get(ISPENDR + 4), 2);
	assert_int_equal(get(ISACTIVER + 4), 2);
}

/* Pending at the physical GIC: an edge is so already, a level gets its latch.
 * [utest->swr~gic-state-merged~1] */
static void set_pending_leaves_what_is_on_its_way(void **state)
{
	host_cell()->spi_edge[1] = 2;
	phys32_set(EL2_VA_GICD + ISPENDR + 4, 6);
	journal_clear();
	put(ISPENDR + 4, 6);
	assert_non_null(strstr(journal(), "=4 "));
	assert_null(strstr(journal(), "=6 "));
}

/* Its end in the list register would not be one of the physical SGI. [utest->swr~gic-state-merged~1] */
static void set_active_of_an_active_sgi_is_nothing(void **state)
{
	machine_lr[0] = LR(3, 2);
	vgic_state_write(0, ISACTIVER, 0, 1 << 3 | 1 << 4, 0xffff);
	assert_int_equal(phys32(sgi_page(0) + ISACTIVER), 1 << 4);
	assert_true(machine_lr[0] == LR(3, 2));
}

/* What became pending after the look at the active ones is not ended. [utest->swr~gic-state-merged~1] */
static void clear_active_ends_what_was_active(void **state)
{
	machine_lr[0] = LR(3, 2);
	vgic_state_write(0, ICACTIVER, 0, ~0u, 0xffff);
	assert_int_equal(machine_lr[0], 0);
	journal_clear();
	put(ICACTIVER + 4, 0xffffffff);
	assert_null(strstr(journal(), "=80010006 "));
}

/* A route is changed while the interrupt is pending: at the new core. [utest->swr~irouter-own-cores~1] */
static void a_pending_one_follows_its_route(void **state)
{
	host_cell()->spi_edge[1] = 2;
	machine_lr[0] = LR(33, 1);
	machine_lr[1] = LR(34, 2);
	phys32_set(EL2_VA_GICD + ISACTIVER + 4, 6);
	put_sized(IROUTER + 8 * 33, host_core(1)->mpidr, 8);
	put_sized(IROUTER + 8 * 34, host_core(1)->mpidr, 8);
	assert_int_equal(machine_lr[0], 0);
	assert_true(machine_lr[1] == LR(34, 2)); /* active stays where it is */
	assert_int_equal(phys32(EL2_VA_GICD + ISPENDR + 4), 2);
	assert_int_equal(phys32(EL2_VA_GICD + ISACTIVER + 4), 4);
}

/* A crash kernel's sweep: what is pending stays so, what was active is active no more.
 * [utest->swr~gic-state-merged~1] */
static void clear_active_keeps_pending(void **state)
{
	machine_lr[0] = LR(33, 1);
	machine_lr[1] = LR(34, 2);
	phys32_set(EL2_VA_GICD + ISACTIVER + 4, 6);
	put(ICACTIVER + 4, 0xffffffff);
	assert_true(machine_lr[0] == LR(33, 1));
	assert_int_equal(machine_lr[1], 0);
	assert_int_equal(phys32(EL2_VA_GICD + ISACTIVER + 4), 2); /* its list register's */
	assert_int_equal(get(ISACTIVER + 4), 0);
	assert_int_equal(get(ISPENDR + 4), 2);
}

/* ---- GICD_CTLR: Group 1 held back. [utest->swr~gicd-group-disabled~1] ---- */

static void nothing_is_delivered_without_the_group(void **state)
{
	host_cell()->spi_edge[1] = 2;
	machine_lr[0] = LR(33, 1);
	phys32_set(EL2_VA_GICD + ISENABLER + 4, 0xffffffff); /* others' bits, too */
	phys32_set(EL2_VA_GICD + ISACTIVER + 4, 2);
	phys32_set(sgi_page(0) + ISENABLER, 1u << 27 | 3 | 1u << 25);
	phys32_set(sgi_page(1) + ISENABLER, 1u << 27);
	put(CTLR, 0);
	assert_int_equal(phys32(EL2_VA_GICD + ISENABLER + 4), ~OWNED);
	assert_int_equal(phys32(sgi_page(0) + ISENABLER), 1u << 25); /* maintenance is the hypervisor's */
	assert_int_equal(phys32(sgi_page(1) + ISENABLER), 0);
	assert_int_equal(machine_lr[0], 0);
	assert_int_equal(phys32(EL2_VA_GICD + ISPENDR + 4), 2);
	/* The guest sees what it has enabled, and may change it. */
	assert_int_equal(get(ISENABLER + 4), OWNED);
	put(ICENABLER + 4, 0x2);
	put(ISENABLER + 4, 0x8); /* not its own */
	assert_int_equal(get(ICENABLER + 4), OWNED & ~0x2u);
	assert_int_equal(phys32(EL2_VA_GICD + ISENABLER + 4), ~OWNED);
	put(CTLR, 2);
	assert_int_equal(phys32(EL2_VA_GICD + ISENABLER + 4), ~2u);
	assert_int_equal(phys32(sgi_page(0) + ISENABLER), 1u << 27 | 3 | 1u << 25);
	assert_int_equal(phys32(sgi_page(1) + ISENABLER), 1u << 27);
	put(CTLR, 2); /* again: nothing */
	assert_int_equal(get(ISENABLER + 4), OWNED & ~2u);
}

/* All bits but the group's, widths that a distributor has not, and others' interrupts: none gets out, and no
 * write at the machine's own word. [utest->swr~gicd-group-disabled~1] */
static void group_by_hostile_writes(void **state)
{
	const u32 before = phys32(EL2_VA_GICD + CTLR);

	phys32_set(EL2_VA_GICD + ISENABLER + 4, 0xffffffff);
	for (u32 bit = 0; bit < 32; bit++)
		if (bit != 1)
			put(CTLR, UINT32_C(1) << bit);
	put(CTLR, 0xfffffffd);
	assert_int_equal(phys32(EL2_VA_GICD + ISENABLER + 4), ~OWNED);
	put_sized(CTLR, 2, 1);
	put_sized(CTLR, 2, 2);
	put_sized(CTLR, 2, 8);
	put(ISENABLER + 4, 0xffffffff);
	put(ISENABLER + 8, 0xffffffff);
	assert_int_equal(phys32(EL2_VA_GICD + ISENABLER + 4), ~OWNED);
	assert_int_equal(get(CTLR) & 2, 0);
	for (u32 round = 0; round < 100; round++)
		put(CTLR, round % 2 ? 0xffffffff : 0xfffffffd);
	assert_int_equal(phys32(EL2_VA_GICD + ISENABLER + 4), 0xffffffff);
	assert_int_equal(phys32(EL2_VA_GICD + CTLR), before);
	assert_null(strstr(journal(), "mmio(40400c0000)="));
}

/* ---- a sibling's list registers ---- */

static u32 sibling_pending, sibling_asked, sibling_end;

static void sibling_answers(void)
{
	struct cell_state *cell = cell_state();

	if (cell->gic_query.sequence == cell->cores[1].gic_answered || (cell->gic_query.sequence & 1))
		return;
	sibling_asked++;
	sibling_end = cell->gic_query.end;
	cell->cores[1].gic_pending = sibling_pending;
	cell->cores[1].gic_active = 0;
	cell->cores[1].gic_answered = cell->gic_query.sequence;
}

static void sibling_runs(void)
{
	host_telemetry(1)->magic = TELEMETRY_MAGIC;
	host_telemetry(1)->core_state = CORE_RUNNING;
	machine_on_time = sibling_answers;
	sibling_pending = 4; /* 34 */
	sibling_asked = 0;
	reg_set("cntfrq_el0", 1000000000);
}

/* [utest->swr~gic-state-merged~1] */
static void sibling_is_asked_for_what_it_has(void **state)
{
	sibling_runs();
	machine_lr[0] = LR(33, 2);
	phys32_set(EL2_VA_GICD + ISACTIVER + 4, 6);
	assert_int_equal(get(ISPENDR + 4), 4);
	assert_int_equal(get(ISACTIVER + 4), 2);
	assert_int_equal(sibling_asked, 2);
	assert_int_equal(phys32(sgi_page(1) + ISPENDR), 1u << 25);
	put(ICPENDR + 4, 4);
	assert_int_equal(sibling_asked, 3);
	assert_int_equal(sibling_end, VGIC_END_PENDING);
	put(ICENABLER + 4, 4);
	assert_int_equal(sibling_end, VGIC_TAKE_BACK);
	put(ICACTIVER + 4, 4);
	assert_int_equal(sibling_end, VGIC_END_ACTIVE);
	assert_int_equal(phys32(EL2_VA_GICD + ISACTIVER + 4), 6); /* pending there: its list register's */
}

/* A sibling isn't asked for what this core's list registers explain. [utest->swr~gic-state-merged~1] */
static void sibling_is_left_alone_otherwise(void **state)
{
	sibling_runs();
	machine_lr[0] = LR(33, 2);
	phys32_set(EL2_VA_GICD + ISACTIVER + 4, 2);
	get(ISPENDR + 4);
	put(ICENABLER + 4, OWNED);
	put(ICACTIVER + 4, OWNED);
	assert_int_equal(sibling_asked, 0);
}

/* [utest->swr~gic-state-merged~1] */
static void sibling_that_does_not_answer_is_not_waited_for(void **state)
{
	sibling_runs();
	machine_on_time = NULL;
	machine_time_step = 1000000;
	phys32_set(EL2_VA_GICD + ISACTIVER + 4, 4);
	assert_int_equal(get(ISACTIVER + 4), 4); /* what the machine says */
	host_telemetry(1)->core_state = CORE_PARKED;
	machine_time_step = 0; /* and one at rest is not asked */
	assert_int_equal(get(ISACTIVER + 4), 4);
	/* A cell that is stopped meanwhile waits no longer. */
	host_telemetry(1)->core_state = CORE_RUNNING;
	arch_stage2_revoke();
	assert_int_equal(get(ISACTIVER + 4), 4);
}

/* The other side. [utest->swr~gic-state-merged~1] */
static void a_query_is_answered(void **state)
{
	struct cell_state *cell = cell_state();

	host_cell()->spi_edge[1] = 2;
	machine_lr[0] = LR(33, 1);
	machine_lr[1] = LR(34, 2);
	cell->gic_query = (struct gic_query){.sequence = 2, .word = 1, .mask = 6, .end = VGIC_TAKE_BACK};
	vgic_query_answer();
	assert_int_equal(cell->cores[0].gic_answered, 2);
	assert_int_equal(cell->cores[0].gic_pending, 2);
	assert_int_equal(cell->cores[0].gic_active, 4);
	assert_int_equal(machine_lr[0], 0);
	assert_true(machine_lr[1] == LR(34, 2));
	assert_int_equal(phys32(EL2_VA_GICD + ISPENDR + 4), 2);
	machine_lr[0] = LR(33, 1);
	vgic_query_answer(); /* once */
	assert_true(machine_lr[0] == LR(33, 1));
	cell->gic_query.sequence = 4;
	cell->gic_query.core = 1; /* a sibling is asked, this core interrupted for a reason of its own */
	vgic_query_answer();
	assert_true(machine_lr[0] == LR(33, 1));
	assert_int_equal(cell->cores[0].gic_answered, 2);
	cell->gic_query.core = 0;
	cell->gic_query.sequence = 3; /* being written */
	vgic_query_answer();
	assert_int_equal(cell->cores[0].gic_answered, 2);
}

/* In a direct cell state is the machine's, and no sibling is asked. [utest->swr~gicd-filtered~1]
 * [utest->swr~gic-state-merged~1] */
static void direct_state_is_the_machines(void **state)
{
	sibling_runs();
	phys32_set(EL2_VA_GICD + ISACTIVER + 4, 0x2);
	assert_int_equal(get(ISPENDR + 4), 0);
	assert_int_equal(get(ISACTIVER + 4), 2);
	put(ICACTIVER + 4, 2);
	assert_int_equal(get(ISACTIVER + 4), 0);
	assert_int_equal(sibling_asked, 0); /* no list registers are in use anywhere */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(reads_show_what_is_owned, boot),
		cmocka_unit_test_setup(writes_change_what_is_owned, boot),
		cmocka_unit_test_setup(one_access_for_one, boot),
		cmocka_unit_test_setup(other_widths_do_nothing, boot),
		cmocka_unit_test_setup(groups_are_fixed, boot),
		cmocka_unit_test_setup(triggers_are_fixed, boot),
		cmocka_unit_test_setup(priorities_byte_by_byte, boot),
		cmocka_unit_test_setup(last_interrupts, boot),
		cmocka_unit_test_setup(routes_within_the_cell, boot),
		cmocka_unit_test_setup(routes_elsewhere_are_not_taken, boot),
		cmocka_unit_test_setup(routes_by_halves, boot),
		cmocka_unit_test_setup(typer_shows_no_more_than_there_is, boot),
		cmocka_unit_test_setup(control_is_the_cells_own_word, boot),
		cmocka_unit_test_setup(identification, boot),
		cmocka_unit_test_setup(all_else_is_reserved, boot),
		cmocka_unit_test_setup(a_cell_that_owns_nothing, boot),
		cmocka_unit_test_setup(injected_state_is_merged, boot),
		cmocka_unit_test_setup(injected_pending_is_cleared, boot),
		cmocka_unit_test_setup(injected_active_is_cleared, boot),
		cmocka_unit_test_setup(a_disabled_one_is_not_delivered, boot),
		cmocka_unit_test_setup(set_pending_is_set_once, boot),
		cmocka_unit_test_setup(set_active_keeps_pending, boot),
		cmocka_unit_test_setup(set_pending_leaves_what_is_on_its_way, boot),
		cmocka_unit_test_setup(set_active_of_an_active_sgi_is_nothing, boot),
		cmocka_unit_test_setup(clear_active_keeps_pending, boot),
		cmocka_unit_test_setup(clear_active_ends_what_was_active, boot),
		cmocka_unit_test_setup(a_pending_one_follows_its_route, boot),
		cmocka_unit_test_setup(nothing_is_delivered_without_the_group, boot),
		cmocka_unit_test_setup(group_by_hostile_writes, boot),
		cmocka_unit_test_setup(sibling_is_asked_for_what_it_has, boot),
		cmocka_unit_test_setup(sibling_is_left_alone_otherwise, boot),
		cmocka_unit_test_setup(sibling_that_does_not_answer_is_not_waited_for, boot),
		cmocka_unit_test_setup(a_query_is_answered, boot),
		cmocka_unit_test_setup(direct_state_is_the_machines, boot_direct),
	};

	return cmocka_run_group_tests_name("vgicd", tests, NULL, NULL);
}
