// SPDX-License-Identifier: Apache-2.0
/*
 * stand_in.c - see stand_in.h: process.c's functions, answered from the input's pack.
 *
 * What a pack lacks is taken from the file that FUZZ_DEFAULTS names.
 */
#include "stand_in.h"

#include <stdlib.h>
#include <string.h>

#include "keep.h"

#include "../../src/compiler/process.h"
#include "../../src/compiler/source.h"

static struct pack defaults, input;

static bool ends_with(const char *text, const char *end)
{
	const size_t length = strlen(text), end_length = strlen(end);

	return length >= end_length && !strcmp(text + length - end_length, end);
}

struct part stand_in_part(enum part_kind kind)
{
	return input.parts[kind].data ? input.parts[kind] : defaults.parts[kind];
}

static void give(struct bytes *bytes, struct part part)
{
	bytes->data = calloc(part.size + 1, 1);
	bytes->size = part.size;
	if (part.size)
		memcpy(bytes->data, part.data, part.size);
}

int process_run(const char *const argv[], struct bytes *output, struct bytes *errors)
{
	const char *path = NULL;
	bool text = false;
	enum part_kind kind;

	for (size_t i = 0; argv[i]; i++) {
		text |= !strcmp(argv[i], "-T");
		path = argv[i];
	}
	if (ends_with(path, "board.dts"))
		kind = PART_BOARD;
	else if (ends_with(path, "machine.dts"))
		kind = text ? PART_MACHINE_TEXT : PART_MACHINE;
	else if (ends_with(path, "pci.dts"))
		kind = text ? PART_INVENTORY_TEXT : PART_INVENTORY;
	else if (ends_with(path, ".dtso"))
		kind = PART_OVERLAY;
	else
		kind = text ? PART_PARTITION_TEXT : PART_PARTITION;
	*output = *errors = (struct bytes){0};
	if (kind == PART_PARTITION && input.parts[PART_ERRORS].data) {
		give(errors, input.parts[PART_ERRORS]);
		return 1;
	}
	give(output, stand_in_part(kind));
	/* dtc writes no broken trees. */
	return !text && !source_tree_whole(output);
}

const char *file_read(const char *path, uint64_t limit, struct bytes *file)
{
	static const struct part few = {(const uint8_t *)"text", 4};
	struct part part = few;

	if (ends_with(path, "known-slaves"))
		part = stand_in_part(PART_KNOWN_SLAVES);
	else if (ends_with(path, ".elf"))
		part = stand_in_part(PART_ELF);
	else if (ends_with(path, "Image"))
		part = stand_in_part(PART_KERNEL);
	else if (ends_with(path, ".dtb"))
		part = stand_in_part(PART_BOARD);
	else if (ends_with(path, ".dtbo"))
		part = stand_in_part(PART_OVERLAY);
	if (part.size > limit)
		return "it is too large";
	give(file, part);
	file->path = path;
	return NULL;
}

bool file_exists(const char *path)
{
	if (ends_with(path, "pci.dts"))
		return stand_in_part(PART_INVENTORY).data != NULL;
	return !ends_with(path, ".dtb") && !strstr(path, "missing") && !strstr(path, "lone/");
}

bool folder_exists(const char *path)
{
	static const char *const boards[] = {"/qemu-virt", "/odd", "/lone", "/cached", "/derive"};
	bool found = false;

	for (size_t i = 0; i < sizeof(boards) / sizeof(boards[0]); i++)
		found |= ends_with(path, boards[i]);
	return found;
}

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc, (void)argv;
	pack_load(&defaults, getenv("FUZZ_DEFAULTS"));
	return 0;
}

const struct pack *stand_in_open(const uint8_t *data, size_t size)
{
	pack_open(&input, data, size);
	return &input;
}

void stand_in_board(struct part board)
{
	input.parts[PART_BOARD] = board;
}

bool stand_in_read(struct plan *plan, const uint8_t *data, size_t size)
{
	pack_open(&input, data, size);
	return plan_read(plan, "partitions.dts", NULL, 0);
}
