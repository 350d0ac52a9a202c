// SPDX-License-Identifier: Apache-2.0
/*
 * test_told.c - what is told of an image: by the command and by `diff`, in lines and as JSON, and names of
 * places in its messages.
 *
 * Both ranges: the_command_denies, differences_are_told, places_have_names, reports_are_printed
 *
 * Robustness: files_that_cant_be_read
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "audit.h"
#include "diff.h"
#include "refusal.h"

static char output[0x40000];

/* What one of the commands writes to either stream, into `output`; its status. */
static int captured(int (*run)(const void *), const void *options)
{
	static const int streams[] = {STDOUT_FILENO, STDERR_FILENO};
	FILE *const into = tmpfile();
	int saved[2], status;
	size_t length;

	assert_non_null(into);
	fflush(NULL);
	for (int i = 0; i < 2; i++) {
		saved[i] = dup(streams[i]);
		dup2(fileno(into), streams[i]);
	}
	status = run(options);
	fflush(NULL);
	for (int i = 0; i < 2; i++) {
		dup2(saved[i], streams[i]);
		close(saved[i]);
	}
	rewind(into);
	length = fread(output, 1, sizeof(output) - 1, into);
	output[length] = '\0';
	fclose(into);
	return status;
}
static int run_audit(const void *options)
{
	return audit_main(options);
}
static int run_diff(const void *options)
{
	return diff_main(options);
}

static void has(const char *words)
{
	if (!strstr(output, words))
		fail_msg("no '%s' in:\n%.2000s", words, output);
}

#define PATH "/tmp/bulkhead-told-XXXXXX"
static void write_image(char *path, void (*apply)(struct fixture *))
{
	const int file = mkstemp(path);
	struct fixture f;

	fixture_make(&f);
	if (apply)
		apply(&f);
	fixture_seal(&f);
	assert_int_equal(write(file, f.image, f.image_size), f.image_size);
	close(file);
	fixture_free(&f);
}

/* ---- the command ---- */

static int audited(void (*apply)(struct fixture *), const char *deny, bool json)
{
	char path[] = PATH;
	struct audit_options options = {.image = path, .deny = deny, .json = json};
	int status;

	write_image(path, apply);
	status = captured(run_audit, &options);
	unlink(path);
	return status;
}

static void firmware_passed(struct fixture *f)
{
	fixture_replace(&f->partition_text, " essential;", " essential; firmware-calls = <0x82000010>;");
	f->cell[CONTROL]->firmware = (struct bp_table){0x780, 1};
	*(uint32_t *)fixture_table(f->cell[CONTROL], f->cell[CONTROL]->firmware) = 0x82000010;
}
static void id_bits_assumed(struct fixture *f)
{
	fixture_replace(&f->machine_text, "board = \"fixture\";",
			"board = \"fixture\"; assumed = \"gic/id-bits\";");
	f->header->machine.assumed = 1u << BP_FACT_ID_BITS;
}
static void one_violation(struct fixture *f)
{
	f->hv->secondary_offset = 0x402;
}
static void two_violations(struct fixture *f)
{
	one_violation(f);
	f->kernel[IMAGE_TEXT_OFFSET_AT + 2] = 8;
}

/* [utest->swr~audit-command~1] [utest->swr~audit-unisolated~1] [utest->swr~audit-assumed~1] */
static void the_command_denies(void **state)
{
	assert_int_equal(audited(firmware_passed, NULL, false), 0);
	has(": unisolated: ");
	has(" 0 violations, 3 cells");
	assert_int_equal(audited(firmware_passed, "peer-dma,shared-device", false), 0);
	assert_int_equal(audited(firmware_passed, "peer-dma,firmware-calls", false), 1);
	has(": denied (firmware-calls): ");
	assert_int_equal(audited(firmware_passed, "firmware-calls", true), 1);
	has("{\"kind\": \"firmware-calls\", \"denied\": true, \"message\": ");
	assert_int_equal(audited(firmware_passed, NULL, true), 0);
	has("{\"kind\": \"firmware-calls\", \"denied\": false, \"message\": ");
	assert_int_equal(audited(firmware_passed, "firmware", false), 2);
	has("nothing of 'firmware' can be denied: the kinds are firmware-calls, unprotected-dma, peer-dma, "
	    "shared-device, shared-firmware");
	assert_int_equal(audited(firmware_passed, "firmware-calls-of-all", false), 2);
	assert_int_equal(audited(firmware_passed, "firmware-callz", false), 2);
	assert_int_equal(audited(id_bits_assumed, NULL, false), 0);
	has(": assumed: gic/id-bits; state it in the board's machine.dts");
	assert_int_equal(audited(one_violation, NULL, false), 1);
	has(" rules, 1 violation, 3 cells, 4 cores");
	assert_int_equal(audited(two_violations, NULL, false), 1);
	has(" rules, 2 violations, 3 cells, 4 cores");
}

/* [utest->swr~audit-command~1] */
static void files_that_cant_be_read(void **state)
{
	static const struct {
		const char *path, *why;
	} files[] = {{"/nonexistent", "No such file or directory"},
		     {"/", "it is a folder"},
		     {"/dev/null", "it is no regular file"},
		     {"/sys/kernel/uevent_seqnum", "No such device"}};
	char path[] = PATH;
	struct audit_options options = {.image = path};
	struct stat status;

	close(mkstemp(path));
	assert_int_equal(captured(run_audit, &options), 2);
	has(": can't be read: it is empty: name the bulkhead.itb");
	unlink(path);
	for (size_t i = 0; i < COUNT(files); i++) {
		if (i == 3 && stat(files[i].path, &status))
			continue; /* a machine without such files: one that can be opened, but not mapped */
		options.image = files[i].path;
		assert_int_equal(captured(run_audit, &options), 2);
		has(files[i].why);
	}
}

/* ---- diff ---- */

static int differs(void (*one)(struct fixture *), void (*other)(struct fixture *), bool json)
{
	char paths[2][sizeof(PATH)] = {PATH, PATH};
	const struct diff_options options = {.images = {paths[0], paths[1]}, .json = json};
	int status;

	write_image(paths[0], one);
	write_image(paths[1], other);
	status = captured(run_diff, &options);
	unlink(paths[0]);
	unlink(paths[1]);
	return status;
}

static void with_net(struct fixture *f)
{
	fixture_replace(&f->partition_text, "image = \"health.elf\"; }",
			"image = \"health.elf\"; net { address = \"10.0.0.2/24\"; dhcp; echo = <7>; }; }");
}
static void unknown_language(struct fixture *f)
{
	fixture_replace(&f->partition_text, "bulkhead,partitions-v1", "bulkhead,partitions-v2");
}
static void tree_outside(struct fixture *f)
{
	struct bp_image *images = fixture_table(f->cell[CONTROL], f->cell[CONTROL]->images);

	images[1].pa = FREE_PA;
}
static void record_unknown(struct fixture *f)
{
	f->cell[CONTROL]->magic ^= 1;
}
static void cell_renamed(struct fixture *f)
{
	fixture_replace(&f->partition_text, "control {", "controls {");
}
static void no_kernel_magic(struct fixture *f)
{
	f->hv->magic ^= 1;
}
static void padding_changed(struct fixture *f)
{
	f->header->machine.pad ^= 1;
}
static void more_memory(struct fixture *f)
{
	struct bp_region *regions = fixture_table(f->cell[CONTROL], f->cell[CONTROL]->regions);

	regions->size *= 2;
}

/* [utest->swr~diff~1] */
static void differences_are_told(void **state)
{
	const struct diff_options unreadable = {.images = {"/nonexistent", "/nonexistent"}};

	assert_int_equal(captured(run_diff, &unreadable), 2);
	assert_int_equal(differs(NULL, NULL, false), 0);
	assert_string_equal(output, "");
	assert_int_equal(differs(NULL, NULL, true), 0);
	has("\"same\": true,\n  \"changes\": []");
	assert_int_equal(differs(NULL, padding_changed, false), 1);
	has("the images' bytes differ, though nothing that is compared here does");
	assert_int_equal(differs(NULL, more_memory, true), 1);
	has("{\"kind\": \"memory\", \"change\": \"grown\", \"subject\": \"cell 'control'\", \"what\": "
	    "\"memory\", \"was\": "
	    "\"2048K\", \"is\": \"4096K\"}");
	assert_int_equal(differs(more_memory, NULL, false), 1);
	has("cell 'control': memory: shrunk: 4096K -> 2048K");
	assert_int_equal(differs(NULL, with_net, false), 1);
	has("cell 'health': net address: added: 10.0.0.2/24\n");
	has("cell 'health': net dhcp: added: yes\n");
	has("cell 'health': net echo: added: 0x7\n");
	assert_null(strstr(output, "net http"));
	assert_int_equal(differs(NULL, unknown_language, false), 1);
	has(": it isn't sound, so it may differ in more: `bulkhead audit` says why");
	assert_int_equal(differs(tree_outside, NULL, false), 1);
	has("cell 'control': guest tree: added: sha256 ");
	assert_int_equal(differs(NULL, record_unknown, false), 1);
	has("cell 'control': removed: number 1\n");
	has("SPI 224: removed: control\n");
	assert_null(strstr(output, "heartbeat: removed"));
	assert_int_equal(differs(record_unknown, NULL, false), 1);
	has("cell 'control': added: number 1\n");
	has("cell 'control': memory: added: 2048K\n");
	assert_null(strstr(output, "heartbeat: added"));
	assert_int_equal(differs(NULL, cell_renamed, false), 1);
	has("cell 'control': load: removed: 0x40000000\n");
	assert_int_equal(differs(NULL, no_kernel_magic, false), 2);
	has(": no image that can be compared: `bulkhead audit` says more");
}

/* ---- places ---- */

static struct partition_channel channels[] = {{.name = "setpoints"}};
static struct cell cells[] = {{.known = true, .name = "one"}, {.known = false, .name = "two"}};
static struct fit_file parts[] = {{.name = "Image", .cell = "one"}};

static const struct {
	enum place_kind kind;
	int owner;
	const char *name;
} names[] = {
	{PLACE_SEGMENT, 0, "bulkhead.bin"},
	{PLACE_TEXT, 0, "a copy of bulkhead.bin's text"},
	{PLACE_PRIVATE, 3, "private memory of core 3"},
	{PLACE_TELEMETRY, 3, "telemetry of core 3"},
	{PLACE_RING, 3, "event ring of core 3"},
	{PLACE_STATE, 0, "state of cell 'one'"},
	{PLACE_STATE, 1, "state of cell '?'"},
	{PLACE_ORDERS, 0, "the orders"},
	{PLACE_LOG, 0, "log ring of cell 'one'"},
	{PLACE_HEARTBEAT, 0, "heartbeat of cell 'one'"},
	{PLACE_CHANNEL, 0, "channel 'setpoints'"},
	{PLACE_HEADER, 0, "the blueprint's header"},
	{PLACE_RECORD, 0, "record of cell 'one'"},
	{PLACE_SERVICE, 0, "the service record"},
	{PLACE_ROOT, 0, "stage-2 root of cell 'one'"},
	{PLACE_DIRECTORY, 0, "the health directory"},
	{PLACE_TREE, 0, "guest tree of cell 'one'"},
	{PLACE_FILE, 0, "image 'Image' of cell 'one'"},
	{PLACE_STREAMS, 2, "a stream table of SMMU 2"},
	{PLACE_QUEUE, 2, "a queue of SMMU 2"},
	{PLACE_COMMANDS, 2, "the commands of ITS 2"},
	{PLACE_ITS, 2, "a table of ITS 2"},
	{PLACE_LPI_CONFIG, 0, "the table of LPIs"},
	{PLACE_PCI_STATE, 0, "PCI state of cell 'one'"},
	{PLACE_PENDING, 3, "pending LPIs of core 3"},
	{PLACE_INTEGRITY, 0, "the table of constant ranges"},
	{PLACE_MAP, 0, "the map as JSON"},
	{PLACE_MAP, 1, "the map as a drawing"},
	{PLACE_CRASH_RECORD, 0, "the crash-audit record"},
	{PLACE_CRASH_DUMP, 3, "crash dump of core 3"},
	{(enum place_kind)99, 0, "?"},
};

/* [utest->swr~audit-command~1] */
static void places_have_names(void **state)
{
	static const uint8_t blueprint[0x1000];
	struct bp_header header = {.size = sizeof(blueprint), .writable_pa = 0x3000, .writable_size = 0x1000};
	struct place unknown = {0x5000, 0x1000, (enum place_kind)99, 0};
	struct audit audit = {.header = &header,
			      .blueprint_pa = 0x1000,
			      .blueprint = blueprint,
			      .cells = cells,
			      .places = &unknown,
			      .place_count = 1};
	char text[128];

	audit.partition.channels = channels;
	audit.fit.files = parts;
	for (size_t i = 0; i < COUNT(names); i++) {
		const struct place place = {0, 0x1000, names[i].kind, names[i].owner};

		assert_string_equal(place_name(&audit, &place, text, sizeof(text)), names[i].name);
	}
	assert_string_equal(place_describe(&audit, 0x1000, text, sizeof(text)), "the blueprint");
	assert_string_equal(place_describe(&audit, 0x3000, text, sizeof(text)),
			    "the hypervisor's writable memory");
	assert_string_equal(place_describe(&audit, 0x4000, text, sizeof(text)),
			    "no device that the board's tree names");
	assert_string_equal(place_describe(&audit, 0x5000, text, sizeof(text)),
			    "no device that the board's tree names");
	spans_add(&audit.board.ram, (struct span){0x4000, 0x4000, 0x2000, 0, 0});
	assert_string_equal(place_describe(&audit, 0x4000, text, sizeof(text)), "RAM of nobody");
	assert_string_equal(place_describe(&audit, 0x5000, text, sizeof(text)), "RAM of nobody");
	/* Where memory has colours: whose stage 2 executes there. */
	struct cell colored = {.name = "three"};

	audit.cells = &colored;
	audit.cell_count = 1;
	spans_add(&colored.stage2, (struct span){0x8000, 0x4000, 0x800, ATTR_READ | ATTR_EXEC, 0});
	spans_add(&colored.stage2, (struct span){0x9000, 0x4800, 0x800, ATTR_READ, 0});
	assert_string_equal(place_describe(&audit, 0x4000, text, sizeof(text)), "RAM of nobody");
	audit.colors = 2;
	assert_string_equal(place_describe(&audit, 0x4000, text, sizeof(text)), "RAM of cell 'three'");
	assert_string_equal(place_describe(&audit, 0x4800, text, sizeof(text)), "RAM of nobody");
	spans_free(&colored.stage2);
	spans_free(&audit.board.ram);
}

/* ---- reports ---- */

static struct report report;
static int print_lines(const void *options)
{
	report_print(&report, "it", stdout);
	return 0;
}
static int print_json(const void *options)
{
	report_print_json(&report, "it", "\"summary\"\\", stdout);
	return 0;
}

/* Names come from hostile files.  [utest->swr~audit-command~1] [utest->swr~audit-rule-verdicts~1] */
static void reports_are_printed(void **state)
{
	violation(&report, RULE_FIT, "%s", "a\x1b[2J\"b\\c\x7f\xc3\xa9");
	unisolated(&report, UNISOLATED_DMA, "%s", "one\n");
	unisolated(&report, UNISOLATED_DMA, "two");
	report.denied = 1u << UNISOLATED_DMA;
	assert_int_equal(report_denied(&report), 2);
	(void)captured(print_lines, NULL);
	has("it: FMT-01: a?[2J\"b\\c???; build the image again\n");
	has("it: denied (unprotected-dma): one?\n");
	(void)captured(print_json, NULL);
	has("\"message\": \"a?[2J\\\"b\\\\c???");
	has("{\"kind\": \"unprotected-dma\", \"denied\": true, \"message\": \"one?\"},\n");
	has("\\\"summary\\\"\\\\");
	assert_string_equal(rule_remedy(RULE_FIT), "build the image again");
	for (size_t i = 0; i <= REPORT_KEPT; i++) {
		violation(&report, RULE_FIT, "%zu", i);
		unisolated(&report, UNISOLATED_DMA, "%zu", i);
	}
	assert_int_equal(report.total, REPORT_KEPT + 2);
	assert_int_equal(report.kept_count, REPORT_KEPT);
	assert_int_equal(report.exception_count, REPORT_KEPT);
	(void)captured(print_lines, NULL);
	has("it: 2 more violations not shown\n");
	report_free(&report);
	report = (struct report){0};
	(void)captured(print_json, NULL);
	has("\"unisolated\": []\n}\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_command_denies), cmocka_unit_test(files_that_cant_be_read),
		cmocka_unit_test(differences_are_told), cmocka_unit_test(places_have_names),
		cmocka_unit_test(reports_are_printed)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
