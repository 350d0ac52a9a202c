// SPDX-License-Identifier: Apache-2.0
/*
 * pages.c - probe: this core goes over to a stage 1 of 64 KiB pages, as some kernels have, and lives on with
 * it.
 *
 * Everything that the guest tree names is mapped by whole pages, one kind a page: two windows of different
 * kinds in one would be told.
 */
#include <inttypes.h>
#include <stdio.h>

#include "probe.h"
#include "sysreg.h"

#define PAGE	   UINT64_C(0x10000)
#define ENTRIES	   8192u
#define TABLES_MAX 6u /* the root, and one for each 512 MiB that something lies in */
#define VA_BITS	   42u
#define ROOT_SHIFT 29
#define PAGE_SHIFT 16

/* Descriptors (Arm ARM D8.3), attribute indices of lib/mmu.c's MAIR_EL1. */
#define TABLE	   UINT64_C(3)
#define NORMAL	   (UINT64_C(0) << 2)
#define DEVICE	   (UINT64_C(1) << 2)
#define NONCACHE   (UINT64_C(2) << 2)
#define INNER	   (UINT64_C(3) << 8)
#define ACCESSED   (UINT64_C(1) << 10)
#define NO_EXECUTE (UINT64_C(3) << 53)
#define EL0_NEVER  (UINT64_C(1) << 54)
#define TCR_KEPT   (UINT64_C(0x700803f00)) /* IPS, EPD1, SH0, ORGN0, IRGN0 */
#define TCR_64K	   (UINT64_C(1) << 14)
#define SCTLR_M	   UINT64_C(1)
#define SCTLR_C	   UINT64_C(4)
#define SCTLR_WXN  (UINT64_C(1) << 19)
#define TGRAN64(x) ((x) >> 24 & 15)

static uint64_t tables[TABLES_MAX][ENTRIES] __attribute__((aligned(0x10000)));
static uint32_t tables_used, pages, misfits;

static uint64_t *entry_of(uint64_t address)
{
	uint64_t *root = &tables[0][address >> ROOT_SHIFT & (ENTRIES - 1)];

	if (!*root && tables_used < TABLES_MAX)
		*root = (uintptr_t)tables[tables_used++] | TABLE;
	return *root ? (uint64_t *)(uintptr_t)(*root & ~(PAGE - 1)) + (address >> PAGE_SHIFT & (ENTRIES - 1))
		     : 0;
}

/* `own`: no other window may share its pages. */
static void map(const struct range *range, uint64_t attributes, bool own)
{
	if (!range->size)
		return;
	if (own && range->base % PAGE)
		misfits++;
	for (uint64_t at = range->base & ~(PAGE - 1); at < range->base + range->size; at += PAGE) {
		uint64_t *entry = entry_of(at);
		const uint64_t value = at | attributes | ACCESSED | TABLE;

		if (!entry || (*entry && (own || *entry != value))) {
			misfits++;
			continue;
		}
		*entry = value;
		pages++;
	}
}

static void map_all(const struct guest *guest)
{
	const uint64_t device = DEVICE | NO_EXECUTE, window = NONCACHE | NO_EXECUTE | INNER;

	for (uint32_t i = 0; i < guest->ram_count; i++)
		map(&guest->ram[i], NORMAL | INNER | EL0_NEVER, false);
	map(&guest->gicd, device, true);
	for (uint32_t i = 0; i < guest->gicr_count; i++)
		map(&guest->gicr[i], device, true);
	map(&guest->uart, device, true);
	map(&guest->heartbeat, window, true);
	for (uint32_t i = 0; i < guest->channel_count; i++) {
		const struct range channel = {guest->channels[i].ipa, guest->channels[i].size};

		map(&channel, window, true);
	}
}

/* The granule changes while the MMU is off; nothing is read or written meanwhile. */
static void switch_over(uint64_t sctlr)
{
	const uint64_t tcr = (sysreg_read("tcr_el1") & TCR_KEPT) | TCR_64K | (64 - VA_BITS);

	irq_disable();
	__asm__ volatile("dsb sy\n\t"
			 "msr sctlr_el1, %[off]\n\t"
			 "isb\n\t"
			 "msr tcr_el1, %[tcr]\n\t"
			 "msr ttbr0_el1, %[root]\n\t"
			 "isb\n\t"
			 "tlbi vmalle1\n\t"
			 "dsb nsh\n\t"
			 "isb\n\t"
			 "msr sctlr_el1, %[on]\n\t"
			 "isb"
			 :
			 : [off] "r"(sctlr & ~(SCTLR_M | SCTLR_C)), [tcr] "r"(tcr), [root] "r"(tables[0]),
			   [on] "r"(sctlr)
			 : "memory");
	irq_enable();
}

static void run_pages64k(const uint64_t *args)
{
	(void)args;
	if (TGRAN64(sysreg_read("id_aa64mmfr0_el1")) != 0) {
		printf("probe: pages64k: the CPU has none\n");
		return;
	}
	tables_used = 1;
	map_all(probe_guest);
	if (!misfits)
		switch_over(sysreg_read("sctlr_el1") & ~SCTLR_WXN); /* code and data share pages here */
	printf("probe: pages64k on=%u misfits=%" PRIu32 " pages=%" PRIu32 "\n",
	       (unsigned)(sysreg_read("tcr_el1") >> 14 & 3), misfits, pages);
}

const struct probe_command probe_page_commands[] = {
	{"pages64k", "", 0, run_pages64k},
	{NULL, NULL, 0, NULL},
};
