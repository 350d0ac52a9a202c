// SPDX-License-Identifier: Apache-2.0
/*
 * test_slots.c - boot state, confirmation and update channel together, on flash that fails. Each test is a
 * life of its own.
 *
 * Robustness: third_attempt, no_fourth_attempt, no_fourth_attempt_at_once, good_without_flash,
 * failed_change, failed_try, no_emmc, no_controller, untold
 */
#include "test.h"

#include <assert.h>
#include <stdarg.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cfi_flash.h"
#include "emmc.h"
#include "hypercall_call.h"
#include "mmu.h"
#include "nor_flash.h"
#include "pci.h"
#include "recorder.h"
#include "report.h"
#include "slots.h"
#include "small_machine.h"
#include "spi_nor.h"
#include "syslog_client.h"
#include "timer.h"
#include "console.h"

#define A	0u
#define B	1u
#define AFTER	UINT64_C(3000)
#define WITHIN	UINT64_C(1000000)
#define TRIED_A (3u << 16 | BOOT_STARTED << 8 | BOOT_TRIED_A)
#define TRIED_B (4u << 16 | BOOT_STARTED << 8 | BOOT_TRIED_B)

static struct small_machine *small;
static struct update_channel channel;
static uint64_t now, resets, asked;
static uint64_t noted[SLOT_NO_RESET + 1]; /* events of each kind */
static uint64_t asked_resets;		  /* that were granted */
static uint32_t failing;		  /* erasures that fail, from the next one on */
static bool fails;			  /* the one that is under way */
static bool at_once;			  /* at the first look, as of a chip that refuses to begin */

/* ---- what slots.c uses ---- */

static uint32_t flash_read(uint32_t offset)
{
	return nor_flash.read(offset);
}

static void flash_erase(uint32_t offset, uint64_t at)
{
	fails = failing > 0;
	failing -= fails;
	if (fails && at_once)
		nor.fails_at = nor.steps + 1;
	nor_flash.erase(offset, at);
}

static void flash_program(uint32_t offset, uint32_t word, uint64_t at)
{
	nor_flash.program(offset, word, at);
}

static enum flash_status flash_poll(uint64_t at)
{
	const enum flash_status status = nor_flash.poll(at);

	return status == FLASH_READY && fails ? FLASH_FAILED : status;
}

const struct flash cfi_flash = {flash_read, flash_erase, flash_program, flash_poll};

const struct flash spi_nor = {flash_read, flash_erase, flash_program, flash_poll};
static struct spi_nor_geometry serial; /* as it was opened */
static struct range mapped;

const char *spi_nor_open(const struct spi_nor_geometry *geometry, uint64_t hz)
{
	serial = *geometry;
	return NULL;
}

const char *cfi_flash_open(const struct cfi_geometry *geometry, uint64_t hz)
{
	return NULL;
}

/* The eMMC behind function 01.0 of the cell's bus. */
#define SD_FUNCTION  8u
#define SD_REGISTERS UINT64_C(0x10506000)

static struct emmc_geometry emmc_asked;
static const char *emmc_wrong;
static bool masters, answers;
const struct flash emmc = {flash_read, flash_erase, flash_program, flash_poll};

const char *emmc_open(const struct emmc_geometry *geometry, uint64_t hz)
{
	emmc_asked = *geometry;
	return emmc_wrong;
}

bool pci_at(const struct guest *guest, uint32_t number, struct pci_function *function)
{
	return number == SD_FUNCTION;
}

void pci_enable(const struct pci_function *function)
{
	masters = true;
}

void pci_answer(const struct pci_function *function)
{
	answers = true;
}

uint64_t pci_bar(const struct pci_function *function, uint32_t bar, uint64_t size)
{
	return answers && bar == 0 && size == 0x100 ? SD_REGISTERS : 0;
}

bool mmu_map(uint64_t base, uint64_t size, enum mmu_kind kind)
{
	mapped = (struct range){base, size};
	return kind == MMU_DEVICE;
}

uint64_t timer_now(void)
{
	return now;
}

int64_t hypercall_machine_reset(uint64_t cell, uint64_t detail, uint64_t error)
{
	assert(detail == B);
	if (cell == SMALL_GATEWAY)
		assert(error == BP_ERROR_COUNT && noted[SLOT_RESET] == asked_resets);
	else
		assert(cell == MACHINE_RESET_NOBODY && error == BP_ERROR_BOOT_TIMEOUT);
	resets++;
	return HYPERCALL_DENIED;
}

void recorder_add(const struct event *event)
{
	assert(event->code == EVENT_SLOT && event->args[0] < LENGTH(noted));
	noted[event->args[0]]++;
}

void syslog_client_offer(const struct event *event)
{
}

void report_event(const struct machine *machine, const char *prefix, const struct event *event)
{
}

void say(const char *format, ...)
{
}

/* ---- a life ---- */

/* attempt: the loader's, which is not confirmed; 0: a boot that an earlier life confirmed. */
static void start_on(enum guest_medium medium, uint32_t function, uint32_t status_b, uint32_t primary,
		     uint32_t attempt)
{
	uint8_t seed[IDENTITY_SEED];
	static struct guest guest;
	struct boot_record record = {
		.magic = BOOT_MAGIC,
		.format = BOOT_FORMAT,
		.sequence = 7,
		.floor = 3,
		.primary = primary,
		.status = {BOOT_GOOD, status_b},
		.counter = {3, 4},
	};

	memset(record.digest[A], 0xa0, BOOT_DIGEST);
	memset(record.digest[B], 0xb0, BOOT_DIGEST);
	small = small_machine();
	small->counters.cells[SMALL_GATEWAY].beats = true;
	small->telemetry[SMALL_HEALTH].generation = attempt ? 1 : 2;
	nor_start(1);
	nor_record(0, record);
	if (attempt)
		nor_attempt(0, 0, attempt);
	guest = (struct guest){
		.boot = {.medium = medium,
			 .bank = {0x1000, 3 * NOR_BLOCK},
			 .chip = 1,
			 .function = function,
			 .partition = 2,
			 .erase_block = NOR_BLOCK,
			 .copies = {nor_copies[0], nor_copies[1]},
			 .identity = 2 * NOR_BLOCK,
			 .confirm_after_ns = AFTER,
			 .confirm_within_ns = WITHIN},
		.channels = {{.name = UPDATE_CHANNEL,
			      .ipa = (uintptr_t)&channel,
			      .size = sizeof(channel),
			      .writes = true,
			      .reads = true,
			      .resets = true,
			      .resetter = SMALL_GATEWAY}},
		.channel_count = 1,
	};
	slots_open(&guest, small->machine.hz, seed);
	slots_start(&guest, &small->machine, &small->counters);
	assert(slots_state());
}

static void start(uint32_t status_b, uint32_t primary, uint32_t attempt)
{
	start_on(GUEST_MEDIUM_CFI, 0, status_b, primary, attempt);
}

static void polls(uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		slots_poll(++now);
}

static uint64_t ask(uint64_t kind)
{
	channel.request.kind = kind;
	channel.request.slot = B;
	channel.request.sequence = ++asked;
	polls(NOR_STEPS);
	assert(channel.answer.sequence == asked);
	return channel.answer.result;
}

static const struct boot *boot(void)
{
	return slots_state()->boot;
}

/* A confirmation that the flash takes at the third attempt. [utest->swr~slots-write-attempts~1] */
static void third_attempt(void)
{
	start(BOOT_TRIAL, B, TRIED_B);
	failing = 2;
	polls(AFTER + 2 * NOR_STEPS);
	assert(nor.erasures[1] == 3 && !nor.erasures[0]);
	assert(noted[SLOT_WRITE_FAILED] == 2 && noted[SLOT_CONFIRMED] == 1 && !resets);
	assert(boot()->confirmed && boot()->view.record.status[B] == BOOT_GOOD);
	assert(boot()->view.record.sequence == 8 && boot()->view.record.floor == 4);
}

/* Of an SPI flash the controller's registers are mapped, and the identity's block isn't written.
 * [utest->swr~slots-medium~1] */
static void serial_flash(void)
{
	start_on(GUEST_MEDIUM_SPI_NOR, 0, BOOT_TRIAL, B, TRIED_B);
	assert(mapped.base == 0x1000 && mapped.size == 3 * NOR_BLOCK);
	assert(serial.controller == 0x1000 && serial.chip == 1 && serial.erase_block == NOR_BLOCK);
	assert(serial.start == nor_copies[0] && serial.used == 3 * NOR_BLOCK &&
	       serial.writable == 2 * NOR_BLOCK);
	polls(AFTER + NOR_STEPS);
	assert(boot()->confirmed && boot()->view.record.status[B] == BOOT_GOOD);
}

/* No attempt more: a trial that can't be kept is ended, and what counted counts. */
static void no_fourth_attempt(void)
{
	start(BOOT_TRIAL, B, TRIED_B);
	failing = UINT32_MAX;
	polls(AFTER + 10 * NOR_STEPS);
	assert(nor.erasures[1] == 3 && !nor.erasures[0]);
	assert(noted[SLOT_WRITE_FAILED] == 3 && !noted[SLOT_CONFIRMED]);
	assert(resets == 1 && !boot()->confirmed && boot()->view.record.sequence == 7);
}

/* [utest->swr~slots-write-attempts~1] */
static void no_fourth_attempt_at_once(void)
{
	at_once = true;
	no_fourth_attempt();
}

/* What was good before is not reset for the flash's sake. */
static void good_without_flash(void)
{
	start(BOOT_GOOD, A, TRIED_A);
	failing = UINT32_MAX;
	polls(AFTER + 10 * NOR_STEPS);
	assert(nor.erasures[1] == 3 && !nor.erasures[0]);
	assert(noted[SLOT_WRITE_FAILED] == 3 && !resets && !boot()->confirmed);
}

/* A change that Linux asked for and that failed undoes no confirmation: it can ask again, and for
 * other things. [utest->swr~slots-write-attempts~1] */
static void failed_change(void)
{
	start(BOOT_GOOD, A, 0);
	polls(1);
	assert(boot()->confirmed);
	failing = 1;
	assert(ask(UPDATE_DROP) == UPDATE_FAILED);
	assert(noted[SLOT_WRITE_FAILED] == 1 && noted[SLOT_DROP] == 1);
	assert(boot()->confirmed && channel.answer.confirmed == 1);
	assert(boot()->view.record.status[B] == BOOT_GOOD);
	assert(ask(UPDATE_DROP) == UPDATE_OK);
	assert(boot()->view.record.status[B] == BOOT_EMPTY && nor.erasures[1] == 2 && !nor.erasures[0]);
	polls(AFTER + NOR_STEPS); /* and there is nothing to confirm anew */
	assert(nor.erasures[1] == 2 && !nor.erasures[0]);
}

/* And a drop that was written stays, whatever fails behind it. */
static void failed_try(void)
{
	start(BOOT_GOOD, A, 0);
	assert(ask(UPDATE_DROP) == UPDATE_OK);
	failing = 1;
	memset(channel.request.digest, 0x77, BOOT_DIGEST);
	assert(ask(UPDATE_TRY) == UPDATE_FAILED);
	assert(boot()->view.record.status[B] == BOOT_EMPTY && boot()->view.record.primary == A);
	polls(AFTER + NOR_STEPS);
	assert(boot()->confirmed && boot()->view.record.status[B] == BOOT_EMPTY);
}

/* Its controller answers and never masters the bus. [utest->swr~slots-emmc~1] */
static void in_emmc(void)
{
	start_on(GUEST_MEDIUM_EMMC, SD_FUNCTION, BOOT_TRIAL, B, TRIED_B);
	assert(answers && !masters);
	assert(emmc_asked.registers == SD_REGISTERS && emmc_asked.partition == 2 &&
	       emmc_asked.block == NOR_BLOCK);
	polls(AFTER + 2 * NOR_STEPS);
	assert(boot()->confirmed && boot()->view.record.sequence == 8 && noted[SLOT_CONFIRMED] == 1);
}

/* [utest->swr~slots-emmc~1] */
static void no_emmc(void)
{
	emmc_wrong = "no card answers";
	start_on(GUEST_MEDIUM_EMMC, SD_FUNCTION, BOOT_GOOD, A, TRIED_A);
	polls(AFTER + 2 * NOR_STEPS);
	assert(slots_state()->lost && noted[SLOT_LOST] == 1 && !nor.steps && !resets);
}

static void no_controller(void)
{
	start_on(GUEST_MEDIUM_EMMC, SD_FUNCTION + 1, BOOT_GOOD, A, TRIED_A);
	assert(!answers && slots_state()->lost && noted[SLOT_LOST] == 1);
}

/* A reset that Linux asks for: told, then answered, then done; the firmware refuses here, so that all can be
 * seen. [utest->swr~update-reset-told~1] */
static void asked_reset(void)
{
	start(BOOT_GOOD, A, 0);
	assert(ask(UPDATE_RESET) == UPDATE_NO_TRIAL && ask(UPDATE_RESET) == UPDATE_NO_TRIAL);
	assert(noted[SLOT_NO_RESET] == 1 && slots_state()->resets_refused == 2 && !resets);
	memset(channel.request.digest, 0x77, BOOT_DIGEST);
	assert(ask(UPDATE_TRY) == UPDATE_OK);
	for (asked_resets = 1; asked_resets <= 2; asked_resets++) {
		channel.request.kind = UPDATE_RESET;
		channel.request.sequence = ++asked;
		polls(1);
		assert(channel.answer.sequence == asked && channel.answer.result == UPDATE_OK);
		assert(noted[SLOT_RESET] == asked_resets && resets == asked_resets - 1);
		now += UPDATE_RESET_SECONDS * small->machine.hz - 10;
		polls(9);
		assert(resets == asked_resets - 1);
		polls(1);
		assert(resets == asked_resets);
	}
	assert(boot()->view.record.status[B] == BOOT_TRIAL && noted[SLOT_NO_RESET] == 1);
}

/* A boot of two good images without an attempt: nobody knows which runs, and nothing is changed. Its first
 * life confirms that. [utest->swr~boot-untold~1] */
static void untold(void)
{
	start(BOOT_GOOD, A, BOOT_ERASED);
	polls(1);
	assert(!boot()->confirmed && boot()->view.running == BOOT_UNKNOWN);
	assert(ask(UPDATE_DROP) == UPDATE_UNCONFIRMED);
	polls(AFTER + NOR_STEPS);
	assert(boot()->confirmed && nor.erasures[1] == 1 && noted[SLOT_CONFIRMED] == 1);
	assert(ask(UPDATE_DROP) == UPDATE_UNKNOWN && ask(UPDATE_RESET) == UPDATE_UNKNOWN);
}

static void (*const lives[])(void) = {third_attempt,	  no_fourth_attempt, no_fourth_attempt_at_once,
				      good_without_flash, failed_change,     failed_try,
				      serial_flash,	  in_emmc,	     no_emmc,
				      no_controller,	  asked_reset,	     untold};

static void life(void **state)
{
	const pid_t child = fork();
	int status;

	if (!child) {
		(*(void (*const *)(void))*state)();
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

#define LIFE(number, text) {.name = (text), .test_func = life, .initial_state = (void *)&lives[number]}

int main(void)
{
	const struct CMUnitTest tests[] = {
		LIFE(0, "third_attempt"),
		LIFE(1, "no_fourth_attempt"),
		LIFE(2, "no_fourth_attempt_at_once"),
		LIFE(3, "good_without_flash"),
		LIFE(4, "failed_change"),
		LIFE(5, "failed_try"),
		LIFE(6, "serial_flash"),
		LIFE(7, "in_emmc"),
		LIFE(8, "no_emmc"),
		LIFE(9, "no_controller"),
		LIFE(10, "asked_reset"),
		LIFE(11, "untold"),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
