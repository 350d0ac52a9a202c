/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sd_host.h - a model of an SD host controller and of the eMMC behind it, whose power is cut at any sector
 * that is written, or within it. Time goes on by a microsecond a look at it.
 */
#ifndef TEST_CELLS_SD_HOST_H
#define TEST_CELLS_SD_HOST_H

#include <stdbool.h>
#include <stdint.h>

#define SD_BASE	    UINT64_C(0x10506000)
#define SD_HZ	    UINT64_C(1000000000)
#define SD_LOOK	    UINT64_C(1000)
#define SD_SECTORS  256u /* of each boot partition, and of the user area */
#define SD_WORDS    128u
#define SD_NO_LIMIT UINT32_MAX
#define SD_ALL	    (UINT32_MAX - 1)
#define SD_WRITES   200u /* that are written down */

enum sd_area { SD_USER, SD_BOOT0, SD_BOOT1, SD_AREAS };

struct sd {
	uint32_t sectors[SD_AREAS][SD_SECTORS][SD_WORDS];
	uint8_t ext_csd[512];
	uint32_t version;      /* SPEC_VERS */
	bool in_bytes;	       /* a card of 2 GB or less */
	uint32_t power_ups;    /* questions until it is ready */
	bool absent;	       /* no card answers */
	bool mute_reset;       /* the controller's reset doesn't end */
	bool no_clock;	       /* nor does its clock become stable */
	bool switch_ignored;   /* it says that it switched, and didn't */
	uint32_t switch_error; /* status of the card behind a switch */
	uint32_t write_error;  /* the same behind a write */
	uint32_t read_fails;   /* sector of a boot partition whose reading is an error; SD_NO_LIMIT: none;
				  SD_ALL: of all */
	uint32_t busy;	       /* looks for which it programs */
	bool no_end;	       /* data that is never through */
	uint32_t stuck;	       /* bits that can't be cleared, of each word written */
	uint32_t power;	       /* sectors that there is power to write; then it is gone */
	uint32_t torn;	       /* words of the one behind them that are written yet */
	/* What was seen. */
	uint32_t writes;	     /* sectors written, or begun */
	uint32_t written[SD_WRITES]; /* number << 2 | area */
	uint64_t accesses;	     /* to registers */
	uint32_t wrong;		     /* that no controller takes, or no card */
	uint64_t now;
};
extern struct sd sd;

/* A card of eight boot sectors of 128 KiB each, power on. */
void sd_start(void);
/* The power comes back: what is stored stays. */
void sd_power_on(void);

#endif
