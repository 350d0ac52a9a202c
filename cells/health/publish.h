/* SPDX-License-Identifier: Apache-2.0 */
/*
 * publish.h - the metrics in a channel for those who have no network to ask by (docs/metrics.md, "Without a
 * NIC"): where the file has a channel `metrics` from this cell.
 */
#ifndef HEALTH_PUBLISH_H
#define HEALTH_PUBLISH_H

#include "body.h"
#include "guest.h"

/* After what `source` shows is in place. */
void publish_start(const struct guest *guest, const struct body_source *source);
/* Called in each poll. */
void publish_poll(uint64_t now);

#endif
