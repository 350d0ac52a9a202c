// SPDX-License-Identifier: Apache-2.0
/*
 * console.c - the terminal (console.h).
 */
#include "console.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "hypercall_call.h"
#include "uart.h"

#define TYPED_MAX     200u
#define QUEUE_BYTES   512u
#define BYTES_A_POLL  16u  /* of ORDER_INPUT_BYTES: the cell has a poll's time to take them */
#define KEY_DETACH    0x1d /* Ctrl-] */
#define KEY_BACKSPACE 0x08
#define KEY_DELETE    0x7f
#define PROMPT	      "> "

static char typed[TYPED_MAX + 1];
static unsigned typed_length;
static bool typed_shown; /* the prompt and what was typed stand on the current line */
static bool at_margin = true;
static uint32_t attached = CONSOLE_NOBODY;

static uint8_t queue[QUEUE_BYTES];
static uint32_t queue_head, queue_tail, queue_cell;

static void to_margin(void)
{
	if (!at_margin)
		printf("\n");
	at_margin = true;
	typed_shown = false;
}

void say(const char *format, ...)
{
	va_list arguments;

	to_margin();
	va_start(arguments, format);
	vprintf(format, arguments);
	va_end(arguments);
	printf("\n");
}

uint32_t console_attached(void)
{
	return attached;
}

void console_attach(uint32_t cell)
{
	attached = cell;
}

void console_raw(uint8_t byte)
{
	uart_put(byte);
	at_margin = byte == '\n';
}

bool console_send(uint32_t cell, const char *text, uint64_t length)
{
	if ((queue_head != queue_tail && cell != queue_cell) ||
	    length > QUEUE_BYTES - (queue_head - queue_tail))
		return false;
	queue_cell = cell;
	for (uint64_t i = 0; i < length; i++)
		queue[queue_head++ % QUEUE_BYTES] = (uint8_t)text[i];
	return true;
}

void console_forget(uint32_t cell)
{
	if (queue_head == queue_tail || queue_cell != cell)
		return;
	say("health: %u bytes of input dropped with the life that they were for",
	    (unsigned)(queue_head - queue_tail));
	queue_tail = queue_head;
}

static void queue_drain(void)
{
	for (unsigned i = 0; i < BYTES_A_POLL && queue_tail != queue_head; i++, queue_tail++)
		if (hypercall_console_input(queue_cell, queue[queue_tail % QUEUE_BYTES]) != HYPERCALL_OK) {
			say("health: input to cell %u was refused", (unsigned)queue_cell);
			queue_tail = queue_head;
			return;
		}
}

static void show_typed(void)
{
	if (typed_shown)
		return;
	to_margin();
	printf(PROMPT "%.*s", (int)typed_length, typed);
	typed_shown = true;
	at_margin = false;
}

static void key_attached(uint8_t byte)
{
	const char one = (char)byte;

	if (byte == KEY_DETACH) {
		attached = CONSOLE_NOBODY;
		say("health: detached");
	} else if (!console_send(attached, &one, 1)) {
		say("health: input lost");
	}
}

static void key(uint8_t byte, void (*obey)(const char *line))
{
	if (byte == '\r' || byte == '\n') {
		if (byte == '\n' && !typed_length)
			return; /* of a CR LF pair */
		show_typed();
		to_margin();
		typed[typed_length] = 0;
		typed_length = 0;
		obey(typed);
	} else if (byte == KEY_BACKSPACE || byte == KEY_DELETE) {
		show_typed();
		if (typed_length) {
			typed_length--;
			printf("\b \b");
		}
	} else if (byte >= ' ' && byte < KEY_DELETE && typed_length < TYPED_MAX) {
		show_typed();
		typed[typed_length++] = (char)byte;
		uart_put(byte);
	}
}

void console_poll(void (*obey)(const char *line))
{
	int byte;

	while ((byte = uart_get()) >= 0) {
		if (attached != CONSOLE_NOBODY)
			key_attached((uint8_t)byte);
		else
			key((uint8_t)byte, obey);
	}
	queue_drain();
}
