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

#define MAGIC		 "bulkhead-log-2"
#define MAGIC_BEFORE	 "bulkhead-log-1"
#define WORD_MAX	 160u
#define RECORD_BASE64	 88u /* 64 bytes */
#define CELL_COUNT_LIMIT BP_CELLS_MAX
#define HZ_LIMIT	 UINT32_MAX /* CNTFRQ_EL0 has 32 bits for it */

struct scan {
	const char *start, *at, *end; /* of the line */
};

/* The next word of the line, behind `prefix`; false: there is none such. One blank lies between two words,
 * and nothing but printable ASCII is in one, so that a name can be printed, too. */
static bool word(struct scan *scan, const char *prefix, char *to)
{
	const size_t length = strlen(prefix);
	size_t count = 0;

	if (scan->at > scan->start && (scan->at == scan->end || *scan->at++ != ' '))
		return false;
	if ((size_t)(scan->end - scan->at) < length || memcmp(scan->at, prefix, length) != 0)
		return false;
	for (scan->at += length;
	     scan->at < scan->end && *scan->at > ' ' && *scan->at <= '~' && count < WORD_MAX - 1; scan->at++)
		to[count++] = *scan->at;
	to[count] = '\0';
	return count > 0 && (scan->at == scan->end || *scan->at == ' ');
}

/* Decimal digits, as few as it takes. */
static bool number(struct scan *scan, const char *prefix, uint64_t *value)
{
	char text[WORD_MAX];

	*value = 0;
	if (!word(scan, prefix, text) || (text[0] == '0' && text[1]))
		return false;
	for (const char *at = text; *at; at++)
		if (*at < '0' || *at > '9' || __builtin_mul_overflow(*value, 10, value) ||
		    __builtin_add_overflow(*value, (uint64_t)(*at - '0'), value))
			return false;
	return true;
}

int log_nibble(char letter)
{
	const char *const digits = "0123456789abcdef", *const found = letter ? strchr(digits, letter) : NULL;

	return found ? (int)(found - digits) : -1;
}

bool log_hex(const char *text, uint8_t *bytes, size_t count)
{
	if (strlen(text) != 2 * count)
		return false;
	for (size_t i = 0; i < count; i++) {
		const int high = log_nibble(text[2 * i]), low = log_nibble(text[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		bytes[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

static bool hex(struct scan *scan, const char *prefix, uint8_t *bytes, size_t count)
{
	char text[WORD_MAX] = "";

	return word(scan, prefix, text) && log_hex(text, bytes, count);
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
	if (!number(scan, "", &item->number) || !number(scan, "base=", &checkpoint->base) ||
	    !number(scan, "lost=", &checkpoint->lost) || !number(scan, "dropped=", &checkpoint->dropped) ||
	    !hex(scan, "log=", checkpoint->log, LOG_DIGEST) ||
	    !hex(scan, "nonce=", checkpoint->nonce, LOG_NONCE) ||
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
		item.kind = LOG_RECORD;
		if (!number(scan, "", &item.number) || !base64(scan, &item.event) ||
		    !hex(scan, "", item.shown, LOG_SHOWN))
			wrong = "this isn't a record";
	} else if (strcmp(kind, "base") == 0) {
		item.kind = LOG_BASE;
		if (!number(scan, "", &item.number) || !hex(scan, "head=", item.head, LOG_DIGEST))
			wrong = "this doesn't say what comes before the next record";
	} else if (strcmp(kind, "gone") == 0) {
		wrong = number(scan, "", &item.number)
				? text_format(
					  "record %llu was overwritten while the log was told: collect again",
					  (unsigned long long)item.number)
				: "this isn't a record's number";
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

static const char *read_magic(const char *magic)
{
	if (strcmp(magic, MAGIC_BEFORE) == 0)
		return "this log is of the form before: " MAGIC_BEFORE " isn't read any more, but " MAGIC;
	return strcmp(magic, MAGIC) == 0 ? NULL : "this is no event log: the first line isn't " MAGIC;
}

static const char *read_machine(struct log *log, struct scan *scan)
{
	return hex(scan, "config=", log->config, LOG_DIGEST) && number(scan, "hz=", &log->hz) && log->hz &&
			       log->hz <= HZ_LIMIT && number(scan, "boot=", &log->boot) &&
			       number(scan, "life=", &log->life) && number(scan, "start=", &log->start)
		       ? NULL
		       : "this doesn't say which machine the log is of";
}

enum stage { STAGE_MAGIC, STAGE_MACHINE, STAGE_CELLS, STAGE_ITEMS };

static const char *read_line(struct log *log, struct scan *scan, enum stage *stage, size_t line)
{
	char kind[WORD_MAX];

	if (!word(scan, "", kind))
		return "this is no line of a log";
	switch (*stage) {
	case STAGE_MAGIC:
		*stage = STAGE_MACHINE;
		return read_magic(kind);
	case STAGE_MACHINE:
		*stage = STAGE_CELLS;
		return strcmp(kind, "machine") == 0 ? read_machine(log, scan)
						    : "this doesn't say which machine the log is of";
	case STAGE_CELLS:
		if (strcmp(kind, "cell") == 0)
			return read_cell(log, scan);
		*stage = STAGE_ITEMS;
		if (strcmp(kind, "base") != 0)
			return "this doesn't say what comes before the first record";
		break;
	case STAGE_ITEMS:
		break;
	}
	return read_item(log, scan, kind, line);
}

/* Where the line ends, and `at` the next begins; NULL: with *wrong. */
static const char *line_end(const char *at, const char *end, const char **wrong)
{
	const char *const found = memchr(at, '\n', (size_t)(end - at));

	if (!found)
		*wrong = "the line doesn't end: the file is cut off";
	else if (found > at && found[-1] == '\r')
		*wrong = "the line ends in CR LF: the file was changed on its way here";
	return *wrong ? NULL : found;
}

/* [impl->swr~log-read~2] */
const char *log_read(struct log *log, const char *text, size_t size, size_t *line)
{
	const char *at = text, *head_end = text, *wrong = NULL;
	enum stage stage = STAGE_MAGIC;

	*log = (struct log){0};
	for (*line = 1; at < text + size; (*line)++) {
		const char *const end = line_end(at, text + size, &wrong);
		struct scan scan = {at, at, end};

		if (!wrong)
			wrong = read_line(log, &scan, &stage, *line);
		if (wrong)
			return wrong;
		if (scan.at != scan.end)
			return "there is more on the line than belongs there";
		at = end + 1;
		if (stage != STAGE_ITEMS)
			head_end = at;
	}
	if (stage != STAGE_ITEMS)
		return "the file ends before the first record";
	digest_of(text, (size_t)(head_end - text), log->first_head);
	return NULL;
}
