/* SPDX-License-Identifier: Apache-2.0 */
/*
 * publisher.h - writes the metrics into a channel's memory (src/blueprint/metrics.h), a piece a poll.
 * Portable.
 */
#ifndef HEALTH_PUBLISHER_H
#define HEALTH_PUBLISHER_H

#include "../../src/blueprint/metrics.h"
#include "body.h"

#define PUBLISHER_PIECE 1024u /* bytes that a poll adds to the text, at most */

struct publisher {
	volatile struct metrics_channel *channel;
	uint64_t interval; /* ticks from one text's beginning to the next one's */
	uint64_t room;
	uint64_t number; /* of the text that is being written, or was last */
	uint64_t began;
	bool writing;
	struct body body;
	uint64_t length; /* of the text so far */
	uint64_t word;	 /* its last bytes, until there are eight */
};

/* `memory` is `size` bytes that are zero behind the channel's header. False: there is room for no text. */
bool publisher_open(struct publisher *publisher, volatile void *memory, uint64_t size, uint64_t interval);
/* The length of a text that has just ended; else 0. If it is more than `room`, nobody can read it. */
uint64_t publisher_poll(struct publisher *publisher, const struct body_source *source, uint64_t now);

#endif
