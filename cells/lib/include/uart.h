/* SPDX-License-Identifier: Apache-2.0 */
/*
 * uart.h - the console: a PL011, real or emulated. printf() writes to it, polled.
 */
#ifndef CELLS_UART_H
#define CELLS_UART_H

#include <stdint.h>

#include "guest.h"

void uart_start(const struct guest *guest);
void uart_put(uint8_t byte);
/* Input by interrupt on this core. Call once. */
void uart_input_enable(const struct guest *guest);
/* The next byte received; -1: none. */
int uart_get(void);
/* Calls `take` with each line that has come to its end; what is beyond 159 characters of one is dropped. */
void uart_lines(void (*take)(char *line));

#endif
