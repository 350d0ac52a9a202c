/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host.c - a cell's record and windows on the host (host.h).
 */
#define _GNU_SOURCE
#include "host.h"
#include "../../../src/core/rate.h"
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#define CELL_WINDOW  UINT64_C(0x200000)
#define CORE_WINDOW  UINT64_C(0x10000)
#define STATE_VA     (EL2_VA_WINDOWS + CELL_WINDOW)
#define ORDERS_VA    (STATE_VA + 0x1000)
#define LOG_VA	     (STATE_VA + 0x4000)
#define HEARTBEAT_VA (STATE_VA + 0x5000)
#define SERVICE_SIZE UINT64_C(0x20000)

static u32 record_end;

#ifdef __SANITIZE_ADDRESS__
/* The sanitizer's shadow gap covers EL2's addresses; nothing else lives there. */
#define MAP_HERE MAP_FIXED

/* Nor does it believe that memset and memcpy may go there. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "replace_intrin=0";
}

static void shadow_map(va_t va, u64 size)
{
	const u64 start = ((va >> 3) + 0x7fff8000) & ~UINT64_C(0xfff);
	const u64 end = (((va + size) >> 3) + 0x7fff8000 + 0xfff) & ~UINT64_C(0xfff);

	if (mmap((void *)start, end - start, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1, 0) == MAP_FAILED)
		abort();
}
#else
#define MAP_HERE MAP_FIXED_NOREPLACE

static void shadow_map(va_t va, u64 size)
{
	(void)va;
	(void)size;
}
#endif

void host_map(va_t va, u64 size)
{
	void *at =
		mmap((void *)va, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_HERE, -1, 0);

	if (at != (void *)va) {
		perror("host_map");
		abort();
	}
	shadow_map(va, size);
}

static void map_once(void)
{
	static bool mapped;

	if (!mapped) {
		host_map(EL2_VA_CELL, 0x40000);
		host_map(EL2_VA_WINDOWS, CELL_WINDOW + 0x10000);
		host_map(EL2_VA_SERVICE, SERVICE_SIZE);
		host_map(EL2_VA_CELL_RAM, HOST_RAM_SIZE);
		mapped = true;
	}
	memset((void *)EL2_VA_CELL, 0, 0x40000);
	memset((void *)EL2_VA_WINDOWS, 0, CELL_WINDOW + 0x10000);
	memset((void *)EL2_VA_SERVICE, 0, SERVICE_SIZE);
	memset((void *)EL2_VA_CELL_RAM, 0, HOST_RAM_SIZE);
}

struct bp_cell *host_cell(void)
{
	return (struct bp_cell *)EL2_VA_CELL;
}

struct bp_core *host_core(u32 core)
{
	return (struct bp_core *)(EL2_VA_CELL + host_cell()->cores.offset) + core;
}

void *host_table(struct bp_table *table, const void *rows, u32 count, size_t row_size)
{
	void *at = (u8 *)host_cell() + record_end;

	table->offset = record_end;
	table->count = count;
	memcpy(at, rows, count * row_size);
	record_end += (u32)(count * row_size + 7) & ~7u;
	return at;
}

static void cores_make(u32 count)
{
	struct bp_core cores[HOST_CORES_MAX] = {0};

	for (u32 i = 0; i < count; i++) {
		const va_t window = EL2_VA_WINDOWS + i * CORE_WINDOW;

		cores[i] = (struct bp_core){.mpidr = i,
					    .telemetry_va = window,
					    .ring_va = window + 0x1000,
					    .gicr_va = window + 0x2000,
					    .machine_core = 4 + i,
					    .gicr_last = i + 1 == count};
	}
	host_table(&host_cell()->cores, cores, count, sizeof(cores[0]));
}

void host_cell_make(u32 cores, enum bp_mode mode, u32 flags)
{
	/* Two entries, the second in the second page of a concatenated root. */
	static const struct bp_root_entry entries[] = {{1, 0, 0x80000003}, {515, 0, 0x90000003}};
	struct bp_cell *cell = host_cell();

	map_once();
	*cell = (struct bp_cell){.magic = BLUEPRINT_MAGIC,
				 .name = "test",
				 .index = 1,
				 .mode = mode,
				 .flags = flags,
				 .vttbr = UINT64_C(2) << 48 | 0x5000000,
				 .vtcr = 0x80023558,
				 .root_va = HOST_ROOT_VA,
				 .state_va = STATE_VA,
				 .orders_va = ORDERS_VA,
				 .log_va = LOG_VA,
				 .heartbeat_va = HEARTBEAT_VA,
				 .entry_ipa = 0x48000000,
				 .tree_ipa = 0x4fe00000,
				 .restart_window_ns = 1000000000,
				 .restart_max = 3,
				 .uart_intid = 200,
				 .maintenance_intid = 25};
	record_end = sizeof(*cell);
	cores_make(cores);
	host_table(&cell->root_entries, entries, 2, sizeof(entries[0]));
	for (u32 i = 0; i < 2; i++)
		((u64 *)HOST_ROOT_VA)[entries[i].index] = entries[i].value;
	core_identify(0);
	rate_start();
}

u64 *host_service_root(u32 cell)
{
	return (u64 *)(EL2_VA_SERVICE + 0x10000 + cell * 0x2000);
}

struct bp_service *host_service_make(u32 cells)
{
	struct bp_service *service = (struct bp_service *)EL2_VA_SERVICE;
	struct bp_service_cell *cell = (struct bp_service_cell *)(EL2_VA_SERVICE + 0x100);
	struct bp_root_entry *entry = (struct bp_root_entry *)(EL2_VA_SERVICE + 0x1000);
	struct bp_service_core *core = (struct bp_service_core *)(EL2_VA_SERVICE + 0x2000);

	service->magic = BLUEPRINT_MAGIC;
	service->cells = (struct bp_table){0x100, cells};
	for (u32 i = 0; i < cells; i++) {
		cell[i] = (struct bp_service_cell){.vttbr = (u64)(i + 1) << 48 | (0x4000000 + i * 0x10000),
						   .root_va = (va_t)host_service_root(i),
						   .root_entries = {0x1000 + 32 * i, 2},
						   .cores = {0x2000 + 32 * i, 2}};
		for (u32 k = 0; k < 2; k++) {
			entry[2 * i + k] = (struct bp_root_entry){1 + 2 * k, 0, 0x70000003 + 0x1000 * k};
			host_service_root(i)[1 + 2 * k] = entry[2 * i + k].value;
			core[2 * i + k] = (struct bp_service_core){.mpidr = 0x100 * i + k,
								   .sgi_va = EL2_VA_SERVICE + 0x100000 +
									     0x1000 * (2 * i + k)};
		}
	}
	return service;
}

struct order *host_order(u32 cell)
{
	return (struct order *)ORDERS_VA + cell;
}

struct log_ring *host_log(void)
{
	return (struct log_ring *)LOG_VA;
}

struct event_ring *host_ring(u32 core)
{
	return (struct event_ring *)host_core(core)->ring_va;
}

struct telemetry_core *host_telemetry(u32 core)
{
	return (struct telemetry_core *)host_core(core)->telemetry_va;
}

struct heartbeat *host_heartbeat(void)
{
	return (struct heartbeat *)HEARTBEAT_VA;
}

const struct event *host_event(enum event_code code)
{
	const struct event_ring *ring = host_ring(this_core);

	for (u64 n = ring->head; n > 0 && n + EVENT_RING_SLOTS > ring->head; n--)
		if (ring->slots[(n - 1) % EVENT_RING_SLOTS].code == code)
			return &ring->slots[(n - 1) % EVENT_RING_SLOTS];
	return NULL;
}

u32 host_events(enum event_code code)
{
	const struct event_ring *ring = host_ring(this_core);
	u32 found = 0;

	for (u64 n = ring->head; n > 0 && n + EVENT_RING_SLOTS > ring->head; n--)
		found += ring->slots[(n - 1) % EVENT_RING_SLOTS].code == code;
	return found;
}
