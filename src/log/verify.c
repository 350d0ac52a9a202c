// SPDX-License-Identifier: Apache-2.0
/*
 * verify.c - the chain, the checkpoints and the cores' sequences: see log.h and docs/log.md.
 */
#include "log.h"

#include <openssl/evp.h>
#include <string.h>

#include "../compiler/digest.h"
#include "../compiler/text.h"

struct link { /* what is hashed for a record */
	uint8_t head[LOG_DIGEST];
	uint64_t number;
	struct event event;
};
_Static_assert(sizeof(struct link) == LOG_DIGEST + 8 + sizeof(struct event), "docs/log.md");

struct statement { /* what is signed */
	char purpose[24];
	uint8_t nonce[LOG_NONCE];
	uint64_t count, base, lost, dropped;
	uint8_t log[LOG_DIGEST], head[LOG_DIGEST];
};
_Static_assert(sizeof(struct statement) == 152, "docs/log.md");

struct chain {
	uint8_t head[LOG_DIGEST];
	uint64_t number;
	uint64_t base;			  /* number before the first record since the last gap */
	uint64_t sequences[BP_CORES_MAX]; /* of each core's last event; 0: none yet */
};

/* Points whose order divides 8: for these as keys everybody can make signatures. As values of y, whatever the
 * sign of x; with those that RFC 8032, 5.1.3 refuses, but not every implementation does: y + p. */
bool log_key_is_weak(const uint8_t key[LOG_KEY])
{
	static const uint8_t weak[][LOG_KEY] = {
		{0},
		{1},
		{0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4,
		 0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6,
		 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05},
		{0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b,
		 0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39,
		 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a},
		{0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f},
		{0xed, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f},
		{0xee, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f},
	};

	for (size_t i = 0; i < sizeof(weak) / sizeof(weak[0]); i++)
		if (memcmp(key, weak[i], LOG_KEY - 1) == 0 &&
		    (key[LOG_KEY - 1] & 0x7f) == weak[i][LOG_KEY - 1])
			return true;
	return false;
}

/* OpenSSL refuses S that isn't below the group's order (RFC 8032, 5.1.7), so that a signature has one form.
 * [impl->swr~log-signatures~2] */
static bool signature_holds(const struct log_item *item)
{
	const struct log_checkpoint *const of = &item->checkpoint;
	struct statement statement = {.purpose = "bulkhead-checkpoint-2",
				      .count = item->number,
				      .base = of->base,
				      .lost = of->lost,
				      .dropped = of->dropped};
	EVP_PKEY *const key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, of->key, LOG_KEY);
	EVP_MD_CTX *const context = EVP_MD_CTX_new();
	bool holds = false;

	memcpy(statement.nonce, of->nonce, LOG_NONCE);
	memcpy(statement.log, of->log, LOG_DIGEST);
	memcpy(statement.head, of->head, LOG_DIGEST);
	if (key && context && EVP_DigestVerifyInit(context, NULL, NULL, NULL, key) == 1)
		holds = EVP_DigestVerify(context, of->signature, LOG_SIGNATURE, (const uint8_t *)&statement,
					 sizeof(statement)) == 1;
	EVP_MD_CTX_free(context);
	EVP_PKEY_free(key);
	return holds;
}

/* A core numbers its events one after another from 1 on, so a gap is what its ring lost before the health
 * cell looked. Behind records that are missing nobody knows where it was. */
static const char *check_sequence(struct chain *chain, const struct event *event, struct log_verdict *verdict)
{
	uint64_t *last;

	if (event->core >= BP_CORES_MAX)
		return "the record is of a core that can't be";
	if (event->code >= EVENT_OWN)
		return event->sequence ? "a record of the health cell's own has a number of a core" : NULL;
	last = &chain->sequences[event->core];
	if (event->sequence <= *last)
		return "the record's number on its core isn't above the last one's";
	if ((*last || !chain->base) && event->sequence - *last > 1) {
		verdict->lost += event->sequence - *last - 1;
		if (!verdict->lost_before)
			verdict->lost_before = chain->number;
	}
	*last = event->sequence;
	return NULL;
}

/* The first of the file, or behind a gap between two collections: what comes before that one is proven by its
 * own checkpoint. Whether the machine no longer had what is missing, the next one tells. */
static const char *check_base(struct chain *chain, const struct log *log, const struct log_item *item,
			      struct log_verdict *verdict)
{
	const bool is_first = item == log->items;

	if (is_first && !item->number && memcmp(item->head, log->first_head, LOG_DIGEST) != 0)
		return "the lines that say which machine it is were altered";
	if (!is_first && (item->number <= chain->number || verdict->proven != chain->number))
		return "records can only be missing behind a checkpoint";
	if (is_first) {
		verdict->base = verdict->proven = item->number;
	} else {
		if (!verdict->missing)
			verdict->missing_first = chain->number + 1;
		verdict->missing += item->number - chain->number;
	}
	*chain = (struct chain){.number = item->number, .base = item->number};
	verdict->last = item->number;
	memcpy(chain->head, item->head, LOG_DIGEST);
	return NULL;
}

static const char *check_record(struct chain *chain, const struct log_item *item, struct log_verdict *verdict)
{
	struct link link = {.number = item->number, .event = item->event};

	if (item->number != chain->number + 1)
		return item->number > chain->number
			       ? text_format("record %llu is missing", (unsigned long long)chain->number + 1)
			       : "the record has been seen already: the order is wrong";
	memcpy(link.head, chain->head, LOG_DIGEST);
	digest_of(&link, sizeof(link), chain->head);
	if (memcmp(chain->head, item->shown, LOG_SHOWN) != 0)
		return "the record isn't what was chained: it was altered, or one before it is another's";
	verdict->last = ++chain->number;
	verdict->records++;
	return check_sequence(chain, &item->event, verdict);
}

/* Is it of these records? */
static const char *check_place(const struct chain *chain, const struct log *log, const struct log_item *item)
{
	const struct log_checkpoint *const checkpoint = &item->checkpoint;

	if (memcmp(checkpoint->log, log->first_head, LOG_DIGEST) != 0)
		return "the checkpoint is another log's, or the lines that say which machine it is were "
		       "altered";
	if (item->number > chain->number)
		return text_format("records %llu to %llu are missing: the checkpoint speaks of them",
				   (unsigned long long)chain->number + 1, (unsigned long long)item->number);
	if (item->number < chain->number)
		return "the checkpoint is of fewer records than come before it";
	if (memcmp(checkpoint->head, chain->head, LOG_DIGEST) != 0)
		return "the checkpoint's head isn't that of the records before it";
	if (chain->base > checkpoint->base)
		return text_format("records %llu to %llu are missing: the machine still had them",
				   (unsigned long long)checkpoint->base + 1, (unsigned long long)chain->base);
	return NULL;
}

static const char *check_signature(const struct log_item *item, const uint8_t *key)
{
	const struct log_checkpoint *const checkpoint = &item->checkpoint;

	if (key && !checkpoint->is_signed)
		return "the checkpoint isn't signed, and a key was given";
	if (key && memcmp(key, checkpoint->key, LOG_KEY) != 0)
		return "the checkpoint is signed by another key than the one given";
	if (checkpoint->is_signed && log_key_is_weak(checkpoint->key))
		return "the checkpoint's key is one by which everybody can sign";
	if (checkpoint->is_signed && !signature_holds(item))
		return "the checkpoint's signature is wrong";
	return NULL;
}

static const char *check_checkpoint(const struct chain *chain, const struct log *log,
				    const struct log_item *item, const uint8_t *key, const uint8_t *nonce,
				    struct log_verdict *verdict)
{
	const struct log_checkpoint *const checkpoint = &item->checkpoint;
	const char *wrong = check_place(chain, log, item);

	if (!wrong)
		wrong = check_signature(item, key);
	if (!wrong && checkpoint->dropped < verdict->dropped)
		wrong = "the checkpoint counts fewer events than the one before it: the order is wrong";
	if (wrong)
		return wrong;
	verdict->checkpoints++;
	verdict->proven = item->number;
	if (key)
		verdict->authenticated = item->number;
	if (checkpoint->lost > verdict->lost)
		verdict->lost = checkpoint->lost;
	verdict->dropped = checkpoint->dropped;
	verdict->fresh = nonce && memcmp(nonce, checkpoint->nonce, LOG_NONCE) == 0;
	return NULL;
}

/* [impl->swr~log-chain~2] */
void log_check(const struct log *log, const uint8_t *key, const uint8_t *nonce, struct log_verdict *verdict)
{
	static struct chain chain;

	*verdict = (struct log_verdict){0};
	chain = (struct chain){0};
	for (size_t i = 0; i < log->item_count && !verdict->wrong; i++) {
		const struct log_item *const item = &log->items[i];

		verdict->line = item->line;
		switch (item->kind) {
		case LOG_BASE:
			verdict->wrong = check_base(&chain, log, item, verdict);
			break;
		case LOG_RECORD:
			verdict->wrong = check_record(&chain, item, verdict);
			break;
		case LOG_CHECKPOINT:
			verdict->wrong = check_checkpoint(&chain, log, item, key, nonce, verdict);
			break;
		}
	}
	if (!verdict->wrong && !verdict->checkpoints)
		verdict->wrong = "there is no checkpoint: records may be missing at the end";
	if (!verdict->wrong && nonce && !verdict->fresh)
		verdict->wrong = "the last checkpoint doesn't answer the nonce: this may be an old log";
}
