// SPDX-License-Identifier: Apache-2.0
/*
 * test_fit.c - FITs whose nodes and properties are otherwise than docs/formats.md has them, one at a time.
 *
 * Both ranges: properties_of_parts, data_behind_the_tree
 *
 * Robustness: configurations_that_say_less, what_is_no_fit
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <libfdt.h>
#include <cmocka.h>

#include "refusal.h"

/* ---- one property of a part, of its hash, of the configuration ---- */

#define HASH	 "no SHA-256 in hash-1"
#define LABEL	 "needs data, load and description = CELL:PROPERTY:FILE"
#define GONE	 "missing, or its data lies outside the file"
#define LOADED	 "/images/kernel: needs load and entry"
#define DEFAULT	 "the default one isn't conf-1"
#define NO_BOARD "it names no board"

/* size 0: the property goes; value NULL: the node goes. */
static const struct {
	const char *path, *property;
	const void *value;
	size_t size;
	const char *words;
} properties[] = {
	/* A kernel below 4 GiB may say so in one cell. */
	{"/images/kernel", "load", "\x48\0\0\0", 4, ACCEPTED},
	{"/images/kernel", "load", "\x48\0\0", 3, LOADED},
	{"/images/kernel", "load", "", 0, LOADED},
	{"/images/kernel", "entry", "\x48\0\0", 3, LOADED},
	{"/images/kernel", "entry", "", 0, LOADED},
	{"/images/machine/hash-1", "algo", "", 0, HASH},
	{"/images/machine/hash-1", "algo", "sha256!", 8, HASH},
	{"/images/machine/hash-1", "algo", "sha512", 7, HASH},
	{"/images/machine/hash-1", "value", "", 0, HASH},
	{"/images/machine/hash-1", "value", "1234567", 8, HASH},
	{"/images/machine", "compression", "none", 5, ACCEPTED},
	{"/images/machine", "compression", "lzma", 5, "/images/machine: compression isn't \"none\""},
	{"/images/machine", "compression", "bzip2", 6, "/images/machine: compression isn't \"none\""},
	{"/images/fdt", "type", "", 0, "/images/fdt: its type isn't \"flat_dt\""},
	{"/images/fdt", "type", "flat_dtb", 9, "/images/fdt: its type isn't \"flat_dt\""},
	{"/images/fdt", "type", "flat_dx", 8, "/images/fdt: its type isn't \"flat_dt\""},
	{"/images/fdt", "data", "", 0, "/images/fdt: " GONE},
	{"/images/fdt", NULL, NULL, 0, "/images/fdt: " GONE},
	{"/images/kernel", NULL, NULL, 0, "/images/kernel: " GONE},
	{"/images/machine", NULL, NULL, 0, "/images/machine: " GONE},
	{"/images/partitions", NULL, NULL, 0, "/images/partitions: " GONE},
	{"/images/known-slaves", NULL, NULL, 0, "/images/known-slaves: " GONE},
	{"/images/file-1", "data", "", 0, "/images/file-1: " LABEL},
	{"/images/file-1", "load", "", 0, "/images/file-1: " LABEL},
	{"/images/file-1", "description", "", 0, "/images/file-1: " LABEL},
	{"/images/file-1", "description", "control:image:control.bin", 25, "/images/file-1: " LABEL},
	{"/images/file-1", "description", "control", 8, "/images/file-1: " LABEL},
	{"/images/file-1", "description", "control:image", 14, "/images/file-1: " LABEL},
	{"/configurations", NULL, NULL, 0, DEFAULT},
	{"/configurations", "default", "", 0, DEFAULT},
	{"/configurations", "default", "conf-2", 7, DEFAULT},
	{"/configurations/conf-1", NULL, NULL, 0, DEFAULT},
	{"/configurations/conf-1", "bulkhead,board", "", 0, NO_BOARD},
	{"/configurations/conf-1", "bulkhead,board", "fixture", 7, NO_BOARD},
	{"/configurations/conf-1", "bulkhead,board", "fix\0ure", 8, NO_BOARD},
	{"/configurations/conf-1", "bulkhead,counter", "\0\0\0\1", 4, ACCEPTED},
	{"/configurations/conf-1", "bulkhead,counter", "\0\0\0\0\0\0\0\1", 8,
	 "bulkhead,counter is no number"},
	{"/configurations/conf-1", "loadables", "", 0, "/images/file-0: the configuration doesn't load it"},
	{"/configurations/conf-1", "description", "of the fixture", 15, ACCEPTED},
	{"/configurations/conf-1", "script", "boot", 5, "`script` isn't part of an image"},
};

static size_t row_at;
static void property_change(void *fdt)
{
	const int node = fdt_path_offset(fdt, properties[row_at].path);

	assert_true(node > 0);
	if (!properties[row_at].value)
		assert_int_equal(fdt_del_node(fdt, node), 0);
	else if (!properties[row_at].size)
		assert_true(fdt_delprop(fdt, node, properties[row_at].property) <= 0);
	else
		assert_int_equal(fdt_setprop(fdt, node, properties[row_at].property, properties[row_at].value,
					     (int)properties[row_at].size),
				 0);
}

/* Names of 255 bytes fit, of 256 don't. */
static char label[4 * FIT_LABEL_MAX];
static void label_change(void *fdt)
{
	assert_int_equal(fdt_setprop_string(fdt, part_node(fdt, "file-1"), "description", label), 0);
}

/* [utest->swr~audit-fit~1] */
static void properties_of_parts(void **state)
{
	static const size_t longs[][3] = {{255, 5, 5}, {256, 5, 5}, {5, 255, 5},
					  {5, 256, 5}, {5, 5, 255}, {5, 5, 256}};

	for (row_at = 0; row_at < COUNT(properties); row_at++) {
		char name[32];
		const struct refusal row = {name, NULL, property_change, RULE_FIT, properties[row_at].words};

		(void)snprintf(name, sizeof(name), "property %zu", row_at);
		refusals_run(&row, 1);
	}
	for (size_t i = 0; i < COUNT(longs); i++) {
		const struct refusal row = {"a long label", NULL, label_change, 0, NULL};
		struct fixture f;
		struct audit audit;

		memset(label, 'a', sizeof(label));
		label[longs[i][0]] = label[longs[i][0] + 1 + longs[i][1]] = ':';
		label[longs[i][0] + longs[i][1] + longs[i][2] + 2] = '\0';
		refusal_audit(&f, &audit, &row);
		if (refusal_said(&audit, RULE_FIT, "/images/file-1: " LABEL) != i % 2)
			fail_msg("label %zu", i);
		audit_close(&audit);
		fixture_free(&f);
	}
}

/* ---- data behind the tree, as mkimage -E puts it there ---- */

enum behind { POSITION, OFFSET, WRAPPED, NOWHERE }; /* wrapped: an offset that leads back, to a copy */
static const struct {
	enum behind place;
	uint64_t at;  /* more than where the data is */
	uint64_t cut; /* of the file's end */
	bool wide;    /* the number has two cells */
	const char *words;
} data_rows[] = {
	{POSITION, 0, 0, false, ACCEPTED},
	{POSITION, 0, 0, true, ACCEPTED},
	{OFFSET, 0, 0, false, ACCEPTED},
	{OFFSET, 0, 0, true, ACCEPTED},
	{NOWHERE, 0, 0, false, "/images/known-slaves: " GONE},
	{POSITION, 0, 1, false, "/images/known-slaves: " GONE},
	{OFFSET, 0, 1, false, "/images/known-slaves: " GONE},
	{POSITION, UINT64_C(1) << 63, 0, true, "/images/known-slaves: " GONE},
	{WRAPPED, 0, 0, true, "/images/known-slaves: " GONE},
};

static void number_set(void *fdt, int node, const char *name, uint64_t value, bool is_wide)
{
	if (is_wide)
		assert_int_equal(fdt_setprop_u64(fdt, node, name, value), 0);
	else
		assert_int_equal(fdt_setprop_u32(fdt, node, name, (uint32_t)value), 0);
}

/* Where a row's number leads; 0 while the data isn't behind the tree yet (`end`). */
static void place_set(uint8_t *fdt, size_t row, uint64_t end)
{
	const enum behind place = data_rows[row].place;
	const uint8_t *const copy = fdt_getprop(fdt, 0, "copy", NULL);
	uint64_t value = place == POSITION ? end : 0;

	if (place == WRAPPED)
		value = (uint64_t)(copy - fdt) - end;
	if (place != NOWHERE)
		number_set(fdt, part_node(fdt, "known-slaves"),
			   place == POSITION ? "data-position" : "data-offset", value + data_rows[row].at,
			   data_rows[row].wide);
}

/* [utest->swr~audit-fit~1] */
static void data_behind_the_tree(void **state)
{
	for (size_t i = 0; i < COUNT(data_rows); i++) {
		struct fixture f;
		struct audit audit = {0};
		size_t size;
		uint8_t *image, *data;
		uint64_t end;
		int node;

		fixture_make(&f);
		fixture_seal(&f);
		image = malloc(f.image_size + 4096);
		assert_int_equal(fdt_open_into(f.image, image, (int)f.image_size + 4096), 0);
		data = part_bytes(image, "known-slaves", &size);
		data = memcpy(malloc(size), data, size);
		node = part_node(image, "known-slaves");
		assert_int_equal(fdt_delprop(image, node, "data"), 0);
		assert_int_equal(fdt_setprop_u32(image, node, "data-size", (uint32_t)size), 0);
		assert_int_equal(fdt_setprop(image, 0, "copy", data, (int)size), 0);
		place_set(image, i, 0);
		fdt_pack(image);
		end = (fdt_totalsize(image) + 3) & ~UINT64_C(3);
		place_set(image, i, end);
		memcpy(image + end, data, size);
		assert_true(audit_run(&audit, (struct blob){image, end + size - data_rows[i].cut}));
		if (data_rows[i].words ? !refusal_said(&audit, RULE_FIT, data_rows[i].words)
				       : audit.report.total) {
			report_print(&audit.report, "data", stderr);
			fail_msg("row %zu", i);
		}
		audit_close(&audit);
		free(data);
		free(image);
		fixture_free(&f);
	}
}

/* ---- no FIT, or one without configurations ---- */

static void no_images(void *fdt)
{
	assert_int_equal(fdt_del_node(fdt, fdt_path_offset(fdt, "/images")), 0);
}

/* [utest->swr~audit-fit~1] */
static void what_is_no_fit(void **state)
{
	struct audit audit = {0};
	struct fixture f;

	fixture_make(&f);
	fixture_seal(&f);
	no_images(f.image);
	assert_false(audit_run(&audit, (struct blob){f.image, f.image_size}));
	assert_int_equal(audit.report.total, 0);
	assert_false(audit.report.complete);
	audit_close(&audit);
	assert_false(audit_run(&audit, (struct blob){f.image, 3}));
	audit_close(&audit);
	fixture_free(&f);
}

static void default_of_another_name(void *fdt)
{
	assert_int_equal(fdt_set_name(fdt, fdt_path_offset(fdt, "/configurations/conf-1"), "conf-2"), 0);
}
static void board_of_no_bytes(void *fdt)
{
	assert_int_equal(
		fdt_setprop(fdt, fdt_path_offset(fdt, "/configurations/conf-1"), "bulkhead,board", NULL, 0),
		0);
}
static void label_of_no_bytes(void *fdt)
{
	assert_int_equal(fdt_setprop(fdt, part_node(fdt, "file-1"), "description", NULL, 0), 0);
}
static void signature_named_otherwise(void *fdt)
{
	assert_true(fdt_add_subnode(fdt, fdt_path_offset(fdt, "/configurations/conf-1"), "signed") > 0);
}
static const struct refusal configurations[] = {
	{"default_of_another_name", NULL, default_of_another_name, RULE_FIT, DEFAULT},
	{"default_of_another_name", NULL, default_of_another_name, RULE_FIT,
	 "/configurations/conf-2: there is another than conf-1"},
	{"board_of_no_bytes", NULL, board_of_no_bytes, RULE_FIT, NO_BOARD},
	{"label_of_no_bytes", NULL, label_of_no_bytes, RULE_FIT, "/images/file-1: " LABEL},
	{"signature_named_otherwise", NULL, signature_named_otherwise, RULE_FIT,
	 "`signed` isn't part of an image"},
};

/* [utest->swr~audit-fit~1] */
static void configurations_that_say_less(void **state)
{
	refusals_run(configurations, COUNT(configurations));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(properties_of_parts), cmocka_unit_test(data_behind_the_tree),
		cmocka_unit_test(configurations_that_say_less), cmocka_unit_test(what_is_no_fit)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
