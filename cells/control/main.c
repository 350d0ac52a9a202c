// SPDX-License-Identifier: Apache-2.0
/*
 * main.c - control: a real-time cell. A 1 kHz tick by the virtual timer's interrupt, absolute deadlines,
 * a setpoint from the sampling port `setpoints`, everything worth knowing in the heartbeat page.
 *
 * After READY it executes nothing that the hypervisor would have to handle: memory, its timer, WFI. The
 * one exception is asked for by a setpoint's command (SETPOINT_TRAP_ONCE).
 */
#include <inttypes.h>
#include <stdio.h>

#include "channel.h"
#include "control.h"
#include "core.h"
#include "gic.h"
#include "heartbeat.h"
#include "hypercall_call.h"
#include "loop.h"
#include "pmu.h"
#include "setpoint.h"
#include "timer.h"

struct control {
	struct loop loop;
	struct port_reader setpoints;
	bool connected; /* the partition file has the channel */
	uint64_t age_limit;
	uint64_t accepted_time; /* when the last setpoint accepted was written; 0: none was */
	uint64_t command_epoch; /* writer's start-up and number of the last command obeyed */
	uint64_t command;
	uint64_t commands, faults; /* published */
};

static struct control control;

static void command_obey(const struct setpoint *setpoint, uint64_t epoch)
{
	if (setpoint->command == 0 ||
	    (epoch == control.command_epoch && setpoint->command == control.command))
		return;
	control.command_epoch = epoch;
	control.command = setpoint->command;
	if (setpoint->flags & SETPOINT_TRAP_ONCE)
		hypercall_version(); /* the deliberate trap: exactly one exit */
	heartbeat_publish(CONTROL_COMMANDS, ++control.commands);
}

static void setpoint_read(uint64_t now)
{
	struct port_message message;
	struct setpoint setpoint;
	const enum port_status status = port_sample(&control.setpoints, &setpoint, sizeof(setpoint), now,
						    control.age_limit, &message);

	if (status == PORT_OK && message.length == sizeof(setpoint)) {
		control.accepted_time = message.time;
		heartbeat_publish(HEARTBEAT_SETPOINT, setpoint.value);
		heartbeat_publish(CONTROL_SETPOINT_WRITER, message.generation);
		command_obey(&setpoint, message.epoch);
	} else if (status != PORT_EMPTY && status != PORT_STALE) {
		heartbeat_publish(CONTROL_PORT_FAULTS, ++control.faults);
	}
	if (!control.accepted_time)
		return;
	/* One bad sample is bridged by the last good one, until that is too old. */
	if (now > control.accepted_time && now - control.accepted_time > control.age_limit) {
		heartbeat_publish(HEARTBEAT_SETPOINT, CONTROL_SAFE_VALUE);
		heartbeat_publish(CONTROL_SETPOINT_WRITER, 0);
	}
	heartbeat_publish(
		HEARTBEAT_SETPOINT_AGE,
		now > control.accepted_time ? timer_to_ns(now - control.accepted_time, control.loop.hz) : 0);
}

/* [impl->swr~control-tick~1] */
static void tick(uint32_t intid)
{
	const uint64_t now = timer_now();
	struct loop *loop = &control.loop;
	const unsigned bucket = loop_tick(loop, now);

	(void)intid;
	timer_set(loop->deadline);
	if (control.connected)
		setpoint_read(now);
	heartbeat_publish(HEARTBEAT_TICKS, loop->ticks);
	heartbeat_publish(HEARTBEAT_MISSED, loop->missed);
	heartbeat_publish(HEARTBEAT_LATENCY_WORST, loop->worst);
	heartbeat_publish(HEARTBEAT_HISTOGRAM + bucket, loop->histogram[bucket]);
	pmu_publish(now);
	heartbeat_beat();
}

void cell_main(const struct guest *guest)
{
	const uint64_t hz = timer_frequency();

	control.connected = channel_read_port(guest, SETPOINT_CHANNEL, &control.setpoints);
	control.age_limit = timer_from_ns(CONTROL_SETPOINT_AGE_NS, hz);
	printf("control: cell '%s', timer %" PRIu64 " Hz, tick 1 kHz, setpoints %s\n", guest->name, hz,
	       control.connected ? "connected" : "not connected");
	heartbeat_publish(HEARTBEAT_SETPOINT, CONTROL_SAFE_VALUE);
	gic_take(guest->timer_intid, false, tick); /* its registers are emulated: before READY */
	pmu_start();				   /* so is the register that tells whether there are any */
	hypercall_ready();
	loop_start(&control.loop, timer_from_ns(CONTROL_PERIOD_NS, hz), hz, timer_now());
	timer_set(control.loop.deadline);
	irq_enable();
	for (;;)
		wait_interrupt();
}
