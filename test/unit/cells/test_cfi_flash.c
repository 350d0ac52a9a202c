// SPDX-License-Identifier: Apache-2.0
/*
 * test_cfi_flash.c - the driver of parallel NOR flash, with two chips side by side. [utest->swr~flash-cfi~1]
 *
 * Robustness: refused, failed, too_slow
 */
#include "test.h"

#include <stdbool.h>

#include "cfi_flash.h"
#include "mmio.h"

#define BASE  UINT64_C(0x4000000)
#define BLOCK 0x40000u
#define WORDS 0x30000u
#define HZ    UINT64_C(1000000000)
#define BOTH  0x00010001u

enum mode { ARRAY, STATUS, QUERY };

static struct {
	uint32_t words[WORDS];
	uint8_t query[0x40];
	enum mode mode;
	uint32_t command; /* whose second write is waited for; 0: none */
	uint32_t status[2];
	uint32_t busy[2];    /* looks that each chip takes yet */
	uint32_t takes[2];   /* looks of the next */
	uint32_t errors[2];  /* of the next */
	uint32_t wrong, odd; /* the second chip's query differs by that */
} chips;

static uint32_t index_of(uint64_t address)
{
	assert_true(address >= BASE && address % 4 == 0 && address < BASE + sizeof(chips.words));
	return (uint32_t)(address - BASE) / 4;
}

static void begin(void)
{
	for (unsigned i = 0; i < 2; i++) {
		chips.busy[i] = chips.takes[i];
		chips.status[i] |= chips.errors[i];
	}
	chips.mode = STATUS;
	chips.command = 0;
}

static bool is_busy(void)
{
	return chips.busy[0] || chips.busy[1];
}

static void second(uint32_t at, uint32_t value)
{
	if (chips.command == 0x40 * BOTH) {
		if (!chips.errors[0])
			chips.words[at] &= value;
		begin();
	} else if (value == 0xd0 * BOTH) {
		for (uint32_t i = at / (BLOCK / 4) * (BLOCK / 4), n = 0; n < BLOCK / 4 && !chips.errors[0];
		     n++)
			chips.words[i + n] = 0xffffffff;
		begin();
	} else {
		chips.wrong++;
	}
}

void mmio_write32(uint64_t address, uint32_t value)
{
	const uint32_t at = index_of(address);

	if (chips.command) {
		second(at, value);
	} else if (is_busy()) {
		chips.wrong += value != 0x70 * BOTH && value != 0x50 * BOTH && value != 0xff * BOTH;
	} else if (value == 0x40 * BOTH || value == 0x20 * BOTH) {
		chips.command = value;
	} else if (value == 0x70 * BOTH) {
		chips.mode = STATUS;
	} else if (value == 0x50 * BOTH) {
		chips.status[0] = chips.status[1] = 0;
	} else if (value == 0x98 * BOTH && at == 0x55) {
		chips.mode = QUERY;
	} else if (value == 0xff * BOTH) {
		chips.mode = ARRAY;
	} else {
		chips.wrong++;
	}
}

uint32_t mmio_read32(uint64_t address)
{
	const uint32_t at = index_of(address);
	uint32_t halves[2];

	if (chips.mode == ARRAY && !is_busy())
		return chips.words[at];
	for (unsigned i = 0; i < 2; i++) {
		if (chips.mode == QUERY)
			halves[i] = at < sizeof(chips.query) ? chips.query[at] + i * chips.odd : 0;
		else
			halves[i] = chips.status[i] | (chips.busy[i] ? 0 : 0x80);
		chips.busy[i] -= chips.busy[i] > 0;
	}
	return halves[1] << 16 | halves[0];
}

uint16_t mmio_read16(uint64_t address)
{
	fail_msg("16 bits");
	return 0;
}

void mmio_write16(uint64_t address, uint16_t value)
{
	fail_msg("16 bits");
}

static const struct cfi_geometry geometry = {BASE, 0x4000000, 4, BLOCK, 3 * BLOCK};

static void query_set(uint32_t at, const char *bytes, uint32_t count)
{
	memcpy(chips.query + at, bytes, count);
}

/* As QEMU's `virt` has it. */
static int start(void **state)
{
	memset(&chips, 0, sizeof(chips));
	query_set(0x10, "QRY\x01\x00", 5);
	query_set(0x1f, "\x07\x07\x0a\x00\x04\x04\x04\x00\x19", 9);
	query_set(0x2c, "\x01\xff\x00\x00\x02", 5);
	chips.mode = STATUS; /* whatever the loader left */
	assert_null(cfi_flash_open(&geometry, HZ));
	assert_int_equal(chips.mode, ARRAY);
	return 0;
}

/* [utest->swr~flash-cfi~1] */
static void refused(void **state)
{
	struct cfi_geometry other = geometry;
	static const struct {
		uint32_t at;
		uint8_t value;
	} differences[] = {{0x10, 'q'},	 {0x12, 0}, {0x13, 2}, {0x14, 1},
			   {0x27, 0x12}, {0x2c, 0}, {0x2d, 1}, {0x30, 4}};

	for (unsigned i = 0; i < LENGTH(differences); i++) {
		const uint8_t was = chips.query[differences[i].at];

		chips.query[differences[i].at] = differences[i].value;
		if (differences[i].at == 0x2d)
			chips.query[0x2e] = 0; /* two blocks */
		if (!cfi_flash_open(&geometry, HZ))
			fail_msg("query byte 0x%x", differences[i].at);
		assert_int_equal(chips.mode, ARRAY);
		chips.query[differences[i].at] = was;
	}
	assert_null(cfi_flash_open(&geometry, HZ));
	chips.odd = 1;
	assert_non_null(cfi_flash_open(&geometry, HZ));
	chips.odd = 0;
	other.bank_width = 2;
	assert_non_null(cfi_flash_open(&other, HZ));
	other = geometry;
	other.erase_block = BLOCK / 2;
	assert_non_null(cfi_flash_open(&other, HZ));
	other = geometry;
	other.size = 2 * BLOCK;
	assert_non_null(cfi_flash_open(&other, HZ));
	assert_int_equal(chips.wrong, 0);
}

/* Small blocks behind the first three are of no account, before them they are. */
static void regions(void **state)
{
	query_set(0x2c, "\x02\x02\x00\x00\x02\x07\x00\x40\x00", 9);
	assert_null(cfi_flash_open(&geometry, HZ));
	query_set(0x2c, "\x02\x07\x00\x40\x00\x02\x00\x00\x02", 9);
	assert_non_null(cfi_flash_open(&geometry, HZ));
}

/* [utest->swr~flash-cfi~1] */
static void erase_and_program(void **state)
{
	memset(chips.words, 0x5a, sizeof(chips.words));
	chips.takes[0] = 3;
	chips.takes[1] = 5;
	cfi_flash.erase(BLOCK, 1000);
	for (unsigned i = 0; i < 5; i++)
		assert_int_equal(cfi_flash.poll(1000 + i), FLASH_BUSY);
	assert_int_equal(cfi_flash.poll(1006), FLASH_READY);
	assert_int_equal(chips.mode, ARRAY);
	assert_int_equal(cfi_flash.read(BLOCK - 4), 0x5a5a5a5a);
	assert_int_equal(cfi_flash.read(BLOCK), 0xffffffff);
	assert_int_equal(cfi_flash.read(2 * BLOCK - 4), 0xffffffff);
	assert_int_equal(cfi_flash.read(2 * BLOCK), 0x5a5a5a5a);
	cfi_flash.program(BLOCK + 8, 0x12345678, 2000);
	while (cfi_flash.poll(2000) == FLASH_BUSY)
		;
	assert_int_equal(cfi_flash.read(BLOCK + 8), 0x12345678);
	cfi_flash.program(BLOCK + 8, 0xffff00ff, 2000);
	while (cfi_flash.poll(2000) == FLASH_BUSY)
		;
	assert_int_equal(cfi_flash.read(BLOCK + 8), 0x12340078);
	assert_int_equal(cfi_flash.read(BLOCK + 4), 0xffffffff);
	assert_int_equal(chips.wrong, 0);
}

/* An error of either chip, and what comes after it. */
/* [utest->swr~flash-cfi~1] */
static void failed(void **state)
{
	static const uint32_t errors[] = {0x20, 0x10, 0x08, 0x02, 0x30};

	for (unsigned i = 0; i < 2 * LENGTH(errors); i++) {
		chips.errors[i % 2] = errors[i / 2];
		cfi_flash.program(0, 0, 0);
		assert_int_equal(cfi_flash.poll(0), FLASH_FAILED);
		assert_int_equal(chips.mode, ARRAY);
		assert_int_equal(chips.status[0] | chips.status[1], 0);
		chips.errors[i % 2] = 0;
		cfi_flash.erase(0, 0);
		assert_int_equal(cfi_flash.poll(0), FLASH_READY);
	}
}

/* A chip that is never ready: within 16 times the typical time, as its query says, or our own limits. */
/* [utest->swr~flash-cfi~1] */
static void too_slow(void **state)
{
	static const struct {
		char typical, most;
		uint64_t seconds;
	} erasures[] = {{0x0a, 4, 16}, {0, 0, 1}, {31, 31, 30}, {(char)0xff, (char)0xff, 30}};

	for (unsigned i = 0; i < LENGTH(erasures); i++) {
		chips.query[0x21] = (uint8_t)erasures[i].typical;
		chips.query[0x25] = (uint8_t)erasures[i].most;
		chips.busy[0] = chips.busy[1] = 0;
		assert_null(cfi_flash_open(&geometry, HZ));
		chips.takes[1] = UINT32_MAX;
		cfi_flash.erase(0, 7);
		assert_int_equal(cfi_flash.poll(7 + (erasures[i].seconds * HZ)), FLASH_BUSY);
		assert_int_equal(cfi_flash.poll(7 + (erasures[i].seconds * 1024 * HZ / 1000) + 1),
				 FLASH_FAILED);
	}
	chips.busy[0] = chips.busy[1] = 0;
	cfi_flash.program(0, 0, 7);
	assert_int_equal(cfi_flash.poll(7 + 2000000), FLASH_BUSY);
	assert_int_equal(cfi_flash.poll(7 + 2048001), FLASH_FAILED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(refused, start),		  cmocka_unit_test_setup(regions, start),
		cmocka_unit_test_setup(erase_and_program, start), cmocka_unit_test_setup(failed, start),
		cmocka_unit_test_setup(too_slow, start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
