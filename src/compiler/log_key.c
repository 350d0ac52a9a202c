/* SPDX-License-Identifier: Apache-2.0 */
/*
 * log_key.c - `log-key`: the Ed25519 key with which the health cell signs its event log. Called by plan_read.
 *
 * Its guest tree has the key (tree_own.c), so that it lies in the image: a warning says so.
 */
#include "front.h"
#include "pem.h"

/* [impl->swr~config-log-key~1] */
void log_key_read(struct front *front)
{
	for (size_t i = 0; i < front->plan->cell_count; i++) {
		struct plan_cell *const cell = &front->plan->cells[i];
		const int node = front->cell_nodes[i];
		struct place at;

		if (!value_present(front, node, "log-key"))
			continue;
		at = front_place(front, node, "log-key");
		if (!(cell->flags & BP_CELL_HEALTH))
			diag_error(at, "'log-key' is the health cell's alone, and cell '%s' isn't it",
				   cell->name);
		else if (!file_named(front, node, "log-key", &cell->log_key))
			continue;
		else if (!pem_private(&cell->log_key, cell->log_seed))
			diag_error(at,
				   "'%s' is no Ed25519 private key without a password: `openssl genpkey "
				   "-algorithm "
				   "ed25519` makes one",
				   cell->log_key.path);
		else
			diag_warning(at,
				     "'%s' will lie in the image: whoever can read the image can sign logs",
				     cell->log_key.path);
	}
}
