// SPDX-License-Identifier: Apache-2.0
/*
 * main.c - bench: which part this cell plays is its bootargs.
 *
 *   (none)  measures: calls, interrupts, doorbells, and where it is the health cell the stop of the peer
 *   msi     measures the messages of its PCI function alone
 *   peer    the other end of doorbells
 *   ticks   computes and ticks; also on the bare machine
 *   idle    sleeps: holds what somebody must hold
 */
#include <stdio.h>
#include <string.h>

#include "bench.h"
#include "core.h"
#include "gic.h"
#include "timer.h"

#define OTHERS_NS UINT64_C(200000000)

static _Noreturn void sleep_forever(void)
{
	for (;;)
		wait_interrupt();
}

static volatile bool awake;

static void wake(uint32_t intid)
{
	(void)intid;
	timer_stop();
	awake = true;
}

/* The machine has one clock, so nothing is measured before the other cores have started and sleep. */
static void others_wait(const struct guest *guest)
{
	gic_take(guest->timer_intid, false, wake);
	timer_set(timer_now() + timer_from_ns(OTHERS_NS, timer_frequency()));
	while (!awake) {
		wait_interrupt();
		irq_enable();
		barrier_isb();
		irq_disable();
	}
	gic_disable(guest->timer_intid);
}

static void measure(const struct guest *guest)
{
	printf("bench: up %s\n", mode_name());
	calls_measure(guest);
	timer_measure(guest);
	spi_measure(guest);
	sgi_measure(guest);
	doorbell_measure(guest);
	if (guest->directory.size)
		revoke_measure(guest);
}

void cell_main(const struct guest *guest)
{
	if (strcmp(guest->bootargs, "peer") == 0)
		peer_run(guest);
	if (strcmp(guest->bootargs, "idle") == 0)
		sleep_forever();
	others_wait(guest);
	if (strcmp(guest->bootargs, "ticks") == 0)
		ticks_measure(guest);
	else if (strcmp(guest->bootargs, "msi") == 0)
		msi_measure(guest);
	else
		measure(guest);
	printf("bench: done\n");
	sleep_forever();
}
