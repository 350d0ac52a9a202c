// SPDX-License-Identifier: Apache-2.0
/*
 * main.c - intruder: command loop, ticks that wake it, exceptions and messages counted.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core.h"
#include "heartbeat.h"
#include "hypercall_call.h"
#include "intruder.h"
#include "timer.h"
#include "uart.h"

#define TICK_NS UINT64_C(1000000)
#define MARK	UINT64_C(0x5245445552544e49)

const struct guest *this_guest;
volatile uint64_t taken, exceptions;
uint8_t out[PAGE] __attribute__((aligned(4096))), back[PAGE] __attribute__((aligned(4096)));
uint8_t theirs[PAGE] __attribute__((aligned(4096)));
static uint64_t next_tick;

static const struct command *const groups[] = {edu_commands, nvme_commands, igb_commands, virtio_commands,
					       config_commands};

static void exception_pass(struct frame *frame)
{
	exceptions++;
	if (ESR_CLASS(frame->esr) != EC_SERROR)
		frame->elr += 4;
}

static void tick(uint32_t intid)
{
	const uint64_t period = timer_from_ns(TICK_NS, timer_frequency());

	(void)intid;
	do
		next_tick += period;
	while (next_tick <= timer_now());
	timer_set(next_tick);
	heartbeat_beat();
}

void mark(void)
{
	for (unsigned i = 0; i < PAGE; i += sizeof(MARK))
		*(uint64_t *)(void *)(out + i) = MARK;
	memset(back, 0, PAGE);
	memset(theirs, 0, PAGE);
}

void message_taken(uint32_t intid)
{
	(void)intid;
	taken++;
}

bool wait_for(bool (*claim)(void), uint64_t ms)
{
	const uint64_t end = timer_now() + timer_from_ns(ms * 1000000, timer_frequency());

	while (!claim()) {
		if (timer_now() >= end)
			return false;
		wait_interrupt();
	}
	return true;
}

bool function_find(uint16_t vendor, uint16_t device, struct pci_function *function)
{
	*function = (struct pci_function){0};
	while (pci_next(this_guest, function))
		if (function->vendor == vendor && function->device == device)
			return true;
	return false;
}

static void obey(char *line)
{
	uint64_t args[ARGS_MAX] = {0};
	char *rest, *word = strtok_r(line, " ", &rest);
	uint32_t count = 0;

	if (!word)
		return;
	for (unsigned g = 0; g < sizeof(groups) / sizeof(groups[0]); g++)
		for (const struct command *c = groups[g]; c->name; c++) {
			if (strcmp(c->name, word) != 0)
				continue;
			while (count < ARGS_MAX && (word = strtok_r(NULL, " ", &rest)))
				args[count++] = strtoull(word, NULL, 0);
			if (count < c->least)
				printf("intruder: usage: %s %s\n", c->name, c->usage);
			else
				c->run(args);
			return;
		}
	printf("intruder: unknown command '%s'\n", word);
}

void cell_main(const struct guest *guest)
{
	this_guest = guest;
	exception_handler_set(exception_pass);
	gic_take(guest->timer_intid, false, tick);
	uart_input_enable(guest);
	next_tick = timer_now();
	tick(guest->timer_intid);
	irq_enable();
	for (uint32_t i = 0; i < guest->pci.intid_count; i++)
		gic_take(guest->pci.intid_first + i, true, message_taken);
	hypercall_ready();
	printf("intruder: up own=0x%" PRIxPTR " messages=%" PRIu32 "+%" PRIu32 "\n", (uintptr_t)theirs,
	       guest->pci.intid_first, guest->pci.intid_count);
	for (;;) {
		uart_lines(obey);
		wait_interrupt();
	}
}
