/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cpus.c - gives each core of the board to at most one cell.
 *
 * `cpus` holds numbers in the order of the board's /cpus, or names of its nodes. Called by plan_read.
 */
#include "front.h"

#include "text.h"

#include <libfdt.h>
#include <string.h>

struct claims {	    /* by machine core number */
	int *cells; /* -1: free */
};

/* Devicetree Specification 2.3.4: "fail" and "fail-sss" are broken; "disabled" waits for its start. */
static bool has_failed(const struct board *board, uint32_t core)
{
	const char *const status = fdt_getprop(board->tree.data, board->cpu_nodes[core], "status", NULL);

	return status && strncmp(status, "fail", 4) == 0;
}

static void claim(struct front *front, struct claims *claims, size_t index, uint32_t core, const char *shown)
{
	struct plan_cell *const cell = &front->plan->cells[index];
	const struct place at = front_place(front, front->cell_nodes[index], "cpus");
	const int owner = claims->cells[core];

	if (owner == (int)index) {
		diag_error(at, "cpu %s stands twice in cell '%s'", shown, cell->name);
	} else if (owner >= 0) {
		diag_error(at, "cpu %s belongs to cell '%s' already", shown, front->plan->cells[owner].name);
		diag_note(front_place(front, front->cell_nodes[owner], "cpus"), "given to '%s' here",
			  front->plan->cells[owner].name);
	} else if (has_failed(&front->plan->board, core)) {
		diag_error(at, "cpu %s is broken: the board's tree says \"fail\"", shown);
	} else {
		claims->cells[core] = (int)index;
		cell->cores = memory_grow(cell->cores, cell->core_count, sizeof(cell->cores[0]));
		cell->cores[cell->core_count++] = core;
	}
}

static void claim_numbers(struct front *front, struct claims *claims, size_t index)
{
	const struct board *const board = &front->plan->board;
	const int node = front->cell_nodes[index];
	int length;
	const fdt32_t *const cells = fdt_getprop(front->source.tree.data, node, "cpus", &length);

	for (int i = 0; i < length / 4; i++) {
		const uint32_t core = fdt32_ld(&cells[i]);

		if (core < board->core_count)
			claim(front, claims, index, core, text_format("%u", core));
		else
			diag_error(front_place(front, node, "cpus"),
				   "there is no cpu %u: board '%s' has cpus 0 to %zu", core, board->name,
				   board->core_count - 1);
	}
}

static void claim_names(struct front *front, struct claims *claims, size_t index)
{
	const struct board *const board = &front->plan->board;
	const int node = front->cell_nodes[index];
	const char **const names = memory_new(board->core_count, sizeof(names[0]));
	struct words words;

	for (size_t core = 0; core < board->core_count; core++)
		names[core] = fdt_get_name(board->tree.data, board->cpu_nodes[core], NULL);
	value_words(front, node, "cpus", &words);
	for (size_t i = 0; i < words.count; i++) {
		uint32_t core = 0;

		while (core < board->core_count && strcmp(names[core], words.at[i]) != 0)
			core++;
		if (core < board->core_count)
			claim(front, claims, index, core, text_format("'%s'", words.at[i]));
		else
			diag_error(front_place(front, node, "cpus"), "board '%s' has no cpu '%s'%s",
				   board->name, words.at[i],
				   diag_did_you_mean(words.at[i], names, board->core_count));
	}
}

/* [impl->swr~config-cores~1] */
void cpus_assign(struct front *front)
{
	struct claims claims = {memory_new(front->plan->board.core_count, sizeof(int))};

	for (size_t core = 0; core < front->plan->board.core_count; core++)
		claims.cells[core] = -1;
	for (size_t i = 0; i < front->plan->cell_count; i++) {
		const int node = front->cell_nodes[i];
		const struct source_entry *const entry = source_find(&front->source, node, "cpus");
		int length = 0;

		if (!fdt_getprop(front->source.tree.data, node, "cpus", &length) || !length)
			diag_error(entry->at, "cell '%s' has no core: give it 'cpus'",
				   front->plan->cells[i].name);
		else if (entry->kind == VALUE_TEXT)
			claim_names(front, &claims, i);
		else if (entry->kind == VALUE_CELLS && entry->bits == 32)
			claim_numbers(front, &claims, i);
		else
			diag_error(entry->at,
				   "'cpus' takes numbers, such as <1 2>, or names of the board's cpu "
				   "nodes");
		if (front->plan->cells[i].core_count > BP_CELL_CORES_MAX)
			diag_error(entry->at, "cell '%s' has %zu cores, %u are the most",
				   front->plan->cells[i].name, front->plan->cells[i].core_count,
				   BP_CELL_CORES_MAX);
	}
}
