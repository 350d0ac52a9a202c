// SPDX-License-Identifier: Apache-2.0
/*
 * exception.c - exceptions that are no interrupts. A cell that doesn't expect any ends here, loudly.
 */
#include "exception.h"

#include <inttypes.h>
#include <stdio.h>

#include "hypercall_call.h"
#include "sysreg.h"

static exception_handler *taken_by;

void exception_handler_set(exception_handler *handler)
{
	taken_by = handler;
}

static void give_up(const struct frame *frame)
{
	printf("exception: esr=0x%" PRIx64 " elr=0x%" PRIx64 " far=0x%" PRIx64 "\n", frame->esr, frame->elr,
	       frame->far);
	hypercall_application_error(frame->esr);
	for (;;)
		wait_interrupt();
}

void exception_sync(struct frame *frame)
{
	if (taken_by)
		taken_by(frame);
	else
		give_up(frame);
}

/* SErrors, and what can't happen: FIQs (Group 0 is unused), exceptions from EL0 or on SP_EL0. */
void exception_other(struct frame *frame)
{
	exception_sync(frame);
}
