// SPDX-License-Identifier: Apache-2.0
/*
 * rule_tree.c - guest trees and tables say the same, in both directions.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "rule.h"

#define CACHES_MAX 8u /* behind a core */

static bool is_memory(const struct tree *tree, const struct node *node)
{
	const char *type = node_string(tree, node, "device_type");
	const struct node *reserved = tree_path(tree, "/reserved-memory");

	return (type && !strcmp(type, "memory")) || (reserved && node_within(tree, node, reserved));
}

static void add_plain(struct spans *spans, uint64_t base, uint64_t size)
{
	spans_add(spans, (struct span){base, base, end_of(base, size) - base, 0, 0});
}

/* What an access of the guest finds: stage 2 and emulated pages, as address ranges. */
static struct spans reachable(const struct cell *cell, bool ram_only)
{
	struct spans all = {0};

	for (size_t i = 0; i < cell->stage2.count; i++) {
		if (!ram_only || (cell->stage2.list[i].attrs & ATTR_EXEC))
			add_plain(&all, cell->stage2.list[i].va, cell->stage2.list[i].size);
	}
	for (uint32_t i = 0; !ram_only && i < cell->record->mmio.count; i++)
		add_plain(&all, cell->mmio[i].ipa, cell->mmio[i].size);
	spans_normalize(&all, NULL, NULL);
	return all;
}

/* Behind a PCI host's windows are its functions' BARs. */
static void add_windows(const struct cell *cell, const struct node *node, struct spans *spans)
{
	const char *type = node_string(&cell->guest, node, "device_type");
	struct range window;

	for (unsigned int i = 0;
	     node->enabled && type && !strcmp(type, "pci") && node_window(&cell->guest, node, i, &window);
	     i++)
		add_plain(spans, window.base, window.size);
}

enum described { DESCRIBED_ALL, DESCRIBED_MEMORY, DESCRIBED_RESERVED };

/* What the guest tree names, in whole pages. */
static struct spans described(const struct cell *cell, enum described which)
{
	const struct node *reserved = tree_path(&cell->guest, "/reserved-memory");
	struct spans all = {0};

	for (size_t i = 0; i < cell->guest.count; i++) {
		const struct node *node = &cell->guest.nodes[i];
		const bool spared = reserved && node_within(&cell->guest, node, reserved);
		const bool wanted = which == DESCRIBED_ALL || (is_memory(&cell->guest, node) &&
							       spared == (which == DESCRIBED_RESERVED));

		for (size_t r = 0; r < node->reg_count; r++) {
			const uint64_t from = page_down(node->regs[r].base);

			if (node->enabled && wanted)
				add_plain(&all, from,
					  page_up(end_of(node->regs[r].base, node->regs[r].size)) - from);
		}
		if (which == DESCRIBED_ALL)
			add_windows(cell, node, &all);
	}
	return all;
}

/* [impl->swr~audit-tree-reg~1]
 * [impl->swr~audit-tree-irq~1] */
static void node_check(struct audit *audit, const struct cell *cell, const struct node *node,
		       const struct spans *all, const struct spans *ram)
{
	const bool timer = node_compatible(&cell->guest, node, "arm,armv8-timer");
	const size_t virtual = irq_named(&cell->guest, node, "virt", TIMER_VIRTUAL);
	uint64_t gap = 0;

	for (size_t r = 0; node->enabled && r < node->reg_count; r++) {
		const struct spans *in = is_memory(&cell->guest, node) ? ram : all;

		if (!spans_cover(in, node->regs[r].base, node->regs[r].size, &gap))
			violation(&audit->report, RULE_TREE_REG,
				  "%s: its tree promises %s, but IPA 0x%" PRIx64 " leads nowhere", cell->who,
				  node->path, gap);
	}
	for (size_t i = 0; node->enabled && i < node->irq_count; i++) {
		/* A guest at EL1 uses the virtual timer alone; the binding wants the others' places filled.
		 */
		if ((!timer || i == virtual) && !cell_owns(cell, node->irqs[i].intid))
			violation(&audit->report, RULE_TREE_IRQ,
				  "%s: its tree promises %s interrupt %u, which isn't its", cell->who,
				  node->path, node->irqs[i].intid);
		else if (!timer && node->irqs[i].intid < 1024 &&
			 !!(node->irqs[i].flags & TRIGGER_EDGE) !=
				 cell_triggers_edge(cell, node->irqs[i].intid))
			violation(&audit->report, RULE_TREE_IRQ,
				  "%s: its tree promises %s interrupt %u with another trigger than it has",
				  cell->who, node->path, node->irqs[i].intid);
	}
}

/* Every interrupt that a map passes on is promised, whether a device of the tree asks for it or not.
 * [impl->swr~audit-tree-nexus~1] */
static void map_check(struct audit *audit, const struct cell *cell, const struct node *node)
{
	for (size_t i = 0; node->enabled && i < node->mapped_count; i++)
		if (!cell_owns(cell, node->mapped[i].intid))
			violation(&audit->report, RULE_TREE_IRQ,
				  "%s: its tree's %s passes on interrupt %u, which isn't the cell's",
				  cell->who, node->path, node->mapped[i].intid);
	if (!node_map_sound(&cell->guest, node))
		violation(&audit->report, RULE_TREE_REFERENCES,
			  "%s: its tree's %s has an interrupt-map that is broken, or leads to no node of it",
			  cell->who, node->path);
}

void rule_tree_promises(struct audit *audit)
{
	for (size_t c = 0; c < audit->cell_count; c++) {
		const struct cell *cell = &audit->cells[c];

		if (!cell->known || !cell->guest.fdt)
			continue;
		struct spans all = reachable(cell, false), ram = reachable(cell, true);

		for (size_t i = 0; i < cell->guest.count; i++) {
			node_check(audit, cell, &cell->guest.nodes[i], &all, &ram);
			map_check(audit, cell, &cell->guest.nodes[i]);
		}
		spans_free(&all);
		spans_free(&ram);
	}
}

static void directory_windows(const struct audit *audit, struct spans *all)
{
	const struct directory *directory = audit->directory;
	const struct directory_core *cores =
		(const void *)((const uint8_t *)directory + directory->cores.offset);
	const struct directory_cell *cells =
		(const void *)((const uint8_t *)directory + directory->cells.offset);

	constants_expected(audit, 0, all);
	if (audit->board.crash.size)
		add_plain(all, page_down(directory->crash_ipa), BP_PAGE_SIZE);
	for (uint32_t i = 0; i < directory->cores.count; i++) {
		add_plain(all, page_down(cores[i].telemetry_ipa), BP_PAGE_SIZE);
		add_plain(all, page_down(cores[i].ring_ipa), BP_PAGE_SIZE);
	}
	for (uint32_t i = 0; i < directory->cells.count; i++) {
		add_plain(all, page_down(cells[i].heartbeat_ipa), BP_PAGE_SIZE);
		add_plain(all, page_down(cells[i].log_ipa), BP_PAGE_SIZE);
	}
}

static void interrupts_described(struct audit *audit, const struct cell *cell)
{
	const uint32_t timer = UINT32_C(1) << audit->board.virtual_timer & ~UINT32_C(1);
	const uint32_t told = cell->record->ppi_owned & (audit->board.pmu_ppis | timer);
	uint32_t promised[32] = {0}, first, count;

	for (size_t i = 0; i < cell->guest.count; i++) {
		const struct node *node = &cell->guest.nodes[i];

		for (size_t j = 0; node->enabled && j < node->irq_count; j++) {
			if (node->irqs[j].intid < 1024)
				promised[node->irqs[j].intid / 32] |= UINT32_C(1) << node->irqs[j].intid % 32;
		}
		if (node->enabled && node_compatible(&cell->guest, node, "arm,gic-v2m-frame") &&
		    node_u32(&cell->guest, node, "arm,msi-base-spi", 0, &first) &&
		    node_u32(&cell->guest, node, "arm,msi-num-spis", 0, &count))
			for (uint32_t id = first; id < 1024 && id - first < count; id++)
				promised[id / 32] |= UINT32_C(1) << id % 32;
	}
	if (told & ~promised[0])
		violation(&audit->report, RULE_TREE_DESCRIBED,
			  "%s: PPIs 0x%x, of timer or PMU, are its, but no node of its tree has them",
			  cell->who, told & ~promised[0]);
	for (uint32_t id = 32; id < 1024; id++) {
		if (cell_owns(cell, id) && !(promised[id / 32] >> id % 32 & 1))
			violation(&audit->report, RULE_TREE_DESCRIBED,
				  "%s: SPI %u is its, but no node of its tree has it", cell->who, id);
	}
}

/* [impl->swr~audit-tree-described~1] */
void rule_tree_described(struct audit *audit)
{
	for (size_t c = 0; c < audit->cell_count; c++) {
		const struct cell *cell = &audit->cells[c];
		uint64_t gap = 0;

		if (!cell->known || !cell->guest.fdt)
			continue;
		struct spans all = described(cell, DESCRIBED_ALL);

		if ((int)c == audit->health && audit->directory)
			directory_windows(audit, &all);
		spans_normalize(&all, NULL, NULL);
		for (size_t i = 0; i < cell->stage2.count; i++) {
			if (!spans_cover(&all, cell->stage2.list[i].va, cell->stage2.list[i].size, &gap))
				violation(&audit->report, RULE_TREE_DESCRIBED,
					  "%s: IPA 0x%" PRIx64 " is mapped, but no node of its tree has it",
					  cell->who, gap);
		}
		for (uint32_t i = 0; i < cell->record->mmio.count; i++) {
			if (!spans_cover(&all, cell->mmio[i].ipa, cell->mmio[i].size, &gap))
				violation(&audit->report, RULE_TREE_DESCRIBED,
					  "%s: IPA 0x%" PRIx64 " is emulated, but no node of its tree has it",
					  cell->who, gap);
		}
		interrupts_described(audit, cell);
		spans_free(&all);
	}
}

static void memory_check(struct audit *audit, const struct cell *cell)
{
	struct spans named = described(cell, DESCRIBED_MEMORY), spared = described(cell, DESCRIBED_RESERVED);
	uint64_t gap = 0;

	spans_normalize(&named, NULL, NULL);
	spans_normalize(&spared, NULL, NULL);
	for (uint32_t i = 0; i < cell->record->regions.count; i++) {
		const bool keep = cell->regions[i].flags & BP_REGION_KEEP;

		if (!spans_cover(keep ? &spared : &named, cell->regions[i].ipa, cell->regions[i].size, &gap))
			violation(&audit->report, RULE_TREE_BASICS,
				  "%s: RAM at IPA 0x%" PRIx64 " isn't %s in its tree", cell->who, gap,
				  keep ? "reserved" : "memory");
	}
	spans_free(&named);
	spans_free(&spared);
}

/* How many enabled cpu nodes stand for one core. */
static uint32_t cpu_nodes(const struct cell *cell, const struct node *cpus, uint64_t due)
{
	uint32_t count = 0;

	for (size_t i = 0; cpus && i < cell->guest.count; i++) {
		const struct node *node = &cell->guest.nodes[i];
		const char *type = node_string(&cell->guest, node, "device_type");
		uint64_t mpidr;

		count += node->parent == (int)(cpus - cell->guest.nodes) && node->enabled && type &&
			 !strcmp(type, "cpu") && node_number(&cell->guest, node, "reg", &mpidr) &&
			 mpidr == due;
	}
	return count;
}

static void cpus_check(struct audit *audit, const struct cell *cell)
{
	const struct node *cpus = tree_path(&cell->guest, "/cpus");
	uint32_t count = 0;

	for (size_t i = 0; cpus && i < cell->guest.count; i++) {
		const struct node *node = &cell->guest.nodes[i];
		const char *type = node_string(&cell->guest, node, "device_type");
		uint64_t mpidr;
		bool own = false;

		if (node->parent != (int)(cpus - cell->guest.nodes) || !type || strcmp(type, "cpu") != 0)
			continue;
		count++;
		if (!node_number(&cell->guest, node, "reg", &mpidr))
			mpidr = UINT64_MAX;
		for (uint32_t j = 0; j < cell->record->cores.count; j++)
			own |= cell->cores[j].mpidr == mpidr;
		if (!own)
			violation(&audit->report, RULE_TREE_BASICS,
				  "%s: its tree has %s, which isn't its core", cell->who, node->path);
	}
	if (count != cell->record->cores.count)
		violation(&audit->report, RULE_TREE_BASICS, "%s: its tree has %u cores, the cell %u",
			  cell->who, count, cell->record->cores.count);
	for (uint32_t j = 0; j < cell->record->cores.count; j++) {
		if (cpu_nodes(cell, cpus, cell->cores[j].mpidr) != 1)
			violation(&audit->report, RULE_TREE_BASICS,
				  "%s: its tree doesn't have the core of MPIDR 0x%" PRIx64 " once", cell->who,
				  cell->cores[j].mpidr);
	}
}

static const struct node *cache_behind(const struct tree *tree, const struct node *node)
{
	uint32_t phandle;

	return node_u32(tree, node, "next-level-cache", 0, &phandle) ? tree_phandle(tree, phandle) : NULL;
}

static bool same_number(const struct tree *guest, const struct node *told, const struct tree *board,
			const struct node *due, const char *name)
{
	uint32_t have = 0, want = 0;

	return node_u32(guest, told, name, 0, &have) == node_u32(board, due, name, 0, &want) && have == want;
}

static bool same_cache(const struct tree *guest, const struct node *told, const struct tree *board,
		       const struct node *due)
{
	static const char *const numbers[] = {"cache-level", "cache-size", "cache-sets", "cache-line-size"};

	for (size_t i = 0; i < COUNT(numbers); i++)
		if (!same_number(guest, told, board, due, numbers[i]))
			return false;
	return true;
}

/* The caches behind each core are the board's. */
static void caches_check(struct audit *audit, const struct cell *cell)
{
	const struct tree *guest = &cell->guest, *board = &audit->board.tree;

	for (size_t i = 0; i < guest->count; i++) {
		const struct node *told = &guest->nodes[i];
		const char *type = node_string(guest, told, "device_type");
		const struct node *due = type && !strcmp(type, "cpu") ? tree_path(board, told->path) : NULL;

		if (!due)
			continue;
		for (unsigned int depth = 0; told && due && depth < CACHES_MAX; depth++) {
			told = cache_behind(guest, told);
			due = cache_behind(board, due);
			if (told && due && !same_cache(guest, told, board, due))
				break;
		}
		if (told || due)
			violation(&audit->report, RULE_TREE_BASICS,
				  "%s: its tree gives %s other caches than it has", cell->who,
				  guest->nodes[i].path);
	}
}

/* [impl->swr~audit-tree-basics~1] */
void rule_tree_basics(struct audit *audit)
{
	for (size_t c = 0; c < audit->cell_count; c++) {
		const struct cell *cell = &audit->cells[c];

		if (!cell->known || !cell->guest.fdt)
			continue;
		const struct node *psci = tree_path(&cell->guest, "/psci");
		const char *method = psci ? node_string(&cell->guest, psci, "method") : NULL;

		memory_check(audit, cell);
		cpus_check(audit, cell);
		caches_check(audit, cell);
		guest_reserved_check(audit, cell);
		if (!method || strcmp(method, "hvc") != 0)
			violation(&audit->report, RULE_TREE_BASICS, "%s: its tree has no PSCI by hvc",
				  cell->who);
	}
}
