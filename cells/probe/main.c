// SPDX-License-Identifier: Apache-2.0
/*
 * main.c - probe: command loop, own ticks, exceptions that are told and passed over.
 */
#include "probe.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core.h"
#include "gic.h"
#include "heartbeat.h"
#include "hypercall_call.h"
#include "timer.h"
#include "uart.h"

#define TICK_NS	 UINT64_C(10000000)
#define LINE_MAX 160u
#define SGIS	 16u

struct probe_counts probe_counts;
const struct guest *probe_guest;
bool probe_beating = true;
volatile bool probe_keep_interrupt;

static bool quiet;
static uint64_t faults_before, next_tick, tick_period;

static const struct probe_command *const groups[] = {
	probe_memory_commands, probe_gic_commands, probe_power_commands, probe_call_commands,
	probe_sysreg_commands, probe_pmu_commands, probe_page_commands,
};

void probe_arm(bool say_nothing)
{
	quiet = say_nothing;
	faults_before = probe_counts.exceptions;
}

uint64_t probe_faults(void)
{
	quiet = false;
	return probe_counts.exceptions - faults_before;
}

/* Goes on behind the instruction; after a bad jump where the caller would have. */
static void exception_pass(struct frame *frame)
{
	probe_counts.exceptions++;
	probe_counts.last_esr = frame->esr;
	if (!quiet)
		printf("probe: exception ec=0x%" PRIx32 " esr=0x%" PRIx64 " elr=0x%" PRIx64 " far=0x%" PRIx64
		       "\n",
		       ESR_CLASS(frame->esr), frame->esr, frame->elr, frame->far);
	if (ESR_CLASS(frame->esr) == EC_INSTRUCTION_ABORT)
		frame->elr = frame->x[30];
	else if (ESR_CLASS(frame->esr) != EC_SERROR) /* asynchronous: nothing to pass over */
		frame->elr += 4;
}

static void tick(uint32_t intid)
{
	probe_counts.ticks++;
	if (probe_keep_interrupt) {
		printf("probe: no-eoi keeps intid %" PRIu32 "\n", intid);
		for (;;)
			wait_interrupt();
	}
	do
		next_tick += tick_period;
	while (next_tick <= timer_now());
	timer_set(next_tick);
	heartbeat_publish(HEARTBEAT_TICKS, probe_counts.ticks);
	if (probe_beating)
		heartbeat_beat();
}

static void sgi(uint32_t intid)
{
	(void)intid;
	probe_counts.sgis++;
}

static void doorbell(uint32_t intid)
{
	(void)intid;
	probe_counts.doorbells++;
}

static const struct probe_command *command_find(const char *name)
{
	for (unsigned g = 0; g < sizeof(groups) / sizeof(groups[0]); g++)
		for (const struct probe_command *c = groups[g]; c->name; c++)
			if (strcmp(c->name, name) == 0)
				return c;
	return NULL;
}

static void help(void)
{
	for (unsigned g = 0; g < sizeof(groups) / sizeof(groups[0]); g++)
		for (const struct probe_command *c = groups[g]; c->name; c++)
			printf("probe: help %s %s\n", c->name, c->usage);
}

/* Takes the line apart in place. */
static void obey(char *line)
{
	uint64_t args[PROBE_ARGS_MAX] = {0};
	const struct probe_command *command;
	uint32_t count = 0;
	bool sharp = false;
	uint64_t second;
	char *rest, *word = strtok_r(line, " \t", &rest);

	if (!word)
		return;
	if (strcmp(word, "help") == 0) {
		help();
		return;
	}
	if (strcmp(word, "sharp") == 0) { /* the rest of the line, at a second that is told before */
		word = strtok_r(NULL, " \t", &rest);
		sharp = true;
	}
	command = word ? command_find(word) : NULL;
	if (!command) {
		printf("probe: unknown command '%s'\n", word ? word : "");
		return;
	}
	while (count < PROBE_ARGS_MAX && (word = strtok_r(NULL, " \t", &rest)))
		args[count++] = strtoull(word, NULL, 0);
	if (count < command->least) {
		printf("probe: usage: %s %s\n", command->name, command->usage);
		return;
	}
	printf("probe: > %s\n", command->name);
	if (sharp) {
		second = timer_next_second();
		printf("probe: at %" PRIu64 " s\n", second);
		timer_await_second(second);
	}
	command->run(args);
}

static void obey_bootargs(void)
{
	char line[LINE_MAX];
	const char *at = probe_guest->bootargs;

	while (*at) {
		uint32_t length = 0;

		while (*at && *at != ';') {
			if (length < LINE_MAX - 1)
				line[length++] = *at;
			at++;
		}
		line[length] = 0;
		if (*at)
			at++;
		obey(line);
	}
}

static void interrupts_start(void)
{
	for (uint32_t i = 0; i < SGIS; i++)
		gic_take(i, true, sgi);
	for (uint32_t i = 0; i < probe_guest->channel_count; i++)
		if (probe_guest->channels[i].intid)
			gic_take(probe_guest->channels[i].intid, true, doorbell);
	gic_take(probe_guest->timer_intid, false, tick);
	uart_input_enable(probe_guest);
	tick_period = timer_from_ns(TICK_NS, timer_frequency());
	next_tick = timer_now() + tick_period;
	timer_set(next_tick);
	irq_enable();
}

void cell_main(const struct guest *guest)
{
	probe_guest = guest;
	exception_handler_set(exception_pass);
	printf("probe: up cell=%s cores=%" PRIu32 " mpidr=0x%" PRIx64 "\n", guest->name, guest->core_count,
	       sysreg_read("mpidr_el1") & UINT64_C(0xff00ffffff));
	for (uint32_t i = 0; i < guest->channel_count; i++)
		printf("probe: channel %s index=%" PRIu32 " ipa=0x%" PRIx64 " size=0x%" PRIx64 "%s%s\n",
		       guest->channels[i].name, guest->channels[i].index, guest->channels[i].ipa,
		       guest->channels[i].size, guest->channels[i].writes ? " writes" : "",
		       guest->channels[i].reads ? " reads" : "");
	probe_memory_start();
	probe_power_start();
	interrupts_start();
	hypercall_ready();
	obey_bootargs();
	for (;;) {
		uart_lines(obey);
		wait_interrupt(); /* the tick comes anyway: no input is forgotten for long */
	}
}
