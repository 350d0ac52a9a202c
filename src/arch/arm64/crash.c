/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crash.c - the end of a core: an exception in EL2 says what it was and leaves a dump; then nothing runs here
 * any more. And the end of all: the machine's reset.
 */
#include "../../core/core.h"
#include "../../core/crash.h"
#include "boot.h"
#include "console.h"
#include "psci.h"
#include "sysreg.h"

static void tell(u64 vector)
{
	say(EL2_VA_UART, "\nbulkhead: exception at EL2 on core ");
	say_hex(EL2_VA_UART, sysreg_read(mpidr_el1) & MPIDR_AFFINITY);
	say(EL2_VA_UART, " vector ");
	say_number(EL2_VA_UART, vector);
	say(EL2_VA_UART, " esr ");
	say_hex(EL2_VA_UART, sysreg_read(esr_el2));
	say(EL2_VA_UART, " elr ");
	say_hex(EL2_VA_UART, sysreg_read(elr_el2));
	say(EL2_VA_UART, " far ");
	say_hex(EL2_VA_UART, sysreg_read(far_el2));
	say(EL2_VA_UART, "\n");
}

/* What this core's EL2 did is unknown: no cell goes on with it. [impl->swr~el2-exception-resets~2] */
static void end(const struct exit *exit, u64 vector, va_t sp)
{
	static bool ending; /* an exception in here leaves what is there by then */

	if (ending) {
		arch_machine_reset();
		arch_halt();
	}
	ending = true;
	crash_dump.vector = vector;
	crash_dump.esr = sysreg_read(esr_el2);
	crash_dump.elr = sysreg_read(elr_el2);
	crash_dump.spsr = sysreg_read(spsr_el2);
	crash_dump.far = sysreg_read(far_el2);
	crash_dump.sp = sp;
	for (u32 i = 0; i < ARRAY_SIZE(crash_dump.x); i++)
		crash_dump.x[i] = exit->x[i];
	telemetry()->core_state = CORE_OFF; /* no sibling waits for it */
	crash_keep(CRASH_EXCEPTION, this_cell->index, BP_ERROR_EXCEPTION_AT_EL2, 0);
	tell(vector);
	arch_machine_reset();
}

/* How long what stands on the console can be read, before the loader writes its own. */
#define RESET_SECONDS 10u

/* The loader may have another image to start (docs/update.md). From EL1 firmware isn't to be had.
 * [impl->swr~boot-refusal-resets~1] */
_Noreturn void boot_over(va_t uart)
{
	const u64 start = arch_time(), ticks = RESET_SECONDS * sysreg_read(cntfrq_el0);

	if (field(sysreg_read(currentel), 2, 2) == 2) {
		say(uart, "bulkhead: the machine is reset in 10 s\n");
		while (arch_time() - start < ticks)
			;
		arch_machine_reset();
	}
	arch_halt();
}

/* The boot has neither private data nor telemetry, and its stack lies below. */
_Noreturn void crash(const struct exit *exit, u64 vector, va_t sp)
{
	if (sp >= EL2_VA_PRIVATE && telemetry())
		end(exit, vector, sp);
	else
		tell(vector);
	boot_over(EL2_VA_UART);
}

void arch_machine_reset(void)
{
	firmware_call(PSCI_SYSTEM_RESET, 0, 0, 0);
}

_Noreturn void arch_halt(void)
{
	for (;;)
		wfi();
}
