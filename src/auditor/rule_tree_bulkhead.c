// SPDX-License-Identifier: Apache-2.0
/*
 * rule_tree_bulkhead.c - the guest tree's /bulkhead nodes say what the cell's record says.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "rule.h"

static void identity_check(struct audit *audit, const struct cell *cell)
{
	const struct node *node = tree_path(&cell->guest, "/bulkhead");
	const char *name = node ? node_string(&cell->guest, node, "cell-name") : NULL;
	uint32_t index;

	if (!node || !node_compatible(&cell->guest, node, "bulkhead,cell-v1") || !name ||
	    strcmp(name, cell->name) != 0 || !node_u32(&cell->guest, node, "cell-index", 0, &index) ||
	    index != cell->record->index)
		violation(&audit->report, RULE_TREE_BULKHEAD,
			  "%s: /bulkhead doesn't name the cell and its index", cell->who);
}

static void channel_check(struct audit *audit, const struct cell *cell, uint32_t index)
{
	const struct bp_channel *channel = &cell->channels[index];
	const struct node *node = channel_node(cell, index);

	if (!node) {
		violation(&audit->report, RULE_TREE_BULKHEAD, "%s: channel %u has no node in its tree",
			  cell->who, index);
		return;
	}
	if (node->reg_count != 1 || node->regs[0].base != channel->ipa || node->regs[0].size > channel->size)
		violation(&audit->report, RULE_TREE_BULKHEAD,
			  "%s: %s doesn't say IPA 0x%" PRIx64 ", 0x%" PRIx64 " bytes", cell->who, node->path,
			  channel->ipa, channel->size);
	if (node_flag(&cell->guest, node, "writes") != !!(channel->flags & BP_CHANNEL_WRITES) ||
	    node_flag(&cell->guest, node, "reads") != !!(channel->flags & BP_CHANNEL_READS) ||
	    node_flag(&cell->guest, node, "doorbell") != (channel->ring.count > 0))
		violation(&audit->report, RULE_TREE_BULKHEAD,
			  "%s: %s is wrong about writes, reads or doorbell", cell->who, node->path);
	if (node->irq_count != !!channel->receive_intid ||
	    (node->irq_count && node->irqs[0].intid != channel->receive_intid))
		violation(&audit->report, RULE_TREE_BULKHEAD, "%s: %s doesn't have doorbell INTID %u",
			  cell->who, node->path, channel->receive_intid);
}

static void nodes_count(struct audit *audit, const struct cell *cell)
{
	const uint64_t period_ns = cell->record->heartbeat_ns;
	uint32_t channels = 0, heartbeats = 0, period_us;

	for (size_t i = 0; i < cell->guest.count; i++) {
		const struct node *node = &cell->guest.nodes[i];

		channels += node_compatible(&cell->guest, node, "bulkhead,channel");
		if (!node_compatible(&cell->guest, node, "bulkhead,heartbeat"))
			continue;
		heartbeats++;
		if (!node_u32(&cell->guest, node, "period-us", 0, &period_us))
			period_us = 0;
		if (period_us != period_ns / 1000)
			violation(&audit->report, RULE_TREE_BULKHEAD,
				  "%s: %s says %u us, the record %" PRIu64 " ns", cell->who, node->path,
				  period_us, period_ns);
	}
	if (channels != cell->record->channels.count || heartbeats != 1)
		violation(&audit->report, RULE_TREE_BULKHEAD,
			  "%s: its tree has %u channels and %u heartbeats, not %u and 1", cell->who, channels,
			  heartbeats, cell->record->channels.count);
	if ((cell->directory_ipa != PA_NONE) != !!(cell->record->flags & BP_CELL_HEALTH))
		violation(&audit->report, RULE_TREE_BULKHEAD, "%s: a directory is the health cell's alone",
			  cell->who);
}

/* [impl->swr~audit-tree-bulkhead~1] */
void rule_tree_bulkhead(struct audit *audit)
{
	for (size_t c = 0; c < audit->cell_count; c++) {
		const struct cell *cell = &audit->cells[c];

		if (!cell->known || !cell->guest.fdt)
			continue;
		identity_check(audit, cell);
		nodes_count(audit, cell);
		for (uint32_t i = 0; i < cell->record->channels.count; i++)
			channel_check(audit, cell, i);
	}
}
