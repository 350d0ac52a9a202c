// SPDX-License-Identifier: Apache-2.0
/*
 * test_proofs.c - what the health cell announces as a proof, and what it can't pass for one.
 *
 * Robustness: a_read_that_is_not, a_fault_is_a_fault, once_a_boot, not_by_others, not_for_long,
 * nothing_else, one_that_comes_late
 */
#include "arch.h"
#include "../../../src/blueprint/hypercall.h"
#include "../../../src/blueprint/pci.h"
#include "../../../src/core/core.h"
#include "../../../src/core/proofs.h"

#define IPA	UINT64_C(0x42000000)
#define PC	UINT64_C(0x40001234)
#define REFUSED (DMA_FAULT_READ | DMA_FAULT_TRANSLATION)

static u64 proofs(void)
{
	return host_telemetry(0)->proofs;
}

static int boot(void **state)
{
	host_cell_make(2, BP_MODE_INJECTED, BP_CELL_HEALTH | BP_CELL_SERVICE);
	core_identify(0);
	proof_withdraw(); /* what the last test has left */
	assert_int_equal(proofs(), 0);
	return 0;
}

static u64 told(void)
{
	return host_events(EVENT_PROOF);
}

/* [utest->swr~proof-stage2~1] */
static void a_read_that_is_refused(void **state)
{
	assert_int_equal(proof_ask(PROOF_STAGE2, IPA, PC), HYPERCALL_OK);
	assert_int_equal(proofs(), PROOF_TRIED(PROOF_STAGE2));
	assert_true(proof_read(IPA, PC));
	assert_int_equal(proofs(), PROOF_TRIED(PROOF_STAGE2) | PROOF_PROVEN(PROOF_STAGE2));
	assert_int_equal(told(), 1);
	assert_int_equal(host_event(EVENT_PROOF)->args[0], PROOF_STAGE2);
	assert_int_equal(host_event(EVENT_PROOF)->args[1], 1);
	assert_int_equal(host_event(EVENT_PROOF)->args[2], IPA);
	/* The end of a proof that came is no news. */
	assert_int_equal(proof_ask(PROOF_STAGE2, 0, 0), HYPERCALL_OK);
	assert_int_equal(told(), 1);
}

/* A read that wasn't refused is told once, as tried and failed, and none counts afterwards.
 * [utest->swr~proof-stage2~1] */
static void a_read_that_is_not(void **state)
{
	proof_ask(PROOF_STAGE2, IPA, PC);
	for (u32 i = 0; i < 3; i++)
		assert_int_equal(proof_ask(PROOF_STAGE2, 0, 0), HYPERCALL_OK);
	assert_int_equal(proofs(), PROOF_TRIED(PROOF_STAGE2) | PROOF_FAILED(PROOF_STAGE2));
	assert_int_equal(told(), 1);
	assert_int_equal(host_event(EVENT_PROOF)->args[1], 0);
	assert_false(proof_read(IPA, PC)); /* too late */
}

/* [utest->swr~proof-announced~1] */
static void a_fault_is_a_fault(void **state)
{
	static const struct {
		u64 ipa, pc;
	} other[] = {{IPA + 8, PC}, {IPA, PC + 4}, {IPA + 4096, PC}, {0, PC}, {0, 0}};

	assert_false(proof_read(IPA, PC)); /* nobody said so */
	for (size_t i = 0; i < ARRAY_SIZE(other); i++) {
		boot(state);
		assert_int_equal(proof_ask(PROOF_STAGE2, IPA, PC), HYPERCALL_OK);
		assert_false(proof_read(other[i].ipa, other[i].pc));
		proof_withdraw(); /* as that fault does: faults.c */
		assert_false(proof_read(IPA, PC));
		assert_int_equal(proofs(), PROOF_TRIED(PROOF_STAGE2));
	}
}

/* What was proven is announced no second time, and no other read counts. [utest->swr~proof-announced~1] */
static void once_a_boot(void **state)
{
	proof_ask(PROOF_STAGE2, IPA, PC);
	assert_true(proof_read(IPA, PC));
	assert_false(proof_read(IPA, PC));
	assert_int_equal(proof_ask(PROOF_STAGE2, IPA, PC), HYPERCALL_INVALID);
	assert_false(proof_read(IPA, PC));
	assert_int_equal(told(), 1);
}

/* A core that isn't the first, and a cell that isn't the health cell, can announce nothing.
 * [utest->swr~proof-announced~1] */
static void not_by_others(void **state)
{
	core_identify(1);
	assert_int_equal(proof_ask(PROOF_STAGE2, IPA, PC), HYPERCALL_INVALID);
	core_identify(0);
	host_cell()->flags = 0;
	assert_int_equal(proof_ask(PROOF_STAGE2, IPA, PC), HYPERCALL_INVALID);
	assert_false(proof_read(IPA, PC));
	assert_int_equal(proofs(), 0);
}

/* The health cell, cell 1, has the second of two streams, or none. */
static void with_streams(u32 owner)
{
	struct bp_service *service = host_service_make(4);

	service->streams = (struct bp_table){0x5000, 2};
	for (u32 i = 0; i < 2; i++)
		((struct bp_stream *)(EL2_VA_SERVICE + 0x5000))[i] =
			(struct bp_stream){.sid = 0x100 + i, .cell = i ? owner : 0};
}

/* [utest->swr~proof-smmu~1] */
static void a_dma_that_is_refused(void **state)
{
	with_streams(this_cell->index);
	assert_false(proof_dma(this_cell->index, IPA, REFUSED));
	assert_int_equal(proof_ask(PROOF_SMMU, IPA, 0), HYPERCALL_OK);
	assert_false(proof_dma(this_cell->index, IPA - 1, REFUSED)); /* other pages, other cells */
	assert_false(proof_dma(this_cell->index, IPA + 4096, REFUSED));
	assert_false(proof_dma(0, IPA, REFUSED));
	assert_false(proof_dma(this_cell->index, IPA, DMA_FAULT_TRANSLATION)); /* a write */
	assert_false(proof_dma(this_cell->index, IPA, DMA_FAULT_READ | 0x0b)); /* a walk that broke off */
	assert_int_equal(proofs(), PROOF_TRIED(PROOF_SMMU));
	assert_true(proof_dma(this_cell->index, IPA + 2, REFUSED));
	assert_true(proof_dma(this_cell->index, IPA + 4095, REFUSED)); /* a queue is read in pieces */
	assert_int_equal(proofs(), PROOF_TRIED(PROOF_SMMU) | PROOF_PROVEN(PROOF_SMMU));
	assert_int_equal(told(), 1);
	assert_int_equal(host_event(EVENT_PROOF)->args[2], IPA + 2);
	assert_int_equal(proof_ask(PROOF_SMMU, 0, 0), HYPERCALL_OK);
	assert_false(proof_dma(this_cell->index, IPA, REFUSED));
	assert_int_equal(proof_ask(PROOF_SMMU, IPA, 0), HYPERCALL_INVALID);
}

/* [utest->swr~proof-announced~1] */
static void not_for_long(void **state)
{
	with_streams(this_cell->index);
	assert_int_equal(proof_ask(PROOF_SMMU, IPA, PC), HYPERCALL_OK);
	assert_false(proof_read(IPA, PC)); /* its core's own read is a fault */
	assert_int_equal(proof_ask(PROOF_STAGE2, IPA, PC), HYPERCALL_INVALID); /* one at a time */
	proof_withdraw();
	assert_false(proof_dma(this_cell->index, IPA, REFUSED));
	boot(state);
	assert_int_equal(proof_ask(PROOF_STAGE2, IPA, PC), HYPERCALL_OK);
	arch_now += UINT64_C(1000000001);
	assert_false(proof_read(IPA, PC));
	boot(state);
	with_streams(this_cell->index);
	assert_int_equal(proof_ask(PROOF_SMMU, 8, 0), HYPERCALL_INVALID); /* no page */
	assert_int_equal(proofs(), 0);
	with_streams(this_cell->index);
	assert_int_equal(proof_ask(PROOF_SMMU, IPA, 0), HYPERCALL_OK);
	arch_now += UINT64_C(1000000001);
	assert_false(proof_dma(this_cell->index, IPA, REFUSED));
	boot(state);
	with_streams(0);
	assert_int_equal(proof_ask(PROOF_SMMU, IPA, 0), HYPERCALL_NOT_SUPPORTED);
}

/* The end of another is not its own. [utest->swr~proof-smmu~1] */
static void each_its_own_end(void **state)
{
	with_streams(this_cell->index);
	assert_int_equal(proof_ask(PROOF_SMMU, IPA, 0), HYPERCALL_OK);
	proof_ask(PROOF_STAGE2, 0, 0);
	proof_ask(PROOF_WATCHDOG, 0, 0);
	assert_true(proof_dma(this_cell->index, IPA, REFUSED));
}

/* A life that ended in the middle of one: the next may try it again; what was proven stays so.
 * [utest->swr~proof-announced~1] */
static void another_life(void **state)
{
	proof_try(PROOF_WATCHDOG);
	proof_ask(PROOF_STAGE2, IPA, PC);
	proof_renew();
	assert_false(proof_read(IPA, PC));
	assert_int_equal(proofs(), PROOF_TRIED(PROOF_WATCHDOG));
	assert_int_equal(proof_ask(PROOF_STAGE2, IPA, PC), HYPERCALL_OK);
	assert_true(proof_read(IPA, PC));
	proof_renew();
	assert_int_equal(proof_ask(PROOF_STAGE2, IPA, PC), HYPERCALL_INVALID);
	assert_int_equal(told(), 1);
}

/* A proof that there isn't, or that no cell announces, is refused; an end of nothing leaves no record.
 * [utest->swr~hypercalls-bounded~1] */
static void nothing_else(void **state)
{
	assert_int_equal(proof_ask(PROOF_COUNT, IPA, PC), HYPERCALL_INVALID);
	assert_int_equal(proof_ask(UINT64_MAX, 0, 0), HYPERCALL_INVALID);
	assert_int_equal(proof_ask(PROOF_WATCHDOG, IPA, PC), HYPERCALL_NOT_SUPPORTED);
	assert_int_equal(proof_ask(PROOF_SMMU, 0, 0), HYPERCALL_OK); /* wasn't tried */
	assert_false(proof_read(IPA, PC));
	assert_int_equal(proofs(), 0);
	assert_int_equal(told(), 0);
}

/* Given up, and then it comes. [utest->swr~proof-watchdog~1] */
static void one_that_comes_late(void **state)
{
	proof_try(PROOF_WATCHDOG);
	proof_ask(PROOF_WATCHDOG, 0, 0);
	assert_int_equal(proofs(), PROOF_TRIED(PROOF_WATCHDOG) | PROOF_FAILED(PROOF_WATCHDOG));
	proof_done(PROOF_WATCHDOG, 0);
	proof_done(PROOF_WATCHDOG, 0);
	assert_int_equal(proofs(), PROOF_TRIED(PROOF_WATCHDOG) | PROOF_PROVEN(PROOF_WATCHDOG));
	assert_int_equal(told(), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_read_that_is_refused, boot),
		cmocka_unit_test_setup(a_read_that_is_not, boot),
		cmocka_unit_test_setup(a_fault_is_a_fault, boot),
		cmocka_unit_test_setup(once_a_boot, boot),
		cmocka_unit_test_setup(not_by_others, boot),
		cmocka_unit_test_setup(a_dma_that_is_refused, boot),
		cmocka_unit_test_setup(not_for_long, boot),
		cmocka_unit_test_setup(each_its_own_end, boot),
		cmocka_unit_test_setup(another_life, boot),
		cmocka_unit_test_setup(nothing_else, boot),
		cmocka_unit_test_setup(one_that_comes_late, boot),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
