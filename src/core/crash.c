/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crash.c - dumps of this core, and the record that the boot makes of all (crash.h). What the area holds
 * after a power-on is anything: only what its CRC confirms is taken.
 */
#include "crash.h"
#include "core.h"

struct crash_dump crash_dump;

static void copy(void *to, const void *from, u64 size)
{
	for (u64 i = 0; i < size / sizeof(u64); i++)
		((volatile u64 *)to)[i] = ((const volatile u64 *)from)[i];
}

/* [impl->swr~crash-dump~1] */
void crash_keep(enum crash_kind kind, u32 cell, u32 error, u64 detail)
{
	crash_dump.magic = CRASH_MAGIC;
	crash_dump.kind = kind;
	crash_dump.core = telemetry()->core;
	crash_dump.cell = cell;
	crash_dump.error = error;
	crash_dump.time = arch_time();
	crash_dump.detail = detail;
	crash_dump.crc = arch_crc32(&crash_dump, offsetof(struct crash_dump, crc));
	if (this_cell->crash_va) {
		copy((void *)this_cell->crash_va, &crash_dump, sizeof(crash_dump));
		arch_cache_clean_invalidate(this_cell->crash_va, sizeof(crash_dump));
	}
}

void crash_reset(enum crash_kind kind, u32 cell, u32 error, u64 detail)
{
	crash_keep(kind, cell, error, detail);
	arch_machine_reset();
}

static void dump_gather(struct crash_record *record, struct crash_dump *dump)
{
	if (dump->magic == CRASH_MAGIC && dump->crc == arch_crc32(dump, offsetof(struct crash_dump, crc)) &&
	    record->left++ < CRASH_DUMPS)
		copy(&record->dumps[record->count++], dump, sizeof(*dump));
	dump->magic = 0;
}

/* [impl->swr~crash-gathered~1] */
void crash_gather(va_t area, u32 cores)
{
	struct crash_record *const record = (struct crash_record *)area;
	const u64 size = (1 + (u64)cores) * BP_PAGE_SIZE;

	/* What the loader may have cached of it. */
	arch_cache_clean_invalidate(area, size);
	if (record->magic != CRASH_MAGIC ||
	    record->crc != arch_crc32(record, offsetof(struct crash_record, crc))) {
		record->boot_count = 0;
		record->generation = 0;
	}
	record->magic = CRASH_MAGIC;
	record->boot_count++;
	arch_zero((va_t)&record->left, sizeof(*record) - offsetof(struct crash_record, left));
	for (u32 i = 0; i < cores; i++)
		dump_gather(record, (struct crash_dump *)(area + (1 + (u64)i) * BP_PAGE_SIZE));
	record->generation += record->left != 0;
	record->crc = arch_crc32(record, offsetof(struct crash_record, crc));
	arch_cache_clean_invalidate(area, size);
}
