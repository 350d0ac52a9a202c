/* SPDX-License-Identifier: Apache-2.0 */
/*
 * command.h - the command line: one line of text to one command. Portable: tested on the host.
 */
#ifndef HEALTH_COMMAND_H
#define HEALTH_COMMAND_H

#include "machine.h"

enum command_verb {
	COMMAND_NONE, /* an empty line */
	COMMAND_UNKNOWN,
	COMMAND_NO_CELL, /* the command needs a cell and there is none of that name */
	COMMAND_HELP,
	COMMAND_STATUS,
	COMMAND_MAP,
	COMMAND_TABLE,
	COMMAND_EVENTS,
	COMMAND_LOG,
	COMMAND_NET,
	COMMAND_INTEGRITY,
	COMMAND_SLOTS,
	COMMAND_DIGESTS,
	COMMAND_LATENCY,
	COMMAND_RESTART,
	COMMAND_STOP,
	COMMAND_SEND,
	COMMAND_ATTACH
};

struct command {
	enum command_verb verb;
	uint32_t cell;
	const char *text; /* SEND: what to send; LOG: what stands behind it; UNKNOWN, NO_CELL: the word */
};

struct command_help {
	const char *usage, *what;
};
extern const struct command_help command_help[]; /* ends with a NULL usage */

void command_parse(const char *line, const struct machine *machine, struct command *command);

#endif
