/* SPDX-License-Identifier: Apache-2.0 */
/*
 * board.c - reads a board folder: the device tree, machine.dts, pci.dts and known-slaves.
 *
 * docs/formats.md says what a board folder holds. Called once by plan_read; errors in the board's
 * own files are reported there, an unknown board at the partition file's `board`.
 */
#include "front.h"

#include "process.h"
#include "ranges.h"
#include "regions.h"
#include "text.h"

#include <dirent.h>
#include <libfdt.h>
#include <stdio.h>
#include <string.h>

#define MPIDR_AFFINITY	 UINT64_C(0xff00ffffff)
#define GICR_STRIDE	 UINT64_C(0x20000)
#define ERASE_BLOCK_MOST UINT32_C(0x1000000)
#define KNOWN_SLAVES_MAX (UINT64_C(1) << 20)

/* ---- the files ---- */

static bool ends_with(const char *text, const char *end)
{
	const size_t length = strlen(text), end_length = strlen(end);

	return length >= end_length && strcmp(text + length - end_length, end) == 0;
}

struct board_files {
	const char *folder, *tree, *machine, *known_slaves;
};

static bool find_in_folder(struct board_files *files, const char *folder)
{
	static const char *const names[] = {"board.dts", "board.dtb"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		files->tree = text_format("%s/%s", folder, names[i]);
		files->folder = folder;
		if (file_exists(files->tree))
			return true;
	}
	return false;
}

/* A path beside the partition file (folder or tree), else a board that came with the tool. */
static bool find_board(struct board_files *files, const char *beside, const char *name)
{
	const char *const path = name[0] == '/' ? name : text_format("%s/%s", beside, name);
	const char *const installed = data_find(text_format("dts/%s", name));

	if (folder_exists(path))
		return find_in_folder(files, path);
	if (file_exists(path) && (ends_with(path, ".dts") || ends_with(path, ".dtb"))) {
		files->tree = path;
		files->folder = text_folder(path);
		return true;
	}
	return installed && folder_exists(installed) && find_in_folder(files, installed);
}

/* Folders under dts/ of what came with the tool. */
static const char *nearest_board(const char *name)
{
	const char *const folder = data_find("dts");
	DIR *const boards = folder ? opendir(folder) : NULL;
	const char **known = NULL;
	size_t count = 0;

	if (!boards)
		return "";
	for (struct dirent *entry = readdir(boards); entry; entry = readdir(boards)) {
		if (entry->d_name[0] == '.' || !folder_exists(text_format("%s/%s", folder, entry->d_name)))
			continue;
		known = memory_grow(known, count, sizeof(known[0]));
		known[count++] = text_copy(entry->d_name, strlen(entry->d_name));
	}
	closedir(boards);
	return diag_did_you_mean(name, known, count);
}

static bool find_files(struct board_files *files, const char *beside, const char *name, struct place at)
{
	if (!find_board(files, beside, name)) {
		if (files->folder)
			diag_error(at, "board '%s' has neither board.dts nor board.dtb in %s", name,
				   files->folder);
		else
			diag_error(at, "no board '%s': neither in %s nor dts/%s of %s%s", name, beside, name,
				   data_folders(), nearest_board(name));
		return false;
	}
	files->machine = text_format("%s/machine.dts", files->folder);
	if (!file_exists(files->machine)) {
		diag_error(at, "board '%s' has no machine.dts in %s", name, files->folder);
		return false;
	}
	files->known_slaves = text_format("%s/../known-slaves", files->folder);
	if (!file_exists(files->known_slaves))
		files->known_slaves = data_find("dts/known-slaves");
	if (!files->known_slaves) {
		diag_error(at, "no known-slaves beside board '%s' or in %s", name, data_folders());
		return false;
	}
	return true;
}

/* ---- machine.dts ---- */

struct fact {
	const char *node, *property;
	size_t offset; /* of a uint32_t in struct board */
};

static const struct fact facts[] = {
	{"cpu", "pa-bits", offsetof(struct board, pa_bits)},
	{"gic", "spi-count", offsetof(struct board, spi_count)},
	{"gic", "id-bits", offsetof(struct board, gic_id_bits)},
	{"gic", "list-registers", offsetof(struct board, list_registers)},
	{"gic", "redistributor-frames", offsetof(struct board, gicr_frames)},
};

static const fdt32_t *fact_cells(const struct source *machine, const char *node_name, const char *property,
				 int count)
{
	const void *const tree = machine->tree.data;
	const int node = fdt_subnode_offset(tree, 0, node_name);
	int length;
	const fdt32_t *const cells = node >= 0 ? fdt_getprop(tree, node, property, &length) : NULL;

	if (!cells || length != 4 * count) {
		diag_error(source_place(machine, node >= 0 ? node : 0, property),
			   "/%s/%s is missing or has not %d cells", node_name, property, count);
		return NULL;
	}
	return cells;
}

/* Pairs of 64-bit address and size. */
static void read_pairs(const struct source *machine, const char *property, struct ranges *ranges)
{
	const void *const tree = machine->tree.data;
	const int node = fdt_subnode_offset(tree, 0, "loader");
	int length = 0;
	const fdt64_t *const pairs = node >= 0 ? fdt_getprop(tree, node, property, &length) : NULL;

	for (int i = 0; i + 2 <= length / 8; i += 2) {
		const uint64_t base = fdt64_ld(&pairs[i]), size = fdt64_ld(&pairs[i + 1]);

		if (size && base + (size - 1) < base)
			diag_error(source_place(machine, node, property), "the range 0x%llx + 0x%llx wraps",
				   (unsigned long long)base, (unsigned long long)size);
		else
			ranges_add(ranges, base, size);
	}
}

/* board_check() says whether it will do. */
static void read_crash(struct board *board, const struct source *machine)
{
	struct ranges area = {NULL, 0};

	read_pairs(machine, "crash-audit", &area);
	if (area.count)
		board->crash = area.at[0];
	if (area.count > 1)
		diag_error(
			source_place(machine, fdt_path_offset(machine->tree.data, "/loader"), "crash-audit"),
			"crash-audit is one range: an address and a size");
}

/* Two facts of a board whose flash holds the boot state; neither is needed otherwise.
 * [impl->swr~config-boot-state~1] */
static void read_flash(struct board *board, const struct source *machine)
{
	const void *const tree = machine->tree.data;
	const int node = fdt_path_offset(tree, "/loader");
	int length = 0;
	const fdt32_t *const block = node >= 0 ? fdt_getprop(tree, node, "erase-block", &length) : NULL;

	read_pairs(machine, "firmware", &board->firmware);
	read_pairs(machine, "state", &board->state);
	board->firmware_flash = node >= 0 ? fdt_stringlist_get(tree, node, "firmware-flash", 0, NULL) : NULL;
	if (!block)
		return;
	board->erase_block = length == sizeof(*block) ? fdt32_ld(block) : 0;
	if (!board->erase_block || board->erase_block % BP_PAGE_SIZE || board->erase_block > ERASE_BLOCK_MOST)
		diag_error(source_place(machine, node, "erase-block"),
			   "erase-block is one number, a multiple of 4K up to 16M: what the flash erases at "
			   "once");
}

static const char *const fact_paths[] = {
#define FACT(name, path) path,
	BP_FACTS(FACT)
#undef FACT
};

/* `assumed` names facts as NODE/PROPERTY. [impl->swr~assumed-facts-carried~1] */
static void read_assumed(struct board *board, const struct source *machine)
{
	const void *const tree = machine->tree.data;
	const struct place at = source_place(machine, 0, "assumed");
	const int count = fdt_stringlist_count(tree, 0, "assumed");

	if (count < 0 && count != -FDT_ERR_NOTFOUND)
		diag_error(at, "'assumed' takes names of facts, such as \"cpu/pa-bits\"");
	for (int i = 0; i < count; i++) {
		const char *const name = fdt_stringlist_get(tree, 0, "assumed", i, NULL);
		uint32_t fact = 0;

		while (fact < BP_FACT_COUNT && strcmp(fact_paths[fact], name) != 0)
			fact++;
		if (fact < BP_FACT_COUNT)
			board->assumed |= UINT32_C(1) << fact;
		else
			diag_error(at, "'assumed' names no fact of the machine: '%s'%s", name,
				   diag_did_you_mean(name, fact_paths, BP_FACT_COUNT));
	}
	board->assumed_at = at;
}

void board_warn_assumed(const struct board *board)
{
	const char *names = "";

	for (uint32_t fact = 0; fact < BP_FACT_COUNT; fact++)
		if (board->assumed & UINT32_C(1) << fact)
			names = text_format("%s%s%s", names, names[0] ? ", " : "", fact_paths[fact]);
	if (names[0])
		diag_warning(board->assumed_at,
			     "the image will audit, but not boot, while facts of the machine are assumed: "
			     "state %s, and take each off the list",
			     names);
}

static bool read_machine(struct board *board, const char *path)
{
	const size_t errors = diag_errors();
	struct source machine;
	const fdt32_t *cells;

	if (!source_read(&machine, path, NULL, 0))
		return false;
	board->machine = machine.tree;
	if (fdt_node_check_compatible(machine.tree.data, 0, "bulkhead,machine-v1") != 0)
		diag_error(source_place(&machine, 0, "compatible"),
			   "the file is not \"bulkhead,machine-v1\"");
	board->name = fdt_getprop(machine.tree.data, 0, "board", NULL);
	if (!board->name || !board->name[0] || strlen(board->name) >= BP_NAME_MAX)
		diag_error(source_place(&machine, 0, "board"), "'board' names the board, in 1 to %u letters",
			   BP_NAME_MAX - 1);
	for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++) {
		cells = fact_cells(&machine, facts[i].node, facts[i].property, 1);
		if (cells)
			*(uint32_t *)((char *)board + facts[i].offset) = fdt32_ld(cells);
	}
	cells = fact_cells(&machine, "gic", "free-spis", 2);
	if (cells) {
		board->free_spis.first = fdt32_ld(&cells[0]);
		board->free_spis.count = fdt32_ld(&cells[1]);
		if (board->free_spis.first > board->spi_count ||
		    board->free_spis.count > board->spi_count - board->free_spis.first)
			diag_error(source_place(&machine, fdt_path_offset(machine.tree.data, "/gic"),
						"free-spis"),
				   "free-spis go beyond the %u SPIs of the board", board->spi_count);
	}
	if (board->pa_bits < 32 || board->pa_bits > PA_BITS_MOST)
		diag_error(source_place(&machine, 0, NULL), "/cpu/pa-bits is not from 32 to 48");
	if (board->list_registers < 2)
		diag_error(
			source_place(&machine, fdt_path_offset(machine.tree.data, "/gic"), "list-registers"),
			"the GIC has fewer than 2 list registers: interrupts can't be injected with it");
	if (fdt_subnode_offset(machine.tree.data, 0, "smmu") >= 0) {
		cells = fact_cells(&machine, "smmu", "idr0", 2);
		if (cells) {
			board->smmu_idr0 = fdt32_ld(&cells[0]);
			board->smmu_idr0_mask = fdt32_ld(&cells[1]);
		}
	}
	pci_facts_read(board, &machine);
	read_assumed(board, &machine);
	read_pairs(&machine, "staging", &board->staging);
	read_pairs(&machine, "forbidden", &board->reserved);
	read_crash(board, &machine);
	read_flash(board, &machine);
	return diag_errors() == errors;
}

/* ---- the tree ---- */

static void board_error(const struct board *board, const char *text)
{
	diag_error((struct place){board->tree.path, 1, 1}, "the board's tree %s", text);
}

static void read_cpus(struct board *board)
{
	const void *const tree = board->tree.data;
	const int cpus = fdt_path_offset(tree, "/cpus");
	const int cells = cpus < 0 ? 0 : fdt_address_cells(tree, cpus);
	int node;

	if (cpus < 0)
		return;
	fdt_for_each_subnode(node, tree, cpus)
	{
		const char *const type = fdt_getprop(tree, node, "device_type", NULL);
		int length;
		const fdt32_t *const reg = fdt_getprop(tree, node, "reg", &length);
		uint64_t mpidr;

		if (!type || strcmp(type, "cpu") != 0)
			continue;
		if (!reg || cells < 1 || cells > 2 || length != 4 * cells) {
			board_error(board, text_format("has %s without an MPIDR: its 'reg' is one number of "
						       "/cpus/#address-cells, 1 or 2",
						       node_path(tree, node)));
			continue;
		}
		mpidr = fdt32_ld(&reg[0]);
		if (cells == 2)
			mpidr = mpidr << 32 | fdt32_ld(&reg[1]);
		board->mpidrs = memory_grow(board->mpidrs, board->core_count, sizeof(board->mpidrs[0]));
		board->cpu_nodes =
			memory_grow(board->cpu_nodes, board->core_count, sizeof(board->cpu_nodes[0]));
		board->mpidrs[board->core_count] = mpidr & MPIDR_AFFINITY;
		board->cpu_nodes[board->core_count++] = node;
	}
}

/* Whole pages only: what is left of a bank at its edges is no use to anybody. */
static void add_bank(struct board *board, struct range bank)
{
	const uint64_t skipped = -bank.base & (BP_PAGE_SIZE - 1);

	if (bank.size > skipped)
		ranges_add(&board->ram, bank.base + skipped, align_down(bank.size - skipped, BP_PAGE_SIZE));
}

static void read_memory(struct board *board)
{
	const void *const tree = board->tree.data;
	const int reserved = fdt_path_offset(tree, "/reserved-memory");
	int node, depth = 0;

	fdt_for_each_subnode(node, tree, 0)
	{
		const char *const type = fdt_getprop(tree, node, "device_type", NULL);
		const struct ranges banks = registers_of(tree, node);

		if (!type || strcmp(type, "memory") != 0 || node_disabled(tree, node))
			continue;
		for (size_t i = 0; i < banks.count; i++)
			add_bank(board, banks.at[i]);
	}
	for (int i = 0; i < fdt_num_mem_rsv(tree); i++) {
		uint64_t base, size;

		if (fdt_get_mem_rsv(tree, i, &base, &size) == 0)
			ranges_add(&board->reserved, base, base && size > -base ? -base : size);
	}
	ranges_disjoin(&board->ram);
	if (reserved < 0)
		return;
	for (node = reserved; node >= 0; node = fdt_next_node(tree, node, &depth)) {
		const struct ranges parts = depth > 0 ? registers_of(tree, node) : (struct ranges){NULL, 0};

		if (node != reserved && depth <= 0)
			break;
		if (!region_is_node(tree, node) || !region_lent(board, node).count)
			ranges_add_all(&board->reserved, &parts);
	}
}

static void read_gic(struct board *board)
{
	const void *const tree = board->tree.data;
	const fdt32_t *count;
	const fdt64_t *stride;
	struct ranges regs;
	int stride_length;
	size_t regions;

	board->gic_node = fdt_node_offset_by_compatible(tree, -1, "arm,gic-v3");
	board->timer_node = fdt_node_offset_by_compatible(tree, -1, "arm,armv8-timer");
	if (board->gic_node < 0) {
		board_error(board, "has no GICv3 (compatible \"arm,gic-v3\")");
		return;
	}
	regs = registers_of(tree, board->gic_node);
	count = fdt_getprop(tree, board->gic_node, "#redistributor-regions", NULL);
	stride = fdt_getprop(tree, board->gic_node, "redistributor-stride", &stride_length);
	if (stride && stride_length != sizeof(*stride)) {
		board_error(board, "has a redistributor-stride that is no 64-bit number");
		return;
	}
	regions = count ? fdt32_ld(count) : 1;
	if (regs.count < 1 + regions || !regions) {
		board_error(board, "gives the GIC too few register ranges");
		return;
	}
	board->gicd = regs.at[0];
	for (size_t i = 0; i < regions; i++)
		ranges_add(&board->gicr, regs.at[1 + i].base, regs.at[1 + i].size);
	board->gicr_stride = stride ? fdt64_ld(stride) : 0;
	if (!board->gicr_stride)
		board->gicr_stride = GICR_STRIDE;
}

/* stdout-path: a path or an alias, with options behind a colon. */
static int stdout_node(const void *tree)
{
	const int chosen = fdt_path_offset(tree, "/chosen");
	const char *const path = chosen >= 0 ? fdt_getprop(tree, chosen, "stdout-path", NULL) : NULL;

	return path ? fdt_path_offset_namelen(tree, path, (int)strcspn(path, ":")) : -1;
}

static void read_uart(struct board *board)
{
	const int node = stdout_node(board->tree.data);

	board->uart_device = -1;
	if (node < 0)
		return;
	board->uart_device = board_device_of(board, node);
	if (board->uart_device >= 0 && fdt_node_check_compatible(board->tree.data, node, "arm,pl011") == 0 &&
	    board->devices[board->uart_device].regs.count)
		board->uart = board->devices[board->uart_device].regs.at[0];
}

static void read_smmu(struct board *board)
{
	const void *const tree = board->tree.data;
	int node = -1;

	do
		node = fdt_node_offset_by_compatible(tree, node, "arm,smmu-v3");
	while (node >= 0 && !node_enabled(tree, node));
	if (node >= 0) {
		const struct ranges regs = registers_of(tree, node);

		if (regs.count)
			board->smmu = regs.at[0];
	}
}

bool board_examine(struct board *board)
{
	const size_t errors = diag_errors();

	nodes_index(board->tree.data);
	regions_read(board);
	read_cpus(board);
	read_memory(board);
	read_gic(board);
	board_inventory(board);
	read_smmu(board);
	read_uart(board);
	if (!board->core_count || board->core_count > BP_CORES_MAX)
		board_error(board, text_format("has %zu cores under /cpus: from 1 to %u fit",
					       board->core_count, BP_CORES_MAX));
	if (!board->ram.count)
		board_error(board, "has no memory node");
	return diag_errors() == errors;
}

bool board_read(struct front *front, struct place at, const char *name)
{
	const size_t errors = diag_errors();
	struct board *const board = &front->plan->board;
	struct board_files files = {0};
	const char *wrong;

	if (!find_files(&files, text_folder(front->plan->file), name, at))
		return false;
	board->folder = files.folder;
	if (!source_read_tree(files.tree, &board->tree) || !pci_inventory_read(board) ||
	    !read_machine(board, files.machine))
		return false;
	wrong = file_read(files.known_slaves, KNOWN_SLAVES_MAX, &board->known_slaves);
	if (wrong) {
		diag_error((struct place){files.known_slaves, 1, 1}, "can't read the file: %s", wrong);
		return false;
	}
	if (board_examine(board))
		board_check(board);
	if (board->crash.size)
		ranges_add(&board->reserved, board->crash.base, board->crash.size);
	if (diag_errors() == errors)
		pci_hosts_read(board);
	if (diag_errors() == errors)
		pci_place(board);
	return diag_errors() == errors;
}
