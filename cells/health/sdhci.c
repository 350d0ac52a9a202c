// SPDX-License-Identifier: Apache-2.0
/*
 * sdhci.c - an SD host controller (sdhci.h). [impl->swr~emmc-controller~1]
 *
 * Chapters are those of the SD Host Controller Simplified Specification, version 3.00. Registers are accessed
 * in 16 and 32 bits; narrower ones by the 16 bits that they are in.
 */
#include "sdhci.h"

#include <stdbool.h>

#include "mmio.h"
#include "timer.h"

/* 2.2 */
#define BLOCK_SIZE	   0x04u
#define BLOCK_COUNT	   0x06u
#define ARGUMENT	   0x08u
#define TRANSFER_MODE	   0x0cu
#define COMMAND		   0x0eu
#define RESPONSE	   0x10u
#define RESPONSE_LAST	   0x1cu
#define DATA_PORT	   0x20u
#define PRESENT_STATE	   0x24u
#define HOST_POWER	   0x28u /* host control 1, power control */
#define CLOCK		   0x2cu
#define TIMEOUT_RESET	   0x2eu /* time-out control, software reset */
#define STATUS		   0x30u /* normal, and error above it; cleared by ones */
#define STATUS_ENABLE	   0x34u
#define SIGNAL_ENABLE	   0x38u
#define CAPABILITIES	   0x40u
#define VERSION		   0xfeu

#define STATE_BUSY_COMMAND 1u
#define STATE_BUSY_DATA	   2u
#define POWER_ON	   0x0100u
#define POWER_33	   0x0e00u
#define POWER_30	   0x0c00u
#define POWER_18	   0x0a00u
#define ABLE_33		   (UINT32_C(1) << 24)
#define ABLE_30		   (UINT32_C(1) << 25)
#define ABLE_BASE(c)	   ((c) >> 8 & 0xff) /* MHz; before version 3 of 6 bits, the others being 0 */
#define CLOCK_INTERNAL	   1u
#define CLOCK_STABLE	   2u
#define CLOCK_CARD	   4u
#define CLOCK_DIVIDER(n)   (((n) & 0xff) << 8 | ((n) >> 8 & 3) << 6) /* base / 2n */
#define VERSION_MASK	   0xffu
#define VERSION_3	   2u
#define DIVIDER_MOST_2	   0x80u
#define DIVIDER_MOST_3	   0x200u
#define TIMEOUT_MOST	   0x0eu /* 2^27 cycles */
#define RESET_ALL	   0x0100u
#define RESET_COMMAND	   0x0200u
#define RESET_DATA	   0x0400u
#define STATUS_COMMAND	   0x0001u
#define STATUS_TRANSFER	   0x0002u
#define STATUS_WRITABLE	   0x0010u
#define STATUS_READABLE	   0x0020u
#define STATUS_ERROR	   0x8000u
#define STATUS_ALL	   UINT32_C(0x07ff01ff)
#define MODE_READ	   0x0010u
#define COMMAND_136	   0x0001u
#define COMMAND_48	   0x0002u
#define COMMAND_48_BUSY	   0x0003u
#define COMMAND_CRC	   0x0008u
#define COMMAND_INDEX	   0x0010u
#define COMMAND_DATA	   0x0020u
#define COMMAND_AT	   8

#define MHZ		   UINT32_C(1000000)
#define IDENTIFICATION_HZ  UINT32_C(400000)
#define DATA_HZ		   UINT32_C(26000000)
#define RESET_NS	   UINT64_C(100000000) /* 2.2.14 gives none; nothing that works takes that long */
#define TRANSFER_NS	   UINT64_C(1000000000)

enum stage {
	STAGE_RESET,   /* the whole controller */
	STAGE_CLOCK,   /* its clock becomes stable */
	STAGE_FREE,    /* the lines for a command, and data */
	STAGE_COMMAND, /* is sent, the response comes */
	STAGE_BLOCK,   /* the data port gets, or takes, a block */
	STAGE_END,     /* of data, or of the card's busy signal */
	STAGE_FAILED,  /* the lines are reset */
	STAGE_NONE,
};

static struct {
	uint64_t registers, hz;
	uint64_t deadline; /* of what is under way */
	enum stage stage;
	bool failed;
	struct sdhci_command command;
	uint32_t *words;
} host;

static uint16_t read16(uint32_t offset)
{
	return mmio_read16(host.registers + offset);
}

static uint32_t read32(uint32_t offset)
{
	return mmio_read32(host.registers + offset);
}

static void write16(uint32_t offset, uint32_t value)
{
	mmio_write16(host.registers + offset, (uint16_t)value);
}

static void write32(uint32_t offset, uint32_t value)
{
	mmio_write32(host.registers + offset, value);
}

static void begin(enum stage stage, uint64_t ns, uint64_t now)
{
	host.stage = stage;
	host.deadline = now + timer_from_ns(ns, host.hz);
}

void sdhci_start(uint64_t registers, uint64_t hz, uint64_t now)
{
	host.registers = registers;
	host.hz = hz;
	host.failed = false;
	write16(TIMEOUT_RESET, RESET_ALL);
	begin(STAGE_RESET, RESET_NS, now);
}

/* 3.2.1: the least power of two by which the clock isn't too fast; of each version. */
static void clock_start(uint32_t hz, uint64_t now)
{
	const uint32_t base = ABLE_BASE(read32(CAPABILITIES)) * MHZ;
	const uint32_t most = (read16(VERSION) & VERSION_MASK) < VERSION_3 ? DIVIDER_MOST_2 : DIVIDER_MOST_3;
	uint32_t divider = 1;

	while (divider < most && base / (2 * divider) > hz)
		divider *= 2;
	write16(CLOCK, 0);
	write16(CLOCK, CLOCK_DIVIDER(divider) | CLOCK_INTERNAL);
	begin(STAGE_CLOCK, RESET_NS, now);
}

void sdhci_speed(uint64_t now)
{
	clock_start(DATA_HZ, now);
}

/* 3.3: the highest voltage that it has. */
static void power_start(void)
{
	const uint32_t able = read32(CAPABILITIES);
	const uint32_t voltage = able & ABLE_33 ? POWER_33 : able & ABLE_30 ? POWER_30 : POWER_18;

	write16(HOST_POWER, voltage);
	write16(HOST_POWER, voltage | POWER_ON);
	write16(TIMEOUT_RESET, TIMEOUT_MOST);
	write32(SIGNAL_ENABLE, 0);
	write32(STATUS_ENABLE, STATUS_ALL);
}

/* Of the status register; clears it. */
static bool happened(uint32_t what)
{
	if (!(read16(STATUS) & what))
		return false;
	write32(STATUS, what);
	return true;
}

void sdhci_begin(const struct sdhci_command *command, uint32_t *words, uint64_t now)
{
	host.command = *command;
	host.words = words;
	host.failed = false;
	begin(STAGE_FREE, TRANSFER_NS, now);
}

/* 2.2.6 */
static uint32_t command_word(void)
{
	static const uint32_t kinds[] = {
		[SDHCI_NONE] = 0,
		[SDHCI_R1] = COMMAND_48 | COMMAND_CRC | COMMAND_INDEX,
		[SDHCI_R1B] = COMMAND_48_BUSY | COMMAND_CRC | COMMAND_INDEX,
		[SDHCI_R2] = COMMAND_136 | COMMAND_CRC,
		[SDHCI_R3] = COMMAND_48,
	};

	return (uint32_t)host.command.index << COMMAND_AT | kinds[host.command.response] |
	       (host.command.data != SDHCI_NO_DATA ? COMMAND_DATA : 0);
}

/* 3.7.1, 3.7.2 */
static enum stage send(void)
{
	const bool lines = host.command.data != SDHCI_NO_DATA || host.command.response == SDHCI_R1B;

	if (read32(PRESENT_STATE) & (STATE_BUSY_COMMAND | (lines ? STATE_BUSY_DATA : 0)))
		return STAGE_FREE;
	write32(STATUS, STATUS_ALL);
	if (host.command.data != SDHCI_NO_DATA) {
		write16(BLOCK_SIZE, SDHCI_BLOCK);
		write16(BLOCK_COUNT, 1);
	}
	write32(ARGUMENT, host.command.argument);
	write16(TRANSFER_MODE, host.command.data == SDHCI_READS ? MODE_READ : 0);
	write16(COMMAND, command_word());
	return STAGE_COMMAND;
}

static enum stage responded(void)
{
	if (!happened(STATUS_COMMAND))
		return STAGE_COMMAND;
	if (host.command.data != SDHCI_NO_DATA)
		return STAGE_BLOCK;
	return host.command.response == SDHCI_R1B ? STAGE_END : STAGE_NONE;
}

static enum stage block_moved(void)
{
	const bool reads = host.command.data == SDHCI_READS;

	if (!happened(reads ? STATUS_READABLE : STATUS_WRITABLE))
		return STAGE_BLOCK;
	for (uint32_t i = 0; i < SDHCI_WORDS; i++) {
		if (reads)
			host.words[i] = read32(DATA_PORT);
		else
			write32(DATA_PORT, host.words[i]);
	}
	return STAGE_END;
}

/* 3.10.1: the lines are free for another command. */
static enum stage fail(uint64_t now)
{
	host.failed = true;
	write16(TIMEOUT_RESET, TIMEOUT_MOST | RESET_COMMAND | RESET_DATA);
	write32(STATUS, UINT32_MAX);
	host.deadline = now + timer_from_ns(RESET_NS, host.hz);
	return STAGE_FAILED;
}

static enum stage step(uint64_t now)
{
	switch (host.stage) {
	case STAGE_RESET:
		if (read16(TIMEOUT_RESET) & RESET_ALL)
			return STAGE_RESET;
		power_start();
		clock_start(IDENTIFICATION_HZ, now);
		return STAGE_CLOCK;
	case STAGE_CLOCK:
		if (!(read16(CLOCK) & CLOCK_STABLE))
			return STAGE_CLOCK;
		write16(CLOCK, read16(CLOCK) | CLOCK_CARD);
		return STAGE_NONE;
	case STAGE_FREE:
		return send();
	case STAGE_COMMAND:
		return responded();
	case STAGE_BLOCK:
		return block_moved();
	case STAGE_END:
		return happened(STATUS_TRANSFER) ? STAGE_NONE : STAGE_END;
	case STAGE_FAILED:
		return read16(TIMEOUT_RESET) & (RESET_COMMAND | RESET_DATA) ? STAGE_FAILED : STAGE_NONE;
	default:
		return STAGE_NONE;
	}
}

static bool sends(void)
{
	return host.stage == STAGE_COMMAND || host.stage == STAGE_BLOCK || host.stage == STAGE_END;
}

/* As far as it goes without waiting, and at most to the end of a block's moving. */
static void advance(uint64_t now)
{
	enum stage before = STAGE_NONE;

	for (unsigned i = 0; i < STAGE_NONE && host.stage != STAGE_NONE && before != STAGE_BLOCK; i++) {
		if (sends() && read16(STATUS) & STATUS_ERROR)
			host.stage = fail(now);
		before = host.stage;
		host.stage = step(now);
		if (host.stage == before)
			return;
	}
}

enum sdhci_status sdhci_poll(uint64_t now)
{
	advance(now);
	if (host.stage == STAGE_NONE)
		return host.failed ? SDHCI_FAILED : SDHCI_DONE;
	if (now <= host.deadline)
		return SDHCI_BUSY;
	if (sends() || host.stage == STAGE_FREE) {
		host.stage = fail(now);
		return SDHCI_BUSY;
	}
	host.failed = true; /* it can't even be reset */
	host.stage = STAGE_NONE;
	return SDHCI_FAILED;
}

/* 2.2.7: R2 comes without its lowest 8 bits. */
uint32_t sdhci_response(void)
{
	return host.command.response == SDHCI_R2 ? read32(RESPONSE_LAST) << 8 : read32(RESPONSE);
}
