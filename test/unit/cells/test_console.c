// SPDX-License-Identifier: Apache-2.0
/*
 * test_console.c - a terminal whose input never ends: a poll of it does.
 *
 * Robustness: all
 */
#include "test.h"

#include <stdio.h>

#include "console.h"
#include "hypercall_call.h"
#include "uart.h"

static const char *typing; /* again and again */
static unsigned at, left, taken, obeyed, handed_over;
static char line[1000];

int uart_get(void)
{
	if (!left)
		return -1;
	left--;
	taken++;
	if (!typing[at])
		at = 0;
	return (uint8_t)typing[at++];
}

void uart_put(uint8_t byte)
{
}

int64_t hypercall_console_input(uint64_t cell, uint8_t byte)
{
	handed_over++;
	return HYPERCALL_OK;
}

static void obey(const char *text)
{
	obeyed++;
	snprintf(line, sizeof(line), "%s", text);
}

static int type(const char *text, unsigned bytes)
{
	typing = text;
	left = bytes;
	at = taken = obeyed = handed_over = 0;
	console_poll(obey);
	return (int)taken;
}

static int nothing_is_typed(void **state)
{
	for (left = 0; console_attached() != CONSOLE_NOBODY || obeyed < 1;) {
		typing = console_attached() != CONSOLE_NOBODY ? "\035" : "\r";
		left = 1;
		at = 0;
		console_poll(obey);
	}
	return 0;
}

/* [utest->swr~health-input-bounded~1] */
static void lines_without_end(void **state)
{
	assert_int_equal(type("\r", 100000), 1);
	assert_int_equal(obeyed, 1);
	assert_int_equal(type("status\r", 100000), 7);
	assert_int_equal(obeyed, 1);
	assert_string_equal(line, "status");
	assert_true(type("\n", 100000) <= 64 && obeyed == 0); /* halves of CR LF */
	assert_true(type("x", 100000) <= 64);
	assert_true(type("\b", 100000) <= 64);
	assert_true(type("\001", 100000) <= 64);
}

/* [utest->swr~health-input-bounded~1] */
static void attached_without_end(void **state)
{
	console_attach(0);
	for (unsigned poll = 0; poll < 1000; poll++) {
		assert_true(type("x\r", 100000) <= 512);
		assert_int_equal(handed_over, 16);
	}
	console_forget(0);
}

/* All of a line comes to obey, however many polls it takes. */
/* [utest->swr~health-input~1] */
static void a_long_line(void **state)
{
	char text[151];

	memset(text, 'a', 149);
	text[149] = '\r';
	text[150] = 0;
	typing = text;
	left = 150;
	at = obeyed = 0;
	for (unsigned poll = 0; poll < 3; poll++)
		console_poll(obey);
	assert_int_equal(obeyed, 1);
	assert_int_equal(strlen(line), 149);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(lines_without_end, nothing_is_typed),
		cmocka_unit_test_setup(attached_without_end, nothing_is_typed),
		cmocka_unit_test_setup(a_long_line, nothing_is_typed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
