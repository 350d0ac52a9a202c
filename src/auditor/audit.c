// SPDX-License-Identifier: Apache-2.0
/*
 * audit.c - `bulkhead audit IMAGE [--json] [--deny KINDS]`: opens the image, applies every rule, prints the
 * result.
 */
#include "audit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "rule.h"

#define EXIT_CLEAN	0
#define EXIT_VIOLATIONS 1
#define EXIT_UNREADABLE 2

/* Tables are judged as tables when they have been walked. */
static void (*const rules[])(struct audit *) = {
	rule_cores,	      rule_page_owners,	   rule_hypervisor_memory,
	rule_devices,	      rule_stage2,	   rule_streams,
	rule_core_roots,      rule_boot_root,	   rule_write_xor_execute,
	rule_table_pages,     rule_layout,	   rule_windows,
	rule_emulated,	      rule_vmids,	   rule_interrupts,
	rule_triggers,	      rule_revocation,	   rule_service,
	rule_cells,	      rule_faults,	   rule_memory,
	rule_channels,	      rule_images,	   rule_tree_basics,
	rule_tree_promises,   rule_tree_described, rule_tree_bulkhead,
	rule_tree_references, rule_tree_board,	   rule_tree_boot,
	rule_directory,	      rule_constants,	   rule_machine,
	rule_machine_pci,     rule_gic_frames,	   rule_firmware,
	rule_boot_state,      rule_colors,	   rule_tree_pci,
	rule_presentation,    rule_pci_groups,	   rule_pci_space,
	rule_pci_config,      rule_stream_lists,   rule_messages};

bool image_map(const char *path, struct blob *image)
{
	struct stat status;
	const int file = open(path, O_RDONLY | O_CLOEXEC);
	void *data = MAP_FAILED;
	const char *why = NULL;

	if (file < 0 || fstat(file, &status))
		why = strerror(errno);
	else if (!S_ISREG(status.st_mode))
		why = S_ISDIR(status.st_mode) ? "it is a folder" : "it is no regular file";
	else if (!status.st_size)
		why = "it is empty";
	else
		data = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, file, 0);
	if (data == MAP_FAILED)
		fprintf(stderr, "%s: can't be read: %s: name the bulkhead.itb that `bulkhead build` wrote\n",
			path, why ? why : strerror(errno));
	else
		*image = (struct blob){data, (size_t)status.st_size};
	if (file >= 0)
		close(file);
	return data != MAP_FAILED;
}

void image_unmap(struct blob *image)
{
	if (image->data)
		munmap((void *)image->data, image->size);
	*image = (struct blob){0};
}

enum reading audit_read(struct audit *audit, struct blob image)
{
	if (!fit_open(&audit->fit, image, &audit->report))
		return READ_NOTHING;
	if (!image_open(audit) || !board_open(audit) || !partition_open(audit)) {
		/* Each has said why; the rest can't be judged. */
		violation(&audit->report, RULE_INPUT, "the image is too broken for the other rules");
		return READ_PARTS;
	}
	devices_assign(audit);
	pci_open(audit);
	boot_state_open(audit);
	colors_open(audit);
	records_open(audit);
	guests_open(audit);
	constants_open(audit);
	pci_steps_play(audit);
	streams_open(audit);
	its_open(audit);
	places_find(audit);
	return READ_ALL;
}

bool audit_run(struct audit *audit, struct blob image)
{
	const enum reading reading = audit_read(audit, image);

	for (size_t i = 0; reading == READ_ALL && i < COUNT(rules); i++)
		rules[i](audit);
	audit->report.complete = reading == READ_ALL;
	return reading != READ_NOTHING;
}

void audit_close(struct audit *audit)
{
	for (size_t i = 0; i < audit->cell_count; i++) {
		spans_free(&audit->cells[i].stage2);
		spans_free(&audit->cells[i].tables);
		tree_close(&audit->cells[i].guest);
	}
	for (size_t i = 0; i < audit->core_count; i++) {
		spans_free(&audit->cores[i].map);
		spans_free(&audit->cores[i].tables);
	}
	spans_free(&audit->boot_map);
	spans_free(&audit->constants);
	free(audit->cells);
	free(audit->cores);
	free(audit->places);
	free(audit->color_owner);
	free(audit->tables.use);
	free(audit->tables.level);
	free(audit->tables.seen);
	free(audit->kernel);
	board_close(&audit->board);
	partition_close(&audit->partition);
	pci_close(&audit->pci);
	streams_close(audit);
	its_close(audit);
	fit_close(&audit->fit);
	report_free(&audit->report);
}

static void summary(const struct audit *audit, char *text, size_t size)
{
	size_t spans = audit->boot_map.count;

	for (size_t i = 0; i < audit->cell_count; i++)
		spans += audit->cells[i].stage2.count;
	for (size_t i = 0; i < audit->core_count; i++)
		spans += audit->cores[i].map.count;
	(void)snprintf(
		text, size,
		"audit: %d rules, %zu violation%s, %zu cells, %zu cores, %zu mappings, %zu descriptors",
		RULE_COUNT, audit->report.total, audit->report.total == 1 ? "" : "s", audit->cell_count,
		audit->core_count, spans, (size_t)audit->tables.read);
}

/* No violation: what the hypervisor compares with the machine must be stated by someone before it starts. */
static void assumed_print(const struct audit *audit, const char *path)
{
	for (uint32_t fact = 0; fact < BP_FACT_COUNT; fact++)
		if (audit->board.assumed & UINT32_C(1) << fact)
			printf("%s: assumed: %s; state it in the board's machine.dts, or the image won't "
			       "boot\n",
			       path, fact_path(fact));
}

/* [impl->swr~audit-command~1] */
int audit_main(const struct audit_options *options)
{
	const char *const path = options->image;
	struct audit audit = {0};
	struct blob image = {0};
	char text[192];
	int status;

	if (options->deny && !report_deny(&audit.report, options->deny)) {
		fprintf(stderr, "bulkhead: nothing of '%s' can be denied: the kinds are %s\n", options->deny,
			report_kinds());
		return EXIT_UNREADABLE;
	}
	if (!image_map(path, &image))
		return EXIT_UNREADABLE;
	if (!audit_run(&audit, image)) {
		fprintf(stderr, "%s: no FIT image: name the bulkhead.itb that `bulkhead build` wrote\n",
			path);
		audit_close(&audit);
		image_unmap(&image);
		return EXIT_UNREADABLE;
	}
	summary(&audit, text, sizeof(text));
	if (options->json) {
		report_print_json(&audit.report, path, text, stdout);
	} else {
		report_print(&audit.report, path, stdout);
		assumed_print(&audit, path);
		puts(text);
	}
	status = audit.report.total || report_denied(&audit.report) ? EXIT_VIOLATIONS : EXIT_CLEAN;
	audit_close(&audit);
	image_unmap(&image);
	return status;
}
