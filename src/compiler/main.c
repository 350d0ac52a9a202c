/* SPDX-License-Identifier: Apache-2.0 */
/*
 * main.c - the commands of `bulkhead`.
 *
 * Exit status: 0 done, 1 diagnostics were printed, 2 the command was used wrongly.
 */
#include "deny.h"
#include "../auditor/audit.h"
#include "../auditor/diff.h"
#include "../evidence/evidence.h"
#include "../log/log.h"
#include "diag.h"
#include "front.h"
#include "import.h"
#include "layout.h"
#include "options.h"
#include "plan.h"
#include "process.h"
#include "release.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define HYPERVISOR_MAX (UINT64_C(64) << 20)

static bool read_plan(struct plan *plan, const struct options *options)
{
	if (options->data)
		data_set_folder(options->data);
	if (options->werror)
		diag_warnings_are_errors();
	return plan_read(plan, options->files[0], options->folders, options->folder_count);
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

/* What an image is made of beside the file. */
static bool read_rest(struct plan *plan)
{
	const bool timed = release_time(&plan->build_time);

	if (!timed)
		diag_error(
			(struct place){NULL, 0, 0},
			"SOURCE_DATE_EPOCH is no number of seconds since 1970: set it to one, or to nothing");
	return read_hypervisor(plan) && timed;
}

static int check(const struct options *options)
{
	struct plan plan;

	if (options->json)
		diag_as_json();
	return read_plan(&plan, options) && layout_check(&plan) ? EXIT_DONE : EXIT_WRONG;
}

static int map(const struct options *options)
{
	struct plan plan;

	if (!read_plan(&plan, options) || !read_rest(&plan))
		return EXIT_WRONG;
	return plan_map(&plan,
			options->svg	? MAP_SVG
			: options->json ? MAP_JSON
					: MAP_TEXT,
			stdout)
		       ? EXIT_DONE
		       : EXIT_WRONG;
}

static int build(const struct options *options)
{
	struct plan plan;

	if (options->json)
		diag_as_json();
	if (!read_plan(&plan, options) || !read_rest(&plan))
		return EXIT_WRONG;
	return plan_emit(&plan, options->output) ? EXIT_DONE : EXIT_WRONG;
}

static int audit(const struct options *options)
{
	return audit_main(&(struct audit_options){
		.image = options->files[0], .json = options->json, .deny = options->deny});
}

static int diff(const struct options *options)
{
	return diff_main(&(struct diff_options){.images = {options->files[0], options->files[1]},
						.json = options->json});
}

static int import_board(const struct options *options)
{
	if (options->data)
		data_set_folder(options->data);
	return import_run(options->files[0], options->memory, options->memory_count, options->pci,
			  options->output);
}

static int event_log(const struct options *options)
{
	if (strcmp(options->files[0], "verify") != 0)
		return options_wrong(NULL, "a log can be verified, not", options->files[0]);
	return log_verify(&(struct log_options){.file = options->files[1],
						.key = options->key,
						.nonce = options->nonce,
						.json = options->json,
						.quiet = options->quiet});
}

static int evidence(const struct options *options)
{
	if (strcmp(options->files[0], "verify") != 0)
		return options_wrong(NULL, "evidence can be verified, not", options->files[0]);
	return evidence_verify(&(struct evidence_options){
		.folder = options->files[1], .key = options->key, .json = options->json});
}

const struct command commands[] = {
	{"check", "FILE", "diagnostics only", ON_CHECK, 1, check},
	{"build", "FILE",
	 "blueprint.bin, guest trees, bulkhead.itb, map.txt, map.json, map.svg, manifest.json", ON_BUILD, 1,
	 build},
	{"map", "FILE", "who owns what: text, drawn, or for programs", ON_MAP, 1, map},
	{"audit", "IMAGE", "prove separation and conformance on the final image", ON_AUDIT, 1, audit},
	{"diff", "IMAGE IMAGE", "what changed between two images, in terms of ownership", ON_DIFF, 2, diff},
	{"import", "DTB", "a board folder and a first partition file from a board's own tree", ON_IMPORT, 1,
	 import_board},
	{"log", "verify FILE",
	 "a collected event log, or test records: whole and unaltered, and what they say", ON_LOG, 2,
	 event_log},
	{"evidence", "verify DIR", "a bundle of evidence: is it whole and unaltered, and who signed it",
	 ON_EVIDENCE, 2, evidence},
	{0},
};

int main(int argc, char **argv)
{
	struct options options = {0};
	const struct command *command;
	int status = options_read(&options, &command, argc, argv);

	if (status == EXIT_DONE && command && command->bit != ON_AUDIT && options.deny &&
	    !deny_set(options.deny))
		status = options_wrong(command, "unknown kind to deny", options.deny);
	else if (status == EXIT_DONE && command)
		status = command->run(&options);
	diag_finish();
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	fprintf(stderr, "bulkhead: error: the output can't be written: %s\n", strerror(errno));
	return EXIT_WRONG;
}
