/* SPDX-License-Identifier: Apache-2.0 */
/*
 * memory.c - see memory.h.
 */
#include "memory.h"
#include <__fc_builtin.h>
#include "../../src/arch/arm64/gic.h"

#define MMIO_SPAN 0x100000

struct eva_cell eva_record;
struct eva_services eva_service;
volatile u8 eva_gicd[0x10000], eva_uart[0x1000];
static volatile u8 gicrs[EVA_CORES * 0x2000], ecam[EVA_FUNCTIONS * 0x1000], smmu_pages[0x2000];
static struct telemetry_core telemetries[EVA_CORES];
static struct event_ring event_rings[EVA_CORES];
static struct cell_state state;
static struct order orders[EVA_CELLS];
static struct log_ring log_ring;
static u8 heartbeat[BP_PAGE_SIZE];
static struct crash_dump crash_page;
static u64 roots[512], victims_roots[512];
static u64 stes[8 * EVA_STREAMS], command_queue[2 << 6], event_queue[4 << 6];
static u32 pci_state[EVA_FUNCTIONS];

u64 eva_any(void)
{
	return Frama_C_unsigned_long_interval(0, UINT64_MAX);
}

static u32 any32(void)
{
	return Frama_C_unsigned_int_interval(0, UINT32_MAX);
}

u32 eva_below(u32 count)
{
	return Frama_C_unsigned_int_interval(0, count - 1);
}

bool eva_maybe(void)
{
	return Frama_C_interval(0, 1);
}

static struct bp_table table(u64 offset, u32 count)
{
	return (struct bp_table){(uint32_t)offset, count};
}

#define AT(member) offsetof(struct eva_cell, member)

static struct bp_bell bell(void)
{
	return (struct bp_bell){GICD_ISPENDR + 4 * eva_below(INTID_WORDS), any32()};
}

static void tables_start(void)
{
	struct eva_cell *const r = &eva_record;
	static const struct bp_mmio rows[EVA_MMIO] = {
		{0x08000000, 0x10000, BP_MMIO_GICD, 0},
		{0x080a0000, 0x20000, BP_MMIO_GICR, 0},
		{0x080c0000, 0x20000, BP_MMIO_GICR, EVA_CORES - 1},
		{0x09000000, 0x1000, BP_MMIO_PL011, 0},
		{0x0a010000, 0x10000, BP_MMIO_V2M, 0},
		{0x0a020000, 0x1000, BP_MMIO_IVSHMEM, 0},
		{0x4010000000, MMIO_SPAN, BP_MMIO_PCI, 0},
	};

	for (u32 i = 0; i < EVA_MMIO; i++)
		r->mmio[i] = rows[i];
	r->mmio[5].arg = eva_below(EVA_CHANNELS);
	for (u32 i = 0; i < EVA_CORES; i++)
		r->cores[i] = (struct bp_core){.mpidr = eva_any() & UINT64_C(0xff00ffffff),
					       .gicr_va = (u64)gicrs + 0x2000 * i,
					       .telemetry_va = (u64)&telemetries[i],
					       .ring_va = (u64)&event_rings[i],
					       .machine_core = eva_below(BP_CORES_MAX),
					       .gicr_last = eva_below(2)};
	for (u32 i = 0; i < EVA_CHANNELS; i++)
		r->channels[i] = (struct bp_channel){.ring = table(AT(bells), eva_below(EVA_BELLS + 1))};
	for (u32 i = 0; i < EVA_BELLS; i++)
		r->bells[i] = bell();
	for (u32 i = 0; i < EVA_LPIS; i++)
		r->lpis[i] = bell();
	for (u32 i = 0; i < EVA_FUNCTIONS; i++)
		r->functions[i] = (struct bp_pci_function){
			.config_va = i ? (u64)ecam + 0x1000 * i : 0,
			.rid = eva_below(0x10000),
			.flags = eva_below(16),
			.state = i,
			.reset = i && eva_maybe() ? 0x48 + 4 * eva_below(0x2e) : 0,
			.registers = table(AT(registers), eva_below(EVA_REGISTERS + 1)),
			.bars = table(AT(bars), eva_below(EVA_BARS + 1))};
	for (u32 i = 0; i < EVA_REGISTERS; i++)
		r->registers[i] = (struct bp_pci_register){.offset = (u16)(4 * eva_below(0x400)),
							   .kind = (u16)eva_below(4),
							   .fixed = any32(),
							   .hard = any32(),
							   .write = any32(),
							   .clear = any32()};
	for (u32 i = 0; i < EVA_BARS; i++)
		r->bars[i] = (struct bp_pci_bar){0x10 + 4 * eva_below(6), any32()};
	for (u32 i = 0; i < EVA_ROOTS; i++)
		r->roots[i] = (struct bp_root_entry){.index = eva_below(512), .value = eva_any()};
	for (u32 i = 0; i < EVA_FIRMWARE; i++)
		r->firmware[i] = any32();
}

static void record_start(void)
{
	struct bp_cell *const cell = &eva_record.cell;

	cell->index = eva_below(EVA_CELLS);
	cell->mode = eva_maybe() ? BP_MODE_INJECTED : BP_MODE_DIRECT;
	cell->flags = eva_below(32);
	cell->vttbr = eva_any();
	cell->root_va = (u64)roots;
	cell->state_va = (u64)&state;
	cell->orders_va = (u64)orders;
	cell->log_va = (u64)&log_ring;
	cell->heartbeat_va = (u64)heartbeat;
	cell->entry_ipa = eva_any();
	cell->tree_ipa = eva_any();
	cell->heartbeat_ns = eva_any();
	cell->restart_window_ns = eva_any();
	cell->restart_max = 1 + eva_below(BP_RESTARTS_MAX);
	cell->uart_intid = eva_below(INTID_SPECIAL);
	for (u32 i = 0; i < BP_ERROR_COUNT; i++)
		cell->actions[i] = (u8)eva_below(BP_ACTION_COUNT);
	cell->maintenance_intid = 16 + eva_below(16);
	cell->ppi_owned = any32() & 0xffff0000u;
	cell->ppi_edge = any32();
	for (u32 i = 0; i < INTID_WORDS; i++) {
		cell->spi_owned[i] = i ? any32() : 0;
		cell->spi_edge[i] = any32();
	}
	cell->cores = table(AT(cores), 1 + eva_below(EVA_CORES));
	cell->mmio = table(AT(mmio), EVA_MMIO);
	cell->root_entries = table(AT(roots), EVA_ROOTS);
	cell->channels = table(AT(channels), eva_below(EVA_CHANNELS + 1));
	cell->firmware = table(AT(firmware), eva_below(EVA_FIRMWARE + 1));
	cell->pci = table(AT(functions), eva_below(EVA_FUNCTIONS + 1));
	cell->lpis = table(AT(lpis), eva_below(EVA_LPIS + 1));
	cell->lpi_first = INTID_FIRST_LPI + eva_below(0x10000);
	cell->dma_intid = eva_below(INTID_SPECIAL);
	cell->pci_state_va = (u64)pci_state;
	cell->crash_va = eva_maybe() ? (u64)&crash_page : 0;
	cell->watchdog_ns = eva_any();
	cell->watchdog_ppi = any32() & 0xffff0000u;
}

static void service_start(void)
{
	struct eva_services *const s = &eva_service;

	s->service.cells = table(offsetof(struct eva_services, cells), 1 + eva_below(EVA_CELLS));
	s->service.smmus = table(offsetof(struct eva_services, smmus), eva_below(2));
	s->service.streams = table(offsetof(struct eva_services, streams), eva_below(EVA_STREAMS + 1));
	s->service.dma = table(offsetof(struct eva_services, dma), eva_below(EVA_STREAMS + 1));
	for (u32 i = 0; i < EVA_CELLS; i++)
		s->cells[i] = (struct bp_service_cell){
			.vttbr = eva_any(),
			.vtcr = eva_any(),
			.root_va = (u64)victims_roots,
			.root_entries = table(offsetof(struct eva_services, roots), eva_below(EVA_ROOTS + 1)),
			.cores = table(offsetof(struct eva_services, cores), 1 + eva_below(EVA_CORES)),
			.uart_intid = eva_below(INTID_SPECIAL),
			.flags = eva_below(32)};
	for (u32 i = 0; i < EVA_CORES; i++)
		s->cores[i] = (struct bp_service_core){.mpidr = eva_any(), .sgi_va = (u64)gicrs + 0x1000};
	for (u32 i = 0; i < EVA_ROOTS; i++)
		s->roots[i] = (struct bp_root_entry){.index = eva_below(512), .value = eva_any()};
	s->smmus[0] = (struct bp_service_smmu){.page0_va = (u64)smmu_pages,
					       .page1_va = (u64)smmu_pages + 0x1000,
					       .cmdq_va = (u64)command_queue,
					       .eventq_va = (u64)event_queue,
					       .cmdq_log2 = 6,
					       .eventq_log2 = 6,
					       .event_intid = 32 + eva_below(INTID_SPECIAL - 32),
					       .error_intid = 32 + eva_below(INTID_SPECIAL - 32)};
	for (u32 i = 0; i < EVA_STREAMS; i++) {
		s->streams[i] = (struct bp_stream){.ste_va = (u64)&stes[8 * i],
						   .live = eva_any(),
						   .smmu = 0,
						   .sid = any32(),
						   .cell = eva_below(EVA_CELLS)};
		s->dma[i] = (struct bp_service_dma){.telemetry_va = (u64)&telemetries[EVA_CORES - 1],
						    .cell = eva_below(EVA_CELLS),
						    .action = eva_below(BP_ACTION_COUNT)};
	}
}

void eva_others_write(void)
{
	Frama_C_make_unknown((char *)&state, sizeof(state));
	Frama_C_make_unknown((char *)telemetries, sizeof(telemetries));
	Frama_C_make_unknown((char *)event_rings, sizeof(event_rings));
	Frama_C_make_unknown((char *)orders, sizeof(orders));
	Frama_C_make_unknown((char *)&log_ring, sizeof(log_ring));
	Frama_C_make_unknown((char *)heartbeat, sizeof(heartbeat));
	Frama_C_make_unknown((char *)roots, sizeof(roots));
	Frama_C_make_unknown((char *)victims_roots, sizeof(victims_roots));
	Frama_C_make_unknown((char *)stes, sizeof(stes));
	Frama_C_make_unknown((char *)command_queue, sizeof(command_queue));
	Frama_C_make_unknown((char *)event_queue, sizeof(event_queue));
	Frama_C_make_unknown((char *)pci_state, sizeof(pci_state));
}

void eva_memory_start(void)
{
	tables_start();
	record_start();
	service_start();
	eva_others_write();
}
