// SPDX-License-Identifier: Apache-2.0
/*
 * counters.c - restarts by cause (counters.h).
 */
#include "counters.h"

/* [impl->swr~metrics-restarts~1] */
void counters_restarts(struct cell_counters *cell, uint64_t restarts, uint64_t cause)
{
	if (cause > BP_ERROR_COUNT)
		cause = BP_ERROR_COUNT;
	if (cell->restarts_seen > cell->restarts_told)
		cell->restarts[cause] += cell->restarts_seen - cell->restarts_told;
	cell->restarts_told = cell->restarts_seen;
	cell->restarts_seen = restarts;
}
