/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crash.h - what the end of the machine leaves to its next life (src/blueprint/crash.h).
 */
#ifndef BULKHEAD_CRASH_AREA_H
#define BULKHEAD_CRASH_AREA_H

#include "../blueprint/crash.h"
#include "types.h"

/* This core's, as far as its maker has come. */
extern struct crash_dump crash_dump;

/* Leaves crash_dump in the area, where there is one. */
void crash_keep(enum crash_kind kind, u32 cell, u32 error, u64 detail);

/* The same, and has the machine reset by its firmware; comes back only where firmware can't. */
void crash_reset(enum crash_kind kind, u32 cell, u32 error, u64 detail);

/* Boot core, boot root: counts the boot, and gathers what the last life left. `area`: bp_header.crash_va. */
void crash_gather(va_t area, u32 cores);

#endif
