// SPDX-License-Identifier: Apache-2.0
/*
 * test_events.c - event rings as the health cell reads them, and what it says of each event.
 *
 * Robustness: losses, bad_record, overtaken
 */
#include "test.h"

#include "crc32.h"
#include "event_text.h"
#include "events.h"
#include "../../../src/blueprint/update.h"

static struct event_ring ring;
static struct event_reader reader;
static struct event event;

static int start(void **state)
{
	memset(&ring, 0, sizeof(ring));
	ring.magic = EVENT_RING_MAGIC;
	reader = (struct event_reader){0};
	return 0;
}

static struct event *record(uint32_t code, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
	struct event *at = &ring.slots[ring.head % EVENT_RING_SLOTS];

	*at = (struct event){.sequence = ++ring.head, .code = code, .args = {a, b, c, d}};
	at->crc = crc32_add(0, at, offsetof(struct event, crc));
	return at;
}

/* [utest->swr~health-events~1] */
static void in_order(void **state)
{
	assert_int_equal(event_take(&reader, &ring, &event), EVENT_NONE);
	for (uint64_t n = 1; n < 200; n++) {
		record(EVENT_CELL_START, n, 0, 0, 0);
		assert_int_equal(event_take(&reader, &ring, &event), EVENT_TAKEN);
		assert_int_equal(event.args[0], n);
		assert_int_equal(event_take(&reader, &ring, &event), EVENT_NONE);
	}
	assert_int_equal(reader.lost + reader.bad, 0);
}

/* [utest->swr~health-events~1] */
static void losses(void **state)
{
	uint64_t taken = 0;

	for (uint64_t n = 0; n < EVENT_RING_SLOTS + 10; n++)
		record(EVENT_CELL_START, n, 0, 0, 0);
	while (event_take(&reader, &ring, &event) == EVENT_TAKEN)
		taken++;
	assert_int_equal(taken, EVENT_RING_SLOTS);
	assert_int_equal(reader.lost, 10);
}

/* [utest->swr~health-events~1] */
static void bad_record(void **state)
{
	record(EVENT_CELL_START, 1, 0, 0, 0)->args[1] ^= 1;
	record(EVENT_CELL_READY, 1, 0, 0, 0);
	assert_int_equal(event_take(&reader, &ring, &event), EVENT_TAKEN);
	assert_int_equal(event.code, EVENT_CELL_READY);
	assert_int_equal(reader.bad, 1);
	ring.magic = 0;
	record(EVENT_CELL_READY, 1, 0, 0, 0);
	assert_int_equal(event_take(&reader, &ring, &event), EVENT_NONE);
}

/* The record is being replaced while it is read: lost, not bad. */
/* [utest->swr~health-events~1] */
static void overtaken(void **state)
{
	for (uint64_t n = 0; n < EVENT_RING_SLOTS; n++)
		record(EVENT_CELL_START, n, 0, 0, 0);
	ring.slots[0].sequence = 0;
	assert_int_equal(event_take(&reader, &ring, &event), EVENT_TAKEN);
	assert_int_equal(event.sequence, 2);
	assert_int_equal(reader.lost, 1);
	assert_int_equal(reader.bad, 0);
}

/* [utest->swr~slots-events~1] */
static void texts(void **state)
{
	static const struct {
		uint32_t code;
		uint64_t args[4];
		const char *text;
	} all[] = {
		{EVENT_CELL_START, {2}, "start generation=2"},
		{EVENT_CELL_READY, {1}, "ready generation=1"},
		{EVENT_CELL_STOP, {BP_ERROR_RESTART_LIMIT}, "stop cause=restart-limit"},
		{EVENT_CELL_RESTART, {BP_ERROR_COUNT, 1}, "restart cause=request ended=1"},
		{EVENT_CELL_LOST, {2}, "lost cores=0x2"},
		{EVENT_FAULT,
		 {BP_ERROR_MEMORY_VIOLATION, BP_ACTION_RESTART, 0x93000046, 0x9000000},
		 "fault error=memory-violation action=restart esr=0x93000046 address=0x9000000"},
		{EVENT_SGI_FOREIGN, {9}, "sgi-foreign cores=0x9"},
		{EVENT_DENIED, {0xc6000010, 1}, "denied function=0xc6000010 x1=0x1"},
		{EVENT_APPLICATION, {7, 1, 2, 3}, "application code=0x7 args=0x1,0x2,0x3"},
		{EVENT_CORE_ON, {1}, "core-on core-in-cell=1"},
		{EVENT_CORE_OFF, {1}, "core-off core-in-cell=1"},
		{EVENT_ORDER,
		 {2, BP_ACTION_RESTART, BP_ERROR_HEARTBEAT_MISSED},
		 "order of=2 action=restart cause=heartbeat-missed"},
		{EVENT_DMA_FAULT,
		 {1, 0x100000210, 0x40000000, DMA_FAULT_READ | 0x10},
		 "dma-fault of=1 stream=0x100000210 address=0x40000000 read reason=0x10"},
		{EVENT_IOMMU, {0, 4}, "iommu number=0 errors=0x4"},
		{EVENT_DEVICE, {8, 0}, "device function=01.0 rests"},
		{EVENT_DEVICE, {0x12, 1}, "device function=02.2 runs"},
		{EVENT_BLUEPRINT,
		 {0x123456789abcdef, 0x10, 0, UINT64_MAX},
		 "blueprint sha256=0123456789abcdef00000000000000100000000000000000ffffffffffffffff"},
		{EVENT_IMAGES,
		 {UINT64_C(1) << 63, 0, 0, 1},
		 "images sha256=8000000000000000000000000000000000000000000000000000000000000001"},
		{EVENT_PROOF, {PROOF_STAGE2, 1, 0x42000000}, "proof of=stage2 proven address=0x42000000"},
		{EVENT_PROOF, {PROOF_SMMU, 1, 0x1000}, "proof of=smmu proven address=0x1000"},
		{EVENT_PROOF, {PROOF_WATCHDOG, 0, 0}, "proof of=watchdog failed address=0x0"},
		{EVENT_PROOF, {PROOF_COUNT, 0, 0}, "proof of=? failed address=0x0"},
		{EVENT_SLOT, {SLOT_RUNS, 0, 3, 7}, "slot of=a runs counter=3 record=7"},
		{EVENT_SLOT, {SLOT_REFUSED, 1, 5}, "slot of=b refused reason=signature"},
		{EVENT_SLOT, {SLOT_REFUSED, 1, 0xff}, "slot of=b refused reason=not-confirmed"},
		{EVENT_SLOT, {SLOT_REFUSED, 1, 0x77}, "slot of=b refused reason=?"},
		{EVENT_SLOT, {SLOT_LOST, 2}, "slot of=? state-lost"},
		{EVENT_SLOT, {SLOT_CONFIRMED, 1, 4, 8}, "slot of=b confirmed floor=4 record=8"},
		{EVENT_SLOT, {SLOT_TRY, 1}, "slot of=b try"},
		{EVENT_SLOT, {SLOT_RESET, 1, 2}, "slot of=b reset asked-by=2"},
		{EVENT_SLOT, {SLOT_NO_RESET, 2, UPDATE_NO_TRIAL}, "slot of=? no-reset reason=no-trial"},
		{EVENT_SLOT, {SLOT_NO_RESET, 2, 1}, "slot of=? no-reset reason=?"},
		{EVENT_SLOT, {0, 1}, "slot of=b ?"},
		{EVENT_CELL_STOP, {4711}, "stop cause=?"},
		{99, {1, 2, 3, 4}, "code=99 args=0x1,0x2,0x3,0x4"},
	};
	char text[160];

	for (unsigned i = 0; i < LENGTH(all); i++) {
		event = (struct event){.code = all[i].code};
		memcpy(event.args, all[i].args, sizeof(event.args));
		event_text(&event, text, sizeof(text));
		assert_string_equal(text, all[i].text);
	}
}

/* What a cell can cause at will must not be among those that are always shown. */
static void rare(void **state)
{
	static const uint32_t at_will[] = {EVENT_CELL_READY,
					   EVENT_FAULT,
					   EVENT_SGI_FOREIGN,
					   EVENT_DENIED,
					   EVENT_APPLICATION,
					   EVENT_CORE_ON,
					   EVENT_CORE_OFF,
					   EVENT_DMA_FAULT,
					   EVENT_IOMMU,
					   EVENT_DEVICE,
					   99};

	event = (struct event){0};
	for (unsigned i = 0; i < LENGTH(at_will); i++) {
		event.code = at_will[i];
		assert_false(event_is_rare(&event));
	}
	event.code = EVENT_CELL_RESTART;
	assert_true(event_is_rare(&event));
	/* The restart limit bounds those that end the cell's life. */
	event.code = EVENT_FAULT;
	event.args[1] = BP_ACTION_RESTART;
	assert_true(event_is_rare(&event));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(in_order, start),   cmocka_unit_test_setup(losses, start),
		cmocka_unit_test_setup(bad_record, start), cmocka_unit_test_setup(overtaken, start),
		cmocka_unit_test_setup(texts, start),	   cmocka_unit_test(rare),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
