// SPDX-License-Identifier: Apache-2.0
/*
 * fixture_messages.c - the fixture's ITS: two messages of the gateway's, one of the health cell's.
 */
#include <string.h>

#include "fixture_pci.h"

#define EVENT_BITS 8u
#define LPI_BITS   14u
#define VALID	   (UINT64_C(1) << 63)
#define WINDOW	   (BOOT_WINDOWS + 4 * MIB)

void fixture_spi_own(struct bp_cell *cell, uint32_t intid)
{
	cell->spi_owned[intid / 32] |= 1u << intid % 32;
	cell->spi_edge[intid / 32] |= 1u << intid % 32;
}

static void lpis_make(struct fixture *fixture, int i, uint32_t lpi, uint32_t intid, uint32_t count)
{
	struct bp_cell *cell = fixture->cell[i];

	cell->lpi_first = lpi;
	cell->lpis = (struct bp_table){0xa00, count};
	made.lpis[i] = fixture_table(cell, cell->lpis);
	for (uint32_t n = 0; n < count; n++) {
		made.lpis[i][n] = bell(intid + n);
		fixture_spi_own(cell, intid + n);
		made.config[lpi + n - 8192] |= 1;
	}
	for (int w = 0; w < 32; w++)
		fixture->header->spi_edge[w] |= cell->spi_edge[w];
}

static void command(uint64_t first, uint64_t second, uint64_t third)
{
	uint64_t *words = made.commands + made.its->commands / 8;

	words[0] = first;
	words[1] = second;
	words[2] = third;
	made.its->commands += 32;
}

static void commands_make(struct fixture *fixture)
{
	const uint64_t itts = fixture_writable(fixture, 2);

	command(0x09, 0, VALID | UINT64_C(2) << 16 | GATEWAY);
	command(0x09, 0, VALID | UINT64_C(0) << 16 | HEALTH);
	command(UINT64_C(0x100) << 32 | 0x08, EVENT_BITS - 1, VALID | itts);
	command(UINT64_C(0x100) << 32 | 0x0a, UINT64_C(8192) << 32 | 230, GATEWAY);
	command(UINT64_C(0x100) << 32 | 0x0a, UINT64_C(8193) << 32 | 231, GATEWAY);
	command(UINT64_C(0x180) << 32 | 0x08, EVENT_BITS - 1, VALID | (itts + 4096));
	command(UINT64_C(0x180) << 32 | 0x0a, UINT64_C(8194) << 32 | 232, HEALTH);
	command(0x0d, 0, GATEWAY);
	command(0x0d, 0, HEALTH);
	command(0x05, 0, UINT64_C(2) << 16);
	command(0x05, 0, 0);
}

static void core_make(struct bp_lpi_core *entry, uint32_t core, uint64_t config, uint64_t pending)
{
	*entry = (struct bp_lpi_core){.gicr_va = BOOT_WINDOWS + 2 * MIB + core * UINT64_C(0x20000),
				      .propbaser = config | 7u << 7 | 1u << 10 | (LPI_BITS - 1),
				      .pendbaser = UINT64_C(1) << 62 | pending | 7u << 7 | 1u << 10,
				      .processor = core,
				      .core = core};
}

void fixture_messages(struct fixture *fixture)
{
	uint64_t queue, config;

	made.its = (void *)(fixture->blueprint + 0xa00);
	made.lpi_cores = (void *)(fixture->blueprint + 0xac0);
	made.commands = fixture_alloc(fixture, 1, 16, &queue);
	made.config = fixture_alloc(fixture, 2, 1, &config);
	memset(made.config, 0xa2, 0x2000);
	lpis_make(fixture, GATEWAY, 8192, 230, 2);
	lpis_make(fixture, HEALTH, 8194, 232, 1);
	fixture->header->itss = (struct bp_table){0xa00, 1};
	fixture->header->lpi_cores = (struct bp_table){0xac0, 2};
	*made.its = (struct bp_its){.pa = ITS_PA,
				    .va = WINDOW,
				    .typer = 0x1ef71,
				    .typer_mask = UINT64_MAX,
				    .cbaser = VALID | queue};
	made.its->baser_kind[0] = UINT64_C(1) << 56 | UINT64_C(7) << 48;
	made.its->baser_kind[1] = UINT64_C(4) << 56 | UINT64_C(7) << 48;
	made.its->baser[0] = VALID | made.its->baser_kind[0] | fixture_writable(fixture, 1);
	made.its->baser[1] = VALID | made.its->baser_kind[1] | fixture_writable(fixture, 1);
	commands_make(fixture);
	core_make(&made.lpi_cores[0], 0, config, PENDING_PA);
	core_make(&made.lpi_cores[1], 2, config, PENDING_PA + 0x10000);
	fixture->header->machine.gic_id_bits = LPI_BITS;
	fixture_replace(&fixture->machine_text, "smmu {",
			"its { typer = /bits/ 64 <0x1ef71 0xffffffffffffffff>; baser = /bits/ 64 "
			"<0x0107000000000000 0x0407000000000000>; };\nsmmu {");
	fixture->cell[GATEWAY]->dma_intid = fixture->cell[HEALTH]->dma_intid = 106;
	fixture_map(fixture, fixture->header->boot_root_pa, WINDOW, ITS_PA, 0x10000, EL2_DEVICE);
}
