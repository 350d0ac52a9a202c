// SPDX-License-Identifier: Apache-2.0
/*
 * memory.c - probe: reads, writes and jumps anywhere, and the memory that proves that nobody else wrote.
 */
#include "probe.h"

#include <inttypes.h>
#include <stdio.h>

#include "channel.h"
#include "gic.h"
#include "memory.h"
#include "mmio.h"
#include "mmu.h"
#include "sysreg.h"
#include "timer.h"

#include "../control/setpoint.h"

#define PATTERN_MAX UINT64_C(0x800000)
#define PAGE	    UINT64_C(4096)
#define UPPER	    UINT64_C(0xffffff8000000000) /* of 39 bits, with a granule of 4 KiB */
#define TCR_EPD1    (UINT64_C(1) << 23)
#define TCR_UPPER   (UINT64_C(2) << 30 | UINT64_C(25) << 16) /* TG1, T1SZ */
#define SCRATCH	    PAGE /* in front of the pattern, for `write` and `read` against this cell's own memory */

static uint64_t *pattern;
static uint64_t pattern_words;

/* A place of its own to jump to: comes back at once. */
static void jump_target(void)
{
	__asm__ volatile("");
}

static uint64_t word_of(const uint64_t *at)
{
	return ((uint64_t)(uintptr_t)at ^ UINT64_C(0x42554c4b48454144)) * UINT64_C(0x9e3779b97f4a7c15);
}

static void pattern_fill(void)
{
	for (uint64_t i = 0; i < pattern_words; i++)
		pattern[i] = word_of(&pattern[i]);
}

void probe_memory_start(void)
{
	const struct range *ram = &probe_guest->ram[0], room = memory_free(probe_guest);

	pattern = (uint64_t *)(uintptr_t)(room.base + SCRATCH);
	pattern_words = room.size > SCRATCH ? (room.size - SCRATCH) / sizeof(*pattern) : 0;
	if (pattern_words > PATTERN_MAX / sizeof(*pattern))
		pattern_words = PATTERN_MAX / sizeof(*pattern);
	pattern_fill();
	printf("probe: memory ram=0x%" PRIx64 "+0x%" PRIx64 " scratch=0x%" PRIx64 " pattern=0x%" PRIx64
	       "+0x%" PRIx64 " return=0x%" PRIx64 "\n",
	       ram->base, ram->size, room.base, (uint64_t)(uintptr_t)pattern,
	       pattern_words * sizeof(*pattern), (uint64_t)(uintptr_t)jump_target);
}

static void reach(uint64_t address, enum mmu_kind kind)
{
	if (!mmu_mapped(address) && !mmu_map(address, 1, kind))
		printf("probe: 0x%" PRIx64 " can't be mapped\n", address);
}

static void run_read(const uint64_t *args)
{
	uint64_t value;

	reach(args[0], MMU_DEVICE);
	probe_arm(false);
	value = args[1] == 8 ? mmio_read64(args[0]) : mmio_read32(args[0]);
	if (probe_faults())
		printf("probe: read 0x%" PRIx64 " faulted\n", args[0]);
	else
		printf("probe: read 0x%" PRIx64 " = 0x%" PRIx64 "\n", args[0], value);
}

static void run_write(const uint64_t *args)
{
	reach(args[0], MMU_DEVICE);
	probe_arm(false);
	if (args[2] == 8)
		mmio_write64(args[0], args[1]);
	else if (args[2] == 2)
		mmio_write16(args[0], (uint16_t)args[1]);
	else if (args[2] == 1)
		mmio_write8(args[0], (uint8_t)args[1]);
	else
		mmio_write32(args[0], (uint32_t)args[1]);
	printf("probe: write 0x%" PRIx64 " %s\n", args[0], probe_faults() ? "faulted" : "done");
}

static void run_jump(const uint64_t *args)
{
	reach(args[0], MMU_CODE);
	probe_arm(false);
	((void (*)(void))(uintptr_t)args[0])();
	printf("probe: jump 0x%" PRIx64 " %s\n", args[0], probe_faults() ? "faulted" : "came back");
}

/* A load from the upper addresses, whose first table lies at an address of any kind (TTBR1_EL1, TCR_EL1). */
static void run_walk(const uint64_t *args)
{
	const uint64_t mine = sysreg_read("tcr_el1");

	sysreg_write("ttbr1_el1", args[0]);
	sysreg_write("tcr_el1", (mine & ~TCR_EPD1) | TCR_UPPER);
	barrier_isb();
	probe_arm(false);
	(void)mmio_read32(UPPER);
	sysreg_write("tcr_el1", mine);
	barrier_isb();
	printf("probe: walk 0x%" PRIx64 " %s\n", args[0], probe_faults() ? "faulted" : "came back");
}

static void run_checksum(const uint64_t *args)
{
	const struct gic_counts *gic = gic_counts();
	uint64_t bad = 0, first = 0;

	(void)args;
	for (uint64_t i = 0; i < pattern_words; i++) {
		if (*(volatile uint64_t *)&pattern[i] == word_of(&pattern[i]))
			continue;
		if (!bad++)
			first = (uintptr_t)&pattern[i];
	}
	printf("probe: checksum %s bytes=%" PRIu64 " bad=%" PRIu64 " first=0x%" PRIx64 "\n",
	       bad ? "BAD" : "ok", pattern_words * sizeof(*pattern), bad, first);
	printf("probe: counters ticks=%" PRIu64 " taken=%" PRIu64 " spurious=%" PRIu64 " foreign=%" PRIu64
	       " sgis=%" PRIu64 " doorbells=%" PRIu64 " exceptions=%" PRIu64 " last_esr=0x%" PRIx64 "\n",
	       probe_counts.ticks, gic->taken, gic->spurious, gic->foreign, probe_counts.sgis,
	       probe_counts.doorbells, probe_counts.exceptions, probe_counts.last_esr);
}

static void run_refill(const uint64_t *args)
{
	(void)args;
	pattern_fill();
	printf("probe: refill done\n");
}

/* Stands in for the cell that commands `control`. */
static void run_setpoint(const uint64_t *args)
{
	static struct port_writer writer;
	static bool open;
	const struct setpoint setpoint = {.value = args[0], .command = args[1], .flags = args[2]};
	enum port_status status = PORT_INVALID;

	if (!open)
		open = channel_write_port(probe_guest, SETPOINT_CHANNEL, &writer, 1, sizeof(setpoint));
	if (open)
		status = port_write(&writer, &setpoint, sizeof(setpoint), timer_now());
	printf("probe: setpoint %" PRIu64 " %s\n", args[0], status == PORT_OK ? "written" : "failed");
}

const struct probe_command probe_memory_commands[] = {
	{"read", "ADDRESS [4|8]", 1, run_read},
	{"write", "ADDRESS VALUE [1|2|4|8]", 2, run_write},
	{"jump", "ADDRESS", 1, run_jump},
	{"walk", "TABLE", 1, run_walk},
	{"checksum", "", 0, run_checksum},
	{"refill", "", 0, run_refill},
	{"setpoint", "VALUE [COMMAND FLAGS]", 1, run_setpoint},
	{NULL, NULL, 0, NULL},
};
