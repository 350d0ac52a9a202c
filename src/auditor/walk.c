// SPDX-License-Identifier: Apache-2.0
/*
 * walk.c - the walker: from a root to the spans that it maps, in order of address, without recursion.
 */
#include "walk.h"

#include <inttypes.h>
#include <string.h>

#define LEVELS	    4u
#define ENTRY_VALID 1u
#define ENTRY_TABLE 3u /* at level 3: a page */

struct frame {		 /* one table under way */
	uint64_t offset; /* into the table memory */
	uint64_t next, entries;
	uint64_t va;
};

static unsigned int level_shift(unsigned int level)
{
	return 12 + 9 * (3 - level);
}

/* A table page lies in the blueprint, is used for one stage 2 or for EL2, at one level, once a walk.
 * [impl->swr~audit-table-pages~1] */
static bool page_admitted(const struct walk *walk, uint64_t pa, unsigned int level, uint64_t va)
{
	struct table_memory *memory = walk->memory;
	const uint64_t page = (pa - memory->pa) / 4096;

	if (pa < memory->pa || !within(pa - memory->pa, 4096, memory->size)) {
		violation(walk->report, RULE_TABLE_PAGE,
			  "%s: 0x%" PRIx64 ": level %u table at 0x%" PRIx64 " is outside the blueprint",
			  walk->who, va, level, pa);
		return false;
	}
	if (memory->seen[page]) {
		violation(walk->report, RULE_TABLE_PAGE,
			  "%s: 0x%" PRIx64 ": table 0x%" PRIx64 " is entered twice", walk->who, va, pa);
		return false;
	}
	if (memory->use[page] && (memory->use[page] != walk->use || memory->level[page] != level + 1)) {
		violation(walk->report, RULE_TABLE_PAGE,
			  "%s: 0x%" PRIx64 ": table 0x%" PRIx64 " is also a table of another kind or cell",
			  walk->who, va, pa);
	}
	if (walk->pages)
		spans_add(walk->pages, (struct span){pa, pa, 4096, 0, 0});
	memory->seen[page] = true;
	memory->use[page] = walk->use;
	memory->level[page] = (uint8_t)(level + 1);
	return true;
}

static uint64_t table_entry(const struct walk *walk, const struct frame *frame)
{
	uint64_t value;

	memcpy(&value, walk->memory->data + frame->offset + frame->next * 8, sizeof(value));
	walk->memory->read++;
	return value;
}

static void leaf_found(const struct walk *walk, uint64_t descriptor, unsigned int level, uint64_t va,
		       struct spans *found)
{
	const struct span span = {.va = va,
				  .pa = output_address(descriptor, level),
				  .size = UINT64_C(1) << level_shift(level),
				  .attrs = leaf_attrs(walk, descriptor, level, va)};

	spans_append(found, span);
}

static bool root_admitted(const struct walk *walk)
{
	bool admitted = true;

	for (unsigned int i = 0; i < walk->root_pages; i++)
		admitted &= page_admitted(walk, page_down(walk->root_pa) + i * UINT64_C(4096),
					  walk->first_level, 0);
	return admitted;
}

/* One entry of the table on top of the stack: nothing, a leaf, or one more table to walk. */
static bool entry_descends(const struct walk *walk, uint64_t entry, unsigned int level, uint64_t va,
			   struct spans *found)
{
	const unsigned int kind = entry & 3;

	if (!(kind & ENTRY_VALID))
		return false;
	if (level < 3 && kind == ENTRY_TABLE)
		return table_sound(walk, entry, level, va) &&
		       page_admitted(walk, output_address(entry, 3), level + 1, va);
	if ((level == 3) != (kind == ENTRY_TABLE) || level == 0) {
		violation(walk->report, RULE_DESCRIPTOR,
			  "%s: 0x%" PRIx64 ": level %u descriptor 0x%" PRIx64 " is a reserved kind",
			  walk->who, va, level, entry);
		return false;
	}
	leaf_found(walk, entry, level, va, found);
	return false;
}

void walk_tables(const struct walk *walk, struct spans *found)
{
	struct table_memory *memory = walk->memory;
	struct frame stack[LEVELS];
	unsigned int level = walk->first_level;

	memset(memory->seen, 0, memory->size / 4096 * sizeof(*memory->seen));
	if (!root_admitted(walk))
		return;
	stack[level] = (struct frame){walk->root_pa - memory->pa, 0, walk->root_entries, 0};
	for (;;) {
		struct frame *frame = &stack[level];
		const uint64_t va = frame->va + (frame->next << level_shift(level));

		if (frame->next == frame->entries) {
			if (level-- == walk->first_level)
				return;
			continue;
		}
		if (memory->read >= TABLE_BUDGET) {
			violation(walk->report, RULE_TABLE_PAGE, "%s: more tables than any machine needs",
				  walk->who);
			return;
		}
		const uint64_t entry = table_entry(walk, frame);

		frame->next++;
		if (entry_descends(walk, entry, level, va, found)) {
			level++;
			stack[level] = (struct frame){output_address(entry, 3) - memory->pa, 0, 512, va};
		}
	}
}
