// SPDX-License-Identifier: Apache-2.0
/*
 * series.c - repetitions of a measurement, told on the console in lines for scripts/bench.py.
 */
#include <inttypes.h>
#include <stdio.h>

#include "bench.h"
#include "counter.h"
#include "hypercall_call.h"

static unsigned windows, windows_told;

void series_add(struct series *series, uint64_t value)
{
	if (!series->count || value < series->least)
		series->least = value;
	if (value > series->most)
		series->most = value;
	series->count++;
}

void series_tell(const struct series *series)
{
	printf("bench: el2 %s least=%" PRIu64 " most=%" PRIu64 " n=%u\n", series->name, series->least,
	       series->most, series->count);
}

void window_open(void)
{
	windows++;
	window_opens();
}

void window_close(void)
{
	window_closes();
}

void windows_tell(const char *name)
{
	printf("bench: windows %s first=%u n=%u\n", name, windows_told, windows - windows_told);
	windows_told = windows;
}

const char *mode_name(void)
{
	uint64_t mode = 0;

	hypercall_cell_info(CELL_INFO_MODE, &mode);
	return mode ? "direct" : "injected";
}
