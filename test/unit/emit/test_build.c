// SPDX-License-Identifier: Apache-2.0
/*
 * test_build.c - the files of a build: digests, the patched image, the FIT, and failing to write them.
 *
 * Robustness: full_disk_leaves_nothing, no_folder_is_an_error, a_wrong_binary_is_refused
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <dirent.h>
#include <libfdt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../../src/compiler/digest.h"
#include "../../../src/compiler/fit.h"
#include "fixture.h"

static char folder[] = "/tmp/bulkhead-emit-XXXXXX";

static int make_folder(void **state)
{
	(void)state;
	return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
	char *const command = text_format("rm -rf %s", folder);

	(void)state;
	return system(command);
}

static struct bytes file_bytes(const char *path)
{
	struct bytes bytes = {path, NULL, 0};
	FILE *const stream = fopen(path, "rb");

	assert_non_null(stream);
	fseek(stream, 0, SEEK_END);
	bytes.size = (size_t)ftell(stream);
	rewind(stream);
	bytes.data = malloc(bytes.size);
	assert_int_equal(fread(bytes.data, 1, bytes.size, stream), bytes.size);
	fclose(stream);
	return bytes;
}

static size_t files_in(const char *path)
{
	DIR *const dir = opendir(path);
	size_t count = 0;

	assert_non_null(dir);
	for (const struct dirent *entry = readdir(dir); entry; entry = readdir(dir))
		count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
	closedir(dir);
	return count;
}

static void digest_covers_the_blueprint(void **state)
{
	struct layout layout;
	uint8_t digest[DIGEST_SIZE], held[DIGEST_SIZE];
	struct bp_header *header;

	(void)state;
	assert_true(layout_settle(&layout, fixture_plan()));
	header = (struct bp_header *)layout.file.data;
	assert_int_equal(header->size, layout.file.size);
	assert_int_equal(header->size % BP_PAGE_SIZE, 0);
	assert_int_equal(header->writable_pa, layout.file.pa + header->size);
	memcpy(held, header->digest, sizeof(held));
	memset(header->digest, 0, sizeof(held));
	digest_of(layout.file.data, layout.file.size, digest);
	assert_memory_equal(digest, held, sizeof(held));
}

static void image_is_patched(void **state)
{
	struct layout layout;
	struct bytes image;
	struct hv_header hv;
	uint64_t size, flags;

	(void)state;
	assert_true(layout_settle(&layout, fixture_plan()));
	image = image_write(&layout);
	memcpy(&hv, image.data + HV_HEADER_OFFSET, sizeof(hv));
	memcpy(&size, image.data + IMAGE_SIZE_AT, sizeof(size));
	memcpy(&flags, image.data + IMAGE_FLAGS_AT, sizeof(flags));
	assert_int_equal(hv.load_pa, FIXTURE_LOAD_PA);
	assert_int_equal(hv.console.pa, 0x9000000);
	assert_int_equal(hv.console.kind, HV_CONSOLE_PL011);
	assert_int_equal(FIXTURE_LOAD_PA + size, layout.writable_pa + layout.writable_size);
	assert_true(flags & IMAGE_FLAG_ANYWHERE);
	assert_memory_equal(image.data + FIXTURE_FILE_SIZE, layout.file.data, layout.file.size);
}

/* [utest->swr~compile-reproducible~1] */
static void build_is_reproducible(void **state)
{
	static const char *const names[] = {"blueprint.bin", "health.dtb", "linux.dtb",	   "control.dtb",
					    "map.txt",	     "map.json",   "bulkhead.itb", "manifest.json"};
	char *const first = text_format("%s/a/b", folder), *const second = text_format("%s/c", folder);

	(void)state;
	assert_true(plan_emit(fixture_plan(), first));
	assert_true(plan_emit(fixture_plan(), second));
	assert_true(plan_emit(fixture_plan(), second)); /* over what is there */
	assert_int_equal(files_in(first), 9);
	assert_int_equal(files_in(second), 9);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct bytes a = file_bytes(text_format("%s/%s", first, names[i]));
		struct bytes b = file_bytes(text_format("%s/%s", second, names[i]));

		assert_int_equal(a.size, b.size);
		assert_memory_equal(a.data, b.data, a.size);
	}
}

/* [utest->swr~compile-fit~1] */
static void fit_holds_inputs_and_store(void **state)
{
	struct plan *const plan = fixture_plan();
	struct layout layout;
	struct bytes kernel, fit;
	int images, image, size, node;
	const void *data;

	(void)state;
	assert_true(layout_settle(&layout, plan));
	kernel = image_write(&layout);
	assert_true(fit_write(&layout, &kernel, &fit));
	assert_int_equal(fdt_check_full(fit.data, fit.size), 0);
	images = fdt_path_offset(fit.data, "/images");
	fdt_for_each_subnode(image, fit.data, images)
	{
		uint8_t digest[DIGEST_SIZE];
		const int hash = fdt_subnode_offset(fit.data, image, "hash-1");

		data = fdt_getprop(fit.data, image, "data", &size);
		assert_non_null(data);
		assert_int_equal(((const uint8_t *)data - fit.data) % 8, 0);
		digest_of(data, (size_t)size, digest);
		assert_memory_equal(fdt_getprop(fit.data, hash, "value", NULL), digest, sizeof(digest));
	}
	image = fdt_subnode_offset(fit.data, images, "file-2");
	assert_string_equal(fdt_getprop(fit.data, image, "description", NULL), "linux:initrd:initrd.img");
	assert_int_equal(fdt64_ld(fdt_getprop(fit.data, image, "load", NULL)), 0xb0002000);
	data = fdt_getprop(fit.data, fdt_subnode_offset(fit.data, images, "partitions"), "data", &size);
	assert_memory_equal(data, plan->partitions.data, plan->partitions.size);
	data = fdt_getprop(fit.data, fdt_path_offset(fit.data, "/configurations/conf-1"), "loadables", &size);
	assert_int_equal(size, 4 * sizeof("file-0"));
	assert_string_equal((const char *)data + 3 * sizeof("file-0"), "file-3");
	node = fdt_path_offset(fit.data, "/configurations/conf-1");
	assert_string_equal(fdt_getprop(fit.data, node, "bulkhead,board", NULL), plan->board.name);
	assert_int_equal(fdt_stringlist_count(fit.data, node, "bulkhead,inputs"), 3);
	assert_int_equal(fdt_stringlist_search(fit.data, node, "bulkhead,inputs", "partitions"), 1);
}

/* A full disk, played by a limit on file sizes: an error, and nothing left behind. */
/* [utest->swr~compile-whole-or-nothing~1] */
static void full_disk_leaves_nothing(void **state)
{
	char *const path = text_format("%s/full", folder);
	struct rlimit before, limit;

	(void)state;
	assert_int_equal(mkdir(path, 0755), 0); /* one that it makes it takes along */
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	limit = before;
	limit.rlim_cur = 245000; /* the blueprint fits, the FIT doesn't */
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	assert_false(plan_emit(fixture_plan(), path));
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_int_equal(files_in(path), 0);
}

/* [utest->swr~compile-whole-or-nothing~1] */
static void no_folder_is_an_error(void **state)
{
	(void)state;
	assert_false(plan_emit(fixture_plan(), "/proc/nowhere"));
	assert_false(plan_emit(fixture_plan(), "/dev/null"));
}

/* [utest->swr~compile-fit~1] */
static void a_wrong_binary_is_refused(void **state)
{
	struct layout layout;
	struct plan *plan = fixture_plan();
	struct hv_header *hv = (struct hv_header *)(plan->hypervisor.data + HV_HEADER_OFFSET);

	(void)state;
	hv->segments[0].flags |= HV_SEG_WRITE;
	assert_false(layout_settle(&layout, plan));
	hv->segments[0].flags = HV_SEG_READ | HV_SEG_EXEC;
	hv->segments[1].flags |= HV_SEG_WRITE;
	assert_false(layout_settle(&layout, plan));
	hv->segments[1].flags = HV_SEG_READ;
	hv->segments[6].va = EL2_VA_CELL;
	assert_false(layout_settle(&layout, plan));
	hv->segments[6].va = EL2_VA_PRIVATE + 0x3000;
	hv->segments[4].size = 0x100000;
	assert_false(layout_settle(&layout, plan));
	hv->segments[4].size = 0x1000;
	hv->abi++;
	assert_false(layout_settle(&layout, plan));
	hv->abi--;
	hv->magic++;
	assert_false(layout_settle(&layout, plan));
	hv->magic--;
	plan->hypervisor.size = 100;
	assert_false(layout_settle(&layout, plan));
}

static void map_names_everything(void **state)
{
	char *text = NULL;
	size_t size = 0;
	FILE *const stream = open_memstream(&text, &size);
	static const char *const words[] = {
		"health",     "control", "/soc/nic@0",	  "setpoints", "SPI 234 (doorbell",
		"0xa0200000", "orders",	 "restart-limit", "PPI 27",    "windows"};

	(void)state;
	assert_true(plan_map(fixture_plan(), MAP_TEXT, stream));
	fclose(stream);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		assert_non_null(strstr(text, words[i]));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(digest_covers_the_blueprint), cmocka_unit_test(image_is_patched),
		cmocka_unit_test(build_is_reproducible),       cmocka_unit_test(fit_holds_inputs_and_store),
		cmocka_unit_test(full_disk_leaves_nothing),    cmocka_unit_test(no_folder_is_an_error),
		cmocka_unit_test(a_wrong_binary_is_refused),   cmocka_unit_test(map_names_everything),
	};

	return cmocka_run_group_tests_name("emit.build", tests, make_folder, remove_folder);
}
