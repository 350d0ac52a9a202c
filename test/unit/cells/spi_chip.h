/* SPDX-License-Identifier: Apache-2.0 */
/*
 * spi_chip.h - a model of Rockchip's SPI controller, by its registers, and of a serial NOR flash behind it,
 * whose content from SPI_CHIP_AT on is nor_flash.h's, with its power. What the chip is told elsewhere is
 * counted.
 */
#ifndef TEST_CELLS_SPI_CHIP_H
#define TEST_CELLS_SPI_CHIP_H

#include <stdbool.h>

#include "nor_flash.h"

#define SPI_CHIP_AT UINT32_C(0xf00000) /* byte of the chip */
#define SPI_CHIP_HZ UINT64_C(1000000000)

struct spi_chip {
	uint8_t description[64]; /* SFDP */
	uint8_t identity[3];
	uint32_t divisor;    /* the controller's; 0: its clock is off */
	uint32_t protection; /* bits of the status register */
	uint64_t now;	     /* ns; passes with each access of a register */
	bool silent;	     /* no chip is there: 0xff */
	bool low;	     /* nor does anything pull the line up: 0x00 */
	bool stuck;	     /* the controller: nothing comes back */
	bool busy_for_ever;
	bool refuses;	     /* write enable stays, nothing is done */
	bool deaf;	     /* write enable isn't taken */
	bool erases_nothing; /* a protected block: as if it were done */
	bool enabled;	     /* the write enable latch */
	/* What was seen. */
	uint32_t outside;   /* erasures and programs elsewhere */
	uint32_t wrong;	    /* commands that it doesn't have, or in the wrong state */
	uint32_t exchanges; /* selections */
	uint32_t longest;   /* bytes of one */
	uint64_t bytes;
};
extern struct spi_chip spi_chip;

/* With power, all erased, as GigaDevice's GD25Q128C describes itself. */
void spi_chip_start(uint32_t random);
/* What is left of an operation is what the power cut left. */
void spi_chip_power_on(void);

/* The controller's registers, as its driver reads and writes them, and its clock. */
uint32_t spi_chip_read(uint64_t at);
void spi_chip_write(uint64_t at, uint32_t value);
uint64_t spi_chip_time(void);

#endif
