// SPDX-License-Identifier: Apache-2.0
/*
 * test_exporter.c - what the exporter tells a Prometheus and puts into a file.
 *
 * Robustness: none
 */
#include "test.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../../cells/linux/exporter_http.h"
#include "../../../cells/linux/prom_file.h"

#define BYTES 4096u
#define HZ    62500000u
#define TEXT  "# TYPE bulkhead_uptime_seconds gauge\nbulkhead_uptime_seconds 1.000000000\n"
#define AGE   "bulkhead_exporter_text_age_seconds "

static _Alignas(64) uint64_t memory[BYTES / 8];
static struct metrics_channel *const channel = (struct metrics_channel *)memory;
static uint64_t time_is;
static struct exposition exposition;
static char folder[32];

static uint64_t now(void)
{
	return time_is;
}

static const struct metrics_source source = {(struct metrics_channel *)memory, BYTES, now, HZ};

/* As if the health cell had written TEXT, a second after the machine's start. */
static int start(void **state)
{
	memset(memory, 0, sizeof(memory));
	*channel = (struct metrics_channel){
		.generation = 1,
		.magic = METRICS_MAGIC,
		.layout = METRICS_LAYOUT,
		.room = 1024,
		.newest = 7,
		.texts[1] = {.sequence = 14, .time = HZ, .form = METRICS_TEXT_0_0_4, .length = strlen(TEXT)},
	};
	memcpy((char *)channel->words + 1024, TEXT, strlen(TEXT));
	time_is = HZ + HZ / 4;
	strcpy(folder, "/tmp/test_exporter.XXXXXX");
	return mkdtemp(folder) && exposition_open(&exposition, &source) ? 0 : -1;
}

static int stop(void **state)
{
	char path[64];

	for (unsigned i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "%s/bulkhead.prom%s", folder, i ? ".part" : "");
		unlink(path);
	}
	free(exposition.text);
	return rmdir(folder);
}

static const char *taken(void)
{
	exposition_take(&exposition, &source);
	exposition.text[exposition.length] = 0;
	return exposition.text;
}

/* [utest->swr~exporter-age~1] */
static void age(void **state)
{
	const char *text = taken();

	assert_int_equal(exposition.status, METRICS_READ);
	assert_memory_equal(text, TEXT "# HELP ", strlen(TEXT "# HELP "));
	assert_string_equal(strstr(text, "\n" AGE) + 1, AGE "0.250000000\n");
	time_is = UINT64_C(3600) * HZ; /* the health cell has stopped: it stays, and is old */
	assert_string_equal(strstr(taken(), "\n" AGE) + 1, AGE "3599.000000000\n");
	time_is = HZ;
	assert_string_equal(strstr(taken(), "\n" AGE) + 1, AGE "0.000000000\n");
}

/* Nothing of what can't be trusted gets out. [utest->swr~exporter-age~1] */
static void none(void **state)
{
	time_is = HZ - 1; /* written after it was read? */
	assert_null(strstr(taken(), "uptime"));
	assert_int_equal(exposition.status, METRICS_WRONG);
	assert_string_equal(strstr(taken(), "\n" AGE) + 1, AGE "NaN\n");
	channel->texts[1].length = 1025;
	assert_memory_equal(taken(), "# no metrics: the channel is too small", 38);
	channel->texts[1].sequence++;
	assert_memory_equal(taken(), "# no metrics: it changed", 24);
	channel->generation = 0;
	assert_memory_equal(taken(), "# no metrics: the health cell has written none", 46);
	assert_int_equal(exposition.status, METRICS_NONE);
}

/* The answer to a request, as far as the exporter's header is it. */
static const char *answer(const char *words)
{
	static char head[EXPORTER_HEAD_MAX + 1];
	struct http_request request = {0};
	enum http_code code;

	http_request_feed(&request, (const uint8_t *)words, (uint32_t)strlen(words));
	assert_true(request.done);
	code = exporter_decide(&request);
	if (code == HTTP_OK)
		taken();
	head[exporter_head(&request, code, &exposition, head)] = 0;
	return head;
}

#define LINE_IS(head, line)                                                                                  \
	assert_memory_equal(head, "HTTP/1.1 " line "\r\n", strlen("HTTP/1.1 " line "\r\n"))
#define ENDS(head, tail) assert_string_equal(head + strlen(head) - strlen(tail), tail)

/* [utest->swr~exporter-http~1] */
static void requests(void **state)
{
	static const char *const wanted[] = {
		"GET /metrics HTTP/1.0\r\n\r\n",
		"GET /metrics?x HTTP/1.1\r\nHost: a\r\n\r\n",
		"HEAD /metrics HTTP/1.1\r\nHost: a\r\nAccept: application/openmetrics-text\r\n\r\n",
	};
	const char *head;
	char length[64];

	for (unsigned i = 0; i < LENGTH(wanted); i++) {
		head = answer(wanted[i]);
		LINE_IS(head, "200 OK");
		assert_non_null(
			strstr(head, "\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n"));
		snprintf(length, sizeof(length), "\r\nContent-Length: %zu\r\n\r\n", exposition.length);
		ENDS(head, length);
	}
	head = answer("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
	LINE_IS(head, "404 Not Found");
	ENDS(head, "\r\nContent-Length: 14\r\n\r\n404 Not Found\n");
	head = answer("HEAD /metricsx HTTP/1.1\r\nHost: a\r\n\r\n");
	LINE_IS(head, "404 Not Found");
	ENDS(head, "\r\nContent-Length: 14\r\n\r\n");
	head = answer("POST /metrics HTTP/1.1\r\nHost: a\r\n\r\n");
	LINE_IS(head, "405 Method Not Allowed");
	assert_non_null(strstr(head, "\r\nAllow: GET, HEAD\r\n"));
	LINE_IS(answer("GET /metrics HTTP/1.1\r\n\r\n"), "400 Bad Request"); /* no Host */
	channel->magic = 0;
	head = answer("GET /metrics HTTP/1.0\r\n\r\n");
	LINE_IS(head, "503 Service Unavailable");
	snprintf(length, sizeof(length), "\r\nContent-Length: %zu\r\n\r\n", exposition.length);
	ENDS(head, length);
	LINE_IS(answer("GET /nothing HTTP/1.0\r\n\r\n"), "404 Not Found");
}

static void written(const char *text)
{
	static char read_back[BYTES];
	char path[64];
	FILE *file;

	snprintf(path, sizeof(path), "%s/bulkhead.prom", folder);
	file = fopen(path, "r");
	assert_non_null(file);
	read_back[fread(read_back, 1, sizeof(read_back) - 1, file)] = 0;
	fclose(file);
	assert_string_equal(read_back, text);
}

static unsigned files(void)
{
	DIR *dir = opendir(folder);
	unsigned count = 0;

	while (readdir(dir))
		count++;
	closedir(dir);
	return count - 2;
}

/* [utest->swr~exporter-file~1] */
static void file(void **state)
{
	char before[BYTES], path[64];
	struct rlimit limit;
	struct stat info;

	strcpy(before, taken());
	assert_true(prom_file_write(folder, &exposition));
	written(before);
	assert_int_equal(files(), 1);
	snprintf(path, sizeof(path), "%s/bulkhead.prom", folder);
	assert_false(stat(path, &info));
	assert_int_equal(info.st_mode & 0444, 0444); /* node_exporter isn't root */
	/* What can't be written, or not to its end, leaves the one before, and nothing else. */
	time_is += HZ;
	assert_string_not_equal(taken(), before);
	getrlimit(RLIMIT_FSIZE, &limit);
	signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &(struct rlimit){100, limit.rlim_max});
	assert_false(prom_file_write(folder, &exposition));
	assert_int_equal(errno, EFBIG);
	setrlimit(RLIMIT_FSIZE, &limit);
	written(before);
	assert_int_equal(files(), 1);
	snprintf(path, sizeof(path), "%s/bulkhead.prom.part", folder);
	assert_false(symlink("/dev/null", path));
	assert_false(prom_file_write(folder, &exposition));
	assert_int_equal(errno, ELOOP);
	unlink(path);
	written(before);
	assert_true(prom_file_write(folder, &exposition));
	written(taken());
	assert_int_equal(files(), 1);
	assert_false(prom_file_write("/tmp/test_exporter.none", &exposition));
	assert_int_equal(errno, ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(age, start, stop),
		cmocka_unit_test_setup_teardown(none, start, stop),
		cmocka_unit_test_setup_teardown(requests, start, stop),
		cmocka_unit_test_setup_teardown(file, start, stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
