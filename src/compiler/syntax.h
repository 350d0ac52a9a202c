/* SPDX-License-Identifier: Apache-2.0 */
/*
 * syntax.h - what is wrong where dtc says "syntax error".
 */
#ifndef BULKHEAD_SYNTAX_H
#define BULKHEAD_SYNTAX_H

#include "plan.h"

/* A phrase for the place (line and column from 1) at which dtc gave up. `included`: by another file. */
const char *syntax_explain(const struct bytes *file, bool included, int line, int column);

#endif
