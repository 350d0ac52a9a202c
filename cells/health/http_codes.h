/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http_codes.h - the status codes that the web server answers with (RFC 9110, 15).
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

#endif
