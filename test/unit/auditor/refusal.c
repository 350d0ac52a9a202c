// SPDX-License-Identifier: Apache-2.0
/*
 * refusal.c - makes one changed image after the other and looks for the words that it is due.
 */
#include "refusal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <libfdt.h>
#include <cmocka.h>

#define ROOM 0x10000

void refusal_audit(struct fixture *fixture, struct audit *audit, const struct refusal *row)
{
	*audit = (struct audit){0};
	fixture_make(fixture);
	if (row->apply)
		row->apply(fixture);
	fixture_seal(fixture);
	if (row->edit) {
		uint8_t *edited = malloc(fixture->image_size + ROOM);

		assert_int_equal(fdt_open_into(fixture->image, edited, (int)(fixture->image_size + ROOM)), 0);
		row->edit(edited);
		fdt_pack(edited);
		free(fixture->image);
		fixture->image = edited;
		fixture->image_size = fdt_totalsize(edited);
	}
	if (!audit_run(audit, (struct blob){fixture->image, fixture->image_size}))
		fail_msg("%s: it isn't even a FIT", row->name);
}

bool refusal_said(const struct audit *audit, enum rule rule, const char *words)
{
	for (size_t i = 0; i < audit->report.kept_count; i++)
		if (audit->report.kept[i].rule == rule && strstr(audit->report.kept[i].message, words))
			return true;
	return false;
}

void refusals_run(const struct refusal *rows, size_t count)
{
	size_t right = 0;

	for (size_t i = 0; i < count; i++) {
		struct fixture fixture;
		struct audit audit;

		refusal_audit(&fixture, &audit, &rows[i]);
		if (rows[i].words ? refusal_said(&audit, rows[i].rule, rows[i].words) : !audit.report.total) {
			right++;
		} else {
			fprintf(stderr, "%s: %s doesn't say '%s'\n", rows[i].name, rule_id(rows[i].rule),
				rows[i].words ? rows[i].words : "nothing");
			report_print(&audit.report, rows[i].name, stderr);
		}
		audit_close(&audit);
		fixture_free(&fixture);
	}
	fprintf(stderr, "%zu of %zu refusals right\n", right, count);
	assert_int_equal(right, count);
}

int part_node(const void *fdt, const char *part)
{
	const int node = fdt_subnode_offset(fdt, fdt_path_offset(fdt, "/images"), part);

	assert_true(node > 0);
	return node;
}

uint8_t *part_bytes(void *fdt, const char *part, size_t *size)
{
	int length = 0;
	uint8_t *bytes = fdt_getprop_w(fdt, part_node(fdt, part), "data", &length);

	assert_non_null(bytes);
	*size = (size_t)length;
	return bytes;
}

void part_hash(void *fdt, const char *part)
{
	uint8_t digest[32];
	size_t size;
	const uint8_t *bytes = part_bytes(fdt, part, &size);

	digest_of((struct blob){bytes, size}, digest);
	assert_int_equal(fdt_setprop_inplace(fdt, fdt_subnode_offset(fdt, part_node(fdt, part), "hash-1"),
					     "value", digest, sizeof(digest)),
			 0);
}

void part_set(void *fdt, const char *part, const void *data, size_t size)
{
	assert_int_equal(fdt_setprop(fdt, part_node(fdt, part), "data", data, (int)size), 0);
	part_hash(fdt, part);
}
