/* SPDX-License-Identifier: Apache-2.0 */
/*
 * monotonic.h - a clock that only goes forward: what time-outs are of.
 */
#ifndef LINUX_MONOTONIC_H
#define LINUX_MONOTONIC_H

#include <stdint.h>

int64_t monotonic_ms(void);

#endif
