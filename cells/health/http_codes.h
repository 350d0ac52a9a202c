/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http_codes.h - the status codes that web servers here answer with (RFC 9110, 15).
 */
#ifndef HEALTH_HTTP_CODES_H
#define HEALTH_HTTP_CODES_H

enum http_code {
	HTTP_OK,
	HTTP_BAD_REQUEST,
	HTTP_NOT_FOUND,
	HTTP_NOT_ALLOWED,
	HTTP_TIMEOUT,
	HTTP_TARGET_TOO_LONG,
	HTTP_HEADERS_TOO_LONG,
	HTTP_UNAVAILABLE,
	HTTP_VERSION,
	HTTP_CODES
};

extern const struct http_code_words {
	const char *number, *text; /* "404", "Not Found" */
} http_code_words[HTTP_CODES];

#endif
