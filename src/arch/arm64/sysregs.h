/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sysregs.h - system registers whose accesses trap.
 */
#ifndef BULKHEAD_SYSREGS_H
#define BULKHEAD_SYSREGS_H

#include "../../core/arch.h"
#include "../../core/outcome.h"

enum outcome sysreg_trap(struct exit *exit, u64 esr);

#endif
