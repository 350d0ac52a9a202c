// SPDX-License-Identifier: Apache-2.0
/*
 * derive.c - fuzz target: the guest trees that follow from the board's, for each cell of a partition file
 * that the front end accepts.
 */
#include <stdlib.h>

#include "keep.h"
#include "stand_in.h"

#include "../../src/compiler/ranges.h"
#include "../../src/compiler/tree.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct plan plan;
	struct layout layout = {.plan = &plan};

	if (stand_in_read(&plan, data, size)) {
		layout.cells = calloc(plan.cell_count, sizeof(*layout.cells));
		layout.cores = calloc(plan.board.core_count, sizeof(*layout.cores));
		for (size_t i = 0; i < plan.cell_count; i++)
			tree_build(&layout, i);
		free(layout.cells);
		free(layout.cores);
	}
	keep_free();
	return 0;
}
