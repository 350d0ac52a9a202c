// SPDX-License-Identifier: Apache-2.0
/*
 * compat.c - what Debian's libfdt.a, built with stack protectors, asks of a C library.
 */
#include <stdint.h>

#include "hypercall_call.h"
#include "sysreg.h"

#define CODE_STACK_SMASHED 2 /* of the application error */

extern uintptr_t __stack_chk_guard;
uintptr_t __stack_chk_guard = 0x00000aff0a0d5a5a; /* NUL, LF, CR and 0xff stop string overruns */

_Noreturn void __stack_chk_fail(void);
_Noreturn void __stack_chk_fail(void)
{
	hypercall_application_error(CODE_STACK_SMASHED);
	for (;;)
		wait_interrupt();
}
