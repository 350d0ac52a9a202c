// SPDX-License-Identifier: Apache-2.0
/*
 * test_guest.c - the guest tree as a cell reads it.
 *
 * Both ranges: boot_state
 * Robustness: missing, foreign_tree
 */
#include "test.h"

#include <stdio.h>
#include <stdlib.h>

#include <libfdt.h>

#include "guest.h"

#define TREE_BYTES 65536

static char tree[TREE_BYTES];
static struct guest guest;

static int load(void **state)
{
	FILE *file = fopen("build/unit/cells/guest.dtb", "rb");
	static char bytes[TREE_BYTES];

	if (!file || !fread(bytes, 1, sizeof(bytes), file))
		return -1;
	fclose(file);
	return fdt_open_into(bytes, tree, sizeof(tree));
}

static void whole_tree(void **state)
{
	const struct guest_channel *channel;

	assert_null(guest_read(&guest, tree));
	assert_string_equal(guest.name, "gateway");
	assert_int_equal(guest.index, 2);
	assert_int_equal(guest.ram_count, 3);
	assert_int_equal(guest.ram[0].base, 0x140000000);
	assert_int_equal(guest.ram[1].base, 0x200000000);
	assert_int_equal(guest.ram[2].size, 0x800000);
	assert_int_equal(guest.core_count, 2);
	assert_int_equal(guest.mpidr[0], 0x100);
	assert_int_equal(guest.mpidr[1], 0x100000101); /* affinity fields only */
	assert_int_equal(guest.gicd.base, 0x20000);
	assert_int_equal(guest.gicr_count, 2);
	assert_int_equal(guest.gicr[1].base, 0x140000);
	assert_int_equal(guest.gicr_stride, 0x20000);
	assert_int_equal(guest.timer_intid, 28); /* the third entry: PPI 12 */
	assert_int_equal(guest.uart.base, 0x1000);
	assert_int_equal(guest.uart_intid, 109);
	assert_true(guest.uart_edge);
	assert_string_equal(guest.bootargs, "read 1;checksum");
	assert_int_equal(guest.heartbeat.base, 0x500000000);
	assert_int_equal(guest.heartbeat_us, 10000);
	assert_int_equal(guest.directory.size, 0x2000);
	assert_int_equal(guest.channel_count, 2);
	channel = guest_channel_find(&guest, "setpoints");
	assert_non_null(channel);
	assert_int_equal(channel->intid, 232);
	assert_true(channel->reads && !channel->writes && !channel->doorbell);
	assert_null(guest_channel_find(&guest, "none"));
	assert_int_equal(strlen(guest.channels[1].name), GUEST_NAME_MAX - 1);
	assert_true(guest.channels[1].reads && guest.channels[1].writes && guest.channels[1].doorbell);
	assert_int_equal(guest.channels[1].intid, 0);
}

static void pci(void **state)
{
	assert_null(guest_read(&guest, tree));
	assert_int_equal(guest.pci.ecam.base, 0x40000);
	assert_int_equal(guest.pci.ecam.size, 0x20000);
	assert_int_equal(guest.pci.window_count, 2);
	assert_int_equal(guest.pci.windows[0].bus, 0x1000);
	assert_int_equal(guest.pci.windows[0].base, 0x80001000);
	assert_int_equal(guest.pci.windows[1].bus, 0x800000000);
	assert_int_equal(guest.pci.windows[1].size, 0x100004000);
	assert_int_equal(guest.pci.frame.base, 0x60000);
	assert_int_equal(guest.pci.intid_first, 224);
	assert_int_equal(guest.pci.intid_count, 3);
}

static void net(void **state)
{
	const int node = fdt_path_offset(tree, "/bulkhead/net");

	assert_null(guest_read(&guest, tree));
	assert_true(guest.net.wanted && !guest.net.dhcp);
	assert_int_equal(guest.net.address, 0x0a00020f);
	assert_int_equal(guest.net.prefix, 24);
	assert_int_equal(guest.net.gateway, 0x0a000202);
	assert_int_equal(guest.net.echo, 7);
	assert_int_equal(guest.net.http, 80);
	assert_int_equal(guest.net.ntp.address, 0x0a000202);
	assert_int_equal(guest.net.ntp.port, 123);
	assert_int_equal(guest.net.syslog.port, 601);
	assert_true(guest.net.syslog.tcp);
	assert_int_equal(fdt_setprop_inplace_u32(tree, node, "echo", 0), 0);
	assert_int_equal(fdt_delprop(tree, node, "address"), 0);
	assert_null(guest_read(&guest, tree));
	assert_false(guest.net.wanted); /* neither an address nor DHCP */
	assert_int_equal(guest.net.echo, 0);
	assert_int_equal(fdt_setprop_empty(tree, fdt_path_offset(tree, "/bulkhead/net"), "dhcp"), 0);
	assert_null(guest_read(&guest, tree));
	assert_true(guest.net.wanted && guest.net.dhcp);
}

/* [utest->swr~slots-emmc~1] */
static void boot_state_emmc(void **state)
{
	assert_null(guest_read(&guest, tree));
	assert_int_equal(guest.boot.medium, GUEST_MEDIUM_CFI);
	assert_int_equal(guest.boot.bank.base, 0x8000000);
	assert_int_equal(guest.boot.copies[1], 0x40000);
	assert_int_equal(guest.boot.bank_width, 4);
	assert_int_equal(fdt_del_node(tree, fdt_path_offset(tree, "/soc/flash@8000000")), 0);
	assert_null(guest_read(&guest, tree));
	assert_int_equal(guest.boot.medium, GUEST_MEDIUM_NONE);
	load(NULL);
	assert_int_equal(fdt_setprop_string(tree, fdt_path_offset(tree, "/soc/flash@8000000"), "compatible",
					    "bulkhead,emmc-boot-state"),
			 0);
	assert_int_equal(fdt_setprop_u32(tree, fdt_path_offset(tree, "/soc/flash@8000000"), "function", 8),
			 0);
	assert_int_equal(fdt_setprop_u32(tree, fdt_path_offset(tree, "/soc/flash@8000000"), "partition", 2),
			 0);
	assert_null(guest_read(&guest, tree));
	assert_int_equal(guest.boot.medium, GUEST_MEDIUM_EMMC);
	assert_int_equal(guest.boot.function, 8);
	assert_int_equal(guest.boot.partition, 2);
	assert_int_equal(guest.boot.copies[1], 0x40000);
	assert_int_equal(guest.boot.identity, 0x80000);
	assert_int_equal(guest.boot.erase_block, 0x40000);
	assert_int_equal(guest.boot.confirm_after_ns, UINT64_C(7) << 32);
}

static void remove_node(const char *path)
{
	assert_int_equal(fdt_del_node(tree, fdt_path_offset(tree, path)), 0);
}

/* What a cell can't do without is named. */
static void missing(void **state)
{
	static const char *const needed[] = {"/timer", "/soc/interrupt-controller@2000", "/cpus"};

	for (unsigned i = 0; i < LENGTH(needed); i++) {
		load(NULL);
		remove_node(needed[i]);
		assert_non_null(guest_read(&guest, tree));
	}
	load(NULL);
	remove_node("/memory@1");
	remove_node("/memory@2");
	assert_non_null(guest_read(&guest, tree));
	memset(tree, 0, 64);
	assert_non_null(guest_read(&guest, tree));
}

/* Of the nodes of that kind the one with a boot state, whose controller's registers are the cell's.
 * [utest->swr~slots-medium~1] */
static void boot_state(void **state)
{
	static const fdt32_t copies[] = {0xf0, 0x1f0};
	int node;

	assert_null(guest_read(&guest, tree));
	assert_int_equal(guest.boot.medium, GUEST_MEDIUM_CFI);
	assert_int_equal(guest.boot.bank.base, 0x8000000);
	assert_int_equal(guest.boot.copies[1], 0x40000);
	assert_int_equal(guest.boot.bank_width, 4);
	remove_node("/soc/flash@8000000");
	assert_null(guest_read(&guest, tree));
	assert_int_equal(guest.boot.bank.size, 0); /* an SPI flash alone says nothing */
	node = fdt_path_offset(tree, "/soc/spi@50000/flash@1");
	assert_int_equal(fdt_setprop(tree, node, "bulkhead,boot-state", copies, 4), 0);
	assert_null(guest_read(&guest, tree));
	assert_int_equal(guest.boot.bank.size, 0); /* in part */
	node = fdt_path_offset(tree, "/soc/spi@50000/flash@1");
	assert_int_equal(fdt_setprop(tree, node, "bulkhead,boot-state", copies, sizeof(copies)), 0);
	assert_null(guest_read(&guest, tree));
	assert_int_equal(guest.boot.medium, GUEST_MEDIUM_SPI_NOR);
	assert_int_equal(guest.boot.bank.base, 0x50000);
	assert_int_equal(guest.boot.bank.size, 0x1000);
	assert_int_equal(guest.boot.chip, 1);
	assert_int_equal(guest.boot.copies[0], 0xf0000000);
	assert_int_equal(guest.boot.copies[1], 0xf0010000);
}

/* A tree without anything of Bulkhead's, as on a bare machine. */
static void foreign_tree(void **state)
{
	remove_node("/bulkhead");
	remove_node("/chosen");
	assert_null(guest_read(&guest, tree));
	assert_int_equal(guest.channel_count, 0);
	assert_false(guest.net.wanted);
	assert_int_equal(guest.heartbeat.size, 0);
	assert_int_equal(guest.uart.size, 0);
	assert_string_equal(guest.bootargs, "");
}

static void stdout_by_path(void **state)
{
	const int chosen = fdt_path_offset(tree, "/chosen");

	assert_int_equal(fdt_setprop_string(tree, chosen, "stdout-path", "/soc/serial@1000"), 0);
	assert_null(guest_read(&guest, tree));
	assert_int_equal(guest.uart.base, 0x1000);
	assert_int_equal(fdt_setprop_string(tree, fdt_path_offset(tree, "/chosen"), "stdout-path", "/cpus"),
			 0);
	assert_null(guest_read(&guest, tree));
	assert_int_equal(guest.uart.size, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(whole_tree, load),   cmocka_unit_test_setup(pci, load),
		cmocka_unit_test_setup(net, load),	    cmocka_unit_test_setup(missing, load),
		cmocka_unit_test_setup(boot_state, load),   cmocka_unit_test_setup(boot_state_emmc, load),
		cmocka_unit_test_setup(foreign_tree, load), cmocka_unit_test_setup(stdout_by_path, load),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
