/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_cell.c - the life of a cell and of its cores: start, requests, restart in the documented order, the
 * restart window, CPU_ON and CPU_OFF (architecture sections 3 and 4).
 *
 * Includes its subjects, whose statics must be as at boot in every test.
 *
 * Robustness: dma_that_is_not_cut_loses_the_cell, dma_without_an_answer_loses_the_cell,
 * damaged_image_never_starts, many_requests_one_restart, stop_outweighs_restart,
 * requests_without_end, same_request_twice_is_two, order_during_restart_is_not_lost,
 * revocation_after_the_order_was_obeyed, all_siblings_must_rest, gathering_wakes_again,
 * last_writes_of_siblings_are_undone, restarts_within_the_window, cpu_on_ends_with_its_cell,
 * spurious_wake_starts_nothing, cpu_off_loses_no_cpu_on,
 * health_cells_error_is_the_safe_state, health_cells_error_resets, other_cells_error_stops_it_alone
 */
#include "arch.h"
#include "../../../src/core/cell.c"
#include "../../../src/core/core.c"
#include "../../../src/core/faults.h"
#include "../../../src/core/sha256.h"
#include <setjmp.h>
#include <stdio.h>

static jmp_buf asleep; /* a core that waits for good */
static struct exit frame;
static const u8 image[4096] = "an image";

static bool sleep_for_good(void)
{
	longjmp(asleep, 1);
}

static void image_add(const u8 *bytes, u64 size, ipa_t dest)
{
	struct bp_image row = {.va = (va_t)bytes, .size = size, .dest_ipa = dest};
	struct sha256 sha;

	sha256_start(&sha);
	sha256_add(&sha, bytes, size);
	sha256_end(&sha, row.digest);
	host_table(&host_cell()->images, &row, 1, sizeof(row));
}

static struct bp_image *image_row(void)
{
	return (struct bp_image *)((u8 *)host_cell() + host_cell()->images.offset);
}

static void siblings_rest_at_once(u32 core)
{
	cell_state()->cores[core].rest_epoch = cell_state()->epoch;
}

static int boot_of(u32 cores)
{
	static const struct bp_region region = {0x48000000, 0x88000000, EL2_VA_CELL_RAM, 0x10000, 0, 0};

	host_cell_make(cores, BP_MODE_INJECTED, 0);
	host_table(&host_cell()->regions, &region, 1, sizeof(region));
	image_add(image, sizeof(image), 0x48000000);
	calls_reset();
	memset(requests_done, 0, sizeof(requests_done));
	images_good = false;
	start_pending = false;
	arch_on_wake = siblings_rest_at_once;
	arch_on_wait = sleep_for_good;
	memset(&frame, 0, sizeof(frame));
	for (u32 i = 1; i < cores; i++)
		host_telemetry(i)->magic = TELEMETRY_MAGIC; /* up, and at rest */
	return 0;
}

static int boot(void **state)
{
	return boot_of(3);
}

static void order_give(enum bp_action action, u32 cause)
{
	host_order(1)->action = action;
	host_order(1)->cause = cause;
	host_order(1)->sequence++;
}

/* Does the core wait (for good) rather than run its guest? */
static bool waits(void (*life)(struct exit *))
{
	if (setjmp(asleep))
		return true;
	life(&frame);
	return false;
}

static void main_first(struct exit *exit)
{
	core_identify(0);
	core_main(exit);
}

static void main_second(struct exit *exit)
{
	core_identify(1);
	core_main(exit);
}

static void started(void)
{
	assert_false(waits(main_first));
	calls_reset();
	arch_on_wake = siblings_rest_at_once;
	arch_on_wait = sleep_for_good;
}

/* ---- start ---- */

/* Its redistributor may still sleep; when it comes up it reads the epoch by itself. */
static void sibling_not_up_is_not_woken(void **state)
{
	host_telemetry(2)->magic = 0;
	arch_step = UINT64_C(1000000000);
	assert_true(waits(main_first));
	assert_non_null(strstr(calls(), "wake(1)"));
	assert_null(strstr(calls(), "wake(2)"));
	assert_int_equal(host_telemetry(0)->cell_state, CELL_LOST);
}

/* [utest->swr~cell-filled~1] [utest->swr~cell-clean-to-poc~1] */
/* [utest->swr~images-hashed~1] */
static void first_core_starts_the_cell(void **state)
{
	assert_false(waits(main_first));
	assert_int_equal(host_telemetry(0)->magic, TELEMETRY_MAGIC);
	assert_int_equal(host_telemetry(0)->core, 4);
	assert_int_equal(host_telemetry(0)->cell, 1);
	assert_int_equal(host_telemetry(0)->core_state, CORE_RUNNING);
	assert_int_equal(host_telemetry(0)->cell_state, CELL_RUNNING);
	assert_int_equal(host_telemetry(0)->generation, 1);
	assert_int_equal(host_telemetry(0)->restarts, 0);
	assert_int_equal(host_telemetry(0)->restart_cause, BP_ERROR_COUNT);
	assert_int_equal(host_ring(0)->magic, EVENT_RING_MAGIC);
	assert_int_equal(host_event(EVENT_CELL_START)->args[0], 1);
	assert_int_equal(frame.x[0], this_cell->tree_ipa);
	assert_int_equal(frame.x[1], this_cell->entry_ipa);
	assert_memory_equal((void *)EL2_VA_CELL_RAM, image, sizeof(image));
	assert_true(called_before("quiesce", "interrupts-reset"));
	assert_true(called_before("clean(40c0000000,10000)", "prepare"));
	assert_true(called_before("prepare", "icache"));
	assert_int_equal(call_count("revoke"), 0);
	assert_int_equal(core_affinity_info(0, 0), POWER_ON);
	assert_int_equal(core_affinity_info(1, 0), POWER_OFF);
}

static void other_cores_wait_in_el2(void **state)
{
	assert_true(waits(main_second));
	assert_int_equal(this_core, 1);
	assert_int_equal(host_telemetry(1)->core_state, CORE_PARKED);
	assert_int_equal(call_count("prepare"), 0);
	assert_int_equal(call_count("clean"), 0);
}

/* [utest->swr~images-hashed~1] */
static void damaged_image_never_starts(void **state)
{
	image_row()->digest[31] ^= 1;
	assert_true(waits(main_first));
	assert_int_equal(host_telemetry(0)->cell_state, CELL_STOPPED);
	assert_int_equal(host_telemetry(0)->restart_cause, BP_ERROR_IMAGE_MISMATCH);
	assert_int_equal(host_telemetry(0)->faults[BP_ERROR_IMAGE_MISMATCH], 1);
	assert_int_equal(host_event(EVENT_CELL_STOP)->args[0], BP_ERROR_IMAGE_MISMATCH);
	assert_int_equal(call_count("prepare"), 0);
	/* Nor does an order start it. */
	order_give(BP_ACTION_RESTART, BP_ERROR_COUNT);
	assert_true(waits(core_rest));
	assert_int_equal(host_telemetry(0)->cell_state, CELL_STOPPED);
	assert_int_equal(call_count("prepare"), 0);
	assert_int_equal(call_count("restore"), 0);
}

static void assert_told(enum event_code code, const u8 *digest)
{
	const struct event *event = host_event(code);

	assert_int_equal(host_events(code), 1);
	for (u32 i = 0; i < SHA256_BYTES; i++)
		assert_int_equal((u8)(event->args[i / 8] >> 8 * (7 - i % 8)), digest[i]);
}

/* Both images, in their order, as they are and not as they should be. [utest->swr~digests-told~1] */
static void images_are_told(void **state)
{
	static const u8 second[64] = "another";
	struct bp_image rows[2];
	u8 digest[SHA256_BYTES];
	struct sha256 sha;

	rows[0] = *image_row();
	rows[1] = (struct bp_image){.va = (va_t)second, .size = sizeof(second), .dest_ipa = 0x48002000};
	sha256_start(&sha);
	sha256_add(&sha, second, sizeof(second));
	sha256_end(&sha, rows[1].digest);
	host_table(&host_cell()->images, rows, 2, sizeof(rows[0]));
	sha256_start(&sha);
	sha256_add(&sha, rows[0].digest, SHA256_BYTES);
	sha256_add(&sha, rows[1].digest, SHA256_BYTES);
	sha256_end(&sha, digest);
	image_row()[1].digest[0] ^= 1;
	assert_true(waits(main_first));
	assert_int_equal(host_telemetry(0)->cell_state, CELL_STOPPED);
	assert_int_equal(host_telemetry(0)->images_hashed, 2);
	assert_memory_equal(host_telemetry(0)->images_digest, digest, sizeof(digest));
	assert_told(EVENT_IMAGES, digest);
}

/* On every core; as an event on the service core alone. [utest->swr~digests-told~1] */
static void blueprint_is_told(void **state)
{
	u8 digest[SHA256_BYTES];

	for (u32 i = 0; i < SHA256_BYTES; i++)
		digest[i] = (u8)(0xa0 + i);
	for (u32 service = 0; service < 2; service++) {
		boot(state);
		host_cell()->flags = service ? BP_CELL_HEALTH | BP_CELL_SERVICE : 0;
		memcpy(frame.x, digest, sizeof(digest));
		waits(main_first);
		assert_memory_equal(host_telemetry(0)->blueprint_digest, digest, sizeof(digest));
		if (service)
			assert_told(EVENT_BLUEPRINT, digest);
		else
			assert_int_equal(host_events(EVENT_BLUEPRINT), 0);
	}
}

static void order_before_the_start_is_obeyed(void **state)
{
	order_give(BP_ACTION_STOP, BP_ERROR_BOOT_TIMEOUT);
	assert_true(waits(main_first));
	assert_int_equal(host_telemetry(0)->cell_state, CELL_STOPPED);
	assert_int_equal(call_count("prepare"), 0);
	/* A core may wake for no reason; the cell stays stopped. */
	assert_true(waits(core_rest));
	assert_int_equal(call_count("prepare"), 0);
	assert_int_equal(host_telemetry(0)->cell_state, CELL_STOPPED);
	order_give(BP_ACTION_RESTART, BP_ERROR_COUNT);
	assert_false(waits(core_rest));
	assert_int_equal(host_telemetry(0)->cell_state, CELL_RUNNING);
}

/* ---- requests ---- */

/* [utest->swr~requests-folded~1] */
static void request_revokes_and_wakes_siblings(void **state)
{
	started();
	core_identify(1);
	cell_request(BP_ACTION_RESTART, BP_ERROR_MEMORY_VIOLATION);
	assert_true(arch_revoked);
	assert_string_equal(calls(), "revoke wake(0) wake(2) ");
}

/* [utest->swr~requests-folded~1] */
static void many_requests_one_restart(void **state)
{
	started();
	host_telemetry(0)->proofs = PROOF_TRIED(PROOF_STAGE2);
	for (u32 core = 0; core < 3; core++) {
		core_identify(core);
		cell_request(BP_ACTION_RESTART, BP_ERROR_MEMORY_VIOLATION + core);
	}
	core_identify(0);
	order_give(BP_ACTION_RESTART, BP_ERROR_HEARTBEAT_MISSED);
	assert_false(waits(core_rest));
	assert_int_equal(host_telemetry(0)->proofs, 0); /* what that life had announced: proofs.h */
	assert_int_equal(host_telemetry(0)->restarts, 1);
	assert_int_equal(host_telemetry(0)->generation, 2);
	assert_int_equal(host_telemetry(0)->restart_cause, BP_ERROR_MEMORY_VIOLATION);
	assert_int_equal(host_telemetry(0)->order_seen, 1);
	assert_int_equal(host_events(EVENT_CELL_RESTART), 1);
	assert_int_equal(host_event(EVENT_CELL_RESTART)->args[1], 1);
	assert_int_equal(call_count("restore"), 1);
	assert_false(arch_revoked);
	/* None is left over. */
	assert_true(waits(core_rest));
	assert_int_equal(host_telemetry(0)->restarts, 1);
}

/* [utest->swr~requests-folded~1] */
static void stop_outweighs_restart(void **state)
{
	for (int stop_first = 0; stop_first < 2; stop_first++) {
		boot_of(3);
		started();
		core_identify(1);
		cell_request(stop_first ? BP_ACTION_STOP : BP_ACTION_RESTART, BP_ERROR_APPLICATION);
		core_identify(2);
		cell_request(stop_first ? BP_ACTION_RESTART : BP_ACTION_STOP, BP_ERROR_COUNT);
		core_identify(0);
		assert_true(waits(core_rest));
		assert_int_equal(host_telemetry(0)->cell_state, CELL_STOPPED);
		assert_int_equal(host_telemetry(0)->restarts, 0);
		assert_true(arch_revoked);
	}
}

/* [utest->swr~requests-folded~1] */
static void same_request_twice_is_two(void **state)
{
	started();
	for (u32 i = 1; i <= 2; i++) {
		cell_request(BP_ACTION_RESTART, BP_ERROR_COUNT);
		assert_false(waits(core_rest));
		assert_int_equal(host_telemetry(0)->restarts, i);
		assert_int_equal(host_telemetry(0)->restart_cause, BP_ERROR_COUNT);
	}
}

/* [utest->swr~requests-folded~1] */
static void stopped_cell_restarts_by_order(void **state)
{
	started();
	order_give(BP_ACTION_STOP, BP_ERROR_COUNT);
	assert_true(waits(core_rest));
	assert_true(arch_revoked);
	/* No interrupt of it wakes its cores from now on. */
	assert_true(called_before("revoke", "interrupts-reset"));
	assert_int_equal(call_count("interrupts-reset"), 1);
	order_give(BP_ACTION_RESTART, BP_ERROR_COUNT);
	assert_false(waits(core_rest));
	assert_false(arch_revoked);
	assert_int_equal(host_telemetry(0)->cell_state, CELL_RUNNING);
	assert_int_equal(host_telemetry(0)->generation, 2);
}

/* The health cell, of core 0, among three: 0 itself, 1 essential, 2 not. */
static void health_errs(enum bp_action action)
{
	started();
	host_cell()->flags |= BP_CELL_HEALTH | BP_CELL_SERVICE;
	host_cell()->actions[BP_ERROR_RESTART_LIMIT] = (u8)action;
	host_cell()->index = 0;
	((struct bp_service_cell *)((u8 *)host_service_make(3) + 0x100))[1].flags = BP_CELL_ESSENTIAL;
	cell_request(BP_ACTION_STOP, BP_ERROR_RESTART_LIMIT);
	assert_true(waits(core_rest));
	assert_int_equal(host_telemetry(0)->cell_state, CELL_STOPPED);
	assert_int_equal(host_telemetry(0)->restart_cause, BP_ERROR_RESTART_LIMIT);
}

/* [utest->swr~health-own-actions~1] */
static void health_cells_error_is_the_safe_state(void **state)
{
	const u64 before = host_order(2)->sequence;

	health_errs(BP_ACTION_SAFE);
	assert_int_equal(call_count("revoke-other"), 1);
	assert_int_equal(call_count("revoke-other(2)"), 1);
	assert_int_equal(host_order(2)->sequence, before + 1);
	assert_int_equal(host_order(2)->action, BP_ACTION_STOP);
	assert_int_equal(host_order(2)->cause, BP_ERROR_COUNT);
	assert_int_equal(call_count("machine-reset"), 0);
}

/* [utest->swr~health-own-actions~1] */
static void health_cells_error_resets(void **state)
{
	health_errs(BP_ACTION_RESET);
	assert_int_equal(call_count("machine-reset"), 1);
	assert_int_equal(call_count("revoke-other"), 0);
	health_errs(BP_ACTION_STOP);
	assert_int_equal(call_count("machine-reset") + call_count("revoke-other"), 0);
}

/* What another cell's error costs the machine is the health cell's to see to. */
/* [utest->swr~health-own-actions~1] */
static void other_cells_error_stops_it_alone(void **state)
{
	for (enum bp_action action = BP_ACTION_SAFE; action <= BP_ACTION_RESET; action++) {
		const struct fault fault = {.far = 0x1000};

		boot_of(3);
		started();
		frame.whole = 1;
		host_cell()->actions[BP_ERROR_MEMORY_VIOLATION] = (u8)action;
		assert_int_equal(fault_raise(&frame, BP_ERROR_MEMORY_VIOLATION, &fault), OUTCOME_REST);
		assert_true(waits(core_rest));
		assert_int_equal(host_telemetry(0)->cell_state, CELL_STOPPED);
		assert_int_equal(host_telemetry(0)->restart_cause, BP_ERROR_MEMORY_VIOLATION);
		assert_int_equal(host_telemetry(0)->fault.action, action);
		assert_int_equal(call_count("machine-reset") + call_count("revoke-other"), 0);
	}
}

static u32 orders_left;

static void order_meanwhile(void)
{
	if (orders_left == 0)
		return;
	orders_left--;
	order_give(BP_ACTION_RESTART, BP_ERROR_COUNT);
}

/* [utest->swr~requests-folded~1] */
static void order_during_restart_is_not_lost(void **state)
{
	started();
	orders_left = 1;
	arch_on_restore = order_meanwhile;
	cell_request(BP_ACTION_RESTART, BP_ERROR_COUNT);
	assert_false(waits(core_rest));
	assert_int_equal(host_telemetry(0)->restarts, 2);
	assert_int_equal(host_telemetry(0)->order_seen, 1);
	assert_false(arch_revoked);
}

/* [utest->swr~requests-folded~1] */
static void revocation_after_the_order_was_obeyed(void **state)
{
	started();
	order_give(BP_ACTION_RESTART, BP_ERROR_COUNT);
	assert_false(waits(core_rest));
	/* The service core was held up between its order and its revocation. */
	arch_revoked = true;
	assert_false(waits(core_rest));
	assert_false(arch_revoked);
	assert_int_equal(host_telemetry(0)->cell_state, CELL_RUNNING);
	assert_int_equal(host_telemetry(0)->restarts, 1);
	assert_int_equal(cell_state()->restart_count, 1);
}

/* ---- restart ---- */

/* [utest->swr~restart-order~1] */
static void restart_in_the_documented_order(void **state)
{
	struct bp_channel channel[2] = {
		{.va = EL2_VA_CELL_RAM + 0x20000, .size = 0x1000, .flags = BP_CHANNEL_WRITES},
		{.va = 0, .size = 0x1000, .flags = BP_CHANNEL_READS}};
	u64 *const memory = (u64 *)channel[0].va;
	char heartbeat[64];

	host_table(&host_cell()->channels, channel, 2, sizeof(channel[0]));
	started();
	memory[0] = memory[511] = 7;
	host_heartbeat()->beat = 9;
	cell_state()->gicd_ctlr = 2;
	cell_state()->vuart.imsc = 0x50;
	host_order(1)->input_head = 12;
	cell_state()->cores[1].power = POWER_ON;
	cell_state()->cores[2].power = POWER_ON_PENDING;
	host_telemetry(0)->ready_time = 5;
	((u8 *)EL2_VA_CELL_RAM)[0x8000] = 1;
	core_identify(1);
	cell_request(BP_ACTION_RESTART, BP_ERROR_FORBIDDEN_ACCESS);
	core_identify(0);
	calls_reset();
	arch_on_wake = siblings_rest_at_once;
	assert_false(waits(core_rest));

	assert_true(called_before("quiesce", "revoke"));
	assert_true(called_before("revoke", "wake(1) wake(2)"));
	assert_true(called_before("wake(2)", "interrupts-reset"));
	assert_true(called_before("interrupts-reset", "zero(40c0020000,1000)"));
	assert_true(called_before("zero(40c0020000,1000)", "clean(40c0020000,1000)"));
	assert_true(called_before("clean(40c0020000,1000)", "clean(40c0000000,10000)"));
	snprintf(heartbeat, sizeof(heartbeat), "clean(%lx,1000)", (unsigned long)this_cell->heartbeat_va);
	assert_true(called_before(heartbeat, "restore"));
	assert_true(called_before("clean(40c0000000,10000)", "restore"));
	assert_true(called_before("restore", "prepare"));
	assert_true(called_before("prepare", "icache"));
	assert_int_equal(memory[0], 2); /* the writer's generation */
	assert_int_equal(memory[511], 0);
	assert_int_equal(host_heartbeat()->beat, 0);
	assert_int_equal(cell_state()->gicd_ctlr, 0);
	assert_int_equal(cell_state()->vuart.imsc, 0);
	assert_int_equal(cell_state()->vuart.input_tail, 12);
	assert_int_equal(core_affinity_info(0, 0), POWER_ON);
	assert_int_equal(core_affinity_info(1, 0), POWER_OFF);
	assert_int_equal(core_affinity_info(2, 0), POWER_OFF);
	assert_int_equal(host_telemetry(0)->ready_time, 0);
	assert_int_equal(((u8 *)EL2_VA_CELL_RAM)[0x8000], 0);
	assert_memory_equal((void *)EL2_VA_CELL_RAM, image, sizeof(image));
}

/* ---- with PCI functions ---- */

/* The service core's own cell: its streams are in the diary. */
static void dma_started(void)
{
	host_service_make(3);
	host_cell()->flags = BP_CELL_SERVICE;
	host_cell()->dma_intid = 106;
	started();
}

static void restart_cuts_dma(void **state)
{
	dma_started();
	assert_null(strstr(calls(), "streams"));
	core_identify(1);
	cell_request(BP_ACTION_RESTART, BP_ERROR_FORBIDDEN_ACCESS);
	core_identify(0);
	calls_reset();
	arch_on_wake = siblings_rest_at_once;
	assert_false(waits(core_rest));
	assert_true(called_before("revoke", "streams(1,cut)"));
	assert_true(called_before("streams(1,cut)", "wake(1) wake(2)"));
	assert_true(called_before("wake(2)", "pci-stop"));
	assert_true(called_before("pci-stop", "interrupts-reset"));
	assert_true(called_before("interrupts-reset", "pci-reset"));
	assert_true(called_before("pci-reset", "clean(40c0000000,10000)"));
	assert_true(called_before("clean(40c0000000,10000)", "streams(1,live)"));
	assert_true(called_before("streams(1,live)", "restore"));
	assert_true(called_before("restore", "prepare"));
}

/* The boot has left the streams as they are to be, and the functions without the bus. */
static void first_start_resets_functions(void **state)
{
	host_cell()->dma_intid = 106; /* asking would take a second, and fail */
	assert_false(waits(main_first));
	assert_true(called_before("pci-stop", "interrupts-reset"));
	assert_true(called_before("interrupts-reset", "pci-reset"));
	assert_true(called_before("pci-reset", "prepare"));
	assert_null(strstr(calls(), "raise"));
}

static void stop_cuts_dma(void **state)
{
	dma_started();
	order_give(BP_ACTION_STOP, BP_ERROR_DMA_VIOLATION);
	assert_true(waits(core_rest));
	assert_true(called_before("streams(1,cut)", "pci-stop"));
	assert_true(called_before("pci-stop", "interrupts-reset"));
	assert_null(strstr(calls(), "pci-reset"));
	assert_null(strstr(calls(), "live"));
	assert_int_equal(host_telemetry(0)->cell_state, CELL_STOPPED);
	assert_int_equal(host_telemetry(0)->restart_cause, BP_ERROR_DMA_VIOLATION);
}

/* Nothing is refilled under DMA, and nothing starts without it. */
/* [utest->swr~dma-by-service-core~1] */
static void dma_that_is_not_cut_loses_the_cell(void **state)
{
	dma_started();
	order_give(BP_ACTION_RESTART, BP_ERROR_COUNT);
	iommu_disobeys = true;
	assert_true(waits(core_rest));
	assert_int_equal(host_telemetry(0)->cell_state, CELL_LOST);
	assert_int_equal(host_event(EVENT_CELL_LOST)->args[0], 0);
	assert_int_equal(call_count("clean"), 0);
	assert_int_equal(call_count("restore"), 0);
}

/* No answer: the cell that asked stays stopped. */
/* [utest->swr~dma-by-service-core~1] */
static void dma_without_an_answer_loses_the_cell(void **state)
{
	started();
	host_cell()->dma_intid = 106;
	order_give(BP_ACTION_RESTART, BP_ERROR_COUNT);
	arch_step = 1000000;
	assert_true(waits(core_rest));
	assert_non_null(strstr(calls(), "raise(106)"));
	assert_int_equal(host_telemetry(0)->cell_state, CELL_LOST);
	assert_int_equal(call_count("restore"), 0);
}

/* Long work of the service core is sliced: between two slices it serves the others. */
static u32 works;

static void work(void)
{
	works++;
}

/* [utest->swr~service-sliced~1] */
static void others_are_served_meanwhile(void **state)
{
	static const struct bp_region region = {0x48000000, 0x88000000, EL2_VA_CELL_RAM, 0x10000, 0, 0};
	struct bp_service *service;

	dma_started();
	service = (struct bp_service *)EL2_VA_SERVICE;
	service->smmus.count = 1;
	arch_on_iommu = work;
	works = 0;
	host_table(&host_cell()->regions, &region, 1, sizeof(region));
	cell_fill(); /* nothing before the image; the image; zeroes behind it; cleaning */
	assert_int_equal(works, 3);
	works = 0;
	assert_true(cell_images_good());
	assert_int_equal(works, 1);
	arch_on_wake = NULL;
	arch_step = 100000000;
	siblings_gather();
	assert_true(works > 3);
}

static u64 longest_slice;

/* Each time there is more to do, and somebody who has waited since the last. */
static void work_without_end(void)
{
	const char *call = calls();

	works++;
	while ((call = strpbrk(call, "zc"))) {
		unsigned long at, size;

		if ((sscanf(call, "zero(%lx,%lx)", &at, &size) == 2 ||
		     sscanf(call, "clean(%lx,%lx)", &at, &size) == 2) &&
		    size > longest_slice)
			longest_slice = size;
		call++;
	}
	calls_reset();
	arch_on_iommu = work_without_end;
}

/* Of a region of several slices and a part, whose size is none's multiple: it is filled, however much others
 * want meanwhile. [utest->swr~service-sliced~1] */
static void requests_without_end(void **state)
{
	static const struct bp_region region = {0x48000000, 0x88000000, EL2_VA_CELL_RAM, 0x501000, 0, 0};

	dma_started();
	host_map(EL2_VA_CELL_RAM + HOST_RAM_SIZE, region.size);
	((struct bp_service *)EL2_VA_SERVICE)->smmus.count = 1;
	arch_on_iommu = work_without_end;
	works = 0;
	longest_slice = 0;
	host_table(&host_cell()->regions, &region, 1, sizeof(region));
	cell_fill();
	work_without_end();
	assert_int_equal(longest_slice, 0x200000);
	assert_in_range(works, 8, 9); /* the image, three of zeroes, three of cleaning, and the last look */
}

/* [utest->swr~restart-order~1] */
static void all_siblings_must_rest(void **state)
{
	started();
	cell_request(BP_ACTION_RESTART, BP_ERROR_COUNT);
	arch_on_wake = NULL; /* core 2 never comes */
	cell_state()->cores[1].rest_epoch = cell_state()->epoch + 1;
	arch_step = 1000000;
	assert_true(waits(core_rest));
	assert_int_equal(host_telemetry(0)->cell_state, CELL_LOST);
	assert_int_equal(host_event(EVENT_CELL_LOST)->args[0], 1 << 2);
	assert_int_equal(call_count("prepare"), 0);
	assert_int_equal(call_count("restore"), 0);
	/* Lost until the board is reset. */
	arch_on_wake = siblings_rest_at_once;
	order_give(BP_ACTION_RESTART, BP_ERROR_COUNT);
	assert_true(waits(core_rest));
	assert_int_equal(host_telemetry(0)->cell_state, CELL_LOST);
}

static u32 deaf; /* wake-ups that core 2 does not hear */

static void second_sibling_is_deaf_at_first(u32 core)
{
	if (core == 2 && deaf > 0)
		deaf--;
	else
		siblings_rest_at_once(core);
}

/* What the sibling's guest was in the middle of may have undone the wake-up: it is sent again each ms. */
/* [utest->swr~restart-order~1] */
static void gathering_wakes_again(void **state)
{
	started();
	cell_request(BP_ACTION_RESTART, BP_ERROR_COUNT);
	calls_reset();
	deaf = 5;
	arch_on_wake = second_sibling_is_deaf_at_first;
	arch_step = 1000;
	arch_revoked = true;
	assert_false(waits(core_rest));
	assert_int_equal(host_telemetry(0)->cell_state, CELL_RUNNING);
	assert_int_equal(call_count("wake(1)"), 2); /* once a gathering: it came, and is not bothered again */
	assert_int_equal(call_count("wake(2)"), 7);
	assert_in_range(arch_now, 5000000, 7000000);
}

static u32 quiet_count;
static bool late_write; /* what a sibling did to this core's interrupts */

/* The sibling did it after the first core had become quiet, before it came to rest itself. */
static void sibling_writes_late(void)
{
	late_write = quiet_count++ == 0;
}

/* [utest->swr~restart-order~1] */
static void last_writes_of_siblings_are_undone(void **state)
{
	started();
	cell_request(BP_ACTION_RESTART, BP_ERROR_COUNT);
	quiet_count = 0;
	arch_on_quiesce = sibling_writes_late;
	arch_revoked = true;
	assert_false(waits(core_rest));
	assert_int_equal(host_telemetry(0)->cell_state, CELL_RUNNING);
	assert_false(late_write);
	arch_on_quiesce = NULL;
}

/* At boot the other cores may still be on their way. */
static void first_start_waits_for_all_cores(void **state)
{
	deaf = 500;
	arch_on_wake = second_sibling_is_deaf_at_first;
	arch_step = 100000;
	assert_false(waits(main_first));
	assert_int_equal(host_telemetry(0)->cell_state, CELL_RUNNING);
	assert_true(called_before("wake(2)", "clean(40c0000000,10000)"));
	boot(state);
	deaf = 1000000;
	arch_on_wake = second_sibling_is_deaf_at_first;
	arch_step = 10000000;
	assert_true(waits(main_first));
	assert_in_range(arch_now, 1000000000, 1200000000);
	assert_int_equal(host_telemetry(0)->cell_state, CELL_LOST);
	assert_int_equal(host_event(EVENT_CELL_LOST)->args[0], 1 << 2);
	assert_int_equal(call_count("prepare") + call_count("clean"), 0); /* nothing is filled */
}

/* [utest->swr~restart-window~1] */
static void restarts_within_the_window(void **state)
{
	started();
	for (u32 i = 1; i <= 3; i++) {
		cell_request(BP_ACTION_RESTART, BP_ERROR_APPLICATION);
		assert_false(waits(core_rest));
	}
	cell_request(BP_ACTION_RESTART, BP_ERROR_APPLICATION);
	assert_true(waits(core_rest));
	assert_int_equal(host_telemetry(0)->restarts, 3);
	assert_int_equal(host_telemetry(0)->cell_state, CELL_STOPPED);
	assert_int_equal(host_telemetry(0)->restart_cause, BP_ERROR_RESTART_LIMIT);
	assert_int_equal(host_telemetry(0)->faults[BP_ERROR_RESTART_LIMIT], 1);
	/* The window moves on: the oldest restart leaves it. */
	arch_now += 1000000000;
	order_give(BP_ACTION_RESTART, BP_ERROR_COUNT);
	assert_false(waits(core_rest));
	assert_int_equal(host_telemetry(0)->restarts, 4);
}

/* [utest->swr~restart-window~1] */
static void window_slides(void **state)
{
	host_cell()->restart_max = BP_RESTARTS_MAX;
	started();
	for (u32 i = 0; i < 200; i++) {
		arch_now += 1000000000 / 31; /* never more than 32 in a second */
		cell_request(BP_ACTION_RESTART, BP_ERROR_COUNT);
		assert_false(waits(core_rest));
	}
	assert_int_equal(host_telemetry(0)->generation, 201);
	for (u32 i = 0; i < 32; i++) {
		cell_request(BP_ACTION_RESTART, BP_ERROR_COUNT);
		if (waits(core_rest))
			break;
	}
	assert_int_equal(host_telemetry(0)->cell_state, CELL_STOPPED);
}

/* ---- fill ---- */

/* [utest->swr~cell-filled~1] */
static void kept_memory_is_spared(void **state)
{
	struct bp_region rows[] = {
		{0x48000000, 0x88000000, EL2_VA_CELL_RAM, 0x10000, 0, 0},
		{0x50000000, 0x90000000, EL2_VA_CELL_RAM + 0x40000, 0x2000, BP_REGION_KEEP, 0}};
	u64 *const kept = (u64 *)rows[1].va;

	host_table(&host_cell()->regions, rows, 2, sizeof(rows[0]));
	kept[3] = 1;
	started();
	assert_int_equal(kept[3], 0); /* the first start gives nobody's memory away */
	kept[3] = 2;
	cell_request(BP_ACTION_RESTART, BP_ERROR_COUNT);
	assert_false(waits(core_rest));
	assert_int_equal(kept[3], 2);
	assert_int_equal(call_count("clean(40c0040000,2000)"), 1);
}

/* [utest->swr~cell-filled~1] */
static void images_anywhere_zeroes_elsewhere(void **state)
{
	static const u8 one[] = {1, 2, 3}, two[] = {4, 5, 6, 7, 8, 9, 10, 11, 12};
	struct bp_image rows[] = {{.va = (va_t)two, .size = sizeof(two), .dest_ipa = 0x48000805},
				  {.va = (va_t)one, .size = 0, .dest_ipa = 0x48000002},
				  {.va = (va_t)one, .size = sizeof(one), .dest_ipa = 0x48000802},
				  {.va = (va_t)one, .size = sizeof(one), .dest_ipa = 0x4800fffd}};
	u8 *const ram = (u8 *)EL2_VA_CELL_RAM;
	u8 wanted[0x10000] = {0};

	host_table(&host_cell()->images, rows, 4, sizeof(rows[0]));
	memset(ram, 0xee, 0x10000);
	ram[0x10000] = 0xee;
	memcpy(wanted + 0x802, one, sizeof(one));
	memcpy(wanted + 0x805, two, sizeof(two));
	memcpy(wanted + 0xfffd, one, sizeof(one));
	cell_fill();
	assert_memory_equal(ram, wanted, sizeof(wanted));
	assert_int_equal(ram[0x10000], 0xee);
	assert_int_equal(call_count("clean"), 1);
}

/* ---- CPU_ON, CPU_OFF ---- */

/* [utest->swr~psci-cpu-on~1] */
static void cpu_on_answers(void **state)
{
	started();
	assert_int_equal(core_on(7, 0x1000, 0), -2); /* INVALID_PARAMETERS */
	assert_int_equal(core_on(UINT64_C(1) << 40 | 1, 0x1000, 0), -2);
	assert_int_equal(core_on(0, 0x1000, 0), -4); /* ALREADY_ON: itself */
	assert_int_equal(core_on(1, 0x1000, 77), 0);
	assert_int_equal(call_count("wake(1)"), 1);
	assert_int_equal(host_event(EVENT_CORE_ON)->args[0], 1);
	assert_int_equal(core_on(1, 0x2000, 78), -5); /* ON_PENDING */
	assert_int_equal(call_count("wake"), 1);
	assert_int_equal(core_affinity_info(1, 0), 2);
	cell_state()->cores[1].power = POWER_ON;
	assert_int_equal(core_on(1, 0x2000, 78), -4);
}

/* [utest->swr~psci-affinity-info~1] */
static void affinity_info_answers(void **state)
{
	started();
	assert_int_equal(core_affinity_info(0, 0), 0);
	assert_int_equal(core_affinity_info(1, 0), 1);
	assert_int_equal(core_affinity_info(3, 0), -2);
	assert_int_equal(core_affinity_info(0, 1), -2);
	assert_int_equal(core_affinity_info(0, UINT64_MAX), -2);
}

static bool wake_then_sleep(void)
{
	arch_on_wait = sleep_for_good;
	return true;
}

/* [utest->swr~psci-cpu-on~1] */
static void cpu_on_starts_the_target(void **state)
{
	started();
	assert_int_equal(core_on(2, 0x48001000, 0xabc), 0);
	core_identify(2);
	arch_on_wait = wake_then_sleep;
	assert_false(waits(core_rest));
	assert_int_equal(frame.x[0], 0xabc);
	assert_int_equal(frame.x[1], 0x48001000);
	assert_int_equal(core_affinity_info(2, 0), POWER_ON);
	assert_true(called_before("prepare", "icache"));
}

/* A core that has acknowledged a restart must not come to life in the middle of it. */
/* [utest->swr~psci-cpu-on~1] */
static void cpu_on_ends_with_its_cell(void **state)
{
	started();
	assert_int_equal(core_on(2, 0x48001000, 0xabc), 0);
	cell_request(BP_ACTION_RESTART, BP_ERROR_COUNT);
	cell_state()->epoch = 7;
	core_identify(2);
	arch_on_wait = wake_then_sleep;
	assert_true(waits(core_rest));
	assert_int_equal(cell_state()->cores[2].rest_epoch, 7);
	assert_int_equal(call_count("prepare"), 0);
	/* The cell begins anew with the core off. */
	core_identify(0);
	arch_on_wake = siblings_rest_at_once;
	assert_false(waits(core_rest));
	assert_int_equal(core_affinity_info(2, 0), POWER_OFF);
	assert_int_equal(core_on(2, 0x48002000, 1), 0);
	core_identify(2);
	arch_on_wait = wake_then_sleep;
	assert_false(waits(core_rest));
	assert_int_equal(frame.x[1], 0x48002000);
}

/* [utest->swr~psci-cpu-on~1] */
static void spurious_wake_starts_nothing(void **state)
{
	started();
	core_identify(2);
	arch_on_wait = wake_then_sleep;
	assert_true(waits(core_rest));
	assert_int_equal(call_count("wait"), 2);
	assert_int_equal(call_count("prepare"), 0);
}

static bool wake_signal;

/* What arch_interrupts_quiesce does on the target: pending interrupts are cleared. */
static void signal_cleared(void)
{
	wake_signal = false;
}

static bool signal_taken(void)
{
	const bool signal = wake_signal;

	if (!signal)
		longjmp(asleep, 1);
	wake_signal = false;
	return signal;
}

static void off_core_is_seen_and_turned_on(void)
{
	/* The sibling polls AFFINITY_INFO and calls CPU_ON as soon as it reads off. */
	signal_cleared();
	if (core_affinity_info(1, 0) == POWER_OFF && core_on(1, 0x48002000, 5) == 0)
		wake_signal = true;
}

/* [utest->swr~psci-cpu-off~1] */
static void cpu_off_loses_no_cpu_on(void **state)
{
	started();
	core_identify(1);
	cell_state()->cores[1].power = POWER_ON;
	wake_signal = false;
	arch_on_quiesce = signal_cleared;
	arch_on_wait = signal_taken;
	assert_true(waits(core_off));
	assert_int_equal(core_affinity_info(1, 0), POWER_OFF);
	assert_int_equal(host_event(EVENT_CORE_OFF)->args[0], 1);
	/* Once off, nothing on its way to sleep clears interrupts again. */
	assert_int_equal(call_count("quiesce"), 1);

	cell_state()->cores[1].power = POWER_ON;
	calls_reset();
	arch_on_wait = signal_taken;
	arch_on_quiesce = off_core_is_seen_and_turned_on;
	assert_true(waits(core_off)); /* not off yet while it quiesces: nobody turns it on */
	assert_int_equal(core_affinity_info(1, 0), POWER_OFF);
}

/* [utest->swr~psci-cpu-off~1] */
static void first_core_off_and_on(void **state)
{
	started();
	assert_true(waits(core_off));
	assert_int_equal(core_affinity_info(0, 0), POWER_OFF);
	assert_int_equal(host_telemetry(0)->cell_state, CELL_RUNNING);
	core_identify(1);
	assert_int_equal(core_on(0, 0x48003000, 1), 0);
	core_identify(0);
	arch_on_wait = wake_then_sleep;
	calls_reset();
	arch_on_wait = wake_then_sleep;
	assert_false(waits(core_rest));
	assert_int_equal(frame.x[1], 0x48003000);
	assert_int_equal(call_count("clean"), 0); /* the cell goes on, it does not begin anew */
}

static void resting_core_acknowledges(void **state)
{
	started();
	cell_state()->epoch = 41;
	core_identify(1);
	assert_true(waits(core_rest));
	assert_int_equal(cell_state()->cores[1].rest_epoch, 41);
}

static bool new_life_then_sleep(void)
{
	arch_on_wait = sleep_for_good;
	cell_state()->epoch++;
	call_note("epoch");
	return true;
}

static u32 acknowledged_early;

static void not_acknowledged_yet(void)
{
	acknowledged_early += cell_state()->cores[1].rest_epoch == cell_state()->epoch;
}

/* What the old life's siblings did to a resting core's interrupts is gone before it acknowledges the new. */
static void resting_core_is_quiet_for_a_new_life(void **state)
{
	started();
	cell_state()->epoch = 41;
	core_identify(1);
	arch_on_wait = new_life_then_sleep;
	acknowledged_early = 0;
	arch_on_quiesce = not_acknowledged_yet;
	assert_true(waits(core_rest));
	assert_string_equal(calls(), "quiesce wait epoch quiesce wait ");
	assert_int_equal(acknowledged_early, 0);
	assert_int_equal(cell_state()->cores[1].rest_epoch, 42);
	/* A wake-up without a new life clears nothing. */
	calls_reset();
	arch_on_wait = wake_then_sleep;
	assert_true(waits(core_rest));
	assert_string_equal(calls(), "quiesce wait wait ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(first_core_starts_the_cell, boot),
		cmocka_unit_test_setup(restart_cuts_dma, boot),
		cmocka_unit_test_setup(first_start_resets_functions, boot),
		cmocka_unit_test_setup(stop_cuts_dma, boot),
		cmocka_unit_test_setup(dma_that_is_not_cut_loses_the_cell, boot),
		cmocka_unit_test_setup(dma_without_an_answer_loses_the_cell, boot),
		cmocka_unit_test_setup(others_are_served_meanwhile, boot),
		cmocka_unit_test_setup(requests_without_end, boot),
		cmocka_unit_test_setup(sibling_not_up_is_not_woken, boot),
		cmocka_unit_test_setup(other_cores_wait_in_el2, boot),
		cmocka_unit_test_setup(damaged_image_never_starts, boot),
		cmocka_unit_test_setup(images_are_told, boot),
		cmocka_unit_test_setup(blueprint_is_told, boot),
		cmocka_unit_test_setup(order_before_the_start_is_obeyed, boot),
		cmocka_unit_test_setup(request_revokes_and_wakes_siblings, boot),
		cmocka_unit_test_setup(many_requests_one_restart, boot),
		cmocka_unit_test_setup(stop_outweighs_restart, boot),
		cmocka_unit_test_setup(same_request_twice_is_two, boot),
		cmocka_unit_test_setup(stopped_cell_restarts_by_order, boot),
		cmocka_unit_test_setup(health_cells_error_is_the_safe_state, boot),
		cmocka_unit_test_setup(health_cells_error_resets, boot),
		cmocka_unit_test_setup(other_cells_error_stops_it_alone, boot),
		cmocka_unit_test_setup(order_during_restart_is_not_lost, boot),
		cmocka_unit_test_setup(revocation_after_the_order_was_obeyed, boot),
		cmocka_unit_test_setup(restart_in_the_documented_order, boot),
		cmocka_unit_test_setup(all_siblings_must_rest, boot),
		cmocka_unit_test_setup(gathering_wakes_again, boot),
		cmocka_unit_test_setup(last_writes_of_siblings_are_undone, boot),
		cmocka_unit_test_setup(first_start_waits_for_all_cores, boot),
		cmocka_unit_test_setup(restarts_within_the_window, boot),
		cmocka_unit_test_setup(window_slides, boot),
		cmocka_unit_test_setup(kept_memory_is_spared, boot),
		cmocka_unit_test_setup(images_anywhere_zeroes_elsewhere, boot),
		cmocka_unit_test_setup(cpu_on_answers, boot),
		cmocka_unit_test_setup(affinity_info_answers, boot),
		cmocka_unit_test_setup(cpu_on_starts_the_target, boot),
		cmocka_unit_test_setup(cpu_on_ends_with_its_cell, boot),
		cmocka_unit_test_setup(spurious_wake_starts_nothing, boot),
		cmocka_unit_test_setup(cpu_off_loses_no_cpu_on, boot),
		cmocka_unit_test_setup(first_core_off_and_on, boot),
		cmocka_unit_test_setup(resting_core_acknowledges, boot),
		cmocka_unit_test_setup(resting_core_is_quiet_for_a_new_life, boot),
	};

	return cmocka_run_group_tests_name("cell", tests, NULL, NULL);
}
