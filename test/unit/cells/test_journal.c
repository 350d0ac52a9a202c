// SPDX-License-Identifier: Apache-2.0
/*
 * test_journal.c - the event log's store, chain, text and checkpoints. The text is what the host's reader is
 * given, too (test/unit/log).
 *
 * Robustness: overwritten, no_room, overtaken, long_line, losses_counted
 */
#include "test.h"

#include <openssl/evp.h>

#include "journal_text.h"
#include "losses.h"

#define ROOM 5u

static struct {
	struct directory directory;
	struct directory_cell cells[2];
} disk = {.cells = {{.name = "health"}, {.name = "gateway"}}};
static const struct machine machine = {
	.directory = &disk.directory, .cells = disk.cells, .cell_count = 2, .hz = 1000};
static struct journal_record records[ROOM];
static struct journal journal;
static const struct journal_origin origin = {.boot = 3, .life = 2, .start = 77};
static const uint8_t seed[JOURNAL_SEED_BYTES] = {1, 2, 3}, nonce[JOURNAL_NONCE_BYTES] = {0xab, 0xc0};

static int start(void **state)
{
	uint8_t head[JOURNAL_DIGEST_BYTES];

	journal_first_head(&machine, &origin, head);
	assert_true(journal_open(&journal, records, sizeof(records), head));
	return 0;
}

static struct event event_of(uint64_t n)
{
	return (struct event){.sequence = n, .time = 10 * n, .code = EVENT_CELL_START, .args = {n}};
}

static void add(uint64_t first, uint64_t last)
{
	for (uint64_t n = first; n <= last; n++) {
		const struct event event = event_of(n);

		journal_add(&journal, &event);
	}
}

/* By OpenSSL, as docs/log.md says it: what must come out of records 1 to `last`. */
static void head_due(uint64_t last, uint8_t *head)
{
	const char *const lines = "bulkhead-log-2\nmachine config="
				  "0000000000000000000000000000000000000000000000000000000000000000 hz=1000 "
				  "boot=3 life=2 start=77\n"
				  "cell 0 health\ncell 1 gateway\n";

	assert_int_equal(EVP_Digest(lines, strlen(lines), head, NULL, EVP_sha256(), NULL), 1);
	for (uint64_t n = 1; n <= last; n++) {
		const struct event event = event_of(n);
		uint8_t link[32 + 8 + sizeof(event)];

		memcpy(link, head, 32);
		memcpy(link + 32, &n, 8);
		memcpy(link + 40, &event, sizeof(event));
		assert_int_equal(EVP_Digest(link, sizeof(link), head, NULL, EVP_sha256(), NULL), 1);
	}
}

/* [utest->swr~health-journal~1] */
static void chained(void **state)
{
	uint8_t due[32];

	head_due(0, due);
	assert_memory_equal(journal.head, due, 32);
	add(1, 3);
	head_due(3, due);
	assert_memory_equal(journal.head, due, 32);
	assert_memory_equal(journal_at(&journal, 3)->shown, due, JOURNAL_SHOWN_BYTES);
	assert_null(journal_at(&journal, 0));
	assert_null(journal_at(&journal, 4));
}

/* The newest records are there; of those that were overwritten the head is kept.
 * [utest->swr~health-journal~1] */
static void overwritten(void **state)
{
	uint8_t due[32];

	add(1, ROOM + 3);
	assert_int_equal(journal.first, 4);
	assert_null(journal_at(&journal, 3));
	assert_int_equal(journal_at(&journal, 4)->event.args[0], 4);
	assert_int_equal(journal_at(&journal, ROOM + 3)->event.args[0], ROOM + 3);
	head_due(3, due);
	assert_memory_equal(journal.base, due, 32);
	head_due(ROOM + 3, due);
	assert_memory_equal(journal.head, due, 32);
}

/* Without room for a record none is there, and all are counted and chained. [utest->swr~health-journal~1] */
static void no_room(void **state)
{
	const uint8_t head[JOURNAL_DIGEST_BYTES] = {0};

	assert_false(journal_open(&journal, records, sizeof(records[0]) - 1, head));
	add(1, 2);
	assert_int_equal(journal.count, 2); /* chained all the same: a collector is told that they are gone */
	assert_int_equal(journal.first, 3);
	assert_memory_equal(journal.base, journal.head, sizeof(journal.head));
	assert_null(journal_at(&journal, 2));
}

/* [utest->swr~health-journal-signed~2] */
static void signatures(void **state)
{
	struct checkpoint checkpoint;
	struct journal_key own;
	uint8_t statement[152] = "bulkhead-checkpoint-2", due[32];
	const uint64_t counts[] = {ROOM + 2, 2, 7, 9};
	EVP_PKEY *key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, sizeof(seed));
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	uint8_t public[32];
	size_t size = sizeof(public);

	add(1, ROOM + 2);
	journal.lost = 7;
	journal.dropped = 9;
	memcpy(statement + 24, nonce, 32);
	memcpy(statement + 56, counts, sizeof(counts));
	head_due(0, due);
	memcpy(statement + 88, due, 32);
	head_due(ROOM + 2, due);
	memcpy(statement + 120, due, 32);
	journal_checkpoint(&checkpoint, &journal, nonce);
	assert_false(checkpoint.is_signed);
	journal_key_open(&own, seed);
	journal_sign(&checkpoint, &own);
	assert_true(checkpoint.is_signed);
	assert_int_equal(EVP_PKEY_get_raw_public_key(key, public, &size), 1);
	assert_memory_equal(checkpoint.key, public, 32);
	assert_int_equal(EVP_DigestVerifyInit(context, NULL, NULL, NULL, key), 1);
	assert_int_equal(EVP_DigestVerify(context, checkpoint.signature, 64, statement, sizeof(statement)),
			 1);
	EVP_MD_CTX_free(context);
	EVP_PKEY_free(key);
}

static void expect(struct journal_text *text, const char *line)
{
	char told[JOURNAL_LINE_MAX];

	assert_true(journal_text_line(text, told));
	assert_int_equal(strncmp(told, line, strlen(line)), 0);
}

/* [utest->swr~health-journal-told~2] */
static void text(void **state)
{
	struct journal_text told;
	char line[JOURNAL_LINE_MAX];

	add(1, ROOM + 1);
	journal_text_start(&told, &machine, &journal, &origin, NULL, nonce, 0);
	expect(&told, "bulkhead-log-2");
	expect(&told, "machine config=00000000");
	expect(&told, "cell 0 health");
	expect(&told, "cell 1 gateway");
	add(ROOM + 2, ROOM + 2); /* meanwhile: it isn't told of what is gone */
	expect(&told, "base 2 head=");
	expect(&told, "record 3 AwAAAAAAAAAeAAAAAAAAAAEAAAA");
	expect(&told, "record 4 ");
	add(ROOM + 3, ROOM + 4);
	expect(&told, "record 5 ");
	expect(&told, "record 6 ");
	expect(&told, "record 7 ");
	expect(&told, "checkpoint 7 base=2 lost=0 dropped=0 log=");
	assert_false(journal_text_line(&told, line));
}

/* A log whose records are overwritten while it is told says how many are gone, and ends without a checkpoint.
 * [utest->swr~health-journal-told~2] */
static void overtaken(void **state)
{
	struct journal_text told;
	char line[JOURNAL_LINE_MAX];

	add(1, ROOM);
	journal_text_start(&told, &machine, &journal, &origin, NULL, nonce, 0);
	for (unsigned i = 0; i < 6; i++)
		assert_true(journal_text_line(&told, line));
	assert_memory_equal(line, "record 1 ", 9);
	add(ROOM + 1, ROOM + 3);
	expect(&told, "gone 2");
	assert_false(journal_text_line(&told, line));
}

/* To whom has had the first ones. [utest->swr~health-journal-told~2] */
static void continued(void **state)
{
	struct journal_text told;
	struct journal_key key;
	char line[JOURNAL_LINE_MAX];

	add(1, 9);
	journal_key_open(&key, seed);
	journal_text_start(&told, &machine, &journal, &origin, &key, nonce, 8);
	for (unsigned i = 0; i < 4; i++)
		assert_true(journal_text_line(&told, line));
	expect(&told, "record 8 ");
	expect(&told, "record 9 ");
	assert_true(journal_text_line(&told, line));
	assert_non_null(strstr(line, "checkpoint 9 base=4 "));
	assert_non_null(strstr(line, " key="));
	assert_null(strstr(line, "key=-"));
	assert_int_equal(strlen(strstr(line, " signature=")),
			 strlen(" signature=") + 2 * JOURNAL_SIGNATURE_BYTES);
	assert_false(journal_text_line(&told, line));
	journal_text_start(&told, &machine, &journal, &origin, &key, nonce, UINT64_MAX);
	for (unsigned i = 0; i < 5; i++)
		assert_true(journal_text_line(&told, line));
	assert_memory_equal(line, "checkpoint 9 ", 13);
}

/* The longest that can be fits. [utest->swr~health-journal-told~2] */
static void long_line(void **state)
{
	struct journal_text told;
	struct journal_key key;
	char line[JOURNAL_LINE_MAX];

	journal.lost = journal.dropped = journal.count = UINT64_MAX - 1;
	journal.first = UINT64_MAX;
	journal_key_open(&key, seed);
	journal_text_start(&told, &machine, &journal, &origin, &key, nonce, 0);
	for (unsigned i = 0; i < 6; i++)
		assert_true(journal_text_line(&told, line));
	assert_memory_equal(line, "checkpoint 18446744073709551614 base=18446744073709551614 ", 58);
	assert_int_equal(strlen(strstr(line, " signature=")),
			 strlen(" signature=") + 2 * JOURNAL_SIGNATURE_BYTES);
}

/* [utest->swr~health-journal-losses~1] */
static void losses_counted(void **state)
{
	static struct losses losses;

	losses_note(&losses, &journal, 1, &(struct core_losses){.lost = 3});
	losses_note(&losses, &journal, 2, &(struct core_losses){.dropped = 5});
	losses_note(&losses, &journal, 1, &(struct core_losses){.lost = 4, .dropped = 1});
	assert_int_equal(journal.lost, 4);
	assert_int_equal(journal.dropped, 6);
	assert_int_equal(journal.count, 0);
	for (unsigned i = 0; i < 2; i++)
		for (uint32_t core = 0; core < 3; core++)
			losses_record(&losses, &journal, core, 7, 99);
	assert_int_equal(journal.count, 2);
	assert_int_equal(journal_at(&journal, 1)->event.code, EVENT_LOSS);
	assert_int_equal(journal_at(&journal, 1)->event.core, 1);
	assert_int_equal(journal_at(&journal, 1)->event.cell, 7);
	assert_int_equal(journal_at(&journal, 1)->event.time, 99);
	assert_int_equal(journal_at(&journal, 1)->event.args[0], 4);
	assert_int_equal(journal_at(&journal, 1)->event.args[1], 1);
	assert_int_equal(journal_at(&journal, 2)->event.args[1], 5);
}

/* A question is a nonce and perhaps a number, in the one form that there is; anything else is none.
 * [utest->swr~http-log~1] */
static void asked(void **state)
{
	static const char longest[] = "0000000000000000000000000000000000000000000000000000000000000001";
	static const char *const wrong[] = {
		"",
		"abg",
		"abC",
		"ab/",
		"ab/x",
		"ab/-1",
		"ab/+1",
		"ab/ 1",
		"ab/1/",
		"ab/1 ",
		"ab 1",
		"/1",
		"ab/18446744073709551616",
		"00000000000000000000000000000000000000000000000000000000000000001"};
	uint8_t bytes[JOURNAL_NONCE_BYTES];
	uint64_t from = 1;

	assert_true(journal_asked("abc", '/', bytes, &from));
	assert_memory_equal(bytes, nonce, sizeof(bytes));
	assert_int_equal(from, 0);
	assert_true(journal_asked("abc0/18446744073709551615", '/', bytes, &from));
	assert_memory_equal(bytes, nonce, sizeof(bytes));
	assert_true(from == UINT64_MAX);
	assert_true(journal_asked(longest, ' ', bytes, &from));
	assert_int_equal(bytes[31], 1);
	for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_false(journal_asked(wrong[i], '/', bytes, &from));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(chained, start),	       cmocka_unit_test_setup(overwritten, start),
		cmocka_unit_test_setup(no_room, start),	       cmocka_unit_test_setup(signatures, start),
		cmocka_unit_test_setup(text, start),	       cmocka_unit_test_setup(overtaken, start),
		cmocka_unit_test_setup(continued, start),      cmocka_unit_test_setup(long_line, start),
		cmocka_unit_test_setup(losses_counted, start), cmocka_unit_test(asked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
