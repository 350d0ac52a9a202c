// SPDX-License-Identifier: Apache-2.0
/*
 * tree_shared.c - the clocks of shared providers in a guest's tree: fixed ones, without registers, at
 * the rates that the partition file states. Called by tree.c.
 */
#include <libfdt.h>
#include <stdlib.h>

#include "tree.h"

/* One fixed clock a rate is enough: nobody can set it. */
static uint32_t fixed_clock(struct tree_writer *writer, uint32_t hz)
{
	size_t i = 0;

	while (i < writer->shared_count && writer->shared_rates[i] != hz)
		i++;
	if (i == writer->shared_count) {
		writer->shared_rates = memory_grow(writer->shared_rates, i, sizeof(hz));
		writer->shared_rates[writer->shared_count++] = hz;
	}
	return writer->clock_phandle + 1 + (uint32_t)i;
}

void put_clocks(struct tree_writer *writer, const fdt32_t *list, size_t count)
{
	const struct board *const board = &writer->layout->plan->board;
	const struct reference *const clocks = reference_named("clocks");
	fdt32_t *const out = memory_new(count + 1, sizeof(*out));
	struct reference_entry entry;
	size_t length = 0;

	for (size_t at = 0, from = 0; reference_next(board->tree.data, clocks, list, count, &at, &entry);
	     from = at) {
		const struct device *const provider = shared_target(board, clocks, &entry);
		const struct clock_rate *const rate = provider ? clock_rate_find(provider, &entry) : NULL;

		if (rate)
			out[length++] = cpu_to_fdt32(fixed_clock(writer, rate->hz));
		else
			for (size_t i = from; i < at; i++)
				out[length++] = list[i];
	}
	put_bytes(writer, "clocks", out, length * sizeof(*out));
	free(out);
}

void put_shared_clocks(struct tree_writer *writer)
{
	for (size_t i = 0; i < writer->shared_count; i++) {
		put_begin(writer, text_format("bulkhead-clock-%u", writer->shared_rates[i]));
		put_string(writer, "compatible", "fixed-clock");
		put_u32(writer, "#clock-cells", 0);
		put_u32(writer, "clock-frequency", writer->shared_rates[i]);
		put_u32(writer, "phandle", writer->clock_phandle + 1 + (uint32_t)i);
		put_end(writer);
	}
}
