// SPDX-License-Identifier: Apache-2.0
/*
 * body.c - documents, piece by piece (body.h).
 */
#include "body.h"

#include <string.h>

#include "json.h"
#include "metrics.h"

void body_start(struct body *body, const struct body_source *source, enum body_kind kind, uint64_t now)
{
	*body = (struct body){.source = source, .kind = kind, .now = now};
}

void body_start_log(struct body *body, const struct body_source *source, const uint8_t *nonce, uint64_t from)
{
	body_start(body, source, BODY_LOG, 0);
	source->log_text(&body->log, nonce, from);
}

static uint32_t log_piece(struct body *body, char *text)
{
	uint32_t length;

	if (!journal_text_line(&body->log, text))
		return 0;
	length = (uint32_t)strlen(text);
	text[length] = '\n';
	return length + 1;
}

/* Bytes that are there already. */
static uint32_t bytes_piece(struct body *body, const char *bytes, uint64_t size, char *text, uint32_t room)
{
	const uint64_t left = size - body->part;
	const uint32_t count = left < room ? (uint32_t)left : room;

	memcpy(text, bytes + body->part, count);
	body->part += count;
	return count;
}

/* They are among the constants that the health cell watches, and so mapped (scan.h).
 * [impl->swr~http-map~2] */
static uint32_t built_piece(struct body *body, const struct directory_bytes *of, char *text, uint32_t room)
{
	return bytes_piece(body, (const char *)(uintptr_t)of->ipa, of->size, text, room);
}

static uint32_t piece(struct body *body, char *text, uint32_t room)
{
	switch (body->kind) {
	case BODY_METRICS:
	case BODY_OPENMETRICS:
		return metrics_piece(body, text, room);
	case BODY_HEALTH:
		return json_health_piece(body, text, room);
	case BODY_MAP:
		return built_piece(body, &body->source->machine->directory->json, text, room);
	case BODY_DRAWING:
		return built_piece(body, &body->source->machine->directory->svg, text, room);
	case BODY_LOG:
		return log_piece(body, text);
	case BODY_PAGE:
		return bytes_piece(body, body->source->page, body->source->page_size, text, room);
	}
	return 0;
}

uint32_t body_next(struct body *body, char *text, uint32_t room)
{
	uint32_t length = 0, more;

	while (room - length >= BODY_PIECE_MAX && (more = piece(body, text + length, room - length)))
		length += more;
	return length;
}
