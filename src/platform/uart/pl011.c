/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pl011.c - a byte out of a PL011 that the loader has set up (Arm DDI 0183, 3.3).
 */
#include "../../arch/arm64/console.h"
#include "../../arch/arm64/mmio_io.h"

#define UARTDR	    0x00
#define UARTFR	    0x18
#define UARTFR_TXFF BIT(5)
#define POLLS_MAX   1000000u /* a byte at 9600 baud takes 1 ms */

/* [impl->swr~device-waits-bounded~1] */
bool uart_put(va_t uart, u8 byte)
{
	bool full = true;

	for (u32 i = 0; i < POLLS_MAX && full; i++)
		full = mmio_read32(uart + UARTFR) & UARTFR_TXFF;
	if (!full)
		mmio_write32(uart + UARTDR, byte);
	return !full;
}
