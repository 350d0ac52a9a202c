// SPDX-License-Identifier: Apache-2.0
/*
 * map.c - prints the division of the machine: a table of the cells, then each cell's share, the
 * channels, what "rest" left out, and what each fault costs. The text of `bulkhead map` and map.txt.
 */
#include "map.h"
#include "nodes.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "digest.h"
#include "emit.h"
#include "emit_interrupts.h"

static const char *const error_names[BP_ERROR_COUNT] = {
	[BP_ERROR_MEMORY_VIOLATION] = "memory-violation", [BP_ERROR_DMA_VIOLATION] = "dma-violation",
	[BP_ERROR_FORBIDDEN_ACCESS] = "forbidden-access", [BP_ERROR_SERROR] = "serror",
	[BP_ERROR_HEARTBEAT_MISSED] = "heartbeat-missed", [BP_ERROR_BOOT_TIMEOUT] = "boot-timeout",
	[BP_ERROR_IMAGE_MISMATCH] = "image-mismatch",	  [BP_ERROR_RESTART_LIMIT] = "restart-limit",
	[BP_ERROR_TABLE_INTEGRITY] = "table-integrity",	  [BP_ERROR_APPLICATION] = "application-error",
	[BP_ERROR_EXCEPTION_AT_EL2] = "exception-at-el2",
};

static const char *const action_names[BP_ACTION_COUNT] = {
	[BP_ACTION_IGNORE] = "ignore",	 [BP_ACTION_LOG] = "log",   [BP_ACTION_STOP] = "stop",
	[BP_ACTION_RESTART] = "restart", [BP_ACTION_SAFE] = "safe", [BP_ACTION_RESET] = "reset",
};

const char *map_error_name(size_t error)
{
	return error_names[error];
}

const char *map_action_name(uint8_t action)
{
	return action < BP_ACTION_COUNT ? action_names[action] : "?";
}

static const char *const kind_names[] = {
	[MAP_RAM] = "read-write-execute",
	[MAP_DEVICE] = "device",
	[MAP_SHARED] = "read-write, uncached",
	[MAP_SHARED_READ] = "read-only, uncached",
	[MAP_WATCH] = "read-only",
};

static const char *base_name(const char *path)
{
	const char *const slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* "0,2-3": the cores of a cell. */
static char *core_list(const struct plan_cell *cell)
{
	char *list = text_format("%" PRIu32, cell->cores[0]);

	for (size_t i = 1; i < cell->core_count; i++) {
		char *const longer = text_format("%s %" PRIu32, list, cell->cores[i]);

		free(list);
		list = longer;
	}
	return list;
}

static void print_duration(FILE *out, const char *name, uint64_t ns)
{
	if (!ns)
		return;
	if (ns % 1000000000 == 0)
		fprintf(out, ", %s %" PRIu64 " s", name, ns / 1000000000);
	else if (ns % 1000000 == 0)
		fprintf(out, ", %s %" PRIu64 " ms", name, ns / 1000000);
	else
		fprintf(out, ", %s %" PRIu64 " us", name, ns / 1000);
}

static void print_summary(const struct plan *plan, FILE *out)
{
	fprintf(out, "%-16s %-12s %10s  %-9s %s\n", "cell", "cores", "memory", "interrupts", "role");
	for (size_t i = 0; i < plan->cell_count; i++) {
		const struct plan_cell *const cell = &plan->cells[i];
		const uint32_t flags = cell_flags(plan, i);
		char *const cores = core_list(cell);
		uint64_t memory = 0;

		for (size_t j = 0; j < cell->ram_count; j++)
			memory += cell->ram[j].size;
		fprintf(out, "%-16s %-12s %10s  %-9s %s%s%s%s\n", cell->name, cores, text_of_size(memory),
			cell->mode == BP_MODE_DIRECT ? "direct" : "injected",
			flags & BP_CELL_HEALTH ? "health"
			: cell->is_linux       ? "Linux"
					       : "",
			flags & BP_CELL_ESSENTIAL ? " essential" : "", flags & BP_CELL_PMU ? " pmu" : "",
			flags & BP_CELL_SERVICE ? " service" : "");
		free(cores);
	}
	if (map_series(plan))
		fprintf(out, "\nmetrics: %" PRIu64 " series\n", map_series(plan));
	fputc('\n', out);
}

char *map_colors(const struct palette *palette)
{
	char *list = text_format("%s", "");

	for (uint32_t first = 0, end; first < palette->colors; first = end + 1) {
		char *longer = NULL;

		for (end = first; end < palette->colors && palette->has[end];)
			end++;
		if (end > first + 1)
			longer = text_format("%s%s%" PRIu32 "-%" PRIu32, list, list[0] ? " " : "", first,
					     end - 1);
		else if (end > first)
			longer = text_format("%s%s%" PRIu32, list, list[0] ? " " : "", first);
		if (longer) {
			free(list);
			list = longer;
		}
	}
	return list;
}

/* "cache colours 0-3 8 of 16": whose nobody else's memory is. */
static void print_colors(const struct plan *plan, size_t cell, FILE *out)
{
	const struct palette *const palette = cell_palette(plan, cell);
	uint64_t pages = 0;
	char *colors;

	if (!palette)
		return;
	colors = map_colors(palette);
	fprintf(out, "  cache colours %s", colors);
	free(colors);
	for (size_t i = 0; i < plan->cells[cell].ram_count; i++)
		pages += plan->cells[cell].ram[i].size / BP_PAGE_SIZE;
	fprintf(out, " of %" PRIu32 "%s: RAM in %" PRIu64 " pages, in order from its address on\n",
		palette->colors, plan->cells[cell].palette ? "" : ", shared with all cells without colours",
		pages);
}

static void print_maps(const struct cell_layout *cell, FILE *out)
{
	fprintf(out, "  %-14s %-14s %10s  %-22s what\n", "guest address", "physical", "size", "access");
	for (size_t i = 0; i < cell->map_count; i++) {
		const struct stage2_map *const map = &cell->maps[i];

		fprintf(out, "  %#-14" PRIx64 " %#-14" PRIx64 " %10s  %-22s %s\n", map->ipa, map->pa,
			text_of_size(map->size), kind_names[map->kind], map->what);
	}
}

static void print_emulated(const struct layout *layout, size_t cell, FILE *out)
{
	const struct plan_cell *const own = &layout->plan->cells[cell];

	fprintf(out, "  emulated: GICD %#" PRIx64, layout->plan->board.gicd.base);
	for (size_t i = 0; i < own->core_count; i++)
		fprintf(out, ", GICR of core %" PRIu32 " %#" PRIx64, own->cores[i],
			layout->cores[own->cores[i]].gicr_pa);
	if (own->uart_ipa)
		fprintf(out, ", console %#" PRIx64, own->uart_ipa);
	fputc('\n', out);
}

static void print_interrupts(const struct layout *layout, size_t cell, FILE *out)
{
	const struct plan *const plan = layout->plan;
	const struct bp_cell *const record = arena_at(&layout->file, layout->cells[cell].record_pa);

	fputs("  interrupts: SGI 0-15", out);
	for (uint32_t i = 16; i < 32; i++)
		if (record->ppi_owned >> i & 1)
			fprintf(out, ", PPI %" PRIu32, i);
	for (size_t i = 0; i < plan->board.device_count; i++) {
		const struct device *const device = &plan->board.devices[i];

		for (size_t j = 0; device->owner == (int)cell && j < device->interrupts.count; j++)
			fprintf(out, ", SPI %" PRIu32 " (%s)", device->interrupts.at[j].intid, device->path);
	}
	for (size_t i = 0; i < plan->channel_count; i++) {
		const uint32_t intid = channel_doorbell(&plan->channels[i], cell);

		if (intid)
			fprintf(out, ", SPI %" PRIu32 " (doorbell of %s)", intid, plan->channels[i].name);
	}
	if (record->uart_intid)
		fprintf(out, ", SPI %" PRIu32 " (emulated console)", record->uart_intid);
	if (plan->cells[cell].msi_count)
		fprintf(out, ", SPI %" PRIu32 "-%" PRIu32 " (messages of PCI functions)",
			plan->cells[cell].msi_first,
			plan->cells[cell].msi_first + plan->cells[cell].msi_count - 1);
	fputc('\n', out);
}

/* The health cell's. */
static void print_net(const struct plan_net *net, FILE *out)
{
	if (!net->wanted)
		return;
	fputs("  network: address ", out);
	if (net->dhcp)
		fputs("by DHCP", out);
	else
		fprintf(out, "%s/%" PRIu32, text_ipv4(net->address), net->prefix);
	if (net->gateway)
		fprintf(out, ", gateway %s", text_ipv4(net->gateway));
	if (net->echo)
		fprintf(out, ", echo on UDP port %" PRIu32, net->echo);
	if (net->http)
		fprintf(out, ", web server on TCP port %" PRIu32, net->http);
	if (net->ntp.port)
		fprintf(out, ", time from %s:%" PRIu32, text_ipv4(net->ntp.address), net->ntp.port);
	if (net->syslog.port)
		fprintf(out, ", syslog to %s:%" PRIu32 "/%s", text_ipv4(net->syslog.address),
			net->syslog.port, net->syslog.tcp ? "tcp" : "udp");
	fputc('\n', out);
}

static const char *boot_state_place(const struct plan *plan)
{
	const struct boot_state *const state = &plan->boot_state;

	if (boot_state_in_emmc(state))
		return text_format("partition boot%" PRIu32 " of the eMMC behind %s", state->bank - 1,
				   pci_call(&plan->board.pci, state->function));
	if (state->medium == BOOT_MEDIUM_SPI_NOR)
		return node_path(plan->board.tree.data, state->node);
	return text_format("bank %" PRIu32 " of %s", state->bank, plan->board.devices[state->device].path);
}

/* The health cell's. [impl->swr~map-boot-state~1] */
static void print_boot_state(const struct plan *plan, size_t cell, FILE *out)
{
	const struct boot_state *const state = &plan->boot_state;
	const uint32_t block = boot_state_block(&plan->board, state);

	if (!state->wanted || state->cell != cell)
		return;
	fprintf(out,
		"  boot state: %s, copies at %#" PRIx64 " and %#" PRIx64 ", identity at %#" PRIx64
		", erase blocks of %s",
		boot_state_place(plan), boot_state_address(state, block, 0),
		boot_state_address(state, block, 1), boot_state_address(state, block, 2),
		text_of_size(block));
	print_duration(out, "confirmed after", state->confirm_after_ns);
	print_duration(out, "within", state->confirm_within_ns);
	fputc('\n', out);
	if (state->shares_firmware)
		fputs("  unisolated: what the machine starts from is in the boot state's flash "
		      "(" BOOT_STATE_FIRMWARE " = \"unprotected\")\n",
		      out);
}

/* [impl->swr~map-root~1] */
static void print_root(const struct plan_root *root, FILE *out)
{
	char hash[2 * DIGEST_SIZE + 1];

	if (!root->file.data)
		return;
	digest_text(root->hash, hash);
	fprintf(out, "  root: %s, %zu bytes, on the disk, root hash %s\n", base_name(root->file.path),
		root->file.size, hash);
}

static void print_images(const struct layout *layout, size_t cell, FILE *out)
{
	const struct plan_cell *const own = &layout->plan->cells[cell];

	for (size_t i = 0; i < own->file_count; i++)
		fprintf(out, "  %s: %s, %zu bytes, stored at %#" PRIx64 "\n", own->files[i].property,
			base_name(own->files[i].file.path), own->files[i].file.size, own->files[i].store_pa);
	fprintf(out, "  entry %#" PRIx64 ", device tree %#" PRIx64, own->entry_ipa,
		layout->cells[cell].tree_ipa);
	print_duration(out, "heartbeat", own->heartbeat_ns);
	print_duration(out, "boot-timeout", own->boot_timeout_ns);
	fputc('\n', out);
}

/* What firmware does when it is called is outside of what stage 2 divides. */
static void print_firmware(const struct plan_cell *own, FILE *out)
{
	for (size_t i = 0; i < own->firmware_count; i++)
		fprintf(out, "%s%#" PRIx32, i ? ", " : "  unisolated: firmware calls ", own->firmware[i]);
	if (own->firmware_count)
		fputc('\n', out);
}

static void print_masters(const struct plan *plan, size_t cell, FILE *out)
{
	for (size_t i = 0; i < plan->board.device_count; i++) {
		const struct device *const device = &plan->board.devices[i];

		if (device->owner == (int)cell && device->bus_master)
			fprintf(out,
				"  unisolated: %s may master the bus with no IOMMU in front (dma = "
				"\"unprotected\")\n",
				device->path);
	}
}

static void print_names(const struct plan *plan, const int *cells, size_t count, FILE *out)
{
	for (size_t i = 0; i < count; i++)
		fprintf(out, "%s%s", i ? ", " : "", plan->cells[cells[i]].name);
}

static void print_channels(const struct plan *plan, FILE *out)
{
	if (!plan->channel_count)
		return;
	fputs("channels\n", out);
	for (size_t i = 0; i < plan->channel_count; i++) {
		const struct plan_channel *const channel = &plan->channels[i];

		fprintf(out, "  %-16s %10s at %#" PRIx64 ", guest address %#" PRIx64 ": ", channel->name,
			text_of_size(channel->size), channel->pa, channel->ipa);
		print_names(plan, channel->writers, channel->writer_count, out);
		fputs(" -> ", out);
		print_names(plan, channel->readers, channel->reader_count, out);
		fprintf(out, "%s%s", channel->doorbell ? ", doorbell" : "",
			channel->shown ? ", a PCI function" : "");
		if (channel->resets)
			fprintf(out, ", %s may have the machine reset for a trial",
				plan->cells[channel->resetter].name);
		fputc('\n', out);
	}
	fputc('\n', out);
}

/* Same kind of node ("/virtio_mmio@..."), left out for the same reason. */
static bool left_out_alike(const struct left_out *a, const struct left_out *b)
{
	const size_t length = strcspn(a->path, "@");

	return a->path[length] == '@' && !strncmp(a->path, b->path, length + 1) && !strcmp(a->why, b->why);
}

/* A run of three or more alike nodes is named by the first and the last of it, and how many. */
size_t map_left_out(const struct plan *plan, size_t index, char **path)
{
	const struct left_out *const first = &plan->left_out[index];
	size_t next = index + 1;

	while (next < plan->left_out_count && left_out_alike(first, &plan->left_out[next]))
		next++;
	if (next - index < 3) {
		*path = text_format("%s", first->path);
		return index + 1;
	}
	*path = text_format("%s to %s (%zu)", first->path, strchr(plan->left_out[next - 1].path, '@') + 1,
			    next - index);
	return next;
}

static void print_left_out(const struct plan *plan, FILE *out)
{
	if (!plan->left_out_count)
		return;
	fputs("left out of \"rest\"\n", out);
	for (size_t i = 0, next; i < plan->left_out_count; i = next) {
		char *path;

		next = map_left_out(plan, i, &path);
		fprintf(out, "  %-40s %s\n", path, plan->left_out[i].why);
		free(path);
	}
	fputc('\n', out);
}

char *map_clock(const struct clock_rate *rate)
{
	char *text = text_format("clock %" PRIu32, rate->specifier[0]);

	for (uint32_t cell = 1; cell < rate->count; cell++) {
		char *const longer = text_format("%s:%" PRIu32, text, rate->specifier[cell]);

		free(text);
		text = longer;
	}
	return text_format("%s fixed at %" PRIu32 " Hz", rate->count ? text : "clock", rate->hz);
}

static void print_shared(const struct plan *plan, FILE *out)
{
	bool any = false;

	for (size_t i = 0; i < plan->board.device_count; i++) {
		const struct device *const device = &plan->board.devices[i];

		if (!device->shared)
			continue;
		fprintf(out, "%s  %s", any ? "" : "shared read-only, mapped in no cell\n", device->path);
		for (size_t at = 0; at < device->rate_count; at++) {
			char *const clock = map_clock(&device->rates[at]);

			fprintf(out, "%s%s", at ? ", " : ": ", clock);
			free(clock);
		}
		fputc('\n', out);
		any = true;
	}
	if (any)
		fputc('\n', out);
}

static void print_faults(const struct plan *plan, FILE *out)
{
	fprintf(out, "%-20s", "faults");
	for (size_t i = 0; i < plan->cell_count; i++)
		fprintf(out, " %-12s", plan->cells[i].name);
	fputc('\n', out);
	for (size_t error = 0; error < BP_ERROR_COUNT; error++) {
		fprintf(out, "  %-18s", error_names[error]);
		for (size_t i = 0; i < plan->cell_count; i++) {
			fprintf(out, " %-12s", map_action_name(plan->cells[i].actions[error]));
		}
		fputc('\n', out);
	}
	fprintf(out, "  %-18s", "restart-window");
	for (size_t i = 0; i < plan->cell_count; i++)
		fprintf(out, " %" PRIu32 "/%" PRIu64 "s%*s", plan->cells[i].restart_max,
			plan->cells[i].restart_window_ns / 1000000000, 7, "");
	fputs("\n\n", out);
}

void map_print(const struct layout *layout, FILE *out)
{
	const struct plan *const plan = layout->plan;

	fprintf(out, "%s on board %s: %zu cells, %zu cores\n\n", base_name(plan->file), plan->board.name,
		plan->cell_count, plan->board.core_count);
	print_summary(plan, out);
	for (size_t i = 0; i < plan->cell_count; i++) {
		fprintf(out, "cell %s\n", plan->cells[i].name);
		print_colors(plan, i, out);
		print_maps(&layout->cells[i], out);
		print_emulated(layout, i, out);
		map_print_functions(layout->plan, i, out);
		print_interrupts(layout, i, out);
		print_net(&plan->cells[i].net, out);
		print_boot_state(plan, i, out);
		print_images(layout, i, out);
		print_root(&plan->cells[i].root, out);
		print_firmware(&plan->cells[i], out);
		print_masters(plan, i, out);
		fputc('\n', out);
	}
	print_channels(plan, out);
	print_shared(plan, out);
	print_left_out(plan, out);
	print_faults(plan, out);
	map_print_hypervisor(layout, out);
}

bool plan_map(const struct plan *plan, enum map_form form, void *stream)
{
	static void (*const print[])(const struct layout *, FILE *) = {
		[MAP_TEXT] = map_print, [MAP_SVG] = map_print_svg, [MAP_JSON] = map_print_json};
	struct plan copy = *plan;
	struct layout layout;

	/* Where the hypervisor lies is part of the map, so it is laid out as for a build. */
	if (!layout_settle(&layout, &copy))
		return false;
	print[form](&layout, stream);
	return true;
}
