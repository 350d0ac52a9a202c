// SPDX-License-Identifier: Apache-2.0
/*
 * partition.c - reads the partition file's tree, the auditor's own way (config language, version 1).
 *
 * It reads what rules compare; it doesn't repeat the compiler's diagnostics. What it can't understand
 * is a violation: an auditor that guesses proves nothing.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "model.h"
#include "value.h"

static void unreadable(struct audit *audit, const struct node *node, const char *property)
{
	violation(&audit->report, RULE_INPUT, "partition file: %s: %s can't be understood", node->path,
		  property);
}

static void memory_add(struct partition_cell *cell, struct partition_memory memory)
{
	cell->memory = memory_grow(cell->memory, cell->memory_count, sizeof(memory));
	cell->memory[cell->memory_count++] = memory;
	cell->memory_total = end_of(cell->memory_total, memory.size);
}

static bool memory_parse(const char *text, struct partition_memory *memory)
{
	char size[64];
	const char *at = strchr(text, '@');
	const size_t length = at ? (size_t)(at - text) : strlen(text);

	if (length >= sizeof(size))
		return false;
	memcpy(size, text, length);
	size[length] = '\0';
	memory->placed = at != NULL;
	memory->at = 0;
	return value_size(size, &memory->size) && (!at || value_size(at + 1, &memory->at));
}

static void cell_memory(struct audit *audit, const struct tree *tree, struct partition_cell *cell)
{
	int length = 0;
	const char *list = node_property(tree, cell->node, "memory", &length);
	struct partition_memory memory = {0};

	if (!list || !string_list(list, length)) {
		if (!node_number(tree, cell->node, "memory", &memory.size))
			unreadable(audit, cell->node, "memory");
		memory_add(cell, memory);
		return;
	}
	for (const char *text = NULL; (text = string_next(list, length, text));) {
		if (memory_parse(text, &memory))
			memory_add(cell, memory);
		else
			unreadable(audit, cell->node, "memory");
	}
}

static void core_add(struct partition_cell *cell, uint32_t core)
{
	cell->cores = memory_grow(cell->cores, cell->core_count, sizeof(core));
	cell->cores[cell->core_count++] = core;
}

static void cell_cores(struct audit *audit, const struct tree *tree, struct partition_cell *cell)
{
	const struct board *board = &audit->board;
	int length = 0;
	const char *list = node_property(tree, cell->node, "cpus", &length);
	uint32_t core;

	if (!list || !string_list(list, length)) {
		for (unsigned int i = 0; node_u32(tree, cell->node, "cpus", i, &core); i++)
			core_add(cell, core);
		return;
	}
	for (const char *text = NULL; (text = string_next(list, length, text));) {
		bool many;
		const struct node *node = tree_name(&board->tree, text, &many);

		core = UINT32_MAX;
		for (size_t i = 0; i < board->core_count; i++) {
			if (board->cpu_nodes[i] == node)
				core = (uint32_t)i;
		}
		core_add(cell, core);
	}
}

static bool text_is(const struct tree *tree, const struct node *node, const char *property, const char *value)
{
	const char *text = node_string(tree, node, property);

	return text && !strcmp(text, value);
}

static void optional_duration(struct audit *audit, const struct partition_cell *cell, const char *name,
			      uint64_t *duration_ns)
{
	const struct tree *tree = &audit->partition.tree;

	if (node_flag(tree, cell->node, name) && !property_duration(tree, cell->node, name, duration_ns))
		unreadable(audit, cell->node, name);
}

static void cell_read(struct audit *audit, const struct node *node)
{
	struct partition *partition = &audit->partition;
	const struct tree *tree = &partition->tree;
	struct partition_cell cell = {.node = node, .name = node->name};

	cell_memory(audit, tree, &cell);
	cell_cores(audit, tree, &cell);
	cell.health = text_is(tree, node, "role", "health");
	cell.direct = text_is(tree, node, "interrupts", "direct");
	if (node_flag(tree, node, "interrupts") && !cell.direct &&
	    !text_is(tree, node, "interrupts", "injected"))
		unreadable(audit, node, "interrupts");
	cell.essential = node_flag(tree, node, "essential");
	cell.pmu = node_flag(tree, node, "pmu");
	cell.update_reset = node_flag(tree, node, "update-reset");
	cell.unprotected = text_is(tree, node, "dma", "unprotected");
	cell.log_console = text_is(tree, node, "console", "log");
	cell.has_ram_base = node_flag(tree, node, "ram-base");
	if (cell.has_ram_base && !property_size(tree, node, "ram-base", &cell.ram_base))
		unreadable(audit, node, "ram-base");
	if (node_flag(tree, node, "keep") && !property_size(tree, node, "keep", &cell.keep))
		unreadable(audit, node, "keep");
	optional_duration(audit, &cell, "heartbeat", &cell.heartbeat_ns);
	optional_duration(audit, &cell, "boot-timeout", &cell.boot_timeout_ns);
	if (cell.health && !node_flag(tree, node, "watchdog"))
		cell.watchdog_ns = UINT64_C(2000000000);
	else if (!text_is(tree, node, "watchdog", "never"))
		optional_duration(audit, &cell, "watchdog", &cell.watchdog_ns);
	partition->cells = memory_grow(partition->cells, partition->cell_count, sizeof(cell));
	partition->cells[partition->cell_count++] = cell;
}

const struct node *partition_net(const struct audit *audit, const struct partition_cell *cell)
{
	const struct tree *tree = &audit->partition.tree;

	for (size_t i = 0; i < tree->count; i++)
		if (tree->nodes[i].parent == (int)(cell->node - tree->nodes) &&
		    !strcmp(tree->nodes[i].name, "net"))
			return &tree->nodes[i];
	return NULL;
}

static void channel_parties(struct audit *audit, struct partition_channel *channel, const char *property,
			    uint8_t role)
{
	const struct partition *partition = &audit->partition;
	int length = 0;
	const char *list = node_property(&partition->tree, channel->node, property, &length);
	bool found;

	if (!list)
		return;
	if (!string_list(list, length)) {
		unreadable(audit, channel->node, property);
		return;
	}
	for (const char *text = NULL; (text = string_next(list, length, text));) {
		found = false;
		for (size_t i = 0; i < partition->cell_count; i++) {
			if (!strcmp(partition->cells[i].name, text)) {
				channel->roles[i] |= role;
				found = true;
			}
		}
		if (!found)
			unreadable(audit, channel->node, property);
	}
}

static void channel_read(struct audit *audit, const struct node *node)
{
	struct partition *partition = &audit->partition;
	struct partition_channel channel = {.node = node, .name = node->name};

	channel.roles = memory_zeroed(partition->cell_count, sizeof(*channel.roles));
	channel_parties(audit, &channel, "from", BP_CHANNEL_WRITES);
	channel_parties(audit, &channel, "to", BP_CHANNEL_READS);
	channel_parties(audit, &channel, "between", BP_CHANNEL_WRITES | BP_CHANNEL_READS);
	if (!property_size(&partition->tree, node, "size", &channel.size) || !channel.size)
		unreadable(audit, node, "size");
	channel.doorbell = node_flag(&partition->tree, node, "doorbell");
	channel.shown = node_flag(&partition->tree, node, "presentation");
	if (channel.shown && !text_is(&partition->tree, node, "presentation", "ivshmem"))
		unreadable(audit, node, "presentation");
	partition->channels = memory_grow(partition->channels, partition->channel_count, sizeof(channel));
	partition->channels[partition->channel_count++] = channel;
}

static bool is_child(const struct tree *tree, const struct node *node, const struct node *parent)
{
	return parent && node->parent == (int)(parent - tree->nodes);
}

/* [impl->swr~audit-inputs~1] */
bool partition_open(struct audit *audit)
{
	struct partition *partition = &audit->partition;
	const char *why;

	if (!tree_open(&partition->tree, audit->fit.partitions, &why)) {
		violation(&audit->report, RULE_INPUT, "partition file: %s", why);
		return false;
	}
	const struct tree *tree = &partition->tree;
	const struct node *cells = tree_path(tree, "/cells"), *channels = tree_path(tree, "/channels");

	if (!node_compatible(tree, &tree->nodes[0], "bulkhead,partitions-v1"))
		violation(&audit->report, RULE_INPUT,
			  "partition file: compatible isn't bulkhead,partitions-v1");
	partition->faults = tree_path(tree, "/faults");
	for (size_t i = 0; i < tree->count; i++) {
		if (is_child(tree, &tree->nodes[i], cells))
			cell_read(audit, &tree->nodes[i]);
	}
	for (size_t i = 0; i < tree->count; i++) {
		if (is_child(tree, &tree->nodes[i], channels))
			channel_read(audit, &tree->nodes[i]);
	}
	shared_open(audit);
	if (!partition->cell_count)
		violation(&audit->report, RULE_INPUT, "partition file: it has no cells");
	return partition->cell_count > 0;
}

void partition_close(struct partition *partition)
{
	for (size_t i = 0; i < partition->cell_count; i++) {
		free(partition->cells[i].memory);
		free(partition->cells[i].cores);
	}
	for (size_t i = 0; i < partition->channel_count; i++)
		free(partition->channels[i].roles);
	free(partition->cells);
	free(partition->channels);
	free(partition->shared);
	tree_close(&partition->tree);
}
