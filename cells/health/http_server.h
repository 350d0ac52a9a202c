/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http_server.h - the web server's connections, over lwIP: a fixed number of them, each with a time by which
 * it must have got somewhere. One that has not yet said what it wants makes room for another.
 */
#ifndef HEALTH_HTTP_SERVER_H
#define HEALTH_HTTP_SERVER_H

#include "body.h"

/* False: lwIP can't listen there. `counters` outlives the server, as does what `source` points to. */
bool http_server_start(uint16_t port, const struct body_source *source, struct http_counters *counters,
		       uint64_t hz);
/* One piece of one answer, and the connections' times. True: there is another piece to send at once. */
bool http_server_serve(uint64_t now);

#endif
