// SPDX-License-Identifier: Apache-2.0
/*
 * read.c - the lines of a collected log: see log.h and docs/log.md. Every line is checked for its form; what
 * isn't of it is refused by line, nothing is guessed.
 */
#include "log.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "../compiler/digest.h"
#include "../compiler/text.h"

#define MAGIC		 "bulkhead-log-1"
#define WORD_MAX	 160u
#define RECORD_BASE64	 88u /* 64 bytes */
#define CELL_COUNT_LIMIT BP_CELLS_MAX

struct scan {
	const char *at, *end; /* of the line */
};

/* The next word of the line, behind `prefix`; false: there is none such. */
static bool word(struct scan *scan, const char *prefix, char *to)
{
	const size_t length = strlen(prefix);
	size_t count = 0;

	if (scan->at < scan->end && *scan->at == ' ')
		scan->at++;
	if ((size_t)(scan->end - scan->at) < length || memcmp(scan->at, prefix, length) != 0)
		return false;
	for (scan->at += length; scan->at < scan->end && *scan->at != ' ' && count < WORD_MAX - 1; scan->at++)
		to[count++] = *scan->at;
	to[count] = '\0';
	return count > 0 && (scan->at == scan->end || *scan->at == ' ');
}

static bool number(struct scan *scan, const char *prefix, uint64_t *value)
{
	char text[WORD_MAX];

	return word(scan, prefix, text) && text[0] >= '0' && text[0] <= '9' && text[1] != 'x' &&
	       text_number(text, value);
}

int log_nibble(char letter)
{
	const char *const digits = "0123456789abcdef", *const found = letter ? strchr(digits, letter) : NULL;

	return found ? (int)(found - digits) : -1;
}

static bool hex(struct scan *scan, const char *prefix, uint8_t *bytes, size_t count)
{
	char text[WORD_MAX] = "";

	if (!word(scan, prefix, text) || strlen(text) != 2 * count)
		return false;
	for (size_t i = 0; i < count; i++) {
		const int high = log_nibble(text[2 * i]), low = log_nibble(text[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		bytes[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

static int base64_value(char letter)
{
	if (letter >= 'A' && letter <= 'Z')
		return letter - 'A';
	if (letter >= 'a' && letter <= 'z')
		return letter - 'a' + 26;
	if (letter >= '0' && letter <= '9')
		return letter - '0' + 52;
	return letter == '+' ? 62 : letter == '/' ? 63 : -1;
}

/* Exactly one event: RFC 4648, 4, without bits to spare. */
static bool base64(struct scan *scan, struct event *event)
{
	uint8_t bytes[RECORD_BASE64 / 4 * 3] = {0};
	char text[WORD_MAX];
	uint32_t group = 0;

	_Static_assert(sizeof(bytes) >= sizeof(*event) && sizeof(*event) == 64, "docs/log.md");
	if (!word(scan, "", text) || strlen(text) != RECORD_BASE64 ||
	    strcmp(text + RECORD_BASE64 - 2, "==") != 0)
		return false;
	for (size_t i = 0; i < RECORD_BASE64; i++) {
		const int value = i < RECORD_BASE64 - 2 ? base64_value(text[i]) : 0;

		if (value < 0)
			return false;
		group = group << 6 | (uint32_t)value;
		if (i % 4 != 3)
			continue;
		bytes[i / 4 * 3] = (uint8_t)(group >> 16);
		bytes[i / 4 * 3 + 1] = (uint8_t)(group >> 8);
		bytes[i / 4 * 3 + 2] = (uint8_t)group;
	}
	memcpy(event, bytes, sizeof(*event));
	return bytes[64] == 0 && bytes[65] == 0;
}

static const char *read_cell(struct log *log, struct scan *scan)
{
	char name[WORD_MAX];
	uint64_t index;

	if (!number(scan, "", &index) || !word(scan, "", name) || strlen(name) >= BP_NAME_MAX)
		return "this isn't a cell's number and name";
	if (index != log->cell_count || log->cell_count == CELL_COUNT_LIMIT)
		return "cells aren't in their order";
	log->cells = memory_grow(log->cells, log->cell_count, sizeof(log->cells[0]));
	memcpy(log->cells[log->cell_count++], name, strlen(name) + 1);
	return NULL;
}

static const char *read_checkpoint(struct scan *scan, struct log_item *item)
{
	struct log_checkpoint *const checkpoint = &item->checkpoint;
	struct scan before;
	char text[WORD_MAX];

	item->kind = LOG_CHECKPOINT;
	if (!number(scan, "", &item->number) || !hex(scan, "nonce=", checkpoint->nonce, LOG_NONCE) ||
	    !hex(scan, "head=", checkpoint->head, LOG_DIGEST))
		return "this isn't a checkpoint";
	before = *scan;
	if (word(scan, "key=", text) && strcmp(text, "-") == 0)
		return word(scan, "signature=", text) && strcmp(text, "-") == 0
			       ? NULL
			       : "a signature without its key";
	*scan = before;
	checkpoint->is_signed = true;
	return hex(scan, "key=", checkpoint->key, LOG_KEY) &&
			       hex(scan, "signature=", checkpoint->signature, LOG_SIGNATURE)
		       ? NULL
		       : "this isn't a checkpoint's signature";
}

static const char *read_item(struct log *log, struct scan *scan, const char *kind, size_t line)
{
	struct log_item item = {.line = line};
	const char *wrong = NULL;

	if (strcmp(kind, "record") == 0) {
		if (!number(scan, "", &item.number) || !base64(scan, &item.event) ||
		    !hex(scan, "", item.shown, LOG_SHOWN))
			wrong = "this isn't a record";
	} else if (strcmp(kind, "gone") == 0) {
		item.kind = LOG_GONE;
		if (!number(scan, "", &item.number))
			wrong = "this isn't a record's number";
	} else if (strcmp(kind, "checkpoint") == 0) {
		wrong = read_checkpoint(scan, &item);
	} else {
		wrong = "this is no line of a log";
	}
	if (wrong)
		return wrong;
	log->items = memory_grow(log->items, log->item_count, sizeof(log->items[0]));
	log->items[log->item_count++] = item;
	return NULL;
}

enum stage { STAGE_MAGIC, STAGE_MACHINE, STAGE_CELLS, STAGE_ITEMS };

static const char *read_line(struct log *log, struct scan *scan, enum stage *stage, size_t line,
			     bool *is_head)
{
	char kind[WORD_MAX];
	uint64_t start;

	*is_head = true;
	if (!word(scan, "", kind))
		return "this is no line of a log";
	switch (*stage) {
	case STAGE_MAGIC:
		*stage = STAGE_MACHINE;
		return strcmp(kind, MAGIC) == 0 ? NULL : "this is no event log: the first line isn't " MAGIC;
	case STAGE_MACHINE:
		*stage = STAGE_CELLS;
		return strcmp(kind, "machine") == 0 && hex(scan, "config=", log->config, LOG_DIGEST) &&
				       number(scan, "hz=", &log->hz) && log->hz &&
				       number(scan, "start=", &start)
			       ? NULL
			       : "this doesn't say which machine the log is of";
	case STAGE_CELLS:
		if (strcmp(kind, "cell") == 0)
			return read_cell(log, scan);
		*stage = STAGE_ITEMS;
		*is_head = false;
		return strcmp(kind, "base") == 0 && number(scan, "", &log->base) &&
				       hex(scan, "head=", log->base_head, LOG_DIGEST)
			       ? NULL
			       : "this doesn't say what comes before the first record";
	case STAGE_ITEMS:
		break;
	}
	*is_head = false;
	return read_item(log, scan, kind, line);
}

/* [impl->swr~log-read~1] */
const char *log_read(struct log *log, const char *text, size_t size, size_t *line)
{
	const char *at = text, *head_end = text;
	enum stage stage = STAGE_MAGIC;

	*log = (struct log){0};
	for (*line = 1; at < text + size; (*line)++) {
		const char *const end = memchr(at, '\n', (size_t)(text + size - at));
		struct scan scan = {at, end};
		bool is_head;
		const char *wrong;

		if (!end)
			return "the line doesn't end: the file is cut off";
		wrong = read_line(log, &scan, &stage, *line, &is_head);
		if (wrong)
			return wrong;
		if (scan.at != scan.end)
			return "there is more on the line than belongs there";
		at = end + 1;
		if (is_head)
			head_end = at;
	}
	if (stage != STAGE_ITEMS)
		return "the file ends before the first record";
	digest_of(text, (size_t)(head_end - text), log->first_head);
	return NULL;
}
