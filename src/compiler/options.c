// SPDX-License-Identifier: Apache-2.0
/*
 * options.c - reads the command line, and prints the help that belongs to it: see options.h.
 */
#include "options.h"

#include <stdio.h>
#include <string.h>

#include "release.h"
#include "text.h"

#define ON_SOURCES (ON_CHECK | ON_BUILD | ON_MAP) /* what reads a partition file */

enum slot {
	SLOT_FOLDER,
	SLOT_DATA,
	SLOT_OUTPUT,
	SLOT_JSON,
	SLOT_SVG,
	SLOT_WERROR,
	SLOT_DENY,
	SLOT_PCI,
	SLOT_MEMORY,
	SLOT_KEY,
	SLOT_NONCE,
	SLOT_QUIET
};

struct option {
	const char *name, *value; /* value NULL: a flag */
	unsigned int commands;
	enum slot slot;
	bool many, needed;
	const char *help;
};

static const struct option table[] = {
	{"-I", "DIR", ON_SOURCES, SLOT_FOLDER, true, false,
	 "look for images here too, after the partition file's own folder"},
	{"-B", "DIR", ON_SOURCES | ON_IMPORT, SLOT_DATA, false, false,
	 "boards (dts/NAME) and bulkhead.bin; default: $BULKHEAD_DATA, else where the tool came with"},
	{"-o", "DIR", ON_BUILD | ON_IMPORT, SLOT_OUTPUT, false, true,
	 "where the results go; made where it isn't there"},
	{"--json", NULL, ON_CHECK | ON_BUILD | ON_MAP | ON_AUDIT | ON_DIFF | ON_LOG | ON_EVIDENCE, SLOT_JSON,
	 false, false,
	 "for programs, on standard output: what was found, the map (docs/formats.md), a log's records"},
	{"--deny", "KIND,...", ON_CHECK | ON_BUILD | ON_AUDIT, SLOT_DENY, false, false,
	 "exit 1 where the file asks for what can't be isolated: firmware-calls, unprotected-dma, peer-dma, "
	 "shared-device, shared-firmware"},
	{"--pci", "DIR", ON_IMPORT, SLOT_PCI, false, false,
	 "a copy of the running board's /sys/bus/pci/devices"},
	{"--memory", "SIZE@ADDRESS", ON_IMPORT, SLOT_MEMORY, true, false,
	 "RAM of the board, instead of what its tree says"},
	{"--key", "FILE", ON_LOG, SLOT_KEY, false, false,
	 "PEM file of the device's Ed25519 key, public or private: every checkpoint must be signed by it"},
	{"--key", "FILE", ON_EVIDENCE, SLOT_KEY, false, false,
	 "PEM file of who must have signed the evidence: public key, certificate or private key"},
	{"--nonce", "DIGITS", ON_LOG, SLOT_NONCE, false, false,
	 "the last checkpoint must answer it, so the log isn't an old one"},
	{"--quiet", NULL, ON_LOG, SLOT_QUIET, false, false, "the verdict alone, without the records"},
	{"--svg", NULL, ON_MAP, SLOT_SVG, false, false, "drawn, to be shown by a browser or printed"},
	{"--werror", NULL, ON_SOURCES, SLOT_WERROR, false, false, "warnings are errors"},
};

#define OPTIONS (sizeof(table) / sizeof(table[0]))

static size_t synopsis(const struct command *command, FILE *out)
{
	char text[256];
	size_t length =
		(size_t)snprintf(text, sizeof(text), "bulkhead %-5s %s", command->name, command->operands);

	for (size_t i = 0; i < OPTIONS && length < sizeof(text); i++) {
		const struct option *const option = &table[i];

		if (option->commands & command->bit)
			length +=
				(size_t)snprintf(text + length, sizeof(text) - length, " %s%s%s%s%s%s",
						 option->needed ? "" : "[", option->name,
						 option->value ? " " : "", option->value ? option->value : "",
						 option->needed ? "" : "]", option->many ? "..." : "");
	}
	fputs(text, out);
	return length;
}

static void print_options(unsigned int commands_bits, FILE *out)
{
	for (size_t i = 0; i < OPTIONS; i++) {
		char name[32];

		if (!(table[i].commands & commands_bits))
			continue;
		(void)snprintf(name, sizeof(name), "%s %s", table[i].name,
			       table[i].value ? table[i].value : "");
		fprintf(out, "  %-14s %s\n", name, table[i].help);
	}
}

static void print_usage(const struct command *command, FILE *out)
{
	fputs("usage: ", out);
	synopsis(command, out);
	fprintf(out, "\n  %s\n\n", command->summary);
	print_options(command->bit, out);
	fputs("  --help         this text\n", out);
}

static void print_usage_of_all(FILE *out)
{
	const char *start = "usage: ";

	for (const struct command *command = commands; command->name; command++, start = "       ") {
		fputs(start, out);
		synopsis(command, out);
		fprintf(out, "\n%*s%s\n", 17, "", command->summary);
	}
	fputs("       bulkhead [COMMAND] --help\n       bulkhead --version\n\n", out);
	print_options(~0u, out);
	fputs("\nexit status: 0 done, 1 something was found (an error, a violation, a difference), 2 wrong "
	      "usage\n",
	      out);
}

int options_wrong(const struct command *command, const char *what, const char *argument)
{
	fprintf(stderr, "bulkhead: %s%s%s\n", what, argument[0] ? ": " : "", argument);
	if (command)
		print_usage(command, stderr);
	else
		print_usage_of_all(stderr);
	return EXIT_USAGE;
}

static void store(struct options *options, const struct option *option, const char *value)
{
	switch (option->slot) {
	case SLOT_FOLDER:
		options->folders =
			memory_grow(options->folders, options->folder_count, sizeof(options->folders[0]));
		options->folders[options->folder_count++] = value;
		break;
	case SLOT_DATA:
		options->data = value;
		break;
	case SLOT_OUTPUT:
		options->output = value;
		break;
	case SLOT_JSON:
		options->json = true;
		break;
	case SLOT_SVG:
		options->svg = true;
		break;
	case SLOT_WERROR:
		options->werror = true;
		break;
	case SLOT_DENY:
		options->deny = value;
		break;
	case SLOT_PCI:
		options->pci = value;
		break;
	case SLOT_KEY:
		options->key = value;
		break;
	case SLOT_NONCE:
		options->nonce = value;
		break;
	case SLOT_QUIET:
		options->quiet = true;
		break;
	case SLOT_MEMORY:
		options->memory =
			memory_grow(options->memory, options->memory_count, sizeof(options->memory[0]));
		options->memory[options->memory_count++] = value;
		break;
	}
}

/* A letter's value may be glued to it; a word's is the next argument, or stands behind a '='. */
static const char *glued_value(const struct option *option, const char *argument)
{
	const size_t length = strlen(option->name);

	if (argument[length] == '\0')
		return NULL;
	return argument + length + (option->name[1] == '-');
}

static bool is_option(const struct option *option, const char *argument)
{
	const size_t length = strlen(option->name);

	if (strncmp(argument, option->name, length) != 0)
		return false;
	return argument[length] == '\0' ||
	       (option->value && (option->name[1] != '-' || argument[length] == '='));
}

static const struct option *option_of(const struct command *command, const char *argument)
{
	for (size_t i = 0; i < OPTIONS; i++)
		if (table[i].commands & command->bit && is_option(&table[i], argument))
			return &table[i];
	return NULL;
}

static int read_all(struct options *options, const struct command *command, int argc, char **argv)
{
	size_t files = 0;

	for (int i = 0; i < argc; i++) {
		const struct option *const option = option_of(command, argv[i]);
		const char *value = NULL;

		if (option && option->value) {
			value = glued_value(option, argv[i]);
			if (!value && ++i < argc)
				value = argv[i];
			if (!value)
				return options_wrong(command, "an option lacks its value", option->name);
		}
		if (option)
			store(options, option, value);
		else if (argv[i][0] == '-')
			return options_wrong(command, "unknown option", argv[i]);
		else if (files == command->files)
			return options_wrong(
				command, command->files == 1 ? "one file is enough" : "two files are enough",
				argv[i]);
		else
			options->files[files++] = argv[i];
	}
	if (files < command->files)
		return options_wrong(command,
				     command->files == 1 ? "no file is given" : "two files are needed", "");
	if (options->svg && options->json)
		return options_wrong(command, "one form is enough", "--svg, --json");
	if (command->bit & (ON_BUILD | ON_IMPORT) && !options->output)
		return options_wrong(command, "an option is missing", "-o DIR");
	return EXIT_DONE;
}

static bool is_help(const char *argument)
{
	return strcmp(argument, "--help") == 0 || strcmp(argument, "-h") == 0;
}

/* [impl->swr~command-line~1] */
int options_read(struct options *options, const struct command **command, int argc, char **argv)
{
	const struct command *found = commands;

	*command = NULL;
	if (argc < 2)
		return options_wrong(NULL, "no command is given", "");
	if (is_help(argv[1])) {
		print_usage_of_all(stdout);
		return EXIT_DONE;
	}
	if (strcmp(argv[1], "--version") == 0) {
		puts("bulkhead " BULKHEAD_VERSION);
		return EXIT_DONE;
	}
	while (found->name && strcmp(argv[1], found->name) != 0)
		found++;
	if (!found->name)
		return options_wrong(NULL, "unknown command", argv[1]);
	for (int i = 2; i < argc; i++) {
		if (is_help(argv[i])) {
			print_usage(found, stdout);
			return EXIT_DONE;
		}
	}
	*command = found;
	return read_all(options, found, argc - 2, argv + 2);
}
