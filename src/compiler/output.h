/* SPDX-License-Identifier: Apache-2.0 */
/*
 * output.h - the files that a build writes: all of them or none.
 *
 * Each is written under a temporary name beside its final one; output_commit() renames them all.
 */
#ifndef BULKHEAD_OUTPUT_H
#define BULKHEAD_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "digest.h"

struct output_file {
	char *name, *path, *temporary;
	size_t size;
	uint8_t digest[DIGEST_SIZE];
};

struct outputs {
	const char *folder;
	char **made; /* folders, the outermost first */
	size_t made_count;
	struct output_file *files;
	size_t count;
};

/* Makes `folder` where there is none; it goes again where the build fails. False after a diagnostic. */
bool output_open(struct outputs *outputs, const char *folder);

/* Writes one file under its temporary name. False after a diagnostic, with all temporaries removed. */
bool output_add(struct outputs *outputs, const char *name, const void *data, size_t size);

/* Gives every file its name. False after a diagnostic, with all temporaries removed. */
bool output_commit(struct outputs *outputs);

/* Removes the temporaries, and the folders that output_open() made. */
void output_abandon(struct outputs *outputs);

#endif
