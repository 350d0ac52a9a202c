/* SPDX-License-Identifier: Apache-2.0 */
/*
 * options.h - what the command line says: one table of commands and one of options.
 *
 * Called by main.c. The help of each command is made from the same tables; the man page and the shell
 * completions are compared with it by the tests.
 */
#ifndef BULKHEAD_OPTIONS_H
#define BULKHEAD_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#define OPTIONS_FILES_MAX 2u

enum { EXIT_DONE, EXIT_WRONG, EXIT_USAGE };

struct options {
	const char *files[OPTIONS_FILES_MAX]; /* as many as the command takes */
	const char **folders;		      /* -I */
	size_t folder_count;
	const char *data, *output; /* NULL: not given */
	bool json, svg, werror, quiet;
	const char *deny, *pci, *key, *nonce;
	const char **memory; /* --memory, as given */
	size_t memory_count;
};

struct command {
	const char *name, *operands, *summary;
	unsigned int bit;
	size_t files;
	int (*run)(const struct options *options);
};

/* Finds the command and reads its options. EXIT_DONE: `*command` is to be run, or NULL where help or
 * the version was asked for and printed; else the exit status, after a message. */
int options_read(struct options *options, const struct command **command, int argc, char **argv);

/* main.c: the commands, ended by one without a name. */
extern const struct command commands[];

enum {
	ON_CHECK = 1,
	ON_BUILD = 2,
	ON_MAP = 4,
	ON_AUDIT = 8,
	ON_DIFF = 16,
	ON_IMPORT = 32,
	ON_LOG = 64,
	ON_EVIDENCE = 128
};

/* A message with the command's usage; returns EXIT_USAGE. */
int options_wrong(const struct command *command, const char *what, const char *argument);

#endif
