// SPDX-License-Identifier: Apache-2.0
/*
 * map_svg_cells.c - the cells of the drawn map: a card each, or a row each where they are many.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "emit_interrupts.h"
#include "map_svg.h"
#include "nodes.h"
#include "svg.h"

#define LINE	      16
#define CARD_HEAD     30
#define CARD_GAP      12
#define DEVICES_SHOWN 10u
#define CALLS_A_LINE  2u

struct lines {
	char **at;
	size_t count;
};

static void add(struct lines *lines, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void add(struct lines *lines, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	lines->at = memory_grow(lines->at, lines->count, sizeof(lines->at[0]));
	lines->at[lines->count++] = text_format_list(format, arguments);
	va_end(arguments);
}

static char *joined(char *list, const char *word)
{
	char *const longer = text_format("%s%s%s", list, list[0] ? ", " : "", word);

	free(list);
	return longer;
}

static char *cores_of(const struct plan_cell *cell)
{
	char *list = text_format("%s", "");

	for (size_t i = 0, last; i < cell->core_count; i = last + 1) {
		for (last = i; last + 1 < cell->core_count && cell->cores[last + 1] == cell->cores[last] + 1;)
			last++;
		list = joined(list, last == i ? text_format("%" PRIu32, cell->cores[i])
					      : text_format("%" PRIu32 "-%" PRIu32, cell->cores[i],
							    cell->cores[last]));
	}
	return list;
}

static const char *duration(uint64_t ns)
{
	if (ns % 1000000000 == 0)
		return text_format("%" PRIu64 " s", ns / 1000000000);
	if (ns % 1000000 == 0)
		return text_format("%" PRIu64 " ms", ns / 1000000);
	return text_format("%" PRIu64 " us", ns / 1000);
}

static const char *kind(const struct plan *plan, size_t cell)
{
	return cell_flags(plan, cell) & BP_CELL_HEALTH ? "health" : plan->cells[cell].is_linux ? "Linux" : "";
}

static const char *role(const struct plan *plan, size_t cell)
{
	const uint32_t flags = cell_flags(plan, cell);
	char *text = text_format("%s", kind(plan, cell));

	if (flags & BP_CELL_ESSENTIAL)
		text = joined(text, "essential");
	if (flags & BP_CELL_SERVICE)
		text = joined(text, "service core");
	if (flags & BP_CELL_PMU)
		text = joined(text, "PMU");
	return text;
}

static size_t functions_of(const struct plan_cell *cell)
{
	size_t count = 0;

	for (size_t i = 0; i < cell->function_count; i++)
		count += !cell->functions[i].ghost;
	return count;
}

static size_t devices_of(const struct plan *plan, size_t cell)
{
	size_t count = 0;

	for (size_t i = 0; i < plan->board.device_count; i++)
		count += plan->board.devices[i].owner == (int)cell;
	return count;
}

static void add_devices(const struct plan *plan, size_t cell, struct lines *lines)
{
	const size_t count = devices_of(plan, cell);
	size_t shown = 0;

	for (size_t i = 0; i < plan->board.device_count; i++) {
		const struct device *const device = &plan->board.devices[i];
		const char *const slash = strrchr(device->path, '/');
		char *interrupts = text_format("%s", "");

		if (device->owner != (int)cell)
			continue;
		if (shown == DEVICES_SHOWN && count > DEVICES_SHOWN + 1) {
			add(lines, "           and %zu more: map.txt", count - shown);
			break;
		}
		for (size_t j = 0; j < device->interrupts.count; j++)
			interrupts = joined(interrupts,
					    text_format("SPI %" PRIu32, device->interrupts.at[j].intid));
		add(lines, "device     %s%s%s", slash ? slash + 1 : device->path, interrupts[0] ? ": " : "",
		    interrupts);
		if (device->bus_master)
			add(lines, "           masters the bus: unisolated");
		shown++;
	}
	if (!count)
		add(lines, "device     none");
}

static void add_boot_state(const struct plan *plan, size_t cell, struct lines *lines)
{
	const struct boot_state *const state = &plan->boot_state;

	if (!state->wanted || state->cell != cell)
		return;
	if (boot_state_in_emmc(state))
		add(lines, "boot state boot%" PRIu32 " of %s", state->bank - 1,
		    pci_call(&plan->board.pci, state->function));
	else if (state->medium == BOOT_MEDIUM_CFI)
		add(lines, "boot state bank %" PRIu32 " of %s", state->bank,
		    strrchr(plan->board.devices[state->device].path, '/') + 1);
	else
		add(lines, "boot state %s", node_path(plan->board.tree.data, state->node));
	if (state->shares_firmware)
		add(lines, "           with what the machine starts from: unisolated");
}

static void add_functions(const struct plan *plan, const struct plan_cell *cell, struct lines *lines)
{
	const size_t count = functions_of(cell);
	size_t shown = 0;

	for (size_t i = 0; i < cell->function_count; i++) {
		const size_t function = cell->functions[i].function;

		if (cell->functions[i].ghost)
			continue;
		if (shown == DEVICES_SHOWN && count > DEVICES_SHOWN + 1) {
			add(lines, "           and %zu more: map.txt", count - shown);
			break;
		}
		add(lines, "%-10s %s: %s", shown++ ? "" : "PCI", pci_call(&plan->board.pci, function),
		    map_slot(cell->functions[i].rid));
		if (plan->board.pci.at[function].smmu == PCI_NONE)
			add(lines, "           masters the bus: unisolated");
	}
	if (cell->msi_count)
		add(lines, "           messages: SPI %" PRIu32 "-%" PRIu32, cell->msi_first,
		    cell->msi_first + cell->msi_count - 1);
}

static void add_colors(const struct plan *plan, size_t cell, struct lines *lines)
{
	const struct palette *const palette = cell_palette(plan, cell);

	if (!palette)
		return;
	add(lines, "colours    %s of %" PRIu32, map_colors(palette), palette->colors);
	if (!plan->cells[cell].palette)
		add(lines, "           shared with uncoloured cells");
}

/* Unlike all else here, firmware's work isn't divided. */
static void add_firmware(const struct plan_cell *cell, struct lines *lines)
{
	for (size_t i = 0; i < cell->firmware_count; i += CALLS_A_LINE) {
		char *calls = text_format("%s", "");

		for (size_t j = i; j < i + CALLS_A_LINE && j < cell->firmware_count; j++)
			calls = joined(calls, text_format("%#" PRIx32, cell->firmware[j]));
		add(lines, "%-10s %s", i ? "" : "firmware", calls);
	}
	if (cell->firmware_count)
		add(lines, "           calls of it: unisolated");
}

static void add_interrupts(const struct layout *layout, size_t cell, struct lines *lines)
{
	const struct plan *const plan = layout->plan;
	struct bp_cell record = {0};
	char *ppis = text_format("%s", "");

	interrupts_fill(plan, cell, &record);
	for (uint32_t i = 16; i < 32; i++)
		if (record.ppi_owned >> i & 1)
			ppis = joined(ppis, text_format("%" PRIu32, i));
	add(lines, "interrupts %s", plan->cells[cell].mode == BP_MODE_DIRECT ? "direct" : "injected");
	add(lines, "           PPI %s", ppis[0] ? ppis : "none");
	if (plan->cells[cell].uart_intid)
		add(lines, "console    emulated: SPI %" PRIu32, plan->cells[cell].uart_intid);
}

static struct lines card_lines(const struct layout *layout, size_t number)
{
	const struct plan *const plan = layout->plan;
	const struct plan_cell *const cell = &plan->cells[number];
	struct lines lines = {0};
	uint64_t memory = 0;

	for (size_t i = 0; i < cell->ram_count; i++)
		memory += cell->ram[i].size;
	if (role(plan, number)[0])
		add(&lines, "role       %s", role(plan, number));
	add(&lines, "cores      %s", cores_of(cell));
	add(&lines, "memory     %s", map_svg_size(memory));
	add_colors(plan, number, &lines);
	for (size_t i = 0; i < cell->file_count; i++) {
		const char *const path = cell->files[i].file.path, *const slash = strrchr(path, '/');

		add(&lines, "%-10s %s, %s", cell->files[i].property, slash ? slash + 1 : path,
		    map_svg_size(cell->files[i].file.size));
	}
	add_devices(plan, number, &lines);
	add_boot_state(plan, number, &lines);
	add_functions(plan, cell, &lines);
	add_interrupts(layout, number, &lines);
	add_firmware(cell, &lines);
	if (cell->heartbeat_ns)
		add(&lines, "heartbeat  %s", duration(cell->heartbeat_ns));
	if (cell->boot_timeout_ns)
		add(&lines, "boots in   %s", duration(cell->boot_timeout_ns));
	return lines;
}

static int draw_card(const struct plan *plan, size_t cell, const struct lines *lines, int x, int y, int width,
		     FILE *out)
{
	svg_key(out, x, y, width, 22, (unsigned int)cell);
	svg_text(out, x + 6, y + 38, SVG_BOLD, width - 12, plan->cells[cell].name);
	for (size_t i = 0; i < lines->count; i++)
		svg_text(out, x + 6, y + 24 + CARD_HEAD + (int)i * LINE + 2, SVG_MONO, width - 12,
			 lines->at[i]);
	return 24 + CARD_HEAD + (int)lines->count * LINE;
}

static int draw_cards(const struct layout *layout, int y, FILE *out)
{
	const size_t count = layout->plan->cell_count, across = count < 4 ? count : 4;
	const int width = (SHEET_INSIDE - CARD_GAP * ((int)across - 1)) / (int)across;

	for (size_t row = 0; row < count; row += across) {
		int height = 0;

		for (size_t i = row; i < row + across && i < count; i++) {
			const struct lines lines = card_lines(layout, i);
			const int own =
				draw_card(layout->plan, i, &lines,
					  SHEET_LEFT + (int)(i - row) * (width + CARD_GAP), y, width, out);

			height = own > height ? own : height;
		}
		for (size_t i = row; i < row + across && i < count; i++)
			svg_frame(out, SHEET_LEFT + (int)(i - row) * (width + CARD_GAP), y, width, height);
		y += height + CARD_GAP;
	}
	return y;
}

static bool has_masters(const struct plan *plan, size_t cell)
{
	for (size_t i = 0; i < plan->board.device_count; i++)
		if (plan->board.devices[i].owner == (int)cell && plan->board.devices[i].bus_master)
			return true;
	for (size_t i = 0; i < plan->board.pci.count; i++)
		if (plan->board.pci.at[i].owner == (int)cell && plan->board.pci.at[i].smmu == PCI_NONE)
			return true;
	return false;
}

/* " FC": what a row has no room to spell out. */
static const char *marks(const struct plan *plan, size_t cell)
{
	const bool firmware = plan->cells[cell].firmware_count, colors = plan->cells[cell].palette;
	const bool masters = has_masters(plan, cell);

	return text_format("%s%s%s%s", firmware || colors || masters ? " " : "", firmware ? "F" : "",
			   colors ? "C" : "", masters ? "M" : "");
}

/* Two columns of rows: number, name, cores, memory, devices, mode, kind and marks. */
static int draw_table(const struct plan *plan, int y, FILE *out)
{
	const size_t half = (plan->cell_count + 1) / 2;
	bool marked = false;

	for (size_t i = 0; i < plan->cell_count; i++) {
		const struct plan_cell *const cell = &plan->cells[i];
		const int x = SHEET_LEFT + (i < half ? 0 : SHEET_INSIDE / 2 + 8);
		const int row = y + (int)(i < half ? i : i - half) * (LINE + 2);

		svg_key(out, x, row, 34, 15, (unsigned int)i);
		svg_text(out, x + 40, row + 12, SVG_MONO, 150, cell->name);
		svg_text(out, x + 194, row + 12, SVG_MONO, 110, text_format("core %s", cores_of(cell)));
		svg_text(out, x + 308, row + 12, SVG_MONO, 60, map_svg_size(cell->memory_total));
		svg_text(out, x + 372, row + 12, SVG_MONO, 84,
			 text_format("%zu device%s", devices_of(plan, i) + functions_of(cell),
				     devices_of(plan, i) + functions_of(cell) == 1 ? "" : "s"));
		svg_text(out, x + 460, row + 12, SVG_MONO, 144,
			 text_format("%s%s%s%s", cell->mode == BP_MODE_DIRECT ? "direct" : "injected",
				     kind(plan, i)[0] ? " " : "", kind(plan, i), marks(plan, i)));
		marked |= marks(plan, i)[0] != 0;
	}
	y += (int)half * (LINE + 2) + CARD_GAP;
	if (!marked)
		return y;
	svg_text(out, SHEET_LEFT, y + 4, SVG_MONO, SHEET_INSIDE,
		 "F: calls firmware, unisolated. C: cache colours of its own. M: masters the bus with no "
		 "IOMMU "
		 "in front, unisolated. map.txt says which.");
	return y + LINE + CARD_GAP;
}

int map_svg_cells(const struct layout *layout, int y, FILE *out)
{
	return layout->plan->cell_count <= CARDS_MOST ? draw_cards(layout, y, out)
						      : draw_table(layout->plan, y, out);
}
