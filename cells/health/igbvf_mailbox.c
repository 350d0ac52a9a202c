// SPDX-License-Identifier: Apache-2.0
/*
 * igbvf_mailbox.c - the mailbox of a virtual function of the 82576 (igbvf_mailbox.h).
 */
#include "igbvf_mailbox.h"

#include "mmio.h"

#define MEMORY		0x0800u
#define CONTROL		0x0c40u

#define CONTROL_REQUEST 0x01u /* a message for the physical function */
#define CONTROL_TAKEN	0x02u /* its message has been read */
#define CONTROL_OURS	0x04u
#define CONTROL_CAME	0x10u /* cleared by a look: a message from it */
#define CONTROL_ANSWER	0x20u /* cleared by a look: it has read ours */
#define CONTROL_RESET	0x40u /* it is being reset */
#define CONTROL_FRESH	0x80u /* cleared by a look: it has been */

static uint32_t look(struct igbvf_mailbox *mailbox)
{
	const uint32_t control = mmio_read32(mailbox->registers + CONTROL);

	mailbox->seen |= control & (CONTROL_CAME | CONTROL_ANSWER | CONTROL_FRESH);
	return control | mailbox->seen;
}

bool igbvf_mailbox_was_reset(struct igbvf_mailbox *mailbox)
{
	const uint32_t control = look(mailbox);

	mailbox->seen &= ~CONTROL_FRESH;
	return control & (CONTROL_RESET | CONTROL_FRESH);
}

/* Six bytes from the second word on. */
static void mac_write(uint64_t memory, const uint8_t *mac)
{
	mmio_write32(memory + 4, (uint32_t)mac[0] | (uint32_t)mac[1] << 8 | (uint32_t)mac[2] << 16 |
					 (uint32_t)mac[3] << 24);
	mmio_write32(memory + 8, (uint32_t)mac[4] | (uint32_t)mac[5] << 8);
}

bool igbvf_mailbox_send(struct igbvf_mailbox *mailbox, uint32_t request, const uint8_t *mac)
{
	const uint64_t memory = mailbox->registers + MEMORY;

	mmio_write32(mailbox->registers + CONTROL, CONTROL_OURS);
	if (!(look(mailbox) & CONTROL_OURS))
		return false;
	mailbox->seen &= ~(CONTROL_CAME | CONTROL_ANSWER);
	mmio_write32(memory, request);
	if (mac)
		mac_write(memory, mac);
	mmio_write32(mailbox->registers + CONTROL, CONTROL_REQUEST); /* and it is ours no more */
	return true;
}

bool igbvf_mailbox_receive(struct igbvf_mailbox *mailbox, uint32_t *word, uint8_t *mac)
{
	const uint64_t memory = mailbox->registers + MEMORY;

	if (!(look(mailbox) & CONTROL_CAME))
		return false;
	mailbox->seen &= ~CONTROL_CAME;
	*word = mmio_read32(memory);
	for (uint32_t i = 0; i < 6; i++)
		mac[i] = (uint8_t)(mmio_read32(memory + 4 + (i & 4)) >> i % 4 * 8);
	mmio_write32(mailbox->registers + CONTROL, CONTROL_TAKEN);
	return true;
}
