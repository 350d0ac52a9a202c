/* SPDX-License-Identifier: Apache-2.0 */
/*
 * console.h - the health cell's terminal: whole lines out, edited lines in, and the passage to a cell.
 *
 * Every line has a fixed prefix (`status:`, `event:`, `health:`, `table:`, `map:`, `[cell]` ...) and
 * starts at the left margin, also while someone types: what was typed is shown again at the next key.
 */
#ifndef HEALTH_CONSOLE_H
#define HEALTH_CONSOLE_H

#include "machine.h"

#define CONSOLE_NOBODY 0xffffffffu

void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Input: hands whole lines to `obey`, or, while attached, bytes to the cell. Call once a poll. */
void console_poll(void (*obey)(const char *line));
/* All input to that cell until Ctrl-]. */
void console_attach(uint32_t cell);
uint32_t console_attached(void); /* CONSOLE_NOBODY: to no cell */
/* A byte of the attached cell's output, as it is. */
void console_raw(uint8_t byte);
/* Queues a line of input for a cell's console, behind what waits for it and for others; handed over a few
 * bytes a poll, since the cell's UART holds few. False: too much is waiting, and none of it is sent. */
bool console_send(uint32_t cell, const char *line);
/* What waits for that cell was typed for a life that ends: it is dropped. */
void console_forget(uint32_t cell);

#endif
