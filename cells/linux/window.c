// SPDX-License-Identifier: Apache-2.0
/*
 * window.c - reads the guest tree's nodes of /bulkhead, maps what they name (window.h).
 */
#include "window.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define PATH_BYTES 512

size_t window_property(const char *node, const char *property, void *buffer, size_t room)
{
	char path[PATH_BYTES];
	size_t size = 0;
	FILE *file;

	snprintf(path, sizeof(path), WINDOW_TREE "/%s/%s", node, property);
	file = fopen(path, "rb");
	if (file) {
		size = fread(buffer, 1, room, file);
		fclose(file);
	}
	return size;
}

static bool property_present(const char *node, const char *property)
{
	char path[PATH_BYTES];

	snprintf(path, sizeof(path), WINDOW_TREE "/%s/%s", node, property);
	return access(path, F_OK) == 0;
}

static uint64_t big_endian(const uint8_t *bytes, unsigned count)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < count; i++)
		value = value << 8 | bytes[i];
	return value;
}

bool window_read(const char *node, struct window *window)
{
	uint8_t bytes[16];

	memset(window, 0, sizeof(*window));
	if (window_property(node, "reg", bytes, sizeof(bytes)) != sizeof(bytes))
		return false;
	window->ipa = big_endian(bytes, 8);
	window->size = big_endian(bytes + 8, 8);
	if (window_property(node, "period-us", bytes, 4) == 4)
		window->period_us = (uint32_t)big_endian(bytes, 4);
	window_property(node, "channel-name", window->name, sizeof(window->name) - 1);
	window->writes = property_present(node, "writes");
	window->reads = property_present(node, "reads");
	return true;
}

bool window_find(const char *channel, struct window *window)
{
	const char *const prefix = channel ? "channel@" : "heartbeat@";
	const struct dirent *entry;
	bool found = false;
	DIR *dir = opendir(WINDOW_TREE);

	while (dir && !found && (entry = readdir(dir)))
		found = strncmp(entry->d_name, prefix, strlen(prefix)) == 0 &&
			window_read(entry->d_name, window) &&
			(!channel || strcmp(window->name, channel) == 0);
	if (dir)
		closedir(dir);
	return found;
}

/* The descriptor may go: the mapping stays. */
volatile void *window_map(const struct window *window, bool writable)
{
	const int file = open("/dev/mem", (writable ? O_RDWR : O_RDONLY) | O_SYNC | O_CLOEXEC);
	void *memory;

	if (file < 0)
		return 0;
	memory = mmap(0, window->size, PROT_READ | (writable ? PROT_WRITE : 0), MAP_SHARED, file,
		      (off_t)window->ipa);
	close(file);
	/* cppcheck-suppress memleak ; the mapping is the caller's until the program ends */
	return memory == MAP_FAILED ? 0 : memory;
}
