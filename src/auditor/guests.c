// SPDX-License-Identifier: Apache-2.0
/*
 * guests.c - every cell's guest tree, and the health cell's directory, where the cell would find them.
 */
#include <inttypes.h>
#include <string.h>

#include "model.h"

static const struct node *bulkhead_node(const struct cell *cell, const char *compatible)
{
	for (size_t i = 0; i < cell->guest.count; i++) {
		if (node_compatible(&cell->guest, &cell->guest.nodes[i], compatible))
			return &cell->guest.nodes[i];
	}
	return NULL;
}

static uint64_t window_ipa(const struct cell *cell, const char *compatible)
{
	const struct node *node = bulkhead_node(cell, compatible);

	return node && node->reg_count ? node->regs[0].base : PA_NONE;
}

/* [impl->swr~audit-guest-trees~1] */
static void guest_open(struct audit *audit, struct cell *cell)
{
	const char *why = "no image goes to tree_ipa";

	for (uint32_t i = 0; i < cell->record->images.count; i++) {
		const struct bp_image *image = &cell->images[i];
		const void *bytes = blueprint_at(audit, image->pa, image->size);

		if (image->dest_ipa != cell->record->tree_ipa)
			continue;
		why = "it isn't in the blueprint";
		if (bytes && image->pa % 8 == 0 &&
		    tree_open(&cell->guest, (struct blob){bytes, image->size}, &why))
			break;
	}
	if (!cell->guest.fdt) {
		violation(&audit->report, RULE_GUEST_TREE, "%s: guest tree for IPA 0x%" PRIx64 ": %s",
			  cell->who, cell->record->tree_ipa, why);
		return;
	}
	cell->heartbeat_ipa = window_ipa(cell, "bulkhead,heartbeat");
	cell->directory_ipa = window_ipa(cell, "bulkhead,directory");
}

static bool directory_sound(const struct directory *directory)
{
	return directory->magic == DIRECTORY_MAGIC && directory->abi == TELEMETRY_ABI &&
	       directory->size >= sizeof(*directory) && directory->cores.offset % 8 == 0 &&
	       directory->cells.offset % 8 == 0 &&
	       within(directory->cores.offset,
		      directory->cores.count * (uint64_t)sizeof(struct directory_core), directory->size) &&
	       within(directory->cells.offset,
		      directory->cells.count * (uint64_t)sizeof(struct directory_cell), directory->size) &&
	       directory->streams.offset % 8 == 0 &&
	       within(directory->streams.offset,
		      directory->streams.count * (uint64_t)sizeof(struct directory_stream), directory->size);
}

/* [impl->swr~audit-directory~1] */
static void directory_open(struct audit *audit)
{
	const struct cell *health = &audit->cells[audit->health];
	const struct directory *directory;

	if (health->directory_ipa == PA_NONE ||
	    !spans_translate(&health->stage2, health->directory_ipa, BP_PAGE_SIZE, &audit->directory_pa)) {
		violation(&audit->report, RULE_DIRECTORY,
			  "%s: its guest tree names no directory that is mapped", health->who);
		return;
	}
	directory = blueprint_at(audit, audit->directory_pa, sizeof(*directory));
	if (!directory || audit->directory_pa % BP_PAGE_SIZE || !directory_sound(directory) ||
	    !blueprint_at(audit, audit->directory_pa, directory->size)) {
		violation(&audit->report, RULE_DIRECTORY, "directory at 0x%" PRIx64 " isn't sound",
			  audit->directory_pa);
		return;
	}
	audit->directory = directory;
}

void guests_open(struct audit *audit)
{
	audit->directory_pa = PA_NONE;
	for (size_t i = 0; i < audit->cell_count; i++) {
		if (audit->cells[i].known)
			guest_open(audit, &audit->cells[i]);
	}
	if (audit->health != CELL_NONE_ID)
		directory_open(audit);
}

const struct node *channel_node(const struct cell *cell, size_t index)
{
	for (size_t i = 0; i < cell->guest.count; i++) {
		const struct node *node = &cell->guest.nodes[i];
		uint32_t number;

		if (node_compatible(&cell->guest, node, "bulkhead,channel") &&
		    node_u32(&cell->guest, node, "channel-index", 0, &number) && number == index)
			return node;
	}
	return NULL;
}

const struct partition_channel *channel_named(const struct audit *audit, const struct cell *cell,
					      size_t index)
{
	const struct node *node = channel_node(cell, index);
	const char *name = node ? node_string(&cell->guest, node, "channel-name") : NULL;

	for (size_t i = 0; name && i < audit->partition.channel_count; i++) {
		if (!strcmp(audit->partition.channels[i].name, name))
			return &audit->partition.channels[i];
	}
	return NULL;
}
