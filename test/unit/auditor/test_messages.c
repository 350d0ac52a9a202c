// SPDX-License-Identifier: Apache-2.0
/*
 * test_messages.c - what a function's message leads to: the ITS's commands, tables and the cells' LPIs.
 *
 * Robustness: wrong_messages_are_caught
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

/* The good tables with one change. */
#define CHANGE(name, ...)                                                                                    \
	static void name(struct fixture *f)                                                                  \
	{                                                                                                    \
		fixture_pci_made(f);                                                                         \
		__VA_ARGS__                                                                                  \
	}

enum {
	MAPC_GATEWAY,
	MAPC_HEALTH,
	MAPD_NIC,
	EVENT_230,
	EVENT_231,
	MAPD_VF,
	EVENT_232,
	INVALL_GATEWAY,
	INVALL_HEALTH,
	SYNC_GATEWAY,
	SYNC_HEALTH
};

static uint64_t *word(unsigned int command, unsigned int number)
{
	return made.commands + command * UINT64_C(4) + number;
}

static void swap(unsigned int one, unsigned int other)
{
	for (unsigned int i = 0; i < 4; i++) {
		const uint64_t copy = *word(one, i);

		*word(one, i) = *word(other, i);
		*word(other, i) = copy;
	}
}

CHANGE(device_zero, *word(MAPD_VF, 0) &= 0xff;)
/* A board whose map gives the NIC DeviceID 0: all agrees, but for what else writes under it. */
CHANGE(device_zero_owned, fixture_replace(&f->board_text, "msi-map = <0 7", "msi-map = <0x100 7");
       for (unsigned int i = MAPD_NIC; i <= EVENT_232; i++) * word(i, 0) -= UINT64_C(0x100) << 32;)
CHANGE(device_unowned, *word(MAPD_VF, 0) += UINT64_C(2) << 32;)
CHANGE(device_of_another, *word(EVENT_232, 0) = *word(EVENT_230, 0);)
CHANGE(device_twice, *word(MAPD_VF, 0) = *word(MAPD_NIC, 0);)
CHANGE(device_unmapped, *word(EVENT_232, 0) += UINT64_C(8) << 32;)
CHANGE(device_beyond, made.its->typer = 0x0ef71 & ~0x1e000u;)
CHANGE(devices_few, made.its->baser_kind[0] |= UINT64_C(24) << 48; made.its->baser[0] |= UINT64_C(24) << 48;)
CHANGE(events_many, *word(MAPD_VF, 1) = 31;)
CHANGE(event_beyond, *word(MAPD_VF, 1) = 6;)
CHANGE(event_twice, *word(EVENT_231, 1) = UINT64_C(8193) << 32 | 230;)
CHANGE(event_other_number, *word(EVENT_232, 1) += 1;)
CHANGE(event_raises_another, *word(EVENT_232, 1) = UINT64_C(8193) << 32 | 232;)
CHANGE(event_raises_none, *word(EVENT_232, 1) = UINT64_C(8195) << 32 | 232;)
CHANGE(two_raise_one, *word(EVENT_231, 1) = UINT64_C(8192) << 32 | 231;)
CHANGE(event_elsewhere, *word(EVENT_232, 2) = GATEWAY;)
CHANGE(event_nowhere, *word(EVENT_232, 2) = 9;)
CHANGE(table_of_events_unaligned, *word(MAPD_VF, 2) += 0x80;)
CHANGE(table_of_events_outside, *word(MAPD_VF, 2) = UINT64_C(1) << 63 | FREE_PA;)
CHANGE(tables_of_events_one, *word(MAPD_VF, 2) = *word(MAPD_NIC, 2);)
CHANGE(table_of_events_used, *word(MAPD_VF, 2) = UINT64_C(1) << 63 | f->heartbeat_pa[0];)
CHANGE(device_unmaps, *word(MAPD_VF, 2) &= ~(UINT64_C(1) << 63);)
CHANGE(collection_unmaps, *word(MAPC_HEALTH, 2) &= ~(UINT64_C(1) << 63);)
CHANGE(collection_twice, *word(MAPC_HEALTH, 2) = *word(MAPC_GATEWAY, 2);)
CHANGE(collection_to_no_core, *word(MAPC_HEALTH, 2) |= UINT64_C(1) << 16;)
CHANGE(collections_swapped, *word(MAPC_HEALTH, 2) = UINT64_C(1) << 63 | UINT64_C(2) << 16 | HEALTH;
       *word(MAPC_GATEWAY, 2) = UINT64_C(1) << 63 | GATEWAY;)
CHANGE(collections_none, made.its->baser[1] = 0;)
CHANGE(command_moves, *word(INVALL_HEALTH, 0) = 0x01;)
CHANGE(command_interrupts, *word(INVALL_HEALTH, 0) = UINT64_C(0x100) << 32 | 0x03;)
CHANGE(command_virtual, *word(INVALL_HEALTH, 0) = 0x2a;)
CHANGE(command_reserved, *word(SYNC_HEALTH, 3) = 1;)
CHANGE(command_early, *word(INVALL_GATEWAY, 0) = 0x05; *word(INVALL_GATEWAY, 2) = 0;)
CHANGE(event_before_device, swap(EVENT_230, MAPD_NIC);)
CHANGE(invalidated_too_early, swap(INVALL_GATEWAY, EVENT_231);)
CHANGE(invalidated_unmapped, *word(INVALL_GATEWAY, 2) = 9;)
CHANGE(invalidates_another, *word(INVALL_GATEWAY, 2) = HEALTH;)
CHANGE(commands_cut, made.its->commands = 7 * 32;)
CHANGE(commands_odd, made.its->commands -= 8;)
CHANGE(commands_full, made.its->commands = 4096;)
CHANGE(queue_outside, made.its->cbaser = UINT64_C(1) << 63 | FREE_PA;)
CHANGE(queue_invalid, made.its->cbaser &= ~(UINT64_C(1) << 63);)
CHANGE(queue_unaligned, made.its->cbaser += 0x1000;)
CHANGE(its_elsewhere, made.its->pa = ITS_PA + 0x40000;)
CHANGE(its_not_compared, made.its->typer_mask = 0;)
CHANGE(its_without_lpis, made.its->typer &= ~UINT64_C(1);)
CHANGE(table_kind, made.its->baser_kind[0] ^= UINT64_C(1) << 48;)
CHANGE(table_indirect, made.its->baser[0] |= UINT64_C(1) << 62;)
CHANGE(table_invalid, made.its->baser[0] &= ~(UINT64_C(1) << 63);)
CHANGE(table_outside, made.its->baser[0] = UINT64_C(1) << 63 | made.its->baser_kind[0] | FREE_PA;)
CHANGE(tables_one,
       made.its->baser[1] = UINT64_C(1) << 63 | made.its->baser_kind[1] | (made.its->baser[0] & 0xfffff000);)
CHANGE(table_long, made.its->baser[0] |= 0xff;)
CHANGE(lpis_low, f->cell[HEALTH]->lpi_first = 1000;)
CHANGE(lpis_shared, f->cell[HEALTH]->lpi_first = 8193;)
CHANGE(bell_of_another, made.lpis[HEALTH][0] = bell(230);)
CHANGE(bell_of_nobody, made.lpis[HEALTH][0] = bell(240);)
CHANGE(bell_elsewhere, made.lpis[HEALTH][0].offset = 0x80;)
CHANGE(bell_many, made.lpis[HEALTH][0].bit |= 1;)
CHANGE(core_other, made.lpi_cores[1].core = 3;)
CHANGE(core_processor, made.lpi_cores[1].processor = 0;)
CHANGE(core_processor_swapped, made.lpi_cores[0].processor = 2; made.lpi_cores[1].processor = 0;
       *word(MAPC_GATEWAY, 2) &= ~(UINT64_C(3) << 16); *word(MAPC_HEALTH, 2) |= UINT64_C(2) << 16;)
CHANGE(otherwise_typer, made.its->typer ^= UINT64_C(1) << 36;)
CHANGE(otherwise_mask, made.its->typer_mask &= ~(UINT64_C(1) << 36);)
CHANGE(otherwise_kind, made.its->baser_kind[2] = UINT64_C(2) << 56;)
CHANGE(fewer_messages, fixture_replace(&f->partition_text, "msis = <2>;", "msis = <1>;");)
CHANGE(more_messages, fixture_replace(&f->partition_text, "msis = <2>;", "msis = <3>;");)
CHANGE(messages_by_default, fixture_replace(&f->partition_text, "msis = <1>;", "");)
CHANGE(core_window, made.lpi_cores[1].gicr_va += 0x20000;)
CHANGE(core_config_outside, made.lpi_cores[0].propbaser = made.lpi_cores[1].propbaser = FREE_PA | 13;)
CHANGE(core_config_two, made.lpi_cores[1].propbaser ^= 0x400;)
CHANGE(core_config_short, made.lpi_cores[0].propbaser = made.lpi_cores[1].propbaser -= 1;)
CHANGE(core_pending_outside, made.lpi_cores[1].pendbaser = FREE_PA;)
CHANGE(core_pending_one, made.lpi_cores[1].pendbaser = made.lpi_cores[0].pendbaser;)
CHANGE(core_pending_reserved, made.lpi_cores[1].pendbaser |= 1;)
CHANGE(spi_level, f->cell[HEALTH]->spi_edge[7] &= ~(1u << 8); f->header->spi_edge[7] &= ~(1u << 8);)
CHANGE(spi_wired, made.lpis[HEALTH][0] = bell(33);)
CHANGE(spi_not_owned, f->cell[HEALTH]->spi_owned[7] &= ~(1u << 8);)
CHANGE(spi_taken, made.lpis[GATEWAY][1] = bell(225);)
CHANGE(not_all_events, *word(EVENT_231, 1) = UINT64_C(8193) << 32 | 233;)
CHANGE(lpi_off, made.config[2] &= 0xfe;)
CHANGE(lpi_on, made.config[3] |= 1;)
CHANGE(lpi_first_of_all, made.config[2] = 3;)
CHANGE(asks_by_another, f->cell[HEALTH]->dma_intid = 109;)
CHANGE(asks_by_none, f->cell[HEALTH]->dma_intid = 0;)
CHANGE(asks_without_streams, f->cell[CONTROL]->dma_intid = 106;)
CHANGE(tables_in_a_cell,
       fixture_map(f, f->stage2_root[GATEWAY], UINT64_C(0x60000000), PENDING_PA, 4096, STAGE2_DMA);)
CHANGE(commands_in_a_core, fixture_map(f, f->boot[0].root_pa, SERVICE_PCI + 0x80000,
				       made.its->cbaser & 0xfffff000, 4096, EL2_WRITE);)
CHANGE(window_elsewhere, made.its->va += 0x10000;)

#define ROW(rule, name) {#name, name, RULE_##rule}
static const struct mutation rows[] = {
	ROW(MESSAGES, device_zero), /* [utest->swr~audit-messages~1] */
	ROW(MESSAGES, device_zero_owned),
	ROW(MESSAGES, device_unowned),
	ROW(MESSAGES, device_of_another),
	ROW(MESSAGES, device_twice),
	ROW(MESSAGES, device_unmapped),
	ROW(MESSAGES, device_beyond),
	ROW(MESSAGES, devices_few),
	ROW(MESSAGES, events_many),
	ROW(MESSAGES, event_beyond),
	ROW(MESSAGES, event_twice),
	ROW(MESSAGES, event_other_number),
	ROW(MESSAGES, event_raises_another),
	ROW(MESSAGES, event_raises_none),
	ROW(MESSAGES, two_raise_one),
	ROW(MESSAGES, event_elsewhere),
	ROW(MESSAGES, event_nowhere),
	ROW(MESSAGES, table_of_events_unaligned),
	ROW(MESSAGES, table_of_events_outside),
	ROW(HV_LAYOUT, tables_of_events_one),
	ROW(HV_LAYOUT, table_of_events_used),
	ROW(MESSAGES, device_unmaps),
	ROW(MESSAGES, collection_unmaps),
	ROW(MESSAGES, collection_twice),
	ROW(MESSAGES, collection_to_no_core),
	ROW(MESSAGES, collections_swapped),
	ROW(MESSAGES, collections_none),
	ROW(MESSAGES, command_moves),
	ROW(MESSAGES, command_interrupts),
	ROW(MESSAGES, command_virtual),
	ROW(MESSAGES, command_reserved),
	ROW(MESSAGES, command_early),
	ROW(MESSAGES, event_before_device),
	ROW(MESSAGES, invalidated_too_early),
	ROW(MESSAGES, invalidated_unmapped),
	ROW(MESSAGES, invalidates_another),
	ROW(MESSAGES, commands_cut),
	ROW(MESSAGES, commands_odd),
	ROW(MESSAGES, commands_full),
	ROW(MESSAGES, queue_outside),
	ROW(MESSAGES, queue_invalid),
	ROW(MESSAGES, queue_unaligned),
	ROW(MESSAGES, its_elsewhere),
	ROW(MESSAGES, its_not_compared),
	ROW(MESSAGES, its_without_lpis),
	ROW(MESSAGES, table_kind),
	ROW(MESSAGES, table_indirect),
	ROW(MESSAGES, table_invalid),
	ROW(MESSAGES, table_outside),
	ROW(HV_LAYOUT, tables_one),
	ROW(HV_LAYOUT, table_long),
	ROW(MESSAGES, lpis_low),
	ROW(MESSAGES, lpis_shared),
	ROW(MESSAGES, bell_of_another),
	ROW(MESSAGES, bell_of_nobody),
	ROW(MESSAGES, bell_elsewhere),
	ROW(MESSAGES, bell_many),
	ROW(MESSAGES, core_other),
	ROW(MESSAGES, core_processor),
	ROW(MESSAGES, core_window),
	ROW(MESSAGES, core_config_outside),
	ROW(MESSAGES, core_config_two),
	ROW(MESSAGES, core_config_short),
	ROW(MESSAGES, core_pending_outside),
	ROW(HV_LAYOUT, core_pending_one),
	ROW(MESSAGES, core_pending_reserved),
	ROW(MACHINE, core_processor_swapped), /* [utest->swr~audit-machine~1] */
	ROW(MACHINE, otherwise_typer),
	ROW(MACHINE, otherwise_mask),
	ROW(MACHINE, otherwise_kind),
	ROW(INTERRUPTS, fewer_messages), /* [utest->swr~audit-interrupts~1] */
	ROW(INTERRUPTS, more_messages),
	ROW(INTERRUPTS, messages_by_default),
	ROW(TRIGGERS, spi_level),
	ROW(INTERRUPTS, spi_wired),
	ROW(INTERRUPTS, spi_not_owned),
	ROW(INTERRUPTS, spi_taken),
	ROW(MESSAGE_LISTS, not_all_events), /* [utest->swr~audit-message-lists~1] */
	ROW(MESSAGE_LISTS, lpi_off),
	ROW(MESSAGE_LISTS, lpi_on),
	ROW(MESSAGE_LISTS, lpi_first_of_all),
	ROW(STREAM_LISTS, asks_by_another),
	ROW(STREAM_LISTS, asks_by_none),
	ROW(STREAM_LISTS, asks_without_streams),
	ROW(HV_MEMORY, tables_in_a_cell),
	ROW(EL2_EXTRA, commands_in_a_core),
	ROW(BOOT_ROOT, window_elsewhere),
};

static void wrong_messages_are_caught(void **state)
{
	mutations_run(rows, sizeof(rows) / sizeof(rows[0]));
}

/* [utest->swr~audit-messages~1] */
/* [utest->swr~audit-message-lists~1] */
static void good_messages_are_admitted(void **state)
{
	struct fixture f;
	struct audit audit;

	mutation_audit(&f, &audit, fixture_pci_made);
	report_print(&audit.report, "messages", stderr);
	assert_int_equal(audit.report.total, 0);
	audit_close(&audit);
	fixture_free(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(good_messages_are_admitted),
					   cmocka_unit_test(wrong_messages_are_caught)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
