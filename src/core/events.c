/* SPDX-License-Identifier: Apache-2.0 */
/*
 * events.c - this core's ring of event records: single writer, never blocks, overwrites the oldest. A
 * reader sees losses as gaps in the sequence.
 */
#include "events.h"
#include "core.h"
#include "rate.h"

u32 crc32(const void *data, u64 size)
{
	/* A nibble at a time: 16 words of table, and records are rare. */
	static const u32 table[16] = {0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4,
				      0x4db26158, 0x5005713c, 0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
				      0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c};
	const u8 *bytes = data;
	u32 crc = ~UINT32_C(0);

	for (u64 i = 0; i < size; i++) {
		crc = table[(crc ^ bytes[i]) & 15] ^ crc >> 4;
		crc = table[(crc ^ bytes[i] >> 4) & 15] ^ crc >> 4;
	}
	return ~crc;
}

static struct event_ring *ring(void)
{
	return (struct event_ring *)cell_core(this_core)->ring_va;
}

static struct rate guest_rate;

void events_start(void)
{
	ring()->magic = EVENT_RING_MAGIC;
}

/* Can the guest make as many of these as it likes? A fault that ends its life it makes once. */
static bool guest_paced(enum event_code code, u64 action)
{
	switch (code) {
	case EVENT_CELL_READY:
	case EVENT_SGI_FOREIGN:
	case EVENT_DENIED:
	case EVENT_APPLICATION:
	case EVENT_CORE_ON:
	case EVENT_CORE_OFF:
		return true;
	case EVENT_FAULT:
		return action == BP_ACTION_IGNORE || action == BP_ACTION_LOG;
	default:
		return false;
	}
}

static bool guest_admitted(void)
{
	if (rate_admits(&guest_rate, EVENTS_GUEST_MAX))
		return true;
	telemetry()->events_dropped++;
	return false;
}

/* [impl->swr~events-recorded~1] [impl->swr~events-flood~1] */
void event_record(enum event_code code, u64 a, u64 b, u64 c, u64 d)
{
	const u64 sequence = ring()->head + 1;
	struct event *event = &ring()->slots[(sequence - 1) % EVENT_RING_SLOTS];

	if (guest_paced(code, b) && !guest_admitted())
		return;
	*(volatile u64 *)&event->sequence = 0; /* not valid while it is written */
	arch_publish();
	event->time = arch_time();
	event->code = code;
	event->core = (u16)telemetry()->core;
	event->cell = (u16)this_cell->index;
	event->args[0] = a;
	event->args[1] = b;
	event->args[2] = c;
	event->args[3] = d;
	event->pad = 0;
	arch_publish();
	event->sequence = sequence;
	event->crc = crc32(event, offsetof(struct event, crc));
	arch_publish();
	ring()->head = sequence;
	telemetry()->event_sequence = sequence;
}
