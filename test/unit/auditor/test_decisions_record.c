// SPDX-License-Identifier: Apache-2.0
/*
 * test_decisions_record.c - the machine, records and what they promise: each condition of a rule's question
 * decides it alone.
 *
 * Robustness: what_decides_alone_is_told
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>

#include "fixture_pci.h"
#include "told.h"

#define CHANGE(name, ...)	MUTATION(name, fixture_pci_made(f); __VA_ARGS__)
#define MACHINE(name, from, to) REPLACED(name, as_it_is, machine_text, from, to)

static struct bp_gicr_region *frames(struct fixture *f)
{
	return (void *)(f->blueprint + f->header->machine.gicrs.offset);
}
static struct bp_core *core_of(struct fixture *f, int cell, unsigned int index)
{
	return (struct bp_core *)fixture_table(f->cell[cell], f->cell[cell]->cores) + index;
}
static struct bp_channel *channel_of(struct fixture *f, int cell, unsigned int index)
{
	return (struct bp_channel *)fixture_table(f->cell[cell], f->cell[cell]->channels) + index;
}
static struct bp_region *region_of(struct fixture *f, int cell, unsigned int index)
{
	return (struct bp_region *)fixture_table(f->cell[cell], f->cell[cell]->regions) + index;
}
static struct bp_mmio *mmio_of(struct fixture *f, int cell, unsigned int index)
{
	return (struct bp_mmio *)fixture_table(f->cell[cell], f->cell[cell]->mmio) + index;
}
static struct bp_bell *ring_of(struct fixture *f, int cell, unsigned int index)
{
	return fixture_table(f->cell[cell], channel_of(f, cell, index)->ring);
}
static struct bp_service_cell *served(struct fixture *f, int cell)
{
	return (struct bp_service_cell *)((uint8_t *)f->service + f->service->cells.offset) + cell;
}

/* ---- the machine ---- */
BOARD(smmu_without_registers, "reg = <0 0x9050000 0 0x20000>;", "")
BOARD(console_none, "stdout-path = \"serial0:115200\";", "")
BOARD(console_without_registers, "reg = <0 0x9000000 0 0x1000>;", "")
MUTATION(frames_askew, f->header->machine.gicrs.offset += 4;)
MUTATION(frames_outside, f->header->machine.gicrs.count = 0x100000;)
MUTATION(frames_of_more, frames(f)[1] = frames(f)[0]; f->header->machine.gicrs.count = 2;)
MUTATION(frames_longer, frames(f)->size += 0x20000;)
MUTATION(frames_fewer, frames(f)->frames = 3;)
MUTATION(probes_askew, f->header->machine.probes.offset += 4;)
MACHINE(board_nameless, "board = \"fixture\";", "")

/* ---- frames that EL2 emulates ---- */
MUTATION(core_unheard_of, core_of(f, GATEWAY, 1)->machine_core = 99;)
CHANGE(pages_of_nobody, fixture_replace(&f->partition_text, "health { role", "doctor { role");)
CHANGE(frame_with_argument, mmio_of(f, GATEWAY, 1)->arg = 1;)
CHANGE(frame_without_messages, f->cell[GATEWAY]->lpis.count = 0;)
CHANGE(frame_without_its, fixture_replace(&f->board_text, "msi-map = <0 7 0 0x10000>;", "");)
MUTATION(redistributor_of_no_core, mmio_of(f, GATEWAY, 1)->arg = 5;)
MUTATION(redistributor_short, mmio_of(f, GATEWAY, 2)->size = 0x10000;)
MUTATION(distributor_elsewhere, mmio_of(f, CONTROL, 0)->ipa -= 0x10000;)
MUTATION(distributor_twice, mmio_of(f, GATEWAY, 3)->kind = BP_MMIO_GICD;)
MUTATION(redistributor_lacks, mmio_of(f, GATEWAY, 2)->kind = BP_MMIO_PL011;)

/* ---- cores and cells ---- */
MUTATION(record_copied, uint64_t pa; void *copy = fixture_alloc(f, 1, 1, &pa);
	 memcpy(copy, f->cell[GATEWAY], 4096);
	 fixture_map(f, f->boot[3].root_pa, EL2_VA_CELL, pa, 4096, EL2_READ);)
MUTATION(record_broken, f->cell[GATEWAY]->magic = 0;)
MUTATION(cores_of_one_number, f->boot[3].mpidr = 2;)
MUTATION(core_behind_its_cell, f->boot[3].core_in_cell = 5;)
MUTATION(core_of_another_number, core_of(f, GATEWAY, 1)->mpidr = 9;)
MUTATION(core_unassigned, f->boot[3].root_pa = 0;)
MUTATION(service_on_a_second_core, f->header->service_core = 3;)
MUTATION(service_of_another, f->cell[CONTROL]->flags |= BP_CELL_SERVICE;)
MUTATION(flags_unknown, f->cell[CONTROL]->flags |= 1u << 5;)
MUTATION(console_without_interrupt, f->cell[CONTROL]->uart_intid = 0;)
MUTATION(console_without_ring, f->cell[CONTROL]->log_va = 0;)
MUTATION(mode_of_another, f->cell[CONTROL]->mode = BP_MODE_INJECTED;)
BOARD(timer_of_three, "<1 11 4>, <1 10 4>;", "<1 11 4>;")
MUTATION(cell_twice, strcpy(f->cell[CONTROL]->name, "gateway");)

/* ---- channels ---- */
MUTATION(bell_behind, ring_of(f, GATEWAY, 0)->offset = 0x280;)
MUTATION(bell_askew, ring_of(f, GATEWAY, 0)->offset = 0x21d;)
MUTATION(bell_of_nothing, ring_of(f, GATEWAY, 0)->bit = 0;)
#define TWO_BELLS(name, second)                                                                              \
	MUTATION(name, channel_of(f, GATEWAY, 0)->ring.count = 2; ring_of(f, GATEWAY, 0)[1] = second;)
TWO_BELLS(bell_twice, bell(226))
TWO_BELLS(bell_and_nothing, (struct bp_bell){0})
TWO_BELLS(bell_and_another, bell(227))
PARTITION(channel_of_no_party, "from = \"gateway\"; to = \"control\"", "from = \"gateway\"; to = \"health\"")
MUTATION(channel_askew, channel_of(f, CONTROL, 0)->pa += 0x800;)
MUTATION(channel_empty, channel_of(f, CONTROL, 0)->size = 0;)
MUTATION(channel_half, channel_of(f, GATEWAY, 0)->size = 0x1000;)

/* ---- faults ---- */
#define FAULT_STOPS "memory-violation = \"stop\""
PARTITION(fault_nonsense, FAULT_STOPS, "memory-violation = \"explode\"")
MUTATION(action_unheard_of, f->cell[CONTROL]->actions[BP_ERROR_MEMORY_VIOLATION] = 77;)
#define WINDOW(name, text) PARTITION(name, "\"3/60s\"", "\"" text "\"")
WINDOW(window_of_one_number, "3")
WINDOW(window_long, "0000000000000003/60s")
WINDOW(window_of_letters, "x/60s")
WINDOW(window_of_no_time, "3/60")
MUTATION(restarts_none, f->cell[CONTROL]->restart_max = 0;)
MUTATION(restarts_many, f->cell[CONTROL]->restart_max = 33;)

/* ---- firmware ---- */
static void calls(struct fixture *f, uint32_t function, uint32_t count)
{
	f->cell[CONTROL]->firmware = (struct bp_table){0x780, count};
	for (uint32_t i = 0; i < count; i++)
		((uint32_t *)fixture_table(f->cell[CONTROL], f->cell[CONTROL]->firmware))[i] = function + i;
}
MUTATION(call_slow, calls(f, 0x02000010, 1);)
MUTATION(call_reserved, calls(f, 0x82010010, 1);)
MUTATION(call_of_architecture, calls(f, 0x80000010, 1);)
MUTATION(call_of_hypervisor, calls(f, 0x85000010, 1);)
MUTATION(call_of_its_vendor, calls(f, 0x86000010, 1);)
MUTATION(calls_many, calls(f, 0x82000010, BP_FIRMWARE_MAX + 1);)
MUTATION(calls_of_others, calls(f, 0x82000010, 1);
	 fixture_replace(&f->partition_text, " essential;", " essential; firmware-calls = <0x82000011>;");)

/* ---- interrupts ---- */
CHANGE(message_below, made.lpis[GATEWAY][0] = bell(1);)
MUTATION(word_of_ppis, f->cell[CONTROL]->spi_owned[0] = 1;)
BOARD(interrupt_forbidden_and_odd, "<0 74 1>;", "<0 74 1>, <0 1000 1>;")
MUTATION(interrupts_odd, fixture_replace(&f->board_text, "<0 2 4>;", "<0 2 4>, <1 5 4>, <0 1000 4>;");
	 fixture_replace(&f->partition_text, "\"-gpio\"", "\"-gpio\", \"rtc@9010000\"");)
MUTATION(pmu_of_none, fixture_replace(&f->partition_text, " essential;", " essential; pmu;");
	 fixture_replace(&f->board_text, "interrupts = <1 7 4>;", "");)
MUTATION(doorbell_beyond, channel_of(f, CONTROL, 0)->receive_intid = 5000;)
MUTATION(doorbell_behind, channel_of(f, CONTROL, 0)->receive_intid = 300;)
MUTATION(console_beyond, f->cell[CONTROL]->uart_intid = 5000;)

/* ---- layout ---- */
MUTATION(writable_none, f->header->writable_size = 0;)
MUTATION(writable_below, f->header->writable_pa = UINT64_C(0x47000000);)
MUTATION(writable_over_image, f->header->writable_pa = LOAD_PA;)
MACHINE(staged, "<0x40000000 0x8000000>", "<0x40000000 0x9000000>")
MUTATION(state_in_the_image,
	 fixture_map(f, f->boot[1].root_pa, f->cell[CONTROL]->state_va, LOAD_PA + 0x1000, 4096, EL2_WRITE);)
MUTATION(file_empty, f->files[3].size = 0;)
MUTATION(file_empty_in_memory, f->files[3].size = 0; f->files[3].pa = WRITABLE_PA + 0x1000;)
MUTATION(file_askew, f->files[3].pa += 0x10;)
MUTATION(window_over_device,
	 fixture_map(f, f->stage2_root[HEALTH], RTC_PA, f->heartbeat_pa[GATEWAY], 4096, STAGE2_SEEN);)
MUTATION(constants_highest,
	 fixture_map(f, f->stage2_root[HEALTH], UINT64_C(0x7000008000), f->files[0].pa, 4096, STAGE2_READ);)
MUTATION(constants_over_ram,
	 fixture_map(f, f->stage2_root[HEALTH], UINT64_C(0x44000000), f->files[0].pa, 4096, STAGE2_READ);)
MUTATION(constants_over_emulated, mmio_of(f, HEALTH, 1)->ipa = CONSTANTS_IPA + HV_SIZE + BLUEPRINT_MAX;)
MUTATION(emulated_above, mmio_of(f, HEALTH, 1)->ipa = UINT64_C(0x60000000);)
MUTATION(emulated_endless, mmio_of(f, CONTROL, 1)->size = UINT64_MAX;)
MUTATION(emulated_empty, mmio_of(f, CONTROL, 1)->size = 0;)

/* ---- memory ---- */
MUTATION(region_askew, region_of(f, CONTROL, 0)->ipa += 8;)
MUTATION(region_empty, region_of(f, GATEWAY, 1)->size = 0;)
MUTATION(region_none, f->cell[CONTROL]->regions.count = 0;)
CHANGE(unprotected_behind_iommu,
       fixture_replace(&f->partition_text, "pci = \"nic\";", "pci = \"nic\"; dma = \"unprotected\";");)

/* ---- the service core's list, roots ---- */
static struct bp_root_entry *root_entries(struct fixture *f)
{
	return fixture_table(f->cell[CONTROL], f->cell[CONTROL]->root_entries);
}
MUTATION(root_entry_elsewhere, root_entries(f)->index++;)
MUTATION(root_outside, f->cell[CONTROL]->vttbr = UINT64_C(2) << 48 | FREE_PA;)
MUTATION(root_entry_more, f->cell[CONTROL]->root_entries.count++;)
MUTATION(service_of_another_interrupt, served(f, CONTROL)->uart_intid = 0;)
MUTATION(service_of_fewer, f->service->cells.count = 2;)
MUTATION(table_is_a_tree, uint64_t *root = fixture_at(f, f->boot[1].root_pa);
	 root[3] = f->guest_pa[CONTROL] | 3;
	 fixture_map(f, f->boot[1].root_pa, EL2_VA_SERVICE, f->guest_pa[CONTROL], 4096, EL2_WRITE);)

static const struct telling told[] = {
	/* [utest->swr~audit-machine~1] */
	TOLD(MACHINE, smmu_without_registers, "smmu_pa is 0x9050000, the board says 0x0"),
	TOLD(MACHINE, console_none, "bulkhead.bin's console is 0x9000000, the board says 0x0"),
	TOLD(MACHINE, console_without_registers, "bulkhead.bin's console is 0x9000000, the board says 0x0"),
	TOLD(RECORD, frames_askew, "table `gicrs` isn't inside the blueprint"),
	UNTOLD(MACHINE, frames_askew, "number of redistributor"),
	TOLD(RECORD, frames_outside, "table `gicrs` isn't inside the blueprint"),
	TOLD(MACHINE, frames_of_more, "a redistributor region is 0x80a0000, the board says 0x0"),
	TOLD(MACHINE, frames_of_more, "number of redistributor regions is 0x2, the board says 0x1"),
	TOLD(MACHINE, frames_longer, "a redistributor region is 0x80a0000, the board says 0x80a0000"),
	TOLD(MACHINE, frames_fewer, "number of redistributor frames is 0x3, the board says 0x4"),
	TOLD(RECORD, probes_askew, "table `probes` isn't inside the blueprint"),
	UNTOLD(MACHINE, probes_askew, "number of probes"),
	UNTOLD(MACHINE, probes_askew, "no probe of a RAM bank"),
	TOLD(MACHINE, board_nameless, "its board isn't '?'"),
	/* [utest->swr~audit-gic-frames~1] */
	TOLD(GIC_FRAMES, core_unheard_of, "isn't the redistributor of its core 1"),
	TOLD(GIC_FRAMES, pages_of_nobody, "cell 'health': IPA 0x8090000 is emulated as kind"),
	TOLD(GIC_FRAMES, frame_with_argument, "cell 'gateway': IPA 0x8090000 is emulated as kind"),
	TOLD(GIC_FRAMES, frame_without_messages, "cell 'gateway': IPA 0x8090000 is emulated as kind"),
	TOLD(GIC_FRAMES, frame_without_its, "cell 'gateway': IPA 0x8090000 is emulated as kind"),
	TOLD(GIC_FRAMES, redistributor_of_no_core, "isn't the redistributor of its core 5"),
	TOLD(GIC_FRAMES, redistributor_short, "isn't the redistributor of its core 1"),
	TOLD(GIC_FRAMES, distributor_elsewhere, "distributor emulated at IPA 0x7ff0000"),
	TOLD(GIC_FRAMES, distributor_twice, "2 distributors and 2 redistributors emulated"),
	TOLD(GIC_FRAMES, redistributor_lacks, "1 distributors and 1 redistributors emulated"),
	/* [utest->swr~audit-core-owner~1] */
	TOLD(CORE_OWNER, record_copied,
	     "core 3: it is started for cell 'gateway', but its root shows another"),
	UNTOLD(CORE_OWNER, record_broken, "but its root shows another"),
	TOLD(CORE_OWNER, cores_of_one_number, "cores 2 and 3 have one MPIDR"),
	TOLD(CORE_OWNER, core_behind_its_cell,
	     "core 3: the blueprint gives it to cell 'gateway', whose record has"),
	TOLD(CORE_OWNER, core_behind_its_cell,
	     "core 3: in the record of cell 'gateway', but the blueprint gives"),
	TOLD(CORE_OWNER, core_of_another_number,
	     "core 3: the blueprint gives it to cell 'gateway', whose record"),
	TOLD(CORE_OWNER, core_unheard_of,
	     "core 99: in the record of cell 'gateway', but the blueprint gives it to nobody"),
	TOLD(CORE_OWNER, core_unassigned,
	     "core 3: in the record of cell 'gateway', but the blueprint gives it to nobody"),
	/* [utest->swr~audit-service-core~1] */
	TOLD(SERVICE_CORE, service_on_a_second_core, "core 3 of cell 'gateway' can't be the service core"),
	TOLD(SERVICE_CORE, service_of_another, "cell 'control': BP_CELL_SERVICE is wrong"),
	TOLD(CELLS, flags_unknown, "cell 'control': unknown flags 0x"), /* [utest->swr~audit-cells~1] */
	TOLD(CELLS, cell_twice, "cell 'gateway': not in the file, or twice in the image"),
	TOLD(CONSOLE, console_without_interrupt,
	     "log console should be on: flag 1, 1 emulated UARTs, SPI 0, ring there"),
	TOLD(CONSOLE, console_without_ring, "SPI 224, ring absent"), /* [utest->swr~audit-console~1] */
	TOLD(MODE, mode_of_another, "the file says direct"),	     /* [utest->swr~audit-mode~1] */
	TOLD(TIMES, timer_of_three,
	     "watched by EL2 for 2000000000 ns, by PPIs 0x4000000; file and board say 0, PPI 0"),
	/* [utest->swr~audit-doorbells~1] */
	TOLD(DOORBELL, bell_behind,
	     "cell 'gateway' writes 0x4 to 0x280 of the distributor, which is no doorbell"),
	TOLD(DOORBELL, bell_askew,
	     "cell 'gateway' writes 0x4 to 0x21d of the distributor, which is no doorbell"),
	TOLD(DOORBELL, bell_of_nothing,
	     "cell 'gateway' writes 0x0 to 0x21c of the distributor, which is no doorbell"),
	TOLD(DOORBELL, bell_twice, "channel 'setpoints': cell 'gateway' rings INTID 226 twice"),
	UNTOLD(DOORBELL, bell_and_nothing, "twice"), UNTOLD(DOORBELL, bell_and_another, "twice"),
	/* [utest->swr~audit-channels~1] */
	TOLD(CHANNELS, channel_of_no_party, "channel 'setpoints': cell 'control' has it, but is no party"),
	TOLD(CHANNELS, channel_askew, "channel 'setpoints': cell 'control' has 0x2000 bytes at 0x"),
	TOLD(CHANNELS, channel_empty, "channel 'setpoints': cell 'control' has 0x0 bytes at 0x"),
	TOLD(CHANNELS, channel_half, "channel 'setpoints': cell 'gateway' has it at 0x"),
	/* [utest->swr~audit-faults~1] */
	TOLD(FAULTS, fault_nonsense, "memory-violation costs stop, by the file it is restart"),
	TOLD(FAULTS, action_unheard_of, "memory-violation: action 77 (unknown) isn't admitted"),
	/* [utest->swr~audit-times~1] */
	TOLD(TIMES, window_of_one_number, "restart window 3 in 60000000000 ns, by the file it is 3"),
	TOLD(TIMES, window_long, "by the file it is 0000000000000003/60s"),
	TOLD(TIMES, window_of_letters, "by the file it is x/60s"),
	TOLD(TIMES, window_of_no_time, "by the file it is 3/60"),
	TOLD(TIMES, restarts_none, "restart window of 0 restarts"),
	TOLD(TIMES, restarts_many, "restart window of 33 restarts"),
	/* [utest->swr~audit-firmware~1] */
	TOLD(FIRMWARE, call_slow, "function 0x02000010 is passed to firmware, which no cell's may be"),
	TOLD(FIRMWARE, call_reserved, "function 0x82010010 is passed to firmware, which no cell's may be"),
	TOLD(FIRMWARE, call_of_architecture,
	     "function 0x80000010 is passed to firmware, which no cell's may be"),
	TOLD(FIRMWARE, call_of_hypervisor,
	     "function 0x85000010 is passed to firmware, which no cell's may be"),
	TOLD(FIRMWARE, call_of_its_vendor,
	     "function 0x86000010 is passed to firmware, which no cell's may be"),
	TOLD(FIRMWARE, calls_many, "17 functions passed to firmware, 16 are the most"),
	TOLD(FIRMWARE, calls_of_others,
	     "function 0x82000010 is passed to firmware, and the file doesn't say so"),
	TOLD(FIRMWARE, calls_of_others, "function 0x82000011 isn't passed to firmware, and the file says so"),
	/* [utest->swr~audit-interrupts~1] [utest->swr~audit-spi-owner~1] */
	TOLD(INTERRUPTS, message_below, "SPI 1: cell 'gateway''s"),
	TOLD(SPI_OWNER, word_of_ppis, "cell 'control': word 0 of spi_owned isn't zero"),
	TOLD(TREE_BOARD, interrupts_odd, "/rtc@9010000"),
	TOLD(INTERRUPTS, pmu_of_none, "it is to have the PMU, but lacks a PPI of it"),
	TOLD(INTERRUPTS, doorbell_beyond, "SPI 5000: cell 'control''s"),
	TOLD(INTERRUPTS, doorbell_behind, "SPI 300: cell 'control''s"),
	TOLD(INTERRUPTS, console_beyond, "SPI 5000: cell 'control''s"),
	/* [utest->swr~audit-layout~1] */
	TOLD(HV_LAYOUT, writable_none, "not in the part of memory meant for it"),
	UNTOLD(HV_LAYOUT, writable_below, "overlap"),
	TOLD(HV_LAYOUT, writable_over_image, "image and writable memory overlap"),
	TOLD(HV_LAYOUT, staged,
	     "bulkhead.bin and blueprint at 0x48000000 lies in the loader's staging range"),
	TOLD(HV_LAYOUT, state_in_the_image, "not in the part of memory meant for it"),
	TOLD(IMAGES, file_empty, "no image for bytes 0x0+0x0 of 'initrd.gz'"),
	UNTOLD(HV_LAYOUT, file_empty_in_memory, "image store and writable memory overlap"),
	TOLD(HV_LAYOUT, file_askew, "isn't page aligned"),
	/* [utest->swr~audit-window-places~1] */
	TOLD(WINDOW_PLACE, window_over_device, "a window lies at the IPA of /rtc@9010000, 0x9010000"),
	TOLD(WINDOW_PLACE, constants_highest,
	     "window at IPA 0x7000008000 isn't where 64 KiB of 0x49000000 are"),
	TOLD(WINDOW_PLACE, constants_over_ram, "window at IPA 0x44000000 lies in the board's RAM"),
	TOLD(WINDOW_PLACE, constants_over_emulated, "shares its 64 KiB with something else"),
	UNTOLD(WINDOW_PLACE, emulated_above, "shares its 64 KiB with something else"),
	/* [utest->swr~audit-emulated~1] */
	TOLD(EMULATED, emulated_endless, "emulated IPA 0x80c0000 isn't in order"),
	TOLD(EMULATED, emulated_empty, "emulated IPA 0x80c0000 isn't in order"),
	/* [utest->swr~audit-memory~1] */
	TOLD(MEMORY, region_askew, "region at IPA 0x40000008 isn't whole pages"),
	TOLD(MEMORY, region_empty, "region at IPA 0x4a600000 isn't whole pages"),
	TOLD(MEMORY, region_none, "regions of 0x0 bytes"),
	UNTOLD(PLACEMENT, region_none, "RAM starts at IPA"),
	/* [utest->swr~audit-revocation~1] [utest->swr~audit-service~1] */
	TOLD(REVOCATION, root_entry_elsewhere, "its record has another or lacks it"),
	TOLD(REVOCATION, root_entry_more, "its record lists"),
	TOLD(REVOCATION, root_outside, "root entries, the root has 0"),
	TOLD(SERVICE, service_of_another_interrupt,
	     "cell 'control': VTTBR, VTCR, flags or UART isn't its record's"),
	TOLD(SERVICE, service_of_fewer, "bp_service: 2 cells, the blueprint has 3"),
	TOLD(TABLE_PAGE, table_is_a_tree, "core 1's root: table 0x"), /* [utest->swr~audit-table-pages~1] */
};

static void what_decides_alone_is_told(void **state)
{
	tellings_run(ROWS(told));
}

/* [utest->swr~audit-interrupts~1] [utest->swr~audit-placement~1] */
static const struct telling admitted[] = {ADMITTED(interrupt_forbidden_and_odd),
					  ADMITTED(unprotected_behind_iommu)};

static void what_differs_and_is_good_is_admitted(void **state)
{
	tellings_run(ROWS(admitted));
}

TOLD_MAIN(what_decides_alone_is_told, what_differs_and_is_good_is_admitted)
