/* SPDX-License-Identifier: Apache-2.0 */
/*
 * log.h - `bulkhead log verify`: a collected event log, its chain and its checkpoints (docs/log.md).
 *
 * The health cell writes it (cells/health/journal.c). What it takes for granted is in the file; nothing of
 * the machine's image is needed.
 */
#ifndef BULKHEAD_LOG_H
#define BULKHEAD_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "telemetry.h"

#define LOG_DIGEST    32u
#define LOG_SHOWN     8u /* bytes of a record's head that stand behind it */
#define LOG_NONCE     32u
#define LOG_KEY	      32u
#define LOG_SIGNATURE 64u

struct log_options {
	const char *file;
	const char *key;   /* PEM file of the device's key, public or private; NULL: not known */
	const char *nonce; /* hexadecimal: the last checkpoint must answer it; NULL: any */
	bool json, quiet;
};

enum log_kind { LOG_BASE, LOG_RECORD, LOG_CHECKPOINT };

struct log_checkpoint {
	uint64_t base;		/* number before the oldest record that there was to be told */
	uint64_t lost, dropped; /* events that no record speaks of */
	uint8_t log[LOG_DIGEST], nonce[LOG_NONCE], head[LOG_DIGEST];
	bool is_signed;
	uint8_t key[LOG_KEY], signature[LOG_SIGNATURE];
};

struct log_item { /* a line behind those that say which machine it is */
	enum log_kind kind;
	size_t line;
	uint64_t number; /* of the record; of a checkpoint: the last that it speaks of; of a base: the one
			    before */
	union {
		uint8_t head[LOG_DIGEST]; /* of the record before the next: a base's */
		struct {
			struct event event;
			uint8_t shown[LOG_SHOWN];
		};
		struct log_checkpoint checkpoint;
	};
};

struct log {
	uint8_t first_head[LOG_DIGEST]; /* of the lines that say which machine it is */
	uint64_t hz, boot, life, start;
	uint8_t config[LOG_DIGEST]; /* of the configuration */
	char (*cells)[BP_NAME_MAX];
	size_t cell_count;
	struct log_item *items; /* the first is a base, where the file has one */
	size_t item_count;
};

/* read.c. NULL: done; else what is wrong, with *line. */
const char *log_read(struct log *log, const char *text, size_t size, size_t *line);

int log_nibble(char letter); /* of a lower-case hexadecimal digit; -1: it is none */
/* `count` bytes, of twice as many such digits and no more. */
bool log_hex(const char *text, uint8_t *bytes, size_t count);

/* verify.c: what is found. */
struct log_verdict {
	const char *wrong; /* NULL: nothing */
	size_t line;	   /* of the first wrong one */
	uint64_t records, checkpoints;
	uint64_t base;		/* number of the record before the first */
	uint64_t last;		/* number of the last record */
	uint64_t proven;	/* number of the last record that a checkpoint speaks of */
	uint64_t authenticated; /* ... that a checkpoint signed by the given key speaks of */
	uint64_t missing;	/* records between the first and the last, overwritten in the machine */
	uint64_t missing_first; /* number of the first of these */
	uint64_t lost;		/* events that no ring kept long enough, in the machine's words and by gaps
				 * in the cores' own sequences: the more of the two */
	uint64_t lost_before;	/* the first record behind such a gap; 0: none is seen */
	uint64_t dropped;	/* events of guests beyond their measure, in the machine's words */
	bool fresh;		/* the last checkpoint answers the given nonce */
};
/* One by which everybody can sign. */
bool log_key_is_weak(const uint8_t key[LOG_KEY]);
/* `key`: NULL where it isn't known; `nonce` likewise. */
void log_check(const struct log *log, const uint8_t *key, const uint8_t *nonce, struct log_verdict *verdict);

/* print.c: on standard output. Records up to the first that is wrong. */
void log_print(const struct log *log, const struct log_verdict *verdict, bool json);
void log_print_verdict(const struct log_options *options, const struct log *log,
		       const struct log_verdict *verdict);

/* command.c; a file of test records, too (records.h). Returns 0: nothing is wrong; 1: something is; 2: the
 * file or the key can't be read. */
int log_verify(const struct log_options *options);

#endif
