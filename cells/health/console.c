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

#define TYPED_MAX    200u
#define QUEUE_BYTES  2048u
#define BYTES_A_POLL 16u /* of ORDER_INPUT_BYTES: the cell has a poll's time to take them */
/* What comes in may not hold up the watch: keys that a poll takes, of these in a command, each of which is
 * shown, and polls between words of what was lost. A poll does what one line says. */
#define KEYS_A_POLL   512u
#define SHOWN_A_POLL  64u
#define LOSS_POLLS    500u
#define KEY_DETACH    0x1d /* Ctrl-] */
#define KEY_BACKSPACE 0x08
#define KEY_DELETE    0x7f
#define PROMPT	      "> "

static char typed[TYPED_MAX + 1];
static unsigned typed_length;
static bool typed_over;	 /* more than there is room for */
static bool typed_shown; /* the prompt and what was typed stand on the current line */
static bool at_margin = true;
static uint32_t attached = CONSOLE_NOBODY;

/* Bytes for cells' consoles, in the order in which they were typed. */
static struct input {
	uint32_t cell; /* CONSOLE_NOBODY: its life is over */
	uint8_t byte;
} queue[QUEUE_BYTES];
static uint32_t queue_head, queue_tail;
static unsigned lost, lost_polls; /* bytes that there was no room for, and polls since that was last said */

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

static void queue_add(uint32_t cell, char byte)
{
	queue[queue_head++ % QUEUE_BYTES] = (struct input){cell, (uint8_t)byte};
}

static unsigned queue_room(void)
{
	return QUEUE_BYTES - (queue_head - queue_tail);
}

/* [impl->swr~health-input~1] */
bool console_send(uint32_t cell, const char *line)
{
	if (strlen(line) >= queue_room())
		return false;
	for (; *line; line++)
		queue_add(cell, *line);
	queue_add(cell, '\n');
	return true;
}

/* Takes what waits for a cell out of the queue: how many bytes. */
static unsigned queue_forget(uint32_t cell)
{
	unsigned bytes = 0;

	for (uint32_t i = queue_tail; i != queue_head; i++)
		if (queue[i % QUEUE_BYTES].cell == cell) {
			queue[i % QUEUE_BYTES].cell = CONSOLE_NOBODY;
			bytes++;
		}
	return bytes;
}

void console_forget(uint32_t cell)
{
	const unsigned bytes = queue_forget(cell);

	if (bytes)
		say("health: %u bytes of input dropped with the life that they were for", bytes);
}

static void queue_drain(void)
{
	for (unsigned i = 0; i < BYTES_A_POLL && queue_tail != queue_head; i++) {
		const struct input next = queue[queue_tail++ % QUEUE_BYTES];

		if (next.cell == CONSOLE_NOBODY)
			continue;
		if (hypercall_console_input(next.cell, next.byte) != HYPERCALL_OK) {
			say("health: input to cell %u was refused", (unsigned)next.cell);
			queue_forget(next.cell);
		}
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
	if (byte == KEY_DETACH) {
		attached = CONSOLE_NOBODY;
		say("health: detached");
	} else if (queue_room()) {
		queue_add(attached, (char)byte);
	} else {
		lost++;
	}
}

static void tell_loss(void)
{
	if (lost_polls < LOSS_POLLS) {
		lost_polls++;
	} else if (lost) {
		say("health: %u bytes of input lost", lost);
		lost = lost_polls = 0;
	}
}

/* True: it ended a line. */
static bool key(uint8_t byte, void (*obey)(const char *line))
{
	if (byte == '\r' || byte == '\n') {
		if (byte == '\n' && !typed_length)
			return false; /* of a CR LF pair */
		show_typed();
		to_margin();
		typed[typed_length] = 0;
		typed_length = 0;
		if (typed_over)
			say("health: a command has at most %u characters: nothing was done", TYPED_MAX);
		else
			obey(typed);
		typed_over = false;
		return true;
	}
	if (byte == KEY_BACKSPACE || byte == KEY_DELETE) {
		show_typed();
		if (typed_length) {
			typed_length--;
			printf("\b \b");
		}
	} else if (byte >= ' ' && byte < KEY_DELETE) {
		typed_over |= typed_length == TYPED_MAX;
		if (typed_over)
			return false;
		show_typed();
		typed[typed_length++] = (char)byte;
		uart_put(byte);
	}
	return false;
}

/* [impl->swr~health-input-bounded~1] */
void console_poll(void (*obey)(const char *line))
{
	bool line = false;
	int byte;

	for (unsigned keys = 0, shown = 0; keys < KEYS_A_POLL && shown < SHOWN_A_POLL && !line; keys++) {
		byte = uart_get();
		if (byte < 0)
			break;
		if (attached != CONSOLE_NOBODY) {
			key_attached((uint8_t)byte);
		} else {
			line = key((uint8_t)byte, obey);
			shown++;
		}
	}
	tell_loss();
	queue_drain();
}
