/* SPDX-License-Identifier: Apache-2.0 */
/*
 * timer.h - the cells' own, but that the test says what time it is.
 */
#ifndef TEST_CELLS_TIMER_H
#define TEST_CELLS_TIMER_H

#include <stdint.h>

#define timer_now counter_now
#include "../../../../cells/lib/include/timer.h"
#undef timer_now

uint64_t timer_now(void);

#endif
