/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stand_in.h - the compiler's front end over an input that is a pack (pack.h): dtc and files are what
 * process.c reaches; its functions are replaced here, all else is the compiler's own.
 */
#ifndef BULKHEAD_FUZZ_STAND_IN_H
#define BULKHEAD_FUZZ_STAND_IN_H

#include "pack.h"

#include "../../src/compiler/plan.h"

/* plan_read() of the input. The front end frees nothing, since it ends with its process: keep_free() does. */
bool stand_in_read(struct plan *plan, const uint8_t *data, size_t size);

/* Of an input that somebody else reads: its pack; its parts, those of FUZZ_DEFAULTS where it has none; a
 * board instead. */
const struct pack *stand_in_open(const uint8_t *data, size_t size);
struct part stand_in_part(enum part_kind kind);
void stand_in_board(struct part board);

#endif
