/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hypercall_call.h - the hypercalls of src/blueprint/hypercall.h as C functions, and the raw calls.
 *
 * Each returns HYPERCALL_OK or a negative HYPERCALL_*.
 */
#ifndef CELLS_HYPERCALL_CALL_H
#define CELLS_HYPERCALL_CALL_H

#include <stdint.h>

#include "../../../src/blueprint/hypercall.h"

struct call { /* SMCCC: x0..x3 in and out */
	uint64_t x[4];
};

/* call.S: HVC #0 and SMC #0 with x0..x3 from the struct, x4 zero, and the results back into it. */
void call_hvc(struct call *call);
void call_smc(struct call *call);
/* HVC with the five arguments of SMCCC's first registers; x0. */
int64_t hypercall(uint64_t function, uint64_t x1, uint64_t x2, uint64_t x3, uint64_t x4);

int64_t hypercall_version(void); /* HYPERCALL_ABI */
int64_t hypercall_cell_info(uint64_t what, uint64_t *value);
int64_t hypercall_ready(void);
int64_t hypercall_event(uint64_t code, uint64_t a, uint64_t b, uint64_t c);
int64_t hypercall_doorbell(uint64_t channel);
int64_t hypercall_application_error(uint64_t code);
int64_t hypercall_cell_control(uint64_t cell, uint64_t action, uint64_t cause);
/* The health cell; comes back only where it was refused. `detail` is for the next boot to tell. */
int64_t hypercall_machine_reset(uint64_t cell, uint64_t detail, uint64_t error);
int64_t hypercall_console_input(uint64_t cell, uint8_t byte);

#endif
