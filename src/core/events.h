/* SPDX-License-Identifier: Apache-2.0 */
/*
 * events.h - this core's ring of event records (telemetry.h), read by the health cell.
 */
#ifndef BULKHEAD_EVENTS_H
#define BULKHEAD_EVENTS_H

#include "../blueprint/telemetry.h"
#include "types.h"

void events_start(void);
void event_record(enum event_code code, u64 a, u64 b, u64 c, u64 d);
/* A digest of SHA256_BYTES, its first byte the highest of the first argument. */
void event_digest(enum event_code code, const u8 *digest);

#endif
