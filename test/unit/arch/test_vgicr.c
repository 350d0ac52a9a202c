/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_vgicr.c - the redistributors as a cell sees them (Arm IHI 0069, GICR_*): its own cores' SGIs and PPIs.
 *
 * Robustness: all_else_is_reserved, other_widths_do_nothing, sweep
 * Both ranges: identification
 */
#include "machine.h"
#include "../../../src/arch/arm64/vgic.h"
#include "../../../src/core/mmio.h"

#define SGI	  UINT64_C(0x10000)
#define CTLR	  0x0000
#define IIDR	  0x0004
#define TYPER	  0x0008
#define WAKER	  0x0014
#define PROPBASER 0x0070
#define PENDBASER 0x0078
#define IGROUPR	  (SGI + 0x0080)
#define ISENABLER (SGI + 0x0100)
#define ICENABLER (SGI + 0x0180)
#define ISPENDR	  (SGI + 0x0200)
#define ICPENDR	  (SGI + 0x0280)
#define ISACTIVER (SGI + 0x0300)
#define ICACTIVER (SGI + 0x0380)
#define PRIORITY  (SGI + 0x0400)
#define ICFGR	  (SGI + 0x0c00)
#define PIDR2	  0xffe8

#define OWNED	  UINT32_C(0x4800ffff) /* SGIs, PPIs 27 and 30 */

static int boot(void **state)
{
	host_cell_make(3, BP_MODE_INJECTED, 0);
	host_cell()->ppi_owned = OWNED & 0xffff0000;
	host_core(1)->mpidr = UINT64_C(0x0a000b0c0d);
	machine_reset(4);
	vgic_start(0);
	vgic_clear();
	cell_state()->gicd_ctlr = 2; /* Group 1 enabled */
	journal_clear();
	return 0;
}

static int boot_direct(void **state)
{
	boot(state);
	host_cell()->mode = BP_MODE_DIRECT;
	return 0;
}

static u64 get_of(u32 core, u64 offset, u8 size)
{
	struct access access = {
		.offset = offset, .size = size, .arg = core, .value = UINT64_C(0xdeaddeaddeaddead)};

	gicr_access(&access);
	return access.value;
}

static u64 get(u64 offset)
{
	return get_of(0, offset, 4);
}

static void put_of(u32 core, u64 offset, u64 value, u8 size)
{
	struct access access = {.offset = offset, .size = size, .arg = core, .value = value, .write = true};

	gicr_access(&access);
}

static void put(u64 offset, u64 value)
{
	put_of(0, offset, value, 4);
}

/* [utest->swr~gicr-filtered~1] */
static void typer_of_each_core(void **state)
{
	/* Affinity in 63:32, processor number in 23:8, Last in 4, no LPIs (GICR_TYPER). */
	assert_true(get_of(0, TYPER, 8) == 0);
	assert_true(get_of(1, TYPER, 8) == (UINT64_C(0x0a0b0c0d) << 32 | 1 << 8));
	assert_true(get_of(2, TYPER, 8) == (UINT64_C(2) << 32 | 2 << 8 | 0x10));
	assert_int_equal(get_of(1, TYPER, 4), 0x100);
	assert_int_equal(get_of(1, TYPER + 4, 4), 0x0a0b0c0d);
	assert_int_equal(get_of(2, TYPER, 4), 0x210);
}

/* The core reads as awake, LPIs as absent, and no write changes that; a write that is on its way shows.
 * [utest->swr~gicr-filtered~1] */
static void core_is_awake_and_has_no_lpis(void **state)
{
	assert_int_equal(get(WAKER), 0);
	assert_int_equal(get(CTLR), 0);
	put(WAKER, 2);
	put(CTLR, 1);
	put_of(0, PROPBASER, 0x1234, 8);
	put_of(0, PENDBASER, 0x1234, 8);
	assert_int_equal(get_of(0, PROPBASER, 8), 0);
	assert_int_equal(phys_writes(), 0);
	/* A disable on its way shows: who waits for it must not go on too early. */
	phys32_set(host_core(0)->gicr_va + CTLR, 0xffffffff);
	assert_int_equal(get(CTLR), 8);
	assert_int_equal(get_of(1, CTLR, 4), 0);
}

/* [utest->swr~gic-identified~1] */
static void identification(void **state)
{
	phys32_set(host_core(0)->gicr_va + IIDR, 0x43b);
	phys32_set(EL2_VA_GICD + PIDR2, 0x3b);
	assert_int_equal(get(IIDR), 0x43b);
	assert_int_equal(get(PIDR2), 0x3b);
	phys32_set(EL2_VA_GICD + PIDR2 - 8, 0x92);
	assert_int_equal(get(PIDR2 - 8), 0); /* PIDR0 */
	put(IIDR, 0);
	put(PIDR2, 0);
	assert_int_equal(phys_writes(), 0);
}

/* SGIs and owned PPIs are shown, and no others; no write changes their group. [utest->swr~gicr-filtered~1] */
static void reads_show_what_is_owned(void **state)
{
	static const u64 groups[] = {ISENABLER, ICENABLER, ISPENDR, ICPENDR, ISACTIVER, ICACTIVER};

	for (u64 offset = 0x100; offset < 0x400; offset += 0x80)
		phys32_set(sgi_page(0) + offset - (offset & 0x80), ~0u);
	for (size_t i = 0; i < ARRAY_SIZE(groups); i++) {
		assert_int_equal(get(groups[i]), OWNED);
		assert_int_equal(get_of(1, groups[i], 4), 0);
		assert_int_equal(get(groups[i] + 4), 0); /* extended PPIs */
	}
	assert_int_equal(get(IGROUPR), OWNED);
	put(IGROUPR, 0);
	assert_int_equal(phys_writes(), 0);
}

/* Bits of SGIs and owned PPIs are set and cleared, and no others. [utest->swr~gicr-filtered~1] */
static void writes_change_what_is_owned(void **state)
{
	static const u64 sets[] = {ISENABLER, ISPENDR, ISACTIVER};

	for (size_t i = 0; i < ARRAY_SIZE(sets); i++) {
		const va_t at = sgi_page(0) + (sets[i] - SGI);

		put(sets[i], 0xffffffff);
		assert_int_equal(phys32(at), OWNED);
		phys32_set(at, 0xffffffff);
		put(sets[i] + 0x80, 0xffffffff);
		assert_int_equal(phys32(at), ~OWNED);
		put(sets[i] + 4, 0xffffffff);
		put(sets[i] + 0x84, 0xffffffff);
		assert_int_equal(phys32(at + 4), 0);
	}
	/* A sibling's, too: Linux brings up its cores so. */
	put_of(2, ISENABLER, 0xffffffff, 4);
	assert_int_equal(phys32(sgi_page(2) + 0x100), OWNED);
}

/* Priorities of SGIs and owned PPIs alone are read and written. [utest->swr~gicr-filtered~1] */
static void priorities_byte_by_byte(void **state)
{
	put(PRIORITY + 24, 0x40302010); /* 24..27; owned is 27 */
	assert_int_equal(phys32(sgi_page(0) + 0x400 + 24), 0x40000000);
	put(PRIORITY, 0x40302010);
	assert_int_equal(phys32(sgi_page(0) + 0x400), 0x40302010);
	phys32_set(sgi_page(0) + 0x400 + 28, 0x44332211);
	assert_int_equal(get(PRIORITY + 28), 0x00330000);
	assert_int_equal(get_of(0, PRIORITY + 30, 1), 0x33);
	assert_int_equal(get_of(0, PRIORITY + 29, 1), 0);
	assert_int_equal(get_of(0, PRIORITY + 24, 8), 0);
	assert_int_equal(get(PRIORITY + 32), 0);
}

/* Triggers of SGIs and owned PPIs are shown, and no write changes them. [utest->swr~gicr-filtered~1] */
static void triggers_are_fixed(void **state)
{
	phys32_set(sgi_page(0) + 0xc00, 0xaaaaaaaa);
	phys32_set(sgi_page(0) + 0xc04, 0xaaaaaaaa);
	assert_int_equal(get(ICFGR), 0xaaaaaaaa);
	assert_int_equal(get(ICFGR + 4), UINT32_C(2) << 22 | UINT32_C(2) << 28); /* 27 and 30 */
	put(ICFGR + 4, 0);
	assert_int_equal(phys_writes(), 0);
}

/* [utest->swr~gicr-filtered~1] */
static void all_else_is_reserved(void **state)
{
	static const u64 offsets[] = {0x10,	   0x18,	0x20,	      0x40,	   0x48,
				      0x80,	   0xa0,	0xb0,	      0x100,	   0xc00,
				      SGI,	   SGI + 4,	SGI + 0x84,   SGI + 0xc08, SGI + 0xd00,
				      SGI + 0xe00, SGI + 0xf80, SGI + 0x1000, SGI + 0xfffc};

	for (u64 offset = 0; offset < 0x1000; offset += 4) {
		if (offset != CTLR && offset != IIDR)
			phys32_set(host_core(0)->gicr_va + offset, ~0u);
		phys32_set(sgi_page(0) + offset, ~0u);
	}
	for (size_t i = 0; i < ARRAY_SIZE(offsets); i++) {
		assert_int_equal(get(offsets[i]), 0);
		put(offsets[i], 0xffffffff);
	}
	assert_int_equal(phys_writes(), 0);
}

/* [utest->swr~gicr-filtered~1] */
static void other_widths_do_nothing(void **state)
{
	static const u64 offsets[] = {CTLR, IIDR, TYPER, PIDR2, ISENABLER, ISPENDR, ICFGR};
	static const u8 sizes[] = {1, 2, 8};

	phys32_set(sgi_page(0) + 0x100, ~0u);
	phys32_set(EL2_VA_GICD + PIDR2, 0x3b);
	phys32_set(host_core(0)->gicr_va + IIDR, 0x43b);
	for (size_t i = 0; i < ARRAY_SIZE(offsets); i++)
		for (size_t k = 0; k < ARRAY_SIZE(sizes); k++) {
			if ((offsets[i] == TYPER || offsets[i] == IIDR) && sizes[k] == 8)
				continue;
			assert_int_equal(get_of(2, offsets[i], sizes[k]), 0);
			assert_int_equal(get_of(0, offsets[i], sizes[k]), 0);
			put_of(0, offsets[i], ~UINT64_C(0), sizes[k]);
		}
	assert_int_equal(phys_writes(), 0);
}

/* Every offset and width of every frame: nothing but owned interrupts of the cell's cores is touched. */
/* [utest->swr~gicr-filtered~1] */
static void sweep(void **state)
{
	for (u32 core = 0; core < 3; core++)
		for (u64 offset = 0; offset < 0x20000; offset++)
			for (u8 size = 1; size <= 8; size *= 2) {
				if (offset % size)
					continue;
				put_of(core, offset, UINT64_MAX, size);
				get_of(core, offset, size);
			}
	for (u32 core = 0; core < 3; core++) {
		for (u64 set = 0x100; set < 0x400; set += 0x100)
			assert_int_equal(phys32(sgi_page(core) + set) & ~OWNED, 0);
		for (u32 intid = 0; intid < 32; intid++)
			assert_int_equal(host_mmio_read(sgi_page(core) + 0x400 + intid, 1),
					 OWNED >> intid & 1 ? 0xff : 0);
	}
}

/* ---- list registers in the cell's view ---- */

#define LR(intid, state) ((u64)(state) << 62 | BIT(60) | (intid))

/* State in this core's list registers is shown in its own redistributor alone, and is cleared there.
 * [utest->swr~gic-state-merged~1] */
static void own_state_is_merged(void **state)
{
	machine_lr[0] = LR(3, 1);
	machine_lr[1] = LR(27, 1) | BIT(61) | UINT64_C(27) << 32;
	machine_lr[2] = LR(4, 3);
	phys32_set(sgi_page(0) + 0x300, 1u << 27);
	phys32_set(sgi_page(0) + 0x200, 1u << 30);
	assert_int_equal(get(ISPENDR), 1u << 3 | 1u << 4 | 1u << 27 | 1u << 30);
	assert_int_equal(get(ISACTIVER), 1u << 4); /* 27 waits: active for the machine alone */
	assert_int_equal(get_of(1, ISPENDR, 4), 0);
	put(ICPENDR, 1u << 3 | 1u << 4 | 1u << 27);
	assert_int_equal(machine_lr[0], 0);
	assert_int_equal(machine_lr[1], 0);
	assert_true(machine_lr[2] == LR(4, 2));
	assert_int_equal(phys32(sgi_page(0) + 0x300), 0);
	put(ICACTIVER, 1u << 4);
	assert_int_equal(machine_lr[2], 0);
}

/* What is cleared at a sibling's redistributor stays in this core's list registers.
 * [utest->swr~gic-state-merged~1] */
static void siblings_state_is_the_machines(void **state)
{
	machine_lr[0] = LR(3, 1);
	put_of(1, ICPENDR, 1u << 3, 4);
	assert_true(machine_lr[0] == LR(3, 1));
}

/* In a direct cell pending state is the machine's, and is cleared there. [utest->swr~gicr-filtered~1] */
static void direct_state_is_the_machines(void **state)
{
	phys32_set(sgi_page(0) + 0x200, 1u << 3);
	assert_int_equal(get(ISPENDR), 1u << 3);
	put(ICPENDR, 1u << 3);
	assert_int_equal(get(ISPENDR), 0);
}

/* An SGI that is disabled before the guest has seen it is pending still, and comes when it is enabled.
 * [utest->swr~gic-state-merged~1] */
static void disabled_sgi_waits(void **state)
{
	machine_lr[0] = LR(3, 1);
	machine_lr[1] = LR(4, 3);
	put(ICENABLER, 1u << 3 | 1u << 4);
	assert_int_equal(machine_lr[0], 0);
	assert_true(machine_lr[1] == LR(4, 2));
	assert_int_equal(phys32(sgi_page(0) + 0x200), 1u << 3 | 1u << 4);
	assert_int_equal(get(ISPENDR), 1u << 3 | 1u << 4);
	assert_int_equal(get(ISACTIVER), 1u << 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(typer_of_each_core, boot),
		cmocka_unit_test_setup(core_is_awake_and_has_no_lpis, boot),
		cmocka_unit_test_setup(identification, boot),
		cmocka_unit_test_setup(reads_show_what_is_owned, boot),
		cmocka_unit_test_setup(writes_change_what_is_owned, boot),
		cmocka_unit_test_setup(priorities_byte_by_byte, boot),
		cmocka_unit_test_setup(triggers_are_fixed, boot),
		cmocka_unit_test_setup(all_else_is_reserved, boot),
		cmocka_unit_test_setup(other_widths_do_nothing, boot),
		cmocka_unit_test_setup(sweep, boot),
		cmocka_unit_test_setup(own_state_is_merged, boot),
		cmocka_unit_test_setup(siblings_state_is_the_machines, boot),
		cmocka_unit_test_setup(direct_state_is_the_machines, boot_direct),
		cmocka_unit_test_setup(disabled_sgi_waits, boot),
	};

	return cmocka_run_group_tests_name("vgicr", tests, NULL, NULL);
}
