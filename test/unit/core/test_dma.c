/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_dma.c - what a cell's first core asks of the service core for its DMA, how that answers, and what a
 * DMA costs that the IOMMU refused.
 *
 * Includes its subject, whose statics must be as at boot in every test.
 *
 * Robustness: cell_waits_a_second, live_not_against_an_order, only_on_the_service_core,
 * fault_costs_what_the_table_says, storm, flood_keeps_the_ring
 */
#include "arch.h"
#include "../../../src/blueprint/pci.h"
#include "../../../src/core/dma.c"

#define SECOND	 UINT64_C(1000000000)
#define OTHER_VA (EL2_VA_WINDOWS + 0x100000) /* telemetry of the other cells' first cores */
#define STE_VA	 (EL2_VA_WINDOWS + 0x120000)
#define INTID	 106

static struct telemetry_core *other(u32 cell)
{
	return (struct telemetry_core *)(OTHER_VA + 0x1000 * cell);
}

static u64 *ste(u32 stream)
{
	return (u64 *)(STE_VA + 64 * stream);
}

static struct bp_service_dma *dma_row(u32 i)
{
	return (struct bp_service_dma *)(EL2_VA_SERVICE + 0x4000) + i;
}

/* The service core, of cell 1; cells 0, 1 and 2 have streams, cell 2 has two. */
static int boot(void **state)
{
	struct bp_service *service;

	host_cell_make(2, BP_MODE_INJECTED, BP_CELL_SERVICE);
	service = host_service_make(4);
	service->smmus = (struct bp_table){0x3000, 1};
	service->dma = (struct bp_table){0x4000, 3};
	service->streams = (struct bp_table){0x5000, 4};
	for (u32 i = 0; i < 3; i++)
		*dma_row(i) = (struct bp_service_dma){(va_t)other(i), i, BP_ACTION_LOG};
	for (u32 i = 0; i < 4; i++) {
		((struct bp_stream *)(EL2_VA_SERVICE + 0x5000))[i] = (struct bp_stream){
			.ste_va = (va_t)ste(i), .live = 0xd, .sid = 0x100 + i, .cell = i < 3 ? i : 2};
		ste(i)[0] = 0xd;
	}
	host_cell()->dma_intid = INTID;
	memset(fault_count, 0, sizeof(fault_count));
	second = 0;
	calls_reset();
	return 0;
}

/* ---- the cell's side ---- */

static void answer_good(u32 intid)
{
	host_order(1)->dma_done = host_telemetry(0)->dma_request;
}

static void answer_bad(u32 intid)
{
	host_order(1)->dma_done = host_telemetry(0)->dma_request | DMA_FAILED;
}

/* [utest->swr~dma-by-service-core~1] */
static void cell_asks(void **state)
{
	host_cell()->flags = 0;
	arch_on_raise = answer_good;
	assert_true(dma_streams_set(DMA_CUT));
	assert_int_equal(host_telemetry(0)->dma_request, 1 << 2 | DMA_CUT);
	assert_string_equal(calls(), "raise(106) ");
	assert_true(dma_streams_set(DMA_LIVE));
	assert_int_equal(host_telemetry(0)->dma_request, 2 << 2 | DMA_LIVE);
	arch_on_raise = answer_bad;
	assert_false(dma_streams_set(DMA_CUT));
}

/* The answer to an older one is none. */
/* [utest->swr~dma-by-service-core~1] */
static void cell_waits_a_second(void **state)
{
	const u64 start = arch_now;

	host_cell()->flags = 0;
	arch_step = 1000000;
	host_order(1)->dma_done = 0;
	assert_false(dma_streams_set(DMA_CUT));
	assert_in_range(arch_now - start, SECOND, SECOND + 10000000);
	host_order(1)->dma_done = 1 << 2;
	assert_false(dma_streams_set(DMA_LIVE));
}

/* [utest->swr~dma-by-service-core~1] */
static void cell_without_streams(void **state)
{
	host_cell()->flags = 0;
	host_cell()->dma_intid = 0;
	assert_true(dma_streams_set(DMA_CUT));
	assert_string_equal(calls(), "");
	assert_int_equal(host_telemetry(0)->dma_request, 0);
}

/* [utest->swr~dma-by-service-core~1] */
static void service_core_does_its_own(void **state)
{
	assert_true(dma_streams_set(DMA_CUT));
	assert_true(dma_streams_set(DMA_LIVE));
	assert_string_equal(calls(), "streams(1,cut) streams(1,live) ");
	iommu_disobeys = true;
	assert_false(dma_streams_set(DMA_CUT));
}

/* ---- the service core's ---- */

/* [utest->swr~dma-by-service-core~1] */
static void requests_are_served(void **state)
{
	other(0)->dma_request = 1 << 2 | DMA_CUT;
	other(2)->dma_request = 5 << 2 | DMA_LIVE;
	other(1)->dma_request = 7 << 2; /* its own it doesn't ask */
	dma_work();
	assert_string_equal(calls(), "streams(0,cut) streams(2,live) ");
	assert_int_equal(host_order(0)->dma_done, 1 << 2);
	assert_int_equal(host_order(2)->dma_done, 5 << 2 | DMA_LIVE);
	dma_work(); /* once */
	assert_int_equal(call_count("streams"), 2);
	iommu_disobeys = true;
	other(0)->dma_request = 2 << 2 | DMA_LIVE;
	dma_work();
	dma_work();
	assert_int_equal(call_count("streams"), 3);
	assert_int_equal(host_order(0)->dma_done, 2 << 2 | DMA_LIVE | DMA_FAILED);
}

/* An order that the cell has not seen yet: it must not be given its DMA back before it obeys. */
/* [utest->swr~dma-by-service-core~1] */
static void live_not_against_an_order(void **state)
{
	host_order(0)->sequence = 3;
	other(0)->order_seen = 2;
	other(0)->dma_request = 4 << 2 | DMA_LIVE;
	dma_work();
	assert_string_equal(calls(), "streams(0,cut) ");
	assert_int_equal(host_order(0)->dma_done, 4 << 2 | DMA_LIVE);
	other(0)->order_seen = 3;
	other(0)->dma_request = 5 << 2 | DMA_LIVE;
	dma_work();
	assert_non_null(strstr(calls(), "streams(0,live)"));
}

/* [utest->swr~dma-by-service-core~1] */
static void only_on_the_service_core(void **state)
{
	other(0)->dma_request = 1 << 2;
	core_identify(1);
	dma_start();
	dma_work();
	core_identify(0);
	host_cell()->flags = 0;
	dma_start();
	dma_work();
	host_cell()->flags = BP_CELL_SERVICE;
	((struct bp_service *)EL2_VA_SERVICE)->smmus.count = 0;
	dma_start();
	dma_work();
	assert_string_equal(calls(), "");
	((struct bp_service *)EL2_VA_SERVICE)->smmus.count = 1;
	dma_start();
	assert_string_equal(calls(), "iommu-start ");
}

/* ---- faults ---- */

/* [utest->swr~dma-fault-costs-its-cell~1] [utest->swr~dma-faults-told~1] */
static void fault_is_told(void **state)
{
	const struct event *event;

	dma_fault(0, 0x103, 0x48000000, DMA_FAULT_READ | 0x10);
	event = host_event(EVENT_DMA_FAULT);
	assert_non_null(event);
	assert_int_equal(event->args[0], 2);
	assert_int_equal(event->args[1], 0x103);
	assert_int_equal(event->args[2], 0x48000000);
	assert_int_equal(event->args[3], 0x110);
	assert_int_equal(host_telemetry(0)->dma_faults[2], 1);
	assert_string_equal(calls(), ""); /* its action is to log */
	dma_fault(0, 0x99, 0, 0x10);
	dma_fault(1, 0x103, 0, 0x10);
	assert_int_equal(host_telemetry(0)->dma_lost, 2);
	assert_int_equal(host_events(EVENT_DMA_FAULT), 1);
}

/* [utest->swr~dma-fault-costs-its-cell~1] */
static void fault_costs_what_the_table_says(void **state)
{
	static const struct {
		enum bp_action action;
		u32 order; /* BP_ACTION_COUNT: none */
	} all[] = {{BP_ACTION_IGNORE, BP_ACTION_COUNT},	   {BP_ACTION_LOG, BP_ACTION_COUNT},
		   {BP_ACTION_RESTART, BP_ACTION_RESTART}, {BP_ACTION_STOP, BP_ACTION_STOP},
		   {BP_ACTION_SAFE, BP_ACTION_STOP},	   {BP_ACTION_RESET, BP_ACTION_STOP}};

	for (u32 i = 0; i < ARRAY_SIZE(all); i++) {
		boot(state);
		dma_row(2)->action = all[i].action;
		dma_fault(0, 0x102, 0x48000000, 0x10);
		assert_int_equal(host_order(0)->sequence, 0);
		if (all[i].order == BP_ACTION_COUNT) {
			assert_int_equal(host_order(2)->sequence, 0);
			continue;
		}
		assert_int_equal(host_order(2)->sequence, 1);
		assert_int_equal(host_order(2)->action, all[i].order);
		assert_int_equal(host_order(2)->cause, BP_ERROR_DMA_VIOLATION);
		assert_true(called_before("streams(2,cut)", "revoke-other(2)"));
		ste(2)[0] = BP_STE_ABORT; /* as the driver does */
		dma_fault(0, 0x102, 0x48000000, 0x10);
		assert_int_equal(host_order(2)->sequence, 1); /* what was in the queue still: one order */
	}
}

/* A storm: so many are told in a second, then the stream is silenced, alone, until the next. */
/* No fault: neither told nor counted as one, whatever the table says; any other is. [utest->swr~proof-smmu~1]
 */
static void an_announced_one_costs_nothing(void **state)
{
	const u64 before = host_events(EVENT_DMA_FAULT);

	dma_row(1)->action = BP_ACTION_RESTART;
	assert_int_equal(proof_ask(PROOF_SMMU, 0x42000000, 0), 0);
	dma_fault(0, 0x101, 0x42000002, DMA_FAULT_READ | 0x10);
	assert_int_equal(host_events(EVENT_DMA_FAULT), before);
	assert_int_equal(host_telemetry(0)->dma_faults[1], 0);
	assert_int_equal(host_order(1)->sequence, 0);
	assert_true(host_telemetry(0)->proofs & PROOF_PROVEN(PROOF_SMMU));
	dma_fault(0, 0x101, 0x42001002, DMA_FAULT_READ | 0x10);
	assert_int_equal(host_telemetry(0)->dma_faults[1], 1);
	assert_int_equal(host_order(1)->sequence, 1);
	dma_fault(0, 0x102, 0x42000002, DMA_FAULT_READ | 0x10);
	assert_int_equal(host_telemetry(0)->dma_faults[2], 1);
}

/* [utest->swr~dma-faults-told~1] */
static void storm(void **state)
{
	for (u32 i = 0; i < 1000; i++)
		dma_fault(0, 0x100, i, 0x10);
	assert_int_equal(host_telemetry(0)->dma_faults[0], DMA_FAULTS_MAX);
	assert_int_equal(host_telemetry(0)->dma_untold, 1000 - DMA_FAULTS_MAX);
	assert_int_equal(host_telemetry(0)->dma_silences, 1);
	assert_string_equal(calls(), "tell(0,0) watch(1) ");
	dma_fault(0, 0x101, 0, 0x10); /* another's is heard */
	assert_int_equal(host_telemetry(0)->dma_faults[1], 1);
	dma_work();
	assert_int_equal(call_count("tell"), 1);
	arch_now += SECOND + 1000;
	dma_work();
	assert_string_equal(calls(), "tell(0,0) watch(1) tell(0,1) watch(0) ");
	dma_fault(0, 0x100, 0, 0x10);
	assert_int_equal(host_telemetry(0)->dma_faults[0], DMA_FAULTS_MAX + 1);
	assert_int_equal(host_telemetry(0)->dma_untold, 1000 - DMA_FAULTS_MAX);
	assert_int_equal(host_telemetry(0)->dma_silences, 1);
}

/* [utest->swr~dma-faults-told~1] */
static void flood_keeps_the_ring(void **state)
{
	for (u32 i = 0; i < 1000; i++)
		dma_error(0, 4);
	assert_true(host_events(EVENT_IOMMU) <= EVENTS_GUEST_MAX);
	assert_int_equal(host_telemetry(0)->dma_lost, 1000);
	assert_int_equal(host_event(EVENT_IOMMU)->args[1], 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(cell_asks, boot),
		cmocka_unit_test_setup(cell_waits_a_second, boot),
		cmocka_unit_test_setup(cell_without_streams, boot),
		cmocka_unit_test_setup(service_core_does_its_own, boot),
		cmocka_unit_test_setup(requests_are_served, boot),
		cmocka_unit_test_setup(live_not_against_an_order, boot),
		cmocka_unit_test_setup(only_on_the_service_core, boot),
		cmocka_unit_test_setup(fault_is_told, boot),
		cmocka_unit_test_setup(fault_costs_what_the_table_says, boot),
		cmocka_unit_test_setup(an_announced_one_costs_nothing, boot),
		cmocka_unit_test_setup(storm, boot),
		cmocka_unit_test_setup(flood_keeps_the_ring, boot),
	};

	return cmocka_run_group_tests_name("dma", tests, NULL, NULL);
}
