// SPDX-License-Identifier: Apache-2.0
/*
 * http_request.c - an HTTP request, line by line (http_request.h). [impl->swr~http-request~1]
 */
#include "http_request.h"

#include <string.h>

#define Q_ONE	    1000u /* a weight of 1, in thousandths: RFC 9110, 12.4.2 */
#define SCHEME	    "http://"
#define OPENMETRICS "application/openmetrics-text"

struct text { /* a piece of the line */
	const char *at, *end;
};

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool is_word(struct text text, const char *word)
{
	for (; text.at < text.end && *word; text.at++, word++)
		if (lower(*text.at) != *word)
			return false;
	return text.at == text.end && !*word;
}

/* RFC 9110, 5.6.2: what names are of. */
static bool is_token(struct text text)
{
	if (text.at == text.end)
		return false;
	for (; text.at < text.end; text.at++) {
		const char c = lower(*text.at);

		if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && !strchr("!#$%&'*+-.^_`|~", c))
			return false;
	}
	return true;
}

static struct text trimmed(struct text text)
{
	while (text.at < text.end && is_blank(*text.at))
		text.at++;
	while (text.at < text.end && is_blank(text.end[-1]))
		text.end--;
	return text;
}

/* The piece up to the next `separator` that isn't quoted; `rest` is what stands behind that. */
static struct text cut_at(struct text *rest, char separator)
{
	struct text piece = *rest;
	bool quoted = false;

	for (; rest->at < rest->end; rest->at++) {
		if (*rest->at == '"')
			quoted = !quoted;
		if (*rest->at == separator && !quoted)
			break;
	}
	piece.end = rest->at;
	if (rest->at < rest->end)
		rest->at++;
	return trimmed(piece);
}

static void finish(struct http_request *request, enum http_code code)
{
	request->done = true;
	request->code = code;
}

/* "0.25": 250; what is no weight: 0. */
static uint32_t weight(struct text text)
{
	uint32_t value, unit = Q_ONE;

	if (text.at == text.end || (*text.at != '0' && *text.at != '1'))
		return 0;
	value = *text.at++ == '1' ? Q_ONE : 0;
	if (text.at < text.end && *text.at++ != '.')
		return 0;
	for (; text.at < text.end; text.at++) {
		if (*text.at < '0' || *text.at > '9')
			return 0;
		unit /= 10;
		value += (uint32_t)(*text.at - '0') * unit;
	}
	return value > Q_ONE ? 0 : value;
}

/* RFC 9110, 12.5.1: of the ranges that a form is of the closest counts. */
enum closeness { FAR, ANY_TYPE, ANY_SUBTYPE, TYPE, VERSION };

struct range {
	struct text type;
	enum closeness closeness; /* to a type that it names whole */
	uint32_t q;
};

static void prefer(uint32_t *form, uint32_t *closest, uint32_t q, enum closeness closeness)
{
	if (closeness == FAR)
		return;
	if (closeness > *closest || (closeness == *closest && q > *form))
		*form = q;
	if (closeness > *closest)
		*closest = closeness;
}

static enum closeness closeness_of(const struct range *range, const char *type, const char *any_subtype)
{
	if (is_word(range->type, type))
		return range->closeness;
	if (is_word(range->type, any_subtype))
		return ANY_SUBTYPE;
	return is_word(range->type, "*/*") ? ANY_TYPE : FAR;
}

/* A media range with its parameters. OpenMetrics is spoken in its version 1.0.0, and where it is named alone.
 */
static void read_range(struct http_request *request, struct text text)
{
	struct range range = {.type = cut_at(&text, ';'), .closeness = TYPE, .q = Q_ONE};
	struct http_accept *const accept = &request->accept, *const closest = &request->closeness;
	enum closeness closeness;
	bool version = true;

	while (text.at < text.end) {
		struct text value = cut_at(&text, ';');
		const struct text name = cut_at(&value, '=');

		value = trimmed(value);
		if (is_word(name, "q"))
			range.q = weight(value);
		else if (is_word(name, "version")) {
			version = is_word(value, "1.0.0") || is_word(value, "\"1.0.0\"");
			range.closeness = VERSION;
		}
	}
	if (is_word(range.type, OPENMETRICS) && version)
		prefer(&accept->openmetrics, &closest->openmetrics, range.q, range.closeness);
	closeness = closeness_of(&range, "text/plain", "text/*");
	prefer(&accept->text, &closest->text, range.q, closeness);
	closeness = closeness_of(&range, "application/json", "application/*");
	prefer(&accept->json, &closest->json, range.q, closeness);
	closeness = closeness_of(&range, "image/svg+xml", "image/*");
	if (closeness != ANY_TYPE)
		prefer(&accept->svg, &closest->svg, range.q, closeness);
}

static void read_accept(struct http_request *request, struct text value)
{
	while (value.at < value.end)
		read_range(request, cut_at(&value, ','));
}

/* Where it says no more than the path: all behind scheme and host, up to the query. */
static void read_path(struct http_request *request, struct text target)
{
	const char *end;
	uint64_t length;
	bool absolute;

	absolute = target.end - target.at > (long)strlen(SCHEME) &&
		   is_word((struct text){target.at, target.at + strlen(SCHEME)}, SCHEME);
	if (absolute) {
		target.at += strlen(SCHEME);
		while (target.at < target.end && *target.at != '/' && *target.at != '?')
			target.at++;
	}
	for (end = target.at; end < target.end && *end != '?' && *end != '#'; end++)
		;
	length = (uint64_t)(end - target.at);
	if (absolute && !length)
		request->path[0] = '/';
	else if (length <= HTTP_PATH_MAX)
		memcpy(request->path, target.at, length);
}

static void read_first_line(struct http_request *request, struct text line)
{
	const struct text method = cut_at(&line, ' ');
	struct text target = line, version;
	const char *space = memchr(line.at, ' ', (size_t)(line.end - line.at));

	if (!space || !is_token(method) || space == line.at) {
		finish(request, HTTP_BAD_REQUEST);
		return;
	}
	target.end = space;
	version = (struct text){space + 1, line.end};
	/* Methods are told apart by case. */
	if (method.end - method.at == 3 && !memcmp(method.at, "GET", 3))
		request->method = HTTP_GET;
	else if (method.end - method.at == 4 && !memcmp(method.at, "HEAD", 4))
		request->method = HTTP_HEAD;
	else
		request->method = HTTP_OTHER;
	if (version.end - version.at != 8 || memcmp(version.at, "HTTP/", 5) != 0 || version.at[6] != '.' ||
	    version.at[5] < '0' || version.at[5] > '9' || version.at[7] < '0' || version.at[7] > '9') {
		finish(request, HTTP_BAD_REQUEST);
		return;
	}
	if (version.at[5] != '1') {
		finish(request, HTTP_VERSION);
		return;
	}
	request->chunks = version.at[7] != '0';
	read_path(request, target);
	request->headers = true;
}

static void read_header(struct http_request *request, struct text line)
{
	const char *colon = memchr(line.at, ':', (size_t)(line.end - line.at));
	struct text name = line;

	name.end = colon ? colon : line.end;
	if (request->cut && (!colon || is_word(name, "host") || is_word(name, "accept"))) {
		finish(request, HTTP_HEADERS_TOO_LONG); /* half of it may say something else */
		return;
	}
	if (!colon ||
	    !is_token(name)) { /* a blank before the colon, a line that goes on: RFC 9112, 5.1, 5.2 */
		finish(request, HTTP_BAD_REQUEST);
		return;
	}
	line.at = colon + 1;
	if (is_word(name, "host"))
		request->hosts++;
	else if (is_word(name, "accept"))
		read_accept(request, trimmed(line));
}

static void read_line(struct http_request *request)
{
	const struct text line = {request->line, request->line + request->length};

	if (!request->headers && request->cut)
		finish(request, HTTP_TARGET_TOO_LONG);
	else if (!request->headers && !request->length)
		; /* RFC 9112, 2.2: an empty line before the request */
	else if (!request->headers)
		read_first_line(request, line);
	else if (request->length)
		read_header(request, line);
	else /* RFC 9112, 3.2: one host, unless the client is an old one */
		finish(request, request->hosts > 1 || (request->chunks && !request->hosts) ? HTTP_BAD_REQUEST
											   : HTTP_OK);
	request->length = 0;
	request->cut = false;
}

static void take(struct http_request *request, char byte)
{
	const bool returned = request->returned;

	request->returned = byte == '\r';
	if (byte == '\n')
		read_line(request);
	else if (returned || !byte) /* a CR is the end of a line's half */
		finish(request, HTTP_BAD_REQUEST);
	else if (byte != '\r' && request->length < HTTP_LINE_MAX)
		request->line[request->length++] = byte;
	else if (byte != '\r')
		request->cut = true;
}

void http_request_feed(struct http_request *request, const uint8_t *bytes, uint32_t count)
{
	for (uint32_t i = 0; i < count && !request->done; i++) {
		request->begun = true;
		if (request->bytes++ == HTTP_REQUEST_MAX)
			finish(request, request->headers ? HTTP_HEADERS_TOO_LONG : HTTP_TARGET_TOO_LONG);
		else
			take(request, (char)bytes[i]);
	}
}
