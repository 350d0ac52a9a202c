// SPDX-License-Identifier: Apache-2.0
/*
 * heartbeat.c - single aligned stores into the heartbeat window, mapped Non-cacheable.
 */
#include "heartbeat.h"

static volatile struct heartbeat *heartbeat;

void heartbeat_start(const struct guest *guest)
{
	if (guest->heartbeat.size >= sizeof(*heartbeat))
		heartbeat = (volatile struct heartbeat *)guest->heartbeat.base;
}

void heartbeat_beat(void)
{
	if (heartbeat)
		heartbeat->beat = heartbeat->beat + 1;
}

void heartbeat_publish(unsigned index, uint64_t value)
{
	if (heartbeat && index < HEARTBEAT_VALUES)
		heartbeat->values[index] = value;
}
