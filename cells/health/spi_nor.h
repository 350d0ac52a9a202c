/* SPDX-License-Identifier: Apache-2.0 */
/*
 * spi_nor.h - serial NOR flash of up to 16 MiB that describes itself by JEDEC's SFDP (JESD216) and erases
 * 4 KiB at once, on Rockchip's SPI controller.
 *
 * The same chip may hold what the machine starts from: nothing is erased or programmed but what `writable`
 * says, and no protection is taken off.
 */
#ifndef HEALTH_SPI_NOR_H
#define HEALTH_SPI_NOR_H

#include "flash.h"

#define SPI_NOR_BLOCK 4096u

struct spi_nor_geometry {     /* what the board says of it; bytes */
	uint64_t controller;  /* its registers, mapped */
	uint32_t chip;	      /* which of those that the controller selects */
	uint32_t erase_block; /* SPI_NOR_BLOCK */
	uint32_t start;	      /* of the chip: here the boot state begins, and it has `used` */
	uint32_t used;
	uint32_t writable; /* of these, from `start` on: the rest is read alone */
};

/* NULL, or why it can't be used. `hz`: of the time that calls are given. A chip that is busy is waited for,
 * half a second at most. */
const char *spi_nor_open(const struct spi_nor_geometry *geometry, uint64_t hz);
/* Offsets are bytes of the chip. */
extern const struct flash spi_nor;

#endif
