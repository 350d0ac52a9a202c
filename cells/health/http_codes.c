// SPDX-License-Identifier: Apache-2.0
/*
 * http_codes.c - see http_codes.h.
 */
#include "http_codes.h"

const struct http_code_words http_code_words[HTTP_CODES] = {
	[HTTP_OK] = {"200", "OK"},
	[HTTP_BAD_REQUEST] = {"400", "Bad Request"},
	[HTTP_NOT_FOUND] = {"404", "Not Found"},
	[HTTP_NOT_ALLOWED] = {"405", "Method Not Allowed"},
	[HTTP_TIMEOUT] = {"408", "Request Timeout"},
	[HTTP_TARGET_TOO_LONG] = {"414", "URI Too Long"},
	[HTTP_HEADERS_TOO_LONG] = {"431", "Request Header Fields Too Large"},
	[HTTP_UNAVAILABLE] = {"503", "Service Unavailable"},
	[HTTP_VERSION] = {"505", "HTTP Version Not Supported"},
};
