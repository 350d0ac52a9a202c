// SPDX-License-Identifier: Apache-2.0
/*
 * streams.c - stream tables as the SMMU reads them (Arm IHI 0070, 5.1, 5.2, 6.3.24, 6.3.25): where each
 * StreamID's entry is, and which of them have a cell.
 */
#include <stdlib.h>
#include <string.h>

#include "model.h"

#define BASE_ADDRESS UINT64_C(0x000fffffffffffc0)
#define LINEAR	     0u
#define TWO_LEVEL    1u
#define SPAN_MAX     11u
#define STE_BYTES    64u
#define LOG2_MAX     24u /* StreamIDs of one table: no honest one comes near */

static bool table_open(const struct audit *audit, struct stream_table *table)
{
	const uint32_t config = table->smmu->strtab_base_cfg, format = config >> 16 & 3;
	uint64_t bytes;

	table->base = table->smmu->strtab_base & BASE_ADDRESS;
	table->log2 = config & 0x3f;
	table->split = format == TWO_LEVEL ? config >> 6 & 0x1f : 0;
	if (config >> 18 || format > TWO_LEVEL || table->log2 > LOG2_MAX || config >> 11 & 0x1f ||
	    (format == TWO_LEVEL && table->split != 6 && table->split != 8 && table->split != 10))
		return false;
	if (format == TWO_LEVEL && table->log2 <= table->split)
		return false;
	bytes = format == LINEAR ? (uint64_t)STE_BYTES << table->log2
				 : UINT64_C(8) << (table->log2 - table->split);
	/* The SMMU would align the base itself: to another place. */
	return !(table->base & ((bytes < STE_BYTES ? STE_BYTES : bytes) - 1)) &&
	       blueprint_at(audit, table->base, bytes);
}

static uint64_t level_two(const struct audit *audit, const struct stream_table *table, uint64_t index)
{
	const void *entry = blueprint_at(audit, table->base + index * 8, 8);
	uint64_t value;
	uint32_t span;

	if (!entry)
		return PA_NONE;
	memcpy(&value, entry, sizeof(value));
	span = value & 0x1f;
	/* As long as the split, so that no StreamID falls beside it. */
	if (value & ~(BASE_ADDRESS | 0x1f) || span > SPAN_MAX || span != table->split + 1 ||
	    (value & BASE_ADDRESS) & (((uint64_t)STE_BYTES << table->split) - 1))
		return PA_NONE;
	return value & BASE_ADDRESS;
}

uint64_t stream_entry(const struct audit *audit, const struct stream_table *table, uint64_t sid)
{
	uint64_t array = table->base, index = sid;

	if (!table->sound || sid >> table->log2)
		return PA_NONE;
	if (table->split) {
		array = level_two(audit, table, sid >> table->split);
		index = sid & ((UINT64_C(1) << table->split) - 1);
	}
	if (array == PA_NONE || !blueprint_at(audit, array + index * STE_BYTES, STE_BYTES))
		return PA_NONE;
	return array + index * STE_BYTES;
}

int stream_owner(const struct stream_table *table, uint64_t sid)
{
	size_t low = 0, high = table->named_count;

	while (low < high) {
		const size_t middle = low + (high - low) / 2;

		if (table->named[middle].sid < sid)
			low = middle + 1;
		else
			high = middle;
	}
	return low < table->named_count && table->named[low].sid == sid ? table->named[low].cell
									: CELL_NONE_ID;
}

static int by_sid(const void *left, const void *right)
{
	const struct named_stream *a = left, *b = right;

	return a->sid < b->sid ? -1 : a->sid > b->sid;
}

static void names_find(const struct audit *audit, struct stream_table *table)
{
	for (size_t i = 0; i < audit->pci.count; i++) {
		const struct pci_function *function = &audit->pci.functions[i];
		const struct cell *cell =
			function->owner == CELL_NONE_ID ? NULL : cell_asked(audit, (size_t)function->owner);

		if (!cell || !table->node || function->smmu != table->node)
			continue;
		table->named = memory_grow(table->named, table->named_count, sizeof(*table->named));
		table->named[table->named_count++] =
			(struct named_stream){function->stream, cell_number(audit, cell)};
	}
	if (table->named_count)
		qsort(table->named, table->named_count, sizeof(*table->named), by_sid);
}

void streams_open(struct audit *audit)
{
	audit->streams = memory_zeroed(audit->smmu_count, sizeof(*audit->streams));
	for (size_t i = 0; i < audit->smmu_count; i++) {
		struct stream_table *table = &audit->streams[i];
		const struct tree *tree = &audit->board.tree;

		table->smmu = &audit->smmus[i];
		for (size_t n = 0; n < tree->count; n++)
			if (tree->nodes[n].enabled && tree->nodes[n].reg_count &&
			    node_compatible(tree, &tree->nodes[n], "arm,smmu-v3") &&
			    tree->nodes[n].regs[0].base == table->smmu->pa)
				table->node = &tree->nodes[n];
		names_find(audit, table);
		if (table->smmu->strtab_base)
			table->sound = table_open(audit, table);
	}
}

void streams_close(struct audit *audit)
{
	for (size_t i = 0; audit->streams && i < audit->smmu_count; i++)
		free(audit->streams[i].named);
	free(audit->streams);
}
