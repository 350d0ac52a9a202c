/* SPDX-License-Identifier: Apache-2.0 */
/*
 * port.h - ports on a channel's memory: how one cell's bytes reach another, whole or not at all.
 *
 *   sampling port   one writer, the last value; readers see what it is, how old, or that there is none
 *   queuing port    one writer, a ring; one-way it overwrites the oldest and the reader counts the loss,
 *                   with an acknowledgement word (a `between` channel) the writer is told "full" instead
 *
 * Plain C without libc, for bare-metal cells and for Linux programs (mmap of /dev/mem with O_SYNC; compile
 * port.c and crc32.c too). Channel memory may be mapped as device memory, so it is only ever touched by
 * aligned 8-byte loads and stores. Every word has one writer; there are no read-modify-writes.
 * Times are CNTVCT_EL0 ticks, which compare between cells (CNTVOFF is 0 in all of them).
 *
 * Layout: struct channel_header (8 bytes, EL2's), then from PORT_OFFSET struct port_header, then the slots.
 * In a `between` channel each party owns one half and its port starts PORT_OFFSET into that half.
 */
#ifndef CELLS_PORT_H
#define CELLS_PORT_H

#include <stdint.h>

#define PORT_OFFSET   64u
#define PORT_ALIGN    8u

#define PORT_SAMPLING UINT64_C(0x31504d41534b4c42) /* "BLKSAMP1" */
#define PORT_QUEUING  UINT64_C(0x31455545514b4c42) /* "BLKQUEU1" */

#if defined(__aarch64__)
/* Outer domain: the other side may be a core, or memory seen as device by a Linux mapping. */
#define port_write_barrier() __asm__ volatile("dmb oshst" ::: "memory")
#define port_read_barrier()  __asm__ volatile("dmb oshld" ::: "memory")
#define port_full_barrier()  __asm__ volatile("dmb osh" ::: "memory")
static inline uint64_t port_time(void)
{
	uint64_t time;

	__asm__ volatile("isb\n\tmrs %0, cntvct_el0" : "=r"(time)::"memory");
	return time;
}
static inline uint64_t port_frequency(void)
{
	uint64_t hz;

	__asm__ volatile("mrs %0, cntfrq_el0" : "=r"(hz));
	return hz;
}
#else /* host tests: one thread */
#define port_write_barrier() __asm__ volatile("" ::: "memory")
#define port_read_barrier()  __asm__ volatile("" ::: "memory")
#define port_full_barrier()  __asm__ volatile("" ::: "memory")
#endif

struct port_header {	     /* written by the port's writer alone */
	uint64_t magic;	     /* PORT_SAMPLING or PORT_QUEUING; written last at start-up, 0: no port yet */
	uint64_t epoch;	     /* time of the writer's start-up: a new one means that everything began anew */
	uint64_t generation; /* the channel's generation as the writer found it */
	uint64_t slots;	     /* 1 in a sampling port */
	uint64_t slot_bytes; /* payload bytes a slot has room for, a multiple of 8 */
	uint64_t head;	     /* number of the newest complete message, from 1; 0: none yet */
	uint64_t seen_epoch; /* lossless queues: the *other* direction's epoch and the last message that */
	uint64_t seen_head;  /* this party has taken from it */
};

struct port_slot {	   /* message n is in slot (n - 1) % slots */
	uint64_t sequence; /* 2n while message n is whole, 2n - 1 while it is written */
	uint64_t time;	   /* when it was written */
	uint64_t length;   /* payload bytes */
	uint64_t crc;	   /* CRC-32 of generation, n, time, length (8 bytes each), payload */
	uint64_t payload[];
};

enum port_status {
	PORT_OK,
	PORT_EMPTY,   /* nothing (new) there: no writer yet, or no further message */
	PORT_STALE,   /* sampling: delivered, but older than the limit */
	PORT_TORN,    /* changed while it was read, several times over */
	PORT_CORRUPT, /* checksum, length or time make no sense */
	PORT_FOREIGN, /* the writer's generation isn't the channel's: its port is a leftover */
	PORT_FULL,    /* lossless writer: the reader has not caught up */
	PORT_INVALID  /* the caller's argument or the channel's size */
};

struct port_writer {
	volatile uint64_t *channel; /* struct channel_header */
	volatile struct port_header *port;
	const volatile struct port_header *peer; /* lossless: where the reader acknowledges; else 0 */
	uint64_t epoch, generation, slots, slot_bytes, head;
};

struct port_reader {
	const volatile uint64_t *channel;
	const volatile struct port_header *port;
	volatile struct port_header *own; /* lossless: where this party acknowledges; else 0 */
	uint64_t size;			  /* bytes from `port` to the end of the writer's part */
	uint64_t epoch, next;
	uint64_t lost; /* messages overwritten before they were read, since port_reader_init */
};

struct port_message {
	uint64_t number, time, age, length, generation, epoch;
};

/* `memory` is the writer's part of the channel (`size` bytes; all of it, or a half of a `between` one);
 * `channel` its first word. slots = 1 makes a sampling port. */
enum port_status port_writer_init(struct port_writer *writer, volatile void *channel, volatile void *memory,
				  uint64_t size, uint64_t slots, uint64_t slot_bytes, uint64_t now);
enum port_status port_write(struct port_writer *writer, const void *data, uint64_t length, uint64_t now);

void port_reader_init(struct port_reader *reader, const volatile void *channel, const volatile void *memory,
		      uint64_t size);
/* Sampling: the last value, whether read before or not. `buffer` is filled with OK and STALE only. */
enum port_status port_sample(struct port_reader *reader, void *buffer, uint64_t room, uint64_t now,
			     uint64_t age_limit, struct port_message *message);
/* Queuing: the next message. PORT_EMPTY: none; losses are added to reader->lost. */
enum port_status port_receive(struct port_reader *reader, void *buffer, uint64_t room, uint64_t now,
			      struct port_message *message);

/* Makes a pair of ports on the two halves lossless: call once on each side, after both inits. */
void port_pair(struct port_writer *writer, struct port_reader *reader);

#endif
