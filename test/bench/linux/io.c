// SPDX-License-Identifier: Apache-2.0
/*
 * io.c - a stream and the latency of single operations on a disk or a network, in one line each. Runs in
 * Linux, in a cell and on the bare machine alike; static, for an initramfs.
 *
 *     io disk DEVICE SECONDS       direct reads: 128 KiB for the stream, 4 KiB here and there for latency
 *     io net ADDRESS PORT SECONDS  sends TCP to ADDRESS:PORT, then UDP of 64 bytes to PORT + 1, which
 *                                  comes back
 *
 * Prints "io: stream BYTES bytes NS ns" and "io: latency COUNT P50 P99 ns".
 */
#define _GNU_SOURCE /* O_DIRECT */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define STREAM_BLOCK ((size_t)128 << 10)
#define SMALL_BLOCK  ((size_t)4096)
#define DATAGRAM     64
#define SAMPLES_MAX  200000
#define LOST_MAX     16
#define NS	     1000000000ull

static uint32_t samples[SAMPLES_MAX];
static _Alignas(4096) uint8_t buffer[STREAM_BLOCK];

static _Noreturn void fail(const char *what)
{
	printf("io: failed: %s: %s\n", what, strerror(errno));
	exit(1);
}

static uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * NS + (uint64_t)time.tv_nsec;
}

static int by_size(const void *left, const void *right)
{
	const uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;

	return (a > b) - (a < b);
}

static void tell_stream(uint64_t bytes, uint64_t ns)
{
	printf("io: stream %llu bytes %llu ns\n", (unsigned long long)bytes, (unsigned long long)ns);
}

static void tell_latency(size_t count)
{
	if (!count) {
		errno = ETIMEDOUT;
		fail("nothing came back");
	}
	qsort(samples, count, sizeof(samples[0]), by_size);
	printf("io: latency %zu %u %u ns\n", count, samples[count / 2], samples[count * 99 / 100]);
}

static void disk(const char *device, uint64_t ns)
{
	const int file = open(device, O_RDONLY | O_DIRECT);
	const off_t size = file < 0 ? -1 : lseek(file, 0, SEEK_END);
	uint64_t bytes = 0, start, at = 0x9e3779b97f4a7c15ull;
	size_t count = 0;

	if (size < (off_t)STREAM_BLOCK)
		fail(device);
	for (start = now(); now() - start < ns; bytes += STREAM_BLOCK)
		if (pread(file, buffer, STREAM_BLOCK,
			  (off_t)(bytes % ((uint64_t)size & ~(STREAM_BLOCK - 1)))) != (ssize_t)STREAM_BLOCK)
			fail("read");
	tell_stream(bytes, now() - start);
	for (start = now(); count < SAMPLES_MAX && now() - start < ns; count++) {
		const uint64_t before = now();

		at ^= at << 13;
		at ^= at >> 7;
		at ^= at << 17; /* Marsaglia's xorshift: the same places each time */
		if (pread(file, buffer, SMALL_BLOCK,
			  (off_t)(at % ((uint64_t)size / SMALL_BLOCK) * SMALL_BLOCK)) != (ssize_t)SMALL_BLOCK)
			fail("read");
		samples[count] = (uint32_t)(now() - before);
	}
	tell_latency(count);
}

static int connected(const char *address, int port, int type)
{
	struct sockaddr_in there = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	const struct timeval patience = {.tv_sec = 1};
	const int line = socket(AF_INET, type, 0);

	if (line < 0 || inet_pton(AF_INET, address, &there.sin_addr) != 1 ||
	    connect(line, (const struct sockaddr *)&there, sizeof(there)) ||
	    setsockopt(line, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)))
		fail("connection");
	return line;
}

static void net(const char *address, int port, uint64_t ns)
{
	const int stream = connected(address, port, SOCK_STREAM),
		  line = connected(address, port + 1, SOCK_DGRAM);
	uint64_t bytes = 0, start, before;
	unsigned int lost = 0;
	size_t count = 0;
	char end;

	for (start = now(); now() - start < ns;) {
		const ssize_t sent = send(stream, buffer, STREAM_BLOCK, MSG_NOSIGNAL);

		if (sent < 0)
			fail("send");
		bytes += (uint64_t)sent;
	}
	/* What is sent has arrived when the other side closes, too. */
	if (shutdown(stream, SHUT_WR) || recv(stream, &end, 1, 0) != 0)
		fail("end of the stream");
	tell_stream(bytes, now() - start);
	for (start = now(); count < SAMPLES_MAX && now() - start < ns;) {
		before = now();
		if (send(line, buffer, DATAGRAM, 0) != DATAGRAM)
			fail("send");
		if (recv(line, buffer, DATAGRAM, 0) == DATAGRAM)
			samples[count++] = (uint32_t)(now() - before);
		else if (++lost > LOST_MAX)
			fail("datagrams are lost");
	}
	tell_latency(count);
}

int main(int argc, char **argv)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc == 4 && !strcmp(argv[1], "disk"))
		disk(argv[2], strtoull(argv[3], NULL, 10) * NS);
	else if (argc == 5 && !strcmp(argv[1], "net"))
		net(argv[2], atoi(argv[3]), strtoull(argv[4], NULL, 10) * NS);
	else
		return 2;
	return 0;
}
