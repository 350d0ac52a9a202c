/* SPDX-License-Identifier: Apache-2.0 */
/*
 * event_text.h - what an event says, in words. Portable: the host's tool prints collected logs with it.
 */
#ifndef HEALTH_EVENT_TEXT_H
#define HEALTH_EVENT_TEXT_H

#include "../../src/blueprint/telemetry.h"

/* What the record says after its time, core and cell: "fault error=... action=...". Always terminated. */
void event_text(const struct event *event, char *text, uint64_t room);

#endif
