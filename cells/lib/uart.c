// SPDX-License-Identifier: Apache-2.0
/*
 * uart.c - PL011 (Arm DDI 0183): output polled, input by interrupt into a ring. Works with the board's and
 * with the emulated one. The speed is what the firmware left.
 */
#include "uart.h"

#include <stdbool.h>
#include <stdio.h>

#include "gic.h"
#include "mmio.h"
#include "mmu.h"

#define DR	   0x000
#define FR	   0x018
#define LCR_H	   0x02c
#define CR	   0x030
#define IMSC	   0x038
#define ICR	   0x044

#define FR_TXFF	   UINT32_C(0x20)
#define FR_RXFE	   UINT32_C(0x10)
#define CR_ON	   UINT32_C(0x301) /* enable, transmit, receive */
#define LCR_8N1	   UINT32_C(0x70)  /* 8 bits, FIFOs on */
#define INT_INPUT  UINT32_C(0x50)  /* receive, receive timeout */
#define INT_ALL	   UINT32_C(0x7ff)
#define RING_BYTES 512u
#define LINE_MAX   160u

static uintptr_t base;
/* Written by the interrupt, read outside it, on one core. */
static volatile uint8_t ring[RING_BYTES];
static volatile uint32_t ring_head, ring_tail;

static uint32_t reg_read(uint32_t offset)
{
	return mmio_read32(base + offset);
}

static void reg_write(uint32_t offset, uint32_t value)
{
	mmio_write32(base + offset, value);
}

void uart_put(uint8_t byte)
{
	if (!base)
		return;
	while (reg_read(FR) & FR_TXFF)
		;
	reg_write(DR, byte);
}

static int put(char c, FILE *file)
{
	(void)file;
	if (c == '\n')
		uart_put('\r');
	uart_put((uint8_t)c);
	return 0;
}

static FILE console = FDEV_SETUP_STREAM(put, NULL, NULL, _FDEV_SETUP_WRITE);
FILE *const stdout = &console;

void uart_start(const struct guest *guest)
{
	if (!guest->uart.size || !mmu_map(guest->uart.base, guest->uart.size, MMU_DEVICE))
		return;
	base = guest->uart.base;
	reg_write(IMSC, 0);
	reg_write(ICR, INT_ALL);
	if ((reg_read(CR) & CR_ON) != CR_ON) {
		reg_write(LCR_H, LCR_8N1);
		reg_write(CR, CR_ON);
	}
}

/* The ring is full only if nobody reads: then the newest is dropped. Emptied until RXFE, since the
 * emulated UART's interrupt is an edge. */
static void receive(uint32_t intid)
{
	(void)intid;
	reg_write(ICR, INT_INPUT);
	while (!(reg_read(FR) & FR_RXFE)) {
		const uint8_t byte = (uint8_t)reg_read(DR);

		if (ring_head - ring_tail < RING_BYTES) {
			ring[ring_head % RING_BYTES] = byte;
			ring_head = ring_head + 1;
		}
	}
}

void uart_input_enable(const struct guest *guest)
{
	if (!base || !guest->uart_intid)
		return;
	gic_take(guest->uart_intid, guest->uart_edge, receive);
	reg_write(IMSC, INT_INPUT);
	receive(guest->uart_intid); /* what came before is no edge */
}

int uart_get(void)
{
	int byte;

	if (ring_head == ring_tail)
		return -1;
	byte = ring[ring_tail % RING_BYTES];
	ring_tail = ring_tail + 1;
	return byte;
}

void uart_lines(void (*take)(char *line))
{
	static char line[LINE_MAX];
	static uint32_t length;
	int byte;

	while ((byte = uart_get()) >= 0) {
		if (byte != '\r' && byte != '\n') {
			if (length < LINE_MAX - 1)
				line[length++] = (char)byte;
			continue;
		}
		line[length] = 0;
		length = 0;
		take(line);
	}
}
