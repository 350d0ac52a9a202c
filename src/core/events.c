/* SPDX-License-Identifier: Apache-2.0 */
/*
 * events.c - this core's ring of event records: single writer, never blocks, overwrites the oldest. A
 * reader sees losses as gaps in the sequence.
 */
#include "events.h"
#include "../blueprint/hypercall.h"
#include "core.h"
#include "rate.h"
#include "sha256.h"

static struct event_ring *ring(void)
{
	return (struct event_ring *)cell_core(this_core)->ring_va;
}

static struct rate guest_rate;
struct rate doorbell_rate;

void rate_start(void)
{
	const u64 unit = arch_ns_to_ticks(RATE_UNIT_NS);

	doorbell_rate = (struct rate){.period = unit, .left = DOORBELLS_MAX};
	guest_rate = (struct rate){.period = EVENTS_GUEST_PERIOD_MS * unit, .left = EVENTS_GUEST_MAX};
}

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
	case EVENT_DMA_FAULT:
	case EVENT_IOMMU:
	case EVENT_DEVICE:
		return true;
	case EVENT_FAULT:
		return action == BP_ACTION_IGNORE || action == BP_ACTION_LOG;
	default:
		return false;
	}
}

static bool guest_admitted(void)
{
	if (rate_admits(&guest_rate, EVENTS_GUEST_MAX, arch_time()))
		return true;
	telemetry()->events_dropped++;
	return false;
}

/* [impl->swr~events-recorded~1] [impl->swr~events-flood~2] */
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
	event->crc = arch_crc32(event, offsetof(struct event, crc));
	arch_publish();
	ring()->head = sequence;
	telemetry()->event_sequence = sequence;
}

/* [impl->swr~digests-told~1] */
void event_digest(enum event_code code, const u8 *digest)
{
	u64 words[SHA256_BYTES / 8] = {0};

	for (u32 i = 0; i < SHA256_BYTES; i++)
		words[i / 8] = words[i / 8] << 8 | digest[i];
	event_record(code, words[0], words[1], words[2], words[3]);
}
