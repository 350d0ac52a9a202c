/* SPDX-License-Identifier: Apache-2.0 */
/*
 * igbvf_mailbox.h - what a virtual function of the 82576 and its physical one tell each other
 * (datasheet 7.8.2.9.1): 64 bytes of memory, and a register that says whose turn it is. Nothing here waits.
 */
#ifndef HEALTH_IGBVF_MAILBOX_H
#define HEALTH_IGBVF_MAILBOX_H

#include <stdbool.h>
#include <stdint.h>

/* Requests, and what the physical function says of them; the messages of Linux's igb. */
#define IGBVF_RESET    0x01u
#define IGBVF_SET_MAC  0x02u
#define IGBVF_REQUEST  0xffffu /* which one, of an answer */
#define IGBVF_ACCEPTED 0x80000000u
#define IGBVF_REFUSED  0x40000000u
#define IGBVF_CLEAR                                                                                          \
	0x20000000u /* clear to send: missing, it has been reset and knows nothing of this one               \
		     */

struct igbvf_mailbox {
	uint64_t registers; /* of the virtual function */
	uint32_t seen;	    /* bits that a look clears */
};

/* The physical function is being reset, or has been since the last question. */
bool igbvf_mailbox_was_reset(struct igbvf_mailbox *mailbox);
/* Sends one word, and a MAC behind it where there is one; false: it isn't our turn, try again later. What had
 * come is overwritten. */
bool igbvf_mailbox_send(struct igbvf_mailbox *mailbox, uint32_t request, const uint8_t *mac);
/* A message that has come: its first word, and the MAC that may be behind it; false: none. */
bool igbvf_mailbox_receive(struct igbvf_mailbox *mailbox, uint32_t *word, uint8_t *mac);

#endif
