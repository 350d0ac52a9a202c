// SPDX-License-Identifier: Apache-2.0
/*
 * test_streams.c - stream tables and DMA tables, walked as an SMMU would (Arm IHI 0070, 3.3, 5.1, 5.2), and
 * what boot core and service core know of them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "fixture_pci.h"

static struct layout layout;
static struct plan *plan;

static int settle(void **state)
{
	(void)state;
	plan = fixture_pci_plan();
	return layout_settle(&layout, plan) ? 0 : -1;
}

#define TABLE(type, base, table) ((const type *)((const uint8_t *)(base) + (table).offset))

static const struct bp_header *header(const struct layout *of)
{
	return arena_at(&of->file, of->file.pa);
}

static uint64_t word(const struct layout *of, uint64_t pa)
{
	uint64_t value;

	assert_in_range(pa, of->file.pa, of->file.pa + of->file.size - 8);
	memcpy(&value, of->file.data + (pa - of->file.pa), sizeof(value));
	return value;
}

/* Where the SMMU finds a StreamID's entry; 0: it is beyond the table. */
static uint64_t entry_pa(const struct layout *of, uint32_t sid)
{
	const struct bp_smmu smmu = TABLE(struct bp_smmu, header(of), header(of)->smmus)[0];
	const unsigned int log2 = smmu.strtab_base_cfg & 63, split = smmu.strtab_base_cfg >> 6 & 31;
	const uint64_t base = smmu.strtab_base & UINT64_C(0x00ffffffffffffc0);
	uint64_t first, leaf;

	if (sid >> log2)
		return 0;
	if (!(smmu.strtab_base_cfg >> 16 & 3)) {
		assert_int_equal(base % (UINT64_C(64) << log2), 0);
		return base + sid * UINT64_C(64);
	}
	assert_int_equal(smmu.strtab_base_cfg >> 16, 1);
	assert_int_equal(base % (UINT64_C(8) << (log2 - split)), 0);
	first = word(of, base + (sid >> split) * UINT64_C(8));
	assert_int_equal(first & 31, split + 1); /* all StreamIDs have an entry */
	leaf = first & UINT64_C(0x00ffffffffffffc0);
	assert_int_equal(leaf, first & ~UINT64_C(31));
	assert_int_equal(leaf % (UINT64_C(64) << split), 0);
	return leaf + (sid & ((1u << split) - 1)) * UINT64_C(64);
}

/* The cell whose tables translate the stream; -1: it aborts. */
static int translated_for(const struct layout *of, uint32_t sid)
{
	const uint64_t pa = entry_pa(of, sid);
	uint64_t control;
	uint16_t vmid;

	if (!pa || word(of, pa) == 1) {
		for (unsigned int i = 1; pa && i < 8; i++)
			assert_int_equal(word(of, pa + 8 * i), 0);
		return -1;
	}
	assert_int_equal(word(of, pa), 1 | 6 << 1);
	assert_int_equal(word(of, pa + 8) >> 28 & 3, 0);    /* EATS */
	assert_int_equal(word(of, pa + 8) >> 44 & 3, 1);    /* SHCFG */
	assert_int_equal(word(of, pa + 8) >> 32 & 0x1f, 0); /* no memory attributes of ours */
	control = word(of, pa + 16);
	assert_int_equal(control >> 38 & 3, 1);	      /* SL0: level 1 */
	assert_int_equal(control >> 40 & 0x3f, 0x35); /* walks: inner shareable, write-back */
	assert_int_equal(control >> 46 & 3, 0);	      /* 4 KiB */
	assert_int_equal(control >> 48 & 7, 2);	      /* 40 bits */
	assert_int_equal(control >> 51 & 1, 1);	      /* AArch64 */
	assert_int_equal(control >> 52 & 1, 0);	      /* little-endian */
	assert_int_equal(control >> 55 & 7, 0);	      /* no updates by hardware, no stalls */
	assert_int_equal(control >> 58 & 1, 1);	      /* faults are recorded */
	assert_int_equal(control >> 59, 0);
	for (unsigned int i = 4; i < 8; i++)
		assert_int_equal(word(of, pa + 8 * i), 0);
	vmid = (uint16_t)control;
	assert_in_range(vmid, 1, FIXTURE_CELLS);
	assert_int_equal(control >> 16 & 0xffff, 0);
	assert_int_equal(64 - (control >> 32 & 63), of->cells[vmid - 1].ipa_bits);
	assert_int_equal(word(of, pa + 24), of->cells[vmid - 1].dma.root_pa);
	return vmid - 1;
}

static int owner_of(uint32_t sid)
{
	switch (sid) {
	case 0x100:
	case 0x182:
		return FIXTURE_LINUX;
	case 0x180:
	case 0x200:
		return FIXTURE_HEALTH;
	default:
		return -1;
	}
}

/* [utest->swr~compile-streams~1] */
static void every_stream_is_its_owners(void **state)
{
	const struct bp_smmu *const smmu = TABLE(struct bp_smmu, header(&layout), header(&layout)->smmus);

	(void)state;
	assert_int_equal(header(&layout)->smmus.count, 1);
	assert_int_equal(smmu->pa, FIXTURE_SMMU);
	assert_int_equal(smmu->strtab_base_cfg, 1 << 16 | 8 << 6 | 16);
	for (uint32_t sid = 0; sid < 0x10000; sid++)
		assert_int_equal(translated_for(&layout, sid), owner_of(sid));
	assert_int_equal(translated_for(&layout, 0x10000), -1);
	/* What no cell has shares one table. */
	assert_int_equal(entry_pa(&layout, 0x300), entry_pa(&layout, 0xff00));
	assert_int_not_equal(entry_pa(&layout, 0x300), entry_pa(&layout, 0x200));
}

/* With a linear stream table, too, each stream is its owner's or aborts. [utest->swr~compile-streams~1] */
static void a_linear_table(void **state)
{
	struct plan *const linear = fixture_pci_plan();
	struct layout of;

	(void)state;
	linear->board.smmu_idr0 &= ~(UINT32_C(3) << 27);
	assert_true(layout_settle(&of, linear));
	assert_int_equal(TABLE(struct bp_smmu, header(&of), header(&of)->smmus)->strtab_base_cfg, 10);
	for (uint32_t sid = 0; sid < 0x800; sid++)
		assert_int_equal(translated_for(&of, sid), owner_of(sid));
}

/* An SMMU that has no cell's stream has neither table nor queues, and the service core has no window of it.
 * [utest->swr~compile-service-dma~1] */
static void two_smmus(void **state)
{
	struct plan *const two = fixture_pci_plan();
	struct layout of;
	const struct bp_smmu *smmus;
	const struct bp_service *service;

	(void)state;
	two->board.smmus = realloc(two->board.smmus, 2 * sizeof(*two->board.smmus));
	two->board.smmu_count = 2;
	two->board.smmus[1] = two->board.smmus[0];
	two->board.smmus[0].regs.base += 0x100000; /* nobody's */
	for (size_t i = 0; i < PCI_COUNT; i++)
		two->board.pci.at[i].smmu = 1;
	assert_true(layout_settle(&of, two));
	smmus = TABLE(struct bp_smmu, header(&of), header(&of)->smmus);
	service = arena_at(&of.file, of.service_pa);
	assert_int_equal(header(&of)->smmus.count, 2);
	assert_int_equal(smmus[0].strtab_base | smmus[0].cmdq_base | smmus[0].eventq_base, 0);
	assert_int_not_equal(smmus[1].strtab_base, 0);
	assert_int_equal(service->smmus.count, 2);
	assert_int_equal(TABLE(struct bp_service_smmu, service, service->smmus)[0].page0_va, 0);
	assert_int_equal(TABLE(struct bp_stream, service, service->streams)[0].smmu, 1);
}

/* ---- what a cell's functions reach ---- */

static struct walk dma(size_t cell, uint64_t ipa)
{
	return fixture_walk(&layout.file, layout.cells[cell].dma.root_pa, layout.cells[cell].root_pages, ipa);
}

static void reaches(size_t cell, uint64_t ipa, uint64_t pa, unsigned int access, unsigned int attr)
{
	const struct walk walk = dma(cell, ipa);

	assert_true(walk.mapped);
	assert_int_equal(walk.pa, pa);
	assert_int_equal(STAGE2_ACCESS(walk.attributes), access);
	assert_int_equal(STAGE2_ATTR(walk.attributes), attr);
	assert_true(walk.attributes & BIT_AF);
	assert_true(walk.attributes & BIT_XN);
}

/* [utest->swr~compile-dma~1] */
static void dma_reaches_the_cell_alone(void **state)
{
	struct leaf *leaves;
	size_t count;
	uint64_t total = 0;

	(void)state;
	reaches(FIXTURE_LINUX, 0x40000000, 0x40000000, 3, 15);
	reaches(FIXTURE_LINUX, 0x47ffffff, 0x47ffffff, 3, 15);
	reaches(FIXTURE_LINUX, 0x60000000, 0x4a000000, 3, 15);
	reaches(FIXTURE_LINUX, 0x20030000, layout.channel_pa[0], 3, 5);
	reaches(FIXTURE_LINUX, FIXTURE_MESSAGES + 0x40, FIXTURE_MESSAGES + 0x40, 2, 1); /* written alone */
	reaches(FIXTURE_HEALTH, 0x48000000, 0x48000000, 3, 15);
	reaches(FIXTURE_HEALTH, FIXTURE_MESSAGES, FIXTURE_MESSAGES, 2, 1);
	assert_int_equal(layout.cells[FIXTURE_CONTROL].dma.root_pa, 0);
	/* No more than that. */
	count = fixture_leaves(&layout.file, layout.cells[FIXTURE_LINUX].dma.root_pa,
			       layout.cells[FIXTURE_LINUX].root_pages, &leaves);
	for (size_t i = 0; i < count; i++)
		total += leaves[i].size;
	free(leaves);
	assert_int_equal(total, 0x8000000 + 0x100000 + 0x10000 + 0x1000);
	count = fixture_leaves(&layout.file, layout.cells[FIXTURE_HEALTH].dma.root_pa,
			       layout.cells[FIXTURE_HEALTH].root_pages, &leaves);
	total = 0;
	for (size_t i = 0; i < count; i++)
		total += leaves[i].size;
	free(leaves);
	assert_int_equal(total, 0x2000000 + 0x1000);
}

/* A function of a channel's reader reads the channel and doesn't write it. [utest->swr~compile-dma~1] */
static void a_reader_does_not_write(void **state)
{
	struct plan *const reading = fixture_pci_plan();
	struct layout of;
	struct walk walk;

	(void)state;
	reading->channels[0].readers[0] = FIXTURE_HEALTH;
	assert_true(layout_settle(&of, reading));
	walk = fixture_walk(&of.file, of.cells[FIXTURE_HEALTH].dma.root_pa,
			    of.cells[FIXTURE_HEALTH].root_pages, 0x20030000);
	assert_true(walk.mapped);
	assert_int_equal(STAGE2_ACCESS(walk.attributes), 1);
}

/* ---- records ---- */

static struct walk at(uint32_t core, uint64_t va)
{
	return fixture_walk(&layout.file, layout.cores[core].root_pa, 1, va);
}

static void queues(void **state)
{
	const struct bp_smmu *const smmu = TABLE(struct bp_smmu, header(&layout), header(&layout)->smmus);
	const uint64_t pas[] = {smmu->cmdq_base & UINT64_C(0x00ffffffffffffe0),
				smmu->eventq_base & UINT64_C(0x00ffffffffffffe0)};
	struct walk walk;

	(void)state;
	assert_int_equal(smmu->cmdq_base & 31, 8);
	assert_int_equal(smmu->eventq_base & 31, 7);
	assert_int_not_equal(pas[0], pas[1]);
	for (unsigned int i = 0; i < 2; i++) {
		assert_int_equal(pas[i] % 4096, 0);
		assert_in_range(pas[i], layout.writable_pa, layout.writable_pa + layout.writable_size - 4096);
	}
	assert_int_equal(smmu->idr0, plan->board.smmu_idr0);
	assert_int_equal(smmu->idr1, 16);
	assert_int_equal(smmu->idr5_mask, 7);
	walk = fixture_walk(&layout.file, layout.boot_root_pa, 1, smmu->va);
	assert_int_equal(walk.pa, FIXTURE_SMMU);
	assert_int_equal(STAGE1_ATTR(walk.attributes), BP_ATTR_DEVICE);
}

/* [utest->swr~compile-service-dma~1] */
static void the_service_core_has_the_streams(void **state)
{
	const struct bp_service *const service = arena_at(&layout.file, layout.service_pa);
	const struct bp_service_smmu *const smmu = TABLE(struct bp_service_smmu, service, service->smmus);
	const struct bp_stream *const streams = TABLE(struct bp_stream, service, service->streams);
	const struct bp_service_dma *const cells = TABLE(struct bp_service_dma, service, service->dma);
	static const uint32_t sids[] = {0x100, 0x180, 0x182, 0x200};

	(void)state;
	assert_int_equal(service->smmus.count, 1);
	assert_int_equal(at(0, smmu->page0_va).pa, FIXTURE_SMMU);
	assert_int_equal(at(0, smmu->page1_va).pa, FIXTURE_SMMU + 0x10000);
	assert_int_equal(STAGE1_ATTR(at(0, smmu->page0_va).attributes), BP_ATTR_DEVICE);
	assert_int_equal(at(0, smmu->cmdq_va).pa, layout.smmus[0].command_pa);
	assert_int_equal(at(0, smmu->eventq_va).pa, layout.smmus[0].event_pa);
	assert_int_equal(smmu->cmdq_log2, 8);
	assert_int_equal(smmu->eventq_log2, 7);
	assert_int_equal(smmu->event_intid, 106);
	assert_int_equal(smmu->error_intid, 109);
	assert_int_equal(service->streams.count, 4);
	for (uint32_t i = 0; i < 4; i++) {
		assert_int_equal(streams[i].sid, sids[i]);
		assert_int_equal(streams[i].smmu, 0);
		assert_int_equal(streams[i].cell, owner_of(sids[i]));
		assert_int_equal(at(0, streams[i].ste_va).pa, entry_pa(&layout, sids[i]));
		assert_false(STAGE1_IS_RO(at(0, streams[i].ste_va).attributes));
		assert_int_equal(streams[i].live, word(&layout, entry_pa(&layout, sids[i])));
	}
	assert_int_equal(service->dma.count, 2);
	assert_int_equal(cells[0].cell, FIXTURE_HEALTH);
	assert_int_equal(cells[1].cell, FIXTURE_LINUX);
	assert_int_equal(cells[1].action, plan->cells[FIXTURE_LINUX].actions[BP_ERROR_DMA_VIOLATION]);
	assert_int_equal(at(0, cells[1].telemetry_va).pa, layout.cores[1].telemetry_pa);
	assert_true(STAGE1_IS_RO(at(0, cells[1].telemetry_va).attributes));
	for (size_t i = 0; i < FIXTURE_CELLS; i++)
		assert_int_equal(((const struct bp_cell *)arena_at(&layout.file, layout.cells[i].record_pa))
					 ->dma_intid,
				 i == FIXTURE_CONTROL ? 0 : 106);
}

/* Nobody else has the SMMU, a stream table or a queue. [utest->swr~compile-service-dma~1] */
static void the_others_have_none_of_it(void **state)
{
	(void)state;
	for (uint32_t core = 1; core < 4; core++) {
		struct leaf *leaves;
		const size_t count = fixture_leaves(&layout.file, layout.cores[core].root_pa, 1, &leaves);

		for (size_t i = 0; i < count; i++) {
			assert_not_in_range(leaves[i].pa, FIXTURE_SMMU, FIXTURE_SMMU + 0x1ffff);
			assert_int_not_equal(leaves[i].pa, layout.smmus[0].command_pa);
			assert_int_not_equal(leaves[i].pa, layout.smmus[0].event_pa);
			assert_not_in_range(leaves[i].pa, entry_pa(&layout, 0x100), entry_pa(&layout, 0x1ff));
		}
		free(leaves);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_stream_is_its_owners),
		cmocka_unit_test(a_linear_table),
		cmocka_unit_test(two_smmus),
		cmocka_unit_test(dma_reaches_the_cell_alone),
		cmocka_unit_test(a_reader_does_not_write),
		cmocka_unit_test(queues),
		cmocka_unit_test(the_service_core_has_the_streams),
		cmocka_unit_test(the_others_have_none_of_it),
	};

	return cmocka_run_group_tests_name("emit.streams", tests, settle, NULL);
}
