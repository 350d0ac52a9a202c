/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stand_in.h - the compiler's front end over an input that is a pack (pack.h): dtc and files are what
 * process.c reaches; its functions are replaced here, all else is the compiler's own.
 */
#ifndef BULKHEAD_FUZZ_STAND_IN_H
#define BULKHEAD_FUZZ_STAND_IN_H

#include "../../src/compiler/plan.h"

/* plan_read() of the input. The front end frees nothing, since it ends with its process: keep_free() does. */
bool stand_in_read(struct plan *plan, const uint8_t *data, size_t size);

#endif
