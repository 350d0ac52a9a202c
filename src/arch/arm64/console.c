/* SPDX-License-Identifier: Apache-2.0 */
/*
 * console.c - text and numbers for EL2's own messages.
 */
#include "console.h"

void say(va_t uart, const char *text)
{
	bool room = uart != 0;

	for (; room && *text; text++)
		room = (*text != '\n' || uart_put(uart, '\r')) && uart_put(uart, (u8)*text);
}

void say_digits(va_t uart, u64 value, u64 base, u32 least)
{
	char digits[24];
	unsigned int at = sizeof(digits) - 1;

	digits[at] = 0;
	do {
		const u64 digit = value % base;

		digits[--at] = (char)(digit < 10 ? '0' + digit : 'a' + digit - 10);
		value /= base;
	} while (value || sizeof(digits) - 1 - at < least);
	say(uart, digits + at);
}

void say_hex(va_t uart, u64 value)
{
	say(uart, "0x");
	say_digits(uart, value, 16, 1);
}

void say_number(va_t uart, u64 value)
{
	say_digits(uart, value, 10, 1);
}
