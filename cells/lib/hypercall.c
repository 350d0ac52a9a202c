// SPDX-License-Identifier: Apache-2.0
/*
 * hypercall.c - the hypercalls by name.
 */
#include "hypercall_call.h"

int64_t hypercall_version(void)
{
	return hypercall(HYPERCALL_VERSION, 0, 0, 0, 0);
}

int64_t hypercall_cell_info(uint64_t what, uint64_t *value)
{
	struct call call = {{HYPERCALL_CELL_INFO, what, 0, 0}};

	call_hvc(&call);
	*value = call.x[1];
	return (int64_t)call.x[0];
}

int64_t hypercall_ready(void)
{
	return hypercall(HYPERCALL_READY, 0, 0, 0, 0);
}

int64_t hypercall_event(uint64_t code, uint64_t a, uint64_t b, uint64_t c)
{
	return hypercall(HYPERCALL_EVENT, code, a, b, c);
}

int64_t hypercall_doorbell(uint64_t channel)
{
	return hypercall(HYPERCALL_DOORBELL, channel, 0, 0, 0);
}

int64_t hypercall_application_error(uint64_t code)
{
	return hypercall(HYPERCALL_APPLICATION_ERROR, code, 0, 0, 0);
}

int64_t hypercall_cell_control(uint64_t cell, uint64_t action, uint64_t cause)
{
	return hypercall(HYPERCALL_CELL_CONTROL, cell, action, cause, 0);
}

int64_t hypercall_machine_reset(uint64_t cell, uint64_t detail, uint64_t error)
{
	return hypercall(HYPERCALL_MACHINE_RESET, cell, detail, error, 0);
}

int64_t hypercall_console_input(uint64_t cell, uint8_t byte)
{
	return hypercall(HYPERCALL_CONSOLE_INPUT, cell, byte, 0, 0);
}
