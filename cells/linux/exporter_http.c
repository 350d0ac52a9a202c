// SPDX-License-Identifier: Apache-2.0
/*
 * exporter_http.c - see exporter_http.h. [impl->swr~exporter-http~1]
 */
#include "exporter_http.h"

#include <stdio.h>
#include <string.h>

#define HEAD                                                                                                 \
	"HTTP/1.1 %s %s\r\nServer: bulkhead-exporter\r\nConnection: close\r\nCache-Control: no-store\r\n"    \
	"X-Content-Type-Options: nosniff\r\n%sContent-Type: %s\r\nContent-Length: %zu\r\n\r\n"

enum http_code exporter_decide(const struct http_request *request)
{
	if (request->code != HTTP_OK)
		return request->code;
	if (strcmp(request->path, "/metrics") != 0)
		return HTTP_NOT_FOUND;
	return request->method == HTTP_OTHER ? HTTP_NOT_ALLOWED : HTTP_OK;
}

size_t exporter_head(const struct http_request *request, enum http_code code,
		     const struct exposition *exposition, char *to)
{
	const bool given = code == HTTP_OK;
	size_t length, body;

	if (given && exposition->status != METRICS_READ)
		code = HTTP_UNAVAILABLE;
	body = given ? exposition->length
		     : strlen(http_code_words[code].number) + strlen(http_code_words[code].text) + 2;
	length = (size_t)snprintf(to, EXPORTER_HEAD_MAX, HEAD, http_code_words[code].number,
				  http_code_words[code].text,
				  code == HTTP_NOT_ALLOWED ? "Allow: GET, HEAD\r\n" : "",
				  given ? EXPOSITION_TYPE : "text/plain; charset=utf-8", body);
	if (!given && request->method != HTTP_HEAD)
		length += (size_t)snprintf(to + length, EXPORTER_HEAD_MAX - length, "%s %s\n",
					   http_code_words[code].number, http_code_words[code].text);
	return length;
}
