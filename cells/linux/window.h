/* SPDX-License-Identifier: Apache-2.0 */
/*
 * window.h - a Linux cell's heartbeat and channels: found in the guest tree (docs/formats.md), reached
 * through /dev/mem. Linux maps what is not RAM as device memory, so every access is an aligned 64-bit one.
 */
#ifndef LINUX_WINDOW_H
#define LINUX_WINDOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WINDOW_TREE "/sys/firmware/devicetree/base/bulkhead"
#define WINDOW_NAME 64

struct window {
	char name[WINDOW_NAME]; /* channel-name; empty for the heartbeat */
	uint64_t ipa, size;
	uint32_t period_us; /* heartbeat; 0: not watched */
	bool writes, reads;
};

/* Up to `room` bytes of a node's property; 0 where there is none. An empty property has no bytes too. */
size_t window_property(const char *node, const char *property, void *buffer, size_t room);
/* The node's window; false: it has none. */
bool window_read(const char *node, struct window *window);
/* The heartbeat (channel is 0) or the channel of that name. */
bool window_find(const char *channel, struct window *window);
/* Maps it; 0 with errno where that fails. */
volatile void *window_map(const struct window *window, bool writable);

#endif
