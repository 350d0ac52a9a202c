/* SPDX-License-Identifier: Apache-2.0 */
/*
 * console.h - the few words EL2 says itself: before cells start, and when it halts.
 *
 * `uart` is the address of the registers in the address space of the moment: physical with the MMU off,
 * EL2_VA_UART with it on; 0 says nothing. Position-independent, no statics.
 */
#ifndef BULKHEAD_CONSOLE_H
#define BULKHEAD_CONSOLE_H

#include "../../core/types.h"

/* What finds no room is left out. */
void say(va_t uart, const char *text);
void say_hex(va_t uart, u64 value);
void say_number(va_t uart, u64 value);
/* At least so many digits, up to 16. */
void say_digits(va_t uart, u64 value, u64 base, u32 least);

/* src/platform/uart: one byte out, waiting at most a bounded time for room; false: there was none. */
bool uart_put(va_t uart, u8 byte);

#endif
