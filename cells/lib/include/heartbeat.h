/* SPDX-License-Identifier: Apache-2.0 */
/*
 * heartbeat.h - the cell's window to the health cell: struct heartbeat of telemetry.h. Never an exit.
 */
#ifndef CELLS_HEARTBEAT_H
#define CELLS_HEARTBEAT_H

#include <stdint.h>

#include "../../../src/blueprint/telemetry.h"
#include "guest.h"

/* Without a heartbeat in the tree the others do nothing. */
void heartbeat_start(const struct guest *guest);
void heartbeat_beat(void);
/* values[index], HEARTBEAT_*. */
void heartbeat_publish(unsigned index, uint64_t value);

#endif
