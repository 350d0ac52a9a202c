/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_smmu.c - the SMMUv3: from abort-all to the stream table, commands and their errors, streams, faults
 * (src/platform/iommu), against a model of its registers and queues.
 *
 * Both ranges: queue_wraps_and_fills, streams_of_one_cell
 * Robustness: refuses_what_does_not_obey, bad_command_is_replaced, overflow, storm_is_bounded,
 * command_error_is_left
 */
#include "machine.h"
#include "../../../src/core/dma.h"
#include "../../../src/core/platform.h"
#include "../../../src/core/service.h"
#include "../../../src/platform/iommu/smmuv3.h"

#define SMMU	  UINT64_C(0x40c2000000) /* page 0; page 1 behind it */
#define CMDQ	  (EL2_VA_WINDOWS + 0x120000)
#define EVENTQ	  (EL2_VA_WINDOWS + 0x122000)
#define STE	  (EL2_VA_WINDOWS + 0x124000)
#define LOG2	  2u /* four commands, four events */
#define EVENT_SPI 106

#define STE_0	  UINT64_C(0xd)
#define STE_2	  UINT64_C(0x04000000000003)

/* What the SMMU saw: the first word of each command, in order; a bad one stops it. */
static u64 seen[64];
static u32 seen_count;
static u64 bad_command; /* by its first word: an error */
static bool deaf;	/* executes nothing */
static bool never_enabled;

static void consume(void)
{
	u32 consumer = phys32(SMMU + 0x9c);

	while (!deaf && (phys32(SMMU + 0x20) & 8) && consumer != phys32(SMMU + 0x98)) {
		const u64 *const entry = (const u64 *)CMDQ + 2 * (consumer & MASK(LOG2));

		if ((phys32(SMMU + 0x60) ^ phys32(SMMU + 0x64)) & 1)
			return; /* until the error is acknowledged */
		if (bad_command && entry[0] == bad_command) {
			phys32_set(SMMU + 0x60, phys32(SMMU + 0x60) ^ 1);
			return;
		}
		assert_true(seen_count < ARRAY_SIZE(seen));
		seen[seen_count++] = entry[0];
		consumer = (consumer + 1) & MASK(LOG2 + 1);
		phys32_set(SMMU + 0x9c, consumer);
	}
}

static void smmu_acts(va_t va, bool write)
{
	if (va < SMMU || va >= SMMU + 0x20000)
		return;
	if (write && va == SMMU + 0x20)
		phys32_set(SMMU + 0x24, phys32(va) & (never_enabled ? 0xe : 0xf));
	if (write && va == SMMU + 0x44)
		phys32_set(va, phys32(va) & ~(1u << 31));
	consume();
}

static struct bp_service *record;

static int boot(void **state)
{
	host_cell_make(1, BP_MODE_INJECTED, BP_CELL_SERVICE);
	record = host_service_make(3);
	record->smmus = (struct bp_table){0x3000, 2}; /* the second has no streams */
	record->dma = (struct bp_table){0x4000, 2};
	record->streams = (struct bp_table){0x5000, 3};
	*(struct bp_service_smmu *)(EL2_VA_SERVICE + 0x3000) =
		(struct bp_service_smmu){SMMU, SMMU + 0x10000, CMDQ, EVENTQ, LOG2, LOG2, EVENT_SPI, 109};
	for (u32 i = 0; i < 2; i++)
		((struct bp_service_dma *)(EL2_VA_SERVICE + 0x4000))[i] =
			(struct bp_service_dma){EL2_VA_WINDOWS + 0x126000 + 0x1000 * i, i, BP_ACTION_LOG};
	for (u32 i = 0; i < 3; i++) {
		((struct bp_stream *)(EL2_VA_SERVICE + 0x5000))[i] = (struct bp_stream){
			.ste_va = STE + 64 * i, .live = STE_0, .sid = 0x100 + i, .cell = i ? 1 : 0};
		((u64 *)(STE + 64 * i))[0] = STE_0;
		((u64 *)(STE + 64 * i))[2] = STE_2 | BIT(58);
	}
	machine_reset(4);
	machine_device(SMMU, 0x20000, DEVICE_MEMORY);
	phys32_set(SMMU + 0x20, 0xd);
	phys32_set(SMMU + 0x24, 0xd);
	seen_count = 0;
	bad_command = 0;
	deaf = never_enabled = false;
	machine_on_mmio = smmu_acts;
	arch_watch(false);
	journal_clear();
	return 0;
}

static const struct bp_smmu blueprint = {.va = SMMU,
					 .strtab_base = 0x40000000 | BIT(62),
					 .strtab_base_cfg = 0x10208,
					 .cmdq_base = 0x48000000 | BIT(62) | LOG2,
					 .eventq_base = 0x48001000 | BIT(62) | LOG2};

/* [utest->swr~smmu-started~1] */
static void starts_from_abort(void **state)
{
	assert_true(smmu_abort_all(SMMU));
	phys32_set(SMMU + 0x98, 3); /* a loader's */
	phys32_set(SMMU + 0x60, 4);
	assert_int_equal(phys32(SMMU + 0x44), 1 << 20);
	assert_int_equal(phys32(SMMU + 0x20), 0);
	assert_true(smmu_start(&blueprint, CMDQ));
	assert_int_equal(phys64(SMMU + 0x80), blueprint.strtab_base);
	assert_int_equal(phys32(SMMU + 0x88), 0x10208);
	assert_int_equal(phys64(SMMU + 0x90), blueprint.cmdq_base);
	assert_int_equal(phys64(SMMU + 0xa0), blueprint.eventq_base);
	assert_int_equal(phys32(SMMU + 0x28), 0xd75);
	assert_int_equal(phys32(SMMU + 0x64), 4);
	assert_int_equal(seen_count, 3);
	assert_int_equal(seen[0], 0x04);
	assert_int_equal(((u64 *)CMDQ)[1], 31);
	assert_int_equal(seen[1], 0x30);
	assert_int_equal(seen[2], 0x46);
	assert_int_equal(phys32(SMMU + 0x20), 0x19);	/* with ATSCHK */
	assert_int_equal(phys32(SMMU + 0x44), 1 << 20); /* aborts wherever translation should go off */
	assert_true(journal_before("mmio(40c2000020)=18", "mmio(40c2000020)=19"));
}

/* [utest->swr~smmu-started~1] [utest->swr~smmu-abort-all~1] */
static void refuses_what_does_not_obey(void **state)
{
	smmu_abort_all(SMMU);
	deaf = true;
	assert_false(smmu_start(&blueprint, CMDQ));
	assert_null(strstr(journal(), "mmio(40c2000020)=19"));
	boot(state);
	smmu_abort_all(SMMU);
	never_enabled = true;
	assert_false(smmu_start(&blueprint, CMDQ));
	boot(state);
	machine_unwritable = SMMU + 0x20;
	assert_false(smmu_abort_all(SMMU));
}

/* ---- commands ---- */

static const struct smmu_queue queue = {SMMU, CMDQ, LOG2};

/* [utest->swr~smmu-commands~1] */
static void queue_wraps_and_fills(void **state)
{
	deaf = true;
	for (u32 i = 0; i < 4; i++)
		assert_true(smmu_command(&queue, CMD_CFGI_STE(i)));
	assert_int_equal(phys32(SMMU + 0x98), 4);
	assert_false(smmu_command(&queue, CMD_CFGI_STE(4))); /* full, for as long as one waits */
	assert_int_equal(phys32(SMMU + 0x98), 4);
	assert_int_equal(((u64 *)CMDQ)[0], 0x03); /* nothing is written over */
	deaf = false;
	for (u32 i = 4; i < 11; i++)
		assert_true(smmu_command(&queue, CMD_CFGI_STE(i)));
	assert_true(smmu_sync(&queue));
	assert_int_equal(seen_count, 12);
	for (u32 i = 0; i < 11; i++)
		assert_int_equal(seen[i], (u64)i << 32 | 3);
	assert_int_equal(seen[11], 0x46);
	assert_int_equal(phys32(SMMU + 0x98), 12 % 8);
}

/* It would stop there for ever, and signal without end, were it only acknowledged. */
/* [utest->swr~smmu-commands~1] */
static void bad_command_is_replaced(void **state)
{
	bad_command = UINT64_C(0x101) << 32 | 3;
	assert_true(smmu_command(&queue, CMD_CFGI_STE(0x101)));
	assert_false(smmu_sync(&queue)); /* told */
	assert_int_equal(phys32(SMMU + 0x60) ^ phys32(SMMU + 0x64), 0);
	assert_int_equal(seen[0], 0x46);
	assert_int_equal(seen[1], 0x46);
	assert_int_equal(phys32(SMMU + 0x9c), phys32(SMMU + 0x98));
	assert_true(journal_before("mmio(40c2000098)=1", "mmio(40c2000064)=1"));
	bad_command = 0;
	assert_true(smmu_command(&queue, CMD_CFGI_STE(0x102)));
	assert_true(smmu_sync(&queue)); /* and all is well again */
}

/* ---- streams ---- */

/* [utest->swr~streams-cut~1] */
static void streams_of_one_cell(void **state)
{
	assert_true(iommu_streams_set(1, false));
	assert_int_equal(((u64 *)STE)[0], STE_0);
	assert_int_equal(((u64 *)(STE + 64))[0], BP_STE_ABORT);
	assert_int_equal(((u64 *)(STE + 128))[0], BP_STE_ABORT);
	assert_int_equal(seen_count, 5);
	assert_int_equal(seen[0], UINT64_C(0x101) << 32 | 3);
	assert_int_equal(seen[1], UINT64_C(0x102) << 32 | 3);
	assert_int_equal(seen[2], 0x46);
	assert_int_equal(seen[3], UINT64_C(2) << 32 | 0x28);
	assert_int_equal(seen[4], 0x46);
	assert_true(iommu_streams_set(1, true));
	assert_int_equal(((u64 *)(STE + 64))[0], STE_0);
	assert_int_equal(((u64 *)(STE + 64))[2], STE_2 | BIT(58));
	seen_count = 0;
	assert_true(iommu_streams_set(2, false)); /* has none: nothing to say to the SMMU */
	assert_int_equal(seen_count, 0);
	deaf = true;
	assert_false(iommu_streams_set(0, false));
	assert_int_equal(((u64 *)STE)[0], BP_STE_ABORT);
}

/* ---- events ---- */

static u32 producer;

static void event_add(u32 sid, u64 number, u64 address, bool read)
{
	u64 *const event = (u64 *)EVENTQ + 4 * (producer & MASK(LOG2));

	event[0] = (u64)sid << 32 | number;
	event[1] = read ? BIT(35) : 0;
	event[2] = address;
	producer = (producer & (1u << 31)) | ((producer + 1) & MASK(LOG2 + 1));
	phys32_set(SMMU + 0x100a8, producer);
}

static int boot_events(void **state)
{
	static u64 now;

	boot(state);
	now += 125000000; /* two seconds after the test before */
	reg_set("cntvct_el0", now);
	producer = 0;
	iommu_start();
	dma_work();
	seen_count = 0;
	journal_clear();
	return 0;
}

/* Once started the SMMU records events, and its interrupts are enabled at the service core.
 * [utest->swr~dma-faults-told~1] */
static void events_on(void **state)
{
	iommu_start();
	assert_int_equal(phys32(SMMU + 0x20), 0xd);
	assert_int_equal(phys32(SMMU + 0x50), 5);
	for (u32 spi = 106; spi <= 109; spi += 3) {
		assert_int_equal(host_mmio_read(EL2_VA_GICD + 0x400 + spi, 1), 0);
		assert_int_equal(phys64(EL2_VA_GICD + 0x6000 + 8 * spi), host_core(0)->mpidr);
		assert_true(phys32(EL2_VA_GICD + 0x100 + 4 * (spi / 32)) & BIT(spi % 32));
	}
}

/* [utest->swr~dma-faults-told~1] */
static void events_in_order_and_around(void **state)
{
	for (u32 round = 0; round < 5; round++) {
		event_add(0x100, 0x10, 0x1000 * round, false);
		event_add(0x102, 0x13, 0x1000 * round + 8, true);
		event_add(0x101, 0x10, 0, false);
		dma_work();
		assert_int_equal(phys32(SMMU + 0x100ac), producer);
	}
	assert_int_equal(host_telemetry(0)->dma_faults[0], 5);
	assert_int_equal(host_telemetry(0)->dma_faults[1], 10);
	assert_int_equal(host_event(EVENT_DMA_FAULT)->args[1], 0x101);
	assert_null(strstr(journal(), "mmio(40400c020c)")); /* no interrupt of its own making */
}

/* The queue was full: one count, acknowledged, and what is there is taken. */
/* [utest->swr~dma-faults-told~1] */
static void overflow(void **state)
{
	for (u32 i = 0; i < 4; i++)
		event_add(0x100, 0x10, i, false);
	producer |= 1u << 31;
	phys32_set(SMMU + 0x100a8, producer);
	phys32_set(SMMU + 0x60, 4);
	dma_work();
	assert_int_equal(host_telemetry(0)->dma_faults[0], 4);
	assert_int_equal(host_telemetry(0)->dma_lost, 2);
	assert_int_equal(phys32(SMMU + 0x100ac), producer);
	assert_int_equal(phys32(SMMU + 0x64), 4);
	assert_int_equal(host_event(EVENT_IOMMU)->args[1], 4);
	event_add(0x101, 0x10, 0, false);
	dma_work();
	assert_int_equal(host_telemetry(0)->dma_faults[1], 1);
	assert_int_equal(phys32(SMMU + 0x100ac), producer);
	assert_int_equal(host_telemetry(0)->dma_lost, 2);
}

/* Somebody makes faults as fast as they are taken. */
static u32 endless;

static void refill(va_t va, bool write)
{
	if (va == SMMU + 0x100a8 && !write && endless) {
		endless--;
		for (u32 i = 0; i < 4; i++)
			event_add(0x100, 0x10, 0, false);
		producer = (phys32(SMMU + 0x100ac) & MASK(LOG2 + 1)) ^ BIT(LOG2);
		phys32_set(SMMU + 0x100a8, producer);
	}
	smmu_acts(va, write);
}

/* [utest->swr~dma-faults-told~1] */
static void storm_is_bounded(void **state)
{
	endless = 1000;
	machine_on_mmio = refill;
	for (u32 i = 0; i < 10; i++)
		dma_work();
	assert_true(endless > 900);
	assert_true(phys32(EL2_VA_GICD + 0x200 + 4 * (EVENT_SPI / 32)) &
		    BIT(EVENT_SPI % 32)); /* comes again */
	assert_int_equal(host_telemetry(0)->dma_faults[0], DMA_FAULTS_MAX);
	assert_int_equal(((u64 *)STE)[2], STE_2); /* no more of it is recorded */
	assert_int_equal(((u64 *)STE)[0], STE_0);
	assert_int_equal(((u64 *)(STE + 64))[2], STE_2 | BIT(58));
	reg_set("cntvct_el0", reg("cntvct_el0") + 62500001);
	endless = 0;
	machine_on_mmio = smmu_acts;
	dma_work();
	assert_int_equal(((u64 *)STE)[2], STE_2 | BIT(58));
}

/* Bits of the command queue's error are its user's. */
/* [utest->swr~smmu-commands~1] */
static void command_error_is_left(void **state)
{
	phys32_set(SMMU + 0x60, 1);
	dma_work();
	assert_int_equal(phys32(SMMU + 0x64), 0);
	assert_int_equal(host_telemetry(0)->dma_lost, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(starts_from_abort, boot),
		cmocka_unit_test_setup(refuses_what_does_not_obey, boot),
		cmocka_unit_test_setup(queue_wraps_and_fills, boot),
		cmocka_unit_test_setup(bad_command_is_replaced, boot),
		cmocka_unit_test_setup(streams_of_one_cell, boot),
		cmocka_unit_test_setup(events_on, boot),
		cmocka_unit_test_setup(events_in_order_and_around, boot_events),
		cmocka_unit_test_setup(overflow, boot_events),
		cmocka_unit_test_setup(storm_is_bounded, boot_events),
		cmocka_unit_test_setup(command_error_is_left, boot_events),
	};

	return cmocka_run_group_tests_name("smmu", tests, NULL, NULL);
}
