// SPDX-License-Identifier: Apache-2.0
/*
 * test_i6300esb.c - the driver of the Intel 6300ESB's watchdog, with a device that takes writes only when
 * they are unlocked. [utest->swr~health-watchdog-i6300esb~1]
 *
 * Robustness: bounds, without_registers
 */
#include "test.h"

#include "mmio.h"
#include "watchdog.h"

#define BASE	     UINT64_C(0x10000000)
#define FIRST	     0x00u
#define SECOND	     0x04u
#define RELOAD	     0x0cu
#define FIRED	     0x200u
#define CYCLES_A_SEC UINT64_C(33000000)
#define SECOND_NS    UINT64_C(1000000000)
#define RESET_TICKS  0xfffffu

static struct {
	unsigned unlocked; /* of the two steps */
	uint32_t stages[2];
	uint16_t settings, status;
	uint8_t lock;
	bool locked, enabled, answers, there;
	unsigned reloads, wrong;
	uint64_t runs_for; /* ticks, since it was reloaded last */
} device;
static const struct pci_function function = {.config = 1};

static void device_reload(void)
{
	device.reloads++;
	device.runs_for = (uint64_t)device.stages[0] + device.stages[1];
}

void mmio_write16(uint64_t address, uint16_t value)
{
	assert_true(device.answers && address == BASE + RELOAD);
	if (value == 0x80) {
		device.unlocked = 1;
	} else if (value == 0x86 && device.unlocked == 1) {
		device.unlocked = 2;
	} else {
		device.wrong += device.unlocked != 2;
		if (device.unlocked == 2 && value & FIRED)
			device.status &= ~FIRED;
		if (device.unlocked == 2 && value & 0x100)
			device_reload();
		device.unlocked = 0;
	}
}

void mmio_write32(uint64_t address, uint32_t value)
{
	assert_true(device.answers && (address == BASE + FIRST || address == BASE + SECOND));
	device.wrong += device.unlocked != 2;
	if (device.unlocked == 2)
		device.stages[(address - BASE) / 4] = value & RESET_TICKS;
	device.unlocked = 0;
}

uint16_t mmio_read16(uint64_t address)
{
	assert_true(device.answers && address == BASE + RELOAD);
	return device.status;
}

uint32_t mmio_read32(uint64_t address)
{
	(void)address;
	return 0;
}

void pci_answer(const struct pci_function *of)
{
	assert_ptr_equal(of, &function);
	device.answers = true;
}

void pci_enable(const struct pci_function *of) /* it would master the bus */
{
	device.wrong++;
}

uint64_t pci_bar(const struct pci_function *of, uint32_t bar, uint64_t size)
{
	assert_true(bar == 0 && size == 16);
	return device.there ? BASE : 0;
}

void pci_write16(const struct pci_function *of, uint32_t offset, uint16_t value)
{
	assert_true(offset == 0x60);
	device.settings = value;
}

void pci_write8(const struct pci_function *of, uint32_t offset, uint8_t value)
{
	assert_true(offset == 0x68);
	if (device.locked)
		return;
	/* What it runs for is there before it runs. */
	device.wrong += device.stages[0] == RESET_TICKS || device.settings != 3;
	device.locked = value & 1;
	device.enabled = value & 2;
}

static int start(void **state)
{
	memset(&device, 0, sizeof(device));
	device.stages[0] = device.stages[1] = RESET_TICKS;
	device.there = true;
	return 0;
}

static uint64_t longest(void)
{
	return watchdog_i6300esb.longest_ns;
}

static void runs_for(uint64_t asked_ns)
{
	const uint64_t ns = device.runs_for * 32768 * (SECOND_NS / 1000) / (CYCLES_A_SEC / 1000);

	assert_true(device.enabled && device.locked && !device.wrong);
	assert_true(ns <= asked_ns && ns + 4 * 1000000 > asked_ns);
}

/* [utest->swr~health-watchdog-i6300esb~1] */
static void armed(void **state)
{
	bool fired = true;

	assert_null(watchdog_i6300esb.start(&function, 4 * SECOND_NS, &fired));
	assert_false(fired);
	assert_int_equal(device.stages[0], device.stages[1]);
	runs_for(4 * SECOND_NS);
}

static void fed(void **state)
{
	bool fired;

	watchdog_i6300esb.start(&function, SECOND_NS / 2, &fired);
	for (unsigned i = 1; i <= 5; i++) {
		const unsigned before = device.reloads;

		device.runs_for = 0;
		watchdog_i6300esb.feed();
		assert_int_equal(device.reloads, before + 1);
		runs_for(SECOND_NS / 2);
	}
}

/* The life after finds it locked and running, which it is to begin anew, with a time of its own. */
static void found_running(void **state)
{
	bool fired;

	watchdog_i6300esb.start(&function, 4 * SECOND_NS, &fired);
	device.answers = false; /* the cell's end */
	device.runs_for = 1;
	assert_null(watchdog_i6300esb.start(&function, SECOND_NS, &fired));
	assert_false(fired);
	runs_for(SECOND_NS);
}

static void told_once(void **state)
{
	bool fired = false;

	device.status = FIRED;
	watchdog_i6300esb.start(&function, SECOND_NS, &fired);
	assert_true(fired);
	watchdog_i6300esb.start(&function, SECOND_NS, &fired);
	assert_false(fired);
}

/* [utest->swr~health-watchdog-i6300esb~1] */
static void bounds(void **state)
{
	bool fired;

	watchdog_i6300esb.start(&function, longest(), &fired);
	assert_in_range(device.stages[0], RESET_TICKS - 2, RESET_TICKS - 0);
	device.stages[0] = 0;
	start(NULL);
	device.settings = 0;
	device.stages[0] = device.stages[1] = 1;
	watchdog_i6300esb.start(&function, 100 * longest(), &fired);
	assert_int_equal(device.stages[0], RESET_TICKS);
}

static void without_registers(void **state)
{
	bool fired;

	device.there = false;
	assert_non_null(watchdog_i6300esb.start(&function, SECOND_NS, &fired));
	assert_false(device.enabled);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(armed, start),
		cmocka_unit_test_setup(fed, start),
		cmocka_unit_test_setup(found_running, start),
		cmocka_unit_test_setup(told_once, start),
		cmocka_unit_test_setup(bounds, start),
		cmocka_unit_test_setup(without_registers, start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
