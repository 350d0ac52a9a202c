/* SPDX-License-Identifier: Apache-2.0 */
/*
 * process.h - files into memory, and programs run without a shell or temporary files.
 *
 * Called by source.c and board.c for dtc, by images.c for the files of cells.
 */
#ifndef BULKHEAD_PROCESS_H
#define BULKHEAD_PROCESS_H

#include "plan.h"

/* Runs argv[0] from PATH; its stdout and stderr are collected, each with a NUL behind. -1: can't run. */
int process_run(const char *const argv[], struct bytes *output, struct bytes *errors);

/* Reads a regular file of at most `limit` bytes. NULL: done; else what was wrong with it. */
const char *file_read(const char *path, uint64_t limit, struct bytes *file);

bool file_exists(const char *path);
bool folder_exists(const char *path);

#endif
