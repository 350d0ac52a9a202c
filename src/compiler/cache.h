/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cache.h - how many colours the board's memory has.
 */
#ifndef BULKHEAD_CACHE_H
#define BULKHEAD_CACHE_H

#include "diag.h"
#include "plan.h"

/* False after a diagnostic at `at`: the tree doesn't say, or colours divide nothing. */
bool cache_colors(const struct board *board, struct place at, uint32_t *colors);

#endif
