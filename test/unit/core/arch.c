/* SPDX-License-Identifier: Apache-2.0 */
/*
 * arch.c - the architecture's side of src/core/arch.h, as a diary (arch.h).
 */
#include "arch.h"
#include "../../../src/core/platform.h"
#include <stdio.h>

u64 arch_now, arch_step;
bool arch_revoked;
bool (*arch_on_wait)(void);
void (*arch_on_quiesce)(void);
void (*arch_on_restore)(void);
void (*arch_on_wake)(u32 core);
void (*arch_on_raise)(u32 intid);
void (*arch_on_iommu)(void);
bool iommu_disobeys;

static char diary[65536];
static size_t used;

void calls_reset(void)
{
	used = 0;
	diary[0] = 0;
	arch_now = 1000;
	arch_step = 1;
	arch_revoked = false;
	arch_on_wait = NULL;
	arch_on_quiesce = NULL;
	arch_on_restore = NULL;
	arch_on_wake = NULL;
	arch_on_raise = NULL;
	arch_on_iommu = NULL;
	iommu_disobeys = false;
}

const char *calls(void)
{
	return diary;
}

void call_note(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	used += (size_t)vsnprintf(diary + used, sizeof(diary) - used, format, arguments);
	va_end(arguments);
	assert_true(used + 2 < sizeof(diary));
	diary[used++] = ' ';
	diary[used] = 0;
}

bool called_before(const char *first, const char *second)
{
	const char *at = strstr(diary, first);

	return at && strstr(at + strlen(first), second);
}

u32 call_count(const char *name)
{
	u32 count = 0;

	for (const char *at = diary; (at = strstr(at, name)) != NULL; at += strlen(name))
		count++;
	return count;
}

u64 arch_time(void)
{
	arch_now += arch_step;
	return arch_now;
}

/* A tick is a nanosecond here. */
u64 arch_ns_to_ticks(u64 ns)
{
	return ns;
}

void arch_publish(void)
{
}

bool arch_wait(void)
{
	call_note("wait");
	assert_non_null(arch_on_wait);
	return arch_on_wait();
}

void arch_wake(u32 core_in_cell)
{
	call_note("wake(%u)", core_in_cell);
	if (arch_on_wake)
		arch_on_wake(core_in_cell);
}

void arch_interrupts_quiesce(void)
{
	call_note("quiesce");
	if (arch_on_quiesce)
		arch_on_quiesce();
}

void arch_cell_interrupts_reset(void)
{
	call_note("interrupts-reset");
}

void arch_guest_prepare(struct exit *exit, ipa_t entry, u64 x0)
{
	call_note("prepare");
	memset(exit, 0, sizeof(*exit));
	exit->x[0] = x0;
	exit->x[1] = entry; /* for the test to see */
}

void arch_stage2_revoke(void)
{
	call_note("revoke");
	arch_revoked = true;
}

void arch_stage2_restore(void)
{
	call_note("restore");
	arch_revoked = false;
	if (arch_on_restore)
		arch_on_restore();
}

bool arch_stage2_revoked(void)
{
	return arch_revoked;
}

void arch_cache_clean_invalidate(va_t va, u64 size)
{
	call_note("clean(%lx,%lx)", (unsigned long)va, (unsigned long)size);
}

void arch_zero(va_t va, u64 size)
{
	call_note("zero(%lx,%lx)", (unsigned long)va, (unsigned long)size);
	memset((void *)va, 0, size);
}

void arch_icache_invalidate(void)
{
	call_note("icache");
}

void arch_spi_raise(u32 intid)
{
	call_note("raise(%u)", intid);
	if (arch_on_raise)
		arch_on_raise(intid);
}

void arch_doorbell_raise(const struct bp_bell *bell)
{
	call_note("bell(%x,%x)", bell->offset, bell->bit);
}

void arch_machine_reset(void)
{
	call_note("machine-reset");
}

/* Noted: how long from now. */
void arch_alarm(u64 time)
{
	call_note("alarm(%lu)", (unsigned long)(time - arch_now));
}

void arch_revoke_other(u32 cell)
{
	call_note("revoke-other(%u)", cell);
}

void arch_own_interrupt(u32 intid)
{
	call_note("own(%u)", intid);
}

void arch_watch(bool on)
{
	call_note("watch(%d)", on);
}

/* ---- devices: platform.h ---- */

void pci_functions_stop(void)
{
	call_note("pci-stop");
}

void pci_functions_reset(void)
{
	call_note("pci-reset");
}

void iommu_start(void)
{
	call_note("iommu-start");
}

bool iommu_streams_set(u32 cell, bool live)
{
	call_note("streams(%u,%s)", cell, live ? "live" : "cut");
	return !iommu_disobeys;
}

void iommu_stream_tell(u32 stream, bool tell)
{
	call_note("tell(%u,%d)", stream, tell);
}

void iommu_work(void)
{
	if (arch_on_iommu)
		arch_on_iommu();
}

/* A core without the instructions: sha256.c does it. */
bool arch_sha256(u32 hash[8], const void *blocks, u64 count)
{
	return false;
}

/* Bit by bit, as IEEE 802.3 defines it. */
u32 arch_crc32(const void *data, u64 size)
{
	const u8 *bytes = data;
	u32 crc = 0xffffffff;

	for (u64 i = 0; i < size; i++) {
		crc ^= bytes[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc & 1 ? crc >> 1 ^ 0xedb88320 : crc >> 1;
	}
	return ~crc;
}
