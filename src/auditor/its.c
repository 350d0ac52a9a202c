// SPDX-License-Identifier: Apache-2.0
/*
 * its.c - the ITS's command list as the ITS takes it (Arm IHI 0069, 5.3), and the tables that its registers
 * and the redistributors' name. What is wrong with them is rule_its.c's.
 */
#include <stdlib.h>
#include <string.h>

#include "model.h"

#define COMMANDS_MAX 0x8000u /* a queue of 256 pages of 4 KiB */
#define CBASER_PA    UINT64_C(0x000ffffffffff000)
#define ITT_PA	     UINT64_C(0x000fffffffffff00)
#define TARGET	     UINT64_C(0x0007ffffffff0000)

const struct its_device *its_device_mapped(const struct its_state *state, uint32_t device)
{
	for (size_t i = 0; i < state->device_count; i++)
		if (state->devices[i].device == device)
			return &state->devices[i];
	return NULL;
}

const struct its_collection *its_collection_mapped(const struct its_state *state, uint32_t collection)
{
	for (size_t i = 0; i < state->collection_count; i++)
		if (state->collections[i].collection == collection)
			return &state->collections[i];
	return NULL;
}

/* What was cached of a collection's events is read anew. False: it isn't mapped, which is an error. */
static bool invalidate(struct its_state *state, uint32_t collection)
{
	bool mapped = false;

	for (size_t i = 0; i < state->collection_count; i++) {
		if (state->collections[i].collection != collection)
			continue;
		state->collections[i].fresh = state->mapping_count;
		mapped = true;
	}
	return mapped;
}

/* Behind each event comes an INVALL of its collection. */
static bool all_fresh(const struct its_state *state)
{
	bool fresh = true;

	for (size_t i = 0; i < state->mapping_count; i++) {
		const struct its_collection *collection =
			its_collection_mapped(state, state->mappings[i].collection);

		fresh &= collection && i < collection->fresh;
	}
	return fresh;
}

/* False: the ITS knows it not, or it is an error when it comes: the ITS leaves that out. */
static bool command_read(struct its_state *state, const uint64_t words[4])
{
	const struct its_mapping mapping = {.device = (uint32_t)(words[0] >> 32),
					    .event = (uint32_t)words[1],
					    .lpi = (uint32_t)(words[1] >> 32),
					    .collection = (uint32_t)(words[2] & 0xffff)};
	const struct its_device device = {.device = mapping.device,
					  .bits = (uint32_t)(words[1] & 0x1f) + 1,
					  .itt_pa = words[2] & ITT_PA};
	const struct its_collection collection = {.collection = mapping.collection,
						  .target = words[2] & TARGET};
	const uint64_t valid = UINT64_C(1) << 63;

	if (words[3])
		return false;
	switch (words[0] & 0xff) {
	case ITS_MAPD:
		state->devices = memory_grow(state->devices, state->device_count, sizeof(device));
		state->devices[state->device_count++] = device;
		return !(words[0] & 0xffffff00) && words[1] < 32 && words[2] == (valid | device.itt_pa);
	case ITS_MAPC:
		state->collections =
			memory_grow(state->collections, state->collection_count, sizeof(collection));
		state->collections[state->collection_count++] = collection;
		return words[0] == ITS_MAPC && !words[1] &&
		       words[2] == (valid | collection.target | collection.collection);
	case ITS_MAPTI:
		state->mappings = memory_grow(state->mappings, state->mapping_count, sizeof(mapping));
		state->mappings[state->mapping_count++] = mapping;
		return !(words[0] & 0xffffff00) && !(words[2] >> 16) &&
		       its_device_mapped(state, mapping.device);
	case ITS_INVALL:
		return words[0] == ITS_INVALL && !words[1] && !(words[2] >> 16) &&
		       invalidate(state, mapping.collection);
	case ITS_SYNC:
		return words[0] == ITS_SYNC && !words[1] && words[2] == (words[2] & TARGET);
	default:
		return false;
	}
}

static void state_open(const struct audit *audit, struct its_state *state)
{
	const struct tree *tree = &audit->board.tree;
	const uint64_t bytes = state->its->commands;
	const uint8_t *list = blueprint_at(audit, state->its->cbaser & CBASER_PA, bytes);

	for (size_t n = 0; n < tree->count; n++)
		if (tree->nodes[n].enabled && tree->nodes[n].reg_count &&
		    node_compatible(tree, &tree->nodes[n], "arm,gic-v3-its") &&
		    tree->nodes[n].regs[0].base == state->its->pa)
			state->node = &tree->nodes[n];
	state->sound = list && bytes % 32 == 0 && bytes / 32 <= COMMANDS_MAX;
	for (uint64_t at = 0; state->sound && at < bytes; at += 32) {
		uint64_t words[4];

		memcpy(words, list + at, sizeof(words));
		if (!command_read(state, words)) {
			state->sound = false;
			state->wrong = at;
		}
	}
	state->ended = all_fresh(state);
}

void its_open(struct audit *audit)
{
	audit->its_states = memory_zeroed(audit->its_count, sizeof(*audit->its_states));
	for (size_t i = 0; i < audit->its_count; i++) {
		audit->its_states[i].its = &audit->itss[i];
		audit->its_states[i].wrong = UINT64_MAX;
		state_open(audit, &audit->its_states[i]);
	}
}

void its_close(struct audit *audit)
{
	for (size_t i = 0; audit->its_states && i < audit->its_count; i++) {
		free(audit->its_states[i].devices);
		free(audit->its_states[i].collections);
		free(audit->its_states[i].mappings);
	}
	free(audit->its_states);
}

bool its_table(uint64_t baser, uint64_t *pa, uint64_t *size)
{
	static const uint64_t pages[4] = {0x1000, 0x4000, 0x10000, 0};
	const uint64_t page = pages[baser >> 8 & 3];

	*pa = baser & UINT64_C(0x0000fffffffff000);
	*size = page * ((baser & 0xff) + 1);
	/* Valid, flat, whole pages of its own size. */
	return baser >> 63 && !(baser >> 62 & 1) && page && !(*pa & (page - 1));
}

uint64_t its_itt_size(const struct its_state *state, const struct its_device *device)
{
	return ((state->its->typer >> 4 & 0xf) + 1) << device->bits;
}

uint64_t lpi_config_pa(const struct bp_lpi_core *core, uint64_t *size)
{
	const unsigned int bits = (core->propbaser & 0x1f) + 1;

	*size = bits > 13 ? (UINT64_C(1) << bits) - LPI_FIRST : 0;
	return core->propbaser & UINT64_C(0x000ffffffffff000);
}

uint64_t lpi_pending_pa(const struct bp_lpi_core *core, uint64_t *size)
{
	*size = (UINT64_C(1) << ((core->propbaser & 0x1f) + 1)) / 8;
	return core->pendbaser & UINT64_C(0x000fffffffff0000);
}
