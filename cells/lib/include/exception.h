/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exception.h - what vectors.S saves, and how a cell takes part in its own exceptions.
 */
#ifndef CELLS_EXCEPTION_H
#define CELLS_EXCEPTION_H

#include <stddef.h>
#include <stdint.h>

#include "cell_limits.h"

struct frame {
	uint64_t x[31];
	uint64_t elr, spsr, esr, far;
	uint64_t fpsr, fpcr, pad;
	uint64_t q[32][2];
};

_Static_assert(sizeof(struct frame) == FRAME_BYTES, "vectors.S");
_Static_assert(offsetof(struct frame, elr) == 248, "vectors.S");
_Static_assert(offsetof(struct frame, q) == 304, "vectors.S");

#define ESR_CLASS(esr)	     ((uint32_t)((esr) >> 26))
#define EC_INSTRUCTION_ABORT 0x21u
#define EC_SERROR	     0x2fu

/* Called for synchronous exceptions and SErrors; may change the frame. Without one the cell prints the
 * exception, raises HYPERCALL_APPLICATION_ERROR and stops. */
typedef void exception_handler(struct frame *frame);
void exception_handler_set(exception_handler *handler);

/* vectors.S */
void exception_sync(struct frame *frame);
void exception_irq(struct frame *frame);
void exception_other(struct frame *frame);

#endif
