// SPDX-License-Identifier: Apache-2.0
/*
 * journal_text.c - lines of the event log (journal_text.h).
 */
#include "journal_text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <sodium/crypto_hash_sha256.h>

#include "hex.h"

#define HEX_BYTES   64u
#define LINES_FIRST 2u /* before those of the cells */

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

/* Line `n` of those that say which log it is; false: there are fewer. */
static bool head_line(const struct machine *machine, const struct journal_origin *origin, uint64_t n,
		      char *line)
{
	char digest[2 * HEX_BYTES + 1];

	if (n == 0)
		snprintf(line, JOURNAL_LINE_MAX, "bulkhead-log-2");
	else if (n == 1)
		snprintf(line, JOURNAL_LINE_MAX,
			 "machine config=%s hz=%" PRIu64 " boot=%" PRIu64 " life=%" PRIu64 " start=%" PRIu64,
			 hex(machine->directory->config_digest, JOURNAL_DIGEST_BYTES, digest), machine->hz,
			 origin->boot, origin->life, origin->start);
	else if (n - LINES_FIRST < machine->cell_count)
		snprintf(line, JOURNAL_LINE_MAX, "cell %" PRIu64 " %s", n - LINES_FIRST,
			 machine->cells[n - LINES_FIRST].name);
	else
		return false;
	return true;
}

void journal_first_head(const struct machine *machine, const struct journal_origin *origin, uint8_t *head)
{
	crypto_hash_sha256_state state;
	char line[JOURNAL_LINE_MAX];

	crypto_hash_sha256_init(&state);
	for (uint64_t n = 0; head_line(machine, origin, n, line); n++) {
		crypto_hash_sha256_update(&state, (const unsigned char *)line, strlen(line));
		crypto_hash_sha256_update(&state, (const unsigned char *)"\n", 1);
	}
	crypto_hash_sha256_final(&state, head);
}

void journal_text_start(struct journal_text *text, const struct machine *machine,
			const struct journal *journal, const struct journal_origin *origin,
			const struct journal_key *key, const uint8_t *nonce, uint64_t from)
{
	*text = (struct journal_text){
		.machine = machine,
		.journal = journal,
		.origin = *origin,
		.key = key,
		.next = from > journal->first ? from : journal->first,
	};
	journal_checkpoint(&text->checkpoint, journal, nonce);
}

/* What comes before the oldest record, which may have become another since it was asked for; so the
 * checkpoint is of now. */
static void base_line(struct journal_text *text, char *line)
{
	const struct journal *const journal = text->journal;
	char digest[2 * HEX_BYTES + 1];
	uint8_t nonce[JOURNAL_NONCE_BYTES];

	memcpy(nonce, text->checkpoint.nonce, sizeof(nonce));
	journal_checkpoint(&text->checkpoint, journal, nonce);
	text->next = journal->first;
	snprintf(line, JOURNAL_LINE_MAX, "base %" PRIu64 " head=%s", text->next - 1,
		 hex(journal->base, JOURNAL_DIGEST_BYTES, digest));
}

static void record_line(struct journal_text *text, char *line)
{
	const struct journal_record *record = journal_at(text->journal, text->next);
	char event[sizeof(record->event) * 4 / 3 + 4], shown[2 * JOURNAL_SHOWN_BYTES + 1];

	if (!record) { /* overwritten while the lines before were on their way */
		snprintf(line, JOURNAL_LINE_MAX, "gone %" PRIu64, text->next);
		text->over = true;
		return;
	}
	base64((const uint8_t *)&record->event, sizeof(record->event), event);
	snprintf(line, JOURNAL_LINE_MAX, "record %" PRIu64 " %s %s", text->next++, event,
		 hex(record->shown, sizeof(record->shown), shown));
}

static void checkpoint_line(const struct checkpoint *of, char *line)
{
	char nonce[2 * HEX_BYTES + 1], log[2 * HEX_BYTES + 1], head[2 * HEX_BYTES + 1],
		key[2 * HEX_BYTES + 1] = "-", signature[2 * HEX_BYTES + 1] = "-";

	if (of->is_signed) {
		hex(of->key, sizeof(of->key), key);
		hex(of->signature, sizeof(of->signature), signature);
	}
	snprintf(line, JOURNAL_LINE_MAX,
		 "checkpoint %" PRIu64 " base=%" PRIu64 " lost=%" PRIu64 " dropped=%" PRIu64
		 " log=%s nonce=%s head=%s key=%s signature=%s",
		 of->count, of->base, of->lost, of->dropped, hex(of->log, sizeof(of->log), log),
		 hex(of->nonce, sizeof(of->nonce), nonce), hex(of->head, sizeof(of->head), head), key,
		 signature);
}

/* [impl->swr~health-journal-told~2] */
bool journal_text_line(struct journal_text *text, char *line)
{
	if (text->over)
		return false;
	if (head_line(text->machine, &text->origin, text->line, line)) {
		text->line++;
	} else if (text->next <= text->journal->first && !text->based) {
		text->based = true;
		base_line(text, line);
	} else if (text->next <= text->checkpoint.count) {
		text->based = true;
		record_line(text, line);
	} else {
		if (text->key)
			journal_sign(&text->checkpoint, text->key);
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

/* All of `text`; false: it isn't a number of 64 bits. */
static bool number(const char *text, uint64_t *value)
{
	*value = 0;
	for (const char *at = text; *at; at++)
		if (*at < '0' || *at > '9' || __builtin_mul_overflow(*value, 10, value) ||
		    __builtin_add_overflow(*value, (uint64_t)(*at - '0'), value))
			return false;
	return *text;
}

bool journal_asked(const char *text, char between, uint8_t *nonce, uint64_t *from)
{
	uint64_t i = 0;

	memset(nonce, 0, JOURNAL_NONCE_BYTES);
	*from = 0;
	for (; digit(text[i]) >= 0; i++) {
		if (i == 2 * JOURNAL_NONCE_BYTES)
			return false;
		nonce[i / 2] |= (uint8_t)(i % 2 ? digit(text[i]) : digit(text[i]) << 4);
	}
	if (!i || (text[i] && text[i] != between))
		return false;
	return !text[i] || number(text + i + 1, from);
}
