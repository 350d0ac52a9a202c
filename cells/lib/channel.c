// SPDX-License-Identifier: Apache-2.0
/*
 * channel.c - finds a channel in the guest tree and lays ports on its memory.
 */
#include "channel.h"

#include "timer.h"

static void *at(uint64_t address)
{
	return (void *)(uintptr_t)address;
}

bool channel_write_port(const struct guest *guest, const char *name, struct port_writer *writer,
			uint64_t slots, uint64_t slot_bytes)
{
	const struct guest_channel *channel = guest_channel_find(guest, name);

	return channel && channel->writes &&
	       port_writer_init(writer, at(channel->ipa), at(channel->ipa), channel->size, slots, slot_bytes,
				timer_now()) == PORT_OK;
}

bool channel_read_port(const struct guest *guest, const char *name, struct port_reader *reader)
{
	const struct guest_channel *channel = guest_channel_find(guest, name);

	if (!channel || !channel->reads)
		return false;
	port_reader_init(reader, at(channel->ipa), at(channel->ipa), channel->size);
	return true;
}

bool channel_pair(const struct guest *guest, const char *name, unsigned side, struct port_writer *writer,
		  struct port_reader *reader, uint64_t slots, uint64_t slot_bytes)
{
	const struct guest_channel *channel = guest_channel_find(guest, name);
	uint64_t half;

	if (!channel || !channel->writes || !channel->reads || side > 1)
		return false;
	half = channel->size / 2;
	if (port_writer_init(writer, at(channel->ipa), at(channel->ipa + side * half), half, slots,
			     slot_bytes, timer_now()) != PORT_OK)
		return false;
	port_reader_init(reader, at(channel->ipa), at(channel->ipa + (1 - side) * half), half);
	port_pair(writer, reader);
	return true;
}
