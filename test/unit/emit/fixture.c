// SPDX-License-Identifier: Apache-2.0
/*
 * fixture.c - builds the plan of fixture.h, and walks tables. Stands in for the front end, so that it
 * defines memory_place_hypervisor() and windows_find(), too.
 */
#include "fixture.h"

#include <libfdt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef FIXTURE_BOARD
#define FIXTURE_BOARD "test/unit/emit/board.dts"
#endif

/* The compiler frees nothing before it ends (plan.h), so neither do its tests. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "detect_leaks=0";
}

uint64_t windows_find(const struct plan *plan, uint64_t size)
{
	(void)plan;
	(void)size;
	return FIXTURE_CONSTANTS_IPA;
}

bool memory_place_hypervisor(struct plan *plan, uint64_t size)
{
	(void)size;
	plan->load_pa = FIXTURE_LOAD_PA;
	return true;
}

static struct bytes board_tree(void)
{
	FILE *const pipe = popen("dtc -q -I dts -O dtb " FIXTURE_BOARD, "r");
	struct bytes tree = {"board.dts", calloc(1, 65536), 0};

	if (!pipe)
		abort();
	tree.size = fread(tree.data, 1, 65536, pipe);
	if (pclose(pipe) || fdt_check_header(tree.data))
		abort();
	return tree;
}

static struct bytes text_bytes(const char *path, const char *text)
{
	return (struct bytes){path, (uint8_t *)strdup(text), strlen(text)};
}

static struct bytes hypervisor(void)
{
	static const struct hv_header header = {
		.magic = HV_MAGIC,
		.abi = BLUEPRINT_ABI,
		.isa = HV_ISA_ARM64,
		.file_size = FIXTURE_FILE_SIZE,
		.segments =
			{
				{EL2_VA_TEXT, 0x2000, HV_SEG_READ | HV_SEG_EXEC, 0},
				{EL2_VA_TEXT + 0x2000, 0x1000, HV_SEG_READ, 0},
				{EL2_VA_TEXT + 0x3000, 0x2000, HV_SEG_READ | HV_SEG_WRITE | HV_SEG_BOOT, 0},
				{EL2_VA_TEXT + 0x5000, 0x1000, HV_SEG_READ | HV_SEG_EXEC | HV_SEG_BOOT, 0},
				{EL2_VA_TEXT + 0x6000, 0x1000, HV_SEG_READ | HV_SEG_EXEC | HV_SEG_IDENTITY,
				 0},
				{EL2_VA_PRIVATE + 0x1000, 0x1000,
				 HV_SEG_READ | HV_SEG_WRITE | HV_SEG_PER_CORE, 0},
				{EL2_VA_PRIVATE + 0x3000, 0x2000,
				 HV_SEG_READ | HV_SEG_WRITE | HV_SEG_PER_CORE, 0},
			},
	};
	const uint32_t magic = IMAGE_MAGIC;
	struct bytes image = {"bulkhead.bin", calloc(1, FIXTURE_FILE_SIZE), FIXTURE_FILE_SIZE};

	memcpy(image.data + IMAGE_MAGIC_AT, &magic, sizeof(magic));
	memcpy(image.data + HV_HEADER_OFFSET, &header, sizeof(header));
	return image;
}

static struct ranges one_range(uint64_t base, uint64_t size)
{
	struct ranges ranges = {calloc(1, sizeof(struct range)), 1};

	ranges.at[0] = (struct range){base, size};
	return ranges;
}

static void add_device(struct plan *plan, const char *path, struct range reg, uint32_t intid, bool edge,
		       int owner)
{
	struct board *const board = &plan->board;
	struct device *device;

	board->devices = realloc(board->devices, (board->device_count + 1) * sizeof(*device));
	device = &board->devices[board->device_count++];
	*device = (struct device){.node = fdt_path_offset(board->tree.data, path),
				  .path = path,
				  .regs = one_range(reg.base, reg.size),
				  .interrupts = {calloc(1, sizeof(struct interrupt)), intid ? 1 : 0},
				  .owner = owner};
	device->interrupts.at[0] = (struct interrupt){intid, edge};
}

struct device *fixture_device(struct plan *plan, const char *path)
{
	for (size_t i = 0; i < plan->board.device_count; i++)
		if (!strcmp(plan->board.devices[i].path, path))
			return &plan->board.devices[i];
	return NULL;
}

static void board_fill(struct plan *plan)
{
	struct board *const board = &plan->board;

	board->name = "test";
	board->folder = "test/unit/emit";
	board->tree = board_tree();
	board->machine = board->tree;
	board->known_slaves = text_bytes("known-slaves", "arm,pl011\n");
	board->core_count = 4;
	board->mpidrs = calloc(4, sizeof(uint64_t));
	board->cpu_nodes = calloc(4, sizeof(int));
	for (int i = 0; i < 4; i++) {
		char path[32];

		snprintf(path, sizeof(path), "/cpus/cpu@%d", i);
		board->mpidrs[i] = (uint64_t)i;
		board->cpu_nodes[i] = fdt_path_offset(board->tree.data, path);
	}
	board->ram = one_range(0x40000000, 0x80000000);
	board->gicd = (struct range){0x8000000, 0x10000};
	board->gicr = one_range(0x80a0000, 0xf60000);
	board->gicr_stride = 0x20000;
	board->gicr_frames = 4;
	board->gic_node = fdt_path_offset(board->tree.data, "/intc@8000000");
	board->timer_node = fdt_node_offset_by_compatible(board->tree.data, -1, "arm,armv8-timer");
	board->smmu = (struct range){0x9050000, 0x20000};
	board->uart = (struct range){0x9000000, 0x1000};
	board->pa_bits = 40;
	board->spi_count = 256;
	board->gic_id_bits = 10;
	board->list_registers = 4;
	add_device(plan, "/pl011@9000000", board->uart, 33, false, FIXTURE_HEALTH);
	board->uart_device = 0;
	add_device(plan, "/pl031@9010000", (struct range){0x9010000, 0x1000}, 34, false, FIXTURE_LINUX);
	add_device(plan, "/pl061@9030000", (struct range){0x9030000, 0x1000}, 39, true, FIXTURE_LINUX);
	add_device(plan, "/soc/nic@0", (struct range){0xa000000, 0x200}, 48, true, FIXTURE_LINUX);
	add_device(plan, "/soc/crypto@200", (struct range){0xa000200, 0x200}, 49, true, FIXTURE_LINUX);
	add_device(plan, "/clock-controller@9020000", (struct range){0x9020000, 0x1000}, 0, false,
		   FIXTURE_LINUX);
	add_device(plan, "/smmu@9050000", board->smmu, 0, false, -2);
}

static struct plan_cell *cell_fill(struct plan *plan, size_t index, const char *name, uint32_t core,
				   uint32_t core_count, uint64_t ram, uint64_t size)
{
	struct plan_cell *const cell = &plan->cells[index];

	cell->name = name;
	cell->line = 5 + (int)index;
	cell->core_count = core_count;
	cell->cores = calloc(core_count, sizeof(uint32_t));
	for (uint32_t i = 0; i < core_count; i++)
		cell->cores[i] = core + i;
	cell->ram_count = 1;
	cell->ram = calloc(2, sizeof(*cell->ram));
	cell->ram[0] = (struct ram_region){ram, ram, size, false};
	cell->entry_ipa = ram;
	cell->tree_floor_ipa = ram;
	cell->tree_limit_ipa = ram + size;
	cell->restart_max = 5;
	cell->restart_window_ns = UINT64_C(300000000000);
	memset(cell->actions, BP_ACTION_RESTART, sizeof(cell->actions));
	cell->heartbeat_ipa = 0x20000000;
	cell->file_count = 1;
	cell->files = calloc(2, sizeof(*cell->files));
	cell->segment_count = 1;
	cell->segments = calloc(2, sizeof(*cell->segments));
	cell->segments[0] = (struct segment_image){0, 0, 0, ram};
	return cell;
}

static void file_fill(struct plan_cell *cell, size_t index, const char *property, const char *content,
		      uint64_t store_pa)
{
	cell->files[index] = (struct file_image){
		property, text_bytes(text_format("dir/%s.img", property), content), store_pa};
	cell->segments[index].file = index;
	cell->segments[index].size = strlen(content);
}

static void cells_fill(struct plan *plan)
{
	struct plan_cell *cell;

	plan->cell_count = FIXTURE_CELLS;
	plan->cells = calloc(FIXTURE_CELLS, sizeof(*plan->cells));

	cell = cell_fill(plan, FIXTURE_HEALTH, "health", 0, 1, 0x48000000, 0x2000000);
	cell->flags = BP_CELL_HEALTH;
	cell->directory_ipa = 0x20010000;
	cell->core_windows_ipa = calloc(4, sizeof(uint64_t));
	cell->cell_windows_ipa = calloc(FIXTURE_CELLS, sizeof(uint64_t));
	for (unsigned int i = 0; i < 4; i++)
		cell->core_windows_ipa[i] = 0x21000000 + i * 0x20000;
	for (unsigned int i = 0; i < FIXTURE_CELLS; i++)
		cell->cell_windows_ipa[i] = 0x22000000 + i * 0x20000;
	file_fill(cell, 0, "image", "health program", 0xb0000000);

	cell = cell_fill(plan, FIXTURE_LINUX, "linux", 1, 2, 0x40000000, 0x8000000);
	cell->is_linux = true;
	cell->flags = BP_CELL_LOG_CONSOLE;
	cell->bootargs = "quiet";
	cell->uart_ipa = 0x20020000;
	cell->uart_intid = 32 + 200;
	cell->heartbeat_ns = 1000000000;
	cell->ram[1] = (struct ram_region){0x60000000, 0x4a000000, 0x100000, true};
	cell->ram_count = 2;
	file_fill(cell, 0, "kernel", "kernel image", 0xb0001000);
	file_fill(cell, 1, "initrd", "initial ram file system", 0xb0002000);
	cell->segments[1].dest_ipa = 0x47c00000;
	cell->file_count = cell->segment_count = 2;
	cell->tree_limit_ipa = 0x47c00000;

	cell = cell_fill(plan, FIXTURE_CONTROL, "control", 3, 1, 0x80000000, 0x1000000);
	cell->mode = BP_MODE_DIRECT;
	cell->uart_ipa = 0x20020000;
	cell->uart_intid = 32 + 201;
	file_fill(cell, 0, "image", "control program", 0xb0003000);
}

struct plan *fixture_plan(void)
{
	struct plan *const plan = calloc(1, sizeof(*plan));
	struct plan_channel *channel;

	plan->file = "configs/three.dts";
	plan->partitions = text_bytes("configs/three.dts", "flattened");
	plan->hypervisor = hypervisor();
	board_fill(plan);
	cells_fill(plan);
	plan->channel_count = 1;
	plan->channels = channel = calloc(1, sizeof(*channel));
	channel->name = "setpoints";
	channel->writers = calloc(1, sizeof(int));
	channel->writers[0] = FIXTURE_LINUX;
	channel->readers = calloc(1, sizeof(int));
	channel->readers[0] = FIXTURE_CONTROL;
	channel->writer_count = channel->reader_count = 1;
	channel->size = 0x10000;
	channel->ipa = 0x20030000;
	channel->doorbell = true;
	channel->doorbell_spis = calloc(1, sizeof(uint32_t));
	channel->doorbell_spis[0] = 32 + 202;
	return plan;
}

/* Arm ARM D8.2, start at level 1, 4 KiB granule. */
struct walk fixture_walk(const struct arena *arena, uint64_t root_pa, uint64_t root_pages, uint64_t input)
{
	uint64_t table = root_pa;
	struct walk walk = {0};

	if (input >> 30 >= 512 * root_pages)
		return walk;
	for (int level = 1; level <= 3; level++) {
		const int shift = 12 + 9 * (3 - level);
		const uint64_t index = level == 1 ? input >> shift : input >> shift & 511;
		uint64_t entry;

		if (table < arena->pa || table + 4096 > arena->pa + arena->size + 4096)
			return walk;
		memcpy(&entry, arena->data + (table - arena->pa) + 8 * index, sizeof(entry));
		if (!(entry & 1))
			return walk;
		if (level < 3 && (entry & 2)) {
			table = entry & UINT64_C(0xfffffffff000);
			continue;
		}
		if (level == 3 && !(entry & 2))
			return walk;
		walk.mapped = true;
		walk.block = UINT64_C(1) << shift;
		walk.pa = (entry & UINT64_C(0xfffffffff000) & ~(walk.block - 1)) | (input & (walk.block - 1));
		walk.attributes = entry & ~UINT64_C(0xfffffffff003);
		return walk;
	}
	return walk;
}

static void leaves_below(const struct arena *arena, uint64_t table, int level, uint64_t entries,
			 uint64_t input, struct leaf **leaves, size_t *count)
{
	const uint64_t size = UINT64_C(1) << (12 + 9 * (3 - level));

	for (uint64_t i = 0; i < entries; i++) {
		uint64_t entry;

		memcpy(&entry, arena->data + (table - arena->pa) + 8 * i, sizeof(entry));
		if (!(entry & 1))
			continue;
		if (level < 3 && (entry & 2)) {
			leaves_below(arena, entry & UINT64_C(0xfffffffff000), level + 1, 512,
				     input + i * size, leaves, count);
			continue;
		}
		*leaves = realloc(*leaves, (*count + 1) * sizeof(**leaves));
		(*leaves)[(*count)++] = (struct leaf){input + i * size, entry & UINT64_C(0xfffffffff000),
						      size, entry & ~UINT64_C(0xfffffffff003)};
	}
}

size_t fixture_leaves(const struct arena *arena, uint64_t root_pa, uint64_t root_pages, struct leaf **leaves)
{
	size_t count = 0;

	*leaves = NULL;
	leaves_below(arena, root_pa, 1, 512 * root_pages, 0, leaves, &count);
	return count;
}
