// SPDX-License-Identifier: Apache-2.0
/*
 * watchdog.c - finds the board's watchdog, chooses its time-out, feeds it (watchdog.h).
 *
 * It comes after EL2's own watch, which leaves a dump: its time-out is twice as long.
 */
#include "watchdog.h"

#include <inttypes.h>

#include "console.h"
#include "hypercall_call.h"
#include "timer.h"

#define EL2_NS	 UINT64_C(2000000000) /* what EL2's time-out is unless the partition file says otherwise */
#define LATER	 2u		      /* times EL2's */
#define MILLIONS UINT64_C(1000000)

static const struct watchdog_driver *const drivers[] = {&watchdog_i6300esb};

static const struct watchdog_driver *watchdog; /* NULL: there is none */

static const struct watchdog_driver *find(const struct guest *guest, struct pci_function *function)
{
	*function = (struct pci_function){0};
	while (pci_next(guest, function))
		for (unsigned i = 0; i < sizeof(drivers) / sizeof(drivers[0]); i++)
			if (drivers[i]->vendor == function->vendor && drivers[i]->device == function->device)
				return drivers[i];
	return NULL;
}

static uint64_t timeout_of(const struct watchdog_driver *driver, uint64_t el2_ns)
{
	const uint64_t wanted = el2_ns ? el2_ns : EL2_NS;

	return wanted < driver->longest_ns / LATER ? LATER * wanted : driver->longest_ns;
}

/* [impl->swr~health-watchdog~1] */
void watchdog_start(const struct guest *guest, struct watchdog_counters *counters)
{
	struct pci_function function;
	const struct watchdog_driver *found;
	const char *wrong;
	uint64_t timeout_ns;

	if (hypercall_cell_info(CELL_INFO_WATCHDOG_NS, &counters->el2_ns) != HYPERCALL_OK)
		counters->el2_ns = 0;
	found = find(guest, &function);
	if (found) {
		timeout_ns = timeout_of(found, counters->el2_ns);
		wrong = found->start(&function, timeout_ns, &counters->fired);
		if (wrong) {
			say("health: watchdog: %s: %s", found->name, wrong);
		} else {
			watchdog = found;
			counters->name = found->name;
			counters->hardware_ns = timeout_ns;
		}
	}
	watchdog_report(counters);
	if (counters->fired)
		say("health: last boot: ended by the watchdog %s", counters->name);
}

void watchdog_feed(void)
{
	if (watchdog)
		watchdog->feed();
}

void watchdog_report(const struct watchdog_counters *counters)
{
	say("health: watchdog: el2_ms=%" PRIu64 " %s_ms=%" PRIu64, counters->el2_ns / MILLIONS,
	    counters->name ? counters->name : "hardware", counters->hardware_ns / MILLIONS);
}
