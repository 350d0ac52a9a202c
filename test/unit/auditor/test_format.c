// SPDX-License-Identifier: Apache-2.0
/*
 * test_format.c - images whose parts don't hold together, and what the command says of them.
 *
 * Both ranges: the_command_says_what_it_found
 * Robustness: broken_formats_are_caught, fit_parts_are_checked, nothing_else_is_loaded,
 * nothing_else_is_there, names_lead_to_one_part_each
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <libfdt.h>
#include <cmocka.h>

#include "audit.h"
#include "mutate.h"
#include "value.h"

#define MUTATION(name) static void name(struct fixture *f)
#define LEAF(root, va) (*fixture_leaf(f, root, va))

/* Seals now, so that a later change isn't hashed away. */
static void seal_first(struct fixture *f)
{
	fixture_seal(f);
	free(f->image);
	f->keep_digest = true;
}

MUTATION(file_label_wrong)
{
	f->files[3].label = "gateway-initrd";
}
MUTATION(hv_magic)
{
	f->hv->magic ^= 1;
}
MUTATION(hv_load)
{
	f->hv->load_pa += HV_LOAD_ALIGN;
}
MUTATION(hv_segment)
{
	f->hv->segments[1].size += 0x800;
}
MUTATION(hv_image_size)
{
	f->kernel[IMAGE_SIZE_AT + 2] = 0;
}
MUTATION(hv_image_size_without_writable_memory)
{
	const uint64_t size = WRITABLE_PA + WRITABLE_SIZE - LOAD_PA - 1;

	memcpy(f->kernel + IMAGE_SIZE_AT, &size, sizeof(size));
}
MUTATION(hv_text_offset)
{
	f->kernel[IMAGE_TEXT_OFFSET_AT + 2] = 8;
}
MUTATION(hv_movable)
{
	f->kernel[IMAGE_FLAGS_AT] = 0;
}
MUTATION(digest_flipped_bit)
{
	seal_first(f);
	*fixture_leaf(f, f->stage2_root[CONTROL], 0x40000000) ^= UINT64_C(1) << 55;
}
MUTATION(config_digest_wrong)
{
	seal_first(f);
	f->header->config_digest[3] ^= 1;
}
MUTATION(bp_magic)
{
	f->header->magic ^= 1;
}
MUTATION(bp_abi)
{
	f->header->abi++;
}
MUTATION(cores_outside)
{
	f->header->cores.count = 1u << 10;
	f->header->cores.offset = 0x5fff0;
}
MUTATION(regions_outside)
{
	f->cell[CONTROL]->regions.offset = 0xfffffff8;
}
MUTATION(images_too_many)
{
	f->cell[CONTROL]->images.count = 0x40000000;
}
MUTATION(record_magic)
{
	f->cell[CONTROL]->magic ^= 1;
}
MUTATION(record_index)
{
	f->cell[CONTROL]->index = 7;
}
MUTATION(record_name_endless)
{
	memset(f->cell[CONTROL]->name, 'a', sizeof(f->cell[CONTROL]->name));
}
MUTATION(service_outside)
{
	f->service->cells.offset = 0xffffff00;
}
MUTATION(pci_function)
{
	f->cell[CONTROL]->pci = (struct bp_table){0x1000, 1};
}
MUTATION(lpi)
{
	f->cell[CONTROL]->lpis = (struct bp_table){0x1000, 1};
}
MUTATION(stream_outside)
{
	f->service->streams = (struct bp_table){0xff8, 1};
}
MUTATION(smmu_outside)
{
	f->header->smmus = (struct bp_table){BLUEPRINT_MAX, 1};
}
MUTATION(pci_step)
{
	f->header->pci_steps = (struct bp_table){BLUEPRINT_MAX, 1};
}
MUTATION(service_core_missing)
{
	f->header->service_core = 99;
}
MUTATION(size_unreadable)
{
	fixture_replace(&f->partition_text, "memory = \"2M\"; image", "memory = \"2 M\"; image");
}
MUTATION(no_gic)
{
	fixture_replace(&f->board_text, "\"arm,gic-v3\"", "\"arm,gic-400\"");
}
MUTATION(no_facts)
{
	fixture_replace(&f->machine_text, "spi-count = <256>;", "");
}
MUTATION(vtcr_granule)
{
	f->cell[CONTROL]->vtcr |= 1 << 14;
}
MUTATION(vtcr_level)
{
	f->cell[CONTROL]->vtcr |= 3 << 6;
}
MUTATION(vtcr_output_size)
{
	f->cell[CONTROL]->vtcr |= 5 << 16;
}
MUTATION(root_unaligned)
{
	f->cell[CONTROL]->vttbr += 0x1000;
}
MUTATION(tcr_size)
{
	f->header->tcr_el2 += 1;
}
MUTATION(reserved_page_kind)
{
	LEAF(f->stage2_root[CONTROL], WINDOWS_IPA) &= ~UINT64_C(2);
}
MUTATION(reserved_memattr)
{
	LEAF(f->stage2_root[CONTROL], WINDOWS_IPA) =
		(LEAF(f->stage2_root[CONTROL], WINDOWS_IPA) & ~(UINT64_C(0xf) << 2)) | UINT64_C(4) << 2;
}
MUTATION(reserved_shareability)
{
	LEAF(f->boot[1].root_pa, EL2_VA_CELL) &= ~(UINT64_C(1) << 9);
}
MUTATION(reserved_high_bits)
{
	LEAF(f->stage2_root[CONTROL], WINDOWS_IPA) |= UINT64_C(1) << 49;
}
MUTATION(block_unaligned)
{
	LEAF(f->stage2_root[CONTROL], 0x40000000) |= 0x2000;
}
MUTATION(address_too_large)
{
	LEAF(f->stage2_root[CONTROL], WINDOWS_IPA) |= UINT64_C(1) << 44;
}
MUTATION(hierarchical_read_only)
{
	*fixture_entry(f, f->boot[1].root_pa, EL2_VA_CELL, 2) |= UINT64_C(1) << 62;
}
MUTATION(unprivileged_el2)
{
	LEAF(f->boot[1].root_pa, EL2_VA_CELL) &= ~(UINT64_C(1) << 6);
}
MUTATION(guest_tree_damaged)
{
	seal_first(f);
	memset(fixture_at(f, f->guest_pa[CONTROL]), 0, 64);
}
MUTATION(guest_tree_missing)
{
	f->cell[CONTROL]->tree_ipa += 8;
}

#define ROW(rule, name) {#name, name, RULE_##rule}
static const struct mutation rows[] = {
	ROW(FIT, file_label_wrong), /* [utest->swr~audit-fit~1] */
	ROW(HV_HEADER, hv_magic),
	ROW(HV_HEADER, hv_load),
	ROW(HV_HEADER, hv_segment), /* [utest->swr~audit-hv-header~1] */
	ROW(HV_HEADER, hv_image_size),
	ROW(HV_HEADER, hv_image_size_without_writable_memory),
	ROW(HV_HEADER, hv_movable),
	ROW(HV_HEADER, hv_text_offset),
	ROW(BP_HEADER, digest_flipped_bit),
	ROW(BP_HEADER, config_digest_wrong), /* [utest->swr~audit-blueprint-header~1] */
	ROW(BP_HEADER, bp_magic),
	ROW(BP_HEADER, bp_abi),
	ROW(RECORD, cores_outside),
	ROW(RECORD, regions_outside),
	ROW(RECORD, images_too_many), /* [utest->swr~audit-records~1] */
	ROW(RECORD, record_magic),
	ROW(RECORD, record_index),
	ROW(RECORD, record_name_endless),
	ROW(RECORD, service_outside),
	ROW(RECORD, service_core_missing),
	ROW(RECORD, pci_function),
	ROW(RECORD, lpi),
	ROW(RECORD, stream_outside),
	ROW(RECORD, smmu_outside),
	ROW(RECORD, pci_step),
	ROW(INPUT, size_unreadable),
	ROW(INPUT, no_gic),
	ROW(INPUT, no_facts), /* [utest->swr~audit-inputs~1] */
	ROW(REGIME, vtcr_granule),
	ROW(REGIME, vtcr_level),
	ROW(REGIME, vtcr_output_size), /* [utest->swr~audit-regime~1] */
	ROW(REGIME, root_unaligned),
	ROW(REGIME, tcr_size),
	ROW(DESCRIPTOR, reserved_page_kind),
	ROW(DESCRIPTOR, reserved_memattr), /* [utest->swr~audit-descriptors~1] */
	ROW(DESCRIPTOR, reserved_shareability),
	ROW(DESCRIPTOR, reserved_high_bits),
	ROW(DESCRIPTOR, block_unaligned),
	ROW(DESCRIPTOR, address_too_large),
	ROW(DESCRIPTOR, hierarchical_read_only),
	ROW(DESCRIPTOR, unprivileged_el2),
	ROW(GUEST_TREE, guest_tree_damaged),
	ROW(GUEST_TREE, guest_tree_missing), /* [utest->swr~audit-guest-trees~1] */
};

/* [utest->tor~audit-input~1] */
static void broken_formats_are_caught(void **state)
{
	mutations_run(rows, sizeof(rows) / sizeof(rows[0]));
}

/* A part whose bytes or node changed after the FIT was made.  [utest->swr~audit-fit~1] */
static void fit_parts_are_checked(void **state)
{
	static const char *const parts[] = {"kernel",	    "fdt",    "machine", "partitions",
					    "known-slaves", "file-0", "file-3"};

	for (size_t i = 0; i < 2 * sizeof(parts) / sizeof(parts[0]); i++) {
		const char *name = parts[i / 2];
		struct fixture f;
		struct audit audit = {0};
		int node, length;

		fixture_make(&f);
		fixture_seal(&f);
		node = fdt_subnode_offset(f.image, fdt_path_offset(f.image, "/images"), name);
		assert_true(node > 0);
		if (i % 2)
			((uint8_t *)(uintptr_t)fdt_getprop(f.image, node, "data", &length))[40] ^= 1;
		else
			fdt_nop_node(f.image, fdt_subnode_offset(f.image, node, "hash-1"));
		assert_true(audit_run(&audit, (struct blob){f.image, f.image_size}));
		assert_true(audit.report.by_rule[RULE_FIT] > 0);
		audit_close(&audit);
		fixture_free(&f);
	}
}

/* What the loader would do beside what is judged.  [utest->swr~audit-fit~1] */
static void nothing_else_is_loaded(void **state)
{
	static const struct {
		const char *path, *property, *value;
	} rows[] = {{"/configurations/conf-1", "ramdisk", "file-3"},
		    {"/configurations/conf-1", "loadables", "machine"},
		    {"/images/kernel", "compression", "gzip"},
		    {"/images/file-0", "compression", "lzma"},
		    {"/images/kernel", "type", "kernel_noload"},
		    {"/images/kernel", "os", "u-boot"},
		    {"/images/kernel", "arch", "arm"},
		    {"/images/fdt", "type", "kernel"},
		    {"/images/file-0", "type", "fpga"},
		    {"/images/fdt", "load", "\x01\x02\x03"},
		    {"/configurations", "default", "conf-2"},
		    {"/configurations/conf-1", "kernel", "file-0"},
		    {"/configurations/conf-1", "fdt", "machine"},
		    {"/configurations/conf-1", "bulkhead,board", "another"},
		    {"/configurations/conf-1", "bulkhead,inputs", "machine"},
		    {"/configurations/conf-1", "bulkhead,inputs", "file-0"},
		    {"/configurations/conf-1", "bulkhead,counter", "seven"}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const size_t room = 4096;
		struct fixture f;
		struct audit audit = {0};
		uint8_t *image;

		fixture_make(&f);
		fixture_seal(&f);
		image = malloc(f.image_size + room);
		assert_int_equal(fdt_open_into(f.image, image, (int)(f.image_size + room)), 0);
		assert_int_equal(fdt_setprop_string(image, fdt_path_offset(image, rows[i].path),
						    rows[i].property, rows[i].value),
				 0);
		fdt_pack(image);
		assert_true(audit_run(&audit, (struct blob){image, fdt_totalsize(image)}));
		assert_true(audit.report.by_rule[RULE_FIT] > 0);
		audit_close(&audit);
		free(image);
		fixture_free(&f);
	}
}

/* A part, a configuration or a node of one beside those that there are; NULL: the property goes.
 * [utest->swr~audit-fit~1] */
static void nothing_else_is_there(void **state)
{
	static const struct {
		const char *path, *node, *property;
	} rows[] = {{"/images", "spare", NULL},
		    {"/images", "file-0@1", NULL},
		    {"/configurations", "conf-2", NULL},
		    {"/configurations", "conf-1@1", NULL},
		    {"/configurations/conf-1", "script", NULL},
		    {"/configurations/conf-1", NULL, "bulkhead,board"},
		    {"/configurations/conf-1", NULL, "bulkhead,inputs"},
		    {"/configurations/conf-1", NULL, "loadables"},
		    {"/configurations/conf-1", NULL, "kernel"}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const size_t room = 4096;
		struct fixture f;
		struct audit audit = {0};
		uint8_t *image;
		int node;

		fixture_make(&f);
		fixture_seal(&f);
		image = malloc(f.image_size + room);
		assert_int_equal(fdt_open_into(f.image, image, (int)(f.image_size + room)), 0);
		node = fdt_path_offset(image, rows[i].path);
		if (rows[i].node)
			assert_true(fdt_add_subnode(image, node, rows[i].node) > 0);
		else
			assert_int_equal(fdt_delprop(image, node, rows[i].property), 0);
		assert_true(audit_run(&audit, (struct blob){image, fdt_totalsize(image)}));
		assert_true(audit.report.by_rule[RULE_FIT] > 0);
		audit_close(&audit);
		free(image);
		fixture_free(&f);
	}
}

static int configuration_of(const void *fdt)
{
	return fdt_path_offset(fdt, "/configurations/conf-1");
}

static void rename_part(void *fdt, const char *from, const char *to)
{
	assert_int_equal(
		fdt_set_name(fdt, fdt_subnode_offset(fdt, fdt_path_offset(fdt, "/images"), from), to), 0);
}

/* The `loadables`, the first four of which are file-0 to file-3, with that instead of the one at `at`. */
static void load_instead(void *fdt, unsigned int at, const char *name)
{
	char list[64];
	size_t size = 0;

	for (unsigned int i = 0; i < 4; i++) {
		if (i == at && name)
			size += (size_t)snprintf(list + size, sizeof(list) - size, "%s", name) + 1;
		else if (i != at)
			size += (size_t)snprintf(list + size, sizeof(list) - size, "file-%u", i) + 1;
	}
	assert_int_equal(fdt_setprop(fdt, configuration_of(fdt), "loadables", list, (int)size), 0);
}

static void uses_swapped(void *fdt)
{
	assert_int_equal(fdt_setprop_string(fdt, configuration_of(fdt), "kernel", "fdt"), 0);
	assert_int_equal(fdt_setprop_string(fdt, configuration_of(fdt), "fdt", "kernel"), 0);
}
static void unit_of_a_part(void *fdt)
{
	rename_part(fdt, "file-0", "file-0@1");
	load_instead(fdt, 0, "file-0@1");
}
static void unit_of_the_configuration(void *fdt)
{
	assert_int_equal(fdt_set_name(fdt, configuration_of(fdt), "conf-1@1"), 0);
}
static void loads_what_isnt_there(void *fdt)
{
	assert_int_equal(fdt_appendprop_string(fdt, configuration_of(fdt), "loadables", "file-9"), 0);
}
static void two_of_one_name(void *fdt)
{
	rename_part(fdt, "file-1", "file-0");
	load_instead(fdt, 1, NULL);
}
static void two_configurations_of_one_name(void *fdt)
{
	static const char *const words[] = {"kernel", "fdt", "loadables", "bulkhead,board",
					    "bulkhead,inputs"};
	int other = fdt_add_subnode(fdt, fdt_path_offset(fdt, "/configurations"), "conf-2");

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		char value[128];
		int size = 0;
		const void *const good = fdt_getprop(fdt, configuration_of(fdt), words[i], &size);

		assert_true(good && (size_t)size <= sizeof(value));
		memcpy(value, good, (size_t)size);
		assert_int_equal(fdt_setprop(fdt, other, words[i], value, size), 0);
		other = fdt_path_offset(fdt, "/configurations/conf-2");
	}
	assert_int_equal(fdt_set_name(fdt, other, "conf-1"), 0);
}
static void no_names(void *fdt)
{
	for (int i = 0; i < 4; i++) {
		char path[] = "/images/file-0";

		path[sizeof(path) - 2] = (char)('0' + i);
		assert_int_equal(fdt_del_node(fdt, fdt_path_offset(fdt, path)), 0);
	}
	assert_int_equal(fdt_setprop(fdt, configuration_of(fdt), "loadables", "\1", 1), 0);
}

/* [utest->swr~audit-fit~1] */
static void names_lead_to_one_part_each(void **state)
{
	static void (*const rows[])(void *) = {uses_swapped,
					       unit_of_a_part,
					       unit_of_the_configuration,
					       loads_what_isnt_there,
					       two_of_one_name,
					       two_configurations_of_one_name,
					       no_names};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const size_t room = 4096;
		struct fixture f;
		struct audit audit = {0};
		uint8_t *image;

		fixture_make(&f);
		fixture_seal(&f);
		image = malloc(f.image_size + room);
		assert_int_equal(fdt_open_into(f.image, image, (int)(f.image_size + room)), 0);
		rows[i](image);
		assert_true(audit_run(&audit, (struct blob){image, fdt_totalsize(image)}));
		if (!audit.report.by_rule[RULE_FIT])
			fail_msg("row %zu wasn't caught", i);
		audit_close(&audit);
		free(image);
		fixture_free(&f);
	}
}

/* What mkimage puts into an image that it signs, and the counter.  [utest->swr~audit-fit~1] */
static void a_signed_image_is_alike(void **state)
{
	static const char images[] = "kernel\0fdt\0loadables\0bulkhead,inputs";
	const size_t room = 4096;
	struct fixture f;
	struct audit audit = {0};
	uint8_t *image, value[512] = {1};
	int node;

	fixture_make(&f);
	fixture_seal(&f);
	image = malloc(f.image_size + room);
	assert_int_equal(fdt_open_into(f.image, image, (int)(f.image_size + room)), 0);
	assert_int_equal(fdt_setprop_u32(image, 0, "timestamp", 1), 0);
	node = fdt_path_offset(image, "/configurations/conf-1");
	assert_int_equal(fdt_setprop_u32(image, node, "bulkhead,counter", 7), 0);
	node = fdt_add_subnode(image, node, "signature-1");
	assert_true(node > 0);
	assert_int_equal(fdt_setprop(image, node, "sign-images", images, sizeof(images)), 0);
	assert_int_equal(fdt_setprop(image, node, "value", value, sizeof(value)), 0);
	assert_int_equal(fdt_setprop_string(image, node, "algo", "sha256,rsa4096"), 0);
	assert_true(audit_run(&audit, (struct blob){image, fdt_totalsize(image)}));
	assert_int_equal(audit.report.total, 0);
	audit_close(&audit);
	free(image);
	fixture_free(&f);
}

static int command(const void *image, size_t size, bool json, char *output, size_t output_size)
{
	char path[] = "/tmp/bulkhead-audit-XXXXXX", capture[] = "/tmp/bulkhead-audit-XXXXXX";
	const int file = mkstemp(path), saved = dup(STDOUT_FILENO), out = mkstemp(capture);
	ssize_t length;
	int status;

	assert_int_equal(write(file, image, size), size);
	close(file);
	fflush(stdout);
	dup2(out, STDOUT_FILENO);
	status = audit_main(&(struct audit_options){.image = path, .json = json});
	fflush(stdout);
	dup2(saved, STDOUT_FILENO);
	close(saved);
	length = pread(out, output, output_size - 1, 0);
	output[length < 0 ? 0 : length] = '\0';
	close(out);
	unlink(path);
	unlink(capture);
	return status;
}

/* [utest->swr~audit-command~1] */
static void the_command_says_what_it_found(void **state)
{
	char output[4096];
	struct fixture f;

	fixture_make(&f);
	fixture_seal(&f);
	assert_int_equal(command(f.image, f.image_size, false, output, sizeof(output)), 0);
	assert_non_null(strstr(output, " rules, 0 violations, 3 cells, 4 cores"));
	assert_int_equal(command(f.image, f.image_size, true, output, sizeof(output)), 0);
	assert_non_null(strstr(output, "\"violations\": 0"));
	assert_int_equal(command(f.image, 100, false, output, sizeof(output)), 2);
	free(f.image);
	f.cell[CONTROL]->vttbr |= 1;
	fixture_seal(&f);
	assert_int_equal(command(f.image, f.image_size, false, output, sizeof(output)), 1);
	assert_non_null(strstr(output, ": SEP-08: cell 'control': VTTBR"));
	assert_int_equal(command(f.image, f.image_size, true, output, sizeof(output)), 1);
	assert_non_null(strstr(output, "{\"rule\": \"SEP-08\", \"message\": \"cell 'control'"));
	fixture_free(&f);
	assert_int_equal(audit_main(&(struct audit_options){.image = "/nonexistent"}), 2);
}

/* [utest->swr~audit-rule-verdicts~1] */
static void each_rule_has_its_verdict(void **state)
{
	static char output[65536];
	struct fixture f;
	size_t count = 0;

	fixture_make(&f);
	fixture_seal(&f);
	assert_int_equal(command(f.image, f.image_size, true, output, sizeof(output)), 0);
	for (const char *at = output; (at = strstr(at, "\"verdict\": \"holds\", \"violations\": 0, ")); at++)
		count++;
	assert_int_equal(count, RULE_COUNT);
	free(f.image);
	f.cell[CONTROL]->vttbr |= 1;
	fixture_seal(&f);
	assert_int_equal(command(f.image, f.image_size, true, output, sizeof(output)), 1);
	assert_non_null(strstr(
		output, "{\"rule\": \"SEP-08\", \"verdict\": \"violated\", \"violations\": 1, \"claim\": "));
	assert_non_null(strstr(output, "{\"rule\": \"FMT-01\", \"verdict\": \"holds\", \"violations\": 0, "));
	free(f.image);
	f.header->magic ^= 1; /* what isn't understood isn't judged */
	fixture_seal(&f);
	assert_int_equal(command(f.image, f.image_size, true, output, sizeof(output)), 1);
	assert_non_null(strstr(output, "{\"rule\": \"FMT-03\", \"verdict\": \"violated\", "));
	assert_non_null(
		strstr(output, "{\"rule\": \"SEP-01\", \"verdict\": \"not judged\", \"violations\": 0, "));
	assert_null(strstr(output, "\"holds\""));
	fixture_free(&f);
}

/* docs/audit.md explains every rule, under its number and claim.  [utest->swr~audit-documented~1] */
/* [utest->tor~audit-manual~1] */
static void every_rule_is_documented(void **state)
{
	FILE *file = fopen("docs/audit.md", "r");
	static char text[65536];
	size_t length;

	if (!file)
		skip(); /* not run from the top of the tree */
	length = fread(text, 1, sizeof(text) - 1, file);
	fclose(file);
	text[length] = '\0';
	for (int rule = 0; rule < RULE_COUNT; rule++) {
		char row[256];

		(void)snprintf(row, sizeof(row), "| %s | %s |", rule_id(rule), rule_claim(rule));
		if (!strstr(text, row))
			fail_msg("docs/audit.md lacks: %s", row);
	}
}

static void values_are_read_as_written(void **state)
{
	static const struct {
		const char *text;
		bool valid;
		uint64_t value;
	} sizes[] = {{"0", true, 0},
		     {"512M", true, UINT64_C(512) << 20},
		     {"0x1000", true, 0x1000},
		     {"1G", true, UINT64_C(1) << 30},
		     {"0xffffffffffffffff", true, UINT64_MAX},
		     {"17179869184G", false, 0},
		     {"0x10000000000000000", false, 0},
		     {"99999999999999999999", false, 0},
		     {"", false, 0},
		     {"M", false, 0},
		     {"1 M", false, 0},
		     {"-1", false, 0},
		     {"0x", false, 0}};
	uint64_t value;

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		assert_int_equal(value_size(sizes[i].text, &value), sizes[i].valid);
		if (sizes[i].valid)
			assert_int_equal(value, sizes[i].value);
	}
	assert_true(value_duration("10ms", &value) && value == 10000000);
	assert_true(value_duration("500us", &value) && value == 500000);
	assert_true(value_duration("60s", &value) && value == UINT64_C(60000000000));
	assert_false(value_duration("60", &value));
	assert_false(value_duration("60000000000000000s", &value));
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(broken_formats_are_caught),
					   cmocka_unit_test(fit_parts_are_checked),
					   cmocka_unit_test(nothing_else_is_loaded),
					   cmocka_unit_test(nothing_else_is_there),
					   cmocka_unit_test(names_lead_to_one_part_each),
					   cmocka_unit_test(a_signed_image_is_alike),
					   cmocka_unit_test(the_command_says_what_it_found),
					   cmocka_unit_test(each_rule_has_its_verdict),
					   cmocka_unit_test(every_rule_is_documented),
					   cmocka_unit_test(values_are_read_as_written)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
