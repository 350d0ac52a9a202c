// SPDX-License-Identifier: Apache-2.0
/*
 * lastboot.c - the crash-audit record, read once, after the boot (lastboot.h).
 */
#include "lastboot.h"

#include <inttypes.h>
#include <stdio.h>

#include "crc32.h"
#include "names.h"
#include "timer.h"

const struct crash_record *lastboot_open(const struct machine *machine)
{
	const struct crash_record *const record = (const void *)(uintptr_t)machine->directory->crash_ipa;

	if (!record || record->magic != CRASH_MAGIC || record->count > CRASH_DUMPS ||
	    record->crc != crc32_add(0, record, offsetof(struct crash_record, crc)))
		return NULL;
	return record;
}

/* [impl->swr~health-last-boot~1] */
void lastboot_text(const struct machine *machine, const struct crash_dump *dump, char *text, uint64_t room)
{
	const char *const cell = dump->cell < machine->cell_count ? machine->cells[dump->cell].name : "-";
	const uint64_t ms = timer_to_ns(dump->time, machine->hz) / 1000000;
	const int said = snprintf(text, room, "%" PRIu64 ".%03" PRIu64 " core=%" PRIu32 " cell=%s %s",
				  ms / 1000, ms % 1000, dump->core, cell, name_cause(lastboot_cause(dump)));

	if (said < 0 || (uint64_t)said >= room)
		return;
	if (dump->kind == CRASH_EXCEPTION)
		snprintf(text + said, room - (uint64_t)said,
			 " vector=%" PRIu64 " esr=0x%" PRIx64 " elr=0x%" PRIx64 " far=0x%" PRIx64
			 " sp=0x%" PRIx64,
			 dump->vector, dump->esr, dump->elr, dump->far, dump->sp);
	else
		snprintf(text + said, room - (uint64_t)said, " detail=0x%" PRIx64, dump->detail);
}
