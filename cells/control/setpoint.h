/* SPDX-License-Identifier: Apache-2.0 */
/*
 * setpoint.h - what the sampling port on the channel `setpoints` carries, from any cell to `control`.
 * Plain C: the writer may be a Linux program.
 */
#ifndef CELLS_SETPOINT_H
#define CELLS_SETPOINT_H

#include <stdint.h>

#define SETPOINT_CHANNEL   "setpoints"
#define SETPOINT_TRAP_ONCE UINT64_C(1) /* make exactly one HYPERCALL_VERSION, for the demo's last act */

struct setpoint {
	uint64_t value;
	uint64_t command; /* 0: none; obeyed once, when it differs from the last or the writer began anew */
	uint64_t flags;	  /* SETPOINT_*: what the command asks for */
};

#endif
