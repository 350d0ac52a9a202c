/* SPDX-License-Identifier: Apache-2.0 */
/*
 * diag.h - diagnostics, one line each in the form that editors understand.
 *
 * Printed on stderr as they are found: `file:line:col: error: text`, then a `note:` for the other
 * party where there are two. Nothing here stops the program: all errors of a file are found in one
 * run, and plan_read fails at the end where diag_errors() isn't zero.
 *
 * diag_as_json() makes each an object in a line of stdout, its notes inside it: docs/formats.md.
 */
#ifndef BULKHEAD_DIAG_H
#define BULKHEAD_DIAG_H

#include <stddef.h>

struct place { /* in a source file; lines and columns count from 1, line 0: the file as a whole */
	const char *file;
	int line, column;
};

#define DIAG_PRINTF __attribute__((format(printf, 2, 3)))

void diag_error(struct place at, const char *format, ...) DIAG_PRINTF;
void diag_warning(struct place at, const char *format, ...) DIAG_PRINTF;
void diag_note(struct place at, const char *format, ...) DIAG_PRINTF;

/* Errors so far, with the warnings where they are errors. */
size_t diag_errors(void);

/* How it is printed; called before the first diagnostic. */
void diag_as_json(void);
void diag_warnings_are_errors(void);
/* Prints what is held back: the last diagnostic, to which a note might still have come. */
void diag_finish(void);

/* `: did you mean 'x'?` for the nearest known word, "" where none is near. */
const char *diag_did_you_mean(const char *word, const char *const *known, size_t count);

#endif
