// SPDX-License-Identifier: Apache-2.0
/*
 * spi_chip.c - see spi_chip.h.
 */
#include "spi_chip.h"

#include <assert.h>
#include <string.h>

#include "timer.h"

#define REGISTERS 0x1000u
#define FIFO	  32u
#define BUSY	  1u
#define ENABLED	  2u
#define NS_BYTE	  UINT64_C(800) /* at 10 MHz */
#define NS_ACCESS UINT64_C(50)

static struct {
	uint32_t control, select, enabled;
	uint8_t in[FIFO];
	uint32_t came, taken;
} bus;

static struct {
	uint8_t command[FIFO];
	uint32_t count;
	bool busy;
} chip;

struct spi_chip spi_chip;

uint64_t spi_chip_time(void)
{
	return spi_chip.now += NS_ACCESS;
}

void spi_chip_power_on(void)
{
	const struct nor was = nor;

	nor_start(was.random);
	memcpy(nor.bytes, was.bytes, sizeof(nor.bytes));
	memset(&bus, 0, sizeof(bus));
	memset(&chip, 0, sizeof(chip));
	spi_chip.enabled = false;
}

void spi_chip_start(uint32_t random)
{
	/* Signature, 1.0, one table; basic table 1.0 of 9 words at 0x30; 4 KiB by 20h, 128 Mbit. */
	static const uint8_t header[] = {'S',  'F', 'D', 'P', 0,    1, 0, 0xff, /* */
					 0x00, 0,   1,	 9,   0x30, 0, 0, 0xff};
	static const uint8_t table[] = {0xe5, 0x20, 0xf1, 0xff, 0xff, 0xff, 0xff, 0x07};

	nor_start(random);
	memset(&spi_chip, 0, sizeof(spi_chip));
	memset(spi_chip.description, 0xff, sizeof(spi_chip.description));
	memcpy(spi_chip.description, header, sizeof(header));
	memcpy(spi_chip.description + 0x30, table, sizeof(table));
	memcpy(spi_chip.identity, "\xc8\x40\x18", 3);
	spi_chip.divisor = 10;
	spi_chip_power_on();
}

/* ---- the chip ---- */

static bool dead(void)
{
	return nor.steps >= nor.power;
}

static uint32_t address(void)
{
	return (uint32_t)chip.command[1] << 16 | (uint32_t)chip.command[2] << 8 | chip.command[3];
}

static bool is_inside(uint32_t at)
{
	return at >= SPI_CHIP_AT && at - SPI_CHIP_AT < sizeof(nor.bytes);
}

/* A look at it, by which time passes for what it does. */
static uint8_t status(void)
{
	if (chip.busy && !spi_chip.busy_for_ever) {
		const enum flash_status now = nor_flash.poll(0);

		chip.busy = now == FLASH_BUSY;
		spi_chip.enabled = now == FLASH_BUSY;
	}
	if (dead())
		return 0xff;
	return (uint8_t)((chip.busy ? BUSY : 0) | (spi_chip.enabled ? ENABLED : 0) | spi_chip.protection);
}

/* The n-th byte that it sends. */
static uint8_t sent(uint32_t n)
{
	const uint8_t command = chip.command[0];

	if (spi_chip.silent || dead() || n == 0)
		return spi_chip.low ? 0 : 0xff;
	if (command == 0x05)
		return status();
	if (chip.busy)
		return 0xff;
	if (command == 0x9f && n <= 3)
		return spi_chip.identity[n - 1];
	if (command == 0x03 && n >= 4)
		return is_inside(address()) ? nor.bytes[address() + (n - 4) - SPI_CHIP_AT] : 0x5a;
	if (command == 0x5a && n >= 5 && address() + (n - 5) < sizeof(spi_chip.description))
		return spi_chip.description[address() + (n - 5)];
	return 0xff;
}

static void begin(uint32_t at, uint32_t bytes)
{
	if (!spi_chip.enabled || spi_chip.refuses)
		return;
	if (!is_inside(at) || at % bytes) {
		spi_chip.outside++;
		return;
	}
	if (spi_chip.erases_nothing) {
		spi_chip.enabled = false;
		return;
	}
	chip.busy = true;
	if (bytes == NOR_BLOCK) {
		nor_flash.erase(at - SPI_CHIP_AT, 0);
	} else {
		uint32_t word;

		memcpy(&word, chip.command + 4, sizeof(word));
		nor_flash.program(at - SPI_CHIP_AT, word, 0);
	}
}

/* What counts is how long the command was when the chip was deselected. */
static void deselected(void)
{
	const uint8_t command = chip.command[0];
	const uint32_t count = chip.count;

	chip.count = 0;
	if (spi_chip.silent || dead() || !count || command == 0x05)
		return;
	spi_chip.wrong += chip.busy;
	if (chip.busy)
		return;
	if (command == 0x06 && count == 1)
		spi_chip.enabled = !spi_chip.deaf;
	else if (command == 0x04 && count == 1)
		spi_chip.enabled = false;
	else if (command == 0x20 && count == 4)
		begin(address(), NOR_BLOCK);
	else if (command == 0x02 && count == 8)
		begin(address(), 4);
	else
		spi_chip.wrong += command != 0x9f && command != 0x03 && command != 0x5a;
}

/* ---- the controller ---- */

static void transmit(uint8_t byte)
{
	assert(bus.enabled && bus.select && bus.came < FIFO);
	spi_chip.now += NS_BYTE;
	spi_chip.bytes++;
	chip.command[chip.count] = byte;
	bus.in[bus.came] = sent(chip.count);
	chip.count++;
	if (!spi_chip.stuck)
		bus.came++;
	if (chip.count > spi_chip.longest)
		spi_chip.longest = chip.count;
}

void spi_chip_write(uint64_t at, uint32_t value)
{
	spi_chip.now += NS_ACCESS;
	switch (at - REGISTERS) {
	case 0x00:
		assert(!bus.enabled);
		bus.control = value;
		break;
	case 0x08:
		bus.enabled = value;
		bus.came = bus.taken = 0;
		break;
	case 0x0c:
		if (bus.select && !value)
			deselected();
		spi_chip.exchanges += value && !bus.select;
		assert(!value || value == 2);
		bus.select = value;
		break;
	case 0x400:
		assert(bus.control == 0x2401 && !(value >> 8));
		transmit((uint8_t)value);
		break;
	default: /* lengths, interrupts, DMA: none of these two */
		assert(at - REGISTERS == 0x04 || (at - REGISTERS == 0x2c && !value) ||
		       (at - REGISTERS == 0x3c && !value));
	}
}

uint32_t spi_chip_read(uint64_t at)
{
	spi_chip.now += NS_ACCESS;
	switch (at - REGISTERS) {
	case 0x10:
		return spi_chip.divisor;
	case 0x20:
		return bus.came - bus.taken;
	case 0x24:
		return 0;
	case 0x800:
		assert(bus.taken < bus.came);
		return bus.in[bus.taken++];
	default:
		assert(!"a register that it doesn't read");
		return 0;
	}
}
