// SPDX-License-Identifier: Apache-2.0
/*
 * cfi_flash.c - driver of parallel NOR flash (cfi_flash.h). [impl->swr~flash-cfi~1]
 *
 * Both chips take each command at once, each on its own half of the bus. Between calls the flash can be read
 * unless an erasure or a word is under way. Commands and status register: Intel's "Common Flash Interface and
 * Command Sets", application note 646, and the StrataFlash datasheets (e.g. 28F256J3, 306666).
 */
#include "cfi_flash.h"

#include <stdbool.h>
#include <stddef.h>

#include "mmio.h"
#include "timer.h"

#define BUS_BYTES	4u
#define CHIPS		2u
#define BOTH(half)	((uint32_t)(half) << 16 | (half))

#define COMMAND_ERASE	0x20u
#define COMMAND_CONFIRM 0xd0u
#define COMMAND_PROGRAM 0x40u
#define COMMAND_CLEAR	0x50u /* the status register's errors */
#define COMMAND_STATUS	0x70u
#define COMMAND_QUERY	0x98u
#define COMMAND_ARRAY	0xffu /* reads give what is stored */
#define STATUS_READY	0x80u
#define STATUS_ERRORS	0x3au /* erase, program, voltage, locked block */

/* The query's words, of each chip (JESD68.01, table 1 and 2). */
#define QUERY_AT	   0x55u
#define QUERY_MARK	   0x10u /* "QRY" */
#define QUERY_COMMANDS	   0x13u /* 16 bits */
#define QUERY_PROGRAM_TIME 0x1fu /* typical: 2^n us */
#define QUERY_ERASE_TIME   0x21u /* typical: 2^n ms */
#define QUERY_PROGRAM_MOST 0x23u /* times typical: 2^n */
#define QUERY_ERASE_MOST   0x25u
#define QUERY_SIZE	   0x27u /* 2^n bytes */
#define QUERY_REGIONS	   0x2cu
#define QUERY_REGION	   0x2du /* of 4 bytes each: blocks - 1, bytes of a block / 256 */
#define COMMANDS_INTEL	   1u
#define REGION_UNIT	   256u
#define EXPONENT_MOST	   31u

#define US_NS		   UINT64_C(1000)
#define MS_NS		   UINT64_C(1000000)
/* Whatever the query says. */
#define PROGRAM_LEAST_NS UINT64_C(1000000)
#define PROGRAM_MOST_NS	 UINT64_C(100000000)
#define ERASE_LEAST_NS	 UINT64_C(1000000000)
#define ERASE_MOST_NS	 UINT64_C(30000000000)

static struct {
	uint64_t base;
	uint64_t program_ticks, erase_ticks; /* at most */
	uint64_t deadline;		     /* of what is under way */
	uint32_t at;			     /* where that is */
} flash;

static void command(uint32_t offset, uint32_t half)
{
	mmio_write32(flash.base + offset, BOTH(half));
}

/* A byte of the query; both chips must say the same, else 0xffffffff. */
static uint32_t query(uint32_t word)
{
	const uint32_t said = mmio_read32(flash.base + word * BUS_BYTES);

	return said >> 16 == (said & 0xffff) ? said & 0xffff : UINT32_MAX;
}

static uint32_t query16(uint32_t word)
{
	return (query(word) & 0xff) | (query(word + 1) & 0xff) << 8;
}

static uint32_t power(uint32_t exponent)
{
	return UINT32_C(1) << (exponent < EXPONENT_MOST ? exponent : EXPONENT_MOST);
}

/* 2^typical units, times 2^most, within our own bounds; in ticks. */
static uint64_t longest(uint32_t typical, uint32_t most, uint64_t unit_ns, uint64_t least_ns,
			uint64_t most_ns, uint64_t hz)
{
	const uint64_t ns = unit_ns * power((query(typical) & 0xff) + (query(most) & 0xff));

	if (ns < least_ns)
		return timer_from_ns(least_ns, hz);
	return timer_from_ns(ns < most_ns ? ns : most_ns, hz);
}

/* Are all bytes up to `used` in blocks of that size? */
static bool blocks_fit(const struct cfi_geometry *geometry)
{
	const uint32_t regions = query(QUERY_REGIONS);
	uint64_t start = 0;

	for (uint32_t i = 0; i < regions && i < 4 && start < geometry->used; i++) {
		const uint32_t count = query16(QUERY_REGION + 4 * i) + 1;
		const uint64_t bytes = (uint64_t)query16(QUERY_REGION + 4 * i + 2) * REGION_UNIT * CHIPS;

		if (bytes != geometry->erase_block)
			return false;
		start += bytes * count;
	}
	return start >= geometry->used;
}

static const char *ask(const struct cfi_geometry *geometry, uint64_t hz)
{
	if (query(QUERY_MARK) != 'Q' || query(QUERY_MARK + 1) != 'R' || query(QUERY_MARK + 2) != 'Y')
		return "it doesn't answer the CFI query";
	if (query16(QUERY_COMMANDS) != COMMANDS_INTEL)
		return "its command set isn't Intel's";
	if ((uint64_t)power(query(QUERY_SIZE)) * CHIPS < geometry->used)
		return "it is smaller than what is to be in it";
	if (!blocks_fit(geometry))
		return "its erase blocks aren't those of the board's description";
	flash.program_ticks =
		longest(QUERY_PROGRAM_TIME, QUERY_PROGRAM_MOST, US_NS, PROGRAM_LEAST_NS, PROGRAM_MOST_NS, hz);
	flash.erase_ticks =
		longest(QUERY_ERASE_TIME, QUERY_ERASE_MOST, MS_NS, ERASE_LEAST_NS, ERASE_MOST_NS, hz);
	return NULL;
}

const char *cfi_flash_open(const struct cfi_geometry *geometry, uint64_t hz)
{
	const char *wrong;

	if (geometry->bank_width != BUS_BYTES)
		return "its bus isn't 4 bytes wide";
	if (geometry->used > geometry->size)
		return "its registers end before what is to be in it";
	flash.base = geometry->base;
	command(0, COMMAND_ARRAY); /* whatever a life before was at */
	command(QUERY_AT * BUS_BYTES, COMMAND_QUERY);
	wrong = ask(geometry, hz);
	command(0, COMMAND_ARRAY);
	return wrong;
}

static uint32_t read_word(uint32_t offset)
{
	return mmio_read32(flash.base + offset);
}

static void erase(uint32_t offset, uint64_t now)
{
	flash.at = offset;
	flash.deadline = now + flash.erase_ticks;
	command(offset, COMMAND_ERASE);
	command(offset, COMMAND_CONFIRM);
}

static void program(uint32_t offset, uint32_t word, uint64_t now)
{
	flash.at = offset;
	flash.deadline = now + flash.program_ticks;
	command(offset, COMMAND_PROGRAM);
	mmio_write32(flash.base + offset, word);
}

static enum flash_status poll(uint64_t now)
{
	uint32_t status;

	command(flash.at, COMMAND_STATUS);
	status = mmio_read32(flash.base + flash.at);
	if ((status & BOTH(STATUS_READY)) != BOTH(STATUS_READY) && now <= flash.deadline)
		return FLASH_BUSY;
	command(flash.at, COMMAND_CLEAR);
	command(flash.at, COMMAND_ARRAY);
	return (status & BOTH(STATUS_READY | STATUS_ERRORS)) == BOTH(STATUS_READY) ? FLASH_READY
										   : FLASH_FAILED;
}

const struct flash cfi_flash = {.read = read_word, .erase = erase, .program = program, .poll = poll};
