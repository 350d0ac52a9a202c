// SPDX-License-Identifier: Apache-2.0
/*
 * test_pci.c - PCI functions: inventory, owners, and what they may do to each other and to other cells.
 *
 * Robustness: wrong_functions_are_caught
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

#define MUTATION(name) static void name(struct fixture *f)
/* The inputs with one change. */
#define INPUTS(name, text, from, to)                                                                         \
	MUTATION(name)                                                                                       \
	{                                                                                                    \
		fixture_pci_inputs(f);                                                                       \
		fixture_replace(&f->text, from, to);                                                         \
	}

INPUTS(inventory_unknown, pci_text, "bulkhead,pci-v1", "bulkhead,pci-v9")
INPUTS(address_wrong, pci_text, "0000:02:00.0", "0000:02:0g.0")
INPUTS(address_twice, pci_text, "0000:02:00.1", "0000:02:00.0")
MUTATION(address_virtual)
{
	fixture_pci_inputs(f);
	fixture_replace(&f->pci_text, "0000:01:10.2", "0000:02:00.2");
	fixture_replace(&f->pci_text, "0000:00:02.0", "0000:01:10.2");
}
INPUTS(vendor_missing, pci_text, "vendor", "vendour")
INPUTS(bar_odd, pci_text, "0 0x4000 0x40200", "0 0x4001 0x40200")
INPUTS(bar_beyond, pci_text, "0 0x4000 0x40200 0 0 0 0 0x4000 0x140204 0 0 0 0 0 0 0 0 0",
       "0 0x4000 0x40200 0 0 0 0 0 0 0 0 0 0 0 0 0 0x4000 0x140204")
MUTATION(virtual_endless)
{
	fixture_pci_inputs(f);
	fixture_replace(&f->pci_text, "0200020000000000", "ffffffff00000000");
}
#define GATEWAY_ASKS(name, what)                                                                             \
	MUTATION(name)                                                                                       \
	{                                                                                                    \
		fixture_pci_inputs(f);                                                                       \
		fixture_replace(&f->partition_text, "boot-timeout = ", "pci = " what "; boot-timeout = ");   \
	}
GATEWAY_ASKS(name_unknown, "\"nick\"")
GATEWAY_ASKS(virtual_unknown, "\"nic.vf2\"")
GATEWAY_ASKS(virtual_unnumbered, "\"nic.vf\"")
GATEWAY_ASKS(address_unknown, "\"0000:03:00.0\"")
GATEWAY_ASKS(bridge_asked, "\"0000:00:01.0\"")
GATEWAY_ASKS(asked_twice, "\"nic\", \"0000:01:00.0\"")
GATEWAY_ASKS(asked_not_given, "\"nic\"")

/* The first disk is an Intel 6300ESB's watchdog. */
static void watchdog_inputs(struct fixture *f, const char *health, const char *gateway)
{
	fixture_pci_inputs(f);
	fixture_replace(&f->pci_text, "vendor = <0x1b36>; device = <0x10>",
			"vendor = <0x8086>; device = <0x25ab>");
	fixture_replace(&f->pci_text, "361b1000", "8680ab25");
	fixture_replace(&f->partition_text, "image = \"health.elf\";", health);
	fixture_replace(&f->partition_text, "boot-timeout = ", gateway);
}
MUTATION(watchdog_of_health)
{
	watchdog_inputs(f, "image = \"health.elf\"; pci = \"disk\";", "boot-timeout = ");
}
MUTATION(watchdog_of_another)
{
	watchdog_inputs(f, "image = \"health.elf\";", "pci = \"disk\"; boot-timeout = ");
}

static void both_disks(struct fixture *f, const char *health, const char *gateway)
{
	fixture_pci_inputs(f);
	fixture_replace(&f->partition_text, "image = \"health.elf\";", health);
	fixture_replace(&f->partition_text, "boot-timeout = ", gateway);
}
MUTATION(no_acs)
{
	both_disks(f, "image = \"health.elf\"; pci = \"disk\";", "pci = \"twin\"; boot-timeout = ");
}
MUTATION(one_allows)
{
	both_disks(f, "image = \"health.elf\"; pci = \"disk\"; allow-peer-dma;",
		   "pci = \"twin\"; boot-timeout = ");
}
MUTATION(both_allow)
{
	both_disks(f, "image = \"health.elf\"; pci = \"disk\"; allow-peer-dma;",
		   "pci = \"twin\"; allow-peer-dma; boot-timeout = ");
}
MUTATION(port_without)
{
	both_disks(f, "image = \"health.elf\"; pci = \"disk\";", "pci = \"nic\"; boot-timeout = ");
}
MUTATION(one_stream)
{
	fixture_pci_asked(f);
	fixture_replace(&f->board_text, "iommu-map =", "iommu-map-mask = <0xff00>; iommu-map =");
}
MUTATION(one_device)
{
	fixture_pci_asked(f);
	fixture_replace(&f->board_text, "msi-map =", "msi-map-mask = <0xff00>; msi-map =");
}
MUTATION(behind_a_bridge)
{
	fixture_pci_asked(f);
	fixture_replace(&f->pci_text, "1000420000", "1000720000");
}
MUTATION(no_iommu)
{
	fixture_pci_asked(f);
	fixture_replace(&f->board_text, "iommu-map = <0 6 0 0x10000>;", "");
}
MUTATION(iommu_off)
{
	fixture_pci_asked(f);
	fixture_replace(&f->board_text, "smmuv3@9050000 {", "smmuv3@9050000 { status = \"disabled\";");
}

MUTATION(parent_for_messages)
{
	fixture_pci_asked(f);
	fixture_replace(&f->board_text, "msi-map = <0 7 0 0x10000>;", "msi-parent = <7>;");
}

#define ROW(rule, name) {#name, name, RULE_##rule}
static const struct mutation rows[] = {
	ROW(INPUT, inventory_unknown), /* [utest->swr~audit-pci-inventory~1] */
	ROW(INPUT, address_wrong),
	ROW(INPUT, address_twice),
	ROW(INPUT, address_virtual),
	ROW(INPUT, vendor_missing),
	ROW(INPUT, bar_odd),
	ROW(INPUT, bar_beyond),
	ROW(INPUT, virtual_endless),
	ROW(PCI, name_unknown), /* [utest->swr~audit-pci-owners~1] */
	ROW(PCI, virtual_unknown),
	ROW(PCI, virtual_unnumbered),
	ROW(PCI, address_unknown),
	ROW(PCI, bridge_asked),
	ROW(PCI, asked_twice),
	ROW(PCI, asked_not_given),
	ROW(PCI_GROUP, no_acs), /* [utest->swr~audit-pci-groups~1] */
	ROW(PCI_GROUP, one_allows),
	ROW(PCI_GROUP, port_without),
	ROW(PCI_GROUP, one_stream),
	ROW(PCI_GROUP, one_device),
	ROW(PCI_GROUP, behind_a_bridge),
	ROW(BUS_MASTER, no_iommu),
	ROW(BUS_MASTER, iommu_off),
	ROW(FORBIDDEN, watchdog_of_another), /* [utest->swr~audit-forbidden-devices~1] */
};

static void wrong_functions_are_caught(void **state)
{
	mutations_run(rows, sizeof(rows) / sizeof(rows[0]));
}

/* [utest->swr~audit-pci-inventory~1]
 * [utest->swr~audit-pci-owners~1] */
static void the_inventory_is_read(void **state)
{
	struct fixture f;
	struct audit audit;
	const struct pci_function *at;

	mutation_audit(&f, &audit, fixture_pci_inputs);
	report_print(&audit.report, "inventory", stderr);
	assert_int_equal(audit.report.total, 0);
	assert_int_equal(audit.report.exception_count, 0);
	assert_int_equal(audit.pci.count, PCI_FUNCTIONS);
	audit_close(&audit);
	fixture_free(&f);
	mutation_audit(&f, &audit, fixture_pci_asked);
	at = audit.pci.functions; /* by address: two ports, the NIC, its virtual functions, the disks */
	assert_true(at[0].kind == PCI_PORT && at[0].acs && at[1].kind == PCI_PORT && !at[1].acs);
	assert_true(at[2].owner == GATEWAY && at[2].parent == 0 && at[2].stream == 0x100 &&
		    at[2].device_id == 0x100);
	assert_true(at[3].owner == HEALTH && at[3].physical == 2 && at[3].vf == 0 && at[3].stream == 0x180);
	assert_true(at[4].owner == CELL_NONE_ID && at[4].physical == 2 && at[4].vf == 1 &&
		    at[4].device == 0x10ca);
	assert_true(at[2].bars[0].size == 0x4000 && at[2].bars[2].wide && at[3].bars[0].size == 0x1000);
	assert_int_equal(pci_config_pa(&audit.pci, &at[3]), UINT64_C(0x4010180000));
	assert_int_equal(pci_enabled(&audit.pci, 2), 1);
	assert_true(pci_present(&audit.pci, 3) && !pci_present(&audit.pci, 4));
	assert_true(audit.pci.hosts[0].window_count == 2 && audit.pci.hosts[0].windows[1].wide);
	audit_close(&audit);
	fixture_free(&f);
	mutation_audit(&f, &audit, parent_for_messages);
	assert_true(audit.pci.functions[3].its && audit.pci.functions[3].device_id == 0x180);
	audit_close(&audit);
	fixture_free(&f);
}

static size_t told(void (*apply)(struct fixture *), enum unisolated kind)
{
	struct fixture f;
	struct audit audit;
	size_t count = 0;

	mutation_audit(&f, &audit, apply);
	assert_int_equal(audit.report.by_rule[RULE_PCI_GROUP], 0);
	for (size_t i = 0; i < audit.report.exception_count; i++)
		count += audit.report.exceptions[i].kind == kind;
	audit_close(&audit);
	fixture_free(&f);
	return count;
}

/* [utest->swr~audit-pci-groups~1] */
static void what_no_table_isolates_is_told(void **state)
{
	assert_int_equal(told(both_allow, UNISOLATED_PEER), 1);
	assert_int_equal(told(fixture_pci_asked, UNISOLATED_PEER), 0);
	assert_int_equal(told(fixture_pci_asked, UNISOLATED_DEVICE), 1);
	assert_int_equal(told(both_allow, UNISOLATED_DEVICE), 0);
}

/* [utest->swr~audit-forbidden-devices~1] */
static void health_may_have_a_watchdog(void **state)
{
	struct fixture f;
	struct audit audit;

	mutation_audit(&f, &audit, watchdog_of_health);
	assert_int_equal(audit.report.by_rule[RULE_FORBIDDEN], 0);
	audit_close(&audit);
	fixture_free(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(wrong_functions_are_caught),
					   cmocka_unit_test(the_inventory_is_read),
					   cmocka_unit_test(health_may_have_a_watchdog),
					   cmocka_unit_test(what_no_table_isolates_is_told)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
