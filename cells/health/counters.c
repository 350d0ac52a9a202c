// SPDX-License-Identifier: Apache-2.0
/*
 * counters.c - restarts by cause, DMA faults by stream (counters.h).
 */
#include "counters.h"

/* [impl->swr~metrics-restarts~1] */
void counters_restarts(struct cell_counters *cell, uint64_t restarts, uint64_t cause)
{
	if (cause > BP_ERROR_COUNT)
		cause = BP_ERROR_COUNT;
	if (cell->restarts_seen > cell->restarts_told)
		cell->restarts[cause] += cell->restarts_seen - cell->restarts_told;
	cell->restarts_told = cell->restarts_seen;
	cell->restarts_seen = restarts;
}

static uint64_t stream_key(const struct directory_stream *stream)
{
	return (uint64_t)stream->smmu << 32 | stream->sid;
}

/* [impl->swr~metrics-streams~1] */
void counters_event(struct counters *counters, const struct machine *machine, const struct event *event)
{
	uint32_t low = 0, high = machine->stream_count;

	if (event->code != EVENT_DMA_FAULT)
		return;
	while (low < high) {
		const uint32_t middle = low + (high - low) / 2;

		if (stream_key(&machine->streams[middle]) < event->args[1])
			low = middle + 1;
		else
			high = middle;
	}
	if (low < machine->stream_count && low < SERIES_STREAMS_MAX &&
	    stream_key(&machine->streams[low]) == event->args[1])
		counters->stream_faults[low]++;
}
