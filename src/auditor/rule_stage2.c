// SPDX-License-Identifier: Apache-2.0
/*
 * rule_stage2.c - stage 2: each cell's tables map its RAM, its devices and its windows, and nothing else.
 */
#include <inttypes.h>

#include "rule.h"

enum target { TARGET_RAM, TARGET_DEVICE, TARGET_WINDOW, TARGET_CHANNEL, TARGET_BAR };

struct comparison {
	struct audit *audit;
	const struct cell *cell;
};

static void ram_expected(const struct audit *audit, const struct cell *cell, struct spans *expected)
{
	for (uint32_t i = 0; i < cell->record->regions.count; i++) {
		const struct bp_region *region = &cell->regions[i];

		region_spans(audit, cell, region,
			     (struct span){.va = region->ipa,
					   .attrs = ATTR_ACCESS | ATTR_NORMAL,
					   .tag = TARGET_RAM},
			     expected);
	}
}

static void devices_expected(const struct audit *audit, const struct cell *cell, struct spans *expected)
{
	const struct board *board = &audit->board;
	const int asked = partition_number(audit, cell->asked);

	for (size_t i = 0; i < board->tree.count; i++) {
		const struct node *node = &board->tree.nodes[i];

		if (asked == CELL_NONE_ID || board->owner[i] != asked ||
		    board->classes[i] == DEVICE_FORBIDDEN)
			continue;
		for (size_t r = 0; r < node->reg_count; r++) {
			const uint64_t from = page_down(node->regs[r].base);
			const uint64_t to = page_up(end_of(node->regs[r].base, node->regs[r].size));

			spans_add(expected,
				  (struct span){from, from, to - from, ATTR_READ | ATTR_WRITE | ATTR_DEVICE,
						TARGET_DEVICE});
		}
	}
}

/* Of a flash that is nobody's. [impl->swr~audit-boot-state~1] */
static void bank_expected(const struct audit *audit, const struct cell *cell, struct spans *expected)
{
	const struct range *bank = &audit->boot_state.range;

	if (boot_state_of(audit, cell) && bank->size)
		spans_add(expected, (struct span){bank->base, bank->base, bank->size,
						  ATTR_READ | ATTR_WRITE | ATTR_DEVICE, TARGET_DEVICE});
}

static void window_expected(const struct audit *audit, const struct cell *cell, uint64_t ipa, uint64_t pa,
			    uint64_t size, enum target target, struct spans *expected)
{
	const struct place *place = pa == PA_NONE ? NULL : place_at(audit, pa);
	const uint32_t admitted = place ? place_admits(audit, place, cell_number(audit, cell)) : 0;

	/* What isn't admitted isn't expected: if it is mapped, it is extra. */
	if (ipa != PA_NONE && admitted)
		spans_add(expected, (struct span){ipa, pa, page_up(size), admitted, (int)target});
}

static void health_expected(const struct audit *audit, const struct cell *cell, struct spans *expected)
{
	const struct directory *directory = audit->directory;

	if (!directory || cell_number(audit, cell) != audit->health)
		return;
	const struct directory_core *cores =
		(const void *)((const uint8_t *)directory + directory->cores.offset);
	const struct directory_cell *cells =
		(const void *)((const uint8_t *)directory + directory->cells.offset);

	window_expected(audit, cell, cell->directory_ipa, audit->directory_pa, directory->size, TARGET_WINDOW,
			expected);
	constants_expected(audit, TARGET_WINDOW, expected);
	if (audit->board.crash.size)
		window_expected(audit, cell, directory->crash_ipa, audit->board.crash.base, BP_PAGE_SIZE,
				TARGET_WINDOW, expected);
	for (uint32_t i = 0; i < directory->cores.count && i < audit->core_count; i++) {
		window_expected(audit, cell, cores[i].telemetry_ipa, audit->cores[i].telemetry_pa,
				BP_PAGE_SIZE, TARGET_WINDOW, expected);
		window_expected(audit, cell, cores[i].ring_ipa, audit->cores[i].ring_pa, BP_PAGE_SIZE,
				TARGET_WINDOW, expected);
	}
	for (uint32_t i = 0; i < directory->cells.count && i < audit->cell_count; i++) {
		if (cells[i].heartbeat_ipa != cell->heartbeat_ipa)
			window_expected(audit, cell, cells[i].heartbeat_ipa, audit->cells[i].heartbeat_pa,
					BP_PAGE_SIZE, TARGET_WINDOW, expected);
		if (cells[i].log_ipa)
			window_expected(audit, cell, cells[i].log_ipa, audit->cells[i].log_pa, BP_PAGE_SIZE,
					TARGET_WINDOW, expected);
	}
}

static void stage2_clash(void *context, const struct span *first, const struct span *second)
{
	const struct comparison *comparison = context;

	violation(&comparison->audit->report, RULE_STAGE2,
		  "%s: IPA 0x%" PRIx64 " is to be both 0x%" PRIx64 " and 0x%" PRIx64, comparison->cell->who,
		  second->va, first->pa + (second->va - first->va), second->pa);
}

static enum rule missing_rule(int target)
{
	static const enum rule rules[] = {[TARGET_RAM] = RULE_MEMORY,
					  [TARGET_DEVICE] = RULE_DEVICES,
					  [TARGET_WINDOW] = RULE_STAGE2,
					  [TARGET_CHANNEL] = RULE_CHANNELS,
					  [TARGET_BAR] = RULE_PCI};

	return rules[target];
}

static void stage2_differs(void *context, enum span_difference kind, const struct span *expected,
			   const struct span *actual)
{
	static const char *const words[] = {[SPAN_ADDRESS] = "is mapped to",
					    [SPAN_PERMISSION] = "has other permissions than its owner's due:",
					    [SPAN_MEMORY_TYPE] = "has another memory type than it should:"};
	const struct comparison *comparison = context;
	struct audit *audit = comparison->audit;
	const char *who = comparison->cell->who;
	char what[128];

	if (kind == SPAN_EXTRA)
		violation(&audit->report, RULE_STAGE2,
			  "%s: IPA 0x%" PRIx64 " maps 0x%" PRIx64 " (0x%" PRIx64
			  " bytes), which isn't the cell's: %s",
			  who, actual->va, actual->pa, actual->size,
			  place_describe(audit, actual->pa, what, sizeof(what)));
	else if (kind == SPAN_MISSING)
		violation(&audit->report, missing_rule(expected->tag),
			  "%s: IPA 0x%" PRIx64 " (0x%" PRIx64 " bytes) should map 0x%" PRIx64
			  " and doesn't: %s",
			  who, expected->va, expected->size, expected->pa,
			  place_describe(audit, expected->pa, what, sizeof(what)));
	else
		violation(&audit->report, kind == SPAN_MEMORY_TYPE ? RULE_MEMORY_TYPE : RULE_STAGE2,
			  "%s: IPA 0x%" PRIx64 " (0x%" PRIx64 " bytes) for 0x%" PRIx64 " %s 0x%" PRIx64
			  ", %s",
			  who, expected->va, expected->size, expected->pa, words[kind], actual->pa,
			  place_describe(audit, actual->pa, what, sizeof(what)));
}

static void stage2_check(struct audit *audit, const struct cell *cell)
{
	struct comparison comparison = {audit, cell};
	struct spans expected = {0};

	ram_expected(audit, cell, &expected);
	devices_expected(audit, cell, &expected);
	bank_expected(audit, cell, &expected);
	cell_bars(audit, cell,
		  (struct span){.attrs = ATTR_READ | ATTR_WRITE | ATTR_DEVICE, .tag = TARGET_BAR}, &expected);
	for (uint32_t i = 0; i < cell->record->channels.count; i++)
		window_expected(audit, cell, cell->channels[i].ipa, cell->channels[i].pa,
				cell->channels[i].size, TARGET_CHANNEL, &expected);
	window_expected(audit, cell, cell->heartbeat_ipa, cell->heartbeat_pa, BP_PAGE_SIZE, TARGET_WINDOW,
			&expected);
	health_expected(audit, cell, &expected);
	spans_normalize(&expected, stage2_clash, &comparison);
	spans_compare(&expected, &cell->stage2, stage2_differs, &comparison);
	spans_free(&expected);
}

/* [impl->swr~audit-stage2-exact~1]
 * [impl->swr~audit-memory-types~1] */
void rule_stage2(struct audit *audit)
{
	for (size_t i = 0; i < audit->cell_count; i++) {
		if (audit->cells[i].known && audit->cells[i].walked)
			stage2_check(audit, &audit->cells[i]);
	}
}

/* [impl->swr~audit-vmids~1] */
void rule_vmids(struct audit *audit)
{
	for (size_t i = 0; i < audit->cell_count; i++) {
		const struct cell *cell = &audit->cells[i];

		if (cell->known && cell->record->vttbr >> 48 != i + 1)
			violation(&audit->report, RULE_VMID, "%s: VMID is %u, not %zu", cell->who,
				  (unsigned int)(cell->record->vttbr >> 48), i + 1);
	}
}
