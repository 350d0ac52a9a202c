// SPDX-License-Identifier: Apache-2.0
/*
 * rockchip_spi.c - see rockchip_spi.h. Registers: Rockchip's RK3399 TRM, chapter SPI, "Registers Summary";
 * the names are its own. Untested on hardware. [impl->swr~flash-spi-controller~1]
 *
 * All bytes of an exchange fit into both FIFOs, so that nothing can be lost however late they are looked at.
 */
#include "rockchip_spi.h"

#include <stddef.h>

#include "mmio.h"
#include "timer.h"

#define CTRLR0		0x00u
#define CTRLR1		0x04u /* frames less one, where it only receives */
#define ENR		0x08u
#define SER		0x0cu /* a bit a chip */
#define BAUDR		0x10u
#define RXFLR		0x20u /* frames that came */
#define SR		0x24u
#define IMR		0x2cu
#define DMACR		0x3cu
#define TXDR		0x400u
#define RXDR		0x800u

#define CTRLR0_FRAME_8	UINT32_C(1)	    /* bits of a frame */
#define CTRLR0_SELECTED (UINT32_C(1) << 10) /* a cycle before the first bit; the chip stays selected */
#define CTRLR0_BYTES	(UINT32_C(1) << 13) /* an access to the FIFOs is a byte; all else: mode 0, both ways */
#define SR_BUSY		1u
#define DIVISOR_LEAST	2u /* even, of 16 bits; 0: no clock */
#define DIVISOR_MASK	0xffffu

#define EXCHANGE_NS	UINT64_C(500000)

static struct {
	uint64_t registers, ticks; /* of an exchange, at most */
	uint32_t select;
} spi;

static void put(uint32_t offset, uint32_t value)
{
	mmio_write32(spi.registers + offset, value);
}

static uint32_t get(uint32_t offset)
{
	return mmio_read32(spi.registers + offset);
}

/* Whatever a life before was at: FIFOs are emptied, the chip's command ends. */
static void deselect(void)
{
	put(SER, 0);
	put(ENR, 0);
}

const char *rockchip_spi_open(uint64_t registers, uint32_t chip, uint64_t hz)
{
	uint32_t divisor;

	if (chip >= ROCKCHIP_SPI_CHIPS)
		return "its controller can't select it";
	spi.registers = registers;
	spi.select = UINT32_C(1) << chip;
	spi.ticks = timer_from_ns(EXCHANGE_NS, hz);
	deselect();
	put(IMR, 0);
	put(DMACR, 0);
	divisor = get(BAUDR) & DIVISOR_MASK;
	if (divisor < DIVISOR_LEAST || divisor % 2)
		return "the loader left its controller without a clock";
	put(CTRLR0, CTRLR0_FRAME_8 | CTRLR0_SELECTED | CTRLR0_BYTES);
	return NULL;
}

static bool all_came(uint32_t count)
{
	const uint64_t deadline = timer_now() + spi.ticks;

	while (get(RXFLR) < count || (get(SR) & SR_BUSY))
		if (timer_now() > deadline)
			return false;
	return true;
}

bool rockchip_spi_exchange(uint8_t *bytes, uint32_t count)
{
	bool came;

	if (!count || count > ROCKCHIP_SPI_MOST)
		return false;
	put(SER, spi.select);
	put(CTRLR1, count - 1);
	put(ENR, 1);
	for (uint32_t i = 0; i < count; i++)
		put(TXDR, bytes[i]);
	came = all_came(count);
	for (uint32_t i = 0; came && i < count; i++)
		bytes[i] = (uint8_t)get(RXDR);
	deselect();
	return came;
}
