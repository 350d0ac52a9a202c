/* SPDX-License-Identifier: Apache-2.0 */
/*
 * main.c - the command line of `bulkhead`: check, build, map, audit.
 *
 * Exit status: 0 done, 1 diagnostics were printed, 2 the command was used wrongly.
 */
#include "../auditor/audit.h"
#include "diag.h"
#include "front.h"
#include "plan.h"
#include "process.h"
#include "text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define VERSION	       "0.1"

#define HYPERVISOR_MAX (UINT64_C(64) << 20)

enum { EXIT_DONE, EXIT_WRONG, EXIT_USAGE };

static const char usage[] =
	"usage: bulkhead check FILE [-I DIR]... [-B DIR]          diagnostics only\n"
	"       bulkhead build FILE [-I DIR]... [-B DIR] -o DIR   blueprint.bin, guest trees, bulkhead.itb, "
	"map.txt\n"
	"       bulkhead map   FILE [-I DIR]... [-B DIR]          who owns what\n"
	"       bulkhead audit IMAGE ...                          prove separation on the final image\n"
	"       bulkhead --help | --version\n"
	"\n"
	"  -I DIR  look for images here too, after the partition file's own folder\n"
	"  -B DIR  boards (dts/NAME) and bulkhead.bin; default: $BULKHEAD_DATA, else where the tool came "
	"with\n"
	"  -o DIR  where the results go; made where it isn't there\n";

struct options {
	const char *file, *output;
	const char **folders;
	size_t folder_count;
};

static int usage_error(const char *text, const char *argument)
{
	fprintf(stderr, "bulkhead: %s%s%s\n%s", text, argument[0] ? ": " : "", argument, usage);
	return EXIT_USAGE;
}

/* True where `argument` is the option, glued to its value or not. */
static bool take_option(const char *option, int *index, int argc, char **argv, const char **value)
{
	if (strncmp(argv[*index], option, 2) != 0)
		return false;
	if (argv[*index][2])
		*value = argv[*index] + 2;
	else
		*value = ++*index < argc ? argv[*index] : NULL;
	return true;
}

static int parse_options(struct options *options, int argc, char **argv)
{
	for (int i = 0; i < argc; i++) {
		const char *const argument = argv[i], *value;

		if (take_option("-I", &i, argc, argv, &value)) {
			if (!value)
				return usage_error("an option lacks its value", argument);
			options->folders = memory_grow(options->folders, options->folder_count,
						       sizeof(options->folders[0]));
			options->folders[options->folder_count++] = value;
		} else if (take_option("-B", &i, argc, argv, &value)) {
			if (!value)
				return usage_error("an option lacks its value", argument);
			data_set_folder(value);
		} else if (take_option("-o", &i, argc, argv, &value)) {
			if (!value)
				return usage_error("an option lacks its value", argument);
			options->output = value;
		} else if (argument[0] == '-') {
			return usage_error("unknown option", argument);
		} else if (options->file) {
			return usage_error("one file is enough", argument);
		} else {
			options->file = argument;
		}
	}
	return options->file ? EXIT_DONE : usage_error("no file is given", "");
}

static int check(const struct options *options)
{
	struct plan plan;

	return plan_read(&plan, options->file, options->folders, options->folder_count) ? EXIT_DONE
											: EXIT_WRONG;
}

static bool read_hypervisor(struct plan *plan)
{
	const char *const path = data_find("bulkhead.bin");
	const char *const wrong = path ? file_read(path, HYPERVISOR_MAX, &plan->hypervisor) : NULL;

	if (!path)
		diag_error((struct place){NULL, 0, 0}, "there is no bulkhead.bin in %s", data_folders());
	else if (wrong)
		diag_error((struct place){path, 0, 0}, "can't read the file: %s", wrong);
	return path && !wrong;
}

static int map(const struct options *options)
{
	struct plan plan;

	if (!plan_read(&plan, options->file, options->folders, options->folder_count) ||
	    !read_hypervisor(&plan))
		return EXIT_WRONG;
	plan_map(&plan, stdout);
	return fflush(stdout) == 0 ? EXIT_DONE : EXIT_WRONG;
}

static int build(const struct options *options)
{
	struct plan plan;

	if (!options->output)
		return usage_error("build needs -o DIR", "");
	if (!plan_read(&plan, options->file, options->folders, options->folder_count) ||
	    !read_hypervisor(&plan))
		return EXIT_WRONG;
	if (mkdir(options->output, 0777) < 0 && errno != EEXIST) {
		diag_error((struct place){options->output, 0, 0}, "can't make the folder: %s",
			   strerror(errno));
		return EXIT_WRONG;
	}
	return plan_emit(&plan, options->output) ? EXIT_DONE : EXIT_WRONG;
}

struct command {
	const char *name;
	int (*run)(const struct options *options);
};

static const struct command commands[] = {{"check", check}, {"build", build}, {"map", map}};

int main(int argc, char **argv)
{
	struct options options = {0};

	if (argc < 2)
		return usage_error("no command is given", "");
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
		return fputs(usage, stdout) < 0 ? EXIT_WRONG : EXIT_DONE;
	if (strcmp(argv[1], "--version") == 0)
		return puts("bulkhead " VERSION) < 0 ? EXIT_WRONG : EXIT_DONE;
	if (strcmp(argv[1], "audit") == 0)
		return audit_main(argc - 1, argv + 1);
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		int status;

		if (strcmp(argv[1], commands[i].name) != 0)
			continue;
		status = parse_options(&options, argc - 2, argv + 2);
		return status == EXIT_DONE ? commands[i].run(&options) : status;
	}
	return usage_error("unknown command", argv[1]);
}
