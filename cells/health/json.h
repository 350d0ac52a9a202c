/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json.h - /health (docs/metrics.md). Portable.
 */
#ifndef HEALTH_JSON_H
#define HEALTH_JSON_H

#include "body.h"

/* Every cell is up, and none is overdue. Looks at each. */
bool json_all_well(const struct body_source *source);
uint32_t json_health_piece(struct body *body, char *text, uint32_t room);

#endif
