/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http_request.h - reads an HTTP/1.0 or 1.1 request (RFC 9112), in whatever pieces it comes. Portable: tested
 * and fuzzed on the host.
 *
 * Its memory is bounded, and what it keeps is what an answer depends on: method, path, and what the client
 * likes to have. A body is not read: there is nothing to write.
 */
#ifndef HEALTH_HTTP_REQUEST_H
#define HEALTH_HTTP_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "http_codes.h"

#define HTTP_LINE_MAX	 1023u
#define HTTP_PATH_MAX	 63u   /* a longer one is none of ours */
#define HTTP_REQUEST_MAX 8192u /* request line and headers */

enum http_method { HTTP_GET, HTTP_HEAD, HTTP_OTHER };

/* What `Accept` says of a form, in thousandths; 0: not that it is wanted. */
struct http_accept {
	uint32_t openmetrics, text, svg, json;
};

struct http_request {
	char line[HTTP_LINE_MAX + 1];
	uint32_t length, bytes; /* of the line, of all */
	bool begun, headers;	/* a byte has come; the request line is through */
	bool cut;		/* the line was longer than there is room for */
	bool returned;		/* the last byte was a CR */
	bool done;
	/* Of a request that is done: */
	enum http_code code; /* HTTP_OK, or what is wrong with it */
	enum http_method method;
	bool chunks; /* HTTP/1.1: the client knows them */
	uint32_t hosts;
	char path[HTTP_PATH_MAX + 1];	      /* without query; "" where it was longer */
	struct http_accept accept, closeness; /* the latter: how close the range came that says so */
};

/* All zero: a new request. Takes bytes until the request is done, and no more. */
void http_request_feed(struct http_request *request, const uint8_t *bytes, uint32_t count);

#endif
