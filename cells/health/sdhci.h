/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sdhci.h - an SD host controller as an eMMC needs it: one bit of bus, commands, blocks of 512 bytes through
 * the data port. No interrupts, no DMA. (SD Host Controller Simplified Specification, version 3.00.)
 *
 * Nothing waits: what is begun is asked for until it isn't busy, one thing at a time.
 */
#ifndef HEALTH_SDHCI_H
#define HEALTH_SDHCI_H

#include <stdint.h>

#define SDHCI_REGISTERS UINT64_C(0x100) /* bytes, of one slot */
#define SDHCI_BLOCK	512u
#define SDHCI_WORDS	(SDHCI_BLOCK / 4)

enum sdhci_status { SDHCI_DONE, SDHCI_BUSY, SDHCI_FAILED };

enum sdhci_response { SDHCI_NONE, SDHCI_R1, SDHCI_R1B, SDHCI_R2, SDHCI_R3 };
enum sdhci_data { SDHCI_NO_DATA, SDHCI_READS, SDHCI_WRITES };

struct sdhci_command {
	uint8_t index; /* CMD0 to CMD63 */
	enum sdhci_response response;
	enum sdhci_data data; /* a block of SDHCI_WORDS */
	uint32_t argument;
};

/* Resets the controller; sdhci_poll tells when it has power and a clock for identification (400 kHz at most).
 * `hz`: of the time that calls are given. */
void sdhci_start(uint64_t registers, uint64_t hz, uint64_t now);
/* The clock for data, 26 MHz at most (JESD84-B51, 10.6: backward-compatible interface). */
void sdhci_speed(uint64_t now);
/* `words`: a block that is written, or room for one that is read; until the command has ended. */
void sdhci_begin(const struct sdhci_command *command, uint32_t *words, uint64_t now);
/* Of what was begun last. FAILED: an error, or its time is over; then the command lines are free again. It
 * moves one block at most. */
enum sdhci_status sdhci_poll(uint64_t now);
/* 32 bits of the response: those of R1 and R3; of R2 bits 127 to 104, and 0. */
uint32_t sdhci_response(void);

#endif
