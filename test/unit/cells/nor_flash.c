// SPDX-License-Identifier: Apache-2.0
/*
 * nor_flash.c - see nor_flash.h.
 */
#include "nor_flash.h"

#include <assert.h>
#include <string.h>

#include "crc32.h"

enum { IDLE, ERASES, PROGRAMS };

static struct {
	int doing;
	uint32_t offset, word, step;
} state;

struct nor nor;
const uint32_t nor_copies[BOOT_COPIES] = {0, NOR_BLOCK};

uint32_t nor_random(void)
{
	nor.random = nor.random * 1664525 + 1013904223;
	return nor.random ^ nor.random >> 16;
}

void nor_start(uint32_t random)
{
	memset(&nor, 0, sizeof(nor));
	memset(&state, 0, sizeof(state));
	memset(nor.bytes, 0xff, sizeof(nor.bytes));
	nor.power = UINT32_MAX;
	nor.random = random;
}

void nor_put(uint32_t offset, const void *bytes, uint32_t size)
{
	memcpy(nor.bytes + offset, bytes, size);
}

void nor_record(uint32_t copy, struct boot_record record)
{
	record.crc = __builtin_bswap32(crc32_add(0, &record, offsetof(struct boot_record, crc)));
	memset(nor.bytes + nor_copies[copy], 0xff, NOR_BLOCK);
	nor_put(nor_copies[copy], &record, sizeof(record));
}

static uint32_t load(uint32_t offset)
{
	uint32_t word;

	memcpy(&word, nor.bytes + offset, sizeof(word));
	return word;
}

static void store(uint32_t offset, uint32_t word)
{
	memcpy(nor.bytes + offset, &word, sizeof(word));
}

void nor_attempt(uint32_t copy, uint32_t number, uint32_t word)
{
	const uint32_t offset =
		nor_copies[copy] + (uint32_t)offsetof(struct boot_copy, attempts) + number * 4;

	store(offset, load(offset) & word);
}

static uint32_t nor_read(uint32_t offset)
{
	assert(state.doing == IDLE && offset % 4 == 0 && offset < sizeof(nor.bytes));
	return load(offset);
}

static void nor_erase(uint32_t offset, uint64_t now)
{
	assert(state.doing == IDLE && offset % NOR_BLOCK == 0 && offset < sizeof(nor.bytes));
	state.doing = ERASES;
	state.offset = offset;
	state.step = 0;
	nor.erasures[offset / NOR_BLOCK]++;
}

static void nor_program(uint32_t offset, uint32_t word, uint64_t now)
{
	assert(state.doing == IDLE && offset % 4 == 0 && offset < sizeof(nor.bytes));
	state.doing = PROGRAMS;
	state.offset = nor.last = offset;
	state.word = word;
	state.step = 0;
	nor.programmed[offset / NOR_BLOCK]++;
}

/* First all bits are cleared, from the front, then they are set, in no order. */
static enum flash_status erase_step(void)
{
	switch (state.step++) {
	case 0:
		memset(nor.bytes + state.offset, 0, NOR_BLOCK / 64);
		return FLASH_BUSY;
	case 1:
		memset(nor.bytes + state.offset, 0, NOR_BLOCK);
		return FLASH_BUSY;
	case 2:
		for (uint32_t i = 0; i < NOR_BLOCK; i += 4)
			store(state.offset + i, nor_random());
		return FLASH_BUSY;
	case 3:
		for (uint32_t i = 0; i < NOR_BLOCK; i += 4)
			store(state.offset + i, load(state.offset + i) | nor_random());
		return FLASH_BUSY;
	default:
		memset(nor.bytes + state.offset, 0xff, NOR_BLOCK);
		return FLASH_READY;
	}
}

/* Some of the bits, then all. */
static enum flash_status program_step(void)
{
	uint32_t word = state.word;

	if (state.offset == nor.stuck_offset)
		word |= nor.stuck_bits;
	if (state.step++ == 0) {
		store(state.offset, load(state.offset) & (word | nor_random()));
		return FLASH_BUSY;
	}
	store(state.offset, load(state.offset) & word);
	return FLASH_READY;
}

static enum flash_status nor_poll(uint64_t now)
{
	enum flash_status status = FLASH_READY;

	if (nor.steps >= nor.power)
		return FLASH_BUSY; /* nothing happens any more */
	nor.steps++;
	if (nor.steps == nor.fails_at) {
		state.doing = IDLE;
		return FLASH_FAILED;
	}
	if (state.doing == ERASES)
		status = erase_step();
	else if (state.doing == PROGRAMS)
		status = program_step();
	if (status == FLASH_READY)
		state.doing = IDLE;
	return status;
}

const struct flash nor_flash = {nor_read, nor_erase, nor_program, nor_poll};
