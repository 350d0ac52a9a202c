// SPDX-License-Identifier: Apache-2.0
/*
 * map_json.c - the map for programs: `bulkhead map --json`, whose keys docs/formats.md lists.
 *
 * Addresses, sizes and INTIDs are numbers (all below 2^53), times are ns, what is absent is null or an empty
 * list.
 */
#include <inttypes.h>
#include <string.h>

#include "digest.h"
#include "emit_interrupts.h"
#include "json.h"
#include "map.h"
#include "nodes.h"
#include "regions.h"

static const char *base_name(const char *path)
{
	const char *const slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static void put_key(FILE *out, const char *separator, const char *key, const char *value)
{
	fprintf(out, "%s\"%s\": ", separator, key);
	json_text(out, value);
}

static void put_digest(FILE *out, const struct bytes *bytes)
{
	uint8_t digest[DIGEST_SIZE];
	char digits[2 * DIGEST_SIZE + 1];

	digest_of(bytes->data, bytes->size, digest);
	digest_text(digest, digits);
	fprintf(out, ", \"sha256\": \"%s\"", digits);
}

static void put_ranges(FILE *out, const char *key, const struct ranges *ranges)
{
	fprintf(out, ", \"%s\": [", key);
	for (size_t i = 0; i < ranges->count; i++)
		fprintf(out, "%s{\"address\": %" PRIu64 ", \"size\": %" PRIu64 "}", i ? ", " : "",
			ranges->at[i].base, ranges->at[i].size);
	putc(']', out);
}

static void put_board(const struct layout *layout, FILE *out)
{
	const struct board *const board = &layout->plan->board;
	struct ranges reserved = {NULL, 0};

	put_key(out, "{", "name", board->name);
	put_ranges(out, "ram", &board->ram);
	regions_reserved(board, &reserved);
	put_ranges(out, "reserved", &reserved);
	fputs(", \"cores\": [", out);
	for (size_t i = 0; i < board->core_count; i++) {
		fprintf(out, "%s{\"mpidr\": %" PRIu64 ", \"cell\": ", i ? ", " : "", board->mpidrs[i]);
		if (layout->cores[i].cell == NO_CELL)
			fputs("null}", out);
		else
			fprintf(out, "%" PRIu32 "}", layout->cores[i].cell);
	}
	fputs("]}", out);
}

static void put_memory(const struct plan_cell *cell, FILE *out)
{
	fputs(",\n     \"memory\": [", out);
	for (size_t i = 0; i < cell->ram_count; i++)
		fprintf(out,
			"%s{\"guest\": %" PRIu64 ", \"address\": %" PRIu64 ", \"size\": %" PRIu64
			", \"keep\": %s}",
			i ? ", " : "", cell->ram[i].ipa, cell->ram[i].pa, cell->ram[i].size,
			cell->ram[i].keep ? "true" : "false");
	putc(']', out);
}

static void put_windows(const struct cell_layout *cell, FILE *out)
{
	const char *separator = "";

	fputs(",\n     \"windows\": [", out);
	for (size_t i = 0; i < cell->map_count; i++) {
		const struct stage2_map *const map = &cell->maps[i];

		if (map->kind == MAP_RAM || map->kind == MAP_DEVICE)
			continue;
		put_key(out, text_format("%s{", separator), "what", map->what);
		fprintf(out,
			", \"guest\": %" PRIu64 ", \"address\": %" PRIu64 ", \"size\": %" PRIu64
			", \"writes\": %s}",
			map->ipa, map->pa, map->size, map->kind == MAP_SHARED ? "true" : "false");
		separator = ", ";
	}
	putc(']', out);
}

static void put_devices(const struct plan *plan, size_t cell, FILE *out)
{
	const char *separator = "";

	fputs(",\n     \"devices\": [", out);
	for (size_t i = 0; i < plan->board.device_count; i++) {
		const struct device *const device = &plan->board.devices[i];

		if (device->owner != (int)cell)
			continue;
		put_key(out, text_format("%s{", separator), "path", device->path);
		put_ranges(out, "registers", &device->regs);
		fputs(", \"interrupts\": [", out);
		for (size_t j = 0; j < device->interrupts.count; j++)
			fprintf(out, "%s%" PRIu32, j ? ", " : "", device->interrupts.at[j].intid);
		fprintf(out, "], \"unisolated\": %s}", device->bus_master ? "true" : "false");
		separator = ", ";
	}
	putc(']', out);
}

static void put_interrupts(const struct plan *plan, size_t cell, FILE *out)
{
	struct bp_cell record = {0};
	const char *separator = "";

	interrupts_fill(plan, cell, &record);
	fputs(",\n     \"ppis\": [", out);
	for (uint32_t i = 16; i < 32; i++) {
		if (!(record.ppi_owned >> i & 1))
			continue;
		fprintf(out, "%s%" PRIu32, separator, i);
		separator = ", ";
	}
	separator = "";
	fputs("], \"spis\": [", out);
	for (uint32_t i = 32; i < 1024; i++) {
		if (!(record.spi_owned[i / 32] >> i % 32 & 1))
			continue;
		fprintf(out, "%s%" PRIu32, separator, i);
		separator = ", ";
	}
	putc(']', out);
}

static void put_colors(const struct plan *plan, size_t cell, FILE *out)
{
	const struct palette *const palette = cell_palette(plan, cell);
	const char *separator = "";

	fputs(",\n     \"colors\": ", out);
	if (!palette) {
		fputs("null", out);
		return;
	}
	fputs("{\"has\": [", out);
	for (uint32_t i = 0; i < palette->colors; i++) {
		if (!palette->has[i])
			continue;
		fprintf(out, "%s%" PRIu32, separator, i);
		separator = ", ";
	}
	fprintf(out, "], \"of\": %" PRIu32 ", \"own\": %s}", palette->colors,
		plan->cells[cell].palette ? "true" : "false");
}

static void put_firmware(const struct plan_cell *cell, FILE *out)
{
	fputs(",\n     \"firmware_calls\": [", out);
	for (size_t i = 0; i < cell->firmware_count; i++)
		fprintf(out, "%s%" PRIu32, i ? ", " : "", cell->firmware[i]);
	putc(']', out);
}

static void put_images(const struct plan_cell *cell, FILE *out)
{
	fputs(",\n     \"images\": [", out);
	for (size_t i = 0; i < cell->file_count; i++) {
		const struct file_image *const image = &cell->files[i];

		put_key(out, i ? ", {" : "{", "property", image->property);
		put_key(out, ", ", "name", base_name(image->file.path));
		fprintf(out, ", \"size\": %zu, \"address\": %" PRIu64, image->file.size, image->store_pa);
		put_digest(out, &image->file);
		putc('}', out);
	}
	putc(']', out);
}

static void put_faults(const struct plan_cell *cell, FILE *out)
{
	fputs(",\n     \"faults\": {", out);
	for (size_t error = 0; error < BP_ERROR_COUNT; error++)
		put_key(out, error ? ", " : "", map_error_name(error), map_action_name(cell->actions[error]));
	fprintf(out, "}, \"restarts\": {\"count\": %" PRIu32 ", \"window\": %" PRIu64 "}", cell->restart_max,
		cell->restart_window_ns);
}

static const char *truth(uint32_t flags)
{
	return flags ? "true" : "false";
}

static void put_server(const struct plan_server *server, const char *key, FILE *out)
{
	fprintf(out, ", \"%s\": ", key);
	if (!server->port)
		fputs("null", out);
	else
		fprintf(out, "{\"address\": \"%s\", \"port\": %" PRIu32 ", \"tcp\": %s}",
			text_ipv4(server->address), server->port, truth(server->tcp));
}

static void put_net(const struct plan_net *net, FILE *out)
{
	if (!net->wanted) {
		fputs(", \"net\": null", out);
		return;
	}
	fprintf(out,
		", \"net\": {\"dhcp\": %s, \"prefix\": %" PRIu32 ", \"echo\": %" PRIu32
		", \"http\": %" PRIu32,
		truth(net->dhcp), net->prefix, net->echo, net->http);
	put_key(out, ", ", "address", net->address ? text_ipv4(net->address) : "");
	put_server(&net->ntp, "ntp", out);
	put_server(&net->syslog, "syslog", out);
	put_key(out, ", ", "gateway", net->gateway ? text_ipv4(net->gateway) : "");
	putc('}', out);
}

static void put_cell(const struct layout *layout, size_t number, FILE *out)
{
	const struct plan_cell *const cell = &layout->plan->cells[number];
	const uint32_t flags = cell_flags(layout->plan, number);

	put_key(out, number ? ",\n    {" : "\n    {", "name", cell->name);
	fprintf(out,
		", \"health\": %s, \"linux\": %s, \"essential\": %s, \"pmu\": %s, \"service\": %s, "
		"\"console\": ",
		truth(flags & BP_CELL_HEALTH), truth(cell->is_linux), truth(flags & BP_CELL_ESSENTIAL),
		truth(flags & BP_CELL_PMU), truth(flags & BP_CELL_SERVICE));
	if (cell->uart_intid)
		fprintf(out, "{\"guest\": %" PRIu64 ", \"interrupt\": %" PRIu32 "}", cell->uart_ipa,
			cell->uart_intid);
	else
		fputs("null", out);
	put_key(out, ", ", "interrupts", cell->mode == BP_MODE_DIRECT ? "direct" : "injected");
	fputs(",\n     \"cores\": [", out);
	for (size_t i = 0; i < cell->core_count; i++)
		fprintf(out, "%s%" PRIu32, i ? ", " : "", cell->cores[i]);
	fprintf(out, "], \"entry\": %" PRIu64 ", \"heartbeat\": %" PRIu64 ", \"boot_timeout\": %" PRIu64,
		cell->entry_ipa, cell->heartbeat_ns, cell->boot_timeout_ns);
	put_memory(cell, out);
	put_colors(layout->plan, number, out);
	put_windows(&layout->cells[number], out);
	put_devices(layout->plan, number, out);
	map_json_functions(layout->plan, number, out);
	put_interrupts(layout->plan, number, out);
	put_net(&cell->net, out);
	put_firmware(cell, out);
	put_images(cell, out);
	put_faults(cell, out);
	putc('}', out);
}

static void put_parties(FILE *out, const char *key, const int *cells, size_t count)
{
	fprintf(out, ", \"%s\": [", key);
	for (size_t i = 0; i < count; i++)
		fprintf(out, "%s%d", i ? ", " : "", cells[i]);
	putc(']', out);
}

static void put_channels(const struct plan *plan, FILE *out)
{
	for (size_t i = 0; i < plan->channel_count; i++) {
		const struct plan_channel *const channel = &plan->channels[i];
		const char *separator = "";

		put_key(out, i ? ",\n    {" : "\n    {", "name", channel->name);
		fprintf(out, ", \"size\": %" PRIu64 ", \"address\": %" PRIu64 ", \"guest\": %" PRIu64,
			channel->size, channel->pa, channel->ipa);
		put_parties(out, "writers", channel->writers, channel->writer_count);
		put_parties(out, "readers", channel->readers, channel->reader_count);
		fputs(", \"doorbells\": [", out);
		for (size_t cell = 0; cell < plan->cell_count; cell++) {
			if (!channel_doorbell(channel, cell))
				continue;
			fprintf(out, "%s{\"cell\": %zu, \"interrupt\": %" PRIu32 "}", separator, cell,
				channel_doorbell(channel, cell));
			separator = ", ";
		}
		fprintf(out, "], \"presentation\": %s, \"update_reset\": ",
			channel->shown ? "\"ivshmem\"" : "null");
		if (channel->resets)
			fprintf(out, "%zu}", channel->resetter);
		else
			fputs("null}", out);
	}
}

/* [impl->swr~map-boot-state~1] */
static void put_boot_state(const struct plan *plan, FILE *out)
{
	const struct boot_state *const state = &plan->boot_state;
	const uint32_t block = boot_state_block(&plan->board, state);
	const bool serial = state->medium == BOOT_MEDIUM_SPI_NOR;
	static const char *const media[] = {
		[BOOT_MEDIUM_CFI] = "cfi-flash",
		[BOOT_MEDIUM_SPI_NOR] = "spi-nor",
		[BOOT_MEDIUM_EMMC] = "emmc",
	};

	fputs("\n  \"boot_state\": ", out);
	if (!state->wanted) {
		fputs("null,", out);
		return;
	}
	put_key(out, "{", "medium", media[state->medium]);
	put_key(out, ", ", "device",
		boot_state_in_emmc(state) ? plan->board.pci.at[state->function].address
					  : node_path(plan->board.tree.data, state->node));
	fprintf(out,
		", \"bank\": %" PRIu32 ", \"cell\": %zu, \"address\": %" PRIu64 ", \"size\": %" PRIu64
		", \"copies\": [%" PRIu64 ", %" PRIu64 "], \"identity\": %" PRIu64
		", \"erase_block\": %" PRIu32 ", \"shares_firmware\": %s, \"confirm_after\": %" PRIu64
		", \"confirm_within\": %" PRIu64 "},",
		state->bank, state->cell, boot_state_address(state, block, 0),
		serial ? plan->board.state.at[0].size : state->flash.size,
		boot_state_address(state, block, 0), boot_state_address(state, block, 1),
		boot_state_address(state, block, 2), block, state->shares_firmware ? "true" : "false",
		state->confirm_after_ns, state->confirm_within_ns);
}

/* [impl->swr~map-root~1] */
static void put_root(const struct plan *plan, FILE *out)
{
	char hash[2 * DIGEST_SIZE + 1];

	fputs("\n  \"root\": ", out);
	for (size_t i = 0; i < plan->cell_count; i++) {
		const struct plan_root *const root = &plan->cells[i].root;

		if (!root->file.data)
			continue;
		digest_text(root->hash, hash);
		put_key(out, "{", "name", base_name(root->file.path));
		fprintf(out, ", \"cell\": %zu, \"size\": %zu", i, root->file.size);
		put_key(out, ", ", "file", ROOT_FILE);
		put_key(out, ", ", "hash", hash);
		put_digest(out, &root->file);
		fputs("},", out);
		return;
	}
	fputs("null,", out);
}

static void put_shared(const struct plan *plan, FILE *out)
{
	const char *separator = "";

	fputs("\n  \"shared\": [", out);
	for (size_t i = 0; i < plan->board.device_count; i++) {
		const struct device *const device = &plan->board.devices[i];

		if (!device->shared)
			continue;
		put_key(out, text_format("%s\n    {", separator), "path", device->path);
		fputs(", \"clocks\": [", out);
		for (size_t at = 0; at < device->rate_count; at++) {
			fprintf(out, "%s{\"specifier\": [", at ? ", " : "");
			for (uint32_t cell = 0; cell < device->rates[at].count; cell++)
				fprintf(out, "%s%" PRIu32, cell ? ", " : "",
					device->rates[at].specifier[cell]);
			fprintf(out, "], \"hz\": %" PRIu32 "}", device->rates[at].hz);
		}
		fputs("]}", out);
		separator = ",";
	}
	fputs(separator[0] ? "\n  ]," : "],", out);
}

/* [impl->swr~map-json~1] */
void map_print_json(const struct layout *layout, FILE *out)
{
	const struct plan *const plan = layout->plan;

	put_key(out, "{\n  ", "format", "bulkhead-map-v1");
	put_key(out, ",\n  ", "file", base_name(plan->file));
	put_digest(out, &plan->partitions);
	fprintf(out, ",\n  \"series\": %" PRIu64, map_series(plan));
	fputs(",\n  \"board\": ", out);
	put_board(layout, out);
	fputs(",\n  \"cells\": [", out);
	for (size_t i = 0; i < plan->cell_count; i++)
		put_cell(layout, i, out);
	fputs("\n  ],\n  \"channels\": [", out);
	put_channels(plan, out);
	fputs(plan->channel_count ? "\n  ]," : "],", out);
	put_shared(plan, out);
	put_boot_state(plan, out);
	put_root(plan, out);
	fputs("\n  \"left_out\": [", out);
	for (size_t i = 0; i < plan->left_out_count; i++) {
		put_key(out, i ? ",\n    {" : "\n    {", "path", plan->left_out[i].path);
		put_key(out, ", ", "why", plan->left_out[i].why);
		putc('}', out);
	}
	fprintf(out,
		"%s],\n  \"hypervisor\": {\"address\": %" PRIu64 ", \"size\": %" PRIu64 ", \"code\": %" PRIu64
		", \"blueprint\": %" PRIu64 ", \"writable\": %" PRIu64 ", \"service_core\": %" PRIu32
		"}\n}\n",
		plan->left_out_count ? "\n  " : "", layout->load_pa,
		layout->writable_pa + layout->writable_size - layout->load_pa, layout->hv.file_size,
		layout->file.size, layout->writable_size, plan->service_core);
}
