/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exporter_http.h - what the exporter answers to a request, which the health cell's parser has read.
 * Portable.
 */
#ifndef LINUX_EXPORTER_HTTP_H
#define LINUX_EXPORTER_HTTP_H

#include <stddef.h>

#include "../health/http_request.h"
#include "exposition.h"

#define EXPORTER_HEAD_MAX 512u

/* HTTP_OK: it is /metrics that is asked for, by a method that it has; else what is wrong. */
enum http_code exporter_decide(const struct http_request *request);
/* The answer's header, and its whole body where that is the code in words. `exposition` is for HTTP_OK. */
size_t exporter_head(const struct http_request *request, enum http_code code,
		     const struct exposition *exposition, char *to);

#endif
