/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_traps.c - exits: decoding of aborts, outcomes, accounting (Arm ARM D17.2.37, D17.2.66).
 *
 * Robustness: undecoded_accesses_are_forbidden, walk_into_an_emulated_page,
 * permission_fault_has_no_address, violation_is_recorded, wild_jump, high_addresses,
 * fault_actions, serror_is_the_cells, config_space_waits_for_a_pending_error,
 * unforeseen_classes_are_undefined
 * Both ranges: revoked_cell_rests, histogram_of_ticks
 */
#include "machine.h"
#include <stdio.h>
#include "../../../src/arch/arm64/exits.h"
#include "../../../src/arch/arm64/gic.h"

#define EC_WFX	    0x01
#define EC_HVC	    0x16
#define EC_SMC	    0x17
#define EC_SYSREG   0x18
#define EC_SVE	    0x19
#define EC_IABORT   0x20
#define EC_DABORT   0x24
#define IL	    BIT(25)
#define ISV	    BIT(24)
#define SAS(n)	    ((u64)(n) << 22)
#define SSE	    BIT(21)
#define SRT(n)	    ((u64)(n) << 16)
#define SF	    BIT(15)
#define FNV	    BIT(10)
#define CM	    BIT(8)
#define S1PTW	    BIT(7)
#define WNR	    BIT(6)
#define TRANSLATION 0x06 /* level 2 */
#define PERMISSION  0x0e

#define UART	    UINT64_C(0x09000000)
#define GICD	    UINT64_C(0x08000000)
#define GICR	    UINT64_C(0x080a0000)
#define HOLE	    UINT64_C(0x0a000000)
#define V2M	    UINT64_C(0x0a010000)
#define IVSHMEM	    UINT64_C(0x0a020000)
#define ECAM	    UINT64_C(0x4010000000)
#define PC	    UINT64_C(0x48001000)

#define POISON	    UINT64_C(0xdeadbeefdeadbeef)

static struct exit frame;
static u64 exits_taken; /* since boot */
static jmp_buf asleep;

static void sleep_for_good(void)
{
	longjmp(asleep, 1);
}

static int boot(void **state)
{
	static const struct bp_mmio rows[] = {{GICD, 0x10000, BP_MMIO_GICD, 0},
					      {GICR, 0x20000, BP_MMIO_GICR, 0},
					      {GICR + 0x20000, 0x20000, BP_MMIO_GICR, 1},
					      {UART, 0x1000, BP_MMIO_PL011, 0},
					      {V2M, 0x1000, BP_MMIO_V2M, 0},
					      {IVSHMEM, 0x1000, BP_MMIO_IVSHMEM, 0},
					      {ECAM, 0x100000, BP_MMIO_PCI, 0}};

	host_cell_make(2, BP_MODE_INJECTED, BP_CELL_LOG_CONSOLE);
	host_table(&host_cell()->mmio, rows, ARRAY_SIZE(rows), sizeof(rows[0]));
	host_cell()->spi_owned[1] = ~0u;
	memset(host_cell()->actions, BP_ACTION_LOG, sizeof(host_cell()->actions));
	machine_reset(4);
	machine_on_wfi = sleep_for_good;
	exits_taken = 0;
	for (u32 i = 0; i < 31; i++)
		frame.x[i] = UINT64_C(0x1111111100000000) * (i % 15 + 1) + i;
	reg_set("elr_el2", PC);
	reg_set("spsr_el2", 0x5);
	reg_set("vbar_el1", 0xffff000000080000);
	journal_clear();
	return 0;
}

/* As vectors.S: first with the registers alone that C spoils, then, if asked for, with all. The others must
 * not be looked at, nor changed. */
static void take_exit(void)
{
	const struct exit whole = frame;

	exits_taken++;
	frame.whole = 0;
	for (u32 n = 0; n < 31; n++)
		if (!(EXIT_SAVED & BIT(n)))
			frame.x[n] = POISON;
	if (exit_synchronous(&frame)) {
		for (u32 n = 0; n < 31; n++)
			assert_true(frame.x[n] == (EXIT_SAVED & BIT(n) ? whole.x[n] : POISON));
		frame = whole;
		frame.whole = 1;
		assert_false(exit_synchronous(&frame));
		return;
	}
	for (u32 n = 0; n < 31; n++) {
		if (EXIT_SAVED & BIT(n))
			continue;
		assert_true(frame.x[n] == POISON);
		frame.x[n] = whole.x[n];
	}
}

static void exit_with(u32 ec, u64 iss)
{
	reg_set("esr_el2", (u64)ec << 26 | IL | iss);
	take_exit();
}

/* A data abort at this IPA; the guest's virtual address differs above the page. */
static void data_abort_at(ipa_t ipa, u64 iss)
{
	reg_set("hpfar_el2", (ipa >> 12) << 4);
	reg_set("far_el2", 0xffff800000123000 | (ipa & 0xfff));
	exit_with(EC_DABORT, iss | TRANSLATION);
}

static void load(ipa_t ipa, u32 sas, u32 srt, u64 more)
{
	data_abort_at(ipa, ISV | SAS(sas) | SRT(srt) | more);
}

static void store(ipa_t ipa, u32 sas, u32 srt)
{
	data_abort_at(ipa, ISV | SAS(sas) | SRT(srt) | WNR);
}

static bool skipped(void)
{
	return reg("elr_el2") == PC + 4;
}

static bool took_external_abort(void)
{
	return (reg("esr_el1") >> 26) == 0x25 && (reg("esr_el1") & 0x3f) == 0x10 && reg("elr_el1") == PC &&
	       reg("elr_el2") == 0xffff000000080200;
}

static bool took_undefined(void)
{
	return reg("esr_el1") == IL && reg("elr_el1") == PC && reg("elr_el2") == 0xffff000000080200;
}

static void assert_accounted(void)
{
	const struct telemetry_core *t = host_telemetry(this_core);
	u64 sum = 0;

	for (u32 i = 0; i < EXIT_REASON_COUNT; i++)
		sum += t->exits[i];
	assert_int_equal(sum, exits_taken);
}

/* ---- emulated pages ---- */

/* [utest->swr~emulated-pages~1] */
static void load_of_each_width(void **state)
{
	static const struct {
		u32 sas;
		u64 flags, wanted;
	} rows[] = {
		/* The register at GICD_IPRIORITYR + 32 reads 0x83828180 and so on. */
		{0, 0, 0x80},
		{0, SF, 0x80},
		{0, SSE, 0xffffff80},
		{0, SSE | SF, 0xffffffffffffff80},
		{1, 0, 0x8180},
		{1, SSE, 0xffff8180},
		{1, SSE | SF, 0xffffffffffff8180},
		{2, 0, 0x83828180},
		{2, SF, 0x83828180},
		{2, SSE | SF, 0xffffffff83828180},
	};

	phys32_set(EL2_VA_GICD + 0x420, 0x83828180);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		reg_set("elr_el2", PC);
		frame.x[9] = UINT64_C(0x5555555555555555);
		load(GICD + 0x420, rows[i].sas, 9, rows[i].flags);
		assert_true(frame.x[9] == rows[i].wanted);
		assert_true(skipped());
	}
	assert_int_equal(host_telemetry(0)->exits[EXIT_GICD], ARRAY_SIZE(rows));
	assert_accounted();
}

/* A load with sign extension of a value that is positive gives that value. [utest->swr~emulated-pages~1] */
static void positive_values_stay(void **state)
{
	phys32_set(EL2_VA_GICD + 0x420, 0x7f7f7f7f);
	for (u32 sas = 0; sas < 3; sas++) {
		load(GICD + 0x420, sas, 9, SSE | SF);
		assert_true(frame.x[9] == (UINT64_C(0x7f7f7f7f) & MASK(8 << sas)));
	}
}

/* A load of 64 bits gets all of them from the device. [utest->swr~emulated-pages~1] */
static void doubleword_load(void **state)
{
	host_core(1)->mpidr = 0xff01;
	load(GICR + 0x20008, 3, 3, SF);
	assert_true(frame.x[3] == (UINT64_C(0xff01) << 32 | 1 << 8 | 0x10));
	assert_int_equal(host_telemetry(0)->exits[EXIT_GICR], 1);
}

/* [utest->swr~emulated-pages~1] */
static void store_of_each_width(void **state)
{
	frame.x[4] = UINT64_C(0xfedcba9876543210);
	phys32_set(EL2_VA_GICD + 0x420, 0);
	store(GICD + 0x421, 0, 4);
	assert_int_equal(phys32(EL2_VA_GICD + 0x420), 0x1000);
	store(GICD + 0x422, 1, 4);
	assert_int_equal(phys32(EL2_VA_GICD + 0x420), 0x32101000);
	store(GICD + 0x420, 2, 4);
	assert_int_equal(phys32(EL2_VA_GICD + 0x420), 0x76543210);
	assert_int_equal(frame.x[4], 0xfedcba9876543210);
}

/* A load to xzr changes no register, a store of it writes zero. [utest->swr~emulated-pages~1]
 * [utest->swr~registers-kept~1] */
static void zero_register(void **state)
{
	const struct exit before = frame;

	phys32_set(EL2_VA_GICD + 0x420, 0xffffffff);
	load(GICD + 0x420, 2, 31, 0); /* to xzr: nothing, not even the frame's padding */
	assert_memory_equal(&frame, &before, sizeof(frame));
	store(GICD + 0x420, 2, 31);
	assert_int_equal(phys32(EL2_VA_GICD + 0x420), 0);
}

/* Each of x0 to x30 is loaded to and stored from. [utest->swr~emulated-pages~1] */
static void every_register(void **state)
{
	for (u32 n = 0; n < 31; n++) {
		phys32_set(EL2_VA_GICD + 0x420, 0x10203040 + n);
		load(GICD + 0x420, 2, n, 0);
		assert_int_equal(frame.x[n], 0x10203040 + n);
		frame.x[n] = 0x50607080 + n;
		store(GICD + 0x424, 2, n);
		assert_int_equal(phys32(EL2_VA_GICD + 0x424), 0x50607080 + n);
	}
}

/* An access to the UART's page is answered by the emulated UART. [utest->swr~emulated-pages~1] */
static void uart_by_way_of_an_abort(void **state)
{
	frame.x[1] = 'u';
	store(UART, 0, 1);
	assert_int_equal(host_log()->head, 1);
	assert_int_equal(host_log()->data[0], 'u');
	load(UART + 0x18, 2, 2, 0);
	assert_int_equal(frame.x[2], 0x90);
	assert_int_equal(host_telemetry(0)->exits[EXIT_UART], 2);
	assert_accounted();
}

/* An MSI frame reads as zero; a bus without functions as ones, of whatever width.
 * [utest->swr~emulated-pages~1] [utest->swr~message-frame~1] */
static void pci_by_way_of_an_abort(void **state)
{
	load(V2M + 0xfcc, 2, 2, 0);
	assert_int_equal(frame.x[2], 0);
	store(V2M + 0x40, 2, 2);
	load(ECAM + 0xff004, 1, 3, 0);
	assert_int_equal(frame.x[3], 0xffff);
	load(ECAM, 3, 4, SF);
	assert_true(frame.x[4] == UINT64_MAX);
	load(IVSHMEM + 8, 2, 5, 0);
	assert_true(frame.x[5] == host_cell()->index);
	store(IVSHMEM + 12, 2, 5);
	store(ECAM + 0xffffc, 2, 4);
	assert_int_equal(host_telemetry(0)->exits[EXIT_PCI], 7);
	assert_accounted();
}

/* Without ISV (pairs, write-back, vectors, cache maintenance) and unaligned: refused, in no way guessed. */
/* [utest->swr~emulated-pages~1] */
static void undecoded_accesses_are_forbidden(void **state)
{
	static const struct {
		ipa_t ipa;
		u64 iss;
	} rows[] = {{GICD, 0},
		    {GICD, WNR},
		    {UART, CM | WNR},
		    {GICD + 0x421, ISV | SAS(1)},
		    {GICD + 0x422, ISV | SAS(2)},
		    {GICD + 0x6104, ISV | SAS(3) | WNR},
		    {UART + 0xfff, ISV | SAS(1)},
		    {UART + 0xffe, ISV | SAS(2) | WNR}};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		boot(state);
		data_abort_at(rows[i].ipa, rows[i].iss);
		assert_int_equal(host_telemetry(0)->faults[BP_ERROR_FORBIDDEN_ACCESS], 1);
		assert_true(took_external_abort());
		assert_int_equal(host_telemetry(0)->fault.ipa, rows[i].ipa);
		assert_int_equal(phys_writes(), 0);
		assert_int_equal(host_log()->head, 0);
		assert_accounted();
	}
}

/* It comes first, and then the access again; other devices have no access that would take it.
 * [utest->swr~serror-attributed~1] */
static void config_space_waits_for_a_pending_error(void **state)
{
	reg_set("isr_el1", 0x100);
	load(ECAM, 2, 3, 0);
	assert_int_equal(reg("elr_el2"), PC);
	assert_int_equal(frame.x[3], UINT64_C(0x1111111100000000) * 4 + 3);
	load(UART, 2, 3, 0);
	assert_true(skipped());
	reg_set("elr_el2", PC);
	reg_set("isr_el1", 0);
	load(ECAM, 2, 3, 0);
	assert_true(skipped());
	assert_accounted();
}

/* A guest's page tables in an emulated page: the walk faults, no register access is meant. */
/* [utest->swr~emulated-pages~1] */
static void walk_into_an_emulated_page(void **state)
{
	load(UART, 2, 1, S1PTW);
	assert_int_equal(host_telemetry(0)->faults[BP_ERROR_MEMORY_VIOLATION], 1);
	assert_int_equal(host_telemetry(0)->exits[EXIT_UART], 0);
}

/* A permission fault leaves HPFAR_EL2 unknown: no device is looked up by it. */
/* [utest->swr~fault-costs-its-cell~1] */
static void permission_fault_has_no_address(void **state)
{
	reg_set("hpfar_el2", (UART >> 12) << 4);
	reg_set("far_el2", 0x123000);
	exit_with(EC_DABORT, ISV | SAS(2) | SRT(1) | WNR | PERMISSION);
	assert_int_equal(host_telemetry(0)->faults[BP_ERROR_MEMORY_VIOLATION], 1);
	assert_int_equal(host_telemetry(0)->fault.ipa, 0);
	assert_int_equal(host_telemetry(0)->exits[EXIT_UART], 0);
}

/* ---- violations ---- */

/* [utest->swr~fault-costs-its-cell~1] */
static void violation_is_recorded(void **state)
{
	const struct exit before = frame;

	reg_set("cntvct_el0", BIT(40)); /* long after what other tests recorded: such events are rated */
	reg_set("spsr_el2", 0x60000005);
	load(HOLE + 0x10, 2, 1, 0);
	assert_int_equal(host_telemetry(0)->fault.count, 1);
	assert_int_equal(host_telemetry(0)->fault.error, BP_ERROR_MEMORY_VIOLATION);
	assert_int_equal(host_telemetry(0)->fault.action, BP_ACTION_LOG);
	assert_int_equal(host_telemetry(0)->fault.ipa, HOLE + 0x10);
	assert_true(host_telemetry(0)->fault.far == 0xffff800000123010);
	assert_int_equal(host_telemetry(0)->fault.elr, PC);
	assert_int_equal(host_telemetry(0)->fault.spsr, 0x60000005);
	assert_int_equal(host_telemetry(0)->fault.esr >> 26, EC_DABORT);
	assert_memory_equal(host_telemetry(0)->fault.x, before.x, sizeof(before.x));
	assert_int_equal(host_event(EVENT_FAULT)->args[0], BP_ERROR_MEMORY_VIOLATION);
	assert_int_equal(host_event(EVENT_FAULT)->args[3], HOLE + 0x10);
	assert_int_equal(host_telemetry(0)->exits[EXIT_ABORT], 1);
	assert_true(took_external_abort());
	assert_accounted();
}

/* The health cell's read that it has announced: passed over, once. What it writes there, what is refused of a
 * walk of its own tables, and what the syndrome doesn't tell whole is a fault that ends the announcement.
 * [utest->swr~proof-stage2~1] [utest->swr~proof-announced~1] */
static void an_announced_read_is_a_proof(void **state)
{
	static const u64 syndrome[] = {
		ISV | SAS(2), ISV | SAS(2) | WNR, ISV | SAS(2) | S1PTW, ISV | SAS(2) | BIT(8), SAS(2), 0};
	const u64 at = PC;

	for (size_t i = 0; i < ARRAY_SIZE(syndrome); i++) {
		const bool is = i == 0;

		boot(state);
		host_cell()->flags |= BP_CELL_HEALTH | BP_CELL_SERVICE;
		frame.x[0] = HYPERCALL_PROVE;
		frame.x[1] = PROOF_STAGE2;
		frame.x[2] = HOLE + 0x10;
		frame.x[3] = at;
		exit_with(EC_HVC, 0);
		assert_int_equal(frame.x[0], HYPERCALL_OK);
		reg_set("elr_el2", at);
		frame.x[1] = POISON;
		data_abort_at(HOLE + 0x10, syndrome[i] | SRT(1));
		assert_int_equal(host_telemetry(0)->fault.count, !is);
		assert_int_equal(host_telemetry(0)->proofs & PROOF_PROVEN(PROOF_STAGE2),
				 is ? PROOF_PROVEN(PROOF_STAGE2) : 0);
		if (is) {
			assert_int_equal(reg("elr_el2"), at + 4);
			assert_true(frame.x[1] == POISON);
		}
		reg_set("elr_el2", at);
		load(HOLE + 0x10, 2, 1, 0);
		assert_int_equal(host_telemetry(0)->fault.count, is ? 1 : 2);
	}
}

/* [utest->swr~fault-costs-its-cell~1] */
static void wild_jump(void **state)
{
	reg_set("hpfar_el2", (HOLE >> 12) << 4);
	reg_set("far_el2", HOLE + 4);
	exit_with(EC_IABORT, TRANSLATION);
	assert_int_equal(host_telemetry(0)->faults[BP_ERROR_MEMORY_VIOLATION], 1);
	assert_int_equal(host_telemetry(0)->fault.ipa, HOLE + 4);
	assert_int_equal(reg("esr_el1") >> 26, 0x21);
	assert_int_equal(reg("far_el1"), HOLE + 4);
}

/* [utest->swr~fault-costs-its-cell~1] */
static void high_addresses(void **state)
{
	/* FIPA is HPFAR_EL2[43:4] = IPA[51:12]; NS in bit 63 is no address. */
	reg_set("hpfar_el2", BIT(63) | UINT64_C(0xfffffffff) << 4);
	reg_set("far_el2", 0x123fff);
	exit_with(EC_DABORT, TRANSLATION);
	assert_true(host_telemetry(0)->fault.ipa == UINT64_C(0xffffffffffff));
}

/* [utest->swr~fault-costs-its-cell~1] */
static void fault_actions(void **state)
{
	host_cell()->actions[BP_ERROR_MEMORY_VIOLATION] = BP_ACTION_IGNORE;
	load(HOLE, 2, 1, 0);
	assert_true(skipped());
	core_identify(1);
	host_cell()->actions[BP_ERROR_MEMORY_VIOLATION] = BP_ACTION_STOP;
	if (setjmp(asleep) == 0) {
		load(HOLE, 2, 1, 0);
		fail_msg("the guest goes on");
	}
	assert_int_equal(host_telemetry(1)->core_state, CORE_PARKED);
	assert_int_equal(cell_state()->cores[1].request & 0xff, BP_ACTION_STOP);
	assert_true(arch_stage2_revoked());
}

static bool exit_rests(u64 esr)
{
	if (setjmp(asleep))
		return true;
	reg_set("esr_el2", esr);
	take_exit();
	return false;
}

/* A revoked cell comes to rest at its next access to memory; an emulated page is none.
 * [utest->swr~revoked-rests~1] */
static void revoked_cell_rests(void **state)
{
	static const u32 classes[] = {EC_DABORT, EC_IABORT};

	for (size_t i = 0; i < ARRAY_SIZE(classes); i++) {
		boot(state);
		core_identify(1);
		arch_stage2_revoke();
		reg_set("hpfar_el2", (HOLE >> 12) << 4);
		assert_true(exit_rests((u64)classes[i] << 26 | IL | ISV | SAS(2) | WNR | TRANSLATION));
		assert_int_equal(host_telemetry(1)->core_state, CORE_PARKED);
		assert_int_equal(host_telemetry(1)->fault.count, 0);
		assert_int_equal(host_log()->head, 0);
		assert_accounted();
	}
	boot(state);
	arch_stage2_revoke();
	load(UART + 0x18, 2, 2, 0);
	assert_int_equal(frame.x[2], 0x90);
	assert_int_equal(host_telemetry(0)->fault.count, 0);
	assert_accounted();
}

/* [utest->swr~serror-attributed~1] */
static void serror_is_the_cells(void **state)
{
	reg_set("esr_el2", UINT64_C(0x2f) << 26 | 0x11);
	frame.whole = 1;
	exits_taken++;
	exit_serror(&frame);
	assert_int_equal(host_telemetry(0)->faults[BP_ERROR_SERROR], 1);
	assert_int_equal(host_telemetry(0)->exits[EXIT_SERROR], 1);
	assert_int_equal(reg("elr_el2"), PC); /* logged: nothing was executed, nothing is skipped */
	assert_int_equal(reg_writes("esr_el1"), 0);
	core_identify(1);
	exits_taken = 0;
	host_cell()->actions[BP_ERROR_SERROR] = BP_ACTION_STOP;
	if (setjmp(asleep) == 0) {
		frame.whole = 1;
		exits_taken++;
		exit_serror(&frame);
		fail_msg("the guest goes on");
	}
	assert_accounted();
}

/* ---- the other classes ---- */

/* A PSCI call is answered by HVC and by SMC, and the guest goes on behind either.
 * [utest->swr~psci-own-cores~1] */
static void calls(void **state)
{
	frame.x[0] = 0x84000000;
	exit_with(EC_HVC, 0);
	assert_int_equal(frame.x[0], 0x10001);
	assert_int_equal(reg("elr_el2"), PC); /* past the HVC already */
	frame.x[0] = 0x84000000;
	exit_with(EC_SMC, 0);
	assert_int_equal(frame.x[0], 0x10001);
	assert_true(skipped()); /* a trapped SMC was not executed */
	assert_int_equal(host_telemetry(0)->exits[EXIT_HVC], 1);
	assert_int_equal(host_telemetry(0)->exits[EXIT_SMC], 1);
	assert_accounted();
}

/* A trapped register on the list is answered and passed over; one that isn't is Undefined.
 * [utest->swr~sysregs-allowlisted~1] */
static void system_registers(void **state)
{
	exit_with(EC_SYSREG, UINT64_C(3) << 20 | 5 << 17 | 12 << 10 | 6 << 5 | 12 << 1 | 1); /* ICC_SRE_EL1 */
	assert_int_equal(frame.x[6], 7);
	assert_true(skipped());
	boot(state);
	exit_with(EC_SYSREG, UINT64_C(3) << 20 | 3 << 14 | 9 << 10 | 12 << 1 | 1); /* PMCR_EL0 */
	assert_true(took_undefined());
	assert_accounted();
}

/* [utest->swr~sysregs-allowlisted~1] */
static void unforeseen_classes_are_undefined(void **state)
{
	for (u32 ec = 0; ec < 64; ec++) {
		if (ec == EC_HVC || ec == EC_SMC || ec == EC_SYSREG || ec == EC_IABORT || ec == EC_DABORT)
			continue;
		boot(state);
		exit_with(ec, 0);
		assert_true(took_undefined());
		assert_int_equal(host_telemetry(0)->exits[EXIT_OTHER], 1);
		assert_accounted();
	}
}

/* Behind an access that was emulated BTYPE is zero, as behind any instruction.
 * [utest->swr~emulated-pages~1] */
static void skipping_leaves_btype_zero(void **state)
{
	reg_set("spsr_el2", 0x80000c05);
	load(GICD + 0x420, 2, 1, 0);
	assert_int_equal(reg("spsr_el2"), 0x80000005);
}

/* SPSR_EL2 of Thumb at EL0, with an IT state: bits 7 to 2 at 15 to 10, bits 1 and 0 at 26 and 25. */
static u64 thumb(u32 it)
{
	return UINT64_C(0x80000030) | (u64)(it >> 2) << 10 | (u64)(it & 3) << 25;
}

/* ITTEE EQ, from its first instruction on, ITTTE EQ's first, and no block (Arm ARM, ITAdvance()).
 * [utest->swr~emulated-pages~1] */
static void skipping_goes_on_in_an_it_block(void **state)
{
	static const u8 states[][2] = {{0x07, 0x0e}, {0x0e, 0x1c}, {0x1c, 0x18}, {0x18, 0x00},
				       {0x03, 0x06}, {0xef, 0xfe}, {0xe8, 0x00}, {0x00, 0x00}};

	for (size_t i = 0; i < ARRAY_SIZE(states); i++) {
		reg_set("spsr_el2", thumb(states[i][0]));
		load(GICD + 0x420, 2, 1, 0);
		assert_true(reg("spsr_el2") == thumb(states[i][1]));
	}
}

/* A 16-bit instruction is passed over by two bytes. [utest->swr~emulated-pages~1] */
static void skipping_a_16_bit_instruction(void **state)
{
	reg_set("spsr_el2", 0x30);
	reg_set("hpfar_el2", (UART >> 12) << 4);
	reg_set("far_el2", 0x18);
	reg_set("esr_el2", (u64)EC_DABORT << 26 | ISV | SAS(2) | TRANSLATION);
	take_exit();
	assert_int_equal(reg("elr_el2"), PC + 2);
}

/* ---- accounting ---- */

static u64 hvc_ticks;

/* Firmware takes the time that the test wants. */
static s64 slow_firmware(u64 function, u64 a, u64 b, u64 c)
{
	if (function == 0x80000000)
		return 0x10001;
	reg_set("cntvct_el0", reg("cntvct_el0") + hvc_ticks);
	return 0;
}

static void exit_of(u64 ticks)
{
	hvc_ticks = ticks;
	frame.x[0] = 0x80000001;
	frame.x[1] = 0x80008000;
	exit_with(EC_HVC, 0);
}

/* [utest->swr~exits-accounted~1] */
static void histogram_of_ticks(void **state)
{
	struct telemetry_core *t = host_telemetry(0);
	u64 sum;

	machine_firmware = slow_firmware;
	exit_of(0);
	exit_of(1);
	assert_int_equal(t->el2_ticks_sum, 1);
	assert_int_equal(t->el2_histogram[0], 2);
	for (u32 n = 1; n < 32; n++) {
		exit_of(BIT(n));
		exit_of(BIT(n + 1) - 1);
		assert_int_equal(t->el2_histogram[n], 2);
	}
	assert_true(t->el2_ticks_max == BIT(32) - 1);
	sum = t->el2_ticks_sum;
	exit_of(BIT(32)); /* longer than any can be: the buckets stay inside, the maximum tells */
	exit_of(BIT(40));
	assert_true(t->el2_ticks_max == BIT(40));
	assert_true(t->el2_ticks_sum == sum + BIT(32) + BIT(40));
	assert_accounted();
}

/* [utest->swr~exits-accounted~1] */
static void interrupt_exits(void **state)
{
	iar_push(33);
	exits_taken++;
	exit_interrupt(&frame);
	assert_int_equal(host_telemetry(0)->exits[EXIT_IRQ], 1);
	assert_int_equal(host_telemetry(0)->el2_histogram[0], 1);
	/* Group 0 is not ours to acknowledge. */
	iar_push(33);
	exits_taken++;
	exit_fiq(&frame);
	assert_int_equal(reg_writes("ICC_EOIR1_EL1"), 1);
	assert_int_equal(host_telemetry(0)->exits[EXIT_OTHER], 1);
	assert_accounted();
}

static void sibling_turns_it_on(void)
{
	machine_on_wfi = sleep_for_good;
	arch_stage2_restore();
	cell_state()->cores[1].power = POWER_ON_PENDING;
	iar_push(WAKE_SGI);
}

/* Of a core that was off, or whose cell was revoked meanwhile. [utest->swr~exits-accounted~1] */
static void time_at_rest_is_no_exits(void **state)
{
	core_identify(1);
	if (setjmp(asleep))
		fail_msg("sleeps on");
	machine_on_wfi = sibling_turns_it_on;
	frame.x[0] = 0x84000002; /* CPU_OFF */
	exit_with(EC_HVC, 0);
	machine_on_wfi = sibling_turns_it_on;
	arch_stage2_revoke();
	load(HOLE, 2, 1, 0);
	assert_int_equal(host_telemetry(1)->core_state, CORE_RUNNING);
	assert_int_equal(host_telemetry(1)->el2_histogram[0], 0);
	assert_accounted();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(load_of_each_width, boot),
		cmocka_unit_test_setup(positive_values_stay, boot),
		cmocka_unit_test_setup(doubleword_load, boot),
		cmocka_unit_test_setup(store_of_each_width, boot),
		cmocka_unit_test_setup(zero_register, boot),
		cmocka_unit_test_setup(every_register, boot),
		cmocka_unit_test_setup(uart_by_way_of_an_abort, boot),
		cmocka_unit_test_setup(pci_by_way_of_an_abort, boot),
		cmocka_unit_test_setup(undecoded_accesses_are_forbidden, boot),
		cmocka_unit_test_setup(config_space_waits_for_a_pending_error, boot),
		cmocka_unit_test_setup(walk_into_an_emulated_page, boot),
		cmocka_unit_test_setup(permission_fault_has_no_address, boot),
		cmocka_unit_test_setup(violation_is_recorded, boot),
		cmocka_unit_test_setup(an_announced_read_is_a_proof, boot),
		cmocka_unit_test_setup(wild_jump, boot),
		cmocka_unit_test_setup(high_addresses, boot),
		cmocka_unit_test_setup(fault_actions, boot),
		cmocka_unit_test_setup(revoked_cell_rests, boot),
		cmocka_unit_test_setup(serror_is_the_cells, boot),
		cmocka_unit_test_setup(calls, boot),
		cmocka_unit_test_setup(system_registers, boot),
		cmocka_unit_test_setup(unforeseen_classes_are_undefined, boot),
		cmocka_unit_test_setup(skipping_leaves_btype_zero, boot),
		cmocka_unit_test_setup(skipping_goes_on_in_an_it_block, boot),
		cmocka_unit_test_setup(skipping_a_16_bit_instruction, boot),
		cmocka_unit_test_setup(histogram_of_ticks, boot),
		cmocka_unit_test_setup(interrupt_exits, boot),
		cmocka_unit_test_setup(time_at_rest_is_no_exits, boot),
	};

	return cmocka_run_group_tests_name("traps", tests, NULL, NULL);
}
