// SPDX-License-Identifier: Apache-2.0
/*
 * test_separation.c - images in which the division is broken, each in one way.
 *
 * Robustness: broken_separation_is_caught
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>

#include "mutate.h"

#define MUTATION(name) static void name(struct fixture *f)
#define LEAF(root, va) (*fixture_leaf(f, root, va))
#define CONTROL_RAM    UINT64_C(0x40000000)
#define GATEWAY_RAM    UINT64_C(0x4a800000)
#define DATA_VA	       (EL2_VA_TEXT + 0x2000)

static struct bp_channel *channel_of(struct fixture *f, int cell, int index)
{
	return (struct bp_channel *)fixture_table(f->cell[cell], f->cell[cell]->channels) + index;
}

/* ---- one owner ---- */
MUTATION(alias_of_ram)
{
	fixture_map(f, f->stage2_root[CONTROL], 0x60000000, GATEWAY_RAM, 4096, STAGE2_RAM);
	fixture_list_roots(f);
}
MUTATION(block_moved_onto_neighbour)
{
	LEAF(f->stage2_root[CONTROL], CONTROL_RAM) = 0x4a000000 | STAGE2_RAM | 1;
}
MUTATION(block_a_level_too_high)
{
	*fixture_entry(f, f->stage2_root[CONTROL], CONTROL_RAM, 1) = UINT64_C(0x40000000) | STAGE2_RAM | 1;
	fixture_list_roots(f);
}
MUTATION(device_in_two_cells)
{
	fixture_map(f, f->stage2_root[CONTROL], UART_PA, UART_PA, 4096, STAGE2_DEVICE);
}
MUTATION(swapped_stage2_roots)
{
	const uint64_t first = f->cell[CONTROL]->vttbr, second = f->cell[GATEWAY]->vttbr;
	const uint64_t root = (UINT64_C(1) << 48) - 1;

	f->cell[CONTROL]->vttbr = (first & ~root) | (second & root);
	f->cell[GATEWAY]->vttbr = (second & ~root) | (first & root);
}
MUTATION(stage2_root_of_neighbour)
{
	f->cell[CONTROL]->vttbr = UINT64_C(2) << 48 | f->stage2_root[GATEWAY];
}
MUTATION(channel_to_a_stranger)
{
	fixture_map(f, f->stage2_root[HEALTH], 0x0b800000, f->setpoints_pa, 4096, STAGE2_SEEN);
}
/* ---- the hypervisor's memory ---- */
MUTATION(cell_reaches_code)
{
	fixture_map(f, f->stage2_root[GATEWAY], 0x60000000, LOAD_PA, 4096, STAGE2_READ);
	fixture_list_roots(f);
}
MUTATION(cell_reaches_its_own_root)
{
	fixture_map(f, f->stage2_root[GATEWAY], 0x60000000, f->stage2_root[GATEWAY], 4096, STAGE2_RAM);
	fixture_list_roots(f);
}
MUTATION(cell_reaches_private_memory)
{
	LEAF(f->stage2_root[GATEWAY], WINDOWS_IPA) = f->private_pa[2] | STAGE2_SHARED | 3;
}
MUTATION(cell_reaches_image_store)
{
	fixture_map(f, f->stage2_root[CONTROL], 0x0b900000, STORE_PA, 4096, STAGE2_READ);
}
MUTATION(health_writes_telemetry)
{
	LEAF(f->stage2_root[HEALTH], WINDOWS_IPA + 0x100000) |= UINT64_C(2) << 6;
}
MUTATION(health_writes_constants)
{
	LEAF(f->stage2_root[HEALTH], CONSTANTS_IPA + 0x1000) |= UINT64_C(2) << 6;
}
MUTATION(health_reaches_a_root)
{
	fixture_map(f, f->stage2_root[HEALTH], CONSTANTS_IPA + (f->stage2_root[CONTROL] - LOAD_PA),
		    f->stage2_root[CONTROL], 4096, STAGE2_READ);
}
MUTATION(neighbour_reaches_constants)
{
	fixture_map(f, f->stage2_root[CONTROL], CONSTANTS_IPA, LOAD_PA, 4096, STAGE2_READ);
}
MUTATION(health_reaches_constants_twice)
{
	fixture_map(f, f->stage2_root[HEALTH], CONSTANTS_IPA + 0x800000, LOAD_PA, 4096, STAGE2_READ);
}
MUTATION(constants_uncached)
{
	LEAF(f->stage2_root[HEALTH], CONSTANTS_IPA + 0x1000) = (LOAD_PA + 0x1000) | STAGE2_SEEN | 3;
}
/* A page of 64 KiB would be another's, too. */
MUTATION(constants_off_granule)
{
	struct integrity_range *range = f->integrity->ranges;

	while (strcmp(range->name, "file") != 0)
		range++;
	for (uint64_t at = 0; at < range->size; at += 4096) {
		LEAF(f->stage2_root[HEALTH], range->ipa + at) = 0;
		fixture_map(f, f->stage2_root[HEALTH], range->ipa + 0x801000 + at, range->pa + at, 4096,
			    STAGE2_READ);
	}
	range->ipa += 0x801000;
}
MUTATION(constants_beside_device)
{
	fixture_map(f, f->stage2_root[HEALTH], CONSTANTS_IPA - 0x1000, UART_PA, 4096, STAGE2_DEVICE);
	fixture_map(f, f->stage2_root[HEALTH], CONSTANTS_IPA + ((f->stage2_root[CONTROL] - LOAD_PA)), UART_PA,
		    4096, STAGE2_DEVICE);
}
MUTATION(reader_writes_channel)
{
	LEAF(f->stage2_root[CONTROL], WINDOWS_IPA + 0x10000) |= UINT64_C(2) << 6;
}
MUTATION(heartbeat_of_neighbour)
{
	LEAF(f->stage2_root[CONTROL], WINDOWS_IPA) = f->heartbeat_pa[GATEWAY] | STAGE2_SHARED | 3;
}
MUTATION(off_by_one_page_channel)
{
	fixture_map(f, f->stage2_root[CONTROL], WINDOWS_IPA + 0x12000, f->setpoints_pa + 0x2000, 4096,
		    STAGE2_SEEN);
}
MUTATION(executable_channel)
{
	LEAF(f->stage2_root[CONTROL], WINDOWS_IPA + 0x20000) &= ~(UINT64_C(1) << 54);
}
MUTATION(ram_write_only)
{
	LEAF(f->stage2_root[CONTROL], CONTROL_RAM) &= ~(UINT64_C(1) << 6);
}
/* ---- the crash-audit area ---- */
MUTATION(crash_record_of_a_stranger)
{
	fixture_map(f, f->stage2_root[CONTROL], CRASH_IPA, CRASH_PA, 4096, STAGE2_SEEN);
}
MUTATION(crash_record_written_by_health)
{
	LEAF(f->stage2_root[HEALTH], CRASH_IPA) |= UINT64_C(2) << 6;
}
MUTATION(crash_dump_seen_by_health)
{
	fixture_map(f, f->stage2_root[HEALTH], CRASH_IPA + 0x1000, CRASH_PA + 0x1000, 4096, STAGE2_SEEN);
}
MUTATION(crash_record_cached)
{
	LEAF(f->stage2_root[HEALTH], CRASH_IPA) = CRASH_PA | STAGE2_READ | 3;
}
MUTATION(crash_dump_of_a_sibling)
{
	LEAF(f->boot[3].root_pa, f->cell[GATEWAY]->crash_va) = (CRASH_PA + 0x3000) | EL2_UNCACHED | 3;
}
MUTATION(crash_dump_twice)
{
	fixture_map(f, f->boot[1].root_pa, fixture_window(f, 1), CRASH_PA + 0x3000, 4096, EL2_UNCACHED);
}
MUTATION(crash_dump_cached)
{
	LEAF(f->boot[1].root_pa, f->cell[CONTROL]->crash_va) = (CRASH_PA + 0x2000) | EL2_WRITE | 3;
}
MUTATION(crash_record_by_a_core)
{
	fixture_map(f, f->boot[1].root_pa, fixture_window(f, 1), CRASH_PA, 4096, EL2_UNCACHED);
}
MUTATION(crash_area_unseen_by_the_boot)
{
	LEAF(f->header->boot_root_pa, f->header->crash_va + 0x2000) = 0;
}
MUTATION(crash_area_in_hypervisor)
{
	fixture_replace(&f->machine_text, "<0x4eff0000 0x10000>", "<0x48800000 0x10000>");
}
/* ---- devices ---- */
MUTATION(gicd_mapped)
{
	fixture_map(f, f->stage2_root[GATEWAY], GICD_PA, GICD_PA, 4096, STAGE2_DEVICE);
}
MUTATION(smmu_mapped)
{
	fixture_map(f, f->stage2_root[GATEWAY], SMMU_PA, SMMU_PA, 4096, STAGE2_DEVICE);
}
MUTATION(fw_cfg_mapped)
{
	fixture_map(f, f->stage2_root[GATEWAY], 0x09020000, 0x09020000, 4096, STAGE2_DEVICE);
}
MUTATION(flash_mapped)
{
	fixture_map(f, f->stage2_root[GATEWAY], 0x60000000, 0, 4096, STAGE2_DEVICE);
	fixture_list_roots(f);
}
MUTATION(watchdog_named)
{
	fixture_replace(&f->partition_text, "\"-gpio\"", "\"-gpio\", \"watchdog\"");
}
MUTATION(poweroff_gpio_named)
{
	fixture_replace(&f->board_text, "arm,pl061\";", "arm,pl061\"; phandle = <9>; #gpio-cells = <2>;");
	fixture_replace(&f->board_text, "flash@0 {",
			"poweroff { compatible = \"gpio-poweroff\"; gpios = <9 3 0>; }; flash@0 {");
	fixture_replace(&f->partition_text, "\"rest\", \"-gpio\"", "\"rest\", \"gpio\"");
}
MUTATION(clock_of_nobody)
{
	fixture_replace(&f->board_text, "\"arm,pl031\", \"arm,primecell\";",
			"\"arm,pl031\"; foo-supply = <9>;");
	fixture_replace(&f->board_text, "clocks = <5 7>;", "clocks = <9 0>, <5 7>, <9 1>;");
	fixture_replace(&f->board_text, "arm,pl061\";", "arm,pl061\"; phandle = <9>; #clock-cells = <1>;");
}
MUTATION(bus_master_named)
{
	fixture_replace(&f->partition_text, "\"-gpio\"", "\"-gpio\", \"virtio_mmio\"");
}
MUTATION(unowned_device_mapped)
{
	fixture_map(f, f->stage2_root[GATEWAY], GPIO_PA, GPIO_PA, 4096, STAGE2_DEVICE);
}
MUTATION(device_page_shared)
{
	fixture_replace(&f->board_text, "rtc@9010000 {",
			"other@9010800 { compatible = \"x\"; reg = <0 0x9010800 0 0x10>; }; rtc@9010000 {");
}
/* ---- cores and interrupts ---- */
MUTATION(core_roots_swapped)
{
	const uint64_t root = f->boot[1].root_pa;

	f->boot[1].root_pa = f->boot[2].root_pa;
	f->boot[2].root_pa = root;
}
MUTATION(sibling_roots_swapped)
{
	const uint64_t root = f->boot[2].root_pa;

	f->boot[2].root_pa = f->boot[3].root_pa;
	f->boot[3].root_pa = root;
}
MUTATION(core_in_two_cells)
{
	struct bp_core *cores = fixture_table(f->cell[CONTROL], f->cell[CONTROL]->cores);

	cores[0].machine_core = 2;
	cores[0].mpidr = 2;
}
MUTATION(one_root_for_two_cores)
{
	f->boot[3].root_pa = f->boot[2].root_pa;
}
MUTATION(record_of_neighbour)
{
	LEAF(f->boot[3].root_pa, EL2_VA_CELL) = f->record_pa[CONTROL] | EL2_READ | 3;
}
MUTATION(spi_in_two_cells)
{
	f->cell[CONTROL]->spi_owned[1] |= 1u << 2;
}
MUTATION(spi_of_smmu)
{
	f->cell[GATEWAY]->spi_owned[(74 + 32) / 32] |= 1u << (74 + 32) % 32;
}
MUTATION(maintenance_owned)
{
	f->cell[GATEWAY]->ppi_owned |= 1u << 25;
}
MUTATION(pmu_owned_unasked)
{
	f->cell[GATEWAY]->ppi_owned |= 1u << 23;
}
MUTATION(wrong_vmid)
{
	f->cell[CONTROL]->vttbr = UINT64_C(3) << 48 | f->stage2_root[CONTROL];
}
MUTATION(common_not_private)
{
	f->cell[CONTROL]->vttbr |= 1;
}
/* ---- EL2 ---- */
MUTATION(el2_maps_neighbours_ram)
{
	fixture_map(f, f->boot[1].root_pa, EL2_VA_CELL_RAM + 0x38000000, GATEWAY_RAM, 4096, EL2_READ);
}
MUTATION(el2_maps_neighbours_state)
{
	fixture_map(f, f->boot[1].root_pa, EL2_VA_CELL_RAM + 0x38000000, f->state_pa[HEALTH], 4096, EL2_READ);
}
MUTATION(second_core_maps_ram)
{
	fixture_map(f, f->boot[3].root_pa, EL2_VA_CELL_RAM + (GATEWAY_RAM & 0xfffffff), GATEWAY_RAM, 0x200000,
		    EL2_WRITE);
}
MUTATION(sibling_writes_telemetry)
{
	struct bp_core *cores = fixture_table(f->cell[GATEWAY], f->cell[GATEWAY]->cores);

	LEAF(f->boot[3].root_pa, cores[0].telemetry_va) &= ~EL2_RO;
}
MUTATION(private_of_sibling)
{
	LEAF(f->boot[3].root_pa, EL2_VA_PRIVATE) = f->private_pa[2] | EL2_WRITE | 3;
}
MUTATION(orders_writable)
{
	LEAF(f->boot[1].root_pa, f->cell[CONTROL]->orders_va) &= ~EL2_RO;
}
MUTATION(record_writable)
{
	LEAF(f->boot[1].root_pa, EL2_VA_CELL) &= ~EL2_RO;
}
MUTATION(frame_of_neighbour)
{
	struct bp_core *cores = fixture_table(f->cell[CONTROL], f->cell[CONTROL]->cores);

	LEAF(f->boot[1].root_pa, cores[0].gicr_va) = GICR_PA | EL2_DEVICE | 3;
}
MUTATION(writable_code)
{
	LEAF(f->boot[1].root_pa, EL2_VA_TEXT) &= ~EL2_RO;
}
MUTATION(executable_data)
{
	LEAF(f->boot[1].root_pa, EL2_VA_PRIVATE) &= ~EL2_XN;
}
MUTATION(writable_alias_of_code)
{
	LEAF(f->boot[1].root_pa, DATA_VA) = LOAD_PA | EL2_WRITE | 3;
}
MUTATION(writable_executable_segment)
{
	f->hv->segments[0].flags |= HV_SEG_WRITE;
}
MUTATION(trampoline_kept)
{
	fixture_map(f, f->boot[1].root_pa, EL2_VA_TEXT + 0x4000, LOAD_PA + 0x4000, 4096, EL2_CODE);
}
MUTATION(boot_code_kept)
{
	fixture_map(f, f->boot[1].root_pa, EL2_VA_TEXT + 0x3000, LOAD_PA + 0x3000, 4096, EL2_CODE);
}
MUTATION(boot_root_maps_ram)
{
	fixture_map(f, f->header->boot_root_pa, EL2_VA_CELL_RAM, GATEWAY_RAM, 4096, EL2_WRITE);
}
MUTATION(boot_root_writes_blueprint)
{
	LEAF(f->header->boot_root_pa, EL2_VA_TEXT + HV_SIZE) &= ~EL2_RO;
}
/* ---- descriptors and tables ---- */
MUTATION(access_flag_clear)
{
	LEAF(f->stage2_root[CONTROL], CONTROL_RAM) &= ~(UINT64_C(1) << 10);
}
MUTATION(dirty_bit_modifier)
{
	LEAF(f->boot[1].root_pa, EL2_VA_CELL) |= UINT64_C(1) << 51;
}
MUTATION(contiguous)
{
	LEAF(f->stage2_root[CONTROL], WINDOWS_IPA) |= UINT64_C(1) << 52;
}
MUTATION(hardware_updates)
{
	f->cell[CONTROL]->vtcr |= UINT64_C(1) << 21;
}
MUTATION(table_outside_blueprint)
{
	*fixture_entry(f, f->stage2_root[CONTROL], CONTROL_RAM, 1) = UINT64_C(0x4a200000) | 3;
	fixture_list_roots(f);
}
MUTATION(table_of_neighbour)
{
	*fixture_entry(f, f->stage2_root[CONTROL], WINDOWS_IPA, 2) =
		*fixture_entry(f, f->stage2_root[GATEWAY], WINDOWS_IPA, 2);
}
MUTATION(table_is_a_loop)
{
	*fixture_entry(f, f->boot[1].root_pa, EL2_VA_CELL, 2) = f->boot[1].root_pa | 3;
}
MUTATION(table_is_a_tree)
{
	*fixture_entry(f, f->boot[1].root_pa, EL2_VA_CELL_RAM + 0x38000000, 2) = f->guest_pa[CONTROL] | 3;
}
MUTATION(writable_segment_shared)
{
	f->hv->segments[2].flags |= HV_SEG_WRITE;
}
MUTATION(table_writable_in_el2)
{
	const uint64_t table = *fixture_entry(f, f->stage2_root[CONTROL], WINDOWS_IPA, 2) & ~UINT64_C(0xfff);

	fixture_map(f, f->boot[1].root_pa, EL2_VA_CELL_RAM + 0x38000000, table, 4096, EL2_WRITE);
}
/* ---- types, places, windows ---- */
MUTATION(cached_device)
{
	LEAF(f->stage2_root[HEALTH], UART_PA) |= UINT64_C(0xf) << 2 | UINT64_C(3) << 8;
}
MUTATION(unacknowledged_device)
{
	LEAF(f->stage2_root[HEALTH], UART_PA) &= ~(UINT64_C(0xf) << 2);
}
MUTATION(uncached_ram)
{
	LEAF(f->stage2_root[CONTROL], CONTROL_RAM) = 0x4a200000 | STAGE2_SHARED | 1;
}
MUTATION(cached_channel)
{
	uint64_t *leaf = fixture_leaf(f, f->stage2_root[CONTROL], WINDOWS_IPA + 0x20000);

	*leaf |= UINT64_C(0xf) << 2 | UINT64_C(3) << 8;
}
MUTATION(channel_cached_at_el2)
{
	LEAF(f->boot[2].root_pa, channel_of(f, GATEWAY, 0)->va) &= ~(UINT64_C(7) << 2);
}
MUTATION(outer_shareable_ram)
{
	LEAF(f->stage2_root[CONTROL], CONTROL_RAM) &= ~(UINT64_C(1) << 8);
}
MUTATION(private_memories_overlap)
{
	LEAF(f->boot[1].root_pa, EL2_VA_PRIVATE) = f->private_pa[0] | EL2_WRITE | 3;
}
MUTATION(ring_is_telemetry)
{
	struct bp_core *cores = fixture_table(f->cell[CONTROL], f->cell[CONTROL]->cores);

	LEAF(f->boot[1].root_pa, cores[0].ring_va) = f->telemetry_pa[1] | EL2_WRITE | 3;
}
MUTATION(heartbeat_outside_writable)
{
	LEAF(f->boot[1].root_pa, f->cell[CONTROL]->heartbeat_va) = FREE_PA | EL2_UNCACHED | 3;
}
MUTATION(writable_memory_in_reserved)
{
	fixture_replace(&f->board_text, "0x4fe00000 0 0x200000", "0x48800000 0 0x200000");
}
MUTATION(window_unaligned)
{
	LEAF(f->stage2_root[HEALTH], WINDOWS_IPA + 0x10000) = 0;
	fixture_map(f, f->stage2_root[HEALTH], WINDOWS_IPA + 0x11000, f->directory_pa, 4096, STAGE2_READ);
	fixture_replace(&f->guest_text[HEALTH], "<0 0xb010000", "<0 0xb011000");
}
/* A guest of 64 KiB pages can't map one without the other. */
MUTATION(window_before_device)
{
	fixture_map(f, f->stage2_root[HEALTH], WINDOWS_IPA + 0x1000, UART_PA, 4096, STAGE2_DEVICE);
}
MUTATION(window_beside_emulated)
{
	struct bp_mmio *mmio = (struct bp_mmio *)fixture_table(f->cell[CONTROL], f->cell[CONTROL]->mmio) + 2;

	mmio->ipa = WINDOWS_IPA + 0x1000;
	fixture_replace(&f->guest_text[CONTROL], "<0 0xb800000", "<0 0xb001000");
}
MUTATION(windows_in_one_mapping)
{
	LEAF(f->stage2_root[CONTROL], WINDOWS_IPA + 0x20000) = 0;
	fixture_map(f, f->stage2_root[CONTROL], WINDOWS_IPA + 0x12000, f->both_pa, 4096, STAGE2_SHARED);
	LEAF(f->stage2_root[CONTROL], WINDOWS_IPA + 0x10000) |= UINT64_C(2) << 6;
	LEAF(f->stage2_root[CONTROL], WINDOWS_IPA + 0x11000) |= UINT64_C(2) << 6;
	fixture_replace(&f->guest_text[CONTROL], "<0 0xb020000", "<0 0xb012000");
}
MUTATION(window_in_ram)
{
	LEAF(f->stage2_root[HEALTH], WINDOWS_IPA + 0x10000) = 0;
	fixture_map(f, f->stage2_root[HEALTH], 0x4c000000, f->directory_pa, 4096, STAGE2_READ);
	fixture_replace(&f->guest_text[HEALTH], "<0 0xb010000", "<0 0x4c000000");
}
MUTATION(emulated_uart_mapped)
{
	fixture_map(f, f->stage2_root[CONTROL], 0x0b800000, f->both_pa, 4096, STAGE2_SHARED);
}
MUTATION(emulated_out_of_order)
{
	struct bp_mmio *mmio = fixture_table(f->cell[CONTROL], f->cell[CONTROL]->mmio);
	const struct bp_mmio first = mmio[0];

	mmio[0] = mmio[1];
	mmio[1] = first;
}
MUTATION(doorbell_of_stranger)
{
	*(struct bp_bell *)fixture_table(f->cell[GATEWAY], channel_of(f, GATEWAY, 0)->ring) = bell(33);
}
MUTATION(doorbell_of_two)
{
	((struct bp_bell *)fixture_table(f->cell[GATEWAY], channel_of(f, GATEWAY, 0)->ring))->bit |=
		0x80000000;
}
MUTATION(doorbell_elsewhere)
{
	((struct bp_bell *)fixture_table(f->cell[GATEWAY], channel_of(f, GATEWAY, 0)->ring))->offset -= 0x100;
}
MUTATION(doorbell_of_reader)
{
	channel_of(f, CONTROL, 0)->ring.count = 1;
	*(struct bp_bell *)fixture_table(f->cell[CONTROL], channel_of(f, CONTROL, 0)->ring) = bell(225);
}
MUTATION(root_entry_unlisted)
{
	f->cell[CONTROL]->root_entries.count--;
}
MUTATION(root_entry_wrong)
{
	((struct bp_root_entry *)fixture_table(f->cell[CONTROL], f->cell[CONTROL]->root_entries))->value ^=
		0x1000;
}
MUTATION(service_root_entry_wrong)
{
	((struct bp_root_entry *)((uint8_t *)f->service + 0x500))->value ^= 0x1000;
}
MUTATION(service_core_direct)
{
	f->cell[HEALTH]->mode = BP_MODE_DIRECT;
}
MUTATION(service_core_elsewhere)
{
	f->header->service_core = 2;
}

#define ROW(rule, name) {#name, name, RULE_##rule}
static const struct mutation rows[] = {
	ROW(PAGE_OWNER, alias_of_ram), /* [utest->swr~audit-one-owner~1] */
	ROW(PAGE_OWNER, block_moved_onto_neighbour),
	ROW(PAGE_OWNER, block_a_level_too_high),
	ROW(PAGE_OWNER, device_in_two_cells),
	ROW(PAGE_OWNER, stage2_root_of_neighbour),
	ROW(PAGE_OWNER, channel_to_a_stranger),
	ROW(STAGE2, alias_of_ram), /* [utest->swr~audit-stage2-exact~1] */
	ROW(STAGE2, swapped_stage2_roots),
	ROW(STAGE2, ram_write_only),
	ROW(STAGE2, executable_channel),
	ROW(STAGE2, reader_writes_channel),
	ROW(STAGE2, off_by_one_page_channel),
	ROW(HV_MEMORY, health_writes_constants),
	ROW(STAGE2, health_writes_constants),
	ROW(HV_MEMORY, health_reaches_a_root),
	ROW(HV_MEMORY, neighbour_reaches_constants),
	ROW(PAGE_OWNER, neighbour_reaches_constants),
	ROW(STAGE2, health_reaches_constants_twice),
	ROW(MEMORY_TYPE, constants_uncached),
	ROW(WINDOW_PLACE, constants_off_granule),
	ROW(WINDOW_PLACE, constants_beside_device),
	ROW(HV_MEMORY, cell_reaches_code), /* [utest->swr~audit-hypervisor-unreachable~1] */
	ROW(HV_MEMORY, cell_reaches_its_own_root),
	ROW(HV_MEMORY, cell_reaches_private_memory),
	ROW(HV_MEMORY, cell_reaches_image_store),
	ROW(HV_MEMORY, health_writes_telemetry),
	ROW(HV_MEMORY, heartbeat_of_neighbour),
	ROW(HV_MEMORY, reader_writes_channel),
	ROW(HV_MEMORY, block_a_level_too_high),
	ROW(FORBIDDEN, gicd_mapped), /* [utest->swr~audit-forbidden-devices~1] */
	ROW(FORBIDDEN, smmu_mapped),
	ROW(FORBIDDEN, fw_cfg_mapped),
	ROW(FORBIDDEN, flash_mapped),
	ROW(FORBIDDEN, watchdog_named),
	ROW(FORBIDDEN, poweroff_gpio_named),
	ROW(SHARED_PAGE, clock_of_nobody),
	ROW(BUS_MASTER, bus_master_named), /* [utest->swr~audit-bus-masters~1] */
	ROW(SHARED_PAGE, unowned_device_mapped),
	ROW(SHARED_PAGE, device_page_shared), /* [utest->swr~audit-shared-pages~1] */
	ROW(CORE_OWNER, core_roots_swapped),
	ROW(CORE_OWNER, core_in_two_cells), /* [utest->swr~audit-core-owner~1] */
	ROW(CORE_OWNER, one_root_for_two_cores),
	ROW(CORE_OWNER, record_of_neighbour),
	ROW(SPI_OWNER, spi_in_two_cells),
	ROW(SPI_OWNER, spi_of_smmu), /* [utest->swr~audit-spi-owner~1] */
	ROW(PPI_OWNER, maintenance_owned),
	ROW(PPI_OWNER, pmu_owned_unasked), /* [utest->swr~audit-ppi-owner~1] */
	ROW(VMID, wrong_vmid),
	ROW(VMID, common_not_private),		    /* [utest->swr~audit-vmids~1] */
	ROW(HV_MEMORY, crash_record_of_a_stranger), /* [utest->swr~audit-crash-audit~1] */
	ROW(HV_MEMORY, crash_record_written_by_health),
	ROW(HV_MEMORY, crash_dump_seen_by_health),
	ROW(MEMORY_TYPE, crash_record_cached),
	ROW(EL2_WINDOW, crash_dump_of_a_sibling),
	ROW(EL2_EXTRA, crash_dump_twice),
	ROW(MEMORY_TYPE, crash_dump_cached),
	ROW(EL2_EXTRA, crash_record_by_a_core),
	ROW(BOOT_ROOT, crash_area_unseen_by_the_boot),
	ROW(HV_LAYOUT, crash_area_in_hypervisor),
	ROW(EL2_EXTRA, el2_maps_neighbours_ram),
	ROW(EL2_EXTRA, el2_maps_neighbours_state), /* [utest->swr~audit-el2-own-only~1] */
	ROW(EL2_EXTRA, second_core_maps_ram),
	ROW(EL2_WINDOW, sibling_writes_telemetry), /* [utest->swr~audit-el2-windows~1] */
	ROW(EL2_WINDOW, orders_writable),
	ROW(EL2_WINDOW, record_writable),
	ROW(EL2_WINDOW, frame_of_neighbour),
	ROW(EL2_WINDOW, sibling_roots_swapped),
	ROW(WX, writable_code),
	ROW(WX, executable_data), /* [utest->swr~audit-wx~1] */
	ROW(WX, writable_alias_of_code),
	ROW(WX, writable_executable_segment),
	ROW(BOOT_SEGMENT, trampoline_kept),
	ROW(BOOT_SEGMENT, boot_code_kept), /* [utest->swr~audit-boot-segments~1] */
	ROW(BOOT_ROOT, boot_root_maps_ram),
	ROW(BOOT_ROOT, boot_root_writes_blueprint), /* [utest->swr~audit-boot-root~1] */
	ROW(ACCESS_FLAG, access_flag_clear),
	ROW(ACCESS_FLAG, dirty_bit_modifier), /* [utest->swr~audit-access-flags~1] */
	ROW(ACCESS_FLAG, contiguous),
	ROW(ACCESS_FLAG, hardware_updates),
	ROW(TABLE_PAGE, table_outside_blueprint),
	ROW(TABLE_PAGE, table_of_neighbour), /* [utest->swr~audit-table-pages~1] */
	ROW(TABLE_PAGE, table_is_a_loop),
	ROW(TABLE_PAGE, table_writable_in_el2),
	ROW(TABLE_PAGE, table_is_a_tree),
	ROW(EL2_EXTRA, writable_segment_shared),
	ROW(TABLE_PAGE, stage2_root_of_neighbour),
	ROW(MEMORY_TYPE, cached_device), /* [utest->swr~audit-memory-types~1] */
	ROW(MEMORY_TYPE, uncached_ram),
	ROW(MEMORY_TYPE, unacknowledged_device),
	ROW(MEMORY_TYPE, cached_channel),
	ROW(MEMORY_TYPE, channel_cached_at_el2),
	ROW(MEMORY_TYPE, outer_shareable_ram),
	ROW(HV_LAYOUT, private_memories_overlap), /* [utest->swr~audit-layout~1] */
	ROW(HV_LAYOUT, private_of_sibling),
	ROW(HV_LAYOUT, ring_is_telemetry),
	ROW(HV_LAYOUT, heartbeat_outside_writable),
	ROW(HV_LAYOUT, writable_memory_in_reserved),
	ROW(WINDOW_PLACE, window_unaligned), /* [utest->swr~audit-window-places~1] */
	ROW(WINDOW_PLACE, window_before_device),
	ROW(WINDOW_PLACE, window_beside_emulated),
	ROW(WINDOW_PLACE, windows_in_one_mapping),
	ROW(WINDOW_PLACE, window_in_ram),
	ROW(EMULATED, emulated_uart_mapped), /* [utest->swr~audit-emulated~1] */
	ROW(EMULATED, emulated_out_of_order),
	ROW(DOORBELL, doorbell_of_stranger), /* [utest->swr~audit-doorbells~1] */
	ROW(DOORBELL, doorbell_of_two),
	ROW(DOORBELL, doorbell_elsewhere),
	ROW(DOORBELL, doorbell_of_reader),
	ROW(REVOCATION, root_entry_unlisted), /* [utest->swr~audit-revocation~1] */
	ROW(REVOCATION, root_entry_wrong),
	ROW(REVOCATION, service_root_entry_wrong),
	ROW(SERVICE_CORE, service_core_direct),
	ROW(SERVICE_CORE, service_core_elsewhere), /* [utest->swr~audit-service-core~1] */
};

/* [utest->tor~audit-claims~1] [utest->tor~audit-violation~1] */
static void broken_separation_is_caught(void **state)
{
	mutations_run(rows, sizeof(rows) / sizeof(rows[0]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(broken_separation_is_caught)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
