/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tokens.h - the words and signs of a device-tree source, for messages about a text that dtc refuses.
 */
#ifndef BULKHEAD_TOKENS_H
#define BULKHEAD_TOKENS_H

#include "diag.h"
#include "plan.h"

enum token_kind {
	TOKEN_END,
	TOKEN_SIGN,	    /* one letter */
	TOKEN_WORD,	    /* a name, a number, a reference */
	TOKEN_DIRECTIVE,    /* with its slashes */
	TOKEN_TEXT,	    /* with its quotes */
	TOKEN_OPEN_TEXT,    /* without an end */
	TOKEN_OPEN_COMMENT, /* likewise */
};

struct token {
	enum token_kind kind;
	size_t start, end; /* in the file */
};

/* The first token at or after `at`; comments and blanks are passed over. */
struct token token_at(const struct bytes *file, size_t at);

bool token_is(const struct bytes *file, struct token token, const char *text);

/* Line and column from 1, as dtc counts them: a tab is one column. */
struct place token_place(const struct bytes *file, size_t at);

#endif
