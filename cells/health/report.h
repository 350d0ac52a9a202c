/* SPDX-License-Identifier: Apache-2.0 */
/*
 * report.h - what the health cell shows about the machine, one fixed form a line.
 */
#ifndef HEALTH_REPORT_H
#define HEALTH_REPORT_H

#include "machine.h"

void report_status(const struct machine *machine, uint64_t now);
void report_table(const struct machine *machine);
void report_map(const struct machine *machine);
void report_digests(const struct machine *machine);
void report_latency(const struct machine *machine, uint32_t cell);
/* How often this machine was started since it lost its memory, and what ended it last. */
void report_boot(const struct machine *machine);
void report_event(const struct machine *machine, const char *prefix, const struct event *event);

#endif
