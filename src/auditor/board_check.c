// SPDX-License-Identifier: Apache-2.0
/*
 * board_check.c - what of the board's tree must be known for certain, since the division rests on it:
 * memory, what is reserved of it, the hypervisor's own registers and interrupts.
 */
#include <inttypes.h>
#include <string.h>

#include "model.h"

#define FRAME	    0x10000u /* GICv3 12.2.1: all frames are 64 KiB */
#define HYP_TIMER   26u	     /* Arm BSA: CNTHP */
#define HYP_V_TIMER 28u	     /* CNTHV */

static void lost_check(struct audit *audit, const struct node *node)
{
	if (node_regs_lost(&audit->board.tree, node))
		violation(&audit->report, RULE_INPUT,
			  "board tree: %s has registers that are no addresses of the CPUs", node->path);
}

static void nodes_check(struct audit *audit)
{
	const struct tree *tree = &audit->board.tree;
	const struct node *reserved = tree_path(tree, "/reserved-memory");

	for (size_t i = 0; i < tree->count; i++) {
		const struct node *node = &tree->nodes[i];
		const char *type = node_string(tree, node, "device_type");
		const bool own = node->enabled && (node_compatible(tree, node, "arm,gic-v3-its") ||
						   node_compatible(tree, node, "arm,smmu-v3"));

		if (own || (type && !strcmp(type, "memory")) || node == audit->board.gic ||
		    (reserved && node != reserved && node_within(tree, node, reserved)))
			lost_check(audit, node);
	}
}

/* [impl->swr~audit-gic-frames~1] */
static void gic_check(struct audit *audit)
{
	const struct node *gic = audit->board.gic;
	const char *stride = "redistributor-stride";
	uint64_t bytes = 2 * FRAME;

	if (node_flag(&audit->board.tree, gic, stride) &&
	    (!node_number(&audit->board.tree, gic, stride, &bytes) || bytes % FRAME || bytes < 2 * FRAME))
		violation(&audit->report, RULE_INPUT,
			  "board tree: redistributors can't be 0x%" PRIx64 " bytes apart", bytes);
	if (gic->regs[0].size < FRAME)
		violation(&audit->report, RULE_INPUT, "board tree: a distributor of 0x%" PRIx64 " bytes",
			  gic->regs[0].size);
	for (size_t i = 0; i < audit->board.core_count; i++) {
		const uint64_t frame = gic_frame(&audit->board, i);

		if (frame == PA_NONE)
			continue; /* rule_el2 misses its window */
		if (frame % FRAME || (frame < end_of(gic->regs[0].base, gic->regs[0].size) &&
				      gic->regs[0].base < end_of(frame, 2 * FRAME)))
			violation(&audit->report, RULE_INPUT,
				  "board tree: core %zu's redistributor can't lie at 0x%" PRIx64, i, frame);
		for (size_t other = 0; other < i; other++) {
			const uint64_t theirs = gic_frame(&audit->board, other);

			if (theirs != PA_NONE &&
			    (frame > theirs ? frame - theirs : theirs - frame) < 2 * FRAME)
				violation(&audit->report, RULE_INPUT,
					  "board tree: the redistributors of cores %zu and %zu overlap at "
					  "0x%" PRIx64,
					  other, i, frame);
		}
	}
}

static void ppis_check(struct audit *audit)
{
	const struct board *board = &audit->board;
	const uint32_t maintenance = board->maintenance_intid;

	if (!maintenance)
		violation(&audit->report, RULE_INPUT, "board tree: the GIC has no maintenance interrupt");
	else if (maintenance == HYP_TIMER || maintenance == HYP_V_TIMER ||
		 maintenance == board->virtual_timer || maintenance == board->physical_timer ||
		 maintenance == board->hypervisor_timer)
		violation(&audit->report, RULE_INPUT,
			  "board tree: the GIC's maintenance interrupt %u is a timer's", maintenance);
}

/* [impl->swr~audit-inputs~1] */
void board_check(struct audit *audit)
{
	if (!audit->board.gic || audit->board.gic->reg_count < 2)
		return; /* board_parts() has said so */
	nodes_check(audit);
	gic_check(audit);
	ppis_check(audit);
}
