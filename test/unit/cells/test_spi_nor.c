// SPDX-License-Identifier: Apache-2.0
/*
 * test_spi_nor.c - serial NOR flash behind Rockchip's SPI controller, and the boot state in it when the power
 * is cut. [utest->swr~flash-spi-nor~1]
 *
 * Robustness: unusable, describes_another, out_of_bounds, not_taken, busy_for_ever,
 * takes_no_longer, power_cuts, protected_block, no_other_exchange, no_exchange_without_an_end
 */
#include "test.h"

#include "boot_state.h"
#include "mmio.h"
#include "rockchip_spi.h"
#include "spi_chip.h"
#include "spi_nor.h"
#include "timer.h"

#define NS	  UINT64_C(1)
#define SECOND_NS UINT64_C(1000000000)

static const struct spi_nor_geometry geometry = {0x1000,       1, NOR_BLOCK, SPI_CHIP_AT, 3 * NOR_BLOCK,
						 2 * NOR_BLOCK};
static const uint32_t copies[BOOT_COPIES] = {SPI_CHIP_AT, SPI_CHIP_AT + NOR_BLOCK};
static struct boot boot;

uint32_t mmio_read32(uint64_t address)
{
	return spi_chip_read(address);
}

void mmio_write32(uint64_t address, uint32_t value)
{
	spi_chip_write(address, value);
}

uint64_t timer_now(void)
{
	return spi_chip_time();
}

static const char *open(void)
{
	return spi_nor_open(&geometry, SPI_CHIP_HZ);
}

static int start(void **state)
{
	spi_chip_start(1);
	assert_null(open());
	return 0;
}

static int end(void **state)
{
	assert_int_equal(spi_chip.wrong + spi_chip.outside, 0);
	return 0;
}

static enum flash_status finish(void)
{
	enum flash_status status = FLASH_BUSY;

	for (uint32_t i = 0; i < 10 && status == FLASH_BUSY; i++)
		status = spi_nor.poll(i);
	return status;
}

static void refused(const char *why)
{
	const char *const said = open();

	assert_non_null(said);
	if (!strstr(said, why))
		fail_msg("%s: not '%s'", said, why);
	spi_chip_start(1);
}

/* Each for its own reason. */
/* [utest->swr~flash-spi-nor~1] */
static void unusable(void **state)
{
	spi_chip.silent = true;
	refused("no chip answers");
	spi_chip.silent = spi_chip.low = true;
	refused("no chip answers");
	spi_chip.stuck = true;
	refused("no chip answers");
	memset(spi_chip.identity, 0, sizeof(spi_chip.identity));
	refused("no chip answers");
	spi_chip.divisor = 0;
	refused("without a clock");
	spi_chip.divisor = 7;
	refused("without a clock");
	for (uint32_t bit = 0x04; bit <= 0x20; bit <<= 1) {
		spi_chip.protection = bit;
		refused("protects blocks");
	}
	spi_chip.protection = 0xc0; /* status register's own, quad mode: none of a block */
	assert_null(open());
}

/* [utest->swr~flash-spi-nor~1] */
static void describes_another(void **state)
{
	static const struct {
		uint32_t at;
		uint8_t value;
		const char *why;
	} differences[] = {
		{0, 's', "doesn't describe itself"},
		{3, 0xff, "doesn't describe itself"},
		{5, 2, "doesn't describe itself"},
		{8, 1, "no basic table"},
		{10, 2, "no basic table"},
		{11, 8, "no basic table"},
		{12, 0x34, "4096 bytes"},
		{14, 0x10, "4096 bytes"},
		{0x30, 0xe4, "4096 bytes"},
		{0x31, 0xd8, "4096 bytes"},
		{0x32, 0xf5, "more than 16 MiB"},
		{0x37, 0x80, "more than 16 MiB"},
		{0x37, 0x0f, "more than 16 MiB"},
		{0x37, 0x03, "smaller"},
		{0x36, 0x7f, "smaller"},
	};

	for (uint32_t i = 0; i < LENGTH(differences); i++) {
		spi_chip.description[differences[i].at] = differences[i].value;
		refused(differences[i].why);
	}
}

static void another_place(void **state)
{
	static const struct {
		struct spi_nor_geometry geometry;
		const char *why;
	} others[] = {
		{{0x1000, 2, NOR_BLOCK, SPI_CHIP_AT, 3 * NOR_BLOCK, NOR_BLOCK}, "can't select"},
		{{0x1000, 1, 0x10000, SPI_CHIP_AT, 0x30000, 0x20000}, "4096"},
		{{0x1000, 1, NOR_BLOCK, SPI_CHIP_AT + 4, 3 * NOR_BLOCK, NOR_BLOCK}, "whole erase blocks"},
		{{0x1000, 1, NOR_BLOCK, SPI_CHIP_AT, 3 * NOR_BLOCK, 100}, "whole erase blocks"},
		{{0x1000, 1, NOR_BLOCK, SPI_CHIP_AT, NOR_BLOCK, 2 * NOR_BLOCK}, "whole erase blocks"},
		{{0x1000, 1, NOR_BLOCK, 0xfff000, 2 * NOR_BLOCK, NOR_BLOCK}, "beyond 16 MiB"},
		{{0x1000, 1, NOR_BLOCK, 0xfffff000, 2 * NOR_BLOCK, NOR_BLOCK}, "beyond 16 MiB"},
	};

	for (uint32_t i = 0; i < LENGTH(others); i++) {
		const char *const said = spi_nor_open(&others[i].geometry, SPI_CHIP_HZ);

		assert_non_null(said);
		assert_non_null(strstr(said, others[i].why));
	}
}

/* [utest->swr~flash-spi-bounds~1] [utest->swr~flash-spi-nor~1] */
static void erase_and_program(void **state)
{
	memset(nor.bytes, 0x5a, sizeof(nor.bytes));
	spi_nor.erase(SPI_CHIP_AT + NOR_BLOCK, 0);
	assert_int_equal(finish(), FLASH_READY);
	assert_int_equal(spi_nor.read(SPI_CHIP_AT + NOR_BLOCK - 4), 0x5a5a5a5a);
	assert_int_equal(spi_nor.read(SPI_CHIP_AT + NOR_BLOCK), 0xffffffff);
	assert_int_equal(spi_nor.read(SPI_CHIP_AT + 2 * NOR_BLOCK - 4), 0xffffffff);
	assert_int_equal(spi_nor.read(SPI_CHIP_AT + 2 * NOR_BLOCK), 0x5a5a5a5a);
	spi_nor.program(SPI_CHIP_AT + NOR_BLOCK + 8, 0x12345678, 0);
	assert_int_equal(finish(), FLASH_READY);
	assert_int_equal(spi_nor.read(SPI_CHIP_AT + NOR_BLOCK + 8), 0x12345678);
	assert_memory_equal(nor.bytes + NOR_BLOCK + 8, "\x78\x56\x34\x12", 4);
	spi_nor.program(SPI_CHIP_AT + NOR_BLOCK + 8, 0xffff00ff, 0);
	assert_int_equal(finish(), FLASH_READY);
	assert_int_equal(spi_nor.read(SPI_CHIP_AT + NOR_BLOCK + 8), 0x12340078);
	assert_int_equal(spi_nor.read(SPI_CHIP_AT + NOR_BLOCK + 4), 0xffffffff);
	assert_true(spi_chip.longest <= 32);
}

/* The rest of the chip may be the loader's, and the identity is written in the factory alone: the chip isn't
 * told anything. [utest->swr~flash-spi-bounds~1] */
static void out_of_bounds(void **state)
{
	static const uint32_t places[] = {0,
					  0x60000,
					  SPI_CHIP_AT - NOR_BLOCK,
					  SPI_CHIP_AT + 2 * NOR_BLOCK,
					  SPI_CHIP_AT + 3 * NOR_BLOCK,
					  0xfff000,
					  0x1000000 + SPI_CHIP_AT,
					  0xfffff000};

	for (uint32_t i = 0; i < LENGTH(places); i++) {
		const uint32_t before = spi_chip.exchanges;

		spi_nor.erase(places[i], 0);
		assert_int_equal(finish(), FLASH_FAILED);
		spi_nor.program(places[i], 0, 0);
		assert_int_equal(finish(), FLASH_FAILED);
		spi_nor.program(places[i] + NOR_BLOCK - 4, 0, 0);
		if (places[i] != SPI_CHIP_AT - NOR_BLOCK)
			assert_int_equal(finish(), FLASH_FAILED);
		assert_int_equal(spi_chip.exchanges, before);
	}
	spi_nor.erase(SPI_CHIP_AT + 256, 0);
	assert_int_equal(finish(), FLASH_FAILED);
	spi_nor.program(SPI_CHIP_AT + 2, 0, 0);
	assert_int_equal(finish(), FLASH_FAILED);
	spi_nor.program(SPI_CHIP_AT + 2 * NOR_BLOCK - 4, 0, 0); /* the last word that is */
	assert_int_equal(finish(), FLASH_READY);
}

/* The chip goes on with what it can. */
/* [utest->swr~flash-spi-nor~1] */
static void not_taken(void **state)
{
	spi_chip.deaf = true;
	spi_nor.erase(SPI_CHIP_AT, 0);
	assert_int_equal(finish(), FLASH_FAILED);
	spi_chip.deaf = false;
	spi_chip.refuses = true;
	spi_nor.program(SPI_CHIP_AT, 0, 0);
	assert_int_equal(finish(), FLASH_FAILED);
	assert_false(spi_chip.enabled);
	spi_chip.refuses = false;
	assert_int_equal(nor.programmed[0] + nor.erasures[0], 0);
	spi_nor.program(SPI_CHIP_AT, 0, 0);
	assert_int_equal(finish(), FLASH_READY);
}

/* Neither for ever, nor given up too soon: a block takes up to 2 s, a word 20 ms, by the driver's own bound.
 */
/* [utest->swr~flash-spi-nor~1] */
static void busy_for_ever(void **state)
{
	spi_chip.busy_for_ever = true;
	spi_nor.erase(SPI_CHIP_AT, 7);
	assert_int_equal(spi_nor.poll(7), FLASH_BUSY);
	assert_int_equal(spi_nor.poll(7 + 2 * SECOND_NS), FLASH_BUSY);
	assert_int_equal(spi_nor.poll(8 + 2 * SECOND_NS), FLASH_FAILED);
	spi_nor.program(SPI_CHIP_AT, 0, 7); /* while it is */
	assert_int_equal(spi_nor.poll(8), FLASH_FAILED);
	spi_chip.wrong = 0; /* it was told while it was busy: it had its time */
	spi_chip.busy_for_ever = false;
	while (spi_nor.poll(7) == FLASH_BUSY)
		;
	for (uint32_t i = 0; i < 8; i++) /* the erasure ends, seen or not */
		(void)spi_nor.poll(7);
	start(NULL);
	spi_chip.busy_for_ever = true;
	spi_nor.program(SPI_CHIP_AT, 0, 7);
	assert_int_equal(spi_nor.poll(7 + SECOND_NS / 50), FLASH_BUSY);
	assert_int_equal(spi_nor.poll(8 + SECOND_NS / 50), FLASH_FAILED);
	spi_chip.wrong = 0;
}

/* What a life before had begun is waited for; a chip that never ends isn't. */
static void busy_at_first(void **state)
{
	uint64_t before;

	spi_nor.erase(SPI_CHIP_AT, 0);
	assert_null(open());
	assert_int_equal(spi_nor.read(SPI_CHIP_AT), 0xffffffff);
	spi_nor.erase(SPI_CHIP_AT, 0);
	spi_chip.busy_for_ever = true;
	before = spi_chip.now;
	refused("stays so");
	assert_true(before < SECOND_NS);
}

/* How long the processor waits, by the model's clock: 10 MHz on the wire, 50 ns an access. */
static void takes_no_longer(void **state)
{
	const uint64_t before = spi_chip.now;
	uint64_t read, step;

	(void)spi_nor.read(SPI_CHIP_AT);
	read = spi_chip.now - before;
	spi_nor.program(SPI_CHIP_AT, 0, 0);
	step = spi_chip.now - before - read;
	assert_in_range(read, 6400, 12000);
	assert_in_range(step, 8000, 20000);
}

/* ---- the boot state in it ---- */

static struct boot_record record_of(uint32_t sequence, uint32_t a, uint32_t b)
{
	const struct boot_record record = {
		.magic = BOOT_MAGIC,
		.format = BOOT_FORMAT,
		.sequence = sequence,
		.status = {a, b},
	};

	return record;
}

static void run(const struct boot_record *next)
{
	boot_write(&boot, next, 0);
	for (uint32_t i = 0; i < NOR_STEPS && boot_busy(&boot); i++)
		boot_poll(&boot, i);
}

/* At each step of the chip; what counts is the old record or the new one. [utest->swr~boot-state-write~1] */
static void power_cuts(void **state)
{
	uint32_t cuts = 0;

	for (uint32_t seed = 1; seed <= 5; seed++) {
		bool done = false;

		for (uint32_t power = 0; !done; power++, cuts++) {
			struct boot_record next;

			spi_chip_start(seed * 1000 + power);
			nor_record(0, record_of(7, BOOT_TRIAL, BOOT_GOOD));
			nor_attempt(0, 0, BOOT_TRIED_A | BOOT_STARTED << 8 | 5u << 16);
			memset(nor.bytes + NOR_BLOCK, (int)seed, NOR_BLOCK);
			assert_null(open());
			boot_open(&boot, &spi_nor, copies);
			assert_true(boot_confirm(&boot.view, &next));
			nor.power = nor.steps + power;
			run(&next);
			done = boot.write == BOOT_WRITE_DONE;
			assert_int_equal(nor.erasures[0] + nor.programmed[0], 0);
			assert_int_equal(nor.erasures[2] + nor.programmed[2], 0);
			spi_chip_power_on();
			assert_null(open());
			boot_open(&boot, &spi_nor, copies);
			assert_true(boot.view.valid);
			assert_true(boot.view.record.sequence == 8 || !done);
			assert_int_equal(boot.view.record.status[0],
					 boot.view.record.sequence == 8 ? BOOT_GOOD : BOOT_TRIAL);
			assert_int_equal(boot.view.attempts[0], boot.view.record.sequence == 7);
		}
	}
	assert_true(cuts > 5 * 50);
}

/* A block that is protected, though the chip says that it did what it was told. */
/* [utest->swr~flash-spi-nor~1] */
static void protected_block(void **state)
{
	struct boot_record next;

	nor_record(0, record_of(7, BOOT_TRIAL, BOOT_GOOD));
	nor_attempt(0, 0, BOOT_TRIED_A | BOOT_STARTED << 8 | 5u << 16);
	memset(nor.bytes + NOR_BLOCK, 0x5a, NOR_BLOCK);
	boot_open(&boot, &spi_nor, copies);
	assert_true(boot_confirm(&boot.view, &next));
	spi_chip.erases_nothing = true;
	run(&next);
	assert_int_equal(boot.write, BOOT_WRITE_FAILED);
	assert_int_equal(boot.view.record.sequence, 7);
	spi_chip.erases_nothing = false;
	run(&next);
	assert_int_equal(boot.write, BOOT_WRITE_DONE);
}

/* ---- the controller ---- */

/* Of each length that its FIFOs hold, in the time that the bits take. [utest->swr~flash-spi-controller~1] */
static void exchanges(void **state)
{
	for (uint32_t count = 4; count <= 32; count++) {
		const uint64_t before = spi_chip.now;
		const uint32_t exchanged = spi_chip.exchanges;
		uint8_t bytes[32] = {0x9f};

		assert_true(rockchip_spi_exchange(bytes, count));
		assert_int_equal(spi_chip.exchanges, exchanged + 1);
		assert_memory_equal(bytes + 1, spi_chip.identity, 3);
		assert_in_range(spi_chip.now - before, 800 * count, 100000);
	}
	assert_int_equal(spi_chip.longest, 32);
}

/* Longer than the FIFOs, or of nothing: the chip isn't told anything. [utest->swr~flash-spi-controller~1] */
static void no_other_exchange(void **state)
{
	static const uint32_t counts[] = {0, 33, 64, 0x10000, UINT32_MAX};
	const uint32_t before = spi_chip.exchanges;
	uint8_t bytes[64] = {0x9f};

	for (uint32_t i = 0; i < LENGTH(counts); i++)
		assert_false(rockchip_spi_exchange(bytes, counts[i]));
	assert_int_equal(spi_chip.exchanges, before);
	assert_int_equal(bytes[0], 0x9f);
}

/* A controller from which nothing comes costs half a millisecond, one without a clock nothing.
 * [utest->swr~flash-spi-controller~1] */
static void no_exchange_without_an_end(void **state)
{
	static const uint32_t divisors[] = {0, 1, 7, 0xffff, 0x10000};
	uint64_t before = spi_chip.now;
	uint8_t bytes[32] = {0x9f};

	spi_chip.stuck = true;
	assert_false(rockchip_spi_exchange(bytes, sizeof(bytes)));
	assert_in_range(spi_chip.now - before, 500000, 600000);
	spi_chip.stuck = false;
	for (uint32_t i = 0; i < LENGTH(divisors); i++) {
		const uint32_t exchanged = spi_chip.exchanges;

		spi_chip.divisor = divisors[i];
		assert_string_equal(rockchip_spi_open(0x1000, 1, SPI_CHIP_HZ),
				    "the loader left its controller without a clock");
		assert_non_null(open());
		assert_int_equal(spi_chip.exchanges, exchanged);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, end)
int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(unusable),		 TEST(describes_another),
		TEST(another_place),	 TEST(erase_and_program),
		TEST(out_of_bounds),	 TEST(not_taken),
		TEST(busy_for_ever),	 TEST(busy_at_first),
		TEST(takes_no_longer),	 TEST(power_cuts),
		TEST(protected_block),	 TEST(exchanges),
		TEST(no_other_exchange), TEST(no_exchange_without_an_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
