// SPDX-License-Identifier: Apache-2.0
/*
 * A disk with faults, put between a program and its target by LD_PRELOAD: so that what a test needs happens
 * at the byte where it needs it, for any target and without rights.
 *
 *   BAD_PATH     the file or device that is meant, as /proc/self/fd shows it
 *   BAD_WRITE    OFFSET:FAULT, at the pwrite() that reaches the offset (hexadecimal):
 *                  flip   the byte there is written with its lowest bit changed
 *                  eio    that write fails
 *                  int, term, hup, kill   the signal comes before it
 *                  stop   it waits for SIGCONT
 *   BAD_BACKING  N:OFFSET:FILE, at the Nth fsync(): the whole target is in the page cache, then FILE's byte
 * there is changed BAD_FULL     1: no write() to BAD_PATH finds room
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PAGE 4096

static int is_meant(int fd)
{
	char link[64], path[4096];
	const char *meant = getenv("BAD_PATH");

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	const ssize_t length = readlink(link, path, sizeof(path) - 1);
	if (!meant || length < 0)
		return 0;
	path[length] = 0;
	return !strcmp(path, meant);
}

/* The fault that this write meets; NULL: none. */
static const char *fault_of(int fd, size_t count, off_t offset)
{
	const char *text = getenv("BAD_WRITE");
	char *fault;

	if (!text || !is_meant(fd))
		return NULL;
	const off_t at = (off_t)strtoull(text, &fault, 16);
	return at >= offset && at < offset + (off_t)count ? fault + 1 : NULL;
}

static int signal_of(const char *name)
{
	return !strcmp(name, "int")    ? SIGINT
	       : !strcmp(name, "term") ? SIGTERM
	       : !strcmp(name, "hup")  ? SIGHUP
	       : !strcmp(name, "stop") ? SIGSTOP
				       : SIGKILL;
}

static ssize_t write_flipped(int fd, const void *data, size_t count, off_t offset)
{
	unsigned char *copy = aligned_alloc(PAGE, (count + PAGE - 1) / PAGE * PAGE);
	const off_t at = (off_t)strtoull(getenv("BAD_WRITE"), NULL, 16);

	if (!copy)
		abort();
	memcpy(copy, data, count);
	copy[at - offset] ^= 1;
	const ssize_t done = syscall(SYS_pwrite64, fd, copy, count, offset);
	free(copy);
	return done;
}

ssize_t pwrite64(int fd, const void *data, size_t count, off_t offset)
{
	static int came;
	const char *fault = fault_of(fd, count, offset);

	if (fault && !strcmp(fault, "flip"))
		return write_flipped(fd, data, count, offset);
	if (fault && !strcmp(fault, "eio")) {
		errno = EIO;
		return -1;
	}
	if (fault && !came) {
		came = 1;
		raise(signal_of(fault));
	}
	return syscall(SYS_pwrite64, fd, data, count, offset);
}

ssize_t pwrite(int fd, const void *data, size_t count, off_t offset)
{
	return pwrite64(fd, data, count, offset);
}

ssize_t write(int fd, const void *data, size_t count)
{
	if (getenv("BAD_FULL") && is_meant(fd)) {
		errno = ENOSPC;
		return -1;
	}
	return syscall(SYS_write, fd, data, count);
}

static void change_backing(const char *text)
{
	static char page[1 << 16];
	char *file, byte;
	const off_t at = (off_t)strtoull(text, &file, 16);
	const int target = open(getenv("BAD_PATH"), O_RDONLY), backing = open(file + 1, O_RDWR);

	while (read(target, page, sizeof(page)) > 0)
		;
	if (target < 0 || backing < 0 || pread(backing, &byte, 1, at) != 1)
		abort();
	byte ^= 1;
	if (syscall(SYS_pwrite64, backing, &byte, 1, at) != 1)
		abort();
	close(target);
	close(backing);
}

int fsync(int fd)
{
	static int count;
	const int result = (int)syscall(SYS_fsync, fd);
	const char *text = getenv("BAD_BACKING");
	char *rest;

	if (text && is_meant(fd) && ++count == (int)strtoul(text, &rest, 10))
		change_backing(rest + 1);
	return result;
}
