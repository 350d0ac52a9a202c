/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crash.c - the end of a core: an exception in EL2 says what it was; then nothing runs here any more. And the
 * end of all: the machine's reset.
 */
#include "../../core/core.h"
#include "boot.h"
#include "console.h"
#include "psci.h"
#include "sysreg.h"

_Noreturn void crash(u64 vector)
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
	/* No sibling waits for it. The boot has neither private data nor telemetry, and its stack lies below.
	 */
	if ((va_t)__builtin_frame_address(0) >= EL2_VA_PRIVATE && telemetry()) {
		telemetry()->core_state = CORE_OFF;
		/* What this core's EL2 did is unknown: no cell goes on with it.
		 * [impl->swr~el2-exception-resets~1] */
		arch_machine_reset();
	}
	arch_halt();
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
