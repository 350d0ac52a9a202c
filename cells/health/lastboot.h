/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lastboot.h - what the last life of the machine has left (src/blueprint/crash.h). Portable.
 */
#ifndef HEALTH_LASTBOOT_H
#define HEALTH_LASTBOOT_H

#include "machine.h"
#include "names.h"

/* What ended that life: enum bp_error, BP_ERROR_COUNT: by request; NAME_WATCHDOG: EL2's watch over this cell.
 */
static inline uint64_t lastboot_cause(const struct crash_dump *dump)
{
	return dump->kind == CRASH_WATCHDOG ? NAME_WATCHDOG : dump->error;
}

/* The boot core's record; NULL: the board has none, or what is there isn't one. */
const struct crash_record *lastboot_open(const struct machine *machine);
/* A dump in words: "exception-at-el2 core=..."; of cells by name. Always terminated. */
void lastboot_text(const struct machine *machine, const struct crash_dump *dump, char *text, uint64_t room);

#endif
