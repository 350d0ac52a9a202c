/* SPDX-License-Identifier: Apache-2.0 */
/*
 * metrics.h - all of telemetry as Prometheus' text format 0.0.4 or as OpenMetrics 1.0.0, line by line.
 * docs/metrics.md is the table of what there is. Portable.
 *
 * How many series there are depends on the directory alone: what isn't known yet is NaN.
 */
#ifndef HEALTH_METRICS_H
#define HEALTH_METRICS_H

#include "body.h"

/* One line, or the lines that introduce a family; 0: that was all. */
uint32_t metrics_piece(struct body *body, char *text, uint32_t room);
uint64_t metrics_series(const struct body_source *source);

#endif
