// SPDX-License-Identifier: Apache-2.0
/*
 * tree_own.c - the nodes of a guest's tree that are not the board's: memory, PSCI, chosen, aliases,
 * the emulated console, the PCI buses (tree_pci.c, tree_ivshmem.c), and everything below /bulkhead
 * (docs/formats.md). Called by tree.c.
 */
#include <inttypes.h>
#include <libfdt.h>
#include <stdio.h>
#include <string.h>

#include "emit_interrupts.h"
#include "nodes.h"
#include "tree.h"

#define UART_CLOCK_HZ 24000000u /* what the emulated PL011 pretends: its divisors mean nothing */

static const struct plan_cell *own_cell(const struct tree_writer *writer)
{
	return &writer->layout->plan->cells[writer->cell];
}

static void put_memory(struct tree_writer *writer)
{
	const struct plan_cell *const cell = own_cell(writer);

	for (size_t i = 0; i < cell->ram_count; i++) {
		const struct range ram = {cell->ram[i].ipa, cell->ram[i].size};

		put_begin_at(writer, "memory", ram.base);
		put_string(writer, "device_type", "memory");
		put_reg(writer, &ram, 1, writer->address_cells, writer->size_cells);
		put_end(writer);
	}
}

static void put_psci(struct tree_writer *writer)
{
	static const char compatible[] = "arm,psci-1.0\0arm,psci-0.2";

	put_begin(writer, "psci");
	put_bytes(writer, "compatible", compatible, sizeof(compatible));
	put_string(writer, "method", "hvc");
	put_end(writer);
}

static const char *console_path(const struct tree_writer *writer)
{
	return text_format("/serial@%" PRIx64, own_cell(writer)->uart_ipa);
}

/* Where `stdout-path` of the board leads, without the options behind its colon; negative: nowhere. */
static int stdout_node(const void *tree, const char *path)
{
	const char *const colon = strchr(path, ':');

	return fdt_path_offset_namelen(tree, path, colon ? (int)(colon - path) : (int)strlen(path));
}

static void put_stdout(struct tree_writer *writer)
{
	const void *const tree = writer->layout->plan->board.tree.data;
	const int chosen = node_by_path(tree, "/chosen");
	const char *const path = chosen >= 0 ? fdt_getprop(tree, chosen, "stdout-path", NULL) : NULL;
	int node;

	if (own_cell(writer)->uart_ipa) {
		put_string(writer, "stdout-path", console_path(writer));
		return;
	}
	node = path ? stdout_node(tree, path) : -1;
	if (node >= 0 && kept_node(writer->kept, node))
		put_string(writer, "stdout-path", path);
}

static void put_chosen(struct tree_writer *writer)
{
	const struct plan_cell *const cell = own_cell(writer);

	put_begin(writer, "chosen");
	if (cell->bootargs)
		put_string(writer, "bootargs", cell->bootargs);
	for (size_t i = 0; i < cell->segment_count; i++) {
		const struct segment_image *const segment = &cell->segments[i];

		if (segment->file >= cell->file_count ||
		    strcmp(cell->files[segment->file].property, "initrd") != 0)
			continue;
		put_u64(writer, "linux,initrd-start", segment->dest_ipa);
		put_u64(writer, "linux,initrd-end", segment->dest_ipa + segment->size);
	}
	put_stdout(writer);
	if (cell->function_count || cell->shown_count) /* BARs stay where they are */
		put_u32(writer, "linux,pci-probe-only", 1);
	put_end(writer);
}

static void put_aliases(struct tree_writer *writer)
{
	const void *const tree = writer->layout->plan->board.tree.data;
	const int aliases = node_by_path(tree, "/aliases");
	int property;

	put_begin(writer, "aliases");
	if (own_cell(writer)->uart_ipa)
		put_string(writer, "serial0", console_path(writer));
	for (property = aliases < 0 ? aliases : fdt_first_property_offset(tree, aliases); property >= 0;
	     property = fdt_next_property_offset(tree, property)) {
		const char *name;
		int size;
		const char *const path = fdt_getprop_by_offset(tree, property, &name, &size);
		const int node =
			path && size > 1 && path[0] == '/' && !path[size - 1] ? node_by_path(tree, path) : -1;

		if (node < 0 || !kept_node(writer->kept, node))
			continue;
		if (!own_cell(writer)->uart_ipa || strcmp(name, "serial0") != 0)
			put_string(writer, name, path);
	}
	put_end(writer);
}

static void put_console(struct tree_writer *writer)
{
	static const char compatible[] = "arm,pl011\0arm,primecell";
	static const char clock_names[] = "uartclk\0apb_pclk";
	const struct plan_cell *const cell = own_cell(writer);
	const struct range reg = {cell->uart_ipa, PL011_SIZE};
	const fdt32_t clocks[] = {cpu_to_fdt32(writer->clock_phandle), cpu_to_fdt32(writer->clock_phandle)};

	if (!cell->uart_ipa)
		return;
	put_begin(writer, "bulkhead-uart-clock");
	put_string(writer, "compatible", "fixed-clock");
	put_u32(writer, "#clock-cells", 0);
	put_u32(writer, "clock-frequency", UART_CLOCK_HZ);
	put_u32(writer, "phandle", writer->clock_phandle);
	put_end(writer);

	put_begin_at(writer, "serial", cell->uart_ipa);
	put_bytes(writer, "compatible", compatible, sizeof(compatible));
	put_reg(writer, &reg, 1, writer->address_cells, writer->size_cells);
	put_u32(writer, "interrupt-parent", writer->gic_phandle);
	if (cell->uart_intid)
		put_spi(writer, cell->uart_intid);
	put_bytes(writer, "clocks", clocks, sizeof(clocks));
	put_bytes(writer, "clock-names", clock_names, sizeof(clock_names));
	put_end(writer);
}

/* ---- /bulkhead ---- */

static void put_window(struct tree_writer *writer, const char *name, const char *compatible, uint64_t ipa,
		       uint64_t size)
{
	const struct range reg = {ipa, size};

	put_begin_at(writer, name, ipa);
	put_string(writer, "compatible", compatible);
	put_reg(writer, &reg, 1, 2, 2);
}

/* [impl->swr~compile-update-reset~1] */
static void put_channel(struct tree_writer *writer, const struct plan_channel *channel, uint32_t index)
{
	const uint32_t role = channel_role(channel, writer->cell);
	const uint32_t intid = channel_doorbell(channel, writer->cell);

	put_window(writer, "channel", "bulkhead,channel", channel->ipa,
		   align_up(channel->size, BP_PAGE_SIZE));
	put_string(writer, "channel-name", channel->name);
	put_u32(writer, "channel-index", index);
	if (role & BP_CHANNEL_WRITES)
		put_flag(writer, "writes");
	if (role & BP_CHANNEL_READS)
		put_flag(writer, "reads");
	if (intid)
		put_spi(writer, intid);
	if (channel_ring(channel, writer->cell, NULL))
		put_flag(writer, "doorbell");
	if (channel->resets && writer->cell != channel->resetter)
		put_u32(writer, "update-reset", (uint32_t)channel->resetter);
	put_end(writer);
}

static void put_server(struct tree_writer *writer, const char *name, const struct plan_server *server)
{
	const fdt32_t place[] = {cpu_to_fdt32(server->address), cpu_to_fdt32(server->port)};

	if (server->port)
		put_bytes(writer, name, place, sizeof(place));
}

/* [impl->swr~compile-tree-net~1] */
static void put_net(struct tree_writer *writer, const struct plan_net *net)
{
	const fdt32_t address[] = {cpu_to_fdt32(net->address), cpu_to_fdt32(net->prefix)};

	put_begin(writer, "net");
	put_string(writer, "compatible", "bulkhead,net");
	if (net->dhcp)
		put_flag(writer, "dhcp");
	else
		put_bytes(writer, "address", address, sizeof(address));
	if (net->gateway)
		put_u32(writer, "gateway", net->gateway);
	if (net->echo)
		put_u32(writer, "echo", net->echo);
	if (net->http)
		put_u32(writer, "http", net->http);
	put_server(writer, "ntp", &net->ntp);
	put_server(writer, "syslog", &net->syslog);
	if (net->syslog.tcp)
		put_flag(writer, "syslog-tcp");
	put_end(writer);
}

static void put_bulkhead(struct tree_writer *writer)
{
	const struct plan *const plan = writer->layout->plan;
	const struct plan_cell *const cell = own_cell(writer);
	uint32_t index = 0;

	put_begin(writer, "bulkhead");
	put_string(writer, "compatible", "bulkhead,cell-v1");
	put_string(writer, "cell-name", cell->name);
	put_u32(writer, "cell-index", (uint32_t)writer->cell);
	put_u32(writer, "interrupt-parent", writer->gic_phandle);
	put_u32(writer, "#address-cells", 2);
	put_u32(writer, "#size-cells", 2);
	put_flag(writer, "ranges");
	if (cell->log_key.data)
		put_bytes(writer, "log-key", cell->log_seed, sizeof(cell->log_seed));

	put_window(writer, "heartbeat", "bulkhead,heartbeat", cell->heartbeat_ipa, BP_PAGE_SIZE);
	if (cell->heartbeat_ns)
		put_u32(writer, "period-us", (uint32_t)(cell->heartbeat_ns / 1000));
	put_end(writer);
	for (size_t i = 0; i < plan->channel_count; i++)
		if (channel_role(&plan->channels[i], writer->cell))
			put_channel(writer, &plan->channels[i], index++);
	if (cell->flags & BP_CELL_HEALTH) {
		put_window(writer, "directory", "bulkhead,directory", cell->directory_ipa,
			   directory_size(writer->layout));
		put_end(writer);
	}
	if (cell->net.wanted)
		put_net(writer, &cell->net);
	put_emmc(writer);
	put_end(writer);
}

void put_own_nodes(struct tree_writer *writer)
{
	put_chosen(writer);
	put_aliases(writer);
	put_memory(writer);
	put_reserved(writer);
	put_psci(writer);
	put_console(writer);
	put_pci(writer);
	put_shown_bus(writer);
	put_bulkhead(writer);
}
