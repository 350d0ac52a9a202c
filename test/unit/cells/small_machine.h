/* SPDX-License-Identifier: Apache-2.0 */
/*
 * small_machine.h - a machine as the health cell sees one: core 0 is `health`'s, 1 and 2 `gateway`'s, 3
 * nobody's; three streams on two IOMMUs, the middle one `health`'s. Its counter runs at 1 GHz: a tick is a
 * nanosecond.
 */
#ifndef TEST_CELLS_SMALL_MACHINE_H
#define TEST_CELLS_SMALL_MACHINE_H

#include "body.h"

#define SMALL_HEALTH  0
#define SMALL_GATEWAY 1
#define SMALL_MAP     "{\"format\": \"bulkhead-map-v1\"}\n"
#define SMALL_DRAWING 20000u /* bytes: lines of 63 's' */

struct small_machine {
	struct telemetry_core telemetry[4];
	struct heartbeat heartbeats[2];
	struct log_ring log; /* gateway's */
	struct machine machine;
	struct counters counters;
	struct body_source source;
};

/* As it is when both are up. */
struct small_machine *small_machine(void);

#endif
