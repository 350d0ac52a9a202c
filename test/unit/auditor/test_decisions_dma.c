// SPDX-License-Identifier: Apache-2.0
/*
 * test_decisions_dma.c - stream tables and messages, what the service core has of them, and what the boot
 * compares: each condition of a rule's question decides it alone.
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

#define CHANGE(name, ...)	   MUTATION(name, fixture_pci_made(f); __VA_ARGS__)
#define MADE(name, text, from, to) REPLACED(name, fixture_pci_made, text, from, to)

static struct bp_channel *channels(struct fixture *f)
{
	return fixture_table(f->cell[GATEWAY], f->cell[GATEWAY]->channels);
}

/* ---- DMA tables and stream tables ---- */
CHANGE(channels_in_one_place, channels(f)[1].ipa = channels(f)[0].ipa;)
CHANGE(channel_of_no_place, channels(f)[0].pa = FREE_PA;)
CHANGE(channel_of_another_place, channels(f)[0].pa = f->state_pa[CONTROL];)
MADE(its_without_registers, board_text, "reg = <0 0x8080000 0 0x20000>;", "")
CHANGE(entry_word_4, made.entries[4] = 1;)
CHANGE(entry_word_6, made.entries[6] = 1;)
CHANGE(entry_word_7, made.entries[7] = 1;)
CHANGE(queue_reserved_bits, made.smmu->cmdq_base |= UINT64_C(1) << 60;)
CHANGE(queue_of_one, made.smmu->cmdq_base &= ~UINT64_C(0x1f);)
CHANGE(queue_below, made.smmu->cmdq_base = UINT64_C(1) << 62 | LOAD_PA | 8;)
CHANGE(no_second_stage, made.smmu->idr0 &= ~1u;)
CHANGE(no_long_tables, made.smmu->idr0 &= ~8u;)
CHANGE(no_small_pages, made.smmu->idr5 &= ~0x10u;)
CHANGE(smmu_twice, struct bp_smmu *list = (void *)(f->blueprint + 0xc00); list[0] = list[1] = *made.smmu;
       f->header->smmus = (struct bp_table){0xc00, 2};)

/* ---- what the service core has ---- */
#define NAMES "interrupt-names = \"eventq\", \"gerror\";"
MADE(interrupts_nameless, board_text, NAMES, "")
MADE(interrupts_of_no_names, board_text, NAMES, "interrupt-names = \"eventq\", \"gerror\", \"\";")
MADE(interrupts_of_other_names, board_text, NAMES, "interrupt-names = \"evtq\", \"gerror\";")
MADE(interrupts_fewer_than_names, board_text, "<0 74 1>, <0 77 1>;", "<0 74 1>;")
CHANGE(page_unmapped, made.service_smmu->page0_va = EL2_VA_SERVICE + 0x800000;)
CHANGE(events_longer, made.service_smmu->eventq_log2 = 8;)
CHANGE(no_event_interrupt, made.service_smmu->event_intid = 0;)
CHANGE(another_error_interrupt, made.service_smmu->error_intid = 106;)

/* ---- messages ---- */
enum { MAPC_GATEWAY, MAPC_HEALTH, MAPD_NIC, EVENT_230 };
static uint64_t *word(unsigned int command, unsigned int number)
{
	return made.commands + command * UINT64_C(4) + number;
}
CHANGE(table_below, made.its->baser[0] = UINT64_C(1) << 63 | made.its->baser_kind[0] | LOAD_PA;)
CHANGE(pending_empty, made.lpi_cores[1].propbaser &= ~UINT64_C(0x1f);)
/* The control cell's tree lies where the queue is. */
CHANGE(queue_is_a_tree, struct bp_image *images = fixture_table(f->cell[CONTROL], f->cell[CONTROL]->images);
       f->guest_pa[CONTROL] = images[1].pa = made.its->cbaser & 0xfffff000;)
#define BY_ADDRESS (UINT64_C(1) << 19)
CHANGE(targets_by_number, made.its->typer |= BY_ADDRESS;
       fixture_replace(&f->machine_text, "<0x1ef71 ", "<0x9ef71 ");)
MUTATION(targets_by_address, targets_by_number(f);
	 *word(MAPC_GATEWAY, 2) = UINT64_C(1) << 63 | (GICR_PA + 2 * 0x20000) | GATEWAY;
	 *word(MAPC_HEALTH, 2) = UINT64_C(1) << 63 | GICR_PA | HEALTH; *word(9, 2) = GICR_PA + 2 * 0x20000;
	 *word(10, 2) = GICR_PA;)
MUTATION(target_of_no_core, targets_by_address(f); made.lpi_cores[1].core = 99;)
CHANGE(first_without_messages, f->cell[CONTROL]->lpi_first = 9000;)
CHANGE(cell_unknown, f->cell[CONTROL]->magic = 0;)
CHANGE(event_below, *word(EVENT_230, 1) = UINT64_C(8191) << 32 | 230;)
CHANGE(event_above, *word(EVENT_230, 1) = UINT64_C(16384) << 32 | 230;)
CHANGE(core_of_nobody, made.lpi_cores[1].core = 3; f->boot[3].root_pa = 0;)
CHANGE(core_beyond, made.lpi_cores[1].core = 99;)
CHANGE(core_window_unmapped, made.lpi_cores[1].gicr_va = BOOT_WINDOWS + 0x8000000;)
CHANGE(core_twice, made.lpi_cores[1].core = 0;)
CHANGE(core_reserved_bits, made.lpi_cores[0].propbaser |= UINT64_C(1) << 60;
       made.lpi_cores[1].propbaser |= UINT64_C(1) << 60;)
CHANGE(its_twice, struct bp_its *list = (void *)(f->blueprint + 0xc00); list[0] = list[1] = *made.its;
       f->header->itss = (struct bp_table){0xc00, 2};)

/* ---- what the boot compares ---- */
MADE(smmu_unstated, machine_text, "smmu {", "smmu-v3 {")
MADE(its_unstated, machine_text, "its {", "its-v3 {")

static const struct telling told[] = {
	/* [utest->swr~audit-dma~1] */
	TOLD(DMA, channels_in_one_place, "IPA 0xb010000 is to be two things for DMA, as is 0xb010000"),
	TOLD(DMA, channel_of_no_place, "0x2000 bytes) at IPA 0xb010000 with rw"),
	TOLD(DMA, channel_of_another_place, "0x2000 bytes) at IPA 0xb010000 with rw"),
	TOLD(DMA, its_without_registers, "its functions reach 0x8090000 (0x1000 bytes) at IPA 0x8090000"),
	/* [utest->swr~audit-streams~1] */
	TOLD(STREAMS, entry_word_4, "StreamID 0x100 of cell 'gateway' has reserved bits"),
	TOLD(STREAMS, entry_word_6, "StreamID 0x100 of cell 'gateway' has reserved bits"),
	TOLD(STREAMS, entry_word_7, "StreamID 0x100 of cell 'gateway' has reserved bits"),
	TOLD(STREAMS, queue_reserved_bits, "a queue isn't in the hypervisor's writable memory"),
	TOLD(STREAMS, queue_of_one, "a queue isn't in the hypervisor's writable memory"),
	TOLD(STREAMS, queue_below, "a queue isn't in the hypervisor's writable memory"),
	TOLD(STREAMS, no_second_stage, "it has no stage 2 of AArch64's 4 KiB pages"),
	TOLD(STREAMS, no_long_tables, "it has no stage 2 of AArch64's 4 KiB pages"),
	TOLD(STREAMS, no_small_pages, "it has no stage 2 of AArch64's 4 KiB pages"),
	TOLD(STREAMS, smmu_twice, "it is listed twice (0x9050000)"),
	/* [utest->swr~audit-stream-lists~1] */
	TOLD(STREAM_LISTS, interrupts_nameless, "the interrupts aren't the board's eventq and gerror"),
	TOLD(STREAM_LISTS, interrupts_of_no_names, "the interrupts aren't the board's eventq and gerror"),
	TOLD(STREAM_LISTS, interrupts_of_other_names, "the interrupts aren't the board's eventq and gerror"),
	TOLD(STREAM_LISTS, interrupts_fewer_than_names,
	     "the interrupts aren't the board's eventq and gerror"),
	TOLD(STREAM_LISTS, page_unmapped, "registers or a queue aren't where its record says"),
	TOLD(STREAM_LISTS, events_longer, "a queue has another length than its register says"),
	TOLD(STREAM_LISTS, no_event_interrupt, "the interrupts aren't the board's eventq and gerror (0x0)"),
	TOLD(STREAM_LISTS, another_error_interrupt,
	     "the interrupts aren't the board's eventq and gerror (0x6a)"),
	/* [utest->swr~audit-messages~1] */
	TOLD(MESSAGES, table_below, "a table isn't flat, aligned, in writable memory, alone"),
	TOLD(MESSAGES, pending_empty, "LPIs of core 2: its table of pending LPIs isn't aligned"),
	TOLD(MESSAGES, queue_is_a_tree, "its command queue isn't one in the blueprint, with room"),
	TOLD(MESSAGES, targets_by_number, "a collection goes to no core that takes LPIs (0x20000)"),
	TOLD(MESSAGES, target_of_no_core, "a collection goes to no core that takes LPIs (0x80e0000)"),
	UNTOLD(MESSAGES, target_of_no_core, "a collection goes to no core that takes LPIs (0x80a0000)"),
	TOLD(RECORD, cell_unknown, "no sound record at"),
	TOLD(MESSAGES, event_below, "an LPI is beyond the redistributors' table (0x1fff)"),
	TOLD(MESSAGES, event_above, "an LPI is beyond the redistributors' table (0x4000)"),
	TOLD(MESSAGES, core_of_nobody, "LPIs of core 3: it is no cell's first core"),
	TOLD(MESSAGES, core_beyond, "LPIs of core 99: it is no cell's first core"),
	TOLD(MESSAGES, core_window_unmapped, "LPIs of core 2: the boot root has another redistributor there"),
	TOLD(MESSAGES, core_twice, "LPIs of core 0: it is listed twice"),
	TOLD(MESSAGES, core_reserved_bits, "LPIs of core 0: its table of LPIs isn't one in the blueprint"),
	TOLD(MESSAGES, its_twice, "it is listed twice (0x8080000)"),
	TOLD(MESSAGE_LISTS, first_without_messages,
	     "it has no LPIs, but a first one"), /* [utest->swr~audit-message-lists~1] */
	/* [utest->swr~audit-machine~1] */
	TOLD(MACHINE, smmu_unstated, "bp_smmu: idr0 is 0x800001b, machine.dts says 0x0"),
	TOLD(MACHINE, its_unstated, "bp_its: typer is 0x1ef71, machine.dts says 0x0"),
};

static void what_decides_alone_is_told(void **state)
{
	tellings_run(ROWS(told));
}

/* [utest->swr~audit-messages~1] */
static const struct telling admitted[] = {ADMITTED(targets_by_address)};

static void what_differs_and_is_good_is_admitted(void **state)
{
	tellings_run(ROWS(admitted));
}

TOLD_MAIN(what_decides_alone_is_told, what_differs_and_is_good_is_admitted)
