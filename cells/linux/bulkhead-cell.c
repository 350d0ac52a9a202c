// SPDX-License-Identifier: Apache-2.0
/*
 * bulkhead-cell.c - what a Linux cell does with its heartbeat and its channels, from the command line.
 *
 *   bulkhead-cell info                      the cell's name, heartbeat and channels
 *   bulkhead-cell beat                      start the heartbeat in the background
 *   bulkhead-cell generation CHANNEL        how many times the channel's writer was started
 *   bulkhead-cell send CHANNEL VALUE [trap] a setpoint into the channel's sampling port
 *   bulkhead-cell recv CHANNEL [AGE-MS]     the last setpoint from it, with its age
 *
 * Where they are, the guest tree says: window.h.
 * Exit status: 0 done, 1 not done (said why), 2 wrong usage.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "../../src/blueprint/telemetry.h"
#include "../control/setpoint.h"
#include "../lib/include/port.h"
#include "window.h"

#define UNWATCHED_PERIOD_US  1000000u /* where the partition file gives the cell no heartbeat period */
#define DEFAULT_AGE_LIMIT_MS 1000u

/* Says why a call of the system didn't work. */
static int fail(const char *what, const char *name)
{
	fprintf(stderr, "bulkhead-cell: %s %s: %s\n", what, name, strerror(errno));
	return 1;
}

static int missing(const char *what, const char *name)
{
	fprintf(stderr, "bulkhead-cell: the guest tree has no %s %s\n", what, name);
	return 1;
}

static int info(void)
{
	char name[WINDOW_NAME] = "";
	const struct dirent *entry;
	struct window window;
	DIR *dir = opendir(WINDOW_TREE);

	if (!dir) {
		fprintf(stderr, "bulkhead-cell: this machine's tree has no /bulkhead: not a cell\n");
		return 1;
	}
	window_property(".", "cell-name", name, sizeof(name) - 1);
	printf("bulkhead-cell: cell %s\n", name);
	while ((entry = readdir(dir))) {
		if (!strchr(entry->d_name, '@') || !window_read(entry->d_name, &window))
			continue;
		printf("bulkhead-cell: %-24s %s%s%s\n", entry->d_name, window.name,
		       window.writes ? " writes" : "", window.reads ? " reads" : "");
	}
	closedir(dir);
	return 0;
}

static void time_add(struct timespec *time, uint64_t ns)
{
	const uint64_t sum = (uint64_t)time->tv_nsec + ns;

	time->tv_sec += (time_t)(sum / 1000000000u);
	time->tv_nsec = (long)(sum % 1000000000u);
}

/* The heartbeat is made by a process of its own, above every ordinary one: what it shows is that the
 * kernel still schedules. The first beat is done when this returns. */
static int beat(void)
{
	const struct sched_param realtime = {.sched_priority = 50};
	volatile struct heartbeat *heartbeat;
	struct window window;
	struct timespec next;
	uint64_t period_ns;

	if (!window_find(0, &window))
		return missing("heartbeat in", WINDOW_TREE);
	heartbeat = window_map(&window, true);
	if (!heartbeat)
		return fail("heartbeat", "through /dev/mem");
	/* A quarter of the period: late by less than three quarters is no miss. */
	period_ns = (uint64_t)(window.period_us ? window.period_us : UNWATCHED_PERIOD_US) * 1000 / 4;
	heartbeat->beat = heartbeat->beat + 1;
	if (daemon(0, 0))
		return fail("heartbeat", "in the background");
	sched_setscheduler(0, SCHED_FIFO, &realtime);
	mlockall(MCL_CURRENT | MCL_FUTURE);
	clock_gettime(CLOCK_MONOTONIC, &next);
	for (;;) {
		time_add(&next, period_ns);
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, 0);
		heartbeat->beat = heartbeat->beat + 1;
	}
}

static int generation(const char *channel)
{
	const volatile struct channel_header *header;
	struct window window;

	if (!window_find(channel, &window))
		return missing("channel", channel);
	header = window_map(&window, false);
	if (!header)
		return fail("channel", channel);
	printf("%" PRIu64 "\n", header->generation);
	return 0;
}

/* A port that this life of the cell has opened before goes on where it was; else it is opened anew. */
static enum port_status writer_open(struct port_writer *writer, const struct window *window,
				    volatile void *channel, uint64_t slot_bytes)
{
	volatile struct port_header *port = (void *)((uintptr_t)channel + PORT_OFFSET);

	writer->channel = channel;
	if (port->magic != PORT_SAMPLING || port->generation != *writer->channel ||
	    port->slot_bytes != slot_bytes)
		return port_writer_init(writer, channel, channel, window->size, 1, slot_bytes, port_time());
	writer->port = port;
	writer->peer = 0;
	writer->epoch = port->epoch;
	writer->generation = port->generation;
	writer->slots = 1;
	writer->slot_bytes = slot_bytes;
	writer->head = port->head;
	return PORT_OK;
}

static int send(const char *channel, const char *value, const char *command)
{
	struct setpoint setpoint = {.value = strtoull(value, 0, 0)};
	struct port_writer writer;
	struct window window;
	volatile void *memory;
	bool sent;
	int lock;

	if (command) {
		setpoint.flags = SETPOINT_TRAP_ONCE;
		setpoint.command = port_time(); /* differs from every earlier one */
	}
	if (!window_find(channel, &window))
		return missing("channel", channel);
	if (!window.writes) {
		fprintf(stderr, "bulkhead-cell: channel %s: another cell writes it\n", channel);
		return 1;
	}
	memory = window_map(&window, true);
	if (!memory)
		return fail("channel", channel);
	/* One writer at a time. */
	lock = open("/run/bulkhead-cell.lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (lock < 0)
		return fail("lock of channel", channel);
	flock(lock, LOCK_EX);
	sent = writer_open(&writer, &window, memory, sizeof(setpoint)) == PORT_OK &&
	       port_write(&writer, &setpoint, sizeof(setpoint), port_time()) == PORT_OK;
	close(lock);
	if (!sent)
		fprintf(stderr, "bulkhead-cell: channel %s: too small for a setpoint\n", channel);
	return !sent;
}

static int recv(const char *channel, const char *age_ms)
{
	static const char *const words[] = {
		[PORT_OK] = "ok",     [PORT_EMPTY] = "empty",	  [PORT_STALE] = "stale",
		[PORT_TORN] = "torn", [PORT_CORRUPT] = "corrupt", [PORT_FOREIGN] = "foreign",
		[PORT_FULL] = "full", [PORT_INVALID] = "invalid",
	};
	const uint64_t limit_ms = age_ms ? strtoull(age_ms, 0, 0) : DEFAULT_AGE_LIMIT_MS;
	struct port_message message = {0};
	const volatile void *memory;
	struct setpoint setpoint;
	struct port_reader reader;
	struct window window;
	enum port_status status;

	if (!window_find(channel, &window))
		return missing("channel", channel);
	memory = window_map(&window, false);
	if (!memory)
		return fail("channel", channel);
	port_reader_init(&reader, memory, memory, window.size);
	status = port_sample(&reader, &setpoint, sizeof(setpoint), port_time(),
			     limit_ms * port_frequency() / 1000, &message);
	printf("%s", words[status]);
	if (status == PORT_OK || status == PORT_STALE)
		printf(" value=%" PRIu64 " number=%" PRIu64 " age-us=%" PRIu64 " generation=%" PRIu64,
		       setpoint.value, message.number, message.age * 1000000 / port_frequency(),
		       message.generation);
	printf("\n");
	return status != PORT_OK;
}

static int usage(void)
{
	fprintf(stderr, "usage: bulkhead-cell info | beat | generation CHANNEL | send CHANNEL VALUE [trap] | "
			"recv CHANNEL [AGE-MS]\n");
	return 2;
}

int main(int count, char **words)
{
	const char *const verb = count > 1 ? words[1] : "";

	if (count == 2 && strcmp(verb, "info") == 0)
		return info();
	if (count == 2 && strcmp(verb, "beat") == 0)
		return beat();
	if (count == 3 && strcmp(verb, "generation") == 0)
		return generation(words[2]);
	if (strcmp(verb, "send") == 0 && (count == 4 || (count == 5 && strcmp(words[4], "trap") == 0)))
		return send(words[2], words[3], count == 5 ? words[4] : 0);
	if ((count == 3 || count == 4) && strcmp(verb, "recv") == 0)
		return recv(words[2], count == 4 ? words[3] : 0);
	return usage();
}
