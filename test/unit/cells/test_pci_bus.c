/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_pci_bus.c - a cell's bus as cells/lib finds it, with functions that describe themselves well, and with
 * such that don't.
 *
 * Includes its subject, which no other test links.
 *
 * Robustness: an_empty_bus, lists_without_an_end, bars_elsewhere, messages_of_others
 */
#include "test.h"

#include "../../../cells/lib/pci.c"

#define ECAM	 UINT64_C(0x4010000000)
#define WINDOW	 UINT64_C(0x10000000)
#define WIDE	 UINT64_C(0x8000000000)
#define ON_BUS	 UINT64_C(0xc0000000) /* the first window's address there */
#define REGISTER 0x1000u	      /* size of BAR 0 */
#define FIRST	 8u
#define SECOND	 19u /* device 2, function 3 */

static uint32_t configuration[FUNCTIONS * FUNCTION_BYTES / 4], registers[REGISTER / 4];
static struct guest guest;
static struct pci_function found;
static unsigned reads;
static uint32_t taken;

static uint32_t *word(uint64_t at)
{
	if (at - ECAM < sizeof(configuration))
		return &configuration[(at - ECAM) / 4];
	assert_true(at >= WINDOW + 0x200000 && at - WINDOW - 0x200000 < REGISTER);
	return &registers[(at - WINDOW - 0x200000) / 4];
}

uint32_t mmio_read32(uint64_t at)
{
	reads++;
	assert_int_equal(at % 4, 0);
	return *word(at);
}

void mmio_write32(uint64_t at, uint32_t value)
{
	*word(at) = value;
}

void mmio_write16(uint64_t at, uint16_t value)
{
	memcpy((uint8_t *)word(at & ~UINT64_C(3)) + at % 4, &value, sizeof(value));
}

void mmio_write8(uint64_t at, uint8_t value)
{
	memcpy((uint8_t *)word(at & ~UINT64_C(3)) + at % 4, &value, sizeof(value));
}

bool mmu_map(uint64_t base, uint64_t size, enum mmu_kind kind)
{
	return base && size && kind == MMU_DEVICE;
}

void gic_take(uint32_t intid, bool edge, irq_handler *handler)
{
	taken = edge ? intid : 0;
}

static uint32_t *function(uint32_t number)
{
	return configuration + number * FUNCTION_BYTES / 4;
}

/* A list of three, at 0x40: vendor's, MSI-X, another of the vendor's; extended ones at 0x100 and 0x140. */
static void describe(uint32_t number)
{
	uint32_t *const words = function(number);

	words[0] = number << 16 | 0x1af4;
	words[BAR(0) / 4] = (uint32_t)ON_BUS + 0x200000;
	words[BAR(1) / 4] = 0x12345008 | BAR_64;
	words[BAR(2) / 4] = 0x80;
	words[BAR(3) / 4] = BAR_IO | 0x1000;
	words[LIST / 4] = 0x40;
	words[0x40 / 4] = 0x50 << 8 | PCI_CAPABILITY_VENDOR;
	words[0x50 / 4] = 3 << 16 | 0x60 << 8 | PCI_CAPABILITY_MSIX;
	words[0x54 / 4] = 0x800;
	words[0x60 / 4] = PCI_CAPABILITY_VENDOR;
	words[0x100 / 4] = 0x140 << 20 | 1 << 16 | 1;
	words[0x140 / 4] = 1 << 16 | 0x10;
}

static int plug(void **state)
{
	memset(configuration, 0xff, sizeof(configuration));
	memset(registers, 0, sizeof(registers));
	memset(&guest, 0, sizeof(guest));
	guest.pci = (struct guest_pci){
		.ecam = {ECAM, sizeof(configuration)},
		.windows = {{.base = WINDOW, .bus = ON_BUS, .size = 0x1000000},
			    {.base = WIDE, .bus = WIDE, .size = UINT64_C(0x100000000)}},
		.window_count = 2,
		.frame = {0x8020000, 0x1000},
		.intid_first = 200,
		.intid_count = 2,
	};
	for (uint32_t number = FIRST; number <= SECOND; number += SECOND - FIRST) {
		memset(function(number), 0, FUNCTION_BYTES);
		describe(number);
	}
	found = (struct pci_function){0};
	reads = taken = 0;
	return 0;
}

/* Its functions in their order, registers and capabilities of each. [utest->swr~cell-pci~1] */
static void functions_are_found(void **state)
{
	assert_true(pci_next(&guest, &found));
	assert_int_equal(found.config, ECAM + FIRST * FUNCTION_BYTES);
	assert_int_equal(found.vendor, 0x1af4);
	assert_int_equal(found.device, FIRST);
	assert_int_equal(pci_bar(&found, 0, REGISTER), WINDOW + 0x200000);
	assert_int_equal(pci_bar(&found, 1, 0x1000), WIDE + 0x12345000);
	assert_int_equal(pci_capability(&found, PCI_CAPABILITY_VENDOR, 0), 0x40);
	assert_int_equal(pci_capability(&found, PCI_CAPABILITY_VENDOR, 0x40), 0x60);
	assert_int_equal(pci_capability(&found, PCI_CAPABILITY_MSIX, 0), 0x50);
	assert_int_equal(pci_extended(&found, 0x10), 0x140);
	assert_true(pci_next(&guest, &found));
	assert_int_equal(found.config, ECAM + SECOND * FUNCTION_BYTES);
	assert_false(pci_next(&guest, &found));
	assert_true(pci_at(&guest, SECOND, &found) && found.device == SECOND);
}

/* Four vectors, masked until each is some interrupt of the cell's. [utest->swr~cell-pci~1] */
static void messages_are_interrupts(void **state)
{
	assert_true(pci_at(&guest, FIRST, &found) && pci_msix_start(&found));
	assert_int_equal(found.vectors, 4);
	assert_int_equal(*word(found.config + 0x50) >> 30, 2);
	for (unsigned vector = 0; vector < 4; vector++)
		assert_int_equal(registers[0x800 / 4 + 4 * vector + 3], 1);
	assert_true(pci_msix_take(&found, 2, 1, NULL));
	assert_int_equal(taken, 201);
	assert_int_equal(registers[0x800 / 4 + 8], 0x8020040);
	assert_int_equal(registers[0x800 / 4 + 9], 0);
	assert_int_equal(registers[0x800 / 4 + 10], 201);
	assert_int_equal(registers[0x800 / 4 + 11], 0);
	assert_int_equal(registers[0x800 / 4 + 15], 1);
}

/* Nobody answers, there is no bus, or no such function. [utest->swr~cell-pci~1] */
static void an_empty_bus(void **state)
{
	static const uint32_t absent[] = {0, FIRST - 1, FIRST + 1, FUNCTIONS - 1, FUNCTIONS, UINT32_MAX};

	for (unsigned i = 0; i < LENGTH(absent); i++)
		assert_false(pci_at(&guest, absent[i], &found));
	memset(configuration, 0xff, sizeof(configuration));
	found = (struct pci_function){0};
	assert_false(pci_next(&guest, &found));
	guest.pci.ecam.size = reads = 0;
	assert_false(pci_next(&guest, &found));
	assert_int_equal(reads, 0);
}

/* That lead back to themselves, or on for ever. [utest->swr~cell-pci~1] */
static void lists_without_an_end(void **state)
{
	assert_true(pci_at(&guest, FIRST, &found));
	*word(found.config + 0x60) = 0x40 << 8 | PCI_CAPABILITY_VENDOR;
	*word(found.config + 0x140) = 0x100 << 20 | 0x10;
	reads = 0;
	assert_int_equal(pci_capability(&found, 0x77, 0), 0);
	assert_int_equal(pci_extended(&found, 0x77), 0);
	assert_in_range(reads, 1, 2 * CAPABILITIES_MAX + EXTENDED_MAX + 1);
	memset(function(FIRST), 0xff, FUNCTION_BYTES);
	assert_int_equal(pci_capability(&found, PCI_CAPABILITY_MSIX, 0), 0);
	assert_int_equal(pci_extended(&found, 0x10), 0);
	assert_false(pci_msix_start(&found));
}

/* No BAR, one of I/O, and such that reach beyond the windows: no address comes of them.
 * [utest->swr~cell-pci~1] */
static void bars_elsewhere(void **state)
{
	assert_true(pci_at(&guest, FIRST, &found));
	assert_int_equal(pci_bar(&found, 3, 16), 0);
	for (uint32_t bar = 4; bar < 9; bar++)
		assert_int_equal(pci_bar(&found, bar, 16), 0);
	assert_int_equal(pci_bar(&found, 0, 0xe00000), WINDOW + 0x200000); /* to its last byte */
	assert_int_equal(pci_bar(&found, 0, 0xe00001), 0);
	assert_int_equal(pci_bar(&found, 0, UINT64_MAX), 0);
	*word(found.config + BAR(0)) = (uint32_t)ON_BUS - 0x1000;
	assert_int_equal(pci_bar(&found, 0, REGISTER), 0);
	*word(found.config + BAR(5)) = BAR_64; /* the last has no other half */
	assert_int_equal(pci_bar(&found, 5, REGISTER), 0);
}

/* Vectors that it hasn't, interrupts that the cell hasn't, and a table that lies nowhere.
 * [utest->swr~cell-pci~1] */
static void messages_of_others(void **state)
{
	assert_true(pci_at(&guest, FIRST, &found) && pci_msix_start(&found));
	assert_false(pci_msix_take(&found, 4, 0, NULL));
	assert_false(pci_msix_take(&found, UINT32_MAX, 0, NULL));
	assert_false(pci_msix_take(&found, 0, 2, NULL));
	assert_int_equal(taken, 0);
	assert_int_equal(registers[0x800 / 4], 0);
	for (uint32_t table = 3; table < 8; table++) {
		*word(found.config + 0x54) = 0x800 | table;
		assert_false(pci_msix_start(&found));
	}
	*word(found.config + 0x54) = 0xfffffff8;
	assert_false(pci_msix_start(&found));
	*word(found.config + LIST) = 0x60;
	assert_false(pci_msix_start(&found));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(functions_are_found, plug),
		cmocka_unit_test_setup(messages_are_interrupts, plug),
		cmocka_unit_test_setup(an_empty_bus, plug),
		cmocka_unit_test_setup(lists_without_an_end, plug),
		cmocka_unit_test_setup(bars_elsewhere, plug),
		cmocka_unit_test_setup(messages_of_others, plug),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
