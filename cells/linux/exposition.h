/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exposition.h - what the exporter tells: the health cell's text and, behind it, how old that is. Portable.
 */
#ifndef LINUX_EXPOSITION_H
#define LINUX_EXPOSITION_H

#include <stdbool.h>
#include <stddef.h>

#include "metrics_reader.h"

#define EXPOSITION_TYPE "text/plain; version=0.0.4; charset=utf-8"

struct metrics_source {
	const volatile struct metrics_channel *channel;
	uint64_t size;
	uint64_t (*now)(void); /* in what the text's time is in, `hz` a second */
	uint64_t hz;
};

struct exposition {
	char *text;
	size_t length;
	enum metrics_status status; /* but for METRICS_READ the age alone, as NaN, and why */
};

/* Room for whatever the source can have; false: there is no memory. */
bool exposition_open(struct exposition *exposition, const struct metrics_source *source);
void exposition_take(struct exposition *exposition, const struct metrics_source *source);

#endif
