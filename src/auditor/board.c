// SPDX-License-Identifier: Apache-2.0
/*
 * board.c - reads the board's tree, its machine facts and known-slaves.
 */
#include <inttypes.h>
#include <libfdt.h>
#include <stdlib.h>
#include <string.h>

#include "model.h"

#define OWN_FRAMES     UINT64_C(0x20000)
#define MPIDR_AFFINITY UINT64_C(0x000000ff00ffffff)

static void input_wrong(struct audit *audit, const char *what)
{
	violation(&audit->report, RULE_INPUT, "%s", what);
}

static void board_cpus(struct audit *audit)
{
	struct board *board = &audit->board;
	const struct tree *tree = &board->tree;
	const struct node *cpus = tree_path(tree, "/cpus");

	for (size_t i = 0; cpus && i < tree->count; i++) {
		const struct node *node = &tree->nodes[i];
		const char *type = node_string(tree, node, "device_type");
		uint64_t mpidr;
		int length;

		if (node->parent != (int)(cpus - tree->nodes) || !type || strcmp(type, "cpu") != 0)
			continue;
		if (!node_property(tree, node, "reg", &length) || length != 4 * cpus->address_cells ||
		    !node_number(tree, node, "reg", &mpidr)) {
			violation(&audit->report, RULE_INPUT, "board tree: %s has no MPIDR", node->path);
			continue;
		}
		board->mpidrs = memory_grow(board->mpidrs, board->core_count, sizeof(mpidr));
		board->cpu_nodes =
			memory_grow(board->cpu_nodes, board->core_count, sizeof(*board->cpu_nodes));
		board->mpidrs[board->core_count] = mpidr & MPIDR_AFFINITY;
		board->cpu_nodes[board->core_count++] = node;
	}
}

static void spans_add_ranges(struct spans *spans, const struct node *node, int tag)
{
	for (size_t i = 0; i < node->reg_count; i++) {
		const uint64_t base = node->regs[i].base;

		spans_add(spans, (struct span){base, base, end_of(base, node->regs[i].size) - base, 0, tag});
	}
}

/* Of a bank what fills whole pages: nobody can use its edges. */
static void banks_add(struct spans *ram, const struct node *node)
{
	for (size_t i = 0; i < node->reg_count; i++) {
		const uint64_t from = page_up(node->regs[i].base);
		const uint64_t to = page_down(end_of(node->regs[i].base, node->regs[i].size));

		if (from >= node->regs[i].base && from < to)
			spans_add(ram, (struct span){from, from, to - from, 0, 0});
	}
}

/* Memory that is switched off is somebody else's, the secure world's say. */
static bool is_memory(const struct tree *tree, const struct node *node)
{
	const char *type = node_string(tree, node, "device_type");

	return type && !strcmp(type, "memory") && node->enabled;
}

/* Behind the windows of a PCI host are functions that may be anybody's. */
static void windows_add(const struct tree *tree, const struct node *node, int tag, struct spans *spans)
{
	const char *type = node_string(tree, node, "device_type");
	struct range window;

	for (unsigned int i = 0; type && !strcmp(type, "pci") && node_window(tree, node, i, &window); i++)
		spans_add(spans, (struct span){window.base, window.base,
					       end_of(window.base, window.size) - window.base, 0, tag});
}

/* An ITS and an SMMU have two frames of registers, wherever their nodes name one: GICv3 12.2.1, SMMUv3 6.1.
 */
static void frames_add(const struct tree *tree, const struct node *node, int tag, struct spans *spans)
{
	if (node->reg_count &&
	    (node_compatible(tree, node, "arm,gic-v3-its") || node_compatible(tree, node, "arm,smmu-v3")))
		spans_add(spans, (struct span){node->regs[0].base, node->regs[0].base, OWN_FRAMES, 0, tag});
}

static void board_ranges(struct board *board)
{
	const struct tree *tree = &board->tree;
	const struct node *reserved = tree_path(tree, "/reserved-memory");
	uint64_t highest = 0;

	for (size_t i = 0; i < tree->count; i++) {
		const struct node *node = &tree->nodes[i];

		if (is_memory(tree, node))
			banks_add(&board->ram, node);
		else if (reserved && node != reserved && node_within(tree, node, reserved))
			spans_add_ranges(region_lent(tree, node) ? &board->lent : &board->reserved, node,
					 region_lent(tree, node) ? (int)i : 0);
		else
			spans_add_ranges(&board->registers, node, (int)i);
		windows_add(tree, node, (int)i, &board->registers);
		frames_add(tree, node, (int)i, &board->registers);
	}
	for (int i = 0; i < fdt_num_mem_rsv(tree->fdt); i++) {
		uint64_t base, size;

		if (!fdt_get_mem_rsv(tree->fdt, i, &base, &size))
			spans_add(&board->reserved,
				  (struct span){base, base, end_of(base, size) - base, 0, 0});
	}
	spans_normalize(&board->ram, NULL, NULL);
	spans_sort_by_va(&board->registers);
	board->registers_end = memory_zeroed(board->registers.count, sizeof(*board->registers_end));
	for (size_t i = 0; i < board->registers.count; i++) {
		const struct span *span = &board->registers.list[i];

		if (span->va + span->size > highest)
			highest = span->va + span->size;
		board->registers_end[i] = highest;
	}
}

static uint32_t ppi_of(const struct node *node, size_t index)
{
	return node && index < node->irq_count && node->irqs[index].intid < 32 ? node->irqs[index].intid : 0;
}

static uint32_t timer_ppi(const struct tree *tree, const struct node *timer, const char *name, size_t unnamed)
{
	return timer ? ppi_of(timer, irq_named(tree, timer, name, unnamed)) : 0;
}

static const struct node *compatible_node(const struct tree *tree, const char *compatible)
{
	for (size_t i = 0; i < tree->count; i++) {
		if (node_compatible(tree, &tree->nodes[i], compatible))
			return &tree->nodes[i];
	}
	return NULL;
}

/* arm,armv8-pmuv3, or arm,cortex-NAME-pmu: a kind of core has one. */
static bool is_pmu(const struct tree *tree, const struct node *node)
{
	static const char family[] = "arm,cortex-", kind[] = "-pmu";
	const char *name = NULL;
	int length = 0;
	const void *list = node_property(tree, node, "compatible", &length);

	if (!list || !string_list(list, length))
		return false;
	while ((name = string_next(list, length, name))) {
		const char *end = strrchr(name, '-');

		if (!strcmp(name, "arm,armv8-pmuv3") ||
		    (!strncmp(name, family, sizeof(family) - 1) && end && !strcmp(end, kind)))
			return true;
	}
	return false;
}

/* stdout-path = "ALIAS-OR-PATH[:OPTIONS]" */
static const struct node *stdout_uart(const struct tree *tree)
{
	const struct node *chosen = tree_path(tree, "/chosen");
	const char *path = chosen ? node_string(tree, chosen, "stdout-path") : NULL;
	char name[256];
	bool many;

	if (!path || strcspn(path, ":") >= sizeof(name))
		return NULL;
	memcpy(name, path, strcspn(path, ":"));
	name[strcspn(path, ":")] = '\0';
	return tree_name(tree, name, &many);
}

static void board_parts(struct audit *audit)
{
	struct board *board = &audit->board;
	const struct tree *tree = &board->tree;
	const struct node *timer = compatible_node(tree, "arm,armv8-timer");

	if (!tree->nodes) {
		input_wrong(audit, "board tree: it is empty");
		return;
	}
	for (size_t i = 0; i < tree->count && !board->gic; i++) {
		if (node_is_gic(tree, &tree->nodes[i]))
			board->gic = &tree->nodes[i];
	}
	for (size_t i = 0; i < tree->count && !board->smmu; i++)
		if (tree->nodes[i].enabled && node_compatible(tree, &tree->nodes[i], "arm,smmu-v3"))
			board->smmu = &tree->nodes[i];
	board->its = compatible_node(tree, "arm,gic-v3-its");
	board->stdout_uart = stdout_uart(tree);
	if (board->stdout_uart)
		board->stdout_uart = device_around(board, board->stdout_uart);
	board->maintenance_intid = ppi_of(board->gic, 0);
	board->physical_timer = timer_ppi(tree, timer, "phys", TIMER_PHYSICAL);
	board->hypervisor_timer = timer_ppi(tree, timer, "hyp-phys", TIMER_EL2);
	board->virtual_timer = timer_ppi(tree, timer, "virt", TIMER_VIRTUAL);
	for (size_t i = 0; i < tree->count; i++)
		if (is_pmu(tree, &tree->nodes[i]))
			board->pmu_ppis |= UINT32_C(1) << ppi_of(&tree->nodes[i], 0);
	board->pmu_ppis &= ~UINT32_C(1);
	if (!board->gic || board->gic->reg_count < 2)
		input_wrong(audit, "board tree: no GICv3 with distributor and redistributors");
	if (!board->core_count || !board->ram.count)
		input_wrong(audit, "board tree: no cores or no memory");
}

/* Ranges of the loader's: base and size, base and size... */
static void machine_spans(struct audit *audit, const char *property, struct spans *spans)
{
	const struct tree *machine = &audit->board.machine;
	const struct node *loader = tree_path(machine, "/loader");
	uint64_t base, size;
	int length = 0;

	if (!loader || !node_property(machine, loader, property, &length))
		return;
	for (unsigned int i = 0; node_u64(machine, loader, property, i, &base) &&
				 node_u64(machine, loader, property, i + 1, &size);
	     i += 2)
		spans_add(spans, (struct span){base, base, end_of(base, size) - base, 0, 0});
	if (length % (2 * sizeof(uint64_t)))
		violation(&audit->report, RULE_INPUT, "machine facts: /loader/%s is no list of ranges",
			  property);
}

static void fact(struct audit *audit, const char *path, const char *name, unsigned int index, uint32_t *value)
{
	const struct tree *machine = &audit->board.machine;
	const struct node *node = tree_path(machine, path);

	if (!node || !node_u32(machine, node, name, index, value))
		violation(&audit->report, RULE_INPUT, "machine facts: %s/%s is missing", path, name);
}

static const char *const fact_paths[] = {
#define FACT(name, path) path,
	BP_FACTS(FACT)
#undef FACT
};

/* Which facts the file marks as assumed. [impl->swr~audit-assumed~1] */
static void facts_assumed(struct audit *audit)
{
	const struct tree *machine = &audit->board.machine;
	int length = 0;
	const char *list = node_property(machine, &machine->nodes[0], "assumed", &length);

	if (list && !string_list(list, length)) {
		input_wrong(audit, "machine facts: /assumed is no list of names");
		return;
	}
	for (const char *text = NULL; list && (text = string_next(list, length, text));) {
		uint32_t fact = 0;

		while (fact < BP_FACT_COUNT && strcmp(text, fact_paths[fact]) != 0)
			fact++;
		if (fact == BP_FACT_COUNT)
			violation(&audit->report, RULE_INPUT, "machine facts: '%s' is no fact", text);
		else
			audit->board.assumed |= UINT32_C(1) << fact;
	}
}

const char *fact_path(uint32_t fact)
{
	return fact_paths[fact];
}

/* RAM that nobody else has: a page, and one for each core. [impl->swr~audit-crash-audit~1] */
static void crash_area(struct audit *audit)
{
	struct board *board = &audit->board;
	const uint64_t size = (1 + board->core_count) * BP_PAGE_SIZE;
	struct spans given = {0};
	uint64_t gap = 0;
	bool lent = false;

	machine_spans(audit, "crash-audit", &given);
	if (given.count != 1 || given.list[0].va % BP_PAGE_SIZE || given.list[0].size < size) {
		if (given.count)
			input_wrong(audit, "machine facts: crash-audit is no range of whole pages, one for "
					   "each core and one more");
		spans_free(&given);
		return;
	}
	board->crash = (struct range){given.list[0].va, size};
	for (size_t i = 0; i < board->lent.count; i++)
		lent |= board->lent.list[i].va < end_of(given.list[0].va, given.list[0].size) &&
			given.list[0].va < end_of(board->lent.list[i].va, board->lent.list[i].size);
	if (!spans_cover(&board->ram, board->crash.base, given.list[0].size, &gap) ||
	    spans_touch(&board->reserved, board->crash.base, given.list[0].size) || lent ||
	    spans_touch(&board->staging, board->crash.base, given.list[0].size))
		input_wrong(audit, "machine facts: crash-audit isn't RAM, or is reserved or the loader's");
	spans_add(&board->reserved, given.list[0]);
	spans_normalize(&board->reserved, NULL, NULL);
	spans_free(&given);
}

/* Where there are any, of the flash that holds firmware. */
static void flash_facts(struct audit *audit)
{
	struct board *board = &audit->board;
	const struct node *loader = tree_path(&board->machine, "/loader");
	int length = 0;

	machine_spans(audit, "firmware", &board->firmware);
	spans_normalize(&board->firmware, NULL, NULL);
	if (!loader)
		return;
	(void)node_u32(&board->machine, loader, "erase-block", 0, &board->erase_block);
	board->firmware_flash = node_string(&board->machine, loader, "firmware-flash");
	(void)node_property(&board->machine, loader, "state", &length);
	if (length == 2 * sizeof(uint64_t) &&
	    (!node_u64(&board->machine, loader, "state", 0, &board->state.base) ||
	     !node_u64(&board->machine, loader, "state", 1, &board->state.size)))
		board->state = (struct range){0};
}

static void machine_facts(struct audit *audit)
{
	struct board *board = &audit->board;

	fact(audit, "/cpu", "pa-bits", 0, &board->pa_bits);
	if (board->pa_bits > PA_BITS_MOST) {
		input_wrong(audit, "machine facts: /cpu/pa-bits is more than 48");
		board->pa_bits = PA_BITS_MOST;
	}
	fact(audit, "/gic", "spi-count", 0, &board->spi_count);
	fact(audit, "/gic", "id-bits", 0, &board->id_bits);
	fact(audit, "/gic", "list-registers", 0, &board->list_registers);
	fact(audit, "/gic", "free-spis", 0, &board->free_spi);
	fact(audit, "/gic", "free-spis", 1, &board->free_spi_count);
	fact(audit, "/gic", "redistributor-frames", 0, &board->frames);
	if (board->smmu) {
		fact(audit, "/smmu", "idr0", 0, &board->smmu_idr0);
		fact(audit, "/smmu", "idr0", 1, &board->smmu_idr0_mask);
	}
	facts_assumed(audit);
	flash_facts(audit);
	machine_spans(audit, "forbidden", &board->reserved);
	machine_spans(audit, "staging", &board->staging);
	spans_normalize(&board->reserved, NULL, NULL);
	spans_normalize(&board->staging, NULL, NULL);
	crash_area(audit);
}

/* The boot loader goes by what the FIT says. [impl->swr~audit-fit~1] */
static void name_check(struct audit *audit)
{
	const struct tree *machine = &audit->board.machine;
	const char *name = machine->count ? node_string(machine, &machine->nodes[0], "board") : NULL;

	if (audit->fit.board && (!name || strcmp(name, audit->fit.board) != 0))
		violation(&audit->report, RULE_FIT,
			  "/configurations/conf-1: it is for board '%s', the machine facts are of '%s'",
			  audit->fit.board, name ? name : "?");
}

/* Lines of known-slaves become a string list. */
static void slaves_read(struct board *board, struct blob text)
{
	bool comment = false, blank = true;

	board->slaves = memory_zeroed(text.size + 1, 1);
	for (size_t i = 0; i < text.size; i++) {
		const char c = (char)text.data[i];

		comment = c != '\n' && (comment || c == '#');
		if (comment || c == '\n' || c == ' ' || c == '\t' || c == '\r' || c == '\0') {
			if (!blank)
				board->slaves[board->slaves_size++] = '\0';
			blank = true;
		} else {
			board->slaves[board->slaves_size++] = c;
			blank = false;
		}
	}
	if (!blank)
		board->slaves[board->slaves_size++] = '\0';
}

/* [impl->swr~audit-inputs~1] */
bool board_open(struct audit *audit)
{
	struct board *board = &audit->board;
	const char *why;

	if (!tree_open(&board->tree, audit->fit.fdt, &why)) {
		violation(&audit->report, RULE_INPUT, "board tree: %s", why);
		return false;
	}
	if (!tree_open(&board->machine, audit->fit.machine, &why)) {
		violation(&audit->report, RULE_INPUT, "machine facts: %s", why);
		return false;
	}
	if (!audit->fit.known_slaves.data || audit->fit.known_slaves.size > INT32_MAX)
		return false;
	devices_find(board);
	board_cpus(audit);
	board_ranges(board);
	board_parts(audit);
	machine_facts(audit);
	name_check(audit);
	board_check(audit);
	slaves_read(board, audit->fit.known_slaves);
	return board->gic && board->gic->reg_count >= 2 && board->core_count && board->ram.count;
}

void board_close(struct board *board)
{
	free(board->classes);
	free(board->owner);
	free(board->device);
	free(board->mpidrs);
	free((void *)board->cpu_nodes);
	free(board->registers_end);
	free(board->slaves);
	spans_free(&board->ram);
	spans_free(&board->reserved);
	spans_free(&board->lent);
	spans_free(&board->staging);
	spans_free(&board->firmware);
	spans_free(&board->registers);
	tree_close(&board->tree);
	tree_close(&board->machine);
}
