// SPDX-License-Identifier: Apache-2.0
/*
 * journal_text.c - lines of the event log (journal_text.h).
 */
#include "journal_text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <sodium/crypto_hash_sha256.h>

#define HEX_BYTES   64u
#define LINES_FIRST 2u /* before those of the cells */

static const char *hex(const uint8_t *bytes, unsigned count, char *text)
{
	static const char digits[] = "0123456789abcdef";

	for (unsigned i = 0; i < count; i++) {
		text[2 * i] = digits[bytes[i] >> 4];
		text[2 * i + 1] = digits[bytes[i] & 15];
	}
	text[2 * count] = 0;
	return text;
}

/* RFC 4648, 4. */
static void base64(const uint8_t *bytes, unsigned count, char *text)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	for (unsigned i = 0; i < count; i += 3) {
		const uint32_t second = i + 1 < count ? bytes[i + 1] : 0,
			       third = i + 2 < count ? bytes[i + 2] : 0;
		const uint32_t group = (uint32_t)bytes[i] << 16 | second << 8 | third;

		*text++ = digits[group >> 18];
		*text++ = digits[group >> 12 & 63];
		*text++ = i + 1 < count ? digits[group >> 6 & 63] : '=';
		*text++ = i + 2 < count ? digits[group & 63] : '=';
	}
	*text = 0;
}

/* Line `n` of those that say which machine it is; false: there are fewer. */
static bool head_line(const struct machine *machine, uint64_t start, uint64_t n, char *line)
{
	char digest[2 * HEX_BYTES + 1];

	if (n == 0)
		snprintf(line, JOURNAL_LINE_MAX, "bulkhead-log-1");
	else if (n == 1)
		snprintf(line, JOURNAL_LINE_MAX, "machine config=%s hz=%" PRIu64 " start=%" PRIu64,
			 hex(machine->directory->config_digest, JOURNAL_DIGEST_BYTES, digest), machine->hz,
			 start);
	else if (n - LINES_FIRST < machine->cell_count)
		snprintf(line, JOURNAL_LINE_MAX, "cell %" PRIu64 " %s", n - LINES_FIRST,
			 machine->cells[n - LINES_FIRST].name);
	else
		return false;
	return true;
}

void journal_first_head(const struct machine *machine, uint64_t start, uint8_t *head)
{
	crypto_hash_sha256_state state;
	char line[JOURNAL_LINE_MAX];

	crypto_hash_sha256_init(&state);
	for (uint64_t n = 0; head_line(machine, start, n, line); n++) {
		crypto_hash_sha256_update(&state, (const unsigned char *)line, strlen(line));
		crypto_hash_sha256_update(&state, (const unsigned char *)"\n", 1);
	}
	crypto_hash_sha256_final(&state, head);
}

void journal_text_start(struct journal_text *text, const struct machine *machine,
			const struct journal *journal, uint64_t start, const struct checkpoint *checkpoint,
			uint64_t from)
{
	*text = (struct journal_text){
		.machine = machine,
		.journal = journal,
		.checkpoint = *checkpoint,
		.start = start,
		.next = from > journal->first ? from : journal->first,
	};
}

static void record_line(const struct journal_text *text, char *line)
{
	const struct journal_record *record = journal_at(text->journal, text->next);
	char event[sizeof(record->event) * 4 / 3 + 4], shown[2 * JOURNAL_SHOWN_BYTES + 1];

	if (!record) { /* overwritten while the lines before were on their way */
		snprintf(line, JOURNAL_LINE_MAX, "gone %" PRIu64, text->next);
		return;
	}
	base64((const uint8_t *)&record->event, sizeof(record->event), event);
	snprintf(line, JOURNAL_LINE_MAX, "record %" PRIu64 " %s %s", text->next, event,
		 hex(record->shown, sizeof(record->shown), shown));
}

static void checkpoint_line(const struct checkpoint *of, char *line)
{
	char nonce[2 * HEX_BYTES + 1], head[2 * HEX_BYTES + 1],
		key[2 * HEX_BYTES + 1] = "-", signature[2 * HEX_BYTES + 1] = "-";

	if (of->is_signed) {
		hex(of->key, sizeof(of->key), key);
		hex(of->signature, sizeof(of->signature), signature);
	}
	snprintf(line, JOURNAL_LINE_MAX, "checkpoint %" PRIu64 " nonce=%s head=%s key=%s signature=%s",
		 of->count, hex(of->nonce, sizeof(of->nonce), nonce), hex(of->head, sizeof(of->head), head),
		 key, signature);
}

/* [impl->swr~health-journal-told~1] */
bool journal_text_line(struct journal_text *text, char *line)
{
	char digest[2 * HEX_BYTES + 1];

	if (text->over)
		return false;
	if (head_line(text->machine, text->start, text->line, line)) {
		text->line++;
	} else if (text->next <= text->journal->first && !text->based) {
		text->next = text->journal->first;
		text->based = true;
		snprintf(line, JOURNAL_LINE_MAX, "base %" PRIu64 " head=%s", text->next - 1,
			 hex(text->journal->base, JOURNAL_DIGEST_BYTES, digest));
	} else if (text->next <= text->checkpoint.count) {
		text->based = true;
		record_line(text, line);
		text->next++;
	} else {
		checkpoint_line(&text->checkpoint, line);
		text->over = true;
	}
	return true;
}

static int digit(char letter)
{
	if (letter >= '0' && letter <= '9')
		return letter - '0';
	if (letter >= 'a' && letter <= 'f')
		return letter - 'a' + 10;
	return -1;
}

bool journal_nonce(const char *digits, uint64_t length, uint8_t *nonce)
{
	memset(nonce, 0, JOURNAL_NONCE_BYTES);
	if (!length || length > 2 * JOURNAL_NONCE_BYTES)
		return false;
	for (uint64_t i = 0; i < length; i++) {
		const int value = digit(digits[i]);

		if (value < 0)
			return false;
		nonce[i / 2] |= (uint8_t)(i % 2 ? value : value << 4);
	}
	return true;
}
