// SPDX-License-Identifier: Apache-2.0
/*
 * journal.c - the event log's store and chain (journal.h). SHA-256 is libsodium's.
 */
#include "journal.h"

#include <string.h>

#include <sodium/crypto_hash_sha256.h>

struct link { /* what is hashed for a record */
	uint8_t head[JOURNAL_DIGEST_BYTES];
	uint64_t number;
	struct event event;
};
_Static_assert(sizeof(struct link) == JOURNAL_DIGEST_BYTES + 8 + sizeof(struct event), "docs/log.md");

static void head_move(uint8_t *head, uint64_t number, const struct event *event)
{
	struct link link = {.number = number, .event = *event};

	memcpy(link.head, head, sizeof(link.head));
	crypto_hash_sha256(head, (const unsigned char *)&link, sizeof(link));
}

static struct journal_record *place_of(const struct journal *journal, uint64_t number)
{
	return &journal->records[(number - 1) % journal->room];
}

bool journal_open(struct journal *journal, void *memory, uint64_t bytes, const uint8_t *first_head)
{
	*journal = (struct journal){
		.records = memory, .room = bytes / sizeof(struct journal_record), .first = 1};
	memcpy(journal->base, first_head, sizeof(journal->base));
	memcpy(journal->head, first_head, sizeof(journal->head));
	memcpy(journal->log, first_head, sizeof(journal->log));
	return journal->room > 0;
}

/* [impl->swr~health-journal~1] */
void journal_add(struct journal *journal, const struct event *event)
{
	struct journal_record *record;

	if (journal->room && journal->count - journal->first + 1 == journal->room) {
		head_move(journal->base, journal->first, &place_of(journal, journal->first)->event);
		journal->first++;
	}
	journal->count++;
	head_move(journal->head, journal->count, event);
	if (!journal->room) {
		memcpy(journal->base, journal->head, sizeof(journal->base));
		journal->first = journal->count + 1;
		return;
	}
	record = place_of(journal, journal->count);
	record->event = *event;
	memcpy(record->shown, journal->head, sizeof(record->shown));
}

const struct journal_record *journal_at(const struct journal *journal, uint64_t number)
{
	return number >= journal->first && number <= journal->count ? place_of(journal, number) : NULL;
}
