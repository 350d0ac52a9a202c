/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gate.h - the gate of the boot, on the boot root alone: a byte by each core that has come to EL2 (entry.S),
 * and the word by which the boot core lets them go on (boot.c). In the image's writable segment; the boot
 * core zeroes it.
 */
#ifndef BULKHEAD_GATE_H
#define BULKHEAD_GATE_H

#include "../../blueprint/blueprint.h"
#include "../../core/types.h"

struct boot_gate {
	u32 open;
	u32 pad;
	u8 arrived[BP_CORES_MAX]; /* by index into bp_header.cores */
};
_Static_assert(offsetof(struct boot_gate, arrived) == 8, "entry.S");
_Static_assert(sizeof(struct boot_gate) <= BP_PAGE_SIZE, "bulkhead.lds");
extern volatile struct boot_gate boot_gate;

#endif
