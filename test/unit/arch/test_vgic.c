/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_vgic.c - delivery through list registers, and SGIs (Arm IHI 0069: ICH_*, ICC_SGI1R_EL1).
 *
 * Includes its subject, whose statics must be as at boot in every test.
 *
 * Robustness: lpis_of_no_table, lpi_whose_spi_is_elsewhere, second_arrival_while_pending,
 * second_arrival_while_active, crowded_lowest_waits, crowded_equal_priority_waits,
 * lowest_active_is_parked, end_of_nothing, end_of_nothing_in_groups,
 * none_is_parked_without_an_order, none_pending_is_signalled, random_arrivals,
 * first_clear_believes_nothing, sgi_to_foreign_cores_is_dropped, sgi_to_nobody
 */
#include "machine.h"
#include "../../../src/arch/arm64/vgic.c"
#include "../../../src/arch/arm64/sysregs.h"

#define MAINTENANCE 25

static int boot_with(u32 cores, u32 lrs)
{
	host_cell_make(cores, BP_MODE_INJECTED, 0);
	host_cell()->ppi_owned = BIT(27) | BIT(30);
	host_cell()->spi_owned[1] = ~0u;
	host_cell()->spi_owned[2] = ~0u;
	memset(&waiting, 0, sizeof(waiting));
	memset(&parked, 0, sizeof(parked));
	without_lr = 0;
	machine_reset(lrs);
	for (u32 intid = 0; intid < 128; intid++) {
		host_mmio_write(EL2_VA_GICD + 0x400 + intid, 0xa0, 1);
		if (intid < 32)
			host_mmio_write(sgi_page(0) + 0x400 + intid, 0xa0, 1);
	}
	host_mmio_write(sgi_page(0) + 0x400 + MAINTENANCE, 0, 1); /* gic_guest_prepare */
	vgic_start(0);
	vgic_clear();
	vgic_guest_prepare();
	journal_clear();
	return 0;
}

static int boot(void **state)
{
	return boot_with(3, 4);
}

static void priority(u32 intid, u8 value)
{
	host_mmio_write((intid < 32 ? sgi_page(0) : EL2_VA_GICD) + 0x400 + intid, value, 1);
}

static void arrive(u32 intid)
{
	struct exit frame;

	iar_push(intid);
	exit_interrupt(&frame);
}

static u32 pending(u32 word)
{
	return vgic_bits(word).pending;
}

static u32 active(u32 word)
{
	return vgic_bits(word).active;
}

static void sgi_send(u64 value)
{
	assert_false(exit_sgi(value, 0));
}

static u64 lr_of(u32 intid)
{
	u64 found = 0;

	for (u32 i = 0; i < MACHINE_LRS; i++)
		if (machine_lr[i] >> 62 && (u32)machine_lr[i] == intid) {
			assert_int_equal(found, 0); /* an INTID in two list registers is unpredictable */
			found = machine_lr[i];
		}
	return found;
}

static u32 state_of(u32 intid)
{
	return (u32)(lr_of(intid) >> 62); /* 1 pending, 2 active, 3 both */
}

/* ICH_AP1R0_EL2: a bit a group priority, of 5 bits. */
static void runs(u32 priority_now, bool set)
{
	const u64 bit = BIT(priority_now >> 3);

	reg_set("ICH_AP1R0_EL2", set ? reg("ICH_AP1R0_EL2") | bit : reg("ICH_AP1R0_EL2") & ~bit);
}

static void guest_acknowledges(u32 intid)
{
	for (u32 i = 0; i < MACHINE_LRS; i++)
		if (machine_lr[i] >> 62 && (u32)machine_lr[i] == intid) {
			machine_lr[i] = (machine_lr[i] & ~BIT(62)) | BIT(63);
			runs(machine_lr[i] >> 48 & 0xff, true);
		}
}

static void guest_ends(u32 intid)
{
	for (u32 i = 0; i < MACHINE_LRS; i++)
		if (machine_lr[i] >> 63 && (u32)machine_lr[i] == intid) {
			machine_lr[i] &= ~BIT(63);
			runs(machine_lr[i] >> 48 & 0xff, false);
		}
}

/* The guest's end of one without a list register is counted (ICH_HCR_EL2.EOIcount). */
static void guest_ends_parked(u32 priority_dropped)
{
	runs(priority_dropped, false);
	reg_set("ICH_HCR_EL2", reg("ICH_HCR_EL2") + BIT(27));
}

static bool underflow_armed(void)
{
	return reg("ICH_HCR_EL2") & BIT(1);
}

static bool ends_armed(void)
{
	return reg("ICH_HCR_EL2") & BIT(2);
}

static bool none_pending_armed(void)
{
	return reg("ICH_HCR_EL2") & BIT(3);
}

static bool armed(void)
{
	return underflow_armed() || none_pending_armed();
}

/* ---- injection ---- */

/* [utest->swr~irq-injected~1] */
static void backed_interrupt(void **state)
{
	priority(33, 0x58);
	arrive(33);
	/* Pending, HW, Group 1, priority, physical and virtual INTID (ICH_LR<n>_EL2). */
	assert_true(lr_of(33) ==
		    (BIT(62) | BIT(61) | BIT(60) | UINT64_C(0x58) << 48 | UINT64_C(33) << 32 | 33));
	assert_true(reg_wrote("ICC_EOIR1_EL1", 33));
	assert_int_equal(reg_writes("ICC_DIR_EL1"), 0); /* the guest's EOI ends it */
	assert_int_equal(host_telemetry(0)->injected, 1);
	assert_true(reg("ICH_HCR_EL2") & 1);
	assert_false(underflow_armed());
}

/* An SGI is delivered with no physical interrupt behind it: that one EL2 ends at once.
 * [utest->swr~irq-injected~1] */
static void soft_interrupt(void **state)
{
	priority(3, 0x20);
	arrive(3);
	assert_true(lr_of(3) == (BIT(62) | BIT(60) | UINT64_C(0x20) << 48 | 3));
	assert_true(reg_wrote("ICC_EOIR1_EL1", 3));
	assert_true(reg_wrote("ICC_DIR_EL1", 3)); /* nobody else ends the physical one */
}

/* The special INTIDs are no interrupts: nothing is ended, nothing delivered. [utest->swr~irq-injected~1] */
static void nothing_is_pending(void **state)
{
	static const u32 special[] = {1020, 1021, 1022, 1023};

	for (size_t i = 0; i < ARRAY_SIZE(special); i++)
		arrive(special[i]);
	assert_int_equal(reg_writes("ICC_EOIR1_EL1"), 0);
	assert_int_equal(host_telemetry(0)->injected, 0);
	for (u32 i = 0; i < 4; i++)
		assert_true(machine_lr[i] == 0);
}

/* LPIs that are nobody's: ended, so that they block nothing, and kept from the guest.
 * [utest->swr~lpi-makes-spi~1] */
static void lpis_are_ended_only(void **state)
{
	static const u32 lpis[] = {1024, 8192, 0xffffff};

	for (size_t i = 0; i < ARRAY_SIZE(lpis); i++) {
		arrive(lpis[i]);
		assert_true(reg_wrote("ICC_EOIR1_EL1", lpis[i]));
		assert_int_equal(reg_writes("ICC_EOIR1_EL1"), i + 1);
	}
	assert_int_equal(reg_writes("ICC_DIR_EL1"), 0);
	assert_int_equal(host_telemetry(0)->injected, 0);
	for (u32 i = 0; i < MACHINE_LRS; i++)
		assert_true(machine_lr[i] == 0);
}

static void lpis_make(void)
{
	static const struct bp_bell bells[] = {{0x204, 1 << 8}, {0x204, 1 << 9}, {0x208, 1 << 3}};

	host_table(&host_cell()->lpis, bells, ARRAY_SIZE(bells), sizeof(bells[0]));
	host_cell()->lpi_first = 8200;
}

/* [utest->swr~lpi-makes-spi~1] */
static void lpi_becomes_its_spi_in_one_exit(void **state)
{
	lpis_make();
	iar_push(8201);
	arrive(41); /* behind it */
	assert_true(journal_before("mmio(40400c0204)=200", "ICC_EOIR1_EL1=2009"));
	assert_true(journal_before("ICC_EOIR1_EL1=2009", "ICC_EOIR1_EL1=29"));
	assert_false(reg_wrote("ICC_DIR_EL1", 8201));
	assert_int_equal(state_of(41), 1);
	assert_int_equal(host_telemetry(0)->injected, 1);
	assert_int_equal(host_telemetry(0)->exits[EXIT_IRQ], 1);
}

/* Where the SPI is another core's, or disabled, nothing comes behind; and what comes may be another LPI.
 * [utest->swr~lpi-makes-spi~1] */
static void lpi_whose_spi_is_elsewhere(void **state)
{
	lpis_make();
	arrive(8202);
	assert_int_equal(phys32(EL2_VA_GICD + 0x208), 1 << 3);
	assert_int_equal(host_telemetry(0)->injected, 0);
	assert_int_equal(host_telemetry(0)->exits[EXIT_IRQ], 1);
	arrive(5);
	iar_push(8200);
	arrive(8201);
	assert_int_equal(phys32(EL2_VA_GICD + 0x204), 3 << 8);
	assert_true(reg_wrote("ICC_EOIR1_EL1", 8200));
	assert_true(reg_wrote("ICC_EOIR1_EL1", 8201));
	assert_int_equal(host_telemetry(0)->exits[EXIT_IRQ], 3);
	iar_push(8200);
	arrive(34); /* joins the one that has a list register */
	assert_int_equal(state_of(34), 1);
	assert_int_equal(state_of(5), 1);
}

/* Two messages at once, of a higher priority than their SPIs: all four in one exit; but not without end.
 * [utest->swr~lpi-makes-spi~1] */
static void lpis_together(void **state)
{
	lpis_make();
	iar_push(8200);
	iar_push(8201);
	iar_push(40);
	arrive(41);
	assert_int_equal(state_of(40), 1);
	assert_int_equal(state_of(41), 1);
	assert_int_equal(host_telemetry(0)->injected, 2);
	assert_int_equal(host_telemetry(0)->exits[EXIT_IRQ], 1);
	journal_clear();
	for (u32 i = 0; i < 20; i++)
		iar_push(8202);
	arrive(8202);
	assert_int_equal(reg_writes("ICC_EOIR1_EL1"), BEHIND_LPI + 2);
	assert_int_equal(host_telemetry(0)->exits[EXIT_IRQ], 2);
}

/* LPIs right before and behind the table are ended, and make nothing pending. [utest->swr~lpi-makes-spi~1] */
static void lpis_of_no_table(void **state)
{
	lpis_make();
	arrive(8199);
	arrive(8203);
	assert_int_equal(phys_writes(), 0);
	assert_true(reg_wrote("ICC_EOIR1_EL1", 8199));
	assert_true(reg_wrote("ICC_EOIR1_EL1", 8203));
}

/* An SPI that the cell doesn't own is EL2's, and none of the guest's; so is one with a guest's priority of 0.
 * [utest->swr~irq-injected~1] */
static void own_interrupt_is_not_injected(void **state)
{
	priority(100, 0);
	arrive(100);
	assert_true(reg_wrote("ICC_EOIR1_EL1", 100));
	assert_true(reg_wrote("ICC_DIR_EL1", 100));
	assert_int_equal(host_telemetry(0)->injected, 0);
	assert_true(machine_lr[0] == 0);
	priority(40, 0);
	arrive(40);
	assert_int_equal(state_of(40), 1);
	assert_false(reg_wrote("ICC_DIR_EL1", 40));
}

/* While interrupts are looked at, delivery is the same. [utest->swr~irq-injected~1] */
static void watched(void **state)
{
	arch_watch(true);
	arrive(40);
	arrive(5);
	assert_int_equal(state_of(40), 1);
	assert_int_equal(state_of(5), 1);
	guest_acknowledges(40);
	guest_ends(40);
	arrive(41);
	assert_int_equal(state_of(41), 1);
	arch_watch(false);
	assert_int_equal(without_lr, 0);
}

/* [utest->swr~inject-through-list-registers~1] */
static void second_arrival_while_pending(void **state)
{
	arrive(5);
	arrive(5);
	assert_int_equal(state_of(5), 1);
}

/* A soft one that comes again while it is active is pending after its end.
 * [utest->swr~inject-through-list-registers~1] */
static void second_arrival_while_active(void **state)
{
	arrive(5);
	guest_acknowledges(5);
	arrive(5);
	assert_int_equal(state_of(5), 3);
	guest_ends(5);
	assert_int_equal(state_of(5), 1);
}

/* Pending and active with HW set is not allowed (ICH_LR<n>_EL2), nor are two list registers with one INTID.
 * [utest->swr~inject-through-list-registers~1] */
static void backed_arrival_while_in_use(void **state)
{
	arrive(40);
	arrive(40);
	assert_int_equal(state_of(40), 1);
	guest_acknowledges(40);
	arrive(40);
	assert_int_equal(state_of(40), 2);
}

static void crowd(void)
{
	arrive(32);
	arrive(33);
	arrive(34);
	arrive(35);
}

/* With all list registers taken the lowest priority is the one that waits, and what waits is pending.
 * [utest->swr~inject-through-list-registers~1] */
static void crowded_lowest_waits(void **state)
{
	priority(33, 0xb0); /* the lowest of the four */
	crowd();
	assert_false(armed());
	priority(36, 0x80);
	arrive(36);
	assert_int_equal(state_of(36), 1);
	assert_int_equal(state_of(33), 0);
	assert_true(armed());
	assert_int_equal(pending(1), 0x1f); /* waiting is pending */
	priority(37, 0xf0);
	arrive(37); /* lower than all: it is the one that waits */
	assert_int_equal(state_of(37), 0);
	assert_int_equal(pending(1), 0x3f);
}

/* Of equal priorities the one that comes last waits. [utest->swr~inject-through-list-registers~1] */
static void crowded_equal_priority_waits(void **state)
{
	crowd();
	arrive(36);
	assert_int_equal(state_of(36), 0);
	assert_int_equal(pending(1), 0x1f);
}

static void all_acknowledged(void)
{
	for (u32 intid = 32; intid < 36; intid++)
		guest_acknowledges(intid);
}

/* All active, nested: the lowest gives way, and stays active for the guest.
 * [utest->swr~inject-through-list-registers~1] */
static void lowest_active_is_parked(void **state)
{
	for (u32 i = 0; i < 4; i++)
		priority(32 + i, (u8)(0xa0 - 8 * i));
	crowd();
	all_acknowledged();
	phys32_set(EL2_VA_GICD + 0x304, 0x0f);
	priority(36, 0x40);
	arrive(36);
	assert_int_equal(state_of(36), 1);
	assert_int_equal(state_of(32), 0);
	assert_true(ends_armed() && !armed());
	assert_int_equal(pending(1), 0x10);
	assert_int_equal(active(1), 0x0f);
	guest_acknowledges(36);
	priority(37, 0x38);
	arrive(37);
	assert_int_equal(state_of(37), 1);
	assert_int_equal(state_of(33), 0);
	assert_int_equal(active(1), 0x1f);
	assert_int_equal(phys32(EL2_VA_GICD + 0x304), 0x0f);
	guest_ends_parked(0x98); /* the others have ended before: the higher of the two */
	arrive(MAINTENANCE);
	assert_int_equal(active(1), 0x1d);
	assert_int_equal(phys32(EL2_VA_GICD + 0x304), 0x0d);
	assert_int_equal(reg("ICH_HCR_EL2") >> 27, 0);
	assert_true(ends_armed());
	guest_ends_parked(0xa0); /* seen by whoever looks */
	assert_int_equal(active(1), 0x1c);
	assert_int_equal(phys32(EL2_VA_GICD + 0x304), 0x0c);
	arrive(MAINTENANCE);
	assert_false(ends_armed());
	guest_ends_parked(0xa0); /* of one that is active no more: nobody's */
	arrive(MAINTENANCE);
	assert_int_equal(active(1), 0x1c);
}

/* An end of one that its register has ended before is no end of one that is parked. */
/* [utest->swr~irq-injected~1] */
static void end_of_nothing(void **state)
{
	static const u8 priorities[] = {0xb0, 0xa8, 0xa0, 0x98, 0x90, 0x88};

	for (u32 i = 0; i < ARRAY_SIZE(priorities); i++) {
		priority(32 + i, priorities[i]);
		arrive(32 + i);
		guest_acknowledges(32 + i);
	}
	assert_int_equal(active(1), 0x3f); /* 32 and 33 are parked */
	vgic_bits_end(1, BIT(5), VGIC_END_ACTIVE);
	guest_ends_parked(0x88);
	arrive(MAINTENANCE);
	assert_int_equal(active(1), 0x1f);
	assert_int_equal(reg("ICH_HCR_EL2") >> 27, 0);
	for (u32 intid = 34; intid < 37; intid++)
		guest_ends(intid);
	vgic_bits_end(1, BIT(0), VGIC_END_ACTIVE);
	priority(33, 0x10); /* it was taken with another */
	guest_ends_parked(0xa8);
	priority(38, 0xac); /* taken before the interface is looked at: its group priority runs again */
	machine_lr[0] = lr_new(38, 0xac);
	guest_acknowledges(38);
	assert_int_equal(active(1), 0x40);
	guest_ends(38);
	guest_ends_parked(0xb0); /* 32's */
	arrive(MAINTENANCE);
	assert_int_equal(active(1), 0);
	assert_false(ends_armed());
}

/* By the bits that the binary point leaves, in whichever register they stand.
 * [utest->swr~inject-through-list-registers~1] */
static void end_of_nothing_in_groups(void **state)
{
	reg_set("ICH_VTR_EL2", 6 << 26 | 3);
	reg_set("ICH_VMCR_EL2", 4 << 18);
	pool_add(&parked, 40);
	parked_priority[40] = 0xfe; /* group priority 0xf0: bit 120 of 128 */
	reg_set("S3_4_C12_C9_3", BIT(24));
	reg_set("ICH_HCR_EL2", BIT(27));
	assert_int_equal(active(1), 0x100);
	reg_set("ICH_VMCR_EL2", 3 << 21 | ICH_VMCR_CBPR);
	reg_set("ICH_HCR_EL2", BIT(27));
	assert_int_equal(active(1), 0x100);
	reg_set("S3_4_C12_C9_3", ~BIT(24));
	reg_set("ICH_HCR_EL2", BIT(27));
	assert_int_equal(active(1), 0);
}

/* One that is active without a list register is ended by GICD_ICACTIVER, and by no other end.
 * [utest->swr~inject-through-list-registers~1] [utest->swr~gic-state-merged~1] */
static void parked_is_ended_by_its_register(void **state)
{
	priority(32, 0xb0);
	crowd();
	all_acknowledged();
	phys32_set(EL2_VA_GICD + 0x304, 0x0f);
	arrive(36);
	assert_int_equal(state_of(32), 0);
	vgic_bits_end(1, ~1u, VGIC_END_PENDING);
	assert_int_equal(active(1), 0x0f);
	vgic_bits_end(1, 1, VGIC_END_ACTIVE);
	assert_int_equal(active(1), 0x0e);
	assert_int_equal(phys32(EL2_VA_GICD + 0x304), 0x0e);
	assert_false(ends_armed());
}

/* A soft one comes again while it is active without a list register.
 * [utest->swr~inject-through-list-registers~1] */
static void parked_comes_again(void **state)
{
	priority(4, 0xb0);
	arrive(4);
	guest_acknowledges(4);
	arrive(4);
	arrive(32);
	arrive(33);
	arrive(34);
	for (u32 intid = 32; intid < 35; intid++)
		guest_acknowledges(intid);
	arrive(35);
	assert_int_equal(state_of(35), 1);
	assert_int_equal(state_of(4), 0);
	assert_int_equal(active(0), 0x10);
	assert_int_equal(pending(0), 0x10);
	guest_acknowledges(35);
	guest_ends(35);
	arrive(MAINTENANCE); /* its second arrival waits for the end of its first, though there is a place */
	assert_int_equal(state_of(4), 0);
	assert_false(armed());
	assert_int_equal(active(0), 0x10);
	assert_int_equal(pending(0), 0x10);
	vgic_bits_end(0, 0x10, VGIC_END_PENDING);
	assert_int_equal(pending(0), 0);
	assert_int_equal(active(0), 0x10);
	for (u32 intid = 32; intid < 35; intid++)
		guest_ends(intid);
	arrive(4); /* with all list registers empty */
	assert_int_equal(state_of(4), 0);
	assert_int_equal(pending(0), 0x10);
	guest_ends_parked(0xb0);
	arrive(MAINTENANCE);
	assert_int_equal(state_of(4), 1);
	assert_int_equal(active(0), 0);
}

/* With EOImode 1 the guest deactivates in any order: none is parked, what waits comes when it can.
 * [utest->swr~inject-through-list-registers~1] */
static void none_is_parked_without_an_order(void **state)
{
	crowd();
	all_acknowledged();
	reg_set("ICH_VMCR_EL2", BIT(9));
	arrive(36);
	for (u32 intid = 32; intid < 36; intid++)
		assert_int_equal(state_of(intid), 2);
	assert_int_equal(pending(1), 0x10);
	assert_int_equal(active(1), 0x0f);
	assert_true(underflow_armed());
	assert_false(none_pending_armed()); /* all active: the interrupt would come for ever */
	guest_ends(32);
	guest_ends(33);
	arrive(37);
	assert_int_equal(state_of(36), 1);
	assert_int_equal(state_of(37), 1);
	assert_false(armed());
}

static void guest_deactivates(u32 intid)
{
	struct exit frame = {.whole = 1, .x[3] = intid};

	assert_int_equal(sysreg_trap(&frame, UINT64_C(0x18) << 26 | 0x323016 | 3 << 5), OUTCOME_NEXT);
}

/* But where ICC_DIR_EL1 can be trapped (ICH_VTR_EL2.TDS) one is, and its end is known.
 * [utest->swr~inject-through-list-registers~1] */
static void parked_until_deactivated(void **state)
{
	const u64 vtr = reg("ICH_VTR_EL2");

	reg_set("ICH_VTR_EL2", vtr | BIT(19));
	crowd();
	all_acknowledged();
	reg_set("ICH_VMCR_EL2", BIT(9));
	arrive(36);
	assert_int_equal(state_of(36), 1);
	assert_int_equal(active(1), 0x0f);
	assert_int_equal(reg("ICH_HCR_EL2") & BIT(14), BIT(14)); /* TDIR */
	reg_set("ICH_HCR_EL2", reg("ICH_HCR_EL2") | UINT64_C(1)
							    << 27); /* an end that is a priority drop alone */
	arrive(MAINTENANCE);
	assert_int_equal(active(1), 0x0f);
	guest_deactivates(1023);
	guest_deactivates(34);
	assert_int_equal(active(1), 0x0b);
	for (u32 intid = 32; intid < 36; intid++)
		guest_deactivates(intid);
	assert_int_equal(active(1), 0);
	assert_int_equal(reg("ICH_HCR_EL2") & BIT(14), 0);
}

/* One waits behind others: it is fetched when none is pending any more.
 * [utest->swr~inject-through-list-registers~1] */
static void none_pending_is_signalled(void **state)
{
	crowd();
	assert_false(armed());
	arrive(36);
	assert_true(none_pending_armed());
	assert_false(underflow_armed()); /* with one list register it would come for ever */
	all_acknowledged();
	arrive(MAINTENANCE);
	assert_int_equal(state_of(36), 1);
	assert_false(armed());
}

/* Pending and active is no pending to the hardware: armed for it, the interrupt would come for ever.
 * [utest->swr~inject-through-list-registers~1] */
static void none_pending_with_one_that_is_both(void **state)
{
	reg_set("ICH_VMCR_EL2", ICH_VMCR_EOIMODE); /* none is parked */
	for (u32 intid = 0; intid < 4; intid++) {
		priority(intid, 0xa0);
		arrive(intid);
		guest_acknowledges(intid);
	}
	arrive(0);
	assert_int_equal(state_of(0), 3);
	priority(36, 0xa0);
	arrive(36);
	assert_true(underflow_armed());
	assert_false(none_pending_armed());
}

/* List registers that become free go to the highest priorities that wait; the maintenance interrupt is never
 * the guest's. [utest->swr~inject-through-list-registers~1] */
static void refill_in_order_of_priority(void **state)
{
	crowd();
	priority(36, 0xa8);
	priority(37, 0xa1);
	priority(38, 0xa4);
	priority(7, 0xa2);
	arrive(36);
	arrive(37);
	arrive(38);
	arrive(7);
	for (u32 i = 0; i < 3; i++) {
		guest_acknowledges(32 + i);
		guest_ends(32 + i);
	}
	arrive(MAINTENANCE);
	assert_int_equal(state_of(37), 1);
	assert_int_equal(state_of(7), 1);
	assert_int_equal(state_of(38), 1);
	assert_int_equal(state_of(36), 0);
	assert_true(armed());
	assert_true(reg_wrote("ICC_EOIR1_EL1", MAINTENANCE));
	assert_true(reg_wrote("ICC_DIR_EL1", MAINTENANCE));
	assert_int_equal(lr_of(MAINTENANCE), 0); /* never the guest's */
	guest_acknowledges(35);
	guest_ends(35);
	arrive(MAINTENANCE);
	assert_int_equal(state_of(36), 1);
	assert_false(armed());
	assert_int_equal(pending(1), 0x70);
}

/* An empty list register is for the highest priority that waits, not for whoever comes.
 * [utest->swr~inject-through-list-registers~1] */
static void newcomer_does_not_overtake(void **state)
{
	crowd();
	priority(36, 0xa1);
	arrive(36);
	guest_acknowledges(32);
	guest_ends(32);
	priority(37, 0xc0);
	arrive(37);
	assert_int_equal(state_of(36), 1);
	assert_int_equal(state_of(37), 0);
	assert_int_equal(pending(1), 0x3e);
	assert_true(armed());
}

/* One that waits and comes again is delivered once, in one list register.
 * [utest->swr~inject-through-list-registers~1] */
static void waiting_soft_interrupt_comes_again(void **state)
{
	crowd();
	priority(4, 0xd0);
	arrive(4);
	assert_int_equal(pending(0), 0x10);
	guest_acknowledges(32);
	guest_ends(32);
	arrive(4);
	assert_int_equal(state_of(4), 1);
	guest_acknowledges(33);
	guest_ends(33);
	arrive(MAINTENANCE);
	assert_int_equal(state_of(4), 1); /* in one list register alone */
	assert_false(armed());
	guest_acknowledges(4);
	guest_ends(4);
	assert_int_equal(pending(0), 0);
}

/* One that waits and comes again with a higher priority takes a list register; the one that gives way waits
 * in its place. [utest->swr~inject-through-list-registers~1] */
static void waiting_soft_interrupt_raised_in_priority(void **state)
{
	crowd();
	priority(4, 0xd0);
	arrive(4);
	priority(4, 0x10);
	arrive(4);
	assert_int_equal(state_of(4), 1);
	assert_int_equal(pending(0), 0x10);
	/* One of the four waits in its place; nothing else. */
	assert_int_equal(pending(1), 0x0f);
	guest_acknowledges(4);
	guest_ends(4);
	arrive(MAINTENANCE);
	assert_int_equal(pending(0), 0);
	for (u32 intid = 32; intid < 36; intid++)
		assert_int_equal(state_of(intid), 1);
	assert_false(armed());
}

static bool none_is_pending(void)
{
	for (u32 i = 0; i < MACHINE_LRS; i++)
		if (machine_lr[i] >> 62 == 1)
			return false;
	return true;
}

/* Of those active without a list register, the one that the guest must end first. */
static u32 parked_highest(const bool *is_active, const u8 *taken)
{
	u32 best = 64, best_priority = 256;

	for (u32 i = 0; i < 64; i++) {
		if (is_active[i] && !(state_of(i) & 2) && taken[i] < best_priority) {
			best = i;
			best_priority = taken[i];
		}
	}
	return best;
}

/* Whatever order things come in, nothing is lost, nothing doubled, and no list register idles. */
/* [utest->swr~inject-through-list-registers~1] */
static void random_arrivals(void **state)
{
	u32 seed = 12345;

	for (u32 lrs = 1; lrs <= 16; lrs += 5) {
		bool is_pending[64] = {false}, is_active[64] = {false};
		u8 taken[64] = {0}; /* with that priority */

		boot_with(3, lrs);
		for (u32 step = 0; step < 4000; step++) {
			const u32 intid = (seed = seed * 1103515245 + 12345) >> 16 & 63;
			u64 seen, acting;

			if (seed >> 28 < 9 && intid != MAINTENANCE && (intid < 16 || intid >= 27)) {
				if (intid >= 16 && (is_pending[intid] || is_active[intid]))
					continue; /* physically active: cannot come */
				priority(intid, (u8)(seed >> 8 & 0xf8));
				arrive(intid);
				is_pending[intid] = true;
			} else if (state_of(intid) == 1 &&
				   !(reg("ICH_AP1R0_EL2") >> (lr_of(intid) >> 51 & 31) & 1)) {
				taken[intid] = (u8)(lr_of(intid) >> 48);
				guest_acknowledges(intid);
				is_pending[intid] = false;
				is_active[intid] = true;
			} else if (state_of(intid) & 2) {
				guest_ends(intid);
				is_active[intid] = false;
			} else if (is_active[intid] && intid == parked_highest(is_active, taken)) {
				assert_true(ends_armed());
				guest_ends_parked(taken[intid]);
				is_active[intid] = false;
			} else if (armed() && none_is_pending()) {
				arrive(MAINTENANCE);
				assert_false(none_is_pending());
			}
			seen = pending(0) | (u64)pending(1) << 32;
			acting = active(0) | (u64)active(1) << 32;
			for (u32 i = 0; i < 64; i++) {
				lr_of(i);
				assert_int_equal(is_pending[i], seen >> i & 1);
				assert_int_equal(is_active[i], acting >> i & 1);
			}
		}
	}
}

/* ---- pending and active views ---- */

/* What is pending or active in a list register is so in the words that the guest reads.
 * [utest->swr~gic-state-merged~1] */
static void views_merge_list_registers(void **state)
{
	arrive(34);
	arrive(70);
	arrive(2);
	guest_acknowledges(70);
	assert_int_equal(pending(0), 1 << 2);
	assert_int_equal(pending(1), 1 << 2);
	assert_int_equal(pending(2), 0);
	assert_int_equal(active(2), 1 << 6);
	assert_int_equal(active(1), 0);
}

/* What is pending in a list register is taken out of it, and the physical one is active no more.
 * [utest->swr~gic-state-merged~1] */
static void pending_is_taken_back(void **state)
{
	phys32_set(EL2_VA_GICD + 0x304, 1 << 2);
	arrive(34);
	arrive(2);
	vgic_bits_end(1, 1 << 2, VGIC_END_PENDING);
	assert_int_equal(lr_of(34), 0);
	assert_int_equal(phys32(EL2_VA_GICD + 0x304), 0); /* or it stayed active for good */
	assert_int_equal(phys32(EL2_VA_GICD + 0x204), 0);
	vgic_bits_end(0, 1 << 2, VGIC_END_PENDING);
	assert_int_equal(lr_of(2), 0);
}

/* Of one that is pending and active the pending state is taken back alone, then the active one.
 * [utest->swr~gic-state-merged~1] */
static void pending_of_an_active_one_is_taken_back(void **state)
{
	arrive(2);
	guest_acknowledges(2);
	arrive(2);
	vgic_bits_end(0, 1 << 2, VGIC_END_PENDING);
	assert_int_equal(state_of(2), 2);
	vgic_bits_end(0, 1 << 2, VGIC_END_ACTIVE);
	assert_int_equal(state_of(2), 0);
}

/* What waits for a list register is taken back, and nothing waits any more.
 * [utest->swr~gic-state-merged~1] */
static void waiting_is_taken_back(void **state)
{
	phys32_set(EL2_VA_GICD + 0x304, 0x1f);
	crowd();
	arrive(36);
	arrive(9);
	vgic_bits_end(1, 1 << 4, VGIC_END_PENDING);
	vgic_bits_end(0, 1 << 9, VGIC_END_PENDING);
	assert_int_equal(pending(1), 0x0f);
	assert_int_equal(pending(0), 0);
	assert_int_equal(phys32(EL2_VA_GICD + 0x304), 0x0f);
	arrive(MAINTENANCE);
	assert_false(armed());
}

/* The active state of those in the mask is ended, and of no other. [utest->swr~gic-state-merged~1] */
static void active_is_ended(void **state)
{
	phys32_set(EL2_VA_GICD + 0x304, 1 << 2);
	arrive(34);
	guest_acknowledges(34);
	vgic_bits_end(1, ~(1u << 2), VGIC_END_ACTIVE);
	assert_int_equal(state_of(34), 2);
	vgic_bits_end(1, 1 << 2, VGIC_END_ACTIVE);
	assert_int_equal(state_of(34), 0);
	assert_int_equal(phys32(EL2_VA_GICD + 0x304), 0);
}

/* ---- a core that is turned off or restarted ---- */

/* What is cleared from a core that rests is active no more, and what it had not seen is pending at the
 * distributor. [utest->swr~core-quiesced~1] [utest->swr~irouter-own-cores~1] */
static void spis_go_back_to_the_distributor(void **state)
{
	host_cell()->spi_edge[1] = ~(1u << 3); /* all but 35, whose line tells by itself */
	crowd();
	arrive(36);
	guest_acknowledges(33);
	phys32_set(EL2_VA_GICD + 0x304, 0x1f);
	vgic_clear();
	assert_int_equal(phys32(EL2_VA_GICD + 0x304), 0);    /* none active for good */
	assert_int_equal(phys32(EL2_VA_GICD + 0x204), 0x15); /* what was not delivered comes again */
	assert_int_equal(phys32(EL2_VA_GICD + 0x200), 0);
	assert_int_equal(pending(1), 0);
	for (u32 i = 0; i < 4; i++)
		assert_true(machine_lr[i] == 0);
	assert_int_equal(reg("ICH_HCR_EL2"), 0);
	assert_int_equal(reg("ICH_VMCR_EL2"), 0);
}

/* At power-on list registers hold anything: other cells' interrupts must not suffer.
 * [utest->swr~core-quiesced~1] */
static void first_clear_believes_nothing(void **state)
{
	for (u32 i = 0; i < 4; i++)
		machine_lr[i] = BIT(62) | BIT(61) | (UINT64_C(90) + i) << 32 | (90 + i);
	vgic_start(0);
	vgic_clear();
	assert_int_equal(phys_writes(), 0);
	for (u32 i = 0; i < 4; i++)
		assert_true(machine_lr[i] == 0);
}

/* All list registers that the core has are used, 16 or one; the next interrupt waits.
 * [utest->swr~inject-through-list-registers~1] */
static void list_registers_as_many_as_there_are(void **state)
{
	boot_with(1, 16);
	for (u32 i = 0; i < 16; i++)
		arrive(32 + i);
	assert_false(armed());
	arrive(48);
	assert_true(armed());
	boot_with(1, 1);
	arrive(40);
	arrive(41);
	assert_true(armed());
	assert_int_equal(pending(1), 0x300);
}

/* ---- SGIs ---- */

static u32 sgis_sent(void)
{
	return reg_writes("ICC_SGI1R_EL1");
}

/* [utest->swr~sgi-own-cores-only~1] */
static void sgi_to_own_cores(void **state)
{
	reg_set("elr_el2", 0x1000);
	sgi_send(UINT64_C(5) << 24 | 0x6); /* cores 1 and 2: one cluster, one write */
	assert_int_equal(sgis_sent(), 1);
	assert_true(reg_wrote("ICC_SGI1R_EL1", UINT64_C(5) << 24 | 6));
	assert_int_equal(reg("elr_el2"), 0x1004);
	assert_int_equal(host_telemetry(0)->exits[EXIT_SGI], 1);
	assert_int_equal(host_telemetry(0)->foreign_sgi, 0);
}

/* An SGI reaches its sender where that is a target. [utest->swr~sgi-own-cores-only~1] */
static void sgi_to_itself(void **state)
{
	sgi_send(UINT64_C(1) << 24 | 1);
	assert_int_equal(sgis_sent(), 1);
}

/* [utest->swr~sgi-own-cores-only~1] */
static void sgi_to_foreign_cores_is_dropped(void **state)
{
	sgi_send(UINT64_C(5) << 24 | 0xfffa);
	assert_int_equal(sgis_sent(), 1);
	assert_true(reg_wrote("ICC_SGI1R_EL1", UINT64_C(5) << 24 | 2));
	assert_int_equal(host_telemetry(0)->foreign_sgi, 1);
	assert_int_equal(host_events(EVENT_SGI_FOREIGN), 1);
	/* Same list, other clusters: Aff1, Aff2, Aff3, range selector. */
	sgi_send(UINT64_C(1) << 16 | 1);
	sgi_send(UINT64_C(1) << 32 | 1);
	sgi_send(UINT64_C(1) << 48 | 1);
	sgi_send(UINT64_C(1) << 44 | 1);
	assert_int_equal(sgis_sent(), 1);
	assert_int_equal(host_telemetry(0)->foreign_sgi, 5);
}

/* An SGI to all others goes to the other cores of the cell, and counts as none to foreign ones.
 * [utest->swr~sgi-own-cores-only~1] */
static void sgi_to_all_others_is_to_own_others(void **state)
{
	core_identify(1);
	vgic_start(0);
	sgi_send(BIT(40) | UINT64_C(9) << 24);
	assert_int_equal(sgis_sent(), 1);
	assert_true(reg_wrote("ICC_SGI1R_EL1", UINT64_C(9) << 24 | 5));
	assert_int_equal(host_telemetry(1)->foreign_sgi, 0);
}

/* A target is the core that has all four affinity fields, by the range of the last, too; no other is
 * signalled. [utest->swr~sgi-own-cores-only~1] */
static void sgi_by_all_affinities(void **state)
{
	host_core(0)->mpidr = UINT64_C(0x0100020304);
	host_core(1)->mpidr = UINT64_C(0x0100020314);
	host_core(2)->mpidr = UINT64_C(0x0200020304);
	vgic_start(0);
	sgi_send(UINT64_C(1) << 48 | UINT64_C(2) << 32 | UINT64_C(3) << 16 | UINT64_C(7) << 24 | 0x10);
	assert_int_equal(sgis_sent(), 1);
	assert_true(reg_wrote("ICC_SGI1R_EL1", UINT64_C(1) << 48 | UINT64_C(2) << 32 | UINT64_C(3) << 16 |
						       UINT64_C(7) << 24 | 0x10));
	journal_clear();
	sgi_send(UINT64_C(1) << 48 | BIT(44) | UINT64_C(2) << 32 | UINT64_C(3) << 16 | 0x10);
	assert_int_equal(sgis_sent(), 1);
	assert_true(reg_wrote("ICC_SGI1R_EL1",
			      UINT64_C(1) << 48 | BIT(44) | UINT64_C(2) << 32 | UINT64_C(3) << 16 | 0x10));
}

/* An SGI without a target reaches nobody, and counts as none to foreign cores.
 * [utest->swr~sgi-own-cores-only~1] */
static void sgi_to_nobody(void **state)
{
	sgi_send(UINT64_C(5) << 24);
	assert_true(reg("ICC_SGI1R_EL1") == UINT64_C(5) << 24); /* no target */
	assert_int_equal(host_telemetry(0)->foreign_sgi, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(backed_interrupt, boot),
		cmocka_unit_test_setup(soft_interrupt, boot),
		cmocka_unit_test_setup(nothing_is_pending, boot),
		cmocka_unit_test_setup(lpis_are_ended_only, boot),
		cmocka_unit_test_setup(lpi_becomes_its_spi_in_one_exit, boot),
		cmocka_unit_test_setup(lpi_whose_spi_is_elsewhere, boot),
		cmocka_unit_test_setup(lpis_together, boot),
		cmocka_unit_test_setup(lpis_of_no_table, boot),
		cmocka_unit_test_setup(own_interrupt_is_not_injected, boot),
		cmocka_unit_test_setup(watched, boot),
		cmocka_unit_test_setup(second_arrival_while_pending, boot),
		cmocka_unit_test_setup(second_arrival_while_active, boot),
		cmocka_unit_test_setup(backed_arrival_while_in_use, boot),
		cmocka_unit_test_setup(crowded_lowest_waits, boot),
		cmocka_unit_test_setup(crowded_equal_priority_waits, boot),
		cmocka_unit_test_setup(lowest_active_is_parked, boot),
		cmocka_unit_test_setup(end_of_nothing, boot),
		cmocka_unit_test_setup(end_of_nothing_in_groups, boot),
		cmocka_unit_test_setup(parked_is_ended_by_its_register, boot),
		cmocka_unit_test_setup(parked_comes_again, boot),
		cmocka_unit_test_setup(none_is_parked_without_an_order, boot),
		cmocka_unit_test_setup(parked_until_deactivated, boot),
		cmocka_unit_test_setup(none_pending_is_signalled, boot),
		cmocka_unit_test_setup(none_pending_with_one_that_is_both, boot),
		cmocka_unit_test_setup(refill_in_order_of_priority, boot),
		cmocka_unit_test_setup(newcomer_does_not_overtake, boot),
		cmocka_unit_test_setup(waiting_soft_interrupt_comes_again, boot),
		cmocka_unit_test_setup(waiting_soft_interrupt_raised_in_priority, boot),
		cmocka_unit_test_setup(random_arrivals, boot),
		cmocka_unit_test_setup(views_merge_list_registers, boot),
		cmocka_unit_test_setup(pending_is_taken_back, boot),
		cmocka_unit_test_setup(pending_of_an_active_one_is_taken_back, boot),
		cmocka_unit_test_setup(waiting_is_taken_back, boot),
		cmocka_unit_test_setup(active_is_ended, boot),
		cmocka_unit_test_setup(spis_go_back_to_the_distributor, boot),
		cmocka_unit_test_setup(first_clear_believes_nothing, boot),
		cmocka_unit_test_setup(list_registers_as_many_as_there_are, boot),
		cmocka_unit_test_setup(sgi_to_own_cores, boot),
		cmocka_unit_test_setup(sgi_to_itself, boot),
		cmocka_unit_test_setup(sgi_to_foreign_cores_is_dropped, boot),
		cmocka_unit_test_setup(sgi_to_all_others_is_to_own_others, boot),
		cmocka_unit_test_setup(sgi_by_all_affinities, boot),
		cmocka_unit_test_setup(sgi_to_nobody, boot),
	};

	return cmocka_run_group_tests_name("vgic", tests, NULL, NULL);
}
