// SPDX-License-Identifier: Apache-2.0
/*
 * test_tampering.c - a hostile holder of a log: whatever is done to the file, what the verifier vouches for
 * is what the device chained. The files are written by the health cell's own code. [utest->swr~log-chain~2]
 * [utest->swr~log-signatures~2]
 *
 * Robustness: all
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "journal_text.h"
#include "log.h"

#define ROOM	  16u
#define FILE_MAX  16384u
#define LINES_MAX 64u
#define ROUNDS	  40000u

static struct {
	struct directory directory;
	struct directory_cell cells[2];
} disk = {.cells = {{.name = "health"}, {.name = "gateway"}}};
static const struct machine machine = {
	.directory = &disk.directory, .cells = disk.cells, .cell_count = 2, .hz = 1000};
static const uint8_t seed[JOURNAL_SEED_BYTES] = {1, 2, 3}, nonce[JOURNAL_NONCE_BYTES] = {4, 5, 6};
static struct journal_key key;

struct device { /* and what was collected from it */
	struct journal_origin origin;
	struct journal_record records[ROOM];
	struct journal journal;
	struct event events[LINES_MAX]; /* number n at n - 1 */
	char file[FILE_MAX];
	size_t size;
};
static struct device first, second;

static void device_start(struct device *device, uint64_t boot)
{
	uint8_t head[JOURNAL_DIGEST_BYTES];

	*device = (struct device){.origin = {.boot = boot, .life = 1, .start = 5}};
	journal_first_head(&machine, &device->origin, head);
	assert_true(journal_open(&device->journal, device->records, sizeof(device->records), head));
	journal_key_open(&key, seed);
}

static void happen(struct device *device, uint64_t count)
{
	for (uint64_t i = 0; i < count; i++) {
		const uint64_t number = device->journal.count + 1;
		struct event *const event = &device->events[number - 1];

		*event = (struct event){.sequence = number,
					.time = 10 * number,
					.code = EVENT_CELL_START,
					.args = {number + device->origin.boot}};
		journal_add(&device->journal, event);
	}
}

/* What is told, behind what the file has: all of it, or from a record on, without the lines before it. */
static void collect(struct device *device, const struct journal_key *by, uint64_t from)
{
	const unsigned skipped = device->size ? 4 : 0;
	struct journal_text told;
	char line[JOURNAL_LINE_MAX];

	journal_text_start(&told, &machine, &device->journal, &device->origin, by, nonce, from);
	for (unsigned i = 0; journal_text_line(&told, line); i++)
		if (i >= skipped)
			device->size += (size_t)sprintf(device->file + device->size, "%s\n", line);
}

struct finding {
	const char *form; /* what the reader says */
	struct log_verdict verdict;
	struct log log;
};

static struct finding look(const char *file, size_t size, const struct journal_key *by)
{
	struct finding finding = {0};
	size_t line;

	finding.form = log_read(&finding.log, file, size, &line);
	if (!finding.form)
		log_check(&finding.log, by ? by->public : NULL, by ? nonce : NULL, &finding.verdict);
	return finding;
}

static void forget(struct finding *finding)
{
	free(finding->log.items);
	free(finding->log.cells);
}

static bool is_accepted(const char *file, size_t size, const struct journal_key *by)
{
	struct finding finding = look(file, size, by);

	forget(&finding);
	return !finding.form && !finding.verdict.wrong;
}

static void expect_wrong(const char *file, size_t size, const char *what)
{
	struct finding finding = look(file, size, &key);

	forget(&finding);
	assert_null(finding.form);
	assert_non_null(finding.verdict.wrong);
	if (!strstr(finding.verdict.wrong, what))
		fail_msg("%s", finding.verdict.wrong);
}

/* Each bit of a small file that is signed, with and without the key: none is without a meaning. */
static void each_bit(void **state)
{
	device_start(&first, 1);
	happen(&first, 3);
	collect(&first, &key, 0);
	happen(&first, 2);
	collect(&first, &key, 4);
	assert_true(is_accepted(first.file, first.size, &key));
	assert_true(is_accepted(first.file, first.size, NULL));
	for (size_t bit = 0; bit < 8 * first.size; bit++) {
		first.file[bit / 8] ^= (char)(1 << bit % 8);
		if (is_accepted(first.file, first.size, &key) || is_accepted(first.file, first.size, NULL))
			fail_msg("bit %zu of byte %zu", bit % 8, bit / 8);
		first.file[bit / 8] ^= (char)(1 << bit % 8);
	}
}

/* Without signatures everything is found by accident but the nonce, and what wasn't recorded. */
static void each_bit_unsigned(void **state)
{
	static const char *const free_words[] = {" base=", " lost=", " dropped=", " nonce="};
	const char *checkpoint;

	device_start(&first, 1);
	happen(&first, 3);
	collect(&first, NULL, 0);
	assert_true(is_accepted(first.file, first.size, NULL));
	checkpoint = strstr(first.file, "checkpoint ");
	for (size_t bit = 0; bit < 8 * first.size; bit++) {
		bool is_free = false;

		for (unsigned i = 0; i < sizeof(free_words) / sizeof(free_words[0]); i++) {
			const char *const word = strstr(checkpoint, free_words[i]) + strlen(free_words[i]);

			is_free |= first.file + bit / 8 >= word && first.file + bit / 8 < strchr(word, ' ');
		}
		first.file[bit / 8] ^= (char)(1 << bit % 8);
		if (!is_free && is_accepted(first.file, first.size, NULL))
			fail_msg("bit %zu of byte %zu", bit % 8, bit / 8);
		first.file[bit / 8] ^= (char)(1 << bit % 8);
	}
}

static size_t lines_of(char *file, size_t size, char **lines)
{
	size_t count = 0;

	for (char *at = file; at < file + size && count < LINES_MAX; at = strchr(at, '\n') + 1)
		lines[count++] = at;
	return count;
}

static void put_line(char *to, size_t *size, const char *line)
{
	const size_t length = (size_t)(strchr(line, '\n') + 1 - line);

	memcpy(to + *size, line, length);
	*size += length;
}

/* Lines left out, doubled, exchanged, or those of another boot of the same device in their place, a letter
 * changed. */
static size_t alter(char *to)
{
	char *own[LINES_MAX], *others[LINES_MAX];
	size_t count = lines_of(first.file, first.size, own),
	       other = lines_of(second.file, second.size, others), size = 0;

	for (int changes = 1 + rand() % 3; changes > 0 && count > 1; changes--) {
		const size_t i = (size_t)rand() % count, j = (size_t)rand() % count;
		char *const line = own[i];

		switch (rand() % 5) {
		case 0:
			memmove(own + i, own + i + 1, (--count - i) * sizeof(own[0]));
			break;
		case 1:
			own[i] = own[j];
			break;
		case 2:
			own[i] = own[j];
			own[j] = line;
			break;
		case 3:
			own[i] = others[(size_t)rand() % other];
			break;
		case 4:
			count = i + 1;
			break;
		}
	}
	for (size_t i = 0; i < count; i++)
		put_line(to, &size, own[i]);
	if (rand() % 4 == 0)
		to[(size_t)rand() % size] = "0123456789abcdef= \n"[rand() % 19];
	to[size] = 0;
	return size;
}

/* Whatever is accepted says of this device's log what it says itself, from the base that is named on up to
 * the last checkpoint. */
static bool vouches(const struct finding *finding, const struct device *device)
{
	const struct log *const log = &finding->log;
	uint64_t next = finding->verdict.base + 1;

	for (size_t i = 0; i < log->item_count; i++) {
		const struct log_item *const item = &log->items[i];

		if (item->kind != LOG_RECORD || item->number > finding->verdict.authenticated)
			continue;
		if (item->number != next++ ||
		    memcmp(&item->event, &device->events[item->number - 1], sizeof(item->event)) != 0)
			return false;
	}
	return next == finding->verdict.authenticated + 1 && log->boot == device->origin.boot;
}

static void many_alterations(void **state)
{
	static char altered[2 * FILE_MAX];
	unsigned accepted = 0;

	srand(1);
	device_start(&second, 2);
	happen(&second, 9);
	collect(&second, &key, 0);
	device_start(&first, 1);
	happen(&first, 4);
	collect(&first, &key, 0);
	happen(&first, 4);
	collect(&first, &key, 5);
	for (unsigned round = 0; round < ROUNDS; round++) {
		const size_t size = alter(altered);
		struct finding finding = look(altered, size, &key);

		if (!finding.form && !finding.verdict.wrong) {
			accepted++;
			if (!vouches(&finding, &first) && !vouches(&finding, &second))
				fail_msg("round %u:\n%s", round, altered);
		}
		forget(&finding);
	}
	/* Some do no harm: a line exchanged with itself, the file as it was after its first checkpoint. */
	assert_in_range(accepted, ROUNDS / 100, ROUNDS / 4);
}

/* The head of a record, in digits, as whoever has the records before it can compute it. */
static const char *head_after(const struct device *device, uint64_t number)
{
	static char digits[2 * JOURNAL_DIGEST_BYTES + 1];
	struct device again;

	device_start(&again, device->origin.boot);
	happen(&again, number);
	for (unsigned i = 0; i < JOURNAL_DIGEST_BYTES; i++)
		sprintf(digits + 2 * (size_t)i, "%02x", again.journal.head[i]);
	return digits;
}

/* The oldest records left out, and the head before the rest as it was: the checkpoint knows which there were.
 */
static void beginning_cut(void **state)
{
	char file[FILE_MAX], *lines[LINES_MAX];
	size_t count, size;

	device_start(&first, 1);
	happen(&first, 5);
	collect(&first, &key, 0);
	count = lines_of(first.file, first.size, lines);
	size = (size_t)(lines[4] - first.file);
	memcpy(file, first.file, size);
	size += (size_t)sprintf(file + size, "base 2 head=%s\n", head_after(&first, 2));
	for (size_t i = 7; i < count; i++)
		put_line(file, &size, lines[i]);
	expect_wrong(file, size, "records 1 to 2 are missing: the machine still had them");
}

/* Of a log that begins later, the lines that say which machine it is aren't in the chain that is there. */
static void overwritten_then_altered(void **state)
{
	static const char *const words[] = {"config=0", "hz=1",	  "boot=1", "life=1",
					    "start=5",	"health", "gateway"};
	struct finding finding;

	device_start(&first, 1);
	happen(&first, ROOM + 3);
	collect(&first, &key, 0);
	finding = look(first.file, first.size, &key);
	assert_null(finding.form);
	assert_null(finding.verdict.wrong);
	assert_int_equal(finding.verdict.base, 3);
	assert_true(vouches(&finding, &first));
	forget(&finding);
	for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		char *const at = strstr(first.file, words[i]) + strlen(words[i]) - 1;
		const char was = *at;

		*at = was == '2' ? '3' : '2';
		expect_wrong(first.file, first.size, "another log's");
		*at = was;
	}
}

/* Collected, then nothing for so long that some are gone; collected again: what is missing is counted, and
 * nobody can say of more that it is. */
static void gap(void **state)
{
	struct finding finding;
	char *lines[LINES_MAX], file[FILE_MAX];
	size_t size = 0;

	device_start(&first, 1);
	happen(&first, 4);
	collect(&first, &key, 0);
	happen(&first, ROOM + 2); /* 5 and 6 are gone */
	collect(&first, &key, 5);
	finding = look(first.file, first.size, &key);
	assert_null(finding.form);
	assert_null(finding.verdict.wrong);
	assert_int_equal(finding.verdict.missing, 2);
	assert_int_equal(finding.verdict.missing_first, 5);
	assert_int_equal(finding.verdict.records, 4 + ROOM);
	assert_int_equal(finding.verdict.authenticated, first.journal.count);
	forget(&finding);
	/* Without the checkpoint before the gap nobody vouches for what comes before it. */
	lines_of(first.file, first.size, lines);
	for (char **line = lines; line < lines + 26; line++)
		if (line != lines + 9)
			put_line(file, &size, *line);
	expect_wrong(file, size, "behind a checkpoint");
	/* More is said to be missing than was: the head is right, and record 7 left out. */
	size = (size_t)(lines[10] - first.file);
	memcpy(file, first.file, size);
	size += (size_t)sprintf(file + size, "base 7 head=%s\n", head_after(&first, 7));
	for (char **line = lines + 12; line < lines + 28; line++)
		put_line(file, &size, *line);
	expect_wrong(file, size, "records 7 to 7 are missing: the machine still had them");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_bit),
		cmocka_unit_test(each_bit_unsigned),
		cmocka_unit_test(many_alterations),
		cmocka_unit_test(beginning_cut),
		cmocka_unit_test(overwritten_then_altered),
		cmocka_unit_test(gap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
