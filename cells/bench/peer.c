// SPDX-License-Identifier: Apache-2.0
/*
 * peer.c - the cell at the other end: measures the doorbells that it gets, runs without a pause when told to.
 */
#include <stddef.h>

#include "bench.h"
#include "counter.h"
#include "gic.h"
#include "sysreg.h"

static volatile uint64_t handled_at;
static volatile bool handled;

static void *memory_of(const struct guest *guest, const char *name)
{
	const struct guest_channel *channel = guest_channel_find(guest, name);

	return channel ? (void *)(uintptr_t)channel->ipa : NULL;
}

volatile struct peer_orders *peer_orders(const struct guest *guest)
{
	return memory_of(guest, "bell");
}

volatile struct peer_replies *peer_replies(const struct guest *guest)
{
	return memory_of(guest, "reply");
}

static void doorbell(uint32_t intid)
{
	(void)intid;
	handled_at = counter();
	handled = true;
}

_Noreturn void peer_run(const struct guest *guest)
{
	const struct guest_channel *bell = guest_channel_find(guest, "bell");
	volatile struct peer_orders *orders = peer_orders(guest);
	volatile struct peer_replies *replies = peer_replies(guest);

	counter_start(COUNT_EL2);
	if (bell)
		gic_take(bell->intid, true, doorbell);
	while (replies && !orders->run) {
		const uint64_t armed = counter();

		handled = false;
		replies->cell = guest->index;
		replies->ready = 1;
		wait_interrupt();
		irq_enable();
		barrier_isb();
		irq_disable();
		if (!handled)
			continue;
		replies->value = handled_at - armed;
		replies->after = counter() - handled_at;
		barrier_dsb();
		replies->doorbells++;
	}
	if (replies)
		replies->running = 1;
	for (;;)
		core_yield();
}
