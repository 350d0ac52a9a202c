/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mmio.c - which emulated device an address belongs to: bisection in the table that the compiler sorted.
 */
#include "mmio.h"
#include "cell.h"

const struct bp_mmio *mmio_find(ipa_t ipa)
{
	const struct bp_mmio *table = cell_table(&this_cell->mmio);
	u32 low = 0, high = this_cell->mmio.count;

	while (low < high) {
		const u32 middle = low + (high - low) / 2;

		if (ipa < table[middle].ipa)
			high = middle;
		else if (ipa - table[middle].ipa >= table[middle].size)
			low = middle + 1;
		else
			return &table[middle];
	}
	return NULL;
}
