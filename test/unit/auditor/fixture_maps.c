// SPDX-License-Identifier: Apache-2.0
/*
 * fixture_maps.c - maps what each cell and each core of the fixture may see.
 */
#include "fixture.h"

static void stage2_make(struct fixture *fixture, int i)
{
	const struct bp_cell *cell = fixture->cell[i];
	const struct bp_region *regions = fixture_table(fixture->cell[i], cell->regions);
	const struct bp_channel *channels = fixture_table(fixture->cell[i], cell->channels);
	const uint64_t root = fixture->stage2_root[i];

	for (uint32_t r = 0; r < cell->regions.count; r++)
		fixture_map(fixture, root, regions[r].ipa, regions[r].pa, regions[r].size, STAGE2_RAM);
	for (uint32_t c = 0; c < cell->channels.count; c++)
		fixture_map(fixture, root, channels[c].ipa, channels[c].pa, channels[c].size,
			    channels[c].flags & BP_CHANNEL_WRITES ? STAGE2_SHARED : STAGE2_SEEN);
	fixture_map(fixture, root, WINDOWS_IPA, fixture->heartbeat_pa[i], 4096, STAGE2_SHARED);
	if (i == HEALTH)
		fixture_map(fixture, root, UART_PA, UART_PA, 4096, STAGE2_DEVICE);
	if (i == GATEWAY)
		fixture_map(fixture, root, RTC_PA, RTC_PA, 4096, STAGE2_DEVICE);
}

static void health_make(struct fixture *fixture)
{
	const uint64_t root = fixture->stage2_root[HEALTH];
	const struct directory_core *cores =
		(void *)((uint8_t *)fixture->directory + fixture->directory->cores.offset);
	const struct directory_cell *cells =
		(void *)((uint8_t *)fixture->directory + fixture->directory->cells.offset);

	fixture_map(fixture, root, WINDOWS_IPA + 0x10000, fixture->directory_pa, 4096, STAGE2_READ);
	fixture_map(fixture, root, CRASH_IPA, CRASH_PA, 4096, STAGE2_SEEN);
	for (int i = 0; i < CORES; i++) {
		fixture_map(fixture, root, cores[i].telemetry_ipa, fixture->telemetry_pa[i], 4096,
			    STAGE2_READ);
		fixture_map(fixture, root, cores[i].ring_ipa, fixture->ring_pa[i], 4096, STAGE2_READ);
	}
	for (int i = 0; i < CELLS; i++) {
		if (i != HEALTH)
			fixture_map(fixture, root, cells[i].heartbeat_ipa, fixture->heartbeat_pa[i], 4096,
				    STAGE2_SEEN);
		if (cells[i].log_ipa)
			fixture_map(fixture, root, cells[i].log_ipa, fixture->log_pa[i], 4096, STAGE2_READ);
	}
}

static void segments_map(struct fixture *fixture, uint64_t root)
{
	fixture_map(fixture, root, EL2_VA_TEXT, LOAD_PA, 0x1000, EL2_CODE);
	fixture_map(fixture, root, EL2_VA_TEXT + 0x1000, LOAD_PA + 0x1000, 0x1000, EL2_READ);
	fixture_map(fixture, root, EL2_VA_TEXT + 0x2000, LOAD_PA + 0x2000, 0x1000, EL2_READ);
	fixture_map(fixture, root, EL2_VA_GICD, GICD_PA, 0x10000, EL2_DEVICE);
	fixture_map(fixture, root, EL2_VA_UART, UART_PA, 0x1000, EL2_DEVICE);
}

static void first_core_map(struct fixture *fixture, uint64_t root, int i)
{
	struct bp_cell *cell = fixture->cell[i];
	const struct bp_region *regions = fixture_table(cell, cell->regions);
	const struct bp_image *images = fixture_table(cell, cell->images);
	const struct bp_channel *channels = fixture_table(cell, cell->channels);

	fixture_map(fixture, root, cell->heartbeat_va, fixture->heartbeat_pa[i], 4096, EL2_UNCACHED);
	for (uint32_t n = 0; n < cell->regions.count; n++)
		fixture_map(fixture, root, regions[n].va, regions[n].pa, regions[n].size, EL2_WRITE);
	for (uint32_t n = 0; n < cell->images.count; n++)
		fixture_map(fixture, root, images[n].va, images[n].pa, page_up(images[n].size), EL2_READ);
	for (uint32_t n = 0; n < cell->channels.count; n++) {
		if (channels[n].va)
			fixture_map(fixture, root, channels[n].va, channels[n].pa, channels[n].size,
				    EL2_UNCACHED);
	}
}

static void service_map(struct fixture *fixture, uint64_t root)
{
	const struct bp_service_cell *cells =
		(void *)((uint8_t *)fixture->service + fixture->service->cells.offset);

	fixture_map(fixture, root, EL2_VA_SERVICE, fixture->service_pa, 4096, EL2_READ);
	for (int i = 0; i < CELLS; i++) {
		const struct bp_service_core *cores =
			(void *)((uint8_t *)fixture->service + cells[i].cores.offset);

		fixture_map(fixture, root, cells[i].root_va, fixture->stage2_root[i], 0x2000, EL2_WRITE);
		for (uint32_t c = 0; c < cells[i].cores.count; c++)
			fixture_map(fixture, root, cores[c].sgi_va,
				    GICR_PA + cores[c].mpidr * 0x20000 + 0x10000, 4096, EL2_DEVICE);
	}
}

static void core_map(struct fixture *fixture, int number)
{
	const int i = (int)fixture->boot[number].cell;
	const uint64_t root = fixture->boot[number].root_pa;
	struct bp_cell *cell = fixture->cell[i];
	const struct bp_core *cores = fixture_table(cell, cell->cores);

	segments_map(fixture, root);
	fixture_map(fixture, root, EL2_VA_PRIVATE, fixture->private_pa[number], 0x2000, EL2_WRITE);
	fixture_map(fixture, root, EL2_VA_CELL, fixture->record_pa[i], 4096, EL2_READ);
	fixture_map(fixture, root, cell->root_va, fixture->stage2_root[i], 0x2000, EL2_WRITE);
	fixture_map(fixture, root, cell->state_va, fixture->state_pa[i], 4096, EL2_WRITE);
	fixture_map(fixture, root, cell->orders_va, fixture->orders_pa, 4096,
		    number == 0 ? EL2_WRITE : EL2_READ);
	fixture_map(fixture, root, cell->crash_va, CRASH_PA + (uint64_t)(number + 1) * 4096, 4096,
		    EL2_UNCACHED);
	if (cell->log_va)
		fixture_map(fixture, root, cell->log_va, fixture->log_pa[i], 4096, EL2_WRITE);
	for (uint32_t c = 0; c < cell->cores.count; c++) {
		const uint32_t other = cores[c].machine_core;
		const uint64_t frame = GICR_PA + other * UINT64_C(0x20000);

		fixture_map(fixture, root, cores[c].gicr_va, frame, 4096, EL2_DEVICE);
		fixture_map(fixture, root, cores[c].gicr_va + 4096, frame + 0x10000, 4096, EL2_DEVICE);
		fixture_map(fixture, root, cores[c].telemetry_va, fixture->telemetry_pa[other], 4096,
			    other == (uint32_t)number ? EL2_WRITE : EL2_READ);
		if (other == (uint32_t)number)
			fixture_map(fixture, root, cores[c].ring_va, fixture->ring_pa[other], 4096,
				    EL2_WRITE);
	}
	if (fixture->boot[number].core_in_cell == 0)
		first_core_map(fixture, root, i);
	if (number == 0)
		service_map(fixture, root);
}

static void boot_map(struct fixture *fixture)
{
	const struct bp_header *header = fixture->header;
	const uint64_t root = header->boot_root_pa;
	const struct bp_gicr_region *gicr = (void *)(fixture->blueprint + header->machine.gicrs.offset);
	const struct bp_probe *probe = (void *)(fixture->blueprint + header->machine.probes.offset);

	segments_map(fixture, root);
	fixture_map(fixture, root, EL2_VA_TEXT + 0x3000, LOAD_PA + 0x3000, 0x1000, EL2_CODE);
	fixture_map(fixture, root, LOAD_PA + 0x4000, LOAD_PA + 0x4000, 0x1000, EL2_CODE);
	fixture_map(fixture, root, header->writable_va, WRITABLE_PA, WRITABLE_SIZE, EL2_WRITE);
	fixture_map(fixture, root, header->machine.smmu_va, SMMU_PA, 0x10000, EL2_DEVICE);
	fixture_map(fixture, root, gicr->va, gicr->pa, gicr->size, EL2_DEVICE);
	fixture_map(fixture, root, probe->first_va, 0x40000000, 4096, EL2_UNCACHED);
	fixture_map(fixture, root, probe->last_va, 0x4ffff000, 4096, EL2_UNCACHED);
	fixture_map(fixture, root, header->crash_va, CRASH_PA, (CORES + 1) * UINT64_C(4096), EL2_UNCACHED);
	fixture_map(fixture, root, EL2_VA_TEXT + HV_SIZE, LOAD_PA + HV_SIZE, header->size, EL2_READ);
}

void fixture_tables(struct fixture *fixture)
{
	for (int i = 0; i < CELLS; i++)
		stage2_make(fixture, i);
	health_make(fixture);
	for (int i = 0; i < CORES; i++)
		core_map(fixture, i);
	boot_map(fixture);
}
