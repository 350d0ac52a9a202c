// SPDX-License-Identifier: Apache-2.0
/*
 * spi_nor.c - driver of serial NOR flash (spi_nor.h). [impl->swr~flash-spi-nor~1]
 *
 * Commands and status register are those that all makers' chips of this kind have in common (e.g.
 * GigaDevice's GD25Q128C, 7. and 6.; Winbond's W25Q128FV, 8.2 and 7.1). A chip that takes an operation is
 * busy with it; one that doesn't, since the block is protected, is left with the write enable latch set, or
 * does nothing, which who reads it back sees.
 */
#include "spi_nor.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "rockchip_spi.h"
#include "timer.h"

#define READ		  0x03u
#define PROGRAM		  0x02u /* up to 256 bytes of one page */
#define WRITE_DISABLE	  0x04u
#define STATUS		  0x05u
#define WRITE_ENABLE	  0x06u
#define ERASE		  0x20u /* 4 KiB */
#define DESCRIPTION	  0x5au /* SFDP; address, a byte that counts for nothing */
#define IDENTITY	  0x9fu

#define STATUS_BUSY	  0x01u
#define STATUS_ENABLED	  0x02u
#define STATUS_BLOCKS	  0x3cu /* which blocks are protected; all 0: none */
#define SILENCE		  0xffu

#define COMMAND_BYTES	  4u /* with an address of three bytes */
#define ADDRESSES	  (UINT32_C(1) << 24)
#define WORD		  4u
#define DESCRIPTION_FIRST (COMMAND_BYTES + 1)
#define IDENTITY_BYTES	  3u

/* JESD216, 6.2 and 6.3: the header, that of the basic table behind it; 6.4: the table's first two words. */
#define SFDP_SIGNATURE	   0x50444653u
#define SFDP_MAJOR	   5u /* byte */
#define TABLE_AT	   8u
#define TABLE_ID	   0u
#define TABLE_MAJOR	   2u
#define TABLE_WORDS	   3u
#define TABLE_POINTER	   4u /* three bytes */
#define MAJOR		   1u
#define WORDS_LEAST	   9u
#define HEADER_BYTES	   8u
#define BASIC_ERASE_MASK   0xff03u /* its opcode; whether all blocks of 4 KiB can be erased so */
#define BASIC_ERASE	   (ERASE << 8 | 1u)
#define BASIC_ADDRESS(w)   ((w) >> 17 & 3u)
#define BASIC_ADDRESS_4	   2u	       /* of four bytes alone */
#define BASIC_POWER_OF_TWO 0x80000000u /* the size is 2^n bits: more than 16 MiB */

/* The longest that any maker's data sheet has for 4 KiB and for a page is 0.8 s and 5 ms. */
#define ERASE_NS   UINT64_C(2000000000)
#define PROGRAM_NS UINT64_C(20000000)
#define SETTLE_NS  UINT64_C(500000000)

static struct {
	struct spi_nor_geometry geometry;
	uint64_t erase_ticks, program_ticks;
	uint64_t deadline; /* of what is under way */
	bool begun;	   /* it could be */
} flash;

static void command_put(uint8_t *bytes, uint8_t command, uint32_t address)
{
	bytes[0] = command;
	bytes[1] = (uint8_t)(address >> 16);
	bytes[2] = (uint8_t)(address >> 8);
	bytes[3] = (uint8_t)address;
}

static uint32_t word_of(const uint8_t *bytes)
{
	return (uint32_t)bytes[3] << 24 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[1] << 8 | bytes[0];
}

/* A chip that can't be asked is as one that doesn't answer. */
static uint32_t status_of(void)
{
	uint8_t bytes[] = {STATUS, 0};

	return rockchip_spi_exchange(bytes, sizeof(bytes)) ? bytes[1] : SILENCE;
}

static bool tell(uint8_t command)
{
	return rockchip_spi_exchange(&command, 1);
}

/* ---- what it is ---- */

static bool has_identity(void)
{
	uint8_t bytes[1 + IDENTITY_BYTES] = {IDENTITY};

	if (!rockchip_spi_exchange(bytes, sizeof(bytes)))
		return false;
	return bytes[1] != bytes[2] || bytes[2] != bytes[3] || (bytes[1] && bytes[1] != SILENCE);
}

static bool settles(uint64_t hz)
{
	const uint64_t deadline = timer_now() + timer_from_ns(SETTLE_NS, hz);

	while (status_of() & STATUS_BUSY)
		if (timer_now() > deadline)
			return false;
	return true;
}

static bool describe(uint32_t address, uint8_t out[HEADER_BYTES])
{
	uint8_t bytes[DESCRIPTION_FIRST + HEADER_BYTES] = {0};

	command_put(bytes, DESCRIPTION, address);
	if (!rockchip_spi_exchange(bytes, sizeof(bytes)))
		return false;
	memcpy(out, bytes + DESCRIPTION_FIRST, HEADER_BYTES);
	return true;
}

static const char *check_basic(const uint8_t words[HEADER_BYTES])
{
	const uint32_t first = word_of(words), bits = word_of(words + WORD);

	if ((first & BASIC_ERASE_MASK) != BASIC_ERASE)
		return "it doesn't erase blocks of 4096 bytes by command 20h";
	if (BASIC_ADDRESS(first) == BASIC_ADDRESS_4 || bits & BASIC_POWER_OF_TWO || bits / 8 >= ADDRESSES)
		return "it has more than 16 MiB, which take addresses of four bytes";
	if (((uint64_t)bits + 1) / 8 < (uint64_t)flash.geometry.start + flash.geometry.used)
		return "it is smaller than what is to be in it";
	return NULL;
}

static const char *check_description(void)
{
	uint8_t header[HEADER_BYTES], table[HEADER_BYTES], words[HEADER_BYTES];

	if (!describe(0, header) || word_of(header) != SFDP_SIGNATURE || header[SFDP_MAJOR] != MAJOR)
		return "it doesn't describe itself (JEDEC's SFDP)";
	if (!describe(TABLE_AT, table) || table[TABLE_ID] || table[TABLE_MAJOR] != MAJOR ||
	    table[TABLE_WORDS] < WORDS_LEAST ||
	    !describe(word_of(table + TABLE_POINTER) & (ADDRESSES - 1), words))
		return "what it says of itself (JEDEC's SFDP) has no basic table";
	return check_basic(words);
}

static const char *check_place(const struct spi_nor_geometry *geometry)
{
	if (geometry->erase_block != SPI_NOR_BLOCK)
		return "its erase blocks aren't of 4096 bytes";
	if (geometry->start % SPI_NOR_BLOCK || geometry->writable % SPI_NOR_BLOCK ||
	    geometry->writable > geometry->used)
		return "what is to be in it isn't whole erase blocks";
	if (geometry->used > ADDRESSES || geometry->start > ADDRESSES - geometry->used)
		return "what is to be in it lies beyond 16 MiB";
	return NULL;
}

const char *spi_nor_open(const struct spi_nor_geometry *geometry, uint64_t hz)
{
	const char *wrong = check_place(geometry);

	flash.geometry = *geometry;
	flash.erase_ticks = timer_from_ns(ERASE_NS, hz);
	flash.program_ticks = timer_from_ns(PROGRAM_NS, hz);
	flash.begun = false;
	if (!wrong)
		wrong = rockchip_spi_open(geometry->controller, geometry->chip, hz);
	if (wrong)
		return wrong;
	if (status_of() == SILENCE)
		return "no chip answers";
	if (!settles(hz))
		return "the chip is busy, and stays so";
	if (!has_identity())
		return "no chip answers";
	wrong = check_description();
	if (!wrong && status_of() & STATUS_BLOCKS)
		return "its status register protects blocks from being written";
	return wrong;
}

/* ---- what is done to it ---- */

static uint32_t read_word(uint32_t offset)
{
	uint8_t bytes[COMMAND_BYTES + WORD] = {0};

	command_put(bytes, READ, offset);
	return rockchip_spi_exchange(bytes, sizeof(bytes)) ? word_of(bytes + COMMAND_BYTES) : 0;
}

/* What lies elsewhere may be what the machine starts from, or the identity. [impl->swr~flash-spi-bounds~1] */
static bool is_writable(uint32_t offset, uint32_t size)
{
	return offset % size == 0 && offset - flash.geometry.start < flash.geometry.writable;
}

static bool enabled(void)
{
	return tell(WRITE_ENABLE) && (status_of() & (STATUS_BUSY | STATUS_ENABLED)) == STATUS_ENABLED;
}

static void erase(uint32_t offset, uint64_t now)
{
	uint8_t bytes[COMMAND_BYTES];

	flash.deadline = now + flash.erase_ticks;
	command_put(bytes, ERASE, offset);
	flash.begun = is_writable(offset, SPI_NOR_BLOCK) && enabled() &&
		      rockchip_spi_exchange(bytes, sizeof(bytes));
}

static void program(uint32_t offset, uint32_t word, uint64_t now)
{
	uint8_t bytes[COMMAND_BYTES + WORD];

	flash.deadline = now + flash.program_ticks;
	command_put(bytes, PROGRAM, offset);
	for (uint32_t i = 0; i < WORD; i++)
		bytes[COMMAND_BYTES + i] = (uint8_t)(word >> 8 * i);
	flash.begun = is_writable(offset, WORD) && enabled() && rockchip_spi_exchange(bytes, sizeof(bytes));
}

static enum flash_status poll(uint64_t now)
{
	uint32_t status;

	if (!flash.begun)
		return FLASH_FAILED;
	status = status_of();
	if (status & STATUS_BUSY && now <= flash.deadline)
		return FLASH_BUSY;
	if (!(status & (STATUS_BUSY | STATUS_ENABLED)))
		return FLASH_READY;
	(void)tell(WRITE_DISABLE); /* not taken, or not done in time */
	return FLASH_FAILED;
}

const struct flash spi_nor = {.read = read_word, .erase = erase, .program = program, .poll = poll};
