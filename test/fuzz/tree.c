// SPDX-License-Identifier: Apache-2.0
/*
 * tree.c - fuzz target: the auditor's device-tree reader, and every question that it answers of each node.
 */
#include "../../src/auditor/tree.h"

#include <string.h>

static void ask(const struct tree *tree, const struct node *node)
{
	const char *text, *name;
	uint64_t number;
	uint32_t word;
	struct range range;
	bool many;
	int length;

	for (unsigned int i = 0; (name = node_property_name(tree, node, i)); i++) {
		const void *const data = node_property(tree, node, name, &length);

		text = node_string(tree, node, name);
		if (string_list(data, length))
			for (text = NULL; (text = string_next(data, length, text));)
				(void)tree_name(tree, text, &many);
		(void)node_u32(tree, node, name, i, &word);
		(void)node_u64(tree, node, name, i, &number);
		(void)node_number(tree, node, name, &number);
		(void)node_flag(tree, node, name);
	}
	(void)tree_path(tree, node->path);
	(void)tree_name(tree, node->name, &many);
	(void)tree_phandle(tree, node->phandle);
	(void)node_within(tree, node, &tree->nodes[tree->count / 2]);
	(void)bus_unreached(tree, node, (struct range){UINT64_C(0x40000000), UINT64_C(0x100000000)}, NULL);
	(void)bus_limits(tree, node);
	(void)node_regs_lost(tree, node);
	(void)node_window(tree, node, 1, &range);
	(void)node_map_sound(tree, node);
	(void)irq_named(tree, node, "eventq", 0);
	(void)bus_dma_row(tree, node, 0, &range, &number);
	(void)node_is_gic(tree, node);
	(void)node_compatible(tree, node, "arm,gic-v3");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tree tree;
	const char *why;

	if (!tree_open(&tree, (struct blob){data, size}, &why))
		return 0;
	for (size_t i = 0; i < tree.count && i < 64; i++)
		ask(&tree, &tree.nodes[i]);
	tree_close(&tree);
	return 0;
}
