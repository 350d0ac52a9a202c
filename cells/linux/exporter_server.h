/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exporter_server.h - the exporter's web server: a few connections at a time, none of which holds up the
 * others.
 */
#ifndef LINUX_EXPORTER_SERVER_H
#define LINUX_EXPORTER_SERVER_H

#include <stdbool.h>
#include <stdint.h>

#include "exposition.h"

/* NULL, or what is wrong with `where`, "[ADDRESS:]PORT" with an IPv4 address; "": errno says it. */
const char *server_open(const char *where, const struct metrics_source *source);
/* Serves who has come, or waits for somebody, `timeout_ms` at most; negative: as long as it takes. */
void server_turn(int64_t timeout_ms);

#endif
