/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http.h - the web server's words: from a request to its answer, one a connection. It writes nothing down and
 * obeys nothing: there is a table of documents, and GET and HEAD. Portable.
 */
#ifndef HEALTH_HTTP_H
#define HEALTH_HTTP_H

#include "body.h"
#include "http_request.h"

#define HTTP_PIECE_MAX 1400u /* a segment's worth */

enum http_phase { HTTP_READING, HTTP_HEADING, HTTP_SENDING, HTTP_OVER };

struct http_exchange {
	enum http_phase phase;
	const struct body_source *source;
	struct http_counters *counters;
	struct http_request request;
	enum http_code code;
	const char *type;
	struct body body;
};

void http_begin(struct http_exchange *exchange, const struct body_source *source,
		struct http_counters *counters);
/* Bytes of the client; what comes behind its request is passed over. */
void http_feed(struct http_exchange *exchange, const uint8_t *bytes, uint32_t count, uint64_t now);
/* The client has had time enough: it is told so. */
void http_give_up(struct http_exchange *exchange);
/* The answer's next bytes, HTTP_PIECE_MAX at most, once it is no longer HTTP_READING; 0: that was all. */
uint32_t http_piece(struct http_exchange *exchange, char *to);

const char *http_code_text(uint64_t code); /* "404" */

#endif
