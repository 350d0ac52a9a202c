/* SPDX-License-Identifier: Apache-2.0 */
/*
 * channel.h - ports (port.h) on this cell's channels by name, for bare-metal cells.
 */
#ifndef CELLS_CHANNEL_H
#define CELLS_CHANNEL_H

#include "guest.h"
#include "port.h"

/* False: there is no such channel, it goes the other way, or it is too small. A one-way channel. */
bool channel_write_port(const struct guest *guest, const char *name, struct port_writer *writer,
			uint64_t slots, uint64_t slot_bytes);
bool channel_read_port(const struct guest *guest, const char *name, struct port_reader *reader);
/* A `between` channel: both directions, lossless. `side` 0 writes the first half, 1 the second. */
bool channel_pair(const struct guest *guest, const char *name, unsigned side, struct port_writer *writer,
		  struct port_reader *reader, uint64_t slots, uint64_t slot_bytes);

#endif
