/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rockchip_spi.h - the SPI controller of Rockchip's chips ("rockchip,rk3066-spi" and its like), by register
 * accesses alone: no interrupt, no DMA. One chip, selected for one exchange at a time.
 *
 * Clock and pins are as the loader left them when it read the boot state by the same controller; so is the
 * divisor, since no program here knows the clock's rate.
 */
#ifndef HEALTH_ROCKCHIP_SPI_H
#define HEALTH_ROCKCHIP_SPI_H

#include <stdbool.h>
#include <stdint.h>

#define ROCKCHIP_SPI_CHIPS 2u  /* that it can select */
#define ROCKCHIP_SPI_MOST  32u /* bytes of an exchange: what its FIFOs hold */

/* NULL, or why it can't be used. `registers`: mapped; `hz`: of timer_now(). */
const char *rockchip_spi_open(uint64_t registers, uint32_t chip, uint64_t hz);
/* Selects the chip, sends `count` bytes, 1 to ROCKCHIP_SPI_MOST, and has in their place what came back. It
 * waits for them: 26 us for 32 bytes at 10 MHz. False: they didn't come in half a millisecond. */
bool rockchip_spi_exchange(uint8_t *bytes, uint32_t count);

#endif
