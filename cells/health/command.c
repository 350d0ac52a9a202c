// SPDX-License-Identifier: Apache-2.0
/*
 * command.c - parses a command line (command.h).
 */
#include "command.h"

#include <string.h>

struct verb {
	const char *name;
	enum command_verb verb;
	bool cell;
};

static const struct verb verbs[] = {
	{"help", COMMAND_HELP, false},
	{"status", COMMAND_STATUS, false},
	{"map", COMMAND_MAP, false},
	{"table", COMMAND_TABLE, false},
	{"events", COMMAND_EVENTS, false},
	{"latency", COMMAND_LATENCY, true},
	{"restart", COMMAND_RESTART, true},
	{"stop", COMMAND_STOP, true},
	{"send", COMMAND_SEND, true},
	{"attach", COMMAND_ATTACH, true},
	{"net", COMMAND_NET, false},
	{"log", COMMAND_LOG, false},
	{"integrity", COMMAND_INTEGRITY, false},
	{"slots", COMMAND_SLOTS, false},
	{"digests", COMMAND_DIGESTS, false},
};

const struct command_help command_help[] = {
	{"status", "one line on all cells"},
	{"map", "which cell has which cores, and its limits"},
	{"table", "cell, state, restarts, exits, ticks, worst latency"},
	{"events", "the last events"},
	{"log NONCE [FROM]", "the event log, for scripts/collect"},
	{"net", "the health cell's own network"},
	{"integrity", "how far it is in checking what nobody writes"},
	{"slots", "which image runs, and what the next boot starts"},
	{"digests", "SHA-256 of the blueprint and of each cell's images"},
	{"latency CELL", "the cell's latency histogram"},
	{"restart CELL", "restart a cell"},
	{"stop CELL", "stop a cell"},
	{"send CELL TEXT", "a line of input to the cell's console"},
	{"attach CELL", "all input to the cell's console until Ctrl-]"},
	{NULL, NULL},
};

static const char *skip_blanks(const char *at)
{
	while (*at == ' ' || *at == '\t')
		at++;
	return at;
}

static uint64_t word_length(const char *at)
{
	uint64_t length = 0;

	while (at[length] && at[length] != ' ' && at[length] != '\t')
		length++;
	return length;
}

static const struct verb *verb_find(const char *word, uint64_t length)
{
	for (unsigned i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (strlen(verbs[i].name) == length && strncmp(verbs[i].name, word, length) == 0)
			return &verbs[i];
	return NULL;
}

void command_parse(const char *line, const struct machine *machine, struct command *command)
{
	const char *at = skip_blanks(line);
	const struct verb *verb;
	uint64_t length = word_length(at);

	*command = (struct command){.verb = COMMAND_NONE, .text = at};
	if (!length)
		return;
	verb = verb_find(at, length);
	command->verb = verb ? verb->verb : COMMAND_UNKNOWN;
	if (!verb)
		return;
	at = skip_blanks(at + length);
	command->text = at;
	if (!verb->cell)
		return;
	length = word_length(at);
	command->cell = machine_find(machine, at, length);
	if (command->cell == machine->cell_count)
		command->verb = COMMAND_NO_CELL;
	else
		command->text = skip_blanks(at + length);
}
