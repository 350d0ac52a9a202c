// SPDX-License-Identifier: Apache-2.0
/*
 * import.c - fuzz target: `bulkhead import` of a pack's board, with its --memory and, where it has one, a
 * copy of /sys/bus/pci/devices.
 *
 * Nothing is written but that copy: output.c's functions are replaced here. What is read back is the board
 * that import wrote, with a good partition file and facts that hold for any (stand_in.h, seeds.py).
 */
#include "stand_in.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "keep.h"

#include "../../src/compiler/import.h"

#define MEMORY_ARGUMENTS 40u

bool output_open(struct outputs *outputs, const char *folder)
{
	*outputs = (struct outputs){.folder = folder};
	return true;
}

bool output_add(struct outputs *outputs, const char *name, const void *data, size_t size)
{
	(void)outputs;
	if (!strcmp(name, "board.dtb"))
		stand_in_board((struct part){data, size});
	return true;
}

bool output_commit(struct outputs *outputs)
{
	(void)outputs;
	return true;
}

void output_abandon(struct outputs *outputs)
{
	(void)outputs;
}

/* One function's files: a NUL ends each but the last. */
static bool pci_write(const char *folder, struct part part)
{
	static const char *const names[] = {"vendor",		"device",	"class",
					    "revision",		"uevent",	"physfn/uevent",
					    "resource",		"sriov_stride", "subsystem_vendor",
					    "subsystem_device", "sriov_offset", "sriov_totalvfs",
					    "sriov_vf_device",	"config"};
	const size_t count = sizeof(names) / sizeof(names[0]);
	size_t at = 0;

	for (size_t i = 0; i < count; i++) {
		const uint8_t *const end =
			i + 1 < count && at < part.size ? memchr(part.data + at, 0, part.size - at) : NULL;
		const size_t size = end ? (size_t)(end - part.data) - at : part.size - at;
		char path[512];
		FILE *file;

		(void)snprintf(path, sizeof(path), "%s/0000:00:01.0/%s", folder, names[i]);
		file = fopen(path, "wb");
		if (!file)
			return false;
		(void)fwrite(part.data + at, 1, size, file);
		(void)fclose(file);
		at += size + (end ? 1 : 0);
	}
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct pack *const input = stand_in_open(data, size);
	const struct part memory = input->parts[PART_MEMORY], pci = input->parts[PART_PCI];
	const char *const folder = pci.data ? getenv("FUZZ_PCI") : NULL, *arguments[MEMORY_ARGUMENTS];
	char *const text = calloc(memory.size + 1, 1);
	size_t count = 0;

	if (folder && !pci_write(folder, pci))
		abort();
	if (memory.size)
		memcpy(text, memory.data, memory.size);
	for (size_t at = 0; at < memory.size && count < MEMORY_ARGUMENTS; at += strlen(text + at) + 1)
		arguments[count++] = text + at;
	import_run("imported.dtb", arguments, count, folder, "build/fuzz/nowhere");
	free(text);
	keep_free();
	return 0;
}
