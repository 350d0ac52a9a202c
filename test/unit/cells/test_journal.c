// SPDX-License-Identifier: Apache-2.0
/*
 * test_journal.c - the event log's store, chain, text and checkpoints. The text is what the host's reader is
 * given, too (test/unit/host/test_log.c has a file of it).
 */
#include "test.h"

#include <openssl/evp.h>

#include "journal_text.h"

#define ROOM 5u

static struct {
	struct directory directory;
	struct directory_cell cells[2];
} disk = {.cells = {{.name = "health"}, {.name = "gateway"}}};
static const struct machine machine = {
	.directory = &disk.directory, .cells = disk.cells, .cell_count = 2, .hz = 1000};
static struct journal_record records[ROOM];
static struct journal journal;
static const uint8_t seed[JOURNAL_SEED_BYTES] = {1, 2, 3}, nonce[JOURNAL_NONCE_BYTES] = {0xab, 0xc0};

static int start(void **state)
{
	uint8_t head[JOURNAL_DIGEST_BYTES];

	journal_first_head(&machine, 77, head);
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
	const char *const lines =
		"bulkhead-log-1\nmachine config="
		"0000000000000000000000000000000000000000000000000000000000000000 hz=1000 start=77\n"
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

static void no_room(void **state)
{
	const uint8_t head[JOURNAL_DIGEST_BYTES] = {0};

	assert_false(journal_open(&journal, records, sizeof(records[0]) - 1, head));
	add(1, 2);
	assert_int_equal(journal.count, 0);
}

/* [utest->swr~health-journal-signed~1] */
static void signatures(void **state)
{
	struct checkpoint checkpoint;
	uint8_t statement[96] = "bulkhead-checkpoint-1", due[32];
	uint64_t count = 2;
	EVP_PKEY *key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, sizeof(seed));
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	uint8_t public[32];
	size_t size = sizeof(public);

	add(1, 2);
	head_due(2, due);
	memcpy(statement + 24, nonce, 32);
	memcpy(statement + 56, &count, 8);
	memcpy(statement + 64, due, 32);
	journal_checkpoint(&checkpoint, &journal, nonce, seed);
	assert_true(checkpoint.is_signed);
	assert_int_equal(EVP_PKEY_get_raw_public_key(key, public, &size), 1);
	assert_memory_equal(checkpoint.key, public, 32);
	assert_int_equal(EVP_DigestVerifyInit(context, NULL, NULL, NULL, key), 1);
	assert_int_equal(EVP_DigestVerify(context, checkpoint.signature, 64, statement, sizeof(statement)),
			 1);
	journal_checkpoint(&checkpoint, &journal, nonce, NULL);
	assert_false(checkpoint.is_signed);
	EVP_MD_CTX_free(context);
	EVP_PKEY_free(key);
}

static void expect(struct journal_text *text, const char *line)
{
	char told[JOURNAL_LINE_MAX];

	assert_true(journal_text_line(text, told));
	assert_int_equal(strncmp(told, line, strlen(line)), 0);
}

/* [utest->swr~health-journal-told~1] */
static void text(void **state)
{
	struct checkpoint checkpoint;
	struct journal_text told;
	char line[JOURNAL_LINE_MAX];

	add(1, ROOM + 1);
	journal_checkpoint(&checkpoint, &journal, nonce, NULL);
	journal_text_start(&told, &machine, &journal, 77, &checkpoint, 0);
	expect(&told, "bulkhead-log-1");
	expect(&told, "machine config=00000000");
	expect(&told, "cell 0 health");
	expect(&told, "cell 1 gateway");
	expect(&told, "base 1 head=");
	expect(&told, "record 2 AgAAAAAAAAAUAAAAAAAAAAEAAAA");
	expect(&told, "record 3 ");
	add(ROOM + 2, ROOM + 4); /* meanwhile */
	expect(&told, "gone 4");
	expect(&told, "record 5 ");
	expect(&told, "record 6 ");
	expect(&told,
	       "checkpoint 6 nonce=abc0000000000000000000000000000000000000000000000000000000000000 head=");
	assert_false(journal_text_line(&told, line));
	/* Who has had the first ones. */
	journal_checkpoint(&checkpoint, &journal, nonce, seed);
	journal_text_start(&told, &machine, &journal, 77, &checkpoint, 8);
	for (unsigned i = 0; i < 4; i++)
		assert_true(journal_text_line(&told, line));
	expect(&told, "record 8 ");
	expect(&told, "record 9 ");
	assert_true(journal_text_line(&told, line));
	assert_non_null(strstr(line, " key="));
	assert_null(strstr(line, "key=-"));
	assert_int_equal(strlen(strstr(line, " signature=")),
			 strlen(" signature=") + 2 * JOURNAL_SIGNATURE_BYTES);
	assert_false(journal_text_line(&told, line));
}

static void nonces(void **state)
{
	uint8_t bytes[JOURNAL_NONCE_BYTES];

	assert_true(journal_nonce("abc", 3, bytes));
	assert_memory_equal(bytes, nonce, sizeof(bytes));
	assert_false(journal_nonce("", 0, bytes));
	assert_false(journal_nonce("abg", 3, bytes));
	assert_false(journal_nonce("00000000000000000000000000000000000000000000000000000000000000000", 65,
				   bytes));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(chained, start), cmocka_unit_test_setup(overwritten, start),
		cmocka_unit_test_setup(no_room, start), cmocka_unit_test_setup(signatures, start),
		cmocka_unit_test_setup(text, start),	cmocka_unit_test(nonces),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
