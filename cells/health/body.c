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

static uint32_t page_piece(struct body *body, char *text, uint32_t room)
{
	const uint32_t left = body->source->page_size - body->part;
	const uint32_t count = left < room ? left : room;

	memcpy(text, body->source->page + body->part, count);
	body->part += count;
	return count;
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
		return json_map_piece(body, text, room);
	case BODY_LOG:
		return log_piece(body, text);
	case BODY_PAGE:
		return page_piece(body, text, room);
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
