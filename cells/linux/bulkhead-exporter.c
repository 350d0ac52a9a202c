// SPDX-License-Identifier: Apache-2.0
/*
 * bulkhead-exporter.c - gives on the metrics that the health cell writes into a channel (docs/metrics.md,
 * "Without a NIC"): to a Prometheus by HTTP, to node_exporter by a file.
 *
 * Exit status: 1 it couldn't start (said why), 2 wrong usage. It ends by a signal alone.
 */
#include <errno.h>
#include <getopt.h>
#include <grp.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../lib/include/port.h"
#include "exporter_server.h"
#include "monotonic.h"
#include "prom_file.h"
#include "window.h"

#define NOBODY	       65534
#define INTERVAL_S     15u
#define INTERVAL_MAX_S 86400u

struct options {
	const char *channel, *http, *directory;
	unsigned long interval_s;
};

static struct metrics_source source;

static int fail(const char *what, const char *which, const char *why)
{
	fprintf(stderr, "bulkhead-exporter: %s %s: %s\n", what, which, why);
	return 1;
}

static int usage(FILE *to)
{
	fprintf(to,
		"usage: bulkhead-exporter [--http [ADDRESS:]PORT] [--prom DIRECTORY [--interval SECONDS]] "
		"[--channel NAME]\n"
		"  --http       answers GET /metrics there, on all addresses or an IPv4 one\n"
		"  --prom       writes DIRECTORY/bulkhead.prom, for node_exporter's textfile collector\n"
		"  --interval   so often: default %u\n"
		"  --channel    the one that the health cell writes: default " METRICS_CHANNEL "\n",
		INTERVAL_S);
	return to == stdout ? 0 : 2;
}

/* False: it is no number of seconds. */
static bool read_interval(const char *text, unsigned long *seconds)
{
	char *end;

	*seconds = strtoul(text, &end, 10);
	return *text >= '0' && *text <= '9' && !*end && *seconds >= 1 && *seconds <= INTERVAL_MAX_S;
}

/* Negative, or the exit status. */
static int read_options(int count, char **words, struct options *options)
{
	static const struct option known[] = {
		{"http", required_argument, 0, 'l'},	 {"prom", required_argument, 0, 'p'},
		{"interval", required_argument, 0, 'i'}, {"channel", required_argument, 0, 'c'},
		{"help", no_argument, 0, 'h'},		 {0},
	};
	int option;

	*options = (struct options){.channel = METRICS_CHANNEL, .interval_s = INTERVAL_S};
	while ((option = getopt_long(count, words, "", known, 0)) != -1) {
		if (option == 'l')
			options->http = optarg;
		else if (option == 'p')
			options->directory = optarg;
		else if (option == 'c')
			options->channel = optarg;
		else if (option == 'h')
			return usage(stdout);
		else if (option != 'i' || !read_interval(optarg, &options->interval_s))
			return usage(stderr);
	}
	return optind < count || (!options->http && !options->directory) ? usage(stderr) : -1;
}

static int open_channel(const char *name)
{
	struct window window;

	if (!window_find(name, &window) || !window.reads)
		return fail("channel", name, "this machine's tree has none that this cell reads");
	if (window.size < sizeof(struct metrics_channel))
		return fail("channel", name, "it is too small for metrics");
	source = (struct metrics_source){
		.channel = window_map(&window, false),
		.size = window.size,
		.now = port_time,
		.hz = port_frequency(),
	};
	return source.channel ? 0 : fail("channel", name, strerror(errno));
}

/* Tells a failure when it begins, and no more until it has ended. */
static void write_file(const char *directory, struct exposition *exposition)
{
	static bool failing;
	bool written;

	exposition_take(exposition, &source);
	written = prom_file_write(directory, exposition);
	if (!written && !failing)
		fail("file in", directory, strerror(errno));
	failing = !written;
}

static void serve(const struct options *options, struct exposition *exposition)
{
	int64_t next = monotonic_ms();

	for (;;) {
		int64_t left = -1;

		if (options->directory) {
			left = next - monotonic_ms();
			if (left <= 0) {
				write_file(options->directory, exposition);
				left = (int64_t)options->interval_s * 1000;
				next = monotonic_ms() + left;
			}
		}
		server_turn(left);
	}
}

/* What the network talks to needs no rights but to what is open already. A file is written by whoever started
 * this. [impl->swr~exporter-rights~1] */
static bool drop_rights(const struct options *options)
{
	return options->directory || geteuid() != 0 ||
	       (!setgroups(0, NULL) && !setresgid(NOBODY, NOBODY, NOBODY) &&
		!setresuid(NOBODY, NOBODY, NOBODY));
}

int main(int count, char **words)
{
	struct exposition exposition;
	struct options options;
	const char *wrong;
	int status = read_options(count, words, &options);

	if (status >= 0)
		return status;
	status = open_channel(options.channel);
	if (status)
		return status;
	if (!exposition_open(&exposition, &source))
		return fail("channel", options.channel, strerror(errno));
	wrong = options.http ? server_open(options.http, &source) : NULL;
	if (wrong)
		return fail("http", options.http, *wrong ? wrong : strerror(errno));
	if (!drop_rights(&options))
		return fail("rights of", "root", strerror(errno));
	if (options.http)
		printf("bulkhead-exporter: channel %s: GET /metrics on %s\n", options.channel, options.http);
	if (options.directory)
		printf("bulkhead-exporter: channel %s: %s/bulkhead.prom every %lu s\n", options.channel,
		       options.directory, options.interval_s);
	fflush(stdout);
	serve(&options, &exposition);
}
