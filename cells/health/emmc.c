// SPDX-License-Identifier: Apache-2.0
/*
 * emmc.c - a boot partition of an eMMC as flash (emmc.h). [impl->swr~flash-emmc~1]
 *
 * Chapters are those of JESD84-B51. A copy of the boot state has a sector for its record and one for the
 * attempts: a write that the power ends damages one of the two, of the copy that doesn't count.
 */
#include "emmc.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "../../src/blueprint/boot_state.h"
#include "sdhci.h"
#include "timer.h"

#define PLACES	       3u /* two copies of the boot state, the identity */
#define PLACES_WRITTEN 2u
#define SECTORS	       2u /* of each */
#define ALL	       (PLACES * SECTORS)
#define NOTHING	       ALL
#define LOST_ALL       ((1u << ALL) - 1)

/* 6.10.4 */
#define GO_IDLE	      0u
#define SEND_OP_COND  1u
#define ALL_SEND_CID  2u
#define SET_ADDRESS   3u
#define SWITCH	      6u
#define SELECT	      7u
#define SEND_EXT_CSD  8u
#define SEND_CSD      9u
#define SEND_STATUS   13u
#define READ_SECTOR   17u
#define WRITE_SECTOR  24u
#define ADDRESS	      1u /* that we give it */
#define ADDRESS_AT    16
#define OCR_ASKED     0x40ff8080u /* 7.1: 2.7 to 3.6 V, 1.7 to 1.95 V; sectors */
#define OCR_READY     0x80000000u
#define OCR_SECTORS   0x40000000u
#define CSD_VERSION   0x3c000000u /* 7.3.2, of bits 127 to 96: SPEC_VERS */
#define CSD_VERSION_4 0x10000000u
#define SWITCH_WRITE  3u /* 6.6.1: access "write byte", at 24; index at 16, value at 8 */

/* 6.13: what of the card's status is an error, and what it is when it can take a command. */
#define STATUS_ERRORS 0xfdf98080u
#define STATUS_STATE  0x00001f00u /* CURRENT_STATE, READY_FOR_DATA */
#define STATUS_READY  0x00000900u /* tran */

/* 7.4: bytes of EXT_CSD. */
#define BOOT_WP		173u
#define BOOT_WP_STATUS	174u
#define PARTITION	179u /* PARTITION_CONFIG */
#define BOOT_SIZE	226u /* of each boot partition, in units of 128 KiB */
#define BOOT_UNIT	UINT64_C(0x20000)
#define PARTITION_MASK	7u /* PARTITION_ACCESS */
#define WP_PERMANENT	0x04u
#define WP_POWER_ON	0x01u
#define WP_SELECTED	0x80u /* B_SEC_WP_SEL: of one partition alone, by BOOT_WP_STATUS */
#define WP_STATUS(part) (3u << 2 * ((part) - 1))

#define WRITE_NS	UINT64_C(1000000000) /* a card that is at its house-keeping may take long */
#define ASK_NS		UINT64_C(1000000)    /* between two questions whether it is powered up */
#define STEPS_A_POLL	4u		     /* commands that may end, where none has a block to move */

enum stage {
	STAGE_HOST,	/* the controller is reset */
	STAGE_IDLE,	/* the card is */
	STAGE_POWER_UP, /* it is asked whether it is ready */
	STAGE_PAUSE,	/* before it is asked again */
	STAGE_NAME,	/* tells its name */
	STAGE_ADDRESS,	/* gets an address */
	STAGE_CSD,	/* tells of itself */
	STAGE_SELECT,	/* is the one that is spoken to */
	STAGE_SPEED,	/* the clock is for data */
	STAGE_TELL,	/* tells more of itself */
	STAGE_SWITCH,	/* to the boot partition */
	STAGE_SWITCHED, /* has it done so? */
	STAGE_TELL_NOW, /* once more, where it is */
	STAGE_READ,	/* a sector */
	STAGE_WRITE,	/* a sector */
	STAGE_WRITTEN,	/* is it through with it? */
	STAGE_READY,
	STAGE_DEAD,
};

static struct {
	struct emmc_geometry geometry;
	uint64_t hz;
	enum stage stage;
	const char *wrong; /* why it can't be used; NULL: it can */
	uint32_t scale;	   /* of a sector's address: 1, or bytes */
	uint32_t sector;   /* of `cache`, that is read or written */
	uint32_t last;	   /* of those that are to be */
	uint32_t lost;	   /* sectors that couldn't be read, a bit each */
	bool writes;	   /* each before it is read */
	bool failed;
	uint64_t deadline; /* of a write */
	uint64_t asked;
	uint32_t block[SDHCI_WORDS]; /* that is under way: EXT_CSD, what is written */
	uint32_t cache[ALL][SDHCI_WORDS];
} card;

_Static_assert(BOOT_SECTOR == SDHCI_BLOCK, "layout");
_Static_assert(sizeof(struct boot_copy) <= SECTORS * SDHCI_BLOCK, "layout");
_Static_assert(sizeof(struct boot_identity) <= SECTORS * SDHCI_BLOCK, "layout");

static void command(uint8_t index, enum sdhci_response response, uint32_t argument, uint64_t now)
{
	sdhci_begin(&(struct sdhci_command){.index = index, .response = response, .argument = argument}, NULL,
		    now);
}

static void block(uint8_t index, enum sdhci_data data, uint32_t argument, uint32_t *words, uint64_t now)
{
	sdhci_begin(
		&(struct sdhci_command){
			.index = index, .response = SDHCI_R1, .data = data, .argument = argument},
		words, now);
}

/* Of a byte of EXT_CSD, in `block`: the card's first byte is a word's lowest. */
static uint32_t told(uint32_t byte)
{
	return card.block[byte / 4] >> byte % 4 * 8 & 0xff;
}

static uint32_t sector_address(uint32_t sector)
{
	const uint32_t place = sector / SECTORS, within = sector % SECTORS;

	return (place * (card.geometry.block / SDHCI_BLOCK) + within) * card.scale;
}

static bool response_is_good(void)
{
	return !(sdhci_response() & STATUS_ERRORS);
}

/* Begins what a stage does. */
static enum stage enter(enum stage stage, uint64_t now)
{
	const uint32_t rca = ADDRESS << ADDRESS_AT;
	uint32_t value;

	switch (stage) {
	case STAGE_IDLE:
		command(GO_IDLE, SDHCI_NONE, 0, now);
		break;
	case STAGE_POWER_UP:
		card.asked = now;
		command(SEND_OP_COND, SDHCI_R3, OCR_ASKED, now);
		break;
	case STAGE_NAME:
		command(ALL_SEND_CID, SDHCI_R2, 0, now);
		break;
	case STAGE_ADDRESS:
		command(SET_ADDRESS, SDHCI_R1, rca, now);
		break;
	case STAGE_CSD:
		command(SEND_CSD, SDHCI_R2, rca, now);
		break;
	case STAGE_SELECT:
		command(SELECT, SDHCI_R1, rca, now);
		break;
	case STAGE_SPEED:
		sdhci_speed(now);
		break;
	case STAGE_TELL:
	case STAGE_TELL_NOW:
		block(SEND_EXT_CSD, SDHCI_READS, 0, card.block, now);
		break;
	case STAGE_SWITCH:
		value = (told(PARTITION) & ~PARTITION_MASK) | card.geometry.partition;
		command(SWITCH, SDHCI_R1B, SWITCH_WRITE << 24 | PARTITION << 16 | value << 8, now);
		break;
	case STAGE_SWITCHED:
	case STAGE_WRITTEN:
		command(SEND_STATUS, SDHCI_R1, rca, now);
		break;
	case STAGE_READ:
		block(READ_SECTOR, SDHCI_READS, sector_address(card.sector), card.cache[card.sector], now);
		break;
	case STAGE_WRITE:
		card.deadline = now + timer_from_ns(WRITE_NS, card.hz);
		block(WRITE_SECTOR, SDHCI_WRITES, sector_address(card.sector), card.block, now);
		break;
	default:
		break;
	}
	return stage;
}

static enum stage dead(const char *why)
{
	card.wrong = why;
	return STAGE_DEAD;
}

/* By BOOT_WP_STATUS where one of the partitions may be protected alone, else by BOOT_WP (7.4.72, 7.4.73). */
static bool is_protected(void)
{
	const uint32_t all = told(BOOT_WP);

	if (told(BOOT_WP_STATUS) & WP_STATUS(card.geometry.partition))
		return true;
	return !(all & WP_SELECTED) && all & (WP_PERMANENT | WP_POWER_ON);
}

static enum stage judged(uint64_t now)
{
	if (told(BOOT_SIZE) * BOOT_UNIT < (uint64_t)PLACES * card.geometry.block)
		return dead("its boot partitions are smaller than what is to be in them");
	if (is_protected())
		return dead("its boot partition is write-protected");
	return enter(STAGE_SWITCH, now);
}

static enum stage powered_up(uint64_t now)
{
	const uint32_t ocr = sdhci_response();

	if (!(ocr & OCR_READY))
		return STAGE_PAUSE;
	card.scale = ocr & OCR_SECTORS ? 1 : SDHCI_BLOCK;
	return enter(STAGE_NAME, now);
}

/* A sector that can't be read is none that anybody should believe. */
static void lose(void)
{
	memset(card.cache[card.sector], 0, sizeof(card.cache[0]));
	card.lost |= 1u << card.sector;
	card.failed = true;
}

/* The next sector, or none is left. */
static enum stage next(uint64_t now)
{
	if (card.sector++ == card.last)
		return STAGE_READY;
	return enter(card.writes ? STAGE_WRITE : STAGE_READ, now);
}

/* The card may still program what it was given. */
static enum stage written(uint64_t now)
{
	const uint32_t status = sdhci_response();

	if (status & STATUS_ERRORS)
		card.failed = true;
	else if ((status & STATUS_STATE) != STATUS_READY && now <= card.deadline)
		return enter(STAGE_WRITTEN, now);
	else
		card.failed |= (status & STATUS_STATE) != STATUS_READY;
	return enter(STAGE_READ, now);
}

/* What comes behind a stage that is done. */
static enum stage after(uint64_t now)
{
	switch (card.stage) {
	case STAGE_HOST:
		return enter(STAGE_IDLE, now);
	case STAGE_IDLE:
		return enter(STAGE_POWER_UP, now);
	case STAGE_POWER_UP:
		return powered_up(now);
	case STAGE_NAME:
		return enter(STAGE_ADDRESS, now);
	case STAGE_ADDRESS:
		return enter(STAGE_CSD, now);
	case STAGE_CSD:
		if ((sdhci_response() & CSD_VERSION) < CSD_VERSION_4)
			return dead("it is older than version 4, and has no boot partitions");
		return enter(STAGE_SELECT, now);
	case STAGE_SELECT:
		return enter(STAGE_SPEED, now);
	case STAGE_SPEED:
		return enter(STAGE_TELL, now);
	case STAGE_TELL:
		return judged(now);
	case STAGE_SWITCH:
		return enter(STAGE_SWITCHED, now);
	case STAGE_SWITCHED:
		return response_is_good() ? enter(STAGE_TELL_NOW, now)
					  : dead("it doesn't switch to its boot partition");
	case STAGE_TELL_NOW:
		if ((told(PARTITION) & PARTITION_MASK) != card.geometry.partition)
			return dead("it doesn't switch to its boot partition");
		return enter(STAGE_READ, now);
	case STAGE_READ:
		if (!response_is_good())
			lose();
		return next(now);
	case STAGE_WRITE:
		card.failed |= !response_is_good();
		return enter(STAGE_WRITTEN, now);
	case STAGE_WRITTEN:
		return written(now);
	default:
		return card.stage;
	}
}

/* What comes behind one that failed. */
static enum stage after_failure(uint64_t now)
{
	switch (card.stage) {
	case STAGE_HOST:
	case STAGE_SPEED:
		return dead("its controller can't be reset, or has no clock");
	case STAGE_READ:
		lose();
		return next(now);
	case STAGE_WRITE:
	case STAGE_WRITTEN:
		card.failed = true;
		return enter(STAGE_READ, now);
	case STAGE_IDLE:
	case STAGE_POWER_UP:
		return dead("no card answers");
	default:
		return dead("it doesn't answer as an eMMC does");
	}
}

/* False: it has to wait. */
static bool step(uint64_t now)
{
	enum sdhci_status status;

	if (card.stage == STAGE_PAUSE) {
		if (now - card.asked < timer_from_ns(ASK_NS, card.hz))
			return false;
		card.stage = enter(STAGE_POWER_UP, now);
		return true;
	}
	status = sdhci_poll(now);
	if (status == SDHCI_DONE)
		card.stage = after(now);
	else if (status == SDHCI_FAILED)
		card.stage = after_failure(now);
	return status != SDHCI_BUSY;
}

static bool is_over(void)
{
	return card.stage == STAGE_READY || card.stage == STAGE_DEAD;
}

/* The loader reads both sectors of a copy at once, or neither: what is lost to it is lost. */
static void lose_both(void)
{
	for (uint32_t i = 0; i < ALL; i++)
		if (card.lost & 1u << (i ^ 1))
			memset(card.cache[i], 0, sizeof(card.cache[0]));
}

const char *emmc_open(const struct emmc_geometry *geometry, uint64_t hz)
{
	const uint64_t begun = timer_now(), end = begun + timer_from_ns(EMMC_OPEN_NS, hz);

	card.geometry = *geometry;
	card.hz = hz;
	card.wrong = NULL;
	card.failed = card.writes = false;
	card.sector = card.lost = 0;
	card.last = ALL - 1;
	card.stage = STAGE_HOST;
	sdhci_start(geometry->registers, hz, begun);
	for (uint64_t now = begun; !is_over() && now <= end; now = timer_now())
		step(now);
	if (card.wrong)
		return card.wrong;
	if (card.stage != STAGE_READY)
		return "it takes too long";
	lose_both();
	return card.lost == LOST_ALL ? "its boot partition can't be read" : NULL;
}

static uint32_t sector_at(uint32_t offset)
{
	const uint32_t place = offset / card.geometry.block,
		       within = offset % card.geometry.block / SDHCI_BLOCK;

	return place < PLACES && within < SECTORS ? place * SECTORS + within : NOTHING;
}

static uint32_t read_word(uint32_t offset)
{
	const uint32_t sector = sector_at(offset);

	return sector == NOTHING ? BOOT_ERASED : card.cache[sector][offset % SDHCI_BLOCK / 4];
}

/* `block` becomes what is in the sectors from `first` on. Never of the identity, or elsewhere. */
static void write_begin(uint32_t first, uint32_t count, uint64_t now)
{
	card.failed = first >= PLACES_WRITTEN * SECTORS || card.stage != STAGE_READY;
	if (card.failed)
		return;
	card.writes = true;
	card.sector = first;
	card.last = first + count - 1;
	card.stage = enter(STAGE_WRITE, now);
}

static void erase(uint32_t offset, uint64_t now)
{
	memset(card.block, 0xff, sizeof(card.block));
	write_begin(sector_at(offset), SECTORS, now);
}

/* As flash has it, bits are cleared and none is set. */
static void program(uint32_t offset, uint32_t word, uint64_t now)
{
	const uint32_t sector = sector_at(offset);

	if (sector != NOTHING) {
		memcpy(card.block, card.cache[sector], sizeof(card.block));
		card.block[offset % SDHCI_BLOCK / 4] &= word;
	}
	write_begin(sector, 1, now);
}

static enum flash_status poll(uint64_t now)
{
	for (uint32_t i = 0; i < STEPS_A_POLL && !is_over() && step(now); i++)
		;
	if (!is_over())
		return FLASH_BUSY;
	return card.failed || card.stage == STAGE_DEAD ? FLASH_FAILED : FLASH_READY;
}

const struct flash emmc = {.read = read_word, .erase = erase, .program = program, .poll = poll};
