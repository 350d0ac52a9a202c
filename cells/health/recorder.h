/* SPDX-License-Identifier: Apache-2.0 */
/*
 * recorder.h - this boot's event log: kept in the cell's free RAM, told on demand.
 */
#ifndef HEALTH_RECORDER_H
#define HEALTH_RECORDER_H

#include "guest.h"
#include "journal_text.h"

/* `seed`: the private key that signs its checkpoints; NULL: none does. */
void recorder_start(const struct guest *guest, const struct machine *machine, const uint8_t *seed);
/* The public key, of JOURNAL_KEY_BYTES; NULL: none signs. */
const uint8_t *recorder_key(void);
void recorder_add(const struct event *event);
/* After its ring was emptied: what was lost and damaged there, since the health cell looks. Once a poll. */
void recorder_losses(uint32_t core, uint64_t lost, bool record);
/* The last ones, as lines on the console. */
void recorder_show(uint64_t most);
/* The log as text, with a checkpoint for this nonce, signed where there is a key. */
void recorder_text(struct journal_text *text, const uint8_t *nonce, uint64_t from);

/* Console command `log NONCE [FROM]`: its lines come a few a poll, each with the prefix `log:`. */
void recorder_ask(const char *arguments);
void recorder_poll(void);

#endif
