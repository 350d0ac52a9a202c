/* SPDX-License-Identifier: Apache-2.0 */
/*
 * emit.h - where the back end's diagnostics point: a file as a whole, or a cell of the partition file.
 */
#ifndef BULKHEAD_EMIT_H
#define BULKHEAD_EMIT_H

#include "diag.h"
#include "plan.h"

static inline struct place file_place(const char *path)
{
	return (struct place){path, 0, 0};
}

static inline struct place cell_place(const struct plan *plan, size_t cell)
{
	return (struct place){plan->file, plan->cells[cell].line, plan->cells[cell].column};
}

#endif
