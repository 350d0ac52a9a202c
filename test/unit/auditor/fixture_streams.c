// SPDX-License-Identifier: Apache-2.0
/*
 * fixture_streams.c - the fixture's stream table, DMA tables, queues, and what the service core has of them.
 */
#include "fixture_pci.h"

#define STE_VTCR (UINT64_C(2) << 16 | 3 << 12 | 1 << 10 | 1 << 8 | 1 << 6 | 24)
#define LOG2	 10u
#define SPLIT	 8u

/* RAM, channels, the page for messages. */
static void dma_make(struct fixture *fixture, int i)
{
	struct bp_cell *cell = fixture->cell[i];
	const struct bp_region *regions = fixture_table(cell, cell->regions);
	const struct bp_channel *channels = fixture_table(cell, cell->channels);

	(void)fixture_alloc(fixture, 2, 2, &made.dma_root[i]);
	for (uint32_t r = 0; r < cell->regions.count; r++)
		fixture_map(fixture, made.dma_root[i], regions[r].ipa, regions[r].pa, regions[r].size,
			    STAGE2_DMA);
	for (uint32_t c = 0; c < cell->channels.count; c++)
		fixture_map(fixture, made.dma_root[i], channels[c].ipa, channels[c].pa, channels[c].size,
			    channels[c].flags & BP_CHANNEL_WRITES ? STAGE2_SHARED : STAGE2_SEEN);
	fixture_map(fixture, made.dma_root[i], ITS_PA + 0x10000, ITS_PA + 0x10000, 4096, STAGE2_MSI);
}

static void entry_make(uint32_t sid, int cell, struct bp_stream *stream)
{
	uint64_t *ste = made.entries + (sid & 0xff) * UINT64_C(8);

	ste[0] = 0xd;
	ste[1] = UINT64_C(1) << 44;
	ste[2] = UINT64_C(1) << 58 | UINT64_C(1) << 51 | STE_VTCR << 32 | (uint64_t)(cell + 1);
	ste[3] = made.dma_root[cell];
	*stream = (struct bp_stream){
		SERVICE_PCI + (sid & 0xff) * UINT64_C(64), ste[0], 0, sid, (uint32_t)cell, 0};
}

static void tables_make(struct fixture *fixture)
{
	uint64_t *aborts = fixture_alloc(fixture, 4, 4, &made.aborts_pa);

	made.level_one = fixture_alloc(fixture, 1, 1, &made.level_one_pa);
	made.entries = fixture_alloc(fixture, 4, 4, &made.entries_pa);
	for (unsigned int i = 0; i < 256; i++)
		aborts[i * 8] = made.entries[i * 8] = BP_STE_ABORT;
	for (unsigned int i = 0; i < 4; i++)
		made.level_one[i] = (i == 1 ? made.entries_pa : made.aborts_pa) | (SPLIT + 1);
}

static void service_map(struct fixture *fixture)
{
	const uint64_t root = fixture->boot[0].root_pa;

	fixture_map(fixture, root, SERVICE_PCI, made.entries_pa, 4096, EL2_WRITE);
	fixture_map(fixture, root, SERVICE_PCI + 0x2000, made.entries_pa + 0x2000, 4096, EL2_WRITE);
	fixture_written(fixture, made.entries_pa);
	fixture_written(fixture, made.entries_pa + 0x2000);
	fixture_map(fixture, root, made.dma[0].telemetry_va, fixture->telemetry_pa[0], 4096, EL2_READ);
	fixture_map(fixture, root, made.dma[1].telemetry_va, fixture->telemetry_pa[2], 4096, EL2_READ);
	fixture_map(fixture, root, made.service_smmu->page0_va, SMMU_PA, 4096, EL2_DEVICE);
	fixture_map(fixture, root, made.service_smmu->page1_va, SMMU_PA + 0x10000, 4096, EL2_DEVICE);
	fixture_map(fixture, root, made.service_smmu->cmdq_va, made.queue_pa, 4096, EL2_WRITE);
	fixture_map(fixture, root, made.service_smmu->eventq_va, made.events_pa, 4096, EL2_WRITE);
}

void fixture_streams(struct fixture *fixture)
{
	struct bp_service *service = fixture->service;

	made.smmu = (void *)(fixture->blueprint + 0x900);
	made.service_smmu = (void *)((uint8_t *)service + 0x700);
	made.streams = (void *)((uint8_t *)service + 0x740);
	made.queue_pa = fixture_writable(fixture, 1);
	made.events_pa = fixture_writable(fixture, 1);
	tables_make(fixture);
	dma_make(fixture, GATEWAY);
	dma_make(fixture, HEALTH);
	entry_make(0x100, GATEWAY, &made.streams[0]);
	entry_make(0x180, HEALTH, &made.streams[1]);
	fixture->header->smmus = (struct bp_table){0x900, 1};
	service->smmus = (struct bp_table){0x700, 1};
	service->streams = (struct bp_table){0x740, 2};
	service->dma = (struct bp_table){0x7c0, 2};
	made.dma = (void *)((uint8_t *)service + 0x7c0);
	made.dma[0] = (struct bp_service_dma){SERVICE_PCI + 0x90000, HEALTH, BP_ACTION_RESTART};
	made.dma[1] = (struct bp_service_dma){SERVICE_PCI + 0x91000, GATEWAY, BP_ACTION_RESTART};
	*made.smmu = (struct bp_smmu){.pa = SMMU_PA,
				      .va = fixture->header->machine.smmu_va,
				      .idr0 = 0x0800001b,
				      .idr0_mask = 0x1bffffff,
				      .idr1 = 0x00e739d0,
				      .idr1_mask = UINT32_MAX,
				      .idr5 = 0x00000074,
				      .idr5_mask = UINT32_MAX,
				      .strtab_base = UINT64_C(1) << 62 | made.level_one_pa,
				      .strtab_base_cfg = 1u << 16 | SPLIT << 6 | LOG2,
				      .cmdq_base = UINT64_C(1) << 62 | made.queue_pa | 8,
				      .eventq_base = UINT64_C(1) << 62 | made.events_pa | 7};
	*made.service_smmu = (struct bp_service_smmu){.page0_va = SERVICE_PCI + 0x10000,
						      .page1_va = SERVICE_PCI + 0x20000,
						      .cmdq_va = SERVICE_PCI + 0x30000,
						      .eventq_va = SERVICE_PCI + 0x31000,
						      .cmdq_log2 = 8,
						      .eventq_log2 = 7,
						      .event_intid = 106,
						      .error_intid = 109};
	fixture->directory->streams.count = service->streams.count;
	for (uint32_t i = 0; i < service->streams.count; i++)
		((struct directory_stream *)((uint8_t *)fixture->directory + DIRECTORY_STREAMS_AT))[i] =
			(struct directory_stream){made.streams[i].cell, made.streams[i].smmu,
						  made.streams[i].sid, 0};
	fixture->header->machine.smmu_idr0 = made.smmu->idr0;
	fixture->header->machine.smmu_idr0_mask = made.smmu->idr0_mask;
	fixture_replace(&fixture->machine_text, "smmu { idr0 = <0 0>;",
			"smmu { idr0 = <0x0800001b 0x1bffffff>; idr1 = <0x00e739d0 0xffffffff>; "
			"idr5 = <0x00000074 0xffffffff>;");
	service_map(fixture);
}
