// SPDX-License-Identifier: Apache-2.0
/*
 * test_streams.c - DMA: stream tables, DMA tables, and the service core's list of both.
 *
 * Robustness: wrong_streams_are_caught, a_first_level_of_nowhere_has_no_entry
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "fixture_pci.h"
#include "mutate.h"

static const struct bp_channel *fixture_channels(struct fixture *f)
{
	return fixture_table(f->cell[GATEWAY], f->cell[GATEWAY]->channels);
}

/* The good tables with one change. */
#define CHANGE(name, ...)                                                                                    \
	static void name(struct fixture *f)                                                                  \
	{                                                                                                    \
		fixture_pci_made(f);                                                                         \
		__VA_ARGS__                                                                                  \
	}

static uint64_t *nic(unsigned int word)
{
	return made.entries + word;
}

CHANGE(unowned_passes, made.entries[8] = 0xd; made.entries[10] = *nic(2); made.entries[11] = *nic(3);)
CHANGE(unowned_bypasses, made.entries[8] = 0x9;)
CHANGE(unowned_invalid, made.entries[8] = 0;)
CHANGE(unowned_shared, ((uint64_t *)fixture_at(f, made.aborts_pa))[8] = 0x9;)
CHANGE(owned_bypasses, *nic(0) = 0x9;)
CHANGE(owned_first_stage, *nic(0) = 0xf;)
CHANGE(owned_aborts, *nic(0) = BP_STE_ABORT;)
CHANGE(owned_context, *nic(0) |= FREE_PA;)
CHANGE(owned_translated_requests, *nic(1) |= UINT64_C(1) << 28;)
CHANGE(owned_type, *nic(1) |= UINT64_C(1) << 36;)
CHANGE(owned_unshared, *nic(1) = 0;)
CHANGE(owned_table_far, *nic(3) |= UINT64_C(1) << 50;)
CHANGE(owned_destructive, *nic(1) |= UINT64_C(1) << 12;)
CHANGE(owned_vmid, *nic(2) ^= 3;)
CHANGE(owned_vmid_wide, *nic(2) |= 0x100;)
CHANGE(owned_narrow, *nic(2) &= ~(UINT64_C(1) << 51);)
CHANGE(owned_big_endian, *nic(2) |= UINT64_C(1) << 52;)
CHANGE(owned_hardware_flag, *nic(2) |= UINT64_C(1) << 56;)
CHANGE(owned_hardware_dirty, *nic(2) |= UINT64_C(1) << 55;)
CHANGE(owned_stalls, *nic(2) |= UINT64_C(1) << 57;)
CHANGE(owned_silent, *nic(2) &= ~(UINT64_C(1) << 58);)
CHANGE(owned_granule, *nic(2) |= UINT64_C(1) << 46;)
CHANGE(owned_reserved, *nic(3) |= UINT64_C(1) << 63;)
CHANGE(owned_rest, *nic(5) = 1;)
CHANGE(level_one_empty, made.level_one[2] = 0;)
CHANGE(level_one_short, made.level_one[2] -= 1;)
CHANGE(level_one_long, made.level_one[2] += 1;)
CHANGE(level_one_unaligned, made.level_one[2] += 0x1000;)
CHANGE(level_one_outside, made.level_one[2] = FREE_PA | 9;)
CHANGE(level_one_swapped, made.level_one[1] = made.level_one[0];)
CHANGE(table_short, made.smmu->strtab_base_cfg = 1u << 16 | 6u << 6 | 8;)
CHANGE(table_kind, made.smmu->strtab_base_cfg |= 2u << 16;)
CHANGE(table_linear, made.smmu->strtab_base_cfg = 10;)
CHANGE(table_endless, made.smmu->strtab_base_cfg |= 0x3f;)
CHANGE(table_outside, made.smmu->strtab_base = FREE_PA;)
CHANGE(table_reserved, made.smmu->strtab_base |= UINT64_C(1) << 60;)
CHANGE(table_none, made.smmu->strtab_base = 0;)
CHANGE(queue_outside, made.smmu->cmdq_base = FREE_PA | 8;)
CHANGE(queue_unaligned, made.smmu->cmdq_base += 0x800;)
CHANGE(queue_shared, made.smmu->eventq_base = f->heartbeat_pa[0] | 7;)
CHANGE(queues_one, made.smmu->eventq_base = made.queue_pa | 7;)
CHANGE(otherwise_idr0, made.smmu->idr0 |= 0x40u;)
CHANGE(otherwise_idr1, made.smmu->idr1 ^= 1u << 21;)
CHANGE(otherwise_idr5, made.smmu->idr5_mask = 0x77;)
CHANGE(elsewhere, made.smmu->pa += 0x20000;)
CHANGE(not_compared, made.smmu->idr0_mask = 0;)
CHANGE(ids_not_compared, made.smmu->idr1_mask = 0;)
CHANGE(granule_not_compared, made.smmu->idr5_mask = 0;)
CHANGE(incoherent, made.smmu->idr0 &= ~0x10u;)
CHANGE(one_level_only, made.smmu->idr0 &= ~0x18000000u;)
CHANGE(few_streams, made.smmu->idr1 = 9;)
CHANGE(own_tables, made.smmu->idr1 |= 1u << 30;)
CHANGE(short_addresses, made.smmu->idr5 = 0x71;)
CHANGE(not_listed, f->header->smmus.count = 0; f->service->smmus.count = 0; f->service->streams.count = 0;)

static void reach(struct fixture *f, uint64_t pa, uint64_t bits)
{
	fixture_pci_made(f);
	fixture_map(f, made.dma_root[GATEWAY], UINT64_C(0x60000000), pa, 4096, bits);
}
#define REACH(name, pa, bits)                                                                                \
	static void name(struct fixture *f)                                                                  \
	{                                                                                                    \
		reach(f, pa, bits);                                                                          \
	}
REACH(dma_other_cell, 0x4a200000, STAGE2_DMA)
REACH(dma_hypervisor, LOAD_PA, STAGE2_DMA)
REACH(dma_blueprint, LOAD_PA + HV_SIZE, STAGE2_READ)
REACH(dma_writable, WRITABLE_PA, STAGE2_DMA)
REACH(dma_store, STORE_PA, STAGE2_READ)
REACH(dma_gicd, GICD_PA, STAGE2_DEVICE)
REACH(dma_redistributor, GICR_PA, STAGE2_DEVICE)
REACH(dma_its, ITS_PA, STAGE2_DEVICE)
REACH(dma_smmu, SMMU_PA, STAGE2_DEVICE)
REACH(dma_own_device, RTC_PA, STAGE2_DEVICE)
REACH(dma_nowhere, 0x100000000, STAGE2_DMA)
REACH(dma_config, 0x4010100000, STAGE2_DEVICE)
CHANGE(dma_heartbeat,
       fixture_map(f, made.dma_root[GATEWAY], WINDOWS_IPA, f->heartbeat_pa[GATEWAY], 4096, STAGE2_SHARED);)
CHANGE(dma_others_messages,
       fixture_map(f, made.dma_root[GATEWAY], ITS_PA + 0x11000, ITS_PA + 0x11000, 4096, STAGE2_MSI);)
CHANGE(dma_messages_read, *fixture_leaf(f, made.dma_root[GATEWAY], ITS_PA + 0x10000) |= UINT64_C(1) << 6;)
CHANGE(dma_messages_cached, *fixture_leaf(f, made.dma_root[GATEWAY], ITS_PA + 0x10000) |= UINT64_C(0x33c);)
CHANGE(dma_messages_elsewhere, *fixture_leaf(f, made.dma_root[GATEWAY], ITS_PA + 0x10000) -= 0x10000;)
CHANGE(dma_ram_lacks, *fixture_leaf(f, made.dma_root[GATEWAY], 0x4a800000) = 0;)
CHANGE(dma_ram_moved, *fixture_leaf(f, made.dma_root[GATEWAY], 0x4a800000) += 0x200000;)
CHANGE(dma_channel_lacks, *fixture_leaf(f, made.dma_root[GATEWAY], fixture_channels(f)[0].ipa) = 0;)
CHANGE(dma_messages_lack, *fixture_leaf(f, made.dma_root[GATEWAY], ITS_PA + 0x10000) = 0;)
CHANGE(dma_table_of_another, *nic(3) = made.dma_root[HEALTH];)
CHANGE(dma_table_of_cores, *nic(3) = f->stage2_root[GATEWAY];)
CHANGE(dma_table_writable,
       fixture_map(f, f->boot[0].root_pa, SERVICE_PCI + 0x80000, made.dma_root[GATEWAY], 4096, EL2_WRITE);)
CHANGE(dma_flag, *fixture_leaf(f, made.dma_root[GATEWAY], 0x4a800000) &= ~(UINT64_C(1) << 10);)

CHANGE(list_short, f->service->streams.count = 1;)
CHANGE(list_long, f->service->streams.count = 3;)
CHANGE(list_cell, made.streams[1].cell = GATEWAY;)
CHANGE(list_sid, made.streams[1].sid = 0x181;)
CHANGE(list_live, made.streams[1].live = 0x9;)
CHANGE(list_place, made.streams[1].ste_va += 64;)
CHANGE(list_smmu, made.streams[1].smmu = 1;)
CHANGE(service_none, f->service->smmus.count = 0; f->service->streams.count = 0;)
CHANGE(service_queue, made.service_smmu->cmdq_log2 = 9;)
CHANGE(service_queue_place, made.service_smmu->cmdq_va = made.service_smmu->eventq_va;)
CHANGE(service_page, made.service_smmu->page1_va = made.service_smmu->page0_va;)
CHANGE(service_interrupt, made.service_smmu->event_intid = 109;)
CHANGE(service_no_interrupt, made.service_smmu->error_intid = 0;)
CHANGE(requests_short, f->service->dma.count = 1;)
CHANGE(requests_long, f->service->dma.count = 3;)
CHANGE(requests_cell, made.dma[1].cell = CONTROL;)
CHANGE(requests_action, made.dma[1].action = BP_ACTION_LOG;)
CHANGE(requests_place, made.dma[1].telemetry_va = made.dma[0].telemetry_va;)
CHANGE(requests_writable, *fixture_leaf(f, f->boot[0].root_pa, made.dma[1].telemetry_va) &= ~EL2_RO;)
CHANGE(entry_seen_by_another,
       fixture_map(f, f->boot[1].root_pa, SERVICE_PCI, made.entries_pa, 4096, EL2_WRITE);)
CHANGE(entries_mapped_too,
       fixture_map(f, f->boot[0].root_pa, SERVICE_PCI + 0x1000, made.entries_pa + 0x1000, 4096, EL2_WRITE);)
CHANGE(table_in_a_cell,
       fixture_map(f, f->stage2_root[GATEWAY], UINT64_C(0x60000000), made.entries_pa, 4096, STAGE2_DMA);)
CHANGE(queue_in_a_cell,
       fixture_map(f, f->stage2_root[GATEWAY], UINT64_C(0x60000000), made.queue_pa, 4096, STAGE2_DMA);)

/* ---- what hosts pass on ---- */
#define DMA_MESSAGES "<0x2000000 0 0x8090000 0 0x8090000 0 0x1000>"
#define DMA_HEALTH   "<0x43000000 0 0x4a000000 0 0x4a000000 0 0x200000>"
#define DMA_GATEWAY  "<0x43000000 0 0x4a600000 0 0x4a600000 0 0xa00000>"
#define DMA_SHORT    "<0x43000000 0 0x4a600000 0 0x4a600000 0 0x9ff000>"
#define DMA_SHIFTED  "<0x43000000 0 0x8a600000 0 0x4a600000 0 0xa00000>"
#define DMA_IO	     "<0x1000000 0 0x4a600000 0 0x4a600000 0 0xa00000>"
#define DMA_ALL	     DMA_MESSAGES ", " DMA_HEALTH ", " DMA_GATEWAY

/* The board's host has these rows, the gateway's guest those, and the health cell's what holds for it. */
static void reached(struct fixture *f, const char *host, const char *guest)
{
	char text[512];

	fixture_pci_made(f);
	(void)snprintf(text, sizeof(text), "%s iommu-map =", host);
	fixture_replace(&f->board_text, "iommu-map =", text);
	(void)snprintf(text, sizeof(text), "dma-coherent; %s", guest);
	fixture_replace(&f->guest_text[GATEWAY], "dma-coherent;", text);
	if (strchr(host, '<'))
		fixture_replace(&f->guest_text[HEALTH], "dma-coherent;",
				"dma-coherent; dma-ranges = " DMA_MESSAGES ", " DMA_HEALTH ";");
}
#define REACHED(name, host, guest)                                                                           \
	static void name(struct fixture *f)                                                                  \
	{                                                                                                    \
		reached(f, host, guest);                                                                     \
	}
#define ROWS(rows) "dma-ranges = " rows ";"
REACHED(reached_alone, ROWS(DMA_ALL), ROWS(DMA_ALL))
REACHED(reached_told_in_part, ROWS(DMA_ALL), ROWS(DMA_GATEWAY))
REACHED(reached_without_limit, "dma-ranges;", "")
REACHED(reach_lacks_ram, ROWS(DMA_MESSAGES ", " DMA_HEALTH ", " DMA_SHORT), ROWS(DMA_GATEWAY))
REACHED(reach_lacks_messages, ROWS(DMA_HEALTH ", " DMA_GATEWAY), ROWS(DMA_GATEWAY))
REACHED(reach_shifted, ROWS(DMA_MESSAGES ", " DMA_HEALTH ", " DMA_SHIFTED), ROWS(DMA_SHIFTED))
REACHED(reach_of_io, ROWS(DMA_MESSAGES ", " DMA_HEALTH ", " DMA_IO), ROWS(DMA_IO))
REACHED(reach_untold, ROWS(DMA_ALL), "")
REACHED(reach_told_for_nothing, "", ROWS(DMA_ALL))
REACHED(reach_told_longer, ROWS(DMA_ALL), ROWS("<0x43000000 0 0x4a600000 0 0x4a600000 0 0xa01000>"))
REACHED(reach_told_elsewhere, ROWS(DMA_ALL), ROWS(DMA_SHIFTED))
REACHED(reach_told_short, ROWS(DMA_ALL), ROWS(DMA_SHORT))
/* Two rows of the board's hold it, but not all of it at one distance. */
REACHED(reach_told_across,
	ROWS(DMA_MESSAGES ", " DMA_HEALTH
			  ", <0x43000000 0 0x4a600000 0 0x4a600000 0 0x800000>, <0x43000000 0 0x8ae00000 0 "
			  "0x4ae00000 0 0x200000>"),
	ROWS(DMA_GATEWAY))
/* A bus above the host passes on less than the host. */
static void reach_ends_above(struct fixture *f)
{
	fixture_pci_made(f);
	fixture_replace(&f->board_text, "pcie@4010000000 {",
			"bus { #address-cells = <2>; #size-cells = <2>; ranges; dma-ranges = <0 0 0 0 0 "
			"0x4af00000>; pcie@4010000000 {");
	fixture_replace(&f->board_text, "msi-map = <0 7 0 0x10000>; };", "msi-map = <0 7 0 0x10000>; }; };");
}
/* Without an IOMMU: where RAM is, not where the guest has it. */
static void unprotected(struct fixture *f, const char *rows)
{
	reached(f, rows, rows);
	fixture_replace(&f->board_text, "iommu-map = <0 6 0 0x10000>;", "");
	fixture_replace(&f->partition_text, "pci = \"nic\";", "pci = \"nic\"; dma = \"unprotected\";");
}
static void reach_lacks_ram_unprotected(struct fixture *f)
{
	unprotected(f, ROWS(DMA_MESSAGES ", " DMA_HEALTH ", " DMA_SHORT));
}

#define ROW(rule, name) {#name, name, RULE_##rule}
static const struct mutation rows[] = {
	ROW(STREAMS, unowned_passes), /* [utest->swr~audit-streams~1] */
	ROW(STREAMS, unowned_bypasses),
	ROW(STREAMS, unowned_invalid),
	ROW(STREAMS, unowned_shared),
	ROW(STREAMS, owned_bypasses),
	ROW(STREAMS, owned_first_stage),
	ROW(STREAMS, owned_aborts),
	ROW(STREAMS, owned_context),
	ROW(STREAMS, owned_translated_requests),
	ROW(STREAMS, owned_type),
	ROW(STREAMS, owned_unshared),
	ROW(STREAMS, owned_table_far),
	ROW(STREAMS, owned_destructive),
	ROW(STREAMS, owned_vmid),
	ROW(STREAMS, owned_vmid_wide),
	ROW(STREAMS, owned_narrow),
	ROW(STREAMS, owned_big_endian),
	ROW(STREAMS, owned_hardware_flag),
	ROW(STREAMS, owned_hardware_dirty),
	ROW(STREAMS, owned_stalls),
	ROW(STREAMS, owned_silent),
	ROW(REGIME, owned_granule),
	ROW(STREAMS, owned_reserved),
	ROW(STREAMS, owned_rest),
	ROW(STREAMS, level_one_empty),
	ROW(STREAMS, level_one_short),
	ROW(STREAMS, level_one_long),
	ROW(STREAMS, level_one_unaligned),
	ROW(STREAMS, level_one_outside),
	ROW(STREAMS, level_one_swapped),
	ROW(STREAMS, table_short),
	ROW(STREAMS, table_kind),
	ROW(STREAMS, table_linear),
	ROW(STREAMS, table_endless),
	ROW(STREAMS, table_outside),
	ROW(STREAMS, table_reserved),
	ROW(STREAMS, table_none),
	ROW(STREAMS, queue_outside),
	ROW(STREAMS, queue_unaligned),
	ROW(HV_LAYOUT, queue_shared),
	ROW(HV_LAYOUT, queues_one),
	ROW(STREAMS, elsewhere),
	ROW(MACHINE, otherwise_idr0), /* [utest->swr~audit-machine~1] */
	ROW(MACHINE, otherwise_idr1),
	ROW(MACHINE, otherwise_idr5),
	ROW(STREAMS, not_compared),
	ROW(STREAMS, ids_not_compared),
	ROW(STREAMS, granule_not_compared),
	ROW(STREAMS, incoherent),
	ROW(STREAMS, one_level_only),
	ROW(STREAMS, few_streams),
	ROW(STREAMS, own_tables),
	ROW(STREAMS, short_addresses),
	ROW(STREAMS, not_listed),
	ROW(DMA, dma_other_cell), /* [utest->swr~audit-dma~1] */
	ROW(DMA, dma_hypervisor),
	ROW(DMA, dma_blueprint),
	ROW(DMA, dma_writable),
	ROW(DMA, dma_store),
	ROW(DMA, dma_gicd),
	ROW(DMA, dma_redistributor),
	ROW(DMA, dma_its),
	ROW(DMA, dma_smmu),
	ROW(DMA, dma_own_device),
	ROW(DMA, dma_nowhere),
	ROW(DMA, dma_config),
	ROW(DMA, dma_heartbeat),
	ROW(DMA, dma_others_messages),
	ROW(DMA, dma_messages_read),
	ROW(DMA, dma_messages_cached),
	ROW(DMA, dma_messages_elsewhere),
	ROW(DMA, dma_ram_lacks),
	ROW(DMA, dma_ram_moved),
	ROW(DMA, dma_channel_lacks),
	ROW(DMA, dma_messages_lack),
	ROW(DMA, dma_table_of_another),
	ROW(DMA, reach_lacks_ram), /* [utest->swr~audit-pci-reach~1] */
	ROW(DMA, reach_lacks_messages),
	ROW(DMA, reach_shifted),
	ROW(DMA, reach_of_io),
	ROW(DMA, reach_ends_above),
	ROW(PLACEMENT, reach_lacks_ram_unprotected), /* [utest->swr~audit-dma-reach~1] */
	ROW(TREE_PCI, reach_untold),		     /* [utest->swr~audit-tree-pci~1] */
	ROW(TREE_PCI, reach_told_for_nothing),
	ROW(TREE_PCI, reach_told_longer),
	ROW(TREE_PCI, reach_told_elsewhere),
	ROW(TREE_PCI, reach_told_short),
	ROW(TREE_PCI, reach_told_across),
	ROW(TABLE_PAGE, dma_table_of_another),
	ROW(TABLE_PAGE, dma_table_of_cores),
	ROW(TABLE_PAGE, dma_table_writable),
	ROW(ACCESS_FLAG, dma_flag),
	ROW(STREAM_LISTS, list_short), /* [utest->swr~audit-stream-lists~1] */
	ROW(STREAM_LISTS, list_long),
	ROW(STREAM_LISTS, list_cell),
	ROW(STREAM_LISTS, list_sid),
	ROW(STREAM_LISTS, list_live),
	ROW(STREAM_LISTS, list_place),
	ROW(STREAM_LISTS, list_smmu),
	ROW(STREAM_LISTS, service_none),
	ROW(STREAM_LISTS, service_queue),
	ROW(STREAM_LISTS, service_queue_place),
	ROW(STREAM_LISTS, service_page),
	ROW(STREAM_LISTS, service_interrupt),
	ROW(STREAM_LISTS, service_no_interrupt),
	ROW(STREAM_LISTS, requests_short),
	ROW(STREAM_LISTS, requests_long),
	ROW(STREAM_LISTS, requests_cell),
	ROW(STREAM_LISTS, requests_action),
	ROW(STREAM_LISTS, requests_place),
	ROW(EL2_WINDOW, requests_writable),
	ROW(EL2_EXTRA, entry_seen_by_another),
	ROW(EL2_EXTRA, entries_mapped_too),
	ROW(HV_MEMORY, table_in_a_cell),
	ROW(HV_MEMORY, queue_in_a_cell),
};

static void wrong_streams_are_caught(void **state)
{
	mutations_run(rows, sizeof(rows) / sizeof(rows[0]));
}

static void clean(void (*apply)(struct fixture *))
{
	struct fixture f;
	struct audit audit;

	mutation_audit(&f, &audit, apply);
	report_print(&audit.report, "streams", stderr);
	assert_int_equal(audit.report.total, 0);
	audit_close(&audit);
	fixture_free(&f);
}

/* A table of 512 entries, the NIC's and its virtual function's among them. */
static void linear(struct fixture *f)
{
	uint64_t *table, pa;

	fixture_pci_made(f);
	table = fixture_alloc(f, 8, 8, &pa);
	for (unsigned int i = 0; i < 512; i++)
		table[i * 8] = BP_STE_ABORT;
	memcpy(table + 0x100 * 8, made.entries, 256 * 64);
	made.smmu->strtab_base = pa;
	made.smmu->strtab_base_cfg = 9;
	for (unsigned int i = 0; i < 2; i++) {
		made.streams[i].ste_va = SERVICE_PCI + 0x40000 + made.streams[i].sid * UINT64_C(64);
		fixture_map(f, f->boot[0].root_pa, made.streams[i].ste_va,
			    pa + made.streams[i].sid * UINT64_C(64), 4096, EL2_WRITE);
		*fixture_leaf(f, f->boot[0].root_pa, SERVICE_PCI + i * UINT64_C(0x2000)) = 0;
		fixture_written(f, page_down(pa + made.streams[i].sid * UINT64_C(64)));
		fixture_unwritten(f, made.entries_pa + i * UINT64_C(0x2000));
	}
}

/* [utest->swr~audit-streams~1]
 * [utest->swr~audit-dma~1]
 * [utest->swr~audit-pci-reach~1] */
static void good_streams_are_admitted(void **state)
{
	clean(fixture_pci_made);
	clean(linear);
	clean(reached_alone);
	clean(reached_told_in_part);
	clean(reached_without_limit);
}

/* A table that says it is sound, and whose first level no blueprint has. [utest->swr~audit-hostile~1] */
static void a_first_level_of_nowhere_has_no_entry(void **state)
{
	const struct stream_table table = {.sound = true, .base = LOAD_PA, .log2 = 16, .split = 8};
	static const struct audit audit = {.blueprint_pa = LOAD_PA + 0x100000};

	(void)state;
	assert_int_equal(stream_entry(&audit, &table, 0x101), PA_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(good_streams_are_admitted),
					   cmocka_unit_test(a_first_level_of_nowhere_has_no_entry),
					   cmocka_unit_test(wrong_streams_are_caught)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
