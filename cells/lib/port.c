// SPDX-License-Identifier: Apache-2.0
/*
 * port.c - sampling and queuing ports (port.h). Plain C without libc or statics, for every kind of cell.
 *
 * A reader believes nothing: what the other side wrote is copied, checked against the channel's own size
 * and the checksum, and retried a bounded number of times when it changed meanwhile.
 */
#include "port.h"
#include "crc32.h"

#define READ_TRIES 4u

static uint64_t round_up8(uint64_t value)
{
	return (value + 7) & ~UINT64_C(7);
}

/* Message n's slot. `slots` and `slot_bytes` have been checked against the memory's size. */
static volatile struct port_slot *slot_of(volatile const struct port_header *port, uint64_t slots,
					  uint64_t slot_bytes, uint64_t n)
{
	const uint64_t stride = sizeof(struct port_slot) + slot_bytes;

	return (volatile struct port_slot *)((uintptr_t)(port + 1) + (n - 1) % slots * stride);
}

static int fits(uint64_t size, uint64_t slots, uint64_t slot_bytes)
{
	if (slots == 0 || slot_bytes == 0 || slot_bytes % 8 || size < sizeof(struct port_header))
		return 0;
	if (slot_bytes > size)
		return 0;
	return slots <= (size - sizeof(struct port_header)) / (sizeof(struct port_slot) + slot_bytes);
}

static uint32_t message_crc(uint64_t generation, uint64_t n, uint64_t time, uint64_t length,
			    const void *payload)
{
	const uint64_t fields[] = {generation, n, time, length};

	return crc32_add(crc32_add(0, fields, sizeof(fields)), payload, length);
}

/* Words are put together by shifts: `data` may be unaligned, the channel may be device memory. */
static void copy_out(volatile uint64_t *to, const uint8_t *data, uint64_t length)
{
	for (uint64_t i = 0; i < length; i += 8) {
		uint64_t word = 0;

		for (uint64_t b = 0; b < 8 && i + b < length; b++)
			word |= (uint64_t)data[i + b] << (8 * b);
		to[i / 8] = word;
	}
}

static void copy_in(uint8_t *data, const volatile uint64_t *from, uint64_t length)
{
	for (uint64_t i = 0; i < length; i += 8) {
		const uint64_t word = from[i / 8];

		for (uint64_t b = 0; b < 8 && i + b < length; b++)
			data[i + b] = (uint8_t)(word >> (8 * b));
	}
}

enum port_status port_writer_init(struct port_writer *writer, volatile void *channel, volatile void *memory,
				  uint64_t size, uint64_t slots, uint64_t slot_bytes, uint64_t now)
{
	volatile struct port_header *port = (void *)((uintptr_t)memory + PORT_OFFSET);

	slot_bytes = round_up8(slot_bytes);
	if ((uintptr_t)memory % PORT_ALIGN || size < PORT_OFFSET ||
	    !fits(size - PORT_OFFSET, slots, slot_bytes))
		return PORT_INVALID;
	writer->channel = channel;
	writer->port = port;
	writer->peer = 0;
	writer->epoch = now;
	writer->generation = *writer->channel;
	writer->slots = slots;
	writer->slot_bytes = slot_bytes;
	writer->head = 0;

	port->magic = 0;
	port_write_barrier(); /* no reader may take new fields for the old port's */
	port->epoch = now;
	port->generation = writer->generation;
	port->slots = slots;
	port->slot_bytes = slot_bytes;
	port->head = 0;
	port->seen_epoch = 0;
	port->seen_head = 0;
	for (uint64_t n = 1; n <= slots; n++)
		slot_of(port, slots, slot_bytes, n)->sequence = 0;
	port_write_barrier();
	port->magic = slots == 1 ? PORT_SAMPLING : PORT_QUEUING;
	port_write_barrier();
	return PORT_OK;
}

/* [impl->swr~port-queue-lossless~1] */
static int is_full(const struct port_writer *writer)
{
	uint64_t taken = 0;

	if (!writer->peer)
		return 0;
	if (writer->peer->seen_epoch == writer->epoch) {
		port_read_barrier();
		taken = writer->peer->seen_head;
	}
	/* An acknowledgement of what was never sent is worth nothing. */
	if (taken > writer->head)
		taken = 0;
	return writer->head - taken >= writer->slots;
}

enum port_status port_write(struct port_writer *writer, const void *data, uint64_t length, uint64_t now)
{
	const uint64_t n = writer->head + 1;
	volatile struct port_slot *slot;

	if (length > writer->slot_bytes)
		return PORT_INVALID;
	if (is_full(writer))
		return PORT_FULL;
	slot = slot_of(writer->port, writer->slots, writer->slot_bytes, n);
	slot->sequence = 2 * n - 1;
	port_write_barrier(); /* odd before any of the content */
	slot->time = now;
	slot->length = length;
	slot->crc = message_crc(writer->generation, n, now, length, data);
	copy_out(slot->payload, data, length);
	port_write_barrier(); /* the content before even */
	slot->sequence = 2 * n;
	port_write_barrier(); /* the message before the head that announces it */
	writer->port->head = n;
	port_write_barrier();
	writer->head = n;
	return PORT_OK;
}

void port_reader_init(struct port_reader *reader, const volatile void *channel, const volatile void *memory,
		      uint64_t size)
{
	reader->channel = channel;
	reader->port = (const volatile void *)((uintptr_t)memory + PORT_OFFSET);
	reader->own = 0;
	reader->size = size < PORT_OFFSET ? 0 : size - PORT_OFFSET;
	reader->epoch = 0;
	reader->next = 1;
	reader->lost = 0;
}

struct view { /* one consistent look at a port's header */
	uint64_t epoch, generation, slots, slot_bytes, head;
};

/* PORT_OK: the header makes sense, though there may be no message yet. */
static enum port_status view_take(const struct port_reader *reader, uint64_t magic, struct view *view)
{
	const volatile struct port_header *port = reader->port;
	uint64_t generation;

	if (reader->size < sizeof(*port))
		return PORT_INVALID;
	generation = *reader->channel;
	if (port->magic == 0)
		return PORT_EMPTY;
	if (port->magic != magic)
		return PORT_CORRUPT;
	port_read_barrier();
	view->epoch = port->epoch;
	view->generation = port->generation;
	view->slots = port->slots;
	view->slot_bytes = port->slot_bytes;
	view->head = port->head;
	port_read_barrier();
	if (port->magic != magic || port->epoch != view->epoch || *reader->channel != generation)
		return PORT_TORN;
	if (view->generation != generation)
		return PORT_FOREIGN;
	if (!fits(reader->size, view->slots, view->slot_bytes))
		return PORT_CORRUPT;
	return PORT_OK;
}

/* Message n into `buffer`. PORT_TORN: it was not (or no longer) the whole message n.
 * [impl->swr~port-torn~1] */
static enum port_status slot_read(const struct port_reader *reader, const struct view *view, uint64_t n,
				  void *buffer, uint64_t room, struct port_message *message)
{
	const volatile struct port_slot *slot = slot_of(reader->port, view->slots, view->slot_bytes, n);
	uint64_t crc;

	if (slot->sequence != 2 * n)
		return PORT_TORN;
	port_read_barrier();
	message->number = n;
	message->time = slot->time;
	message->length = slot->length;
	message->generation = view->generation;
	message->epoch = view->epoch;
	crc = slot->crc;
	if (message->length <= view->slot_bytes && message->length <= room)
		copy_in(buffer, slot->payload, message->length);
	port_read_barrier(); /* the content before the second look */
	if (slot->sequence != 2 * n || *reader->channel != view->generation)
		return PORT_TORN;
	if (message->length > view->slot_bytes || message->length > room)
		return PORT_CORRUPT;
	if (crc != message_crc(view->generation, n, message->time, message->length, buffer))
		return PORT_CORRUPT;
	return PORT_OK;
}

/* [impl->swr~port-sampling~1] [impl->swr~port-stale~1] */
enum port_status port_sample(struct port_reader *reader, void *buffer, uint64_t room, uint64_t now,
			     uint64_t age_limit, struct port_message *message)
{
	enum port_status status = PORT_TORN;

	for (unsigned try = 0; try < READ_TRIES && status == PORT_TORN; try++) {
		struct view view;

		status = view_take(reader, PORT_SAMPLING, &view);
		if (status == PORT_OK && view.head == 0)
			status = PORT_EMPTY;
		if (status == PORT_OK)
			status = slot_read(reader, &view, view.head, buffer, room, message);
	}
	if (status != PORT_OK)
		return status;
	/* Written after `now` was taken: brand-new, and no clock of another domain is involved. */
	message->age = now > message->time ? now - message->time : 0;
	if (message->time > now && message->time - now > age_limit)
		return PORT_CORRUPT;
	return message->age > age_limit ? PORT_STALE : PORT_OK;
}

static void acknowledge(struct port_reader *reader)
{
	if (!reader->own)
		return;
	port_full_barrier(); /* the slot was read before it is given back */
	reader->own->seen_head = reader->next - 1;
	port_write_barrier();
	reader->own->seen_epoch = reader->epoch;
	port_write_barrier();
}

/* A writer that started anew counts from 1 again; the epoch must not stand beside the old count.
 * [impl->swr~port-generation~1] */
static void reader_follow(struct port_reader *reader, const struct view *view)
{
	if (reader->epoch == view->epoch)
		return;
	reader->epoch = view->epoch;
	reader->next = 1;
	if (reader->own) {
		reader->own->seen_epoch = 0;
		port_write_barrier();
	}
	acknowledge(reader);
}

/* [impl->swr~port-queue-loss~1] */
enum port_status port_receive(struct port_reader *reader, void *buffer, uint64_t room, uint64_t now,
			      struct port_message *message)
{
	enum port_status status = PORT_TORN;

	for (unsigned try = 0; try < READ_TRIES; try++) {
		struct view view;

		status = view_take(reader, PORT_QUEUING, &view);
		if (status == PORT_TORN)
			continue;
		if (status != PORT_OK)
			return status;
		reader_follow(reader, &view);
		if (reader->next > view.head)
			return PORT_EMPTY;
		if (view.head - reader->next >= view.slots) {
			reader->lost += view.head - view.slots + 1 - reader->next;
			reader->next = view.head - view.slots + 1;
		}
		status = slot_read(reader, &view, reader->next, buffer, room, message);
		if (status == PORT_TORN)
			continue; /* being overwritten: the next look at the head counts it */
		reader->next++;
		acknowledge(reader);
		message->age = now > message->time ? now - message->time : 0;
		return status;
	}
	return status;
}

void port_pair(struct port_writer *writer, struct port_reader *reader)
{
	writer->peer = reader->port;
	reader->own = (volatile struct port_header *)writer->port;
}
