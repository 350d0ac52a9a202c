/* SPDX-License-Identifier: Apache-2.0 */
/*
 * import_write.c - the files of an imported board's folder.
 *
 * board.dtb, machine.dts, partitions.dts and pci.dts are written together; README.md follows once the
 * partition file has been read back, which says what "rest" leaves out. Called by import.c.
 */
#include "import.h"
#include "text.h"

#include <inttypes.h>
#include <libfdt.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void import_add(const char **text, const char *format, ...)
{
	va_list arguments;
	char *more;

	va_start(arguments, format);
	if (vasprintf(&more, format, arguments) < 0)
		more = NULL;
	va_end(arguments);
	*text = text_format("%s%s", *text, more ? more : "");
}

static void add_ranges(const char **text, const char *property, const struct ranges *ranges)
{
	import_add(text, "\t\t%s = /bits/ 64 <", property);
	for (size_t i = 0; i < ranges->count; i++)
		import_add(text, "%s0x%" PRIx64 " 0x%" PRIx64, i ? " " : "", ranges->at[i].base,
			   ranges->at[i].size);
	import_add(text, ">;\n");
}

static const char *machine_text(const struct import *import)
{
	static const char *const facts[] = {
#define FACT(name, path) path,
		BP_FACTS(FACT)
#undef FACT
	};
	const struct board *const board = &import->board;
	const char *text = "";

	import_add(&text,
		   "/*\n * What the device tree doesn't say. Facts that `assumed` lists are guesses: an "
		   "image audits "
		   "with them,\n * and doesn't boot until each is stated and taken off the list "
		   "(README.md).\n */\n"
		   "/dts-v1/;\n/ {\n\tcompatible = \"bulkhead,machine-v1\";\n\tboard = \"%s\";\n\tassumed =",
		   import->name);
	for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++)
		if (i != BP_FACT_MEMORY || import->memory_guessed)
			import_add(&text, "%s \"%s\"", i ? "," : "", facts[i]);
	import_add(&text, ";\n\tloader {\n");
	add_ranges(&text, "staging", &import->staging);
	add_ranges(&text, "forbidden", &import->forbidden);
	import_add(&text, "%s", import_loader(board->tree.data));
	import_add(&text,
		   "\t};\n\tcpu {\n\t\tpa-bits = <%u>;\n\t};\n\tgic {\n\t\tspi-count = <%u>;\n\t\tid-bits = "
		   "<%u>;\n"
		   "\t\tlist-registers = <%u>;\n\t\tfree-spis = <%u %u>;\n\t\tredistributor-frames = "
		   "<%u>;\n\t};\n",
		   board->pa_bits, board->spi_count, board->gic_id_bits, board->list_registers,
		   board->free_spis.first, board->free_spis.count, board->gicr_frames);
	if (board->smmu.size)
		import_add(&text, "\tsmmu {\n\t\tidr0 = <0 0>; /* not compared */\n\t};\n");
	import_add(&text, "};\n");
	return text;
}

static bool core_works(const struct board *board, size_t core)
{
	const char *const status = fdt_getprop(board->tree.data, board->cpu_nodes[core], "status", NULL);

	return !status || strncmp(status, "fail", 4) != 0;
}

/* The first core that works is the health cell's, all others the main cell's. */
static const char *partitions_text(const struct import *import)
{
	const struct board *const board = &import->board;
	const char *text = "", *others = "";
	size_t health = board->core_count, count = 0;

	for (size_t core = 0; core < board->core_count && count < BP_CELL_CORES_MAX; core++) {
		if (!core_works(board, core))
			continue;
		if (health == board->core_count) {
			health = core;
			continue;
		}
		import_add(&others, "%s%zu", count++ ? " " : "", core);
	}
	import_add(&text,
		   "/*\n * A first division of %s: one Linux with all that is safe, and the cell that "
		   "watches it.\n"
		   " * README.md says what \"rest\" leaves out, and what this board can't do.\n "
		   "*/\n/dts-v1/;\n/ {\n"
		   "\tcompatible = \"bulkhead,partitions-v1\";\n\tboard = \".\";\n\n\tcells {\n\t\thealth {\n"
		   "\t\t\trole = \"health\";\n\t\t\tcpus = <%zu>;\n\t\t\tmemory = \"32M\";\n"
		   "\t\t\timage = \"health.elf\";\n\t\t};\n\n\t\tmain {\n\t\t\tcpus = <%s>;\n"
		   "\t\t\tmemory = \"%s\"; /* half of the largest block */\n\t\t\tkernel = \"Image\";\n"
		   "\t\t\tdevices = \"rest\";\n\t\t};\n\t};\n};\n",
		   import->name, health, others, text_of_size(import->main_memory));
	return text;
}

bool import_write_board(const struct import *import)
{
	const char *const machine = machine_text(import), *const partitions = partitions_text(import);
	struct outputs outputs;

	return output_open(&outputs, import->folder) &&
	       output_add(&outputs, "board.dtb", import->tree.data, fdt_totalsize(import->tree.data)) &&
	       output_add(&outputs, "machine.dts", machine, strlen(machine)) &&
	       output_add(&outputs, "partitions.dts", partitions, strlen(partitions)) &&
	       (!import->pci || output_add(&outputs, "pci.dts", import->pci, strlen(import->pci))) &&
	       output_commit(&outputs);
}

/* In the order of BP_FACTS. */
static const char *const how_to_state[BP_FACT_COUNT] = {
	"| `loader/staging` | where the loader puts the image and what it copies: U-Boot's `bdinfo`, "
	"`printenv "
	"loadaddr kernel_addr_r fdt_addr_r` |",
	"| `loader/forbidden` | where the loader runs and what firmware keeps: `bdinfo` (relocaddr, sp "
	"start), the "
	"firmware's manual |",
	"| `cpu/pa-bits` | ID_AA64MMFR0_EL1.PARange, or the cores' manual |",
	"| `gic/spi-count` | GICD_TYPER.ITLinesNumber: Linux prints \"GICv3: N SPIs implemented\" |",
	"| `gic/id-bits` | GICD_TYPER.IDbits + 1 |",
	"| `gic/list-registers` | ICH_VTR_EL2.ListRegs + 1, or the cores' manual |",
	"| `gic/free-spis` | SPIs wired to nothing: the interrupt table of the chip's manual |",
	"| `gic/redistributor-frames` | up to and including the one with GICR_TYPER.Last: one a core of the "
	"chip, "
	"fused-off ones too |",
	"| `tree/memory` | not in machine.dts but in board.dtb: import once more, from /sys/firmware/fdt of "
	"the "
	"running board or with --memory |",
};

bool import_write_readme(const struct import *import)
{
	const char *text = "";
	struct outputs outputs;

	import_add(&text,
		   "# %s\n\n`board.dtb` is %s%s; seeds and what a boot loader wrote for one boot are taken "
		   "out of "
		   "`/chosen`.\n`machine.dts` holds guesses, marked `assumed`: an image with them audits and "
		   "doesn't "
		   "boot. State each, from\n\n| fact | from |\n|---|---|\n",
		   import->name, import->source,
		   import->memory_guessed ? " with 1 GiB of memory, which is a guess"
		   : import->memory.count ? " with the memory that --memory gives"
					  : "");
	for (size_t i = 0; i < sizeof(how_to_state) / sizeof(how_to_state[0]); i++)
		if (i != BP_FACT_MEMORY || import->memory_guessed)
			import_add(&text, "%s\n", how_to_state[i]);
	import_add(&text, "\nand take it off the list.\n\n## What this board can't do\n\n");
	if (import->limits[0])
		import_add(&text, "%s", import->limits);
	else
		import_add(&text, "Nothing is known.\n");
	import_add(&text, "\n## What \"rest\" leaves out\n\n");
	for (size_t i = 0; i < import->plan.left_out_count; i++)
		import_add(&text, "    %s: %s\n", import->plan.left_out[i].path,
			   import->plan.left_out[i].why);
	return output_open(&outputs, import->folder) &&
	       output_add(&outputs, "README.md", text, strlen(text)) && output_commit(&outputs);
}
