// SPDX-License-Identifier: Apache-2.0
/*
 * test_emmc.c - a boot partition of an eMMC as flash, and the boot state in it, on a model of controller and
 * card. [utest->swr~flash-emmc~1] [utest->swr~emmc-controller~1]
 *
 * Robustness: bounds, failures, power_cuts, unreadable
 */
#include "test.h"

#include "boot_state.h"
#include "emmc.h"
#include "nor_flash.h"
#include "sd_host.h"

#define BLOCK	      BOOT_EMMC_BLOCK
#define BLOCK_SECTORS (BLOCK / 512)
#define CRC_AT	      (uint32_t)offsetof(struct boot_record, crc)
#define LOOKS	      5000u /* more than a record takes */
#define POLL_NS	      UINT64_C(2000000)
#define ACCESSES_MOST 400u /* a poll: two blocks of 128 words, and registers */

static const uint32_t copies[BOOT_COPIES] = {0, BLOCK};
static struct emmc_geometry geometry = {SD_BASE, SD_BOOT0, BLOCK};
static struct boot boot;

static int start(void **state)
{
	sd_start();
	geometry.partition = SD_BOOT0;
	return 0;
}

static const char *opened(void)
{
	return emmc_open(&geometry, SD_HZ);
}

static uint32_t *word_at(uint32_t area, uint32_t offset)
{
	return &sd.sectors[area][offset / 512][offset % 512 / 4];
}

/* Looks until it isn't busy, as the health cell does: none takes long. */
static enum flash_status ended(void)
{
	enum flash_status status = FLASH_BUSY;

	for (uint32_t i = 0; i < LOOKS && status == FLASH_BUSY; i++) {
		const uint64_t before = sd.accesses, then = sd.now;

		status = emmc.poll(sd.now += POLL_NS);
		assert_true(sd.accesses - before <= ACCESSES_MOST);
		assert_true(sd.now == then + POLL_NS); /* it doesn't wait */
	}
	return status;
}

/* [utest->swr~flash-emmc~1] */
static void reads(void **state)
{
	for (unsigned boot1 = 0; boot1 < 2; boot1++)
		for (unsigned in_bytes = 0; in_bytes < 2; in_bytes++) {
			sd_start();
			sd.in_bytes = in_bytes;
			geometry.partition = boot1 ? SD_BOOT1 : SD_BOOT0;
			*word_at(geometry.partition, 0) = 0x12345678;
			*word_at(geometry.partition, BLOCK + 1020) = 0x2468ace0;
			*word_at(geometry.partition, 2 * BLOCK + 508) = 0x13579bdf;
			assert_null(opened());
			assert_int_equal(emmc.read(0), 0x12345678);
			assert_int_equal(emmc.read(4), 0xffffffff);
			assert_int_equal(emmc.read(BLOCK + 1020), 0x2468ace0);
			assert_int_equal(emmc.read(2 * BLOCK + 508), 0x13579bdf);
			assert_int_equal(emmc.read(3 * BLOCK), 0xffffffff);
			assert_int_equal(emmc.read(1024), 0xffffffff);
			assert_int_equal(sd.writes + sd.wrong, 0);
			assert_int_equal(sd.ext_csd[179], 0x48 | geometry.partition);
		}
}

static void refused(void **state)
{
	static const char *const whys[] = {
		"no card answers",
		"it takes too long",
		"it is older than version 4, and has no boot partitions",
		"its boot partitions are smaller than what is to be in them",
		"its boot partition is write-protected",
		"its boot partition is write-protected",
		"its boot partition is write-protected",
		"it doesn't switch to its boot partition",
		"it doesn't switch to its boot partition",
		"its boot partition can't be read",
		"its controller can't be reset, or has no clock",
		"its controller can't be reset, or has no clock",
		"it takes too long",
	};

	for (unsigned i = 0; i < LENGTH(whys); i++) {
		uint64_t begun;

		sd_start();
		sd.absent = i == 0;
		sd.power_ups = i == 1 ? UINT32_MAX : 2;
		sd.version = i == 2 ? 3 : 4;
		sd.ext_csd[226] = i == 3 ? 0 : 1;
		sd.ext_csd[173] = i == 4 ? 0x01 : i == 5 ? 0x04 : i == 6 ? 0x80 : 0;
		sd.ext_csd[174] = i == 6 ? 0x01 : 0;
		sd.switch_ignored = i == 7;
		sd.switch_error = i == 8 ? 0x80 : 0;
		sd.read_fails = i == 9 ? SD_ALL : SD_NO_LIMIT;
		sd.mute_reset = i == 10;
		sd.no_clock = i == 11;
		sd.no_end = i == 12;
		begun = sd.now;
		assert_string_equal(opened(), whys[i]);
		assert_true(sd.now - begun <= EMMC_OPEN_NS + 2 * SD_LOOK);
		assert_int_equal(sd.writes + sd.wrong, 0);
	}
	/* The other partition's protection is nothing to us. */
	sd_start();
	sd.ext_csd[173] = 0x80 | 0x01;
	sd.ext_csd[174] = 0x04;
	assert_null(opened());
}

/* [utest->swr~flash-emmc~1] [utest->swr~emmc-controller~1] */
static void writes(void **state)
{
	*word_at(SD_BOOT0, BLOCK - 4) = 1;
	*word_at(SD_BOOT0, 1024) = 2;
	*word_at(SD_BOOT0, 0) = 3;
	*word_at(SD_BOOT0, 512) = 4;
	assert_null(opened());
	emmc.erase(0, sd.now);
	assert_int_equal(ended(), FLASH_READY);
	assert_int_equal(emmc.read(0), 0xffffffff);
	assert_int_equal(*word_at(SD_BOOT0, 0) & *word_at(SD_BOOT0, 512), 0xffffffff);
	assert_int_equal(*word_at(SD_BOOT0, BLOCK - 4), 1);
	assert_int_equal(*word_at(SD_BOOT0, 1024), 2);
	emmc.program(8, 0x1234ffff, sd.now);
	assert_int_equal(ended(), FLASH_READY);
	emmc.program(8, 0xffff5678, sd.now); /* bits are cleared, none is set */
	assert_int_equal(ended(), FLASH_READY);
	assert_int_equal(emmc.read(8), 0x12345678);
	assert_int_equal(*word_at(SD_BOOT0, 8), 0x12345678);
	assert_int_equal(*word_at(SD_BOOT0, 4) & *word_at(SD_BOOT0, 12), 0xffffffff);
	assert_int_equal(sd.writes, 4);
	assert_int_equal(sd.written[0] | sd.written[2] | sd.written[3], SD_BOOT0);
	assert_int_equal(sd.written[1], 1 << 2 | SD_BOOT0);
	assert_int_equal(sd.wrong, 0);
}

/* Neither the identity nor anything behind it. */
/* [utest->swr~flash-emmc~1] */
static void bounds(void **state)
{
	static const uint32_t others[] = {2 * BLOCK, 3 * BLOCK, 1024, BLOCK + 1024, 0xfffffffc};

	assert_null(opened());
	for (unsigned i = 0; i < LENGTH(others); i++) {
		emmc.program(others[i], 0, sd.now);
		assert_int_equal(ended(), FLASH_FAILED);
		emmc.erase(others[i], sd.now);
		assert_int_equal(ended(), FLASH_FAILED);
	}
	assert_int_equal(sd.writes + sd.wrong, 0);
	emmc.program(0, 0, sd.now);
	assert_int_equal(ended(), FLASH_READY);
}

/* What the card has is what is read, whatever was written. */
/* [utest->swr~emmc-controller~1] */
static void failures(void **state)
{
	assert_null(opened());
	sd.stuck = 0x10;
	emmc.program(0, 0, sd.now);
	assert_int_equal(ended(), FLASH_READY);
	assert_int_equal(emmc.read(0), 0x10);
	sd.stuck = 0;
	sd.write_error = UINT32_C(1) << 26; /* WP_VIOLATION */
	emmc.program(4, 0, sd.now);
	assert_int_equal(ended(), FLASH_FAILED);
	sd.write_error = 0;
	sd.busy = 100;
	emmc.program(8, 0, sd.now);
	assert_int_equal(ended(), FLASH_READY);
	assert_int_equal(emmc.read(8), 0);
	sd.busy = UINT32_MAX;
	emmc.program(12, 0, sd.now);
	assert_int_equal(ended(), FLASH_FAILED);
	sd_power_on();
	sd.busy = 0;
	assert_null(opened());
	sd.read_fails = 0; /* it can't be read back */
	emmc.program(16, 0, sd.now);
	assert_int_equal(ended(), FLASH_FAILED);
	assert_int_equal(emmc.read(4), 0);
	sd.read_fails = SD_NO_LIMIT;
	sd.no_end = true;
	emmc.program(20, 0, sd.now);
	assert_int_equal(ended(), FLASH_FAILED);
	sd.no_end = false;
	emmc.program(24, 0, sd.now);
	assert_int_equal(ended(), FLASH_READY);
	assert_int_equal(emmc.read(24), 0);
}

/* ---- the boot state in it ---- */

static void put(uint32_t copy, uint32_t sequence)
{
	struct boot_record record = {
		.magic = BOOT_MAGIC,
		.format = BOOT_FORMAT,
		.sequence = sequence,
		.floor = 3,
		.status = {BOOT_GOOD, BOOT_GOOD},
		.counter = {3, 4},
	};

	memset(record.digest, 0xa0, sizeof(record.digest));
	nor_record(copy, record);
	memcpy(word_at(SD_BOOT0, copies[copy]), nor.bytes + nor_copies[copy], 512);
	*word_at(SD_BOOT0, copies[copy] + 512) = 3u << 16 | BOOT_STARTED << 8 | BOOT_TRIED_A;
}

static void power_on(void)
{
	sd_power_on();
	assert_null(opened());
	boot_open(&boot, &emmc, copies);
}

static void confirm(void)
{
	struct boot_record next;

	assert_true(boot_confirm(&boot.view, &next));
	boot_write(&boot, &next, sd.now);
	for (uint32_t i = 0; i < LOOKS && boot_busy(&boot); i++)
		boot_poll(&boot, sd.now += POLL_NS);
}

/* Wherever the power goes, and whatever is left of the sector that is being written then, a whole record
 * counts; the one that counted is in no sector that is written. [utest->swr~boot-state-write~1] */
/* [utest->swr~flash-emmc~1] */
static void power_cuts(void **state)
{
	static const uint32_t torn[] = {0, 1, 31, 32, 64, 127, 128};
	uint32_t writes = 0, old = 0, new = 0;

	for (uint32_t power = 0; !power || power <= writes; power++)
		for (uint32_t i = 0; i < LENGTH(torn); i++) {
			sd_start();
			nor_start(1);
			put(0, 7);
			power_on();
			assert_int_equal(boot.view.running, 0);
			assert_false(boot.confirmed);
			sd.power = power ? power - 1 : SD_NO_LIMIT;
			sd.torn = torn[i];
			confirm();
			for (uint32_t n = 0; n < sd.writes && n < SD_WRITES; n++)
				assert_true(sd.written[n] == (BLOCK_SECTORS << 2 | SD_BOOT0) ||
					    sd.written[n] == ((BLOCK_SECTORS + 1) << 2 | SD_BOOT0));
			if (!power) {
				writes = sd.writes;
				assert_int_equal(boot.write, BOOT_WRITE_DONE);
				assert_int_equal(writes, 2 + sizeof(struct boot_record) / 4);
			}
			power_on();
			assert_true(boot.view.valid && sd.wrong == 0);
			assert_int_equal(boot.view.running, 0);
			old += boot.view.record.sequence == 7;
			new += boot.view.record.sequence == 8;
		}
	assert_int_equal(old + new, (writes + 1) * LENGTH(torn));
	/* Without a cut; and where the last sector was whole, or was but for what is behind the CRC. */
	assert_int_equal(new, LENGTH(torn) + 4);
}

/* A sector that the card can't read any more: its copy is lost, as it is to the loader, and is written anew.
 */
/* [utest->swr~flash-emmc~1] */
static void unreadable(void **state)
{
	for (uint32_t sector = 0; sector < 2; sector++) {
		sd_start();
		nor_start(1);
		put(0, 7);
		put(1, 6);
		sd.read_fails = sector;
		power_on();
		assert_true(boot.view.valid);
		assert_int_equal(boot.view.copies, 1);
		assert_int_equal(boot.view.record.sequence, 6);
		sd.read_fails = SD_NO_LIMIT;
		confirm();
		assert_int_equal(boot.write, BOOT_WRITE_DONE);
		power_on();
		assert_int_equal(boot.view.copies, 2);
		assert_int_equal(boot.view.copy, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(reads, start),	   cmocka_unit_test_setup(refused, start),
		cmocka_unit_test_setup(writes, start),	   cmocka_unit_test_setup(bounds, start),
		cmocka_unit_test_setup(failures, start),   cmocka_unit_test_setup(power_cuts, start),
		cmocka_unit_test_setup(unreadable, start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
