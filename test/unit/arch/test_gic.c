/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_gic.c - what the hypervisor itself does with the GIC, the EL2 registers, caches and time.
 *
 * Both ranges: nanoseconds_to_ticks
 * Robustness: active_priorities_that_stay, lpis_of_a_loader, waits_are_bounded
 */
#include "machine.h"
#include <stdio.h>
#include <stdlib.h>
#include "../../../src/arch/arm64/console.h"
#include "../../../src/arch/arm64/boot.h"
#include "../../../src/arch/arm64/exits.h"
#include "../../../src/arch/arm64/gic.h"
#include "../../../src/platform/iommu/smmuv3.h"

static jmp_buf asleep;

static void sleep_for_good(void)
{
	longjmp(asleep, 1);
}

static int boot_in(enum bp_mode mode)
{
	host_cell_make(2, mode, 0);
	host_cell()->ppi_owned = BIT(27);
	host_cell()->ppi_edge = BIT(22);
	host_cell()->spi_owned[1] = BIT(1) | BIT(31);
	machine_reset(4);
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

/* [utest->swr~core-quiesced~1] */
static void quiet_core(void **state)
{
	const va_t sgi = sgi_page(0);

	phys32_set(sgi + 0x100, ~0u);
	phys32_set(sgi + 0x200, ~0u);
	phys32_set(sgi + 0x300, ~0u);
	arch_interrupts_quiesce();
	assert_int_equal(phys32(sgi + 0x100), 1 << 7); /* the wake-up SGI alone */
	assert_int_equal(phys32(sgi + 0x200), 0);
	assert_int_equal(phys32(sgi + 0x300), 0);
	assert_int_equal(phys32(sgi + 0x80), 0xffffffff); /* Group 1 */
	assert_int_equal(phys32(sgi + 0xc04), 2u << 12);  /* PPI 22 by edge */
	for (u32 i = 0; i < 32; i++)
		assert_int_equal(host_mmio_read(sgi + 0x400 + i, 1), i == 7 ? 0 : 0xa0);
	assert_int_equal(reg("cntv_ctl_el0"), 0);
	assert_int_equal(reg("cntp_ctl_el0"), 0);
	assert_int_equal(reg_writes("ICC_AP1R0_EL1"), 1);
	assert_int_equal(reg("ICC_AP1R0_EL1"), 0);
	assert_int_equal(reg("ICH_AP1R0_EL2"), 0);
	assert_int_equal(reg("ICC_CTLR_EL1") & 2, 2); /* EOImode 1: drop and deactivation apart */
	/* Above the wake-up in both security states' views (0 and 0x80), not above the default (0xa0 and
	 * 0xd0). */
	assert_int_equal(reg("ICC_PMR_EL1"), 0x90);
	assert_int_equal(reg("ICC_IGRPEN1_EL1"), 1);
	assert_int_equal(reg("ICH_HCR_EL2"), 0);
	/* Nothing is enabled between the old guest's state and the new. */
	assert_true(journal_before("ICC_IGRPEN1_EL1=0", "ICC_IGRPEN1_EL1=1"));
}

static void quiet_direct_core(void **state)
{
	arch_interrupts_quiesce();
	assert_int_equal(reg("ICC_CTLR_EL1") & 2, 0);
}

/* Registers that a CPU with fewer priority bits lacks are not touched (ICC_AP1R<n>_EL1, ICH_AP1R<n>_EL2). */
static void active_priority_registers(void **state)
{
	for (u32 bits = 5; bits <= 7; bits++)
		for (u32 virtual_bits = 5; virtual_bits <= 7; virtual_bits++) {
			boot(state);
			reg_set("ICC_CTLR_EL1", (bits - 1) << 8);
			reg_set("ICH_VTR_EL2", (u64)(virtual_bits - 1) << 26 | 3);
			arch_interrupts_quiesce();
			assert_int_equal(reg_writes("S3_0_C12_C9_1"), bits >= 6);
			assert_int_equal(reg_writes("S3_0_C12_C9_2"), bits >= 7);
			assert_int_equal(reg_writes("S3_0_C12_C9_3"), bits >= 7);
			assert_int_equal(reg_writes("S3_4_C12_C8_1"), virtual_bits >= 6);
			assert_int_equal(reg_writes("S3_4_C12_C9_1"), virtual_bits >= 6);
			assert_int_equal(reg_writes("S3_4_C12_C9_3"), virtual_bits >= 7);
		}
}

/* One drop a level where writing the registers was to no effect, and an end to it. */
static void active_priorities_that_stay(void **state)
{
	arch_interrupts_quiesce();
	assert_int_equal(reg_writes("ICC_EOIR1_EL1"), 0);
	machine_active = 3;
	arch_interrupts_quiesce();
	assert_int_equal(machine_active, 0);
	assert_int_equal(reg_writes("ICC_EOIR1_EL1"), 3);
	journal_clear();
	machine_active = ~0u;
	arch_interrupts_quiesce();
	assert_int_equal(reg_writes("ICC_EOIR1_EL1"), 128);
}

static void guest_interface_injected(void **state)
{
	arch_interrupts_quiesce();
	gic_guest_prepare();
	assert_int_equal(phys32(sgi_page(0) + 0x100), BIT(25)); /* maintenance */
	assert_int_equal(host_mmio_read(sgi_page(0) + 0x400 + 7, 1), 0xa0);
	assert_int_equal(host_mmio_read(sgi_page(0) + 0x400 + 25, 1), 0);
	assert_int_equal(reg("ICC_PMR_EL1"), 0xff);
	assert_int_equal(reg("ICC_IGRPEN1_EL1"), 1);
	assert_int_equal(reg("ICH_HCR_EL2"), 1);
	assert_int_equal(reg("ICH_VMCR_EL2"), 0);
}

static void guest_interface_direct(void **state)
{
	arch_interrupts_quiesce();
	gic_guest_prepare();
	assert_int_equal(phys32(sgi_page(0) + 0x100), 0);
	assert_int_equal(reg("ICC_PMR_EL1"), 0xff); /* the guest's own is virtual */
	assert_int_equal(reg("ICC_IGRPEN1_EL1"), 0);
}

/* [utest->swr~cell-interrupts-reset~1] */
static void cells_spis_as_new(void **state)
{
	const va_t gicd = EL2_VA_GICD;

	for (u64 set = 0x104; set < 0x400; set += 0x100)
		phys32_set(gicd + set, ~0u);
	phys32_set(gicd + 0x108, ~0u);
	host_mmio_write(gicd + 0x400 + 33, 0x10, 1);
	host_mmio_write(gicd + 0x400 + 34, 0x10, 1);
	host_mmio_write(gicd + 0x6000 + 8 * 33, 1, 8);
	arch_cell_interrupts_reset();
	for (u64 set = 0x104; set < 0x400; set += 0x100)
		assert_int_equal(phys32(gicd + set), (u32) ~(BIT(1) | BIT(31)));
	assert_int_equal(phys32(gicd + 0x108), 0xffffffff);
	assert_int_equal(host_mmio_read(gicd + 0x400 + 33, 1), 0xa0);
	assert_int_equal(host_mmio_read(gicd + 0x400 + 34, 1), 0x10);
	assert_int_equal(phys64(gicd + 0x6000 + 8 * 33), 0); /* the first core */
}

static void distributor_at_boot(void **state)
{
	struct bp_header bp = {.spi_edge = {[1] = 0x80010001}};
	const va_t gicd = EL2_VA_GICD;

	phys32_set(gicd + 0x04, 2);    /* 96 INTIDs */
	phys32_set(gicd + 0x00, 0x12); /* as a loader leaves it */
	phys32_set(gicd + 0x104, ~0u);
	phys32_set(gicd + 0x204, ~0u);
	phys32_set(gicd + 0x304, ~0u);
	phys32_set(gicd + 0x10c, ~0u);
	gic_distributor_start(&bp);
	/* ARE stays on; all is off before anything is configured, and on again after that. */
	assert_memory_equal(journal(),
			    " mmio(40400c0000)=10  mmio(40400c0184)=ffffffff "
			    " mmio(40400c0188)=ffffffff  mmio(40400c0284)=",
			    87);
	assert_true(journal_before("mmio(40400c0c0c)", "mmio(40400c0000)=12"));
	assert_false(journal_before("mmio(40400c0000)=12", "mmio(40400c0"));
	assert_int_equal(phys32(gicd), 0x12); /* ARE, Group 1; Group 0 never */
	assert_int_equal(phys32(gicd + 0x104), 0);
	assert_int_equal(phys32(gicd + 0x204), 0);
	assert_int_equal(phys32(gicd + 0x304), 0);
	assert_int_equal(phys32(gicd + 0x84), 0xffffffff);
	assert_int_equal(phys32(gicd + 0x88), 0xffffffff);
	assert_int_equal(phys32(gicd + 0xc08), 2);
	assert_int_equal(phys32(gicd + 0xc0c), 0x80000002);
	assert_int_equal(phys32(gicd + 0x10c), 0xffffffff); /* no more than there are */
}

static void waiting_and_waking(void **state)
{
	assert_false(arch_wait()); /* nothing: no end of interrupt */
	assert_int_equal(reg_writes("ICC_EOIR1_EL1"), 0);
	iar_push(7);
	assert_true(arch_wait());
	assert_true(reg_wrote("ICC_EOIR1_EL1", 7));
	assert_true(reg_wrote("ICC_DIR_EL1", 7));
	iar_push(33);
	reg_set("ICC_HPPIR1_EL1", 33); /* a sibling's to route: not taken, not ended */
	assert_false(arch_wait());
	assert_false(reg_wrote("ICC_EOIR1_EL1", 33));
	reg_set("ICC_HPPIR1_EL1", 7);
	assert_false(arch_wait()); /* overtaken by another, which goes back */
	assert_true(reg_wrote("ICC_EOIR1_EL1", 33));
	assert_int_equal(phys32(EL2_VA_GICD + 0x204), 1 << 1);
	iar_push(8192); /* an LPI that a loader left: ended like others */
	assert_false(arch_wait());
	assert_true(reg_wrote("ICC_EOIR1_EL1", 8192));
	host_core(1)->mpidr = UINT64_C(0x0400030251);
	phys32_set(sgi_page(1) + 0x404, ~0u);
	phys32_set(sgi_page(1) + 0x300,
		   1 << 7 | 1 << 3); /* a guest made it active: it would never be signalled */
	arch_wake(1);
	assert_int_equal(phys32(sgi_page(1) + 0x100), 1 << 7);
	assert_int_equal(host_mmio_read(sgi_page(1) + 0x407, 1), 0);
	assert_int_equal(phys32(sgi_page(1) + 0x300), 1 << 3);
	/* Aff3 4, Aff2 3, Aff1 2, range 5, target 1 (ICC_SGI1R_EL1) */
	assert_true(reg_wrote("ICC_SGI1R_EL1", UINT64_C(4) << 48 | UINT64_C(5) << 44 | UINT64_C(3) << 32 |
						       7 << 24 | 2 << 16 | 2));
}

/* The SGI goes out when the target's state of it is set right, all of it. */
static void waking_ends_with_the_sgi(void **state)
{
	static const u32 registers[] = {0x380, 0x407, 0x100};

	arch_wake(1);
	for (size_t i = 0; i < ARRAY_SIZE(registers); i++) {
		char write[64];

		snprintf(write, sizeof(write), "mmio(%lx)=", (unsigned long)sgi_page(1) + registers[i]);
		assert_true(journal_before(write, "ICC_SGI1R_EL1="));
	}
	assert_false(journal_before("ICC_SGI1R_EL1=", "mmio("));
}

static void direct_cores_deactivate_by_eoi(void **state)
{
	iar_push(7);
	assert_true(arch_wait());
	assert_true(reg_wrote("ICC_EOIR1_EL1", 7));
	assert_int_equal(reg_writes("ICC_DIR_EL1"), 0);
}

static void spis_raised(void **state)
{
	static const u32 intids[] = {32, 63, 64, 255, 1019};

	for (size_t i = 0; i < ARRAY_SIZE(intids); i++) {
		boot(state);
		arch_spi_raise(intids[i]);
		assert_int_equal(phys32(EL2_VA_GICD + 0x200 + intids[i] / 32 * 4), UINT32_C(1)
											   << intids[i] % 32);
		assert_int_equal(phys_writes(), 1);
	}
}

static void doorbells_raised(void **state)
{
	const struct bp_bell bell = {0x224, 0x1000};

	arch_doorbell_raise(&bell);
	assert_int_equal(phys32(EL2_VA_GICD + 0x224), 0x1000);
	assert_int_equal(phys_writes(), 1);
}

/* ---- devices that are waited for ---- */

static struct {
	va_t at;
	u32 bits; /* that say: busy */
	u32 patience, reads;
} device;

static void device_is_busy(va_t va, bool write)
{
	if (va != device.at || write)
		return;
	device.reads++;
	phys32_set(va, device.reads > device.patience ? phys32(va) & ~device.bits : phys32(va) | device.bits);
}

static void settle(void)
{
	gic_settle();
}

static void quiesce(void)
{
	arch_interrupts_quiesce();
}

static void character(void)
{
	uart_put(EL2_VA_UART, '!');
}

static void words(void)
{
	say(EL2_VA_UART, "no room\n");
}

/* How often a status was read that says for so many reads that the device is busy. */
static u32 reads_of(void (*wait)(void), va_t at, u32 bits, u32 patience)
{
	device.at = at;
	device.bits = bits;
	device.patience = patience;
	device.reads = 0;
	machine_on_mmio = device_is_busy;
	wait();
	machine_on_mmio = NULL;
	phys32_set(at, phys32(at) & ~bits);
	return device.reads;
}

/* As long as it takes, and no longer. [utest->swr~device-waits-bounded~1] */
static void waits_end_with_the_device(void **state)
{
	static const u32 times[] = {0, 1, 7, 999};

	for (size_t i = 0; i < ARRAY_SIZE(times); i++) {
		assert_int_equal(reads_of(settle, EL2_VA_GICD, BIT(31), times[i]), times[i] + 1);
		assert_int_equal(reads_of(quiesce, host_core(0)->gicr_va, BIT(3), times[i]), times[i] + 1);
		assert_int_equal(reads_of(character, EL2_VA_UART + 0x18, BIT(5), times[i]), times[i] + 1);
	}
	assert_int_equal(reads_of(quiesce, host_core(0)->gicr_va, BIT(3), 999999), 1000000);
	assert_string_equal(uart_text(), "!!!!");
}

/* One that is busy for ever holds nobody up. [utest->swr~device-waits-bounded~1] */
static void waits_are_bounded(void **state)
{
	assert_int_equal(reads_of(settle, EL2_VA_GICD, BIT(31), ~0u), 1000);
	assert_int_equal(reads_of(quiesce, host_core(0)->gicr_va, BIT(3), ~0u), 1000000);
	assert_int_equal(reads_of(character, EL2_VA_UART + 0x18, BIT(5), ~0u), 1000000);
	assert_int_equal(reads_of(words, EL2_VA_UART + 0x18, BIT(5), ~0u), 1000000); /* the first of them */
	assert_string_equal(uart_text(), "");
}

/* ---- EL2 registers ---- */

static void core_starts(void)
{
	struct exit frame;

	machine_on_wfi = sleep_for_good;
	if (setjmp(asleep) == 0)
		core_start(&frame, 1);
}

/* [utest->swr~el2-registers-written~1] */
/* [utest->swr~direct-untrapped~1] [utest->swr~el2-registers-written~1] */
static void el2_registers(void **state)
{
	reg_set("midr_el1", 0x410fd083);
	reg_set("mpidr_el1", 0x80000001);
	core_starts();
	/* VM SWIO PTW FMO IMO AMO TID1 TID3 TSC TIDCP TACR TSW RW TLOR TERR APK API (D17.2.48) */
	assert_true(reg("hcr_el2") ==
		    (BIT(0) | BIT(1) | BIT(2) | BIT(3) | BIT(4) | BIT(5) | BIT(16) | BIT(18) | BIT(19) |
		     BIT(20) | BIT(21) | BIT(22) | BIT(31) | BIT(35) | BIT(36) | BIT(40) | BIT(41)));
	assert_true(reg("mdcr_el2") == (BIT(5) | BIT(6) | BIT(9) | BIT(10) | BIT(11) | BIT(14) | BIT(19)));
	assert_int_equal(reg("cptr_el2"), 0x401033ff);
	assert_int_equal(reg("hstr_el2"), 0);
	assert_int_equal(reg("cnthctl_el2"), 3);
	assert_int_equal(reg("cntvoff_el2"), 0);
	assert_int_equal(reg_writes("cntvoff_el2"), 1);
	assert_int_equal(reg("vpidr_el2"), 0x410fd083);
	assert_int_equal(reg("vmpidr_el2"), 0x80000001);
	assert_int_equal(reg("vtcr_el2"), this_cell->vtcr);
	assert_true(reg("vttbr_el2") == this_cell->vttbr);
	assert_int_equal(reg("ICC_SRE_EL2"), 7);       /* Enable 0 */
	assert_int_equal(reg_writes("HFGRTR_EL2"), 0); /* not there */
	assert_int_equal(reg_writes("HCRX_EL2"), 0);
}

/* With GICD_CTLR.DS 0 Group 0 is firmware's, and its registers may trap to EL3.
 * [utest->swr~group0-firmwares~1] */
static void group_0_with_one_security_state_only(void **state)
{
	for (u32 ds = 0; ds < 2; ds++) {
		boot(state);
		phys32_set(EL2_VA_GICD, ds << 6 | 0x12);
		reg_set("ICC_IGRPEN0_EL1", 1);
		reg_set("ICC_BPR0_EL1", 3);
		core_starts();
		assert_int_equal(reg_writes("ICC_IGRPEN0_EL1"), ds);
		assert_int_equal(reg("ICC_IGRPEN0_EL1"), !ds);
		assert_int_equal(reg("ICC_BPR0_EL1"), ds ? 0 : 3);
		journal_clear();
		arch_interrupts_quiesce();
		assert_int_equal(reg_writes("ICC_BPR0_EL1"), ds);
		assert_int_equal(reg_writes("ICC_IGRPEN0_EL1"), 0);
		assert_int_equal(reg_writes("ICC_BPR1_EL1"), 1);
	}
}

static void lpis_of_a_loader(void **state)
{
	const va_t ctlr = host_core(0)->gicr_va;
	char write[64];

	snprintf(write, sizeof(write), "mmio(%lx)=", (unsigned long)ctlr);
	gic_core_start();
	assert_null(strstr(journal(), write)); /* off: not touched */
	phys32_set(ctlr, 0x07000001);
	gic_core_start();
	assert_int_equal(phys32(ctlr), 0x07000000);
	assert_string_equal(uart_text(), "");
	boot(state);
	phys32_set(ctlr, 1);
	machine_unwritable = ctlr;
	machine_on_wfi = sleep_for_good;
	if (setjmp(asleep) == 0) {
		gic_core_start();
		fail_msg("LPIs are on, and the core goes on");
	}
	assert_non_null(strstr(uart_text(), "LPIs"));
}

/* [utest->swr~lpis-by-tables~1] */
static void lpis_with_the_blueprints_tables(void **state)
{
	const va_t rd = host_core(0)->gicr_va;
	const struct bp_lpi_core core = {
		.gicr_va = rd, .propbaser = 0x4000078e, .pendbaser = BIT(62) | 0x50000782};

	phys32_set(rd + 0x14, 2); /* asleep */
	phys32_set(rd, 1);	  /* a loader's are on: off before the tables change */
	assert_true(gic_lpis_start(&core));
	assert_int_equal(phys32(rd + 0x14), 0);
	assert_int_equal(phys64(rd + 0x70), core.propbaser);
	assert_int_equal(phys64(rd + 0x78), core.pendbaser);
	assert_int_equal(phys32(rd), 1);
	assert_true(journal_before("mmio(40400e2000)=0", "mmio(40400e2070)="));
	assert_true(journal_before("mmio(40400e2078)=", "mmio(40400e2000)=1"));
	/* The core itself leaves them on; a core that takes none doesn't. */
	host_cell()->lpis.count = 4;
	gic_core_start();
	assert_int_equal(phys32(rd), 1);
	core_identify(1);
	phys32_set(host_core(1)->gicr_va, 1);
	gic_core_start();
	assert_int_equal(phys32(host_core(1)->gicr_va), 0);
	machine_unwritable = rd; /* they don't go off, they don't come on */
	assert_false(gic_lpis_start(&core));
	machine_unwritable = 0;
	phys32_set(rd, 0);
	machine_unwritable = rd;
	assert_false(gic_lpis_start(&core));
}

/* What a life has left behind is not the next one's. */
static void lpis_are_drained(void **state)
{
	host_cell()->lpis.count = 3;
	reg_set("ICC_PMR_EL1", 0x90);
	reg_set("ICC_HPPIR1_EL1", 8193);
	iar_push(8193);
	iar_push(8192);
	arch_cell_interrupts_reset();
	assert_true(reg_wrote("ICC_EOIR1_EL1", 8193));
	assert_true(reg_wrote("ICC_EOIR1_EL1", 8192));
	assert_int_equal(reg_writes("ICC_EOIR1_EL1"), 2);
	assert_int_equal(reg_writes("ICC_PMR_EL1"), 2);
	assert_int_equal(reg("ICC_PMR_EL1"), 0x90); /* at rest, as before */
	assert_true(journal_before("mmio(40400c0184)=", "ICC_EOIR1_EL1=2001"));
	journal_clear();
	reg_set("ICC_HPPIR1_EL1", 7); /* the wake-up stays */
	iar_push(7);
	arch_cell_interrupts_reset();
	assert_int_equal(reg_writes("ICC_EOIR1_EL1"), 0);
}

/* An SPI without an owner is EL2's: first of all, for this core, and no reason to wake. */
static void own_interrupts(void **state)
{
	arch_own_interrupt(106);
	assert_int_equal(host_mmio_read(EL2_VA_GICD + 0x400 + 106, 1), 0);
	assert_int_equal(phys64(EL2_VA_GICD + 0x6000 + 8 * 106), host_core(0)->mpidr);
	assert_int_equal(phys32(EL2_VA_GICD + 0x10c), 1 << 10);
	reg_set("ICC_HPPIR1_EL1", 106);
	iar_push(106);
	assert_false(arch_wait());
	assert_true(reg_wrote("ICC_EOIR1_EL1", 106));
	assert_true(reg_wrote("ICC_DIR_EL1", 106));
	assert_int_equal(phys32(EL2_VA_GICD + 0x20c), 0); /* nobody else's, so it doesn't go back */
}

/* [utest->swr~direct-untrapped~1] */
static void el2_registers_direct(void **state)
{
	core_starts();
	assert_int_equal(reg("hcr_el2") & BIT(4), 0); /* IMO */
	assert_int_equal(reg("hcr_el2") & BIT(3), BIT(3));
}

static void newer_controls_are_zeroed(void **state)
{
	static const char *const names[] = {"HFGRTR_EL2",  "HFGWTR_EL2",  "HFGITR_EL2", "HDFGRTR_EL2",
					    "HDFGWTR_EL2", "HAFGRTR_EL2", "HCRX_EL2"};

	reg_set("id_aa64mmfr0_el1", UINT64_C(1) << 56);
	reg_set("id_aa64mmfr1_el1", UINT64_C(1) << 40);
	reg_set("id_aa64pfr0_el1", UINT64_C(1) << 44);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		reg_set(names[i], UINT64_MAX);
	core_starts();
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		assert_int_equal(reg(names[i]), 0);
}

/* FEAT_NMI comes with FEAT_HCX. */
static void allint_traps_where_it_is(void **state)
{
	reg_set("id_aa64mmfr1_el1", UINT64_C(1) << 40);
	reg_set("id_aa64pfr1_el1", UINT64_C(1) << 36);
	core_starts();
	assert_int_equal(reg("HCRX_EL2"), 0x40); /* TALLINT */
}

/* PMBIDR_EL1 and TRBIDR_EL1 have no trap of an older kind. */
static void buffers_of_profiling_and_trace(void **state)
{
	static const struct {
		u64 dfr0, hdfgrtr;
	} rows[] = {{0, 0},
		    {UINT64_C(1) << 32, BIT(63)},
		    {UINT64_C(1) << 44, BIT(51)},
		    {UINT64_C(3) << 32 | UINT64_C(2) << 44, BIT(63) | BIT(51)}};

	for (u64 fgt = 0; fgt <= 1; fgt++)
		for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
			boot(state);
			reg_set("id_aa64mmfr0_el1", fgt << 56);
			reg_set("id_aa64dfr0_el1", rows[i].dfr0);
			core_starts();
			assert_true(reg("HDFGRTR_EL2") == (fgt ? rows[i].hdfgrtr : 0));
			assert_int_equal(reg_writes("HDFGRTR_EL2"), fgt);
		}
}

/* The distributor's scale, whatever scale the running priority comes in (ICC_RPR_EL1). */
static void priorities_in_one_scale(void **state)
{
	struct exit frame;

	for (u32 ds = 0; ds <= 1; ds++) {
		boot(state);
		phys32_set(EL2_VA_GICD, ds << 6);
		gic_core_start(); /* the mask keeps its lowest bit: with DS 0 that is the unshifted view */
		host_mmio_write(EL2_VA_GICD + 0x400 + 33, 0x60, 1);
		iar_push(33);
		exit_interrupt(&frame);
		assert_int_equal(machine_lr[0] >> 48 & 0xff, ds ? 0x60 : 0xc0);
	}
}

/* Profiling and trace buffers of a loader, but for those that EL3 keeps. */
static void buffers_are_stopped(void **state)
{
	static const char *const limits[] = {"PMBLIMITR_EL1", "TRBLIMITR_EL1"};

	for (u32 there = 0; there <= 1; there++)
		for (u32 kept = 0; kept <= 1; kept++) {
			boot(state);
			reg_set("id_aa64dfr0_el1", there ? UINT64_C(1) << 32 | UINT64_C(1) << 44 : 0);
			reg_set("PMBIDR_EL1", kept << 4);
			reg_set("TRBIDR_EL1", kept << 4);
			core_starts();
			for (size_t i = 0; i < ARRAY_SIZE(limits); i++)
				assert_int_equal(reg_writes(limits[i]), there && !kept);
		}
}

static void second_fine_grained_traps(void **state)
{
	static const char *const names[] = {"HFGRTR2_EL2", "HFGWTR2_EL2", "HFGITR2_EL2", "HDFGRTR2_EL2",
					    "HDFGWTR2_EL2"};

	for (u64 fgt = 1; fgt <= 2; fgt++) {
		boot(state);
		reg_set("id_aa64mmfr0_el1", fgt << 56);
		core_starts();
		for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
			assert_int_equal(reg_writes(names[i]), fgt == 2);
			assert_int_equal(reg(names[i]), 0);
		}
	}
}

/* Of either version; MPAM1_EL1 and MPAM0_EL1 trap. */
static void memory_partitioning_traps(void **state)
{
	core_starts();
	assert_int_equal(reg_writes("MPAM2_EL2"), 0);
	boot(state);
	reg_set("id_aa64pfr0_el1", UINT64_C(1) << 40);
	core_starts();
	assert_true(reg("MPAM2_EL2") == (UINT64_C(3) << 48 | BIT(58)));
	boot(state);
	reg_set("id_aa64pfr1_el1", 1 << 16); /* 0.1 */
	core_starts();
	assert_true(reg("MPAM2_EL2") == (UINT64_C(3) << 48 | BIT(58)));
}

/* MPAMIDR_EL1 traps by MPAMHCR_EL2 where that exists. */
static void memory_partitioning_of_virtual_partitions(void **state)
{
	for (u64 has = 0; has <= 1; has++) {
		boot(state);
		reg_set("id_aa64pfr0_el1", UINT64_C(1) << 40);
		reg_set("MPAMIDR_EL1", has << 17 | 0xffff);
		core_starts();
		assert_int_equal(reg_writes("MPAMHCR_EL2"), has);
		assert_int_equal(reg("MPAMHCR_EL2"), has << 31);
	}
}

/* EL2's own extended controls, where the CPU has them (ID_AA64MMFR3_EL1.TCRX and SCTLRX). */
static void extended_controls_of_el2(void **state)
{
	for (u64 has = 0; has < 4; has++) {
		boot(state);
		reg_set("S3_0_C0_C7_3", (has & 1) | (has >> 1) << 4 | 0xf00);
		core_starts();
		assert_int_equal(reg_writes("TCR2_EL2"), has & 1);
		assert_int_equal(reg_writes("SCTLR2_EL2"), has >> 1);
		assert_int_equal(reg("TCR2_EL2") | reg("SCTLR2_EL2"), 0);
	}
}

/* HCR_EL2.EnSCXT where there is SCXTNUM_EL1, TID5 where there is GMID_EL1. */
static void controls_by_feature(void **state)
{
	static const struct {
		const char *name;
		u64 value, hcr;
	} rows[] = {{"id_aa64pfr0_el1", UINT64_C(1) << 56, 0},
		    {"id_aa64pfr0_el1", UINT64_C(2) << 56, BIT(53)},
		    {"id_aa64pfr0_el1", UINT64_C(3) << 56, BIT(53)},
		    {"id_aa64pfr1_el1", UINT64_C(1) << 32, 0},
		    {"id_aa64pfr1_el1", UINT64_C(2) << 32, BIT(53)},
		    {"id_aa64pfr1_el1", 1 << 8, 0},
		    {"id_aa64pfr1_el1", 2 << 8, BIT(58)},
		    {"id_aa64pfr1_el1", 3 << 8, BIT(58)}};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		boot(state);
		reg_set(rows[i].name, rows[i].value);
		core_starts();
		assert_true((reg("hcr_el2") & (BIT(53) | BIT(58))) == rows[i].hcr);
	}
}

static void all_event_counters_are_below_hpmn(void **state)
{
	reg_set("id_aa64dfr0_el1", 1 << 8);
	reg_set("pmcr_el0", 6 << 11);
	core_starts();
	assert_int_equal(reg("mdcr_el2") & 0x1f, 6);
	boot(state);
	reg_set("id_aa64dfr0_el1", 15 << 8); /* implementation defined */
	reg_set("pmcr_el0", 6 << 11);
	core_starts();
	assert_int_equal(reg("mdcr_el2") & 0x1f, 0);
}

/* HPMD from PMUv3p1 on, HCCD from PMUv3p5 on; TPM and TPMCR unless the PMU is the cell's.
 * [utest->swr~pmu-of-the-cell~1] */
static void counting_at_el2(void **state)
{
	static const struct {
		u64 version, mdcr;
	} rows[] = {{0, 0},
		    {1, 4},
		    {4, BIT(17) | 4},
		    {5, BIT(17) | 4},
		    {6, BIT(17) | BIT(23) | 4},
		    {9, BIT(17) | BIT(23) | 4},
		    {15, 0}};
	const u64 others = BIT(9) | BIT(10) | BIT(11) | BIT(14) | BIT(19), traps = BIT(5) | BIT(6);

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		for (u32 flags = 0; flags <= BP_CELL_PMU; flags += BP_CELL_PMU) {
			const bool given = flags && rows[i].mdcr;

			boot(state);
			host_cell()->flags = flags;
			reg_set("id_aa64dfr0_el1", rows[i].version << 8);
			reg_set("pmcr_el0", 4 << 11);
			core_starts();
			assert_true(reg("mdcr_el2") == (rows[i].mdcr | others | (given ? 0 : traps)));
		}
	}
}

/* ---- time ---- */

/* [utest->swr~time-exact~1] */
static void nanoseconds_to_ticks(void **state)
{
	static const u64 frequencies[] = {1, 19200000, 24000000, 25000000, 62500000, 100000000, 1000000000};

	for (size_t i = 0; i < ARRAY_SIZE(frequencies); i++) {
		const u64 f = frequencies[i];

		reg_set("cntfrq_el0", f);
		for (u64 ns = 1; ns < UINT64_C(1) << 62; ns = ns * 3 + 7)
			assert_true(arch_ns_to_ticks(ns) == (u64)((unsigned __int128)ns * f / 1000000000));
		assert_true(arch_ns_to_ticks(1000000000) == f);
		assert_true(arch_ns_to_ticks(0) == 0);
	}
}

/* ---- caches ---- */

/* [utest->swr~cell-clean-to-poc~1] */
static void every_line_once(void **state)
{
	const va_t ram = EL2_VA_CELL_RAM;
	char wanted[64];

	for (u32 log = 2; log <= 6; log++) { /* 16 to 256 bytes a line */
		const u64 line = UINT64_C(4) << log;
		u32 lines = 0;

		boot(state);
		reg_set("ctr_el0", log << 16 | 4); /* DminLine; IminLine is another */
		arch_cache_clean_invalidate(ram + 8, 1024);
		for (va_t at = ram; at < ram + 1032; at += line, lines++) {
			snprintf(wanted, sizeof(wanted), " civac(%lx) ", (unsigned long)at);
			assert_non_null(strstr(journal(), wanted));
			assert_null(strstr(strstr(journal(), wanted) + 1, wanted));
		}
		snprintf(wanted, sizeof(wanted), " civac(%lx) ", (unsigned long)(ram + lines * line));
		assert_null(strstr(journal(), wanted));
	}
}

static void zeroes_and_no_more(void **state)
{
	static const u32 dczids[] = {4, 0, 6, 4 | BIT(4)};
	u8 *const ram = (u8 *)EL2_VA_CELL_RAM;

	for (size_t d = 0; d < ARRAY_SIZE(dczids); d++) {
		reg_set("dczid_el0", dczids[d]);
		for (u64 start = 0; start < 70; start += 3)
			for (u64 size = 0; size < 700; size += 13) {
				memset(ram, 0xee, 1024);
				journal_clear();
				arch_zero(EL2_VA_CELL_RAM + start, size);
				for (u64 i = 0; i < 1024; i++)
					assert_int_equal(ram[i], i >= start && i < start + size ? 0 : 0xee);
				if (dczids[d] & BIT(4))
					assert_null(strstr(journal(), "zva"));
			}
	}
}

static void instruction_caches(void **state)
{
	arch_icache_invalidate();
	assert_string_equal(journal(), " ic(iallu) ");
}

/* ---- SMMU ---- */

/* [utest->swr~smmu-abort-all~1] */
static void smmu_update_acknowledged(void **state)
{
	const va_t smmu = EL2_VA_SERVICE + 0x200000;

	machine_device(smmu, 0x1000, DEVICE_MEMORY);
	/* This one never takes the update: refused, and nobody believes that it aborts. */
	assert_false(smmu_abort_all(smmu));
	assert_int_equal(phys32(smmu + 0x44), BIT(31) | BIT(20));
	assert_null(strstr(journal(), "mmio(4080200020)"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(quiet_core, boot),
		cmocka_unit_test_setup(quiet_direct_core, boot_direct),
		cmocka_unit_test_setup(active_priority_registers, boot),
		cmocka_unit_test_setup(active_priorities_that_stay, boot),
		cmocka_unit_test_setup(guest_interface_injected, boot),
		cmocka_unit_test_setup(guest_interface_direct, boot_direct),
		cmocka_unit_test_setup(cells_spis_as_new, boot),
		cmocka_unit_test_setup(distributor_at_boot, boot),
		cmocka_unit_test_setup(waiting_and_waking, boot),
		cmocka_unit_test_setup(waking_ends_with_the_sgi, boot),
		cmocka_unit_test_setup(direct_cores_deactivate_by_eoi, boot_direct),
		cmocka_unit_test_setup(spis_raised, boot),
		cmocka_unit_test_setup(doorbells_raised, boot),
		cmocka_unit_test_setup(waits_end_with_the_device, boot),
		cmocka_unit_test_setup(waits_are_bounded, boot),
		cmocka_unit_test_setup(el2_registers, boot),
		cmocka_unit_test_setup(el2_registers_direct, boot_direct),
		cmocka_unit_test_setup(group_0_with_one_security_state_only, boot),
		cmocka_unit_test_setup(lpis_of_a_loader, boot),
		cmocka_unit_test_setup(lpis_with_the_blueprints_tables, boot),
		cmocka_unit_test_setup(lpis_are_drained, boot),
		cmocka_unit_test_setup(own_interrupts, boot),
		cmocka_unit_test_setup(priorities_in_one_scale, boot),
		cmocka_unit_test_setup(buffers_are_stopped, boot),
		cmocka_unit_test_setup(newer_controls_are_zeroed, boot),
		cmocka_unit_test_setup(allint_traps_where_it_is, boot),
		cmocka_unit_test_setup(second_fine_grained_traps, boot),
		cmocka_unit_test_setup(buffers_of_profiling_and_trace, boot),
		cmocka_unit_test_setup(memory_partitioning_traps, boot),
		cmocka_unit_test_setup(memory_partitioning_of_virtual_partitions, boot),
		cmocka_unit_test_setup(extended_controls_of_el2, boot),
		cmocka_unit_test_setup(controls_by_feature, boot),
		cmocka_unit_test_setup(all_event_counters_are_below_hpmn, boot),
		cmocka_unit_test_setup(counting_at_el2, boot),
		cmocka_unit_test_setup(nanoseconds_to_ticks, boot),
		cmocka_unit_test_setup(every_line_once, boot),
		cmocka_unit_test_setup(zeroes_and_no_more, boot),
		cmocka_unit_test_setup(instruction_caches, boot),
		cmocka_unit_test_setup(smmu_update_acknowledged, boot),
	};

	return cmocka_run_group_tests_name("gic", tests, NULL, NULL);
}
