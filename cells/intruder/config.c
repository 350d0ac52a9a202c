// SPDX-License-Identifier: Apache-2.0
/*
 * config.c - intruder: configuration space, written where it is told and where chance leads.
 */
#include <inttypes.h>
#include <stdio.h>

#include "intruder.h"
#include "mmio.h"
#include "mmu.h"

#define FUNCTIONS  256u
#define BUS_BYTES  UINT64_C(0x100000)
#define OWN_MAX	   32u
#define COMMAND	   0x04u
#define COMMAND_ON 6u /* memory, bus master */
#define BAR0	   0x10u
#define COMMON	   0x100u /* more often: the header and the capabilities behind it */

static uint64_t state;

static uint64_t chance(void) /* Marsaglia, Xorshift RNGs, 2003 */
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

static void put(uint64_t address, uint64_t value, uint64_t size)
{
	if (size == 1)
		mmio_write8(address, (uint8_t)value);
	else if (size == 2)
		mmio_write16(address, (uint16_t)value);
	else if (size == 4)
		mmio_write32(address, (uint32_t)value);
	else
		mmio_write64(address, value);
}

static void run_write(const uint64_t *args)
{
	const uint64_t address = this_guest->pci.ecam.base + args[0];

	mmu_map(address, 1, MMU_DEVICE);
	exceptions = 0;
	put(address, args[1], args[2]);
	printf("intruder: config 0x%" PRIx64 " exceptions=%" PRIu64 " reads=0x%" PRIx32 "\n", args[0],
	       exceptions, mmio_read32(address & ~UINT64_C(3)));
}

static uint32_t own_find(uint32_t *own)
{
	struct pci_function function = {0};
	uint32_t count = 0;

	while (count < OWN_MAX && pci_next(this_guest, &function))
		own[count++] = (uint32_t)((function.config - this_guest->pci.ecam.base) / PAGE);
	return count;
}

/* Bits alone, all, none, or anything. */
static uint64_t value(void)
{
	const uint64_t any = chance();

	switch (any & 3) {
	case 0:
		return UINT64_C(1) << (any >> 8 & 31);
	case 1:
		return any & 4 ? ~UINT64_C(0) : 0;
	default:
		return any >> 4;
	}
}

/* Of all sizes and alignments that an access can have. */
static void put_anywhere(uint64_t address, uint64_t bytes)
{
	const uint64_t size = UINT64_C(1) << (chance() & 3);

	put(address + (chance() % bytes & ~(size - 1)), value(), size);
}

/* Half of them to functions of its own. */
static void run_chance(const uint64_t *args)
{
	const uint64_t base = this_guest->pci.ecam.base;
	uint32_t own[OWN_MAX];
	const uint32_t count = own_find(own);

	state = args[1] | 1;
	exceptions = 0;
	for (uint64_t n = 0; count && n < args[0]; n++) {
		const uint64_t rid = chance() & 1 ? own[chance() % count] : chance() % FUNCTIONS;

		put_anywhere(base + rid * PAGE, chance() & 1 ? COMMON : PAGE);
	}
	printf("intruder: chance %" PRIu64 " functions=%" PRIu32 " exceptions=%" PRIu64 "\n", args[0], count,
	       exceptions);
}

static void bars_write(uint64_t header, uint64_t place)
{
	for (uint32_t bar = 0; bar < PCI_BARS; bar++)
		mmio_write32(header + BAR0 + 4 * bar, (uint32_t)(place >> (bar % 2 ? 32 : 0)));
}

/* All BARs of all its functions, there: while memory is not decoded, and while it is. */
static void run_bars(const uint64_t *args)
{
	uint32_t own[OWN_MAX];
	const uint32_t count = own_find(own);

	for (uint32_t i = 0; i < count; i++) {
		const uint64_t header = this_guest->pci.ecam.base + own[i] * PAGE;

		mmio_write32(header + COMMAND, 0);
		bars_write(header, args[0]);
		mmio_write32(header + COMMAND, COMMAND_ON);
		bars_write(header, args[0]);
	}
	printf("intruder: bars 0x%" PRIx64 " functions=%" PRIu32 "\n", args[0], count);
}

/* Every register of one function, with all ones, then zeroes. */
static void run_sweep(const uint64_t *args)
{
	const uint64_t function = this_guest->pci.ecam.base + args[0] * PAGE;

	for (uint64_t offset = 0; offset < PAGE; offset += 4) {
		mmio_write32(function + offset, UINT32_MAX);
		mmio_write32(function + offset, 0);
	}
	printf("intruder: sweep 0x%" PRIx64 " done\n", args[0]);
}

/* The other buses' functions, where a host has them, behind its own bus: each so often, anywhere in it. */
static void run_buses(const uint64_t *args)
{
	const uint64_t end = this_guest->pci.ecam.base + args[0] * BUS_BYTES;
	uint64_t tried = 0;

	state = args[3] | 1;
	exceptions = 0;
	for (uint64_t at = this_guest->pci.ecam.base + BUS_BYTES; at < end; at += args[1] * PAGE) {
		if (!mmu_map(at & ~(2 * BUS_BYTES - 1), 2 * BUS_BYTES, MMU_DEVICE))
			break;
		for (uint64_t n = 0; n < args[2]; n++, tried++)
			put_anywhere(at, PAGE);
	}
	printf("intruder: buses %" PRIu64 " exceptions=%" PRIu64 "\n", tried, exceptions);
}

const struct command config_commands[] = {
	{"config", "OFFSET VALUE SIZE", 3, run_write},
	{"chance", "COUNT SEED", 2, run_chance},
	{"bars", "ADDRESS", 1, run_bars},
	{"sweep", "FUNCTION", 1, run_sweep},
	{"buses", "COUNT STEP TIMES SEED", 4, run_buses},
	{NULL, NULL, 0, NULL},
};
